"""A simulated iPhone, read by Debian's real programs and by our own link."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hw_tests.phones.apple_bay import Plugged, bay_with
from hw_tests.phones.apple_engines import GARBAGE
from hw_tests.phones.iphone import MARKERS, SERIAL, UDID, Dialog, IPhone, Trouble
from hw_tests.phones.real_usbmuxd import real_usbmuxd
from wipe_station.errors import (
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phone_links import iphone as link
from wipe_station.phone_links.usbmux import Usbmux
from wipe_station.phones.apple_facts import AppleReadings, facts_of
from wipe_station.phones.apple_signs import evidence_of
from wipe_station.phones.evidence import Finding, finding_of
from wipe_station.phones.lockdown import Refusal
from wipe_station.phones.mcinstall import Refused
from wipe_station.phones.usbmux import Attached

# --- Debian's programs --------------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["path", "tcp"])
def test_debian__whole_way__speaks_with_the_simulated_phone(tmp_path: Path, *, tcp: bool) -> None:
    """Listing, pairing, reading in TLS and the registry work as with a phone, over both sockets."""
    phone = IPhone()
    with bay_with(phone, tmp_path, tcp=tcp) as bay:
        assert bay.debian("idevice_id", "-l").stdout.split() == [UDID]
        stranger = bay.debian("ideviceinfo", "-s").stdout
        assert "ProductType: iPhone14,5" in stranger
        assert SERIAL not in stranger
        assert phone.pair_record is None
        assert "SUCCESS: Paired" in bay.debian("idevicepair", "pair").stdout
        assert "SUCCESS: Validated" in bay.debian("idevicepair", "validate").stdout
        assert bay.debian("ideviceinfo", "-k", "SerialNumber").stdout.strip() == SERIAL
        domain = bay.debian("ideviceinfo", "-q", "com.apple.fmip").stdout
        assert domain.strip() == "IsAssociated: false"
        registry = bay.debian("idevicediagnostics", "ioregentry", "options").stdout
        assert "fm-activation-locked" in registry
        facts = facts_of(bay.phone().read())
        assert (facts.serial, facts.battery_cycles) == (SERIAL, 412)
        assert "SUCCESS: Unpaired" in bay.debian("idevicepair", "unpair").stdout
        assert phone.pair_record is None


@pytest.mark.parametrize(
    ("phone", "refusal"),
    [
        (IPhone(dialog=Dialog.NEVER), Refusal.DENIED),
        (IPhone(dialog=Dialog.LATER), Refusal.DIALOG_OPEN),
        (IPhone(passcode_locked=True), Refusal.LOCKED),
    ],
    ids=["never", "later", "locked"],
)
def test_pair__owner_does_not_say_yes__told_why_and_little_is_read(
    plugged: Plugged, phone: IPhone, refusal: Refusal
) -> None:
    """Each refusal of the real idevicepair is understood; a stranger reads no serial number."""
    bay = plugged(phone)
    assert link.pair(bay.mux, UDID) is refusal
    read = bay.phone().read()
    facts = facts_of(read)
    assert (facts.model, facts.serial, facts.find_my) == ("iPhone14,5", None, None)
    assert read.trusted is None
    assert bay.phone().erase() == Refused(codes=())
    assert phone.photos


def test_pair__owner_says_yes_later__trusted_then(plugged: Plugged) -> None:
    """The question stays on the phone's screen; after the answer the same request succeeds."""
    phone = IPhone(dialog=Dialog.LATER)
    bay = plugged(phone)
    assert link.pair(bay.mux, UDID) is Refusal.DIALOG_OPEN
    phone.tap_trust()
    assert bay.paired().trusted


@pytest.mark.parametrize("trouble", [Trouble.PULLED, Trouble.NO_PLIST])
def test_pair__trouble_at_each_request__paired_only_where_the_phone_says_so(
    plugged: Plugged, trouble: Trouble
) -> None:
    """The real idevicepair lives with garbage where it can; what it calls paired is paired."""
    phone = IPhone()
    bay = plugged(phone)
    assert link.pair(bay.mux, UDID) is None
    said = set()
    for number in range(1, phone.requests):
        with bay.lock:
            phone.pair_record = None
        bay.troubled(phone, number, trouble)
        said.add(refusal := link.pair(bay.mux, UDID))
        with bay.lock:
            assert refusal is not None or phone.pair_record is not None, number
    assert Refusal.OTHER in said


def test_pair__program_is_missing__said(plugged: Plugged, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Debian's program there is an error with a next step."""
    bay = plugged(IPhone())
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(DeviceError, match="not installed"):
        link.pair(bay.mux, UDID)


# --- our own reading ----------------------------------------------------------------------------


def test_read__trusted__facts_and_nobody_s_name(plugged: Plugged) -> None:
    """All facts are read; names are neither asked for nor kept, whatever the phone holds."""
    phone = IPhone(organised=True, profiles=3)
    phone.nvram["owner"] = MARKERS[0].encode()
    bay = plugged(phone)
    assert link.pair(bay.mux, UDID) is None
    phone.asked.clear()
    read = bay.phone().read()
    facts = facts_of(read)
    assert (facts.find_my, facts.managed, facts.supervised) == (False, True, True)
    assert (facts.storage_bytes, facts.battery_celsius) == (128_000_000_000, 29.3)
    assert read.profiles == 3
    held = repr([getattr(read, name) for name in AppleReadings.__slots__]) + repr((read, facts))
    assert not any(marker in held for marker in MARKERS)
    assert not {"DeviceName", "PhoneNumber", None} & {key for _, key in phone.asked}


def test_read__passcode_asked_again__unknown_not_forgotten(plugged: Plugged) -> None:
    """A phone that was restarted and is locked refuses us; that is no sign of an erase."""
    phone = IPhone()
    bay = plugged(phone)
    before = bay.paired()
    phone.passcode_locked = True
    back = bay.phone().read()
    assert back.trusted is None
    assert finding_of(evidence_of(before, back, back)) is Finding.UNPROVEN


def test_session__another_phone_under_the_same_record__noticed(plugged: Plugged) -> None:
    """A phone that takes our record and has not the key that was paired is another phone."""
    phone = IPhone()
    bay = plugged(phone)
    bay.paired()
    assert phone.pair_record is not None
    phone.key = rsa.generate_private_key(65537, 2048)
    phone.pair_record["DeviceCertificate"] = _self_signed(phone.key)
    with pytest.raises(DeviceGoneError, match="not the phone that was paired"):
        bay.phone().read()
    with pytest.raises(DeviceGoneError, match="not the phone that was paired"):
        bay.phone().erase()
    assert phone.photos


def test_read__another_udid_than_usbmuxd_s__another_phone(plugged: Plugged) -> None:
    """What answers must be what was listed; nothing is read from it, and nothing asked of it."""
    phone = IPhone(calls_itself="0" * 40)
    bay = plugged(phone)
    for ask in (bay.phone().read, bay.phone().erase):
        with pytest.raises(DeviceGoneError, match="Another phone answers"):
            ask()
    assert phone.photos


def _self_signed(key: rsa.RSAPrivateKey) -> bytes:
    name, now = x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=9))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


# --- trouble ------------------------------------------------------------------------------------


def test_read__cable_pulled_at_each_request__gone_and_nothing_known(plugged: Plugged) -> None:
    """Wherever the cable goes, the reading ends with that, and not with half of the facts."""
    phone = IPhone()
    bay = plugged(phone)
    bay.paired()
    count = bay.requests(phone, link.IPhone.read)
    assert count > 15
    for number in range(1, count + 1):
        with pytest.raises(DeviceGoneError):
            bay.troubled(phone, number, Trouble.PULLED).read()
        assert bay.mux.devices() == ()


@pytest.mark.parametrize("trouble", GARBAGE)
def test_read__garbage_at_each_request__the_one_error(plugged: Plugged, trouble: Trouble) -> None:
    """Whatever garbage comes, and wherever, it is a malformed reply and nothing else."""
    phone = IPhone()
    bay = plugged(phone)
    bay.paired()
    for number in range(1, bay.requests(phone, link.IPhone.read) + 1):
        with pytest.raises(MalformedReplyError):
            bay.troubled(phone, number, trouble).read()


@pytest.mark.parametrize("number", [1, 5, 12, 17])
def test_read__no_answer__time_runs_out(plugged: Plugged, number: int) -> None:
    """A phone that is there and silent is told from one that is gone, plain and in TLS."""
    phone = IPhone()
    bay = plugged(phone)
    bay.paired()
    bay.mux = Usbmux(bay.mux.address, patience_s=0.3)
    with pytest.raises(CommandTimeoutError):
        bay.troubled(phone, number, Trouble.SILENCE).read()


# --- usbmuxd itself -----------------------------------------------------------------------------


def test_usbmuxd__not_running__said(tmp_path: Path) -> None:
    """No socket, or nobody behind its address, is an error about the service."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = f"127.0.0.1:{taken.getsockname()[1]}"
    for address in (f"UNIX:{tmp_path}/nobody", free):
        with pytest.raises(DeviceError, match="usbmuxd"):
            Usbmux(address).devices()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", DeviceGoneError),
        (b"\x10\0\0\0\x01\0\0\0", DeviceGoneError),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", MalformedReplyError),
        (b"\xff" * 64, MalformedReplyError),
    ],
)
def test_usbmuxd__another_program_answers__one_of_ours(said: bytes, error: type[Exception]) -> None:
    """Something else behind the address, or an end in the middle, is told as it is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connected, _ = listening.accept()
            with connected:
                connected.recv(4096)
                connected.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(error):
            Usbmux(f"127.0.0.1:{listening.getsockname()[1]}").devices()
        thread.join()


def test_usbmuxd__debian_s_own__understood(plugged: Plugged, tmp_path: Path) -> None:
    """The real daemon, without devices: its list, news, records and refusal are understood."""
    bay = plugged(IPhone())
    assert link.pair(bay.mux, UDID) is None
    (device,) = bay.mux.devices()
    (tmp_path / f"{UDID}.plist").write_bytes(bay.stored_record(UDID))
    with real_usbmuxd(tmp_path) as address:
        real = Usbmux(address)
        assert real.devices() == ()
        assert real.record(UDID) == bay.mux.record(UDID)
        assert real.record(UDID.replace("0", "1")) is None
        with real.news() as news:
            assert news.next(0.05) is None
        with pytest.raises(DeviceGoneError):
            real.connect(device, 62078)


def test_news__nothing_happens__none_after_the_wait(plugged: Plugged) -> None:
    """Waiting for a phone ends; what was there already is told first."""
    bay = plugged(IPhone())
    with bay.mux.news() as news:
        assert isinstance(news.next(20.0), Attached)
        assert news.next(0.05) is None


def test_usb_path__of_the_place_on_the_bus__the_kernel_s_name(
    plugged: Plugged, tmp_path: Path
) -> None:
    """Bus and address of usbmuxd lead to the port's name, by which jobs are keyed."""
    (device,) = plugged(IPhone()).mux.devices()
    for name, bus, address in (("3-1.2", 3, 5), ("3-1.3", 3, 6), ("usb3", 3, 1)):
        (tmp_path / "usb" / name).mkdir(parents=True)
        (tmp_path / "usb" / name / "busnum").write_text(f"{bus}\n")
        (tmp_path / "usb" / name / "devnum").write_text(f"{address}\n")
    (tmp_path / "usb" / "3-1.2:1.0").mkdir()
    assert link.usb_path_of(device, tmp_path / "usb") == "3-1.2"
