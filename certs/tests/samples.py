"""Fixed keys, certificates and statements, so that vectors come out the same every time.

Longer than other rooms: what every vector is made of stands in one place, and nothing else does.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.canonical import encode
from certs.chain import PRACTICE_ORGANIZATION, key_id_of
from certs.der import P256_ORDER
from certs.layout import CHAIN_NAME, DocumentType

JOB_ID = "20261123T172205Z-5f3a9c1e"
SIZE_BYTES = 64 << 20
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ISSUED = datetime(2026, 11, 23, 17, 25, 40, tzinfo=UTC)
KEY_HEX = "".join(f"{byte:02x}" for byte in range(32))

_START = datetime(2026, 1, 1, tzinfo=UTC)
_END = datetime(2036, 1, 1, tzinfo=UTC)


def private_key(name: str, curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    """Derive a key from a name; worthless as a secret, which is the point."""
    digest = hashlib.sha256(f"wipe station test key: {name}".encode()).digest()
    scalar = int.from_bytes(digest, "big") % (P256_ORDER - 1) + 1
    return ec.derive_private_key(scalar, curve or ec.SECP256R1())


def rsa_public_key() -> rsa.RSAPublicKey:
    """Return a key nobody can sign with: an odd number of 2048 bits, not known to be a product."""
    digits = b"".join(hashlib.sha256(bytes([block])).digest() for block in range(8))
    modulus = int.from_bytes(digits, "big") | 1 | 1 << 2047
    return rsa.RSAPublicNumbers(65537, modulus).public_key()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a certificate of the samples says; the defaults make a good leaf."""

    name: str
    organization: str = "Example Recycling"
    ca: bool = False
    path_length: int | None = None
    sign_documents: bool = True
    sign_certificates: bool = False
    not_after: datetime = _END
    key: ec.EllipticCurvePrivateKey | None = None
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | None = None
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = field(default=())
    digest: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)


def authority(name: str, **more: Any) -> Subject:
    """Describe a good issuer, except for what is given."""
    good = {"ca": True, "sign_certificates": True, "sign_documents": False}
    return Subject(name=name, **(good | more))


def issue(subject: Subject, issuer: Authority | None = None) -> Authority:
    """Make a certificate; without an issuer it signs itself."""
    key = subject.key or private_key(subject.name)
    public_key = subject.public_key or key.public_key()
    name = _name(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(public_key)
        .serial_number(int.from_bytes(hashlib.sha256(subject.name.encode()).digest()[:8], "big"))
        .not_valid_before(_START)
        .not_valid_after(subject.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_key_identifier(issuer.key if issuer else key), critical=False)
        .add_extension(
            x509.BasicConstraints(ca=subject.ca, path_length=subject.path_length), critical=True
        )
        .add_extension(_usage(subject), critical=True)
    )
    for extension, critical in subject.extensions:
        builder = builder.add_extension(extension, critical=critical)
    signing_key = issuer.key if issuer else key
    certificate = builder.sign(signing_key, subject.digest, ecdsa_deterministic=True)
    return Authority(certificate=certificate, key=key)


def _name(subject: Subject) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organization),
            x509.NameAttribute(NameOID.COMMON_NAME, subject.name),
        ]
    )


def _authority_key_identifier(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(subject: Subject) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=subject.sign_documents,
        key_cert_sign=subject.sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


PRACTICE_ROOT = issue(authority("practice root", organization=PRACTICE_ORGANIZATION, path_length=0))
PRACTICE_LEAF = issue(
    Subject(name="practice station", organization=PRACTICE_ORGANIZATION), PRACTICE_ROOT
)
ROOT = issue(authority("Example root", path_length=1))
# An issuer below it may be wrong in one way without the chain being too long as well.
WIDE_ROOT = issue(authority("Example root without a limit"))
INTERMEDIATE = issue(authority("Example issuing", path_length=0), ROOT)
LEAF = issue(Subject(name="Example station 7"), INTERMEDIATE)
PRODUCTION_CHAIN = LEAF.pem + INTERMEDIATE.pem


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSigner:
    """A `certs.keys.Signer` over a key of the samples."""

    authority: Authority
    certificate_chain_pem: bytes
    practice: bool

    @property
    def key_id(self) -> str:
        """See `certs.keys.Signer`."""
        return key_id_of(self.authority.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """See `certs.keys.Signer`."""
        return self.authority.key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


PRACTICE_SIGNER = SampleSigner(
    authority=PRACTICE_LEAF, certificate_chain_pem=PRACTICE_LEAF.pem, practice=True
)
PRODUCTION_SIGNER = SampleSigner(
    authority=LEAF, certificate_chain_pem=PRODUCTION_CHAIN, practice=False
)

# Any: samples are edited at any depth by tests.
Statement = dict[str, Any]


def certificate_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a statement of a verified erasure with three passes and one interruption."""
    return {
        **_head(signer),
        "type": "certificate-of-erasure",
        "id": JOB_ID,
        "claim": _claim(practice=signer.practice),
        "passes": [
            _pass(1, {"kind": "fixed", "bytes_hex": "00"}, resumed_at_byte=SIZE_BYTES // 4),
            _pass(2, {"kind": "fixed", "bytes_hex": "ff"}),
            _pass(3, {"kind": "stream", "stream": "xts128-1mib-v1", "key_hex": KEY_HEX}),
        ],
        "verification": _verification(),
        "not_reached": [],
        "not_reached_bytes": 0,
        "interruptions": [
            {
                "at": _time(-230),
                "what": "worker-lost",
                "resumed_at": _time(-225),
                "tail_verified_bytes": 1 << 20,
            }
        ],
        "outcome": "verified",
        "earlier_documents": [
            {"id": f"{JOB_ID}-n1", "sha256": hashlib.sha256(b"notice").hexdigest()}
        ],
    }


def probed_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a statement of an erasure by zeros, whose capacity was probed first."""
    return certificate_statement(signer) | {
        "passes": [_pass(1, {"kind": "fixed", "bytes_hex": "00"})],
        "verification": _verification() | {"pass_number": 1},
        "probes": {
            "dense_bytes": 64 << 20,
            "stride_bytes": 64 << 20,
            "probe_bytes": 4096,
            "verified_bytes": SIZE_BYTES,
            "outcome": "fit",
        },
    }


def sampled_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a statement of an erasure of which a tenth was read back."""
    units, strata = SIZE_BYTES >> 20, 7
    assert units == 64, "the figures below are worked out for it"
    read = 9 << 20
    return certificate_statement(signer) | {
        "claim": _claim(practice=True),
        "not_checked": ["verification-sampled"],
        "verification": _verification()
        | {
            "kind": "sampled",
            "verified_bytes": read,
            "unread_bytes": SIZE_BYTES - read,
            "sample": {
                "unit_bytes": 1 << 20,
                "units": units,
                "strata": strata,
                "sampled_units": 9,
                "seed_hex": hashlib.sha256(b"seed").hexdigest(),
                "differing_units": 34,
                "missed_per_million": 10_000,
            },
        },
    }


def graded_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a statement with everything that any drive can be measured by, and its grade."""
    counts = (
        "slowest_write_ms",
        "slowest_read_ms",
        "write_fastest_zone_bytes_per_s",
        "write_slowest_zone_bytes_per_s",
        "write_zone_drop_percent",
        "read_fastest_zone_bytes_per_s",
        "read_slowest_zone_bytes_per_s",
        "read_zone_drop_percent",
        "smart_reallocated_sectors",
        "smart_reallocated_sectors_before",
        "smart_pending_sectors",
        "smart_pending_sectors_before",
        "smart_uncorrectable",
        "smart_uncorrectable_before",
        "power_on_hours",
        "temperature_celsius",
        "ssd_life_used_percent",
        "nvme_critical_warning",
        "nvme_percentage_used",
        "nvme_media_errors",
        "nvme_media_errors_before",
    )
    measures = {
        "verified": True,
        "unreached_bytes": 0,
        "io_errors": 0,
        "interruptions": 1,
        "identity_strength": "medium",
        "drive_kind": "ata-ssd",
        "smart_passed": True,
    }
    grade = {
        "ruleset": "drive-1",
        "ruleset_sha256": hashlib.sha256(b"rules").hexdigest(),
        "function": "good",
        "appearance": "unknown",
        "life": "caution",
        "reasons": [
            {
                "axis": "life",
                "rule": "life-used",
                "cap": "caution",
                "measure": "ssd_life_used_percent",
                "measured": "7",
                "threshold": "> 6",
                "source": "a published threshold",
                "zh": "写入寿命用得多",
                "en": "much of its writing life is used",
            }
        ],
    }
    fastest = {f"{what}_fastest_zone_bytes_per_s": 22 for what in ("write", "read")}
    measured = measures | dict.fromkeys(counts, 7) | fastest
    slowing = [{"zone": zone, "bytes_per_s": 22 - zone} for zone in range(16)]
    return certificate_statement(signer) | {
        "utc_offset": "+08:00",
        "measures": measured,
        "grade": grade,
        "speed": {"write": slowing, "read": [dict(each) for each in slowing]},
    }


def notice_statement(
    signer: SampleSigner = PRACTICE_SIGNER, kind: str = "failed", outcome: str = "failed"
) -> Statement:
    """Return a notice about a pass that could not write its last sector."""
    statement = certificate_statement(signer)
    written = SIZE_BYTES - 4096
    key = {"key": "withheld"} if outcome == "indeterminate" else {"key_hex": KEY_HEX}
    one_pass = _pass(1, {"kind": "stream", "stream": "xts128-1mib-v1", **key})
    attempt = {"from_byte": 0, "to_byte": written, "ended": "failed"}
    one_pass |= {"written_bytes": written, "outcome": "incomplete", "attempts": [attempt]}
    del one_pass["ended_at"]
    reason = {
        "code": "write-error",
        "zh": "最后一个扇区写不进去。",
        "en": "Last sector failed.",
    }
    return statement | {
        "type": "notice",
        "id": f"{JOB_ID}-n1",
        "claim": _claim(practice=True),
        "passes": [one_pass],
        "verification": {"kind": "none"},
        "not_reached": [{"from_byte": written, "to_byte": SIZE_BYTES, "what": "unwritten"}],
        "not_reached_bytes": 4096,
        "interruptions": [],
        "outcome": outcome,
        "notice": {"kind": kind, "reason": reason},
        "earlier_documents": [],
    }


def signed_files(
    statement: Mapping[str, Any], signer: SampleSigner = PRACTICE_SIGNER
) -> dict[str, bytes]:
    """Sign a statement without any check and return the files of its bundle."""
    kind = DocumentType(statement["type"])
    return files_of(encode(dict(statement)), signer, kind)


def files_of(
    document: bytes,
    signer: SampleSigner = PRACTICE_SIGNER,
    kind: DocumentType = DocumentType.CERTIFICATE,
) -> dict[str, bytes]:
    """Sign any bytes as a document and return the files of its bundle."""
    return {
        kind.document_name: document,
        kind.signature_name: signer.sign(document),
        CHAIN_NAME: signer.certificate_chain_pem,
    }


Edit = Callable[[Statement], None]


def edited(statement: Statement, *edits: Edit) -> Statement:
    """Apply edits to a statement and return it."""
    for edit in edits:
        edit(statement)
    return statement


def _time(offset_s: int) -> str:
    return (ISSUED + timedelta(seconds=offset_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _head(signer: SampleSigner) -> Statement:
    return {
        "schema": "wipe-station/statement",
        "schema_version": 1,
        "issued_at": _time(0),
        "practice": signer.practice,
        "key_id": signer.key_id,
        "log_origin": "none",
        "software": {"name": "wipe-station", "version": "0.1.0", "source_sha256": "unknown"},
        "device": _device(),
        "policy": {
            "name": "gb-46864",
            "title": "GB 46864-2025",
            "certainty": "published accounts",
            "disclaimer": {
                "zh": "依据公开资料编制，未经检测。",
                "en": "Follows published accounts; text not examined; conformity not claimed.",
            },
        },
        "method": {"name": "gb-46864-three-pass", "certainty": "published accounts"},
        "not_checked": ["device-cache"],
        "journal": {"records": 41, "head_sha256": hashlib.sha256(b"journal").hexdigest()},
    }


def _device() -> Statement:
    return {
        "node": "/dev/loop7",
        "kind": "loop",
        "transport": "loop",
        "medium": "unknown",
        "identity_strength": "medium",
        "identifiers": [
            {
                "kind": "backing-file",
                "value": "/srv/practice/练习盘.img",
                "source": "medium",
                "evidence": "sysfs loop/backing_file",
            },
            {
                "kind": "model",
                "value": "Loop practice",
                "source": "unknown",
                "evidence": "station",
            },
        ],
        "size_bytes": SIZE_BYTES,
        "logical_sector_bytes": 512,
        "physical_sector_bytes": 512,
        "diskseq": 42,
        "siblings_not_covered": [],
        "hidden_areas": {"hpa": "unknown", "dco": "unknown", "amax": "unknown"},
    }


def _claim(*, practice: bool) -> Statement:
    if practice:
        return {"category": "none", "edition": "none", "reason": "no claim is made"}
    return {
        "category": "clear",
        "edition": "NIST SP 800-88 Rev. 2",
        "reason": "all addressable bytes overwritten and verified",
    }


def _pass(number: int, pattern: Statement, resumed_at_byte: int = 0) -> Statement:
    attempts = [{"from_byte": resumed_at_byte, "to_byte": SIZE_BYTES, "ended": "completed"}]
    if resumed_at_byte:
        attempts.insert(0, {"from_byte": 0, "to_byte": resumed_at_byte, "ended": "interrupted"})
    return {
        "number": number,
        "pattern": pattern,
        "size_bytes": SIZE_BYTES,
        "written_bytes": SIZE_BYTES,
        "outcome": "completed",
        "attempts": attempts,
        "started_at": _time(-300 + 60 * number),
        "ended_at": _time(-250 + 60 * number),
    }


def _verification() -> Statement:
    return {
        "kind": "full",
        "pass_number": 3,
        "verified_bytes": SIZE_BYTES,
        "mismatched_bytes": 0,
        "unread_bytes": 0,
        "started_at": _time(-60),
        "ended_at": _time(-1),
    }


def names_in(folder: Path) -> list[str]:
    """Return the sorted names in a folder."""
    return sorted(path.name for path in folder.iterdir())
