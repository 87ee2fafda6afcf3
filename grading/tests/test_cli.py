"""``wipe-grade`` from the outside: exit codes, both languages, machine output."""

import json
import os
from pathlib import Path

import pytest

from grading.cli import main

MEASURES = '{"io_errors":1,"verified":true}'


@pytest.fixture
def measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of measures, with no locale set."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "measures.json"
    path.write_text(MEASURES, "utf-8")
    return path


def test_evaluate__json__zero_and_one_sorted_line(
    measures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An evaluation ends with 0 whatever the grade, and prints one object on one line."""
    assert main(["evaluate", str(measures), "--json"]) == 0
    out = capsys.readouterr().out
    report = json.loads(out)
    assert out.count("\n") == 1
    assert report["axes"]["function"]["grade"] == "caution"
    assert report["axes"]["appearance"]["grade"] == "unknown"
    assert report["axes"]["function"]["deductions"][0]["threshold"] == 0


@pytest.mark.parametrize(
    ("setting", "first"),
    [
        ("LC_ALL=zh_CN.UTF-8", "功能：要留意，可能更差"),
        ("LC_MESSAGES=zh_CN", "功能：要留意，可能更差"),
        ("LANG=en_GB.UTF-8", "Function: caution, or worse"),
    ],
)
def test_evaluate__locale__chooses_language(
    measures: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    first: str,
) -> None:
    """The language follows LC_ALL, LC_MESSAGES or LANG."""
    monkeypatch.setenv(*setting.split("="))
    main(["evaluate", str(measures)])
    assert capsys.readouterr().out.splitlines()[0] == first


@pytest.mark.parametrize("content", [None, "{", '{"io_errors":"many"}'])
def test_evaluate__missing_or_malformed__two_and_a_hint(
    measures: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    """What cannot be read or compared ends with 2 and says what to do."""
    measures.unlink() if content is None else measures.write_text(content, "utf-8")
    assert main(["evaluate", str(measures)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 2


def test_evaluate__pipe_or_folder__refused_without_waiting(tmp_path: Path) -> None:
    """A named pipe nobody writes to does not hang the program, and a folder is refused."""
    os.mkfifo(tmp_path / "pipe")
    assert main(["evaluate", str(tmp_path / "pipe")]) == 2
    assert main(["evaluate", str(tmp_path)]) == 2


@pytest.mark.parametrize(
    "name", ["grade-report.json", "phone-certificate.json", "phone-notice.json"]
)
def test_evaluate__folder_of_a_document__its_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A grade report or a phone's document is recomputed like a certificate, from its folder."""
    report = {"schema": "wipe-station/statement", "measures": {"verified": True}}
    (tmp_path / name).write_text(json.dumps(report), "utf-8")
    assert main(["evaluate", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measures"] == {"verified": True}


def test_evaluate__unknown_ruleset__two_and_error_object(
    measures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown rule set ends with 2; with --json the error is an object in both languages."""
    assert main(["evaluate", str(measures), "--ruleset", "none", "--json"]) == 2
    assert set(json.loads(capsys.readouterr().out)["hint"]) == {"zh", "en"}


def test_command_line__wrong_usage__two(measures: Path) -> None:
    """Wrong usage ends with 2."""
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", str(measures), "--no-such-option"])
    assert caught.value.code == 2


def test_help__chinese__says_usage_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The help of the subcommand is in Chinese and its first line is not garbled."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    assert capsys.readouterr().out.startswith("用法：wipe-grade evaluate")
