"""The page's two languages: every sentence that a template says has its English, and no other has.

`kiosk_ui.tests.make_words` finds sentences with Babel; here they are found a second way, by
Jinja's own parser, so that a sentence that the one misses is not missed by both.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from certs.text import Language
from kiosk_ui.tests.make_words import CATALOGUE, FOLDER, as_text, catalogue
from kiosk_ui.words import LONG_S, language_of, load_catalogues, ready_between

TEMPLATES = sorted((FOLDER / "templates").iterdir())
MODULES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "main")
"""All but the one that speaks to terminals, in both languages at once."""
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\(([a-z_]+)\)([a-z])")
OWN_NAMES = {"中文"}
"""The one word that the English page says in Chinese, on purpose: the way back."""
NOW = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)


def written() -> Catalog:
    """Return the catalogue as it stands in the repository."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def sentences() -> list[Message]:
    """Return its messages, without the header."""
    return [message for message in written() if message.id]


def tree_of(template: Path) -> nodes.Template:
    """Return a template as Jinja's parser sees it."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    return environment.parse(template.read_text("utf-8"))


def said_in(template: Path) -> set[str]:
    """Return the sentences of a template."""
    calls = (
        call
        for call in tree_of(template).find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in ("_", "gettext", "ngettext")
    )
    found = set()
    for call in calls:
        assert isinstance(call.args[0], nodes.Const), "a sentence that no parser can find"
        found.add(str(call.args[0].value))
    return found


def literals_in(template: Path) -> Iterator[str]:
    """Return what a template shows as it stands, without asking the catalogue."""
    return (data.data for data in tree_of(template).find_all(nodes.TemplateData))


def test_catalogue__made_again__same_file() -> None:
    """The catalogue is what ``make_words`` writes: nothing missing, stale, fuzzy or by hand."""
    made = as_text(catalogue())
    assert made == CATALOGUE.read_bytes(), "run `python -m kiosk_ui.tests.make_words`"


def test_catalogue__every_sentence__has_its_english() -> None:
    """A sentence without English, a fuzzy one and one kept for later are refused."""
    assert sentences(), "the catalogue is not empty"
    for message in sentences():
        assert isinstance(message.string, str), "no sentence here has a plural"
        assert message.string.strip(), message.id
        assert not message.fuzzy, message.id
        assert message.string != message.id
    assert not written().obsolete


def test_catalogue__ids_and_english__each_in_its_own_language() -> None:
    """Ids have Chinese in them, and no English has a Chinese character or mark."""
    for message in sentences():
        assert CHINESE.search(str(message.id)), message.id
        assert not CHINESE.search(str(message.string)), message.string


def test_catalogue__placeholders__the_same_in_both_languages() -> None:
    """English asks for the same values by the same names, and neither has a loose percent sign."""
    for message in sentences():
        zh, en = str(message.id), str(message.string)
        assert sorted(PLACEHOLDER.findall(zh)) == sorted(PLACEHOLDER.findall(en)), zh
        assert "%" not in PLACEHOLDER.sub("", zh + en).replace("%%", "")


def test_templates__sentences_by_jinja__exactly_those_of_the_catalogue() -> None:
    """What templates say and what the catalogue holds is the same set, seen by another parser."""
    said = {sentence for template in TEMPLATES for sentence in said_in(template)}
    assert said == {str(message.id) for message in sentences()}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template__chinese_outside_a_sentence__only_the_name_of_the_language(
    template: Path,
) -> None:
    """Nothing Chinese stands in a template as it is: the English page would show it."""
    pieces = {piece.strip() for text in literals_in(template) for piece in re.split("[<>]", text)}
    assert {piece for piece in pieces if CHINESE.search(piece)} <= OWN_NAMES


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_module__its_sentences__carry_both_languages(module: Path) -> None:
    """Python asks no catalogue: a Chinese sentence stands in ``Words`` beside its English."""
    tree = ast.parse(module.read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    assert not names & {"_", "gettext", "ngettext", "pgettext"}
    paired = {
        id(word.value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Words"
        for word in call.keywords
        if {each.arg for each in call.keywords} == {"zh", "en"}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and CHINESE.search(str(node.value)):
            assert id(node) in paired, node.value


def test_catalogues__as_loaded__chinese_as_written_and_english_from_the_file() -> None:
    """The page's own loader gives every id in Chinese and its English in English."""
    loaded = load_catalogues()
    for message in sentences():
        text = str(message.id)
        assert loaded[Language.ZH].gettext(text) == text
        assert loaded[Language.EN].gettext(text) == message.string


@pytest.mark.parametrize("cookie", [None, "", "zh", "EN", "en-GB", "fr", "en\n", "\x00"])
def test_language_of__anything_but_en__chinese(cookie: str | None) -> None:
    """Only the word that the page itself wrote chooses English."""
    assert language_of(cookie) is Language.ZH
    assert language_of("en") is Language.EN


@pytest.mark.parametrize(
    ("ends_s", "language", "expected"),
    [
        ((LONG_S, LONG_S), Language.EN, ("1:25 PM", "1:25 PM")),
        ((LONG_S, LONG_S), Language.ZH, ("下午1:25", "下午1:25")),
        ((0, 11 * 3600), Language.EN, ("1:05 PM", "Nov 24 12:05 AM")),
        ((0, 11 * 3600), Language.ZH, ("下午1:05", "11月24日 凌晨12:05")),
        ((0, LONG_S - 1), Language.EN, None),
        ((None, LONG_S), Language.EN, None),
        ((0, None), Language.ZH, None),
    ],
)
def test_ready_between__long_short_or_unknown__said_only_where_worth_leaving(
    ends_s: tuple[int | None, int | None], language: Language, expected: tuple[str, str] | None
) -> None:
    """A long job says between which times it is ready, with the date of another day."""
    said = ready_between(*ends_s, NOW, language)
    plain = None if said is None else tuple(" ".join(each.split()) for each in said)
    assert plain == expected
