"""``wipe-cert countersign`` as an assessor types it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from certs import cli
from certs.bundle import read_bundle, write_bundle
from certs.canonical import decode
from certs.cli import main
from certs.keys import PracticeKeys, ensure_practice_keys
from certs.tests.document_samples import TICKET, receipt_statement
from certs.tests.samples import (
    NOW,
    PRACTICE_ROOT,
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    names_in,
)

Output = pytest.CaptureFixture[str]
WHO = ("--keys", "keys", "--organisation", "Example Assessors", "--number", "12", "-o", "signed")
TRUSTED = ("--root", "root.pem", "--allow-practice")


@pytest.fixture(autouse=True)
def _december(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Clock:
        @staticmethod
        def now(_zone: object) -> object:
            return NOW

    monkeypatch.setattr(cli, "datetime", Clock)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(name="keys")
def _keys(tmp_path: Path) -> PracticeKeys:
    """Return the assessor's own key; documents and the roots lie beside it."""
    (tmp_path / "root.pem").write_bytes(PRACTICE_ROOT.pem)
    (tmp_path / "keys").mkdir()
    for name, statement in (
        ("receipt", receipt_statement()),
        ("certificate", certificate_statement()),
    ):
        (tmp_path / name).mkdir()
        write_bundle(tmp_path / name, statement, PRACTICE_SIGNER).rename(tmp_path / name / "it")
    keys = ensure_practice_keys(tmp_path / "keys", NOW)
    (tmp_path / "assessors.pem").write_bytes(keys.root_pem)
    return keys


def told(capsys: Output) -> Any:
    """Return what was said to a program."""
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("opinion", "verdict"),
    [
        (("--agrees",), "agrees"),
        (("--disagrees", "--remark", "Scratched.", "--remark", "Worn."), "disagrees"),
    ],
    ids=["agrees", "disagrees"],
)
def test_countersign__genuine_document__signed_about_its_very_bytes(
    keys: PracticeKeys, capsys: Output, opinion: tuple[str, ...], verdict: str
) -> None:
    """What was signed verifies with the document, each under its own root."""
    assert main(["countersign", "receipt/it", *TRUSTED, *WHO, *opinion, "--json"]) == 0
    folder = Path(told(capsys)["countersignature"])
    said = decode(read_bundle(folder).document)
    document = read_bundle(Path("receipt/it")).document
    assert said["about"]["document_sha256"] == sha256(document).hexdigest()
    assert (said["verdict"], said["ticket"], said["key_id"]) == (
        verdict,
        TICKET,
        keys.signer.key_id,
    )
    assert said.get("remarks", []) == [each for each in opinion if each.endswith(".")]
    both = ("--with", str(folder), "--assessor-root", "assessors.pem")
    assert main(["verify", "receipt/it", *TRUSTED, *both, "--json"]) == 5
    assert told(capsys)["with"][0]["statement"] == said


def test_countersign__document_without_a_ticket__the_one_that_is_given(
    keys: PracticeKeys, capsys: Output
) -> None:
    """A certificate names no ticket; the assessor was told it with the device."""
    assert keys.signer.practice
    asked = ["countersign", "certificate/it", *TRUSTED, *WHO, "--agrees"]
    assert main(asked) == 2
    assert "Give its ticket" in capsys.readouterr().out
    assert main([*asked, "--ticket", "p261123-01", "--json"]) == 0
    folder = Path(told(capsys)["countersignature"])
    assert decode(read_bundle(folder).document)["ticket"] == "p261123-01"


@pytest.mark.parametrize(
    ("wrong", "code", "why"),
    [
        ((), 2, "--agrees or --disagrees"),
        (("--agrees", "--disagrees"), 2, "--agrees or --disagrees"),
        (("--disagrees",), 2, "Say why"),
        (("--agrees", "--ticket", "other"), 2, "another ticket"),
        (("--agrees", "--number", "twelve"), 2, "digits"),
        (("--agrees", "--organisation", ""), 2, "empty"),
        (("--agrees", "--root", "assessors.pem"), 6, "Wrong signer"),
        (("--agrees", "--root", "absent"), 2, "absent"),
        (("--agrees", "--keys", "receipt"), 6, "No key"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else None,
)
def test_countersign__not_whole_or_not_trusted__nothing_signed(
    keys: PracticeKeys, capsys: Output, wrong: tuple[str, ...], code: int, why: str
) -> None:
    """What is missing is said, and no half of an opinion is signed."""
    assert keys.signer.practice
    assert main(["countersign", "receipt/it", *TRUSTED, *WHO, *wrong]) == code
    assert why in capsys.readouterr().out
    assert not Path("signed").exists()


def test_countersign__practice_not_allowed__4(keys: PracticeKeys) -> None:
    """A practice document is assessed only by whoever wants one."""
    assert keys.signer.practice
    asked = ["countersign", "receipt/it", "--root", "root.pem", *WHO, "--agrees"]
    assert main(asked) == 4
    assert not Path("signed").exists()


def test_countersign__practice_key_about_a_real_document__refused(
    keys: PracticeKeys, capsys: Output, tmp_path: Path
) -> None:
    """What is signed for practice says nothing about what is not."""
    assert keys.signer.practice
    (tmp_path / "real").mkdir()
    (tmp_path / "real.pem").write_bytes(ROOT.pem)
    real = write_bundle(tmp_path / "real", receipt_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    assert main(["countersign", str(real), "--root", "real.pem", *WHO, "--agrees"]) == 2
    assert "practice alone" in capsys.readouterr().out


def test_countersign__ones_own_document__refused(keys: PracticeKeys, capsys: Output) -> None:
    """Whoever signed a document is no third party to it."""
    changes = {"key_id": keys.signer.key_id, "issued_at": "2026-12-01T00:00:00Z"}
    statement = receipt_statement() | changes
    Path("own").mkdir()
    own = write_bundle(Path("own"), statement, keys.signer)
    asked = ["countersign", str(own), "--root", "assessors.pem", "--allow-practice", *WHO]
    assert main([*asked, "--agrees"]) == 2
    assert "This very key" in capsys.readouterr().out


def test_countersign__changed_document__6_and_nothing_signed(keys: PracticeKeys) -> None:
    """Nobody signs about what does not hold."""
    assert keys.signer.practice
    path = Path("receipt/it/receipt.json")
    path.write_bytes(path.read_bytes().replace(b"1007", b"1008"))
    assert main(["countersign", "receipt/it", *TRUSTED, *WHO, "--agrees"]) == 6
    assert "signed" not in names_in(Path())
