"""An adb server of the station's own, started only when somebody asks for it. I/O.

It listens on a socket file in a folder below the station's own, never on a port: whoever can speak
to it can erase phones. Its key lies in the same folder; it looks for no emulators and takes nothing
from the network.

It parses what every phone sends first, so it runs as a user that owns that folder and nothing else,
and can become nobody else. What it may open besides are the USB devices, by the groups that they
belong to. Only root may pass the folders above its own: it is given its own, open, and names it by
that descriptor.
"""

import contextlib
import grp
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from certs.text import Text
from wipe_station.accounts import PHONE_ADB
from wipe_station.errors import CommandTimeoutError, DeviceError, DeviceGoneError, InvalidInputError
from wipe_station.phone_links.adb_server import AdbServer

PROGRAM: Final = "adb"
LOG_NAME: Final = "adb.log"
START_S: Final = 20.0
END_S: Final = 5.0
_POLL_S: Final = 0.02
OF_USB: Final = ("root", "plugdev")
"""The groups that USB devices belong to, by udev's own rules and by Debian's for phones."""
_MOST_SOCKET_PATH_BYTES: Final = 107
"""``sun_path`` without its end (unix(7))."""
_HINT: Final = Text(
    zh="安装 Debian 软件包 adb，再启动工作站。",
    en="Install Debian's package adb, then start the station again.",
)


def socket_of(folder: Path) -> Path:
    """Return where the server of a folder listens."""
    return folder / "adb.socket"


def environment_of(folder: Path) -> dict[str, str]:
    """Return the environment in which ``adb`` uses this folder's key and nothing of a person's."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "ADB_MDNS": "0",
        # It would take whatever listens on this machine's ports 5555 to 5585 for an emulator.
        "ADB_LOCAL_TRANSPORT_MAX_PORT": "5",
    }


@contextlib.contextmanager
def started(folder: Path) -> Iterator[AdbServer]:
    """Run a server in a folder, which is made if it is missing, as long as the block lasts.

    One that a killed station has left there is ended first: it would keep the phones to itself.

    Raises:
        InvalidInputError: the folder's path is too long for a socket, or others may look into it.
        DeviceError: there is no ``adb``, or it ended at once.
        CommandTimeoutError: it did not answer in ``START_S``, or an earlier one does not end.
    """
    _own(folder)
    listening = socket_of(folder)
    with contextlib.suppress(DeviceGoneError):
        AdbServer(listening, timeout_s=END_S).end()
    process = _popen(folder)
    try:
        server = AdbServer(listening)
        _answers(process, server)
        yield server
    finally:
        _end(process)
        with contextlib.suppress(OSError):
            listening.unlink()


def _popen(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the program in its folder, where its user may have put anything."""
    if shutil.which(PROGRAM) is None:
        raise DeviceError(Text(zh="没有 adb。", en="There is no adb."), hint=_HINT)
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            return _popen_in(folder, opened)
        finally:
            os.close(opened)
    except OSError as error:
        raise DeviceError(Text(zh="adb 启动失败。", en="adb did not start."), hint=_HINT) from error


def _popen_in(folder: Path, opened: int) -> "subprocess.Popen[bytes]":
    own = Path(f"/proc/self/fd/{opened}")
    words = [PROGRAM, "-L", f"localfilesystem:{socket_of(own)}", "server", "nodaemon"]
    for name in (socket_of(folder), folder / LOG_NAME):
        name.unlink(missing_ok=True)
    with (folder / LOG_NAME).open("xb") as log:
        return subprocess.Popen(
            [*_as_its_user(), *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment_of(own),
            cwd=folder,
            pass_fds=(opened,),
        )


def _as_its_user() -> list[str]:
    """Return the command before a command that gives every right up; nothing where root is not."""
    if os.geteuid() != 0:
        return []
    groups = []
    for name in OF_USB:
        with contextlib.suppress(KeyError):  # not every machine has both
            groups.append(str(grp.getgrnam(name).gr_gid))
    return [
        *("setpriv", f"--reuid={PHONE_ADB.uid}", f"--regid={PHONE_ADB.gid}"),
        *(f"--groups={','.join(groups)}", "--inh-caps=-all", "--no-new-privs", "--"),
    ]


def _own(folder: Path) -> None:
    """Make the folder, or take it for one that is only its user's."""
    user = PHONE_ADB.uid if os.geteuid() == 0 else os.geteuid()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid == os.geteuid() != user:  # nobody but root was there until now
        for each in (*folder.rglob("*"), folder):
            os.lchown(each, PHONE_ADB.uid, PHONE_ADB.gid)
        found = folder.lstat()
    too_long = len(os.fsencode(socket_of(folder.absolute()))) > _MOST_SOCKET_PATH_BYTES
    if too_long or found.st_uid != user or found.st_mode & 0o077:
        raise InvalidInputError(
            Text(
                zh=f"文件夹 {folder} 不能给 adb 用。",
                en=f"The folder {folder} cannot be adb's.",
            ),
            hint=Text(
                zh="要一个路径较短、只有工作站自己能进的文件夹（权限 0700）。",
                en="It takes a short path, and a folder for the station alone (mode 0700).",
            ),
        )


def _answers(process: "subprocess.Popen[bytes]", server: AdbServer) -> None:
    """Wait until it answers; what is waited on meanwhile is its end."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with contextlib.suppress(DeviceError):
            server.version()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_S)
            raise DeviceError(Text(zh="adb 启动失败。", en="adb did not start."), hint=_HINT)
    raise CommandTimeoutError(
        Text(zh="adb 启动后没有回答。", en="adb was started and does not answer."), hint=_HINT
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
