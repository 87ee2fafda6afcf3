"""Signed notes, checkpoints and proofs: one spelling, known keys only, declared errors only."""

import base64
import contextlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import MalformedLogError
from certs.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from certs.log.entry import EntryKind, commitment, is_committed, parse_entry
from certs.log.note import Algorithm, note, opened, parse_key, sign, split
from certs.log.proof import parse_proof
from certs.log.tree import EMPTY_ROOT
from certs.tests.log_samples import (
    ORIGIN,
    entry,
    job,
    log_signer,
    opening,
    outcome,
    start,
    story,
    witness_signer,
    written,
)

LOG = log_signer()
WITNESS = witness_signer()
CHECKPOINT = Checkpoint(origin=ORIGIN, size=7, root=bytes(range(32)))
SIGNED = CHECKPOINT.signed(LOG)
COSIGNED = SIGNED + sign(CHECKPOINT.text(), WITNESS, 1_764_028_800).encode()
# From the specification of signed notes: PeterNeumann's key and note.
FOREIGN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
FOREIGN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZ"
    "b6KE6RyyBwJnAM=\n"
)


def test_opened__note_of_the_specification__its_key_signed_it() -> None:
    """What others signed is read as they read it."""
    key = parse_key(FOREIGN_KEY)
    text, (signed,) = opened(FOREIGN_NOTE.encode(), [key])
    assert signed.key == key
    assert text.endswith("your problem is.\n")


def test_checkpoint__openssl__agrees(tmp_path: Path) -> None:
    """The log's signature is a plain Ed25519 signature over the text above the empty line."""
    text, _, line = SIGNED.partition(b"\n\n")
    signature = base64.b64decode(line.split()[-1])[4:]
    spki = bytes.fromhex("302a300506032b6570032100") + LOG.key.public
    (tmp_path / "text").write_bytes(text + b"\n")
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "key").write_bytes(spki)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key"]
    command += ["-rawin", "-in", "text", "-sigfile", "signature"]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / "text").write_bytes(text)
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode != 0


def test_checkpoint__cosigned__time_and_witness_told() -> None:
    """A witness's word carries its time; a witness that nobody asked about says nothing."""
    found, (cosigned,) = open_checkpoint(COSIGNED, LOG.key, [WITNESS.key])
    assert found == CHECKPOINT
    assert (cosigned.key, cosigned.at_s) == (WITNESS.key, 1_764_028_800)
    assert open_checkpoint(COSIGNED, LOG.key) == (CHECKPOINT, [])


@pytest.mark.parametrize(
    "data",
    [
        SIGNED.replace(b"\n7\n", b"\n8\n"),
        SIGNED.replace(b"\n7\n", b"\n07\n"),
        SIGNED.replace(b"\n7\n", b"\n0\n"),
        SIGNED.replace(ORIGIN.encode(), b"other.example"),
        SIGNED[:-1],
        SIGNED + b"\n",
        SIGNED + b"x\n",
        SIGNED.replace("— ".encode(), b"- "),
        SIGNED.partition(b"\n\n")[0] + b"\n",
        SIGNED.replace(b"\n\n", b"\n\t\n\n"),
        b"\xff" + SIGNED,
        b"",
        b"\n\n\n",
        SIGNED + SIGNED.splitlines(keepends=True)[-1] * 64,
        CHECKPOINT.signed(log_signer(2)),
        Checkpoint(origin=ORIGIN, size=0, root=bytes(32)).signed(LOG),
        Checkpoint(origin=ORIGIN, size=1, root=EMPTY_ROOT).signed(LOG),
        Checkpoint(origin="other.example", size=7, root=bytes(32)).signed(LOG),
        Checkpoint(origin=ORIGIN, size=7, root=bytes(31)).signed(LOG),
        SIGNED + sign("another text\n", WITNESS, 5).encode(),
    ],
)
def test_open_checkpoint__wrong_in_one_thing__refused(data: bytes) -> None:
    """Text, spelling, name, size, root and signature all count."""
    with pytest.raises(MalformedLogError):
        open_checkpoint(data, LOG.key, [WITNESS.key])


def test_open_checkpoint__origin_of_another_log_under_its_key__refused() -> None:
    """A key that signs for its own log says nothing about a log of another name."""
    text = Checkpoint(origin="other.example", size=7, root=bytes(32)).text()
    with pytest.raises(MalformedLogError):
        open_checkpoint(note(text, sign(text, LOG)), LOG.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        LOG.key.text()[:-1],
        LOG.key.text() + "\n\n",
        LOG.key.text().replace("+", "+0", 1),
        LOG.key.text().replace(ORIGIN, "a b"),
        LOG.key.text().replace(ORIGIN, "other.example"),
        "x+00000000+" + base64.b64encode(bytes([6]) + bytes(32)).decode(),
        "x+00000000+" + base64.b64encode(bytes([1]) + bytes(31)).decode(),
    ],
)
def test_parse_key__malformed__refused(text: str) -> None:
    """A key is its name, its id and its bytes, in one spelling."""
    with pytest.raises(MalformedLogError):
        parse_key(text)


def test_parse_key__own_text__same_key() -> None:
    """A key that is handed around comes back."""
    for signer in (LOG, WITNESS):
        assert parse_key(signer.key.text() + "\n") == signer.key
    assert WITNESS.key.algorithm is Algorithm.COSIGNATURE
    assert "private" not in repr(LOG)


def test_proof__of_a_log__reaches_its_checkpoint_and_no_other(tmp_path: Path) -> None:
    """A proof carries its entry, leads to its own checkpoint and comes back from its file."""
    entries = story(9)
    writer = written(tmp_path / "log", entries)
    for index, made in enumerate(entries):
        proof = writer.prove(index)
        assert parse_proof(proof.text()) == proof
        assert proof.entry == made
        now, _ = open_checkpoint(proof.checkpoint, LOG.key)
        assert proof.reaches(now)
        assert not proof.reaches(Checkpoint(origin=now.origin, size=now.size, root=bytes(32)))
    text = writer.prove(3).text()
    for changed in (
        text.replace(b"index 3", b"index 03"),
        text.replace(b"index 3", b"index -3"),
        text.replace(b"@v1", b"@v2"),
        text.replace(b"extra ", b"Extra "),
        text.replace(b"\n\n", b"\n", 1),
        text.replace(b"\nindex 3\n", b"\nindex 3\n" + base64.b64encode(bytes(32)) + b"\n" * 2, 1),
        text.replace(b"\nindex 3\n", b"\nindex 3\n" + base64.b64encode(bytes(31)) + b"\n", 1),
        text + b"\n",
        b" " + text,
        b"x" * (200 << 10),
    ):
        with pytest.raises(MalformedLogError):
            parse_proof(changed)


@given(st.binary(max_size=300))
def test_parsers__any_bytes__only_the_declared_error(data: bytes) -> None:
    """Whoever sends us rubbish gets our error and no other."""
    for parse in (split, parse_checkpoint, parse_proof, parse_entry):
        with contextlib.suppress(MalformedLogError):
            parse(data)
    with contextlib.suppress(MalformedLogError):
        parse_key(data.decode("utf-8", "replace"))


@given(st.integers(0, len(COSIGNED) - 1), st.integers(1, 255))
def test_open_checkpoint__any_changed_byte__refused_or_said_by_fewer(at: int, mask: int) -> None:
    """No byte can change and everything still be believed."""
    changed = COSIGNED[:at] + bytes([COSIGNED[at] ^ mask]) + COSIGNED[at + 1 :]
    try:
        found, cosigned = open_checkpoint(changed, LOG.key, [WITNESS.key])
    except MalformedLogError:
        return
    # The name of the witness became one that nobody knows: its line says nothing.
    assert (found, cosigned) == (CHECKPOINT, [])


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b"[]",
        start(1).replace(b'"start"', b'"begin"'),
        start(1).replace(b'"start"', b'"outcome"'),
        start(1).replace(b'"practice":true', b'"practice":1'),
        start(1).replace(b'"schema_version":1', b'"schema_version":2'),
        start(1).replace(b"00000000-0000-4000", b"00000000-0000-400"),
        start(1)[:-1] + b',"serial":"S3CRET"}',
        outcome(1).replace(b'"verified"', b'"erased"'),
        outcome(1).replace(b"certificate-of-erasure", b"certificate"),
        opening().replace(b'"at":"2026', b'"at":"26'),
        b" " + opening(),
        b"x" * (1 << 16),
    ],
)
def test_parse_entry__wrong_in_one_thing__refused(data: bytes) -> None:
    """No field too few, too many or of another kind: nothing personal can slip in."""
    with pytest.raises(MalformedLogError):
        parse_entry(data)


def test_entry__own_bytes__come_back() -> None:
    """An entry says what was given, and when."""
    made = parse_entry(outcome(3, 61, end="failed", notice=1))
    assert (made.kind, made.fields["document"]) == (EntryKind.OUTCOME, f"{job(3)}-n1")
    assert made.at.isoformat() == "2026-11-25T00:01:01+00:00"
    with pytest.raises(MalformedLogError):
        entry(EntryKind.OUTCOME, job=job(1))


def test_commitment__same_thing_and_salt__recognised() -> None:
    """Whoever has the salt and the thing can compare; another salt says nothing."""
    salt = bytes(range(32))
    stated = commitment(salt, b"S3RIAL")
    assert is_committed(stated, salt, b"S3RIAL")
    assert not is_committed(stated, salt, b"S3RIA1")
    assert not is_committed(stated, bytes(32), b"S3RIAL")
