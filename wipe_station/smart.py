"""What a drive says about its own health: asked by smartctl, read by nobody. I/O.

The measures go into the journal and from there into the grade. They never decide about safety or
about a claim: a drive can say what it likes.
"""

import json
import os
import subprocess
import sys
import tempfile
from typing import Final

from wipe_station.codec.smart import COUNTS, KINDS, LIMIT_BYTES, MOST
from wipe_station.records import VIRTUAL_TRANSPORTS, DeviceFacts, Json

ASK_S: Final = 30
READ_S: Final = 20
_MOST_ANSWER_CHARACTERS: Final = 1 << 16


def ask(device: DeviceFacts) -> dict[str, Json]:
    """Return a drive's measures, or why there are none.

    Args:
        device: with its node; virtual ones have no health and are not asked.

    Returns:
        measures by name, or ``{"unknown": code}``.
    """
    if device.transport in VIRTUAL_TRANSPORTS:
        return {"unknown": "virtual-medium"}
    return ask_node(device.node)


def ask_node(node: str) -> dict[str, Json]:
    """Ask smartctl about a node, whatever it is."""
    try:
        return read(answer_of(node))
    except FileNotFoundError:
        return {"unknown": "no-smartctl"}
    except subprocess.TimeoutExpired:
        return {"unknown": "no-answer"}


def answer_of(node: str) -> bytes:
    """Return what smartctl writes about a node, up to one byte more than is ever read.

    Raises:
        FileNotFoundError: there is no smartctl.
        subprocess.TimeoutExpired: it does not answer.
    """
    with tempfile.TemporaryFile() as answer:
        # Its exit status is a mask of what it found; the JSON says the same with names.
        subprocess.run(
            ["smartctl", "--json=c", "-i", "-H", "-A", node],
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=ASK_S,
        )
        answer.seek(0)
        return answer.read(LIMIT_BYTES + 1)


def read(answer: bytes) -> dict[str, Json]:
    """Have an answer read by a process that is nobody, and distrust what it says."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "wipe_station.smart_child", str(os.getpid())],
            input=answer,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            check=False,
            timeout=READ_S,
        )
        said = json.loads(done.stdout[:_MOST_ANSWER_CHARACTERS]) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not all(_sane(name, value) for name, value in said.items()):
        return {"unknown": "malformed-answer"}
    return said or {"unknown": "no-smart"}


def _sane(name: str, value: object) -> bool:
    if name == "drive_kind":
        return value in KINDS
    if name == "smart_passed":
        return isinstance(value, bool)
    return name in COUNTS and type(value) is int and 0 <= value <= MOST
