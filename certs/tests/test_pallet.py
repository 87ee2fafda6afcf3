"""The pure core of the pallet: whatever is scanned, the counts add up; nothing unfit matches."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.canonical import encode
from certs.errors import PalletError
from certs.formats.head_v1 import Reference
from certs.formats.pallet_receipt_v1 import REASONS
from certs.layout import DocumentType
from certs.pallet import (
    MOST_ITEMS,
    Answer,
    Scan,
    State,
    found,
    is_whole,
    named_in,
    pallet_of,
    scan,
    undo,
)
from certs.qr import signed_qr
from certs.qr_claims import claims_of
from certs.short_code import code_of, grouped, short_code, typed
from certs.tests import pallet_samples
from certs.tests.document_samples import manifest_statement
from certs.tests.make_qr_vectors import named_statement
from certs.tests.pallet_samples import MANIFEST, STRANGERS, listed, pallet
from certs.tests.samples import PRODUCTION_SIGNER

PALLET = pallet()
GOOD = [code for code, each in PALLET.listed.items() if each.why is None]
UNFIT = [code for code, each in PALLET.listed.items() if each.why is not None]
DAMAGED = ["", "x", "ABCDE-FGHJK-0", "一二三", "wipe-cert:1", "https://a#1", "0" * 2000]
_LABELS = st.sampled_from([*GOOD, *UNFIT, *STRANGERS, *DAMAGED, *map(str.lower, GOOD)])


def after(*texts: str | None) -> State:
    """Return the pallet after some scans; None is an undo."""
    state = State(pallet=PALLET)
    for text in texts:
        state = undo(state)[0] if text is None else scan(state, text)[0]
    return state


def answers(state: State) -> list[Answer]:
    """Return what was answered, in order."""
    return [each.answer for each in state.scans]


def test_scan__each_kind_of_label__its_answer() -> None:
    """A label of an erased device, of another, of a stranger; one twice; one that is none."""
    state = after(GOOD[0], UNFIT[0], STRANGERS[0], GOOD[0], "ABCDE-FGHJK-0")
    assert answers(state) == [
        Answer.MATCHED,
        Answer.NOT_ERASED,
        Answer.UNEXPECTED,
        Answer.DUPLICATE,
        Answer.DAMAGED,
    ]


def test_scan__stranger_twice__duplicate_and_listed_once() -> None:
    """A second label of a stranger is a second device, perhaps: it is not passed over."""
    state = after(STRANGERS[0], STRANGERS[0])
    assert answers(state) == [Answer.UNEXPECTED, Answer.DUPLICATE]
    assert found(state).unexpected == [STRANGERS[0]]
    assert found(state).duplicate == [STRANGERS[0]]


def test_scan__all_of_it_erased__whole_in_any_order() -> None:
    """Everything scanned once, and nothing else, is a whole pallet."""
    only_good = replace(PALLET, listed={code: PALLET.listed[code] for code in GOOD})
    state = State(pallet=only_good)
    for code in reversed(GOOD):
        assert not is_whole(found(state))
        state, _ = scan(state, grouped(code).lower())
    assert is_whole(found(state))
    assert found(state).matched == GOOD
    for more in (GOOD[0], STRANGERS[0]):
        assert not is_whole(found(scan(state, more)[0]))
    assert is_whole(found(scan(state, "damaged")[0]))


@given(st.lists(_LABELS | st.none(), max_size=40))
def test_scan__any_sequence__counts_add_up_and_nothing_unfit_matches(
    events: list[str | None],
) -> None:
    """Each listed device is in one list; each scan has one answer; only what is erased matches."""
    state = after(*events)
    what = found(state)
    parts = [*what.matched, *what.missing, *what.not_erased]
    assert sorted(parts) == sorted(PALLET.listed)
    assert set(what.matched) <= set(GOOD)
    assert set(what.not_erased) <= set(UNFIT)
    assert set(what.unexpected) <= set(STRANGERS)
    given_answers = answers(state)
    counts = {each: given_answers.count(each) for each in Answer}
    assert sum(counts.values()) == len(state.scans)
    assert counts[Answer.MATCHED] == len(what.matched)
    assert counts[Answer.NOT_ERASED] == len(what.not_erased)
    assert counts[Answer.UNEXPECTED] == len(what.unexpected)
    assert counts[Answer.DUPLICATE] >= len(what.duplicate)
    assert set(what.duplicate) <= {*what.matched, *what.not_erased, *what.unexpected}
    said = what.statement()["counts"]
    assert said["listed"] == len(PALLET.listed)
    assert all(said[name] == len(what.statement()[name]) for name in said if name != "listed")


@given(st.lists(_LABELS, max_size=15), _LABELS)
def test_undo__after_any_scan__as_before(events: list[str], last: str) -> None:
    """What was taken back leaves nothing behind, and scanned again gives the same answer."""
    before = after(*events)
    scanned, made = scan(before, last)
    back, taken = undo(scanned)
    assert (back, taken) == (before, made)
    assert scan(back, last) == (scanned, made)


def test_undo__nothing_scanned__nothing_happens() -> None:
    """There is nothing before the first scan."""
    assert undo(State(pallet=PALLET)) == (State(pallet=PALLET), None)


@given(st.text(max_size=60))
def test_scan__any_text__an_answer_and_no_error(text: str) -> None:
    """Whatever a scanner types is answered."""
    _, made = scan(State(pallet=PALLET), text)
    assert (made.code is None) == (made.answer is Answer.DAMAGED)


@pytest.mark.parametrize("at", range(11))
def test_scan__one_wrong_character__never_the_same_device(at: int) -> None:
    """The check character notices each single misread character."""
    code = GOOD[0]
    for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U":
        if other != code[at]:
            _, made = scan(State(pallet=PALLET), code[:at] + other + code[at + 1 :])
            assert made.answer is Answer.DAMAGED


def test_typed__as_people_write__the_code() -> None:
    """Case, groups and look-alikes do not matter; anything else is no code."""
    code = next(c for c in map(short_code, map(str.encode, map(str, range(99)))) if "0" in c[:10])
    for text in (code, code.lower(), grouped(code), f" {grouped(code)}\n", code.replace("0", "o")):
        assert typed(text) == code
    for text in (code[:-1], code + "0", code + "é", "", "-", "一" * 11):
        assert typed(text) is None


# --- signed codes --------------------------------------------------------------------------------

_STATEMENT = named_statement()
_DOCUMENT = encode(_STATEMENT)
_QR = signed_qr(claims_of(_STATEMENT, _DOCUMENT), PRODUCTION_SIGNER.sign, "https://a.example/c")


def _with_document(digest: str) -> State:
    code = short_code(_DOCUMENT)
    device = replace(listed(0), code=code, document_sha256=digest)
    return State(pallet=replace(PALLET, listed={code: device}))


def test_scan__signed_code__names_its_document() -> None:
    """The strip's code is as good as the label's: it names the document."""
    code, digest = named_in(_QR)
    assert (code, digest) == (
        short_code(_DOCUMENT),
        claims_of(_STATEMENT, _DOCUMENT).document_sha256,
    )
    assert digest is not None
    _, made = scan(_with_document(digest), _QR)
    assert made.answer is Answer.MATCHED


def test_scan__signed_code_of_another_document_with_that_short_code__not_taken() -> None:
    """Fifty bits can be made to collide; the code's digest tells the documents apart."""
    _, made = scan(_with_document("00" * 32), _QR)
    assert (made.code, made.answer) == (None, Answer.DAMAGED)


# --- a manifest and its documents ----------------------------------------------------------------


def test_pallet_of__documents_judged__only_those_that_are_erased_can_match() -> None:
    """A document that is not here, or was refused, keeps its device from matching."""
    statement = manifest_statement()
    digests = [item["document_sha256"] for item in statement["items"]]
    judged = dict(zip(digests[:5], (None, *REASONS), strict=True))
    made = pallet_of(statement, MANIFEST, judged)
    assert [each.why for each in made.listed.values()] == [None, *REASONS, "no-document"]
    assert [each.ticket is None for each in made.listed.values()] == [False, *[True] * 5]


def test_pallet_of__too_many__refused() -> None:
    """A pallet has a most, so that a session has one."""
    item = manifest_statement()["items"][0]
    numbers = range(MOST_ITEMS + 1)
    items = [item | {"code": code_of(number.to_bytes(32, "big"))} for number in numbers]
    with pytest.raises(PalletError):
        pallet_of(manifest_statement() | {"items": items}, MANIFEST, {})


def test_samples__reasons__all_of_them() -> None:
    """The pallet of these tests has a device for each reason why one does not count."""
    assert set(pallet_samples.WHY) == REASONS.keys()
    assert isinstance(MANIFEST, Reference)
    assert MANIFEST.document_type is DocumentType.PALLET_MANIFEST
    assert Scan(text="", code=None, answer=Answer.DAMAGED) == after("").scans[0]
