"""The log's writer: what it signed is on disk, whatever fails; and nothing that was seen goes."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from certs.errors import LogBrokenError, MalformedLogError
from certs.log.audit import audit
from certs.log.checkpoint import open_checkpoint
from certs.log.entry import EntryKind
from certs.log.folder import read_log_file
from certs.log.tiles import bundle_path, tile_path, unpacked, width_of
from certs.log.tree import is_consistent, leaf_hash
from certs.log.writer import CHECKPOINT_NAME, LogWriter
from certs.tests.log_samples import (
    DIGEST,
    job,
    log_signer,
    opening,
    outcome,
    start,
    story,
    written,
)
from certs.tests.test_durable import FAULTS, Fault, PowerCutError

KEY = log_signer().key


def is_sound(folder: Path) -> bool:
    """Tell whether a stranger finds nothing wrong."""
    return not audit(partial(read_log_file, folder), KEY).findings


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 700])
def test_append__one_by_one_or_at_once__same_log(tmp_path: Path, size: int) -> None:
    """How entries came in leaves no trace: same checkpoint, and the same newest files."""
    entries = story(size)[:size]
    one = LogWriter(tmp_path / "one", log_signer())
    for each in entries:
        one.append([each])
    many = LogWriter(tmp_path / "many", log_signer())
    assert many.append(entries) == 0
    assert (one.size, one.checkpoint) == (many.size, many.checkpoint)
    for name in files(tmp_path / "many"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "many" / name).read_bytes()
    assert is_sound(tmp_path / "one")
    assert is_sound(tmp_path / "many")


def files(folder: Path) -> set[str]:
    """Return the names of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_append__bundle_full__its_partial_versions_go(tmp_path: Path) -> None:
    """Of what is full only the full version stays; of the rest every version that was signed."""
    writer = LogWriter(tmp_path / "log", log_signer())
    for each in story(200)[:259]:
        writer.append([each])
    names = files(tmp_path / "log")
    kept = {f"tile/{kind}/001.p/{width}" for kind in ("0", "entries") for width in (1, 2, 3)}
    full = {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}
    assert names == {"checkpoint"} | kept | full


def test_open__existing_log__goes_on(tmp_path: Path) -> None:
    """A writer that is opened anew continues the same tree, at every width."""
    entries = story(300)[:515]
    for count in range(0, len(entries), 5):
        writer = LogWriter(tmp_path / "log", log_signer())
        assert writer.append(entries[count : count + 5]) == count
    assert writer.checkpoint == written(tmp_path / "other", entries).checkpoint
    assert is_sound(tmp_path / "log")


def test_paths__as_specified() -> None:
    """Names that other programs look for."""
    assert tile_path(0, 1_234_067, 256) == "tile/0/x001/x234/067"
    assert tile_path(3, 5, 7) == "tile/3/005.p/7"
    assert bundle_path(1000, 256) == "tile/entries/x001/000"
    assert [width_of(0, number, 300) for number in range(3)] == [256, 44, 0]
    assert [width_of(1, number, 300) for number in range(2)] == [1, 0]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("before", [0, 1, 255])
def test_append__fault_at_any_call__old_or_new_and_sound(
    tmp_path: Path, fault: Fault, before: int
) -> None:
    """Lost, or done and reported as failed, or dark: what is on disk is a sound log.

    It has the entry or has it not; the entry can be appended where it is missing; and what was
    signed before is how the new log begins.
    """
    base = tmp_path / "base"
    written(base, story(200)[:before])
    step, hit = 0, True
    while hit:
        folder = tmp_path / f"run-{step}"
        shutil.copytree(base, folder)
        writer = LogWriter(folder, log_signer())
        old, _ = open_checkpoint(writer.checkpoint, KEY)
        new = opening() if before == 0 else start(999, 5)
        with fault.injected(step) as injection:
            try:
                writer.append([new])
            except (OSError, PowerCutError):
                assert injection.hit
                with pytest.raises(LogBrokenError):
                    writer.append([new])
        reopened = LogWriter(folder, log_signer())
        assert reopened.size in (before, before + 1)
        if reopened.size == before:
            reopened.append([new])
        found = audit(partial(read_log_file, folder), KEY, older=[old.signed(log_signer())])
        assert not found.findings
        assert reopened.prove(before).entry == new
        step, hit = step + 1, injection.hit
        shutil.rmtree(folder)
    assert step > 15


def test_append__order_of_calls__files_and_names_before_the_checkpoint(tmp_path: Path) -> None:
    """Entries, hashes and their names are durable before the checkpoint is renamed."""
    writer = written(tmp_path / "log", story(3))
    with Fault("none", lambda _: None).injected(-1) as injection:
        writer.append([start(9)])
    calls = injection.calls
    checkpoint = calls.index(("replace", ".checkpoint.partial"))
    width = str(writer.size)
    synced = [number for number, call in enumerate(calls) if call == ("fsync", width)]
    assert len(synced) == 2
    names = [number for number, call in enumerate(calls) if call == ("fsync", "000.p")]
    assert len(names) == 2
    assert max(synced) < min(names)
    assert max(names) < calls.index(("fsync", ".checkpoint.partial")) < checkpoint
    assert ("fsync", "log") in calls[checkpoint:]


def test_reopen__after_a_fault__goes_on(tmp_path: Path) -> None:
    """The same writer can look at the disk anew."""
    writer = written(tmp_path / "log", story(3))
    (fault,) = FAULTS[0].values
    assert isinstance(fault, Fault)
    with fault.injected(0), pytest.raises(OSError, match="injected"):
        writer.append([start(9)])
    writer.reopen()
    writer.append([start(9)])
    assert is_sound(tmp_path / "log")


def test_append__clock_behind__refused_and_nothing_written(tmp_path: Path) -> None:
    """Times in a log never go back; the log is as it was."""
    writer = written(tmp_path / "log", [opening(), start(1, 60)])
    before = writer.checkpoint
    with pytest.raises(LogBrokenError):
        writer.append([outcome(1, 59)])
    with pytest.raises(LogBrokenError):
        writer.append([outcome(1, 90), outcome(2, 89)])
    assert writer.checkpoint == before
    writer.append([outcome(1, 60)])
    assert is_sound(tmp_path / "log")


def test_open__another_key_or_changed_files__refused(tmp_path: Path) -> None:
    """Nobody goes on with a log that is not as it was left."""
    folder = tmp_path / "log"
    written(folder, story(130))
    with pytest.raises(LogBrokenError):
        LogWriter(folder, log_signer(2))
    newest = max((folder / "tile/entries/001.p").iterdir(), key=lambda path: int(path.name))
    newest.write_bytes(newest.read_bytes().replace(b"verified", b"verifiec"))
    with pytest.raises(LogBrokenError):
        LogWriter(folder, log_signer())
    newest.unlink()
    with pytest.raises(LogBrokenError):
        LogWriter(folder, log_signer())


def test_find__newest_that_fits__among_the_last_ones(tmp_path: Path) -> None:
    """What a crash may have left in the log is found again; older than the limit is not."""
    writer = written(tmp_path / "log", story(300))
    assert writer.find(lambda entry: entry.fields.get("job") == job(5)) is not None
    newest = writer.find(lambda entry: entry.kind is EntryKind.OUTCOME)
    assert newest == writer.size - 1
    assert writer.find(lambda entry: entry.fields.get("job") == job(5), most=10) is None
    assert writer.find(lambda entry: entry.fields.get("job") == DIGEST) is None


def test_tiles__consistency_from_disk__shown(tmp_path: Path) -> None:
    """An older state is shown to be how the newer one begins, from the files alone."""
    from certs.log.tiles import full_hashes
    from certs.log.tree import Peaks, consistency_proof

    entries = story(300)[:600]
    writer = written(tmp_path / "log", entries)
    now, _ = open_checkpoint(writer.checkpoint, KEY)
    full = full_hashes(now.size, partial(read_log_file, tmp_path / "log"))
    peaks = Peaks()
    for size, each in enumerate(entries, 1):
        for _ in peaks.add(leaf_hash(each)):
            pass
        proof = consistency_proof(full, size, now.size)
        assert is_consistent(size, peaks.root(), now.size, now.root, proof)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\2a", b"\0\1ab", b"\0\1a\0\1b\0"])
def test_unpacked__wrong_lengths__refused(data: bytes) -> None:
    """A bundle holds exactly its entries."""
    with pytest.raises(MalformedLogError):
        unpacked(data, 2)


def test_checkpoint__replaced_by_an_older_one__next_writer_takes_it_for_the_truth(
    tmp_path: Path,
) -> None:
    """A station cannot know that its whole disk was set back; whoever kept a checkpoint can."""
    folder = tmp_path / "log"
    writer = written(folder, story(10))
    before = writer.checkpoint
    writer.append([start(500), outcome(500)])
    after = writer.checkpoint
    (folder / CHECKPOINT_NAME).write_bytes(before)
    LogWriter(folder, log_signer()).append([start(501)])
    assert is_sound(folder)
    (finding,) = audit(partial(read_log_file, folder), KEY, older=[after]).findings
    assert finding.code == "rolled-back"
