"""``docs/trust.md`` as two keepers of a root follow it: every command, as printed."""

import contextlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from certs.bundle import write_bundle
from certs.keys import ensure_log_key, next_log_key
from certs.log.writer import LogWriter
from certs.signers.reference import REFERENCE_NAME
from certs.station_keys import install, load_station_keys, request_key
from certs.tests.keys_samples import (
    PASSPHRASES,
    STATION,
    asked_in,
    issued,
    opened_root,
    root_in,
)
from certs.tests.log_samples import ORIGIN
from certs.tests.samples import NOW, PRODUCTION_SIGNER, certificate_statement
from certs.tests.token_samples import SoftToken, token

__all__ = ["token"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "trust.md"


def commands_under(heading: str) -> list[str]:
    """Return the commands of one part of the page."""
    (part,) = (part for part in PAGE.read_text("utf-8").split("\n## ") if part.startswith(heading))
    blocks = re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


COMMANDS: Final = commands_under("Two people and a root")
ANSWERS: Final = {
    "First person": PASSPHRASES.first,
    "Second person": PASSPHRASES.second,
    "The same as on the station?": "yes",
}
_PROMPT_END: Final = ": "


def on_terminal(command: str, folder: Path, **more: str) -> tuple[int, str]:
    """Run a line of the page on a terminal of its own, and answer as its people would."""
    ours, theirs = os.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(  # what a person types into a shell is what is tested
        ["setsid", "--ctty", "--wait", "/bin/sh", "-euc", command],
        cwd=folder,
        env={"PATH": path, "LC_ALL": "C.UTF-8", **more},
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
    assert commands_under("Another key for the log")[0].startswith("wipe-cert keys rotate-log ")


def test_page__key_in_a_token__requested_and_moved_as_printed(
    token: SoftToken, tmp_path: Path
) -> None:
    """What stands there about tokens makes a key in one, at first and at a renewal."""
    config = {"SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"]}
    first, renewal = commands_under("A key in a token")
    for command, number in ((first, 1), (renewal, 2)):
        desk = tmp_path / str(number)
        folder = desk / "production" / "keys"
        folder.mkdir(parents=True)
        (desk / "pin").write_bytes(token.pin_file.read_bytes())
        (desk / "pin").chmod(0o600)
        if number > 1:
            install(folder, issued(request_key(folder, STATION)), opened_root().pem, NOW)
        code, said = on_terminal(command, desk, **config)
        assert code == 0, said
        assert (folder / str(number) / REFERENCE_NAME).exists()


def test_page__another_key_for_the_log__as_printed(tmp_path: Path) -> None:
    """The next key waits where the page says, and a list names both keys of the log."""
    rotate, revoke = commands_under("Another key for the log")
    state = tmp_path / "production"
    state.mkdir()
    old = ensure_log_key(state / "log-key", ORIGIN)
    LogWriter(state / "log", old)
    code, said = on_terminal(rotate, tmp_path)
    assert code == 0, said
    new = next_log_key(state / "log-key", ORIGIN)
    assert new is not None
    assert new.key.text() in said
    for name, signer in (("new", new), ("old", old)):
        (tmp_path / f"{name}.vkey").write_text(f"{signer.key.text()}\n", "ascii")
    root_in(tmp_path)
    (tmp_path / "station.pem").write_bytes(issued(asked_in(tmp_path)[1]))
    code, said = on_terminal(revoke, tmp_path)
    assert code == 0, said
    (listed,) = json.loads((tmp_path / "revoked.json").read_bytes())["entries"]
    assert (listed["log_key"], listed["earlier_log_keys"]) == (new.key.text(), [old.key.text()])


@pytest.mark.parametrize("prompt", ANSWERS)
def test_answers__each_prompt__is_the_programs(prompt: str) -> None:
    """The answers of this test are answers to what the program asks."""
    source = (PAGE.parents[1] / "certs" / "keys_people.py").read_text("utf-8")
    assert prompt in source
