"""Who speaks on the socket: known users with their role, and nobody else at all."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from wipe_station.peers import Peer, Role, credentials
from wipe_station.tests.serving import serving

US: Final = (os.getpid(), os.getuid())
REQUEST: Final = b"GET / HTTP/1.1\r\nhost: station\r\n\r\n"
PROGRAM: Final = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as peer:
    peer.connect(sys.argv[1])
    peer.sendall(b"GET / HTTP/1.1\\r\\nhost: station\\r\\nconnection: close\\r\\n\\r\\n")
    answer = peer.makefile("rb").read()
print(os.getpid(), answer.rpartition(b"\\r\\n")[2].decode())
"""


def peer_of(scope: dict[str, Any]) -> Peer:
    """Return the peer as a request finds it."""
    peer = scope["state"]["peer"]
    assert isinstance(peer, Peer)
    return peer


class WhoAmI:
    """An application that tells its caller who it is, and remembers having been called."""

    def __init__(self) -> None:
        self.called = 0

    async def __call__(self, scope: dict[str, Any], _: Any, send: Callable[..., Any]) -> None:
        """Answer."""
        self.called += 1
        peer = peer_of(scope)
        said = json.dumps([peer.pid, peer.uid, peer.role.value]).encode()
        headers = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


def ask(path: Path) -> list[Any]:
    """Return what the application knows of us."""
    transport = httpx.HTTPTransport(uds=str(path))
    with httpx.Client(transport=transport, trust_env=False) as client:
        answer: list[Any] = client.get("http://station/").json()
    return answer


def hung_up(path: Path, said: bytes) -> bytes:
    """Return every byte that comes back before the other end hangs up."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(str(path))
        got = b""
        try:
            peer.sendall(said)
            while data := peer.recv(4096):
                got += data
        except (ConnectionResetError, BrokenPipeError):
            pass
    return got


def test_credentials__a_pair_of_sockets__process_and_user_of_the_other_end() -> None:
    """The kernel says who is at the other end."""
    here, there = socket.socketpair()
    with here, there:
        assert credentials(here) == credentials(there) == US


@pytest.mark.parametrize("role", Role)
def test_peer_protocol__known_user__served_with_its_role(tmp_path: Path, role: Role) -> None:
    """Each request of a known user carries who asked, and what it may do."""
    path = tmp_path / "sock"
    with serving(path, WhoAmI, roles={os.getuid(): role}):
        assert ask(path) == [*US, role.value]


def test_peer_protocol__another_process__its_own_pid(tmp_path: Path) -> None:
    """What is noted of a caller is the caller's process, and never one before or after it."""
    path = tmp_path / "sock"
    with serving(path, WhoAmI, roles={os.getuid(): Role.KIOSK}):
        assert ask(path)[0] == os.getpid()
        done = subprocess.run(
            [sys.executable, "-I", "-c", PROGRAM, str(path)],
            capture_output=True,
            check=True,
            text=True,
        )
        pid, _, answer = done.stdout.partition(" ")
        assert json.loads(answer) == [int(pid), os.getuid(), "kiosk"]
        assert ask(path)[0] == os.getpid()


@pytest.mark.parametrize(
    "said", [b"", REQUEST, REQUEST * 100, b"no HTTP at all"], ids=["", "one", "many", "garbage"]
)
def test_peer_protocol__stranger__hung_up_on_without_a_byte(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, said: bytes
) -> None:
    """Whom the station does not know gets no answer, not even that there is one."""
    path, strangers, app = tmp_path / "sock", list[tuple[int, int]](), WhoAmI()
    roles = {os.getuid() + 1: Role.OPERATOR}
    with serving(path, lambda: app, roles=roles, on_stranger=lambda *who: strangers.append(who)):
        assert hung_up(path, said) == b""
    assert strangers == [US]
    assert [record.name for record in caplog.records] == ["wipe_station.peers"], "and no fault"
    assert app.called == 0


def test_peer_protocol__stranger_that_cannot_be_noted__hung_up_on_all_the_same(
    tmp_path: Path,
) -> None:
    """A full disk, which takes no note of strangers any more, lets none of them linger."""

    def cannot(*_: int) -> None:
        raise OSError("disk full")

    path, app = tmp_path / "sock", WhoAmI()
    with serving(path, lambda: app, roles={}, on_stranger=cannot):
        assert hung_up(path, REQUEST) == b""
    assert app.called == 0


def test_peer_protocol__strangers_before_a_known_user__it_is_served(tmp_path: Path) -> None:
    """Being pestered by strangers keeps nobody from being served."""
    path, strangers = tmp_path / "sock", list[tuple[int, int]]()
    roles: dict[int, Role] = {}
    with serving(path, WhoAmI, roles=roles, on_stranger=lambda *who: strangers.append(who)):
        for _ in range(20):
            assert hung_up(path, REQUEST) == b""
        roles[os.getuid()] = Role.KIOSK
        assert ask(path) == [*US, "kiosk"]
    assert strangers == [US] * 20
