"""What a person reads about a phone at the counter: labels, values, sentences. Pure.

Plain words: what to do first, why second.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from certs.text import Text
from wipe_station.phone_values import Shown, Step
from wipe_station.phones.facts import Encryption, Form, PhoneFacts, System, VerifiedBoot
from wipe_station.phones.overwrite import Overwritten
from wipe_station.phones.routes import COOL_CELSIUS, Closed, Gate
from wipe_station.phones.run import State
from wipe_station.units import size_text

LABELS: Final[Mapping[str, Text]] = {
    "form": Text(zh="手机还是平板", en="Phone or tablet"),
    "maker": Text(zh="厂商", en="Maker"),
    "model": Text(zh="型号", en="Model"),
    "serial": Text(zh="序列号", en="Serial"),
    "imeis": Text(zh="IMEI 号", en="IMEI"),
    "version": Text(zh="系统版本", en="System version"),
    "patch_level": Text(zh="安全补丁", en="Security patch"),
    "storage_bytes": Text(zh="容量", en="Storage"),
    "battery_ratio": Text(zh="电量", en="Charge"),
    "battery_health_ratio": Text(zh="电池健康度", en="Battery health"),
    "battery_cycles": Text(zh="充电次数", en="Battery cycles"),
    "battery_celsius": Text(zh="电池温度", en="Battery temperature"),
    "encryption": Text(zh="数据加密", en="Encryption"),
    "bootloader_locked": Text(zh="引导程序锁着", en="Bootloader locked"),
    "verified_boot": Text(zh="系统完整性", en="Verified boot"),
    "accounts": Text(zh="登录着的账户", en="Accounts signed in"),
    "frp": Text(zh="重置后会要原账户", en="Asks for the owner's account after a reset"),
    "find_my": Text(zh="“查找”开着", en="Find My is on"),
    "managed": Text(zh="由单位管理", en="Managed by an organisation"),
    "supervised": Text(zh="受单位监管", en="Supervised"),
    "screen_lock": Text(zh="有锁屏", en="Screen lock"),
    "sim_present": Text(zh="插着手机卡", en="SIM inside"),
    "card_present": Text(zh="插着存储卡", en="Memory card inside"),
}
"""By field of ``PhoneFacts``, in the order in which they are shown."""
UNGRADED: Final = {
    "verified": (
        Text(zh="清除的结果", en="What comes of the erasure"),
        Text(
            zh="清除做完、核对过才知道；没有核对通过的不能出售。",
            en="Known once it was erased and looked at; what is not verified is not for sale.",
        ),
    ),
    "key_functions_failed": (
        Text(zh="不能用的主要功能有几项", en="How many key functions fail"),
        Text(
            zh="店员逐项试：屏幕、触摸、按键、摄像头、喇叭、话筒、充电、打电话。",
            en="Try each: screen, touch, keys, cameras, speakers, microphones, charging, calls.",
        ),
    ),
}
"""By measure: label, and how it is found out, of what no phone says of itself."""
_ONLY: Final = {
    System.IOS: frozenset({"find_my", "supervised"}),
    System.ANDROID: frozenset(
        {"encryption", "bootloader_locked", "verified_boot", "frp", "patch_level"}
    ),
}
"""What only one system has; shown there alone."""
_YES_NO: Final = {True: Text(zh="是", en="yes"), False: Text(zh="否", en="no")}
_ENCRYPTIONS: Final = {
    Encryption.FILE: Text(zh="按文件加密", en="by file"),
    Encryption.FULL_DISK: Text(zh="整个分区加密", en="full disk"),
    Encryption.NONE: Text(zh="没有加密", en="none"),
}
_BOOTS: Final = {
    VerifiedBoot.GREEN: Text(zh="厂商的系统", en="the maker's system"),
    VerifiedBoot.YELLOW: Text(zh="别人签名的系统", en="signed by somebody else"),
    VerifiedBoot.ORANGE: Text(zh="已解锁", en="unlocked"),
    VerifiedBoot.RED: Text(zh="被改动过", en="tampered with"),
}
_FORMS: Final = {
    Form.PHONE: Text(zh="手机", en="phone"),
    Form.TABLET: Text(zh="平板", en="tablet"),
}
_SPELLED: Final = dict[Enum, Text]([*_FORMS.items(), *_ENCRYPTIONS.items(), *_BOOTS.items()])
CLOSED: Final = {
    Closed.OTHER_SYSTEM: Text(zh="不是这种系统。", en="Another system."),
    Closed.NO_LINK: Text(
        zh="手机现在没有用这种方式连着。", en="The phone is not connected in that way."
    ),
    Closed.TOO_OLD: Text(zh="系统太旧，或者版本不清楚。", en="Too old, or of unknown version."),
    Closed.SCREEN_LOCK: Text(zh="先关掉锁屏密码。", en="Turn the screen lock off first."),
    Closed.SCREEN_LOCK_UNKNOWN: Text(
        zh="不知道有没有锁屏密码。", en="Whether there is a screen lock is unknown."
    ),
    Closed.BOOTLOADER_LOCKED: Text(zh="引导程序锁着。", en="The bootloader is locked."),
    Closed.ACCOUNTS_NOT_READ: Text(
        zh="读不到账户数，而它会留下原账户锁。",
        en="Accounts were not read, and this way leaves their lock.",
    ),
}
"""Why a way to a reset cannot be taken now."""
NOT_BUILT: Final = Text(zh="工作站还不会这种方式。", en="The station does not know this way yet.")
STEP_OF_GATE: Final = {
    Gate.NO_CONSENT: Step.CONSENT,
    Gate.BLOCKED: Step.MANAGER,
    Gate.IMEI_DIFFERS: Step.MANAGER,
    Gate.ACCOUNTS: Step.SIGN_OUT,
    Gate.ACCOUNTS_UNKNOWN: Step.SHOW_ACCOUNTS,
    Gate.FRP: Step.SIGN_OUT,
    Gate.FIND_MY: Step.SIGN_OUT,
    Gate.FIND_MY_UNKNOWN: Step.SHOW_FIND_MY,
    Gate.MANAGED: Step.ORGANISATION,
    Gate.SUPERVISED: Step.ORGANISATION,
    Gate.CARD_IN: Step.TAKE_CARDS_OUT,
    Gate.HOT: Step.WAIT,
}
ANSWER_OF_GATE: Final[Mapping[Gate, Shown]] = {
    Gate.ACCOUNTS_UNKNOWN: "no-accounts",
    Gate.FIND_MY_UNKNOWN: "find-my-off",
}
"""What the owner can show, where the phone itself does not say it."""
READY: Final = Text(
    zh="可以清除了。请机主自己按住按钮。", en="Ready. The owner holds the button herself."
)
READING: Final = Text(zh="正在读取手机，请稍等。", en="Reading the phone; one moment.")
SAID: Final = {
    State.READY: (Step.WAIT, Text(zh="正在准备，线不要拔。", en="Preparing; leave the cable in.")),
    State.ASKED: (
        Step.PRESS_ON_PHONE,
        Text(
            zh="请机主在手机上点“清除全部数据”。线不要拔。",
            en="The owner taps “erase all data” on the phone. Leave the cable in.",
        ),
    ),
    State.AWAY: (
        Step.WAIT,
        Text(
            zh="手机正在清除、重新启动，可能要几分钟。线不要拔。",
            en="The phone erases itself and restarts; that may take minutes. Leave the cable in.",
        ),
    ),
    State.STRANGER: (
        Step.STRANGER,
        Text(
            zh="这不是刚才那部手机。拔下它，插回原来那部。",
            en="This is another phone. Unplug it and plug the right one back in.",
        ),
    ),
    State.BACK: (
        Step.LOOK,
        Text(
            zh="跳过设置（不登录账号），选“文件传输”，让工作站看一眼。",
            en="Skip setup without an account, choose file transfer, and let the station look.",
        ),
    ),
    State.BETWEEN: (
        Step.RESET_AGAIN,
        Text(
            zh="已经看到清除了。请点“再重置一次”，再在手机上恢复一次出厂设置。",
            en="The erasure was seen. Tap “reset again”, then reset the phone once more by hand.",
        ),
    ),
    State.OVERWRITING: (
        Step.WAIT,
        Text(
            zh="手机正在写满空闲空间，再读一遍。线不要拔。",
            en="The phone fills its free space and reads it again. Leave the cable in.",
        ),
    ),
    State.ASKED_AGAIN: (
        Step.RESET_AGAIN,
        Text(
            zh="请在手机上再恢复一次出厂设置。线不要拔。",
            en="Reset the phone once more, by hand. Leave the cable in.",
        ),
    ),
    State.AWAY_AGAIN: (
        Step.WAIT,
        Text(
            zh="手机正在最后一次重置，可能要几分钟。线不要拔。",
            en="The phone resets for the last time; that may take minutes. Leave the cable in.",
        ),
    ),
    State.STRANGER_AGAIN: (
        Step.STRANGER,
        Text(
            zh="这不是刚才那部手机。拔下它，插回原来那部。",
            en="This is another phone. Unplug it and plug the right one back in.",
        ),
    ),
    State.BACK_AGAIN: (
        Step.PHOTOGRAPH,
        Text(
            zh="看到“欢迎使用”画面后，拍一张照片。",
            en="When the welcome screen shows, photograph it.",
        ),
    ),
    State.ERASED: (
        Step.DONE,
        Text(
            zh="已清除：手机自己的重置，证据写在证明里。",
            en="Erased by the phone's own reset; the certificate says what was seen.",
        ),
    ),
    State.NOT_ERASED: (
        Step.RED_BOX,
        Text(
            zh="没有清除，不能出售。请放进红盒，交给店长。",
            en="Not erased; not for sale. Red box, manager.",
        ),
    ),
    State.UNPROVEN: (
        Step.RED_BOX,
        Text(
            zh="没能确认清除成功，不能出售。请放进红盒，交给店长。",
            en="Not confirmed; not for sale. Red box, manager.",
        ),
    ),
    State.TURNED_AWAY: (Step.MANAGER, Text(zh="没有清除。", en="Not erased.")),
    State.CANCELLED: (
        Step.RED_BOX,
        Text(zh="没有开始清除。请重新来一次。", en="Nothing was erased. Begin anew."),
    ),
}
"""By state of a run: what somebody does, and the sentence for it."""
ASKED: Final = Text(
    zh="手机正在清除自己，然后重新启动。线不要拔。",
    en="The phone erases itself, then restarts. Leave the cable in.",
)
"""Instead of the sentence for ``ASKED``: nobody has to tap anything on the phone."""
ON_ITS_WAY: Final = Text(
    zh="手机正在重新启动，进入清除用的模式，可能要几分钟。线不要拔，别碰手机。",
    en="The phone restarts into the mode in which it is erased; that may take minutes. Leave the"
    " cable in and the phone alone.",
)
"""Likewise, before it is there."""
IOS_BACK: Final = Text(
    zh="手机回来了。请在手机上点“信任”，再让工作站看一眼；看到“您好”画面就拍一张照片。",
    en="The phone is back. Tap Trust on it and let the station look; photograph its hello screen.",
)
"""Instead of the sentence for ``BACK``: nothing has to be skipped on an iPhone."""
PHOTOGRAPHED: Final = Text(
    zh="照片收到了，还没有看清是哪部手机。线插好，屏幕点亮，让工作站再看一眼。",
    en="The photograph is here; which phone it is was not seen yet. Check the cable, wake the"
    " screen, and let the station look.",
)
"""Where the photograph alone does not end it."""


def too_hot(celsius: float | None, state: State | None = None) -> Text:
    """Return that a phone is too hot, and what is done about it.

    Args:
        celsius: as it told last; None where it told none.
        state: of its job; None before there is one.
    """
    degrees = "" if celsius is None else f" ({celsius:.0f} °C)"
    zh, en = _TOO_HOT.get(state, _TOO_HOT[None])
    cool = f"{COOL_CELSIUS:.0f} °C"
    return Text(
        zh=f"手机太热了{degrees.replace(' (', '（').replace(')', '）')}{zh.format(cool=cool)}",
        en=f"The phone is too hot{degrees}{en.format(cool=cool)}",
    )


_TOO_HOT: Final = {
    None: (
        "。拔下来，取下保护壳放凉，再插上。",
        ". Unplug it, take its cover off and let it cool, then plug it in again.",
    ),
    State.BETWEEN: (
        "。取下保护壳，凉到 {cool} 以下再继续。线不要拔。",
        ". Take its cover off, and go on when it is below {cool}. Leave the cable in.",
    ),
    State.OVERWRITING: (
        "，先停一停，凉到 {cool} 以下自己接着写。取下保护壳，线不要拔。",
        " and rests; below {cool} it goes on by itself. Take its cover off; leave the cable in.",
    ),
}
"""By state of its job: what follows "too hot"."""
BROKEN: Final = Text(
    zh="工作站自己出了错，这部手机不能算清除过。请叫店长。",
    en="A fault of the station itself; this phone does not count as erased. Call the manager.",
)
STATION_STOPPED: Final = Text(
    zh="工作站中途停了，没能确认清除成功。请把手机再清除一次。",
    en="The station stopped half-way; nothing is confirmed. Erase the phone again.",
)


def overwritten(done: Overwritten) -> Text:
    """Return what an overwrite came to."""
    size = size_text(done.size_bytes)
    if done.whole:
        return Text(
            zh=f"空闲空间写满过一遍，读回核对了 {size}。",
            en=f"Its free space was filled once; {size} were read back.",
        )
    return Text(
        zh=f"没有写满，或者没能全部读回（读回 {size}），不算覆写过。",
        en=f"Not filled, or not all read back ({size} were): it does not count as overwritten.",
    )


def facts_shown(facts: PhoneFacts) -> list[tuple[str, Text, Text | None]]:
    """Return field, label and value of what is known and unknown, in order; None is unknown."""
    others = [names for system, names in _ONLY.items() if system is not facts.system]
    hidden = frozenset[str]().union(*others)
    return [
        (name, label, _spelled(name, getattr(facts, name)))
        for name, label in LABELS.items()
        if name not in hidden
    ]


def _spelled(name: str, value: object) -> Text | None:
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return _YES_NO[value]
    if isinstance(value, Enum):
        return _SPELLED[value]
    if name == "battery_celsius" and isinstance(value, float):
        text = f"{value:.0f} °C"
    elif isinstance(value, float):
        text = f"{round(value * 100)} %"
    elif name == "storage_bytes" and isinstance(value, int):
        text = size_text(value)
    else:
        text = " / ".join(value) if isinstance(value, tuple) else str(value)
    return Text(zh=text, en=text)
