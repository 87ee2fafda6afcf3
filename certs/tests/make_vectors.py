"""Makes ``vectors/certificate``: one document per file, each with one defect at most.

With them ``vectors/fields`` and ``vectors/together``, see `field_vectors`, `together_vectors`.

Run ``python -m certs.tests.make_vectors`` to write them, with ``--check`` to compare. Everything
is fixed (keys, times, serial numbers, RFC 6979 signatures), so the same bytes come out each time.
The file is long because it is a list: one short function per vector, its docstring the comment.
"""

import argparse
import base64
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from certs.canonical import decode, encode
from certs.chain import PRACTICE_ORGANIZATION, key_id_of
from certs.errors import Layer
from certs.layout import MAX_CHAIN_BYTES, DocumentType, type_of_names
from certs.log.checkpoint import parse_checkpoint
from certs.log.entry import EntryKind
from certs.log.note import NoteSigner
from certs.log.proof import Proof
from certs.revocation import SignedList
from certs.tests import (
    archive_vectors,
    certificate_vectors,
    document_vectors,
    field_vectors,
    rule_vectors,
    time_vectors,
    together_vectors,
)
from certs.tests.log_samples import (
    about,
    cosigned,
    log_signer,
    logged_statement,
    proof_of,
    start,
    witness_signer,
)
from certs.tests.pdf_samples import with_pdf
from certs.tests.revocation_samples import entry, listing, other_entry, signed, stated
from certs.tests.samples import (
    INTERMEDIATE,
    LEAF,
    NOW,
    PRACTICE_ROOT,
    PRACTICE_SIGNER,
    PRODUCTION_CHAIN,
    PRODUCTION_SIGNER,
    ROOT,
    WIDE_ROOT,
    Authority,
    SampleSigner,
    Statement,
    Subject,
    authority,
    certificate_statement,
    files_of,
    graded_statement,
    issue,
    notice_statement,
    private_key,
    probed_statement,
    rsa_public_key,
    sampled_statement,
    signed_files,
)
from certs.tests.time_samples import SERVICE_ROOT, stamped
from certs.verdict import Status
from certs.witnessed import Witnesses

FOLDER = Path(__file__).parents[2] / "vectors" / "certificate"
OUR_RULE = "certs/verify.py, plan"
PDF_RULE = "certs/pdf/container.py; certs/pdf/cms.py"
LOG_RULE = "certs/logged.py; c2sp.org/tlog-proof, tlog-checkpoint, signed-note"
TIME_RULE = "certs/stamped.py; certs/timestamp.py; RFC 3161; RFC 5816"
LIST_RULE = "certs/revocation.py"
WITNESS_RULE = "certs/witnessed.py"
RFC5280 = "RFC 5280"
X690 = "X.690 §8.3, §10.1"
RFC8785 = "RFC 8785; RFC 7493 §2"
SCHEMA = "certs/formats/statement_v1.py"
DOCUMENT_RULE = "certs/formats/document.py"

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One document and what must become of it.

    Attributes:
        expect: the layer that must refuse it, or the status of an accepted document.
        source: where the requirement stands.
        files: the folder's content.
        root: what the verifier trusts; None is no root at all.
        allow_practice: whether the verifier wants practice documents.
        revoked: the verifier's list of revoked keys; None if it has none.
        tsa_root: the time service that the verifier trusts, PEM; None if it trusts none.
        witnesses: of whom the verifier wants one to have seen the log; None if it wants none.
    """

    expect: Layer | Status
    source: str
    files: Files
    root: Authority | None = PRACTICE_ROOT
    allow_practice: bool = True
    revoked: SignedList | None = None
    tsa_root: bytes | None = None
    witnesses: Witnesses | None = None

    def as_json(self, comment: str) -> dict[str, Any]:
        """Return the file's content; the comment is the docstring of the maker."""
        refused = isinstance(self.expect, Layer)
        return {
            "expect": "refuse" if refused else "accept",
            "layer": self.expect.value if refused else "none",
            "status": "none" if refused else self.expect.value,
            "source": self.source,
            "comment": comment,
            "verified_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "allow_practice": self.allow_practice,
            "with_root": self.root is not None,
            "root": base64.b64encode(self.root.pem).decode() if self.root else "",
            "files": {name: base64.b64encode(data).decode() for name, data in self.files.items()},
            **self._list(),
            **self._time(),
            **self._witnesses(),
        }

    def _witnesses(self) -> dict[str, Any]:
        if self.witnesses is None:
            return {}
        later = self.witnesses.later
        return {
            "witnesses": [key.text() for key in self.witnesses.keys],
            "later_proof": "" if later is None else base64.b64encode(later).decode(),
        }

    def _time(self) -> dict[str, Any]:
        if self.tsa_root is None:
            return {}
        return {"tsa_root": base64.b64encode(self.tsa_root).decode()}

    def _list(self) -> dict[str, Any]:
        if self.revoked is None:
            return {}
        return {
            "revoked": base64.b64encode(self.revoked.document).decode(),
            "revoked_signature": base64.b64encode(self.revoked.signature).decode(),
            "revoked_version_at_least": self.revoked.version_at_least,
        }


MAKERS: dict[str, Callable[[], Vector]] = {}


def vector(maker: Callable[[], Vector]) -> Callable[[], Vector]:
    """Register a maker under its own name."""
    MAKERS[maker.__name__] = maker
    return maker


def _good() -> Files:
    return signed_files(certificate_statement())


def _signed(edit: Callable[[Statement], object], signer: SampleSigner = PRACTICE_SIGNER) -> Files:
    statement = certificate_statement(signer)
    edit(statement)
    return signed_files(statement, signer)


def _signature(change: Callable[[bytes], bytes]) -> Vector:
    files = _good()
    files["certificate.sig"] = change(files["certificate.sig"])
    return Vector(expect=Layer.SIGNATURE_ENCODING, source=X690, files=files)


def _integers(change: Callable[[int, int], tuple[int, int]]) -> Vector:
    def rewrite(signature: bytes) -> bytes:
        return encode_dss_signature(*change(*decode_dss_signature(signature)))

    return _signature(rewrite)


def _chained(leaf: Authority, chain: bytes, root: Authority = ROOT, **more: Any) -> Vector:
    signer = SampleSigner(authority=leaf, certificate_chain_pem=chain, practice=False)
    files = signed_files(certificate_statement(signer), signer)
    return Vector(expect=Layer.CHAIN, source=RFC5280, files=files, root=root, **more)


def _spelled(change: Callable[[bytes], bytes]) -> Vector:
    document = change(encode(certificate_statement()))
    return Vector(expect=Layer.CANONICAL_JSON, source=RFC8785, files=files_of(document))


def _contradicting(edit: Callable[[Statement], object]) -> Vector:
    return Vector(expect=Layer.SCHEMA, source=SCHEMA, files=_signed(edit))


# --- accepted ----------------------------------------------------------------------------------


@vector
def accept_practice_certificate() -> Vector:
    """A practice certificate, where practice is allowed."""
    return Vector(expect=Status.ERASED, source=OUR_RULE, files=_good())


@vector
def accept_organisation_certificate() -> Vector:
    """A certificate under an organisation's root with one intermediate."""
    files = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    return Vector(
        expect=Status.ERASED, source=OUR_RULE, files=files, root=ROOT, allow_practice=False
    )


@vector
def accept_probed_certificate() -> Vector:
    """An erasure by zeros whose capacity was probed first."""
    return Vector(expect=Status.ERASED, source=OUR_RULE, files=signed_files(probed_statement()))


@vector
def accept_sampled_certificate() -> Vector:
    """An erasure of which a tenth was read back, with what that proves."""
    return Vector(expect=Status.ERASED, source=OUR_RULE, files=signed_files(sampled_statement()))


@vector
def accept_graded_certificate() -> Vector:
    """An erasure with all that was measured, and the grade that follows."""
    return Vector(expect=Status.ERASED, source=OUR_RULE, files=signed_files(graded_statement()))


@vector
def accept_failed_notice() -> Vector:
    """A genuine notice that the device was not erased."""
    files = signed_files(notice_statement())
    return Vector(expect=Status.NOT_ERASED, source=OUR_RULE, files=files)


@vector
def accept_notice_with_exceptions() -> Vector:
    """A genuine notice that some sectors were not reached."""
    files = signed_files(notice_statement(outcome="verified-with-exceptions"))
    return Vector(expect=Status.NOT_ERASED, source=OUR_RULE, files=files)


@vector
def accept_interrupted_notice() -> Vector:
    """A genuine notice that the job was interrupted and may go on."""
    files = signed_files(notice_statement(kind="interrupted", outcome="indeterminate"))
    return Vector(expect=Status.INCONCLUSIVE, source=OUR_RULE, files=files)


@vector
def accept_aborted_notice() -> Vector:
    """A genuine notice that somebody stopped the job."""
    files = signed_files(notice_statement(kind="aborted", outcome="aborted"))
    return Vector(expect=Status.INCONCLUSIVE, source=OUR_RULE, files=files)


@vector
def accept_without_root() -> Vector:
    """A flawless certificate, but the verifier knows no root: the signer is unknown."""
    files = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    return Vector(
        expect=Status.SIGNER_UNKNOWN, source=OUR_RULE, files=files, root=None, allow_practice=False
    )


# --- bundle ------------------------------------------------------------------------------------


@vector
def accept_certificate_with_pdf() -> Vector:
    """The folder holds a PDF that the same station signed and that carries the same files."""
    return Vector(expect=Status.ERASED, source=PDF_RULE, files=with_pdf(_good(), PRACTICE_SIGNER))


@vector
def refuse_pdf_changed_byte() -> Vector:
    """One byte inside the PDF's signed ranges was changed."""
    files = with_pdf(_good(), PRACTICE_SIGNER)
    changed = files["certificate.pdf"].replace(b"/Count 0", b"/Count 1")
    return Vector(expect=Layer.PDF, source=PDF_RULE, files=files | {"certificate.pdf": changed})


@vector
def refuse_pdf_of_another_document() -> Vector:
    """The PDF is genuine, but belongs to another document of the same station."""
    files = signed_files(certificate_statement() | {"not_checked": []})
    other = with_pdf(files, PRACTICE_SIGNER)["certificate.pdf"]
    return Vector(expect=Layer.PDF, source=PDF_RULE, files=_good() | {"certificate.pdf": other})


@vector
def refuse_pdf_signed_by_another_station() -> Vector:
    """The PDF carries the right files, but another station signed it."""
    return Vector(expect=Layer.PDF, source=PDF_RULE, files=with_pdf(_good(), PRODUCTION_SIGNER))


@vector
def refuse_pdf_padding_not_zero() -> Vector:
    """The padding behind the PDF's signature is not zero; no signature covers it."""
    files = with_pdf(_good(), PRACTICE_SIGNER)
    changed = files["certificate.pdf"].replace(b"00>\n/ByteRange", b"01>\n/ByteRange")
    return Vector(expect=Layer.PDF, source=PDF_RULE, files=files | {"certificate.pdf": changed})


@vector
def refuse_extra_file() -> Vector:
    """A fourth file lies in the folder."""
    files = _good() | {"readme.txt": b"read me"}
    return Vector(expect=Layer.BUNDLE, source=OUR_RULE, files=files)


@vector
def refuse_missing_signature() -> Vector:
    """The signature is missing."""
    files = _good()
    del files["certificate.sig"]
    return Vector(expect=Layer.BUNDLE, source=OUR_RULE, files=files)


@vector
def refuse_oversized_chain() -> Vector:
    """The file of certificates is one byte larger than any chain may be."""
    files = _good()
    files["station.pem"] = files["station.pem"].ljust(MAX_CHAIN_BYTES + 1, b"\n")
    return Vector(expect=Layer.BUNDLE, source=OUR_RULE, files=files)


@vector
def refuse_mixed_names() -> Vector:
    """A notice with the signature file of a certificate."""
    files = _good()
    files["notice.json"] = files.pop("certificate.json")
    return Vector(expect=Layer.BUNDLE, source=OUR_RULE, files=files)


# --- chain -------------------------------------------------------------------------------------


@vector
def refuse_wrong_root() -> Vector:
    """The chain ends in another root of the same name."""
    other = authority(
        "practice root",
        organization=PRACTICE_ORGANIZATION,
        path_length=0,
        key=private_key("somebody else"),
    )
    return Vector(expect=Layer.CHAIN, source=RFC5280, files=_good(), root=issue(other))


@vector
def refuse_expired_leaf() -> Vector:
    """The signer's certificate had expired when the statement says it was signed."""
    ended = datetime(2026, 11, 1, tzinfo=UTC)
    leaf = issue(Subject(name="expired", not_after=ended), INTERMEDIATE)
    return _chained(leaf, leaf.pem + INTERMEDIATE.pem)


@vector
def refuse_issuer_without_ca_flag() -> Vector:
    """A certificate that is no authority's issued another one."""
    issuer = issue(authority("no authority", ca=False), WIDE_ROOT)
    leaf = issue(Subject(name="child of a station"), issuer)
    return _chained(leaf, leaf.pem + issuer.pem, WIDE_ROOT)


@vector
def refuse_issuer_without_key_usage() -> Vector:
    """An authority that may not sign certificates issued one."""
    issuer = issue(authority("may not issue", sign_certificates=False), WIDE_ROOT)
    leaf = issue(Subject(name="child of a mute authority"), issuer)
    return _chained(leaf, leaf.pem + issuer.pem, WIDE_ROOT)


@vector
def refuse_root_without_ca_flag() -> Vector:
    """The trusted root is no authority."""
    root = issue(authority("no root", ca=False))
    leaf = issue(Subject(name="child of no root"), root)
    return _chained(leaf, leaf.pem, root)


@vector
def refuse_path_too_long() -> Vector:
    """An issuer that allows no intermediate below it has one."""
    between = issue(authority("one too many"), INTERMEDIATE)
    leaf = issue(Subject(name="below too many"), between)
    return _chained(leaf, leaf.pem + between.pem + INTERMEDIATE.pem)


@vector
def refuse_authority_as_signer() -> Vector:
    """An issuing authority signed the statement itself."""
    signer = issue(authority("issues and signs", sign_documents=True), WIDE_ROOT)
    return _chained(signer, signer.pem, WIDE_ROOT)


@vector
def refuse_signer_without_key_usage() -> Vector:
    """The signer's certificate may not sign documents."""
    leaf = issue(Subject(name="no usage", sign_documents=False), INTERMEDIATE)
    return _chained(leaf, leaf.pem + INTERMEDIATE.pem)


@vector
def refuse_unknown_critical_extension() -> Vector:
    """The signer's certificate demands an extension that nobody here understands."""
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), b"\x05\x00")
    leaf = issue(Subject(name="strange", extensions=((strange, True),)), INTERMEDIATE)
    return _chained(leaf, leaf.pem + INTERMEDIATE.pem)


@vector
def refuse_missing_intermediate() -> Vector:
    """The certificate between the signer and the root is missing."""
    return _chained(LEAF, LEAF.pem)


@vector
def refuse_root_in_bundle() -> Vector:
    """The bundle brings its root along, as if that made it trusted."""
    leaf = issue(Subject(name="brings its root"), WIDE_ROOT)
    return _chained(leaf, leaf.pem + WIDE_ROOT.pem, WIDE_ROOT)


@vector
def refuse_text_between_certificates() -> Vector:
    """The file of certificates holds a comment."""
    return _chained(LEAF, LEAF.pem + b"# issuing\n" + INTERMEDIATE.pem)


@vector
def refuse_five_certificates() -> Vector:
    """The file of certificates holds more than four, each as it should be."""
    issuers = [WIDE_ROOT]
    for number in range(4):
        issuers.append(issue(authority(f"issuer {number}"), issuers[-1]))
    leaf = issue(Subject(name="at the end"), issuers[-1])
    pem = b"".join(issuer.pem for issuer in reversed(issuers[1:]))
    return _chained(leaf, leaf.pem + pem, WIDE_ROOT)


@vector
def refuse_p384_key() -> Vector:
    """The signer's key lies on P-384."""
    key = private_key("p384", ec.SECP384R1())
    leaf = issue(Subject(name="p384", key=key), INTERMEDIATE)
    return _chained(leaf, leaf.pem + INTERMEDIATE.pem)


@vector
def refuse_rsa_leaf() -> Vector:
    """The signer's certificate holds an RSA key."""
    leaf = issue(Subject(name="rsa", public_key=rsa_public_key()), INTERMEDIATE)
    return _chained(leaf, leaf.pem + INTERMEDIATE.pem)


# --- signature-encoding and signature ----------------------------------------------------------


@vector
def refuse_trailing_byte_after_signature() -> Vector:
    """One byte follows the signature."""
    return _signature(lambda der: der + b"\x00")


@vector
def refuse_ber_long_form_length() -> Vector:
    """The length of the signature is written in two bytes where one suffices."""
    return _signature(lambda der: der[:1] + b"\x81" + der[1:])


@vector
def refuse_indefinite_length() -> Vector:
    """The signature has no length but an end mark."""
    return _signature(lambda der: der[:1] + b"\x80" + der[2:] + b"\x00\x00")


@vector
def refuse_padded_integer() -> Vector:
    """A zero byte precedes r although r needs none."""

    def pad(der: bytes) -> bytes:
        content = bytes([2, der[3] + 1, 0]) + der[4:]
        return bytes([0x30, len(content)]) + content

    return _signature(pad)


@vector
def refuse_negative_integer() -> Vector:
    """The first bit of s says that it is negative."""

    def negate(der: bytes) -> bytes:
        at = 4 + der[3] + 2
        return der[:at] + bytes([der[at] | 0x80]) + der[at + 1 :]

    return _signature(negate)


@vector
def refuse_zero_r() -> Vector:
    """A signature whose r is 0."""
    return _integers(lambda _r, s: (0, s))


@vector
def refuse_s_beyond_order() -> Vector:
    """S plus the order of the group: the same number to a careless verifier."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    return _integers(lambda r, s: (r, s + order))


@vector
def refuse_third_integer() -> Vector:
    """A third integer follows s inside the sequence."""
    return _signature(lambda der: der[:1] + bytes([der[1] + 3]) + der[2:] + b"\x02\x01\x01")


@vector
def refuse_flipped_signature_byte() -> Vector:
    """One bit of s differs."""
    files = _good()
    signature = files["certificate.sig"]
    files["certificate.sig"] = signature[:-1] + bytes([signature[-1] ^ 1])
    return Vector(expect=Layer.SIGNATURE, source="FIPS 186-5 §6.4.2", files=files)


@vector
def refuse_flipped_document_byte() -> Vector:
    """One digit of the size of the device differs."""
    files = _good()
    files["certificate.json"] = files["certificate.json"].replace(b"67108864", b"67108865", 1)
    return Vector(expect=Layer.SIGNATURE, source="FIPS 186-5 §6.4.2", files=files)


@vector
def refuse_newline_after_document() -> Vector:
    """An editor appended a newline."""
    files = _good()
    files["certificate.json"] += b"\n"
    return Vector(expect=Layer.SIGNATURE, source="FIPS 186-5 §6.4.2", files=files)


@vector
def refuse_signature_of_another_key() -> Vector:
    """The statement was signed by a key that is not the certificate's."""
    other = issue(Subject(name="another station"), INTERMEDIATE)
    signer = SampleSigner(authority=other, certificate_chain_pem=PRODUCTION_CHAIN, practice=False)
    files = signed_files(certificate_statement(PRODUCTION_SIGNER), signer)
    return Vector(expect=Layer.SIGNATURE, source="FIPS 186-5 §6.4.2", files=files, root=ROOT)


# --- canonical-json: all of these are correctly signed -----------------------------------------


@vector
def refuse_duplicate_key() -> Vector:
    """The outcome stands there twice."""
    return _spelled(lambda data: data.replace(b'"outcome":', b'"outcome":"failed","outcome":', 1))


@vector
def refuse_null() -> Vector:
    """A number was replaced by null."""
    return _spelled(lambda data: data.replace(b'"diskseq":42', b'"diskseq":null'))


@vector
def refuse_float() -> Vector:
    """A number has a decimal point."""
    return _spelled(lambda data: data.replace(b'"diskseq":42', b'"diskseq":42.0'))


@vector
def refuse_integer_too_large() -> Vector:
    """A number that readers with binary64 see as another one."""
    return _spelled(lambda data: data.replace(b'"diskseq":42', b'"diskseq":9007199254740993'))


@vector
def refuse_unsorted_keys() -> Vector:
    """The first two keys change places."""
    return _spelled(_unsorted)


def _unsorted(data: bytes) -> bytes:
    members = json.loads(data)
    first = members.pop("claim")
    text = json.dumps(members | {"claim": first}, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


@vector
def refuse_space() -> Vector:
    """A space follows the first brace."""
    return _spelled(lambda data: b"{ " + data[1:])


@vector
def refuse_needless_escape() -> Vector:
    """A letter is written as an escape."""
    return _spelled(lambda data: data.replace(b'"model"', b'"\\u006dodel"'))


@vector
def refuse_lone_surrogate() -> Vector:
    """Half a character."""
    return _spelled(lambda data: data.replace(b'"Loop practice"', b'"\\ud800"'))


@vector
def refuse_invalid_utf8() -> Vector:
    """A byte that is not UTF-8."""
    return _spelled(lambda data: data.replace(b'"Loop practice"', b'"\xff"'))


@vector
def refuse_deep_nesting() -> Vector:
    """Lists within lists, to exhaust a parser."""
    return _spelled(lambda data: data.replace(b'"diskseq":42', b'"diskseq":' + _nested(2000)))


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@vector
def refuse_document_that_is_a_list() -> Vector:
    """The outermost value is a list."""
    return _spelled(lambda data: b"[" + data + b"]")


# --- schema: all of these are correctly signed -------------------------------------------------


@vector
def refuse_unknown_field() -> Vector:
    """A field that nobody knows."""
    return _contradicting(lambda s: s["device"].update(colour="red"))


@vector
def refuse_missing_field() -> Vector:
    """The list of what was not checked is missing."""
    return _contradicting(lambda s: s.pop("not_checked"))


@vector
def refuse_unknown_version() -> Vector:
    """A version of the schema that this verifier does not know."""
    return _contradicting(lambda s: s.update(schema_version=2))


@vector
def refuse_impossible_date() -> Vector:
    """The 30th of February."""
    return _contradicting(lambda s: s.update(issued_at="2026-02-30T00:00:00Z"))


@vector
def refuse_unread_bytes() -> Vector:
    """A certificate although 512 bytes could not be read."""
    return _contradicting(_with_unread_bytes)


def _with_unread_bytes(statement: Statement) -> None:
    statement["verification"]["verified_bytes"] -= 512
    statement["verification"]["unread_bytes"] = 512


def _sampled_with(**changes: object) -> Callable[[Statement], None]:
    def edit(statement: Statement) -> None:
        statement.update(sampled_statement())
        statement["verification"]["sample"].update(changes)

    return edit


@vector
def refuse_sample_that_promises_too_much() -> Vector:
    """A sample of a tenth that would find a single unit of 64 nearly always."""
    return _contradicting(_sampled_with(differing_units=1))


@vector
def refuse_sample_of_another_device() -> Vector:
    """A sample whose units do not make up the device."""
    return _contradicting(_sampled_with(units=65))


@vector
def refuse_sample_called_full() -> Vector:
    """A sample beside the word for every byte."""
    return _contradicting(_sampled_called_full)


def _sampled_called_full(statement: Statement) -> None:
    statement.update(sampled_statement())
    statement["verification"]["kind"] = "full"


@vector
def refuse_sample_with_a_claim() -> Vector:
    """A sample under an organisation's key that claims a category."""
    statement = certificate_statement(PRODUCTION_SIGNER)
    statement |= {name: sampled_statement()[name] for name in ("verification", "not_checked")}
    files = signed_files(statement, PRODUCTION_SIGNER)
    return Vector(expect=Layer.SCHEMA, source=SCHEMA, files=files, root=ROOT, allow_practice=False)


@vector
def refuse_sample_that_is_no_open_question() -> Vector:
    """A sample that is not listed among what was not checked."""
    return _contradicting(_sampled_without_a_word)


def _sampled_without_a_word(statement: Statement) -> None:
    statement.update(sampled_statement() | {"not_checked": []})


@vector
def refuse_probes_missing() -> Vector:
    """A certificate for zeros alone, without any probe of the capacity."""
    return _contradicting(_by_zeros_without_probes)


def _by_zeros_without_probes(statement: Statement) -> None:
    statement.update(probed_statement())
    del statement["probes"]


@vector
def refuse_grade_without_measures() -> Vector:
    """A grade that follows from nothing."""
    return _contradicting(_without_measures)


def _without_measures(statement: Statement) -> None:
    statement["grade"] = graded_statement()["grade"]


@vector
def refuse_measures_of_another_job() -> Vector:
    """Measures that contradict the outcome that they stand beside."""
    return _contradicting(_with_foreign_measures)


def _with_foreign_measures(statement: Statement) -> None:
    statement["measures"] = graded_statement()["measures"] | {"verified": False}


@vector
def refuse_probes_failed() -> Vector:
    """A certificate although the probes came back wrong."""
    return _contradicting(_with_failed_probes)


def _with_failed_probes(statement: Statement) -> None:
    statement.update(probed_statement())
    statement["probes"]["outcome"] = "failed"


@vector
def refuse_unwritten_range() -> Vector:
    """A certificate although a range was not reached."""
    return _contradicting(_with_unwritten_range)


def _with_unwritten_range(statement: Statement) -> None:
    statement["not_reached"] = [{"from_byte": 0, "to_byte": 512, "what": "unwritten"}]
    statement["not_reached_bytes"] = 512


@vector
def refuse_short_pass() -> Vector:
    """A certificate although a pass wrote one sector less."""
    return _contradicting(lambda s: s["passes"][1].update(written_bytes=67108352))


@vector
def refuse_gap_between_attempts() -> Vector:
    """A certificate although a pass was resumed further on than it had come."""
    return _contradicting(lambda s: s["passes"][0]["attempts"][0].update(to_byte=4096))


@vector
def refuse_withheld_key() -> Vector:
    """A certificate whose last pass nobody can recheck."""
    pattern = {"kind": "stream", "stream": "xts128-1mib-v1", "key": "withheld"}
    return _contradicting(lambda s: s["passes"][2].update(pattern=pattern))


@vector
def refuse_equal_key_halves() -> Vector:
    """A stream key whose halves are equal, with which XTS is weak."""
    return _contradicting(lambda s: s["passes"][2]["pattern"].update(key_hex="ab" * 32))


@vector
def refuse_wrong_outcome() -> Vector:
    """A certificate whose outcome is not a verified erasure."""
    return _contradicting(lambda s: s.update(outcome="verified-with-exceptions"))


@vector
def refuse_practice_claim() -> Vector:
    """Practice that claims Clear."""
    return _contradicting(lambda s: s["claim"].update(category="clear"))


@vector
def refuse_verified_notice() -> Vector:
    """A notice that says the device was erased."""
    files = signed_files(notice_statement(outcome="verified"))
    return Vector(expect=Layer.SCHEMA, source=SCHEMA, files=files)


@vector
def refuse_key_in_interrupted_notice() -> Vector:
    """A notice of a job that may go on publishes the key of its stream."""
    statement = notice_statement(kind="interrupted", outcome="indeterminate")
    pattern = notice_statement()["passes"][0]["pattern"]
    statement["passes"][0]["pattern"] = pattern
    return Vector(expect=Layer.SCHEMA, source=SCHEMA, files=signed_files(statement))


# --- binding and practice ----------------------------------------------------------------------


@vector
def refuse_key_id_of_another_key() -> Vector:
    """The statement names the key of another station."""
    files = _signed(lambda s: s.update(key_id=PRODUCTION_SIGNER.key_id))
    return Vector(expect=Layer.BINDING, source=OUR_RULE, files=files)


@vector
def refuse_notice_named_certificate() -> Vector:
    """A notice under the file names of a certificate."""
    files = files_of(encode(notice_statement()), kind=DocumentType.CERTIFICATE)
    return Vector(expect=Layer.BINDING, source=OUR_RULE, files=files)


@vector
def refuse_practice_flag_under_organisation() -> Vector:
    """A practice statement signed by a production station."""
    files = _signed(_as_practice, PRODUCTION_SIGNER)
    return Vector(expect=Layer.BINDING, source=OUR_RULE, files=files, root=ROOT)


def _as_practice(statement: Statement) -> None:
    statement["practice"] = True
    statement["claim"]["category"] = "none"


@vector
def refuse_production_under_practice_root() -> Vector:
    """A statement that denies being practice, under a practice root."""
    files = _signed(lambda s: s.update(practice=False))
    return Vector(expect=Layer.BINDING, source=OUR_RULE, files=files, allow_practice=False)


@vector
def refuse_signed_in_the_future() -> Vector:
    """The statement was signed a year after the verifier's present."""
    files = _signed(lambda s: s.update(issued_at="2027-12-01T00:00:00Z"))
    return Vector(expect=Layer.BINDING, source=OUR_RULE, files=files)


@vector
def refuse_practice_without_permission() -> Vector:
    """A flawless practice certificate, where practice is not allowed."""
    return Vector(expect=Layer.PRACTICE, source=OUR_RULE, files=_good(), allow_practice=False)


@vector
def refuse_practice_without_root() -> Vector:
    """A practice certificate without permission, and no root is known either."""
    return Vector(
        expect=Layer.PRACTICE, source=OUR_RULE, files=_good(), root=None, allow_practice=False
    )


# --- log ---------------------------------------------------------------------------------------


def _logged(
    proof: Callable[[Statement], Proof] = lambda statement: proof_of(about(statement)),
    change: Callable[[bytes], bytes] = lambda text: text,
) -> Files:
    statement = logged_statement(certificate_statement())
    text = change(proof(statement).text())
    return signed_files(statement) | {"certificate.tlog-proof": text}


def _not_logged(
    proof: Callable[[Statement], Proof] = lambda statement: proof_of(about(statement)),
    change: Callable[[bytes], bytes] = lambda text: text,
) -> Vector:
    return Vector(expect=Layer.LOG, source=LOG_RULE, files=_logged(proof, change))


def _about(**changes: Any) -> Vector:
    return _not_logged(lambda statement: proof_of(about(statement, **changes)))


@vector
def accept_logged_certificate() -> Vector:
    """A certificate that stands in a log, with the proof of it."""
    return Vector(expect=Status.ERASED, source=LOG_RULE, files=_logged())


@vector
def accept_logged_certificate_with_pdf() -> Vector:
    """A certificate that stands in a log; the PDF carries all four files."""
    files = with_pdf(_logged(), PRACTICE_SIGNER)
    return Vector(expect=Status.ERASED, source=LOG_RULE, files=files)


@vector
def accept_logged_notice() -> Vector:
    """A notice that stands in a log, under the log's name for notices."""
    statement = logged_statement(notice_statement())
    proof = {"notice.tlog-proof": proof_of(about(statement)).text()}
    return Vector(expect=Status.NOT_ERASED, source=LOG_RULE, files=signed_files(statement) | proof)


@vector
def refuse_log_proof_missing() -> Vector:
    """The document names a log, and no proof is there."""
    files = _logged()
    del files["certificate.tlog-proof"]
    return Vector(expect=Layer.LOG, source=LOG_RULE, files=files)


@vector
def refuse_log_proof_without_log() -> Vector:
    """A proof lies beside a document that names no log."""
    files = _good() | {"certificate.tlog-proof": _logged()["certificate.tlog-proof"]}
    return Vector(expect=Layer.LOG, source=LOG_RULE, files=files)


@vector
def refuse_log_proof_empty() -> Vector:
    """The proof is an empty file."""
    return _not_logged(change=lambda _: b"")


@vector
def refuse_log_proof_in_another_spelling() -> Vector:
    """The index of the proof begins with a zero."""
    return _not_logged(change=lambda text: text.replace(b"index 5", b"index 05"))


@vector
def refuse_log_proof_of_another_place() -> Vector:
    """The proof's index is that of the neighbour."""
    return _not_logged(change=lambda text: text.replace(b"index 5", b"index 4"))


@vector
def refuse_log_proof_beyond_the_log() -> Vector:
    """The proof's index is not below the size of the log."""
    return _not_logged(change=lambda text: text.replace(b"index 5", b"index 10"))


@vector
def refuse_log_proof_one_hash_less() -> Vector:
    """The last hash of the way is missing."""

    def shortened(statement: Statement) -> Proof:
        whole = proof_of(about(statement))
        return replace(whole, hashes=whole.hashes[:-1])

    return _not_logged(shortened)


@vector
def refuse_log_proof_one_hash_more() -> Vector:
    """A hash too many stands at the end of the way."""

    def lengthened(statement: Statement) -> Proof:
        whole = proof_of(about(statement))
        return replace(whole, hashes=(*whole.hashes, bytes(32)))

    return _not_logged(lengthened)


@vector
def refuse_log_checkpoint_of_another_size() -> Vector:
    """The checkpoint's number of entries was changed after it was signed."""
    return _not_logged(change=lambda text: text.replace(b"\n10\n", b"\n9\n"))


@vector
def refuse_log_checkpoint_without_signature() -> Vector:
    """Nobody signed the checkpoint."""
    return _not_logged(change=lambda text: text[: text.rindex("\u2014".encode())])


def _by(signer: NoteSigner) -> Vector:
    return _not_logged(lambda statement: proof_of(about(statement), signer=signer))


@vector
def refuse_log_checkpoint_by_another_key() -> Vector:
    """Another key of the same name signed the checkpoint."""
    return _by(log_signer(2))


@vector
def refuse_log_checkpoint_of_another_log() -> Vector:
    """The proof is sound, and of a log that the document does not name."""
    return _by(log_signer(1, "log.example/station-8"))


@vector
def refuse_log_entry_of_another_kind() -> Vector:
    """The entry says that the job began."""
    return _not_logged(lambda _: proof_of(start(1)))


@vector
def refuse_log_entry_about_other_bytes() -> Vector:
    """The entry is about a document of the same id with another digest."""
    return _about(document_sha256="cd" * 32)


@vector
def refuse_log_entry_about_another_document() -> Vector:
    """The entry names another id."""
    return _about(document="20261123T120000Z-0badcaff")


@vector
def refuse_log_entry_about_another_outcome() -> Vector:
    """The log says that the device was not erased."""
    return _about(outcome="failed")


@vector
def refuse_log_entry_about_another_type() -> Vector:
    """The log says that it was a notice."""
    return _about(type="notice")


@vector
def refuse_log_entry_about_another_time() -> Vector:
    """The log says that it was signed at another time."""
    return _about(issued_at="2026-11-23T00:00:00Z")


@vector
def refuse_log_entry_about_another_journal() -> Vector:
    """The log says that it followed from another state of the job's records."""
    return _about(journal_sha256="cd" * 32)


@vector
def refuse_log_entry_about_no_practice() -> Vector:
    """The log says that it was no practice."""
    return _about(practice=False)


def _unspelled(old: bytes, new: bytes) -> Vector:
    def changed(statement: Statement) -> Proof:
        return proof_of(about(statement).replace(old, new))

    return _not_logged(changed)


@vector
def refuse_log_entry_with_a_serial() -> Vector:
    """The entry has a field that no entry of its kind has."""
    return _unspelled(b'"schema":', b'"r":"S3RIAL","schema":')


@vector
def refuse_log_entry_of_an_unknown_kind() -> Vector:
    """The entry is of a kind that this version does not know."""
    return _unspelled(EntryKind.OUTCOME.value.encode() + b'","monotonic', b'sale","monotonic')


@vector
def refuse_log_entry_of_a_later_version() -> Vector:
    """The entry is of a version that this verifier does not know."""
    return _unspelled(b'"schema_version":1', b'"schema_version":2')


@vector
def refuse_log_without_key() -> Vector:
    """The document names a log and not its key."""
    return _contradicting(lambda s: s.update(log_origin="log.example/station-7"))


@vector
def refuse_log_key_without_log() -> Vector:
    """The document names a log's key and no log."""
    return _contradicting(lambda s: s.update(log_key=log_signer().key.text()))


@vector
def refuse_log_key_of_another_log() -> Vector:
    """The key bears another name than the log."""
    return _contradicting(
        lambda s: s.update(log_origin="log.example/x", log_key=log_signer().key.text())
    )


@vector
def refuse_log_key_malformed() -> Vector:
    """The key's id is not that of its bytes."""
    key = log_signer().key.text()
    wrong = key.replace(log_signer().key.key_id.hex(), "00000000")
    return _contradicting(lambda s: s.update(log_origin="log.example/station-7", log_key=wrong))


# --- time --------------------------------------------------------------------------------------


def _stamped(
    files: Files,
    expect: Layer | Status = Layer.TIME,
    tsa_root: bytes | None = SERVICE_ROOT.pem,
) -> Vector:
    return Vector(
        expect=expect,
        source=TIME_RULE,
        files=files,
        root=ROOT,
        allow_practice=False,
        tsa_root=tsa_root,
    )


def _register_stamps() -> None:
    for name, (comment, files) in time_vectors.ACCEPTED.items():
        _register_stamp(f"accept_stamped_{name}", comment, files, Status.ERASED)
    for name, (comment, files) in time_vectors.REFUSED.items():
        _register_stamp(f"refuse_time_{name}", comment, files, Layer.TIME)
    for name, (comment, files) in time_vectors.PDF_ACCEPTED.items():
        _register_stamp(f"accept_{name}", comment, files, Status.ERASED)
    for name, (comment, files) in time_vectors.PDF_REFUSED.items():
        _register_stamp(f"refuse_pdf_{name}", comment, files, Layer.PDF)


def _register_stamp(
    name: str, comment: str, files: Callable[[], Files], expect: Layer | Status
) -> None:
    def maker() -> Vector:
        if "pdf" in name:
            return Vector(expect=expect, source=PDF_RULE, files=files())
        return _stamped(files(), expect)

    maker.__doc__ = comment
    MAKERS[name] = maker


_register_stamps()


def _register_archives() -> None:
    for name, (comment, files) in archive_vectors.ACCEPTED.items():
        _register_archive(f"accept_{name}", comment, files, Status.ERASED)
    for name, (comment, files) in archive_vectors.REFUSED.items():
        _register_archive(f"refuse_pdf_{name}", comment, files, Layer.PDF)


def _register_archive(
    name: str, comment: str, files: Callable[[], Files], expect: Layer | Status
) -> None:
    def maker() -> Vector:
        return Vector(expect=expect, source=archive_vectors.RULE, files=files())

    maker.__doc__ = comment
    MAKERS[name] = maker


_register_archives()


@vector
def accept_pdf_archived_by_a_known_service() -> Vector:
    """The verifier trusts the service of both stamps in the PDF."""
    return _archived_for(SERVICE_ROOT.pem)


@vector
def accept_pdf_archived_by_another_service() -> Vector:
    """The verifier trusts another service than that of the stamps in the PDF: they do not count."""
    return _archived_for(time_vectors.LIMITED_ROOT.pem)


@vector
def refuse_time_root_unreadable_with_pdf() -> Vector:
    """What the verifier has for the service's root is no certificate, and the PDF has stamps."""
    return replace(_archived_for(b"no certificate\n"), expect=Layer.TIME)


@vector
def refuse_time_before_the_pdf_was_signed() -> Vector:
    """A service that the verifier trusts stamped the PDF weeks before the document says it was."""
    files = archive_vectors.archived_files(token_of=archive_vectors.EARLY.token)
    return replace(_archived_for(SERVICE_ROOT.pem), files=files, expect=Layer.TIME)


@vector
def accept_pdf_archived_early_by_an_unknown_service() -> Vector:
    """A service that nobody vouches for says what it likes: the document does not depend on it."""
    files = archive_vectors.archived_files(token_of=archive_vectors.EARLY.token)
    return Vector(expect=Status.ERASED, source=archive_vectors.RULE, files=files)


def _archived_for(tsa_root: bytes) -> Vector:
    return Vector(
        expect=Status.ERASED,
        source=archive_vectors.RULE,
        files=archive_vectors.archived_files(),
        tsa_root=tsa_root,
    )


@vector
def accept_stamped_certificate_with_pdf() -> Vector:
    """The PDF was made before the stamp and carries the other files."""
    files = with_pdf(time_vectors.logged_files(), PRODUCTION_SIGNER)
    return _stamped(stamped(files), Status.ERASED)


@vector
def accept_stamped_by_an_unknown_service() -> Vector:
    """The verifier trusts no time service: the stamp fits, and does not count."""
    return _stamped(stamped(time_vectors.logged_files()), Status.ERASED, tsa_root=None)


@vector
def accept_service_root_without_stamp() -> Vector:
    """The verifier trusts a time service, and the document was never stamped."""
    return _stamped(time_vectors.logged_files(), Status.ERASED)


@vector
def refuse_time_of_an_unknown_service_that_may_not_stamp() -> Vector:
    """The verifier trusts no time service, and the signer may not stamp by its own certificate."""
    return _stamped(time_vectors.REFUSED["signer_without_purpose"][1](), tsa_root=None)


@vector
def refuse_time_chain_beyond_a_limit() -> Vector:
    """The service's chain is longer than its root allows."""
    return _stamped(time_vectors.LIMITED(), tsa_root=time_vectors.LIMITED_ROOT.pem)


@vector
def refuse_time_root_unreadable() -> Vector:
    """What the verifier has for the service's root is no certificate."""
    return _stamped(stamped(time_vectors.logged_files()), tsa_root=b"no certificate\n")


# --- witnesses ---------------------------------------------------------------------------------


def _witnessed(
    change: Callable[[Proof], bytes | None], expect: Layer | Status = Layer.LOG, seed: int = 9
) -> Vector:
    """Return a document with a later proof of it that a witness signed, changed."""
    statement = logged_statement(certificate_statement())
    made = about(statement)
    files = signed_files(statement) | {"certificate.tlog-proof": proof_of(made).text()}
    later = cosigned(proof_of(made, behind=6), witness_signer())
    witnesses = Witnesses(keys=(witness_signer(seed).key,), later=change(later))
    return Vector(expect=expect, source=WITNESS_RULE, files=files, witnesses=witnesses)


@vector
def accept_witnessed_by_a_later_proof() -> Vector:
    """A witness signed a later checkpoint, and the document's entry stands in that tree."""
    return _witnessed(lambda later: later.text(), Status.ERASED)


@vector
def refuse_witness_by_the_document_s_own_proof() -> Vector:
    """What the document carries is under the log's signature alone."""
    return _witnessed(lambda _: None)


@vector
def refuse_witness_that_is_another() -> Vector:
    """Somebody signed the later checkpoint whom the verifier did not name."""
    return _witnessed(lambda later: later.text(), seed=8)


@vector
def refuse_later_proof_of_another_entry() -> Vector:
    """The later proof is of another entry at the same place."""
    return _witnessed(lambda _: cosigned(proof_of(start(77), behind=6), witness_signer()).text())


@vector
def refuse_later_proof_of_another_log() -> Vector:
    """The later checkpoint is of a log of another name, with the same entries."""

    def renamed(later: Proof) -> bytes:
        other = replace(parse_checkpoint(later.checkpoint), origin="log.example/other")
        signed_anew = replace(later, checkpoint=other.signed(log_signer()))
        return cosigned(signed_anew, witness_signer()).text()

    return _witnessed(renamed)


@vector
def refuse_later_proof_that_leads_elsewhere() -> Vector:
    """One hash beside the way of the later proof is another."""
    return _witnessed(lambda later: replace(later, hashes=(bytes(32), *later.hashes[1:])).text())


@vector
def refuse_later_proof_that_is_none() -> Vector:
    """The later proof cannot be read."""
    return _witnessed(lambda _: b"no proof\n")


@vector
def refuse_witness_of_a_document_in_no_log() -> Vector:
    """The document names no log, so no witness can have seen one with it."""
    witnesses = Witnesses(keys=(witness_signer().key,))
    return Vector(expect=Layer.LOG, source=WITNESS_RULE, files=_good(), witnesses=witnesses)


# --- revocation --------------------------------------------------------------------------------


def _listed(
    revoked: SignedList, *, logged: bool = True, expect: Layer | Status = Layer.REVOCATION
) -> Vector:
    statement = certificate_statement(PRODUCTION_SIGNER)
    proof = {}
    if logged:
        statement = logged_statement(statement)
        proof = {"certificate.tlog-proof": proof_of(about(statement)).text()}
    files = signed_files(statement, PRODUCTION_SIGNER) | proof
    return Vector(
        expect=expect,
        source=LIST_RULE,
        files=files,
        root=ROOT,
        allow_practice=False,
        revoked=revoked,
    )


_ISSUER: Final = key_id_of(INTERMEDIATE.key.public_key())


def _no_list(change: Callable[[dict[str, Any]], object]) -> Vector:
    return _listed(listing(other_entry(), change=change), logged=False)


@vector
def accept_key_not_on_the_list() -> Vector:
    """The list revokes another key than the signer's."""
    return _listed(listing(other_entry()), logged=False, expect=Status.ERASED)


@vector
def accept_revoked_after_it_was_logged() -> Vector:
    """The signer's key is revoked, and the document is the last that the log had before."""
    return _listed(listing(entry(size=6)), expect=Status.ERASED)


@vector
def refuse_revoked_key() -> Vector:
    """The signer's key is revoked, and nothing that it signed counts."""
    return _listed(listing(other_entry(), entry()))


@vector
def refuse_revoked_before_it_was_logged() -> Vector:
    """The document is the first that the log had when its key counted no longer."""
    return _listed(listing(entry(size=5)))


@vector
def refuse_revoked_and_in_another_log() -> Vector:
    """Another log than the one that the organisation vouches for has the document."""
    other = replace(entry(size=6), log_key=log_signer(2).key.text())
    return _listed(listing(other))


@vector
def accept_revoked_after_it_was_logged_under_an_earlier_key() -> Vector:
    """The log has another key by now; the organisation vouches for the one before, too."""
    old, new = log_signer().key.text(), log_signer(2).key.text()
    changed = replace(entry(size=6), log_key=new, earlier_log_keys=(old,))
    return _listed(listing(changed), expect=Status.ERASED)


@vector
def refuse_revoked_and_in_no_log() -> Vector:
    """The organisation vouches for a log, and the document stands in none."""
    return _listed(listing(entry(size=6)), logged=False)


@vector
def accept_issuer_revoked_after_it_was_logged() -> Vector:
    """The key of the signer's issuer is revoked; the log had the document before."""
    return _listed(listing(entry(_ISSUER, size=6)), expect=Status.ERASED)


@vector
def refuse_revoked_issuer() -> Vector:
    """Not the signer's key is revoked but its issuer's, which may have vouched for a thief's."""
    return _listed(listing(entry(_ISSUER)))


@vector
def refuse_revoked_issuer_before_it_was_logged() -> Vector:
    """The log had the document before the signer's key was revoked, and after its issuer's was."""
    return _listed(listing(entry(_ISSUER, size=5), entry(size=6)))


@vector
def refuse_list_of_another_root() -> Vector:
    """Another root signed the list in this one's name."""
    return _listed(signed(encode(stated(other_entry())), WIDE_ROOT), logged=False)


@vector
def refuse_list_that_names_another_root() -> Vector:
    """The root signed a list that says that it is another root's."""
    return _no_list(lambda stated: stated.update(root_key_id="cd" * 32))


@vector
def refuse_list_without_root() -> Vector:
    """The verifier has a list and no root to check it with."""
    return replace(_listed(listing(other_entry()), logged=False), root=None)


@vector
def refuse_list_with_changed_byte() -> Vector:
    """One digit of the revoked key's id was changed after the list was signed."""
    whole = listing(entry())
    digit = PRODUCTION_SIGNER.key_id[:8].encode()
    return _listed(replace(whole, document=whole.document.replace(digit, b"00000000")))


@vector
def refuse_list_with_trailing_byte_after_signature() -> Vector:
    """One byte follows the list's signature."""
    whole = listing(other_entry())
    return _listed(replace(whole, signature=whole.signature + b"\x00"), logged=False)


@vector
def refuse_list_older_than_known() -> Vector:
    """The verifier knows that there is a version 2 and was given version 1."""
    return _listed(replace(listing(other_entry()), version_at_least=2), logged=False)


@vector
def refuse_list_in_another_spelling() -> Vector:
    """A newline follows the list, and is signed."""
    return _listed(signed(encode(stated(other_entry())) + b"\n"), logged=False)


@vector
def refuse_list_with_unknown_field() -> Vector:
    """The list has a field that nobody knows."""
    return _no_list(lambda stated: stated.update(colour="red"))


@vector
def refuse_list_of_a_later_version() -> Vector:
    """The list is of a schema that this verifier does not know."""
    return _no_list(lambda stated: stated.update(schema_version=2))


@vector
def refuse_list_without_entries() -> Vector:
    """The list revokes nothing."""
    return _no_list(lambda stated: stated.update(entries=[]))


@vector
def refuse_list_with_double_entry() -> Vector:
    """One key stands there twice, as if the second word counted."""
    return _no_list(lambda stated: stated.update(entries=stated["entries"] * 2))


@vector
def refuse_list_with_version_in_words() -> Vector:
    """The list's version is text, which no number is older than."""
    return _no_list(lambda stated: stated.update(version="1"))


@vector
def refuse_list_with_entry_in_words() -> Vector:
    """An entry is the key's id alone."""
    return _no_list(lambda stated: stated.update(entries=[PRODUCTION_SIGNER.key_id]))


@vector
def refuse_list_with_unknown_reason() -> Vector:
    """The reason is none that this verifier knows."""
    return _no_list(lambda stated: stated["entries"][0].update(reason="bored"))


@vector
def refuse_list_with_size_of_no_log() -> Vector:
    """A size is stated, but not of which log."""
    return _no_list(lambda stated: stated["entries"][0].update(last_trusted_log_size=6))


def _wrong_log_keys(earlier: object) -> Vector:
    def change(stated: dict[str, Any]) -> None:
        stated["entries"][0] |= {
            "last_trusted_log_size": 6,
            "log_key": log_signer().key.text(),
            "earlier_log_keys": earlier,
        }

    return _no_list(change)


@vector
def refuse_list_with_earlier_keys_of_another_log() -> Vector:
    """An earlier key of the log has another log's name."""
    return _wrong_log_keys([log_signer(2, "log.example/other").key.text()])


@vector
def refuse_list_with_log_key_twice() -> Vector:
    """The log's key stands among its earlier ones."""
    return _wrong_log_keys([log_signer().key.text()])


@vector
def refuse_list_with_no_earlier_key() -> Vector:
    """The earlier keys are stated, and there is none."""
    return _wrong_log_keys([])


@vector
def refuse_list_with_damaged_earlier_key() -> Vector:
    """An earlier key of the log cannot be read."""
    return _wrong_log_keys(["log.example/station-7+00000000+AA=="])


@vector
def refuse_list_with_earlier_keys_of_no_log() -> Vector:
    """Earlier keys are stated where nothing that a log had counts."""
    old = log_signer(2).key.text()
    return _no_list(lambda stated: stated["entries"][0].update(earlier_log_keys=[old]))


# --- tables ------------------------------------------------------------------------------------


def _register(  # noqa: PLR0913, PLR0917 - a row of a table
    name: str,
    comment: str,
    expect: Layer,
    source: str,
    files: Callable[[], Files],
    root: Authority = PRACTICE_ROOT,
) -> None:
    def maker() -> Vector:
        return Vector(expect=expect, source=source, files=files(), root=root)

    maker.__doc__ = comment
    MAKERS[f"refuse_{name}"] = maker


def _register_tables() -> None:
    for name, (comment, _, _) in rule_vectors.SCHEMA.items():
        _register(name, comment, Layer.SCHEMA, SCHEMA, partial(rule_vectors.schema_files, name))
    for layer, source, prefix, table in (
        (Layer.SIGNATURE_ENCODING, X690, "signature_of_", rule_vectors.ENCODING),
        (Layer.LOG, LOG_RULE, "log_", rule_vectors.LOG),
        (Layer.SCHEMA, SCHEMA, "", rule_vectors.LOG_KEYS),
        (Layer.PDF, PDF_RULE, "pdf_with_", rule_vectors.PDF),
    ):
        for name, (comment, made) in table.items():
            _register(f"{prefix}{name}", comment, layer, source, made)


_register_tables()


def _register_documents() -> None:
    for name, comment, files in document_vectors.accepted():
        _register_accepted(name, comment, files)
    for name, (comment, make, _) in document_vectors.RULES.items():
        files = partial(document_vectors.rule_files, name)
        root = PRACTICE_ROOT if make()["practice"] else ROOT
        _register(name, comment, Layer.SCHEMA, DOCUMENT_RULE, files, root)
    for name, (comment, files) in document_vectors.LOG.items():
        _register(f"log_{name}", comment, Layer.LOG, LOG_RULE, files)


def _worth_of(files: Files) -> Status:
    """Return what a flawless document is worth: what certifies an erasure is green."""
    kind = type_of_names(files)
    if not kind.of_job:
        return Status.GENUINE
    if kind.certifies:
        return Status.ERASED
    failed = decode(files[kind.document_name])["outcome"] == "failed"
    return Status.NOT_ERASED if failed else Status.INCONCLUSIVE


def _register_accepted(name: str, comment: str, files: Callable[[], Files]) -> None:
    def maker() -> Vector:
        made = files()
        return Vector(expect=_worth_of(made), source=DOCUMENT_RULE, files=made)

    maker.__doc__ = comment
    MAKERS[f"accept_{name}"] = maker


_register_documents()


@vector
def refuse_chain_signed_with_another_digest() -> Vector:
    """The signer's certificate was signed with SHA-384."""
    leaf = issue(Subject(name="station of another digest", digest=hashes.SHA384()), INTERMEDIATE)
    return _chained(leaf, leaf.pem + INTERMEDIATE.pem)


def _register_certificates() -> None:
    for name, (comment, der) in certificate_vectors.CERTIFICATES.items():
        _register_certificate(name, comment, partial(_pem_of, der))


def _pem_of(der: Callable[[], bytes]) -> bytes:
    return certificate_vectors.pem_of(der())


def _register_certificate(name: str, comment: str, pem: Callable[[], bytes]) -> None:
    def maker() -> Vector:
        files = certificate_vectors.files_under(pem())
        return Vector(
            expect=Layer.CHAIN, source=RFC5280, files=files, root=ROOT, allow_practice=False
        )

    maker.__doc__ = comment
    MAKERS[f"refuse_certificate_{name}"] = maker


_register_certificates()


@vector
def refuse_certificate_without_padding() -> Vector:
    """The base64 of the signer's certificate lacks its last character."""
    end = LEAF.pem.index(b"\n-----END")
    files = certificate_vectors.files_under(LEAF.pem[: end - 1] + LEAF.pem[end:])
    return Vector(expect=Layer.CHAIN, source=RFC5280, files=files, root=ROOT, allow_practice=False)


@vector
def refuse_unclosed_object() -> Vector:
    """The last brace is missing."""
    return _spelled(lambda data: data[:-1])


@vector
def refuse_fraction() -> Vector:
    """A number lies between two integers."""
    return _spelled(lambda data: data.replace(b'"diskseq":42', b'"diskseq":42.5'))


@vector
def refuse_missing_type() -> Vector:
    """Nothing says what the document is."""
    statement = certificate_statement()
    del statement["type"]
    return Vector(expect=Layer.SCHEMA, source=SCHEMA, files=files_of(encode(statement)))


@vector
def refuse_chain_with_text_behind() -> Vector:
    """Text stands behind the last certificate."""
    files = _good()
    files["station.pem"] += b"and more\n"
    return Vector(expect=Layer.CHAIN, source=RFC5280, files=files)


@vector
def refuse_notice_that_claims() -> Vector:
    """A notice claims a category."""
    return Vector(
        expect=Layer.SCHEMA,
        source=SCHEMA,
        files=rule_vectors.claiming_notice(),
        root=ROOT,
        allow_practice=False,
    )


# --- files -------------------------------------------------------------------------------------


def rendered() -> dict[str, str]:
    """Return the content of every vector file by its name."""
    return {f"{name}.json": _rendered(maker) for name, maker in MAKERS.items()}


def _rendered(maker: Callable[[], Vector]) -> str:
    content = maker().as_json((maker.__doc__ or "").strip())
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def differences(folder: Path) -> list[str]:
    """Return the names of files that are missing, left over or different."""
    return differing(folder, rendered())


def differing(folder: Path, expected: Mapping[str, str]) -> list[str]:
    """Return the names of files of any family that are not as they should be."""
    found = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(name for name, _text in expected.items() ^ found.items())


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Make the folder hold exactly the vectors of its family."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def main() -> int:
    """Write or compare; return 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    families = {FOLDER: rendered()} | {
        family.FOLDER: family.rendered() for family in (field_vectors, together_vectors)
    }
    if not parser.parse_args().check:
        for folder, files in families.items():
            write_files(folder, files)
    different = [name for folder, files in families.items() for name in differing(folder, files)]
    sys.stdout.writelines(f"differs: {name}\n" for name in different)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
