"""A PDF with certificates and a time stamp over all behind its signature (PAdES B-LTA)."""

import asyncio
import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from certs.chain import read_chain
from certs.errors import CertificateError, TimeServiceError
from certs.layout import bundle_of
from certs.pdf.archive import TOKEN_ROOM_BYTES
from certs.pdf.cms import signature_and_token
from certs.pdf.container import SignedBytes, attached_bundle, signed_bytes
from certs.pdf.make import add_pdf
from certs.pdf.sign import archive_pdf
from certs.pdf.stamps import About, certificates_for_archive
from certs.stamping import Service
from certs.tests.archive_vectors import archived_files
from certs.tests.samples import (
    NOW,
    PRACTICE_ROOT,
    PRODUCTION_SIGNER,
    ROOT,
)
from certs.tests.test_pdf_stamped import FILES, needs_qpdf, run
from certs.tests.test_pdf_tools import TRUSTED, VALID, Desk
from certs.tests.test_pdf_tools import pytestmark as needs_tools
from certs.tests.time_authority import TimeAuthority, listening, new_authority, openssl
from certs.verdict import Status, Verdict
from certs.verify import verify

pytestmark = needs_tools
KEY_USAGE: Final = KeyUsageConstraints(key_usage={"digital_signature"})
"""What a station's certificate is for; by itself pyHanko looks for non-repudiation."""
SAMPLE: Final = archived_files()["certificate.pdf"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> TimeAuthority:
    """A time service of openssl's."""
    return new_authority(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def pdf(service: TimeAuthority) -> Iterator[bytes]:
    """A certificate's PDF as a station makes it where archives are set."""
    with listening(service) as url:
        yield _made(Service(url=url, roots_pem=service.root_pem, archive=True))


def _made(service: Service) -> bytes:
    made = add_pdf(bundle_of(FILES), PRODUCTION_SIGNER, service=service).pdf
    assert made is not None
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A stranger's desk with the station's root."""
    return Desk(tmp_path)


def _verified(pdf: bytes) -> Verdict:
    return verify(attached_bundle(pdf), root_pem=ROOT.pem, allow_practice=False, now=NOW)


def _kinds(pdf: bytes) -> list[About]:
    return [each.about for each in _verified(pdf).pdf_stamps]


def test_pdf__archive_set__stamped_twice_and_taken(pdf: bytes, service: TimeAuthority) -> None:
    """Two requests, two stamps, and the strict reader takes the PDF and tells of both."""
    assert len(service.asked) == 2
    assert _verified(pdf).status is Status.ERASED
    assert _kinds(pdf) == [About.SIGNATURE, About.ARCHIVE]


def test_pdfsig__archived__signature_valid_and_the_stamp_over_all(desk: Desk, pdf: bytes) -> None:
    """The station's signature stays valid; the stamp is listed and covers the whole file.

    The pdfsig of Debian 12 does not verify document time stamps: it lists them.
    """
    head, station, archive = desk.pdfsig(pdf).split("Signature #")
    assert "Digital Signature Info" in head
    for words in ("Field Name: Station", VALID, TRUSTED, "Not total document signed"):
        assert words in station, words
    for words in ("Field Name: Archive", "Time service of a test", "- Total document signed"):
        assert words in archive, words


@needs_qpdf
def test_qpdf__archived__no_errors(desk: Desk, pdf: bytes) -> None:
    """Three revisions make one sound file, the attached files are there."""
    name = desk.put(pdf).name
    said = run(desk.folder, "qpdf", "--check", name)
    assert b"No syntax or stream encoding errors" in said
    listed = run(desk.folder, "qpdf", "--list-attachments", name)
    assert all(name.encode() in listed for name in FILES)


def test_openssl__token_taken_out__about_every_byte_but_its_own(
    pdf: bytes, service: TimeAuthority, tmp_path: Path
) -> None:
    """The archive stamp is a token that `openssl ts` verifies over the rest of the file."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents ")
    end = start + 2 * TOKEN_ROOM_BYTES + 2
    (tmp_path / "rest").write_bytes(pdf[:start] + pdf[end:])
    (tmp_path / "token").write_bytes(bytes.fromhex(pdf[start + 1 : end - 1].decode()))
    (tmp_path / "root.pem").write_bytes(service.root_pem)
    words = ("-data", "rest", "-in", "token", "-token_in", "-CAfile", "root.pem")
    assert b"OK" in openssl(tmp_path, "ts", "-verify", *words)


def _certificate(root_pem: bytes) -> x509.Certificate:
    return x509.Certificate.load(pem.unarmor(root_pem)[2])


def _context(root_pem: bytes) -> ValidationContext:
    return ValidationContext(trust_roots=[_certificate(root_pem)])


def test_pyhanko__archived__both_revisions_intact_and_only_what_an_archive_adds(
    pdf: bytes, service: TimeAuthority
) -> None:
    """Another author's validator trusts signature and stamps, and finds nothing else changed."""
    reader = PdfFileReader(BytesIO(pdf))
    (signature,) = reader.embedded_regular_signatures
    status = validate_pdf_signature(
        signature,
        signer_validation_context=_context(ROOT.pem),
        ts_validation_context=_context(service.root_pem),
        key_usage_settings=KEY_USAGE,
    )
    assert (status.intact, status.valid, status.bottom_line) == (True, True, True)
    assert status.modification_level is ModificationLevel.LTA_UPDATES
    (stamp,) = reader.embedded_timestamp_signatures
    over_all = validate_pdf_timestamp(stamp, _context(service.root_pem))
    assert (over_all.intact, over_all.trusted) == (True, True)
    assert over_all.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_pyhanko__store__every_certificate_below_the_roots(pdf: bytes) -> None:
    """The store holds what signature and time stamp bring, and says that it does."""
    signed = signed_bytes(pdf)
    token = signature_and_token(signed.cms)[1]
    assert token is not None
    chain = read_chain(PRODUCTION_SIGNER.certificate_chain_pem, ROOT.pem)
    store = DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(pdf)))
    kept = {each.get_object().data for each in store.certs.values()}
    assert kept == set(certificates_for_archive(chain, token))
    assert set(chain.certificates_der) < kept
    assert (store.crls, store.ocsps) == ([], [])


def test_pyhanko__long_term__stamps_count_and_revocation_data_is_missing(
    pdf: bytes, service: TimeAuthority
) -> None:
    """The algorithm of EN 319 102-1 takes the archive stamp as evidence, and misses CRLs.

    No certificate of a station names any, so it ends INDETERMINATE, and never FAILED: decision 022.
    """
    found = asyncio.run(
        ades_lta_validation(
            PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[0],
            PdfSignatureValidationSpec(
                SignatureValidationSpec(
                    _policy(ROOT.pem),
                    RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
                    ts_cert_validation_policy=_policy(service.root_pem),
                    key_usage_settings=KEY_USAGE,
                )
            ),
        )
    )
    assert found.oldest_evidence_record_timestamp is not None
    assert found.best_signature_time <= found.oldest_evidence_record_timestamp
    assert found.api_status is not None
    assert (found.api_status.intact, found.api_status.valid) == (True, True)
    assert found.ades_subindic is AdESIndeterminate.NO_POE


def _policy(root_pem: bytes) -> CertValidationPolicySpec:
    return CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([_certificate(root_pem)]),
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
    )


class Tired(TimeAuthority):
    """Answers once."""

    def reply(self, request: bytes) -> bytes:
        """Answer the first request, and say nothing to any other."""
        return super().reply(request) if len(self.asked) == 1 else b""


def test_pdf__service_gone_after_the_signature__stamped_and_not_archived(
    desk: Desk, service: TimeAuthority
) -> None:
    """What is missing is the archive stamp; the document is issued, and its place stays empty."""
    with listening(Tired(folder=service.folder)) as url:
        made = _made(Service(url=url, roots_pem=service.root_pem, archive=True))
    assert _kinds(made) == [About.SIGNATURE]
    assert signed_bytes(made).archive == b""
    said = desk.pdfsig(made)
    for words in (VALID, TRUSTED, "Total document signed"):
        assert words in said, words


def test_archive_pdf__token_too_large__no_archive(pdf: bytes) -> None:
    """A token that its place cannot hold is told as the service's fault."""
    signed = signed_bytes(pdf).revisions
    with pytest.raises(TimeServiceError, match="too large"):
        archive_pdf(signed, PRODUCTION_SIGNER, lambda _: bytes(TOKEN_ROOM_BYTES + 1))


def test_archive_pdf__no_place_left__refused(pdf: bytes) -> None:
    """What was signed without a place for an archive gets none."""
    signed = signed_bytes(pdf).revisions.replace(b"/T (Archive)", b"/T (Another)")
    with pytest.raises(CertificateError, match="no place"):
        archive_pdf(signed, PRODUCTION_SIGNER, lambda _: b"")


def test_pdf__service_gone__neither_stamp_nor_a_place(service: TimeAuthority) -> None:
    """A document never waits for a service that is not there; nothing hints at an archive."""
    url = "http://127.0.0.1:1/"
    made = _made(Service(url=url, roots_pem=service.root_pem, archive=True))
    assert _kinds(made) == []
    assert b"(Archive)" not in made


def test_pdf__archive_taken_away__what_is_left_is_the_stamped_form(pdf: bytes) -> None:
    """Whoever takes the archive away takes away what it proved, and adds nothing."""
    left = signed_bytes(pdf).revisions
    assert _kinds(left) == [About.SIGNATURE]


def test_archived__byte_flipped_anywhere__refused_but_in_what_nobody_signed() -> None:
    """Outside the tokens no byte may change; inside them none that a service signed."""
    source = random.Random(46865)
    inside = {position for token in _tokens() for position in token}
    positions = source.sample(range(len(SAMPLE)), 300)
    taken = [each for each in positions if _taken(_flipped(SAMPLE, each, source))]
    assert inside.issuperset(taken), "seed 46865"


def _tokens() -> list[range]:
    """Return where the digits of both tokens stand, padding not included."""
    found = []
    signed = signed_bytes(SAMPLE)
    archive = SAMPLE.rindex(b"/Contents <") + len(b"/Contents <")
    first = bytes.fromhex(SAMPLE[archive : archive + 8].decode())
    found.append(range(archive, archive + 2 * (4 + int.from_bytes(first[2:], "big"))))
    token = signature_and_token(signed.cms)[1]
    assert token is not None
    start = SAMPLE.index(token.hex().upper().encode())
    found.append(range(start, start + 2 * len(token)))
    return found


def _flipped(pdf: bytes, position: int, source: random.Random) -> bytes:
    other = source.choice(b"0123456789ABCDEF".replace(pdf[position : position + 1], b""))
    return pdf[:position] + bytes([other]) + pdf[position + 1 :]


def _taken(pdf: bytes) -> bool:
    try:
        bundle = attached_bundle(pdf)
        verify(bundle, root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)
    except CertificateError:
        return False
    return True


def test_archived__random_bytes__nothing_but_refusals() -> None:
    """Whatever lies behind the signature, the reader raises its own error and no other."""
    source = random.Random(23)
    start = len(signed_bytes(SAMPLE).revisions)
    for _ in range(100):
        cut, length = source.randrange(start, len(SAMPLE)), source.randrange(40)
        damaged = SAMPLE[:cut] + source.randbytes(length) + SAMPLE[cut + length + 1 :]
        assert not _taken(damaged), "seed 23"


def test_signed_bytes__archived__the_station_s_revisions_and_the_rest() -> None:
    """What the station signed ends where its signature says; the rest is the archive's."""
    found: SignedBytes = signed_bytes(SAMPLE)
    assert found.revisions + found.archive == SAMPLE
    assert found.revisions.endswith(b"%%EOF\n")
    assert found.archive.count(b"/Type /DocTimeStamp") == 1
