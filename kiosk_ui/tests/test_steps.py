"""Each step of a phone has its picture and its sentence, and there is none too many."""

import re
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kiosk_ui.steps import STEPS, load_pictures
from wipe_station.phone_values import Step

FOLDER = Path(str(files("kiosk_ui"))) / "static" / "steps"
MOST_BYTES = 2048
SHAPES = {"svg", "path", "rect", "circle", "ellipse"}
CHINESE = re.compile("[\u4e00-\u9fff]")


def test_steps__all_of_them__a_sentence_in_both_languages() -> None:
    """Who cannot see the picture is told the same, in his language."""
    assert set(STEPS) == set(Step)
    for words in STEPS.values():
        assert CHINESE.search(words.zh)
        assert words.en
        assert not CHINESE.search(words.en)


def test_pictures__in_the_folder__one_for_each_step_and_no_other() -> None:
    """No step lacks its picture, no picture is left over, and no two are alike."""
    assert {path.name for path in FOLDER.iterdir()} == {f"{step.value}.svg" for step in Step}
    assert len(set(load_pictures().values())) == len(Step)


@pytest.mark.parametrize("step", Step, ids=lambda step: step.value)
def test_picture__of_a_step__lines_in_the_text_s_colour_and_nothing_else(step: Step) -> None:
    """A picture does for both themes and both languages, loads nothing, and is small."""
    text = load_pictures()[step]
    assert len(text.encode()) <= MOST_BYTES
    root = ET.fromstring(text)  # noqa: S314 - a file of ours
    assert (root.get("fill"), root.get("stroke")) == ("none", "currentColor")
    assert root.get("viewBox") == "0 0 96 96"
    for element in root.iter():
        assert element.tag.rpartition("}")[2] in SHAPES
        assert not (element.text or "").strip()
        assert element is root or not {"fill", "stroke", "style", "href"} & set(element.keys())
