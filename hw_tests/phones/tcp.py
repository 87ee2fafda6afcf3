"""Carries a simulated Android phone over TCP on this machine. I/O.

Whenever the phone speaks adb it listens on its port, which stays the same; when it leaves, its
connections break, as if a cable were pulled. ``cut_after_bytes`` pulls it in the middle of a word.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

from hw_tests.phones.adb_engine import AdbEngine
from hw_tests.phones.android import AndroidPhone

HOST: Final = "127.0.0.1"


class PhoneOnTcp:
    """A phone, the port it listens on, and whoever is connected."""

    def __init__(self, phone: AndroidPhone, cut_after_bytes: int | None = None) -> None:
        self.phone = phone
        self.left_bytes = cut_after_bytes
        """How much it may still say before the cable is pulled; None: no end."""
        self.said_bytes = 0
        self._listening: socket.socket | None = None
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        # Bound and not listening: nobody else gets the port while the phone is away.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((HOST, 0))
        self.port: int = self._reserved.getsockname()[1]
        phone.left, phone.arrived = self._leave, self._arrive

    @property
    def address(self) -> str:
        """Return what ``adb connect`` is told, and its serial in adb's list."""
        return f"{HOST}:{self.port}"

    @property
    def listens(self) -> bool:
        """Whether a computer could connect now."""
        return self._listening is not None

    def _arrive(self) -> None:
        if not self.phone.adb:
            return
        self._listening = socket.create_server((HOST, self.port))
        self._start(self._accept, self._listening)

    def _leave(self) -> None:
        if self._listening is not None:
            _shut(self._listening)
            self._listening = None
        for line in self._lines:
            _shut(line)
        self._lines.clear()

    def _start(self, target: Callable[[socket.socket], None], argument: socket.socket) -> None:
        thread = threading.Thread(target=target, args=(argument,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError), listening:
            while True:
                line, _ = listening.accept()
                # Header and payload go one by one; the second must not wait for the first's echo.
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self.phone.lock:
                    self._lines.append(line)
                self._start(self._serve, line)

    def _serve(self, line: socket.socket) -> None:
        engine = AdbEngine(self.phone, lambda data: self._send(line, data), lambda: _shut(line))
        with contextlib.suppress(OSError), line:
            while data := line.recv(1 << 16):
                with self.phone.lock:
                    engine.feed(data)

    def _send(self, line: socket.socket, data: bytes) -> None:
        if self.left_bytes is not None:
            data, cut = data[: self.left_bytes], len(data) > self.left_bytes
            self.left_bytes -= len(data)
        else:
            cut = False
        self.said_bytes += len(data)
        with contextlib.suppress(OSError):
            line.sendall(data)
        if cut:
            self._leave()

    def close(self) -> None:
        """Pull the cable for good, and wait for all threads."""
        with self.phone.lock:
            self._leave()
        self._reserved.close()
        for thread in self._threads:
            thread.join(5)


@contextlib.contextmanager
def on_tcp(phone: AndroidPhone, cut_after_bytes: int | None = None) -> Iterator[PhoneOnTcp]:
    """Have a phone listen, as long as the block lasts."""
    carrier = PhoneOnTcp(phone, cut_after_bytes)
    with phone.lock:
        phone.arrive()
    try:
        yield carrier
    finally:
        carrier.close()


def _shut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
