"""The command line where no root is needed: help, language, usage, what is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str, language: str = "C.UTF-8", **environment: str) -> tuple[int, str, str]:
    """Run ``wipe-station`` and return exit code, output and errors."""
    done = subprocess.run(
        [sys.executable, "-m", "wipe_station", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"LC_ALL": language, "COLUMNS": "100"} | environment,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("language", "word"), [("zh_CN.UTF-8", "检测"), ("C.UTF-8", "Detect")])
def test_help__by_locale__in_that_language(language: str, word: str) -> None:
    """Help speaks the language of the locale."""
    code, out, _ = run("--help", language=language)
    assert code == 0
    assert word in out


def test_wipe__policy_and_method__usage_error(tmp_path: Path) -> None:
    """Two answers to one question are refused before anything is looked at."""
    arguments = ("wipe", "/dev/null", "--confirm", "x", "--policy", "a", "--method", "b")
    code, _, err = run(*arguments, "--state", str(tmp_path))
    assert code == 2
    assert "not both" in err


def test_wipe__no_confirmation__usage_error(tmp_path: Path) -> None:
    """Without a confirmation nothing starts."""
    assert run("wipe", "/dev/null", "--state", str(tmp_path))[0] == 2


def test_wipe__error_as_json__one_line_with_hint(tmp_path: Path) -> None:
    """Programs get the same error with both languages and the next step."""
    arguments = ("wipe", "/dev/null", "--confirm", "x", "--json", "--state", str(tmp_path))
    code, out, _ = run(*arguments)
    (line,) = [json.loads(text) for text in out.splitlines()]
    assert (code, line["event"], line["error"]) == (2, "error", "InvalidInputError")
    assert "不是块设备" in line["message_zh"]
    assert line["hint_en"]


def test_resume__nothing_waits__says_so(tmp_path: Path) -> None:
    """With no interrupted job there is nothing to do and no failure."""
    code, out, _ = run("resume", "--state", str(tmp_path))
    assert (code, out) == (0, "No job is waiting.\n")


@pytest.mark.parametrize(
    "arguments", [("resume", "20990101T000000Z-00000000"), ("resume", "--abandon")]
)
def test_resume__unknown_or_unnamed_job__usage_error(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """A job that does not exist, or is not named where it must be, is a usage error."""
    assert run(*arguments, "--state", str(tmp_path))[0] == 2


def test_methods__by_default__established_ones_only() -> None:
    """What is not established, or not offered, is listed only when asked for, and marked."""
    _, offered, _ = run("methods", "--json")
    lines = [json.loads(line) for line in offered.splitlines()]
    assert "gutmann-35" in {line["name"] for line in lines}
    assert all(line["established"] for line in lines)
    _, everything, _ = run("methods", "--all")
    assert "? ncsc-tg-025" in everything
    assert "✗ bsi-2011-vs" in everything


def test_doctor__anywhere__names_every_ability(tmp_path: Path) -> None:
    """The doctor says for each ability whether it is there and what works without it."""
    _, out, _ = run("doctor", "--state", str(tmp_path), "--json")
    names = [json.loads(line)["name"] for line in out.splitlines()]
    assert names == ["root", "diskseq", "loop", "udevd", "seccomp", "smartctl", "sleep", "pdf"]


def test_devices__key_store_damaged__not_trusted(tmp_path: Path) -> None:
    """A damaged note about the last start stops the line instead of being guessed around."""
    (tmp_path / "boot.json").write_text("{not json", encoding="utf-8")
    code, _, err = run("devices", "--state", str(tmp_path))
    assert (code, err[0]) == (6, "✗")
