"""Devices that come and go before a running daemon, over real udev: seen, and nothing leaks."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from hw_tests.lab import inside, inside_phones, inside_station
from hw_tests.lab.android_usb import on_usb
from hw_tests.lab.bench import Device, Kind, plug, pull
from hw_tests.lab.guest import Guest
from hw_tests.loop import make_file, scratch
from hw_tests.phones.android import AndroidPhone
from wipe_station.phone_links.presence import Program

SEED = 20261125
CYCLES = 102
KINDS = (Kind.STICK, Kind.UAS, Kind.NVME)
STATE = "/run/state"
PHONE_S = 60.0
SLACK = 4
"""Descriptors that a daemon opens and closes in passing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A guest with a daemon in it."""

    guest: Guest
    folder: Path
    pid: int

    def device(self, kind: Kind, name: str, size_bytes: int) -> Device:
        """Make a device."""
        file = make_file(self.folder, size_bytes, name)
        return Device(kind=kind, name=name, file=file, size_bytes=size_bytes)


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    """Return a guest in which a daemon listens."""
    with scratch() as folder, Guest() as guest:
        pid = guest.call(inside_station.start_daemon, STATE, timeout_s=120.0)
        yield Counter(guest=guest, folder=folder, pid=pid)


def test_plugged_in__shown__soon_after_the_kernels_event(counter: Counter) -> None:
    """A device is on the board once the kernel has told of it; ``docs/lab.md`` has figures."""
    for number, kind in enumerate(KINDS):
        made = counter.device(kind, f"first-{kind.value}", (8 + number) << 20)
        with ThreadPoolExecutor(1) as aside:
            seen = aside.submit(
                counter.guest.call,
                inside_station.shown_after_s,
                STATE,
                made.size_bytes,
                timeout_s=60.0,
            )
            counter.guest.call(inside_station.wait_for_daemon, STATE, timeout_s=10.0)
            node = plug(counter.guest, made)
            after_s = seen.result()
        print(f"{kind.value}: shown {after_s:.3f} s after the kernel's event")
        assert node in counter.guest.call(inside_station.shown, STATE)
        pull(counter.guest, made)
    counter.guest.call(inside_station.wait_until_empty, STATE, timeout_s=60.0)


def test_phone__on_both_ports_of_its_usb_3_socket__one_port_to_the_station(
    counter: Counter,
) -> None:
    """What comes back at another speed is on another bus to the kernel, and in the same socket."""
    guest, phone = counter.guest, AndroidPhone(debugging=False, super_speed=True)
    with on_usb(guest, phone):
        (fast,) = guest.call(inside_phones.wait_for_ports, phone.serial, 1, PHONE_S)
        (shown,) = guest.call(inside_station.wait_for_phones, STATE, 1, PHONE_S)
        phone.left()
        assert guest.call(inside_station.wait_for_phones, STATE, 0, PHONE_S) == []
        phone.super_speed = False
        phone.arrive()
        assert (
            guest.call(inside_phones.wait_for_ports, phone.serial, 1, PHONE_S) == [shown] != [fast]
        )
        assert guest.call(inside_station.wait_for_phones, STATE, 1, PHONE_S) == [shown]
    assert guest.call(inside_station.wait_for_phones, STATE, 0, PHONE_S) == []


def test_plugged_and_pulled__a_hundred_times__nothing_leaks(counter: Counter) -> None:
    """Seeded plugs, pulls and swaps leave no descriptor, process, thread or device behind."""
    guest = counter.guest
    before = guest.call(inside.held, counter.pid)

    def cycles(kind: Kind) -> int:
        """Plug one device and then another one into the same place, again and again."""
        chance = random.Random(f"{SEED} {kind.value}")
        pair = [
            counter.device(
                kind, f"{kind.value}-{number}", (4 + KINDS.index(kind) * 2 + number) << 20
            )
            for number in range(2)
        ]
        for _ in range(CYCLES // len(KINDS)):
            made = chance.choice(pair)
            node = plug(guest, made, settled=False)  # pulled in the midst of udev's work, too
            if chance.random() < 0.5:
                guest.call(inside_station.wait_until_shown, STATE, node, timeout_s=60.0)
            pull(guest, made)
        return CYCLES // len(KINDS)

    with ThreadPoolExecutor(len(KINDS)) as together:
        assert sum(together.map(cycles, KINDS)) >= 100
    guest.call(inside_station.wait_until_empty, STATE, timeout_s=60.0)
    after = guest.call(inside.held, counter.pid)
    assert after["descriptors"] <= before["descriptors"] + SLACK, (before, after)
    assert after["threads"] <= before["threads"] + SLACK, (before, after)
    assert after["children"] <= len(Program) + 1, "adb, usbmuxd, who lists their phones; no more"
    board = guest.call(inside_station.board, STATE)
    assert (board["devices"], board["jobs"]) == ([], [])
    assert guest.call(inside_station.guards, STATE) == 0
    assert guest.call(inside.ended, counter.pid, timeout_s=0.1) is None, "the daemon still runs"
