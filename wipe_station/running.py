"""What the running daemon of a state directory shows; nobody else knows it. I/O."""

from pathlib import Path

from certs.text import Text
from wipe_station.board_values import BoardView
from wipe_station.client import Client
from wipe_station.errors import BusyError, RequestError
from wipe_station.remote import translated
from wipe_station.state import socket_of, state_lock


def board_of(state: Path) -> BoardView:
    """Ask the daemon for its board.

    Args:
        state: the state directory that it works with.

    Raises:
        RequestError: no daemon runs.
        BusyError: it does not answer.
        InvalidInputError: the state directory is not ours to use.
    """
    path = socket_of(state)
    if not path.is_socket():
        raise _no_daemon(state)
    try:
        with translated(), Client(path) as client:
            return client.board()
    except BusyError:
        if _nobody_works_with(state):
            raise _no_daemon(state) from None
        raise


def _nobody_works_with(state: Path) -> bool:
    """Tell a daemon that is silent from a socket that one left behind."""
    try:
        with state_lock(state):
            return True
    except BusyError:
        return False


def _no_daemon(state: Path) -> RequestError:
    return RequestError(
        Text(
            zh="工作站没有运行，看不到手机。",
            en="No station runs here, and nothing else sees phones.",
        ),
        hint=Text(
            zh=f"先启动工作站：wipe-station up --state {state}",
            en=f"Start it first: wipe-station up --state {state}",
        ),
    )
