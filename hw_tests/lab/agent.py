"""The guest's side: calls functions of ``hw_tests`` that the host asks for. I/O.

One JSON object per line on a virtio-serial port: ``{"id", "call", "args", "kwargs"}``, where call
is ``module:name``, is answered with ``{"id", "value"}`` or ``{"id", "error"}``. Each call has a
thread of its own, so that a device that hangs does not hang the agent. Ready, it says
``{"ready": UPTIME_S}``.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

PORT: Final = "lab.agent"
PORT_WITHIN_S: Final = 60.0
PACKAGE: Final = "hw_tests."


class Agent:
    """Reads calls and answers them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = Lock()

    def serve(self) -> None:
        """Answer until the machine ends; without anybody at the other end, wait for somebody."""
        self._say({"ready": time.clock_gettime(time.CLOCK_BOOTTIME)})
        held = b""
        while True:
            came = os.read(self._descriptor, 1 << 16)
            if not came:
                time.sleep(0.05)  # the host has hung up: it may come back
                continue
            *lines, held = (held + came).split(b"\n")
            for line in lines:
                Thread(target=self._answer, args=(json.loads(line),), daemon=True).start()

    def _answer(self, asked: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"id": asked["id"]}
        try:
            answer["value"] = _call(asked)
            self._say(answer)
        except BaseException:  # noqa: BLE001 - the host raises it
            self._say({"id": asked["id"], "error": traceback.format_exc()})

    def _say(self, what: dict[str, Any]) -> None:
        data = memoryview(json.dumps(what).encode() + b"\n")
        with self._lock:
            while data:
                data = data[os.write(self._descriptor, data) :]


def _call(asked: dict[str, Any]) -> Any:
    module, _, name = asked["call"].partition(":")
    assert module.startswith(PACKAGE), "the lab calls its own functions only"
    return getattr(importlib.import_module(module), name)(*asked["args"], **asked["kwargs"])


def port_named(name: str) -> Path:
    """Return the node of a virtio port, as soon as the driver has made it."""
    ends = time.monotonic() + PORT_WITHIN_S
    while time.monotonic() < ends:
        for named in Path("/sys/class/virtio-ports").glob("*/name"):
            if named.read_text("ascii").strip() == name:
                return Path("/dev") / named.parent.name
        time.sleep(0.02)
    sys.exit(f"no port {name}")


if __name__ == "__main__":
    Agent(os.open(port_named(PORT), os.O_RDWR | os.O_CLOEXEC)).serve()
