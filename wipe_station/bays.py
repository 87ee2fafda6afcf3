"""Which devices are this station's business at all. Pure.

A daemon on an appliance minds what is plugged into it and no loop drive; a practice station minds
the loop drives in one folder and nothing else, so that it can never touch a real device. The
command line without a daemon is told the device by a person and minds everything.
"""

from collections.abc import Callable
from pathlib import PurePath

from wipe_station.records import DeviceFacts, Transport

Bays = Callable[[DeviceFacts], bool]
"""Tells whether a device lies in one of the station's bays."""


def everywhere(_: DeviceFacts) -> bool:
    """Mind every device; a person names the one to be wiped."""
    return True


def plugged_in(device: DeviceFacts) -> bool:
    """Mind devices that were plugged in, and no loop drive."""
    return device.transport is not Transport.LOOP


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
