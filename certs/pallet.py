"""A pallet, label after label: what is listed, what was scanned, what came of it. Pure.

A label is short and nothing signs it: whoever prints one can print any code. So a scan says no more
than that a label *names* a document of the manifest. The manifest names it by its whole SHA-256,
the document was verified, and the person compares the device with it. What this finds is what is
missing, what nobody listed, what is there twice, and what was never erased.

Two documents with one short code (50 bits) cannot stand on one manifest: its format refuses that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from certs.canonical import JsonObject
from certs.errors import PalletError, QrError
from certs.formats.head_v1 import Reference
from certs.formats.pallet_receipt_v1 import Found
from certs.qr import PREFIX, parse_qr
from certs.short_code import code_of, typed
from certs.text import Text

MOST_ITEMS: Final = 2000
MOST_SCANS: Final = 10_000
MOST_LABEL_CHARACTERS: Final = 1100
"""The longest code's text has 1046."""


class Answer(Enum):
    """What comes of one scan."""

    MATCHED = "matched"
    """On the manifest, and its document certifies an erasure."""
    NOT_ERASED = "not-erased"
    """On the manifest, and does not count as erased."""
    UNEXPECTED = "unexpected"
    """Not on the manifest."""
    DUPLICATE = "duplicate"
    """Scanned before, whatever it was then."""
    DAMAGED = "damaged"
    """No code: some of it is missing, misread, or it is another code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One device of the manifest.

    Attributes:
        code: on its label.
        document: id of its document.
        document_sha256: of the document.
        ticket: of the device, or None.
        why: it does not count as erased, as a code of `pallet_receipt_v1.REASONS`; None if it does.
    """

    code: str
    document: str
    document_sha256: str
    ticket: str | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pallet:
    """A manifest, and what is known of each document on it.

    Attributes:
        number: of the pallet.
        manifest: the manifest.
        listed: by code, in its order.
    """

    number: str
    manifest: Reference
    listed: Mapping[str, Listed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One scan.

    Attributes:
        text: as it was read.
        code: that it names; None where it is damaged.
        answer: what came of it.
    """

    text: str
    code: str | None
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A pallet as far as it was scanned."""

    pallet: Pallet
    scans: tuple[Scan, ...] = ()


def pallet_of(
    statement: JsonObject, manifest: Reference, judged: Mapping[str, str | None]
) -> Pallet:
    """Put a manifest together with what its documents came to.

    Args:
        statement: of the manifest, verified.
        manifest: the manifest itself.
        judged: by SHA-256 of each document that is here, why it does not count as erased, or None
            if it does. A document that is not here counts for nothing.

    Raises:
        PalletError: more devices than a pallet may have.
    """
    if len(statement["items"]) > MOST_ITEMS:
        raise too_many()
    return Pallet(
        number=statement["pallet"],
        manifest=manifest,
        listed={
            item["code"]: Listed(
                code=item["code"],
                document=item["document"],
                document_sha256=item["document_sha256"],
                ticket=item.get("ticket"),
                why=judged.get(item["document_sha256"], "no-document"),
            )
            for item in statement["items"]
        },
    )


def too_many() -> PalletError:
    """Return that a pallet is too large."""
    return PalletError(
        Text(
            zh=f"一个托盘最多 {MOST_ITEMS} 台。", en=f"A pallet has {MOST_ITEMS} devices at most."
        ),
        Text(zh="请分成几个托盘。", en="Make several pallets of it."),
    )


def scan(state: State, text: str) -> tuple[State, Scan]:
    """Take one label.

    Args:
        state: before.
        text: a short code in any grouping and case, or the text of a signed code.

    Returns:
        the state after it, and what came of it.

    Raises:
        PalletError: more scans than a pallet can need.
    """
    if len(state.scans) >= MOST_SCANS:
        raise PalletError(
            Text(zh=f"已经扫了 {MOST_SCANS} 次。", en=f"{MOST_SCANS} labels were scanned already."),
            Text(zh="请先结束这个托盘。", en="End this pallet first."),
        )
    code, digest = named_in(text)
    made = Scan(text=text, code=code, answer=_answer(state, code, digest))
    if made.answer is Answer.DAMAGED:
        made = replace(made, code=None)
    return replace(state, scans=(*state.scans, made)), made


def undo(state: State) -> tuple[State, Scan | None]:
    """Take the last scan back; return it, or None where there is none."""
    if not state.scans:
        return state, None
    return replace(state, scans=state.scans[:-1]), state.scans[-1]


def named_in(text: str) -> tuple[str | None, str | None]:
    """Return the short code that a text names, and the SHA-256 where it says that, too.

    The signature of a signed code is not looked at here: like a label, it only names a document.
    """
    plain = text.strip()
    if len(plain) > MOST_LABEL_CHARACTERS:
        return None, None
    if not plain.startswith((PREFIX, "https://")):
        return typed(plain), None
    try:
        digest = parse_qr(plain).claims.document_sha256
    except QrError:
        return None, None
    return code_of(bytes.fromhex(digest)), digest


def _answer(state: State, code: str | None, digest: str | None) -> Answer:
    if code is None:
        return Answer.DAMAGED
    listed = state.pallet.listed.get(code)
    if listed is not None and digest not in {None, listed.document_sha256}:
        return Answer.DAMAGED  # another document's, under the same fifty bits
    if any(earlier.code == code for earlier in state.scans):
        return Answer.DUPLICATE
    if listed is None:
        return Answer.UNEXPECTED
    return Answer.MATCHED if listed.why is None else Answer.NOT_ERASED


def found(state: State) -> Found:
    """Return what was found so far, in the order of the manifest and then of the scans."""
    listed = state.pallet.listed
    answers = {each.code: each.answer for each in state.scans if each.answer in _FIRST}
    twice = (each.code for each in state.scans if each.answer is Answer.DUPLICATE)
    return Found(
        matched=[code for code in listed if answers.get(code) is Answer.MATCHED],
        missing=[code for code in listed if code not in answers],
        not_erased={
            code: each.why
            for code, each in listed.items()
            if each.why is not None and answers.get(code) is Answer.NOT_ERASED
        },
        unexpected=_codes(answers, Answer.UNEXPECTED),
        duplicate=list(dict.fromkeys(code for code in twice if code is not None)),
    )


_FIRST: Final = frozenset({Answer.MATCHED, Answer.NOT_ERASED, Answer.UNEXPECTED})
"""What the first scan of a code comes to."""


def _codes(answers: Mapping[str | None, Answer], wanted: Answer) -> Sequence[str]:
    return [code for code, answer in answers.items() if code is not None and answer is wanted]


def is_whole(what: Found) -> bool:
    """Tell whether all that is listed was scanned once and is erased, and nothing else was."""
    return not (what.missing or what.not_erased or what.unexpected or what.duplicate)
