"""A station's key in a token (softhsm2): made there, used from there, and named on disk."""

import contextlib
import errno
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from certs import station_keys
from certs.bundle import read_bundle, write_bundle
from certs.canonical import decode, encode
from certs.chain import verify_signature
from certs.der import check_signature_encoding
from certs.durable import write_folder
from certs.errors import KeyRequestError, KeyStoreError, Layer
from certs.issuing import parse_request, read_request
from certs.layout import CHAIN_NAME
from certs.openssl import verification_commands
from certs.pdf.make import add_pdf
from certs.signers.reference import (
    REFERENCE_NAME,
    PinSource,
    TokenPlace,
    TokenReference,
    parse_reference,
)
from certs.station_keys import (
    REQUEST_NAME,
    StationKeys,
    install,
    load_station_keys,
    pending_request,
    renew_key,
    request_key,
)
from certs.tests.keys_samples import STATION, issued, opened_root
from certs.tests.samples import (
    NOW,
    PRODUCTION_SIGNER,
    ROOT,
    Subject,
    certificate_statement,
    issue,
    names_in,
)
from certs.tests.test_pdf_tools import TRUSTED, VALID, Desk
from certs.tests.token_samples import (
    LABEL,
    NO_SERIAL,
    PIN,
    PRIVATE_KEYS,
    SoftToken,
    folder,
    installed,
    keys,
    loaded,
    signer_of,
    token,
)
from certs.verdict import Status
from certs.verify import verify

__all__ = ["folder", "keys", "token"]


def test_request__in_a_token__no_key_on_disk(token: SoftToken, folder: Path) -> None:
    """The folder holds a request and a reference for its owner alone; the PIN stands nowhere."""
    request = request_key(folder, STATION, token.place)
    assert names_in(folder / "1") == sorted([REFERENCE_NAME, REQUEST_NAME])
    path = folder / "1" / REFERENCE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PIN.encode() not in path.read_bytes()
    reference = parse_reference(path.read_bytes())
    assert (reference.place, reference.public_key_sha256) == (token.place, request.key_id)
    assert pending_request(folder) == request
    assert load_station_keys(folder) is None


def test_request__the_key__cannot_leave_the_token(token: SoftToken, folder: Path) -> None:
    """Another program that has the PIN is told that the key is sensitive and was made there."""
    request_key(folder, STATION, token.place)
    said = token.look(
        "(key,) = session.get_objects({A.CLASS: 3})\n"
        "said = [bool(key[a]) for a in (A.SENSITIVE, A.NEVER_EXTRACTABLE, A.LOCAL)]\n"
        "try:\n"
        "    key[A.VALUE]\n"
        "except pkcs11.AttributeSensitive:\n"
        "    said.append(True)\n"
        "print(json.dumps(said))"
    )
    assert said == [True, True, True, True]


def test_sign__many_times__canonical_and_the_certificates(keys: StationKeys) -> None:
    """Each signature is in the one spelling that strangers accept, high or low s."""
    highest = 0
    for number in range(64):
        data = b"%d" % number
        signature = keys.signer.sign(data)
        check_signature_encoding(signature)
        verify_signature(keys.chain, signature, data)
        highest = max(highest, len(signature))
    assert highest == 72, "some r and s begin with a one, and must be padded"
    assert not keys.signer.practice


def test_openssl__signature_of_a_token__verified_ok(keys: StationKeys, tmp_path: Path) -> None:
    """A program that is not ours accepts it."""
    names = [tmp_path / name for name in ("key.pem", "data.sig", "data")]
    spki = keys.chain.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for path, data in zip(names, (spki, keys.signer.sign(b"data"), b"data"), strict=True):
        path.write_bytes(data)
    command = ["openssl", "dgst", "-sha256", "-verify", str(names[0]), "-signature"]
    command += map(str, names[1:])
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"Verified OK\n"


def test_load__installed_before__same_key(keys: StationKeys, folder: Path) -> None:
    """A later start finds the same key."""
    again = loaded(folder)
    assert (again.chain, again.token) == (keys.chain, keys.token)
    verify_signature(again.chain, again.signer.sign(b"data"), b"data")


def test_renew__same_label__new_key_and_the_old_one_destroyed(
    token: SoftToken, keys: StationKeys, folder: Path
) -> None:
    """The next key is made beside the old one; installed, the old one is gone from the token."""
    request = renew_key(folder)
    assert token.look(PRIVATE_KEYS) == 2
    assert loaded(folder).chain == keys.chain
    second = installed(folder, request)
    assert token.look(PRIVATE_KEYS) == 1
    assert names_in(folder / "1") == sorted([REQUEST_NAME, CHAIN_NAME, "root.pem"])
    verify_signature(second.chain, loaded(folder).signer.sign(b"data"), b"data")


def test_renew__from_a_file_to_a_token__the_file_is_deleted(token: SoftToken, folder: Path) -> None:
    """A station can move its key into a token at a renewal."""
    installed(folder, request_key(folder, STATION))
    second = installed(folder, renew_key(folder, token.place))
    assert second.token is not None
    assert not list(folder.rglob("*.pem.key")) + list(folder.rglob("station-key.pem"))


def test_renew__old_token_lost__new_key_in_use_and_said(token: SoftToken, folder: Path) -> None:
    """What could not be deleted is named, and deleted when the token is back."""
    signer_of(installed(folder, request_key(folder, STATION, token.place))).close()
    request = renew_key(folder)
    reference = folder / "1" / REFERENCE_NAME
    whole = parse_reference(reference.read_bytes())
    reference.write_bytes(replace(whole, token_serial=NO_SERIAL).data())
    chain = issued(request)
    with pytest.raises(KeyStoreError, match="The new key is in use"):
        install(folder, chain, opened_root().pem, NOW)
    assert loaded(folder).chain.key_id == request.key_id
    reference.write_bytes(whole.data())
    install(folder, chain, opened_root().pem, NOW)
    assert not reference.exists()
    assert token.look(PRIVATE_KEYS) == 1


def test_request__no_such_name__key_destroyed(token: SoftToken, folder: Path) -> None:
    """A request that cannot be leaves no key in the token."""
    with pytest.raises(KeyRequestError):
        request_key(folder, " ", token.place)
    assert token.look(PRIVATE_KEYS) == 0
    assert not folder.exists() or names_in(folder) == []


@pytest.mark.parametrize("written", [False, True])
def test_request__disk_fails__key_kept_only_where_the_request_is(
    token: SoftToken, folder: Path, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    """A write that fails leaves no key without its request, and no request without its key."""
    whole = write_folder

    def failing(*arguments: Any, **more: Any) -> None:
        if written:  # as where the last fsync fails
            whole(*arguments, **more)
        raise OSError(errno.EIO, "disk")

    with monkeypatch.context() as patch:
        patch.setattr(station_keys, "write_folder", failing)
        with pytest.raises(OSError, match="disk"):
            request_key(folder, STATION, token.place)
    assert token.look(PRIVATE_KEYS) == int(written)
    waiting = pending_request(folder) or request_key(folder, STATION, token.place)
    signer_of(installed(folder, waiting)).close()


def reference() -> TokenReference:
    """Return a reference to no key."""
    pin = PinSource(name="/etc/pin", is_credential=False)
    place = TokenPlace(module="/m.so", token_label=LABEL, key_label="键", pin=pin, user="tss")
    return TokenReference(
        place=place, token_serial=NO_SERIAL, key_id_hex="ab", public_key_sha256="0" * 64
    )


def test_reference__both_ways__the_same() -> None:
    """What is written is read."""
    one = reference()
    named = replace(one, place=replace(one.place, pin=PinSource(name="pin", is_credential=True)))
    for each in (one, named):
        assert parse_reference(each.data()) == each
        assert parse_reference(each.data()).data() == each.data()


VALUES: Final = st.none() | st.integers(-9, 9) | st.text(max_size=40) | st.just("x" * 600)


@given(st.sampled_from(sorted(["pin_credential", "odd", "schema", "module"])), VALUES)
def test_reference__other_content__refused_or_read_back(name: str, value: object) -> None:
    """Only what means one key is read."""
    stated: dict[str, Any] = decode(reference().data())
    stated[name] = value
    try:
        data = encode({key: each for key, each in stated.items() if each is not None})
    except Exception:  # noqa: BLE001 - no JSON of ours can be made of it
        return
    with contextlib.suppress(KeyStoreError):
        assert parse_reference(data).data() == data


@given(st.binary(max_size=200))
def test_reference__any_bytes__only_the_declared_error(data: bytes) -> None:
    """The reader raises its one error."""
    with pytest.raises(KeyStoreError):
        parse_reference(data)


def test_bundle__signed_by_a_token__openssl_pdfsig_and_we_accept_it(
    token: SoftToken, folder: Path, tmp_path: Path
) -> None:
    """JSON, code and PDF of one document are signed in the token; strangers' programs say so."""
    request = request_key(folder, STATION, token.place)
    _, public_key = read_request(parse_request(request.path.read_bytes()))
    leaf = issue(Subject(name="counter with a token", public_key=public_key), ROOT)
    keys = install(folder, leaf.pem, ROOT.pem, NOW)
    statement = certificate_statement(PRODUCTION_SIGNER) | {
        "key_id": keys.signer.key_id,
        "issued_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    path = write_bundle(
        tmp_path, statement, keys.signer, lambda bundle: add_pdf(bundle, keys.signer)
    )
    verdict = verify(read_bundle(path), root_pem=keys.root_pem, allow_practice=False, now=NOW)
    assert (verdict.status, Layer.PDF in verdict.steps) == (Status.ERASED, True)
    pdf = (path / "certificate.pdf").read_bytes()
    said = Desk(tmp_path).pdfsig(pdf)
    assert VALID in said
    assert TRUSTED in said
    for command in verification_commands(path, tmp_path / "root.pem"):
        subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    signer_of(keys).close()
