"""Practice keys: made whole, kept private, recognisable."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.chain import check_validity, read_chain, verify_signature
from certs.der import check_signature_encoding
from certs.errors import KeyStoreError
from certs.keys import KEY_NAME, ROOT_NAME, PracticeKeys, ensure_practice_keys, load_file_signer
from certs.layout import CHAIN_NAME
from certs.tests.samples import NOW, PRODUCTION_CHAIN, names_in, private_key
from certs.tests.test_durable import FAULTS, Fault, PowerCutError


@pytest.fixture
def keys(tmp_path: Path) -> PracticeKeys:
    """Practice keys in a new folder."""
    return ensure_practice_keys(tmp_path / "keys", NOW)


def test_practice_keys__made__sign_and_lead_to_their_root(keys: PracticeKeys) -> None:
    """The keys sign canonically, under a practice root, from a day ago for ten years."""
    chain = read_chain(keys.signer.certificate_chain_pem, keys.root_pem)
    signature = keys.signer.sign(b"data")
    check_signature_encoding(signature)
    verify_signature(chain, signature, b"data")
    for moment in (NOW - timedelta(days=1), NOW, NOW + timedelta(days=3648)):
        check_validity(chain, moment)
    assert (chain.practice, chain.root_known) == (True, True)
    assert keys.signer.practice
    assert keys.signer.key_id == chain.key_id
    assert keys.root_path.read_bytes() == keys.root_pem


def test_practice_keys__certificates__say_what_they_are_for(keys: PracticeKeys) -> None:
    """The leaf signs documents only, names its issuer's key, and has no extended key usage."""
    leaf = x509.load_pem_x509_certificate(keys.signer.certificate_chain_pem)
    root = x509.load_pem_x509_certificate(keys.root_pem)
    issuer_key = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    root_key = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert issuer_key.key_identifier == root_key.digest
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.digital_signature) == (True, True)
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)


def test_practice_keys__second_start__same_keys(keys: PracticeKeys) -> None:
    """A later start loads what the first one made."""
    again = ensure_practice_keys(keys.root_path.parent, datetime.now(UTC))
    assert (again.root_pem, again.signer.key_id) == (keys.root_pem, keys.signer.key_id)


def test_practice_keys__on_disk__one_private_key_for_its_owner_only(keys: PracticeKeys) -> None:
    """Only the station's key is kept, readable by its owner alone, and never printed."""
    folder = keys.root_path.parent
    assert names_in(folder) == [ROOT_NAME, KEY_NAME, CHAIN_NAME]
    assert stat.S_IMODE((folder / KEY_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    private = [path for path in folder.iterdir() if b"PRIVATE" in path.read_bytes()]
    assert private == [folder / KEY_NAME]
    assert "private_key" not in repr(keys.signer)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
def test_load__key_open_to_others__refused(keys: PracticeKeys, mode: int) -> None:
    """A key file that group or world can touch is not used."""
    (keys.root_path.parent / KEY_NAME).chmod(mode)
    with pytest.raises(KeyStoreError, match="open to others"):
        ensure_practice_keys(keys.root_path.parent, NOW)


def test_load__key_of_another_user__refused(
    keys: PracticeKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key file that another user owns is not used."""
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(KeyStoreError, match="another user"):
        ensure_practice_keys(keys.root_path.parent, NOW)


def test_load__symbolic_link__refused(keys: PracticeKeys) -> None:
    """A key file is never followed elsewhere."""
    path = keys.root_path.parent / KEY_NAME
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    with pytest.raises(KeyStoreError, match="cannot be opened"):
        ensure_practice_keys(keys.root_path.parent, NOW)


@pytest.mark.parametrize("name", [ROOT_NAME, KEY_NAME, CHAIN_NAME])
def test_load__file_missing_or_damaged__refused_and_not_remade(
    keys: PracticeKeys, name: str
) -> None:
    """Damaged keys stop the line; they are never silently replaced."""
    path = keys.root_path.parent / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(KeyStoreError):
        ensure_practice_keys(keys.root_path.parent, NOW)
    path.unlink()
    with pytest.raises(KeyStoreError):
        ensure_practice_keys(keys.root_path.parent, NOW)
    assert not path.exists()


def test_load__key_of_another_certificate__refused(keys: PracticeKeys) -> None:
    """A key and a certificate that do not belong together are not used."""
    folder = keys.root_path.parent
    (folder / CHAIN_NAME).write_bytes(PRODUCTION_CHAIN)
    with pytest.raises(KeyStoreError, match="does not belong"):
        load_file_signer(folder / KEY_NAME, folder / CHAIN_NAME)


def test_load__key_on_another_curve__refused(keys: PracticeKeys) -> None:
    """Only P-256 signs."""
    folder = keys.root_path.parent
    other = private_key("p384", ec.SECP384R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / KEY_NAME).write_bytes(pem)
    with pytest.raises(KeyStoreError, match="P-256"):
        load_file_signer(folder / KEY_NAME, folder / CHAIN_NAME)


@pytest.mark.parametrize("fault", FAULTS)
def test_practice_keys__fault_at_any_call__whole_or_absent(tmp_path: Path, fault: Fault) -> None:
    """Whatever fails while keys are made, the next start finds all of them or none."""
    step = 0
    while True:
        folder = tmp_path / str(step) / "keys"
        folder.parent.mkdir()
        with fault.injected(step) as injection:
            try:
                ensure_practice_keys(folder, NOW)
            except (OSError, KeyStoreError, PowerCutError):
                assert injection.hit
        assert not folder.exists() or len(names_in(folder)) == 3
        ensure_practice_keys(folder, NOW)
        assert names_in(folder.parent) == ["keys"]
        if not injection.hit:
            break
        step += 1
    assert step > 10
