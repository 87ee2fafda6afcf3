"""Which keys of stations and issuers count no longer, by the root's word. Pure.

A list is canonical JSON with the root's detached signature beside it, in the form of documents. The
time of a document is its signer's own word, so a thief would choose one before the theft: revoked
means refused, unless the log shows that the document stood there before. What counts is the entry's
place in the log, below a size that the organisation vouches for, never a time. An issuer's key on
the list refuses whatever was signed under it, by the same rule.

KNOWN HOLE: whoever has the log's key too can sign another history of its first entries, and prove a
place in that. ``wipe-cert log verify --proof`` against a copy of the log that somebody kept finds
it; this module cannot. Where the log's key may be lost as well, the size must be "unknown".

KNOWN HOLE: who holds a list back shows an older one. ``version_at_least`` is all that helps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs.canonical import MAX_BYTES, JsonObject, decode
from certs.chain import SigningChain, key_id_of, read_root_key
from certs.der import check_signature_encoding
from certs.errors import (
    CertificateError,
    KeyRequestError,
    Layer,
    MalformedJsonError,
    MalformedLogError,
)
from certs.formats.fields import MAX_LIST_ITEMS, UNKNOWN, Kind, fits
from certs.log.note import parse_key
from certs.logged import Logged
from certs.text import Text

SCHEMA: Final = "wipe-station/revocation"
SCHEMA_VERSION: Final = 1
LIST_NAME: Final = "revoked.json"
SIGNATURE_NAME: Final = "revoked.sig"
MOST_LIST_BYTES: Final = MAX_BYTES
FIELDS: Final = {
    "schema": Kind.TEXT,
    "schema_version": Kind.COUNT,
    "version": Kind.COUNT,
    "issued_at": Kind.TIME,
    "root_key_id": Kind.SHA256,
}
"""Of a list, beside ``entries``."""
ENTRY_FIELDS: Final = {
    "key_id": Kind.SHA256,
    "reason": Kind.CODE,
    "revoked_at": Kind.TIME,
    "last_trusted_log_size": Kind.COUNT_OR_UNKNOWN,
}
"""Of an entry; where the size is known, ``log_key`` beside them says of which log, and perhaps
``earlier_log_keys`` which keys that log had before."""
MOST_LOG_KEYS: Final = 16
_HINT: Final = Text(
    zh="不要相信这份文件，请向出具方核实。", en="Do not trust this document; ask the issuer."
)
_LIST_HINT: Final = Text(
    zh="请从出具方重新取最新的 revoked.json 和 revoked.sig（两个文件要同一版）。",
    en="Fetch the latest revoked.json and revoked.sig from the issuer, both of one version.",
)


class Reason(Enum):
    """Why a key counts no longer."""

    STOLEN = "key-stolen"
    LOST = "key-lost"
    MISUSED = "key-misused"
    RETIRED = "station-retired"


REASONS: Final = {
    Reason.STOLEN: Text(zh="密钥被盗", en="the key was stolen"),
    Reason.LOST: Text(zh="密钥丢失", en="the key was lost"),
    Reason.MISUSED: Text(zh="密钥被滥用", en="the key was misused"),
    Reason.RETIRED: Text(zh="工作站停用", en="the station was retired"),
}


SIGNERS_KEY: Final = Text(zh="签名方的密钥", en="The signer's key")
ISSUERS_KEY: Final = Text(zh="签名方上级的密钥", en="The key of an issuer above the signer")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    """A list as it was found, nothing checked.

    Attributes:
        document: the JSON file.
        signature: the detached signature over exactly those bytes.
        version_at_least: the version that the caller knows to exist.
    """

    document: bytes
    signature: bytes
    version_at_least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """One key that counts no longer.

    Attributes:
        key_id: SHA-256 of its SPKI DER, in hex.
        reason: why.
        revoked_at: when the organisation said so, ``YYYY-MM-DDTHH:MM:SSZ``.
        trusted_size: documents that the log has below this index still count; None if none does.
        log_key: of that log; empty if none does.
        earlier_log_keys: those that the same log had before, of which none was lost either.
    """

    key_id: str
    reason: Reason
    revoked_at: str
    trusted_size: int | None = None
    log_key: str = ""
    earlier_log_keys: tuple[str, ...] = ()

    @property
    def log_keys(self) -> frozenset[str]:
        """Return every key under which a document still counts."""
        return frozenset((self.log_key, *self.earlier_log_keys))

    def covers(self, log_key: str, logged: Logged | None) -> bool:
        """Tell whether a document still counts by its place in the log."""
        if self.trusted_size is None or logged is None:
            return False
        return log_key in self.log_keys and logged.index < self.trusted_size

    def tightens(self, earlier: "Revoked") -> bool:
        """Tell whether this leaves less than another entry about the same key."""
        if earlier.trusted_size is None:
            return False
        if self.trusted_size is None:
            return True
        if not self.log_keys <= earlier.log_keys or self.trusted_size > earlier.trusted_size:
            return False
        return (self.trusted_size, self.log_keys) != (earlier.trusted_size, earlier.log_keys)

    def as_json(self) -> JsonObject:
        """Return the entry as it stands in the list."""
        size = UNKNOWN if self.trusted_size is None else self.trusted_size
        return {
            "key_id": self.key_id,
            "reason": self.reason.value,
            "revoked_at": self.revoked_at,
            "last_trusted_log_size": size,
            **({} if self.trusted_size is None else {"log_key": self.log_key}),
            **({"earlier_log_keys": list(self.earlier_log_keys)} if self.earlier_log_keys else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """A list, checked.

    Attributes:
        version: 1, 2, 3, …
        issued_at: when it was signed.
        entries: by key id.
    """

    version: int
    issued_at: str
    entries: Mapping[str, Revoked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a signer stands: on which list, and what it says of the key (None: nothing).

    Attributes:
        version: of the list.
        issued_at: when it was signed.
        revoked: its entry about the signer's key, or about the nearest issuer's that is listed.
        whose: key that is.
    """

    version: int
    issued_at: str
    revoked: Revoked | None
    whose: Text = SIGNERS_KEY


def check_not_revoked(
    found: SignedList,
    root_pem: bytes | None,
    chain: SigningChain,
    log_key: str,
    logged: Logged | None,
) -> Standing:
    """Refuse a document under a revoked key, unless it stood in its log before.

    Args:
        found: the list.
        root_pem: of the list and of the document; None is refused, because nobody else's word on
            a list counts.
        chain: of the document; neither its signer's nor an issuer's key may be listed.
        log_key: that the document names; empty if none.
        logged: where the log has it, checked.

    Raises:
        CertificateError: REVOCATION.
    """
    listed = read_list(found, root_pem)
    standing = Standing(version=listed.version, issued_at=listed.issued_at, revoked=None)
    # From the top, so that the entry nearest to the signer is the one that is told of.
    for key_id in reversed((chain.key_id, *chain.issuer_key_ids)):
        revoked = listed.entries.get(key_id)
        if revoked is None:
            continue
        whose = SIGNERS_KEY if key_id == chain.key_id else ISSUERS_KEY
        if not revoked.covers(log_key, logged):
            raise _revoked(revoked, whose)
        standing = replace(standing, revoked=revoked, whose=whose)
    return standing


def _revoked(entry: Revoked, whose: Text) -> CertificateError:
    why = REASONS[entry.reason]
    message = Text(
        zh=f"{whose.zh}已经作废：{why.zh}（{entry.revoked_at}）。",
        en=f"{whose.en} was revoked: {why.en} ({entry.revoked_at}).",
    )
    return CertificateError(Layer.REVOCATION, message, _HINT)


# A recycler checks pallets of documents against one list.
@lru_cache(maxsize=8)
def read_list(found: SignedList, root_pem: bytes | None) -> RevocationList:
    """Check a list that anybody may have made.

    1. The signature is canonical DER, and the root's over the bytes as they are.
    2. They are the one spelling of a list that agrees with itself and names this root.
    3. Its version is not older than known.

    Raises:
        CertificateError: REVOCATION.
    """
    if root_pem is None:
        _refuse("没有根证书，查不了作废名单（--root）", "it cannot be checked without a root")
    root_key_id = _check_signed(found, root_pem)
    try:
        stated = decode(found.document)
    except MalformedJsonError as error:
        raise CertificateError(Layer.REVOCATION, error.message, _LIST_HINT) from error
    listed = parse_list(stated)
    if stated["root_key_id"] != root_key_id:
        _refuse("是另一个根的", "it is another root's")
    if listed.version < found.version_at_least:
        _refuse(
            f"是旧的：第 {listed.version} 版，应不低于第 {found.version_at_least} 版",
            f"version {listed.version} is older than {found.version_at_least}",
        )
    return listed


def parse_list(stated: JsonObject) -> RevocationList:
    """Read a list's content, whoever signed it.

    Raises:
        CertificateError: REVOCATION; it is none, or contradicts itself.
    """
    entries = stated.get("entries")
    _check_fields(stated, FIELDS | {"entries": None})
    same = (stated["schema"], stated["schema_version"]) == (SCHEMA, SCHEMA_VERSION)
    if not same or not isinstance(entries, list) or not 0 < len(entries) <= MAX_LIST_ITEMS:
        _refuse("格式或版本不认识", "an unknown format or version")
    read = [_entry(each) for each in entries]
    ids = [each.key_id for each in read]
    if ids != sorted(set(ids)) or stated["version"] < 1:
        _refuse("条目没有按密钥排好，或有重复", "its entries are not in order, or one is double")
    return RevocationList(
        version=stated["version"],
        issued_at=stated["issued_at"],
        entries={each.key_id: each for each in read},
    )


def extended(
    earlier: RevocationList | None, entry: Revoked, *, root_key_id: str, issued_at: str
) -> JsonObject:
    """Return the next version of a list.

    Args:
        earlier: the version before; None for the first.
        entry: about a key that is not listed, or less of which is trusted than before.
        root_key_id: of the root that will sign it.
        issued_at: now.

    Raises:
        KeyRequestError: the key is listed already, as strictly as this.
    """
    entries = dict(earlier.entries) if earlier else {}
    if entry.key_id in entries and not entry.tightens(entries[entry.key_id]):
        raise KeyRequestError(
            Text(
                zh="这把密钥已经作废，新的说法没有更严，名单没有改。",
                en="The key is revoked already, and this would not trust it less: nothing changed.",
            ),
            Text(
                zh="作废不能撤回，只能收紧。", en="A revocation can be tightened, never taken back."
            ),
        )
    entries[entry.key_id] = entry
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "version": (earlier.version if earlier else 0) + 1,
        "issued_at": issued_at,
        "root_key_id": root_key_id,
        "entries": [entries[key_id].as_json() for key_id in sorted(entries)],
    }


def _check_signed(found: SignedList, root_pem: bytes) -> str:
    """Return the root's key id, if its key signed the list."""
    try:
        key = read_root_key(root_pem)
        check_signature_encoding(found.signature)
        key.verify(found.signature, found.document, ec.ECDSA(hashes.SHA256()))
    except CertificateError as error:
        raise CertificateError(Layer.REVOCATION, error.message, _LIST_HINT) from error
    except InvalidSignature as error:
        _refuse("不是这个根签的，或被改过", "another root signed it, or it was altered", error)
    return key_id_of(key)


def _entry(stated: object) -> Revoked:
    if not isinstance(stated, dict):
        _refuse("条目读不懂", "an entry that cannot be read")
    known = stated.get("last_trusted_log_size") != UNKNOWN
    earlier = known and "earlier_log_keys" in stated
    of_log = ("log_key", "earlier_log_keys")[: known + earlier]
    _check_fields(stated, {**ENTRY_FIELDS, **dict.fromkeys(of_log)})
    if stated["reason"] not in {reason.value for reason in Reason}:
        _refuse("不认识的原因", "an unknown reason")
    before = stated["earlier_log_keys"] if earlier else []
    if known:
        _check_log_keys(stated["log_key"], before, absent=not earlier)
    return Revoked(
        key_id=stated["key_id"],
        reason=Reason(stated["reason"]),
        revoked_at=stated["revoked_at"],
        trusted_size=stated["last_trusted_log_size"] if known else None,
        log_key=stated["log_key"] if known else "",
        earlier_log_keys=tuple(before),
    )


def _check_log_keys(log_key: str, before: object, *, absent: bool) -> None:
    """Refuse what are not the keys of one log, each once."""
    if not isinstance(before, list) or not (absent or 0 < len(before) < MOST_LOG_KEYS):
        _refuse("日志以前的密钥不对", "wrong earlier keys of a log")
    keys = [log_key, *before]
    if not all(fits(Kind.TEXT, key) for key in keys) or len(set(keys)) != len(keys):
        _refuse("日志以前的密钥不对", "wrong earlier keys of a log")
    try:
        names = {parse_key(key).name for key in keys}
    except MalformedLogError as error:
        raise CertificateError(Layer.REVOCATION, error.message, _LIST_HINT) from error
    if len(names) != 1:
        _refuse("日志以前的密钥是另一份日志的", "the earlier keys are another log's")


def _check_fields(stated: Mapping[str, Any], kinds: Mapping[str, Kind | None]) -> None:
    if stated.keys() != kinds.keys():
        _refuse("字段不对", "it has other fields than a list has")
    for name, kind in kinds.items():
        if kind is not None and not fits(kind, stated[name]):
            _refuse(f"{name} 应为：{kind.value}", f"{name}: expected {kind.value}")


def _refuse(zh: str, en: str, cause: Exception | None = None) -> NoReturn:
    message = Text(zh=f"作废名单不能用：{zh}。", en=f"The revocation list is no good: {en}.")
    raise CertificateError(Layer.REVOCATION, message, _LIST_HINT) from cause
