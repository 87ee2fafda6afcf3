"""A worker that was taken over can move bytes on what it holds, and nothing else."""

import json
import mmap
import os
import platform
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable

import pytest

from wipe_station.sandbox import supported
from wipe_station.sandbox_filter import (
    ALLOW,
    DENY,
    JUMP_ANY_BIT,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    KILL,
    LOAD,
    MACHINES,
    NO_SUCH_CALL,
    QUESTIONS,
    RETURN,
    Instruction,
    Machine,
    Work,
    build,
    to_bytes,
)

CHILD = """
import ctypes, fcntl, json, mmap, os, signal, socket, sys, threading, time
from wipe_station.privileges import become
from wipe_station.sandbox import confine

held = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
page = mmap.mmap(-1, mmap.PAGESIZE)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))

def call(name, *words):
    function = getattr(libc, name)
    if function(*words) == -1:
        raise OSError(ctypes.get_errno(), name)

def thread():
    ran = []
    one = threading.Thread(target=ran.append, args=(1,))
    one.start()
    one.join()
    assert ran == [1]

attempts = {
    "open": lambda: os.open("/dev/null", os.O_RDONLY),
    "create": lambda: os.open("made-by-a-worker", os.O_CREAT | os.O_WRONLY),
    "unlink": lambda: os.unlink("/nowhere"),
    "socket": lambda: socket.socket(socket.AF_UNIX),
    "execute": lambda: os.execv("/bin/true", ["true"]),
    "fork": lambda: call("syscall", ctypes.c_long(FORK)),
    "clone3": lambda: call("syscall", ctypes.c_long(435), None, 0),
    "kill": lambda: os.kill(os.getppid(), 0),
    "trace": lambda: call("ptrace", 0, 0, None, None),
    "prctl": lambda: call("prctl", 4, 1, 0, 0, 0),
    "ring": lambda: call("syscall", ctypes.c_long(425), 1, None),
    "duplicate": lambda: os.dup(held),
    "set read-only": lambda: fcntl.ioctl(held, 0x125D, bytes(4)),
    "discard": lambda: fcntl.ioctl(held, 0x1277, bytes(16)),
    "scsi command": lambda: fcntl.ioctl(held, 0x2285, bytes(88)),
    "map executable": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    "make executable": lambda: call("mprotect", ctypes.c_void_p(address), 4096, 5),
    "ask for the size": lambda: fcntl.ioctl(held, 0x80081272, bytes(8)),
    "write": lambda: os.pwrite(held, b"x" * 512, 0),
    "flush": lambda: os.fdatasync(held),
    "read": lambda: os.pread(held, 512, 0),
    "thread": thread,
    "take memory": lambda: bytearray(64 << 20),
    "wait": lambda: time.sleep(0.001),
}

def outcome(attempt):
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0

become(65534, 65534)
confine()
print(json.dumps({name: outcome(attempt) for name, attempt in attempts.items()}))
""".replace("FORK", "57" if platform.machine() == "x86_64" else "1079")

EPERM, ENOSYS, ENOTTY = 1, 38, 25
ALLOWED = {"write": 0, "flush": 0, "read": 0, "thread": 0, "take memory": 0, "wait": 0}
# The question reaches the kernel, which knows no size of an ordinary file in this way.
REACHED = {"ask for the size": ENOTTY}

needs_seccomp = pytest.mark.skipif(not supported(), reason="no seccomp filters on this machine")


def confined(code: str) -> "subprocess.CompletedProcess[bytes]":
    """Run code in a process of its own that holds one open file."""
    with tempfile.TemporaryFile() as file:
        file.truncate(4096)
        return subprocess.run(
            [sys.executable, "-c", code, str(file.fileno())],
            pass_fds=(file.fileno(),),
            capture_output=True,
            check=False,
        )


@needs_seccomp
def test_sandbox__everything_tried__only_moving_bytes_works() -> None:
    """It opens, connects, executes, forks, signals, traces and reconfigures nothing."""
    done = confined(CHILD)
    said = json.loads(done.stdout or done.stderr)
    refused = dict.fromkeys(said, EPERM) | {"clone3": ENOSYS}
    assert said == refused | ALLOWED | REACHED


@needs_seccomp
@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is of x86_64 only")
def test_sandbox__call_of_another_abi__killed() -> None:
    """A second numbering of the same calls is no way around the list."""
    way_around = "\nlibc.syscall(ctypes.c_long(0x40000000 | 2), b'/dev/null', 0)\n"
    done = confined(CHILD.rpartition("print(")[0] + way_around)
    assert done.returncode == -signal.SIGSYS


@needs_seccomp
def test_sandbox__no_confinement__the_same_attempts_succeed() -> None:
    """The attempts are real: without the filter the very same process opens and connects."""
    harmless = ("open", "socket", "duplicate", "map executable", "prctl")
    asked = f"attempts = {{name: attempts[name] for name in {harmless!r}}}\nbecome("
    done = confined(CHILD.replace("confine()\n", "\n").replace("become(", asked))
    assert json.loads(done.stdout) == dict.fromkeys(harmless, 0)


# --- the program itself, for machines that are not here -------------------------------------------

JUMPS: dict[int, Callable[[int, int], bool]] = {
    JUMP_EQUAL: lambda held, constant: held == constant,
    JUMP_AT_LEAST: lambda held, constant: held >= constant,
    JUMP_ANY_BIT: lambda held, constant: held & constant != 0,
}


def judge(program: tuple[Instruction, ...], data: bytes) -> int:
    """Run a filter on a ``struct seccomp_data`` as the kernel does."""
    at, held = 0, 0
    while True:
        code, if_true, if_false, constant = program[at]
        at += 1
        if code == RETURN:
            return constant
        if code == LOAD:
            (held,) = struct.unpack_from("<I", data, constant)
        else:
            at += if_true if JUMPS[code](held, constant) else if_false


def asked(machine: Machine, number: int, *arguments: int) -> bytes:
    """Return the ``struct seccomp_data`` of a call."""
    words = (*arguments, *(0,) * (6 - len(arguments)))
    return struct.pack("<IIQ6Q", number, machine.audit, 0, *words)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_filter__every_number__only_what_is_listed_passes(machine: Machine) -> None:
    """What the list does not name is refused, on each architecture."""
    program = build(machine)
    passed = {n for n in range(1024) if judge(program, asked(machine, n)) == ALLOW}
    by_argument = {machine.calls[name] for name in ("ioctl", "clone", "clone3")}
    assert passed == set(machine.calls.values()) - by_argument
    assert judge(program, asked(machine, machine.calls["clone3"])) == NO_SUCH_CALL
    assert len(set(machine.calls.values())) == len(machine.calls)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_filter__arguments__decide_where_a_call_has_two_faces(machine: Machine) -> None:
    """Threads, not processes; plain memory, not code; two questions, no order."""
    program, calls = build(machine), machine.calls

    def answer(name: str, *arguments: int) -> int:
        return judge(program, asked(machine, calls[name], *arguments))

    assert answer("clone", 0x3D0F00) == ALLOW  # what the C library asks for a thread
    assert answer("clone", signal.SIGCHLD) == DENY
    for name in ("mmap", "mprotect"):
        assert answer(name, 0, 4096, mmap.PROT_READ | mmap.PROT_WRITE) == ALLOW
        assert answer(name, 0, 4096, mmap.PROT_READ | mmap.PROT_EXEC) == DENY
    assert [answer("ioctl", 3, question) for question in QUESTIONS] == [ALLOW, ALLOW]
    assert answer("ioctl", 3, QUESTIONS[0] + 1) == DENY


@pytest.mark.parametrize("work", [Work.SPEAKING, Work.SPEAKING_TLS])
@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_filter__speaking__adds_what_is_listed_and_makes_no_socket(
    machine: Machine, work: Work
) -> None:
    """Sockets that were handed over can be spoken on; only TLS opens files, and only to read."""
    program, calls = build(machine, work), machine.calls | machine.speaking

    def answer(name: str, *arguments: int) -> int:
        return judge(program, asked(machine, calls[name], *arguments))

    assert not calls.keys() & {"socket", "connect", "bind", "open", "kill", "ptrace", "fcntl"}
    passed = {n for n in range(1024) if judge(program, asked(machine, n)) == ALLOW}
    refused = {calls[name] for name in ("ioctl", "clone", "clone3", "openat")}
    opens = {calls["openat"]} if work is Work.SPEAKING_TLS else set[int]()
    assert passed == (set(calls.values()) - refused) | opens
    assert len(set(calls.values())) == len(calls)
    assert answer("openat", 0, 0, os.O_RDONLY | os.O_CLOEXEC) == (ALLOW if opens else DENY)
    for flag in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC):
        assert answer("openat", 0, 0, flag) == DENY
    assert answer("ioctl", 3, 0x5421) == ALLOW
    assert [answer("ioctl", 3, question) for question in QUESTIONS] == [DENY, DENY]


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_filter__another_architecture__killed(machine: Machine) -> None:
    """Numbers of another architecture mean other calls."""
    for other in {each.audit for each in MACHINES.values()} - {machine.audit} | {0x40000003}:
        data = struct.pack("<IIQ6Q", machine.calls["read"], other, 0, *(0,) * 6)
        assert judge(build(machine), data) == KILL


def test_filter__as_bytes__eight_for_each_instruction() -> None:
    """The kernel reads ``struct sock_filter``: 16 bits, 8, 8 and 32."""
    program = build(MACHINES["x86_64"])
    packed = to_bytes(program)
    assert len(packed) == 8 * len(program)
