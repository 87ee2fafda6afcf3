"""A port of the host's loopback address that is the same port of a guest's. I/O.

    with tunnel(guest) as port:
        guest.call(inside_page.start_up, state, port, timeout_s=…)

So a browser on the host and the page in the guest say the same ``127.0.0.1:PORT``, and what the
page demands of Host and Origin holds as at a counter. The guest has no network and gets none: bytes
go through a virtio port.
"""

import contextlib
import socket
from collections.abc import Iterator
from threading import Thread
from typing import Final

from hw_tests.lab import inside_page
from hw_tests.lab.frames import LOOPBACK, Frames
from hw_tests.lab.guest import Guest
from hw_tests.lab.qmp import connect

NAME: Final = "lab.page"


@contextlib.contextmanager
def tunnel(guest: Guest) -> Iterator[int]:
    """Have a port of the guest here, as long as the block lasts; once in a guest's life."""
    path = guest.folder / "page"
    address = {"type": "unix", "data": {"path": str(path)}}
    backend = {"type": "socket", "data": {"addr": address, "server": True, "wait": False}}
    guest.qmp.ask("chardev-add", id=NAME, backend=backend)
    guest.qmp.ask("device_add", driver="virtserialport", id="page", chardev=NAME, name=NAME)
    with connect(path) as stream, socket.create_server((LOOPBACK, 0)) as listener:
        port = int(listener.getsockname()[1])
        guest.call(inside_page.carry_connections, NAME, port)
        frames = Frames(stream.fileno())
        threads = (
            Thread(target=frames.serve, daemon=True),
            Thread(target=_accept, args=(listener, frames), daemon=True),
        )
        for thread in threads:
            thread.start()
        try:
            yield port
        finally:
            for each in (listener, stream):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _accept(listener: socket.socket, frames: Frames) -> None:
    with contextlib.suppress(OSError):
        while True:
            frames.carry(listener.accept()[0])
