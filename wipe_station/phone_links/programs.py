"""The programs that the station speaks with phones through, as long as it runs. I/O.

One that cannot be started is missed and no more: phones that need it say so, and the rest goes on.
"""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

from wipe_station.errors import StationError
from wipe_station.phone_links import adb_process, usbmux_process
from wipe_station.phone_links.presence import Reach

ADB_FOLDER: Final = "adb"
"""In the state directory: adb's socket, and the key that phones allow."""
Program = TypeVar("Program")
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def reaching(state: Path) -> Iterator[Reach]:
    """Run them for as long as the block lasts.

    Args:
        state: the state directory; the caller holds its lock.
    """
    with contextlib.ExitStack() as held:
        adb = _begun(held, adb_process.started(state / ADB_FOLDER))
        mux = _begun(held, usbmux_process.started())
        yield Reach(adb=adb, mux=mux)


def _begun(
    held: contextlib.ExitStack, program: contextlib.AbstractContextManager[Program]
) -> Program | None:
    """Return a program that runs until the end of a stack, or None."""
    try:
        return held.enter_context(program)
    except StationError as error:
        _log.warning("%s", error)
        return None
