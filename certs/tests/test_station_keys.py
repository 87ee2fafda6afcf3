"""A station's keys: requested, installed, renewed, loaded; never half, never another's."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from certs.bundle import sign_statement
from certs.chain import read_chain, verify_signature
from certs.errors import ExpiredKeyError, KeyRequestError, KeyStoreError
from certs.keys import KEY_NAME, ensure_practice_keys
from certs.layout import CHAIN_NAME
from certs.root_keys import ROOT_NAME
from certs.station_keys import (
    REQUEST_NAME,
    KeyRequest,
    StationKeys,
    install,
    load_station_keys,
    pending_request,
    renew_key,
    request_key,
)
from certs.tests.keys_samples import STATION, asked_in, issued, opened_root
from certs.tests.samples import (
    NOW,
    PRODUCTION_CHAIN,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    names_in,
)
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from certs.verify import verify


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Path, KeyRequest]:
    """Return a station's key folder, with a request."""
    return asked_in(tmp_path)


def installed(folder: Path, request: KeyRequest, days: int = 400) -> StationKeys:
    """Have a request's certificate issued and install it."""
    return install(folder, issued(request, days), opened_root().pem, NOW)


def loaded(folder: Path) -> StationKeys:
    """Return the keys that are there."""
    keys = load_station_keys(folder)
    assert keys is not None
    return keys


def test_request__on_disk__key_is_its_owners_only(asked: tuple[Path, KeyRequest]) -> None:
    """The key lies in a folder and a file that nobody else reads; nothing is in use yet."""
    folder, request = asked
    assert names_in(folder / "1") == sorted([KEY_NAME, REQUEST_NAME])
    assert stat.S_IMODE((folder / "1" / KEY_NAME).stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "1")} == {0o700}
    assert load_station_keys(folder) is None
    assert pending_request(folder) == request
    assert request.name == STATION
    with pytest.raises(KeyRequestError):
        request_key(folder, STATION)


def test_install__certificate__signs_what_strangers_accept(asked: tuple[Path, KeyRequest]) -> None:
    """An installed key signs a document that is no practice and leads to the root."""
    folder, request = asked
    keys = installed(folder, request)
    assert keys.chain == loaded(folder).chain
    assert pending_request(folder) is None
    chain = read_chain(keys.signer.certificate_chain_pem, opened_root().pem)
    verify_signature(chain, keys.signer.sign(b"data"), b"data")
    statement = certificate_statement(PRODUCTION_SIGNER) | {
        "key_id": keys.signer.key_id,
        "issued_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    bundle = sign_statement(statement, keys.signer)
    verify(bundle, root_pem=keys.root_pem, allow_practice=False, now=NOW)


def test_install__certificate_of_another__refused_and_nothing_written(
    asked: tuple[Path, KeyRequest],
) -> None:
    """Another key's, another root's, practice's, or damaged: the folder stays as it was."""
    folder, request = asked
    root = opened_root().pem
    practice = ensure_practice_keys(folder.parent / "practice", NOW)
    for chain_pem, root_pem in (
        (PRODUCTION_CHAIN, ROOT.pem),
        (issued(request), ROOT.pem),
        (issued(request)[:-40], root),
        (practice.signer.certificate_chain_pem, practice.root_pem),
    ):
        with pytest.raises(KeyStoreError):
            install(folder, chain_pem, root_pem, NOW)
    with pytest.raises(ExpiredKeyError):
        install(folder, issued(request, 9), root, NOW + timedelta(days=10))
    assert names_in(folder / "1") == sorted([KEY_NAME, REQUEST_NAME])


def test_load__expired_or_clock_behind__nothing_is_signed(asked: tuple[Path, KeyRequest]) -> None:
    """The certificate's time is the key's time."""
    folder, request = asked
    keys = installed(folder, request, days=9)
    keys.require_valid(NOW)
    keys.require_valid(NOW + timedelta(days=9))
    for moment in (NOW + timedelta(days=9, seconds=1), NOW - timedelta(days=2)):
        with pytest.raises(ExpiredKeyError) as refused:
            keys.require_valid(moment)
        assert "wipe-cert keys renew" in refused.value.hint.zh


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_load__key_open_to_others__refused(asked: tuple[Path, KeyRequest], mode: int) -> None:
    """A key that others can touch does not sign."""
    folder, request = asked
    installed(folder, request)
    (folder / "1" / KEY_NAME).chmod(mode)
    with pytest.raises(KeyStoreError, match="open to others"):
        load_station_keys(folder)


def test_load__key_of_another_user__refused(
    asked: tuple[Path, KeyRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that another user owns does not sign."""
    folder, request = asked
    installed(folder, request)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(KeyStoreError, match="another user"):
        load_station_keys(folder)


@pytest.mark.parametrize("name", [KEY_NAME, ROOT_NAME])
def test_load__file_missing__refused(asked: tuple[Path, KeyRequest], name: str) -> None:
    """An installed key with a file missing stops the line."""
    folder, request = asked
    installed(folder, request)
    (folder / "1" / name).unlink()
    with pytest.raises(KeyStoreError):
        load_station_keys(folder)


def test_load__another_root_put_there__refused(asked: tuple[Path, KeyRequest]) -> None:
    """The chain must lead to the root that lies beside it."""
    folder, request = asked
    installed(folder, request)
    (folder / "1" / ROOT_NAME).write_bytes(ROOT.pem)
    with pytest.raises(KeyStoreError):
        load_station_keys(folder)


def test_load__practice_keys_in_its_place__refused(tmp_path: Path) -> None:
    """Practice keys never pass as a station's own."""
    practice = ensure_practice_keys(tmp_path / "practice", NOW)
    (tmp_path / "keys").mkdir()
    practice.root_path.parent.rename(tmp_path / "keys" / "1")
    (tmp_path / "keys" / "1" / practice.root_path.name).rename(tmp_path / "keys" / "1" / ROOT_NAME)
    with pytest.raises(KeyStoreError, match="practice"):
        load_station_keys(tmp_path / "keys")


def test_renew__old_key_serves_until_the_new_one_is_installed(
    asked: tuple[Path, KeyRequest],
) -> None:
    """A renewal is another key under the same name; the old private key goes with its use."""
    folder, request = asked
    with pytest.raises(KeyRequestError):
        renew_key(folder)
    first = installed(folder, request)
    further = renew_key(folder)
    assert (further.name, further.key_id == request.key_id) == (STATION, False)
    assert renew_key(folder) == further == pending_request(folder)
    assert loaded(folder).chain == first.chain
    old = issued(request)
    second = installed(folder, further)
    assert loaded(folder).chain == second.chain
    assert second.chain.key_id == further.key_id
    assert not (folder / "1" / KEY_NAME).exists()
    assert (folder / "1" / CHAIN_NAME).exists()
    with pytest.raises(KeyStoreError, match="no key here"):
        install(folder, old, opened_root().pem, NOW)


def test_renew__expired__still_possible(asked: tuple[Path, KeyRequest]) -> None:
    """A station whose certificate is over can ask for the next one."""
    folder, request = asked
    installed(folder, request, days=1)
    assert renew_key(folder).key_id != request.key_id


def test_install__older_key_left_by_a_crash__never_goes_back(
    asked: tuple[Path, KeyRequest],
) -> None:
    """Where the old key was not deleted yet, its certificate still cannot be installed again."""
    folder, request = asked
    installed(folder, request)
    key = (folder / "1" / KEY_NAME).read_bytes()
    installed(folder, renew_key(folder))
    (folder / "1" / KEY_NAME).write_bytes(key)
    (folder / "1" / KEY_NAME).chmod(0o600)
    with pytest.raises(KeyStoreError, match="no key here"):
        installed(folder, request)


@pytest.mark.parametrize("fault", FAULTS)
def test_request__fault_at_any_call__whole_or_absent(tmp_path: Path, fault: Fault) -> None:
    """Whatever fails while a key is drawn, there is a request that can be installed or none."""
    step, hit = 0, True
    while hit:
        folder = tmp_path / f"run-{step}" / "keys"
        folder.parent.mkdir()
        with fault.injected(step) as injection:
            try:
                request_key(folder, STATION)
            except (OSError, PowerCutError):
                assert injection.hit
        request = pending_request(folder) or request_key(folder, STATION)
        installed(folder, request)
        assert names_in(folder) == ["1"]
        step, hit = step + 1, injection.hit
    assert step > 10


@pytest.mark.parametrize("fault", FAULTS)
def test_install__fault_at_any_call__one_key_in_use(tmp_path: Path, fault: Fault) -> None:
    """Whatever fails while a renewed key is installed, the old one signs or the new one does."""
    step, hit = 0, True
    while hit:
        folder, request = asked_in(_made(tmp_path / f"run-{step}"))
        first = installed(folder, request)
        further = renew_key(folder)
        chain_pem = issued(further)
        with fault.injected(step) as injection:
            try:
                install(folder, chain_pem, opened_root().pem, NOW)
            except (OSError, KeyStoreError, PowerCutError):
                assert injection.hit
        assert loaded(folder).chain.key_id in {first.chain.key_id, further.key_id}
        again = install(folder, chain_pem, opened_root().pem, NOW)
        assert loaded(folder).chain == again.chain
        assert again.chain.key_id == further.key_id
        assert not (folder / "1" / KEY_NAME).exists()
        step, hit = step + 1, injection.hit
    assert step > 12


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
