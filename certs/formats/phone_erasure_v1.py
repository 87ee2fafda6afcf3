"""The erasure of a phone by its own reset, version 1: certificate and notice. Pure.

No program sees a phone's flash. So the document says what was observed and, apart from it, what is
inferred; its headline never says that bytes were checked. What it must agree on stands in
`phone_erasure_rules`; a stranger's verifier holds it.

A job has one certificate, under the job's id, or notices, under ``<job>-n1``, ``-n2``, …. Who
builds one gives a `Head` without a salt and a `PhoneErasure`:

    phone_certificate(head, what)
    phone_notice(head, what, PhoneNotice(kind="failed", reason=Reason(…), against=[Reason(…)]))

Of each reset stands the time at which it was asked for, the first at which the phone went after
that, and the last at which it returned before it was looked at. ``what.claim`` is the one that the
evidence supports; in practice and in a notice none is stated.
"""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.formats.document import DocumentFormat
from certs.formats.fields import UNKNOWN, Kind, Required, field
from certs.formats.head_v1 import DescribedDevice, Head, Reason, head, reason
from certs.formats.phone_erasure_fields import DETAILS, FACTS, SHARED, coded
from certs.formats.phone_erasure_rules import CERTIFICATE_RULES, NOTICE_RULES
from certs.formats.phone_erasure_words import (
    CATEGORIES,
    CONTRADICTIONS,
    NOTICE_KINDS,
    OUTCOMES,
    TRI_STATES,
)
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.text import Text

_ALWAYS: Final = Required.ALWAYS


# fmt: off
CERTIFICATE: Final = DocumentFormat(
    document_type=DocumentType.PHONE_CERTIFICATE,
    title=Text(zh="手机数据清除证明", en="Certificate of a phone's erasure"),
    fields=(
        *head(DocumentType.PHONE_CERTIFICATE),
        *SHARED,
        field("claim.category", Kind.CODE, _ALWAYS, "类别；练习只能是 none", "Category; none in practice, and only there", *CATEGORIES),
        field("outcome", Kind.CODE, _ALWAYS, "从记录重新算出的结果", "Outcome, recomputed from the journal", "verified"),
    ),
    rules=CERTIFICATE_RULES,
    facts=FACTS,
    details=DETAILS,
    entry_kinds={"": EntryKind.OUTCOME},
    entry_fields={},
)
NOTICE: Final = DocumentFormat(
    document_type=DocumentType.PHONE_NOTICE,
    title=Text(zh="手机任务的通知书：没有确认清除", en="Notice about a phone: erasure not confirmed"),
    fields=(
        *head(DocumentType.PHONE_NOTICE),
        *SHARED,
        field("claim.category", Kind.CODE, _ALWAYS, "通知书没有结论", "A notice claims nothing", "none"),
        field("outcome", Kind.CODE, _ALWAYS, "从记录重新算出的结果", "Outcome, recomputed from the journal", *OUTCOMES),
        *coded("against", "说明没有清除的", "What speaks against it", CONTRADICTIONS),
        field("notice", Kind.OBJECT, _ALWAYS, "通知的内容", "What is made known"),
        field("notice.kind", Kind.CODE, _ALWAYS, "通知的种类", "Kind of notice", *NOTICE_KINDS),
        *reason("notice.reason"),
    ),
    rules=NOTICE_RULES,
    facts=FACTS,
    details=DETAILS,
    entry_kinds={"": EntryKind.OUTCOME},
    entry_fields={},
)
# fmt: on
FORMATS: Final = (CERTIFICATE, NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPhone:
    """The phone.

    Attributes:
        device: its kind (phone, tablet or unknown), what it looks like, its names; of these a
            certificate needs one of kind serial, imei, imei2, meid or udid.
        system: android, ios or unknown.
        system_version: where it is known.
        patch_level: of Android, where it is known.
        usb_path: of its socket, as the kernel names the USB 2 port there.
    """

    device: DescribedDevice
    system: str
    system_version: str | None = None
    patch_level: str | None = None
    usb_path: str | None = None

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        said = {
            "system_version": self.system_version,
            "patch_level": self.patch_level,
            "usb_path": self.usb_path,
        }
        known = {name: value for name, value in said.items() if value is not None}
        return {**self.device.statement(), "system": self.system, **known}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRoute:
    """How the phone was made to reset itself.

    Attributes:
        name: one of `phone_erasure_words.ROUTES`.
        text: the same for people.
        certainty: that it does so.
    """

    name: str
    text: Text
    certainty: str

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        return {"name": self.name, **_said(self.text), "certainty": self.certainty}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneBefore:
    """What the phone said of itself before its reset; None is unknown.

    Attributes:
        encryption: file, full-disk or none.
        verified_boot: green, yellow, orange or red.
        accounts: how many, never whose.
        shown: codes of `phone_erasure_words.SHOWN`.
    """

    encryption: str | None = None
    metadata_encrypted: bool | None = None
    bootloader_locked: bool | None = None
    verified_boot: str | None = None
    accounts: int | None = None
    frp: bool | None = None
    find_my: bool | None = None
    managed: bool | None = None
    supervised: bool | None = None
    screen_lock: bool | None = None
    set_up: bool | None = None
    shown: Sequence[str] = ()

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        tri = ("metadata_encrypted", "bootloader_locked", *TRI_STATES)
        return {
            "encryption": UNKNOWN if self.encryption is None else self.encryption,
            "verified_boot": UNKNOWN if self.verified_boot is None else self.verified_boot,
            "accounts": UNKNOWN if self.accounts is None else self.accounts,
            **{name: _TRI[getattr(self, name)] for name in tri},
            "shown": list(self.shown),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerFunction:
    """The maker's own function, where that was used.

    Attributes:
        menu: where it is on the phone.
        declared: whether the maker declares that it meets GB 46864-2025.
        certainty: of the menu.
        source: of the declaration, or how it was looked for.
    """

    menu: Text
    declared: bool
    certainty: str
    source: str

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        return {
            "menu": _said(self.menu),
            "declared": "declared" if self.declared else "not-declared",
            "certainty": self.certainty,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """One reset, by the station's clock, UTC, ``YYYY-MM-DDTHH:MM:SSZ``.

    Attributes:
        asked_at: when it was asked for.
        went_at: when the phone first went after that; None where it was not seen to go.
        returned_at: when it last returned before it was looked at; only where it went.
    """

    asked_at: str
    went_at: str | None = None
    returned_at: str | None = None

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        said = {"went_at": self.went_at, "returned_at": self.returned_at}
        known = {name: value for name, value in said.items() if value is not None}
        return {"asked_at": self.asked_at, **known}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneClaim:
    """What the evidence supports.

    Attributes:
        category: none, clear or purge.
        edition: standard and edition that define it.
        reason: why this one.
    """

    category: str
    edition: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneErasure:
    """One job, as far as it came.

    Attributes:
        phone: which one.
        route: by which it was reset.
        before: what it said of itself.
        resets: one or two; a notice may have none.
        canary: none, gone, still-there or unreadable.
        observed: what speaks for the erasure, by codes of `phone_erasure_words.OBSERVATIONS`.
        inferred: what does not follow from observation alone.
        claim: what all of it supports.
        outcome: verified; of a notice failed, aborted or indeterminate.
        started_at: of the job.
        ended_at: of the job, or of what is known of it.
        journal_records: how many.
        journal_head_sha256: of the last, in hex.
        utc_offset: of the station's local time at signing, ``+08:00``.
        maker_function: where the maker's own was used.
        overwritten_bytes: and read back between two resets.
        photo_sha256: of the photograph of the setup screen, in hex.
        not_checked: codes of `certs.open_questions`.
        measures: what was measured, where something was.
        grade: on three axes with its reasons, as ``wipe-grade`` states it.
        earlier_documents: ids and digests of those of the same job before.
    """

    phone: ResetPhone
    route: PhoneRoute
    before: PhoneBefore
    resets: Sequence[Reset]
    canary: str
    observed: Sequence[Reason]
    inferred: Sequence[Text]
    claim: PhoneClaim
    outcome: str
    started_at: str
    ended_at: str
    journal_records: int
    journal_head_sha256: str
    utc_offset: str | None = None
    maker_function: MakerFunction | None = None
    overwritten_bytes: int = 0
    photo_sha256: str | None = None
    not_checked: Sequence[str] = ()
    measures: Mapping[str, bool | int | str] | None = None
    grade: JsonObject | None = None
    earlier_documents: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNotice:
    """What a notice says beside it.

    Attributes:
        kind: failed, interrupted or aborted; its outcome is failed, indeterminate or aborted.
        reason: why there is no certificate.
        against: what speaks against it, by codes of `phone_erasure_words.CONTRADICTIONS`.
    """

    kind: str
    reason: Reason
    against: Sequence[Reason] = ()


NO_CLAIM: Final = PhoneClaim(category="none", edition="none", reason="not verified as erased")
PRACTICE_CLAIM: Final = PhoneClaim(category="none", edition="none", reason="practice")
_TRI: Final = {True: "yes", False: "no", None: UNKNOWN}


def phone_certificate(head: Head, what: PhoneErasure) -> JsonObject:
    """Return the statement of a certificate of a phone's erasure.

    Args:
        head: what every document says; its id is the job's.
        what: the job.
    """
    claim = PRACTICE_CLAIM if head.practice else what.claim
    return _statement(head, DocumentType.PHONE_CERTIFICATE, what, claim)


def phone_notice(head: Head, what: PhoneErasure, notice: PhoneNotice) -> JsonObject:
    """Return the statement of a notice about a phone.

    Args:
        head: what every document says; its id is the job's with ``-n`` and a number.
        what: the job; its claim is left out.
        notice: why it is no certificate.
    """
    return {
        **_statement(head, DocumentType.PHONE_NOTICE, what, NO_CLAIM),
        "against": [each.statement() for each in notice.against],
        "notice": {"kind": notice.kind, "reason": notice.reason.statement()},
    }


def _statement(head: Head, kind: DocumentType, what: PhoneErasure, claim: PhoneClaim) -> JsonObject:
    maker, measures = what.maker_function, what.measures
    optional = {
        "utc_offset": what.utc_offset,
        "maker_function": None if maker is None else maker.statement(),
        "photo_sha256": what.photo_sha256,
        "measures": None if measures is None else dict(measures),
        "grade": what.grade,
    }
    return {
        **head.statement(kind),
        "device": what.phone.statement(),
        "route": what.route.statement(),
        "before": what.before.statement(),
        "started_at": what.started_at,
        "ended_at": what.ended_at,
        "resets": [each.statement() for each in what.resets],
        "canary": what.canary,
        "overwritten_bytes": what.overwritten_bytes,
        "observed": [each.statement() for each in what.observed],
        "inferred": [_said(each) for each in what.inferred],
        "claim": {"category": claim.category, "edition": claim.edition, "reason": claim.reason},
        "outcome": what.outcome,
        "not_checked": list(what.not_checked),
        "journal": {"records": what.journal_records, "head_sha256": what.journal_head_sha256},
        "earlier_documents": [
            {"id": name, "sha256": digest} for name, digest in what.earlier_documents
        ],
        **{name: value for name, value in optional.items() if value is not None},
    }


def _said(text: Text) -> JsonObject:
    return {"zh": text.zh, "en": text.en}
