"""Witnesses sign what has grown, hold nothing up, and are heard when they refuse."""

from pathlib import Path
from threading import Event, Thread

import pytest

from certs.log.checkpoint import open_checkpoint
from certs.log.cosign import FOLDER, cosign
from certs.log.note import NoteKey
from certs.tests.log_samples import start, story, witness_signer, written
from certs.tests.test_log_witness import LOG, served
from wipe_station import witnessing
from wipe_station.settings import WitnessSetting
from wipe_station.witnessing import Witnessing

SOON_S = 20.0


def witnessed(log: Path, key: NoteKey) -> int:
    """Return the size of the newest checkpoint that carries a witness's signature."""
    (kept,) = (log / FOLDER).iterdir()
    found, signed = open_checkpoint(kept.read_bytes(), LOG.key, [key])
    assert signed, "it was kept, so it is signed"
    return found.size


def test_ask__log_grows__each_growth_is_signed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest checkpoint is signed; a log that stands still asks nobody."""
    log = tmp_path / "log"
    asked: list[str] = []

    def counted(folder: Path, key: NoteKey, witness: NoteKey, url: str) -> bytes:
        asked.append(url)
        return cosign(folder, key, witness, url)

    monkeypatch.setattr(witnessing, "cosign", counted)
    writer = written(log, story(3))
    with served(tmp_path / "witness") as there:
        key = there.witness.signer.key
        made = Witnessing(log, LOG.key, [WitnessSetting(url=there.url, key=key)])
        for grown in (1, 2):
            made.ask()
            made.ask()
            assert (witnessed(log, key), len(asked)) == (writer.size, grown)
            writer.append([start(100 + grown)])
    assert made.notices() == ()


def test_ask__nobody_there__tried_again_and_nobody_alarmed(tmp_path: Path) -> None:
    """A shop without a network works on; the witness signs when it is back."""
    log = tmp_path / "log"
    writer = written(log, story(3))
    with served(tmp_path / "witness") as there:
        key, gone = there.witness.signer.key, there.url
    made = Witnessing(log, LOG.key, [WitnessSetting(url=gone, key=key)])
    made.ask()
    assert made.notices() == ()
    assert not (log / FOLDER).exists()
    with served(tmp_path / "witness") as there:
        back = Witnessing(log, LOG.key, [WitnessSetting(url=there.url, key=key)])
        back.ask()
    assert witnessed(log, key) == writer.size


def test_ask__witness_knows_a_longer_log__manager_hears_of_it(tmp_path: Path) -> None:
    """A log that was set back is what witnesses are for: the screen says so, once for each change.

    The other witness, which never saw the longer one, is asked all the same.
    """
    log, told = tmp_path / "log", []
    written(log, story(3))
    written(tmp_path / "longer", story(9))
    with served(tmp_path / "witness") as there, served(tmp_path / "other") as other:
        settings = [
            WitnessSetting(url=each.url, key=each.witness.signer.key) for each in (there, other)
        ]
        Witnessing(tmp_path / "longer", LOG.key, settings[:1]).ask()
        made = Witnessing(log, LOG.key, settings)
        made.listen(lambda: told.append(made.notices()))
        made.ask()
        made.ask()
    ((notice,),) = told
    assert ("longer log" in notice.en, "更长的日志" in notice.zh) == (True, True)
    assert witnessed(log, other.witness.signer.key)


def test_ask__refused_until_the_log_fits__notice_goes_away(tmp_path: Path) -> None:
    """A witness that signs again has nothing more to say."""
    log = tmp_path / "log"
    written(log, story(3))
    written(tmp_path / "longer", story(9))
    with served(tmp_path / "witness") as there:
        setting = WitnessSetting(url=there.url, key=there.witness.signer.key)
        Witnessing(tmp_path / "longer", LOG.key, [setting]).ask()
        made = Witnessing(log, LOG.key, [setting])
        made.ask()
        assert len(made.notices()) == 1
        written(log, story(9)[len(story(3)) :])
        made.ask()
    assert made.notices() == ()


def test_ask__log_cannot_be_read__logged_and_survived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails, the thread that asks goes on."""
    setting = WitnessSetting(url="http://127.0.0.1:9/", key=witness_signer().key)
    Witnessing(tmp_path / "none", LOG.key, [setting]).ask()
    assert setting.key.name in caplog.text


def test_follow__told_to_stop__asks_first_and_then_ends(tmp_path: Path) -> None:
    """What grew before the end of a day is asked for at the start of the next."""
    log, stopping = tmp_path / "log", Event()
    writer = written(log, story(3))
    with served(tmp_path / "witness") as there:
        key = there.witness.signer.key
        made = Witnessing(log, LOG.key, [WitnessSetting(url=there.url, key=key)])
        stopping.set()
        aside = Thread(target=made.follow, args=(stopping,))
        aside.start()
        aside.join(SOON_S)
    assert (aside.is_alive(), witnessed(log, key)) == (False, writer.size)
