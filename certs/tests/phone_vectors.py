"""Vectors about documents of a phone's erasure: each breaks one rule of its type, and no other."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from certs.tests.phone_samples import (
    ANDROID,
    IOS,
    SHOWN,
    aborted_statement,
    ios_statement,
    overwritten_statement,
    phone_notice_statement,
    phone_statement,
    seen,
    unproven_statement,
)
from certs.tests.samples import PRODUCTION_SIGNER, Statement

Edit = Callable[[Statement], object]
Defect = tuple[str, Callable[[], Statement], Edit]


def _set(**changes: Any) -> Edit:
    return lambda statement: statement.update(changes)


def _in(name: str, /, **changes: Any) -> Edit:
    return lambda statement: statement[name].update(changes)


def _observe(*codes: str) -> Edit:
    return _set(observed=[each.statement() for each in seen(*codes)])


def _together(*edits: Edit) -> Edit:
    def every(statement: Statement) -> None:
        for edit in edits:
            edit(statement)

    return every


def _item(name: str, number: int, **changes: Any) -> Edit:
    return lambda statement: statement[name][number].update(changes)


def _twice(*way: str) -> Edit:
    def double(statement: Statement) -> None:
        place: Any = statement
        for name in way:
            place = place[name]
        place.append(place[0])

    return double


def _shared(name: str, make: Callable[[], Statement]) -> Iterator[tuple[str, Defect]]:
    """Yield the defects that both types can have."""
    defects: dict[str, tuple[str, Edit]] = {
        "returned_before_it_went": (
            "A phone returned before it went.",
            _item("resets", 0, returned_at="2026-11-23T17:12:29Z"),
        ),
        "reset_before_the_job": (
            "A reset was asked for before the job began.",
            _set(started_at="2026-11-23T17:12:01Z"),
        ),
        "second_reset_before_the_first": (
            "The second reset was asked for before the first was over.",
            _item("resets", 1, asked_at="2026-11-23T17:13:59Z"),
        ),
        "ended_before_its_last_reset": (
            "The job ended before the phone was back.",
            _set(ended_at="2026-11-23T17:17:59Z"),
        ),
        "ended_after_it_was_signed": (
            "The job ended after its document was signed.",
            _set(ended_at="2026-11-23T17:25:41Z"),
        ),
        "returned_and_never_went": (
            "A phone returned that never went.",
            lambda statement: statement["resets"][1].pop("went_at"),
        ),
        "observed_twice": ("One thing was observed twice.", _twice("observed")),
        "shown_twice": (
            "The owner showed the same thing twice.",
            lambda statement: statement["before"].update(shown=["encrypted", "encrypted"]),
        ),
        "photographed_without_a_photograph": (
            "The setup screen was photographed, and there is no photograph.",
            lambda statement: statement.pop("photo_sha256"),
        ),
        "returned_at_no_time": (
            "The phone was seen to return, at no time.",
            lambda statement: [each.pop("returned_at") for each in statement["resets"]],
        ),
        "grade_of_nothing_measured": (
            "A grade without measures.",
            _together(
                _set(grade=ANDROID.grade),
                lambda statement: statement.pop("measures", None),
            ),
        ),
    }
    for defect, (comment, edit) in defects.items():
        yield f"{name}_{defect}", (comment, make, edit)


_CLAIMED: Final = partial(phone_statement, PRODUCTION_SIGNER)
_OF_CERTIFICATES: Final[dict[str, Defect]] = {
    "canary_gone_unseen": (
        "The file that was laid down is said to be gone, and nobody saw it.",
        phone_statement,
        lambda statement: statement.update(
            observed=[each.statement() for each in seen("obliteration-recorded", "setup-seen")],
            device=IOS.phone.statement(),
            route=IOS.route.statement(),
            before=IOS.before.statement(),
        ),
    ),
    "canary_seen_gone_and_unreadable": (
        "The file was seen to be gone, and could not be seen.",
        phone_statement,
        _set(canary="unreadable"),
    ),
    "witnessed_alone": (
        "A setup screen and lost trust, and nothing about the data.",
        phone_statement,
        _together(_observe("setup-seen", "trust-lost"), _set(canary="none")),
    ),
    "one_kind_of_evidence": (
        "Two observations, of which one is that the phone returned: that shows nothing.",
        phone_statement,
        _observe("canary-gone", "went-and-returned"),
    ),
    "of_an_unnamed_phone": (
        "Nothing says which phone it was but its model.",
        phone_statement,
        lambda statement: statement["device"].update(
            identifiers=statement["device"]["identifiers"][:1]
        ),
    ),
    "measured_otherwise": (
        "What the grade follows from says that nothing was verified.",
        phone_statement,
        lambda statement: statement["measures"].update(verified=False),
    ),
    "that_infers_nothing": (
        "It does not say what is inferred.",
        phone_statement,
        _set(inferred=[]),
    ),
    "canary_still_there": (
        "The phone recorded an erasure, and the file is still there.",
        ios_statement,
        _set(canary="still-there"),
    ),
    "ios_by_an_android_route": (
        "A tablet with iOS was reset by Android's recovery.",
        ios_statement,
        _in("route", name="guided"),
    ),
    "android_by_an_ios_route": (
        "A phone with Android was erased by Apple's command.",
        phone_statement,
        _in("route", name="ios-erase"),
    ),
    "android_with_a_record_of_ios": (
        "A phone with Android made a record that only iOS makes.",
        phone_statement,
        lambda statement: statement["observed"].append(
            seen("obliteration-recorded")[0].statement()
        ),
    ),
    "ios_in_trade_in_mode": (
        "A tablet with iOS answers as only Android does.",
        ios_statement,
        lambda statement: statement["observed"].append(
            {"code": "trade-in-answers", "zh": "有回应", "en": "It answers."}
        ),
    ),
    "three_resets": (
        "A job has three resets.",
        ios_statement,
        lambda statement: statement.update(resets=statement["resets"] * 3),
    ),
    "without_a_reset": ("A certificate of no reset.", ios_statement, _set(resets=[])),
    "android_reset_once": (
        "A phone with Android was looked at after its last reset, so its setup was skipped.",
        phone_statement,
        lambda statement: statement["resets"].pop(),
    ),
    **{
        f"{name}_on": (
            f"A phone was reset past {said}.",
            phone_statement,
            _in("before", **{name: "yes"}),
        )
        for name, said in (
            ("frp", "its factory-reset protection"),
            ("find_my", "Find My"),
            ("managed", "an organisation's management"),
            ("supervised", "an organisation's supervision"),
        )
    },
    "somebody_signed_in": (
        "A phone was reset while somebody was signed in.",
        phone_statement,
        _in("before", accounts=1),
    ),
    "frp_left_and_accounts_unknown": (
        "A route that leaves FRP armed, for a phone whose accounts nobody counted.",
        partial(phone_statement, what=SHOWN),
        _in("route", name="rescue"),
    ),
    "accounts_neither_read_nor_shown": (
        "Nobody knows whether anybody was signed in.",
        phone_statement,
        _in("before", accounts="unknown"),
    ),
    "find_my_neither_read_nor_shown": (
        "Nobody knows whether Find My was on.",
        ios_statement,
        _in("before", shown=[]),
    ),
    "practice_that_claims": (
        "Practice claims Purge.",
        phone_statement,
        _in("claim", category="purge"),
    ),
    "that_claims_nothing": (
        "A certificate that is no practice claims nothing.",
        _CLAIMED,
        _in("claim", category="none"),
    ),
    **{
        f"purge_with_{name}_{value}".replace("-", "_"): (
            f"Purge is claimed of a phone with {name} {value}.",
            _CLAIMED,
            _in("before", **{name: value}),
        )
        for name, value in (
            ("encryption", "full-disk"),
            ("metadata_encrypted", "unknown"),
            ("bootloader_locked", "no"),
            ("verified_boot", "orange"),
        )
    },
    "not_encrypted_and_not_overwritten": (
        "A phone that was not encrypted was reset alone.",
        overwritten_statement,
        _set(overwritten_bytes=0),
    ),
    "not_known_to_be_encrypted": (
        "A phone of which nobody knows whether it was encrypted was reset alone.",
        partial(phone_statement, what=SHOWN),
        _in("before", shown=["no-accounts"]),
    ),
}
_OF_NOTICES: Final[dict[str, Defect]] = {
    "canary_gone_unseen": (
        "The file that was laid down is said to be gone, and nobody saw it.",
        unproven_statement,
        _set(canary="gone"),
    ),
    "canary_seen_gone_and_unreadable": (
        "The file was seen to be gone, and could not be seen.",
        unproven_statement,
        _observe("canary-gone"),
    ),
    "three_resets": (
        "A job has three resets.",
        phone_notice_statement,
        lambda statement: statement["resets"].append({"asked_at": "2026-11-23T17:19:00Z"}),
    ),
    "canary_seen_there_and_unreadable": (
        "The file was seen to be there, and could not be seen.",
        phone_notice_statement,
        _set(canary="unreadable"),
    ),
    "canary_there_and_not_against": (
        "The file is still there, and does not speak against the erasure.",
        phone_notice_statement,
        _set(against=[]),
    ),
    "against_twice": (
        "One thing speaks against it twice.",
        phone_notice_statement,
        _twice("against"),
    ),
    "failed_and_aborted": (
        "A notice of a failure reports that the job was aborted.",
        phone_notice_statement,
        _set(outcome="aborted"),
    ),
    "interrupted_and_failed": (
        "A notice of what is unknown reports a failure.",
        unproven_statement,
        _set(outcome="failed"),
    ),
    "aborted_and_indeterminate": (
        "A notice of a job that was given up reports that its end is unknown.",
        aborted_statement,
        _set(outcome="indeterminate"),
    ),
    "measured_otherwise": (
        "What the grade follows from says that a failure was verified.",
        phone_notice_statement,
        lambda statement: statement["measures"].update(verified=True),
    ),
    "without_a_number": (
        "A notice has the number of its job.",
        phone_notice_statement,
        lambda statement: statement.update(id=statement["id"].removesuffix("-n2")),
    ),
}
_NUMBERED: Final[Defect] = (
    "A certificate has the number of a notice.",
    phone_statement,
    lambda statement: statement.update(id=statement["id"] + "-n1"),
)
RULES: Final[dict[str, Defect]] = {
    **dict(_shared("phone_certificate", phone_statement)),
    **dict(_shared("phone_notice", phone_notice_statement)),
    **{f"phone_certificate_{name}": each for name, each in _OF_CERTIFICATES.items()},
    "phone_certificate_numbered_like_a_notice": _NUMBERED,
    **{f"phone_notice_{name}": each for name, each in _OF_NOTICES.items()},
}
"""Name → sentence, flawless document, edit; each is correctly signed."""
