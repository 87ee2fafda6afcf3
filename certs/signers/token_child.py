"""The one process that loads a token's module, which is a stranger's native code. I/O.

``python -I -m certs.signers.token_child PARENT`` reads one JSON object a line from standard input
and writes one a line to standard output, until its input ends:

1. the account to become, the module, the token and its PIN, and what to do: ``make`` a key,
   ``open`` one, or ``destroy`` one;
2. then, for each digest of 32 bytes, its signature.

An answer is ``{"error": FAULT, "detail": …}`` or what was asked for. After an error it ends.
Standard output is ours alone: what the module prints goes to standard error.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import IO, Any, Final

import pkcs11

# Loaded by `pkcs11.lib` otherwise: when this process may read it no more.
from pkcs11 import (
    Attribute,
    KeyType,
    Mechanism,
    ObjectClass,
    TokenFlag,
    _pkcs11,  # noqa: F401
    exceptions,
)
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from certs.errors import TokenFault

MOST_LINE_BYTES: Final = 16 << 10
_Key = Any
"""A private key: its class is made while the program runs, by what the token says of it."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_ID_BYTES: Final = 16
_P256: Final = encode_named_curve_parameters("secp256r1")
_MADE: Final = {
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.DERIVE: False,
    Attribute.DECRYPT: False,
    Attribute.UNWRAP: False,
}
_AS_MADE: Final = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SIGN: True,
    Attribute.SENSITIVE: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.LOCAL: True,
    Attribute.KEY_TYPE: KeyType.EC,
    Attribute.EC_PARAMS: _P256,
}
"""What a key must say of itself once it is made."""
_FAULTS: Final[tuple[tuple[type[Exception], TokenFault], ...]] = (
    (exceptions.PinLocked, TokenFault.PIN_LOCKED),
    (exceptions.PinIncorrect, TokenFault.PIN_WRONG),
    (exceptions.PinInvalid, TokenFault.PIN_WRONG),
    (exceptions.PinLenRange, TokenFault.PIN_WRONG),
    (exceptions.NoSuchToken, TokenFault.LOST),
    (exceptions.TokenNotPresent, TokenFault.LOST),
    (exceptions.TokenNotRecognised, TokenFault.LOST),
    (exceptions.DeviceRemoved, TokenFault.LOST),
    (exceptions.MultipleTokensReturned, TokenFault.SEVERAL),
    (exceptions.NoSuchKey, TokenFault.KEY_MISSING),
    (exceptions.MultipleObjectsReturned, TokenFault.KEY_ANOTHER),
    (exceptions.KeyHandleInvalid, TokenFault.KEY_MISSING),
    (exceptions.PKCS11Error, TokenFault.OTHER),
)


class _RefusedError(Exception):
    """What is asked for is not done."""

    def __init__(self, fault: TokenFault, detail: str = "") -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


def fault_of(error: Exception) -> TokenFault:
    """Return what an error of the library means."""
    return next(fault for kind, fault in _FAULTS if isinstance(error, kind))


def confine(account: list[Any] | None, parent: int) -> None:
    """Become the account, if one was named; keep no way back, leave no core, die with the parent.

    Args:
        account: user id, group id and further groups.
        parent: process that started this one.
    """
    if account is not None:
        uid, gid, groups = account
        os.setgroups(groups)
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in (
        (_PR_SET_NO_NEW_PRIVS, 1),
        (_PR_SET_DUMPABLE, 0),  # the PIN is in this process
        (_PR_SET_PDEATHSIG, signal.SIGKILL),
    ):
        if libc.prctl(option, int(value), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.getppid() != parent:
        sys.exit("the parent is gone")


@contextlib.contextmanager
def _session(asked: dict[str, Any]) -> Iterator[tuple[pkcs11.Session, pkcs11.Token]]:
    try:
        library = pkcs11.lib(asked["module"])
    except (exceptions.PKCS11Error, OSError) as error:
        raise _RefusedError(TokenFault.MODULE, str(error)[:200]) from error
    serial = asked["token_serial"]
    wanted = {"token_serial": serial.encode()} if serial else {}
    token = library.get_token(token_label=asked["token_label"], **wanted)
    flags = token.flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        raise _RefusedError(TokenFault.PIN_LOCKED)
    if TokenFlag.USER_PIN_FINAL_TRY in flags:
        raise _RefusedError(TokenFault.PIN_LAST_TRY)
    with token.open(rw=asked["do"] != "open", user_pin=asked["pin"]) as session:
        yield session, token


def _made(session: pkcs11.Session, label: str) -> _Key:
    key_id = os.urandom(_ID_BYTES)
    parameters = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: _P256}, local=True
    )
    public, private = parameters.generate_keypair(
        mechanism=Mechanism.EC_KEY_PAIR_GEN,
        store=True,
        id=key_id,
        label=label,
        private_template=_MADE,
    )
    wrong = [name.name for name, value in _AS_MADE.items() if private[name] != value]
    if wrong:
        private.destroy()
        public.destroy()
        raise _RefusedError(TokenFault.KEY_WEAK, ", ".join(wrong))
    return private


def _found(session: pkcs11.Session, asked: dict[str, Any]) -> _Key:
    label, key_id = asked["key_label"], bytes.fromhex(asked["key_id_hex"])
    kind = ObjectClass.PRIVATE_KEY
    try:
        return session.get_key(object_class=kind, label=label, id=key_id)
    except exceptions.NoSuchKey:
        if list(session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label})):
            raise _RefusedError(TokenFault.KEY_ANOTHER, label) from None
        raise


def _spki(session: pkcs11.Session, private: _Key) -> bytes:
    public: Any = session.get_key(object_class=ObjectClass.PUBLIC_KEY, id=private[Attribute.ID])
    return bytes(encode_ec_public_key(public))


def _destroy(session: pkcs11.Session, asked: dict[str, Any]) -> None:
    label, key_id = asked["key_label"], bytes.fromhex(asked["key_id_hex"])
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        with contextlib.suppress(exceptions.NoSuchKey):
            session.get_key(object_class=kind, label=label, id=key_id).destroy()


def _serve(lines: IO[bytes], answers: IO[bytes], asked: dict[str, Any]) -> None:
    """Do what was asked, then sign digests until there are no more."""
    with _session(asked) as (session, token):
        if asked["do"] == "destroy":
            _destroy(session, asked)
            _say(answers, {"destroyed": True})
            return
        making = asked["do"] == "make"
        private = _made(session, asked["key_label"]) if making else _found(session, asked)
        told = {"spki_hex": _spki(session, private).hex()} if making else {}
        serial = bytes(token.serial).decode("ascii", "replace").rstrip("\0 ")
        _say(answers, {"token_serial": serial, "key_id_hex": private[Attribute.ID].hex(), **told})
        while line := lines.readline(MOST_LINE_BYTES):
            digest = bytes.fromhex(json.loads(line)["digest_hex"])
            raw = private.sign(digest, mechanism=Mechanism.ECDSA)
            _say(answers, {"signature_hex": bytes(raw).hex()})


def _say(answers: IO[bytes], answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def main() -> None:
    """Serve one parent."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        lines = sys.stdin.buffer
        asked = json.loads(lines.readline(MOST_LINE_BYTES))
        confine(asked.pop("account"), int(sys.argv[1]))
        try:
            _serve(lines, answers, asked)
        except _RefusedError as error:
            _say(answers, {"error": error.fault.value, "detail": error.detail})
        except exceptions.PKCS11Error as error:
            _say(answers, {"error": fault_of(error).value, "detail": type(error).__name__})


if __name__ == "__main__":
    main()
