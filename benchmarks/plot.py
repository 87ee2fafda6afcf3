"""A line chart as SVG, legible on light and on dark pages. Pure.

The chart brings its own ground, and turns dark where the reader's system is; each line has its
own dash and its name at its end, so that nobody depends on colour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Final

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 150, 66, 56
_LINES: Final = (
    ("#0b62a4", "#6cb6ff", ""),
    ("#b35000", "#f0a35e", "7 4"),
    ("#2a7a2a", "#7ecb7e", "2 3"),
    ("#8a2be2", "#c9a2f5", "10 3 2 3"),
    ("#a3123a", "#ff8fa8", "4 2"),
    ("#555555", "#bbbbbb", "1 5"),
)
"""Colour on light, colour on dark, dashes."""
_NAME_APART: Final = 15
_TICKS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn; values are at least 0."""

    title: str
    remark: str
    """A second line under the title: machine, date, number of rounds."""
    x_label: str
    y_label: str
    """With its unit."""
    x_names: Sequence[str]
    """Places on the axis, at equal distances."""
    series: Mapping[str, Sequence[float]]
    """Per line one value for each place; at most six lines."""


def nice_step(highest: float, ticks: int = _TICKS) -> float:
    """Return a round distance (1, 2 or 5 times a power of ten) for at most so many ticks.

    Args:
        highest: the highest value, above 0.
        ticks: how many there may be above zero.
    """
    rough = highest / ticks
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def svg(chart: Chart) -> str:
    """Return a chart as the text of an SVG file."""
    assert 0 < len(chart.series) <= len(_LINES), "as many lines as can be told apart"
    assert all(len(line) == len(chart.x_names) for line in chart.series.values()), "a value each"
    highest = max(max(line) for line in chart.series.values()) or 1.0
    step = nice_step(highest)
    count = -int(-highest / step // 1)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(chart.title)}" font-family="sans-serif" font-size="13">'
    )
    parts = [
        opening,
        _style(),
        f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
        _text(_LEFT, 28, chart.title, 'font-size="16" font-weight="bold"'),
        _text(_LEFT, 46, chart.remark, 'font-size="11"'),
        *_grid(chart, step, count),
        *_lines(chart, step * count),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _style() -> str:
    light = "".join(f".l{i}{{stroke:{line[0]}}}.n{i}{{fill:{line[0]}}}" for i, line in _each())
    dark = "".join(f".l{i}{{stroke:{line[1]}}}.n{i}{{fill:{line[1]}}}" for i, line in _each())
    return (
        "<style>.ground{fill:#ffffff}text{fill:#222222}.grid{stroke:#cccccc}.axis{stroke:#222222}"
        f"{light}@media(prefers-color-scheme:dark){{.ground{{fill:#161b22}}text{{fill:#e6e6e6}}"
        f".grid{{stroke:#3a414a}}.axis{{stroke:#e6e6e6}}{dark}}}</style>"
    )


def _each() -> list[tuple[int, tuple[str, str, str]]]:
    return list(enumerate(_LINES))


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


def _x(place: int, places: int) -> float:
    across = _WIDTH - _LEFT - _RIGHT
    return _LEFT + across * (place / (places - 1) if places > 1 else 0.5)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top


def _grid(chart: Chart, step: float, count: int) -> list[str]:
    """Return both axes with ticks, labels and lines across."""
    right, bottom, middle = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM, (_TOP + _HEIGHT - _BOTTOM) / 2
    parts = []
    for number in range(count + 1):
        y = _y(number, count)
        kind = "grid" if number else "axis"
        parts.append(f'<path class="{kind}" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{number * step:g}", 'text-anchor="end"'))
    parts.append(f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}"/>')
    for place, name in enumerate(chart.x_names):
        x = _x(place, len(chart.x_names))
        parts.append(_text(x, bottom + 20, name, 'text-anchor="middle"'))
    parts.append(_text((_LEFT + right) / 2, bottom + 42, chart.x_label, 'text-anchor="middle"'))
    turned = f'text-anchor="middle" transform="rotate(-90 20 {middle:.1f})"'
    parts.append(_text(20, middle, chart.y_label, turned))
    return parts


def _lines(chart: Chart, top: float) -> list[str]:
    parts = []
    places = _apart({name: _y(line[-1], top) for name, line in chart.series.items()})
    for number, (name, line) in enumerate(chart.series.items()):
        points = [(_x(at, len(line)), _y(value, top)) for at, value in enumerate(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = f'stroke-dasharray="{_LINES[number][2]}"' if _LINES[number][2] else ""
        parts.append(
            f'<polyline class="l{number}" fill="none" stroke-width="2" {dash} points="{path}"/>'
        )
        parts += [f'<circle class="n{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
        parts.append(_text(points[-1][0] + 9, places[name] + 4, name, f'class="n{number}"'))
    return parts


def _apart(wanted: Mapping[str, float]) -> dict[str, float]:
    """Return heights for the lines' names near the wanted ones, none upon another."""
    placed: dict[str, float] = {}
    lowest = float("inf")
    for name in sorted(wanted, key=lambda name: -wanted[name]):
        lowest = min(wanted[name], lowest - _NAME_APART)
        placed[name] = lowest
    return placed
