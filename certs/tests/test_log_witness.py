"""A witness signs growth and nothing else, over a real socket, and forgets nothing in a crash."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.cli import main
from certs.command_line import ExitCode
from certs.errors import KeyStoreError, WitnessError
from certs.log.checkpoint import Checkpoint, open_checkpoint
from certs.log.cosign import FOLDER, cosign
from certs.log.entry import Moment
from certs.log.note import Algorithm, NoteKey, parse_key
from certs.log.tree import EMPTY_ROOT
from certs.log.witness import Request, Status, answer, parse_request
from certs.log.witness_server import Witness, new_witness, server
from certs.log.writer import LogWriter
from certs.tests.log_samples import (
    BOOT,
    ORIGIN,
    log_signer,
    opening,
    start,
    story,
    witness_signer,
    written,
)
from certs.tests.test_durable import FAULTS, Fault, PowerCutError

LOG = log_signer()
NAME = "witness.example/w1"
NOW_S = 1_764_028_800
OTHER_LOG = Checkpoint(origin="x", size=1, root=bytes(32))
NONE: dict[str, Checkpoint] = {}


def of_size(size: int, root: bytes = bytes(32)) -> Checkpoint:
    """Return a checkpoint of the sample log."""
    return Checkpoint(origin=ORIGIN, size=size, root=root if size else EMPTY_ROOT)


def asked(request: Request | bytes, known: dict[str, Checkpoint] = NONE) -> Status:
    """Return how a witness that knows this answers."""
    body = request if isinstance(request, bytes) else request.text()
    return answer(body, [LOG.key], known, witness_signer(), NOW_S).status


def test_answer__first_checkpoint__signed_with_its_time() -> None:
    """What nobody saw before needs no proof; the signature carries the witness's time."""
    new = of_size(7)
    wish = Request(old_size=0, proof=(), checkpoint=new.signed(LOG))
    said = answer(wish.text(), [LOG.key], NONE, witness_signer(), NOW_S)
    assert (said.status, said.keep) == (Status.SIGNED, new.signed(LOG))
    whole = new.signed(LOG) + said.body.encode()
    found, (signed,) = open_checkpoint(whole, LOG.key, [witness_signer().key])
    assert (found, signed.at_s) == (new, NOW_S)


@pytest.mark.parametrize(
    ("request_", "known", "status"),
    [
        (b"", NONE, Status.MALFORMED),
        (b"old 0\n\n", NONE, Status.MALFORMED),
        (b"old 00\n\n" + of_size(1).signed(LOG), NONE, Status.MALFORMED),
        (b"old 0\nAAAA\n\n" + of_size(1).signed(LOG), NONE, Status.MALFORMED),
        (Request(old_size=2, proof=(), checkpoint=of_size(1).signed(LOG)), NONE, Status.MALFORMED),
        (
            Request(
                old_size=0,
                proof=(),
                checkpoint=Checkpoint(origin="x", size=1, root=bytes(32)).signed(
                    log_signer(1, "x")
                ),
            ),
            NONE,
            Status.UNKNOWN_LOG,
        ),
        (
            Request(old_size=0, proof=(), checkpoint=of_size(1).signed(log_signer(2))),
            NONE,
            Status.FORBIDDEN,
        ),
        (
            Request(old_size=0, proof=(), checkpoint=of_size(4).signed(LOG)),
            {ORIGIN: of_size(3)},
            Status.CONFLICT,
        ),
        (
            Request(old_size=3, proof=(), checkpoint=of_size(3, b"x" * 32).signed(LOG)),
            {ORIGIN: of_size(3)},
            Status.CONFLICT,
        ),
        (
            Request(old_size=3, proof=(bytes(32),) * 2, checkpoint=of_size(4).signed(LOG)),
            {ORIGIN: of_size(3)},
            Status.INCONSISTENT,
        ),
        (
            Request(old_size=3, proof=(), checkpoint=of_size(3).signed(LOG)),
            {ORIGIN: of_size(3)},
            Status.SIGNED,
        ),
    ],
)
def test_answer__by_case__as_specified(
    request_: Request | bytes, known: dict[str, Checkpoint], status: Status
) -> None:
    """Each refusal has its own code; what was signed once is signed again."""
    assert asked(request_, known) is status


def test_answer__log_that_changes_its_key__either_is_its_word_and_no_third() -> None:
    """While a log changes its key its witness knows both, and one history."""
    new = log_signer(2)
    for signer, status in ((LOG, Status.SIGNED), (new, Status.SIGNED)):
        wish = Request(old_size=3, proof=(), checkpoint=of_size(3).signed(signer))
        said = answer(
            wish.text(), [LOG.key, new.key], {ORIGIN: of_size(3)}, witness_signer(), NOW_S
        )
        assert said.status is status
    wish = Request(old_size=3, proof=(), checkpoint=of_size(3).signed(log_signer(3)))
    said = answer(wish.text(), [LOG.key, new.key], {ORIGIN: of_size(3)}, witness_signer(), NOW_S)
    assert said.status is Status.FORBIDDEN


@given(st.binary(max_size=400))
def test_answer__any_bytes__refused(body: bytes) -> None:
    """Rubbish is malformed and nothing worse."""
    assert asked(body) is Status.MALFORMED


def test_parse_request__own_text__comes_back() -> None:
    """A wish is read as it was written, up to the most hashes that can be."""
    wish = Request(old_size=3, proof=(bytes(32),) * 63, checkpoint=of_size(9).signed(LOG))
    assert parse_request(wish.text()) == wish
    longer = Request(old_size=3, proof=(bytes(32),) * 64, checkpoint=wish.checkpoint)
    assert parse_request(longer.text()) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A witness that listens."""

    witness: Witness
    url: str


@contextlib.contextmanager
def served(folder: Path, *logs: NoteKey) -> Iterator[Served]:
    """Let a witness listen on a port of its own."""
    if not folder.exists():
        new_witness(folder, NAME)
    witness = Witness(folder, NAME, logs or [LOG.key])
    with server(witness, "127.0.0.1", 0) as listening:
        aside = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        aside.start()
        try:
            yield Served(witness=witness, url=f"http://127.0.0.1:{listening.server_address[1]}/")
        finally:
            listening.shutdown()
            aside.join()


def test_cosign__growing_log__signed_each_time_and_kept(tmp_path: Path) -> None:
    """A log that grows is signed, also after the witness was started anew or knows less or more."""
    log = tmp_path / "log"
    writer = written(log, story(3))
    for count in range(4):
        with served(tmp_path / "witness") as there:
            key = there.witness.signer.key
            whole = cosign(log, LOG.key, key, there.url)
        found, (signed,) = open_checkpoint(whole, LOG.key, [key])
        assert (found.size, signed.key) == (writer.size, key)
        (kept,) = (log / FOLDER).iterdir()
        assert kept.read_bytes() == whole
        if count == 1:
            kept.unlink()  # then the witness says what it knows
        writer.append([start(100 + count)])


def test_cosign__key_changed__what_the_witness_saw_before_still_counts(tmp_path: Path) -> None:
    """The checkpoint kept from before is under the old key; the way on is shown from there."""
    writer = written(tmp_path / "log", story(3))
    new = log_signer(2)
    with served(tmp_path / "witness", LOG.key, new.key) as there:
        key = there.witness.signer.key
        cosign(tmp_path / "log", LOG.key, key, there.url)
        moment = Moment(at="2026-11-25T00:01:00Z", boot_id=BOOT, monotonic_ms=60_000)
        writer.hand_over(new, moment)
        writer.append([start(100, 60)])
        whole = cosign(tmp_path / "log", new.key, key, there.url)
    assert open_checkpoint(whole, new.key, [key])[0].size == writer.size


def test_cosign__log_set_back_or_rewritten__not_signed(tmp_path: Path) -> None:
    """Whoever shows a witness another history gets no signature, and is told why."""
    writer = written(tmp_path / "log", story(6))
    written(tmp_path / "shorter", story(2))
    written(tmp_path / "forged", [opening(), *(start(number) for number in range(40))])
    with served(tmp_path / "witness") as there:
        key = there.witness.signer.key
        cosign(tmp_path / "log", LOG.key, key, there.url)
        with pytest.raises(WitnessError, match="longer log"):
            cosign(tmp_path / "shorter", LOG.key, key, there.url)
        with pytest.raises(WitnessError, match="422"):
            cosign(tmp_path / "forged", LOG.key, key, there.url)
        writer.append([start(50)])
        cosign(tmp_path / "log", LOG.key, key, there.url)


def test_cosign__nobody_there_or_another_signs__refused(tmp_path: Path) -> None:
    """An answer counts only with the signature of the witness that was meant."""
    written(tmp_path / "log", story(3))
    with served(tmp_path / "witness") as there:
        with pytest.raises(WitnessError, match="not its signature"):
            cosign(tmp_path / "log", LOG.key, witness_signer(3).key, there.url)
        gone = there.url
    assert not (tmp_path / "log" / FOLDER).exists()
    key = witness_signer().key
    with pytest.raises(WitnessError, match="cannot be reached"):
        cosign(tmp_path / "log", LOG.key, key, gone)
    with pytest.raises(WitnessError, match="not http"):
        cosign(tmp_path / "log", LOG.key, key, "file:///etc/passwd")


@pytest.mark.parametrize("fault", FAULTS)
def test_witness__fault_at_any_call__never_two_histories(tmp_path: Path, fault: Fault) -> None:
    """What left the witness it knows after any crash: it cannot be made to sign a fork."""
    honest, forged = of_size(1, b"a" * 32), of_size(1, b"b" * 32)
    step, hit = 0, True
    while hit:
        folder = tmp_path / f"run-{step}"
        new_witness(folder, NAME)
        witness = Witness(folder, NAME, [LOG.key])
        wish = Request(old_size=0, proof=(), checkpoint=honest.signed(LOG)).text()
        left = None
        with fault.injected(step) as injection, contextlib.suppress(OSError, PowerCutError):
            left = witness.answer(wish, NOW_S)
        again = Witness(folder, NAME, [LOG.key])
        other = Request(old_size=0, proof=(), checkpoint=forged.signed(LOG)).text()
        said = again.answer(other, NOW_S)
        assert left is None or said.status is Status.CONFLICT
        step, hit = step + 1, injection.hit
    assert step > 5


def test_new_witness__key__as_handed_around(tmp_path: Path) -> None:
    """Its public key is a cosigner's; a second one is not made in its place."""
    key = new_witness(tmp_path / "witness", NAME)
    assert parse_key(key.text()) == key
    assert key.algorithm is Algorithm.COSIGNATURE
    assert (tmp_path / "witness/witness-key.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyStoreError):
        new_witness(tmp_path / "witness", NAME)


def test_server__too_long_or_elsewhere__refused_unread(tmp_path: Path) -> None:
    """A body beyond all limits is not even read; another path is nobody's."""
    import urllib.error
    import urllib.request

    with served(tmp_path / "witness") as there:
        for path, length, code in (("add-checkpoint", 1 << 30, 400), ("other", 2, 404)):
            headers = {"Content-Length": str(length)}
            request = urllib.request.Request(there.url + path, b"xx", headers)  # noqa: S310
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)  # noqa: S310
            assert refused.value.code == code
            refused.value.close()


def test_log_writer__witnessed_folder_beside__does_not_mind(tmp_path: Path) -> None:
    """The writer and the auditor look at their own files only."""
    written(tmp_path / "log", story(3))
    (tmp_path / "log" / FOLDER).mkdir()
    LogWriter(tmp_path / "log", LOG).append([start(9)])


def test_commands__new_serve_cosign__as_typed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A witness in a process of its own signs for a log; the auditor takes what it signed."""
    writer = written(tmp_path / "log", story(3))
    (tmp_path / "log.vkey").write_text(LOG.key.text(), "ascii")
    assert main(["witness", "new", str(tmp_path / "w"), "--name", NAME]) == ExitCode.ERASED
    (tmp_path / "w.vkey").write_text(capsys.readouterr().out, "ascii")
    words: list[str | Path] = [sys.executable, "-m", "certs", "witness", "serve"]
    words += [tmp_path / "w", "--name", NAME]
    words += ["--log", tmp_path / "log.vkey", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            url = serving.stdout.readline().strip()
            ask = ["log", "cosign", str(tmp_path / "log"), "--key", str(tmp_path / "log.vkey")]
            ask += ["--witness", str(tmp_path / "w.vkey"), "--url"]
            assert main([*ask, url]) == ExitCode.ERASED
            assert main([*ask, "http://127.0.0.1:1"]) == ExitCode.INCONCLUSIVE
        finally:
            serving.send_signal(signal.SIGINT)
            try:
                assert serving.wait(10) == 0
            finally:
                serving.kill()
    (kept,) = (tmp_path / "log" / FOLDER).iterdir()
    writer.append([start(9)])
    asked = ["log", "verify", str(tmp_path / "log"), "--key", str(tmp_path / "log.vkey")]
    assert main([*asked, "--checkpoint", str(kept)]) == ExitCode.ERASED


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("witness", "serve", "{}/none", "--name", NAME, "--log", "{}/log.vkey"), 6),
        (("witness", "serve", "{}/w", "--name", NAME, "--log", "{}/none"), 2),
        (("witness", "serve", "{}/w", "--name", NAME, "--log", "{}/log.vkey", "--listen", "x"), 2),
        (("witness", "new", "{}/w", "--name", NAME), 6),
        (("witness", "new", "{}/v", "--name", "two words"), 6),
    ],
)
def test_commands__wrong__said(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    """No traceback, but what is wrong."""
    new_witness(tmp_path / "w", NAME)
    (tmp_path / "log.vkey").write_text(LOG.key.text(), "ascii")
    assert main([word.replace("{}", str(tmp_path)) for word in words]) == code
