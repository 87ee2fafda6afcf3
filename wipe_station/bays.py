"""Which devices are this station's business at all, and which USB port is which bay. Pure.

A daemon on an appliance minds what is plugged into it and no loop drive; a practice station minds
the loop drives in one folder and nothing else, so that it can never touch a real device. The
command line without a daemon is told the device by a person and minds everything.

A bay is a USB port, named as sysfs names it (``1-4.2``: bus 1, port 4, port 2 of the hub there).
The console's own ports, where touchscreen, scanner and printer hang, are no bays: what is plugged
in there is let in whatever it is, and is never wiped. A file tells which is which:

    version = 1
    console = ["1-1", "3-2"]           # these ports, and all below them
    [bays]
    "1" = ["1-4.1", "2-4.1"]           # one socket is two ports: USB 2 and USB 3
    "2" = ["1-4.2", "2-4.2"]

A hub that these ports hang on is the station's own. A port that the file does not mention is a
bay without a name.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

from certs.text import Text
from wipe_station.errors import InvalidInputError
from wipe_station.records import DeviceFacts, Transport

_PORT: Final = re.compile(r"[1-9]\d{0,2}-[1-9]\d{0,2}(\.[1-9]\d{0,2}){0,6}")
_MOST_NAME_CHARACTERS: Final = 16

Bays = Callable[[DeviceFacts], bool]
"""Tells whether a device lies in one of the station's bays."""


def everywhere(_: DeviceFacts) -> bool:
    """Mind every device; a person names the one to be wiped."""
    return True


def plugged_in(device: DeviceFacts) -> bool:
    """Mind devices that were plugged in, and no loop drive."""
    return device.transport is not Transport.LOOP


@dataclass(frozen=True, slots=True, kw_only=True)
class BayMap:
    """Which USB port is what."""

    console: tuple[str, ...] = ()
    """Ports of the station's own devices, with all below them."""
    bays: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Bay name → its ports."""
    declared: bool = False
    """Whether a file says so; otherwise what hung there at the start tells the console's ports."""

    def is_console(self, port: str) -> bool:
        """Tell whether a port is the console's, or lies below one that is."""
        return any(_at_or_below(port, mine) for mine in self.console)

    def is_own_hub(self, port: str) -> bool:
        """Tell whether declared bays, or the console's own devices, hang on the hub at a port."""
        ports = [*self.console, *(each for ports in self.bays.values() for each in ports)]
        return any(each != port and _at_or_below(each, port) for each in ports)

    def name_of(self, port: str) -> str | None:
        """Return the bay that a port belongs to, if it has a name."""
        named = (
            name
            for name, ports in self.bays.items()
            if any(_at_or_below(port, mine) for mine in ports)
        )
        return next(named, None)

    def holds(self, device: DeviceFacts) -> bool:
        """Tell whether a device was plugged into a bay: no loop drive, nothing of the console's."""
        return plugged_in(device) and not (device.usb_path and self.is_console(device.usb_path))


def _at_or_below(port: str, top: str) -> bool:
    return port == top or port.startswith(f"{top}.")


def parse_bay_map(text: str) -> BayMap:
    """Read a file that tells which port is what.

    Raises:
        InvalidInputError: it is no such file; the sentence names what is wrong.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(str(error)) from error
    if said.get("version") != 1 or not said.keys() <= {"version", "console", "bays"}:
        raise _wrong("version = 1, console, [bays]")
    bays = said.get("bays", {})
    if not isinstance(bays, dict):
        raise _wrong("bays")
    made = BayMap(
        console=_ports(said.get("console", []), "console"),
        bays={_bay_name(name): _ports(ports, name) for name, ports in bays.items()},
        declared=True,
    )
    _require_apart(made)
    return made


def _ports(said: Any, where: str) -> tuple[str, ...]:  # noqa: ANN401 - a file's value
    if not isinstance(said, list):
        raise _wrong(where)
    for port in said:
        if not isinstance(port, str) or not _PORT.fullmatch(port):
            raise _wrong(f"{where}: {str(port)[:40]}")
    return tuple(said)


def _bay_name(name: str) -> str:
    if not name.isprintable() or not 0 < len(name) <= _MOST_NAME_CHARACTERS:
        raise _wrong(repr(name[:40]))
    return name


def _require_apart(made: BayMap) -> None:
    """Refuse a port that is two things at once."""
    seen: list[str] = list(made.console)
    for ports in made.bays.values():
        for port in ports:
            if any(_at_or_below(port, one) or _at_or_below(one, port) for one in seen):
                raise _wrong(port)
        seen += ports


def _wrong(where: str) -> InvalidInputError:
    return InvalidInputError(
        Text(zh=f"槽位文件看不懂：{where}。", en=f"The file of bays is not understood: {where}."),
        hint=Text(
            zh="每行写成 docs/bays.md 里的样子；每个口只写一次。",
            en="Write each line as docs/bays.md shows; name each port once.",
        ),
    )


def practice_drives(folder: PurePath) -> Bays:
    """Mind loop drives whose file lies below a folder, and nothing else.

    Args:
        folder: absolute, without symbolic links, as the kernel names backing files.
    """

    def holds(device: DeviceFacts) -> bool:
        file = device.identifier("backing-file")
        return (
            device.transport is Transport.LOOP
            and file is not None
            and ".." not in PurePath(file).parts
            and PurePath(file).is_relative_to(folder)
        )

    return holds
