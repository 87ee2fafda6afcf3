"""IMEIs by their structure, and several sources of one phone's."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.phones.facts import HOW_TO_LEARN, PhoneFacts, System, unknown_of
from wipe_station.phones.imei import Flaw, Form, Imei, check_digit, compare, examine

GOOD = "490154203237518"
OTHER = "353644930127905"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, Form.IMEI),
        (OTHER, Form.IMEI),
        ("35-364493-012790-5", Form.IMEI),
        ("49 015420 323751", Form.IMEI_WITHOUT_CHECK),
        ("4901542032375101", Form.IMEISV),
        ("490154203237519", Flaw.CHECK_DIGIT),
        ("000000000000000", Flaw.PLACEHOLDER),
        ("004999010640000", Flaw.PLACEHOLDER),
        ("49015420000000", Flaw.PLACEHOLDER),
        ("", Flaw.FORM),
        ("49015420323751", Form.IMEI_WITHOUT_CHECK),
        ("4901542032375", Flaw.FORM),
        ("49015420323751812", Flaw.FORM),
        ("49015420323751x", Flaw.FORM),
        ("\uff14" + GOOD[1:], Flaw.FORM),
        (GOOD + "-" * 1000, Form.IMEI),
    ],
)
def test_examine__by_case__as_the_structure_says(text: str, found: Form | Flaw) -> None:
    """Forms, check digit, placeholders; digits of other scripts are none."""
    said = examine(text)
    assert (said.form if isinstance(said, Imei) else said) is found


@given(st.text(alphabet=string.digits, min_size=14, max_size=14), st.integers(0, 13))
def test_check_digit__any_one_digit_wrong__found(body: str, place: int) -> None:
    """Luhn finds every single wrong digit."""
    chance = random.Random(body)
    wrong = chance.choice([digit for digit in string.digits if digit != body[place]])
    changed = body[:place] + wrong + body[place + 1 :]
    assert check_digit(changed) != check_digit(body)


@given(st.text(max_size=80))
def test_examine__any_text__answers(text: str) -> None:
    """Whatever a phone says is a number or a flaw."""
    said = examine(text)
    assert isinstance(said, Flaw) or examine(said.text) == Imei(body=said.body, form=Form.IMEI)


@pytest.mark.parametrize(
    ("sources", "agree", "count"),
    [
        ({"software": (GOOD, OTHER), "label": (OTHER,)}, True, 2),
        ({"software": (GOOD,), "screen": (GOOD[:14],)}, True, 1),
        ({"software": (GOOD,), "label": (OTHER,)}, False, 2),
        ({"software": (GOOD, OTHER), "screen": (GOOD, OTHER), "label": ()}, True, 2),
        ({"software": (GOOD,), "label": ()}, None, 1),
        ({"software": ("1",), "label": (GOOD,)}, None, 1),
        ({}, None, 0),
    ],
)
def test_compare__by_case__agrees_only_where_nothing_contradicts(
    sources: dict[str, tuple[str, ...]], agree: bool | None, count: int
) -> None:
    """Two numbers and one of them on the label is no contradiction; another one is."""
    found = compare(sources)
    assert (found.agree, len(found.imeis)) == (agree, count)
    assert set(found.flaws) == ({"software"} if sources.get("software") == ("1",) else set())


def test_unknown__phone_that_said_nothing__each_gap_has_a_way_out() -> None:
    """What is unknown stays unknown, and says how to find out."""
    assert unknown_of(PhoneFacts(system=System.UNKNOWN)) == tuple(HOW_TO_LEARN)
    told = PhoneFacts(system=System.ANDROID, imeis=(GOOD,), accounts=0, frp=False)
    assert not {"imeis", "accounts", "frp"} & set(unknown_of(told))
