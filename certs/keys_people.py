"""What ``wipe-cert keys`` asks of people: passphrases, and is the fingerprint the same? I/O."""

import argparse
import getpass
import sys
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from certs.errors import KeyRequestError, PassphraseError
from certs.keys import read_key_file
from certs.text import Language, Text
from certs.two_people import MOST_CHARACTERS, Passphrases, check_new

_AGREED: Final = frozenset({"yes", "是"})
_PEOPLE: Final = (
    Text(zh="第一个人，请输入口令（不显示）：", en="First person, your passphrase (not shown): "),
    Text(zh="第二个人，请输入口令（不显示）：", en="Second person, your passphrase (not shown): "),
)
_ONCE_MORE: Final = Text(zh="再输一遍：", en="Once more: ")
_AGREE: Final = Text(
    zh="和工作站显示的一样吗？一样就输入“是”：",
    en='The same as on the station? If so, type "yes": ',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command as it was typed.

    Attributes:
        options: its arguments.
        language: in which to ask.
        now: aware.
    """

    options: argparse.Namespace
    language: Language
    now: datetime


def passphrases(asked: Asked, *, twice: bool = False) -> Passphrases:
    """Return what the two people type, or what their files hold.

    Args:
        asked: with the files, where they were given.
        twice: whether they choose it now: each types it twice, and it must be good enough.

    Raises:
        KeyRequestError: the two differ, or are too weak.
        PassphraseError: there is no terminal that keeps it hidden.
        KeyStoreError: a file is open to others.
    """
    files = (asked.options.passphrase_file_a, asked.options.passphrase_file_b)
    first, second = (
        _typed(asked, prompt, twice=twice) if file is None else _passphrase_in(file)
        for prompt, file in zip(_PEOPLE, files, strict=True)
    )
    both_people = Passphrases(first=first, second=second)
    if twice:
        check_new(both_people)
    return both_people


def _passphrase_in(file: Path) -> str:
    file.stat()
    data = read_key_file(file, MOST_CHARACTERS * 4, private=True)
    try:
        return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # Not chained: its message quotes the file.
        name = file.name
        raise KeyRequestError(
            Text(zh=f"{name} 不是文字。", en=f"{name} is not text."),
            Text(zh="口令文件要用 UTF-8 存。", en="Save the passphrase as UTF-8."),
        ) from None


def _typed(asked: Asked, prompt: Text, *, twice: bool) -> str:
    typed = _hidden(prompt.in_language(asked.language))
    if twice and _hidden(_ONCE_MORE.in_language(asked.language)) != typed:
        raise KeyRequestError(
            Text(zh="两遍不一样，什么也没做。", en="The two differ; nothing was done."),
            Text(zh="请从头再来。", en="Start again."),
        )
    return typed


def _hidden(prompt: str) -> str:
    with warnings.catch_warnings():
        # Where nothing can keep a terminal from showing it, nothing may be typed.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except (getpass.GetPassWarning, EOFError) as error:
            raise PassphraseError(
                Text(zh="没有终端，不能输入口令。", en="No terminal to type a passphrase on."),
                Text(
                    zh="在终端上运行，或用 --passphrase-file-a 和 -b。",
                    en="Run it on a terminal, or give --passphrase-file-a and -b.",
                ),
            ) from error


def require_compared(asked: Asked, lines: tuple[Text, ...], key_id: str) -> None:
    """Refuse unless a person has compared the fingerprint with what the station shows.

    Raises:
        KeyRequestError: nobody said that it is the same.
    """
    given: str | None = asked.options.yes
    if given is None:
        tell(asked, *lines)
        sys.stderr.write(_AGREE.in_language(asked.language))
        sys.stderr.flush()
        agreed = sys.stdin.readline().strip().lower() in _AGREED
    else:
        agreed = "".join(given.split()).replace(":", "").lower() == key_id
    if not agreed:
        raise KeyRequestError(
            Text(
                zh="指纹没有核对上，没有签发。",
                en="The fingerprint was not confirmed; nothing was issued.",
            ),
            Text(
                zh="在工作站上用 wipe-cert keys show 看指纹，再比一次。",
                en="See the fingerprint on the station with wipe-cert keys show; compare again.",
            ),
        )


def tell(asked: Asked, *lines: Text) -> None:
    """Show lines before anything is asked."""
    # Beside what the command prints at its end, which may be one JSON object.
    sys.stderr.writelines(line.in_language(asked.language) + "\n" for line in lines)
