"""Bytes and seconds for people. Pure."""

from certs.text import Text

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
