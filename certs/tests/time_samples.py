"""A time service for tests: fixed keys and times, so that its stamps come out the same each time.

Each part of a response can be replaced by another, which is how the vectors get their one defect.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.asn1 import (
    CONTEXT_0,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_ID,
    OCTETS,
    SEQUENCE,
    SET,
    integer,
    object_id,
    tlv,
)
from certs.log.proof import checkpoint_in
from certs.tests.samples import Authority, Subject, authority, issue
from certs.time_info import SHA256
from certs.timestamp import (
    CONTENT_TYPE,
    ECDSA_WITH_SHA256,
    MESSAGE_DIGEST,
    RSA_WITH_SHA256,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)

POLICY: Final = "1.3.6.1.4.1.32473.1"
AT: Final = b"20261123172600Z"
"""Twenty seconds after the sample documents were signed."""
STAMPING: Final = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
_ORGANIZATION: Final = "Example Time"

SERVICE_ROOT: Final = issue(authority("Example time root", organization=_ORGANIZATION))
SERVICE_ISSUER: Final = issue(
    authority("Example time issuing", organization=_ORGANIZATION, path_length=0), SERVICE_ROOT
)


def service(name: str = "Example time service", **more: Any) -> Authority:
    """Return a service's certificate, good except for what is given."""
    issuer = more.pop("issuer", SERVICE_ISSUER)
    good = {"organization": _ORGANIZATION, "extensions": (STAMPING,)}
    return issue(Subject(name=name, **(good | more)), issuer)


SERVICE: Final = service()


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a key that follows from a name, as those on the curve do."""
    p, q = _prime(b"p", bits // 2), _prime(b"q", bits // 2)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=public,
    ).private_key()


def _prime(name: bytes, bits: int) -> int:
    blocks = range(bits // 256)
    digits = b"".join(hashlib.sha256(b"time %b %d" % (name, block)).digest() for block in blocks)
    found = int.from_bytes(digits, "big") | 3 << (bits - 2) | 1
    while not _is_prime(found):
        found += 2
    return found


def _is_prime(number: int) -> bool:
    """Tell by Fermat's test to four bases; good enough for a number that nobody chose."""
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7))


def algorithm(name: str) -> bytes:
    """Return an AlgorithmIdentifier without parameters."""
    return tlv(SEQUENCE, tlv(OBJECT_ID, object_id(name)))


def attribute(name: str, *values: bytes) -> bytes:
    """Return an attribute."""
    return tlv(SEQUENCE, tlv(OBJECT_ID, object_id(name)), tlv(SET, *values))


def imprint(digest: bytes, name: str = SHA256) -> bytes:
    """Return what says which bytes were stamped."""
    return tlv(SEQUENCE, algorithm(name), tlv(OCTETS, digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a response is made; the defaults make a good one.

    Attributes:
        signer: whose key signs.
        private_key: that signs instead of the signer's.
        certificates: that the response brings along.
        info: members of the TSTInfo by name; ``b""`` leaves one out.
        attributes: the signed ones by type; ``b""`` leaves one out.
        change: what to do to each part by name, once it is encoded.
        digest: of content and attributes, as it is stated.
        signature_algorithm: as it is stated; empty for the right one.
    """

    signer: Authority = SERVICE
    private_key: rsa.RSAPrivateKey | None = None
    certificates: tuple[Authority, ...] = (SERVICE, SERVICE_ISSUER)
    info: dict[str, bytes] = field(default_factory=dict)
    attributes: dict[str, bytes] = field(default_factory=dict)
    change: Mapping[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    digest: str = SHA256
    signature_algorithm: str = ""

    def response(self, stamped: bytes) -> bytes:
        """Return a whole answer about some bytes."""
        status = self._changed("status", tlv(SEQUENCE, integer(0)))
        return self._changed("response", tlv(SEQUENCE, status, self.token(stamped)))

    def token(self, stamped: bytes) -> bytes:
        """Return what the service signs."""
        info = self._changed("info", self._info(hashlib.sha256(stamped).digest()))
        content = tlv(SEQUENCE, _oid(TST_INFO), tlv(CONTEXT_0, tlv(OCTETS, info)))
        certificates = sorted(each.certificate.public_bytes(Encoding.DER) for each in self._brought)
        data = tlv(
            SEQUENCE,
            self._changed("version", integer(3)),
            tlv(SET, algorithm(self.digest)),
            self._changed("content", content),
            self._changed("certificates", tlv(CONTEXT_0, *certificates)),
            self._changed("signers", tlv(SET, self._signer_info(info))),
        )
        whole = tlv(SEQUENCE, _oid(SIGNED_DATA), tlv(CONTEXT_0, data))
        return self._changed("token", whole)

    @property
    def _brought(self) -> tuple[Authority, ...]:
        if self.certificates == (SERVICE, SERVICE_ISSUER):
            return (self.signer, SERVICE_ISSUER)
        return self.certificates

    def _info(self, digest: bytes) -> bytes:
        members = {
            "version": integer(1),
            "policy": _oid(POLICY),
            "imprint": imprint(digest),
            "serial": integer(7),
            "time": tlv(GENERALIZED_TIME, AT),
            "accuracy": b"",
            "ordering": b"",
            "nonce": b"",
            "name": b"",
            "extensions": b"",
        }
        assert self.info.keys() <= members.keys(), "no other members"
        return tlv(SEQUENCE, *(members | self.info).values())

    def _signer_info(self, info: bytes) -> bytes:
        certificate = self.signer.certificate
        certificate_id = tlv(SEQUENCE, tlv(OCTETS, certificate.fingerprint(hashes.SHA256())))
        values = {
            CONTENT_TYPE: _oid(TST_INFO),
            MESSAGE_DIGEST: tlv(OCTETS, hashlib.sha256(info).digest()),
            SIGNING_CERTIFICATE_V2: tlv(SEQUENCE, tlv(SEQUENCE, certificate_id)),
        } | self.attributes
        encoded = sorted(attribute(name, value) for name, value in values.items() if value)
        attributes = self._changed("attributes", tlv(SET, *encoded))
        rsa_key = self.private_key
        named = self.signature_algorithm or (RSA_WITH_SHA256 if rsa_key else ECDSA_WITH_SHA256)
        serial = tlv(INTEGER, integer(certificate.serial_number)[2:])
        return tlv(
            SEQUENCE,
            self._changed("signer version", integer(1)),
            self._changed("signer name", tlv(SEQUENCE, certificate.issuer.public_bytes(), serial)),
            self._changed("digest", algorithm(self.digest)),
            bytes([CONTEXT_0]) + attributes[1:],
            self._changed("algorithm", algorithm(named)),
            tlv(OCTETS, self._changed("signature", self._sign(attributes))),
            self._changed("unsigned", b""),
        )

    def _sign(self, attributes: bytes) -> bytes:
        if self.private_key is not None:
            return self.private_key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
        return self.signer.key.sign(
            attributes, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        )

    def _changed(self, name: str, encoded: bytes) -> bytes:
        return self.change[name](encoded) if name in self.change else encoded


def rsa_making(bits: int = 2048, **more: Any) -> Making:
    """Return how a service with an RSA key makes a response."""
    key = rsa_key(bits)
    signer = service(f"Example RSA {bits} time service", public_key=key.public_key())
    return Making(signer=signer, private_key=key, **more)


def stamped(files: Mapping[str, bytes], making: Making | None = None) -> dict[str, bytes]:
    """Return the files of a bundle with its proof's checkpoint stamped."""
    (proof,) = (name for name in files if name.endswith(".tlog-proof"))
    made = (making or Making()).response(checkpoint_in(files[proof]))
    return {**files, proof.replace(".tlog-proof", ".tsr"): made}


def _oid(name: str) -> bytes:
    return tlv(OBJECT_ID, object_id(name))
