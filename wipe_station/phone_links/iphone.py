"""One iPhone or iPad: read it, ask it to erase itself. I/O.

Reading, in order:

1. What it tells a stranger; it must be the phone that usbmuxd says.
2. A session by the pair record; without one, or refused, the rest stays unknown.
3. Values by their names; then battery and NVRAM, then management, each a connection of its own.

What it refuses is unknown. What it garbles is an error, and nothing is known.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from certs.text import Text
from wipe_station.errors import CommandTimeoutError, DeviceError, DeviceGoneError
from wipe_station.phone_links.usbmux import Stream, Usbmux
from wipe_station.phones import device_link, diagnostics_relay, lockdown, mcinstall
from wipe_station.phones.apple_facts import (
    BATTERY_KEYS,
    DOMAIN_KEYS,
    NVRAM_KEYS,
    OPEN_KEYS,
    TRUSTED_KEYS,
    AppleReadings,
    celsius_of,
    part_of,
)
from wipe_station.phones.lockdown import PairRecord, Refusal, Session
from wipe_station.phones.mcinstall import Accepted, Refused
from wipe_station.phones.plist import Fields, Plist
from wipe_station.phones.usbmux import MuxDevice

PAIR_S: Final = 120.0
"""It makes three keys each time: 20 s on a slow machine, and as long as it wants by chance."""
PAIRING: Final = "idevicepair"
_ENDS_WITH_US: Final = ("setpriv", "--pdeathsig", "KILL")
USB_DEVICES: Final = Path("/sys/bus/usb/devices")


class IPhone:
    """A phone behind usbmuxd, as long as it is plugged in.

    Every method raises ``DeviceGoneError``, ``CommandTimeoutError`` or ``MalformedReplyError``.
    """

    def __init__(self, mux: Usbmux, device: MuxDevice) -> None:
        self._mux = mux
        self._device = device

    def read(self) -> AppleReadings:
        """Return what it says of itself now."""
        record = self._mux.record(self._device.udid)
        with self._mux.connect(self._device, lockdown.PORT) as doorkeeper:
            values = self._introduced(doorkeeper)
            if record is None:
                return AppleReadings(values=values)
            refusal = _session(doorkeeper, record)
            if refusal is not None:
                trusted = False if refusal is Refusal.UNKNOWN_HOST else None
                return AppleReadings(values=values, trusted=trusted)
            values |= _values(doorkeeper, TRUSTED_KEYS)
            domains = _domains(doorkeeper)
            battery, nvram = self._nodes(doorkeeper, record)
            cloud, profiles = self._management(doorkeeper, record)
        return AppleReadings(
            values=values,
            domains=domains,
            battery=battery,
            nvram=nvram,
            cloud=cloud,
            profiles=profiles,
            trusted=True,
        )

    def temperature(self) -> float | None:
        """Return its battery's temperature in degrees Celsius; None where it lets nobody ask."""
        with self._mux.connect(self._device, lockdown.PORT) as doorkeeper:
            relay = self._trusted_service(doorkeeper, diagnostics_relay.SERVICE)
            if relay is None:
                return None
            with relay:
                node = diagnostics_relay.parse_node(relay.ask(diagnostics_relay.ask_battery()))
        return celsius_of(part_of(node, BATTERY_KEYS) or {})

    def erase(self) -> Accepted | Refused:
        """Ask it to erase all content and settings, the eSIM as well.

        Returns:
            accepted also where it goes away without a word, as phones do. Nothing is known of an
            erase until it was read again.
        """
        with self._mux.connect(self._device, lockdown.PORT) as doorkeeper:
            service = self._trusted_service(doorkeeper, mcinstall.SERVICE)
            if service is None:
                return Refused(codes=())
            with service:
                service.send(mcinstall.erase_device())
                try:
                    return mcinstall.parse_erase(service.receive().body)
                except DeviceGoneError:
                    return Accepted()

    def erase_by_backup_service(self) -> Accepted | Refused:
        """Ask for the same by the service for back-ups, where ``erase`` is refused."""
        talk = device_link.Conversation(self._device.udid)
        with self._mux.connect(self._device, lockdown.PORT) as doorkeeper:
            service = self._trusted_service(doorkeeper, device_link.SERVICE)
            if service is None:
                return Refused(codes=())
            with service:
                try:
                    while talk.outcome is None:
                        answer = talk.answer(service.receive().body)
                        if answer is not None:
                            service.send(answer)
                except DeviceGoneError:
                    if not talk.asked:
                        raise
                    return Accepted()
        return talk.outcome

    def _introduced(self, doorkeeper: Stream) -> dict[str, Plist]:
        lockdown.parse_type(doorkeeper.ask(lockdown.query_type()))
        values = _values(doorkeeper, OPEN_KEYS)
        udid = values.get("UniqueDeviceID")
        if isinstance(udid, str) and udid.casefold() != self._device.udid.casefold():
            raise DeviceGoneError(
                Text(zh="回答的是另一部手机。", en="Another phone answers."),
                hint=Text(
                    zh="拔下，只插要处理的那一部。", en="Unplug; plug in only the right one."
                ),
            )
        return values

    def _trusted_service(self, doorkeeper: Stream, name: str) -> Stream | None:
        """Return a service's stream; None where the phone does not trust us, or has none such."""
        record = self._mux.record(self._device.udid)
        self._introduced(doorkeeper)
        if record is None or _session(doorkeeper, record) is not None:
            return None
        return self._service(doorkeeper, record, name)

    def _service(self, doorkeeper: Stream, record: PairRecord, name: str) -> Stream | None:
        service = lockdown.parse_service(doorkeeper.ask(lockdown.start_service(name)))
        if isinstance(service, Refusal):
            return None
        stream = self._mux.connect(self._device, service.port)
        try:
            if service.tls:
                stream.begin_tls(record)
        except BaseException:
            stream.close()
            raise
        return stream

    def _nodes(self, doorkeeper: Stream, record: PairRecord) -> tuple[Fields | None, Fields | None]:
        relay = self._service(doorkeeper, record, diagnostics_relay.SERVICE)
        if relay is None:
            return None, None
        with relay:
            battery = diagnostics_relay.parse_node(relay.ask(diagnostics_relay.ask_battery()))
            nvram = diagnostics_relay.parse_node(relay.ask(diagnostics_relay.ask_nvram()))
        return part_of(battery, BATTERY_KEYS), part_of(nvram, NVRAM_KEYS)

    def _management(
        self, doorkeeper: Stream, record: PairRecord
    ) -> tuple[mcinstall.Cloud | None, int | None]:
        service = self._service(doorkeeper, record, mcinstall.SERVICE)
        if service is None:
            return None, None
        with service:
            cloud = mcinstall.parse_cloud(service.ask(mcinstall.ask_cloud()))
            profiles = mcinstall.parse_profiles(service.ask(mcinstall.ask_profiles()))
        return (
            None if isinstance(cloud, Refused) else cloud,
            None if isinstance(profiles, Refused) else profiles,
        )


def _session(doorkeeper: Stream, record: PairRecord) -> Refusal | None:
    """Have the phone trust us on this stream; return why it does not."""
    session = lockdown.parse_session(doorkeeper.ask(lockdown.start_session(record)))
    if isinstance(session, Session):
        if session.tls:
            doorkeeper.begin_tls(record)
        return None
    return session


def _values(doorkeeper: Stream, keys: tuple[str, ...]) -> dict[str, Plist]:
    found = ((key, _value(doorkeeper, key)) for key in keys)
    return {key: value for key, value in found if value is not None}


def _value(doorkeeper: Stream, key: str, domain: str | None = None) -> Plist | None:
    reply = lockdown.parse_value(doorkeeper.ask(lockdown.get_value(key, domain)))
    return None if isinstance(reply, Refusal) else reply.value


def _domains(doorkeeper: Stream) -> dict[str, Fields]:
    found = ((domain, key, _value(doorkeeper, key, domain)) for domain, key in DOMAIN_KEYS)
    return {domain: {key: value} for domain, key, value in found if value is not None}


def pair(mux: Usbmux, udid: str) -> Refusal | None:
    """Ask the owner on the phone's screen to trust this station, once. Debian's program does it.

    Its other commands pair as well where there is no record (seen of ``idevicepair validate``),
    and would replace the record that an erase is judged by: none of them is used.

    Returns:
        None if it is paired now, else why not; ask again after the owner's answer. Whether the
        phone trusts us is seen by ``read``, not by this.

    Raises:
        DeviceError: the program is not installed.
        CommandTimeoutError: it did not end in time.
    """
    if shutil.which(PAIRING) is None:
        raise DeviceError(
            Text(zh="没有安装 idevicepair。", en="idevicepair is not installed."),
            hint=Text(
                zh="请店长安装 libimobiledevice-utils。",
                en="Have libimobiledevice-utils installed.",
            ),
        )
    try:
        done = subprocess.run(
            [*_ENDS_WITH_US, PAIRING, "--udid", udid, "pair"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=PAIR_S,
            env=os.environ | {"USBMUXD_SOCKET_ADDRESS": mux.address, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired as error:
        raise CommandTimeoutError(
            Text(zh="手机没有回应配对。", en="The phone does not answer the pairing."),
            hint=Text(zh="解锁手机，再试一次。", en="Unlock the phone and try again."),
        ) from error
    return lockdown.parse_pairing(done.returncode, done.stdout + done.stderr)


def usb_path_of(device: MuxDevice, devices: Path = USB_DEVICES) -> str | None:
    """Return the kernel's name of the port that a device hangs on; None where it is not there."""
    wanted = (device.bus, device.address)
    there = devices.iterdir() if devices.is_dir() else ()  # some kernels have no USB
    for folder in sorted(there):
        if (_number(folder / "busnum"), _number(folder / "devnum")) == wanted != (None, None):
            return folder.name
    return None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):
        return None  # an interface has neither, and a device may go while it is looked at
