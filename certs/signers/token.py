"""A key in a token, used through a process of its own that loads the token's module. I/O.

1. A session is a child with one logged-in PKCS#11 session. It is opened when the first signature
   is wanted and kept, because a log-in takes long; after a fault it is ended, and opened once more
   for the same signature if it had worked before: the token may have been out and in again.
2. Every signature is checked against the key that the certificate names before anybody gets it.
3. The PIN is tried once for a session. Once a token has refused it, a mark lies in the key folder,
   and only a person's own command tries again: three tries lock many tokens.
4. A child that answers too late is killed. After a fork the session belongs to the process that
   opened it, and to no other.
"""

import contextlib
import hashlib
import json
import os
import pwd
import secrets
import select
import stat
import subprocess
import sys
import weakref
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.chain import key_id_of
from certs.der import P256_ORDER
from certs.durable import NewFile, sync_folder, write_file
from certs.errors import TokenError, TokenFault
from certs.signers.faults import token_error
from certs.signers.pin import read_pin
from certs.signers.reference import TokenPlace, TokenReference, parse_reference
from certs.signers.token_key import TokenKey

MARK_NAME: Final = "pin-refused"
OPENS_WITHIN_S: Final = 60.0
SIGNS_WITHIN_S: Final = 30.0
_ENDS_WITHIN_S: Final = 2.0
_MOST_ANSWER_BYTES: Final = 16 << 10
_SIGNATURE_BYTES: Final = 64
_CHALLENGE: Final = b"wipe-station: is this the key?\n"
"""No document begins so: JSON does not."""


class TokenSession:
    """A child with an open session; made by `opened` and `made`."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.close = weakref.finalize(self, _end, process, os.getpid())
        """Ends it; also when it is forgotten."""

    def ask(self, question: dict[str, Any], within_s: float) -> dict[str, Any]:
        """Return the child's answer.

        Raises:
            TokenError: what the token refused, or SILENT.
        """
        try:
            answer = json.loads(self._exchanged(json.dumps(question).encode() + b"\n", within_s))
        except (OSError, ValueError) as error:
            raise token_error(TokenFault.SILENT, type(error).__name__) from error
        if not isinstance(answer, dict):
            raise token_error(TokenFault.SILENT, "nonsense")
        if "error" in answer:
            fault = {each.value: each for each in TokenFault}.get(str(answer["error"]))
            raise token_error(fault or TokenFault.SILENT, str(answer.get("detail", ""))[:200])
        return answer

    def _exchanged(self, question: bytes, within_s: float) -> bytes:
        to_child, from_child = self._process.stdin, self._process.stdout
        assert to_child is not None, "a pipe was asked for"
        assert from_child is not None, "a pipe was asked for"
        to_child.write(question)
        waiting = select.poll()
        waiting.register(from_child, select.POLLIN)
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < _MOST_ANSWER_BYTES:
            if not waiting.poll(within_s * 1000):
                raise token_error(TokenFault.SILENT, f"{within_s:.0f} s")
            piece = os.read(from_child.fileno(), _MOST_ANSWER_BYTES)
            if not piece:
                raise token_error(TokenFault.SILENT, "ended")
            answer += piece
        return answer

    def signature(self, digest: bytes) -> bytes:
        """Have a digest signed; return r and s as canonical DER.

        Raises:
            TokenError: the token refused, or what it returned is no signature.
        """
        answer = self.ask({"digest_hex": digest.hex()}, SIGNS_WITHIN_S)
        try:
            raw = bytes.fromhex(answer["signature_hex"])
        except (KeyError, TypeError, ValueError) as error:
            raise token_error(TokenFault.SILENT, "nonsense") from error
        half = _SIGNATURE_BYTES // 2
        r, s = int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
        if len(raw) != _SIGNATURE_BYTES or not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
            raise token_error(TokenFault.SILENT, "no signature")
        return encode_dss_signature(r, s)


class TokenSigner:
    """A `certs.keys.Signer` whose key is in a token. Fit for several threads, and for forks."""

    def __init__(
        self,
        reference: TokenReference,
        key: ec.EllipticCurvePublicKey,
        certificate_chain_pem: bytes,
        folder: Path,
    ) -> None:
        """Take what is known of the key; nothing is opened yet.

        Args:
            reference: of the key.
            key: its public key, as the certificate has it.
            certificate_chain_pem: see `certs.keys.Signer`.
            folder: of the reference; the mark of a refused PIN lies there.
        """
        self.certificate_chain_pem = certificate_chain_pem
        self.key_id = reference.public_key_sha256
        self._reference = reference
        self._key = key
        self._folder = folder
        self._own_process()

    def _own_process(self) -> None:
        self._pid = os.getpid()
        self._lock = RLock()
        self._session: TokenSession | None = None

    @property
    def practice(self) -> bool:
        """Whether the chain leads to a practice root: practice keys lie in files."""
        return False

    def __repr__(self) -> str:
        return f"TokenSigner(key_id={self.key_id!r})"

    def sign(self, data: bytes) -> bytes:
        """Sign SHA-256 of the data; not the same bytes each time.

        Raises:
            TokenError: the token is away, refuses, or holds another key.
        """
        if self._pid != os.getpid():
            # The session, and perhaps a lock that was held, belong to the process before the fork.
            self._own_process()
        with self._lock:
            signature = self._signature(hashlib.sha256(data).digest())
        try:
            self._key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            self.close()
            raise token_error(TokenFault.KEY_ANOTHER) from error
        return signature

    def _signature(self, digest: bytes) -> bytes:
        if self._session is not None:
            try:
                return self._session.signature(digest)
            except TokenError:
                self.close()
        self._session = opened(self._reference, self._folder)
        try:
            return self._session.signature(digest)
        except TokenError:
            self.close()
            raise

    def prove(self) -> Self:
        """Sign something worthless, so that a token that is away is missed at once.

        Raises:
            TokenError: see `sign`.
        """
        self.sign(_CHALLENGE + secrets.token_bytes(32))
        return self

    def close(self) -> None:
        """End the session; the next signature opens another."""
        with self._lock:
            session, self._session = self._session, None
            if session is not None:
                session.close()


def opened(reference: TokenReference, folder: Path) -> TokenSession:
    """Open a session with a key, unless the token has refused the PIN before.

    Args:
        reference: of the key.
        folder: where the mark of that lies.

    Raises:
        TokenError: what is missing or refused.
    """
    mark = folder / MARK_NAME
    if mark.exists():
        raise token_error(TokenFault.PIN_REFUSED_BEFORE)
    session, _ = _begun(
        reference.place,
        "open",
        mark=mark,
        token_serial=reference.token_serial,
        key_id_hex=reference.key_id_hex,
    )
    return session


@contextlib.contextmanager
def made(place: TokenPlace) -> Iterator[tuple[TokenReference, TokenKey]]:
    """Make a key in a token.

    Args:
        place: the token, and the label of the key.

    Yields:
        the key's reference, and the key itself, which signs until the context is left.

    Raises:
        TokenError: what is missing or refused; no key was made, or a useless one is left.
    """
    session, told = _begun(place, "make", mark=None, token_serial="", key_id_hex="")
    with contextlib.closing(session):
        key = _public_key(told)
        reference = TokenReference(
            place=place,
            token_serial=str(told.get("token_serial")),
            key_id_hex=str(told.get("key_id_hex")),
            public_key_sha256=key_id_of(key),
        )
        yield parse_reference(reference.data()), TokenKey(session.signature, key)


def _public_key(told: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(bytes.fromhex(told["spki_hex"]))
    except (KeyError, TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise token_error(TokenFault.SILENT, "nonsense") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise token_error(TokenFault.KEY_WEAK, "not P-256")
    return key


def destroy(reference: TokenReference) -> None:
    """Destroy a key in its token; one that is not there is destroyed.

    Raises:
        TokenError: it may still be there.
    """
    session, _ = _begun(
        reference.place,
        "destroy",
        mark=None,
        token_serial=reference.token_serial,
        key_id_hex=reference.key_id_hex,
    )
    session.close()


def forget_refusal(folder: Path) -> None:
    """Let a PIN be tried once more; for commands that a person typed.

    Raises:
        OSError: the mark cannot be removed.
    """
    if (folder / MARK_NAME).exists():
        (folder / MARK_NAME).unlink()
        sync_folder(folder)


def _begun(
    place: TokenPlace, do: str, *, mark: Path | None, token_serial: str, key_id_hex: str
) -> tuple[TokenSession, dict[str, Any]]:
    if find_spec("pkcs11") is None:
        raise token_error(TokenFault.LIBRARY)
    _require_module(Path(place.module))
    account = _account(place.user)
    question = {
        "account": account and (account.pw_uid, account.pw_gid, _groups(account)),
        "module": place.module,
        "token_label": place.token_label,
        "token_serial": token_serial,
        "pin": read_pin(place.pin),
        "do": do,
        "key_label": place.key_label,
        "key_id_hex": key_id_hex,
    }
    session = TokenSession(_child(account))
    try:
        return session, session.ask(question, OPENS_WITHIN_S)
    except TokenError as error:
        session.close()
        if mark is not None and error.fault in {TokenFault.PIN_WRONG, TokenFault.PIN_LOCKED}:
            write_file(mark, NewFile(data=b"", mode=0o600))
        raise


def _child(account: pwd.struct_passwd | None) -> "subprocess.Popen[bytes]":
    # The environment goes along: modules find their tokens by it.
    home = {} if account is None else {"HOME": account.pw_dir}
    return subprocess.Popen(
        [sys.executable, "-I", "-m", "certs.signers.token_child", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env=os.environ | home,
    )


def _end(process: "subprocess.Popen[bytes]", opened_by: int) -> None:
    """End a child, politely first: a token is logged out of."""
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None, "a pipe was asked for"
        pipe.close()
    if opened_by != os.getpid():
        process.returncode = 0  # another process's child: not ours to wait for
        return
    try:
        process.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _require_module(module: Path) -> None:
    """Refuse a module that another user could exchange: it is native code that gets the PIN."""
    try:
        status = module.stat()
    except OSError as error:
        raise token_error(TokenFault.MODULE, error.strerror or "") from error
    others = stat.S_IWGRP | stat.S_IWOTH
    if status.st_uid not in {0, os.geteuid()} or status.st_mode & others:
        raise token_error(TokenFault.MODULE, "open to others")


def _account(user: str) -> pwd.struct_passwd | None:
    """Return an account; None for the caller's own."""
    try:
        return pwd.getpwnam(user) if user else None
    except KeyError as error:
        raise token_error(TokenFault.USER, user) from error


def _groups(account: pwd.struct_passwd) -> list[int]:
    return os.getgrouplist(account.pw_name, account.pw_gid)
