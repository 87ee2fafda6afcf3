"""The phone's side of one adb connection: keys, streams, flow control. Pure but for its tokens.

Bytes come in by ``feed`` and go out by ``send``; header and payload go one by one, as USB needs it.
A stream has one message under way at a time and goes on when that is confirmed.

Source: AOSP packages/modules/adb, protocol.txt.
"""

import secrets
from collections import deque
from collections.abc import Callable
from typing import Final

from hw_tests.phones.adb_services import Closed, Service, opened
from hw_tests.phones.android import AndroidPhone, Trust
from wipe_station.errors import MalformedReplyError
from wipe_station.phones.adb import (
    TOKEN_BYTES,
    VERSION_WITH_SUMS,
    VERSION_WITHOUT_SUMS,
    AuthKind,
    Banner,
    Command,
    Message,
    Messages,
    parse_public_key,
)

MOST_PAYLOAD_BYTES: Final = 256 << 10
_FIRST_PAYLOAD_BYTES: Final = 4096
"""Of the first version: whoever names less has not understood."""


class AdbEngine:
    """One connection of a phone."""

    def __init__(
        self, phone: AndroidPhone, send: Callable[[bytes], None], drop: Callable[[], None]
    ) -> None:
        self._phone = phone
        self._send = send
        self._drop = drop
        self._messages = Messages()
        self._streams: dict[int, _Stream] = {}
        self._opened = 0
        self._token = b""
        self.online = False
        self.most_bytes = _FIRST_PAYLOAD_BYTES
        self.sums = True

    def feed(self, data: bytes) -> None:
        """Take bytes of the computer's; nonsense ends the connection, as it does on a phone."""
        try:
            for message in self._messages.feed(data):
                self._take(message)
        except MalformedReplyError:
            self._drop()

    def say(self, command: Command, arg0: int, arg1: int, payload: bytes = b"") -> None:
        """Send a message."""
        message = Message(command=command, arg0=arg0, arg1=arg1, payload=payload)
        self._send(message.header(sums=self.sums))
        if payload:
            self._send(payload)

    def drop(self) -> None:
        """End the connection."""
        self._drop()

    def forget(self, number: int) -> None:
        """Remove a stream."""
        self._streams.pop(number, None)

    def _take(self, message: Message) -> None:
        if message.command is Command.CNXN:
            self._begin(message.arg0, message.arg1)
        elif message.command is Command.AUTH:
            self._authorise(message)
        elif not self.online:
            return
        elif message.command is Command.OPEN:
            self._open(message)
        elif (stream := self._streams.get(message.arg1)) is not None:
            stream.take(message)

    def _begin(self, version: int, most_bytes: int) -> None:
        self.sums = min(version, VERSION_WITHOUT_SUMS) < VERSION_WITHOUT_SUMS
        # The other side does not know our version yet; its sums may still come, and are checked.
        self._messages.sums = self.sums
        self.most_bytes = max(min(most_bytes, MOST_PAYLOAD_BYTES), _FIRST_PAYLOAD_BYTES)
        self._streams.clear()
        self.online = False
        if self._phone.open_to_all:
            self._connect()
        else:
            self._challenge()

    def _challenge(self) -> None:
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self.say(Command.AUTH, AuthKind.TOKEN.value, 0, self._token)

    def _authorise(self, message: Message) -> None:
        phone = self._phone
        if message.arg0 == AuthKind.SIGNATURE.value:
            known = any(key.signed(self._token, message.payload) for key in phone.keys)
            if known and phone.trust is not Trust.NEVER:
                self._connect()
            else:
                self._challenge()
        elif message.arg0 == AuthKind.PUBLIC_KEY.value and phone.trust is not Trust.NEVER:
            phone.asked = parse_public_key(message.payload)
            phone.answered = self._connect
            if phone.trust is Trust.TRUSTED:
                phone.allow()

    def _connect(self) -> None:
        phone = self._phone
        self.online = True
        names = {"ro.product.name": "sim", "ro.product.model": phone.model}
        banner = Banner(
            kind=phone.mode.value,
            properties=names | {"ro.product.device": "sim"},
            features=frozenset({"shell_v2", "cmd"}),
        )
        version = VERSION_WITH_SUMS if self.sums else VERSION_WITHOUT_SUMS
        self.say(Command.CNXN, version, MOST_PAYLOAD_BYTES, banner.encode())

    def _open(self, message: Message) -> None:
        name = message.payload.rstrip(b"\0").decode("utf-8", "replace")
        self._opened += 1
        try:
            service = opened(self._phone, name)
        except Closed:
            self.say(Command.CLSE, 0, message.arg0)
            return
        stream = _Stream(self, self._opened, message.arg0, service)
        self._streams[self._opened] = stream
        self.say(Command.OKAY, self._opened, message.arg0)
        stream.go_on()


class _Stream:
    """One stream: what its service wants to say, in order, one message at a time."""

    def __init__(self, engine: AdbEngine, number: int, remote: int, service: Service) -> None:
        self._engine = engine
        self._number = number
        self._remote = remote
        self._service = service
        self._waiting: deque[bytes] = deque()
        self._under_way = False

    def take(self, message: Message) -> None:
        """Take what the computer says on this stream."""
        if message.command is Command.CLSE:
            self._engine.forget(self._number)
            self._service.closed()
        elif message.command is Command.WRTE:
            self._engine.say(Command.OKAY, self._number, self._remote)
            self._service.feed(message.payload)
            self.go_on()
        elif message.command is Command.OKAY:
            self._under_way = False
            self.go_on()

    def go_on(self) -> None:
        """Send what may be sent; close and act when all is said."""
        said = self._service.said()
        most = self._engine.most_bytes
        self._waiting.extend(said[at : at + most] for at in range(0, len(said), most))
        if self._under_way:
            return
        if self._waiting:
            self._under_way = True
            self._engine.say(Command.WRTE, self._number, self._remote, self._waiting.popleft())
        elif self._service.over:
            self._engine.forget(self._number)
            self._engine.say(Command.CLSE, self._number, self._remote)
            self._service.closed()
