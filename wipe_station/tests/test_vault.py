"""Sealed files: who reads the disk reads nothing, and nothing passes that was not written so."""

import os
from pathlib import Path

import pytest

from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from wipe_station.errors import EvidenceError, StationError
from wipe_station.vault import FOLDER, KEY_BYTES, KEY_FOLDER, KEY_NAME, NONCE_BYTES, Vault

SECRET = b"Zhang San lives here"


def sealed(state: Path, name: str = "a") -> Path:
    """Return where a file lies."""
    return state / FOLDER / f"{name}.sealed"


def test_vault__written__read_again_and_unreadable_on_the_disk(tmp_path: Path) -> None:
    """What comes back is what was sealed; on the disk it is noise, and its owner's alone."""
    Vault(tmp_path).write("a", SECRET)
    assert Vault(tmp_path).read("a") == SECRET
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert b"Zhang" not in file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o700}


def test_vault__same_text_again__another_nonce_each_time(tmp_path: Path) -> None:
    """No nonce comes twice, and so equal texts do not look equal."""
    vault, seen = Vault(tmp_path), set()
    for _ in range(100):
        vault.write("a", SECRET)
        data = sealed(tmp_path).read_bytes()
        seen.add(data.partition(b"\n")[2][:NONCE_BYTES])
    assert len(seen) == 100


def test_vault__any_byte_changed__refused(tmp_path: Path) -> None:
    """No byte of a file can be another one."""
    vault = Vault(tmp_path)
    vault.write("a", SECRET)
    good = sealed(tmp_path).read_bytes()
    for at in range(len(good)):
        sealed(tmp_path).write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(EvidenceError):
            vault.read("a")
    for end in range(len(good)):
        sealed(tmp_path).write_bytes(good[:end])
        with pytest.raises(EvidenceError):
            vault.read("a")


def test_vault__file_of_another_name__refused(tmp_path: Path) -> None:
    """One ticket's file does not pass as another's: its name is bound to it."""
    vault = Vault(tmp_path)
    vault.write("a", SECRET)
    sealed(tmp_path).rename(sealed(tmp_path, "b"))
    assert list(vault.names()) == ["b"]
    with pytest.raises(EvidenceError, match="does not open"):
        vault.read("b")


def test_vault__another_key__refused(tmp_path: Path) -> None:
    """Without the station's own key a copied folder stays shut."""
    Vault(tmp_path).write("a", SECRET)
    (tmp_path / KEY_FOLDER / KEY_NAME).write_bytes(bytes(KEY_BYTES))
    with pytest.raises(EvidenceError, match="does not open"):
        Vault(tmp_path).read("a")


def test_vault__key_lost_beside_tickets__no_new_one_is_made(tmp_path: Path) -> None:
    """A station that lost its key says so; it does not go on with tickets that it cannot read."""
    Vault(tmp_path).write("a", SECRET)
    (tmp_path / KEY_FOLDER / KEY_NAME).unlink()
    for use in (lambda: Vault(tmp_path).read("a"), lambda: Vault(tmp_path).write("b", SECRET)):
        with pytest.raises(EvidenceError, match="cannot be opened"):
            use()
    assert not (tmp_path / KEY_FOLDER / KEY_NAME).exists()


@pytest.mark.parametrize("spoil", ["mode", "owner", "short", "long"])
def test_vault__key_open_to_others_or_of_a_wrong_size__refused(
    tmp_path: Path, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that others can read, that is another's, or that is none, opens nothing."""
    Vault(tmp_path).write("a", SECRET)
    key = tmp_path / KEY_FOLDER / KEY_NAME
    if spoil == "mode":
        key.chmod(0o640)
    elif spoil == "owner":
        monkeypatch.setattr(os, "geteuid", lambda: 64230)
    else:
        key.write_bytes(bytes(KEY_BYTES - 1 if spoil == "short" else KEY_BYTES + 1))
    with pytest.raises(EvidenceError):
        Vault(tmp_path).read("a")


def test_vault__removed__gone_and_gone_again(tmp_path: Path) -> None:
    """To remove what is not there is no fault."""
    vault = Vault(tmp_path)
    vault.write("a", SECRET)
    vault.remove("a")
    vault.remove("a")
    assert (vault.holds("a"), list(vault.names())) == (False, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_vault__fault_at_any_call__old_text_or_new_one(tmp_path: Path, fault: Fault) -> None:
    """Whatever fails, from the making of the key on: never half a file, and a repetition works."""
    step, hit = 0, True
    while hit:
        state = tmp_path / f"run-{step}"
        state.mkdir()
        with fault.injected(step) as injection:
            try:
                Vault(state).write("a", b"old")
                Vault(state).write("a", b"new")
            except (StationError, OSError, PowerCutError):
                assert injection.hit
        again = Vault(state)
        if again.holds("a"):
            assert again.read("a") in {b"old", b"new"}
        again.write("a", b"newest")
        assert Vault(state).read("a") == b"newest"
        step, hit = step + 1, injection.hit
    assert step > 12
