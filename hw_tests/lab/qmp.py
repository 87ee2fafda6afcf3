"""QEMU's control socket: commands, and the events that come between. I/O."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Final

ANSWER_S: Final = 60.0
Event = dict[str, Any]


class QemuError(Exception):
    """QEMU refused a command, or is gone."""


def connect(path: Path) -> socket.socket:
    """Return a connection to a Unix socket.

    Raises:
        OSError: nobody listens.
    """
    made = socket.socket(socket.AF_UNIX)
    try:
        made.connect(str(path))
    except OSError:
        made.close()
        raise
    return made


class Qmp:
    """A conversation; safe to be used from several threads."""

    def __init__(self, path: Path, epitaph: Callable[[], str]) -> None:
        """Connect and leave the negotiating mode.

        Args:
            path: QEMU's socket.
            epitaph: asked for how QEMU ended, once it has.

        Raises:
            OSError: nobody listens, yet or any more.
            QemuError: nobody answers.
        """
        self._socket = connect(path)
        self._epitaph = epitaph
        self._news = Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._events: list[Event] = []
        self._asked = 0
        self._over = False
        Thread(target=self._listen, daemon=True).start()
        self.ask("qmp_capabilities")

    def _listen(self) -> None:
        with self._socket.makefile("rb") as lines:
            try:
                for line in lines:
                    self._take(json.loads(line))
            except OSError:
                pass  # QEMU was killed
        with self._news:
            self._over = True
            self._news.notify_all()

    def _take(self, said: dict[str, Any]) -> None:
        with self._news:
            if "event" in said:
                self._events.append(said)
            elif "id" in said:
                self._answers[said["id"]] = said
            self._news.notify_all()

    def ask(self, command: str, **arguments: object) -> Any:
        """Have a command done and return its answer. ``_`` in names stands for ``-``.

        Raises:
            QemuError: it was refused, or QEMU is gone.
        """
        with self._news:
            self._asked += 1
            number = self._asked
        wanted = {name.replace("_", "-"): value for name, value in arguments.items()}
        question = {"execute": command, "id": number} | ({"arguments": wanted} if wanted else {})
        try:
            self._socket.sendall(json.dumps(question).encode() + b"\n")
        except OSError as error:
            raise QemuError(f"{command}: {self._epitaph()}") from error
        answer = self._until(lambda: self._answers.pop(number, None), command)
        if "error" in answer:
            raise QemuError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def wait_for(self, event: str, **data: object) -> None:
        """Wait for an event with certain data, and take it.

        Raises:
            QemuError: it does not come.
        """

        def come() -> Event | None:
            for each in self._events:
                if each["event"] == event and data.items() <= each.get("data", {}).items():
                    self._events.remove(each)
                    return each
            return None

        self._until(come, event)

    def _until(self, look: Callable[[], dict[str, Any] | None], what: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def come() -> bool:
            if (one := look()) is not None:
                found.append(one)
            return bool(found) or self._over

        with self._news:
            if not self._news.wait_for(come, ANSWER_S):
                raise QemuError(f"{what}: no answer within {ANSWER_S} s")
        if not found:
            raise QemuError(f"{what}: {self._epitaph()}")
        return found[0]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
