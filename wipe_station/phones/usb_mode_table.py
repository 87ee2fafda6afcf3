"""The modes of phones on USB as data: what may be done in each, and by which ids it shows. Pure.

[S] was read in the place that ``Rule.source`` names; [M] is general knowledge that nobody has
checked on a device, and so are all key combinations.
"""

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from certs.text import Text

APPLE: Final = 0x05AC
GOOGLE: Final = 0x18D1


class Mode(Enum):
    """What a phone is on USB. The order is that of the page."""

    ADB = "adb"
    FASTBOOT = "fastboot"
    MTP = "mtp"
    MTP_ADB = "mtp+adb"
    PTP = "ptp"
    PTP_ADB = "ptp+adb"
    CHARGE_ONLY = "charge-only"
    IPHONE = "iphone"
    IPHONE_RECOVERY = "iphone-recovery"
    IPHONE_DFU = "iphone-dfu"
    IPHONE_WTF = "iphone-wtf"
    SAMSUNG_DOWNLOAD = "samsung-download"
    QUALCOMM_EDL = "qualcomm-edl"
    QUALCOMM_CRASH_DUMP = "qualcomm-crash-dump"
    MEDIATEK_BOOT_ROM = "mediatek-boot-rom"
    MEDIATEK_PRELOADER = "mediatek-preloader"
    MEDIATEK_DOWNLOAD_AGENT = "mediatek-download-agent"
    UNISOC_DOWNLOAD = "unisoc-download"


class Touch(Enum):
    """What the station may do with a phone in a mode."""

    SPEAK = "speak"
    """Its protocol is known and meant for this."""
    WAIT = "wait"
    """There is nothing to speak with until a person has done something."""
    HANDS_OFF = "hands-off"
    """Name it, and write nothing: what works there needs its maker's own programs."""


class Certainty(Enum):
    """How we know."""

    READ = "S"
    """Read in the named source."""
    MEMORY = "M"
    """General knowledge, unverified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeFacts:
    """What follows from a mode."""

    title: Text
    touch: Touch
    next_step: Text
    """For the clerk or the owner."""
    settled_by: str | None = None
    """What tells apart that which looks the same on USB."""
    serial_is_its_own: bool = True
    """Whether the serial on USB is the one that the phone has in its other modes [M]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way in which a mode shows itself by its ids."""

    vendor_id: int
    first: int
    last: int
    """Product ids, both included."""
    mode: Mode
    certainty: Certainty
    source: str


_RESTART_ANDROID: Final = Text(
    zh="长按电源键（不行就加音量下键）十五秒，让手机正常开机，再插上。",
    en="Hold power (or power and volume down) for 15 seconds, let it start, and plug it in again.",
)
MODES: Final = MappingProxyType(
    {
        Mode.ADB: ModeFacts(
            title=Text(zh="安卓调试", en="Android debugging"),
            touch=Touch.SPEAK,
            next_step=Text(
                zh="手机上问“允许调试吗”，请机主点允许。",
                en="The phone asks whether to allow debugging: have the owner allow it.",
            ),
            settled_by="adb banner: device, recovery, sideload, rescue",
        ),
        Mode.FASTBOOT: ModeFacts(
            title=Text(zh="安卓引导模式", en="Android boot loader"),
            touch=Touch.SPEAK,
            next_step=Text(
                zh="不用动手；要回到系统就选 Reboot。",
                en="Nothing to do; to return to the system choose Reboot.",
            ),
            settled_by="getvar is-userspace: yes is fastbootd",
        ),
        Mode.MTP: ModeFacts(
            title=Text(zh="文件传输", en="file transfer"),
            touch=Touch.SPEAK,
            next_step=Text(
                zh="请机主解锁屏幕；要读更多，打开开发者选项里的 USB 调试。",
                en="Have the owner unlock it; to read more, turn on USB debugging.",
            ),
            settled_by="GetDeviceInfo: vendor extension",
        ),
        Mode.MTP_ADB: ModeFacts(
            title=Text(zh="文件传输和调试", en="file transfer and debugging"),
            touch=Touch.SPEAK,
            next_step=Text(
                zh="请机主解锁屏幕，并允许调试。",
                en="Have the owner unlock it and allow debugging.",
            ),
            settled_by="GetDeviceInfo: vendor extension",
        ),
        Mode.PTP: ModeFacts(
            title=Text(zh="照片传输", en="photo transfer"),
            touch=Touch.SPEAK,
            next_step=Text(
                zh="在 USB 选项里改成“文件传输”。",
                en="Choose file transfer in its USB options.",
            ),
            settled_by="GetDeviceInfo: vendor extension",
        ),
        Mode.PTP_ADB: ModeFacts(
            title=Text(zh="照片传输和调试", en="photo transfer and debugging"),
            touch=Touch.SPEAK,
            next_step=Text(
                zh="请机主解锁屏幕，并允许调试。",
                en="Have the owner unlock it and allow debugging.",
            ),
            settled_by="GetDeviceInfo: vendor extension",
        ),
        Mode.CHARGE_ONLY: ModeFacts(
            title=Text(zh="只充电", en="charging only"),
            touch=Touch.WAIT,
            next_step=Text(
                zh="请机主解锁，在 USB 选项里选“文件传输”。",
                en="Have the owner unlock it and choose file transfer in its USB options.",
            ),
        ),
        Mode.IPHONE: ModeFacts(
            title=Text(zh="苹果手机或平板", en="iPhone or iPad"),
            touch=Touch.SPEAK,
            next_step=Text(
                zh="请机主解锁，点“信任”，再输密码。",
                en="Have the owner unlock it, tap Trust, and enter the passcode.",
            ),
        ),
        Mode.IPHONE_RECOVERY: ModeFacts(
            title=Text(zh="苹果恢复模式", en="iPhone in recovery mode"),
            touch=Touch.HANDS_OFF,
            next_step=Text(
                zh="先按音量上、再按音量下、再长按侧边键，直到出现苹果标志。",
                en="Press volume up, volume down, then hold the side button until the logo shows.",
            ),
        ),
        Mode.IPHONE_DFU: ModeFacts(
            title=Text(zh="苹果 DFU 模式", en="iPhone in DFU mode"),
            touch=Touch.HANDS_OFF,
            next_step=Text(
                zh="先按音量上、再按音量下、再长按侧边键，直到出现苹果标志；不行就要刷机。",
                en="Volume up, volume down, then hold the side button until the logo shows;"
                " if it does not, it needs a restore.",
            ),
        ),
        Mode.IPHONE_WTF: ModeFacts(
            title=Text(zh="苹果 WTF 模式", en="iPhone in WTF mode"),
            touch=Touch.HANDS_OFF,
            next_step=Text(
                zh="很旧的苹果手机；同时长按电源键和主屏键十秒重启。",
                en="A very old iPhone: hold power and home for ten seconds to restart it.",
            ),
        ),
        Mode.SAMSUNG_DOWNLOAD: ModeFacts(
            title=Text(zh="三星下载模式", en="Samsung download mode"),
            touch=Touch.HANDS_OFF,
            next_step=Text(
                zh="同时长按电源键和音量下键十秒，手机会重启。",
                en="Hold power and volume down for ten seconds: it restarts.",
            ),
            serial_is_its_own=False,
        ),
        Mode.QUALCOMM_EDL: ModeFacts(
            title=Text(zh="高通 9008 模式", en="Qualcomm emergency download (EDL)"),
            touch=Touch.HANDS_OFF,
            next_step=_RESTART_ANDROID,
            serial_is_its_own=False,
        ),
        Mode.QUALCOMM_CRASH_DUMP: ModeFacts(
            title=Text(zh="高通死机转储模式", en="Qualcomm crash dump"),
            touch=Touch.HANDS_OFF,
            next_step=_RESTART_ANDROID,
            serial_is_its_own=False,
        ),
        Mode.MEDIATEK_BOOT_ROM: ModeFacts(
            title=Text(zh="联发科 BootROM", en="MediaTek boot ROM"),
            touch=Touch.HANDS_OFF,
            next_step=_RESTART_ANDROID,
            serial_is_its_own=False,
        ),
        Mode.MEDIATEK_PRELOADER: ModeFacts(
            title=Text(zh="联发科预加载器", en="MediaTek preloader"),
            touch=Touch.HANDS_OFF,
            next_step=Text(
                zh="关机的手机插上会这样闪一下：等它开机；不开就长按电源键。",
                en="A phone that is off shows this for a moment: wait, or hold power to start it.",
            ),
            serial_is_its_own=False,
        ),
        Mode.MEDIATEK_DOWNLOAD_AGENT: ModeFacts(
            title=Text(zh="联发科下载代理", en="MediaTek download agent"),
            touch=Touch.HANDS_OFF,
            next_step=_RESTART_ANDROID,
            serial_is_its_own=False,
        ),
        Mode.UNISOC_DOWNLOAD: ModeFacts(
            title=Text(zh="展锐下载模式", en="Unisoc download mode"),
            touch=Touch.HANDS_OFF,
            next_step=_RESTART_ANDROID,
            serial_is_its_own=False,
        ),
    }
)
"""What follows from each mode."""

_USB_IDS: Final = "usb.ids"
_IRECV: Final = "irecv.py of pymobiledevice3"
_NOBODY: Final = "general knowledge"


def _rule(
    ids: tuple[int, int], mode: Mode, certainty: Certainty, source: str, last: int | None = None
) -> Rule:
    vendor_id, first = ids
    return Rule(
        vendor_id=vendor_id,
        first=first,
        last=first if last is None else last,
        mode=mode,
        certainty=certainty,
        source=source,
    )


SPECIAL: Final = (
    _rule((0x04E8, 0x685D), Mode.SAMSUNG_DOWNLOAD, Certainty.READ, _USB_IDS),
    _rule((0x04E8, 0x6601), Mode.SAMSUNG_DOWNLOAD, Certainty.MEMORY, _NOBODY),
    _rule((0x04E8, 0x68C3), Mode.SAMSUNG_DOWNLOAD, Certainty.MEMORY, _NOBODY),
    _rule((0x05C6, 0x9008), Mode.QUALCOMM_EDL, Certainty.READ, _USB_IDS),
    _rule((0x05C6, 0x900E), Mode.QUALCOMM_CRASH_DUMP, Certainty.MEMORY, _NOBODY),
    _rule((0x0E8D, 0x0003), Mode.MEDIATEK_BOOT_ROM, Certainty.MEMORY, _NOBODY),
    _rule((0x0E8D, 0x2000), Mode.MEDIATEK_PRELOADER, Certainty.READ, _USB_IDS),
    _rule((0x0E8D, 0x2001), Mode.MEDIATEK_DOWNLOAD_AGENT, Certainty.MEMORY, _NOBODY),
    _rule((0x1782, 0x4D00), Mode.UNISOC_DOWNLOAD, Certainty.MEMORY, _NOBODY),
    _rule((APPLE, 0x1280), Mode.IPHONE_RECOVERY, Certainty.READ, _IRECV, 0x1283),
    _rule((APPLE, 0x1227), Mode.IPHONE_DFU, Certainty.READ, _IRECV),
    _rule((APPLE, 0x1222), Mode.IPHONE_WTF, Certainty.READ, _IRECV),
    _rule((APPLE, 0x1290), Mode.IPHONE, Certainty.READ, "39-usbmuxd.rules", 0x12AF),
    _rule((APPLE, 0x8600), Mode.IPHONE, Certainty.READ, "39-usbmuxd.rules"),
)
"""Ids that decide where no interface does."""

TELL_PTP: Final = (
    _rule((GOOGLE, 0x4EE1), Mode.MTP, Certainty.READ, _USB_IDS),
    _rule((GOOGLE, 0x4EE2), Mode.MTP_ADB, Certainty.READ, _USB_IDS),
    _rule((GOOGLE, 0x4EE5), Mode.PTP, Certainty.READ, _USB_IDS),
    _rule((GOOGLE, 0x4EE6), Mode.PTP_ADB, Certainty.READ, _USB_IDS),
    _rule((0x04E8, 0x6860), Mode.MTP, Certainty.READ, _USB_IDS),
)
"""Ids that tell MTP from PTP, whose interfaces are the same."""

MAKERS: Final = MappingProxyType(
    {
        GOOGLE: ("Google", Certainty.READ),
        0x04E8: ("Samsung", Certainty.READ),
        0x2717: ("Xiaomi", Certainty.READ),
        0x12D1: ("Huawei", Certainty.READ),
        0x22D9: ("OPPO", Certainty.READ),
        0x2A70: ("OnePlus", Certainty.READ),
        0x2A45: ("Meizu", Certainty.READ),
        0x19D2: ("ZTE", Certainty.READ),
        0x17EF: ("Lenovo", Certainty.READ),
        0x22B8: ("Motorola", Certainty.READ),
        0x0FCE: ("Sony", Certainty.READ),
        0x1004: ("LG", Certainty.READ),
        0x0B05: ("ASUS", Certainty.READ),
        0x2D95: ("vivo", Certainty.MEMORY),
        0x339B: ("Honor", Certainty.MEMORY),
    }
)
"""Makers of Android phones by vendor id; some make other things, too."""
