"""``docs/qr.md``: its tables are the code's, and its reader reads without our code."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from certs.canonical import encode
from certs.errors import QrLayer
from certs.pdf.symbol import _VERSIONS, MODULE_MM, QUIET_MODULES
from certs.qr import MAX_BYTES, signed_qr
from certs.qr_claims import (
    _CHECKS,
    _LAST_SECOND,
    GRADES,
    MAX_NAME_BYTES,
    OUTCOMES,
    STRENGTHS,
    TYPES,
    VERIFICATIONS,
    claims_of,
)
from certs.tests.make_qr_vectors import SERIAL, named_statement
from certs.tests.samples import PRODUCTION_CHAIN, PRODUCTION_SIGNER, ROOT, signed_files
from certs.tests.test_qr import LONGEST

PAGE: Final = (Path(__file__).parents[2] / "docs" / "qr.md").read_text("utf-8")
ROWS: Final = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ")
]
COMMANDS: Final = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
(READER,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_page__claims__every_key_and_every_number() -> None:
    """Keys, and the numbers that stand for words, are those of the code."""
    rows = {int(row[0]): row[2] for row in ROWS if row[0].isdigit()}
    assert rows.keys() == _CHECKS.keys()
    for key, names in (
        (3, TYPES),
        (4, OUTCOMES),
        (10, STRENGTHS),
        (12, VERIFICATIONS),
        (15, GRADES),
    ):
        found = {name: int(number) for number, name in re.findall(r"(\d) `([a-z-]+)`", rows[key])}
        assert found == names
    assert str(_LAST_SECOND) in rows[5]
    for key in (13, 14):
        assert f"1 to {MAX_NAME_BYTES} bytes" in rows[key]


def test_page__steps__in_the_order_of_the_layers() -> None:
    """The steps are those of the code, in its order."""
    steps = [row[0].strip("`") for row in ROWS if row[0].startswith("`")]
    assert steps == [layer.value for layer in QrLayer]


def test_page__figures__those_of_the_code() -> None:
    """Limits and sizes are those that hold."""
    sides_mm = [(4 * version + 17 + 2 * QUIET_MODULES) * MODULE_MM for version in _VERSIONS]
    assert f"more than {MAX_BYTES} bytes" in PAGE
    assert f"versions {_VERSIONS[0]} to {_VERSIONS[-1]}" in PAGE
    assert f"{sides_mm[0]} to {sides_mm[-1]} mm" in PAGE


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder with all that the page says that a reader has."""
    statement = named_statement()
    (tmp_path / "bundle").mkdir()
    for name, data in signed_files(statement, PRODUCTION_SIGNER).items():
        (tmp_path / "bundle" / name).write_bytes(data)
    text = signed_qr(claims_of(statement, encode(statement)), PRODUCTION_SIGNER.sign)
    (tmp_path / "code.txt").write_text(text + "\n", "utf-8")
    (tmp_path / "station.pem").write_bytes(PRODUCTION_CHAIN)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "reader.py").write_text(READER, "utf-8")
    return tmp_path


def _run(desk: Path, command: str) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # what a person types into a shell is what is tested
        ["/bin/sh", "-euc", command],
        cwd=desk,
        env={"PATH": path, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_page__every_command_in_its_order__succeeds(desk: Path) -> None:
    """Whoever types what stands there gets what the page promises."""
    assert len(COMMANDS) == 7
    said = []
    for command in COMMANDS:
        done = _run(desk, command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said.append(done.stdout)
    assert SERIAL in said[2]
    assert "Verified OK" in said[4]
    claims = ast.literal_eval(said[2].partition("} ")[2])
    assert claims[7].hex() == said[6][:64]


def test_page__other_claims__openssl_refuses(desk: Path) -> None:
    """The page's reader with one bit of a code changed: the signature does not fit."""
    text = (desk / "code.txt").read_text("utf-8").strip()
    (desk / "code.txt").write_text(
        text[:400] + str((int(text[400]) + 1) % 10) + text[401:], "utf-8"
    )
    _run(desk, COMMANDS[2])
    assert _run(desk, COMMANDS[3]).returncode == 0
    assert _run(desk, COMMANDS[4]).returncode != 0


def test_page__longest_code__read_too(desk: Path) -> None:
    """The page's reader knows claims of more than 255 bytes."""
    text = signed_qr(LONGEST, PRODUCTION_SIGNER.sign, "https://recycling.example/c")
    (desk / "code.txt").write_text(text, "utf-8")
    for command in COMMANDS[2:5]:
        assert _run(desk, command).returncode == 0
