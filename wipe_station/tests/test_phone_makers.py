"""The makers' own erase functions, as data."""

import pytest

from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.makers import (
    DECLARED,
    Declared,
    all_makers,
    maker_function,
    parse_makers,
)


@pytest.mark.parametrize(
    ("maker", "system", "word"),
    [
        ("Xiaomi", System.ANDROID, "我的设备"),
        ("Redmi", System.ANDROID, "我的设备"),
        ("HUAWEI", System.ANDROID, "格式化内置存储"),
        ("Nobody", System.ANDROID, "重置选项"),
        (None, System.ANDROID, "重置选项"),
        (None, System.IOS, "抹掉所有内容和设置"),
        ("Xiaomi", System.UNKNOWN, None),
    ],
)
def test_maker__by_name__its_menu_or_the_general_one(
    maker: str | None, system: System, word: str | None
) -> None:
    """A clerk is shown the menu of this maker; of an unknown system none is guessed."""
    found = maker_function(PhoneFacts(system=system, maker=maker))
    assert (found is None) if word is None else (found is not None and word in found.menu.zh)


def test_makers__every_entry__marked_and_none_declared_without_a_source() -> None:
    """A claim can name a declaration only where somebody wrote down where it stands."""
    assert set(DECLARED) == set(Declared)
    for maker in all_makers():
        assert maker.certainty.startswith(("[M]", "[S]", "[P]"))
        assert maker.declared is Declared.NOT_DECLARED or "general knowledge" not in maker.source


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('source = "s"', ""),
        ('declared = "not-declared"', 'declared = "yes"'),
        ('names = ["a"]', 'names = ["A"]'),
        ('names = ["a"]', "names = []"),
        ('system = "ios"', 'system = "ios"\nmore = 1'),
    ],
)
def test_makers__wrong_table__refused(good: str, bad: str) -> None:
    """A mistake in the file is found when it is read."""
    text = (
        '[[maker]]\nnames = ["a"]\nsystem = "ios"\nmenu_zh = "z"\nmenu_en = "e"\n'
        'declared = "not-declared"\ncertainty = "[M]"\nsource = "s"\n'
    )
    assert len(parse_makers(text)) == 1
    with pytest.raises(ValueError, match=r"maker|valid"):
        parse_makers(text.replace(good, bad))
