"""The boot loader of a simulated Android phone, over TCP: there while its system is not. I/O."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Final

from certs.text import Text
from hw_tests.phones.android import AndroidPhone, Mode
from hw_tests.phones.fastboot import FastbootEngine, Manner, TcpPhone
from hw_tests.phones.flash import Flash
from wipe_station.errors import DeviceGoneError
from wipe_station.phone_links.fastboot import TcpWire

_GONE: Final = Text(zh="不在引导模式。", en="It is not in its boot loader.")


@dataclass(kw_only=True)
class _Storage(Flash):
    """The phone's own storage, as its boot loader sees it."""

    phone: AndroidPhone

    def erase(self, partition: str) -> None:
        """Lose a partition; whether the data goes with it is the phone's to say."""
        self.erased.append(partition)
        if partition == "userdata":
            self.phone.erase_from_outside()


class BootLoader:
    """Answers whoever asks for it while the phone is in it."""

    def __init__(self, phone: AndroidPhone, manner: Manner) -> None:
        self._phone = phone
        self._tcp = TcpPhone(_Storage(phone=phone), manner, left=self._left)
        self.engine.variables["serialno"] = phone.serial

    @property
    def engine(self) -> FastbootEngine:
        """Return what answers."""
        return self._tcp.engine

    @property
    def erases(self) -> list[str]:
        """Return what it was told to erase."""
        return [each for each in self.engine.commands if each.startswith("erase:")]

    def opened(self, port: str) -> TcpWire:
        """Open a wire to it, as ``wire_over_usb`` does.

        Raises:
            DeviceGoneError: the phone is not there, or in another mode.
        """
        if not self._phone.running or self._phone.mode is not Mode.BOOTLOADER:
            raise DeviceGoneError(_GONE, hint=_GONE, device_id=port)
        return TcpWire("127.0.0.1", self._tcp.port)

    def _left(self) -> None:
        """Restart, if it was told to; otherwise somebody has pulled the cable."""
        if self.engine.gone_to is None:
            self._phone.unplug()
        else:
            self._phone.restart()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Answer as long as the block lasts."""
        aside = Thread(target=self._tcp.serve)
        aside.start()
        try:
            yield
        finally:
            self._tcp.close()
            aside.join()
