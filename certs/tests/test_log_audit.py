"""Whoever changes a log is found out, by its own root or by one checkpoint that somebody kept."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from certs.log.audit import Audit, audit
from certs.log.checkpoint import Checkpoint, open_checkpoint
from certs.log.entry import EntryKind, Moment
from certs.log.folder import read_log_file
from certs.log.handover import handover_fields
from certs.log.note import sign
from certs.log.proof import Proof, parse_proof
from certs.log.tree import EMPTY_ROOT, Peaks, leaf_hash
from certs.log.writer import LogWriter
from certs.tests.log_samples import (
    BOOT,
    ORIGIN,
    correction,
    entry,
    job,
    log_signer,
    opening,
    outcome,
    start,
    story,
    ticket,
    witness_signer,
    written,
)

KEY = log_signer().key


def audited(
    folder: Path, *, older: tuple[bytes, ...] = (), proofs: tuple[Proof, ...] = ()
) -> Audit:
    """Audit a log on disk."""
    return audit(partial(read_log_file, folder), KEY, older=older, proofs=proofs)


def codes(found: Audit) -> set[str]:
    """Return what was found, in short."""
    return {finding.code for finding in found.findings}


def test_audit__sound_log__counted_and_nothing_found(tmp_path: Path) -> None:
    """A log that nobody touched, with all that others kept of it."""
    writer = written(tmp_path / "log", story(12))
    older = Checkpoint(origin=KEY.name, size=0, root=EMPTY_ROOT).signed(log_signer())
    proofs = tuple(map(writer.prove, range(writer.size)))
    found = audited(tmp_path / "log", older=(older, writer.checkpoint), proofs=proofs)
    assert not found.findings
    assert found.counts == {"log-opened": 1, "start": 12, "outcome": 14}
    assert (found.open_jobs, found.open_custody) == ([], [])


FORGERIES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a failed job's document left out": lambda e: [each for each in e if b'"failed"' not in each],
    "a failed job left out": lambda e: [each for each in e if job(2).encode() not in each],
    "two entries exchanged": lambda e: [*e[:3], e[4], e[3], *e[5:]],
    "an outcome changed": lambda e: [each.replace(b'"failed"', b'"verified"') for each in e],
    "an entry put in between": lambda e: [*e[:5], start(77), *e[5:]],
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_audit__history_signed_anew__found_by_one_kept_checkpoint_or_receipt(
    tmp_path: Path, forgery: str
) -> None:
    """Whoever has the key can sign any history; one that was seen before speaks against it."""
    entries = story(12)
    honest = written(tmp_path / "honest", entries)
    kept, receipt = honest.checkpoint, honest.prove(honest.size - 1)
    honest.append([start(100), outcome(100)])
    forged = FORGERIES[forgery]([*entries, start(100), outcome(100)])
    later = [start(number) for number in range(200, 204)]
    written(tmp_path / "forged", [*forged, *later])
    assert "another-history" in codes(audited(tmp_path / "forged", older=(kept,)))
    assert "another-history" in codes(audited(tmp_path / "forged", proofs=(receipt,)))
    assert not audited(tmp_path / "honest", older=(kept,), proofs=(receipt,)).findings


def test_audit__cut_at_its_end__found_by_one_kept_checkpoint(tmp_path: Path) -> None:
    """A log that lost its end has fewer entries than somebody saw."""
    longer = written(tmp_path / "longer", story(12))
    written(tmp_path / "cut", story(12)[:-1])
    assert codes(audited(tmp_path / "cut", older=(longer.checkpoint,))) == {"rolled-back"}


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/000", "tile/1/000.p/1", "checkpoint"])
def test_audit__file_changed_or_gone__found(tmp_path: Path, name: str) -> None:
    """Without the key nothing can be changed at all."""
    folder = tmp_path / "log"
    written(folder, story(140)[:300])
    data = (folder / name).read_bytes()
    for at in (0, len(data) // 2, len(data) - 1):
        changed = bytearray(data)
        changed[at] ^= 1
        (folder / name).write_bytes(changed)
        assert codes(audited(folder)) & {"files", "checkpoint", "story", "root"}
    (folder / name).unlink()
    assert codes(audited(folder)) <= {"files", "checkpoint"}
    assert audited(folder).findings
    (folder / name).write_bytes(data)
    assert not audited(folder).findings


def test_audit__root_of_other_entries__found(tmp_path: Path) -> None:
    """A checkpoint of the right size, signed by the log, over other entries than lie there."""
    folder = tmp_path / "log"
    written(folder, story(3))
    size = written(tmp_path / "other", [*story(3)[:-1], start(99)]).size
    (folder / "checkpoint").write_bytes((tmp_path / "other" / "checkpoint").read_bytes())
    found = audited(folder)
    assert codes(found) == {"root"}
    assert found.checkpoint is not None
    assert found.checkpoint.size == size


def test_audit__another_logs_checkpoint_or_key__said(tmp_path: Path) -> None:
    """What others hand over may be of another log, which proves nothing about this one."""
    folder = tmp_path / "log"
    written(folder, story(3))
    foreign = Checkpoint(origin="other.example", size=1, root=bytes(32))
    signed = foreign.signed(log_signer(3, "other.example"))
    assert codes(audited(folder, older=(signed,))) == {"kept-checkpoint"}
    read = partial(read_log_file, folder)
    assert codes(audit(read, log_signer(2).key)) == {"checkpoint"}


def test_audit__proof_of_an_entry_that_is_not_there__found(tmp_path: Path) -> None:
    """A receipt whose entry is another one now, under a root that fits by itself."""
    writer = written(tmp_path / "log", story(3))
    proof = writer.prove(2)
    other = Proof(entry=start(66), index=2, hashes=proof.hashes, checkpoint=proof.checkpoint)
    assert codes(audited(tmp_path / "log", proofs=(other,))) == {"entry-missing"}


CUSTODY = EntryKind.CUSTODY_ACCEPTED
STORIES: dict[str, list[bytes]] = {
    "no opening": [start(1)],
    "opened twice": [opening(), opening()],
    "time goes back": [opening(5), start(1, 4)],
    "document without a beginning": [opening(), outcome(1)],
    "begun twice": [opening(), start(1), start(1)],
    "goes on after its end": [opening(), start(1), outcome(1), outcome(1, notice=1)],
    "document twice": [
        *(opening(), start(1)),
        *(outcome(1, notice=1, end="indeterminate"), outcome(1, notice=1, end="failed")),
    ],
    "ticket twice": [opening(), ticket(CUSTODY, 1), ticket(CUSTODY, 1)],
    "wanted back and sold": [
        *(opening(), ticket(CUSTODY, 1), ticket(EntryKind.CONSENT_WITHDRAWN, 1)),
        ticket(EntryKind.RELEASE, 1),
    ],
    "frozen and sold": [
        *(opening(), ticket(CUSTODY, 1), ticket(EntryKind.FROZEN, 1)),
        ticket(EntryKind.RELEASE, 1),
    ],
    "frozen and graded": [
        *(opening(), ticket(CUSTODY, 1), ticket(EntryKind.FROZEN, 1)),
        ticket(EntryKind.GRADE, 1),
    ],
    "thawed and never frozen": [
        *(opening(), ticket(CUSTODY, 1), ticket(EntryKind.THAWED, 1)),
    ],
    "left and never came": [opening(), ticket(EntryKind.RELEASE, 1)],
    "left twice": [
        *(opening(), ticket(CUSTODY, 1)),
        *(ticket(EntryKind.RETURN, 1), ticket(EntryKind.DESTRUCTION, 1)),
    ],
    "no entry of ours": [opening(), b'{"hello":"world"}'],
}


@pytest.mark.parametrize("name", STORIES)
def test_audit__impossible_story__found(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log may be whole and still tell what cannot have been."""
    monkeypatch.setattr(LogWriter, "_later", lambda *_: None)
    written(tmp_path / "log", STORIES[name])
    assert codes(audited(tmp_path / "log")) == {"story"}


@pytest.mark.parametrize(
    "rest",
    [
        [EntryKind.THAWED, EntryKind.GRADE, EntryKind.FROZEN, EntryKind.THAWED, EntryKind.RELEASE],
        [EntryKind.RETURN, EntryKind.DATA_DELETED],
        [EntryKind.TRANSFER],
    ],
    ids=["thawed", "returned", "handed on"],
)
def test_audit__frozen_and_seen_to__sound(tmp_path: Path, rest: list[EntryKind]) -> None:
    """After a supervisor's word the device goes its way, and nothing is found."""
    kinds = [CUSTODY, EntryKind.FROZEN, *rest]
    written(tmp_path / "log", [opening(), *(ticket(kind, 1) for kind in kinds)])
    found = audited(tmp_path / "log")
    assert (codes(found), found.open_custody) == (set(), [])


def test_audit__without_an_end__listed(tmp_path: Path) -> None:
    """A job that only broke off and a device that never left wait for somebody to ask."""
    entries = [
        opening(),
        ticket(CUSTODY, 1),
        ticket(CUSTODY, 2),
        *(ticket(kind, 1) for kind in (EntryKind.GRADE, EntryKind.PRICE_AGREED, EntryKind.RELEASE)),
        start(1),
        start(2),
        outcome(2, end="indeterminate", notice=1),
        start(3),
        outcome(3),
        ticket(EntryKind.DATA_DELETED, 1),
    ]
    written(tmp_path / "log", entries)
    found = audited(tmp_path / "log")
    assert not found.findings
    assert found.open_custody == ["T-2"]
    assert found.open_jobs == [job(1), job(2)]


def test_audit__corrections__named_with_the_entry_that_they_are_about(tmp_path: Path) -> None:
    """Which document is wrong, and where it stands; one behind a commitment stands nowhere."""
    receipt = job(77)
    entries = [
        *(opening(), start(1), outcome(1), start(2), outcome(2), correction(job(2), 60)),
        *(correction(receipt, 61), outcome(1, 62), correction(job(1), 63), start(3, 64)),
        *(correction(job(3), 65), outcome(3, 66)),
    ]
    written(tmp_path / "log", entries)
    found = audited(tmp_path / "log")
    assert not found.findings
    told = [(each.index, each.document, each.corrects) for each in found.corrections]
    assert told == [(5, job(2), 4), (6, receipt, None), (8, job(1), 7), (10, job(3), None)]
    assert [each.at.second for each in found.corrections] == [0, 1, 3, 5]


def test_audit__empty_log__nothing_to_find(tmp_path: Path) -> None:
    """A log that was only just made."""
    written(tmp_path / "log", [])
    found = audited(tmp_path / "log")
    assert not found.findings
    assert found.checkpoint is not None
    assert (found.checkpoint.size, found.first_at) == (0, None)


def test_audit__large_story__root_as_by_hand(tmp_path: Path) -> None:
    """The audited root is that of the entries, worked out beside it."""
    entries = story(220)
    written(tmp_path / "log", entries)
    found = audited(tmp_path / "log")
    peaks = Peaks()
    for each in entries:
        list(peaks.add(leaf_hash(each)))
    assert found.checkpoint is not None
    assert found.checkpoint.root == peaks.root()


# --- another key of the log ----------------------------------------------------------------------


def handed_over(folder: Path, *seeds: int) -> LogWriter:
    """Return a log whose key handed over to others, one after the other, each with one job."""
    writer = written(folder, story(12))
    moment = Moment(at="2026-11-25T00:01:00Z", boot_id=BOOT, monotonic_ms=60_000)
    for seed in seeds:
        writer.hand_over(log_signer(seed), moment)
        writer.append([start(100 + seed, 60), outcome(100 + seed, 60)])
    return writer


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_audit__key_changed_twice__sound_by_any_of_the_keys(tmp_path: Path, seed: int) -> None:
    """Who knows one of the log's keys needs no other, and what they kept from before still fits."""
    writer = written(tmp_path / "log", story(12))
    first, receipt = writer.checkpoint, writer.prove(writer.size - 1)
    writer = handed_over(tmp_path / "again", 2, 3)
    read = partial(read_log_file, tmp_path / "again")
    found = audit(read, log_signer(seed).key, older=(first,), proofs=(receipt, writer.prove(3)))
    assert not found.findings
    assert [key.text() for key in found.handovers.values()] == [
        log_signer(2).key.text(),
        log_signer(3).key.text(),
    ]
    assert found.checkpoint is not None


def test_audit__key_that_the_log_never_had__refused(tmp_path: Path) -> None:
    """The log's own word about its keys helps nobody who knows another one."""
    handed_over(tmp_path / "log", 2)
    read = partial(read_log_file, tmp_path / "log")
    assert codes(audit(read, log_signer(7).key)) == {"checkpoint"}


def test_audit__checkpoint_by_the_key_before__refused(tmp_path: Path) -> None:
    """After a handover the old key signs nothing: neither the log, nor what others kept of it."""
    writer = handed_over(tmp_path / "log", 2)
    now = open_checkpoint(writer.checkpoint, log_signer(2).key)[0]
    by_old = now.signed(log_signer())
    assert codes(audited(tmp_path / "log", older=(by_old,))) == {"retired-key"}
    (tmp_path / "log" / "checkpoint").write_bytes(by_old)
    assert codes(audited(tmp_path / "log")) == {"checkpoint"}


def forged_handover(writer: LogWriter, **changes: str) -> bytes:
    """Return the entry of a handover in which something is wrong."""
    before = open_checkpoint(writer.checkpoint, KEY)[0]
    fields = handover_fields(before, log_signer(), log_signer(2).key) | changes
    return entry(EntryKind.LOG_KEY, 60, **fields)


@pytest.mark.parametrize("wrong", ["other", "thief", "moved", "self", "witness", "name", "wider"])
def test_audit__handover_that_the_old_key_did_not_sign__refused(tmp_path: Path, wrong: str) -> None:
    """Nobody else's word makes a key the log's: not for another key, place or history."""
    writer = written(tmp_path / "log", story(12))
    before = open_checkpoint(writer.checkpoint, KEY)[0]
    new = log_signer(2).key
    wider = f"{before.text()}next-key {new.text()}\n\nmore\n"
    changes = {
        "other": {"log_key": log_signer(3).key.text()},
        "thief": handover_fields(before, log_signer(3), new),
        "moved": handover_fields(replace(before, size=before.size - 1), log_signer(), new),
        "self": handover_fields(before, log_signer(), KEY),
        "wider": {"handover": f"more\n\n{sign(wider, log_signer())[:-1]}"},
        "witness": handover_fields(before, log_signer(), witness_signer(name=ORIGIN).key),
        "name": handover_fields(before, log_signer(), log_signer(2, "log.example/other").key),
    }[wrong]
    writer.append([forged_handover(writer, **changes)])
    assert codes(audited(tmp_path / "log")) == {"key"}


def test_prove_under__key_that_handed_over__its_documents_can_be_proven_still(
    tmp_path: Path,
) -> None:
    """A document names the key of its day; a bundle that a crash left out is made after it."""
    writer = handed_over(tmp_path / "log", 2, 3)
    for seed, index in ((1, 5), (2, 28)):
        proof = writer.prove_under(index, log_signer(seed).key)
        assert proof is not None
        checkpoint, _ = open_checkpoint(parse_proof(proof.text()).checkpoint, log_signer(seed).key)
        assert proof.reaches(checkpoint)
        assert not audited(tmp_path / "log", proofs=(proof,)).findings
    assert writer.prove_under(28, log_signer(1).key) is None, "it came after that key"
    assert writer.prove_under(5, log_signer(7).key) is None
