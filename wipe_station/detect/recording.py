"""A recording: one physical device as it was seen, scrubbed, with what must follow from it. Pure.

``{"recording": 1, "recorded": {date, kernel, station, device, about}, "scrubbed": {kind: count},
"snapshot": ..., "replies": {name: {smartctl, nvme-identify}}, "expect": {name: ...}}``. The
snapshot is what ``snapshot.read_snapshot`` returns, so that a recording is a test: ``judge`` says
what the station makes of it, and ``expect`` is what a person says it must make of it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from wipe_station.codec.smart import parse_smart
from wipe_station.detect.classify import World, classify
from wipe_station.detect.raw import Raw
from wipe_station.detect.safety import refusals
from wipe_station.detect.scrub import Scrubber
from wipe_station.detect.shareable import kernel_name, shareable_device, shareable_replies
from wipe_station.errors import MalformedReplyError
from wipe_station.quirk import Quirk
from wipe_station.records import DeviceFacts, Json

VERSION: Final = 1
LIMIT_BYTES: Final = 4 << 20
_ATTEMPTS: Final = 3
"""By chance a placeholder can hold what somebody else's serial is; then all are drawn anew."""
_NOBODY: Final[dict[str, Json]] = {"mounts": [], "swaps": [], "openers": [], "unread_processes": []}
"""Who used the device is the machine's business and no part of a recording."""


def make_recording(
    material: Raw, quirks: Sequence[Quirk], draw: Callable[[int], int]
) -> dict[str, Json]:
    """Turn what was read into what may be shown, with a draft of what must follow from it.

    Args:
        material: ``snapshot`` and ``replies`` as read, ``recorded`` as it shall stand there, and
            ``private``: names of this machine and its users, which must stand nowhere.
        quirks: what is known about devices that lie.
        draw: returns a whole number from 0 to below its argument, by chance.

    Raises:
        MalformedReplyError: something that identifies is left after all.
    """
    for _ in range(_ATTEMPTS):
        scrubber = Scrubber(draw)
        shown = _scrubbed(material, scrubber)
        if not any(scrubber.leaks(text) for text in texts_in(shown)):
            recorded = {"recording": VERSION, "recorded": material["recorded"]}
            counts = {kind: count for kind, count in sorted(scrubber.counts.items()) if count}
            made = recorded | {"scrubbed": counts} | shown
            return made | {"expect": judge(made, quirks)}
    raise MalformedReplyError("recording", offset=0, field="serial left behind")


def _scrubbed(material: Raw, scrubber: Scrubber) -> dict[str, Json]:
    """Scrub twice: the first run meets every secret, so that the second finds them everywhere."""
    for name in material["private"]:
        scrubber.know(name)
    _shown(material, scrubber)
    scrubber.counts.clear()
    return _shown(material, scrubber)


def _shown(material: Raw, scrubber: Scrubber) -> dict[str, Json]:
    snapshot, replies = material["snapshot"], material["replies"]
    devices, loops = snapshot["devices"].items(), snapshot["loops"].items()
    return {
        "snapshot": {
            "version": 1,
            "udevd": bool(snapshot["udevd"]),
            "devices": {
                kernel_name(n, scrubber): shareable_device(d, scrubber) for n, d in devices
            },
            "loops": {kernel_name(n, scrubber): _object(o, scrubber) for n, o in loops},
            **_NOBODY,
        },
        "replies": {
            kernel_name(n, scrubber): shareable_replies(said, scrubber)
            for n, said in replies.items()
        },
    }


def _object(found: dict[str, str], scrubber: Scrubber) -> dict[str, Json]:
    """Hide which file or device stands behind a loop device."""
    return {kind: scrubber.secret(value, "path") for kind, value in found.items()}


def texts_in(value: object) -> Iterator[str]:
    """Yield every text and number in a JSON value; its keys are ours or the kernel's."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)
    else:
        yield str(value)


def parse_recording(data: bytes) -> Raw:
    """Read a recording.

    Raises:
        MalformedReplyError: too long, not JSON, or another version.
    """
    if len(data) > LIMIT_BYTES:
        raise MalformedReplyError("recording", offset=LIMIT_BYTES, field="length")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedReplyError("recording", offset=0, field="JSON") from error
    if not isinstance(found, dict) or found.get("recording") != VERSION:
        raise MalformedReplyError("recording", offset=0, field="version")
    return found


def judge(recording: Raw, quirks: Sequence[Quirk]) -> dict[str, Json]:
    """Say what the station makes of a recording, device by device.

    The devices count as plugged in after the station's start, into one of its bays.
    """
    world = classify(recording["snapshot"], quirks)
    replies = recording.get("replies", {})
    return {
        device.name: _judged(device, world) | _measured(replies.get(device.name, {}))
        for device in world.devices
        if device.whole_disk
    }


def _judged(device: DeviceFacts, world: World) -> dict[str, Json]:
    against = refusals(device, world, boot_diskseq=0)
    return {
        "transport": device.transport.value,
        "medium": device.medium.value,
        "medium_evidence": device.medium_evidence,
        "size_bytes": -1 if device.size_bytes is None else device.size_bytes,
        "identity_strength": device.identity_strength.value,
        "identifiers": [
            f"{i.kind} {i.value} ({i.source.value}: {i.evidence})" for i in device.identifiers
        ],
        "siblings": list(device.siblings),
        "unknowns": list(device.unknowns),
        "quirks": [quirk.name for quirk in world.quirks.get(device.name, ())],
        "refusals": [each.reason.value for each in against],
    }


def _measured(said: Raw) -> dict[str, Json]:
    if "smartctl" not in said:
        return {}
    try:
        return {"measures": parse_smart(json.dumps(said["smartctl"]).encode())}
    except MalformedReplyError as error:
        return {"measures": {"unknown": error.field}}
