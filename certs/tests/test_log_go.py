"""Our logs and proofs, judged by another author's implementation in another language."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from certs.log.entry import Moment
from certs.tests.document_samples import SAMPLES
from certs.tests.document_vectors import logged_files
from certs.tests.log_samples import (
    BOOT,
    about,
    log_signer,
    logged_statement,
    proof_of,
    start,
    story,
    written,
)
from certs.tests.make_vectors import LOG_RULE, MAKERS
from certs.tests.samples import certificate_statement

LIBRARIES: Final = Path("/usr/share/gocode")
SOURCE: Final = Path(__file__).parent / "go" / "check.go"
VKEY: Final = log_signer().key.text()
SEED: Final = 20261125
Check = Callable[..., "subprocess.CompletedProcess[bytes]"]

pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not (shutil.which("go") and LIBRARIES.is_dir()),
    reason="needs Debian's golang-go and golang-golang-x-mod-dev",
)


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Return the program, built once."""
    folder = tmp_path_factory.mktemp("go")
    program = folder / "check"
    building = {"GO111MODULE": "off", "GOPATH": str(LIBRARIES), "GOCACHE": str(folder / "cache")}
    build: list[str | Path] = ["go", "build", "-o", program, SOURCE]
    subprocess.run(build, check=True, env=dict(os.environ) | building, capture_output=True)

    def run(*words: str | Path, data: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([program, *words], input=data, capture_output=True, check=False)

    return run


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_log__by_its_tiles__sound(check: Check, tmp_path: Path, size: int) -> None:
    """Every entry of every bundle, and how the log grew, from the files alone."""
    written(tmp_path / "log", story(400)[:size])
    done = check("log", VKEY, tmp_path / "log")
    assert (done.returncode, done.stdout) == (0, f"ok {size}\n".encode())


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/000", "tile/1/000.p/1", "checkpoint"])
def test_log__changed_file__refused(check: Check, tmp_path: Path, name: str) -> None:
    """One changed byte of any file is found by it as by us."""
    print("seed", SEED)  # noqa: T201  shown when the test fails
    chooser = random.Random(SEED)
    folder = tmp_path / "log"
    written(folder, story(140)[:300])
    data = (folder / name).read_bytes()
    for _ in range(3):
        at = chooser.randrange(len(data))
        (folder / name).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert check("log", VKEY, folder).returncode == 1


def test_proof__of_every_entry__agrees(check: Check, tmp_path: Path) -> None:
    """A proof says the same to both."""
    entries = story(9)
    writer = written(tmp_path / "log", entries)
    for index, made in enumerate(entries):
        done = check("proof", VKEY, data=writer.prove(index).text())
        assert done.stdout == b"ok %d of %d: %b\n" % (index, len(entries), made)


def test_log__key_changed__each_key_takes_what_it_signed(check: Check, tmp_path: Path) -> None:
    """The log by its new key; what was proven under the old one, and its last word, by that."""
    writer = written(tmp_path / "log", story(9))
    moment = Moment(at="2026-11-25T00:01:00Z", boot_id=BOOT, monotonic_ms=60_000)
    new = log_signer(2).key.text()
    writer.hand_over(log_signer(2), moment)
    for key in (VKEY, new):
        assert check("log", key, tmp_path / "log").returncode == 0, "both signed this one"
    writer.append([start(100, 60)])
    assert check("log", new, tmp_path / "log").returncode == 0
    assert check("log", VKEY, tmp_path / "log").returncode == 1
    proof = writer.prove_under(3, log_signer().key)
    assert proof is not None
    assert check("proof", VKEY, data=proof.text()).returncode == 0
    assert check("proof", new, data=proof.text()).returncode == 1


NOT_ITS_BUSINESS: Final = (
    *("refuse_log_proof_missing", "refuse_log_proof_without_log"),
    *("refuse_log_checkpoint_too_long", "refuse_log_checkpoint_with_many_signatures"),
    *("refuse_log_checkpoint_root_in_loose_base64", "refuse_log_checkpoint_with_loose_base64"),
    "refuse_log_proof_in_loose_base64",
)
"""Where there is no proof to judge, where we have a limit, and where we want one spelling."""


def test_proof__vectors__agrees(check: Check) -> None:
    """It takes the proofs that we take and refuses those that we refuse for their way or note.

    What an entry says is not its business either; such vectors it must take.
    """
    seen = set()
    for name, maker in MAKERS.items():
        made = maker()
        proofs = [data for file, data in made.files.items() if file.endswith(".tlog-proof")]
        if made.source != LOG_RULE or not proofs:
            continue
        refused = name.startswith(("refuse_log_proof", "refuse_log_checkpoint"))
        wanted = refused and name not in NOT_ITS_BUSINESS
        done = check("proof", VKEY, data=proofs[0])
        assert (done.returncode == 1) == wanted, (name, done.stdout)
        seen.add(wanted)
    assert seen == {True, False}


@pytest.mark.parametrize("name", SAMPLES)
def test_document__about_no_job__its_commitment_computed_anew(
    check: Check, tmp_path: Path, name: str
) -> None:
    """Another program finds in the log what the salt in a document commits to, and no other."""
    files = logged_files(SAMPLES[name])
    (proof,) = (data for file, data in files.items() if file.endswith(".tlog-proof"))
    (document,) = (data for file, data in files.items() if file.endswith(".json"))
    path = tmp_path / "document.json"
    path.write_bytes(document)
    assert check("document", VKEY, path, data=proof).stdout.startswith(b"ok ")
    path.write_bytes(document.replace(b"0.1.0", b"0.1.1"))
    assert check("document", VKEY, path, data=proof).returncode == 1


def test_proof__of_another_entry__said_as_it_stands(check: Check) -> None:
    """Both read the same entry out of a proof."""
    statement = logged_statement(certificate_statement())
    for made in (about(statement), start(1)):
        assert made in check("proof", VKEY, data=proof_of(made).text()).stdout
