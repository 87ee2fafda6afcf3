"""`wipe-cert` as a recycler meets it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certs import cli
from certs.cli import STEP_NAMES, main
from certs.command_line import ExitCode
from certs.errors import Layer
from certs.tests.archive_vectors import archived_files
from certs.tests.document_samples import (
    correction_statement,
    countersignature_statement,
    receipt_statement,
)
from certs.tests.pdf_samples import with_pdf
from certs.tests.phone_samples import (
    phone_notice_statement,
    phone_statement,
    unproven_statement,
)
from certs.tests.samples import (
    NOW,
    PRACTICE_ROOT,
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    ROOT,
    WIDE_ROOT,
    SampleSigner,
    Statement,
    certificate_statement,
    notice_statement,
    signed_files,
)
from certs.tests.time_samples import SERVICE_ROOT, stamped
from certs.tests.time_vectors import LIMITED_ROOT, logged_files
from certs.tests.together_vectors import ASSESSOR_SIGNER, IT


@pytest.fixture(autouse=True)
def _december(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        @staticmethod
        def now(_zone: object) -> object:
            return NOW

    monkeypatch.setattr(cli, "datetime", Clock)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


class Desk:
    """A folder with roots and documents on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "practice-root.pem").write_bytes(PRACTICE_ROOT.pem)
        (path / "root.pem").write_bytes(ROOT.pem)

    def put(self, statement: Statement, signer: SampleSigner, name: str = "bundle") -> Path:
        """Lay a signed document on the desk."""
        folder = self.path / name
        folder.mkdir()
        for file, data in signed_files(statement, signer).items():
            (folder / file).write_bytes(data)
        return folder

    def verify(self, path: Path, root: str = "", *options: str) -> int:
        """Run the program and return its exit code."""
        trusted = ["--root", str(self.path / root)] if root else []
        return main(["verify", str(path), *trusted, *options])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty desk."""
    return Desk(tmp_path)


@pytest.fixture
def genuine(desk: Desk) -> Path:
    """A certificate of a production station."""
    return desk.put(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)


def test_cli__genuine_certificate__0(desk: Desk, genuine: Path) -> None:
    """A verified erasure ends with 0."""
    assert desk.verify(genuine, "root.pem") == 0
    assert desk.verify(genuine / "certificate.json", "root.pem") == 0


def test_cli__time_stamp__counts_with_its_service_only(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stamp is a step that passed, or is not certain, or was not there."""
    files = stamped(logged_files())
    folder = desk.path / "stamped"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    service = desk.path / "service.pem"
    service.write_bytes(SERVICE_ROOT.pem)
    number = tuple(Layer).index(Layer.TIME) + 1
    for options, mark in ((["--tsa-root", str(service)], "✓"), ([], "?")):
        for path in (folder, folder / "certificate.json"):
            assert desk.verify(path, "root.pem", *options) == 0
            assert f"{mark} {number}. " in capsys.readouterr().out
    assert desk.verify(folder, "root.pem", "--tsa-root", str(service), "--json") == 0
    said = json.loads(capsys.readouterr().out)["stamped"]
    assert (said["not_after"], said["service_known"]) == ("2026-11-23T17:26:00Z", True)
    (folder / "certificate.tsr").unlink()
    assert desk.verify(folder, "root.pem", "--tsa-root", str(service)) == 0
    assert f"– {number}. " in capsys.readouterr().out  # noqa: RUF001 - the mark itself


def test_cli__stamps_in_the_pdf__told_with_what_was_checked(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both stamps of an archived PDF are told: not checked, checked, or another service's."""
    folder = desk.path / "archived"
    folder.mkdir()
    for name, data in archived_files().items():
        (folder / name).write_bytes(data)
    for name, authority in {"known": SERVICE_ROOT, "other": LIMITED_ROOT}.items():
        (desk.path / f"{name}.pem").write_bytes(authority.pem)
    said = {
        "": "by whom was not checked (no --tsa-root).",
        "known": "(checked by your --tsa-root).",
        "other": "whom your --tsa-root does not vouch for: it does not count.",
    }
    for name, words in said.items():
        options = ["--tsa-root", str(desk.path / f"{name}.pem")] if name else []
        assert desk.verify(folder, "practice-root.pem", "--allow-practice", "--json", *options) == 0
        told = json.loads(capsys.readouterr().out)
        lines = [line["en"] for line in told["lines"] if line["en"].endswith(words)]
        assert [line[:9] for line in lines] == ["The PDF's", "The whole"]
        stamps = [(each["about"], each["service_known"]) for each in told["pdf_stamped"]]
        assert stamps == [("signature", name == "known"), ("archive", name == "known")]
        assert "time" not in told["steps"], "a step of the document's own stamp alone"


def test_cli__no_stamp_in_the_pdf__nothing_told(
    desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A document without a PDF, or a PDF without stamps, has none to tell of."""
    assert desk.verify(genuine, "root.pem", "--json") == 0
    assert json.loads(capsys.readouterr().out)["pdf_stamped"] == []


def test_cli__service_root_missing__2(desk: Desk, genuine: Path) -> None:
    """A file that was named and is not there is told, not passed over."""
    assert desk.verify(genuine, "root.pem", "--tsa-root", str(desk.path / "none.pem")) == 2


def test_cli__wrong_usage__2(desk: Desk, genuine: Path) -> None:
    """Wrong arguments and missing files end with 2."""
    assert desk.verify(desk.path / "absent", "root.pem") == 2
    assert desk.verify(genuine, "absent.pem") == 2
    for arguments in ([], ["verify"], ["verify", str(genuine), "--unknown"], ["sign"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2


def test_cli__failed_notice__3(desk: Desk) -> None:
    """A genuine notice that says "not erased" ends with 3."""
    folder = desk.put(notice_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    assert desk.verify(folder, "root.pem") == 3


def test_cli__practice__4_unless_allowed(desk: Desk) -> None:
    """Practice ends with 4, and with its own verdict where it is allowed."""
    folder = desk.put(certificate_statement(), PRACTICE_SIGNER)
    assert desk.verify(folder, "practice-root.pem") == 4
    assert desk.verify(folder, "practice-root.pem", "--allow-practice") == 0


@pytest.mark.parametrize("kind", [("interrupted", "indeterminate"), ("aborted", "aborted")])
def test_cli__unfinished_notice__5(desk: Desk, kind: tuple[str, str]) -> None:
    """Interrupted and aborted jobs end with 5."""
    folder = desk.put(notice_statement(PRODUCTION_SIGNER, *kind), PRODUCTION_SIGNER)
    assert desk.verify(folder, "root.pem") == 5


def test_cli__receipt__5_and_never_erased(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A genuine document that says nothing about an erasure cannot be mistaken for one."""
    folder = desk.put(receipt_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    assert desk.verify(folder, "root.pem") == 5
    assert "it says nothing about an erasure" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("make", "code"),
    [(phone_statement, 0), (phone_notice_statement, 3), (unproven_statement, 5)],
)
def test_cli__phone__as_a_drive(
    desk: Desk, make: Callable[..., Statement], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A phone's documents end as a drive's do, and never say that bytes were checked."""
    folder = desk.put(make(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
    assert desk.verify(folder, "root.pem") == code
    said = capsys.readouterr().out
    assert ("Erased by the phone's own reset" in said) is (code == 0)
    assert "every byte" not in said


def test_cli__with_a_correction__5_or_3(desk: Desk, genuine: Path) -> None:
    """What was corrected ends with 5, what is void with 3, and neither with 0."""
    for number, (void, code) in enumerate([(False, 5), (True, 3)]):
        statement = correction_statement(PRODUCTION_SIGNER, IT, void=void)
        other = desk.put(statement, PRODUCTION_SIGNER, f"correction-{number}")
        assert desk.verify(genuine, "root.pem", "--with", str(other)) == code


def test_cli__with_what_is_not_about_it__6_and_says_which(
    desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A document that does not belong is not passed over."""
    other = desk.put(receipt_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER, "receipt")
    assert desk.verify(genuine, "root.pem", "--with", str(other)) == 6
    assert "Document 1 of those given with it: it is not about" in capsys.readouterr().out
    (other / "receipt.sig").unlink()
    assert desk.verify(genuine, "root.pem", "--with", str(other)) == 6
    assert "Document 1 of those given with it: Not a bundle" in capsys.readouterr().out
    assert desk.verify(genuine, "root.pem", "--with", str(desk.path / "absent")) == 2


def test_cli__countersigned__0_under_the_assessors_root(
    desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An assessor's document is judged by the assessor's root, and only by that."""
    (desk.path / "assessors.pem").write_bytes(WIDE_ROOT.pem)
    statement = countersignature_statement(ASSESSOR_SIGNER, IT, agrees=True)
    other = desk.put(statement, ASSESSOR_SIGNER, "countersignature")
    known = ("--assessor-root", str(desk.path / "assessors.pem"))
    assert desk.verify(genuine, "root.pem", "--with", str(other), *known, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [each["status"] for each in said["with"]] == ["genuine"]
    assert said["with"][0]["statement"]["verdict"] == "agrees"
    assert desk.verify(genuine, "root.pem", "--with", str(other)) == 6


def test_cli__no_root__5(desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a root a flawless certificate ends with 5, never 0."""
    assert desk.verify(genuine) == 5
    output = capsys.readouterr().out
    assert "? 3. the signer's certificates" in output
    assert "Signer unknown" in output
    assert "Erased" not in output


def test_cli__altered__6(desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An altered certificate ends with 6, showing which step failed."""
    path = genuine / "certificate.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert desk.verify(genuine, "root.pem") == 6
    output = capsys.readouterr().out
    assert "✓ 3. " in output
    assert "✗ 5. the signature fits the content" in output
    assert "6. " not in output
    assert "\N{EN DASH} 2. " in output


@pytest.mark.parametrize("name", ["certificate.json", "certificate.sig", "station.pem"])
@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 100, b"{}", "证明".encode()])
def test_cli__unexpected_bytes__6_without_a_traceback(
    desk: Desk, genuine: Path, name: str, data: bytes
) -> None:
    """Whatever the files hold, the program ends with a verdict."""
    (genuine / name).write_bytes(data)
    assert desk.verify(genuine, "root.pem") == 6


def test_cli__root_is_no_certificate__6(desk: Desk, genuine: Path) -> None:
    """A root that is no certificate verifies nothing."""
    (desk.path / "root.pem").write_bytes(b"hello")
    assert desk.verify(genuine, "root.pem") == 6
    (desk.path / "root.pem").write_bytes(b"")
    assert desk.verify(genuine, "root.pem") == 6


def _json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_cli__json__one_object_either_way(
    desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json, acceptance, refusal and a missing file are one JSON object each."""
    desk.verify(genuine, "root.pem", "--json")
    accepted = _json(capsys)
    assert (accepted["status"], accepted["exit_code"]) == ("erased", 0)
    absent = {Layer.PDF, Layer.LOG, Layer.TIME, Layer.REVOCATION}
    assert accepted["steps"] == [layer.value for layer in Layer if layer not in absent]
    assert accepted["statement"] == certificate_statement(PRODUCTION_SIGNER)
    assert accepted["lines"][0]["zh"].startswith("请和手里的设备核对")
    desk.verify(genuine, "practice-root.pem", "--json")
    refused = _json(capsys)
    assert (refused["status"], refused["layer"], refused["exit_code"]) == ("refused", "chain", 6)
    desk.verify(desk.path / "absent", "root.pem", "--json")
    assert _json(capsys)["exit_code"] == 2


@pytest.mark.parametrize("variable", ["LC_ALL", "LC_MESSAGES", "LANG"])
def test_cli__chinese_locale__speaks_chinese(
    desk: Desk,
    genuine: Path,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In a Chinese locale verdict, help and complaints are Chinese."""
    monkeypatch.setenv(variable, "zh_CN.UTF-8")
    desk.verify(genuine, "root.pem")
    assert "已清除，每个字节都核对过。" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["verify", "--help"])
    help_text = capsys.readouterr().out
    assert "用法：wipe-cert verify" in help_text
    assert "usage" not in help_text
    with pytest.raises(SystemExit):
        main(["verify"])
    assert "参数不对" in capsys.readouterr().err


def test_cli__english_locale_over_chinese_lang__speaks_english(
    desk: Desk,
    genuine: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """LC_ALL wins over LANG; an empty variable does not count."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("LC_MESSAGES", "")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    desk.verify(genuine, "root.pem")
    output = capsys.readouterr().out
    assert output.splitlines()[0].startswith("✓ 1. ")
    assert "Erased; every byte checked." in output


def test_cli__steps__every_layer_has_a_name() -> None:
    """No layer is reported without words."""
    assert STEP_NAMES.keys() == set(Layer)


def test_cli__pdf__verified_alone(
    desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A PDF under any name needs nothing but a root; one byte more and it proves nothing."""
    files = {file.name: file.read_bytes() for file in genuine.iterdir()}
    pdf = with_pdf(files, PRODUCTION_SIGNER)["certificate.pdf"]
    path = desk.path / "from the shop.pdf"
    path.write_bytes(pdf)
    assert desk.verify(path, "root.pem") == 0
    assert "✓ 2. the PDF has the same signer" in capsys.readouterr().out
    path.write_bytes(pdf + b"\n")
    assert desk.verify(path, "root.pem") == 6
    assert "✗ 2. the PDF has the same signer" in capsys.readouterr().out


def test_cli__refused_without_a_root__chain_not_called_good(
    desk: Desk, genuine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody vouches for the signer, no step says so, whatever fails later."""
    document = genuine / "certificate.json"
    document.write_bytes(document.read_bytes().replace(b"verified", b"VERIFIED"))
    assert main(["verify", str(genuine)]) == ExitCode.NOT_TRUSTED
    told = capsys.readouterr().out
    assert "? 3. the signer's certificates" in told
    assert "✗ 5." in told
    desk.verify(genuine, "root.pem")
    assert "✓ 3. the signer's certificates" in capsys.readouterr().out
