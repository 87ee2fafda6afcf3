"""What became of a medium under a wiper, in words, and all of it as a table. Pure.

Nobody is believed: what is left is counted on the medium, past the device. A verdict sets it
beside what the wiper claimed. It stands out where a wiper said that it was done and something of
an owner's stands there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MISSING: Final = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One wiper on one story's medium."""

    code: int | None
    """Exit code; None if it did not end within its limit and was killed."""
    claims_success: bool
    met: bool
    """Whether every fault of the story was met by something that the wiper asked."""
    planted_sectors: int
    left_sectors: int
    """Sectors in which something of an owner's stands afterwards."""
    claimed_bytes: int
    held_bytes: int
    """What the medium truly has."""
    took_s: float


def verdict(seen: Seen | None) -> str:
    """Return a table's cell for one wiper on one story; None stands for a missing wiper."""
    if seen is None:
        return MISSING
    words = [_claim(seen), _left(seen)]
    if not seen.met:
        words.append("fault not met")
    if seen.claims_success and seen.held_bytes < seen.claimed_bytes:
        words.append(f"only {seen.held_bytes} of {seen.claimed_bytes} bytes exist")
    text = ", ".join(words)
    return f"**{text}**" if is_false(seen) else text


def is_false(seen: Seen) -> bool:
    """Tell whether a wiper said that it was done and something was left."""
    return seen.claims_success and seen.left_sectors > 0


def _claim(seen: Seen) -> str:
    if seen.code is None:
        return f"did not end in {seen.took_s:.0f} s, killed"
    if seen.claims_success:
        return "said done"
    return f"said failed (exit {seen.code})" if seen.code else "said failed (in words)"


def _left(seen: Seen) -> str:
    if not seen.left_sectors:
        return "nothing left"
    return f"{seen.left_sectors} of {seen.planted_sectors} sectors left"


def table(
    wipers: Sequence[str], stories: Sequence[str], cells: Mapping[tuple[str, str], Seen | None]
) -> str:
    """Lay everything out in Markdown: a row for each story, a column for each wiper.

    Args:
        wipers: headings, in order.
        stories: their names, in order.
        cells: by wiper and story; what was not played has a dash.
    """
    rows = [("Story", *wipers), ("---",) * (len(wipers) + 1)]
    for story in stories:
        told = [verdict(cells[w, story]) if (w, story) in cells else "-" for w in wipers]
        rows.append((story, *told))
    rows.append(("said done with something left", *(_count(w, cells) for w in wipers)))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _count(wiper: str, cells: Mapping[tuple[str, str], Seen | None]) -> str:
    seen = [cell for (who, _), cell in cells.items() if who == wiper]
    if None in seen:
        return MISSING
    return f"{sum(is_false(cell) for cell in seen if cell)} of {len(seen)}"
