"""``wipe-station capture``: one physical device becomes a recording that may be shown. I/O.

1. Find the device, and that it can be opened; it is opened for reading only, and nothing else than
   reading is done, so whoever uses it is not disturbed.
2. Read it with everything behind the same controller, card or USB device: sysfs, udev, pages,
   answers to Identify and SMART. The machine's mounts, processes and other devices are not read.
3. Hand all that to a process that is nobody, which scrubs it (``detect.recording``).
4. Write what comes back to a file that was not there before.
"""

import contextlib
import json
import os
import pwd
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Final

from certs.text import Text
from wipe_station.block import device_number
from wipe_station.detect.classify import World, classify, control_of
from wipe_station.detect.raw import Raw
from wipe_station.detect.recording import LIMIT_BYTES, parse_recording
from wipe_station.detect.snapshot import MORE_PAGES, read_devices, read_loops, udevd_present
from wipe_station.errors import (
    DeviceGoneError,
    InvalidInputError,
    MalformedReplyError,
    RequestError,
)
from wipe_station.lookout import Lookout
from wipe_station.nvme import identify_controller
from wipe_station.records import VIRTUAL_TRANSPORTS, DeviceFacts, Json
from wipe_station.smart import answer_of

SCRUB_S: Final = 60
_LONGEST_NAME: Final = 80
_PEOPLE: Final = range(1000, 60000)
_LEAST_NAME: Final = 4
"""Shorter names of hosts and users would be found by chance in models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A recording that was written."""

    path: Path
    recording: Raw


def capture(wanted: str, output: Path, now: datetime) -> Captured:
    """Record one physical device.

    Args:
        wanted: its node or stable id.
        output: a file that is not there yet, or a folder; the file is named after the device then.
        now: the recording bears its date.

    Raises:
        InvalidInputError: no such device, not a block device, or the file is there already.
        RequestError: no right to open the device.
        DeviceGoneError: it cannot be opened.
        MalformedReplyError: what it says could not be scrubbed; nothing was written.
    """
    devices = read_devices(more_pages=MORE_PAGES)
    snapshot: Raw = {"udevd": udevd_present(), "devices": devices, "loops": read_loops()}
    device = _disk_of(classify(snapshot), wanted)
    _require_readable(device)
    names = _behind_the_same(device.name, devices)
    material: Raw = {
        "snapshot": snapshot
        | {
            "devices": {name: devices[name] for name in names},
            "loops": {name: o for name, o in snapshot["loops"].items() if name in names},
        },
        "replies": {name: _answers(name, device) for name in names if _is_disk(devices[name])},
        "recorded": _recorded(device.name, now),
        "private": sorted(_private_names()),
    }
    text = _scrubbed(material)
    recording = parse_recording(text)
    return Captured(path=_written(text, output, recording), recording=recording)


def _disk_of(world: World, wanted: str) -> DeviceFacts:
    """Return the disk that is meant, also by one of its partitions."""
    found = Lookout.find(world, wanted)
    return world.device(world.partition_of.get(found.name, found.name)) or found


def _require_readable(device: DeviceFacts) -> None:
    device_number(device.node)
    try:
        os.close(os.open(device.node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except PermissionError as error:
        raise RequestError(
            Text(zh=f"没有权限打开 {device.node}。", en=f"No permission to open {device.node}."),
            hint=Text(zh="用 root 再来一次。", en="Do it again as root."),
            device_id=device.node,
        ) from error
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise DeviceGoneError(
            Text(zh=f"打不开 {device.node}：{why}。", en=f"Cannot open {device.node}: {why}."),
            hint=Text(zh="检查连线，重新插上。", en="Check the cable and plug it in again."),
            device_id=device.node,
        ) from error


def _is_disk(raw: Raw) -> bool:
    return not raw["parent"] and raw["attrs"].get("hidden") != "1"


def _behind_the_same(name: str, devices: dict[str, Raw]) -> list[str]:
    """Return a disk, what shares its controller, card or USB device, and all their partitions."""
    control = control_of(devices[name])
    disks = {name} | {
        each for each, raw in devices.items() if control and control_of(raw) == control
    }
    return [each for each, raw in devices.items() if each in disks or raw["parent"] in disks]


def _answers(name: str, device: DeviceFacts) -> dict[str, str]:
    if device.transport in VIRTUAL_TRANSPORTS:
        return {}
    node, said = f"/dev/{name}", {}
    if (identified := identify_controller(node)) is not None:
        said["nvme-identify"] = identified.hex()
    with contextlib.suppress(FileNotFoundError, subprocess.TimeoutExpired):
        said["smartctl"] = answer_of(node).decode("utf-8", "replace")
    return said


def _recorded(name: str, now: datetime) -> dict[str, Json]:
    release = re.match(r"\d+(\.\d+)*", os.uname().release)
    return {
        "date": now.date().isoformat(),
        "kernel": release[0] if release else "?",
        "station": metadata.version("wipe-station"),
        "device": name,
        "about": "",
    }


def _private_names() -> Iterator[str]:
    """Yield names of this machine and of the people who use it."""
    yield from (n for n in os.uname().nodename.split(".") if len(n) >= _LEAST_NAME)
    for user in pwd.getpwall():
        if user.pw_uid in _PEOPLE and len(user.pw_name) >= _LEAST_NAME:
            yield user.pw_name


def _scrubbed(material: Raw) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "wipe_station.capture_child", str(os.getpid())],
            input=json.dumps(material).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            check=True,
            timeout=SCRUB_S,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise MalformedReplyError("recording", offset=0, field="scrubbing") from error
    return done.stdout[: LIMIT_BYTES + 1]


def _written(text: bytes, output: Path, recording: Raw) -> Path:
    path = output / file_name(recording) if output.is_dir() else output
    try:
        with path.open("xb") as file:
            file.write(text)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise InvalidInputError(
            Text(zh=f"写不了 {path}：{why}。", en=f"Cannot write {path}: {why}."),
            hint=Text(
                zh="用 --output 换一个文件名或目录。", en="Name another file or folder by --output."
            ),
        ) from error
    return path


def file_name(recording: Raw) -> str:
    """Return a name such as ``usb-qemu-harddisk-2-5.json``: how it is reached, and its model."""
    name = recording["recorded"]["device"]
    facts = classify(recording["snapshot"]).device(name)
    said = [facts.transport.value] if facts else [name]
    said += [facts.identifier(kind) or "" for kind in ("model", "firmware")] if facts else []
    words = "-".join(re.findall(r"[a-z0-9]+", " ".join(said).lower()))
    return f"{words[:_LONGEST_NAME]}.json"
