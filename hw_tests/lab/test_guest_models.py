"""Devices before the real drivers of a guest: accepted, seen as designed, and what they lie about.

What programs and drives say about an erasure is compared with what the medium holds afterwards:
a station that believed exit codes would certify most of what is here.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hw_tests.lab import inside, inside_station, inside_usb
from hw_tests.lab.bench import Device, Kind, plug, plug_model, pull, sata_arguments, sd_arguments
from hw_tests.lab.card_reader import CardReader
from hw_tests.lab.composite_phone import CompositePhone
from hw_tests.lab.guest import Guest
from hw_tests.lab.redir import redirected
from hw_tests.lab.sat_bridge import BridgedDrive
from hw_tests.lab.sata_drive import SataDrive
from hw_tests.lab.served_medium import ServedMedium
from hw_tests.loop import make_file, scratch
from hw_tests.whole_station import until

SHOWN_S = 60.0
CALL_S = 180.0
KEY_W, KEY_I, KEY_P, KEY_E = 17, 23, 25, 18
"""Codes of Linux."""
SIZE_BYTES = 8 << 20
HIDDEN_BYTES = 1 << 20
SECRET = b"Dear diary, nobody else may ever read this. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A guest with a station in it, and devices that cannot come later or need a file."""

    guest: Guest
    folder: Path
    cold: dict[Kind, Device]

    def run(self, *words: str) -> inside.Ran:
        """Run a program in the guest."""
        return self.guest.call(inside.run, list(words))

    def facts(self, node: str) -> dict[str, Any]:
        """Return what the station knows about a device."""
        return self.guest.call(inside_station.facts, node)

    def refused(self, node: str) -> list[str]:
        """Return the rules by which the station refuses a device."""
        return self.guest.call(inside_station.refused, node)


def with_a_past(folder: Path, kind: Kind) -> Device:
    """Return a device whose first bytes somebody wrote."""
    file = make_file(folder, SIZE_BYTES, kind.value)
    with file.open("r+b") as medium:
        medium.write(SECRET * 20)
    return Device(kind=kind, name=kind.value, file=file, size_bytes=SIZE_BYTES)


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    """Return a guest into which nothing is plugged yet."""
    with scratch() as folder:
        cold = {kind: with_a_past(folder, kind) for kind in (Kind.SATA, Kind.SD)}
        arguments = (*sata_arguments(cold[Kind.SATA]), *sd_arguments(cold[Kind.SD]))
        with Guest(*arguments) as guest:
            guest.call(inside_station.start_quick, "/run/quick")
            yield Counter(guest=guest, folder=folder, cold=cold)


def bridged(
    serial: str, bridge_serial: str | None, *, passes_ata: bool = True, frozen: bool = False
) -> BridgedDrive:
    """Return a drive with a hidden area behind a bridge."""
    medium = ServedMedium(SIZE_BYTES + HIDDEN_BYTES)
    medium.plant(0, SECRET)
    medium.plant(SIZE_BYTES, SECRET)
    drive = SataDrive(medium, serial=serial, hidden_bytes=HIDDEN_BYTES, frozen=frozen)
    return BridgedDrive(drive, serial=bridge_serial, passes_ata=passes_ata)


# --- several functions, several units ------------------------------------------------------------


def test_phone__admitted__drives_types_and_networks(counter: Counter) -> None:
    """Without a defence one device is a drive, a keyboard that types and a network card at once."""
    guest, phone = counter.guest, CompositePhone(size_bytes=SIZE_BYTES)
    with redirected(guest, "phone", phone) as port:
        for plugged in range(2):
            plug_model(guest, port, SIZE_BYTES)
            found = guest.call(inside_usb.drivers, "PHONE0001")
            assert sorted(found.values()) == ["cdc_ether", "cdc_ether", "usb-storage", "usbhid"]
            guest.call(inside_usb.hear_keyboard, timeout_s=SHOWN_S)
            phone.type("wipe")
            typed = guest.call(inside_usb.heard, 4 * (plugged + 1), timeout_s=SHOWN_S)
            assert typed[-4:] == [KEY_W, KEY_I, KEY_P, KEY_E]
            port.pull()
            until(lambda: not guest.call(inside_usb.drivers, "PHONE0001"))
    assert phone.was_configured
    assert phone.keyboard_was_polled
    assert phone.storage_was_asked


def test_card_reader__several_slots__siblings_whose_cards_come_and_go(counter: Counter) -> None:
    """Slots share one device and its serial; a card's switch and its removal reach the station."""
    guest, reader = counter.guest, CardReader(3)
    reader.insert(1, ServedMedium(SIZE_BYTES))
    reader.insert(2, ServedMedium(2 * SIZE_BYTES), write_protected=True)
    with redirected(guest, "reader", reader) as port:
        node = plug_model(guest, port, SIZE_BYTES)
        after = guest.call(inside.newest_diskseq)
        locked = guest.call(inside.wait_for_disk, 2 * SIZE_BYTES, 0, timeout_s=SHOWN_S)
        known = counter.facts(node)
        assert locked.removeprefix("/dev/") in known["siblings"]
        assert len(known["siblings"]) == 2, "the empty slot is one, too"
        # Readers of this kind are known to share one serial: a quirk takes the identity away.
        assert known["identity_strength"] == "none"
        assert counter.refused(node) == []
        assert counter.refused(locked) == ["read-only"]
        assert guest.call(inside.attempt, node, "write", 0, 4096) == "4096"
        # What a desktop's udev rules do for media that can be changed: ask now and then.
        guest.call(inside.write_text, f"/sys/block/{node[5:]}/events_poll_msecs", "100")
        reader.remove(1)
        until(lambda: size_of(guest, node) == 0)
        assert guest.call(inside.attempt_open, node) == "ENOMEDIUM"
        reader.insert(1, ServedMedium(3 * SIZE_BYTES))
        assert guest.call(inside.wait_for_disk, 3 * SIZE_BYTES, after, timeout_s=SHOWN_S) == node


def size_of(guest: Guest, node: str) -> int:
    """Return a disk's size in sectors of the kernel."""
    return int(guest.call(inside.read_text, f"/sys/block/{node[5:]}/size"))


# --- identities ----------------------------------------------------------------------------------


def serials(known: dict[str, Any]) -> dict[str, str]:
    """Return value → source of all serials that a device states."""
    return {
        each["value"]: each["source"] for each in known["identifiers"] if each["kind"] == "serial"
    }


@pytest.mark.parametrize(
    ("bridge_serial", "passes_ata", "strength", "stated"),
    [
        ("BRIDGE7", True, "medium", {"DRIVE7": "medium", "BRIDGE7": "bridge"}),
        ("BRIDGE7", False, "bridge", {"BRIDGE7": "bridge"}),
        (None, True, "medium", {"DRIVE7": "medium"}),
        (None, False, "none", {}),
    ],
    ids=["both", "bridge's only", "drive's only", "none"],
)
def test_identity__behind_a_bridge__says_whose_serial_it_is(
    counter: Counter,
    bridge_serial: str | None,
    passes_ata: bool,
    strength: str,
    stated: dict[str, str],
) -> None:
    """A serial is the drive's own only where udev asked the drive itself; its source is kept."""
    model = bridged("DRIVE7", bridge_serial, passes_ata=passes_ata)
    with redirected(counter.guest, "identity", model) as port:
        known = counter.facts(plug_model(counter.guest, port, SIZE_BYTES))
        port.pull()
    assert known["transport"] == "usb"
    assert known["identity_strength"] == strength
    assert serials(known) == stated


def test_identity__uas_bridge_and_drive_of_other_serials__each_keeps_its_own(
    counter: Counter,
) -> None:
    """The bridge says one number and the unit behind it another: neither passes for the medium."""
    plain = with_a_past(counter.folder, Kind.UAS)
    made = replace(plain, bridge_serial="BRIDGE8")
    known = counter.facts(plug(counter.guest, made))
    pull(counter.guest, made)
    assert serials(known) == {"BRIDGE8": "bridge", made.serial: "unknown"}
    assert known["identity_strength"] == "bridge"


def test_identity__two_bridges_of_one_serial__are_two_devices(counter: Counter) -> None:
    """Only two drives that themselves say the same are taken for one; a bridge's word is not."""
    guest = counter.guest
    first, second = (bridged("TWIN", "SAME", passes_ata=False) for _ in range(2))
    with redirected(guest, "one", first) as one, redirected(guest, "two", second) as two:
        nodes = [plug_model(guest, port, SIZE_BYTES) for port in (one, two)]
        assert [counter.refused(node) for node in nodes] == [[], []]
        for model in (first, second):
            model.bridge.passes_ata = True
        one.pull()
        two.pull()
        nodes = [plug_model(guest, port, SIZE_BYTES) for port in (one, two)]
        assert [counter.refused(node) for node in nodes] == [["several-paths"]] * 2


# --- what is said about an erasure, and what is there afterwards ----------------------------------


def test_drive__asked_through_its_bridge__tells_what_real_tools_understand(
    counter: Counter,
) -> None:
    """Identity, vital product data and hidden area reach hdparm, sg3-utils and smartctl."""
    with redirected(counter.guest, "tools", bridged("TOOLS01", "BRIDGE1")) as port:
        node = plug_model(counter.guest, port, SIZE_BYTES)
        identity = counter.run("hdparm", "-I", node)["out"]
        assert "TOOLS01" in identity
        assert "Checksum: correct" in identity
        hidden = counter.run("hdparm", "-N", node)["out"]
        assert "max sectors   = 16384/18432, HPA is enabled" in hidden
        assert "TOOLS01" in counter.run("sg_vpd", "--page=sn", node)["out"]
        assert "TOOLS01" in counter.run("sg_vpd", "--page=di", node)["out"]
        assert "command code: 0xec" in counter.run("sg_vpd", "--page=ai", node)["out"].lower()
        assert "Non-rotating" in counter.run("sg_vpd", "--page=bdc", node)["out"]
        assert "TOOLS01" in counter.run("smartctl", "-i", node)["out"]


def secure_erase(counter: Counter, node: str) -> tuple[list[int], str]:
    """Set a password and erase with it; return the exit codes and what security says then."""
    words = ("hdparm", "--user-master", "u")
    codes = [
        counter.run(*words, "--security-set-pass", "p", node)["code"],
        counter.run(*words, "--security-erase", "p", node)["code"],
    ]
    return codes, " ".join(counter.run("hdparm", "-I", node)["out"].split())


def test_secure_erase__honest_lying_and_frozen_drive__only_the_medium_tells_them_apart(
    counter: Counter,
) -> None:
    """A drive that lies gives the same exit codes and the same state as one that erased."""
    honest, liar = bridged("HONEST", "B1"), bridged("LIAR", "B2")
    liar.drive.erase_lies = True
    said = []
    for model in (honest, liar):
        with redirected(counter.guest, "erased", model) as port:
            said.append(secure_erase(counter, plug_model(counter.guest, port, SIZE_BYTES)))
    assert said[0][0] == said[1][0] == [0, 0]
    assert all("not enabled" in state for _, state in said)
    assert not any(honest.medium.truth()), "the hidden area, too"
    assert liar.medium.truth().startswith(SECRET)
    frozen = bridged("FROZEN", "B3", frozen=True)
    with redirected(counter.guest, "frozen", frozen) as port:
        codes, state = secure_erase(counter, plug_model(counter.guest, port, SIZE_BYTES))
    assert 0 not in codes
    assert "supported not enabled not locked frozen" in state
    assert frozen.medium.truth().startswith(SECRET)


def test_sanitize__through_a_bridge__runs_on_after_its_command_and_takes_the_hidden_area(
    counter: Counter,
) -> None:
    """Success of the command is only its start: the drive itself says when it has ended."""
    model = bridged("SANITIZED", "B4")
    model.drive.sanitize_polls = 2
    status = ("hdparm", "--sanitize-status")
    with redirected(counter.guest, "sanitized", model) as port:
        node = plug_model(counter.guest, port, SIZE_BYTES)
        sure = "--yes-i-know-what-i-am-doing"
        assert counter.run("hdparm", sure, "--sanitize-block-erase", node)["code"] == 0
        assert model.drive.sanitizing
        until(lambda: "Completed Without Error" in counter.run(*status, node)["out"])
        assert counter.guest.call(inside.content, node, 0, 512) == "00" * 512
    assert not any(model.medium.truth())


def test_locked_drive__after_power_off__gives_nothing_and_is_not_certified(
    counter: Counter,
) -> None:
    """A drive with a password locks itself when it loses power; a job on it is no erasure."""
    model = bridged("LOCKS", "B5")
    with redirected(counter.guest, "locks", model) as port:
        node = plug_model(counter.guest, port, SIZE_BYTES)
        counter.run("hdparm", "--user-master", "u", "--security-set-pass", "p", node)
        port.pull()
        node = plug_model(counter.guest, port, SIZE_BYTES)
        statement = counter.guest.call(inside_station.quick_wipe, node, "random", timeout_s=CALL_S)
    assert "notice" in statement, statement
    assert statement["notice"]["reason"]["code"] in (
        "bad-sectors",
        "too-many-errors",
        "write-error",
    )
    assert model.medium.truth().startswith(SECRET)


def test_sata_port__drive_without_security__hdparm_succeeds_and_nothing_is_set(
    counter: Counter,
) -> None:
    """``hdparm`` exits with 0 for a password that the drive aborted: state tells, no exit code."""
    made = counter.cold[Kind.SATA]
    node = plug(counter.guest, made)
    try:
        known = counter.facts(node)
        set_pass = ("hdparm", "--user-master", "u", "--security-set-pass", "p", node)
        ran = counter.run(*set_pass)
        state = counter.run("hdparm", "-I", node)["out"]
    finally:
        pull(counter.guest, made)
    assert (known["transport"], known["identity_strength"]) == ("sata", "medium")
    assert serials(known) == {made.serial: "medium"}
    assert ran["code"] == 0, ran
    assert "\tenabled" not in state.partition("Security:")[2]


def test_erased__by_kind_of_device__reads_as_zeros_or_ones(counter: Counter) -> None:
    """Erased is 00h on NVMe and FFh on an SD card: no one value proves an erasure."""
    card, drive = counter.cold[Kind.SD], with_a_past(counter.folder, Kind.NVME)
    node = plug(counter.guest, card)
    assert counter.run("blkdiscard", "--force", node)["code"] == 0
    assert counter.guest.call(inside.content, node, 0, 4096) == "ff" * 4096
    pull(counter.guest, card)
    node = plug(counter.guest, drive)
    said = counter.run("nvme", "id-ctrl", node)["out"]
    fna = next(int(line.split(":")[1], 0) for line in said.splitlines() if line.startswith("fna"))
    assert not fna & 4, "it cannot erase by cryptography"
    ran = counter.run("nvme", "format", node, "--ses=2", "--force")
    assert ran["code"] == 0, "and says that it has done so"
    assert counter.guest.call(inside.content, node, 0, 4096) == "00" * 4096
    pull(counter.guest, drive)


def test_card__pulled_in_a_pass__gets_a_notice_and_is_not_certified(counter: Counter) -> None:
    """A card that goes with its slot's driver, half overwritten, ends as interrupted."""
    card = counter.cold[Kind.SD]
    with card.file.open("r+b") as medium:
        medium.write(SECRET * 20)
    node = plug(counter.guest, card)
    with ThreadPoolExecutor(1) as aside:
        job = aside.submit(
            counter.guest.call, inside_station.quick_wipe, node, "random", timeout_s=CALL_S
        )
        until(lambda: SECRET not in card.file.read_bytes()[: len(SECRET) * 2])
        pull(counter.guest, card)
        statement = job.result()
    counter.guest.call(inside_station.quick_abandon)
    assert statement["outcome"] == "indeterminate", statement
    assert statement["notice"]["kind"] == "interrupted"
