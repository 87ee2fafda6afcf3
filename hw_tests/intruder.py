"""A process of another user that speaks to the daemon's socket as whoever took it over would.

``python -m hw_tests.intruder UID SOCKET`` loads what it needs, becomes that user for good, and then
does what it reads: one JSON object per line, one answer per line. It uses nothing of ours to speak.
"""

import base64
import contextlib
import encodings.idna
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANSWER_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back from the socket."""

    status: int
    """0: no connection, or it was hung up; ``body`` names the fault."""
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Intruder:
    """The test's side: tells the process what to try."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def _do(self, **what: object) -> Any:
        assert self._process.stdin is not None, "a pipe was asked for"
        assert self._process.stdout is not None, "a pipe was asked for"
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Send one request."""
        said = self._do(method=method, path=path, body=body)
        return Answer(status=said["status"], body=base64.b64decode(said["body"]))

    def open(self, path: Path, flags: int = os.O_RDONLY) -> str:
        """Try to open a file; return the fault's class, or nothing."""
        return str(self._do(open=str(path), flags=flags))

    def ids(self) -> list[int]:
        """Return the user and group ids that it runs under."""
        return list(self._do(ids=True))


@contextlib.contextmanager
def intruder(uid: int, path: Path) -> Iterator[Intruder]:
    """Start a process of a user; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hw_tests.intruder", str(uid), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Intruder(process)
        finally:
            process.kill()


class _OverUnix(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("station", timeout=ANSWER_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _ask(path: str, what: dict[str, Any]) -> dict[str, Any]:
    connection = _OverUnix(path)
    try:
        body = None if what["body"] is None else json.dumps(what["body"])
        headers = {"content-type": "application/json"} if body else {}
        connection.request(what["method"], "/v1" + what["path"], body=body, headers=headers)
        answer = connection.getresponse()
        status, data = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        status, data = 0, type(error).__name__.encode()
    finally:
        connection.close()
    return {"status": status, "body": base64.b64encode(data).decode("ascii")}


def _open(path: str, flags: int) -> str:
    try:
        os.close(os.open(path, flags))
    except OSError as error:
        return type(error).__name__
    return ""


def main() -> None:
    """Become the user, then do as told."""
    uid, path = int(sys.argv[1]), sys.argv[2]
    assert encodings.idna, "host names are encoded, and this loads late"
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    for line in sys.stdin:
        what = json.loads(line)
        answer: object
        if "open" in what:
            answer = _open(what["open"], what["flags"])
        elif "ids" in what:
            answer = [*os.getresuid(), *os.getresgid(), *os.getgroups()]
        else:
            answer = _ask(path, what)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
