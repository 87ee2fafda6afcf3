"""Whole jobs on SATA drives, behind a USB bridge and at a port of their own; bridges that die."""

import errno
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hw_tests.independent_stream import first_difference
from hw_tests.lab import inside, inside_station
from hw_tests.lab.bench import Device, Kind, plug, plug_model, pull, sata_arguments
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import FuseMedium, fuse_medium
from hw_tests.lab.guest import Guest, GuestError
from hw_tests.lab.redir import Port, redirected
from hw_tests.lab.sat_bridge import BridgedDrive
from hw_tests.lab.sata_drive import SataDrive
from hw_tests.lab.scripts import LAST, MIDDLE, SIZE_BYTES, STORIES, Story, end_of, inborn
from hw_tests.lab.served_medium import ServedMedium
from hw_tests.loop import scratch
from hw_tests.whole_station import until

CALL_S = 180.0
LARGE_BYTES = 24 << 20
HIDDEN_BYTES = 1 << 20
SECRET = b"Dear diary, nobody else may ever read this. "
BEHIND_A_BRIDGE = ("flush-error", "torn", "stale", "wraps", "wraps-under-zeros")
"""One story of each kind; errors of reading and writing have a test of their own below."""
AT_A_PORT = ("write-error", "read-error", "flush-error")
"""Stories that libata's own handling of errors could end otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A guest with a station in it, and a scripted medium at its SATA port."""

    guest: Guest
    medium: FuseMedium
    port_drive: Device
    folder: Path

    def wipe(self, node: str, method: str = "random") -> dict[str, Any]:
        """Run one whole job."""
        return self.guest.call(inside_station.quick_wipe, node, method, timeout_s=CALL_S)

    def check(self, truth: bytes, statement: dict[str, Any]) -> None:
        """Read from outside: nothing but the stream that the certificate names."""
        assert statement["outcome"] == "verified", statement
        file = self.folder / "truth"
        file.write_bytes(truth)
        key = bytes.fromhex(statement["passes"][-1]["pattern"]["key_hex"])
        assert first_difference(file, key) is None


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Return a guest whose station has started before anything is plugged in."""
    with scratch() as folder, fuse_medium(folder, SIZE_BYTES) as medium:
        drive = Device(kind=Kind.SATA, name="port", file=medium.disk, size_bytes=SIZE_BYTES)
        with Guest(*sata_arguments(drive)) as guest:
            guest.call(inside_station.start_quick, "/run/quick")
            yield Stage(guest=guest, medium=medium, port_drive=drive, folder=folder)


def bridged(
    size_bytes: int, serial: str, *, passes_ata: bool = True, hidden_bytes: int = 0
) -> BridgedDrive:
    """Return a drive behind a bridge; all of these bridges say the same serial."""
    drive = SataDrive(ServedMedium(size_bytes), serial=serial, hidden_bytes=hidden_bytes)
    return BridgedDrive(drive, serial="SAMEBRIDGE", passes_ata=passes_ata)


@pytest.fixture(scope="module")
def usual(stage: Stage) -> Iterator[tuple[BridgedDrive, str]]:
    """Return a drive behind a bridge that stays plugged in, and its node."""
    model = bridged(SIZE_BYTES, "STORIES01")
    with redirected(stage.guest, "usual", model) as port:
        yield model, plug_model(stage.guest, port, SIZE_BYTES)


# --- the same scripts as elsewhere ---------------------------------------------------------------


@pytest.mark.parametrize("name", BEHIND_A_BRIDGE)
def test_story__behind_a_bridge__ends_as_on_the_host_and_was_met(
    stage: Stage, usual: tuple[BridgedDrive, str], name: str
) -> None:
    """Each script ends over usb-storage and SCSI's sense data as it ends on a loop drive."""
    story, (model, node) = STORIES[name], usual
    play(stage, story, model.medium, node)


@pytest.fixture(scope="module")
def at_port(stage: Stage) -> Iterator[str]:
    """Return the node of the drive at the SATA port."""
    yield plug(stage.guest, stage.port_drive)
    pull(stage.guest, stage.port_drive)


@pytest.mark.parametrize("name", AT_A_PORT)
def test_story__at_a_sata_port__ends_as_on_the_host_and_was_met(
    stage: Stage, at_port: str, name: str
) -> None:
    """The driver resets, repeats and asks again, and the end is the same."""
    assert stage.guest.call(inside_station.facts, at_port)["transport"] == "sata"
    play(stage, STORIES[name], stage.medium, at_port)


def play(stage: Stage, story: Story, medium: ServedMedium | FuseMedium, node: str) -> None:
    """Play a script against a drive that is plugged in already."""
    medium.make(SIZE_BYTES, *inborn(story.faults))
    medium.follow(*story.faults)
    statement = stage.wipe(node, story.method)
    assert end_of(statement) == story.ends, statement
    assert all(medium.counts()["met"])


@pytest.mark.parametrize(
    ("op", "number", "named"),
    [
        (Op.READ, errno.EIO, "ENODATA"),
        (Op.WRITE, errno.EIO, "EIO"),
        (Op.WRITE, errno.ENOSPC, "ENOSPC"),
        (Op.WRITE, errno.EILSEQ, "EILSEQ"),
    ],
    ids=["unread", "unwritten", "no space", "protection error"],
)
def test_error__by_sense_data__has_a_number_of_its_own_and_always_counts(
    stage: Stage, usual: tuple[BridgedDrive, str], op: Op, number: int, named: str
) -> None:
    """A drive's refusal reaches the station under different numbers; each of them is a failure."""
    model, node = usual
    at = Fault(effect=Effect.ERROR, op=op, start_byte=MIDDLE, end_byte=MIDDLE + 512, errno=number)
    model.medium.make(SIZE_BYTES, at)
    assert stage.guest.call(inside.attempt, node, op.value, MIDDLE, 4096) == named
    statement = stage.wipe(node)
    assert end_of(statement) == "bad-sectors"
    assert statement["not_reached_bytes"] == 512
    assert named in statement["notice"]["reason"]["en"]


# --- what a certificate covers -------------------------------------------------------------------


def test_certificate__drive_with_a_hidden_area__leaves_it_unknown_and_it_survives(
    stage: Stage,
) -> None:
    """An overwrite ends where the drive's visible part ends, and the document claims no more."""
    model = bridged(SIZE_BYTES + HIDDEN_BYTES, "HIDES01", hidden_bytes=HIDDEN_BYTES)
    model.medium.plant(LAST, SECRET)
    model.medium.plant(SIZE_BYTES, SECRET)
    with redirected(stage.guest, "hides", model) as port:
        node = plug_model(stage.guest, port, SIZE_BYTES)
        said = stage.guest.call(inside.run, ["hdparm", "-N", node])["out"]
        assert f"{SIZE_BYTES // 512}/{(SIZE_BYTES + HIDDEN_BYTES) // 512}, HPA is enabled" in said
        statement = stage.wipe(node)
    stage.check(model.medium.truth()[:SIZE_BYTES], statement)
    assert statement["device"]["size_bytes"] == SIZE_BYTES
    assert statement["device"]["hidden_areas"]["hpa"] == "unknown"
    assert "areas-outside-the-block-interface" in statement["not_checked"]
    assert model.medium.truth()[SIZE_BYTES:].startswith(SECRET)


# --- a bridge that dies --------------------------------------------------------------------------


def test_job__bridge_dies_in_a_pass__no_certificate_and_its_neighbour_ends_meanwhile(
    stage: Stage, usual: tuple[BridgedDrive, str]
) -> None:
    """A write that no signal can end blocks its own job only, and never counts as written."""
    neighbour, beside = usual
    neighbour.medium.make(SIZE_BYTES)
    dead = bridged(SIZE_BYTES, "DIES01")
    with redirected(stage.guest, "dead", dead) as port, ThreadPoolExecutor(1) as aside:
        node = plug_model(stage.guest, port, SIZE_BYTES)
        shorten(stage.guest, node)
        hang = Fault(effect=Effect.HANG, op=Op.WRITE, start_byte=MIDDLE)
        dead.medium.follow(hang)
        job = aside.submit(stage.wipe, node)
        until(lambda: dead.storage.hung)
        statement = stage.wipe(beside)
        assert not job.done(), "its write is still blocked"
        port.pull()  # what a person does in the end; the kernel would go on resetting for minutes
        notice = job.result()
    stage.guest.call(inside_station.quick_abandon)
    stage.check(neighbour.medium.truth(), statement)
    assert "notice" in notice, notice
    assert notice["outcome"] in ("failed", "indeterminate")
    assert dead.medium.counts()["written_bytes"] <= MIDDLE


def shorten(guest: Guest, node: str) -> None:
    """Have the kernel reset a drive soon: in seconds, and without asking it again and again."""
    disk = f"/sys/block/{node.removeprefix('/dev/')}/device"
    guest.call(inside.write_text, f"{disk}/timeout", "6")
    guest.call(inside.write_text, f"{disk}/eh_timeout", "1")
    (entry,) = guest.call(inside.names, f"{disk}/scsi_disk")
    guest.call(inside.write_text, f"{disk}/scsi_disk/{entry}/max_retries", "0")


# --- identities ----------------------------------------------------------------------------------


def interrupt(stage: Stage, port: Port, model: BridgedDrive, node: str) -> None:
    """Pull a drive out in the middle of a pass."""
    model.medium.follow(Fault(effect=Effect.DELAY, op=Op.WRITE, seconds=0.02))
    with ThreadPoolExecutor(1) as aside:
        job = aside.submit(stage.wipe, node)
        until(lambda: model.medium.counts()["written_bytes"] > 8 << 20)
        port.pull()
        assert job.result()["notice"]["kind"] == "interrupted"
    model.medium.lift()


def sizes(guest: Guest) -> list[int]:
    """Return the sizes of all disks in the guest."""
    return [disk["size_bytes"] for disk in guest.call(inside.disks)]


def test_resume__another_drive_behind_a_bridge_of_the_same_serial__refused_untouched(
    stage: Stage,
) -> None:
    """A bridge's serial names no drive: without a person's word no other one is taken for it."""
    guest = stage.guest
    mine, other = (bridged(LARGE_BYTES, name, passes_ata=False) for name in ("MINE", "OTHER"))
    with (
        redirected(guest, "mine", mine) as port,
        redirected(guest, "other", other) as other_port,
    ):
        interrupt(stage, port, mine, plug_model(guest, port, LARGE_BYTES))
        plug_model(guest, other_port, LARGE_BYTES)
        with pytest.raises(GuestError, match="Cannot tell whether this is the same device"):
            guest.call(inside_station.quick_resume, None, timeout_s=CALL_S)
        assert not any(other.medium.truth()), "nothing was written to it"
        plug_model(guest, port, LARGE_BYTES)
        notice = guest.call(inside_station.quick_resume, "SAMEBRIDGE", timeout_s=CALL_S)
        assert notice["notice"]["kind"] == "interrupted", "with both there, neither is the one"
        other_port.pull()
        until(lambda: sizes(guest).count(LARGE_BYTES) == 1)
        statement = guest.call(inside_station.quick_resume, "SAMEBRIDGE", timeout_s=CALL_S)
    stage.check(mine.medium.truth(), statement)
    assert not any(other.medium.truth())
    assert statement["device"]["identity_strength"] == "bridge"
