"""What an organisation sets on its station."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from certs.log.note import Algorithm
from wipe_station.errors import InvalidInputError
from wipe_station.settings import MOST_BYTES, MOST_WITNESSES, Settings, TimeService, parse_settings
from wipe_station.state import read_settings

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
WHOLE = PAGE.split("```toml\n")[1].split("```")[0]


def test_settings__as_the_page_prints_them__are_understood() -> None:
    """What the page shows is what the station reads."""
    settings = parse_settings(WHOLE)
    assert settings.host == "https://check.example.org"
    assert settings.block_list == "block-list.csv"
    assert settings.time == TimeService(
        url="https://tsa.example.org/tsr", root="tsa-root.pem", archive=False
    )
    assert [each.url for each in settings.witnesses] == ["https://witness.example.org"]
    assert settings.witnesses[0].key.algorithm is Algorithm.COSIGNATURE


@pytest.mark.parametrize("text", ["", "version = 1\n"])
def test_settings__without_any__set_nothing(text: str) -> None:
    """An empty file is as good as none."""
    assert parse_settings(text) == Settings()


def _with(old: str, new: str) -> str:
    assert old in WHOLE, "what is exchanged must be there"
    return WHOLE.replace(old, new)


KEY = parse_settings(WHOLE).witnesses[0].key
WITNESS = WHOLE[WHOLE.index("[[witness]]") :]
WRONG = {
    "version = 2": (_with("version = 1", "version = 2"), "version"),
    "no version": (_with("version = 1\n", ""), "version"),
    "misspelt": (_with("host =", "hots ="), "hots"),
    "host without scheme": (_with('"https://check', '"check'), "host"),
    "host without tls": (_with('"https://check', '"http://check'), "host"),
    "host with a fragment": (_with('"https://check', '"https://a#check'), "host"),
    "host too long": (_with('"https://check', '"https://' + "a" * 50), "host"),
    "host is a number": (_with('"https://check.example.org" ', "5"), "host"),
    "block list is a number": (_with('"block-list.csv" ', "5"), "block_list"),
    "block list is empty": (_with('"block-list.csv" ', '""'), "block_list"),
    "block list misspelt": (_with("block_list =", "blocklist ="), "blocklist"),
    "time is no table": ("version = 1\ntime = 3\n", "time"),
    "time misspelt": (_with("archive =", "arhive ="), "time.'arhive'"),
    "time of another scheme": (_with('"https://tsa', '"ftp://tsa'), "time.url"),
    "time without root": (_with('root = "tsa-root.pem"', ""), "time.root"),
    "root with newline": (_with('"tsa-root.pem"', '"a\\nb"'), "time.root"),
    "archive in words": (_with("archive = false", 'archive = "no"'), "time.archive"),
    "witness without key": (_with(WITNESS[WITNESS.index("key =") :], ""), "witness.key"),
    "witness misspelt": (WHOLE + "kee = 1\n", "witness.'kee'"),
    "witness by a plain key": (
        _with(KEY.text(), replace(KEY, algorithm=Algorithm.ED25519).text()),
        "witness.key",
    ),
    "witness by a damaged key": (_with(KEY.text(), KEY.text()[:-2]), "witness.key"),
    "one witness twice": (WHOLE + WITNESS, "witness.key"),
    "no list of witnesses": ("version = 1\nwitness = 1\n", "witness"),
    "witness is no table": ("version = 1\nwitness = [1]\n", "witness"),
    "many witnesses": ("version = 1\n" + "[[witness]]\n" * (MOST_WITNESSES + 1), "witness"),
    "no toml": ("version =\n", "line 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_settings__that_are_not_understood__are_refused_by_name(name: str) -> None:
    """A misspelt setting must not go unnoticed; the sentence says which one it is."""
    text, place = WRONG[name]
    with pytest.raises(InvalidInputError, match=re.escape(place)) as caught:
        parse_settings(text)
    assert place in caught.value.message.zh


def test_read_settings__without_a_file__set_nothing(tmp_path: Path) -> None:
    """A station needs no settings."""
    assert read_settings(tmp_path) == Settings()


def test_read_settings__of_a_file__are_its_own(tmp_path: Path) -> None:
    """The file lies in the state directory."""
    (tmp_path / "settings.toml").write_text(WHOLE, "utf-8")
    assert read_settings(tmp_path) == parse_settings(WHOLE)


@pytest.mark.parametrize("content", [b"host = '\xff'", b"#" * (MOST_BYTES + 1), None])
def test_read_settings__that_cannot_be_read__are_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    """A folder under that name, or other bytes than text, are an error and not an empty file."""
    path = tmp_path / "settings.toml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_settings(tmp_path)
