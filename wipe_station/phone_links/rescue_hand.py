"""A hand for an Android phone in its rescue mode, over adb. I/O.

Its recovery answers there instead of its system, asks nobody for trust, and knows few commands; one
has it erase its data (``adb rescue wipe userdata``).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from wipe_station.errors import DeviceError, MalformedReplyError
from wipe_station.phone_links.adb_server import AdbServer
from wipe_station.phone_links.hand import Baseline, ClosedError, Tell, Wants
from wipe_station.phones.adb_server import AdbDevice, LinkState
from wipe_station.phones.android_after import same_device
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.overwrite import NOTHING, Overwritten
from wipe_station.phones.routes import Link, Route

ERASE_S: Final = 600.0
"""As for a boot loader's erase [M]."""


class RescueHand:
    """By rescue mode, which says and shows nothing of the data: other hands read and look."""

    links = frozenset({Link.RESCUE})
    routes = frozenset({Route.GUIDED, Route.RESCUE})
    can_overwrite = False

    def __init__(
        self,
        server: AdbServer,
        find: Callable[[], AdbDevice],
        usb_serial: Callable[[], str | None],
    ) -> None:
        """Take a phone.

        Args:
            server: that sees it.
            find: returns its newest line in the server's list, or raises ``DeviceGoneError``.
            usb_serial: of the port that it hangs on.
        """
        self._server, self._find, self._usb_serial = server, find, usb_serial

    def read(self) -> Baseline:
        """See ``Hand``; it always raises."""
        raise ClosedError(Wants.RESTART)

    def temperature(self) -> float | None:
        """See ``Hand``; rescue mode does not say."""
        return None

    def plant(self, name: str, content: bytes) -> bool:  # noqa: ARG002 - the interface's
        """See ``Hand``; rescue mode takes no files."""
        return False

    def ask(self, route: Route, before: Baseline) -> bool:
        """See ``Hand``; it restarts into its system afterwards, whatever it said."""
        assert route in self.routes, "another hand's route"
        if route is not Route.RESCUE:
            return True
        device = self._find()
        if device.state is not LinkState.RESCUE:
            raise ClosedError(Wants.RESTART, device_id=device.usb_path)
        # The line was taken first: who comes to the port from here on has another connection.
        if not self._is_ours(device, before):
            return False
        try:
            erased = self._server.rescue_wipe(device, timeout_s=ERASE_S)
        except (DeviceError, MalformedReplyError):
            erased = True  # "closed" is said also where the line broke behind the command
        with suppress(DeviceError, MalformedReplyError):
            self._server.reboot(device)
        return erased

    def _is_ours(self, device: AdbDevice, before: Baseline) -> bool:
        """Tell whether port and connection both state the serial of the phone that was read."""
        if same_device(before.usb_serial, self._usb_serial()) is not True:
            return False
        return device.usb_path is None or device.serial == before.usb_serial

    def look(self, before: Baseline, canary: str | None) -> Evidence:  # noqa: ARG002
        """See ``Hand``; it always raises."""
        raise ClosedError(Wants.RESTART)

    def overwrite(self, tell: Tell, stopped: Callable[[], bool]) -> Overwritten:  # noqa: ARG002
        """See ``Hand``; rescue mode sees no free space."""
        return NOTHING
