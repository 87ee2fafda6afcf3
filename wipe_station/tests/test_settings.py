"""The settings of an organisation: what is understood, and what is not."""

from pathlib import Path

import pytest

from wipe_station.errors import InvalidInputError
from wipe_station.settings import Settings, parse_settings, read_settings

HOST = "https://recycling.example/c"


def test_settings__no_file__nothing_set(tmp_path: Path) -> None:
    """Without a file a station prints no address."""
    assert read_settings(tmp_path / "absent.toml") == Settings(host=None)


def test_settings__host__taken_from_the_file(tmp_path: Path) -> None:
    """An address that a code can carry is taken as it stands."""
    path = tmp_path / "station.toml"
    path.write_text(f'version = 1\nhost = "{HOST}"\n', "utf-8")
    assert read_settings(path) == Settings(host=HOST)
    assert parse_settings("version = 1") == Settings()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 2",
        "version = 1\nhosts = 3",
        "version = 1\nhost = 3",
        "version = 1\nhost = [",
        'version = 1\nhost = ""',
        'version = 1\nhost = "http://recycling.example"',
        'version = 1\nhost = "https://a b"',
        'version = 1\nhost = "https://a#b"',
        f'version = 1\nhost = "https://{"a" * 57}"',
    ],
)
def test_settings__not_understood__refused_with_what_to_do(text: str) -> None:
    """A setting that cannot be is refused at the start, not when the first page is printed."""
    with pytest.raises(InvalidInputError) as caught:
        parse_settings(text)
    assert caught.value.hint.zh
    assert caught.value.hint.en


def test_settings__no_text__refused(tmp_path: Path) -> None:
    """Bytes that are no text, and a folder in the file's place, are refused with that error."""
    path = tmp_path / "station.toml"
    path.write_bytes(b"\xff\xfe")
    for each in (path, tmp_path):
        with pytest.raises(InvalidInputError):
            read_settings(each)
