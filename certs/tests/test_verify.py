"""Every byte counts: mutations of a good bundle, fuzzed parsers, and openssl as the referee."""

import base64
import contextlib
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from certs.chain import read_chain
from certs.der import check_signature_encoding
from certs.errors import CertificateError, Layer
from certs.layout import Bundle, bundle_of
from certs.tests.samples import (
    INTERMEDIATE,
    LEAF,
    NOW,
    PRACTICE_LEAF,
    PRACTICE_ROOT,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    signed_files,
)
from certs.verdict import Status
from certs.verify import verify

BUNDLE = bundle_of(signed_files(certificate_statement()))
SIGNATURE_LAYERS = {Layer.SIGNATURE, Layer.SIGNATURE_ENCODING}


def _refused_at(bundle: Bundle) -> Layer:
    with pytest.raises(CertificateError) as caught:
        verify(bundle, root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)
    return caught.value.layer


def _changed(data: bytes, position: int, mask: int) -> bytes:
    return data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]


def test_document__any_byte_changed__signature_refused() -> None:
    """No byte of certificate.json can change unnoticed, at any position."""
    chooser = random.Random(20261123)
    for position in range(len(BUNDLE.document)):
        document = _changed(BUNDLE.document, position, chooser.randrange(1, 256))
        assert _refused_at(replace(BUNDLE, document=document)) is Layer.SIGNATURE


def test_signature__any_byte_changed__refused() -> None:
    """No bit of the signature can change unnoticed, at any position."""
    for position in range(len(BUNDLE.signature)):
        for bit in range(8):
            signature = _changed(BUNDLE.signature, position, 1 << bit)
            assert _refused_at(replace(BUNDLE, signature=signature)) in SIGNATURE_LAYERS


def test_document_and_signature__cut_short__refused() -> None:
    """No truncated file passes."""
    for length in range(len(BUNDLE.signature)):
        signature = BUNDLE.signature[:length]
        assert _refused_at(replace(BUNDLE, signature=signature)) is Layer.SIGNATURE_ENCODING
    for length in range(0, len(BUNDLE.document), 97):
        document = BUNDLE.document[:length]
        assert _refused_at(replace(BUNDLE, document=document)) is Layer.SIGNATURE


def test_chain__any_byte_changed__never_another_verdict() -> None:
    """A changed station.pem is refused, at whatever layer."""
    chooser = random.Random(20261123)
    for position in range(len(BUNDLE.chain_pem)):
        chain_pem = _changed(BUNDLE.chain_pem, position, chooser.randrange(1, 256))
        if chain_pem.split() != BUNDLE.chain_pem.split():
            _refused_at(replace(BUNDLE, chain_pem=chain_pem))


@given(st.binary(max_size=80))
@example(b"\x30\x06\x02\x01\x01\x02\x01\x01")
def test_signature_encoding__random_bytes__only_the_declared_error(data: bytes) -> None:
    """The DER check raises its one error and nothing else."""
    with contextlib.suppress(CertificateError):
        check_signature_encoding(data)


@given(st.binary(max_size=300))
def test_chain__random_bytes__only_the_declared_error(data: bytes) -> None:
    """The reader of certificates raises its one error and nothing else."""
    with pytest.raises(CertificateError):
        read_chain(data, None)


@given(st.integers(0, 2000), st.integers(1, 255), st.integers(0, 2000), st.integers(0, 255))
def test_chain__mutated_certificate__only_the_declared_error(
    position: int, mask: int, other_position: int, other_mask: int
) -> None:
    """Nearly right certificates raise the one error too, also where no root is known."""
    der = LEAF.certificate.public_bytes(Encoding.DER)
    der = _changed(der, position % len(der), mask)
    der = _changed(der, other_position % len(der), other_mask)
    with contextlib.suppress(CertificateError):
        read_chain(_pem(der) + INTERMEDIATE.pem, None)
    with contextlib.suppress(CertificateError):
        read_chain(_pem(der), None)


def test_chain__name_that_breaks_its_own_rules__refused() -> None:
    """A country of more than two letters: the library only warns, and reads on."""
    der = LEAF.certificate.public_bytes(Encoding.DER)
    common_name, country = bytes.fromhex("0603550403"), bytes.fromhex("0603550406")
    assert common_name in der
    with pytest.raises(CertificateError) as refused:
        read_chain(_pem(der.replace(common_name, country)), None)
    assert refused.value.layer is Layer.CHAIN


def _pem(der: bytes) -> bytes:
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def test_chain__windows_line_ends__accepted() -> None:
    """A root that was saved on Windows is still that root."""
    verdict = verify(
        BUNDLE,
        root_pem=PRACTICE_ROOT.pem.replace(b"\n", b"\r\n"),
        allow_practice=True,
        now=NOW,
    )
    assert verdict.status is Status.ERASED


@pytest.mark.parametrize("root", [b"", b"hello", ROOT.pem + ROOT.pem, LEAF.pem, b"\xff" * 9])
def test_root__not_one_authority__refused(root: bytes) -> None:
    """A root that is empty, no certificate, two, or no authority is never "no root given"."""
    files = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    with pytest.raises(CertificateError) as caught:
        verify(bundle_of(files), root_pem=root, allow_practice=False, now=NOW)
    assert caught.value.layer is Layer.CHAIN


def test_verdict__accepted__begins_with_the_device_and_passed_every_layer() -> None:
    """The first thing said is what to compare with the device in your hand."""
    verdict = verify(BUNDLE, root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)
    first = verdict.lines[0]
    assert first.en.startswith("Compare with the device in your hand: backing file /srv/practice")
    assert "Loop practice" in first.en
    assert "67,108,864" in first.en
    assert first.zh.startswith("请和手里的设备核对")
    absent = {Layer.PDF, Layer.LOG, Layer.TIME, Layer.REVOCATION}
    assert verdict.steps == tuple(layer for layer in Layer if layer not in absent)


def test_verdict__interrupted_and_continued__says_so() -> None:
    """A wipe that was broken off and taken up again does not look like one that was not."""
    verdict = verify(BUNDLE, root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)
    assert any("Interrupted 1 time" in line.en for line in verdict.lines)
    assert any("中途断过 1 次" in line.zh for line in verdict.lines)


def test_verdict__hostile_serial__shown_escaped() -> None:
    """What a device reported cannot steer the terminal."""
    statement = certificate_statement()
    statement["device"]["identifiers"][0]["value"] = "A\x1b[31m\u202eB\n"
    bundle = bundle_of(signed_files(statement))
    verdict = verify(bundle, root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)
    for line in verdict.lines:
        assert line.zh.isprintable()
        assert line.en.isprintable()


# --- openssl says the same ---------------------------------------------------------------------


def _openssl(*arguments: str | Path) -> bool:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


@pytest.fixture
def public_key(tmp_path: Path) -> Path:
    """The station's public key as openssl wants it."""
    path = tmp_path / "station.pub"
    key = PRACTICE_LEAF.certificate.public_key()
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def _openssl_verifies(folder: Path, key: Path, bundle: Bundle) -> bool:
    document, signature = folder / "certificate.json", folder / "certificate.sig"
    document.write_bytes(bundle.document)
    signature.write_bytes(bundle.signature)
    return _openssl("dgst", "-sha256", "-verify", key, "-signature", signature, document)


def _mutated(chooser: random.Random) -> Bundle:
    in_document = chooser.random() < 0.5
    data = BUNDLE.document if in_document else BUNDLE.signature
    changed = _changed(data, chooser.randrange(len(data)), chooser.randrange(1, 256))
    return replace(BUNDLE, document=changed) if in_document else replace(BUNDLE, signature=changed)


def test_openssl__good_and_mutated_bundles__agrees(tmp_path: Path, public_key: Path) -> None:
    """A stranger with openssl accepts what we accept and refuses what we refuse."""
    seed = 20261123
    print("seed", seed)  # noqa: T201  shown when the test fails
    chooser = random.Random(seed)
    assert _openssl_verifies(tmp_path, public_key, BUNDLE)
    for _number in range(30):
        mutated = _mutated(chooser)
        assert not _openssl_verifies(tmp_path, public_key, mutated)
        assert _refused_at(mutated) in SIGNATURE_LAYERS


def test_openssl__chains__agrees(tmp_path: Path) -> None:
    """The program openssl follows our chains to the same roots, and to no others."""
    names = {"root": ROOT, "issuing": INTERMEDIATE, "leaf": LEAF, "practice": PRACTICE_ROOT}
    paths = {name: tmp_path / f"{name}.pem" for name in names}
    for name, authority in names.items():
        paths[name].write_bytes(authority.pem)
    chain = ("-untrusted", paths["issuing"], paths["leaf"])
    assert _openssl("verify", "-x509_strict", "-CAfile", paths["root"], *chain)
    assert not _openssl("verify", "-CAfile", paths["practice"], *chain)
