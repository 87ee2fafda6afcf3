"""The least of an io_uring that moves blocks, by system calls alone; for an experiment. I/O.

One ring belongs to one thread. Ring memory is shared with the kernel; what it needs of ordering
comes from the system call between our stores and the kernel's loads, and the other way round.
Source: io_uring_setup(2), io_uring_enter(2), io_uring_register(2), <linux/io_uring.h>.
"""

import ctypes
import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

_SETUP, _ENTER, _REGISTER = 425, 426, 427  # the same on every architecture
_PARAMS_BYTES: Final = 120
_ENTRIES_AT, _SQ_AT, _CQ_AT = 0, 40, 80
"""In ``struct io_uring_params``: both numbers of entries, and where the two rings' fields lie."""
_OFF_SQ, _OFF_CQ, _OFF_SQES = 0, 0x8000000, 0x10000000
_SQE: Final = struct.Struct("<BBHiQQIIQHHiQQ")
_CQE: Final = struct.Struct("<QiI")
_READ_FIXED, _WRITE_FIXED, _READ, _WRITE = 4, 5, 22, 23
_GETEVENTS: Final = 1
_REGISTER_BUFFERS: Final = 0

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: int) -> int:
    """Do a system call without the interpreter lock.

    Raises:
        OSError: it failed; ENOSYS or EPERM where the kernel has, or gives, no io_uring.
    """
    done = int(_libc.syscall(number, *(ctypes.c_ulong(value) for value in arguments)))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done


class Ring:
    """A ring of so many requests over buffers of one size."""

    def __init__(self, buffers: Sequence[memoryview], *, registered: bool) -> None:
        """Set the ring up.

        Raises:
            OSError: the kernel refuses.
        """
        params = ctypes.create_string_buffer(_PARAMS_BYTES)
        self._fd = _call(_SETUP, len(buffers), ctypes.addressof(params))
        try:
            self._map(params.raw)
            self._addresses = [
                ctypes.addressof(ctypes.c_char.from_buffer(buffer)) for buffer in buffers
            ]
            self._registered = registered
            if registered:
                self._register(buffers)
        except BaseException:
            os.close(self._fd)
            raise

    def _map(self, params: bytes) -> None:
        entries, completions = struct.unpack_from("<II", params, _ENTRIES_AT)
        _, tail, mask, _, _, _, array = struct.unpack_from("<7I", params, _SQ_AT)
        head, done, done_mask, _, _, cqes = struct.unpack_from("<6I", params, _CQ_AT)
        self._sq = memoryview(mmap.mmap(self._fd, array + 4 * entries, offset=_OFF_SQ)).cast("I")
        size = cqes + _CQE.size * completions
        ring = memoryview(mmap.mmap(self._fd, size, offset=_OFF_CQ))
        self._cq, self._cqes = ring[: cqes // 4 * 4].cast("I"), ring[cqes:]
        self._sqes = memoryview(mmap.mmap(self._fd, _SQE.size * entries, offset=_OFF_SQES))
        self._tail_at, self._array_at, self._mask = tail // 4, array // 4, self._sq[mask // 4]
        self._head_at, self._done_at = head // 4, done // 4
        self._done_mask = self._cq[done_mask // 4]
        self._queued = 0

    def _register(self, buffers: Sequence[memoryview]) -> None:
        """Let the kernel pin every buffer once, and not once a request."""
        pairs = zip(self._addresses, map(len, buffers), strict=True)
        vectors = ctypes.create_string_buffer(b"".join(struct.pack("<QQ", *each) for each in pairs))
        address = ctypes.addressof(vectors)
        _call(_REGISTER, self._fd, _REGISTER_BUFFERS, address, len(buffers))

    def queue(self, descriptor: int, slot: int, length: int, offset: int, *, writes: bool) -> None:
        """Queue one transfer of a buffer's beginning; nothing moves before ``enter``.

        Args:
            descriptor: of the device.
            slot: number of the buffer; it comes back with the completion.
            length: bytes.
            offset: on the device.
            writes: to the device, or else from it.
        """
        plain = _WRITE if writes else _READ
        fixed = _WRITE_FIXED if writes else _READ_FIXED
        tail = self._sq[self._tail_at]
        at = tail & self._mask
        request = (fixed if self._registered else plain, 0, 0, descriptor, offset)
        rest = (self._addresses[slot], length, 0, slot, slot if self._registered else 0, 0, 0, 0, 0)
        _SQE.pack_into(self._sqes, at * _SQE.size, *request, *rest)
        self._sq[self._array_at + at] = at
        self._sq[self._tail_at] = (tail + 1) & 0xFFFFFFFF
        self._queued += 1

    def enter(self, wait_for: int) -> list[tuple[int, int]]:
        """Hand over what is queued, and wait until so many transfers have ended.

        Returns:
            slot and result of each that ended: bytes moved, or a negative error number.
        """
        _call(_ENTER, self._fd, self._queued, wait_for, _GETEVENTS if wait_for else 0, 0, 0)
        self._queued = 0
        head, done = self._cq[self._head_at], self._cq[self._done_at]
        ended = []
        while head != done:
            slot, result, _ = _CQE.unpack_from(self._cqes, (head & self._done_mask) * _CQE.size)
            ended.append((slot, result))
            head = (head + 1) & 0xFFFFFFFF
        self._cq[self._head_at] = head
        return ended

    def close(self) -> None:
        """Give the ring back; nothing may be in flight."""
        os.close(self._fd)


@contextmanager
def ring(buffers: Sequence[memoryview], *, registered: bool) -> Iterator[Ring]:
    """Set a ring up, and give it back at the end.

    Raises:
        OSError: the kernel refuses.
    """
    made = Ring(buffers, registered=registered)
    try:
        yield made
    finally:
        made.close()
