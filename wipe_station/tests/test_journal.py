"""The journal: durable before acknowledged, torn tails cut, anything else refused."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.canonical import encode
from wipe_station.errors import EvidenceError
from wipe_station.journal import Journal
from wipe_station.journal_format import GENESIS, parse
from wipe_station.testing import FakeClock


def journal_with(path: Path, count: int) -> Journal:
    """Return a journal of ``count`` records."""
    journal = Journal(path, FakeClock())
    for number in range(count):
        journal.append("checkpoint", {"number": number, "key_hex": "00" * 32})
    return journal


def test_append__then_read_again__same_records(tmp_path: Path) -> None:
    """What was appended is what another reader finds, both ways round."""
    path = tmp_path / "job.jsonl"
    written = journal_with(path, 3)
    assert parse(path.read_bytes(), "") == written.history()
    assert Journal(path, FakeClock()).history() == written.history()
    assert written.history().records[2].data == {"number": 2, "key_hex": "00" * 32}


def test_journal__new_file__readable_by_its_owner_only(tmp_path: Path) -> None:
    """The journal holds keys: nobody but its owner may read it."""
    path = tmp_path / "job.jsonl"
    journal_with(path, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_journal__symbolic_link__refused(tmp_path: Path) -> None:
    """A journal is never written through a link."""
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        Journal(tmp_path / "link.jsonl", FakeClock())


def test_open__every_torn_tail__cut_and_recorded(tmp_path: Path) -> None:
    """Cut anywhere in its last line, a journal opens with what was acknowledged, and says so."""
    path = tmp_path / "job.jsonl"
    journal_with(path, 2)
    whole = path.read_bytes()
    last_line = whole.rindex(b"\n", 0, -1) + 1
    for end in range(last_line + 1, len(whole)):
        path.write_bytes(whole[:end])
        records = Journal(path, FakeClock()).history().records
        assert [r.kind for r in records] == ["checkpoint", "torn-tail"]
        assert records[1].data == {"bytes": end - last_line}


def test_parse__any_byte_changed__refused(tmp_path: Path) -> None:
    """Every changed byte of an acknowledged line stops the line, but for the last line's content.

    The last line is not covered by a following hash; only its form and its number are.
    """
    path = tmp_path / "job.jsonl"
    journal_with(path, 2)
    whole = path.read_bytes()
    for offset in range(whole.index(b"\n")):
        changed = bytearray(whole)
        changed[offset] ^= 1
        with pytest.raises(EvidenceError):
            parse(bytes(changed), "")


def test_parse__line_removed_repeated_or_reordered__refused(tmp_path: Path) -> None:
    """A journal without a line, with one twice, or in another order is not a journal."""
    path = tmp_path / "job.jsonl"
    journal_with(path, 3)
    one, two, three = path.read_bytes().splitlines(keepends=True)
    for lines in ((one, three), (one, one, two, three), (two, one, three), (two, three)):
        with pytest.raises(EvidenceError):
            parse(b"".join(lines), "")


def test_parse__empty__no_records() -> None:
    """An empty journal is one in which nothing was promised yet."""
    history = parse(b"", "")
    assert (history.records, history.head_sha256, history.torn_bytes) == ((), GENESIS, 0)


@given(st.binary(max_size=400))
def test_parse__any_bytes__only_the_declared_error(data: bytes) -> None:
    """Bytes from a damaged disk raise EvidenceError and nothing else."""
    try:
        parse(data, "")
    except EvidenceError:
        return


def lost(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a system call that fails and does nothing."""

    def call(*_: Any) -> Any:
        raise OSError(28, f"No space left on device for {real.__name__}")

    return call


def persisted(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a system call that does its work and reports failure all the same."""

    def call(*arguments: Any) -> Any:
        real(*arguments)
        raise OSError(5, "Input/output error")

    return call


def half(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a write that gets half of its bytes onto a full disk."""

    def call(descriptor: int, line: bytes) -> Any:
        return real(descriptor, line[: len(line) // 2])

    return call


FAULTS = [
    ("write", lost, 1),
    ("write", persisted, 2),
    ("write", half, 1),
    ("fsync", lost, 2),
    ("fsync", persisted, 2),
]


@pytest.mark.parametrize(("call", "fault", "after_restart"), FAULTS)
def test_append__failing_disk__stops_the_line_and_restarts_from_what_is_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    fault: Callable[[Callable[..., Any]], Callable[..., Any]],
    after_restart: int,
) -> None:
    """Lost or persisted-but-failed: the append fails, nothing follows, the restart is sound."""
    path = tmp_path / "job.jsonl"
    journal = journal_with(path, 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fault(getattr(os, call)))
        with pytest.raises(EvidenceError):
            journal.append("checkpoint", {"number": 1})
    with pytest.raises(EvidenceError):
        journal.append("checkpoint", {"number": 2})
    records = Journal(path, FakeClock()).history().records
    assert [r.kind for r in records if r.kind != "torn-tail"] == ["checkpoint"] * after_restart


def test_journal__new_file__its_name_is_made_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal whose name a power cut could lose would be no journal; an old one needs nothing."""
    synced: list[Path] = []
    monkeypatch.setattr("wipe_station.journal.sync_folder", synced.append)
    journal_with(tmp_path / "job.jsonl", 1)
    assert synced == [tmp_path]
    Journal(tmp_path / "job.jsonl", FakeClock())
    assert synced == [tmp_path]


def test_parse__larger_than_the_limit__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal of absurd size is not read into memory line by line."""
    monkeypatch.setattr("wipe_station.journal_format.JOURNAL_LIMIT_BYTES", 10)
    assert parse(b"0123456789", "").torn_bytes == 10
    with pytest.raises(EvidenceError, match="too large"):
        parse(b"0123456789a", "")


@pytest.mark.parametrize("change", [{"kind": 7}, {"data": []}, {"extra": 1}, {"version": 2}])
def test_parse__line_of_another_form__refused(change: dict[str, Any]) -> None:
    """A line in sequence and canonical, but of another form, is not a record."""
    fields: dict[str, Any] = {
        "kind": "plan",
        "utc": "2026-11-23T12:00:00Z",
        "boot_id": "b",
        "monotonic_ns": "1",
        "data": {},
        "number": 0,
        "previous_sha256": GENESIS,
        "version": 1,
    }
    assert len(parse(encode(fields) + b"\n", "").records) == 1
    with pytest.raises(EvidenceError):
        parse(encode(fields | change) + b"\n", "")
