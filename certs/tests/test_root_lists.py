"""The lists of revoked keys that a root signs: kept, numbered, published, never taken back."""

import os
from pathlib import Path

import pytest

from certs.errors import KeyRequestError, KeyStoreError
from certs.root_keys import (
    LISTS_FOLDER,
    ROOT_NAME,
    OpenRoot,
    latest_list,
    publish,
    require_replaceable,
    revoke,
    signature_path,
)
from certs.tests.keys_samples import (
    opened_root,
    root_in,
)
from certs.tests.log_samples import DIGEST
from certs.tests.revocation_samples import ISSUED_AT, entry, other_entry
from certs.tests.samples import PRODUCTION_SIGNER, ROOT, names_in
from certs.tests.test_durable import FAULTS, Fault, PowerCutError
from certs.tests.test_root_keys import openssl


@pytest.fixture
def root_folder(tmp_path: Path) -> Path:
    """Return a new root's folder."""
    return root_in(tmp_path)


@pytest.fixture(scope="module")
def root() -> OpenRoot:
    """Return that root, opened."""
    return opened_root()


def test_revoke__twice__versions_grow_and_nothing_is_taken_back(
    root_folder: Path, root: OpenRoot
) -> None:
    """Each list holds all entries so far; an entry can be tightened, never loosened."""
    assert latest_list(root_folder) is None
    revoke(root_folder, root, entry(size=9), ISSUED_AT)
    revoke(root_folder, root, other_entry(), ISSUED_AT)
    revoke(root_folder, root, entry(size=6), ISSUED_AT)
    for loose in (entry(size=6), entry(size=7)):
        with pytest.raises(KeyRequestError):
            revoke(root_folder, root, loose, ISSUED_AT)
    revoke(root_folder, root, entry(), ISSUED_AT)
    with pytest.raises(KeyRequestError):
        revoke(root_folder, root, entry(size=1), ISSUED_AT)
    latest = latest_list(root_folder)
    assert latest is not None
    assert latest[1].version == 4
    assert latest[1].entries.keys() == {DIGEST, PRODUCTION_SIGNER.key_id}
    assert latest[1].entries[PRODUCTION_SIGNER.key_id].trusted_size is None
    assert names_in(root_folder / LISTS_FOLDER) == ["1", "2", "3", "4"]


def test_revoke__list_signed__openssl_agrees(
    tmp_path: Path, root_folder: Path, root: OpenRoot
) -> None:
    """A stranger checks the list with openssl alone."""
    path = tmp_path / "revoked.json"
    publish(path, revoke(root_folder, root, entry(), ISSUED_AT))
    key = openssl("x509", "-in", root_folder / ROOT_NAME, "-noout", "-pubkey").stdout
    (tmp_path / "root.pub").write_text(key, "ascii")
    words = ("dgst", "-sha256", "-verify", tmp_path / "root.pub")
    assert openssl(*words, "-signature", signature_path(path), path).returncode == 0
    path.write_bytes(path.read_bytes().replace(b"stolen", b"missed"))
    assert openssl(*words, "-signature", signature_path(path), path).returncode != 0


def test_latest_list__altered_or_renumbered__refused(root_folder: Path, root: OpenRoot) -> None:
    """A list in the root's folder that it did not sign, or under another number, is no start."""
    revoke(root_folder, root, entry(), ISSUED_AT)
    (root_folder / LISTS_FOLDER / "1").rename(root_folder / LISTS_FOLDER / "2")
    with pytest.raises(KeyStoreError):
        latest_list(root_folder)
    path = root_folder / LISTS_FOLDER / "2" / "revoked.json"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    with pytest.raises(KeyStoreError):
        revoke(root_folder, root, other_entry(), ISSUED_AT)


def test_replaceable__something_else_or_a_later_list__left(
    tmp_path: Path, root_folder: Path, root: OpenRoot
) -> None:
    """A root restored from an old copy cannot number a list twice; no other file is lost."""
    path = tmp_path / "revoked.json"
    require_replaceable(path, root_folder)
    with pytest.raises(KeyRequestError):
        require_replaceable(tmp_path / "revoked.sig", root_folder)
    path.write_bytes(b"my diary")
    with pytest.raises(KeyRequestError):
        require_replaceable(path, root_folder)
    publish(path, revoke(root_folder, root, entry(), ISSUED_AT))
    require_replaceable(path, root_folder)
    (tmp_path / "copy").mkdir()
    old_copy = root_in(tmp_path / "copy")
    with pytest.raises(KeyStoreError, match="old backup"):
        require_replaceable(path, old_copy)
    (old_copy / ROOT_NAME).write_bytes(ROOT.pem)
    with pytest.raises(KeyRequestError):
        require_replaceable(path, old_copy)


@pytest.mark.parametrize("fault", FAULTS)
def test_revoke__fault_at_any_call__list_before_or_this_one(
    tmp_path: Path, fault: Fault, root: OpenRoot
) -> None:
    """Whatever fails, the folder's latest list is whole, and the next has the next number."""
    step, hit = 0, True
    while hit:
        (tmp_path / f"run-{step}").mkdir()
        folder = root_in(tmp_path / f"run-{step}")
        revoke(folder, root, other_entry(), ISSUED_AT)
        with fault.injected(step) as injection:
            try:
                revoke(folder, root, entry(), ISSUED_AT)
            except (OSError, KeyStoreError, PowerCutError):
                assert injection.hit
        latest = latest_list(folder)
        assert latest is not None
        if latest[1].version == 1:
            revoke(folder, root, entry(), ISSUED_AT)
        latest = latest_list(folder)
        assert latest is not None
        assert (latest[1].version, len(latest[1].entries)) == (2, 2)
        step, hit = step + 1, injection.hit
    assert step > 10


@pytest.mark.parametrize("fault", FAULTS)
def test_publish__fault_at_any_call__repeated_it_is_whole(
    tmp_path: Path, fault: Fault, root_folder: Path, root: OpenRoot
) -> None:
    """A list that was half published can be published again; nothing locks anybody out."""
    first = revoke(root_folder, root, other_entry(), ISSUED_AT)
    second = revoke(root_folder, root, entry(), ISSUED_AT)
    path = tmp_path / "revoked.json"
    step, hit = 0, True
    while hit:
        publish(path, first)
        with fault.injected(step) as injection:
            try:
                publish(path, second)
            except (OSError, PowerCutError):
                assert injection.hit
        assert path.read_bytes() in {first.document, second.document}
        require_replaceable(path, root_folder)
        publish(path, second)
        assert path.read_bytes() == second.document
        assert signature_path(path).read_bytes() == second.signature
        step, hit = step + 1, injection.hit
    assert step > 8
    assert os.listdir(tmp_path).count("revoked.json") == 1
