"""A list of phones that must not be taken in, as police or headquarters hand it over. Pure.

CSV in UTF-8, with or without a byte order mark; its first line names the columns. The one called
``imei`` counts, all others (``reason``, ``since`` …) are for people:

    imei,reason,since
    490154203237518,reported stolen,2026-11-02

A list with anything in it that is not understood is no list: what stands on that line might be the
phone that is being handed over.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from certs.text import Text
from wipe_station.errors import BlockListError
from wipe_station.phones.imei import Flaw, Form, Imei, examine

MOST_BYTES: Final = 16 << 20
MOST_LINES: Final = 100_000
"""What is read in about a second, while the counter waits."""
MOST_LINE_CHARACTERS: Final = 1000
_COLUMN: Final = "imei"
_FLAWS: Final = {
    Flaw.FORM: Text(zh="不是 IMEI", en="no IMEI"),
    Flaw.CHECK_DIGIT: Text(zh="IMEI 的校验码不对", en="an IMEI with a wrong check digit"),
    Flaw.PLACEHOLDER: Text(zh="占位号码，不是 IMEI", en="a placeholder and no IMEI"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What stands on a list."""

    bodies: frozenset[str]
    """Type allocation code and serial number, 14 digits: however the rest was written."""
    numbers: int
    """Lines with a number."""

    def flags(self, imeis: Iterable[str]) -> bool:
        """Tell whether one of these stands on it; what is no IMEI stands on none.

        Args:
            imeis: of one phone, with 14, 15 or 16 digits, unchecked.
        """
        examined = map(examine, imeis)
        return any(isinstance(each, Imei) and each.body in self.bodies for each in examined)


def parse_block_list(data: bytes) -> Blocked:
    """Read a list.

    Raises:
        BlockListError: it is none; ``line`` tells where.
    """
    if len(data) > MOST_BYTES:
        raise wrong_list("文件太大", f"larger than {MOST_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise wrong_list("不是 UTF-8 文本", "not UTF-8", at) from error
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise wrong_list("行数太多", f"more than {MOST_LINES} lines", MOST_LINES + 1)
    column = _column(lines[0])
    bodies: set[str] = set()
    numbers = 0
    for at, line in enumerate(lines[1:], start=2):
        cells = _cells(line, at)
        if any(cells):
            bodies |= _bodies(cells[column] if column < len(cells) else "", at)
            numbers += 1
    return Blocked(bodies=frozenset(bodies), numbers=numbers)


def _column(line: str) -> int:
    names = [cell.lower() for cell in _cells(line, 1)]
    if names.count(_COLUMN) != 1:
        raise wrong_list(
            "第一行要写列名，其中一列叫 imei",
            "the first line names the columns, one of them imei",
            1,
        )
    return names.index(_COLUMN)


def _cells(line: str, at: int) -> list[str]:
    """Return a line's cells; one at a time, so that an open quote cannot swallow numbers."""
    if len(line) > MOST_LINE_CHARACTERS:
        raise wrong_list("太长", "too long", at)
    try:
        (row,) = csv.reader([line.removesuffix("\r")], strict=True)
    except csv.Error as error:
        raise wrong_list("引号不成对", f"not CSV ({error})", at) from error
    except ValueError:  # nothing stands on it
        return []
    return [cell.strip() for cell in row]


def _bodies(cell: str, at: int) -> set[str]:
    """Return what a number can stand for.

    Networks report a zero instead of the check digit, which phones do not transmit (3GPP TS 23.003
    §6.2; general knowledge, unverified); spreadsheets drop a zero at the front, and what is left
    has 14 digits as if the check digit were missing. Each is taken in every way in which it can be
    meant.
    """
    number = examine(cell)
    if number is Flaw.CHECK_DIGIT and cell.endswith("0"):
        number = examine(cell[:-1])
    if isinstance(number, Flaw):
        raise wrong_list(_FLAWS[number].zh, _FLAWS[number].en, at)
    found = {number.body}
    if number.form is Form.IMEI_WITHOUT_CHECK:
        longer = examine("0" + cell)
        found |= {longer.body} if isinstance(longer, Imei) else set()
    return found


def wrong_list(zh: str, en: str, line: int | None = None) -> BlockListError:
    """Return the error for a list that cannot be used.

    Args:
        zh: what is wrong.
        en: the same.
        line: where, counted from 1.
    """
    if line is not None:
        zh, en = f"第 {line} 行{zh}", f"line {line}, {en}"
    return BlockListError(
        Text(
            zh=f"黑名单不能用（{zh}），现在不收手机。",
            en=f"The block list cannot be used ({en}): no phone is taken in.",
        ),
        hint=Text(
            zh="叫店长：把名单另存为“CSV UTF-8”，IMEI 那一列存成文本，见 docs/settings.md。",
            en="Fetch the manager: save the list as CSV UTF-8, the column imei as text; see"
            " docs/settings.md.",
        ),
        line=line,
    )
