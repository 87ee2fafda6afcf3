"""`wipe-cert qr` as somebody with a scanner meets it."""

import json
from pathlib import Path
from typing import Any

import pytest

from certs import cli
from certs.canonical import encode
from certs.cli import main
from certs.errors import QrLayer
from certs.qr import signed_qr
from certs.qr_claims import claims_of
from certs.qr_report import STEP_NAMES
from certs.tests.make_qr_vectors import SERIAL, named_statement
from certs.tests.samples import (
    NOW,
    PRACTICE_ROOT,
    PRACTICE_SIGNER,
    PRODUCTION_CHAIN,
    PRODUCTION_SIGNER,
    ROOT,
    SampleSigner,
    Statement,
    certificate_statement,
    graded_statement,
    notice_statement,
    sampled_statement,
    signed_files,
)

Output = pytest.CaptureFixture[str]


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
    """A folder with roots and certificates of stations."""
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "practice-root.pem").write_bytes(PRACTICE_ROOT.pem)
    (tmp_path / "station.pem").write_bytes(PRODUCTION_CHAIN)
    (tmp_path / "practice.pem").write_bytes(PRACTICE_SIGNER.certificate_chain_pem)
    return tmp_path


def _text(statement: Statement, signer: SampleSigner = PRODUCTION_SIGNER) -> str:
    return signed_qr(claims_of(statement, encode(statement)), signer.sign)


def _good(statement: Statement | None = None) -> Statement:
    return named_statement(statement)


def _ask(desk: Path, text: str, *options: str) -> int:
    """Run the program; options that name a file on the desk get its folder."""
    known = [str(desk / each) if (desk / each).exists() else each for each in options]
    return main(["qr", text, *known])


def _put(desk: Path, statement: Statement, signer: SampleSigner = PRODUCTION_SIGNER) -> None:
    (desk / "bundle").mkdir()
    for name, data in signed_files(statement, signer).items():
        (desk / "bundle" / name).write_bytes(data)


STATION = ("--chain", "station.pem")
KNOWN = (*STATION, "--root", "root.pem")
BESIDE = ("--document", "bundle", "--root", "root.pem")


def test_qr__genuine_alone__5_and_says_that_it_is_no_more(desk: Path, capsys: Output) -> None:
    """A genuine code of an erasure is never green: it is the station's word, to be compared."""
    assert _ask(desk, _text(_good()), *KNOWN) == 5
    output = capsys.readouterr().out
    names = f"model WDC WD40EFRX-68N32N0, serial {SERIAL}"
    assert f"Compare with the device in your hand: {names}, size" in output
    assert "This station signed that the device was erased (every byte checked)." in output
    assert "A code alone proves no more" in output
    assert "✓ 8. the signature fits the content" in output
    assert "\N{EN DASH} 11. the document says the same" in output


def test_qr__with_its_document__0(desk: Path, capsys: Output) -> None:
    """Beside its verified document the code adds nothing and the verdict is the document's."""
    _put(desk, _good())
    assert _ask(desk, _text(_good()), *BESIDE) == 0
    output = capsys.readouterr().out
    assert "✓ 11. the document says the same" in output
    assert "Erased; every byte checked." in output
    assert "The code says what the document says, field by field." in output
    assert _ask(desk, _text(_good()), *BESIDE, *STATION) == 0


def test_qr__with_another_document__6(desk: Path, capsys: Output) -> None:
    """A genuine code beside another genuine document of the same job proves nothing."""
    _put(desk, _good() | {"not_checked": []})
    assert _ask(desk, _text(_good()), *BESIDE) == 6
    output = capsys.readouterr().out
    assert "✗ 11. the document says the same" in output
    assert "This code proves nothing." in output
    assert "(document_sha256)" in output
    assert "Erased" not in output


def test_qr__no_root_and_another_document__chain_stays_open(desk: Path, capsys: Output) -> None:
    """A refusal claims no step that nobody vouched for."""
    _put(desk, _good() | {"not_checked": []})
    assert _ask(desk, _text(_good()), "--document", "bundle") == 6
    output = capsys.readouterr().out
    assert "? 6. the signer's certificates" in output
    assert "✗ 11. the document says the same" in output


def test_qr__document_altered__6_and_no_step_is_claimed(desk: Path, capsys: Output) -> None:
    """Where the document itself is refused, nothing is said of the code."""
    _put(desk, _good())
    (desk / "bundle" / "certificate.json").write_bytes(b"{}")
    assert _ask(desk, _text(_good()), *BESIDE) == 6
    output = capsys.readouterr().out
    assert "✓" not in output
    assert "The signature does not fit the content" in output


def test_qr__no_root__5_signer_unknown(desk: Path, capsys: Output) -> None:
    """Without a root nobody vouches for the station, with a document as without."""
    _put(desk, _good())
    for options in (STATION, ("--document", "bundle")):
        assert _ask(desk, _text(_good()), *options) == 5
        output = capsys.readouterr().out
        assert "Signer unknown" in output
        assert "erased" not in output.lower()
        assert "? 6. the signer's certificates" in output


@pytest.mark.parametrize(
    ("outcome", "kind", "code"),
    [
        ("failed", "failed", 3),
        ("verified-with-exceptions", "failed", 3),
        ("indeterminate", "interrupted", 5),
        ("aborted", "aborted", 5),
    ],
)
def test_qr__notice__as_the_notice_itself(desk: Path, outcome: str, kind: str, code: int) -> None:
    """A notice's code ends as the notice does."""
    text = _text(_good(notice_statement(PRODUCTION_SIGNER, kind, outcome)))
    assert _ask(desk, text, *KNOWN) == code


def test_qr__practice__4_unless_allowed(desk: Path, capsys: Output) -> None:
    """Practice is refused without permission, and says what it is with it."""
    text = _text(_good(sampled_statement()), PRACTICE_SIGNER)
    options = ("--chain", "practice.pem", "--root", "practice-root.pem")
    assert _ask(desk, text, *options) == 4
    assert "✗ 10. practice codes only if allowed" in capsys.readouterr().out
    assert _ask(desk, text, *options, "--allow-practice") == 5
    output = capsys.readouterr().out
    assert "Practice: this is no certificate." in output
    assert "(a sample checked)" in output


def test_qr__other_station__6_and_names_the_likely_mistake(desk: Path, capsys: Output) -> None:
    """With another station's certificates the hint is to have the wrong file."""
    practice = ("--chain", "practice.pem", "--root", "practice-root.pem")
    assert _ask(desk, _text(_good()), *practice) == 6
    output = capsys.readouterr().out
    assert "✗ 7. the code names this key" in output
    assert "station.pem is another station's" in output


def test_qr__weak_identity_and_grade__said(desk: Path, capsys: Output) -> None:
    """Whose serial it may be, and the grade, are told."""
    statement = _good(graded_statement(PRODUCTION_SIGNER))
    statement["device"]["identity_strength"] = "bridge"
    _ask(desk, _text(statement), *KNOWN)
    output = capsys.readouterr().out
    assert "The serial may not be the device's own" in output
    assert "Usability: function good; appearance unknown; remaining life caution." in output


def test_qr__wrong_usage__2(desk: Path) -> None:
    """Without certificates nothing can be checked; a missing file is named."""
    assert _ask(desk, _text(_good()), "--root", "root.pem") == 2
    with pytest.raises(SystemExit) as caught:
        main(["qr", *KNOWN])
    assert caught.value.code == 2
    assert _ask(desk, _text(_good()), "--chain", "absent.pem") == 2
    assert _ask(desk, _text(_good()), *STATION, "--root", "absent.pem") == 2
    assert _ask(desk, _text(_good()), "--document", "absent", "--root", "root.pem") == 2


@pytest.mark.parametrize("text", ["", "hello", "wipe-cert:", "wipe-cert:1", "\x1b[2J", "证明"])
def test_qr__no_code__6_without_a_traceback(desk: Path, text: str, capsys: Output) -> None:
    """Whatever was scanned, the program ends with a verdict, and repeats none of it."""
    assert _ask(desk, text, *KNOWN) == 6
    assert "\x1b" not in capsys.readouterr().out


def test_qr__hostile_serial__shown_escaped(desk: Path, capsys: Output) -> None:
    """A device's own words move no cursor."""
    statement = _good()
    statement["device"]["identifiers"][1]["value"] = "\x1b[2J\u202egood"
    assert _ask(desk, _text(statement), *KNOWN) == 5
    output = capsys.readouterr().out
    assert "\\x1b[2J\\u202egood" in output
    assert "\x1b" not in output


def _json(capsys: Output) -> Any:
    return json.loads(capsys.readouterr().out)


def test_qr__json__one_object_either_way(desk: Path, capsys: Output) -> None:
    """With --json, acceptance and refusal are one JSON object each."""
    _ask(desk, _text(_good()), *KNOWN, "--json")
    accepted = _json(capsys)
    assert (accepted["status"], accepted["exit_code"]) == ("signed", 5)
    assert accepted["claims"]["serial"] == SERIAL
    assert accepted["claims"]["issued_at"] == certificate_statement()["issued_at"]
    assert accepted["steps"] == [each.value for each in QrLayer if each is not QrLayer.DOCUMENT]
    _ask(desk, _text(_good()) + "0", *KNOWN, "--json")
    refused = _json(capsys)
    assert (refused["status"], refused["layer"], refused["exit_code"]) == ("refused", "text", 6)


def test_qr__chinese_locale__speaks_chinese(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """In a Chinese locale the verdict is Chinese."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    _ask(desk, _text(_good()), *KNOWN)
    output = capsys.readouterr().out
    assert f"序列号 {SERIAL}" in output
    assert "只有二维码，不算证明" in output
    assert "erased" not in output


def test_qr__steps__every_layer_has_a_name() -> None:
    """No layer is reported without words."""
    assert STEP_NAMES.keys() == set(QrLayer)
