"""Documents wait for their time stamp, hold nobody up, and get it when the service is there."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from certs import stamping as certs_stamping
from certs.errors import TimeServiceError
from certs.stamping import unstamped
from certs.tests.samples import NOW
from certs.tests.test_stamping import SERVICE, lay
from certs.tests.time_samples import SERVICE_ROOT, Making
from certs.tests.time_vectors import logged_files
from certs.text import Text
from wipe_station import stamping
from wipe_station.cli import app
from wipe_station.errors import BusyError, InvalidInputError
from wipe_station.settings import Settings, parse_settings
from wipe_station.stamping import EVERY_S, LONGEST_PAUSE_S, Stamping, service_of
from wipe_station.state import timestamp_lock
from wipe_station.testing import FakeClock

GONE = TimeServiceError(Text(zh="连不上", en="gone"), Text(zh="等", en="wait"))


@dataclass(slots=True)
class Network:
    """Whether the service can be reached, and how often it was asked."""

    there: bool = True
    asked: int = 0

    def ask(self, _url: str, data: bytes, _roots: object) -> bytes:
        """Stand in for the service."""
        self.asked += 1
        if not self.there:
            raise GONE
        return Making().response(data)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Return a network that is there until a test takes it away."""
    made = Network()
    monkeypatch.setattr(certs_stamping, "ask", made.ask)
    return made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state directory with three documents that wait, and a service that is set."""
    (tmp_path / "bundles").mkdir()
    for name in ("c", "a", "b"):
        lay(tmp_path / "bundles", logged_files(), name)
    (tmp_path / "tsa-root.pem").write_bytes(SERVICE_ROOT.pem)
    (tmp_path / "settings.toml").write_text(
        'version = 1\n[time]\nurl = "http://time.example"\nroot = "tsa-root.pem"\n', "utf-8"
    )
    return tmp_path


def made_for(state: Path) -> Stamping:
    """Return the stamping of a station on the day of the samples."""
    return Stamping(state, SERVICE, FakeClock(NOW))


def test_round__service_is_there__all_stamped_oldest_first(state: Path, network: Network) -> None:
    """What waited has a stamp; the next round asks nobody."""
    came = made_for(state).round()
    assert (came.stamped, came.waiting, came.problems) == (("a", "b", "c"), (), ())
    assert made_for(state).round().stamped == ()
    assert network.asked == 3


def test_round__offline__queued_and_stamped_later(state: Path, network: Network) -> None:
    """Without a network all of it waits, and one attempt is enough to know."""
    network.there = False
    made = made_for(state)
    came = made.round()
    assert (came.waiting, came.problems, network.asked) == (("a", "b", "c"), (GONE.message,), 1)
    network.there = True
    assert made.round().stamped == ("a", "b", "c")


def test_round__one_document_damaged__the_others_stamped(state: Path, network: Network) -> None:
    """A document that cannot be stamped is told once, and holds up no other."""
    (state / "bundles" / "a" / "certificate.sig").write_bytes(b"no signature")
    made = made_for(state)
    came = made.round()
    assert (came.stamped, came.waiting) == (("b", "c"), ("a",))
    assert came.problems[0].en.startswith("a: ")
    assert made.round().problems == ()
    assert network.asked == 3


def test_round__two_at_once__the_second_told(state: Path, network: Network) -> None:
    """Daemon and command do not ask for the same document at the same time."""
    with timestamp_lock(state), pytest.raises(BusyError):
        made_for(state).round()
    assert network.asked == 0


@dataclass(slots=True)
class Stop:
    """Ends a loop after some rounds, and remembers for how long it would have paused."""

    rounds: int
    paused_s: list[float] = field(default_factory=list)
    network: Network | None = None

    def wait(self, timeout: float) -> bool:
        """Stand in for an event's."""
        self.paused_s.append(timeout)
        if self.network is not None and len(self.paused_s) == self.rounds - 1:
            self.network.there = True
        return len(self.paused_s) == self.rounds


def test_follow__service_gone_for_long__asked_less_often_until_it_is_back(
    state: Path, network: Network
) -> None:
    """A shop that is offline for a day asks now and then; afterwards the pauses are short again."""
    network.there = False
    stop = Stop(9, network=network)
    made_for(state).follow(stop)  # type: ignore[arg-type] # all that it uses of an event
    doubled = [60.0, 120.0, 240.0, 480.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert stop.paused_s == [*doubled, LONGEST_PAUSE_S, EVERY_S]
    assert unstamped(state / "bundles") == []


def test_follow__busy_or_broken__goes_on(
    state: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong in one round does not end the thread."""
    stop = Stop(2)
    with timestamp_lock(state):
        made_for(state).follow(stop)  # type: ignore[arg-type] # all that it uses of an event
    assert (len(stop.paused_s), network.asked) == (2, 0)

    def broken(_folder: Path) -> list[Path]:
        raise OSError

    monkeypatch.setattr(stamping, "unstamped", broken)
    made_for(state).follow(Stop(2))  # type: ignore[arg-type] # all that it uses of an event


def test_service_of__settings__root_is_read_beside_them(state: Path) -> None:
    """The root is found in the state directory; one that is missing or no root is named.

    Archives are made where they are set, and not where nothing is said.
    """
    settings = parse_settings((state / "settings.toml").read_text("utf-8"))
    assert service_of(settings, state).roots_pem == SERVICE_ROOT.pem
    archived = (state / "settings.toml").read_text("utf-8") + "archive = true\n"
    assert service_of(parse_settings(archived), state).archive
    assert not service_of(settings, state).archive
    (state / "tsa-root.pem").write_bytes(b"no certificate")
    with pytest.raises(InvalidInputError, match=r"time\.root"):
        service_of(settings, state)
    (state / "tsa-root.pem").unlink()
    with pytest.raises(InvalidInputError, match=r"time\.root"):
        service_of(settings, state)
    with pytest.raises(InvalidInputError, match="No time service"):
        service_of(Settings(), state)


def test_command__as_typed__0_when_nothing_waits(
    state: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command tells what waits and why with 5, and ends with 0 when all is stamped."""
    monkeypatch.setattr("wipe_station.cli.SystemClock", lambda: FakeClock(NOW))
    asked = ["timestamp", "--state", str(state)]
    network.there = False
    offline = CliRunner().invoke(app, asked)
    assert (offline.exit_code, "3 still waiting" in offline.output) == (5, True)
    assert "gone" in offline.output
    network.there = True
    said = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert (said["event"], said["stamped"], said["waiting"]) == ("timestamp", ["a", "b", "c"], [])
    done = CliRunner().invoke(app, asked)
    assert (done.exit_code, "0 stamped, 0 still" in done.output) == (0, True)


def test_command__no_service_set__2(tmp_path: Path) -> None:
    """Without a time service there is nobody to ask, and the command says where to set one."""
    came = CliRunner().invoke(app, ["timestamp", "--state", str(tmp_path)])
    assert came.exit_code == 2
