"""The list of phones that must not be taken in: its form, and the file as it changes."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.blocking import BlockList, block_list_of
from wipe_station.doctor import examine
from wipe_station.errors import BlockListError
from wipe_station.phones import block_list
from wipe_station.phones.block_list import MOST_BYTES, MOST_LINE_CHARACTERS, parse_block_list
from wipe_station.phones.imei import check_digit
from wipe_station.settings import Settings, parse_settings
from wipe_station.testing import FakeClock

GOOD = "490154203237518"
OTHER = "353644930127905"
ZERO = "012345678901237"
"""One that begins with a zero; the check digit fits."""
LIST = f"imei,reason,since\n{GOOD},stolen,2026-11-02\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        LIST,
        b"\xef\xbb\xbf" + LIST,
        LIST.replace(b"\n", b"\r\n"),
        f"imei\n{GOOD}".encode(),
        f'since,"IMEI",reason\n2026,"{GOOD}","stolen, said she"\n\n,,\n'.encode(),
        f"imei\n{GOOD[:14]}\n".encode(),
        f"imei\n{GOOD[:14]}01\n".encode(),
        f"imei\n{GOOD[:14]}0\n".encode(),
        b"imei\n49-015420-323751-8\n",
        f"imei,reason\n{GOOD},被盗\n{GOOD},again\n".encode(),
    ],
    ids=[
        *("plain", "byte order mark", "carriage returns", "one column", "other columns, quoted"),
        *("14 digits", "16 digits", "zero for a check digit", "dashes", "twice"),
    ],
)
def test_block_list__as_lists_are_written__flags_the_phone_in_every_writing(data: bytes) -> None:
    """Fourteen digits tell a phone; however list and phone write the rest, they meet."""
    found = parse_block_list(data)
    for said in (GOOD, GOOD[:14], GOOD[:14] + "78", "49 015420 323751 8"):
        assert found.flags(("", OTHER, said)), said
    for said in (OTHER, "", "not a number", GOOD[:13]):
        assert not found.flags((said,)), said


def test_block_list__zero_dropped_by_a_spreadsheet__still_flags() -> None:
    """A number that lost its first zero has 14 digits, and may be meant in two ways: both count."""
    assert parse_block_list(f"imei\n{ZERO[1:]}\n".encode()).flags((ZERO,))


WRONG = {
    "empty": (b"", 1),
    "no header": (f"{GOOD}\n".encode(), 1),
    "semicolons": (f"imei;reason\n{GOOD};stolen\n".encode(), 1),
    "two columns of the name": (f"imei,IMEI\n{GOOD},{OTHER}\n".encode(), 1),
    "not a number": (LIST + b"4.90154E+14,,\n", 3),
    "wrong check digit": (LIST + b"490154203237519,,\n", 3),
    "placeholder": (LIST + b"000000000000000,,\n", 3),
    "number missing": (LIST + b",stolen,2026\n", 3),
    "cell missing": (f"reason,imei\nx,{GOOD}\nx\n".encode(), 3),
    "open quote": (f'imei,reason\n{GOOD},"\n{OTHER},"\n'.encode(), 2),
    "cut in a number": (LIST + b"35364493", 3),
    "other encoding": (LIST + f"{OTHER},被盗\n".encode("gbk"), 3),
    "utf-16": (LIST.decode().encode("utf-16"), 1),
    "long line": (LIST + b"x" * (MOST_LINE_CHARACTERS + 1), 3),
    "too large": (b"imei" + b"\n" * MOST_BYTES, None),
}


@pytest.mark.parametrize("name", WRONG)
def test_block_list__damaged__refused_naming_the_line(name: str) -> None:
    """What is not understood might be the very phone that is handed over."""
    data, line = WRONG[name]
    with pytest.raises(BlockListError) as refused:
        parse_block_list(data)
    assert refused.value.line == line
    assert line is None or f"line {line}, " in str(refused.value)


def test_block_list__too_many_lines__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much to be held is no list, and not its first part."""
    monkeypatch.setattr(block_list, "MOST_LINES", 3)
    with pytest.raises(BlockListError, match="more than 3"):
        parse_block_list(LIST + LIST)


@given(st.binary(max_size=80).map(lambda rest: b"imei\n" + rest) | st.binary(max_size=80))
def test_block_list__any_bytes__a_list_or_its_own_error(data: bytes) -> None:
    """Whatever is handed over, nothing else breaks."""
    try:
        parse_block_list(data)
    except BlockListError as error:
        assert error.line is None or error.line >= 1  # noqa: PT017 - either is fine


@given(st.lists(st.from_regex(r"[1-9][0-9]{13}", fullmatch=True), min_size=1, max_size=20))
def test_block_list__any_numbers__each_flagged_and_counted(bodies: list[str]) -> None:
    """No line is lost, wherever it stands."""
    real = [body for body in bodies if len(set(body)) > 1 and int(body[8:])]
    lines = ["imei", *(body + check_digit(body) for body in real)]
    found = parse_block_list("\n".join(lines).encode())
    assert found.numbers == len(real)
    assert all(found.flags((body,)) for body in real)


# --- the file ------------------------------------------------------------------------------------


def test_file__none_is_set__nothing_is_flagged() -> None:
    """A shop without a list takes phones in as before."""
    without = block_list_of(Settings(), Path("/nowhere"))
    assert not without.flagged((GOOD,))
    assert (without.listed(), without.problem()) == (None, None)


def test_file__changed__read_again(tmp_path: Path) -> None:
    """A phone that was added a moment ago is on it, also under the same size and time."""
    file = tmp_path / "list.csv"
    file.write_bytes(LIST)
    known = block_list_of(parse_settings('version = 1\nblock_list = "list.csv"\n'), tmp_path)
    assert (known.flagged((GOOD,)), known.flagged((OTHER,))) == (True, False)
    at = file.stat()
    file.write_bytes(LIST.replace(GOOD.encode(), OTHER.encode()))
    os.utime(file, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert (known.flagged((GOOD,)), known.flagged((OTHER,))) == (False, True)
    other = tmp_path / "other.csv"
    other.write_bytes(LIST)
    other.replace(file)
    assert known.flagged((GOOD,))


def test_file__unchanged__not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A board asks many times a second."""
    file = tmp_path / "list.csv"
    file.write_bytes(LIST)
    known = BlockList(file)
    listed = known.listed()
    monkeypatch.setattr("wipe_station.blocking.parse_block_list", lambda _: pytest.fail("read"))
    assert (known.listed(), known.flagged((GOOD,))) == (listed, True)


@pytest.mark.parametrize("how", ["absent", "folder", "pipe", "damaged"])
def test_file__unusable__refused_until_it_is_right(tmp_path: Path, how: str) -> None:
    """What cannot be read flags nobody and lets nobody pass; put right, it is used at once."""
    file = tmp_path / "list.csv"
    file.write_bytes(LIST)
    known = BlockList(file)
    assert known.flagged((GOOD,))
    file.unlink()
    if how == "folder":
        file.mkdir()
    if how == "pipe":
        os.mkfifo(file)
    if how == "damaged":
        file.write_bytes(LIST + b"x\n")
    for _ in range(2):
        with pytest.raises(BlockListError):
            known.flagged(())
        assert known.problem() is not None
    if how != "absent":
        file.rmdir() if how == "folder" else file.unlink()
    file.write_bytes(LIST)
    assert known.flagged((GOOD,))
    assert known.problem() is None


def test_doctor__list_set__says_how_many_where_and_since_when(tmp_path: Path) -> None:
    """Whoever set a list sees that it is in force, or why it is not."""
    now = FakeClock().utc()

    def told() -> list[tuple[bool, str]]:
        found = examine(tmp_path / "keys", now, tmp_path)
        return [(each.present, each.without_it.en) for each in found if each.name == "block-list"]

    assert told() == []
    (tmp_path / "settings.toml").write_text('version = 1\nblock_list = "list.csv"\n', "utf-8")
    assert [present for present, _ in told()] == [False]
    (tmp_path / "list.csv").write_bytes(LIST)
    os.utime(tmp_path / "list.csv", (0, 1_700_000_000))
    expected = f"1 numbers, {tmp_path / 'list.csv'}, of 2023-11-14 22:13 UTC"
    assert told() == [(True, expected)]
    (tmp_path / "settings.toml").write_text("version = 2\n", "utf-8")
    assert [present for present, _ in told()] == [False]
