"""The station's log after real jobs, in the hands of strangers."""

from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from certs.cli import main
from certs.keys import load_note_key
from certs.log.audit import audit
from certs.log.checkpoint import open_checkpoint, parse_checkpoint
from certs.log.folder import read_log_file
from certs.log.note import Algorithm
from certs.log.proof import parse_proof
from certs.log.tiles import bundle_path, unpacked
from certs.log.witness_server import Witness, new_witness, server
from certs.log.writer import LogWriter
from certs.tests.test_log_go import Check, check
from hw_tests.in_process import quick_station, wipe
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.fuse_medium import faulty_drive
from hw_tests.loop import loop_drive
from hw_tests.whole_station import NotStartedError, station_up, until

__all__ = ["check"]
SIZE_BYTES = 8 << 20


def test_log__jobs_of_every_kind__audited_by_strangers(folder: Path, check: Check) -> None:
    """A good job, one that was stopped and continued, a broken drive: each stands in the log.

    Our auditor and another author's look at the station's own folder, with nothing but the key
    that the first certificate names and the proofs that the customers were given.
    """
    state = folder / "state"
    bad = Fault(effect=Effect.ERROR, op=Op.READ, start_byte=1 << 20, end_byte=(1 << 20) + 512)
    with quick_station(state) as station:
        with loop_drive(folder, SIZE_BYTES) as drive:
            good = wipe(station, drive.node, "random")
            stopped = wipe(station, drive.node, "zero-one-random", stops=(0.5,))
        with faulty_drive(folder, SIZE_BYTES, bad) as (drive, _):
            failed = wipe(station, drive.node, "random")
    assert [each["outcome"] for each in (good, stopped, failed)] == [
        "verified",
        "verified",
        "verified-with-exceptions",
    ]
    (folder / "key").write_text(good["log_key"], "ascii")
    proofs = [str(path) for path in state.glob("bundles/*/*.tlog-proof")]
    assert len(proofs) == 4
    asked = ["log", "verify", str(state / "log"), "--key", str(folder / "key"), "--json"]
    assert main([*asked, *(word for proof in proofs for word in ("--proof", proof))]) == 0
    assert check("log", good["log_key"], state / "log").returncode == 0
    for proof in proofs:
        assert check("proof", good["log_key"], data=Path(proof).read_bytes()).returncode == 0


def test_station__witness_is_set__its_log_is_signed_there(folder: Path) -> None:
    """A station with a witness in its settings shows it what its log has become, by itself.

    The witness learns the log's key from a first start; a setting that is misspelt is no start.
    """
    state, practice = folder / "state", folder / "practice"
    practice.mkdir()
    with station_up(state, practice):
        pass
    origin = parse_checkpoint(read_log_file(state / "log", "checkpoint")).origin
    log = load_note_key(state / "log-key" / "log-key.pem", origin, Algorithm.ED25519).key
    key = new_witness(folder / "witness", "witness.example/w1")
    settings = state / "settings.toml"
    with server(Witness(folder / "witness", key.name, [log]), "127.0.0.1", 0) as listening:
        aside = Thread(target=listening.serve_forever)
        aside.start()
        url = f"http://127.0.0.1:{listening.server_address[1]}"
        whole = f'version = 1\n[[witness]]\nurl = "{url}"\nkey = "{key.text()}"\n'
        settings.write_text(whole.replace("url", "uri"), "utf-8")
        with pytest.raises(NotStartedError, match="2"), station_up(state, practice):
            pass
        settings.write_text(whole, "utf-8")
        try:
            with station_up(state, practice):
                (kept,) = until(lambda: list(state.glob("log/witnessed/*")))
        finally:
            listening.shutdown()
            aside.join()
    found, signed = open_checkpoint(kept.read_bytes(), log, [key])
    assert [each.key for each in signed] == [key]
    assert found.size >= 3  # opened, and a self-test at each start


def test_log__failure_left_out_and_signed_anew__found_by_one_receipt(folder: Path) -> None:
    """Whoever owns the station and all its keys cannot make a failure unhappen."""
    bad = Fault(effect=Effect.ERROR, op=Op.READ, start_byte=1 << 20, end_byte=(1 << 20) + 512)
    state = folder / "state"
    with quick_station(state) as station:
        with faulty_drive(folder, SIZE_BYTES, bad) as (drive, _):
            failed = wipe(station, drive.node, "random")
        with loop_drive(folder, SIZE_BYTES) as drive:
            good = wipe(station, drive.node, "random")
    read = partial(read_log_file, state / "log")
    (receipt,) = state.glob("bundles/*/certificate.tlog-proof")
    proof = parse_proof(receipt.read_bytes())
    size = parse_checkpoint(read("checkpoint")).size
    entries = unpacked(read(bundle_path(0, size)), size)
    forged = [each for each in entries if failed["id"].partition("-n")[0].encode() not in each]
    assert len(forged) == size - 2
    signer = load_note_key(state / "log-key" / "log-key.pem", good["log_origin"], Algorithm.ED25519)
    again = LogWriter(folder / "forged", signer)
    again.append(forged)
    codes = {
        finding.code
        for finding in audit(
            partial(read_log_file, folder / "forged"), signer.key, proofs=[proof]
        ).findings
    }
    assert "rolled-back" in codes
    assert not audit(read, signer.key, proofs=[proof]).findings
