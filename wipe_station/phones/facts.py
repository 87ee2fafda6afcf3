"""What is known of one phone or tablet at one moment. Pure.

``None`` always means unknown: not read, refused, or not understood. Nothing here is a person's:
accounts are a count.
"""

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from certs.text import Text


class System(Enum):
    """What runs on it."""

    ANDROID = "android"
    IOS = "ios"
    UNKNOWN = "unknown"


class Form(Enum):
    """Which kind of device it is."""

    PHONE = "phone"
    TABLET = "tablet"


class Encryption(Enum):
    """How its data partition is encrypted, as the phone says."""

    FILE = "file"
    FULL_DISK = "full-disk"
    NONE = "none"


class VerifiedBoot(Enum):
    """What the boot chain says of the running system (Android: ``ro.boot.verifiedbootstate``)."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFacts:
    """One phone, as it described itself; see ``docs/phones.md`` for where each is read."""

    system: System
    usb_path: str | None = None
    """Of the port, as the kernel names it: what keeps two phones with one serial apart."""
    form: Form | None = None
    maker: str | None = None
    model: str | None = None
    """As the maker's software calls it: ``ro.product.model``, ``ProductType``."""
    serial: str | None = None
    device_id: str | None = None
    """iOS: the UDID."""
    imeis: tuple[str, ...] = ()
    """As read, unchecked; see ``imei.examine``. Empty where none could be read."""
    version: str | None = None
    """Of the system: ``14``, ``17.4.1``."""
    api_level: int | None = None
    """Android: ``ro.build.version.sdk``."""
    patch_level: str | None = None
    """Android: the security patch's date, ``YYYY-MM-DD``."""
    storage_bytes: int | None = None
    battery_ratio: float | None = None
    """Charge now, 0 to 1."""
    battery_health_ratio: float | None = None
    """Full charge now by full charge when new, where the phone says both; 0 to 1."""
    battery_cycles: int | None = None
    battery_celsius: float | None = None
    encryption: Encryption | None = None
    metadata_encrypted: bool | None = None
    """Android: names and sizes of files, too; a reset then discards the whole partition."""
    bootloader_locked: bool | None = None
    verified_boot: VerifiedBoot | None = None
    accounts: int | None = None
    users: int | None = None
    """Android: persons and profiles that have room of their own on it."""
    screen_lock: bool | None = None
    frp: bool | None = None
    """Android: a reset phone asks for the owner's account."""
    find_my: bool | None = None
    """iOS: a reset phone asks for the owner's account."""
    managed: bool | None = None
    """An organisation's management (MDM, device owner) is in force."""
    supervised: bool | None = None
    """iOS."""
    set_up: bool | None = None
    """The setup assistant was finished; False after a reset."""
    sim_present: bool | None = None
    card_present: bool | None = None
    """A memory card."""


HOW_TO_LEARN: Final = MappingProxyType(
    {
        "imeis": Text(
            zh="在拨号界面输入 *#06#，或扫卡托、包装上的条码。",
            en="Dial *#06#, or scan the code on tray or box.",
        ),
        "serial": Text(zh="看“设置 → 关于本机”。", en="See Settings, About."),
        "storage_bytes": Text(zh="看“设置 → 存储”。", en="See Settings, Storage."),
        "battery_health_ratio": Text(
            zh="看“设置 → 电池”里的健康度；没有就写“不清楚”。",
            en="See the health in Settings, Battery; where there is none it stays unknown.",
        ),
        "battery_cycles": Text(
            zh="看“设置 → 电池”或“关于本机”里的循环次数；没有就写“不清楚”。",
            en="See the cycle count in Settings, Battery or About; where there is none it stays"
            " unknown.",
        ),
        "encryption": Text(
            zh="看“设置 → 安全”里的加密；问不到就按没有加密处理。",
            en="See encryption in Settings, Security; unknown counts as not encrypted.",
        ),
        "bootloader_locked": Text(
            zh="重新开机，看第一屏有没有“已解锁”的警告。",
            en="Restart it, and see whether its first screen warns of an unlocked boot loader.",
        ),
        "verified_boot": Text(
            zh="重新开机，看第一屏有没有警告：不是原厂的系统，或者系统已损坏。",
            en="Restart it, and see whether its first screen warns of another system, or a damaged"
            " one.",
        ),
        "accounts": Text(
            zh="请机主打开“设置 → 账户”，逐个退出。",
            en="Have the owner open Settings, Accounts, and sign out of each.",
        ),
        "frp": Text(
            zh="请机主退出谷歌等账户；出厂重置以后看它要不要原账户。",
            en="Have the owner sign out; see after the reset whether it asks for an account.",
        ),
        "find_my": Text(
            zh="请机主在“设置 → 姓名 → 查找”里关闭。",
            en="Have the owner turn it off in Settings, the name, Find My.",
        ),
        "managed": Text(
            zh="看“设置”里有没有单位管理的提示。",
            en="See whether Settings says that an organisation manages it.",
        ),
        "supervised": Text(
            zh="看“设置”最上面有没有受监督的提示。",
            en="See whether the top of Settings says that it is supervised.",
        ),
        "sim_present": Text(zh="拔出卡托看一眼。", en="Pull the tray and look."),
        "card_present": Text(zh="拔出卡托看一眼。", en="Pull the tray and look."),
    }
)
"""By field: how the clerk or the owner finds out what the phone did not say."""


def unknown_of(facts: PhoneFacts) -> tuple[str, ...]:
    """Return the fields that are unknown and that somebody can find out, in a fixed order."""
    return tuple(name for name in HOW_TO_LEARN if getattr(facts, name) in (None, ()))
