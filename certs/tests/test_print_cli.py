"""`wipe-cert label` and `wipe-cert strip`, as somebody with a printer meets them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from certs import cli
from certs.bundle import write_bundle
from certs.canonical import decode
from certs.cli import main
from certs.keys import KEY_NAME, ROOT_NAME, ensure_practice_keys
from certs.layout import CHAIN_NAME
from certs.pdf.render import FONTS
from certs.qr import compare_qr, parse_qr
from certs.short_code import grouped, short_code
from certs.tests.samples import (
    NOW,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    signed_files,
)

_TOOLS = ("pdftotext", "zbarimg")
pytestmark = pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not (FONTS.is_dir() and all(map(shutil.which, _TOOLS))),
    reason="needs Debian's fonts-noto-cjk, poppler-utils and zbar-tools",
)
Output = pytest.CaptureFixture[str]
TICKET = "20261128-017"
HOST = "https://recycling.example/c"


@pytest.fixture(autouse=True)
def _december(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        @staticmethod
        def now(_zone: object) -> object:
            return NOW

    monkeypatch.setattr(cli, "datetime", Clock)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a bundle of an organisation and its root."""
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "bundle").mkdir()
    files = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    for name, data in files.items():
        (tmp_path / "bundle" / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """A station's practice keys and a bundle that it signed."""
    keys = ensure_practice_keys(tmp_path / "keys", NOW)
    statement = certificate_statement() | {"key_id": keys.signer.key_id}
    statement["issued_at"] = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    write_bundle(tmp_path, statement, keys.signer).rename(tmp_path / "practice")
    return tmp_path


def _document(folder: Path) -> bytes:
    return (folder / "certificate.json").read_bytes()


def _text(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True)
    return done.stdout.decode()


def _scanned(path: Path) -> str:
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(path)]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode().strip()


def _label(desk: Path, *options: str, name: str = "label.pdf") -> int:
    return main(["label", str(desk / "bundle"), "-o", str(desk / name), *options])


def _root(desk: Path) -> tuple[str, str]:
    return "--root", str(desk / "root.pem")


def _machine(capsys: Output) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_label__known_root__pdf_with_ticket_state_and_code(desk: Path, capsys: Output) -> None:
    """The label says what became of the device, its ticket, and the code that finds it."""
    assert _label(desk, *_root(desk), "--ticket", TICKET, "--json") == 0
    code = short_code(_document(desk / "bundle"))
    assert _machine(capsys) == {"exit_code": 0, "short_code": code, "status": "made"}
    text = _text(desk / "label.pdf")
    for said in (TICKET, "已清除", "ERASED", grouped(code)):
        assert said in text


def test_label__png__scanner_reads_the_code_out_of_it(desk: Path) -> None:
    """A picture for a label printer has eight dots to the millimetre, and its code is read."""
    assert _label(desk, *_root(desk), "--ticket", TICKET, name="label.PNG") == 0
    picture = (desk / "label.PNG").read_bytes()
    assert (picture[:8], picture[16:24]) == (
        b"\x89PNG\r\n\x1a\n",
        bytes.fromhex("00000140000000f0"),
    )
    assert _scanned(desk / "label.PNG") == short_code(_document(desk / "bundle"))


def test_label__no_root__made_and_said_that_the_signer_is_unknown(
    desk: Path, capsys: Output
) -> None:
    """Whoever prints without a root is told that anybody may have signed, in the exit code too."""
    assert _label(desk) == 5
    assert (desk / "label.pdf").exists()
    assert "Signer unknown" in capsys.readouterr().out


def test_label__changed_document__refused_and_nothing_written(desk: Path, capsys: Output) -> None:
    """No label says ERASED of a document that is not as it was signed."""
    path = desk / "bundle" / "certificate.json"
    path.write_bytes(path.read_bytes().replace(b"verified", b"Verified", 1))
    assert _label(desk, *_root(desk), "--json") == 6
    assert _machine(capsys)["status"] == "refused"
    assert not (desk / "label.pdf").exists()


@pytest.mark.parametrize("ticket", ["", "a b", "x" * 33, "取件"])
def test_label__ticket_that_no_line_holds__refused(desk: Path, ticket: str, capsys: Output) -> None:
    """What is printed as a ticket is a code of limited length."""
    assert _label(desk, *_root(desk), "--ticket", ticket) == 2
    assert "1 to 32 letters" in capsys.readouterr().out
    assert not (desk / "label.pdf").exists()


@pytest.mark.parametrize("name", ["label", "label.svg", "pdf"])
def test_label__file_of_another_kind__usage(desk: Path, name: str, capsys: Output) -> None:
    """The suffix chooses what is made; of others nothing is."""
    assert _label(desk, *_root(desk), name=name) == 2
    assert ".pdf or .png" in capsys.readouterr().out


def test_label__missing_file__usage(desk: Path, capsys: Output) -> None:
    """A path that leads nowhere is named."""
    command = ["label", str(desk / "absent"), "-o", str(desk / "label.pdf")]
    assert main(command) == 2
    assert "absent" in capsys.readouterr().out


def test_label__extra_not_installed__said(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """A recycler who installed the base package only is told what is missing."""
    monkeypatch.setitem(sys.modules, "certs.pdf.label", None)
    assert _label(desk, *_root(desk)) == 2
    assert "wipe-station[pdf]" in capsys.readouterr().out


def _strip(station: Path, *options: str) -> int:
    arguments = ["strip", str(station / "practice"), "--keys", str(station / "keys")]
    return main([*arguments, "-o", str(station / "strip.png"), *options])


@pytest.mark.parametrize("host", [None, HOST])
def test_strip__own_keys__code_of_the_document_with_the_address_that_was_set(
    station: Path, host: str | None
) -> None:
    """The strip's code says what the document says; an address stands there only if one was set."""
    assert _strip(station, *(("--host", host) if host else ())) == 0
    text = _scanned(station / "strip.png")
    assert text.startswith(f"{host}#" if host else "wipe-cert:")
    document = _document(station / "practice")
    compare_qr(parse_qr(text).claims, decode(document), document)


def test_strip__address_without_tls__refused(station: Path, capsys: Output) -> None:
    """An address that no code can carry is the caller's mistake, and the hint says what is one."""
    assert _strip(station, "--host", "http://recycling.example") == 2
    assert "https://" in capsys.readouterr().out


def test_strip__keys_of_another_station__refused(
    station: Path, tmp_path_factory: pytest.TempPathFactory, capsys: Output
) -> None:
    """Only the station that signed the document can sign its code."""
    other = tmp_path_factory.mktemp("other")
    ensure_practice_keys(other / "keys", NOW)
    shutil.rmtree(station / "keys")
    shutil.copytree(other / "keys", station / "keys")
    assert _strip(station) == 6
    assert "your root" in capsys.readouterr().out
    assert not (station / "strip.png").exists()


def test_strip__folder_without_keys__refused(station: Path, capsys: Output) -> None:
    """A folder with no key in it signs nothing and says what to give instead."""
    for name in (KEY_NAME, CHAIN_NAME, ROOT_NAME):
        (station / "keys" / name).unlink()
    assert _strip(station) == 6
    assert "production/keys" in capsys.readouterr().out
