"""What an organisation sets for its stations: one small file, for daemon and command line. I/O.

# /etc/wipe-station/station.toml
version = 1
host = "https://recycling.example/c"    # codes on paper open this page; without it, none
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certs.errors import QrError
from certs.qr import require_host
from certs.text import Text
from wipe_station.errors import InvalidInputError

SETTINGS_FILE: Final = Path("/etc/wipe-station/station.toml")
_MOST_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a station is told.

    Attributes:
        host: the organisation's page for codes, see `certs.qr.signed_qr`; None prints no address.
    """

    host: str | None = None


def read_settings(file: Path = SETTINGS_FILE) -> Settings:
    """Read the settings; where there is no file, nothing is set.

    Raises:
        InvalidInputError: the file cannot be read, or is not understood.
    """
    try:
        with file.open("rb") as opened:
            return parse_settings(opened.read(_MOST_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(str(error)) from error


def parse_settings(text: str) -> Settings:
    """Read the text of a settings file.

    Raises:
        InvalidInputError: it is no such file, or a value cannot be.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(str(error)) from error
    if said.get("version") != 1 or not said.keys() <= {"version", "host"}:
        raise _wrong("version = 1, host")
    host = said.get("host")
    if host is not None and not isinstance(host, str):
        raise _wrong("host")
    return Settings(host=checked_host(host))


def checked_host(host: str | None) -> str | None:
    """Return an address that codes can carry.

    Raises:
        InvalidInputError: they cannot.
    """
    if host is not None:
        try:
            require_host(host)
        except QrError as error:
            raise InvalidInputError(error.message, hint=error.hint) from error
    return host


def _wrong(where: str) -> InvalidInputError:
    return InvalidInputError(
        Text(zh=f"设置文件看不懂：{where}。", en=f"The settings are not understood: {where}."),
        hint=Text(
            zh=f"把 {SETTINGS_FILE} 写成 docs/qr.md 里的样子。",
            en=f"Write {SETTINGS_FILE} as docs/qr.md shows.",
        ),
    )
