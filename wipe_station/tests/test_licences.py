"""The check of licences refuses what it does not know."""

from email.message import Message
from pathlib import Path

import pytest

from wipe_station.tests.licences import (
    ALLOWED,
    Package,
    WrongPackageError,
    is_allowed,
    licence_of,
    pinned,
    refused,
    vendored,
)


def _metadata(**headers: str) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND ISC", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("LGPL-2.1-or-later", False),
        ("(MIT OR ISC) AND GPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("mit-ish", False),
        ("", False),
    ],
)
def test_expression__read__allowed_only_if_it_can_be_met(expression: str, allowed: bool) -> None:
    """One allowed side of an OR suffices, every side of an AND must be; the rest is refused."""
    assert is_allowed(expression, ALLOWED) is allowed


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        ({"License_Expression": "ISC"}, "ISC"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, None),
        ({"License": "do what you like"}, None),
        ({"License": "BSD-3-Clause"}, "BSD-3-Clause"),
        ({}, None),
    ],
)
def test_metadata__stated_licence__read_or_unknown(
    headers: dict[str, str], licence: str | None
) -> None:
    """An SPDX expression or an unambiguous classifier counts; other free text is unknown."""
    assert licence_of(_metadata(**headers)) == licence


@pytest.mark.parametrize(
    ("name", "licence", "faults"),
    [
        ("pyudev", "LGPL-2.1-or-later", 0),
        ("other", "LGPL-2.1-or-later", 1),
        ("other", "GPL-3.0-only", 1),
        ("other", None, 1),
        ("other", "MIT", 0),
    ],
)
def test_refused__package__unknown_or_unlisted_only(
    name: str, licence: str | None, faults: int
) -> None:
    """An unknown licence fails, and the LGPL is allowed for pyudev alone."""
    assert len(refused([Package(name=name, version="1", licence=licence)])) == faults


@pytest.mark.parametrize("line", ["no-such-package-here==1.0 \\", "pyudev==0.0.1 \\"])
def test_pinned__not_what_is_installed__refused(tmp_path: Path, line: str) -> None:
    """Licences of other packages than the pinned ones are no answer."""
    (tmp_path / "station.txt").write_text(f"{line}\n    --hash=sha256:00\n", "utf-8")
    with pytest.raises(WrongPackageError):
        pinned(tmp_path / "station.txt")


def test_pinned__for_another_system__left_out(tmp_path: Path) -> None:
    """What is pinned for other systems is not shipped here."""
    text = "no-such-package-here==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    (tmp_path / "station.txt").write_text(text, "utf-8")
    assert pinned(tmp_path / "station.txt") == []


def test_vendored__licence_not_read_or_missing__refused(tmp_path: Path) -> None:
    """A file of others comes with a licence that somebody has read."""
    folder = tmp_path / "kiosk_ui" / "static" / "vendor"
    folder.mkdir(parents=True)
    (folder / "theirs.js").write_bytes(b"alert(1)")
    with pytest.raises(WrongPackageError):
        vendored(tmp_path)
    (folder / "LICENSE.theirs").write_bytes(b"do what you like")
    with pytest.raises(WrongPackageError):
        vendored(tmp_path)
    (folder / "LICENSE.theirs").rename(folder / "LICENSE.htmx")
    (file,) = vendored(tmp_path)
    assert (file.path, file.licence) == ("kiosk_ui/static/vendor/theirs.js", "0BSD")
