"""Reads an Android phone through the adb server, and puts our canary on it. I/O.

What one command does not say is unknown; a phone that goes away is an error, and so is one that
does not answer at all.
"""

import contextlib
import re
import time
from typing import Final

from wipe_station.errors import CommandRejectedError, CommandTimeoutError, MalformedReplyError
from wipe_station.phone_links.adb_server import AdbServer, require_allowed
from wipe_station.phones.adb_server import AdbDevice
from wipe_station.phones.adb_shell import ShellEnd
from wipe_station.phones.android_after import MADE_BY_ITSELF, PERSONAL_FOLDERS
from wipe_station.phones.android_facts import Ask, celsius_of, facts_of, in_trade_in
from wipe_station.phones.canary import CanaryLook
from wipe_station.phones.facts import PhoneFacts

ASK_S: Final = 20.0
READ_S: Final = 120.0
FOLDER: Final = "/sdcard/"
"""Where the canary lies: among its person's own files, under their encryption, and in the root,
where MTP sees it as well. The path is a link: without the slash the link itself is looked at."""
_NAME: Final = re.compile(r"[0-9a-f]{32}")


def read(server: AdbServer, device: AdbDevice) -> PhoneFacts:
    """Ask a phone everything that it can be asked.

    Raises:
        CommandRejectedError: it does not let itself be spoken to.
        DeviceGoneError: it went away.
        CommandTimeoutError: ``READ_S`` were over.
    """
    return facts_of(_said(server, device), usb_path=device.usb_path)


def read_after(server: AdbServer, device: AdbDevice) -> tuple[PhoneFacts, bool]:
    """Ask likewise; return what is known, and whether only its trade-in mode answers."""
    said = _said(server, device)
    return facts_of(said, usb_path=device.usb_path), in_trade_in(said)


def _said(server: AdbServer, device: AdbDevice) -> dict[Ask, ShellEnd]:
    require_allowed(device)
    until_s = time.monotonic() + READ_S
    ends = {ask: _asked(server, device, ask, until_s) for ask in Ask}
    return {ask: end for ask, end in ends.items() if end is not None}


def names(server: AdbServer, device: AdbDevice) -> tuple[str | None, str | None]:
    """Return what a phone states as its serial and model now.

    Raises:
        CommandRejectedError: it does not let itself be spoken to.
        DeviceGoneError: it went away.
        CommandTimeoutError: it did not answer.
    """
    require_allowed(device)
    end = _asked(server, device, Ask.PROPERTIES, time.monotonic() + ASK_S)
    facts = facts_of({} if end is None else {Ask.PROPERTIES: end})
    return facts.serial, facts.model


def temperature(server: AdbServer, device: AdbDevice) -> float | None:
    """Return a phone's battery's temperature now, in degrees Celsius; None where it says none.

    Raises:
        CommandRejectedError: it does not let itself be spoken to.
        DeviceGoneError: it went away.
        CommandTimeoutError: it did not answer.
    """
    require_allowed(device)
    end = _asked(server, device, Ask.BATTERY, time.monotonic() + ASK_S)
    return None if end is None else celsius_of(end)


def _asked(server: AdbServer, device: AdbDevice, ask: Ask, until_s: float) -> ShellEnd | None:
    """Return how one command ended; on some phones some hang, and some are forbidden."""
    timeout_s = min(ASK_S, until_s - time.monotonic())
    try:
        return server.shell(device, ask.value, timeout_s=timeout_s)
    except (CommandRejectedError, MalformedReplyError):
        return None
    except CommandTimeoutError:
        if time.monotonic() >= until_s:
            raise
        return None


def plant(server: AdbServer, device: AdbDevice, name: str, content: bytes) -> bool:
    """Put a file of ours on a phone; return whether it was read back the same.

    Args:
        server: that sees the phone.
        device: from its newest list.
        name: 32 hexadecimal digits, drawn for this one use.
        content: drawn, too.

    Raises:
        CommandRejectedError: the phone does not take it.
    """
    assert _NAME.fullmatch(name), "a drawn name"
    path = FOLDER + name
    server.push(device, path, [content])
    return server.pull(device, path, most_bytes=len(content)) == content


def look(
    server: AdbServer, device: AdbDevice, name: str, *, control: str, content: bytes
) -> CanaryLook:
    """Look for a canary, beside a control that is put there now and taken away again.

    Args:
        server: that sees the phone.
        device: from its newest list.
        name: the canary's.
        control: 32 hexadecimal digits, drawn for this one use.
        content: of the control.

    Raises:
        CommandRejectedError: the phone lets nobody look.
    """
    same = False
    with contextlib.suppress(CommandRejectedError):
        same = plant(server, device, control, content)
    seen = CanaryLook(
        name=name,
        control=control,
        folder=server.status(device, FOLDER),
        canary=server.status(device, FOLDER + name),
        listing=server.listing(device, FOLDER, frozenset({name, control})),
        control_same=same,
    )
    server.shell(device, f"rm -f {FOLDER}{control}", timeout_s=ASK_S)
    return seen


def personal_files(server: AdbServer, device: AdbDevice) -> int:
    """Count what lies in the folders that a new phone has empty; their names are not kept."""
    by_itself = frozenset({MADE_BY_ITSELF})
    seen = [server.listing(device, FOLDER + each, by_itself) for each in PERSONAL_FOLDERS]
    return sum(each.entries - len(each.found) for each in seen)
