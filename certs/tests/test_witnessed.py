"""A document that witnesses saw: a later proof out of the log, under their signatures."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from certs.bundle import read_bundle
from certs.cli import main
from certs.command_line import ExitCode
from certs.errors import CertificateError, Layer
from certs.layout import Bundle
from certs.log.checkpoint import open_checkpoint, parse_checkpoint
from certs.log.cosign import cosign
from certs.log.entry import Moment
from certs.log.note import NoteSigner, sign
from certs.log.proof import parse_proof
from certs.log.writer import LogWriter
from certs.tests.log_samples import (
    BOOT,
    about,
    log_signer,
    logged_statement,
    start,
    story,
    witness_signer,
    written,
)
from certs.tests.samples import NOW, certificate_statement, signed_files
from certs.tests.test_log_witness import NAME, served
from certs.verify import verify
from certs.witnessed import Witnessed, Witnesses

LOG = log_signer()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder with a log, and a document that stands in it, in the folder ``bundle``."""
    statement = logged_statement(certificate_statement())
    writer = written(tmp_path / "log", [*story(3), about(statement)])
    files = signed_files(statement)
    files |= {"certificate.tlog-proof": writer.prove(writer.size - 1).text()}
    (tmp_path / "bundle").mkdir()
    for name, data in files.items():
        (tmp_path / "bundle" / name).write_bytes(data)
    return tmp_path


def grown(desk: Path) -> LogWriter:
    """Return the log with one more entry."""
    writer = LogWriter(desk / "log", LOG)
    writer.append([start(99, 3)])
    return writer


def cosigned(desk: Path, folder: str = "witness") -> str:
    """Have a witness sign the log's newest checkpoint; return its public key."""
    with served(desk / folder) as there:
        key = there.witness.signer.key
        cosign(desk / "log", LOG.key, key, there.url)
    (desk / f"{folder}.vkey").write_text(f"{key.text()}\n", "ascii")
    return key.text()


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    """Run the program; return its exit code and what it printed."""
    code = main([*map(str, words)])
    return code, capsys.readouterr().out


def test_verify__later_proof__says_who_saw_it_and_when(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the log, a proof under a witness's signature; the verifier knows the witness."""
    grown(desk)
    cosigned(desk)
    grown(desk)  # after the witness looked: the proof is under what it saw
    code, text = said(
        capsys, "log", "prove", desk / "log", desk / "bundle", "-o", desk / "later.tlog-proof"
    )
    assert (code, "(9 entries)" in text) == (ExitCode.ERASED, True)
    words = ("verify", desk / "bundle", "--allow-practice", "--witness", desk / "witness.vkey")
    code, text = said(capsys, *words, "--proof", desk / "later.tlog-proof")
    assert code == ExitCode.INCONCLUSIVE, "no root was given"
    assert f"The witness {NAME} saw the log with it at 20" in text
    code, text = said(capsys, *words, "--proof", desk / "later.tlog-proof", "--json")
    (told,) = json.loads(text)["witnessed"]
    assert (told["witness"], told["size"]) == (NAME, 9)
    code, text = said(capsys, *words)
    assert (code, "none of your witnesses signed" in text) == (ExitCode.NOT_TRUSTED, True)


def test_prove__no_witness_yet__proof_by_the_log_alone_and_said(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proof is made, and nobody takes it for a witnessed one; a file that is there stays."""
    words = ("log", "prove", desk / "log", desk / "bundle", "-o", desk / "later.tlog-proof")
    code, text = said(capsys, *words)
    assert (code, "No witness signed" in text) == (ExitCode.INCONCLUSIVE, True)
    before = (desk / "later.tlog-proof").read_bytes()
    assert said(capsys, *words, "--json")[0] == ExitCode.USAGE
    assert (desk / "later.tlog-proof").read_bytes() == before


def test_prove__log_that_is_another_or_was_cut__refused(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proof comes from the log that has the document, and from no other."""
    written(desk / "other", story(9))
    written(desk / "short", story(2)[:4])
    cosigned(desk)
    forged = written(desk / "forged", [*story(3)[:-1], start(50), about(statement_of(desk))])
    forged.append([start(51, 3)])
    (desk / "forged" / "witnessed").mkdir()
    for path in (desk / "log" / "witnessed").iterdir():
        (desk / "forged" / "witnessed" / path.name).write_bytes(path.read_bytes())
    for folder in ("other", "short", "forged", "nothing"):
        words = ("log", "prove", desk / folder, desk / "bundle", "-o", desk / "x.tlog-proof")
        assert said(capsys, *words)[0] in (ExitCode.NOT_TRUSTED, ExitCode.USAGE)
        assert not (desk / "x.tlog-proof").exists()


def statement_of(desk: Path) -> dict[str, object]:
    """Return what the document says."""
    found: dict[str, object] = json.loads((desk / "bundle" / "certificate.json").read_bytes())
    return found


def test_prove__key_of_the_log_changed_since__the_witness_is_what_counts(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The document names the old key; a witness that knew both vouches for the history."""
    new = log_signer(2)
    moment = Moment(at="2026-11-25T00:01:00Z", boot_id=BOOT, monotonic_ms=60_000)
    LogWriter(desk / "log", LOG).hand_over(new, moment)
    LogWriter(desk / "log", new).append([start(99, 60)])
    with served(desk / "witness", LOG.key, new.key) as there:
        key = there.witness.signer.key
        cosign(desk / "log", new.key, key, there.url)
    code, _ = said(capsys, "log", "prove", desk / "log", desk / "bundle", "-o", desk / "later")
    assert code == ExitCode.ERASED
    later = (desk / "later").read_bytes()
    witnesses = Witnesses(keys=(key,), later=later)
    (seen,) = verified(read_bundle(desk / "bundle"), witnesses)
    assert seen.name == NAME


def test_prove__several_witnesses_of_one_checkpoint__all_stand_under_it(desk: Path) -> None:
    """Who signed the same checkpoint stands under it; who signed another one does not."""
    first = witness_signer(5, "witness.example/a")
    second = witness_signer(6, "witness.example/b")
    writer = grown(desk)
    place = desk / "log" / "witnessed"
    place.mkdir()
    for number, signer in enumerate((first, second)):
        lines = writer.checkpoint + cosignature(writer, signer)
        (place / f"{number}.checkpoint").write_bytes(lines)
    grown(desk)
    assert main(
        ["log", "prove", str(desk / "log"), str(desk / "bundle"), "-o", str(desk / "later")]
    ) == int(ExitCode.ERASED)
    proof = parse_proof((desk / "later").read_bytes())
    _, signed = open_checkpoint(proof.checkpoint, LOG.key, [first.key, second.key])
    assert {each.key for each in signed} == {first.key, second.key}


def cosignature(writer: LogWriter, signer: NoteSigner) -> bytes:
    """Return a witness's line under the newest checkpoint."""
    return sign(parse_checkpoint(writer.checkpoint).text(), signer, 1_764_028_800).encode()


def verified(bundle: Bundle, witnesses: Witnesses) -> tuple[Witnessed, ...]:
    """Return who saw a document, or refuse."""
    return verify(
        bundle, root_pem=None, allow_practice=True, now=NOW, witnesses=witnesses
    ).witnessed


def test_verify__proof_that_does_not_fit__refused_at_the_log(desk: Path) -> None:
    """Another entry's, another log's, one that leads elsewhere, no witness, no log at all."""
    writer = grown(desk)
    witness = witness_signer()
    bundle = read_bundle(desk / "bundle")
    assert bundle.proof is not None
    own = parse_proof(bundle.proof)
    signed = writer.checkpoint + cosignature(writer, witness)
    good = replace(writer.prove(own.index), checkpoint=signed)
    assert verified(bundle, Witnesses(keys=(witness.key,), later=good.text()))
    other = writer.prove(2)
    foreign = written(desk / "foreign", story(5))
    foreign_signed = foreign.checkpoint + cosignature(foreign, witness)
    renamed = replace(parse_checkpoint(writer.checkpoint), origin="other.example")
    wrong = {
        "another entry": replace(other, checkpoint=signed),
        "another root": replace(good, checkpoint=foreign_signed),
        "nobody": replace(good, checkpoint=writer.checkpoint),
        "another log": replace(
            good, checkpoint=renamed.signed(log_signer(1, "other.example"), witness)
        ),
    }
    for name, proof in wrong.items():
        with pytest.raises(CertificateError) as refused:
            verified(bundle, Witnesses(keys=(witness.key,), later=proof.text()))
        assert refused.value.layer is Layer.LOG, name
    with pytest.raises(CertificateError):
        verified(bundle, Witnesses(keys=(witness.key,), later=b"no proof"))
    with pytest.raises(CertificateError):
        verified(bundle, Witnesses(keys=(witness_signer(3).key,), later=good.text()))


def test_verify__document_in_no_log__no_witness_can_have_seen_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever wants a witness gets none where there is no log; a log's key is no witness."""
    (tmp_path / "bundle").mkdir()
    for name, data in signed_files(certificate_statement()).items():
        (tmp_path / "bundle" / name).write_bytes(data)
    (tmp_path / "w").write_text(witness_signer().key.text(), "ascii")
    (tmp_path / "l").write_text(LOG.key.text(), "ascii")
    words = ("verify", tmp_path / "bundle", "--allow-practice", "--witness")
    assert said(capsys, *words, tmp_path / "w")[0] == ExitCode.NOT_TRUSTED
    assert said(capsys, *words, tmp_path / "l")[0] == ExitCode.NOT_TRUSTED
    assert said(capsys, *words[:-1], "--proof", tmp_path / "w")[0] == ExitCode.USAGE
