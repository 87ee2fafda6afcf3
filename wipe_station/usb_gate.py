"""The gate at the bays: USB devices are shut out until they are understood. I/O.

1. Tell every bus to let new devices and interfaces do nothing by themselves.
2. Look at each device, by the descriptors that the kernel has read anyway.
3. At the console's own ports, let everything in. In a bay let in storage and phones, interface by
   interface; turn everything else away, and say what it is.
4. What may be an older phone's MTP is told by its interface's name alone. So let the device in
   with every interface shut, so that no driver can have one, and read the name.
5. If the kernel chooses anew for a device that was let in, as it does when a driver for the whole
   device comes late, let it in again: all its interfaces are shut then.
6. If a driver takes an interface of a phone, or one that is none for drives takes a drive's, shut
   the device out: kernels choose drivers by maker and model, too.
7. When the station ends in good order, give the buses back as they were found; one that was
   killed leaves them shut, and the next start remembers how they were.

A device that looks like another one later must come anew for it, and is looked at anew.

KNOWN HOLE: such a driver has the device until the next look, which its own event brings about.
KNOWN HOLE: a host controller that appears while the station runs lets devices in until the next
look; the kernel's own setting (``usbcore.authorized_default=0``) has no such gap.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from certs.canonical import decode, encode
from certs.durable import NewFile, write_file
from certs.text import Text
from wipe_station.bays import BayMap
from wipe_station.clock import Clock
from wipe_station.codec.usb import UsbDescriptors, parse_usb_descriptors
from wipe_station.detect.gate_rules import (
    Admission,
    Names,
    Phone,
    Role,
    Stranger,
    TurnedAway,
    fits,
    judge,
    to_be_named,
)
from wipe_station.errors import MalformedReplyError, RequestError
from wipe_station.phones.usb_mode_table import Mode

NOTE_NAME: Final = "usb.json"
_DEVICE: Final = re.compile(r"\d+-\d+(\.\d+)*")
_BUS: Final = re.compile(r"usb\d+")
_DEFAULTS: Final = ("authorized_default", "interface_authorized_default")
_MOST_BYTES: Final = 1 << 16
_MOST_AGAIN: Final = 5
"""So often a device is let in again before somebody else's choice stands."""
_MOST_CHARACTERS: Final = 128
_log = logging.getLogger(__name__)


class UsbGate:
    """Decides who comes in; one thread looks, others ask who was turned away."""

    def __init__(
        self,
        state: Path,
        clock: Clock,
        bays: BayMap,
        *,
        usb: Path = Path("/sys/bus/usb"),
    ) -> None:
        """Remember what to do; nothing is shut before ``shut``.

        Args:
            state: the state directory, which remembers how the buses were found.
            clock: tells one boot from the next.
            bays: which port is what.
            usb: where the kernel shows its USB bus.
        """
        self._note = state / NOTE_NAME
        self._clock = clock
        self._bays = bays
        self._on_change: Callable[[], None] = _nobody
        self._usb = usb
        self._own_ports: frozenset[str] = frozenset()
        self._done: dict[str, str] = {}
        """Port → number of the device there that was let in or turned away."""
        self._admitted: dict[str, Admission] = {}
        self._again: dict[str, int] = {}
        """Port → how often the device there was let in again."""
        self._strangers: dict[str, Stranger] = {}
        self._phones: dict[str, Phone] = {}
        self._lock = Lock()

    def strangers(self) -> tuple[Stranger, ...]:
        """Return who was turned away and still hangs there, by port."""
        with self._lock:
            return tuple(self._strangers[port] for port in sorted(self._strangers))

    def phones(self) -> tuple[Phone, ...]:
        """Return the phones that were let in and still hang there, by port."""
        with self._lock:
            return tuple(self._phones[port] for port in sorted(self._phones))

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called when strangers or phones are others than before."""
        self._on_change = listener

    # --- the buses -----------------------------------------------------------------------------

    def shut(self) -> None:
        """Let nothing new in by itself from now on, and look at what is there.

        Raises:
            RequestError: a bus cannot be shut; the station must not go on as if it were.
        """
        try:
            self._shut()
        except OSError as error:
            raise RequestError(
                Text(zh=f"USB 口关不上：{error}。", en=f"The USB buses cannot be shut: {error}."),
                hint=Text(
                    zh="以 root 在真机上运行；只做练习就加 --practice。",
                    en="Run as root on a machine of its own; for practice add --practice.",
                ),
            ) from error

    def _shut(self) -> None:
        found = {bus.name: [_word(bus / name) for name in _DEFAULTS] for bus in self._buses()}
        before = self._remembered()
        if not before.items() >= found.items():
            note = {"boot_id": self._clock.boot_id(), "found": {**found, **before}}
            write_file(self._note, NewFile(data=encode(note)))
        self._shut_buses()
        if not self._bays.declared:
            self._own_ports = frozenset(self._hanging_there())
        self.look()

    def _remembered(self) -> dict[str, list[str]]:
        """Return how an earlier process of this boot found the buses, if it was killed."""
        if not self._note.exists():
            return {}
        note = decode(self._note.read_bytes())
        return dict(note["found"]) if note["boot_id"] == self._clock.boot_id() else {}

    def _shut_buses(self) -> None:
        for bus in self._buses():
            for name in _DEFAULTS:
                if _word(bus / name) != "0":
                    _write(bus / name, "0")

    def open(self) -> None:
        """Give the buses back as they were found; who was turned away stays outside."""
        for bus, found in self._remembered().items():
            for name, value in zip(_DEFAULTS, found, strict=True):
                with suppress(OSError):  # a bus that is gone needs nothing
                    _write(self._usb / "devices" / bus / name, value)
        self._note.unlink(missing_ok=True)

    def _hanging_there(self) -> Iterator[str]:
        """Yield the ports of what was let in before us and is no trade-in: keyboard, hub."""
        for device in self._devices():
            if _word(device / "authorized") == "1" and isinstance(
                _judged(device, ask=False), TurnedAway
            ):
                yield device.name

    # --- the devices ---------------------------------------------------------------------------

    def look(self) -> None:
        """Look at each device that came since, and forget those that left."""
        self._shut_buses()
        there = {device.name: device for device in self._devices()}
        for port, device in there.items():
            number = _word(device / "devnum")
            try:
                if self._done.get(port) == number:
                    self._keep(device)
                    continue
                self._admitted.pop(port, None)
                self._again.pop(port, None)
                self._decide(device)
                self._done[port] = number
            except OSError as error:
                _log.warning("USB %s could not be let in: %s", port, error)
        self._done = {port: number for port, number in self._done.items() if port in there}
        self._admitted = {port: each for port, each in self._admitted.items() if port in there}
        self._forget((self._strangers.keys() | self._phones.keys()) - there.keys())

    def _keep(self, device: Path) -> None:
        """Let a device in again if it is shut by now; shut it out if a wrong driver has it."""
        verdict = self._admitted.get(device.name)
        if verdict is None:
            return
        if driver := _wrong_driver(device, verdict):
            _log.warning("USB %s has driver %s", device.name, driver)
            _write(device / "authorized", "0")
            del self._admitted[device.name]
            self._turn_away(device, TurnedAway(roles=(Role.UNKNOWN,)))
            return
        if _is_in(device, verdict):
            return
        times = self._again.get(device.name, 0) + 1
        if times <= _MOST_AGAIN:
            self._again[device.name] = times
            _log.info("USB %s is let in again", device.name)
            _let_in(device, verdict)

    def _decide(self, device: Path) -> None:
        port = device.name
        own = port in self._own_ports or self._bays.is_console(port)
        verdict = _judged(device, ask=not own)
        if own:
            _let_all_in(device)
            self._forget({port})
        elif isinstance(verdict, Admission):
            _let_in(device, verdict)
            self._admitted[port] = verdict
            if verdict.mode is None:
                self._forget({port})
            else:
                self._note_phone(device, verdict.mode)
        elif self._bays.is_own_hub(port) and verdict.roles == (Role.HUB,):
            _let_all_in(device)
            self._forget({port})
        else:
            if _word(device / "authorized") != "0":
                _write(device / "authorized", "0")
            self._turn_away(device, verdict)

    def _turn_away(self, device: Path, verdict: TurnedAway) -> None:
        bay, product = self._bays.name_of(device.name), _product(device)
        stranger = Stranger(port=device.name, bay=bay, product=product, verdict=verdict)
        roles = ", ".join(role.value for role in verdict.roles)
        _log.warning("USB %s turned away: %s (%r)", device.name, roles, stranger.product)
        with self._lock:
            self._phones.pop(device.name, None)
            self._strangers[device.name] = stranger
        self._on_change()

    def _note_phone(self, device: Path, mode: Mode) -> None:
        bay, product = self._bays.name_of(device.name), _product(device)
        with self._lock:
            self._strangers.pop(device.name, None)
            self._phones[device.name] = Phone(port=device.name, bay=bay, product=product, mode=mode)
        self._on_change()

    def _forget(self, ports: "set[str] | frozenset[str]") -> None:
        with self._lock:
            known = (self._strangers, self._phones)
            gone = [port for port in ports for each in known if each.pop(port, None) is not None]
        if gone:
            self._on_change()

    def _buses(self) -> list[Path]:
        return _named(self._usb / "devices", _BUS)

    def _devices(self) -> list[Path]:
        return _named(self._usb / "devices", _DEVICE)


def _nobody() -> None:
    """Nobody listens yet."""


def glance(usb: Path = Path("/sys/bus/usb")) -> frozenset[tuple[str, str]]:
    """Return port and number of every USB device, at almost no cost."""
    return frozenset(
        (each.name, _word(each / "devnum")) for each in _named(usb / "devices", _DEVICE)
    )


def _named(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    if not folder.exists():
        return []  # this kernel has no USB
    return sorted(each for each in folder.iterdir() if pattern.fullmatch(each.name))


def _word(path: Path) -> str:
    """Return an attribute, or nothing if it is not there (any more)."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _product(device: Path) -> str:
    """Return what a device calls itself."""
    said = " ".join(filter(None, (_word(device / "manufacturer"), _word(device / "product"))))
    return said[:_MOST_CHARACTERS]


def _write(path: Path, value: str) -> None:
    path.write_text(value, "ascii")


def _judged(device: Path, *, ask: bool) -> Admission | TurnedAway:
    """Decide by the descriptors; what cannot be understood is not let in.

    Args:
        device: in sysfs.
        ask: whether it may be let in, with all of its interfaces shut, to learn their names.
    """
    try:
        with (device / "descriptors").open("rb") as file:
            said = parse_usb_descriptors(file.read(_MOST_BYTES))
    except (MalformedReplyError, OSError) as error:
        _log.warning("USB %s: %s", device.name, error)
        return TurnedAway(roles=(Role.UNKNOWN,))
    wanted = to_be_named(said) if ask else None
    if wanted is not None:
        with suppress(OSError):  # then it has no names, and is judged without them
            _configure(device, wanted)
    return judge(said, _names(device, said))


def _names(device: Path, said: UsbDescriptors) -> Names:
    """Return the names of the interfaces of the configuration that is in force, if one is."""
    value = _word(device / "bConfigurationValue")
    return {
        (each.value, interface.number): _word(
            device.parent / f"{device.name}:{value}.{interface.number}" / "interface"
        )
        for each in said.configurations
        for interface in each.interfaces
        if str(each.value) == value
    }


def _configure(device: Path, configuration: int) -> None:
    """Let a device in, in one configuration; its interfaces stay as they are."""
    if _word(device / "authorized") != "1":
        _write(device / "authorized", "1")
    if _word(device / "bConfigurationValue") != str(configuration):
        _write(device / "bConfigurationValue", str(configuration))


def _let_in(device: Path, verdict: Admission) -> None:
    """Let a device in, in one configuration, with some of its interfaces."""
    _configure(device, verdict.configuration)
    for number in verdict.interfaces:
        interface = device.parent / f"{device.name}:{verdict.configuration}.{number}"
        if number in verdict.storage:
            _bind(device, interface)
        elif _word(interface / "authorized") != "1":
            _write(interface / "authorized", "1")


def _is_in(device: Path, verdict: Admission) -> bool:
    """Tell whether all that is let in of a device may be used."""
    start = f"{device.name}:{verdict.configuration}"
    interfaces = (device.parent / f"{start}.{number}" for number in verdict.interfaces)
    return all(_word(each / "authorized") == "1" for each in interfaces)


def _wrong_driver(device: Path, verdict: Admission) -> str | None:
    """Return a driver that has what it must not have, if there is one."""
    for number in verdict.interfaces:
        link = device.parent / f"{device.name}:{verdict.configuration}.{number}" / "driver"
        with suppress(OSError):  # none has it
            driver = link.readlink().name
            if not fits(driver, storage=number in verdict.storage):
                return driver
    return None


def _let_all_in(device: Path) -> None:
    """Let a device of the station's own do all that it can."""
    if _word(device / "authorized") != "1":
        _write(device / "authorized", "1")
    for interface in sorted(device.parent.glob(f"{device.name}:*")):
        _bind(device, interface)


def _bind(device: Path, interface: Path) -> None:
    """Let an interface be used, and have the kernel look for its driver."""
    if _word(interface / "authorized") == "0":
        _write(interface / "authorized", "1")
        _write(device.parent.parent / "drivers_probe", interface.name)
