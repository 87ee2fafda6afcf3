"""The rows and lines of documents about a phone's erasure, version 1. Pure."""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Sequence
from typing import Final

from certs.formats.facts import Fact, Form
from certs.formats.fields import UNKNOWN, Field, Kind, Required, field
from certs.formats.head_v1 import (
    AXES,
    DEVICE,
    EARLIER,
    GRADE_WORDS,
    JOURNAL,
    NOT_CHECKED,
    grade,
    grade_reasons,
)
from certs.formats.phone_erasure_words import (
    CANARIES,
    CATEGORIES,
    DECLARED,
    DEVICE_KINDS,
    ENCRYPTIONS,
    OBSERVATIONS,
    ROUTES,
    SHOWN,
    SYSTEMS,
    TRI_STATE,
    TRI_STATES,
    VERIFIED_BOOTS,
)
from certs.open_questions import OPEN_QUESTIONS
from certs.text import Text

_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES


# fmt: off
def _both(path: str) -> tuple[Field, ...]:
    return (
        field(f"{path}.zh", Kind.TEXT, _ALWAYS, "中文", "In Chinese"),
        field(f"{path}.en", Kind.TEXT, _ALWAYS, "英文", "In English"),
    )


def coded(path: str, zh: str, en: str, codes: Sequence[str]) -> tuple[Field, ...]:
    """Return the rows of a list of things with a code and their words."""
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
    field("overwritten_bytes", Kind.COUNT, _ALWAYS, "两次重置之间写入并读回的字节数", "Bytes written and read back between two resets"),
    field("photo_sha256", Kind.SHA256, _OPTIONAL, "开机设置画面照片的摘要；照片不在文件里", "Digest of the photograph of the setup screen, which is not in the document"),
    *coded("observed", "看到的，支持已清除", "What was observed and speaks for it", OBSERVATIONS),
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
SHARED: Final = (*_PHONE, *_BEFORE, *_SEEN, *_COMES_TO)
"""Rows that both types have beside their head."""

FACTS: Final = (
    Fact(label=Text(zh="原因", en="Reason"), path="notice.reason", form=Form.BOTH),
    Fact(label=Text(zh="出具方称", en="The issuer claims"), path="claim.category", words=CATEGORIES),
    Fact(label=Text(zh="标准", en="Standard"), path="claim.edition", words={"none": Text(zh="无", en="none")}),
    Fact(label=Text(zh="推断的，没有看到", en="Inferred, not observed"), path="inferred[]", form=Form.BOTH),
    Fact(label=Text(zh="看到的", en="Observed"), path="observed[]", form=Form.BOTH),
    Fact(label=Text(zh="说明没有清除的", en="Against it"), path="against[]", form=Form.BOTH),
    Fact(label=Text(zh="办法", en="Way"), path="route", form=Form.BOTH),
    Fact(label=Text(zh="没有检查", en="Left open"), path="not_checked[]", words=OPEN_QUESTIONS),
)
DETAILS: Final = (
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
    Fact(label=Text(zh="写入并读回的字节", en="Bytes overwritten and read back"), path="overwritten_bytes"),
    Fact(label=Text(zh="照片的 SHA-256", en="SHA-256 of the photograph"), path="photo_sha256"),
    Fact(label=Text(zh="名称从哪里来", en="Where its names are from"), path="device.identifiers[]", parts="{kind} {value}: {source}, {evidence}"),
    Fact(
        label=Text(zh="手机还是平板", en="Phone or tablet"), path="device.kind", words=DEVICE_KINDS
    ),
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
    Fact(label=Text(zh="为什么是这个级别", en="Why this grade"), path="grade.reasons[]", form=Form.BOTH),
    Fact(label=Text(zh="评级规则", en="Rules of the grade"), path="grade.ruleset"),
    Fact(label=Text(zh="先前的文件", en="Earlier documents"), path="earlier_documents[].id"),
    Fact(label=Text(zh="任务记录", en="Journal"), path="journal", parts="{records} × SHA-256 {head_sha256}"),  # noqa: RUF001
)
# fmt: on
