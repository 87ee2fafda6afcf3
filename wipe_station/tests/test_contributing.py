"""CONTRIBUTING.md, step by step: its commands exist, its examples are read, its way leads there."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wipe_station.quirk import Effect, parse_quirk
from wipe_station.quirks import all_quirks
from wipe_station.tests.test_recordings import RECORDINGS, replay

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
COMMANDS = re.findall(r"^ {4}(\S.*)$", TEXT, re.MULTILINE)


def block(kind: str) -> str:
    """Return the one block of a kind."""
    (found,) = re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_contributing__each_link__leads_somewhere(link: str) -> None:
    """What the page links to is there."""
    assert (ROOT / link).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_contributing__each_command__is_one(command: str) -> None:
    """Targets are in the Makefile, tests and folders in the repository, options in the help."""
    words = shlex.split(command, comments=True)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    elif "pytest" in words[0]:
        assert all((ROOT / word).exists() for word in words[2:])
    else:
        assert words[:2] == ["sudo", ".venv/bin/wipe-station"]
        done = subprocess.run(
            [sys.executable, "-m", "wipe_station", words[2], "--help"],
            check=True,
            capture_output=True,
            text=True,
        )
        assert [word in done.stdout for word in words if word.startswith("--")] == [True]
        assert (ROOT / words[-1]).is_dir()


def test_contributing__its_steps__end_in_a_passing_test_with_a_new_quirk(tmp_path: Path) -> None:
    """A recording with the expectation changed as told fails, and passes with the quirk as told."""
    quirk = parse_quirk(block("toml"))
    assert quirk.recording is not None
    mine = tmp_path / quirk.recording
    recording: dict[str, Any] = json.loads(stick().read_bytes())
    name = recording["recorded"]["device"]
    expected = recording["expect"][name]
    assert json.loads(block("json")).keys() <= expected.keys()
    expected |= json.loads(block("json"))
    expected["identifiers"] = [
        said.replace("serial", "shared-serial", 1) if said.startswith("serial") else said
        for said in expected["identifiers"]
    ]
    mine.write_text(json.dumps(recording), "utf-8")
    with pytest.raises(AssertionError):
        replay(mine, all_quirks())
    (tmp_path / f"{quirk.name}.toml").write_text(block("toml"), "utf-8")
    replay(mine, all_quirks(tmp_path))


def stick() -> Path:
    """Return the recording that the page's example is about."""
    (found,) = [file for file in RECORDINGS if file.stem == "qemu-stick"]
    return found


def test_contributing__effects__all_of_them_named() -> None:
    """The page names every effect that there is."""
    assert all(f"`{effect.value}`" in TEXT for effect in Effect)
