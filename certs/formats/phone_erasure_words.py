"""The codes in documents about a phone's erasure, and their words. Pure.

The station has the same codes where it decides (`wipe_station/phones`); a test there holds that
none is missing here.
"""

from typing import Final

from certs.formats.fields import UNKNOWN
from certs.text import Text

NOT_KNOWN: Final = Text(zh="不清楚", en="unknown")
DEVICE_KINDS: Final = {
    "phone": Text(zh="手机", en="phone"),
    "tablet": Text(zh="平板", en="tablet"),
    UNKNOWN: NOT_KNOWN,
}
SYSTEMS: Final = {
    "android": Text(zh="安卓", en="Android"),
    "ios": Text(zh="iOS", en="iOS"),
    UNKNOWN: NOT_KNOWN,
}
ANDROID_ROUTES: Final = (
    "guided",
    "settings",
    "test-harness",
    "rescue",
    "fastboot",
)
LEAVING_FRP: Final = ("test-harness", "rescue", "fastboot")
"""Routes that leave factory-reset protection as it was: nobody may have been signed in."""
IOS_ROUTES: Final = ("ios-guided", "ios-erase", "ios-backup-erase", "ios-restore")
ROUTES: Final = (*ANDROID_ROUTES, *IOS_ROUTES)
TRI_STATE: Final = {
    "yes": Text(zh="是", en="yes"),
    "no": Text(zh="否", en="no"),
    UNKNOWN: NOT_KNOWN,
}
ENCRYPTIONS: Final = {
    "file": Text(zh="按文件加密", en="by file"),
    "full-disk": Text(zh="整个分区加密", en="full disk"),
    "none": Text(zh="没有加密", en="none"),
    UNKNOWN: NOT_KNOWN,
}
VERIFIED_BOOTS: Final = {
    "green": Text(zh="绿（厂商的系统）", en="green (the maker's system)"),
    "yellow": Text(zh="黄", en="yellow"),
    "orange": Text(zh="橙（已解锁）", en="orange (unlocked)"),
    "red": Text(zh="红", en="red"),
    UNKNOWN: NOT_KNOWN,
}
TRI_STATES: Final = {
    "frp": Text(
        zh="重置后会要原账户（FRP）", en="asks for the owner's account after a reset (FRP)"
    ),
    "find_my": Text(zh="“查找”开着", en="Find My is on"),
    "managed": Text(zh="由单位管理", en="managed by an organisation"),
    "supervised": Text(zh="受单位监管", en="supervised by an organisation"),
    "screen_lock": Text(zh="有锁屏", en="has a screen lock"),
    "set_up": Text(zh="设置过", en="is set up"),
}
SHOWN: Final = {
    "no-accounts": Text(zh="没有账户", en="no accounts"),
    "find-my-off": Text(zh="“查找”关着", en="Find My is off"),
    "encrypted": Text(zh="已加密", en="encrypted"),
}
DECLARED: Final = {
    "declared": Text(zh="厂商有声明", en="declared by the maker"),
    "not-declared": Text(zh="没有找到厂商的声明", en="no declaration found"),
}
CANARIES: Final = {
    "none": Text(zh="没能放进去", en="none could be laid down"),
    "gone": Text(zh="不在了", en="gone"),
    "still-there": Text(zh="还在", en="still there"),
    "unreadable": Text(zh="看不到", en="cannot be seen"),
}
CATEGORIES: Final = {
    "none": Text(zh="没有结论", en="nothing"),
    "clear": Text(zh="可防软件恢复（Clear）", en="Clear"),
    "purge": Text(zh="可防实验室恢复（Purge）", en="Purge"),
}
KINDS: Final = {
    "trade-in-answers": "setup",
    "setup-runs": "setup",
    "setup-seen": "setup",
    "accounts-gone": "setup",
    "canary-gone": "files",
    "trust-lost": "trust",
    "obliteration-recorded": "record",
}
"""What each observation is about; two of one kind do not confirm each other. That the phone went
and returned is of no kind: it shows nothing about data. See docs/decisions/023."""
ABOUT_DATA: Final = tuple(code for code, kind in KINDS.items() if kind in {"files", "record"})
OBSERVATIONS: Final = (*KINDS, "went-and-returned")
CONTRADICTIONS: Final = (
    "canary-there",
    "set-up",
    "accounts-there",
    "trust-kept",
    "record-old",
    "users-there",
    "files-there",
)
NOTICE_KINDS: Final = {"failed": "failed", "interrupted": "indeterminate", "aborted": "aborted"}
"""By kind of notice, the outcome that it reports."""
OUTCOMES: Final = tuple(NOTICE_KINDS.values())
NAMES: Final = ("serial", "imei", "imei2", "meid", "udid")
"""Identifiers by which the phone that returns is known to be the one of before."""
