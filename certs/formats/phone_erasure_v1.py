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
from certs.formats.facts import Fact, Form
from certs.formats.fields import UNKNOWN, Field, Kind, Required, field
from certs.formats.head_v1 import (
    AXES,
    DEVICE,
    EARLIER,
    GRADE_WORDS,
    JOURNAL,
    NOT_CHECKED,
    DescribedDevice,
    Head,
    Reason,
    grade,
    grade_reasons,
    head,
    reason,
)
from certs.formats.phone_erasure_rules import CERTIFICATE_RULES, NOTICE_RULES
from certs.formats.phone_erasure_words import (
    CANARIES,
    CATEGORIES,
    CONTRADICTIONS,
    DECLARED,
    DEVICE_KINDS,
    ENCRYPTIONS,
    NOTICE_KINDS,
    OBSERVATIONS,
    OUTCOMES,
    ROUTES,
    SHOWN,
    SYSTEMS,
    TRI_STATE,
    TRI_STATES,
    VERIFIED_BOOTS,
)
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.open_questions import OPEN_QUESTIONS
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES


# fmt: off
def _both(path: str) -> tuple[Field, ...]:
    return (
        field(f"{path}.zh", Kind.TEXT, _ALWAYS, "中文", "In Chinese"),
        field(f"{path}.en", Kind.TEXT, _ALWAYS, "英文", "In English"),
    )


def _coded(path: str, zh: str, en: str, codes: Sequence[str]) -> tuple[Field, ...]:
    return (
        field(path, Kind.LIST, _ALWAYS, zh, en),
        field(f"{path}[].code", Kind.CODE, _ALWAYS, "代号", "As a code", *codes),
        *_both(f"{path}[]"),
    )


_PHONE: Final = (
    field("utc_offset", Kind.OFFSET, _OPTIONAL, "签发时当地时间和 UTC 的差", "Offset of the station's local time at signing"),
    *(row for row in DEVICE if row.path != "device.kind"),
    field("device.kind", Kind.CODE, _ALWAYS, "手机还是平板", "Phone or tablet", *DEVICE_KINDS),
    field("device.system", Kind.CODE, _ALWAYS, "它的系统", "What runs on it", *SYSTEMS),
    field("device.system_version", Kind.TEXT, _OPTIONAL, "系统版本", "Version of the system"),
    field("device.patch_level", Kind.TEXT, _OPTIONAL, "安全补丁日期", "Date of its security patch"),
    field("device.usb_path", Kind.TEXT, _OPTIONAL, "USB 口的位置", "Place of the USB port"),
    field("route", Kind.OBJECT, _ALWAYS, "用哪种办法让手机重置自己", "How the phone was made to reset itself"),
    field("route.name", Kind.CODE, _ALWAYS, "代号", "As a code", *ROUTES),
    *_both("route"),
    field("route.certainty", Kind.TEXT, _ALWAYS, "这种办法的把握程度", "How certain it is that it does so"),
)
_BEFORE: Final = (
    field("before", Kind.OBJECT, _ALWAYS, "重置前手机自己说的；问不到就是 unknown", "What the phone said of itself before; unknown where it did not"),
    field("before.encryption", Kind.CODE, _ALWAYS, "数据怎样加密", "How its data are encrypted", *ENCRYPTIONS),
    field("before.metadata_encrypted", Kind.CODE, _ALWAYS, "元数据加密", "Metadata are encrypted, too", *TRI_STATE),
    field("before.bootloader_locked", Kind.CODE, _ALWAYS, "引导程序锁着", "The bootloader is locked", *TRI_STATE),
    field("before.verified_boot", Kind.CODE, _ALWAYS, "验证启动", "Verified boot", *VERIFIED_BOOTS),
    field("before.accounts", Kind.COUNT_OR_UNKNOWN, _ALWAYS, "登录着的账户数，不记是谁", "Accounts signed in; whose is not kept"),
    *(field(f"before.{name}", Kind.CODE, _ALWAYS, said.zh, said.en, *TRI_STATE) for name, said in TRI_STATES.items()),
    field("before.shown", Kind.LIST, _ALWAYS, "手机没说、机主给店员看过的", "What the owner only showed the clerk"),
    field("before.shown[]", Kind.CODE, _ALWAYS, "其中一项", "One of them", *SHOWN),
    field("maker_function", Kind.OBJECT, _OPTIONAL, "用的是厂商自己的清除功能", "The maker's own function, where that was used"),
    field("maker_function.menu", Kind.OBJECT, _ALWAYS, "在哪个菜单", "Where it is on the phone"),
    *_both("maker_function.menu"),
    field("maker_function.declared", Kind.CODE, _ALWAYS, "厂商有没有声明符合 GB 46864-2025", "Whether its maker declares that it meets GB 46864-2025", *DECLARED),
    field("maker_function.certainty", Kind.TEXT, _ALWAYS, "菜单位置的把握程度", "How certain the menu is"),
    field("maker_function.source", Kind.TEXT, _ALWAYS, "声明的出处，或者怎么找的", "Where the declaration is, or how it was looked for"),
)
_SEEN: Final = (
    field("started_at", Kind.TIME, _ALWAYS, "任务开始", "Start of the job"),
    field("ended_at", Kind.TIME, _ALWAYS, "任务结束，或者写这份文件时", "Its end, or when this was written"),
    field("resets", Kind.LIST, _ALWAYS, "每一次重置", "Each reset"),
    field("resets[].asked_at", Kind.TIME, _ALWAYS, "要它重置的时间", "When it was asked for"),
    field("resets[].went_at", Kind.TIME, _OPTIONAL, "之后手机断开的时间", "When the phone went after that"),
    field("resets[].returned_at", Kind.TIME, _OPTIONAL, "手机回来的时间", "When it returned"),
    field("canary", Kind.CODE, _ALWAYS, "重置前放进去的随机文件怎样了", "What became of the random file that was laid down before", *CANARIES),
    field("overwritten_bytes", Kind.COUNT, _ALWAYS, "两次重置之间写满并读回的字节数", "Bytes written and read back between two resets"),
    field("photo_sha256", Kind.SHA256, _OPTIONAL, "开机设置画面照片的摘要；照片不在文件里", "Digest of the photograph of the setup screen, which is not in the document"),
    *_coded("observed", "看到的，支持已清除", "What was observed and speaks for it", OBSERVATIONS),
    field("inferred", Kind.LIST, _ALWAYS, "推断的，没有看到", "What is inferred and was not observed"),
    *_both("inferred[]"),
)
_COMES_TO: Final = (
    field("claim", Kind.OBJECT, _ALWAYS, "所能支持的结论", "What the evidence supports"),
    field("claim.edition", Kind.TEXT, _ALWAYS, "类别出自哪个标准的哪一版", "Standard and edition that define the category"),
    field("claim.reason", Kind.TEXT, _ALWAYS, "为什么是这个类别", "Why this category"),
    *NOT_CHECKED,
    *JOURNAL,
    field("measures", Kind.MEASURES, _OPTIONAL, "测到的，评级用；没测到的不写", "What was measured, for grading; what was not is left out"),
    *grade("grade", _OPTIONAL, "按规则评出的级别，任何人可用 wipe-grade 重算", "Grade by rules; wipe-grade recomputes it"),
    *grade_reasons("grade"),
    *EARLIER,
)
_SHARED: Final = (*_PHONE, *_BEFORE, *_SEEN, *_COMES_TO)

_FACTS: Final = (
    Fact(label=Text(zh="原因", en="Reason"), path="notice.reason", form=Form.BOTH),
    Fact(label=Text(zh="出具方称", en="The issuer claims"), path="claim.category", words=CATEGORIES),
    Fact(label=Text(zh="标准", en="Standard"), path="claim.edition", words={"none": Text(zh="无", en="none")}),
    Fact(label=Text(zh="推断的，没有看到", en="Inferred, not observed"), path="inferred[]", form=Form.BOTH),
    Fact(label=Text(zh="看到的", en="Observed"), path="observed[]", form=Form.BOTH),
    Fact(label=Text(zh="说明没有清除的", en="Against it"), path="against[]", form=Form.BOTH),
    Fact(label=Text(zh="办法", en="Way"), path="route", form=Form.BOTH),
    Fact(label=Text(zh="没有检查", en="Left open"), path="not_checked[]", words=OPEN_QUESTIONS),
)
_DETAILS: Final = (
    Fact(label=Text(zh="结论的依据", en="Why this claim"), path="claim.reason"),
    Fact(label=Text(zh="这种办法的把握程度", en="How certain that way is"), path="route.certainty"),
    Fact(label=Text(zh="厂商的菜单", en="The maker's menu"), path="maker_function.menu", form=Form.BOTH),
    Fact(label=Text(zh="厂商的声明（GB 46864-2025）", en="The maker's declaration (GB 46864-2025)"), path="maker_function.declared", words=DECLARED),
    Fact(label=Text(zh="任务开始", en="Job began"), path="started_at"),
    Fact(label=Text(zh="要它重置", en="Reset asked for"), path="resets[].asked_at"),
    Fact(label=Text(zh="手机断开", en="The phone went"), path="resets[].went_at"),
    Fact(label=Text(zh="手机回来", en="It returned"), path="resets[].returned_at"),
    Fact(label=Text(zh="任务结束", en="Job ended"), path="ended_at"),
    Fact(label=Text(zh="放进去的随机文件", en="Random file laid down before"), path="canary", words=CANARIES),
    Fact(label=Text(zh="写满并读回的字节", en="Bytes overwritten and read back"), path="overwritten_bytes"),
    Fact(label=Text(zh="照片的 SHA-256", en="SHA-256 of the photograph"), path="photo_sha256"),
    Fact(label=Text(zh="系统", en="System"), path="device.system", words=SYSTEMS),
    Fact(label=Text(zh="系统版本", en="Its version"), path="device.system_version"),
    Fact(label=Text(zh="安全补丁", en="Security patch"), path="device.patch_level"),
    Fact(label=Text(zh="之前：加密", en="Before: encryption"), path="before.encryption", words=ENCRYPTIONS),
    Fact(label=Text(zh="之前：元数据加密", en="Before: metadata encrypted"), path="before.metadata_encrypted", words=TRI_STATE),
    Fact(label=Text(zh="之前：引导程序锁着", en="Before: bootloader locked"), path="before.bootloader_locked", words=TRI_STATE),
    Fact(label=Text(zh="之前：验证启动", en="Before: verified boot"), path="before.verified_boot", words=VERIFIED_BOOTS),
    Fact(label=Text(zh="之前：账户数", en="Before: accounts"), path="before.accounts", words={UNKNOWN: TRI_STATE[UNKNOWN]}),
    *(Fact(label=Text(zh=f"之前：{said.zh}", en=f"Before: {said.en}"), path=f"before.{name}", words=TRI_STATE) for name, said in TRI_STATES.items()),
    Fact(label=Text(zh="机主给店员看过", en="The owner showed the clerk"), path="before.shown[]", words=SHOWN),
    *(Fact(label=name, path=f"grade.{axis}", words=GRADE_WORDS) for axis, name in AXES.items()),
    Fact(label=Text(zh="先前的文件", en="Earlier documents"), path="earlier_documents[].id"),
    Fact(label=Text(zh="任务记录", en="Journal"), path="journal", parts="{records} × SHA-256 {head_sha256}"),  # noqa: RUF001
)

CERTIFICATE: Final = DocumentFormat(
    document_type=DocumentType.PHONE_CERTIFICATE,
    title=Text(zh="手机数据清除证明", en="Certificate of a phone's erasure"),
    fields=(
        *head(DocumentType.PHONE_CERTIFICATE),
        *_SHARED,
        field("claim.category", Kind.CODE, _ALWAYS, "类别；练习只能是 none", "Category; none in practice, and only there", *CATEGORIES),
        field("outcome", Kind.CODE, _ALWAYS, "从记录重新算出的结果", "Outcome, recomputed from the journal", "verified"),
    ),
    rules=CERTIFICATE_RULES,
    facts=_FACTS,
    details=_DETAILS,
    entry_kinds={"": EntryKind.OUTCOME},
    entry_fields={},
)
NOTICE: Final = DocumentFormat(
    document_type=DocumentType.PHONE_NOTICE,
    title=Text(zh="手机任务的通知书：没有确认清除", en="Notice about a phone: erasure not confirmed"),
    fields=(
        *head(DocumentType.PHONE_NOTICE),
        *_SHARED,
        field("claim.category", Kind.CODE, _ALWAYS, "通知书没有结论", "A notice claims nothing", "none"),
        field("outcome", Kind.CODE, _ALWAYS, "从记录重新算出的结果", "Outcome, recomputed from the journal", *OUTCOMES),
        *_coded("against", "说明没有清除的", "What speaks against it", CONTRADICTIONS),
        field("notice", Kind.OBJECT, _ALWAYS, "通知的内容", "What is made known"),
        field("notice.kind", Kind.CODE, _ALWAYS, "通知的种类", "Kind of notice", *NOTICE_KINDS),
        *reason("notice.reason"),
    ),
    rules=NOTICE_RULES,
    facts=_FACTS,
    details=_DETAILS,
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
        usb_path: of the port, as the kernel names it.
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
