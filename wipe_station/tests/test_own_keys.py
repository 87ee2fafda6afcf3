"""A station under an organisation's root: what its own key signs, and when it does not."""

import contextlib
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certs.bundle import read_bundle
from certs.errors import CertificateError, KeyStoreError, Layer, TokenError
from certs.formats.fields import parse_time
from certs.keys import KEY_NAME, ensure_practice_keys
from certs.log.checkpoint import parse_checkpoint
from certs.log.entry import EntryKind
from certs.log.folder import read_log_file
from certs.station_keys import (
    KeyRequest,
    install,
    installed_chain,
    pending_request,
    renew_key,
    request_key,
)
from certs.tests.keys_samples import STATION, issued, opened_root
from certs.tests.samples import NOW, names_in
from certs.tests.token_samples import SoftToken, signer_of, token
from certs.text import Text
from certs.verdict import Status, Verdict
from certs.verify import verify
from wipe_station.detect.classify import classify
from wipe_station.doctor import examine
from wipe_station.errors import DeviceGoneError, EvidenceError, RefusedByPolicyError
from wipe_station.issuer import OWN_FOLDER, Issuer, JobEnd, PdfMaker, load_own
from wipe_station.methods import all_methods
from wipe_station.plan import make_plan
from wipe_station.station import Station
from wipe_station.station_log import StationLog
from wipe_station.testing import FakeClock, raw_disk, raw_snapshot
from wipe_station.tests.jobs import JOB_ID, Step, whole_job, write
from wipe_station.write_guard import WriteGuard

__all__ = ["token"]
GONE = Text(zh="没了。", en="Gone.")
CLAIM = {"category": "clear", "edition": "NIST SP 800-88 Rev. 2", "reason": "all of it"}


@pytest.fixture(autouse=True)
def _no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PdfMaker, "add", lambda _, bundle: bundle)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state directory with practice keys and a request for the station's own."""
    for name in ("keys", "bundles", OWN_FOLDER):
        (tmp_path / name).mkdir()
    ensure_practice_keys(tmp_path / "keys", NOW)
    request_key(tmp_path / OWN_FOLDER / "keys", STATION)
    return tmp_path


def installed(state: Path, days: int = 400) -> None:
    """Have the waiting request's certificate issued and installed."""
    folder = state / OWN_FOLDER / "keys"
    waiting = pending_request(folder)
    assert isinstance(waiting, KeyRequest)
    install(folder, issued(waiting, days), opened_root().pem, NOW)


def issuer_of(state: Path, days_later: int = 0) -> Issuer:
    """Return the signer as the station builds it."""
    clock = FakeClock(NOW + timedelta(days=days_later))
    practice = ensure_practice_keys(state / "keys", NOW).signer
    log = StationLog(state, clock, practice.key_id)
    own = load_own(state / OWN_FOLDER, clock)
    return Issuer(state / "bundles", practice, log, clock, own)


def production_job() -> list[Step]:
    """Return the records of a job that was planned to claim something."""
    (kind, opening), *rest = whole_job()
    plan = opening["plan"] | {"practice": False, "claim": CLAIM}
    return [(kind, opening | {"plan": plan}), *rest]


def checked(end: JobEnd, root_pem: bytes, *, allow_practice: bool) -> Verdict:
    """Verify a bundle as a stranger."""
    now = parse_time(end.statement["issued_at"])
    bundle = read_bundle(end.bundle)
    return verify(bundle, root_pem=root_pem, allow_practice=allow_practice, now=now)


def origin_of(folder: Path) -> str:
    """Return the name in a log's checkpoint."""
    return parse_checkpoint(read_log_file(folder / "log", "checkpoint")).origin


def test_sign__own_key_installed__document_under_the_organisations_root(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that is no practice is signed by the station's own key and stands in its log."""
    monkeypatch.undo()  # with its page, this once
    installed(state)
    end = issuer_of(state).sign(write(state, production_job()))
    verdict = checked(end, opened_root().pem, allow_practice=False)
    assert verdict.status is Status.ERASED
    assert {Layer.LOG, Layer.PDF} <= set(verdict.steps)
    assert end.statement["log_origin"] == origin_of(state / OWN_FOLDER)
    assert end.statement["log_origin"].startswith("station-")
    assert "The issuer claims: Clear" in "\n".join(line.en for line in verdict.lines)


def test_sign__key_in_a_token_that_is_away_for_a_while__one_document(
    token: SoftToken, tmp_path: Path
) -> None:
    """Without its token nothing is signed and no job begins; back, the job gets its document."""
    for name in ("keys", "bundles", OWN_FOLDER):
        (tmp_path / name).mkdir()
    request_key(tmp_path / OWN_FOLDER / "keys", STATION, token.place)
    installed(tmp_path)
    own = load_own(tmp_path / OWN_FOLDER, FakeClock(NOW))
    assert own is not None
    own.require_ready(NOW)
    practice = ensure_practice_keys(tmp_path / "keys", NOW).signer
    log = StationLog(tmp_path, FakeClock(NOW), practice.key_id)
    issuer = Issuer(tmp_path / "bundles", practice, log, FakeClock(NOW), own)
    journal = write(tmp_path, production_job())
    with closing(signer_of(own.keys)):
        signer_of(own.keys).close()  # what is open may outlive the token
        token.take_out()
        with pytest.raises(EvidenceError, match="the token is not there"):
            own.require_ready(NOW)
        with pytest.raises(TokenError, match="the token is not there"):
            issuer.sign(journal)
        assert names_in(tmp_path / "bundles") == []
        token.put_back()
        end = issuer.sign(journal)
    assert checked(end, opened_root().pem, allow_practice=False).status is Status.ERASED


def test_sign__practice_job_beside_an_own_key__stays_practice(state: Path) -> None:
    """What was planned as practice is signed by the practice key, in the practice log."""
    installed(state)
    end = issuer_of(state).sign(write(state, whole_job()))
    practice_root = ensure_practice_keys(state / "keys", NOW).root_pem
    assert checked(end, practice_root, allow_practice=True).status is Status.ERASED
    assert end.statement["log_origin"] == origin_of(state)
    assert end.statement["log_origin"].startswith("practice-")
    with pytest.raises(CertificateError):
        checked(end, opened_root().pem, allow_practice=True)


def test_sign__request_waits_or_key_gone__production_never_by_practice_keys(state: Path) -> None:
    """Without an installed certificate nothing but practice is signed."""
    journal = write(state, production_job())
    with pytest.raises(EvidenceError, match="practice key"):
        issuer_of(state).sign(journal)
    assert names_in(state / "bundles") == []


def test_sign__certificate_over__nothing_until_it_is_renewed(state: Path) -> None:
    """Signing stops with the certificate; after the renewal the same job gets its document."""
    installed(state, days=9)
    journal = write(state, production_job())
    with pytest.raises(EvidenceError, match="not valid now") as refused:
        issuer_of(state, days_later=10).sign(journal)
    assert "wipe-cert keys renew" in refused.value.hint.en
    assert names_in(state / "bundles") == []
    origin = origin_of(state / OWN_FOLDER)
    renew_key(state / OWN_FOLDER / "keys")
    installed(state)
    end = issuer_of(state, days_later=11).sign(journal)
    checked(end, opened_root().pem, allow_practice=False)
    assert end.statement["log_origin"] == origin_of(state / OWN_FOLDER) == origin


def test_sign__key_renewed_between_log_and_bundle__one_document(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after the log's entry and renewed: the document is the new key's, and is accepted."""
    installed(state)
    journal = write(state, production_job())

    class CutError(Exception):
        pass

    def cut(_self: PdfMaker, _bundle: object) -> object:
        raise CutError

    with monkeypatch.context() as patch, contextlib.suppress(CutError):
        patch.setattr(PdfMaker, "add", cut)
        issuer_of(state).sign(journal)
    assert names_in(state / "bundles") == []
    renew_key(state / OWN_FOLDER / "keys")
    installed(state)
    end = issuer_of(state, days_later=1).sign(journal)
    checked(end, opened_root().pem, allow_practice=False)
    assert len(names_in(state / "bundles")) == 1


def station_of(state: Path, days_later: int = 0) -> Station:
    """Return the whole station over a state directory."""
    clock = FakeClock(NOW + timedelta(days=days_later))
    guard = WriteGuard(clock)
    return Station(state, clock, guard=guard, require_self_test=lambda: None)


def test_station__own_key_open_to_others__does_not_start(state: Path) -> None:
    """A key that cannot be trusted stops the line; practice does not step in."""
    installed(state)
    assert station_of(state).log.key.name.startswith("station-")
    (state / OWN_FOLDER / "keys" / "1" / KEY_NAME).chmod(0o644)
    with pytest.raises(KeyStoreError):
        station_of(state)


def test_station__without_own_key__practice_as_before(state: Path) -> None:
    """A request that waits changes nothing."""
    assert station_of(state).log.key.name.startswith("practice-")
    assert not (state / OWN_FOLDER / "log").exists()


def test_start__certificate_over__refused_before_the_device_is_opened(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job whose document nobody could sign does not begin."""
    installed(state, days=9)
    device = classify(raw_snapshot({"sdzz": raw_disk()})).devices[0]
    plan = make_plan(device, None, all_methods()["random"], practice_keys=False)
    opened: list[str] = []

    def seen(node: str, _flags: int) -> int:
        opened.append(node)
        raise DeviceGoneError(GONE, hint=GONE)

    monkeypatch.setattr("wipe_station.station.open_block", seen)
    with pytest.raises(EvidenceError, match="not valid now"):
        station_of(state, days_later=10).start(plan, job_id=JOB_ID, confirmed={})
    assert opened == []
    for each, days_later in ((plan, 8), (replace(plan, practice=True), 10)):
        with pytest.raises(RefusedByPolicyError):
            station_of(state, days_later=days_later).start(each, job_id=JOB_ID, confirmed={})
    assert opened == [device.node] * 2


@pytest.mark.parametrize(
    ("days_later", "zh", "en"),
    [
        (0, None, None),
        (369, None, None),
        (370, "还有 29 天", "ends in 29 days"),
        (399, "还有 0 天", "ends in 0 days"),
        (401, "到期了", "ended on"),
        (-2, "校准时钟", "Set the clock right"),
    ],
)
def test_notices__month_before_the_end__what_to_do_in_both_languages(
    state: Path, days_later: int, zh: str | None, en: str | None
) -> None:
    """The counter's page says a month ahead that the key must be renewed, then that it is over."""
    installed(state, days=400)
    notices = station_of(state, days_later).notices()
    assert len(notices) == (zh is not None)
    for notice in notices:
        assert zh is not None
        assert en is not None
        assert zh in notice.zh
        assert en in notice.en


def test_notices__practice_alone__nothing(state: Path) -> None:
    """A station without a certificate of its own has none to renew."""
    assert station_of(state).notices() == ()


@pytest.mark.parametrize(("days_later", "fine"), [(0, True), (370, False), (500, False)])
def test_doctor__station_s_certificate__told_before_it_ends(
    state: Path, days_later: int, fine: bool
) -> None:
    """The doctor looks at the certificate, too, without touching the key."""
    keys = state / OWN_FOLDER / "keys"
    now = NOW + timedelta(days=days_later)
    assert "certificate" not in [each.name for each in examine(keys, now)]
    installed(state)
    (keys / "1" / KEY_NAME).unlink()
    (found,) = (each for each in examine(keys, now) if each.name == "certificate")
    assert found.present is fine
    assert ("wipe-cert keys renew" in found.without_it.en) is not fine


def test_doctor__certificate_damaged__said_and_the_rest_is_told(state: Path) -> None:
    """A certificate that cannot be read does not hide what else is missing."""
    installed(state)
    (state / OWN_FOLDER / "keys" / "1" / "station.pem").write_bytes(b"nonsense")
    found = examine(state / OWN_FOLDER / "keys", NOW)
    assert [each.present for each in found if each.name == "certificate"] == [False]
    assert len(found) > 5


def events_in(state: Path) -> list[tuple[str, str]]:
    """Return what the station's log says of keys."""
    writer = StationLog(state / OWN_FOLDER, FakeClock(LATER), key_of(state), practice=False)._writer
    entries = [writer.entry(at) for at in range(writer.size)]
    return [
        (each.fields["event"], each.fields["key_id"])
        for each in entries
        if each.kind is EntryKind.KEY_EVENT
    ]


LATER = NOW + timedelta(days=1)


def key_of(state: Path) -> str:
    """Return the id of the station's installed key."""
    chain = installed_chain(state / OWN_FOLDER / "keys")
    assert chain is not None
    return chain.key_id


@pytest.mark.parametrize("file", ["written", "old", "missing"])
def test_log__key_renewed__said_once_whatever_was_lost(state: Path, file: str) -> None:
    """Retired and added stand in the log once, at any number of starts and after any crash."""
    installed(state)
    first = key_of(state)
    issuer_of(state)
    assert events_in(state) == []
    known = state / OWN_FOLDER / "log-key" / "station-key-id"
    before = known.read_bytes()
    renew_key(state / OWN_FOLDER / "keys")
    installed(state)
    wanted = [("retired", first), ("added", key_of(state))]
    assert events_in(state) == wanted
    if file == "old":  # the crash came between the entries and the file
        known.write_bytes(before)
    if file == "missing":
        known.unlink()
    for _ in range(2):
        assert events_in(state) == wanted
    assert known.read_text("ascii").strip() == key_of(state)


def test_log__from_before_keys_were_told__first_key_is_known(state: Path) -> None:
    """A log that was begun by an older program names its first key already."""
    installed(state)
    issuer_of(state)
    (state / OWN_FOLDER / "log-key" / "station-key-id").unlink()
    assert events_in(state) == []


def test_log__key_comes_back__told_again(tmp_path: Path) -> None:
    """What the log says last of keys is what is true now, also after there and back again."""
    for number in (1, 2, 1):
        StationLog(tmp_path, FakeClock(NOW), f"{number:064x}", practice=False)
    log = StationLog(tmp_path, FakeClock(LATER), f"{1:064x}", practice=False)
    told = [log.entry(at) for at in range(log.size)]
    added = [each.fields["key_id"][-1] for each in told if each and "event" in each.fields]
    assert added == ["1", "2", "2", "1"]
