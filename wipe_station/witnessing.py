"""Has witnesses sign the log's newest checkpoint whenever it has grown. I/O.

A document never waits for that: a shop without a network issues as always, and the witnesses see
what has grown when they can be reached. One that will not sign has seen another log than ours, or
a longer one: that is for the manager to hear of, at once.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Lock
from typing import Final

from certs.errors import CertsError, WitnessRefusedError
from certs.log.audit import CHECKPOINT
from certs.log.cosign import cosign
from certs.log.folder import read_log_file
from certs.log.note import NoteKey
from certs.text import Text
from wipe_station.settings import WitnessSetting

EVERY_S: Final = 60.0
_log = logging.getLogger(__name__)


class Witnessing:
    """The witnesses of one log, and what became of asking them."""

    def __init__(self, folder: Path, log: NoteKey, witnesses: Sequence[WitnessSetting]) -> None:
        """Remember whom to ask.

        Args:
            folder: of the log.
            log: its key.
            witnesses: as they are set.
        """
        self._folder = folder
        self._log = log
        self._witnesses = tuple(witnesses)
        self._lock = Lock()
        self._seen: dict[NoteKey, bytes] = {}
        """The checkpoint that each signed, or refused to, last."""
        self._refused: dict[NoteKey, Text] = {}
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called when ``notices`` become others; it must not block."""
        self._listeners.append(listener)

    def notices(self) -> tuple[Text, ...]:
        """Return what the manager must hear of."""
        with self._lock:
            return tuple(self._refused.values())

    def ask(self) -> None:
        """Ask each witness that has not signed the newest checkpoint; what fails is logged."""
        for witness in self._witnesses:
            try:
                self._ask(witness)
            except WitnessRefusedError as error:
                _log.error("%s: %s", witness.key.name, error)
                self._note(witness.key, _refusal(witness.key, error))
            except (CertsError, OSError) as error:
                _log.warning("%s: %s", witness.key.name, error)

    def _ask(self, witness: WitnessSetting) -> None:
        newest = read_log_file(self._folder, CHECKPOINT)
        if self._seen.get(witness.key) == newest:
            return
        try:
            cosign(self._folder, self._log, witness.key, witness.url)
        except WitnessRefusedError:
            # Until the log has grown the answer is the same.
            self._seen[witness.key] = newest
            raise
        self._seen[witness.key] = newest
        self._note(witness.key, None)

    def _note(self, witness: NoteKey, refusal: Text | None) -> None:
        with self._lock:
            before = dict(self._refused)
            if refusal is None:
                self._refused.pop(witness, None)
            else:
                self._refused[witness] = refusal
            changed = before != self._refused
        if changed:
            for listener in self._listeners:
                listener()

    def follow(self, stopping: Event) -> None:
        """Ask now and every minute until the event is set."""
        while True:
            self.ask()
            if stopping.wait(EVERY_S):
                return


def _refusal(witness: NoteKey, error: WitnessRefusedError) -> Text:
    return Text(
        zh=f"{witness.name}：{error.message.zh}{error.hint.zh}",
        en=f"{witness.name}: {error.message.en} {error.hint.en}",
    )
