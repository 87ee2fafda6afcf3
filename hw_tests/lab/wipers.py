"""The wiping programs that are played the stories, and how each is asked. Pure.

Each is asked for one pass and, where it has such an option, for its verification. What it claims is
its exit code; where a program puts what it found into words only, those words count, too.
"""

import re
import shlex
from dataclasses import dataclass
from typing import Final

DEVICE: Final = "{device}"
OURS: Final = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiper:
    """One way of calling one program."""

    name: str
    command: tuple[str, ...]
    """Words; ``{device}``, ``{file}`` behind it, ``{folder}`` and ``{method}`` are put in."""
    remark: str
    says_failed: str = ""
    """A pattern over what it prints, for a program whose exit code is not all that it says."""
    version: tuple[str, ...] = ()

    def words(self, **put_in: str) -> list[str]:
        """Return the command for one device."""
        words = list(self.command)
        for name, value in put_in.items():
            words = [word.replace(f"{{{name}}}", value) for word in words]
        return words

    def claims_success(self, code: int, said: str) -> bool:
        """Tell what the program claims by its end."""
        failed = self.says_failed and re.search(self.says_failed, said, re.MULTILINE)
        return code == 0 and not failed


def ours(python: str) -> Wiper:
    """Return our own command line."""
    command = f"{python} -m wipe_station wipe {DEVICE} --method {{method}} --confirm {{file}}"
    return Wiper(
        name=OURS,
        command=(*command.split(), "--state", "{folder}/state"),
        remark="the story's method, `random` if it names none; reads every byte back, direct",
    )


OTHERS: Final = (
    Wiper(
        name="nwipe",
        command=(
            *("nwipe", "--autonuke", "--nogui", "--nowait", "--noblank", "--method=prng"),
            *("--rounds=1", "--verify=last", "--logfile={folder}/nwipe.log", DEVICE),
        ),
        remark="one PRNG pass, verified through the page cache",
        version=("nwipe", "--version"),
    ),
    Wiper(
        name="shred",
        command=("shred", "--iterations=1", DEVICE),
        remark="one pass; has no verification",
        version=("shred", "--version"),
    ),
    Wiper(
        name="scrub",
        command=("scrub", "--no-signature", "--force", "--pattern=verify", DEVICE),
        remark="zeros, verified: the one of its patterns that is read back",
        version=("scrub", "--version"),
    ),
    Wiper(
        name="badblocks",
        command=("badblocks", "-w", "-t", "random", "-b", "4096", "-c", "256", DEVICE),
        remark="one random block again and again, verified; a block in its list is a failure",
        says_failed=r"^\d+$",
        version=("mke2fs", "-V"),
    ),
)


def brought(name: str, template: str) -> Wiper:
    """Return a program that the user named.

    Args:
        name: for the table.
        template: its command in words as a shell takes them, with ``{device}`` in it.

    Raises:
        ValueError: nothing in it says where the device comes in, or the name is taken or fits no
            table and no folder.
    """
    if not re.fullmatch(r"\w[\w .+-]*", name) or name in {OURS, *(each.name for each in OTHERS)}:
        raise ValueError(f"{name}: take another name, of letters and digits")
    words = tuple(shlex.split(template))
    if not words or not any(DEVICE in word for word in words[1:]):
        raise ValueError(f"{name}: the command must hold {DEVICE} where the device comes in")
    return Wiper(name=name, command=words, remark="as the user gave it; its exit code is its claim")


def version_in(said: str) -> str:
    """Return the first number with a dot in what a program says of itself; else nothing."""
    found = re.search(r"\d+(?:\.\d+)+", said)
    return found.group() if found else ""
