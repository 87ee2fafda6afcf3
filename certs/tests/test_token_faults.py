"""Every way to lose a token or its key, told apart; a wrong PIN is tried once."""

import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

import pkcs11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import Attribute, TokenFlag, exceptions

from certs.chain import verify_signature
from certs.errors import KeyStoreError, TokenFault
from certs.signers import faults, token_child
from certs.signers import token as signers_token
from certs.signers.reference import (
    REFERENCE_NAME,
    PinSource,
    TokenPlace,
    parse_reference,
)
from certs.signers.token import MARK_NAME, TokenSession
from certs.station_keys import (
    StationKeys,
    load_station_keys,
    request_key,
)
from certs.tests.keys_samples import STATION
from certs.tests.token_samples import (
    NO_TOKEN,
    PIN,
    SoftToken,
    fault_of,
    folder,
    initialised,
    installed,
    keys,
    loaded,
    no_child,
    signer_of,
    token,
)

__all__ = ["folder", "keys", "token"]


def test_sign__token_out_and_in_again__refused_then_signed(
    token: SoftToken, keys: StationKeys
) -> None:
    """A token that is away is said to be; back, the same signer signs again."""
    signer = signer_of(keys)
    signer.close()
    token.take_out()
    for _ in range(2):
        assert fault_of(lambda: signer.sign(b"data")) is TokenFault.LOST
    token.put_back()
    verify_signature(keys.chain, signer.sign(b"data"), b"data")


def test_sign__session_lost_and_token_there__opened_once_more(keys: StationKeys) -> None:
    """A session that died between two signatures costs nobody anything."""
    signer = signer_of(keys)
    assert signer._session is not None
    first = signer._session
    first._process.kill()
    first._process.wait()
    verify_signature(keys.chain, signer.sign(b"data"), b"data")
    assert signer._session is not first


def test_sign__session_hangs__killed_and_opened_once_more(
    keys: StationKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that answers no more is killed, and does not hold up the station."""
    signer = signer_of(keys)
    assert signer._session is not None
    process = signer._session._process
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(signers_token, "SIGNS_WITHIN_S", 0.3)
    monkeypatch.setattr(signers_token, "_ENDS_WITHIN_S", 0.1)
    verify_signature(keys.chain, signer.sign(b"data"), b"data")
    assert process.returncode == -signal.SIGKILL


def test_open__pin_wrong__tried_once_until_a_person_asks(
    token: SoftToken, keys: StationKeys, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The station tries a PIN once, not at each job and not at each start; a person tries once."""
    signer = signer_of(keys)
    signer.close()
    token.with_pin("0000")
    assert fault_of(lambda: signer.sign(b"data")) is TokenFault.PIN_WRONG
    assert (folder / "1" / MARK_NAME).exists()
    with monkeypatch.context() as patch:
        patch.setattr(signers_token, "_child", no_child)
        assert fault_of(lambda: signer.sign(b"data")) is TokenFault.PIN_REFUSED_BEFORE
        assert fault_of(lambda: loaded(folder)) is TokenFault.PIN_REFUSED_BEFORE
    assert fault_of(lambda: loaded(folder, by_hand=True)) is TokenFault.PIN_WRONG
    token.with_pin(PIN)
    assert fault_of(lambda: loaded(folder)) is TokenFault.PIN_REFUSED_BEFORE
    signer_of(loaded(folder, by_hand=True)).close()
    verify_signature(keys.chain, signer.sign(b"data"), b"data")
    assert not (folder / "1" / MARK_NAME).exists()


def test_open__wrong_pin__never_on_the_command_line_or_in_the_environment(
    keys: StationKeys,
) -> None:
    """Who lists processes does not see the PIN."""
    session = signer_of(keys)._session
    assert session is not None
    process = Path("/proc") / str(session._process.pid)
    for name in ("cmdline", "environ"):
        try:
            said = (process / name).read_bytes()
        except PermissionError:  # not dumpable: only root may look
            continue
        assert PIN.encode() not in said


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("PinLocked", TokenFault.PIN_LOCKED),
        ("PinIncorrect", TokenFault.PIN_WRONG),
        ("PinLenRange", TokenFault.PIN_WRONG),
        ("TokenNotPresent", TokenFault.LOST),
        ("DeviceRemoved", TokenFault.LOST),
        ("KeyHandleInvalid", TokenFault.KEY_MISSING),
        ("GeneralError", TokenFault.OTHER),
    ],
)
def test_fault__each_answer_of_a_module__has_its_meaning(error: str, fault: TokenFault) -> None:
    """What softhsm2 never says (it locks no PIN) is told apart all the same."""
    assert token_child.fault_of(getattr(exceptions, error)()) is fault


@pytest.mark.parametrize(
    ("flag", "fault"),
    [("USER_PIN_LOCKED", TokenFault.PIN_LOCKED), ("USER_PIN_FINAL_TRY", TokenFault.PIN_LAST_TRY)],
)
def test_open__token_says_that_a_try_would_be_the_last__not_tried(
    flag: str, fault: TokenFault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token's flags are read before the PIN is shown to it."""

    class Token:
        flags = getattr(TokenFlag, flag)

    class Library:
        def get_token(self, **_: object) -> Token:
            return Token()

    monkeypatch.setattr(pkcs11, "lib", lambda _: Library())
    asked = {"module": "", "token_serial": "", "token_label": "", "do": "open", "pin": PIN}
    with pytest.raises(token_child._RefusedError) as refused:
        token_child._session(asked).__enter__()
    assert refused.value.fault is fault


def test_load__key_gone_from_the_token__missing(
    token: SoftToken, keys: StationKeys, folder: Path
) -> None:
    """A token that was emptied is told from one that is away."""
    signer_of(keys).close()
    token.look("[k.destroy() for k in session.get_objects({A.CLASS: 3})]")
    assert fault_of(lambda: loaded(folder)) is TokenFault.KEY_MISSING


def test_load__another_key_under_the_label__never_used(
    token: SoftToken, keys: StationKeys, folder: Path, tmp_path: Path
) -> None:
    """Under the same label, and even under the same label and id, another key does not sign."""
    signer_of(keys).close()
    other = request_key(tmp_path / "other", STATION, token.place)
    reference = parse_reference((folder / "1" / REFERENCE_NAME).read_bytes())
    token.look(
        "[k.destroy() for k in session.get_objects({A.CLASS: 3})"
        f" if k[A.ID].hex() == '{reference.key_id_hex}']"
    )
    assert fault_of(lambda: loaded(folder)) is TokenFault.KEY_ANOTHER
    token.look(
        "[k.__setitem__(A.ID, bytes.fromhex("
        f"'{reference.key_id_hex}')) for k in session.get_objects({{A.CLASS: 3}})]"
    )
    assert fault_of(lambda: loaded(folder)) is TokenFault.KEY_ANOTHER
    assert other.key_id != keys.chain.key_id


def test_load__reference_of_another_key__refused(
    token: SoftToken, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reference that names another key than the certificate is refused before any log-in."""
    signer_of(installed(folder, request_key(folder, STATION, token.place))).close()
    path = folder / "1" / REFERENCE_NAME
    whole = parse_reference(path.read_bytes())
    path.write_bytes(replace(whole, public_key_sha256="0" * 64).data())
    monkeypatch.setattr(signers_token, "_child", no_child)
    with pytest.raises(KeyStoreError, match="does not belong"):
        load_station_keys(folder)


def test_request__two_tokens_of_one_label__refused(token: SoftToken, folder: Path) -> None:
    """Which one is meant must be clear when the key is made."""
    initialised()
    work = lambda: request_key(folder, STATION, token.place)  # noqa: E731 - a call, not made yet
    assert fault_of(work) is TokenFault.SEVERAL
    assert not folder.exists()


def test_load__two_tokens_of_one_label__told_apart_by_serial(
    keys: StationKeys, folder: Path
) -> None:
    """Later the token's serial says which one it is."""
    initialised()
    assert loaded(folder).chain == keys.chain


def modules(tmp_path: Path) -> dict[str, str]:
    """Return what is no module that may be loaded."""
    text, library, open_one = (tmp_path / name for name in ("text.so", "library.so", "open.so"))
    text.write_text("no library", "ascii")
    found = next(Path("/usr/lib").glob("*-linux-gnu/libz.so.1"), None)
    library.symlink_to(found or "/nowhere")
    shutil.copyfile("/usr/lib/softhsm/libsofthsm2.so", open_one)
    open_one.chmod(0o666)
    return {
        "missing": str(tmp_path / "none.so"),
        "no library": str(text),
        "no module": str(library),
        "open to others": str(open_one),
    }


def test_request__module_not_loadable__said_by_name(token: SoftToken, tmp_path: Path) -> None:
    """A file that is none, a library of another kind, one that others can exchange."""
    for what, path in modules(tmp_path).items():
        place = replace(token.place, module=path)
        work = lambda place=place: request_key(tmp_path / "k", STATION, place)  # noqa: E731 - a call, not made yet
        assert fault_of(work) is TokenFault.MODULE, what


def test_request__no_such_token_or_account__said(token: SoftToken, tmp_path: Path) -> None:
    """Each is named for what it is."""
    for place, fault in (
        (replace(token.place, token_label=NO_TOKEN), TokenFault.LOST),
        (replace(token.place, user="no-such-user"), TokenFault.USER),
    ):
        work = lambda place=place: request_key(tmp_path / "k", STATION, place)  # noqa: E731 - a call, not made yet
        assert fault_of(work) is fault


def test_request__library_missing__said(
    token: SoftToken, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra, nothing else of the program is lost."""
    monkeypatch.setattr(signers_token, "find_spec", lambda _: None)
    work = lambda: request_key(folder, STATION, token.place)  # noqa: E731 - a call, not made yet
    assert fault_of(work) is TokenFault.LIBRARY


def test_pin__file_or_credential__only_its_owners(
    token: SoftToken, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PIN that others can read, that is missing, or that is no line, opens nothing."""
    place = token.place
    credential = replace(place, pin=PinSource(name="wipe-pin", is_credential=True))

    def refused(place: TokenPlace) -> None:
        assert fault_of(lambda: request_key(folder, STATION, place)) is TokenFault.PIN_FILE

    token.pin_file.chmod(0o644)
    refused(place)
    token.with_pin("")
    refused(place)
    token.with_pin("1\n2")
    refused(place)
    token.pin_file.write_bytes(b"\xff\xfe")
    refused(place)
    token.pin_file.unlink()
    refused(place)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    refused(credential)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    refused(credential)
    (tmp_path / "wipe-pin").write_text(PIN, "ascii")
    (tmp_path / "wipe-pin").chmod(0o400)
    request = request_key(folder, STATION, credential)
    signer_of(installed(folder, request)).close()


class FakeKey(dict[Any, Any]):
    """A key that says of itself what it is told to."""

    destroyed = False

    def destroy(self) -> None:
        """Remember it."""
        self.destroyed = True


@pytest.mark.parametrize("name", [each.name for each in token_child._AS_MADE])
def test_made__key_is_not_as_asked__destroyed_and_refused(name: str) -> None:
    """A token that makes keys which can be taken out of it, or others than asked, is no store."""
    pair = FakeKey(), FakeKey(token_child._AS_MADE)
    pair[1][Attribute[name]] = None

    class Session:
        def create_domain_parameters(self, *_: object, **__: object) -> "Session":
            return self

        def generate_keypair(self, **_: object) -> tuple[FakeKey, FakeKey]:
            return pair

    with pytest.raises(token_child._RefusedError, match=name) as refused:
        token_child._made(cast("Any", Session()), "label")
    assert refused.value.fault is TokenFault.KEY_WEAK
    assert pair[0].destroyed
    assert pair[1].destroyed


NONSENSE: Final = (b"", b"\n", b"[]\n", b"nonsense\n", b"{}\n", b'{"signature_hex": 7}\n')
MORE: Final = (b'{"signature_hex": "zz"}\n', b'{"signature_hex": "%s"}\n' % (b"00" * 64))


@pytest.mark.parametrize("answer", [*NONSENSE, *MORE, b"x" * 40000])
def test_session__child_says_nonsense__silent_and_nothing_else(answer: bytes) -> None:
    """Whatever a stranger's module makes of its process, only the declared error comes of it."""
    script = (
        f"import sys; sys.stdout.buffer.write({answer!r}); sys.stdout.flush(); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    with closing(TokenSession(process)) as session:
        if answer == b"":
            process.kill()
        assert fault_of(lambda: session.signature(b"\0" * 32)) is TokenFault.SILENT


@given(st.dictionaries(st.sampled_from(["error", "detail", "signature_hex"]), st.text(max_size=9)))
def test_faults__any_code__has_words(answer: dict[str, str]) -> None:
    """No fault reaches a person without a sentence and a hint."""
    for fault in TokenFault:
        error = faults.token_error(fault, answer.get("detail", ""))
        assert error.fault is fault
        assert error.message.en.endswith(".")
