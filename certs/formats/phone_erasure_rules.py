"""What the fields of a document about a phone's erasure must agree on. Pure.

The station decides by its own tables; these rules are what a stranger can still hold without its
journal, so that a defect of the station cannot sign a contradiction. Why two kinds of evidence and
one about the data: docs/decisions/023.
"""

from typing import Final

from certs.formats.phone_erasure_words import (
    ABOUT_DATA,
    ANDROID_ROUTES,
    IOS_ROUTES,
    KINDS,
    LEAVING_FRP,
    NAMES,
    NOTICE_KINDS,
)
from certs.formats.rules import (
    Ascending,
    Beside,
    Holds,
    InOrder,
    KindsAmong,
    Length,
    Needs,
    NoneTwice,
    NotEmpty,
    Rule,
)

_ANDROID: Final = Holds(path="device.system", values=("android",))
_IOS: Final = Holds(path="device.system", values=("ios",))
_SEEN: Final = "observed[].code"
_MEASURED: Final = Holds(path="measures.verified")
_NEEDED_KINDS: Final = 2


def _is(path: str, *values: str | int | bool) -> Holds:
    return Holds(path=path, values=values)


def _always(*one_of: Holds) -> Needs:
    return Needs(one_of=one_of)


def _where(*given: Holds, then: tuple[Holds, ...]) -> Needs:
    return Needs(given=given, one_of=then)


def _both_or_neither(one: Holds, other: Holds) -> tuple[Rule, ...]:
    return _where(one, then=(other,)), _where(other, then=(one,))


_SHARED: Final[tuple[Rule, ...]] = (
    Ascending(
        first="started_at",
        items="resets",
        names=("asked_at", "went_at", "returned_at"),
        last="ended_at",
    ),
    InOrder(earlier="ended_at", later="issued_at"),
    Beside(path="resets[].returned_at", other="resets[].went_at"),
    NoneTwice(path=_SEEN),
    NoneTwice(path="before.shown[]"),
    # What was observed stands beside what it was observed by.
    *_both_or_neither(_is(_SEEN, "canary-gone"), _is("canary", "gone")),
    _where(_is(_SEEN, "setup-seen"), then=(Holds(path="photo_sha256"),)),
    _where(_is(_SEEN, "went-and-returned"), then=(Holds(path="resets[].returned_at"),)),
    _where(Holds(path="grade"), then=(Holds(path="measures"),)),
)
_EVIDENCE: Final[tuple[Rule, ...]] = (
    _always(_is(_SEEN, *ABOUT_DATA)),
    KindsAmong(path=_SEEN, kinds=KINDS, least=_NEEDED_KINDS),
    # Nothing that is seen of an unnamed phone is about this one.
    _always(_is("device.identifiers[].kind", *NAMES)),
    NotEmpty(path="inferred"),
    _always(_is("canary", "none", "gone", "unreadable")),
    _where(_MEASURED, then=(_is("measures.verified", True),)),
)
_SYSTEM: Final[tuple[Rule, ...]] = (
    _where(_is("route.name", *ANDROID_ROUTES), then=(_ANDROID,)),
    _where(_is("route.name", *IOS_ROUTES), then=(_IOS,)),
    _where(_is(_SEEN, "obliteration-recorded"), then=(_IOS,)),
    _where(_is(_SEEN, "trade-in-answers"), then=(_ANDROID,)),
    Length(path="resets", least=1, most=2),
    # To look at it, setup was skipped; so it must not be sold.
    Length(path="resets", least=2, most=2, given=(_ANDROID,)),
)
_LOCKS: Final[tuple[Rule, ...]] = (
    # No way leads past somebody's lock.
    *(
        _always(_is(f"before.{name}", "no", "unknown"))
        for name in ("frp", "find_my", "managed", "supervised")
    ),
    _always(_is("before.accounts", 0, "unknown")),
    _where(_is("route.name", *LEAVING_FRP), then=(_is("before.accounts", 0),)),
    _where(
        _ANDROID,
        _is("before.accounts", "unknown"),
        then=(_is("before.shown[]", "no-accounts"), _is("before.set_up", "no")),
    ),
    _where(
        _IOS,
        _is("before.find_my", "unknown"),
        then=(_is("before.shown[]", "find-my-off"),),
    ),
)
_PURGE: Final = (_is("claim.category", "purge"), _ANDROID)
_CLAIM: Final[tuple[Rule, ...]] = (
    _where(_is("practice", True), then=(_is("claim.category", "none"),)),
    _where(_is("practice", False), then=(_is("claim.category", "clear", "purge"),)),
    _where(*_PURGE, then=(_is("before.encryption", "file"),)),
    _where(*_PURGE, then=(_is("before.metadata_encrypted", "yes"),)),
    _where(*_PURGE, then=(_is("before.bootloader_locked", "yes"),)),
    _where(*_PURGE, then=(_is("before.verified_boot", "green"),)),
    # A reset of plain storage leaves what it only unlinks; unknown is never better than that.
    _where(_ANDROID, _is("before.encryption", "none"), then=(Holds(path="overwritten_bytes"),)),
    _where(
        _ANDROID,
        _is("before.encryption", "unknown"),
        then=(Holds(path="overwritten_bytes"), _is("before.shown[]", "encrypted")),
    ),
)

CERTIFICATE_RULES: Final = (*_SHARED, *_EVIDENCE, *_SYSTEM, *_LOCKS, *_CLAIM)
NOTICE_RULES: Final = (
    *_SHARED,
    Length(path="resets", least=0, most=2),
    NoneTwice(path="against[].code"),
    _where(_is("outcome", "failed"), _MEASURED, then=(_is("measures.verified", False),)),
    *_both_or_neither(_is("against[].code", "canary-there"), _is("canary", "still-there")),
    *(
        _where(_is("notice.kind", kind), then=(_is("outcome", outcome),))
        for kind, outcome in NOTICE_KINDS.items()
    ),
)
