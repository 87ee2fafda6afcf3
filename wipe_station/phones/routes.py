"""The ways to have a phone erase itself, what each needs, and why one is closed. Pure.

The owner presses the button, on the phone or here. No way leads past somebody's lock: an account, a
lock, Find My or an organisation's management closes every route, and the device goes back or to a
supervisor. A route that leaves factory-reset protection (FRP) armed wants an account count of
exactly zero; "unknown" is not zero.

Source: ``../shared/phones.md`` §1.3 and §2.3, where each statement's certainty stands. None was
tried on a real phone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from certs.text import Text
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.imei import Comparison

OLDEST_TEST_HARNESS: Final = 29
"""Android 10. [S] AOSP; on makers' builds unverified."""
HOT_CELSIUS: Final = 45.0
"""A decision of ours, by what makers charge at. [S] Zebra on its TC53 and TC58: slower above 45 °C,
not at all above 50. [M] for other phones, which say nothing."""
COOL_CELSIUS: Final = 40.0
"""Down to here a hot phone must cool before anything goes on: else it would stop and go on every
minute. A decision of ours; a drive's hysteresis is as wide (``wipe_station.heat``)."""


class Route(Enum):
    """A way to have a phone erase itself."""

    GUIDED = "guided"
    """By hand, on the phone, no debugging: what most phones at a counter allow."""
    SETTINGS = "settings"
    """By hand, on the phone, its settings opened from here by adb."""
    TEST_HARNESS = "test-harness"
    RESCUE = "rescue"
    FASTBOOT = "fastboot"
    IOS_GUIDED = "ios-guided"
    IOS_ERASE = "ios-erase"
    IOS_BACKUP_ERASE = "ios-backup-erase"
    IOS_RESTORE = "ios-restore"


class Link(Enum):
    """What the phone lets this station speak with now."""

    USB = "usb"
    """It is there, and says no more than its descriptors."""
    MTP = "mtp"
    ADB = "adb"
    """Authorised by the owner."""
    FASTBOOT = "fastboot"
    RESCUE = "rescue"
    LOCKDOWN = "lockdown"
    """Paired."""
    IOS_RECOVERY = "ios-recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a route needs, and what it leaves behind."""

    system: System
    title: Text
    links: frozenset[Link]
    """One of them, before the reset."""
    steps: tuple[Text, ...]
    """What clerk and owner do, in order."""
    through: Link | None = None
    """The phone is sent into another mode first, and asked in there, by this."""
    oldest_api: int = 0
    no_screen_lock: bool = False
    bootloader_unlocked: bool = False
    keeps_trust: bool = False
    leaves_frp: bool = False
    """FRP stays as it was: so nobody may be signed in before."""
    final_reset: bool = False
    """A second reset by hand follows: somebody has skipped the setup in order to look, or the phone
    is in a state in which it must not be sold."""
    certainty: str

    @property
    def on_phone(self) -> bool:
        """Whether the first reset waits for the owner's finger on the phone itself."""
        return _PRESS in self.steps


_PRESS: Final = Text(
    zh="请机主自己在手机上点“清除全部数据”。", en="The owner taps “erase all data” on the phone."
)
_HOLD: Final = Text(
    zh="请机主按住屏幕上的按钮 3 秒，松手就取消。", en="The owner holds the button for 3 s."
)
_WAIT: Final = Text(
    zh="线不要拔。手机会重新启动，可能要几分钟。",
    en="Leave the cable in. The phone restarts; that may take minutes.",
)
_PHOTO: Final = Text(
    zh="看到“欢迎使用”画面后，拍一张照片。", en="When the welcome screen shows, photograph it."
)
_LOOK: Final = Text(
    zh="跳过设置（不登录账号），选“文件传输”，让工作站看一眼。",
    en="Skip setup without an account, choose file transfer, and let the station look.",
)
_AGAIN: Final = Text(
    zh="最后在手机上再恢复一次出厂设置。", en="At the end reset the phone once more, by hand."
)

ROUTES: Final = MappingProxyType(
    {
        Route.GUIDED: Needs(
            system=System.ANDROID,
            title=Text(
                zh="在手机上恢复出厂设置（不用调试）", en="Reset on the phone, no debugging"
            ),
            links=frozenset({Link.MTP}),
            steps=(_PRESS, _WAIT, _LOOK, _AGAIN, _WAIT, _PHOTO),
            final_reset=True,
            certainty="[M] MTP before and after; the maker's menu, see maker functions",
        ),
        Route.SETTINGS: Needs(
            system=System.ANDROID,
            title=Text(
                zh="工作站打开手机的重置画面", en="The station opens the phone's reset screen"
            ),
            links=frozenset({Link.ADB}),
            steps=(_PRESS, _WAIT, _LOOK, _AGAIN, _WAIT, _PHOTO),
            final_reset=True,
            certainty="[S] AOSP; makers' screens differ",
        ),
        Route.TEST_HARNESS: Needs(
            system=System.ANDROID,
            title=Text(zh="测试模式重置（安卓 10 起）", en="Test-harness reset (Android 10 on)"),
            links=frozenset({Link.ADB}),
            steps=(_HOLD, _WAIT, _AGAIN, _WAIT, _PHOTO),
            oldest_api=OLDEST_TEST_HARNESS,
            no_screen_lock=True,
            keeps_trust=True,
            leaves_frp=True,
            final_reset=True,
            certainty="[S] AOSP; one field report on a shipped build",
        ),
        Route.RESCUE: Needs(
            system=System.ANDROID,
            title=Text(zh="救援模式清除", en="Rescue mode"),
            links=frozenset({Link.ADB}),
            steps=(_HOLD, _WAIT, _LOOK, _AGAIN, _WAIT, _PHOTO),
            through=Link.RESCUE,
            leaves_frp=True,
            final_reset=True,
            certainty="[S] AOSP; devices beyond Pixel unverified",
        ),
        Route.FASTBOOT: Needs(
            system=System.ANDROID,
            title=Text(zh="fastboot 清除（要已解锁）", en="fastboot erase (bootloader unlocked)"),
            links=frozenset({Link.ADB}),
            steps=(_HOLD, _WAIT, _LOOK, _AGAIN, _WAIT, _PHOTO),
            through=Link.FASTBOOT,
            bootloader_unlocked=True,
            leaves_frp=True,
            final_reset=True,
            certainty="[S] issue reports",
        ),
        Route.IOS_GUIDED: Needs(
            system=System.IOS,
            title=Text(
                zh="在手机上抹掉所有内容和设置", en="Erase all content and settings, by hand"
            ),
            links=frozenset({Link.LOCKDOWN}),
            steps=(_PRESS, _WAIT, _PHOTO),
            certainty="[S] Apple Platform Security",
        ),
        Route.IOS_ERASE: Needs(
            system=System.IOS,
            title=Text(zh="工作站发出抹掉命令", en="The station sends the erase command"),
            links=frozenset({Link.LOCKDOWN}),
            steps=(_HOLD, _WAIT),
            certainty="[S] public tools; current iOS unverified",
        ),
        Route.IOS_BACKUP_ERASE: Needs(
            system=System.IOS,
            title=Text(zh="经备份服务抹掉", en="Erase by the backup service"),
            links=frozenset({Link.LOCKDOWN}),
            steps=(_HOLD, _WAIT),
            certainty="[S] one report of May 2026",
        ),
        Route.IOS_RESTORE: Needs(
            system=System.IOS,
            title=Text(zh="恢复系统（要联网）", en="Restore the system (needs a network)"),
            links=frozenset({Link.IOS_RECOVERY}),
            steps=(_HOLD, _WAIT, _PHOTO),
            certainty="[S] public tools; not built here: it needs Apple's servers",
        ),
    }
)


class Gate(Enum):
    """Why no reset may begin now."""

    NO_CONSENT = "no-consent"
    BLOCKED = "blocked"
    """An IMEI stands on the local block list: the ticket is frozen, the supervisor told."""
    IMEI_DIFFERS = "imei-differs"
    ACCOUNTS = "accounts"
    ACCOUNTS_UNKNOWN = "accounts-unknown"
    FRP = "frp"
    FIND_MY = "find-my"
    FIND_MY_UNKNOWN = "find-my-unknown"
    MANAGED = "managed"
    SUPERVISED = "supervised"
    CARD_IN = "card-in"
    HOT = "hot"
    """Its battery is too warm to be charged and worked at for minutes."""


GATES: Final = MappingProxyType(
    {
        Gate.NO_CONSENT: Text(
            zh="还没有机主的同意。请机主看过以后签字。",
            en="The owner has not agreed yet: show it, and have it signed.",
        ),
        Gate.BLOCKED: Text(
            zh="这台设备暂时不能收，请稍等，我叫店长。",
            en="Cannot take this now; fetch the manager. The ticket is frozen.",
        ),
        Gate.IMEI_DIFFERS: Text(
            zh="手机里的 IMEI 和标签上的不一样。先不收，叫店长。",
            en="The IMEI in the phone is not the one on its label. Fetch the manager.",
        ),
        Gate.ACCOUNTS: Text(
            zh="手机还登录着账号，请机主先退出，再谈价格。", en="Owner signs out first, then price."
        ),
        Gate.ACCOUNTS_UNKNOWN: Text(
            zh="不知道还有没有账号。请机主打开“设置 → 账户”给店员看。",
            en="Whether anybody is signed in is unknown. The owner shows Settings, Accounts.",
        ),
        Gate.FRP: Text(
            zh="重置后会要原来的账号。请机主先退出账号。",
            en="After a reset it would ask for the owner's account: the owner signs out first.",
        ),
        Gate.FIND_MY: Text(
            zh="“查找”还开着。请机主先关掉，再谈价格。",
            en="Find My is on. The owner turns it off first, then price.",
        ),
        Gate.FIND_MY_UNKNOWN: Text(
            zh="问不到“查找”开没开。请机主打开“设置 → 姓名 → 查找”给店员看。",
            en="Whether Find My is on is unknown. The owner shows Settings, the name, Find My.",
        ),
        Gate.MANAGED: Text(
            zh="这台手机由单位管理，要单位先放行。",
            en="An organisation manages this phone; it must release it first.",
        ),
        Gate.SUPERVISED: Text(
            zh="这台手机受单位监管，要单位先放行。",
            en="An organisation supervises this phone; it must release it first.",
        ),
        Gate.CARD_IN: Text(
            zh="请取出手机卡和存储卡，还给顾客。", en="Return SIM and memory card to the customer."
        ),
        Gate.HOT: Text(
            zh="手机太热了。拔下来放凉，再插上。",
            en="The phone is too hot. Unplug it, let it cool, and plug it in again.",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What people and lists say beside the phone itself."""

    consent: bool = False
    """Of the owner, for this very reset."""
    blocked: bool = False
    """One of its IMEIs stands on the local list."""
    imeis: Comparison | None = None
    shown_no_accounts: bool = False
    """The owner showed the list of accounts, and it was empty: the clerk's word, on paper so."""
    shown_find_my_off: bool = False
    shown_encrypted: bool = False
    """The owner showed that the phone's settings call it encrypted; it supports Clear at most."""
    still_hot: bool = False
    """It was too hot since it was plugged in, and has not cooled down yet."""


_Shut = Callable[[PhoneFacts, Intake], bool | None]
_GATE_RULES: Final[Mapping[Gate, _Shut]] = MappingProxyType(
    {
        Gate.BLOCKED: lambda _, intake: intake.blocked,
        Gate.IMEI_DIFFERS: lambda _, intake: (
            intake.imeis is not None and intake.imeis.agree is False
        ),
        Gate.FIND_MY: lambda facts, _: facts.find_my,
        Gate.FIND_MY_UNKNOWN: lambda facts, intake: (
            facts.system is System.IOS and facts.find_my is None and not intake.shown_find_my_off
        ),
        Gate.ACCOUNTS: lambda facts, _: (facts.accounts or 0) > 0,
        Gate.ACCOUNTS_UNKNOWN: lambda facts, intake: (
            facts.system is not System.IOS
            and facts.accounts is None
            and facts.set_up is not False
            and not intake.shown_no_accounts
        ),
        Gate.FRP: lambda facts, _: facts.frp,
        Gate.MANAGED: lambda facts, _: facts.managed,
        Gate.SUPERVISED: lambda facts, _: facts.supervised,
        Gate.CARD_IN: lambda facts, _: facts.card_present or facts.sim_present,
        Gate.HOT: lambda facts, intake: (
            (facts.battery_celsius or 0.0) >= HOT_CELSIUS or intake.still_hot
        ),
        Gate.NO_CONSENT: lambda _, intake: not intake.consent,
    }
)
"""When each gate is shut, in the order in which it is told."""


def gates_shut(facts: PhoneFacts, intake: Intake) -> tuple[Gate, ...]:
    """Return every reason against any reset, in the order in which it is told; empty if none."""
    return tuple(gate for gate, shut in _GATE_RULES.items() if shut(facts, intake))


class Closed(Enum):
    """Why a route cannot be taken with this phone."""

    OTHER_SYSTEM = "other-system"
    NO_LINK = "no-link"
    TOO_OLD = "too-old"
    SCREEN_LOCK = "screen-lock"
    SCREEN_LOCK_UNKNOWN = "screen-lock-unknown"
    BOOTLOADER_LOCKED = "bootloader-locked"
    ACCOUNTS_NOT_READ = "accounts-not-read"
    """It leaves FRP armed, and only a count that the phone gave will do for that."""


_Bars = Callable[[Needs, PhoneFacts, frozenset[Link]], bool]
_ROUTE_RULES: Final[Mapping[Closed, _Bars]] = MappingProxyType(
    {
        Closed.OTHER_SYSTEM: lambda needs, facts, _: facts.system is not needs.system,
        Closed.NO_LINK: lambda needs, _, links: not links & needs.links,
        Closed.TOO_OLD: lambda needs, facts, _: (facts.api_level or 0) < needs.oldest_api,
        Closed.SCREEN_LOCK: lambda needs, facts, _: (
            needs.no_screen_lock and facts.screen_lock is True
        ),
        Closed.SCREEN_LOCK_UNKNOWN: lambda needs, facts, _: (
            needs.no_screen_lock and facts.screen_lock is None
        ),
        Closed.BOOTLOADER_LOCKED: lambda needs, facts, _: (
            needs.bootloader_unlocked and facts.bootloader_locked is not False
        ),
        Closed.ACCOUNTS_NOT_READ: lambda needs, facts, _: needs.leaves_frp and facts.accounts != 0,
    }
)


def closed(route: Route, facts: PhoneFacts, links: frozenset[Link]) -> Closed | None:
    """Return why a route is closed to a phone; None where it is open."""
    needs = ROUTES[route]
    return next((why for why, bars in _ROUTE_RULES.items() if bars(needs, facts, links)), None)


def open_routes(facts: PhoneFacts, links: frozenset[Link]) -> tuple[Route, ...]:
    """Return the routes that a phone allows now; the order is the one of preference."""
    return tuple(route for route in Route if closed(route, facts, links) is None)
