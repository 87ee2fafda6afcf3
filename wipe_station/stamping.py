"""Has a time service stamp the documents that wait for it. I/O.

A document never waits for that: a shop without a network issues as always, and what lies there
unstamped is stamped when the service can be reached, by the daemon or by ``wipe-station
timestamp``.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from certs.errors import CertificateError, TimeServiceError, TimestampError
from certs.reading import read_chosen
from certs.stamping import Service, stamp_bundle, unstamped
from certs.text import Text
from certs.time_service import MOST_ROOTS_BYTES, read_roots
from wipe_station.clock import Clock
from wipe_station.errors import BusyError, InvalidInputError
from wipe_station.settings import Settings, wrong_setting
from wipe_station.state import timestamp_lock

EVERY_S: Final = 30.0
LONGEST_PAUSE_S: Final = 900.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What became of everything that waited.

    Attributes:
        stamped: ids of the documents that have a stamp now.
        waiting: ids of those that still wait.
        problems: why they do.
    """

    stamped: tuple[str, ...]
    waiting: tuple[str, ...]
    problems: tuple[Text, ...]


def service_if_set(settings: Settings, state: Path) -> Service | None:
    """Return the time service; None where none is set.

    Raises:
        InvalidInputError: its root cannot be read.
    """
    return None if settings.time is None else service_of(settings, state)


def service_of(settings: Settings, state: Path) -> Service:
    """Return the time service that is set.

    Raises:
        InvalidInputError: none is, or its root cannot be read.
    """
    if settings.time is None:
        raise InvalidInputError(
            Text(zh="没有设置时间服务。", en="No time service is set."),
            hint=Text(
                zh="在 settings.toml 里写上 [time]，见 docs/settings.md。",
                en="Write [time] into settings.toml, as docs/settings.md shows.",
            ),
        )
    try:
        roots_pem = read_chosen(state / settings.time.root, MOST_ROOTS_BYTES)
        read_roots(roots_pem)
    except (OSError, TimestampError) as error:
        raise wrong_setting(f"time.root: {error}") from error
    return Service(url=settings.time.url, roots_pem=roots_pem, archive=settings.time.archive)


class Stamping:
    """The documents of one station, and the service that stamps them."""

    def __init__(self, state: Path, service: Service, clock: Clock) -> None:
        """Remember whom to ask.

        Args:
            state: the state directory; its documents lie in ``bundles``.
            service: to be asked.
            clock: for contradictions between a stamp and this machine.
        """
        self._state = state
        self._service = service
        self._clock = clock
        self._hopeless: set[Path] = set()

    def round(self) -> Round:
        """Stamp what waits, the oldest first; stop where the service cannot be reached.

        Raises:
            BusyError: another process of this station is doing it.
            OSError: the documents cannot be read or written.
        """
        with timestamp_lock(self._state):
            waiting = [each for each in unstamped(self._state / "bundles") if self._may(each)]
            stamped: list[str] = []
            problems: list[Text] = []
            for folder in waiting:
                try:
                    stamp_bundle(folder, self._service, self._clock.utc())
                except TimeServiceError as error:
                    problems.append(error.message)
                    break
                except CertificateError as error:
                    # Asking again would change nothing, and must not hold up the others.
                    self._hopeless.add(folder)
                    problems.append(_about(folder, error))
                else:
                    stamped.append(folder.name)
        left = tuple(each.name for each in waiting if each.name not in stamped)
        return Round(stamped=tuple(stamped), waiting=left, problems=tuple(problems))

    def _may(self, folder: Path) -> bool:
        return folder not in self._hopeless

    def follow(self, stopping: Event) -> None:
        """Stamp now and whenever something waits, until the event is set.

        While the service does not answer it is asked less and less often.
        """
        pause_s = EVERY_S
        while True:
            pause_s = EVERY_S if self._went_well() else min(2 * pause_s, LONGEST_PAUSE_S)
            if stopping.wait(pause_s):
                return

    def _went_well(self) -> bool:
        """Do one round; what fails is logged and tried again."""
        try:
            came = self.round()
        except (BusyError, OSError) as error:
            _log.warning("time stamps: %s", error)
            return False
        for problem in came.problems:
            _log.warning("time stamps: %s", problem.en)
        return not came.waiting


def _about(folder: Path, error: CertificateError) -> Text:
    return Text(zh=f"{folder.name}：{error.message.zh}", en=f"{folder.name}: {error.message.en}")
