"""Whole jobs on real drivers: the host reads from outside what each medium holds afterwards."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hw_tests.independent_stream import first_difference
from hw_tests.lab import inside, inside_station, inside_usb
from hw_tests.lab.bench import Device, Kind, plug, pull, sd_arguments
from hw_tests.lab.guest import Guest
from hw_tests.loop import make_file, scratch
from wipe_station.detect.recording import judge, parse_recording
from wipe_station.quirks import all_quirks

JOB_S = 400.0
CARE_S = 120.0
TOO_HOT_CELSIUS, COOL_CELSIUS = 30, 90
"""QEMU's drive says 50 °C, and keeps the limit that it is told."""
SIZES = {Kind.STICK: 10 << 20, Kind.UAS: 9 << 20, Kind.NVME: 11 << 20, Kind.SD: 8 << 20}
TRANSPORTS = {Kind.STICK: "usb", Kind.UAS: "usb", Kind.NVME: "nvme", Kind.SD: "mmc"}
SECRET = b"Dear diary, nobody else may ever read this. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A guest and its four devices."""

    guest: Guest
    devices: tuple[Device, ...]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Return a guest that has no device yet, and devices that hold somebody's letters."""
    with scratch() as folder:
        devices = tuple(device(folder, kind) for kind in SIZES)
        (card,) = [each for each in devices if each.kind is Kind.SD]
        with Guest(*sd_arguments(card)) as guest:
            yield Bench(guest=guest, devices=devices)


def device(folder: Path, kind: Kind) -> Device:
    """Make a device with a past."""
    file = make_file(folder, SIZES[kind], kind.value)
    write_letters(file)
    return Device(kind=kind, name=kind.value, file=file, size_bytes=SIZES[kind])


def write_letters(file: Path) -> None:
    """Fill a medium with what its owner wrote."""
    size_bytes = file.stat().st_size
    with file.open("r+b") as medium:
        for at in range(0, size_bytes, 1 << 20):
            medium.seek(at)
            medium.write(SECRET * 20)


def check_medium(made: Device, statement: dict[str, Any]) -> None:
    """Read the medium from outside: nothing but the stream that the certificate names."""
    key = bytes.fromhex(statement["passes"][-1]["pattern"]["key_hex"])
    assert made.file.stat().st_size == made.size_bytes == statement["device"]["size_bytes"]
    assert SECRET not in made.file.read_bytes()
    assert first_difference(made.file, key) is None
    assert statement["device"]["transport"] == TRANSPORTS[made.kind]
    assert statement["verification"]["verified_bytes"] == made.size_bytes


def test_command_line__on_real_drivers__every_medium_ends_as_the_certificate_says(
    bench: Bench,
) -> None:
    """Stick, UAS drive, NVMe and SD card, plugged in after the first start, are wiped at once."""
    guest, state = bench.guest, "/run/state-command"
    assert guest.call(inside_station.command, "devices", "--state", state)["code"] == 0
    nodes = [plug(guest, made) for made in bench.devices]
    listed = guest.call(inside_station.command, "devices", "--json", "--state", state)
    shown = {each["node"]: each for each in map(json.loads, listed["out"].splitlines())}
    for made, node in zip(bench.devices, nodes, strict=True):
        assert shown[node]["refusals"] == [], shown[node]
        words = ("wipe", node, "--confirm", shown[node]["confirm"], "--method", "random", "--json")
        ran = guest.call(inside_station.command, *words, "--state", state, timeout_s=JOB_S)
        assert ran["code"] == 0, ran
        end = json.loads(ran["out"].splitlines()[-1])
        text = guest.call(inside.read_text, end["bundle"] + "/certificate.json")
        pull(guest, made)
        check_medium(made, json.loads(text))


@contextmanager
def too_hot(guest: Guest, node: str) -> Iterator[None]:
    """Have an NVMe drive call itself too hot while the block runs."""
    name = node.removeprefix("/dev/")
    now, limit = guest.call(inside.set_heat_limit, name, TOO_HOT_CELSIUS)
    assert now >= limit
    try:
        yield
    finally:
        guest.call(inside.set_heat_limit, name, COOL_CELSIUS)


def test_daemon__on_real_drivers__four_jobs_at_once_by_default_policy(bench: Bench) -> None:
    """The daemon sees each come by real udev, guards it, wipes all at once, and sees it go.

    The stick's port would save power, and has it for as long as the job runs; the NVMe drive is
    hotter than it likes, by its own driver's thermometer, and rests.
    """
    guest, state = bench.guest, "/run/state-daemon"
    pid = guest.call(inside_station.start_daemon, state, timeout_s=120.0)
    for made in bench.devices:
        write_letters(made.file)
    nodes = [plug(guest, made) for made in bench.devices]
    node_of = {made.kind: node for made, node in zip(bench.devices, nodes, strict=True)}
    (stick,) = [made.serial for made in bench.devices if made.kind is Kind.STICK]
    guest.call(inside_usb.save_power, stick)

    def wipe(node: str) -> dict[str, Any]:
        return guest.call(inside_station.wipe, state, node, timeout_s=JOB_S)

    with ThreadPoolExecutor(len(nodes)) as together, too_hot(guest, node_of[Kind.NVME]):
        running = [together.submit(wipe, node) for node in nodes]
        guest.call(inside_usb.wait_for_power, stick, "on", timeout_s=CARE_S)
        guest.call(inside_station.wait_for_rest, state, node_of[Kind.NVME], timeout_s=CARE_S)
    jobs = [each.result() for each in running]
    guest.call(inside_usb.wait_for_power, stick, "auto", timeout_s=CARE_S)
    assert [job["outcome"] for job in jobs] == ["verified"] * len(nodes), jobs
    for made, job in zip(bench.devices, jobs, strict=True):
        pull(guest, made)
        name = job["document"]["id"]
        text = guest.call(inside_station.document, state, name, "certificate.json")
        check_medium(made, json.loads(text))
        assert "certificate.pdf" in job["document"]["files"]
    guest.call(inside_station.wait_until_empty, state, timeout_s=60.0)
    guest.call(inside.tell, pid, 15)
    assert guest.call(inside.ended, pid, timeout_s=60.0) == 0


def test_capture__on_real_drivers__replays_here_without_a_serial(bench: Bench) -> None:
    """Each medium's recording holds no serial and is judged here as its guest judged it."""
    guest = bench.guest
    for made in bench.devices:
        node = plug(guest, made)
        seen = guest.call(inside_station.captured, node)
        pull(guest, made)
        text, facts = seen["text"], seen["facts"]
        recording = parse_recording(text.encode())
        assert_untold(made.serial, text)
        judged: Any = judge(recording, all_quirks())[node.removeprefix("/dev/")]
        alike = ("transport", "medium", "medium_evidence", "size_bytes", "identity_strength")
        assert {key: judged[key] for key in alike} == {key: facts[key] for key in alike}
        stated = [f"({i['source']}: {i['evidence']})" for i in facts["identifiers"]]
        assert [said[said.rindex("(") :] for said in judged["identifiers"]] == [
            said[said.rindex("(") :] for said in stated
        ]
        assert {"smartctl", *({"nvme-identify"} if made.kind is Kind.NVME else ())} == set(
            recording["replies"][node.removeprefix("/dev/")]
        )


def assert_untold(serial: str, text: str) -> None:
    """Look for a serial forwards, backwards, and in hexadecimal."""
    spelled = (serial, serial[::-1], serial.encode().hex(), serial[::-1].encode().hex())
    assert [found for found in spelled if found.lower() in text.lower()] == []


def test_guest__its_end__leaves_no_process_and_no_folder(bench: Bench) -> None:
    """A second guest beside the first ends by its own process id and takes its folder along."""
    with Guest() as other:
        folder, pid = other.folder, other.pid
        assert folder != bench.guest.folder
        assert Path(f"/proc/{pid}").exists()
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()
    assert bench.guest.call(inside.exists, "/dev/kmsg"), "its neighbour goes on"
