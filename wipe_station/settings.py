"""What an organisation sets on its station: ``settings.toml`` in the state directory. Pure.

A missing file, and a missing part of it, mean what a station does without:

    version = 1
    host = "https://check.example.org"    # of codes: without it they print no address
    block_list = "block-list.csv"         # phones not to be taken in; beside this file or absolute

    [time]                                # an RFC 3161 time service; without it no timestamps
    url = "https://tsa.example.org/tsr"
    root = "tsa-root.pem"                 # its root, beside this file or absolute
    archive = false                       # true: PDFs with a stamp over all of them, too

    [[witness]]                           # each is asked whenever the log has grown
    url = "https://witness.example.org"
    key = "witness.example.org+…"         # as ``wipe-cert witness new`` prints it

What is not understood stops the station at its start: a misspelt setting must not go unnoticed.
"""

import re
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from certs.errors import MalformedLogError, QrError
from certs.log.note import Algorithm, NoteKey, parse_key
from certs.qr import require_host
from certs.text import Text
from wipe_station.errors import InvalidInputError

FILE_NAME: Final = "settings.toml"
MOST_BYTES: Final = 1 << 16
MOST_WITNESSES: Final = 16
_URL: Final = re.compile(r"https?://[!-~]{1,500}")
_PATH: Final = re.compile(r"[^\x00-\x1f\x7f]{1,500}")
_KNOWN: Final = frozenset({"version", "host", "block_list", "time", "witness"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeService:
    """Where timestamps come from."""

    url: str
    root: str
    """Path of the root that they must lead to; a relative one is meant beside the settings."""
    archive: bool
    """Whether PDFs are stamped as a whole, too (PAdES B-LTA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessSetting:
    """Somebody outside the shop who signs that the log only grew."""

    url: str
    key: NoteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it."""

    host: str | None = None
    """The organisation's page for codes; `certs.qr` says what it may be."""
    block_list: str | None = None
    """Path of the list of phones that must not be taken in; relative ones as for ``root``."""
    time: TimeService | None = None
    witnesses: tuple[WitnessSetting, ...] = ()


def parse_settings(text: str) -> Settings:
    """Read the settings.

    Args:
        text: of the file; an empty one sets nothing.

    Raises:
        InvalidInputError: it is not understood; the sentence names the place.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise wrong_setting(str(error)) from error
    if said and said.get("version") != 1:
        raise wrong_setting("version = 1")
    _require_known(said, _KNOWN, "")
    host, block_list = said.get("host"), said.get("block_list")
    return Settings(
        host=None if host is None else _host(host),
        block_list=None if block_list is None else _matching(_PATH, block_list, "block_list"),
        time=_time(said["time"]) if "time" in said else None,
        witnesses=_witnesses(said.get("witness", [])),
    )


def _host(said: Any) -> str:  # noqa: ANN401 - a file's value
    host = _matching(_URL, said, "host")
    try:
        require_host(host)
    except QrError as error:
        raise wrong_setting(f"host: {error.hint.en}") from error
    return host


def _time(said: Any) -> TimeService:  # noqa: ANN401 - a file's value
    _require_known(said, frozenset({"url", "root", "archive"}), "time")
    archive = said.get("archive", False)
    if not isinstance(archive, bool):
        raise wrong_setting("time.archive")
    return TimeService(
        url=_matching(_URL, said.get("url"), "time.url"),
        root=_matching(_PATH, said.get("root"), "time.root"),
        archive=archive,
    )


def _witnesses(said: Any) -> tuple[WitnessSetting, ...]:  # noqa: ANN401 - a file's value
    if not isinstance(said, list) or len(said) > MOST_WITNESSES:
        raise wrong_setting("witness")
    made = tuple(_witness(each) for each in said)
    if len({each.key for each in made}) < len(made):
        raise wrong_setting("witness.key")
    return made


def _witness(said: Any) -> WitnessSetting:  # noqa: ANN401 - a file's value
    _require_known(said, frozenset({"url", "key"}), "witness")
    url = _matching(_URL, said.get("url"), "witness.url")
    try:
        key = parse_key(_matching(_PATH, said.get("key"), "witness.key"))
    except MalformedLogError as error:
        raise wrong_setting(f"witness.key: {error.message.en}") from error
    if key.algorithm is not Algorithm.COSIGNATURE:
        raise wrong_setting("witness.key")
    return WitnessSetting(url=url, key=key)


def _require_known(said: Any, known: frozenset[str], where: str) -> None:  # noqa: ANN401 - a file's value
    if not isinstance(said, dict):
        raise wrong_setting(where)
    unknown = sorted(said.keys() - known)
    if unknown:
        raise wrong_setting(f"{where}.{unknown[0][:40]!a}" if where else f"{unknown[0][:40]!a}")


def _matching(form: re.Pattern[str], said: Any, where: str) -> str:  # noqa: ANN401 - a file's value
    if not isinstance(said, str) or not form.fullmatch(said):
        raise wrong_setting(where)
    return said


def wrong_setting(where: str) -> InvalidInputError:
    """Return the error for a setting that is not understood.

    Args:
        where: its name, or what the file's reader said.
    """
    return InvalidInputError(
        Text(
            zh=f"{FILE_NAME} 里的设置看不懂：{where}。",
            en=f"A setting in {FILE_NAME} is not understood: {where}.",
        ),
        hint=Text(
            zh="照 docs/settings.md 改；不需要的设置整行删掉。",
            en="Write it as docs/settings.md shows; remove what is not needed.",
        ),
    )
