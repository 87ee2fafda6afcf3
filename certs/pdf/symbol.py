"""A QR code as vector graphics. Pure.

One path, so that no reader of PDF leaves hairlines between modules; nothing but black, so that the
printer need not mix.
"""

from dataclasses import dataclass
from typing import Final

import segno
from segno.encoder import DataOverflowError

from certs.qr import beginning_of

MODULE_MM: Final = 0.5
"""Four dots of a printer with 203 dots per inch."""
QUIET_MODULES: Final = 4
# Below it a code would be drawn smaller than it is read well; above it paper of 58 mm, of which
# 48 can be printed, has no room.
_VERSIONS: Final = (15, 16, 17)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A code to be drawn.

    Attributes:
        svg: with its quiet zone, on white.
        size_mm: of its side, quiet zone included.
    """

    svg: str
    size_mm: float


def symbol_of(text: str) -> Symbol:
    """Draw the text of a document's code: error level M or better, 42.5 to 46.5 mm wide.

    Args:
        text: from `certs.qr.signed_qr`, at most 989 characters.
    """
    # Digits in a segment of their own take less than half of the room.
    beginning = beginning_of(text)
    content = [beginning, text.removeprefix(beginning)]
    for version in _VERSIONS:
        try:
            # It takes a list of segments too, which its hints forget.
            return _drawn(segno.make_qr(content, version=version, error="m"))  # type: ignore[arg-type]
        except DataOverflowError:
            continue
    raise AssertionError("the limits of a code's text keep it within the largest version")


def small_symbol_of(text: str) -> Symbol:
    """Draw a few characters as small as they come, error level M or better."""
    return _drawn(segno.make_qr(text, error="m"))


def _drawn(code: segno.QRCode) -> Symbol:
    rows = [bytes(row) for row in code.matrix]
    side = len(rows) + 2 * QUIET_MODULES
    path = "".join(_runs(row, y + QUIET_MODULES) for y, row in enumerate(rows))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path d="{path}"/></svg>'
    )
    return Symbol(svg=svg, size_mm=side * MODULE_MM)


def _runs(row: bytes, y: int) -> str:
    path, x = [], 0
    while x < len(row):
        end = x
        while end < len(row) and row[end]:
            end += 1
        if end > x:
            path.append(f"M{x + QUIET_MODULES} {y}h{end - x}v1h-{end - x}z")
        x = end + 1
    return "".join(path)
