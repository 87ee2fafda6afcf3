"""Bytes, seconds and patterns for people. Pure."""

from collections.abc import Sequence
from itertools import groupby

from certs.text import Text
from wipe_station.records import FixedPattern, PlannedPattern

_STEPS = ((1000**4, "TB"), (1000**3, "GB"), (1000**2, "MB"), (1000, "kB"))


def size_text(size_bytes: int) -> str:
    """Write a size the way drives are sold: decimal, at most one digit after the point."""
    for step, name in _STEPS:
        if size_bytes >= step:
            return f"{size_bytes / step:.1f}".removesuffix(".0") + f" {name}"
    return f"{size_bytes} B"


def _span(seconds: float) -> tuple[int, str, str]:
    if seconds < 90:
        return max(1, round(seconds)), "秒", "s"
    if seconds < 90 * 60:
        return round(seconds / 60), "分钟", "min"
    return round(seconds / 3600), "小时", "h"


def remaining_text(range_s: tuple[float, float] | None) -> Text:
    """Write a remaining time as a range, in the coarser unit of its two ends.

    Args:
        range_s: shortest and longest remaining seconds, or None while nobody can know.
    """
    if range_s is not None and range_s[1] <= 0:
        return Text(zh="完成", en="done")
    if range_s is None:
        return Text(zh="正在估算时间", en="estimating")
    (low, low_zh, low_en), (high, high_zh, high_en) = _span(range_s[0]), _span(range_s[1])
    if (low, low_en) == (high, high_en):
        return Text(zh=f"还要约 {high} {high_zh}", en=f"about {high} {high_en} left")
    if low_en == high_en:
        return Text(zh=f"还要 {low} 到 {high} {high_zh}", en=f"{low} to {high} {high_en} left")
    return Text(
        zh=f"还要 {low} {low_zh}到 {high} {high_zh}", en=f"{low} {low_en} to {high} {high_en} left"
    )


def pattern_text(pattern: PlannedPattern) -> Text:
    """Write a pass's content: its literal bytes, or the name of its stream."""
    if isinstance(pattern, FixedPattern):
        return Text(zh=f" {_literal(pattern)}", en=_literal(pattern))
    return Text(zh=f"随机数据（{pattern.stream}）", en=f"random data ({pattern.stream})")


def passes_text(passes: Sequence[PlannedPattern]) -> Text:
    """Write passes on one line; equal ones that follow each other are counted."""
    runs = [(_short(pattern), len(list(run))) for pattern, run in groupby(passes)]
    zh = "、".join(word.zh if count == 1 else f"{word.zh}（{count} 遍）" for word, count in runs)
    en = ", ".join(word.en if count == 1 else f"{word.en} ({count} times)" for word, count in runs)
    return Text(zh=zh, en=en)


def _short(pattern: PlannedPattern) -> Text:
    if isinstance(pattern, FixedPattern):
        return Text(zh=_literal(pattern), en=_literal(pattern))
    return Text(zh="随机", en="random")


def _literal(pattern: FixedPattern) -> str:
    return pattern.repeat.hex(" ").upper()


def printable(text: str) -> str:
    """Escape what a hostile device's name could do to a terminal or a page; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
