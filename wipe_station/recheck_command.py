"""``wipe-station recheck``: what is asked, what is printed, how it ends. I/O."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from certs.layout import MAX_CHAIN_BYTES
from certs.reading import UnexpectedFileError, read_regular_file, read_signed_list
from certs.revocation import SignedList
from certs.text import Text
from certs.verdict import Status, Verdict
from wipe_station.errors import (
    EXIT_INCONCLUSIVE,
    EXIT_NOT_ERASED,
    EXIT_VERIFIED,
    InvalidInputError,
)
from wipe_station.overwrite.sampling import SEED_BYTES, Guarantee, Sample, sample_of
from wipe_station.recheck import Finding, Recheck, believed, recheck
from wipe_station.units import size_text

EXIT_OF: Final = {
    Finding.SAME: EXIT_VERIFIED,
    Finding.DIFFERS: EXIT_NOT_ERASED,
    Finding.ANOTHER_SIZE: EXIT_NOT_ERASED,
    Finding.UNREADABLE: EXIT_INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asked for."""

    device: str
    certificate: Path
    root: Path | None
    revoked: Path | None
    """The list of revoked keys; its signature lies beside it."""
    revoked_version_at_least: int
    allow_practice: bool
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """What came of it."""

    verdict: Verdict
    found: Recheck

    @property
    def exit_code(self) -> int:
        """Return 0 only where the content fits and the signer is known."""
        code = EXIT_OF[self.found.finding]
        unknown = self.verdict.status is Status.SIGNER_UNKNOWN
        return EXIT_INCONCLUSIVE if code == EXIT_VERIFIED and unknown else code

    def lines(self) -> tuple[Text, ...]:
        """Say it: what to compare by eye, what was found, what that proves, what stays open."""
        compare, erased, *warnings = self.verdict.lines
        signer = (erased,) if self._signer_unknown else ()
        return (compare, *_found(self.found), _PROVES, *signer, *warnings)

    @property
    def _signer_unknown(self) -> bool:
        return self.verdict.status is Status.SIGNER_UNKNOWN


_PROVES: Final = Text(
    zh="这说明里面现在是什么，不说明是谁、什么时候写的。",
    en="This shows what stands there now, not by whom or when it was written.",
)


def run(asked: Asked, now: datetime, on_progress: Callable[[int, int], None]) -> Rechecked:
    """Read the certificate, then the device.

    Raises:
        CertificateError: the certificate cannot be believed, naming the layer.
        InvalidInputError: no such certificate, root, list or device.
        DeviceGoneError, BusyError: the device cannot be opened.
    """
    root_pem = _read_root(asked.root) if asked.root is not None else None
    verdict = believed(
        asked.certificate,
        root_pem,
        allow_practice=asked.allow_practice,
        now=now,
        revoked=_read_list(asked),
    )
    sample = None if asked.full else _fresh_sample
    found = recheck(asked.device, dict(verdict.statement), sample, on_progress)
    return Rechecked(verdict=verdict, found=found)


def _fresh_sample(size_bytes: int) -> Sample:
    """Choose places by a seed that nobody knew before."""
    return sample_of(size_bytes, secrets.token_bytes(SEED_BYTES))


def _read_root(path: Path) -> bytes:
    try:
        return read_regular_file(path.resolve(), MAX_CHAIN_BYTES)[0]
    except (OSError, UnexpectedFileError) as error:
        raise InvalidInputError(
            Text(zh=f"读不到根证书 {path}。", en=f"The root {path} cannot be read."),
            hint=Text(zh="检查 --root 后面的路径。", en="Check the path after --root."),
        ) from error


def _read_list(asked: Asked) -> SignedList | None:
    if asked.revoked is None and not asked.revoked_version_at_least:
        return None
    if asked.revoked is None:
        raise InvalidInputError(
            Text(
                zh="--revoked-version-at-least 要和 --revoked 一起给。",
                en="--revoked-version-at-least needs --revoked.",
            ),
            hint=Text(zh="用 --revoked 给出作废名单。", en="Give the list with --revoked."),
        )
    try:
        return read_signed_list(asked.revoked, asked.revoked_version_at_least)
    except OSError as error:
        raise InvalidInputError(
            Text(
                zh=f"读不到作废名单 {asked.revoked}，或者旁边没有它的签名（.sig）。",
                en=f"The list {asked.revoked} cannot be read, or its signature (.sig) beside it.",
            ),
            hint=Text(zh="检查 --revoked 后面的路径。", en="Check the path after --revoked."),
        ) from error


def _found(found: Recheck) -> tuple[Text, ...]:
    read = size_text(found.verified_bytes)
    if found.finding is Finding.ANOTHER_SIZE:
        return (
            Text(
                zh=f"容量不同：这台设备是 {found.size_bytes:,} 字节，"
                "不是证明里的那台，或者它变了。",
                en=f"Another size: this device has {found.size_bytes:,} bytes. It is not the one"
                " of the certificate, or it has changed.",
            ),
        )
    if found.finding is Finding.DIFFERS:
        lba, at = found.first_mismatch_lba, found.first_mismatch_byte
        return (
            Text(
                zh=f"内容不同：最先在 LBA {lba}（第 {at} 字节）。",
                en=f"Other content: first at LBA {lba} (byte {at}).",
            ),
        )
    if found.finding is Finding.UNREADABLE:
        first = found.failures[0]
        return (
            Text(
                zh=f"有 {len(found.failures)} 处读不出，最先在第 {first.start_byte} 字节"
                f"（{first.errno_name}）；读出的 {read} 都相符。",
                en=f"{len(found.failures)} places cannot be read, the first at byte"
                f" {first.start_byte} ({first.errno_name}); the {read} that were read fit.",
            ),
        )
    return (_same(found.guarantee, read),)


def _same(guarantee: Guarantee | None, read: str) -> Text:
    if guarantee is None or guarantee.sampled_units == guarantee.units:
        return Text(
            zh=f"每个字节都和证明相符（{read}）。", en=f"Every byte is as certified ({read})."
        )
    unit, percent = (
        size_text(guarantee.unit_bytes),
        f"{guarantee.missed_per_million / 1_000_000:.0%}",
    )
    return Text(
        zh=f"抽查的 {guarantee.sampled_units} 处（{read}）都和证明相符。"
        f"全部 {guarantee.units} 处（每处 {unit}）里只要有 {guarantee.differing_units} 处不同，"
        f"漏掉的可能不超过 {percent}。",
        en=f"All {guarantee.sampled_units} sampled places ({read}) are as certified. If at least"
        f" {guarantee.differing_units} of all {guarantee.units} places of {unit} differed, that"
        f" would be missed with a probability of at most {percent}.",
    )
