"""The system calls that a confined process needs, as a seccomp filter. Pure.

A worker has its one descriptor and its pipes before the filter is set; afterwards it moves bytes,
takes memory, starts threads, and can neither open, connect, execute, fork, trace, signal nor make
memory executable. A phone's child may beside that speak over the sockets that it is handed, and
make none; where TLS needs it, open to read what an ordinary user may. What is not listed fails with
EPERM, so that a fault shows as an error with a name instead of a death without one; a wrong
architecture is death.

Source: <linux/seccomp.h>, <linux/bpf_common.h>, <linux/audit.h>; call numbers from
<asm/unistd_64.h> (x86_64) and <asm-generic/unistd.h> (aarch64).
"""

import struct
from dataclasses import dataclass
from enum import Enum
from typing import Final

LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
JUMP_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
RETURN: Final = 0x06  # BPF_RET | BPF_K

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
DENY: Final = 0x00050001  # SECCOMP_RET_ERRNO | EPERM
NO_SUCH_CALL: Final = 0x00050026  # SECCOMP_RET_ERRNO | ENOSYS

NUMBER_AT: Final = 0
ARCHITECTURE_AT: Final = 4
ARGUMENTS_AT: Final = (16, 24, 32)
"""Low words of the first three arguments, on little-endian machines."""
X32_BIT: Final = 0x40000000
CLONE_THREAD: Final = 0x00010000
PROT_EXEC: Final = 0x4
QUESTIONS: Final = (0x80081280, 0x80081272)
"""BLKGETDISKSEQ, BLKGETSIZE64: a worker's only ioctls; both ask and change nothing."""
WAITING: Final = (0x5421, 0x5421)
"""FIONBIO, whether a socket waits: a phone child's only one."""
TO_WRITE: Final = 0o1103
"""O_WRONLY, O_RDWR, O_CREAT and O_TRUNC, alike on both machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One architecture's numbers."""

    audit: int
    """AUDIT_ARCH_… of <linux/audit.h>."""
    calls: dict[str, int]
    """Of every confined process."""
    speaking: dict[str, int]
    """Of one that speaks over sockets, beside those."""


class Work(Enum):
    """What a confined process is for."""

    BYTES = "bytes"
    SPEAKING = "speaking"
    SPEAKING_TLS = "speaking-tls"
    """``openat`` to read: OpenSSL takes a key from a file only, were it one in memory."""


MACHINES: Final = {
    "x86_64": Machine(
        audit=0xC000003E,
        calls={
            "read": 0,
            "write": 1,
            "close": 3,
            "fstat": 5,
            "lseek": 8,
            "mmap": 9,
            "mprotect": 10,
            "munmap": 11,
            "brk": 12,
            "rt_sigaction": 13,
            "rt_sigprocmask": 14,
            "rt_sigreturn": 15,
            "ioctl": 16,
            "pread64": 17,
            "pwrite64": 18,
            "sched_yield": 24,
            "mremap": 25,
            "madvise": 28,
            "nanosleep": 35,
            "getpid": 39,
            "clone": 56,
            "exit": 60,
            "fdatasync": 75,
            "getppid": 110,
            "sigaltstack": 131,
            "gettid": 186,
            "futex": 202,
            "restart_syscall": 219,
            "clock_gettime": 228,
            "clock_nanosleep": 230,
            "exit_group": 231,
            "set_robust_list": 273,
            "preadv": 295,
            "pwritev": 296,
            "getrandom": 318,
            "preadv2": 327,
            "pwritev2": 328,
            "rseq": 334,
            "clone3": 435,
        },
        speaking={
            "poll": 7,
            "writev": 20,
            "select": 23,
            "sendto": 44,
            "recvfrom": 45,
            "sendmsg": 46,
            "recvmsg": 47,
            "shutdown": 48,
            "getsockname": 51,
            "getpeername": 52,
            "getsockopt": 55,
            "openat": 257,
            "newfstatat": 262,
            "pselect6": 270,
            "ppoll": 271,
            "memfd_create": 319,
        },
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        calls={
            "ioctl": 29,
            "close": 57,
            "lseek": 62,
            "read": 63,
            "write": 64,
            "pread64": 67,
            "pwrite64": 68,
            "preadv": 69,
            "pwritev": 70,
            "fstat": 80,
            "fdatasync": 83,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "set_robust_list": 99,
            "nanosleep": 101,
            "clock_gettime": 113,
            "clock_nanosleep": 115,
            "sched_yield": 124,
            "restart_syscall": 128,
            "sigaltstack": 132,
            "rt_sigaction": 134,
            "rt_sigprocmask": 135,
            "rt_sigreturn": 139,
            "getpid": 172,
            "getppid": 173,
            "gettid": 178,
            "brk": 214,
            "munmap": 215,
            "mremap": 216,
            "clone": 220,
            "mmap": 222,
            "mprotect": 226,
            "madvise": 233,
            "getrandom": 278,
            "preadv2": 286,
            "pwritev2": 287,
            "rseq": 293,
            "clone3": 435,
        },
        speaking={
            "openat": 56,
            "writev": 66,
            "pselect6": 72,
            "ppoll": 73,
            "newfstatat": 79,
            "getsockname": 204,
            "getpeername": 205,
            "sendto": 206,
            "recvfrom": 207,
            "getsockopt": 209,
            "shutdown": 210,
            "sendmsg": 211,
            "recvmsg": 212,
            "memfd_create": 279,
        },
    ),
}

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


def build(machine: Machine, work: Work = Work.BYTES) -> tuple[Instruction, ...]:
    """Return the filter for one architecture and one kind of work."""
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (JUMP_EQUAL, 1, 0, machine.audit),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
        (JUMP_AT_LEAST, 0, 1, X32_BIT),
        (RETURN, 0, 0, KILL),
    ]
    calls = machine.calls if work is Work.BYTES else machine.calls | machine.speaking
    for name, number in calls.items():
        answer = _answer(name, work)
        program += [(JUMP_EQUAL, 0, len(answer), number), *answer]
    return (*program, (RETURN, 0, 0, DENY))


def _answer(name: str, work: Work) -> tuple[Instruction, ...]:
    """Return what decides about one call; each path returns."""
    if name == "clone3":
        # Its flags lie in memory, where a filter cannot look; the C library then takes clone.
        return ((RETURN, 0, 0, NO_SUCH_CALL),)
    if name == "clone":
        return _unless(0, JUMP_ANY_BIT, CLONE_THREAD)
    if name in ("mmap", "mprotect"):
        return _without(2, PROT_EXEC)
    if name == "openat":
        denied: tuple[Instruction, ...] = ((RETURN, 0, 0, DENY),)
        return _without(2, TO_WRITE) if work is Work.SPEAKING_TLS else denied
    if name == "ioctl":
        questions = QUESTIONS if work is Work.BYTES else WAITING
        return (
            (LOAD, 0, 0, ARGUMENTS_AT[1]),
            (JUMP_EQUAL, 1, 0, questions[0]),
            (JUMP_EQUAL, 0, 1, questions[1]),
            (RETURN, 0, 0, ALLOW),
            (RETURN, 0, 0, DENY),
        )
    return ((RETURN, 0, 0, ALLOW),)


def _without(argument: int, bits: int) -> tuple[Instruction, ...]:
    """Deny where an argument has any of some bits, allow where it has none."""
    load, test, first, second = _unless(argument, JUMP_ANY_BIT, bits)
    return (load, test, second, first)


def _unless(argument: int, test: int, constant: int) -> tuple[Instruction, ...]:
    """Allow where an argument passes a test, deny where it does not."""
    return (
        (LOAD, 0, 0, ARGUMENTS_AT[argument]),
        (test, 0, 1, constant),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, DENY),
    )


def to_bytes(program: tuple[Instruction, ...]) -> bytes:
    """Return a program as ``struct sock_filter[]``."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
