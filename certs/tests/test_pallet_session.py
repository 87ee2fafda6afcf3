"""What was scanned survives: torn lines, power cuts, hostile files."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import PalletError
from certs.pallet import State, found
from certs.pallet_file import SessionFile
from certs.pallet_session import (
    UNDO,
    End,
    ended,
    line,
    opening,
    parse_session,
    replayed,
    scanned,
)
from certs.tests.pallet_samples import STRANGERS, pallet

DIGEST = "ab" * 32
END = End(at="2026-11-23T17:25:40Z", id="20261123T172540Z-66666666", salt_hex="cd" * 32)
CODES = tuple(pallet().listed)
WHOLE = opening(DIGEST) + scanned(CODES[0]) + line(dict(UNDO)) + scanned("条码\u202e") + ended(END)


def test_parse__written__the_same_events() -> None:
    """What was written is read, undos and the end included."""
    session = parse_session(WHOLE)
    assert session is not None
    assert (session.manifest_sha256, session.end) == (DIGEST, END)
    assert list(session.events) == [CODES[0], None, "条码\u202e"]
    assert session.whole_bytes == len(WHOLE)


@pytest.mark.parametrize("cut", range(len(WHOLE)))
def test_parse__torn_anywhere__whole_lines_and_no_error(cut: int) -> None:
    """A power cut leaves a prefix: what was answered is there, the torn line is as if never."""
    session = parse_session(WHOLE[:cut])
    lines = WHOLE[:cut].count(b"\n")
    if lines == 0:
        assert session is None
        return
    assert session is not None
    assert len(session.events) == min(lines - 1, 3)
    assert session.end is None
    assert session.whole_bytes == WHOLE[:cut].rfind(b"\n") + 1


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\n",
        b'{"schema":"x","manifest_sha256":"' + b"ab" * 32 + b'"}\n',
        opening("AB" * 32),
        opening("ab"),
        opening(DIGEST) + b"\n",
        opening(DIGEST) + b'{"scan":3}\n',
        opening(DIGEST) + b'{"scan":"a","more":1}\n',
        opening(DIGEST) + b'{"undo":false}\n',
        opening(DIGEST) + ended(END) + scanned("a"),
        opening(DIGEST) + b'{"ended":"now","id":"x","salt_hex":"y"}\n',
        opening(DIGEST) + b"[" * 100_000 + b"\n",
        WHOLE.replace(b"ended", b"Ended"),
    ],
    ids=lambda data: str(data[:20]),
)
def test_parse__no_session__refused(data: bytes) -> None:
    """What is no session file is refused whole, with the declared error."""
    with pytest.raises(PalletError):
        parse_session(data)


@given(st.binary(max_size=200))
def test_parse__any_bytes__only_the_declared_error(data: bytes) -> None:
    """Bytes of a stranger raise nothing else."""
    for each in (data, opening(DIGEST) + data):
        try:
            parse_session(each)
        except PalletError:
            continue


@given(st.lists(st.sampled_from([*CODES, *STRANGERS, "x"]) | st.none(), max_size=20))
def test_replayed__written_and_read__the_same_pallet(events: list[str | None]) -> None:
    """A session that is read again stands where it stood."""
    data = opening(DIGEST) + b"".join(
        line(dict(UNDO)) if text is None else scanned(text) for text in events
    )
    session = parse_session(data)
    assert session is not None
    before, again = (replayed(State(pallet=pallet()), each) for each in (events, session.events))
    assert found(before) == found(again)
    assert before == again


def test_file__opened_again__goes_on_after_a_torn_line(tmp_path: Path) -> None:
    """The next line begins where the last whole one ended."""
    path = tmp_path / "session"
    with SessionFile(path, DIGEST) as file:
        file.append(scanned(CODES[0]))
    with path.open("ab") as torn:
        torn.write(b'{"sca')
    with SessionFile(path, DIGEST) as file:
        assert list(file.session.events) == [CODES[0]]
        file.append(scanned(CODES[1]))
    session = parse_session(path.read_bytes())
    assert session is not None
    assert list(session.events) == list(CODES[:2])
    assert path.stat().st_mode & 0o077 == 0


def test_file__torn_first_line__begun_anew(tmp_path: Path) -> None:
    """A cut at the very beginning loses nothing, as nothing was scanned."""
    path = tmp_path / "session"
    path.write_bytes(opening(DIGEST)[:-1])
    with SessionFile(path, DIGEST) as file:
        assert list(file.session.events) == []
    assert path.read_bytes() == opening(DIGEST)


def test_file__of_another_manifest__refused_and_left_alone(tmp_path: Path) -> None:
    """Scans of one pallet never count for another."""
    path = tmp_path / "session"
    path.write_bytes(WHOLE)
    with pytest.raises(PalletError, match="another manifest"):
        SessionFile(path, "00" * 32)
    assert path.read_bytes() == WHOLE


def test_file__in_use__refused(tmp_path: Path) -> None:
    """Two scanners at one session would answer each other's labels wrongly."""
    path = tmp_path / "session"
    with SessionFile(path, DIGEST), pytest.raises(PalletError, match="in use"):
        SessionFile(path, DIGEST)
    with SessionFile(path, DIGEST) as file:
        assert list(file.session.events) == []


def test_file__symbolic_link__not_followed(tmp_path: Path) -> None:
    """A link in the session's place writes to nobody's file."""
    (tmp_path / "other").write_bytes(b"")
    (tmp_path / "session").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic"):
        SessionFile(tmp_path / "session", DIGEST)


def test_append__each_line__durable_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sees an answer that a power cut could take back."""
    synced: list[int] = []
    with SessionFile(tmp_path / "session", DIGEST) as file:
        monkeypatch.setattr(os, "fsync", lambda _: synced.append(_size(tmp_path)))
        file.append(scanned(CODES[0]))
    assert synced == [_size(tmp_path)]
    assert json.loads((tmp_path / "session").read_bytes().splitlines()[1]) == {"scan": CODES[0]}


def _size(folder: Path) -> int:
    return (folder / "session").stat().st_size
