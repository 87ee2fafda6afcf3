"""A chart is well-formed, shows every value where it belongs, and names both axes."""

import itertools
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.plot import Chart, nice_step, svg

CHART = Chart(
    title="Passes & verifications",
    remark="2 cores",
    x_label="devices at once",
    y_label="MB/s",
    x_names=["1", "2", "4"],
    series={"write": [100.0, 200.0, 400.0], "<verify>": [100.0, 200.0, 390.0]},
)
SVG = "{http://www.w3.org/2000/svg}"


def tree(chart: Chart) -> ET.Element:
    """Return the chart as a reader of XML sees it."""
    return ET.fromstring(svg(chart))  # noqa: S314 - our own text


def test_svg__any_words__well_formed_and_all_there() -> None:
    """Title, remark, both axes' labels, each place and each line's name can be read."""
    words = [text.text for text in tree(CHART).iter(f"{SVG}text")]
    wanted = {CHART.title, CHART.remark, CHART.x_label, CHART.y_label, *CHART.x_names}
    assert wanted | set(CHART.series) <= set(words)


def test_svg__values__a_point_each_in_proportion() -> None:
    """Twice the value is twice as high above the axis, and places are at equal distances."""
    points = tree(CHART).findall(f"{SVG}circle")
    assert len(points) == 6
    x, y = ([float(point.get(name, "nan")) for point in points[:3]] for name in ("cx", "cy"))
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
    zero = 2 * y[0] - y[1]
    assert zero - y[2] == pytest.approx(4 * (zero - y[0]), abs=0.5)


def test_svg__names_that_would_meet__apart() -> None:
    """Lines that end at the same value keep legible names."""
    same = replace(CHART, series={name: [1.0, 1.0, 1.0] for name in "abcdef"})
    texts = list(tree(same).iter(f"{SVG}text"))
    places = sorted(float(each.get("y", "nan")) for each in texts if each.text in set("abcdef"))
    assert min(b - a for a, b in itertools.pairwise(places)) >= 15


def test_svg__reader_with_a_dark_screen__other_colours() -> None:
    """The chart has a ground of its own for both kinds of page."""
    style = next(tree(CHART).iter(f"{SVG}style")).text or ""
    light, dark = style.split("@media(prefers-color-scheme:dark)")
    for part in (light, dark):
        for rule in (".ground{", "text{", ".grid{", ".axis{", ".l5{", ".n5{"):
            assert rule in part


@pytest.mark.parametrize(
    "series",
    [{}, {"short": [1.0]}, {str(number): [1.0, 1.0, 1.0] for number in range(7)}],
)
def test_svg__lines_that_cannot_be_shown__refused(series: dict[str, list[float]]) -> None:
    """No line, a line with a gap, and more lines than can be told apart are faults of ours."""
    with pytest.raises(AssertionError):
        svg(replace(CHART, series=series))


@given(highest=st.floats(1e-6, 1e12), ticks=st.integers(1, 10))
def test_nice_step__any_value__round_and_few_enough(highest: float, ticks: int) -> None:
    """Ticks are at 1, 2 or 5 times a power of ten, and reach the highest value."""
    step = nice_step(highest, ticks)
    assert f"{step:e}"[0] in "125"
    assert step * ticks >= highest * (1 - 1e-6)
    assert step * ticks <= highest * 10
