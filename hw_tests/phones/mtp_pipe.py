"""Carries MTP between our link and a simulated phone in this process. No I/O.

A simulated Android phone is seen by MTP with the very files that it shows over adb; its serial
there is another one, and a new one after each erasure.
"""

from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Final

from certs.text import Text
from hw_tests.phones.android import FOLDERS, AndroidPhone, Lie
from hw_tests.phones.flash import Flash
from hw_tests.phones.mtp import MODEL, SERIAL, Manner, MtpEngine
from wipe_station.errors import DeviceGoneError

PIECE_BYTES: Final = 7
_ROOT: Final = f"{FOLDERS[0]}/"
_MANNERS: Final = {
    Lie.GARBAGE: Manner.BABBLES,
    Lie.NOISE: Manner.BABBLES,
    Lie.SILENT: Manner.MUTE,
    Lie.CLOSED: Manner.READ_ONLY,
}


class Loopback:
    """A pipe to an engine in this process; it cuts what comes into odd pieces."""

    packet_bytes = 512

    def __init__(
        self, flash: Flash, manner: Manner, *, model: str = MODEL, serial: str = SERIAL
    ) -> None:
        self._came = deque[bytes]()
        self.engine = MtpEngine(flash, self._cut, manner=manner, model=model, serial=serial)

    def send(self, data: bytes, timeout_s: float) -> None:
        """Hand a transfer to the phone."""
        assert timeout_s > 0
        self.engine.feed(data)

    def receive(self, timeout_s: float) -> bytes:
        """Return the next piece; a phone that says nothing is waited for no longer."""
        assert timeout_s > 0
        return self._came.popleft() if self._came else b""

    def _cut(self, data: bytes) -> None:
        pieces = range(0, len(data), PIECE_BYTES)
        self._came.extend(data[at : at + PIECE_BYTES] for at in pieces)


class SharedFiles(MutableMapping[str, bytes]):
    """What a simulated Android phone shows of its shared storage: names below its root."""

    def __init__(self, phone: AndroidPhone) -> None:
        self._phone = phone

    def _shown(self) -> dict[str, bytes]:
        lie = self._phone.lie if self._phone.lying else None
        folders = {} if lie is Lie.CLOSED else dict.fromkeys(FOLDERS[1:], b"")
        files = {} if lie in {Lie.CLOSED, Lie.HIDES} else self._phone.files
        return {path.removeprefix(_ROOT): data for path, data in (folders | files).items()}

    def __getitem__(self, name: str) -> bytes:
        return self._shown()[name]

    def __setitem__(self, name: str, data: bytes) -> None:
        self._phone.files[_ROOT + name] = data

    def __delitem__(self, name: str) -> None:
        del self._phone.files[_ROOT + name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown())

    def __len__(self) -> int:
        return len(self._shown())


class OnMtp:
    """A simulated Android phone on a cable, set to file transfer."""

    def __init__(self, phone: AndroidPhone, *, manner: Manner = Manner.HONEST) -> None:
        self.phone, self.manner = phone, manner
        self.files = SharedFiles(phone)

    def responder(self, send: Callable[[bytes], None]) -> MtpEngine:
        """Return what answers until it restarts."""
        serial = f"MTP-{self.phone.serial}-{self.phone.erasures}"
        model, manner = self.phone.model, self.manner_now()
        return MtpEngine(Flash(files=self.files), send, manner=manner, model=model, serial=serial)

    def manner_now(self) -> Manner:
        """Return how it answers as things stand."""
        if self.phone.lying and self.phone.lie in _MANNERS:
            return _MANNERS[self.phone.lie]
        return self.manner if self.phone.set_up else Manner.LOCKED_SCREEN

    @contextmanager
    def opened(self, port: str) -> Iterator[Loopback]:
        """Open a pipe, as ``pipe_over_usb`` does."""
        with self.phone.lock:
            if not self.phone.running:
                away = Text(zh="手机不在。", en="The phone is away.")
                raise DeviceGoneError(away, hint=away, device_id=port)
            yield Loopback(
                Flash(files=self.files),
                self.manner_now(),
                model=self.phone.model,
                serial=f"{SERIAL}-{self.phone.erasures}",
            )
