"""The programs we compare with: how each is asked, and what it then really does. Pure.

What is said here about a program was seen in its system calls and in the kernel's counters of the
device, with Debian 12's versions; the counters stand in the table, so that another version shows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Work(Enum):
    """What of our work a program is set beside."""

    BOTH = "random pass + full verification"
    WRITE = "one random pass"
    READ = "full verification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One way of calling one program."""

    name: str
    package: str
    """Debian's; empty for a program that the user brought."""
    line: tuple[str, ...]
    """All but the device, which comes last; for ``fio`` the whole line."""
    did: str
    beside: tuple[Work, ...]
    writes: bool = True
    log: str = ""
    """Where it writes which devices it found; empty for a program that has no such log."""

    def version_line(self) -> list[str]:
        """Return what prints the version; ``badblocks`` only comes with one."""
        return [self.line[0] if self.name != "badblocks" else "mke2fs", _ASK.get(self.name, _V)]


_V: Final = "--version"
_ASK: Final = {"badblocks": "-V"}


def command(program: Program, node: str) -> list[str]:
    """Return the whole line for one device; there is never a line without one."""
    assert re.fullmatch(r"/dev/loop\d+", node), "only a loop device that we made"
    if program.package == "fio":
        assert f"--filename={node}" in program.line, "fio names its device in an option"
        return list(program.line)
    return [*program.line, node]


def nwipe_line(path: str, help_text: str, log: str) -> tuple[str, ...]:
    """Return how a version of ``nwipe`` does one random pass with verification and nothing else.

    Args:
        path: the program.
        help_text: what its ``--help`` says; newer ones write a PDF unless told not to.
        log: file that it appends to.
    """
    line = [path, "--autonuke", "--nogui", "--nowait", "--noblank"]
    line += ["--method=prng", "--rounds=1", "--verify=last", f"--logfile={log}"]
    if "--PDFreportpath" in help_text:
        line.append("--PDFreportpath=noPDF")
    return tuple(line)


def nwipe(path: str, help_text: str, log: str, *, brought: bool) -> Program:
    """Return Debian's ``nwipe``, or one that the user brought."""
    debian = (
        "its own PRNG (ISAAC-64), 512 bytes a call through the page cache, so that the kernel "
        "reads each block before it writes it; fdatasync every 100,000 calls and at the end; "
        "verification is answered by the page cache while the drive fits in memory"
    )
    return Program(
        name="nwipe, the user's" if brought else "nwipe",
        package="" if brought else "nwipe",
        line=nwipe_line(path, help_text, log),
        did="as it chooses, PRNG pass and verification" if brought else debian,
        beside=(Work.BOTH,),
        log=log,
    )


def others(fio_write: Sequence[str], fio_read: Sequence[str]) -> tuple[Program, ...]:
    """Return all programs but ``nwipe``; ``fio``'s whole lines name the device themselves."""
    return (
        Program(
            name="badblocks",
            package="e2fsprogs",
            line=("badblocks", "-w", "-t", "random", "-b", "4096", "-c", "256"),
            did="repeats one random block of 1 MiB, direct, then reads and compares; no flush",
            beside=(Work.BOTH,),
        ),
        Program(
            name="shred",
            package="coreutils",
            line=("shred", "--iterations=1"),
            did="its own PRNG (ISAAC), one thread, direct in 64 KiB, fdatasync; reads nothing",
            beside=(Work.WRITE, Work.BOTH),
        ),
        Program(
            name="scrub",
            package="scrub",
            line=("scrub", "--no-signature", "--force", "--pattern=random"),
            did="its own generator in a second thread, direct in 4 MiB, fsync; reads nothing",
            beside=(Work.WRITE,),
        ),
        _fio("fio write", fio_write, "repeats its buffers", Work.WRITE),
        _fio("fio read", fio_read, "compares nothing", Work.READ),
    )


def _fio(name: str, line: Sequence[str], remark: str, work: Work) -> Program:
    return Program(
        name=name,
        package="fio",
        line=tuple(line),
        did=f"four jobs, direct in 1 MiB; {remark}",
        beside=(work,),
        writes=work is not Work.READ,
    )


def version_in(output: str) -> str:
    """Return the first number with a dot in what a program says of itself, or ``unknown``."""
    found = re.search(r"\d+(?:\.\d+)+", output)
    return found.group() if found else "unknown"


def devices_found(log: str) -> list[str]:
    """Return the devices that ``nwipe`` says it found, in order."""
    return re.findall(r"Found (/dev/[^\s,]+)", log)


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """Return names in the order of one round: nobody always comes after the same one first."""
    at = turn % len(names)
    return [*names[at:], *names[:at]]


def package_versions(listing: str) -> Mapping[str, str]:
    """Read ``dpkg-query``'s lines of package, blank and version; other lines are left out."""
    pairs = (line.split() for line in listing.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
