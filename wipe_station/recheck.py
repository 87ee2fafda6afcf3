"""Does a device hold what a certificate says? From the certificate alone, on any Linux. I/O.

1. Believe the document as far as a stranger does: signature, schema, binding, and the root and the
   list of revoked keys if they were given.
2. Open the device for reading, past the page cache; write nothing, claim nothing.
3. Its size must be the stated one: a device that shrank or grew is not what was certified.
4. Read it in full, or at places that a fresh seed chooses, and compare with the last pass.

What this proves is what stands there now, not who wrote it, nor when.
"""

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from certs.bundle import read_bundle
from certs.layout import DocumentType
from certs.revocation import SignedList
from certs.text import Text
from certs.verdict import Verdict
from certs.verify import verify
from wipe_station.block import (
    device_number,
    drop_cached_pages,
    open_block,
    sector_bytes,
    size_bytes,
)
from wipe_station.errors import InvalidInputError
from wipe_station.evidence import journal_pattern
from wipe_station.overwrite.extent import Extent
from wipe_station.overwrite.memory import same_bytes
from wipe_station.overwrite.pump import Comparer
from wipe_station.overwrite.sampling import SAMPLE_BYTES, Guarantee, Sample
from wipe_station.overwrite.stream import UNIT_BYTES, content_of
from wipe_station.overwrite.trouble import Handling, failed_transfer
from wipe_station.records import IoFailure, Pattern

_READING: Final = os.O_RDONLY | os.O_DIRECT
_MOST_UNREAD: Final = 16


class Finding(Enum):
    """What a recheck came to."""

    SAME = "same"
    """At every byte that was read stands what the certificate says."""
    DIFFERS = "differs"
    ANOTHER_SIZE = "another-size"
    UNREADABLE = "unreadable"
    """What could be read fits; the rest could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What was read, and how it compared."""

    finding: Finding
    size_bytes: int
    """The device's own."""
    sector_bytes: int
    verified_bytes: int = 0
    first_mismatch_byte: int | None = None
    failures: tuple[IoFailure, ...] = ()
    guarantee: Guarantee | None = None
    """None where everything was to be read."""
    seed: bytes | None = None

    @property
    def first_mismatch_lba(self) -> int | None:
        """Return the first logical sector that differs."""
        at = self.first_mismatch_byte
        return None if at is None else at // self.sector_bytes


def believed(
    path: Path,
    root_pem: bytes | None,
    *,
    allow_practice: bool,
    now: datetime,
    revoked: SignedList | None = None,
) -> Verdict:
    """Read and verify the document of an erasure; the arguments beside its path are `verify`'s.

    Raises:
        CertificateError: it cannot be believed, naming the layer.
        InvalidInputError: there is none, or it does not say what stands on the device.
    """
    hint = Text(
        zh="给出 certificate.json、它的文件夹或 PDF。",
        en="Give certificate.json, its folder, or the PDF.",
    )
    try:
        bundle = read_bundle(path)
    except OSError as error:
        raise InvalidInputError(
            Text(
                zh=f"打不开证明 {path}：{os.strerror(error.errno or 0)}。",
                en=f"The certificate {path} cannot be opened: {os.strerror(error.errno or 0)}.",
            ),
            hint=hint,
        ) from error
    verdict = verify(
        bundle, root_pem=root_pem, allow_practice=allow_practice, now=now, revoked=revoked
    )
    kind = DocumentType(verdict.statement["type"])
    if kind.certifies and kind.of_phone:
        raise InvalidInputError(
            Text(
                zh="这是手机的清除证明：手机重置自己，没有写过可以读回来核对的内容。",
                en="A phone's certificate: it reset itself, and nothing was written that could be"
                " read back and compared.",
            ),
            hint=Text(
                zh="用 wipe-cert verify 核对这份证明，再和手机核对。",
                en="Check it with wipe-cert verify, and compare it with the phone.",
            ),
        )
    if kind is not DocumentType.CERTIFICATE:
        raise InvalidInputError(
            Text(
                zh="这不是清除证明：没有东西可以核对。",
                en="Not a certificate of erasure: it states nothing to compare with.",
            ),
            hint=hint,
        )
    return verdict


def recheck(
    node: str,
    statement: dict[str, Any],
    sample: Callable[[int], Sample] | None,
    on_progress: Callable[[int, int], None],
) -> Recheck:
    """Compare a device with the last pass of a certificate.

    Args:
        node: path of the device.
        statement: of a verified certificate.
        sample: chooses places on a device of a size; None reads everything.
        on_progress: called with bytes done and bytes in all.

    Raises:
        InvalidInputError: no such device.
        DeviceGoneError, BusyError: it cannot be opened.
    """
    device_number(node)
    descriptor = open_block(node, _READING)
    try:
        size, sector = size_bytes(descriptor), sector_bytes(descriptor)
        if size != statement["device"]["size_bytes"]:
            return Recheck(finding=Finding.ANOTHER_SIZE, size_bytes=size, sector_bytes=sector)
        drop_cached_pages(descriptor)
        pattern = journal_pattern(statement["passes"][-1]["pattern"])
        reader = _Reader(descriptor, pattern, size, sector)
        return reader.whole(on_progress) if sample is None else reader.at(sample(size), on_progress)
    finally:
        os.close(descriptor)


class _Reader:
    """Reads one open device and compares."""

    def __init__(self, descriptor: int, pattern: Pattern, size: int, sector: int) -> None:
        self._descriptor = descriptor
        self._content = content_of(pattern)
        self._size = size
        self._sector = sector

    def whole(self, on_progress: Callable[[int, int], None]) -> Recheck:
        """Read everything, at the device's own speed."""
        extent = Extent(start_byte=0, end_byte=self._size)
        handling = Handling(sector_bytes=self._sector, leaf_bytes=self._sector)
        comparer = Comparer(self._descriptor, self._content, extent, handling)
        found = comparer.run(lambda: on_progress(comparer.passed_bytes(), self._size))
        failures = (*comparer.refused(), *found.failures)
        assert found.verified_bytes == self._size or failures or found.mismatches, (
            "read, or why not"
        )
        return self._ended(found.verified_bytes, found.first_mismatch_byte, failures)

    def at(self, sample: Sample, on_progress: Callable[[int, int], None]) -> Recheck:
        """Read the places of a sample, one after the other; stop at the first difference."""
        buffer, scratch = (mmap.mmap(-1, size) for size in (SAMPLE_BYTES, UNIT_BYTES))
        ranges = list(sample.ranges())
        total, verified = sum(end - start for start, end in ranges), 0
        failures: list[IoFailure] = []
        differs = None
        for start, end in ranges:
            read = memoryview(buffer)[: end - start]
            try:
                whole = os.preadv(self._descriptor, [read], start) == end - start
            except OSError as error:
                failures.append(failed_transfer(start, end - start, "read", error.errno))
            else:
                differs = self._difference(start, read, scratch) if whole else start
                verified += end - start if differs is None else 0
            if differs is not None or len(failures) >= _MOST_UNREAD:
                break
            on_progress(verified, total)
        return self._ended(verified, differs, tuple(failures), sample)

    def _difference(self, start: int, read: memoryview, scratch: mmap.mmap) -> int | None:
        """Return the first byte that differs, or None."""
        unit, within = divmod(start, UNIT_BYTES)
        expected = self._content.unit(unit, within + len(read), scratch)[within:]
        if same_bytes(read, expected):
            return None
        return start + next(at for at in range(len(read)) if read[at] != expected[at])

    def _ended(
        self,
        verified: int,
        differs: int | None,
        failures: tuple[IoFailure, ...],
        sample: Sample | None = None,
    ) -> Recheck:
        finding = Finding.UNREADABLE if failures else Finding.SAME
        return Recheck(
            finding=finding if differs is None else Finding.DIFFERS,
            size_bytes=self._size,
            sector_bytes=self._sector,
            verified_bytes=verified,
            first_mismatch_byte=differs,
            failures=failures,
            guarantee=None if sample is None else sample.guarantee(),
            seed=None if sample is None else sample.seed,
        )
