"""Flawless documents about a phone's erasure, with all that may stand in them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from certs.formats.head_v1 import DescribedDevice, Head, Identifier, Reason
from certs.formats.phone_erasure_v1 import (
    MakerFunction,
    PhoneBefore,
    PhoneClaim,
    PhoneErasure,
    PhoneNotice,
    PhoneRoute,
    Reset,
    ResetPhone,
    phone_certificate,
    phone_notice,
)
from certs.layout import DocumentType
from certs.tests.document_samples import GRADE, MEASURES, head_of
from certs.tests.samples import PRACTICE_SIGNER, PRODUCTION_SIGNER, SampleSigner, Statement
from certs.text import Text

JOB_ID: Final = "20261123T171000Z-88888888"
OF_MENU: Final = "[M] the maker's menus, by hand"
EDITION: Final = "NIST SP 800-88r2 (2025-09-26), text not examined"
_SEEN: Final = {
    "canary-gone": Text(
        zh="清除前放进去的随机文件不在了。", en="A random file that was laid down before is gone."
    ),
    "setup-seen": Text(
        zh="店员看到开机设置画面，并拍了照。",
        en="The clerk saw the setup screen and photographed it.",
    ),
    "went-and-returned": Text(
        zh="手机断开过，又以同样的身份回来。",
        en="It disconnected, and returned with the same identity.",
    ),
    "obliteration-recorded": Text(
        zh="手机自己新记了一笔抹除。", en="The phone made a new record of an erasure."
    ),
    "trust-lost": Text(
        zh="手机不再认识这台工作站。", en="The phone does not know this station any more."
    ),
}
PHONE: Final = ResetPhone(
    device=DescribedDevice(
        kind="phone",
        description="Example 12 Pro 手机, blue",
        identifiers=(
            Identifier(kind="model", value="EX-12P", source="medium", evidence="ro.product.model"),
            Identifier(kind="serial", value="PH0NE-7", source="medium", evidence="ro.serialno"),
            Identifier(kind="imei", value="490154203237518", source="label", evidence="scanned"),
        ),
        size_bytes=128_000_000_000,
    ),
    system="android",
    system_version="14",
    patch_level="2026-09-05",
    usb_path="1-2.3",
)
_IPHONE: Final = ResetPhone(
    device=DescribedDevice(
        kind="tablet",
        description="Example Pad",
        identifiers=(
            Identifier(kind="udid", value="0" * 40, source="medium", evidence="lockdown"),
        ),
    ),
    system="ios",
)
_INFERRED: Final = (
    Text(
        zh="密钥被销毁是从系统的设计推断的，没有（也不能）直接看到。",
        en="That its keys were destroyed is inferred from the system's design; it was not, and"
        " cannot be, observed.",
    ),
)
_RESETS: Final = (
    Reset(
        asked_at="2026-11-23T17:12:00Z",
        went_at="2026-11-23T17:12:30Z",
        returned_at="2026-11-23T17:14:00Z",
    ),
    Reset(
        asked_at="2026-11-23T17:16:00Z",
        went_at="2026-11-23T17:16:30Z",
        returned_at="2026-11-23T17:18:00Z",
    ),
)


def seen(*codes: str) -> tuple[Reason, ...]:
    """Return observations by their codes."""
    return tuple(Reason(code=code, text=_SEEN[code]) for code in codes)


ANDROID: Final = PhoneErasure(
    phone=PHONE,
    route=PhoneRoute(
        name="guided",
        text=Text(zh="在手机上恢复出厂设置（不用调试）", en="Reset on the phone, no debugging"),
        certainty=OF_MENU,
    ),
    before=PhoneBefore(
        encryption="file",
        metadata_encrypted=True,
        bootloader_locked=True,
        verified_boot="green",
        accounts=0,
        frp=False,
        managed=False,
        screen_lock=True,
        set_up=True,
    ),
    resets=_RESETS,
    canary="gone",
    observed=seen("canary-gone", "setup-seen", "went-and-returned"),
    inferred=_INFERRED,
    claim=PhoneClaim(
        category="purge",
        edition=EDITION,
        reason="cryptographic erase and discard by the phone's own reset",
    ),
    outcome="verified",
    started_at="2026-11-23T17:11:00Z",
    ended_at="2026-11-23T17:20:00Z",
    journal_records=42,
    journal_head_sha256="ab" * 32,
    utc_offset="+08:00",
    maker_function=MakerFunction(
        menu=Text(zh="设置 → 系统 → 重置选项", en="Settings, System, Reset options"),
        declared=False,
        certainty="[M] Android as Google makes it",
        source="not found in the maker's pages on 2026-11-01",
    ),
    photo_sha256="cd" * 32,
    not_checked=("cards-not-covered", "esim-not-checked", "phone-not-attested"),
    earlier_documents=((f"{JOB_ID}-n1", "ef" * 32),),
    measures=MEASURES,
    grade=GRADE.statement()
    | {
        "reasons": [
            {
                "axis": "life",
                "rule": "battery",
                "cap": "caution",
                "measure": "battery_health_percent",
                "measured": "82",
                "threshold": "below 85",
                "source": "the shop's own",
                "zh": "电池健康度偏低",
                "en": "Battery health is low",
            }
        ]
    },
)
"""A phone that supports Purge, with all that may stand in its document."""
SHOWN: Final = replace(
    ANDROID,
    before=PhoneBefore(shown=("no-accounts", "encrypted")),
    claim=PhoneClaim(category="clear", edition=EDITION, reason="the phone's own reset"),
    maker_function=None,
    measures=None,
    grade=None,
    utc_offset=None,
)
"""A phone that says nothing of itself: all of it is what the owner showed."""
OVERWRITTEN: Final = replace(
    SHOWN,
    before=PhoneBefore(encryption="none", set_up=False),
    overwritten_bytes=100_000_000_000,
    claim=PhoneClaim(
        category="clear", edition=EDITION, reason="reset and overwrite of an unencrypted phone"
    ),
)
IOS: Final = replace(
    SHOWN,
    phone=_IPHONE,
    route=PhoneRoute(
        name="ios-erase",
        text=Text(zh="工作站发出抹掉命令", en="The station sends the erase command"),
        certainty="[S] public tools; current iOS unverified",
    ),
    before=PhoneBefore(shown=("find-my-off",), supervised=False),
    resets=(Reset(asked_at="2026-11-23T17:12:00Z"),),
    canary="none",
    observed=seen("obliteration-recorded", "trust-lost"),
    photo_sha256=None,
    claim=PhoneClaim(
        category="purge", edition=EDITION, reason="cryptographic erase by the phone's own reset"
    ),
)


def phone_head(signer: SampleSigner, number: int | None = None) -> Head:
    """Return the head of a certificate, or of the notice with a number."""
    name = JOB_ID if number is None else f"{JOB_ID}-n{number}"
    return replace(head_of(DocumentType.RECEIPT, signer), id=name)


def phone_statement(
    signer: SampleSigner = PRACTICE_SIGNER, what: PhoneErasure = ANDROID, **changes: Any
) -> Statement:
    """Return a certificate of a phone's erasure."""
    return phone_certificate(phone_head(signer), replace(what, **changes))


def shown_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return one of a phone that did not say much."""
    return phone_statement(signer, SHOWN)


def overwritten_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return one of a phone that was overwritten."""
    return phone_statement(signer, OVERWRITTEN)


def ios_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return one of a tablet with iOS."""
    return phone_statement(signer, IOS)


def purge_statement() -> Statement:
    """Return one that claims something: of production."""
    return phone_statement(PRODUCTION_SIGNER)


def phone_notice_statement(
    signer: SampleSigner = PRACTICE_SIGNER, kind: str = "failed", **changes: Any
) -> Statement:
    """Return a notice: what was laid down is still there."""
    made = replace(
        ANDROID,
        **{
            "canary": "still-there",
            "observed": seen("setup-seen", "went-and-returned"),
            "inferred": (),
            "outcome": "failed",
            "measures": MEASURES | {"verified": False},
        }
        | changes,
    )
    there = Reason(
        code="canary-there",
        text=Text(
            zh="清除前放进去的文件还在。", en="The file that was laid down before is still there."
        ),
    )
    notice = PhoneNotice(
        kind=kind,
        reason=Reason(
            code="not-erased", text=Text(zh="手机没有清除。", en="The phone was not erased.")
        ),
        against=(there,) if made.canary == "still-there" else (),
    )
    return phone_notice(phone_head(signer, 2), made, notice)


def aborted_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a notice of a job that ended before a reset was asked for."""
    return phone_notice_statement(
        signer,
        "aborted",
        canary="none",
        resets=(),
        observed=(),
        photo_sha256=None,
        outcome="aborted",
    )


def unproven_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a notice of a phone that never returned."""
    resets = (Reset(asked_at="2026-11-23T17:12:00Z", went_at="2026-11-23T17:12:30Z"),)
    return phone_notice_statement(
        signer,
        "interrupted",
        canary="unreadable",
        before=SHOWN.before,
        resets=resets,
        observed=(),
        photo_sha256=None,
        outcome="indeterminate",
    )


def unsupported_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a notice of a reset that is shown, of a phone of which it supports no claim."""
    return phone_notice_statement(
        signer,
        "interrupted",
        canary="gone",
        before=PhoneBefore(encryption="none", accounts=0),
        observed=ANDROID.observed,
        inferred=_INFERRED,
        outcome="indeterminate",
    )


PHONES: Final[dict[str, Callable[..., Statement]]] = {
    "phone_certificate": phone_statement,
    "phone_certificate_shown": shown_statement,
    "phone_certificate_overwritten": overwritten_statement,
    "phone_certificate_ios": ios_statement,
    "phone_notice": phone_notice_statement,
    "phone_notice_aborted": aborted_statement,
    "phone_notice_unproven": unproven_statement,
    "phone_notice_unsupported": unsupported_statement,
}
"""Each accepted, by the name of its vector."""
