"""``wipe-stationd``: owns devices, keys, journals and store, and serves one Unix socket. I/O.

1. Take the state directory's lock for as long as we live.
2. Build everything and hand it down: store, guard, gate, station, floor.
3. Begin to hear of devices, then look for the first time, so that nothing falls in between; shut
   the gate at the USB bays before the first look.
4. Start adb and usbmuxd for phones. Put unfinished jobs on the counter; go on where nobody has to
   be asked.
5. Listen; say so on standard output.
6. On SIGTERM or SIGINT interrupt the jobs in good order, then end with 0.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import uvicorn

from certs.errors import CertsError
from certs.text import Text
from wipe_station.accounts import Account, account
from wipe_station.api import as_station_error, create_api
from wipe_station.bays import BayMap, parse_bay_map, practice_drives
from wipe_station.blocking import block_list_of
from wipe_station.clock import SystemClock, utc_text
from wipe_station.counter import Parts
from wipe_station.detect.watch import Watch, follow, glance
from wipe_station.errors import (
    BusyError,
    EvidenceError,
    InvalidInputError,
    SelfTestError,
    StationError,
    exit_code_of,
)
from wipe_station.floor import Floor
from wipe_station.peers import Peer, Role, peer_protocol
from wipe_station.phone_jobs.bench import BenchParts
from wipe_station.phone_links.presence import Presence
from wipe_station.phone_links.programs import reaching
from wipe_station.privileges import die_with
from wipe_station.self_test import SelfTest
from wipe_station.stamping import Stamping, service_if_set
from wipe_station.state import read_settings, socket_of, state_lock
from wipe_station.station import Station
from wipe_station.store import RefusalNote, Store
from wipe_station.usb_gate import UsbGate
from wipe_station.usb_gate import glance as usb_glance
from wipe_station.write_guard import WriteGuard

BAYS_FILE = Path("/etc/wipe-station/bays.toml")
_MOST_BAYS_BYTES = 1 << 16
_GRACE_S = 2
_log = logging.getLogger(__name__)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="wipe-stationd", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the state directory")
    parser.add_argument(
        "--practice",
        type=Path,
        metavar="DIR",
        help="mind loop drives whose file lies in DIR, and no real device",
    )
    parser.add_argument(
        "--bays",
        type=Path,
        metavar="FILE",
        help=f"which USB port is which bay; {BAYS_FILE} by default, where it exists",
    )
    parser.add_argument("--kiosk-user", metavar="NAME|UID:GID", help="who may speak as the kiosk")
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process ends")
    return parser.parse_args()


class _Server(uvicorn.Server):
    """Leaves signals to us: jobs are interrupted before the socket closes."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(path: Path, kiosk: Account) -> socket.socket:
    """Return a listening socket that root and the kiosk's group can reach.

    The state lock is ours, so whatever lies at the path belongs to a daemon that is dead.
    """
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    os.chown(path, os.getuid(), kiosk.gid)
    path.chmod(0o660)
    listener.listen(64)
    return listener


def bay_map(file: Path | None) -> BayMap:
    """Return which port is which bay, as a file says; without a file no port has a name.

    Raises:
        InvalidInputError: the file is not there, or is not understood.
    """
    if file is None and not BAYS_FILE.exists():
        return BayMap()
    try:
        with (file or BAYS_FILE).open("rb") as opened:
            text = opened.read(_MOST_BAYS_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            Text(zh=f"读不到槽位文件：{error}。", en=f"The file of bays cannot be read: {error}."),
            hint=Text(zh="检查 --bays 后面的路径。", en="Check the path after --bays."),
        ) from error
    return parse_bay_map(text)


def _build(options: argparse.Namespace, clock: SystemClock, store: Store) -> Parts:
    practice = options.practice.resolve() if options.practice else None
    bays = bay_map(options.bays) if practice is None else BayMap()
    settings = read_settings(options.state)
    service = service_if_set(settings, options.state)
    store.forget_other_boots(clock.boot_id())
    guard = WriteGuard(clock, store)
    self_test = SelfTest(options.state, clock)
    station = Station(
        options.state,
        clock,
        guard=guard,
        require_self_test=self_test.require,
        bays=bays.holds if practice is None else practice_drives(practice),
        host=settings.host,
        service=service,
        block_list=block_list_of(settings, options.state),
        practice=practice is not None,
    )
    self_test.record_in(station.log)
    witnessing = station.log.witnessing(settings.witnesses)
    return Parts(
        state=options.state,
        station=station,
        store=store,
        guard=guard,
        clock=clock,
        bays=bays,
        self_test=self_test,
        gate=UsbGate(options.state, clock, bays) if practice is None else None,
        bench=None,
        practice=practice is not None,
        witnessing=witnessing,
        stamping=None if service is None else Stamping(options.state, service, clock),
    )


async def _serve(options: argparse.Namespace, floor: Floor, store: Store) -> None:
    clock, kiosk = SystemClock(), account(options.kiosk_user)
    path = socket_of(options.state)

    def note_refusal(uid: int, what: str, why: str) -> None:
        at = utc_text(clock.utc())
        store.note_refusal(RefusalNote(refused_at=at, uid=uid, what=what, why=why))

    def on_stranger(pid: int, uid: int) -> None:
        note_refusal(uid, f"connect as process {pid}", "nobody that the station knows")

    def on_refused(peer: Peer, what: str, why: str) -> None:
        note_refusal(peer.uid, what, why)

    roles = {kiosk.uid: Role.KIOSK, 0: Role.OPERATOR, os.getuid(): Role.OPERATOR}
    server = _Server(
        uvicorn.Config(
            create_api(floor, on_refused),
            http=peer_protocol(roles, on_stranger),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=128,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with listen(path, kiosk) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        _say("listening", socket=str(path))
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(floor.shut_down)
        server.should_exit = True
        await serving
        path.unlink(missing_ok=True)


def _say(event: str, **values: str) -> None:
    sys.stdout.write(json.dumps({"event": event} | values) + "\n")
    sys.stdout.flush()


def _run(options: argparse.Namespace) -> None:
    watch, stopping = Watch(), Event()
    store = Store(options.state / "station.db")
    try:
        parts = _build(options, SystemClock(), store)
        _prove(parts.self_test)
        with _gate_at_work(parts.gate, stopping), _bench(options.state, parts) as bench:
            floor = Floor(replace(parts, bench=bench))
            floor.recover()
            _follow(watch, floor.rescan, stopping, glance)
            Thread(target=parts.witnessing.follow, args=(stopping,), daemon=True).start()
            if parts.stamping is not None:
                Thread(target=parts.stamping.follow, args=(stopping,), daemon=True).start()
            if floor.phones is not None:
                Thread(target=floor.phones.follow, args=(stopping,), daemon=True).start()
            asyncio.run(_serve(options, floor, store))
            stopping.set()
            floor.leave()
    finally:
        store.close()


def _prove(self_test: SelfTest) -> None:
    """Test once at each start; a station that failed says so on its page, and starts no job."""
    try:
        self_test.run()
    except (SelfTestError, EvidenceError):
        logging.getLogger(__name__).exception("no job starts")


@contextlib.contextmanager
def _gate_at_work(gate: UsbGate | None, stopping: Event) -> Iterator[None]:
    """Shut the gate, watch it, and open it after an end in good order; a crash leaves it shut."""
    if gate is None:
        yield
        return
    # The kernel's own events: udev has nothing to add to a device that may do nothing.
    watch = Watch("usb", source="kernel")
    gate.shut()
    looking = _follow(watch, gate.look, stopping, usb_glance)
    yield
    looking.join()  # else a last look could shut the buses again
    gate.open()


@contextlib.contextmanager
def _bench(state: Path, parts: Parts) -> Iterator[BenchParts | None]:
    """Run what the station speaks with phones through, once the gate is shut."""
    if parts.gate is None:
        yield None
        return
    with reaching(state) as reach:
        station = parts.station
        yield BenchParts(
            jobs=station.phones,
            tickets=station.tickets,
            issuer=station.issuer,
            store=parts.store,
            clock=parts.clock,
            bays=parts.bays,
            presence=Presence(parts.gate.phones, reach, parts.bays),
        )


def _follow(
    watch: Watch, look: Callable[[], None], stopping: Event, seen: Callable[[], Hashable]
) -> Thread:
    made = Thread(target=follow, args=(watch, look, stopping, seen), daemon=True)
    made.start()
    return made


def main() -> None:
    """Entry point of ``wipe-stationd``."""
    options = _options()
    for quiet in ("alembic", "uvicorn"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
    if options.parent is not None:
        die_with(options.parent, signal.SIGTERM)
    try:
        _require_root()
        with state_lock(options.state):
            _run(options)
    except (StationError, CertsError) as error:
        sys.stderr.write(f"✗ {error.message.zh} {error.message.en}\n")
        sys.stderr.write(f"→ {error.hint.zh} {error.hint.en}\n")
        sys.exit(exit_code_of(as_station_error(error)))


def _require_root() -> None:
    if os.geteuid() != 0:
        raise BusyError(
            Text(zh="只有 root 能打开设备。", en="Only root can open devices."),
            hint=Text(zh="用 root 运行。", en="Run it as root."),
        )


if __name__ == "__main__":
    main()
