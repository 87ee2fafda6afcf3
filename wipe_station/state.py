"""The state directory: made for its owner only, and worked with by one process at a time. I/O.

Of what lies in it, only the settings are read here.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from certs.text import Text
from wipe_station.errors import BusyError, InvalidInputError
from wipe_station.settings import FILE_NAME, MOST_BYTES, Settings, parse_settings

SOCKETS: Final = Path("/run/wipe-station")
"""Reachable by the kiosk's user, as the state directory is not."""


def socket_of(state: Path) -> Path:
    """Return where the daemon of a state directory listens; a path that fits ``sun_path``."""
    name = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:16]
    return SOCKETS / f"{name}.sock"


def make_state_folder(state: Path) -> None:
    """Make the state directory, for its owner only, unless it is there.

    Raises:
        InvalidInputError: it cannot be made, or belongs to somebody else.
    """
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        usable = os.access(state, os.R_OK | os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise InvalidInputError(
            Text(zh=f"不能使用数据目录 {state}。", en=f"Cannot use the state directory {state}."),
            hint=Text(
                zh="用 root 运行，或用 --state 指定另一个目录。",
                en="Run as root, or name another directory with --state.",
            ),
        )


def read_settings(state: Path) -> Settings:
    """Return what is set in a state directory; where there is no file, nothing is.

    Raises:
        InvalidInputError: the file cannot be read, or is not understood.
    """
    try:
        with (state / FILE_NAME).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        text = data.decode("utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            Text(zh=f"读不到 {FILE_NAME}：{error}。", en=f"{FILE_NAME} cannot be read: {error}."),
            hint=Text(
                zh="它在数据目录里，是 UTF-8 文本；检查权限，或者删掉它。",
                en="It lies in the state directory and is UTF-8 text; see its mode, or remove it.",
            ),
        ) from error
    return parse_settings(text)


@contextlib.contextmanager
def state_lock(state: Path) -> Iterator[None]:
    """Hold the state directory exclusively.

    Raises:
        BusyError: another station process holds it.
        InvalidInputError: it cannot be made or written.
    """
    make_state_folder(state)
    busy = Text(zh="另一个清除任务正在运行。", en="Another job of this station is running.")
    with _held(state / "station.lock", busy):
        yield


@contextlib.contextmanager
def timestamp_lock(state: Path) -> Iterator[None]:
    """Be the only one who has documents stamped; the daemon holds this now and then.

    Raises:
        BusyError: another process does.
    """
    busy = Text(zh="工作站正在要时间戳。", en="The station is having documents stamped just now.")
    with _held(state / "timestamps.lock", busy):
        yield


@contextlib.contextmanager
def _held(path: Path, busy: Text) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        hint = Text(zh="等它结束再来。", en="Wait for it to end.")
        raise BusyError(busy, hint=hint) from error
    try:
        yield
    finally:
        os.close(descriptor)
