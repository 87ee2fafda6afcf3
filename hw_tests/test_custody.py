"""From the counter to the sale and to the auditor: custody of drives through the real commands.

Once without a daemon and once through one. The customer keeps her receipt; the auditor has nothing
but the public log and the key that a receipt names.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from certs.layout import DocumentType
from hw_tests.command import Said, first_start, openssl_agrees, station
from hw_tests.intruder import intruder
from hw_tests.loop import loop_drive, scratch
from hw_tests.whole_station import KIOSK, WholeStation, until, whole_station
from wipe_station.api_values import PrintForm
from wipe_station.client import Client
from wipe_station.state import socket_of

SIZE_BYTES = 8 << 20
ACCEPT = ("ticket", "accept", "--staff", "7", "--json")
AGREED = ("--consent", "erase,keep-identity", "--price", "199.00")
NAME = "Zhang San, 13800000000"
IMEI = "490154203237518"


def ticket(state: Path, *words: str | Path) -> dict[str, Any]:
    """Run a command about a ticket that succeeds; return its line."""
    said = station(state, *words)
    assert said.code == 0, said
    line: dict[str, Any] = said.event("ticket")
    return line


def cert(*words: str | Path) -> tuple[int, dict[str, Any]]:
    """Run ``wipe-cert`` as a stranger; return exit code and answer."""
    command = [sys.executable, "-m", "certs", *map(str, words), "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, answer


def log_key(receipt: Path) -> Path:
    """Return a file with the key of the log that a receipt names."""
    key = receipt.parent.parent / "log.vkey"
    key.write_text(json.loads((receipt / "receipt.json").read_bytes())["log_key"], "ascii")
    return key


def release(state: Path, number: str, bundle: Path) -> Said:
    """Try to release a device."""
    words = ("ticket", "release", number, "--certificate", bundle, "--staff", "7", "--json")
    return station(state, *words)


def test_custody__whole_trade_in__released_by_its_certificate_and_audited(folder: Path) -> None:
    """Taken in, wiped, released: the log has it all; what stays open, and what was cut, shows."""
    state = folder / "state"
    first_start(state)
    seller = folder / "seller.txt"
    seller.write_text(NAME, "utf-8")
    with loop_drive(folder, SIZE_BYTES) as drive:
        taken = ticket(
            state, *ACCEPT, *AGREED, "--description", "A drive", "--device", drive.node,
            "--seller-file", seller,
        )  # fmt: skip
        receipt, root = Path(taken["document"]), state / "keys" / "practice-root.pem"
        code, said = cert("verify", receipt, "--root", root, "--allow-practice")
        assert (code, said["status"]) == (5, "genuine")
        kept = folder / "kept" / receipt.name
        shutil.copytree(receipt, kept)
        assert release(state, taken["number"], receipt).code == 4
        wiped = station(state, "wipe", drive.node, "--confirm", drive.file, "--json")
        assert wiped.code == 0, wiped
    before = shutil.copytree(state / "log", folder / "log-before")
    bundle = Path(wiped.event("end")["bundle"])
    assert release(state, taken["number"], bundle).event("ticket")["custody"] == "released"
    key, log = log_key(kept), state / "log"
    code, said = cert("log", "verify", log, "--key", key, "--proof", kept)
    assert (code, said["open_custody"], said["open_jobs"]) == (0, [], [])
    assert said["receipts"] == [
        {"ticket": taken["number"], "index": said["receipts"][0]["index"], "custody": "release"}
    ]
    second = ticket(
        state, *ACCEPT, "--description", "A phone", "--identifier", "imei=490154203237518"
    )
    theirs = Path(second["document"])
    code, said = cert("log", "verify", log, "--key", key, "--proof", kept, "--proof", theirs)
    assert (code, said["open_custody"]) == (0, [second["number"]])
    assert said["receipts"][1]["custody"] == "open"
    code, said = cert("log", "verify", before, "--key", key, "--proof", theirs)
    assert code == 6
    assert "rolled-back" in {finding["code"] for finding in said["findings"]}
    for file in (path for path in state.rglob("*") if path.is_file()):
        assert b"Zhang San" not in file.read_bytes()
    assert openssl_agrees(kept, root, folder, DocumentType.RECEIPT)


def test_custody__consent_withdrawn__not_wiped_and_given_back(folder: Path) -> None:
    """A device whose owner wants it back is not written to, and the log sees it go home."""
    state = folder / "state"
    first_start(state)
    with loop_drive(folder, SIZE_BYTES) as drive:
        drive.file.write_bytes(b"Dear diary. " * (SIZE_BYTES // 12) + bytes(SIZE_BYTES % 12))
        before = drive.file.read_bytes()
        taken = ticket(state, *ACCEPT, *AGREED, "--description", "A drive", "--device", drive.node)
        ticket(state, "ticket", "withdraw", taken["number"], "--staff", "7", "--json")
        refused = station(state, "wipe", drive.node, "--confirm", drive.file, "--json")
        assert refused.code == 4
        assert taken["number"] in refused.event("error")["message_en"]
        assert drive.file.read_bytes() == before
    back = ticket(state, "ticket", "return", taken["number"], "--staff", "7", "--json")
    root = state / "keys" / "practice-root.pem"
    assert cert("verify", Path(back["document"]), "--root", root, "--allow-practice")[0] == 5
    _, said = cert("log", "verify", state / "log")
    assert (said["open_custody"], said["findings"]) == ([], [])


def test_custody__phone_on_the_block_list__frozen_until_the_supervisor_gives_it_back(
    folder: Path,
) -> None:
    """Held at once, its paper accuses nobody; the log has the freezing, and no number of it."""
    state = folder / "state"
    first_start(state)
    (state / "settings.toml").write_text('version = 1\nblock_list = "list.csv"\n', "utf-8")
    (state / "list.csv").write_text(f"imei,reason\n{IMEI},reported stolen\n", "utf-8")
    doctor = station(state, "doctor", "--json").events("finding")
    assert [each["present"] for each in doctor if each["name"] == "block-list"] == [True]
    phone = ("--description", "A phone", "--kind", "phone", "--identifier", f"imei={IMEI}")
    taken = ticket(state, *ACCEPT, *AGREED, *phone)
    assert taken["custody"] == "frozen"
    receipt, root = Path(taken["document"]), state / "keys" / "practice-root.pem"
    assert cert("verify", receipt, "--root", root, "--allow-practice")[0] == 5
    words = words_of((receipt / "receipt.pdf").read_bytes())
    assert IMEI in words
    for word in ("stolen", "frozen", "on hold", "暂停", "黑名单"):
        assert word not in words
    entries = b"".join(p.read_bytes() for p in (state / "log").rglob("*") if p.is_file())
    assert b'"kind":"frozen"' in entries
    assert IMEI.encode() not in entries
    asked = ("ticket", "return", taken["number"], "--staff", "1", "--json")
    assert station(state, *asked).code == 2
    why = ("--reason", "Given to the officer who asked for it.")
    to = ("ticket", "transfer", taken["number"], "--staff", "1", "--recipient", "Police", "--json")
    assert ticket(state, *to, *why)["custody"] == "transferred"
    (state / "list.csv").write_text("imei\n4.90154E+14\n", "utf-8")
    refused = station(state, *ACCEPT, *phone)
    assert (refused.code, refused.event("error")["error"]) == (4, "BlockListError")
    _, said = cert("log", "verify", state / "log")
    assert (said["open_custody"], said["findings"]) == ([], [])


def test_custody__frozen_drive__not_wiped_until_it_is_thawed(folder: Path) -> None:
    """What waits for the supervisor is not written to; after his word it is erased as usual."""
    state = folder / "state"
    first_start(state)
    with loop_drive(folder, SIZE_BYTES) as drive:
        drive.file.write_bytes(b"Dear diary. " * (SIZE_BYTES // 12) + bytes(SIZE_BYTES % 12))
        before = drive.file.read_bytes()
        taken = ticket(state, *ACCEPT, *AGREED, "--description", "A drive", "--device", drive.node)
        number, staff = taken["number"], ("--staff", "1", "--json")
        ticket(state, "ticket", "freeze", number, *staff)
        refused = station(state, "wipe", drive.node, "--confirm", drive.file, "--json")
        assert refused.code == 4
        assert "on hold" in refused.event("error")["message_en"]
        assert drive.file.read_bytes() == before
        ticket(state, "ticket", "thaw", number, *staff, "--reason", "It was his own.")
        wiped = station(state, "wipe", drive.node, "--confirm", drive.file, "--json")
        assert wiped.code == 0, wiped


def words_of(pdf: bytes) -> str:
    """Return the text on a printed page."""
    done = subprocess.run(["pdftotext", "-", "-"], input=pdf, check=True, capture_output=True)
    return done.stdout.decode("utf-8")


def shown(running: WholeStation, node: str) -> bool:
    """Tell whether the station shows a drive."""
    return any(device.node == node for device in running.board().devices)


def test_custody__through_the_daemon__same_commands_and_none_of_it_for_the_kiosk() -> None:
    """The command line is the daemon's client; the kiosk's user is refused, and that is noted."""
    with scratch() as folder:
        folder.chmod(0o755)  # the kiosk's user must reach the folder: its own mode protects it
        with whole_station(folder) as running:
            state, drive = running.state, running.plug_in(SIZE_BYTES)
            until(lambda: shown(running, drive.node))
            words = ("--description", "A drive", "--device", drive.node)
            taken = ticket(state, *ACCEPT, *AGREED, *words)
            with intruder(KIOSK, socket_of(state)) as attacker:
                for method, path, body in (
                    ("GET", "/tickets", None),
                    ("GET", f"/tickets/{taken['number']}/seller", None),
                    ("POST", f"/tickets/{taken['number']}/events", {"kind": "forget"}),
                    ("POST", "/tickets", {"staff": "7", "description": "x"}),
                ):
                    answer = attacker.ask(method, path, body)
                    assert (answer.status, b"A drive" in answer.body) == (403, False), path
                for name in ("tickets", "ticket-key"):
                    assert attacker.open(state / name) == "PermissionError"
            assert running.board().notices == ()
            ticket(state, "ticket", "freeze", taken["number"], "--staff", "1", "--json")
            (notice,) = running.board().notices
            assert taken["number"] in notice.zh
            why = ("--staff", "1", "--reason", "Cleared up.", "--json")
            ticket(state, "ticket", "thaw", taken["number"], *why)
            assert running.board().notices == ()
            wiped = station(state, "wipe", drive.node, "--confirm", drive.file, "--json")
            assert wiped.code == 0, wiped
            bundle = Path(wiped.event("end")["bundle"])
            job = json.loads((bundle / "certificate.json").read_bytes())["id"]
            with Client(socket_of(state)) as page:
                prints = [words_of(page.printed(job, form)) for form in PrintForm]
            assert [taken["number"] in each for each in prints] == [True, True]
            done = release(state, taken["number"], bundle)
            assert done.event("ticket")["custody"] == "released", done
            again = release(state, taken["number"], bundle)
            assert again.event("ticket")["repeated"]
        _, said = cert("log", "verify", state / "log")
        assert (said["open_custody"], said["open_jobs"], said["findings"]) == ([], [], [])
