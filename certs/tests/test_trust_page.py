"""``docs/trust.md`` as two keepers of a root follow it: every command, as printed."""

import contextlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from certs.bundle import write_bundle
from certs.station_keys import load_station_keys
from certs.tests.keys_samples import PASSPHRASES
from certs.tests.samples import PRODUCTION_SIGNER, certificate_statement

PAGE: Final = Path(__file__).parents[2] / "docs" / "trust.md"
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for block in BLOCKS for line in block.splitlines()]
ANSWERS: Final = {
    "First person": PASSPHRASES.first,
    "Second person": PASSPHRASES.second,
    "The same as on the station?": "yes",
}
_PROMPT_END: Final = ": "


def on_terminal(command: str, folder: Path) -> tuple[int, str]:
    """Run a line of the page on a terminal of its own, and answer as its people would."""
    ours, theirs = os.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(  # what a person types into a shell is what is tested
        ["setsid", "--ctty", "--wait", "/bin/sh", "-euc", command],
        cwd=folder,
        env={"PATH": path, "LC_ALL": "C.UTF-8"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as shell:
        os.close(theirs)
        shown, last = "", ""
        # A terminal whose other side hung up cannot be read.
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 4096):
                shown += piece.decode("utf-8", "replace")
                if shown.endswith(_PROMPT_END):
                    prompt = shown.splitlines()[-1]
                    last = next((a for p, a in ANSWERS.items() if p in prompt), last)
                    os.write(ours, f"{last}\n".encode())
        os.close(ours)
        return shell.wait(60), shown


def put_document(folder: Path, name: str) -> None:
    """Lay a document of the station's present key on the desk."""
    keys = load_station_keys(folder / "production" / "keys")
    assert keys is not None
    statement = certificate_statement(PRODUCTION_SIGNER) | {
        "key_id": keys.signer.key_id,
        "issued_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    write_bundle(folder, statement, keys.signer).rename(folder / name)


def test_page__every_command_in_its_order__succeeds(tmp_path: Path) -> None:
    """Two people who type what stands there get what the page promises, up to the revocation."""
    said = {}
    for command in COMMANDS:
        code, said[command] = on_terminal(command, tmp_path)
        assert code == 0, (command, said[command])
        assert PASSPHRASES.first not in said[command]
        if "keys install station.pem" in command:
            put_document(tmp_path, "old-bundle")
        if "keys install station-2.pem" in command:
            put_document(tmp_path, "bundle")
    (made, shown) = (
        next(said[line] for line in COMMANDS if word in line) for word in ("new", "-f")
    )
    digits = shown.partition("=")[2].strip().replace(":", "")
    assert digits in "".join(made.split())
    verify = COMMANDS[-1]
    assert "nor an issuer's is on the revocation list (version 1" in said[verify]
    code, shown = on_terminal(verify.replace("bundle", "old-bundle"), tmp_path)
    assert (code, "The signer's key was revoked" in shown) == (6, True)
    code, _ = on_terminal(verify.replace("at-least 1", "at-least 2"), tmp_path)
    assert code == 6


def test_page__commands__are_there() -> None:
    """A page without commands would be tested by nothing."""
    wanted = ("root new", "request", "issue", "install", "show", "renew", "revoke")
    for name in wanted:
        assert any(line.startswith(f"wipe-cert keys {name} ") for line in COMMANDS), name


@pytest.mark.parametrize("prompt", ANSWERS)
def test_answers__each_prompt__is_the_programs(prompt: str) -> None:
    """The answers of this test are answers to what the program asks."""
    source = (PAGE.parents[1] / "certs" / "keys_people.py").read_text("utf-8")
    assert prompt in source
