"""Time stamps with one defect each, for `certs.tests.make_vectors`; long because it is a list."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.asn1 import (
    BOOLEAN,
    CONTEXT_0,
    CONTEXT_1,
    GENERALIZED_TIME,
    NULL,
    OBJECT_ID,
    OCTETS,
    SEQUENCE,
    SET,
    elements,
    integer,
    object_id,
    tlv,
)
from certs.log.proof import checkpoint_in
from certs.tests.log_samples import about, logged_statement, proof_of, start
from certs.tests.pdf_samples import document_stamped, signed_pdf, unsigned_pdf
from certs.tests.samples import (
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    Authority,
    authority,
    certificate_statement,
    issue,
    private_key,
    signed_files,
)
from certs.tests.time_samples import (
    SERVICE,
    SERVICE_ISSUER,
    SERVICE_ROOT,
    STAMPING,
    Making,
    algorithm,
    attribute,
    imprint,
    rsa_making,
    service,
    stamped,
)
from certs.timestamp import (
    CONTENT_TYPE,
    ECDSA_WITH_SHA256,
    MESSAGE_DIGEST,
    RSA_WITH_SHA256,
    SIGNING_CERTIFICATE_V2,
)

Files = dict[str, bytes]
SHA1: Final = "1.3.14.3.2.26"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
UNKNOWN: Final = "1.3.6.1.4.1.32473.9"
DATA: Final = "1.2.840.113549.1.7.1"


@cache
def _logged() -> tuple[tuple[str, bytes], ...]:
    statement = logged_statement(certificate_statement(PRODUCTION_SIGNER))
    proof = {"certificate.tlog-proof": proof_of(about(statement)).text()}
    return tuple((signed_files(statement, PRODUCTION_SIGNER) | proof).items())


def logged_files() -> Files:
    """Return a bundle whose document a log has."""
    return dict(_logged())


def unlogged_files() -> Files:
    """Return a bundle without a log, stamped all the same."""
    files = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    return files | {"certificate.tsr": Making().response(files["certificate.json"])}


def _stamp_of(data: Callable[[Files], bytes]) -> Callable[[], Files]:
    def files() -> Files:
        made = logged_files()
        return made | {"certificate.tsr": Making().response(data(made))}

    return files


def _made(**more: Any) -> Callable[[], Files]:
    return lambda: stamped(logged_files(), Making(**more))


def _changed(part: str, change: Callable[[bytes], bytes]) -> Callable[[], Files]:
    return _made(change={part: change})


def _replaced(part: str, encoded: bytes) -> Callable[[], Files]:
    return _changed(part, lambda _: encoded)


def _checkpoint_digest() -> bytes:
    return hashlib.sha256(checkpoint_in(logged_files()["certificate.tlog-proof"])).digest()


def _info(**members: bytes) -> Callable[[], Files]:
    return _made(info=members)


def _attributes(kind: str, value: bytes) -> Callable[[], Files]:
    return _made(attributes={kind: value})


def _signed_by(**more: Any) -> Callable[[], Files]:
    return lambda: stamped(logged_files(), Making(signer=service("another", **more)))


def _below(issuer: Authority, *between: Authority) -> Callable[[], Files]:
    def files() -> Files:
        signer = service("below another", issuer=issuer)
        return stamped(logged_files(), Making(signer=signer, certificates=(signer, *between)))

    return files


def _oid(name: str) -> bytes:
    return tlv(OBJECT_ID, object_id(name))


def _in(tag: int, encoded: bytes, more: bytes) -> bytes:
    """Return a structure with one more member behind the others."""
    return tlv(tag, _members(encoded), more)


def _members(encoded: bytes) -> bytes:
    return elements(encoded)[0].content


def _usage(*purposes: x509.ObjectIdentifier, critical: bool = True) -> Any:
    return ((x509.ExtendedKeyUsage(purposes), critical),)


def _certificate_id(*ids: bytes) -> bytes:
    return tlv(SEQUENCE, tlv(SEQUENCE, *ids))


def _extension(*, critical: bool) -> bytes:
    mark = tlv(BOOLEAN, b"\xff") if critical else b""
    return tlv(CONTEXT_1, tlv(SEQUENCE, _oid(UNKNOWN), mark, tlv(OCTETS, tlv(NULL))))


def _time(at: bytes) -> bytes:
    return tlv(GENERALIZED_TIME, at)


def _issuer(name: str, **more: Any) -> Authority:
    return issue(authority(name, organization="Example Time", **more), SERVICE_ROOT)


_EMAIL: Final = ExtendedKeyUsageOID.EMAIL_PROTECTION
_LIMITED_ROOT: Final = issue(authority("time root with a limit", path_length=0))
_BELOW_LIMITED: Final = issue(authority("one too many"), _LIMITED_ROOT)
_LONG: Final = [SERVICE_ROOT]
for _number in range(5):
    _LONG.append(issue(authority(f"time issuer {_number}"), _LONG[-1]))
_STRANGE: Final = x509.UnrecognizedExtension(x509.ObjectIdentifier(UNKNOWN), b"\x05\x00")
_OLD: Final = hashes.SHA1()  # noqa: S303 - what is to be refused
_SHA1_ID: Final = "1.2.840.113549.1.9.16.2.12"
_ENDED: Final = datetime(2026, 11, 1, tzinfo=UTC)
_WIDE_ID: Final = tlv(
    SEQUENCE,
    algorithm(SHA384),
    tlv(OCTETS, SERVICE.certificate.fingerprint(hashes.SHA384())),
    tlv(SEQUENCE, tlv(SEQUENCE), integer(1)),
)

ACCEPTED: Final[Mapping[str, tuple[str, Callable[[], Files]]]] = {
    "certificate": ("A time service that the verifier trusts stamped the checkpoint.", _made()),
    "by_rsa": (
        "The time service's key is RSA.",
        lambda: stamped(logged_files(), rsa_making()),
    ),
    "with_everything": (
        "The stamp has all that is optional: accuracy, order, nonce, name, an extension.",
        _made(
            info={
                "time": _time(b"20261123172600.25Z"),
                "accuracy": tlv(SEQUENCE, integer(1), tlv(0x80, b"\x05"), tlv(0x81, b"\x07")),
                "ordering": tlv(BOOLEAN, b"\xff"),
                "nonce": integer(1 << 63),
                "name": tlv(CONTEXT_0, tlv(0x86, b"http://time.example")),
                "extensions": _extension(critical=False),
            },
            attributes={SIGNING_CERTIFICATE_V2: _certificate_id(_WIDE_ID)},
            change={"unsigned": lambda _: tlv(CONTEXT_1, attribute(UNKNOWN, tlv(NULL)))},
        ),
    ),
}
"""Stamps that a verifier must take: what they are, and the bundle."""

REFUSED: Final[Mapping[str, tuple[str, Callable[[], Files]]]] = {
    "without_log": ("The document names no log, so there is no checkpoint.", unlogged_files),
    "of_the_document": (
        "The stamp is about the document itself, not about the checkpoint.",
        _stamp_of(lambda files: files["certificate.json"]),
    ),
    "of_the_whole_proof": (
        "The stamp is about the whole file of the proof.",
        _stamp_of(lambda files: files["certificate.tlog-proof"]),
    ),
    "of_another_checkpoint": (
        "The stamp is about another checkpoint of the same log.",
        _stamp_of(lambda _: proof_of(start(1)).checkpoint),
    ),
    "by_another_digest": (
        "The stamp says that its digest is by SHA-384.",
        _info(imprint=imprint(_checkpoint_digest(), SHA384)),
    ),
    "not_granted": (
        "The service's answer says no, and carries a stamp all the same.",
        _replaced("status", tlv(SEQUENCE, integer(2))),
    ),
    "without_token": (
        "The service's answer says yes and carries nothing.",
        _replaced("response", tlv(SEQUENCE, tlv(SEQUENCE, integer(0)))),
    ),
    "bytes_behind": ("A byte stands behind the answer.", _changed("response", lambda r: r + b"\0")),
    "empty": ("The file is empty.", _replaced("response", b"")),
    "cut_inside": (
        "The last structure ends before its stated end.",
        _replaced("unsigned", b"\xa1\x03\x05\x00"),
    ),
    "half_a_head": ("Of the last structure only its tag is there.", _replaced("unsigned", b"\xa1")),
    "long_form_length": (
        "A length is not in its shortest form.",
        _replaced("unsigned", b"\xa1\x81\x02\x05\x00"),
    ),
    "padded_integer": ("A version has a zero in front.", _replaced("version", b"\2\2\0\3")),
    "policy_empty": ("The policy is no object identifier.", _info(policy=tlv(OBJECT_ID))),
    "policy_padded": (
        "The policy's identifier is padded.",
        _info(policy=tlv(OBJECT_ID, b"\x2b\x80\x01")),
    ),
    "policy_missing": ("The stamp names no policy.", _info(policy=b"")),
    "of_no_signed_data": (
        "The token says that it is plain data.",
        _changed("token", lambda token: token.replace(_oid("1.2.840.113549.1.7.2"), _oid(DATA))),
    ),
    "of_another_version": ("The token is of version 4.", _replaced("version", integer(4))),
    "info_of_another_version": ("The TSTInfo is of version 2.", _info(version=integer(2))),
    "signer_of_another_version": (
        "The signer's part is of version 3.",
        _replaced("signer version", integer(3)),
    ),
    "around_something_else": (
        "The signed content says that it is plain data.",
        _changed(
            "content",
            # In its own frame: a length that does not fit would be refused for that.
            lambda content: tlv(
                SEQUENCE,
                _members(content).replace(_oid("1.2.840.113549.1.9.16.1.4"), _oid(DATA)),
            ),
        ),
    ),
    "two_signers": (
        "Two services signed.",
        _changed("signers", lambda signers: _in(SET, signers, _members(signers))),
    ),
    "no_signer": ("Nobody signed.", _replaced("signers", tlv(SET))),
    "signed_as_something_else": (
        "The signed attributes say that plain data was signed.",
        _attributes(CONTENT_TYPE, _oid(DATA)),
    ),
    "of_another_info": (
        "The signed attributes carry the digest of another TSTInfo.",
        _attributes(MESSAGE_DIGEST, tlv(OCTETS, hashlib.sha256(b"other").digest())),
    ),
    "attribute_twice": (
        "An attribute is there twice.",
        _changed("attributes", lambda a: _in(SET, a, 2 * attribute(UNKNOWN, tlv(NULL)))),
    ),
    "attribute_of_two_values": (
        "An attribute has two values.",
        _changed("attributes", lambda a: _in(SET, a, attribute(SIGNING_TIME, *2 * [_time(b"2")]))),
    ),
    "without_certificate_id": (
        "The signed attributes do not say with which certificate.",
        _attributes(SIGNING_CERTIFICATE_V2, b""),
    ),
    "with_sha1_certificate_id_only": (
        "The signed attributes name the certificate by SHA-1 only.",
        _made(
            attributes={
                SIGNING_CERTIFICATE_V2: b"",
                _SHA1_ID: _certificate_id(
                    tlv(SEQUENCE, tlv(OCTETS, SERVICE.certificate.fingerprint(_OLD)))
                ),
            }
        ),
    ),
    "certificate_id_empty": (
        "The attribute that names the certificate is empty.",
        _attributes(SIGNING_CERTIFICATE_V2, _certificate_id()),
    ),
    "of_another_certificate_id": (
        "The signed attributes name another certificate.",
        _attributes(
            SIGNING_CERTIFICATE_V2,
            _certificate_id(
                tlv(SEQUENCE, tlv(OCTETS, SERVICE_ISSUER.certificate.fingerprint(hashes.SHA256())))
            ),
        ),
    ),
    "by_sha1": ("Content and attributes are digested by SHA-1.", _made(digest=SHA1)),
    "signature_of_another_kind": (
        "The signature says that it is RSA, and the key is on a curve.",
        _made(signature_algorithm=RSA_WITH_SHA256),
    ),
    "signature_of_an_unknown_kind": (
        "The signature is of a kind that nobody here knows.",
        _made(signature_algorithm=UNKNOWN),
    ),
    "signature_of_another_digest": (
        "The signature says that it is over SHA-384, and SHA-256 was stated.",
        _made(signature_algorithm="1.2.840.10045.4.3.3"),
    ),
    "algorithm_with_parameters": (
        "The signature's algorithm has parameters that it cannot have.",
        _replaced("algorithm", tlv(SEQUENCE, _oid(ECDSA_WITH_SHA256), integer(1))),
    ),
    "signature_changed": (
        "One bit of the service's signature was changed.",
        _changed("signature", lambda value: value[:-1] + bytes([value[-1] ^ 1])),
    ),
    "signature_of_another_key": (
        "Somebody else's key signed under the service's certificate.",
        lambda: stamped(
            logged_files(),
            Making(signer=Authority(certificate=SERVICE.certificate, key=private_key("somebody"))),
        ),
    ),
    "without_certificate": (
        "The stamp does not bring its signer's certificate.",
        _made(certificates=(SERVICE_ISSUER,)),
    ),
    "certificate_unreadable": (
        "One of the certificates that it brings is none.",
        _replaced("certificates", tlv(CONTEXT_0, tlv(SEQUENCE))),
    ),
    "of_nine_certificates": (
        "It brings more certificates than any stamp needs.",
        _changed("certificates", lambda c: _in(CONTEXT_0, c, 7 * _der(SERVICE_ROOT))),
    ),
    "extension_unknown": (
        "The stamp demands an extension that nobody here understands.",
        _info(extensions=_extension(critical=True)),
    ),
    "too_vague": (
        "The stamp's time may be wrong by a day.",
        _info(accuracy=tlv(SEQUENCE, integer(86_400))),
    ),
    "impossible_date": ("The stamp is of 31 November.", _info(time=_time(b"20261131000000Z"))),
    "local_time": ("The stamp's time is not UTC.", _info(time=_time(b"20261123172600+0800"))),
    "of_the_future": ("The stamp is of two days from now.", _info(time=_time(b"20261203000001Z"))),
    "before_the_document": (
        "The document says that it was signed more than a day after the stamp.",
        _info(time=_time(b"20261122172539Z")),
    ),
    "signer_without_purpose": (
        "The signer's certificate does not say that it may stamp.",
        _signed_by(extensions=()),
    ),
    "signer_with_two_purposes": (
        "The signer's certificate may also sign mail.",
        _signed_by(extensions=_usage(ExtendedKeyUsageOID.TIME_STAMPING, _EMAIL)),
    ),
    "signer_purpose_not_critical": (
        "The signer's purpose is not marked critical.",
        _signed_by(extensions=((STAMPING[0], False),)),
    ),
    "signer_may_not_sign": (
        "The signer's certificate may not sign anything.",
        _signed_by(sign_documents=False),
    ),
    "signer_is_an_authority": (
        "An authority stamped by itself.",
        _signed_by(ca=True, sign_certificates=True),
    ),
    "signer_of_a_strange_kind": (
        "The signer's certificate demands an extension that nobody here understands.",
        _signed_by(extensions=(STAMPING, (_STRANGE, True))),
    ),
    "signer_expired": (
        "The signer's certificate was over when it stamped.",
        _signed_by(not_after=_ENDED),
    ),
    "signer_of_a_short_key": (
        "The signer's key is RSA of 1024 bits.",
        lambda: stamped(logged_files(), rsa_making(1024)),
    ),
    "of_another_service": (
        "A flawless stamp of another service, whose root the verifier does not trust.",
        _below(issue(authority("another time root", organization="Example Time"))),
    ),
    "issuer_missing": (
        "The certificate between the service and its root is missing.",
        _made(certificates=(SERVICE,)),
    ),
    "issuer_without_ca_flag": (
        "A certificate that is no authority's issued the service's.",
        lambda: _between(_issuer("no time authority", ca=False)),
    ),
    "issuer_without_key_usage": (
        "An authority that may not issue certificates issued the service's.",
        lambda: _between(_issuer("mute time authority", sign_certificates=False)),
    ),
    "issuer_for_mail": (
        "The service's issuer is for mail.",
        lambda: _between(_issuer("mail authority", extensions=_usage(_EMAIL))),
    ),
    "issuer_expired": (
        "The service's issuer was over when it stamped.",
        lambda: _between(_issuer("old time authority", not_after=_ENDED)),
    ),
    "issuer_self_made": (
        "A self-made issuer that bears the name of the true one.",
        lambda: _between(
            issue(
                authority(
                    "Example time issuing",
                    organization="Example Time",
                    key=private_key("self-made"),
                )
            )
        ),
    ),
    "chain_too_long": (
        "More certificates than five lead to the root.",
        _below(_LONG[-1], *_LONG[1:]),
    ),
}
"""Stamps that must be refused as the document's time: what is wrong, and the bundle."""


def _between(issuer: Authority) -> Files:
    return _below(issuer, issuer)()


def _der(one: Authority) -> bytes:
    return one.certificate.public_bytes(Encoding.DER)


LIMITED: Final = _below(_BELOW_LIMITED, _BELOW_LIMITED)
"""A stamp whose chain is longer than ``LIMITED_ROOT`` allows."""
LIMITED_ROOT: Final = _LIMITED_ROOT


# --- the stamp of a PDF's signature ---------------------------------------------------------------


def _shown(
    making: Making | None = None,
    *,
    stamped_bytes: Callable[[bytes], bytes] = lambda signature: signature,
    change_cms: Callable[[bytes], bytes] = lambda cms: cms,
    change_pdf: Callable[[bytes], bytes] = lambda pdf: pdf,
) -> Callable[[], Files]:
    def files() -> Files:
        bare = signed_files(certificate_statement())
        pdf = signed_pdf(
            unsigned_pdf(bare),
            PRACTICE_SIGNER,
            stamp=lambda signature: (making or Making()).token(stamped_bytes(signature)),
            change_cms=change_cms,
        )
        return bare | {"certificate.pdf": change_pdf(pdf)}

    return files


def _with_unsigned(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what rebuilds a CMS structure with its set of unsigned attributes changed."""

    def rebuilt(cms: bytes) -> bytes:
        content = elements(elements(cms)[0].content)
        data = elements(elements(content[1].content)[0].content)
        signer = elements(elements(data[-1].content)[0].content)
        assert signer[-1].tag == CONTEXT_1, "the unsigned attributes come last"
        info = tlv(
            SEQUENCE,
            *(each.encoded for each in signer[:-1]),
            tlv(CONTEXT_1, change(signer[-1].content)),
        )
        whole = tlv(SEQUENCE, *(each.encoded for each in data[:-1]), tlv(SET, info))
        return tlv(SEQUENCE, content[0].encoded, tlv(CONTEXT_0, whole))

    return rebuilt


def _token_of(data: bytes) -> bytes:
    return Making().token(data)


STAMP_ATTRIBUTE: Final = "1.2.840.113549.1.9.16.2.14"
PDF_ACCEPTED: Final[Mapping[str, tuple[str, Callable[[], Files]]]] = {
    "pdf_stamped": ("A time service stamped the signature of the PDF (PAdES B-T).", _shown()),
    "pdf_stamped_by_rsa": ("The same, by a service whose key is RSA.", _shown(rsa_making())),
}
"""PDFs with a stamp inside that a verifier must take."""
PDF_REFUSED: Final[Mapping[str, tuple[str, Callable[[], Files]]]] = {
    "stamp_of_another_signature": (
        "The stamp in the PDF's signature is about other bytes.",
        _shown(stamped_bytes=lambda _: b"another signature"),
    ),
    "stamp_by_nobody_who_may": (
        "The signer of the stamp in the PDF's signature may not stamp.",
        _shown(Making(signer=service("another", extensions=()))),
    ),
    "stamp_changed": (
        "One bit of the service's signature in the PDF was changed.",
        _shown(Making(change={"signature": lambda s: s[:-1] + bytes([s[-1] ^ 1])})),
    ),
    "stamp_that_is_none": (
        "In the place of the stamp stands an empty structure.",
        _shown(change_cms=_with_unsigned(lambda _: attribute(STAMP_ATTRIBUTE, tlv(SEQUENCE)))),
    ),
    "two_stamps_in_one": (
        "The attribute holds two stamps, both good.",
        _shown(
            change_cms=_with_unsigned(
                lambda one: attribute(
                    STAMP_ATTRIBUTE, *2 * [elements(elements(one)[0].content)[1].content]
                )
            )
        ),
    ),
    "two_unsigned_attributes": (
        "A second attribute that nobody signed stands beside the stamp.",
        _shown(change_cms=_with_unsigned(lambda one: one + attribute(UNKNOWN, tlv(SEQUENCE)))),
    ),
    "unsigned_attribute_of_another_kind": (
        "The stamp stands under another name.",
        _shown(
            change_cms=_with_unsigned(
                lambda one: one.replace(_oid(STAMP_ATTRIBUTE), _oid(STAMP_ATTRIBUTE[:-1] + "5"))
            )
        ),
    ),
    "no_unsigned_attribute": (
        "The set of attributes that nobody signed is there and empty.",
        _shown(change_cms=_with_unsigned(lambda _: b"")),
    ),
    "bytes_behind_the_stamp": (
        "The padding behind a stamped signature is not zero.",
        _shown(change_pdf=lambda pdf: pdf.replace(b"00>\n/ByteRange", b"01>\n/ByteRange")),
    ),
    "document_stamp": (
        "A revision with a time stamp over the whole file was appended, as B-LTA does.",
        _shown(change_pdf=lambda pdf: document_stamped(pdf, _token_of)),
    ),
    "signature_that_ends_early": (
        "The CMS structure of the signature ends before its stated end.",
        _shown(change_cms=lambda cms: cms[:100]),
    ),
}
"""PDFs that must be refused as such."""
