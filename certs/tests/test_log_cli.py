"""``wipe-cert log verify`` as an auditor types it."""

import json
from pathlib import Path

import pytest

from certs.cli import main
from certs.command_line import ExitCode
from certs.log.entry import Moment
from certs.log_report import MOST_LISTED
from certs.tests.log_samples import (
    BOOT,
    correction,
    job,
    log_signer,
    opening,
    outcome,
    start,
    story,
    written,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a log, with its key, an older checkpoint and a proof beside it."""
    writer = written(tmp_path / "log", story(5))
    (tmp_path / "key").write_text(log_signer().key.text() + "\n", "ascii")
    (tmp_path / "older").write_bytes(writer.checkpoint)
    writer.append([start(90), start(91), outcome(91)])
    (tmp_path / "proof").write_bytes(writer.prove(3).text())
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed."""
    code = main(["log", "verify", *map(str, words)])
    return code, capsys.readouterr().out


def test_log_verify__sound__counted_and_open_jobs_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the key and what was kept, the answer is plain."""
    kept = ("--checkpoint", folder / "older", "--proof", folder / "proof")
    code, text = said(capsys, folder / "log", "--key", folder / "key", *kept)
    assert code == ExitCode.ERASED
    assert "✓ The log is sound" in text
    assert f"Jobs without an end: 1: {job(90)}" in text
    code, text = said(capsys, folder / "log", "--key", folder / "key", *kept, "--json")
    told = json.loads(text)
    assert (code, told["status"], told["open_jobs"]) == (0, "sound", [job(90)])


def test_log_verify__key_changed__said_and_sound_by_the_old_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who knows the key of before needs no other, and hears which one signs now."""
    writer = written(tmp_path / "log", story(5))
    (tmp_path / "key").write_text(log_signer().key.text() + "\n", "ascii")
    (tmp_path / "older").write_bytes(writer.checkpoint)
    moment = Moment(at="2026-11-25T00:01:00Z", boot_id=BOOT, monotonic_ms=60_000)
    index = writer.hand_over(log_signer(2), moment)
    known = ("--key", tmp_path / "key", "--checkpoint", tmp_path / "older")
    code, text = said(capsys, tmp_path / "log", *known)
    assert code == ExitCode.ERASED
    assert f"From entry {index} another key signs: {log_signer(2).key.text()}" in text
    code, text = said(capsys, tmp_path / "log", *known, "--json")
    told = [{"index": index, "log_key": log_signer(2).key.text()}]
    assert json.loads(text)["handovers"] == told


def test_log_verify__corrections__listed_with_what_they_correct(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A correction is no fault of the log: it is sound, and says which documents are wrong."""
    (tmp_path / "key").write_text(log_signer().key.text() + "\n", "ascii")
    entries = [opening(), start(1), outcome(1), correction(job(1), 60), correction(job(9), 61)]
    written(tmp_path / "log", entries)
    code, text = said(capsys, tmp_path / "log", "--key", tmp_path / "key")
    assert code == ExitCode.ERASED
    assert "Corrections: 2" in text
    assert f"Entry 3 corrects document {job(1)} (entry 2)" in text
    assert f"Entry 4 corrects document {job(9)}, whose own entry" in text
    _, text = said(capsys, tmp_path / "log", "--key", tmp_path / "key", "--json")
    assert json.loads(text)["corrections"] == [
        {"index": 3, "at": "2026-11-25T00:01:00Z", "document": job(1), "corrects": 2},
        {"index": 4, "at": "2026-11-25T00:01:01Z", "document": job(9), "corrects": None},
    ]


def test_log_verify__many_corrections__a_screenful_and_all_to_machines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person is shown that there are more; a program gets them all."""
    many = MOST_LISTED + 1
    written(tmp_path / "log", [opening(), *(correction(job(each)) for each in range(many))])
    _, text = said(capsys, tmp_path / "log")
    assert text.count("corrects document") == MOST_LISTED
    assert "\n…\n" in text
    _, text = said(capsys, tmp_path / "log", "--json")
    assert len(json.loads(text)["corrections"]) == many


def test_log_verify__without_the_key__never_sound(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log that vouches for itself is nobody's log."""
    code, text = said(capsys, folder / "log")
    assert code == ExitCode.INCONCLUSIVE
    assert "✓" not in text


def test_log_verify__rewritten_or_another_key__refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One kept checkpoint is enough."""
    written(folder / "forged", [opening(), *(start(number) for number in range(40))])
    key = ("--key", folder / "key")
    code, text = said(capsys, folder / "forged", *key, "--checkpoint", folder / "older")
    assert code == ExitCode.NOT_TRUSTED
    assert "rewritten, or two histories" in text
    (folder / "other").write_text(log_signer(2).key.text(), "ascii")
    code, _ = said(capsys, folder / "log", "--key", folder / "other")
    assert code == ExitCode.NOT_TRUSTED


def test_log_verify__missing_or_malformed__said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong path is a wrong path, and a wrong file is no finding about the log."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    code, text = said(capsys, folder / "absent")
    assert code == ExitCode.USAGE
    assert "文件打不开" in text
    code, _ = said(capsys, folder / "log", "--key", folder / "absent")
    assert code == ExitCode.USAGE
    code, text = said(capsys, folder / "log", "--key", folder / "older")
    assert code == ExitCode.NOT_TRUSTED
    assert "公钥" in text
    code, _ = said(capsys, folder / "log", "--key", folder / "key", "--proof", folder / "key")
    assert code == ExitCode.NOT_TRUSTED
    (folder / "log" / "checkpoint").unlink()
    code, _ = said(capsys, folder / "log")
    assert code == ExitCode.NOT_TRUSTED
