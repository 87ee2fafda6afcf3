"""Bundles on disk."""

import contextlib
import io
import os
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.bundle import read_bundle, write_bundle
from certs.errors import (
    BundleConflictError,
    CertificateError,
    Layer,
    UnencodableValueError,
)
from certs.layout import MAX_CHAIN_BYTES, bundle_of, unzipped, zipped
from certs.tests.samples import (
    JOB_ID,
    NOW,
    PRACTICE_ROOT,
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    ROOT,
    SampleSigner,
    certificate_statement,
    names_in,
    notice_statement,
    signed_files,
)
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from certs.verdict import Status
from certs.verify import verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A written practice bundle."""
    return write_bundle(tmp_path, certificate_statement(), PRACTICE_SIGNER)


def _refused(path: Path) -> None:
    with pytest.raises(CertificateError) as caught:
        read_bundle(path)
    assert caught.value.layer is Layer.BUNDLE


def test_bundle__written_and_read__verified(folder: Path) -> None:
    """What was written verifies under its root, by its folder and by its JSON file."""
    assert folder.name == JOB_ID
    assert names_in(folder) == ["certificate.json", "certificate.sig", "station.pem"]
    for path in (folder, folder / "certificate.json"):
        bundle = read_bundle(path)
        assert bundle == bundle_of(signed_files(certificate_statement()))
        verdict = verify(bundle, root_pem=PRACTICE_ROOT.pem, allow_practice=True, now=NOW)
        assert verdict.status is Status.ERASED


def test_bundle__notice__has_names_of_its_own(tmp_path: Path) -> None:
    """A notice can never be mistaken for a certificate by its name."""
    folder = write_bundle(tmp_path, notice_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    assert names_in(folder) == ["notice.json", "notice.sig", "station.pem"]
    bundle = read_bundle(folder)
    verdict = verify(bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW)
    assert verdict.status is Status.NOT_ERASED


def test_write_bundle__repeated__left_as_it_is(folder: Path) -> None:
    """Issuing the same document again succeeds and changes nothing."""
    before = (folder / "certificate.sig").stat()  # but for its atime, which reading moves
    assert write_bundle(folder.parent, certificate_statement(), PRACTICE_SIGNER) == folder
    after = (folder / "certificate.sig").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_write_bundle__another_document_under_the_id__refused(folder: Path) -> None:
    """One id never names two documents, and neither replaces the other."""
    other = certificate_statement() | {"not_checked": []}
    with pytest.raises(BundleConflictError):
        write_bundle(folder.parent, other, PRACTICE_SIGNER)
    assert read_bundle(folder) == bundle_of(signed_files(certificate_statement()))


def test_write_bundle__damaged_folder_under_the_id__refused(folder: Path) -> None:
    """A folder that is no longer a bundle is not repaired in silence."""
    (folder / "certificate.sig").unlink()
    with pytest.raises(BundleConflictError):
        write_bundle(folder.parent, certificate_statement(), PRACTICE_SIGNER)


def test_write_bundle__wrong_statement_or_signer__nothing_written(tmp_path: Path) -> None:
    """Nothing lands that a stranger would refuse."""
    swapped = SampleSigner(
        authority=PRODUCTION_SIGNER.authority,
        certificate_chain_pem=PRACTICE_SIGNER.certificate_chain_pem,
        practice=True,
    )
    cases = [
        (certificate_statement() | {"outcome": "failed"}, PRACTICE_SIGNER, Layer.SCHEMA),
        (certificate_statement(), PRODUCTION_SIGNER, Layer.BINDING),
        (certificate_statement(), swapped, Layer.SIGNATURE),
        (
            certificate_statement() | {"issued_at": "2020-01-01T00:00:00Z"},
            PRACTICE_SIGNER,
            Layer.CHAIN,
        ),
    ]
    for statement, signer, layer in cases:
        with pytest.raises(CertificateError) as caught:
            write_bundle(tmp_path, statement, signer)
        assert caught.value.layer is layer
    assert names_in(tmp_path) == []


def test_write_bundle__value_outside_json__nothing_written(tmp_path: Path) -> None:
    """A surrogate in a serial stops before the signature."""
    statement = certificate_statement()
    statement["device"]["identifiers"][0]["value"] = "\ud800"
    with pytest.raises(UnencodableValueError):
        write_bundle(tmp_path, statement, PRACTICE_SIGNER)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_write_bundle__fault_at_any_call__whole_or_absent(tmp_path: Path, fault: Fault) -> None:
    """Whatever fails, a bundle is whole or absent, and the same call again succeeds."""
    expected = bundle_of(signed_files(certificate_statement()))
    step, hit = 0, True
    while hit:
        parent = tmp_path / str(step)
        parent.mkdir()
        with fault.injected(step) as injection:
            try:
                write_bundle(parent, certificate_statement(), PRACTICE_SIGNER)
            except (OSError, PowerCutError):
                assert injection.hit
        visible = [name for name in names_in(parent) if not name.startswith(".")]
        assert visible in ([], [JOB_ID])
        if visible:
            assert read_bundle(parent / JOB_ID) == expected
        write_bundle(parent, certificate_statement(), PRACTICE_SIGNER)
        assert names_in(parent) == [JOB_ID]
        assert read_bundle(parent / JOB_ID) == expected
        step, hit = step + 1, injection.hit
    assert step > 13


def test_write_bundle__repeated_after_the_rename__parent_synced(folder: Path) -> None:
    """A repetition makes the name durable that the crash may have left volatile."""
    with Fault("none", lambda call: call()).injected(-1) as injection:
        write_bundle(folder.parent, certificate_statement(), PRACTICE_SIGNER)
    assert ("fsync", folder.parent.name) in injection.calls


def test_read_bundle__missing_path__not_found(tmp_path: Path) -> None:
    """A path that does not exist is the caller's mistake, not a forgery."""
    with pytest.raises(FileNotFoundError):
        read_bundle(tmp_path / "absent")


def test_read_bundle__extra_missing_or_oversized_file__refused(folder: Path) -> None:
    """A folder holds the three files within their limits, a PDF or not, and nothing else."""
    (folder / "notice.pdf").write_bytes(b"")
    _refused(folder)
    read_bundle(folder / "certificate.json")
    (folder / "notice.pdf").unlink()
    chain = (folder / "station.pem").read_bytes()
    (folder / "station.pem").write_bytes(chain.ljust(MAX_CHAIN_BYTES + 1))
    _refused(folder)
    (folder / "station.pem").unlink()
    _refused(folder)
    _refused(folder / "certificate.json")


def test_read_bundle__thousands_of_files__refused(folder: Path) -> None:
    """A folder is not listed to its end."""
    for number in range(2000):
        (folder / str(number)).touch()
    _refused(folder)


def test_read_bundle__not_regular_files__refused_without_waiting(folder: Path) -> None:
    """Symbolic links, pipes and folders in place of a file are refused."""
    path = folder / "certificate.sig"
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")
    _refused(folder)
    path.unlink()
    os.mkfifo(path)
    _refused(folder)
    path.unlink()
    path.mkdir()
    _refused(folder)


def test_read_bundle__renamed_document__refused(folder: Path) -> None:
    """A document is found by its own name only."""
    (folder / "certificate.json").rename(folder / "other.json")
    _refused(folder / "other.json")
    _refused(folder)


ZIPPED = zipped("job", signed_files(certificate_statement()))


def test_read_bundle__packed_by_us__same_bundle(tmp_path: Path) -> None:
    """What the station hands out as one file is read like the folder."""
    (tmp_path / "job.ZIP").write_bytes(ZIPPED)
    assert read_bundle(tmp_path / "job.ZIP") == bundle_of(signed_files(certificate_statement()))


def packed(names: list[str], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive with entries of these names, each some kilobytes of zeros."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name that is there twice
        for name in names:
            archive.writestr(name, bytes(4096))
    return made.getvalue()


GOOD_NAMES = ["job/certificate.json", "job/certificate.sig", "job/station.pem"]
ZIPS = {
    "empty file": b"",
    "no archive": b"PK\3\4 and nothing more",
    "empty archive": packed([]),
    "bytes before": b"x" + ZIPPED,
    "bytes behind": ZIPPED + b"x",
    "cut": ZIPPED[:-1],
    "changed name": ZIPPED.replace(b"station.pem", b"statiom.pem", 1),
    "other times": packed(GOOD_NAMES),
    "a bomb": packed(GOOD_NAMES, zipfile.ZIP_DEFLATED),
    "a path out": packed(["../certificate.json", "../certificate.sig", "../station.pem"]),
    "two folders": packed([GOOD_NAMES[0], GOOD_NAMES[1], "other/station.pem"]),
    "a name twice": packed([*GOOD_NAMES, GOOD_NAMES[0]]),
    "many files": packed([f"job/{number}" for number in range(1000)]),
    "too large": ZIPPED + bytes(11 << 20),
}


@pytest.mark.parametrize("data", ZIPS.values(), ids=ZIPS.keys())
def test_read_bundle__zip_of_another_making__refused(tmp_path: Path, data: bytes) -> None:
    """One spelling: no bomb, no path, nothing beside what is signed."""
    (tmp_path / "job.zip").write_bytes(data)
    with pytest.raises(CertificateError) as refused:
        read_bundle(tmp_path / "job.zip")
    assert refused.value.layer is Layer.BUNDLE


@given(at=st.integers(0, len(ZIPPED) - 1), mask=st.integers(1, 255))
def test_unzipped__any_changed_byte__only_the_declared_error(at: int, mask: int) -> None:
    """A changed byte is refused, or stands in a file or in the folder's name."""
    changed = ZIPPED[:at] + bytes([ZIPPED[at] ^ mask]) + ZIPPED[at + 1 :]
    with contextlib.suppress(CertificateError):
        unzipped(changed)
