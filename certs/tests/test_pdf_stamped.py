"""A PDF whose signature a time service stamped (PAdES B-T), in our hands and in strangers'."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from certs.errors import CertificateError
from certs.layout import bundle_of
from certs.pdf.cms import signature_and_token
from certs.pdf.container import attached_bundle, signed_bytes
from certs.pdf.make import add_pdf
from certs.stamping import Service
from certs.tests.pdf_samples import signed_pdf, unsigned_pdf
from certs.tests.samples import (
    NOW,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    signed_files,
)
from certs.tests.test_pdf_tools import TRUSTED, VALID, Desk
from certs.tests.test_pdf_tools import pytestmark as needs_tools
from certs.tests.time_authority import TimeAuthority, listening, new_authority, openssl
from certs.tests.time_samples import SERVICE_ROOT, Making
from certs.verdict import Status
from certs.verify import verify

pytestmark = needs_tools
needs_qpdf = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and shutil.which("qpdf") is None, reason="needs Debian's qpdf"
)
FILES: Final = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
SAMPLE: Final = signed_pdf(
    unsigned_pdf(FILES), PRODUCTION_SIGNER, stamp=lambda signature: Making().token(signature)
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> TimeAuthority:
    """A time service of openssl's."""
    return new_authority(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def pdf(service: TimeAuthority) -> Iterator[bytes]:
    """A certificate's PDF as a station makes it that reaches its time service."""
    with listening(service) as url:
        yield _made(Service(url=url, roots_pem=service.root_pem))


def _made(service: Service | None) -> bytes:
    made = add_pdf(bundle_of(FILES), PRODUCTION_SIGNER, service=service).pdf
    assert made is not None
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A stranger's desk with the station's root."""
    return Desk(tmp_path)


def _accepted(pdf: bytes) -> bool:
    verdict = verify(attached_bundle(pdf), root_pem=ROOT.pem, allow_practice=False, now=NOW)
    return verdict.status is Status.ERASED


def test_pdf__service_there__stamped_and_taken(pdf: bytes, service: TimeAuthority) -> None:
    """The signature is stamped, by one request, and the strict reader takes it."""
    assert _accepted(pdf)
    assert signature_and_token(signed_bytes(pdf).cms)[1] is not None
    assert len(service.asked) == 1


def test_pdfsig__stamped__valid_trusted_and_whole(desk: Desk, pdf: bytes) -> None:
    """A reader of PDF that knows the station's root finds nothing to complain of."""
    said = desk.pdfsig(pdf)
    assert VALID in said
    assert TRUSTED in said
    assert "Total document signed" in said


@needs_qpdf
def test_qpdf__stamped_or_not__no_errors(desk: Desk, pdf: bytes) -> None:
    """The structure of the file is sound, the attached files are there."""
    for each in (pdf, _made(None)):
        name = desk.put(each).name
        said = run(desk.folder, "qpdf", "--check", name)
        assert b"No syntax or stream encoding errors" in said
        listed = run(desk.folder, "qpdf", "--list-attachments", name)
        assert all(name.encode() in listed for name in FILES)


def run(folder: Path, *command: str) -> bytes:
    """Run a program that must succeed, and return what it prints."""
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_openssl__token_taken_out__about_the_signature(
    pdf: bytes, service: TimeAuthority, tmp_path: Path
) -> None:
    """The stamp is a token that `openssl ts` verifies over the signature's own bytes."""
    signature, token = signature_and_token(signed_bytes(pdf).cms)
    assert token is not None
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "root.pem").write_bytes(service.root_pem)
    words = ("-data", "signature", "-in", "token", "-token_in", "-CAfile", "root.pem")
    assert b"OK" in openssl(tmp_path, "ts", "-verify", *words)


def test_pyhanko__stamped__signature_and_stamp_intact(pdf: bytes, service: TimeAuthority) -> None:
    """Another author's validator finds signature and stamp intact and trusts both roots."""

    def context(root_pem: bytes) -> ValidationContext:
        der = pem.unarmor(root_pem)[2]
        return ValidationContext(trust_roots=[x509.Certificate.load(der)])

    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    status = validate_pdf_signature(
        embedded,
        signer_validation_context=context(ROOT.pem),
        ts_validation_context=context(service.root_pem),
    )
    assert status.intact
    assert status.valid
    assert status.timestamp_validity is not None
    assert (status.timestamp_validity.intact, status.timestamp_validity.trusted) == (True, True)


def test_pdf__service_gone__without_a_stamp(service: TimeAuthority) -> None:
    """A document never waits for a service that is not there, and is as good as before."""
    made = _made(Service(url="http://127.0.0.1:1/", roots_pem=service.root_pem))
    assert _accepted(made)
    assert signature_and_token(signed_bytes(made).cms)[1] is None
    assert len(made) < len(_made(None)) + 64


def test_pdf__service_of_another_root__without_a_stamp(service: TimeAuthority) -> None:
    """A stamp that the set root does not vouch for is not embedded."""
    with listening(service) as url:
        made = _made(Service(url=url, roots_pem=SERVICE_ROOT.pem))
    assert signature_and_token(signed_bytes(made).cms)[1] is None


def test_stamped__byte_flipped_anywhere__refused_but_in_what_nobody_signed() -> None:
    """Outside the token no byte may change; inside it none that the service signed.

    What remains are bytes of the token's certificates and of its lists, which say nothing.
    """
    source = random.Random(46864)
    token = signature_and_token(signed_bytes(SAMPLE).cms)[1]
    assert token is not None
    start = SAMPLE.index(token.hex().upper().encode())
    inside = range(start, start + 2 * len(token))
    taken = [
        position
        for position in source.sample(range(len(SAMPLE)), 400)
        if _taken(SAMPLE[:position] + _other(source, SAMPLE[position]) + SAMPLE[position + 1 :])
    ]
    assert all(position in inside for position in taken)
    assert len(taken) < 40


def _other(source: random.Random, digit: int) -> bytes:
    return bytes([source.choice(b"0123456789ABCDEF".replace(bytes([digit]), b""))])


def _taken(pdf: bytes) -> bool:
    try:
        return _accepted(pdf)
    except CertificateError:
        return False


def test_stamped__stamp_taken_away__what_is_left_is_the_bare_form() -> None:
    """Whoever takes the stamp away takes away what it proved, and adds nothing."""
    bare = signed_pdf(unsigned_pdf(FILES), PRODUCTION_SIGNER)
    assert _accepted(bare)
    with_stamp, without = signed_bytes(SAMPLE), signed_bytes(bare)
    assert with_stamp.covered == without.covered
    assert signature_and_token(with_stamp.cms)[0] == signature_and_token(without.cms)[0]
