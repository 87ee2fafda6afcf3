"""`wipe-cert pallet` as a seller and a recycler meet it."""

import hashlib
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from certs import cli
from certs.bundle import read_bundle, write_bundle
from certs.cli import main
from certs.durable import NewFile, write_folder
from certs.formats.head_v1 import Reference
from certs.keys import PracticeKeys, ensure_practice_keys
from certs.layout import DocumentType, zipped
from certs.pallet_file import SessionFile
from certs.short_code import grouped, short_code
from certs.tests.document_samples import correction_statement
from certs.tests.phone_samples import phone_notice_statement, phone_statement
from certs.tests.samples import (
    NOW,
    PRODUCTION_SIGNER,
    ROOT,
    SampleSigner,
    Statement,
    certificate_statement,
    notice_statement,
    signed_files,
)

Output = pytest.CaptureFixture[str]
COUNT = 4


@pytest.fixture(autouse=True)
def _december(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        @staticmethod
        def now(_zone: object) -> object:
            return NOW

    monkeypatch.setattr(cli, "datetime", Clock)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


class Yard:
    """A seller's station with some certificates, and a recycler who receives the pallet."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
        self.path = path
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.keys: PracticeKeys = ensure_practice_keys(path / "keys", NOW)
        (path / "bundles").mkdir()
        for number in range(COUNT):
            self.put(self.statement(number))
        monkeypatch.chdir(path)

    def statement(self, number: int, **changes: Any) -> Statement:
        """Return a certificate of the station's."""
        made = certificate_statement() | {"key_id": self.keys.signer.key_id}
        made |= {"id": f"20261123T172205Z-{number:08x}", "issued_at": "2026-12-01T00:00:00Z"}
        return made | changes

    def put(self, statement: Statement) -> Path:
        """Sign a document and lay it to the others."""
        return write_bundle(self.path / "bundles", statement, self.keys.signer)

    @property
    def codes(self) -> list[str]:
        """The short codes of all documents."""
        folders = sorted((self.path / "bundles").iterdir())
        return [short_code(read_bundle(folder).document) for folder in folders]

    def list_them(self, *options: str) -> int:
        """Run the seller's command."""
        given = ["pallet", "manifest", "bundles", "--keys", "keys", "--pallet", "P-7"]
        return main([*given, "-o", "out", *options])

    @property
    def manifest(self) -> str:
        """The only manifest."""
        (only,) = (self.path / "out").iterdir()
        return str(only)

    def check(self, scans: str, *options: str, interrupted: bool = False) -> int:
        """Run the recycler's command with a scanner that types."""
        typed: Any = io.BytesIO(scans.encode())
        if interrupted:
            typed = _Interrupted(scans.encode())
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(typed))
        trusted = ["--root", "keys/practice-root.pem", "--allow-practice"]
        return main(["pallet", "check", self.manifest, "bundles", *trusted, *options])

    def said(self) -> str:
        """Return what was printed since the last time."""
        return self._capsys.readouterr().out

    def events(self) -> list[dict[str, Any]]:
        """Return what was printed for a program."""
        return [json.loads(each) for each in self.said().splitlines()]


class _Interrupted(io.BytesIO):
    """A keyboard at which somebody presses Ctrl-C at the end."""

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line; after the last one, interrupt."""
        found = super().readline(size)
        if not found:
            raise KeyboardInterrupt
        return found


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> Yard:
    """Return a pallet that is not listed yet."""
    return Yard(tmp_path, monkeypatch, capsys)


@pytest.fixture
def listed(yard: Yard) -> Yard:
    """Return one with a signed manifest."""
    assert yard.list_them() == 0
    yard.said()
    return yard


RECEIPT = ("--receipt", "received", "--keys", "keys", "--staff", "1010")


def test_manifest__certificates__signed_and_genuine(yard: Yard) -> None:
    """The manifest is a document like any other: it verifies, and says nothing of an erasure."""
    assert yard.list_them() == 0
    trusted = ["--root", "keys/practice-root.pem", "--allow-practice", "--json"]
    yard.said()
    assert main(["verify", yard.manifest, *trusted]) == 5
    (said,) = yard.events()
    assert said["status"] == "genuine"
    assert [item["code"] for item in said["statement"]["items"]] == yard.codes


def test_manifest__a_notice_among_them__nothing_signed(yard: Yard) -> None:
    """A seller cannot list what was never erased by mistake."""
    failed = notice_statement() | {"key_id": yard.keys.signer.key_id}
    yard.put(failed | {"id": "20261123T172205Z-00000009-n1", "issued_at": "2026-12-01T00:00:00Z"})
    assert yard.list_them() == 3
    assert "00000009-n1: not confirmed" in yard.said()
    assert not (yard.path / "out").exists()


def test_manifest__a_damaged_document__named_with_its_layer(yard: Yard) -> None:
    """What cannot be believed keeps the manifest from being signed."""
    path = next((yard.path / "bundles").iterdir()) / "certificate.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert yard.list_them() == 3
    assert f"{path.parent.name} (signature)" in yard.said()


def test_check__phones_among_drives__matched_where_they_are_certified(yard: Yard) -> None:
    """A phone's certificate is listed and matched like a drive's."""
    signed = {"key_id": yard.keys.signer.key_id, "issued_at": "2026-12-01T00:00:00Z"}
    yard.put(phone_statement() | signed)
    assert yard.list_them() == 0
    items = json.loads(read_bundle(Path(yard.manifest)).document)["items"]
    assert DocumentType.PHONE_CERTIFICATE.value in {item["type"] for item in items}
    yard.said()
    assert yard.check("\n".join([*yard.codes, "done"])) == 0
    assert yard.said().count("✓ MATCHED") == COUNT + 1


def test_manifest__a_notice_about_a_phone__nothing_signed(yard: Yard) -> None:
    """Nor can a seller list a phone that was never erased."""
    signed = {"key_id": yard.keys.signer.key_id, "issued_at": "2026-12-01T00:00:00Z"}
    yard.put(phone_notice_statement() | signed)
    assert yard.list_them() == 3
    assert not (yard.path / "out").exists()


@pytest.mark.parametrize("number", ["", "P 7", "x" * 65])
def test_manifest__number_that_cannot_be__usage(yard: Yard, number: str) -> None:
    """A pallet's number is a code."""
    assert yard.list_them("--pallet", number) == 2
    assert "1 to 64" in yard.said()


def test_check__everything_scanned__exit_0_and_a_receipt_that_verifies(listed: Yard) -> None:
    """Each label is answered; at the end there is a receipt that any verifier takes."""
    assert listed.check("\n".join(map(grouped, listed.codes)) + "\ndone\n", *RECEIPT) == 0
    said = listed.said()
    assert said.count("✓ MATCHED") == COUNT
    assert said.count("Compare with the device in your hand: ") == COUNT
    assert "All of it matched." in said
    (receipt,) = (listed.path / "received").iterdir()
    assert (
        main(["verify", str(receipt), "--root", "keys/practice-root.pem", "--allow-practice"]) == 5
    )
    statement = json.loads(read_bundle(receipt).document)
    assert statement["type"] == DocumentType.PALLET_RECEIPT.value
    assert statement["matched"] == listed.codes
    assert statement["counts"]["listed"] == COUNT
    assert statement["staff"] == "1010"


def test_check__missing_unexpected_double_damaged__exit_3_and_each_named(listed: Yard) -> None:
    """What does not fit stands in the summary by its code."""
    stranger = short_code(b"stranger")
    first, second, *_ = listed.codes
    scans = [first, first.lower(), stranger, second[:-1], "undo", "undo", second]
    assert listed.check("\n".join(scans), "--json") == 3
    *events, summary = listed.events()
    answers = [each["answer"] for each in events if each["event"] == "scan"]
    assert answers == ["matched", "duplicate", "unexpected", "damaged", "matched"]
    assert summary["matched"] == [first, second]
    assert summary["missing"] == listed.codes[2:]
    assert summary["duplicate"] == [first]
    assert summary["unexpected"] == []
    assert summary["receipt"] is None


def test_check__only_a_double_scan__not_all_of_it(listed: Yard) -> None:
    """A label that is there twice may be on a second device: nobody is told that all is well."""
    codes = listed.codes
    assert listed.check("\n".join([*codes, codes[0]])) == 3
    assert "Not all of it matched" in listed.said()


def test_check__document_missing_damaged_or_corrected__not_erased(listed: Yard) -> None:
    """A label is worth what its document is: gone, altered or taken back, it matches nothing."""
    gone, altered, corrected, good = sorted((listed.path / "bundles").iterdir())
    codes = listed.codes
    document = read_bundle(corrected).document
    about = Reference(
        document=json.loads(document)["id"],
        document_sha256=hashlib.sha256(document).hexdigest(),
        document_type=DocumentType.CERTIFICATE,
    )
    head = {"key_id": listed.keys.signer.key_id, "issued_at": "2026-12-01T00:00:00Z"}
    listed.put(correction_statement(about=about) | head)
    shutil.rmtree(gone)
    (altered / "certificate.json").write_bytes(b"{}")
    assert listed.check("\n".join(codes), "--json") == 3
    *_, summary = listed.events()
    found = {each["code"]: each["why"] for each in summary["not_erased"]}
    assert found == {codes[0]: "no-document", codes[1]: "no-document", codes[2]: "corrected"}
    assert summary["matched"] == codes[3:]
    assert good.exists()


def test_check__signature_broken__refused_and_named(listed: Yard) -> None:
    """A document with the right bytes and a wrong signature is not erased."""
    first = min((listed.path / "bundles").iterdir())
    (first / "certificate.sig").write_bytes(b"\x30\x06\x02\x01\x01\x02\x01\x01")
    assert listed.check("\n".join(listed.codes[:1])) == 3
    said = listed.said()
    assert f"✗ {first.name} (signature)" in said
    assert "✗ NOT ERASED" in said


def test_check__zip_beside_a_damaged_folder__the_good_copy_counts(listed: Yard) -> None:
    """A document that holds is worth no less because another copy of it is damaged."""
    codes = listed.codes
    for folder in sorted((listed.path / "bundles").iterdir()):
        packed = zipped(folder.name, read_bundle(folder).files())
        (folder.parent / f"{folder.name}.zip").write_bytes(packed)
        (folder / "certificate.sig").write_bytes(b"")
    assert listed.check("\n".join(codes)) == 0


def test_check__stopped_by_ctrl_c__goes_on_where_it_stopped(listed: Yard) -> None:
    """What was scanned is kept; the repeated command knows it, duplicates included."""
    first, *rest = listed.codes
    assert listed.check(f"{first}\n", *RECEIPT, interrupted=True) == 5
    assert "repeat the command" in listed.said()
    assert not (listed.path / "received").exists()
    assert listed.check("\n".join([first, "undo", *rest]), *RECEIPT) == 0
    said = listed.said()
    assert "Going on after 1 scans." in said
    assert "! DUPLICATE" in said


def test_check__repeated_after_its_end__the_same_receipt(listed: Yard) -> None:
    """A power cut between the end and the receipt: the repeated command writes the very same."""
    scans = "\n".join(listed.codes)
    assert listed.check(scans, *RECEIPT) == 0
    (receipt,) = (listed.path / "received").iterdir()
    document = read_bundle(receipt).document
    shutil.rmtree(receipt)
    listed.said()
    assert listed.check(short_code(b"stranger"), *RECEIPT) == 0
    assert "This pallet was finished." in listed.said()
    (again,) = (listed.path / "received").iterdir()
    assert (again.name, read_bundle(again).document) == (receipt.name, document)


def test_check__power_cut_before_the_answer__nothing_answered_that_is_not_kept(
    listed: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that cannot be made durable is never answered."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "session")

    monkeypatch.setattr(SessionFile, "append", fail)
    (listed.path / "s").write_bytes(b"")
    with pytest.raises(OSError, match="space"):
        SessionFile(listed.path / "s", "ab" * 32)
    assert listed.check(listed.codes[0]) == 2
    assert "MATCHED" not in listed.said()


@pytest.mark.parametrize(
    "options",
    [("--receipt", "received"), ("--staff", "1010"), (*RECEIPT[:-1], "Wang"), (*RECEIPT[:-1], "")],
)
def test_check__receipt_by_halves__usage(listed: Yard, options: tuple[str, ...]) -> None:
    """A receipt needs a key and a number of whoever scanned, and no name."""
    assert listed.check("", *options) == 2


def test_check__certificate_in_the_manifest_s_place__usage(listed: Yard) -> None:
    """Only a manifest lists a pallet."""
    shutil.rmtree(listed.path / "out")
    shutil.copytree(listed.path / "bundles", listed.path / "out")
    for folder in sorted((listed.path / "out").iterdir())[1:]:
        shutil.rmtree(folder)
    assert listed.check("") == 2
    assert "no pallet manifest" in listed.said()


def test_check__altered_manifest__refused(listed: Yard) -> None:
    """A manifest that nobody signed lists nothing."""
    path = Path(listed.manifest) / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"P-7", b"P-8"))
    assert listed.check("") == 6


def test_check__practice_not_allowed__refused(listed: Yard) -> None:
    """Practice counts for nothing unless it was asked for."""
    trusted = ["--root", "keys/practice-root.pem"]
    assert main(["pallet", "check", listed.manifest, "bundles", *trusted]) == 4


def test_check__another_root__refused(listed: Yard) -> None:
    """A pallet of practice under an organisation's root is nobody's."""
    (listed.path / "root.pem").write_bytes(ROOT.pem)
    assert main(["pallet", "check", listed.manifest, "bundles", "--root", "root.pem"]) == 6


def test_check__documents_of_another_organisation__none_of_them_counts(listed: Yard) -> None:
    """Documents that another root vouches for are not this pallet's."""
    signer: SampleSigner = PRODUCTION_SIGNER
    files = signed_files(certificate_statement(signer), signer)
    folder = listed.path / "bundles" / "stranger"
    write_folder(folder, {name: NewFile(data=data) for name, data in files.items()})
    assert listed.check("\n".join(listed.codes[:COUNT])) == 0
    assert "✗ stranger (chain)" in listed.said()


def test_check__chinese__answers_in_chinese(listed: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chinese locale is answered in Chinese, the words for undo and done too."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert listed.check("\n".join([listed.codes[0], "撤销", *listed.codes, "完成", "x"])) == 0
    said = listed.said()
    assert "✓ 符合" in said
    assert "全部符合。" in said


def test_check__line_without_an_end__answered_and_bounded(listed: Yard) -> None:
    """A megabyte in one line is one damaged label, and the next one is read."""
    assert listed.check("x" * (1 << 20) + "\n" + "\n".join(listed.codes), "--json") == 0
    events = [each for each in listed.events() if each["event"] == "scan"]
    assert events[0]["answer"] == "damaged"
    assert len(events[0]["text"]) < 2000
    assert len(events) == COUNT + 1
