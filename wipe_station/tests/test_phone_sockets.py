"""Two ports of one socket: a phone is found again in it, and nobody else is taken for it."""

import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from wipe_station.bays import BayMap
from wipe_station.detect.gate_rules import Phone
from wipe_station.errors import DeviceGoneError
from wipe_station.phone_links.adb_server import absent
from wipe_station.phone_links.presence import Presence, Reach
from wipe_station.phone_links.sockets import Sockets, usb2_port_of
from wipe_station.phones.usb_mode_table import Mode

BESIDE = {"1-1": "2-1", "1-2": "2-2", "1-4.2": "2-4.2"}
"""USB 2 port → USB 3 port of its socket."""
FAST, SLOW = "5000", "480"


def _port(devices: Path, port: str) -> Path:
    """Return where the kernel shows a port: below the root hub's interface, or a hub's."""
    hub, dot, number = port.rpartition(".")
    if not dot:
        bus, _, number = port.partition("-")
        return devices / f"usb{bus}" / f"{bus}-0:1.0" / f"usb{bus}-port{number}"
    return devices / f"usb{hub[0]}" / hub / f"{hub}:1.0" / f"{hub}-port{number}"


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """Return what the kernel shows of two buses with sockets, one of them on a hub's hub."""
    for pair in BESIDE.items():
        for port, other in (pair, pair[::-1]):
            place = _port(tmp_path, port)
            place.mkdir(parents=True)
            (place / "peer").symlink_to(_port(tmp_path, other))
    return tmp_path


def _plug(devices: Path, port: str, speed: str) -> None:
    (devices / port).mkdir()
    (devices / port / "speed").write_text(f"{speed}\n")
    (devices / port / "port").symlink_to(_port(devices, port))


@pytest.mark.parametrize(("slow", "fast"), BESIDE.items())
@pytest.mark.parametrize("speed", [FAST, "10000", "20000"])
def test_socket__phone_on_its_usb_3_port__called_by_the_usb_2_port(
    devices: Path, slow: str, fast: str, speed: str
) -> None:
    """So a phone is found again whose next mode is slower, below hubs as well."""
    sockets = Sockets(BayMap(), devices)
    _plug(devices, fast, speed)
    assert sockets.of({fast}) == {fast: slow}
    assert sockets.of(()) == {}
    _plug(devices, slow, SLOW)
    assert sockets.of({slow}) == {slow: slow}


@pytest.mark.parametrize("spoilt", ["speed", "port", "peer", "name"])
def test_socket__kernel_says_nothing_of_it__the_ports_own_name(devices: Path, spoilt: str) -> None:
    """Old kernels, sockets with one port, and a phone that goes meanwhile."""
    _plug(devices, "2-1", "no number" if spoilt == "speed" else FAST)
    peer = _port(devices, "2-1") / "peer"
    if spoilt == "port":
        (devices / "2-1" / "port").unlink()
    elif spoilt in ("peer", "name"):
        peer.unlink()
    if spoilt == "name":
        peer.symlink_to("usb1-port1-of-something")
    assert usb2_port_of("2-1", devices) is None
    assert Sockets(BayMap(), devices).of(("2-1",)) == {"2-1": "2-1"}


def test_socket__somebody_else_on_the_other_port__each_by_its_own_port(devices: Path) -> None:
    """Firmware that calls two sockets one never makes two phones one."""
    _plug(devices, "2-1", FAST)
    _plug(devices, "1-1", SLOW)
    assert Sockets(BayMap(), devices).of(("2-1", "1-1")) == {"2-1": "2-1", "1-1": "1-1"}


def test_socket__phone_that_just_went__keeps_its_name_until_it_is_gone(devices: Path) -> None:
    """Between the kernel's word and the gate's next look it is not seen at another port."""
    sockets = Sockets(BayMap(), devices)
    _plug(devices, "2-1", FAST)
    assert sockets.of(("2-1",)) == {"2-1": "1-1"}
    shutil.rmtree(devices / "2-1")
    assert sockets.of(("2-1",)) == {"2-1": "1-1"}
    assert sockets.of(()) == {}
    assert sockets.of(("2-1",)) == {"2-1": "2-1"}


@pytest.mark.parametrize(
    ("bays", "socket"),
    [
        (BayMap(bays={"A": ("1-1", "2-1")}), "1-1"),
        (BayMap(bays={"A": ("1-1",), "B": ("2-1",)}), "2-1"),
        (BayMap(bays={"A": ("2-1",)}), "2-1"),
        (BayMap(console=("1-1",)), "2-1"),
    ],
    ids=["one-bay", "two-bays", "half-a-bay", "console"],
)
def test_socket__file_of_bays_says_otherwise__believed_before_the_kernel(
    devices: Path, bays: BayMap, socket: str
) -> None:
    """Two ports of two bays are no socket, whatever the firmware says."""
    _plug(devices, "2-1", FAST)
    assert Sockets(bays, devices).of(("2-1",)) == {"2-1": socket}


def test_presence__phone_on_its_usb_3_port__named_by_its_socket_and_opened_where_it_is(
    devices: Path,
) -> None:
    """What is opened is the port on which it hangs now."""
    _plug(devices, "2-1", FAST)
    (devices / "2-1" / "serial").write_text("SERIAL01\n")
    opened = []

    def opens(port: str) -> NoReturn:
        opened.append(port)
        raise absent()

    let_in = Phone(port="2-1", bay=None, product="Phone 7", mode=Mode.MTP)
    (here,) = Presence(lambda: (let_in,), Reach(usb=devices, open_mtp=opens)).look()
    assert (here.port, here.usb_path, here.usb_serial) == ("1-1", "2-1", "SERIAL01")
    with pytest.raises(DeviceGoneError):
        here.hand().read()
    assert opened == ["2-1"]
