"""A simulated usbmuxd: an engine for each client, and a server that carries their bytes."""

import contextlib
import plistlib
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from hw_tests.phones.apple_engines import Engine, engine_at
from hw_tests.phones.iphone import IPhone
from wipe_station.errors import MalformedReplyError
from wipe_station.phones.frames import Frame
from wipe_station.phones.usbmux import Answer, mux_frame, splitter, tag_of

BUS: Final = 3
_CHUNK_BYTES: Final = 64 << 10


class Muxer:
    """What all of its clients share: phones, records, who listens, who is connected to whom."""

    def __init__(self, *phones: IPhone) -> None:
        self.lock = threading.RLock()
        self.buid = str(uuid.uuid4()).upper()
        self.records: dict[str, bytes] = {}
        self.listeners: list[Client] = []
        self.streams: list[tuple[IPhone, Client]] = []
        self._phones: dict[int, IPhone] = {}
        self._last = 0
        for phone in phones:
            phone.on_change = self._changed
            self._attach(phone)

    def _attach(self, phone: IPhone) -> None:
        self._last += 1
        self._phones[self._last] = phone
        for client in self.listeners:
            client.tell(self._attached(self._last))

    def _changed(self, phone: IPhone) -> None:
        """See a phone come, or see it go: then all of its streams end."""
        if phone.online:
            self._attach(phone)
            return
        for number in [n for n, each in self._phones.items() if each is phone]:
            del self._phones[number]
            for client in self.listeners:
                client.tell({"MessageType": "Detached", "DeviceID": number})
        for _, client in [each for each in self.streams if each[0] is phone]:
            client.close()

    def device(self, number: object) -> IPhone | None:
        """Return the phone of a number, if it is there."""
        return self._phones.get(number) if isinstance(number, int) else None

    def attached(self) -> list[dict[str, Any]]:
        """Return what is there, as news."""
        return [self._attached(number) for number in self._phones]

    def _attached(self, number: int) -> dict[str, Any]:
        udid = self._phones[number].udid
        return {
            "MessageType": "Attached",
            "DeviceID": number,
            "Properties": {
                "ConnectionSpeed": 480_000_000,
                "ConnectionType": "USB",
                "DeviceID": number,
                "LocationID": BUS << 16 | number + 4,
                "ProductID": 0x12A8,
                "SerialNumber": udid,
                "UDID": udid,
            },
        }


class Client:
    """One client's connection: requests, until one of them makes it a stream to a phone."""

    def __init__(
        self, muxer: Muxer, send: Callable[[bytes], None], close: Callable[[], None]
    ) -> None:
        self._muxer = muxer
        self._send = send
        self.close = close
        self._splitter = splitter()
        self._engine: Engine | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._engine is not None:
            self._engine.feed(data)
            return
        for frame in self._splitter.feed(data):
            self._answer(frame)

    def tell(self, news: dict[str, Any]) -> None:
        """Send what nobody asked for just now."""
        self._send(mux_frame(0, news))

    def _answer(self, frame: Frame) -> None:
        asked, tag = plistlib.loads(frame.body), tag_of(frame)
        answers: dict[str, Callable[[Any], dict[str, Any] | Answer]] = {
            "ListDevices": lambda _: {"DeviceList": self._muxer.attached()},
            "ReadBUID": lambda _: {"BUID": self._muxer.buid},
            "Listen": lambda _: Answer.OK,
            "ReadPairRecord": self._read,
            "SavePairRecord": self._save,
            "DeletePairRecord": self._delete,
            "Connect": self._connect,
        }
        said = answers.get(asked["MessageType"], lambda _: Answer.BAD_COMMAND)(asked)
        if isinstance(said, Answer):
            said = {"MessageType": "Result", "Number": said.value}
        self._send(mux_frame(tag, said))
        if asked["MessageType"] == "Listen":
            self._muxer.listeners.append(self)
            for news in self._muxer.attached():
                self.tell(news)

    def _read(self, asked: Any) -> dict[str, Any] | Answer:
        record = self._muxer.records.get(asked["PairRecordID"])
        return Answer.BAD_DEVICE if record is None else {"PairRecordData": record}

    def _save(self, asked: Any) -> Answer:
        self._muxer.records[asked["PairRecordID"]] = asked["PairRecordData"]
        return Answer.OK

    def _delete(self, asked: Any) -> Answer:
        self._muxer.records.pop(asked["PairRecordID"], None)
        return Answer.OK

    def _connect(self, asked: Any) -> Answer:
        phone = self._muxer.device(asked["DeviceID"])
        if phone is None:
            return Answer.BAD_DEVICE
        engine = engine_at(phone, socket.ntohs(asked["PortNumber"]), self._send, self.close)
        if engine is None:
            return Answer.REFUSED
        self._engine = engine
        self._muxer.streams.append((phone, self))
        return Answer.OK

    def gone(self) -> None:
        """Be forgotten."""
        self._muxer.listeners = [each for each in self._muxer.listeners if each is not self]
        self._muxer.streams = [each for each in self._muxer.streams if each[1] is not self]


@contextlib.contextmanager
def serving(muxer: Muxer, path: Path | None = None) -> Iterator[str]:
    """Serve at a path, or at a free port of this machine; return USBMUXD_SOCKET_ADDRESS."""
    if path is None:
        listening = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen(16)
        address = f"UNIX:{path}"
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):  # how an accept ends when its socket is shut down
            while True:
                connected, _ = listening.accept()
                sockets.append(connected)
                threads.append(threading.Thread(target=_serve, args=(muxer, connected)))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield address
    finally:
        _end(listening)
        acceptor.join()
        listening.close()
        for connected in sockets:
            _end(connected)
        for thread in threads:
            thread.join()


def _end(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended already
        connected.shutdown(socket.SHUT_RDWR)


def _serve(muxer: Muxer, connected: socket.socket) -> None:
    """Carry one client's bytes until one of both sides hangs up."""
    with connected:
        client = Client(muxer, connected.sendall, lambda: _end(connected))
        # A host that goes in the middle of something, or speaks no protocol, is no concern here.
        with contextlib.suppress(OSError, ssl.SSLError, MalformedReplyError):
            while data := connected.recv(_CHUNK_BYTES):
                with muxer.lock:
                    client.feed(data)
        with muxer.lock:
            client.gone()
