"""What listens on a simulated iPhone's ports: lockdownd and three services. No I/O.

Each engine stands on one connection: ``feed`` takes bytes, ``send`` gives some, ``close`` ends it.
"""

import plistlib
from collections.abc import Callable
from typing import Any, Final, Protocol

from hw_tests.phones.apple_tls import TlsServer, phone_context
from hw_tests.phones.iphone import MARKERS, IPhone, Trouble
from wipe_station.phones.frames import plist_frame, plist_splitter

Send = Callable[[bytes], None]
Close = Callable[[], None]
LOCKDOWN_PORT: Final = 62078
FIND_MY_IS_ON: Final = 14016
GARBAGE: Final = {
    Trouble.GARBAGE: b"\x16\x03\x01 nothing that anybody could mean \xff\xfe\0\0",
    Trouble.NO_PLIST: plist_frame(b"bplist00 nor anything like one"),
    Trouble.HUGE: b"\xff\xff\xff\xff" + bytes(64),
    Trouble.LIST: plist_frame(plistlib.dumps([[[]]])),
}


class Engine(Protocol):
    """What stands on a connection."""

    def feed(self, data: bytes) -> None:
        """Take bytes from the other side."""
        ...


class Talker:
    """Property lists in frames, plain or, from some byte on, inside TLS."""

    binary = False

    def __init__(self, phone: IPhone, send: Send, close: Close) -> None:
        self.phone = phone
        self.close = close
        self._send = send
        self._tls: TlsServer | None = None
        self._splitter = plist_splitter("host")

    def begin_tls(self) -> None:
        """Encrypt from the next byte on."""
        assert self.phone.pair_record is not None, "only a host that is known comes here"
        context = phone_context(self.phone.pair_record, self.phone.private_key())
        self._tls = TlsServer(context, self._send, self._take, self.ready)

    def ready(self) -> None:
        """Speak first, where the protocol wants that."""

    def feed(self, data: bytes) -> None:
        """Take bytes from the other side."""
        (self._tls.feed if self._tls else self._take)(data)

    def say(self, message: Any) -> None:
        """Send one message."""
        spelling = plistlib.FMT_BINARY if self.binary else plistlib.FMT_XML
        self._put(plist_frame(plistlib.dumps(message, fmt=spelling)))

    def answer(self, message: Any) -> None:
        """Do what a request asks."""
        raise NotImplementedError

    def _take(self, data: bytes) -> None:
        for frame in self._splitter.feed(data):
            trouble = self.phone.trouble()
            if trouble is None:
                self.answer(plistlib.loads(frame.body))
            elif trouble in GARBAGE:
                self._put(GARBAGE[trouble])

    def _put(self, data: bytes) -> None:
        (self._tls.write if self._tls else self._send)(data)


class Lockdown(Talker):
    """The doorkeeper."""

    trusted = False

    def answer(self, message: Any) -> None:
        """Answer a request by its name."""
        name = message.get("Request")
        answers: dict[str, Callable[[Any], dict[str, Any]]] = {
            "QueryType": lambda _: {"Type": "com.apple.mobile.lockdown"},
            "GetValue": self._value,
            "Pair": self._pair,
            "ValidatePair": self._validate,
            "Unpair": self._unpair,
            "StartSession": self._session,
            "StartService": self._service,
        }
        if name in answers:
            said = answers[name](message)
        else:
            said = {} if name in {"StopSession", "SetValue"} else {"Error": "InvalidRequest"}
        self.say({"Request": name, **said})
        if name == "StartSession" and "Error" not in said:
            self.begin_tls()
            self.trusted = True

    def _value(self, message: Any) -> dict[str, Any]:
        domain, key = message.get("Domain"), message.get("Key")
        value = self.phone.value(domain, key, trusted=self.trusted)
        if value is None:
            return {"Error": "MissingValue" if self.trusted else "GetProhibited"}
        return {"Value": value} | {k: message[k] for k in ("Domain", "Key") if k in message}

    def _pair(self, message: Any) -> dict[str, Any]:
        refusal = self.phone.pair(message["PairRecord"])
        return {"EscrowBag": bytes(32)} if refusal is None else {"Error": refusal}

    def _validate(self, message: Any) -> dict[str, Any]:
        if not self.phone.knows(message["PairRecord"].get("HostID")):
            return {"Error": "InvalidHostID"}
        return {"Error": "PasswordProtected"} if self.phone.passcode_locked else {}

    def _unpair(self, message: Any) -> dict[str, Any]:
        if not self.phone.knows(message["PairRecord"].get("HostID")):
            return {"Error": "InvalidHostID"}
        self.phone.pair_record = None
        return {}

    def _session(self, message: Any) -> dict[str, Any]:
        if not self.phone.knows(message.get("HostID")):
            return {"Error": "InvalidHostID"}
        if self.phone.passcode_locked:
            return {"Error": "PasswordProtected"}
        return {"SessionID": self.phone.session_id(), "EnableSessionSSL": True}

    def _service(self, message: Any) -> dict[str, Any]:
        if not self.trusted:
            return {"Error": "SessionInactive"}
        if (service := message.get("Service")) not in SERVICES:
            return {"Error": "InvalidService"}
        port = self.phone.open_port(service)
        return {"Service": service, "Port": port, "EnableServiceSSL": True}


class Diagnostics(Talker):
    """The diagnostics relay: its registry only."""

    def answer(self, message: Any) -> None:
        """Answer a request by its name."""
        match message.get("Request"):
            case "IORegistry":
                node = self.phone.node(message.get("EntryName"))
                if node is None:
                    self.say({"Status": "UnknownRequest"})
                else:
                    self.say({"Status": "Success", "Diagnostics": {"IORegistry": node}})
            case "Goodbye":
                self.say({"Status": "Success"})
                self.close()
            case _:
                self.say({"Status": "UnknownRequest"})


class Management(Talker):
    """MCInstall."""

    def answer(self, message: Any) -> None:
        """Answer a request by its name."""
        match message.get("RequestType"):
            case "GetCloudConfiguration":
                self._acknowledge(CloudConfiguration=self.phone.cloud())
            case "GetProfileList":
                names = [f"{MARKERS[3]}.{number}" for number in range(self.phone.profiles)]
                self._acknowledge(
                    OrderedIdentifiers=names,
                    ProfileMetadata={name: {"PayloadDisplayName": MARKERS[2]} for name in names},
                )
            case "EraseDevice" if self.phone.old_mcinstall:
                self._refuse(4001, "CommandFormatError")
            case "EraseDevice" if self.phone.find_my:
                self._refuse(FIND_MY_IS_ON, f"{MARKERS[0]}: Find My is on")
            case "EraseDevice":
                if self.phone.acknowledges:
                    self._acknowledge()
                self.phone.erase()
            case _:
                self._refuse(4001, "CommandFormatError")

    def _acknowledge(self, **more: Any) -> None:
        self.say({"Status": "Acknowledged", **more})

    def _refuse(self, code: int, words: str) -> None:
        chain = [{"ErrorCode": code, "ErrorDomain": "MC", "LocalizedDescription": words}]
        self.say({"Status": "Error", "ErrorChain": chain})


class Backup(Talker):
    """mobilebackup2 over DeviceLink: the messages of an erase."""

    binary = True

    def ready(self) -> None:
        """Propose a version of the link."""
        self.say(["DLMessageVersionExchange", 300, 0])

    def answer(self, message: Any) -> None:
        """Answer the host's next message."""
        if message[:2] == ["DLMessageVersionExchange", "DLVersionsOk"]:
            self.say(["DLMessageDeviceReady"])
            return
        asked = message[1]
        match asked["MessageName"]:
            case "Hello":
                self._respond(0, ProtocolVersion=max(asked["SupportedProtocolVersions"]))
            case "EraseDevice" if self.phone.find_my:
                self._respond(211)
            case "EraseDevice":
                if self.phone.acknowledges:
                    self._respond(0)
                self.phone.erase()
            case _:
                self._respond(1)

    def _respond(self, code: int, **more: Any) -> None:
        response = {"MessageName": "Response", "ErrorCode": code, **more}
        self.say(["DLMessageProcessMessage", response])


SERVICES: Final[dict[str, type[Talker]]] = {
    "com.apple.mobile.diagnostics_relay": Diagnostics,
    "com.apple.mobile.MCInstall": Management,
    "com.apple.mobilebackup2": Backup,
}


def engine_at(phone: IPhone, port: int, send: Send, close: Close) -> Engine | None:
    """Return what listens on a port; a service waits for one connection only."""
    if port == LOCKDOWN_PORT:
        return Lockdown(phone, send, close)
    service = phone.ports.pop(port, None)
    if service is None:
        return None
    engine = SERVICES[service](phone, send, close)
    engine.begin_tls()
    return engine
