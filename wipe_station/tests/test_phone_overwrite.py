"""What a phone's words about its own storage come to, and what of an overwrite counts."""

import string
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.phones import overwrite
from wipe_station.phones.adb_shell import ShellEnd
from wipe_station.phones.overwrite import FILE_BYTES, MIB, NOTHING, FilledFile, count

DIGEST: Final = "0123456789abcdef" * 4
HEAD: Final = "Filesystem     1K-blocks      Used Available Use% Mounted on\n"
ROW: Final = "/dev/fuse      113112156   5821340 107143808   6% /storage/emulated\n"


def said(text: str | bytes, code: int | None = 0) -> ShellEnd:
    """Return how a command ended."""
    return ShellEnd(code=code, output=text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    ("text", "free"),
    [
        (HEAD + ROW, 107143808 * 1024),
        (HEAD + "/data/media 8 8 0 100% /sdcard", 0),
        (HEAD + "/data/media 8 8 9 100% /sdcard\n", None),
        (HEAD + "/data/media 8 9 0 100% /sdcard\n", None),
        (HEAD + "/data/media 8 1 -1 100% /sdcard\n", None),
        (HEAD + "/data/media 8000M 1M 7000M 1% /sdcard\n", None),
        (HEAD + "/data/media 9999999999999 1 1 1% /sdcard\n", None),
        (HEAD, None),
        (ROW, None),
        (HEAD + ROW + ROW, None),
        (HEAD.replace("1K-blocks", "Size") + ROW, None),
        ("", None),
        (b"\xff" * 80, None),
        ("\n" * 5000, None),
    ],
)
def test_free_of__text_of_df__plain_numbers_or_unknown(text: str | bytes, free: int | None) -> None:
    """One row in kibibytes that does not contradict itself; all else is unknown."""
    assert overwrite.free_of(said(text)) == free


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("268435456\n", FILE_BYTES),
        ("1", 1),
        ("0\n", None),
        ("268435457\n", None),
        ("-1\n", None),
        ("1\n2\n", None),
        (" 1\n", None),
        ("\u0661\n", None),
        ("1e5\n", None),
        ("", None),
    ],
)
def test_size_of__text_of_stat__one_number_of_a_file_of_ours(text: str, size: int | None) -> None:
    """An empty file, and one that is larger than anybody wrote, are none of ours."""
    assert overwrite.size_of(said(text)) == size


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (f"{DIGEST}  {overwrite.path_of(7)}\n", True),
        (f"{DIGEST} *{overwrite.path_of(7)}", True),
        (f"{DIGEST}  {overwrite.path_of(70)}\n", False),
        (f"{DIGEST}  {overwrite.path_of(7)}\n\n", False),
        (f"{DIGEST.upper()}  {overwrite.path_of(7)}\n", False),
        (f"{DIGEST[1:]}  {overwrite.path_of(7)}\n", False),
        (DIGEST, False),
        ("", False),
    ],
)
def test_digest_of__text_of_sha256sum__of_that_file_alone(text: str, *, known: bool) -> None:
    """A digest of another file says nothing about this one."""
    assert overwrite.digest_of(said(text), 7) == (DIGEST if known else None)


@given(
    st.one_of(st.binary(max_size=200), st.text(string.printable, max_size=200).map(str.encode)),
    st.sampled_from([None, 0, 1, 127]),
)
def test_parsers__any_bytes__a_bounded_number_or_unknown(data: bytes, code: int | None) -> None:
    """Nothing a phone says upsets them, and nothing counts of a command that failed."""
    end = said(data, code)
    found = (overwrite.free_of(end), overwrite.size_of(end), overwrite.digest_of(end, 0))
    assert code == 0 or found == (None, None, None)
    free, size, digest = found
    assert free is None or 0 <= free < 1 << 50
    assert size is None or 0 < size <= FILE_BYTES
    assert digest is None or len(digest) == len(DIGEST)


def files(*digests: str) -> list[FilledFile]:
    """Return files of a mebibyte each."""
    return [FilledFile(size_bytes=MIB, sha256=each) for each in digests]


ABC: Final = ("a" * 64, "b" * 64, "c" * 64)


@pytest.mark.parametrize(
    ("again", "size", "whole"),
    [
        (ABC, 3 * MIB, True),
        (ABC[:2], 2 * MIB, False),
        ((*ABC[:2], None), 2 * MIB, False),
        ((ABC[1], ABC[0], ABC[2]), MIB, False),
        ((), 0, False),
    ],
)
def test_count__second_reading__only_what_is_the_same_counts(
    again: tuple[str | None, ...], size: int, *, whole: bool
) -> None:
    """What was not read again, or reads otherwise, is not overwritten; then it is not whole."""
    done = count(files(*ABC), again, free_bytes=3 * MIB, full=True)
    assert (done.size_bytes, done.files, done.whole) == (size, size // MIB, whole)


def test_count__two_files_alike__neither_counts_and_it_is_not_whole() -> None:
    """Random files are never alike: such a phone gives out the same bytes twice."""
    twice = (ABC[0], ABC[0], ABC[1])
    done = count(files(*twice), twice, free_bytes=MIB, full=True)
    assert (done.size_bytes, done.files, done.whole) == (MIB, 1, False)


@pytest.mark.parametrize(
    ("free", "full", "whole"),
    [
        (3 * MIB, True, True),
        (3 * MIB + 9000, True, True),
        (4 * MIB, True, False),
        (None, True, False),
        (3 * MIB, False, False),
    ],
)
def test_count__space_that_was_free__whole_only_if_it_is_nearly_all(
    free: int | None, *, full: bool, whole: bool
) -> None:
    """A phone that is full long before is not full; of an unknown space nobody knows."""
    assert count(files(*ABC), ABC, free_bytes=free, full=full).whole is whole


def test_count__no_file__nothing() -> None:
    """Also where no space was free: nothing was overwritten."""
    assert count((), (), free_bytes=0, full=True) == NOTHING
    assert not NOTHING.whole


@given(st.data())
def test_count__any_phone__never_more_than_it_wrote(data: st.DataObject) -> None:
    """Whatever the second reading says, the count stays within what was written and read."""
    names = st.sampled_from("abcd")
    written = [
        FilledFile(size_bytes=data.draw(st.integers(1, FILE_BYTES)), sha256=name * 64)
        for name in data.draw(st.lists(names, max_size=6))
    ]
    again = data.draw(st.lists(st.one_of(st.none(), names.map(lambda n: n * 64)), max_size=6))
    free = data.draw(st.one_of(st.none(), st.integers(0, 8 * FILE_BYTES)))
    done = count(written, again, free_bytes=free, full=data.draw(st.booleans()))
    assert 0 <= done.size_bytes <= sum(each.size_bytes for each in written)
    assert done.files <= min(len(written), len(again))
    honest = again[: len(written)] == [each.sha256 for each in written]
    assert not done.whole or (honest and free is not None and done.size_bytes >= 0.95 * free)
    assert not done.whole or done == replace(done, files=len(written))
