"""A simulated iPhone: what it holds, what it says, and how it lies. No I/O.

Assumptions that no source settles, to be tried on hardware: with Find My on, both ways to erase
are refused (14016, 211); a phone in its setup assistant can be paired; a stranger may read so much.
"""

import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

UDID: Final = "00008110-001A2B3C4D5E801E"
SERIAL: Final = "F2LSIM0001AB"
MARKERS: Final = (
    "Wang Xiaoming's iPhone",
    "+8613800138000",
    "Marker Trading Ltd",
    "marker.profile",
)
"""Personal and organisations' names inside; none of them may come out of our code."""
START_UNIX_S: Final = 1_780_000_000
BOOT_S: Final = 420


class Dialog(Enum):
    """What its owner answers to "Trust this computer?"."""

    TRUSTED = "trusted"
    LATER = "later"
    """The question stays open until ``IPhone.tap_trust``."""
    NEVER = "never"


class Lie(Enum):
    """What it does instead of erasing, having said that it will."""

    NOTHING = "nothing"
    FORGETS = "forgets"
    """Forgets its hosts, as after a reset of location and privacy."""
    STALE = "stale"
    """Looks reset, but its record is the earlier one, and the photos are there."""
    REACTIVATED = "reactivated"
    """Writes a new record and forgets its hosts, but never left its owner's hands."""
    FAILED = "failed"
    """Looks reset; its record says that the erase ended with an error."""
    OTHER = "other"
    """Another phone comes back."""
    IMPOSTOR = "impostor"
    """Another phone comes back, under the same UDID."""


class Trouble(Enum):
    """What happens instead of the answer to one request."""

    PULLED = "pulled"
    GARBAGE = "garbage"
    NO_PLIST = "no-plist"
    HUGE = "huge"
    LIST = "list"
    SILENCE = "silence"


@functools.cache
def _key(_whose: str) -> rsa.RSAPrivateKey:
    """Return a key, alike in one process: making one takes longer than many tests."""
    return rsa.generate_private_key(65537, 2048)


@dataclass(kw_only=True, eq=False)
class IPhone:
    """One phone, in whatever state the options say."""

    udid: str = UDID
    calls_itself: str | None = None
    """A UDID other than the one that usbmuxd sees."""
    serial: str = SERIAL
    dialog: Dialog = Dialog.TRUSTED
    """Its owner's answer; after an erase that of the person at the counter: always trusted."""
    passcode_locked: bool = False
    """Nobody has entered the passcode since it started."""
    find_my: bool = False
    organised: bool = False
    """Supervised by an organisation."""
    profiles: int = 0
    erased_before_unix_s: int | None = None
    """When its record says that it was last erased; None: there is no record."""
    old_record: bool = False
    """The record has no time, as on older systems."""
    hides_nvram: bool = False
    """Refuses to show where the record is."""
    old_mcinstall: bool = False
    """Knows no EraseDevice there (reported of iOS 10.3.3)."""
    acknowledges: bool = False
    """Answers before it goes away."""
    slow_boot: bool = False
    """Stays away after an erase until ``finish_boot``."""
    lie: Lie | None = None
    trouble_at: tuple[int, Trouble] | None = None
    """Which request meets which trouble, counted from 1 over all of its services."""
    on_change: Callable[["IPhone"], None] = field(default=lambda _: None)
    """Told when it goes or comes."""

    def __post_init__(self) -> None:
        self.photos = {"IMG_0001.HEIC": b"the customer's"}  # asked by tests only
        self.online, self.activated, self.set_up = True, True, True
        self.requests = 0
        self.asked: list[tuple[str | None, str | None]] = []  # domains and keys of values
        self.now_unix_s = START_UNIX_S
        self.nvram: dict[str, bytes] = {"auto-boot": b"true"}
        if self.erased_before_unix_s is not None:
            self.nvram["obliteration"] = self._record(self.erased_before_unix_s)
        self.pair_record: dict[str, Any] | None = None
        self.key = _key("its own")
        self.ports: dict[int, str] = {}

    # --- what happens to it ---------------------------------------------------------------------

    def trouble(self) -> Trouble | None:
        """Count a request; return what happens to it instead of an answer."""
        self.requests += 1
        if self.trouble_at is None or self.trouble_at[0] != self.requests:
            return None
        if self.trouble_at[1] is Trouble.PULLED:
            self.pull()
        return self.trouble_at[1]

    def pull(self) -> None:
        """Lose the cable."""
        self.online = False
        self.ports.clear()
        self.on_change(self)

    def plug(self) -> None:
        """Find the cable again."""
        self.online = True
        self.on_change(self)

    def tap_trust(self) -> None:
        """Answer the open question with yes."""
        self.dialog = Dialog.TRUSTED

    def finish_boot(self) -> None:
        """Be back after an erase."""
        self.now_unix_s += BOOT_S
        self.plug()

    def erase(self) -> None:
        """Do what it does when asked to erase itself, go away, and come back."""
        self.now_unix_s += 60
        self.pull()
        if self.lie is None:
            self.photos.clear()
        if self.lie is not Lie.NOTHING:
            self._look_different()
        if not self.slow_boot:
            self.finish_boot()

    def _look_different(self) -> None:
        if self.lie in {Lie.OTHER, Lie.IMPOSTOR}:
            self.key = _key("the other's")
            self.serial = "OTHERPHONE99"
        if self.lie is Lie.OTHER:
            self.udid = "00008110-00FFFFFFFFFFFFFF"
        self.pair_record = None
        self.dialog, self.passcode_locked = Dialog.TRUSTED, False
        if self.lie is Lie.FORGETS:
            return
        if self.lie is not Lie.REACTIVATED:
            self.activated = self.set_up = self.find_my = self.organised = False
            self.profiles = 0
        if self.lie is not Lie.STALE:
            self.nvram["obliteration"] = self._record(self.now_unix_s)

    def _record(self, at_unix_s: int) -> bytes:
        if self.lie is Lie.FAILED:
            return b"SafeOblit done @%d, Err:5, By:eraser" % at_unix_s
        if self.old_record:
            return b"handle_message: Obliteration Complete\0"
        return b"EACS Done @%d" % at_unix_s

    # --- what it says ---------------------------------------------------------------------------

    def public_key(self) -> bytes:
        """Return the key that a host makes a certificate for."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.PKCS1
        )

    def private_key(self) -> bytes:
        """Return the key that it shows itself by in TLS."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def value(self, domain: str | None, key: str | None, *, trusted: bool) -> Any:
        """Return what lockdownd answers; None for nothing."""
        self.asked.append((domain, key))
        if domain is not None:
            held = self._domains().get(domain) if trusted else None
        else:
            held = self._open_values() | (self._trusted_values() if trusted else {})
        return held if key is None or held is None else held.get(key)

    def _open_values(self) -> dict[str, Any]:
        return {
            "DeviceClass": "iPhone",
            "DeviceName": MARKERS[0],
            "ProductType": "iPhone14,5",
            "ProductName": "iPhone OS",
            "ProductVersion": "18.6.2",
            "BuildVersion": "22G100",
            "UniqueDeviceID": self.calls_itself or self.udid,
            "WiFiAddress": "aa:bb:cc:00:00:01",
            "DevicePublicKey": self.public_key(),
            "ProtocolVersion": "2",
        }

    def _trusted_values(self) -> dict[str, Any]:
        return {
            "SerialNumber": self.serial,
            "InternationalMobileEquipmentIdentity": "353644930127921",
            "InternationalMobileEquipmentIdentity2": "353644930127939",
            "PhoneNumber": MARKERS[1],
            "PasswordProtected": self.set_up,
            "ActivationState": "Activated" if self.activated else "Unactivated",
            "SIMStatus": "kCTSIMSupportSIMStatusNotInserted",
        }

    def _domains(self) -> dict[str, dict[str, Any]]:
        return {
            "com.apple.mobile.battery": {"BatteryCurrentCapacity": 88},
            "com.apple.disk_usage": {"TotalDiskCapacity": 128_000_000_000},
            "com.apple.fmip": {"IsAssociated": self.find_my},
        }

    def node(self, name: str | None) -> dict[str, Any] | None:
        """Return a node of its registry: NVRAM, or the battery; None for a refusal."""
        if name == "options" and self.hides_nvram:
            return None
        if name == "options":
            return self.nvram | {"fm-activation-locked": b"YES" if self.find_my else b"NO"}
        return {
            "CycleCount": 412,
            "DesignCapacity": 3227,
            "NominalChargeCapacity": 2790,
            "Temperature": 2930,
            "Serial": "F8YSIMULATED",
        }

    def cloud(self) -> dict[str, Any]:
        """Return its cloud configuration."""
        return {
            "IsSupervised": self.organised,
            "CloudConfigurationUIComplete": self.set_up,
            "ConfigurationSource": 0,
            **({"OrganizationName": MARKERS[2]} if self.organised else {}),
        }

    def pair(self, record: dict[str, Any]) -> str | None:
        """Take a host's record, if its owner says so; return why not."""
        if self.passcode_locked:
            return "PasswordProtected"
        if self.dialog is Dialog.NEVER:
            return "UserDeniedPairing"
        if self.dialog is Dialog.LATER:
            return "PairingDialogResponsePending"
        self.pair_record = record
        return None

    def knows(self, host_id: object) -> bool:
        """Whether it has a record of that host."""
        return self.pair_record is not None and self.pair_record.get("HostID") == host_id

    def open_port(self, service: str) -> int:
        """Let a service wait for one connection."""
        port = 50_000 + len(self.ports) + self.requests
        self.ports[port] = service
        return port

    def session_id(self) -> str:
        """Return a new session's name."""
        return str(uuid.uuid4()).upper()
