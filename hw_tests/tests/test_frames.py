"""Many connections in one stream, from end to end on this machine."""

import contextlib
import os
import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from hw_tests.lab.frames import LOOPBACK, Frames

SOON_S = 20.0


@pytest.fixture
def far() -> Iterator[socket.socket]:
    """Return what listens at the far end."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        listener.settimeout(SOON_S)
        yield listener


@pytest.fixture
def near(far: socket.socket) -> Iterator[Frames]:
    """Return the near end of a stream whose far end connects to the listener."""
    address = far.getsockname()
    one, other = socket.socketpair()
    ends = Frames(one.fileno()), Frames(other.fileno())
    threads = (
        Thread(target=ends[0].serve, daemon=True),
        Thread(
            target=ends[1].serve, args=(lambda: socket.create_connection(address),), daemon=True
        ),
    )
    for thread in threads:
        thread.start()
    yield ends[0]
    for each in (one, other):
        each.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(SOON_S)
    one.close()
    other.close()


def line(near: Frames) -> socket.socket:
    """Return one end of a connection that is carried."""
    mine, carried = socket.socketpair()
    mine.settimeout(SOON_S)
    near.carry(carried)
    return mine


def test_lines__later_one_speaks_first__each_is_answered_on_its_own(
    near: Frames, far: socket.socket
) -> None:
    """The order of first words does not matter: a browser opens connections in advance."""
    with contextlib.ExitStack() as opened:
        mine = [opened.enter_context(line(near)) for _ in range(3)]
        theirs = []
        for number in (2, 0, 1):
            mine[number].sendall(b"%d" % number)
            theirs.append(opened.enter_context(far.accept()[0]))
            theirs[-1].settimeout(SOON_S)
            assert theirs[-1].recv(9) == b"%d" % number
        for number, each in zip((2, 0, 1), theirs, strict=True):
            each.sendall(b"to %d" % number)
        assert [each.recv(9) for each in mine] == [b"to 0", b"to 1", b"to 2"]


def test_line__much_at_once__whole_and_in_order(near: Frames, far: socket.socket) -> None:
    """More than any buffer holds arrives as it was sent."""
    sent = bytes(range(256)) * 8192
    with line(near) as mine:
        Thread(target=mine.sendall, args=(sent,), daemon=True).start()
        with far.accept()[0] as theirs:
            theirs.settimeout(SOON_S)
            came = bytearray()
            while len(came) < len(sent) and (piece := theirs.recv(1 << 16)):
                came += piece
    assert came == sent


@pytest.mark.parametrize("who", ["near", "far"])
def test_line__one_side_hangs_up__so_does_the_other(
    near: Frames, far: socket.socket, who: str
) -> None:
    """The end of a connection is carried, too, from either side."""
    with line(near) as mine:
        mine.sendall(b"hello")
        with far.accept()[0] as theirs:
            theirs.settimeout(SOON_S)
            assert theirs.recv(9) == b"hello"
            one, other = (mine, theirs) if who == "near" else (theirs, mine)
            one.shutdown(socket.SHUT_RDWR)
            assert other.recv(9) == b""


def test_line__nobody_listens__ends(near: Frames, far: socket.socket) -> None:
    """Where nothing is, a connection ends as soon as something is said; the next one works."""
    far.close()
    with line(near) as mine:
        mine.sendall(b"hello")
        assert mine.recv(9) == b""


def test_stream__over__nothing_is_written_to_what_has_its_descriptor_then() -> None:
    """A line that speaks late is closed; its words do not reach somebody else's file."""
    one, other = socket.socketpair()
    heir, theirs = socket.socketpair()
    with one, other, heir, theirs:
        near = Frames(one.fileno())
        with line(near) as mine:
            other.shutdown(socket.SHUT_RDWR)
            near.serve()
            os.dup2(heir.fileno(), one.fileno())
            mine.sendall(b"late")
            assert mine.recv(9) == b""
            with pytest.raises(BlockingIOError):
                theirs.recv(99, socket.MSG_DONTWAIT)
