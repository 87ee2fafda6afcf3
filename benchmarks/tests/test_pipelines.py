"""The experiments' pipelines do all of the work that they are timed for."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import pipelines, uring
from benchmarks.pipelines import Traversal
from wipe_station.overwrite.stream import UNIT_BYTES, content_of, expected_bytes
from wipe_station.records import KeyedStream

STREAM = KeyedStream(key=bytes(range(32)))
UNITS = 21
SIZE_BYTES = UNITS * UNIT_BYTES


def _ring_or_skip(count: int, *, registered: bool) -> Callable[[Traversal], None]:
    def run(traversal: Traversal) -> None:
        try:
            pipelines.rings(traversal, count, 8, registered=registered)
        except OSError as error:
            if error.errno in (errno.ENOSYS, errno.EPERM):
                pytest.skip(f"this kernel refuses io_uring: {error}")
            raise

    return run


WAYS: dict[str, Callable[[Traversal], None]] = {
    "small calls": lambda traversal: pipelines.threads(traversal, 64 << 10, 3),
    "a unit a call": lambda traversal: pipelines.threads(traversal, UNIT_BYTES, 2),
    "four units a call": lambda traversal: pipelines.threads(traversal, 4 * UNIT_BYTES, 3),
    "a ring": _ring_or_skip(1, registered=False),
    "a ring, registered": _ring_or_skip(1, registered=True),
    "two rings": _ring_or_skip(2, registered=True),
}
EACH = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    """Return an open file of 21 units of zeros: no multiple of any pipeline's depth."""
    path = tmp_path / "drive"
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.truncate(opened, SIZE_BYTES)
    yield opened
    os.close(opened)


def traversal(descriptor: int, *, writes: bool) -> Traversal:
    """Return a traversal of the whole file."""
    return Traversal(
        descriptor=descriptor, content=content_of(STREAM), size_bytes=SIZE_BYTES, writes=writes
    )


@EACH
def test_pipeline__writes__the_stream_to_the_last_byte(
    descriptor: int, way: Callable[[Traversal], None]
) -> None:
    """What is timed is the same work as the pump's."""
    way(traversal(descriptor, writes=True))
    assert os.pread(descriptor, SIZE_BYTES + 1, 0) == expected_bytes(STREAM, 0, SIZE_BYTES)


@EACH
@pytest.mark.parametrize("place", [0, 5 * UNIT_BYTES + 70_000, SIZE_BYTES - 1])
def test_pipeline__one_wrong_byte__found(
    descriptor: int, way: Callable[[Traversal], None], place: int
) -> None:
    """A verification that compares nothing would have a fine figure."""
    os.pwrite(descriptor, expected_bytes(STREAM, 0, SIZE_BYTES), 0)
    way(traversal(descriptor, writes=False))
    os.pwrite(descriptor, bytes([os.pread(descriptor, 1, place)[0] ^ 1]), place)
    with pytest.raises(ValueError, match=f"unit {place // UNIT_BYTES} differs"):
        way(traversal(descriptor, writes=False))


@EACH
def test_pipeline__file_shorter_than_said__fails(
    descriptor: int, way: Callable[[Traversal], None]
) -> None:
    """A short transfer is no result."""
    os.pwrite(descriptor, expected_bytes(STREAM, 0, SIZE_BYTES), 0)
    os.truncate(descriptor, SIZE_BYTES - UNIT_BYTES // 2)
    with pytest.raises(OSError, match="short"):
        way(traversal(descriptor, writes=False))


def test_finish__a_unit_left_out__refused(descriptor: int) -> None:
    """A pipeline that ends too early has no figure: it would be a very good one."""
    some = traversal(descriptor, writes=False)
    for _ in range(UNITS - 1):
        some.check(UNIT_BYTES, UNIT_BYTES)
    with pytest.raises(ValueError, match="were moved"):
        some.finish()


def test_ring__kernel_refuses__error_number_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without io_uring, or that gives none, is told from a failed transfer."""

    def refuse(number: int, *arguments: int) -> int:
        raise OSError(errno.EPERM, str((number, arguments)))

    monkeypatch.setattr(uring, "_call", refuse)
    with pytest.raises(PermissionError), uring.ring([memoryview(bytearray(512))], registered=False):
        pass
