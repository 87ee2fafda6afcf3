"""What an Android phone says of itself, from the texts of its own commands. Pure.

Strictly: what is missing, refused, cut short, contradictory or not understood is unknown, and
nothing but a plain statement is ever "good". A command's text counts only if it ended with exit
code 0. Names of accounts, users and organisations are counted and forgotten; they are in no value,
no error and no ``repr``.

Source: AOSP docs adb_tradeinmode.md and source.android.com trade-in mode (``tradeinmode``). The
other commands and the forms of their texts are general knowledge, tried on no real phone here.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeVar

from wipe_station.phones.adb_shell import ShellEnd
from wipe_station.phones.facts import Encryption, Form, PhoneFacts, System, VerifiedBoot

MOST_TEXT_BYTES: Final = 4 << 20
"""``dumpsys device_policy`` and ``dumpsys window`` of a full phone stay far below."""
Value = TypeVar("Value")


class Ask(Enum):
    """What a phone is asked; each only reads."""

    PROPERTIES = "getprop"
    BATTERY = "dumpsys battery"
    ACCOUNTS = "dumpsys account"
    USERS = "pm list users"
    OWNERS = "dpm list-owners"
    """Android 12 and later."""
    POLICY = "dumpsys device_policy"
    PROVISIONED = "settings get global device_provisioned"
    SET_UP = "settings get secure user_setup_complete"
    STORAGE = "dumpsys diskstats"
    VOLUMES = "sm list-volumes"
    WINDOW = "dumpsys window policy"
    IMEI_0 = "cmd phone get-imei 0"
    IMEI_1 = "cmd phone get-imei 1"
    TRADE_IN = "tradeinmode getstatus"
    """Android 16 and later; before the setup it is the one command that a phone answers."""


_PLAIN: Final = re.compile(r"[!-~\u00a1-\uffdc]([ -~\u00a1-\uffdc]{0,126}[!-~\u00a1-\uffdc])?")
_PROPERTY: Final = re.compile(r"\[([^\]\n]{1,256})\]: \[([^\n]*)\]")
_USER: Final = re.compile(r"[ \t]*UserInfo\{[0-9]{1,9}:.*:[0-9a-f]{1,8}\}.*")
_ACCOUNTS_OF: Final = re.compile(r"User UserInfo\{[0-9]{1,9}:.*\}:?")
_ACCOUNTS: Final = re.compile(r"  Accounts: ([0-9]{1,4})")
_ACCOUNT: Final = re.compile(r"    Account \{name=.*")
_OWNERS: Final = re.compile(r"([0-9]{1,3}) owners?:")
_IMEI: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{14,16}(?![0-9A-Za-z])")
_DATE: Final = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")
_VERSION: Final = re.compile(r"[0-9A-Za-z.]{1,16}")
_SIM_THERE: Final = frozenset(
    {"READY", "LOADED", "PIN_REQUIRED", "PUK_REQUIRED", "NETWORK_LOCKED", "PERM_DISABLED"}
)
_MOST_KIB: Final = 1 << 34


def facts_of(said: Mapping[Ask, ShellEnd], *, usb_path: str | None = None) -> PhoneFacts:
    """Return what a phone has said of itself.

    Args:
        said: what its commands left behind; one that was not asked or was refused is left out.
        usb_path: of the port, as the kernel names it.
    """
    texts = {ask: text for ask, end in said.items() if (text := _text(end)) is not None}
    words = _properties(texts.get(Ask.PROPERTIES, ""))
    battery = _battery(texts.get(Ask.BATTERY, ""))
    trade = _trade_in(texts.get(Ask.TRADE_IN, ""))
    users = _users(texts.get(Ask.USERS, ""))
    imeis = _imeis(texts, trade)
    api = _number(words.get("ro.build.version.sdk"), 1, 999)
    return PhoneFacts(
        system=System.ANDROID,
        usb_path=usb_path,
        form=_form(words.get("ro.build.characteristics", ""), imeis),
        maker=_agreed(words.get("ro.product.manufacturer"), trade.maker),
        model=_agreed(words.get("ro.product.model"), trade.model),
        serial=_agreed(words.get("ro.serialno"), trade.serial),
        imeis=imeis,
        version=_fitting(_VERSION, words.get("ro.build.version.release")),
        api_level=api,
        patch_level=_fitting(_DATE, words.get("ro.build.version.security_patch")),
        storage_bytes=trade.storage_bytes or _storage(texts.get(Ask.STORAGE, "")),
        battery_ratio=battery.ratio,
        battery_health_ratio=trade.health_ratio or battery.health_ratio,
        battery_cycles=trade.cycles,
        battery_celsius=battery.celsius,
        encryption=_encryption(words),
        metadata_encrypted=_TRUTHS.get(words.get("ro.crypto.metadata.enabled", "")),
        bootloader_locked=_locked(words),
        verified_boot=_member(VerifiedBoot, words.get("ro.boot.verifiedbootstate")),
        accounts=_accounts(texts.get(Ask.ACCOUNTS, ""), users),
        users=users,
        screen_lock=_screen_lock(texts.get(Ask.WINDOW, "")),
        frp=trade.frp,
        managed=_managed(texts),
        set_up=_set_up(texts, trade),
        sim_present=_sim(words.get("gsm.sim.state", "")),
        card_present=_card(texts.get(Ask.VOLUMES, "")),
    )


def in_trade_in(said: Mapping[Ask, ShellEnd]) -> bool:
    """Tell whether a phone answers the trade-in status and nothing else: its setup is not done.

    One whose factory-reset protection is armed, or that does not say so, does not count.
    """
    texts = {ask: text for ask, end in said.items() if (text := _text(end)) is not None}
    trade = _trade_in(texts.get(Ask.TRADE_IN, ""))
    return trade.answered and trade.frp is False and set(texts) == {Ask.TRADE_IN}


_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def _text(end: ShellEnd) -> str | None:
    if end.code != 0 or len(end.output) > MOST_TEXT_BYTES:
        return None
    try:
        return end.output.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def _plain(text: object) -> str | None:
    """Return a word that may be shown and stored: short, printable, not empty."""
    if not isinstance(text, str) or text.lower() in ("unknown", "null"):
        return None
    return _fitting(_PLAIN, text)


def _fitting(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and pattern.fullmatch(text) else None


def _number(text: object, least: int, most: int) -> int | None:
    if isinstance(text, str) and re.fullmatch(r"-?[0-9]{1,18}", text):
        text = int(text)
    return text if type(text) is int and least <= text <= most else None


def _agreed(*values: Value | None) -> Value | None:
    """Return what all who know say; contradiction is unknown."""
    known = {each for each in values if each is not None}
    return known.pop() if len(known) == 1 else None


Kind = TypeVar("Kind", bound=Enum)


def _member(kind: type[Kind], word: str | None) -> Kind | None:
    return next((each for each in kind if each.value == word), None)


def _properties(text: str) -> Mapping[str, str]:
    """Read ``[name]: [value]``; a name that stands twice, or a value of several lines, is none."""
    found: dict[str, str | None] = {}
    for line in text.split("\n"):
        if match := _PROPERTY.fullmatch(line):
            name = match[1]
            found[name] = None if name in found else _plain(match[2])
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Battery:
    ratio: float | None = None
    health_ratio: float | None = None
    celsius: float | None = None


def _battery(text: str) -> _Battery:
    """Read ``dumpsys battery``; Samsung adds health in percent. Temperature is in tenths."""
    words = _unique(re.findall(r"(?m)^ *([A-Za-z ]{1,40}): *\[?([^\n\]]{0,40})\]?$", text))
    if words.get("present") != "true":
        return _Battery()
    level, scale = (_number(words.get(name), 0, 1000) for name in ("level", "scale"))
    tenths = _number(words.get("temperature"), -400, 1000)
    percent = _number(words.get("mSavedBatteryAsoc"), 1, 100)
    ratio = level / scale if level is not None and scale else None
    return _Battery(
        ratio=ratio if ratio is not None and ratio <= 1 else None,
        health_ratio=None if percent is None else percent / 100,
        celsius=None if tenths is None else tenths / 10,
    )


def celsius_of(end: ShellEnd) -> float | None:
    """Return the temperature that ``Ask.BATTERY`` left behind, in degrees Celsius."""
    return _battery(_text(end) or "").celsius


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str | None] = {}
    for name, value in pairs:
        found[name] = None if name in found else value
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _TradeIn:
    answered: bool = False
    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    imeis: tuple[str, ...] = ()
    storage_bytes: int | None = None
    health_ratio: float | None = None
    cycles: int | None = None
    frp: bool | None = None


def _trade_in(text: str) -> _TradeIn:
    """Read the status in trade-in mode. Zero cycles and zero health are what no battery has."""
    try:
        status = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return _TradeIn()
    if not isinstance(status, dict):
        return _TradeIn()
    part = {name: _part(status, name) for name in ("battery", "storage", "locks", "product")}
    percent = _number(part["battery"].get("health"), 1, 100)
    locked = part["locks"].get("factory_reset_protection")
    imeis = status.get("imeis")
    listed = imeis if isinstance(imeis, list) else []
    return _TradeIn(
        answered=all(part.values()),
        maker=_plain(part["product"].get("manufacturer")),
        model=_plain(part["product"].get("model")),
        serial=_plain(status.get("serial")),
        imeis=tuple(each for each in listed[:4] if isinstance(each, str) and _IMEI.fullmatch(each)),
        storage_bytes=_number(part["storage"].get("capacity_bytes"), 1, 1 << 50),
        health_ratio=None if percent is None else percent / 100,
        cycles=_number(part["battery"].get("cycle_count"), 1, 100_000),
        frp=locked if isinstance(locked, bool) else None,
    )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def _part(status: dict[str, object], name: str) -> dict[str, object]:
    value = status.get(name)
    return value if isinstance(value, dict) else {}


def _imeis(texts: Mapping[Ask, str], trade: _TradeIn) -> tuple[str, ...]:
    """Return every number, in the order of the slots; a text with two of them says none."""
    slots = [_IMEI.findall(texts.get(ask, "")) for ask in (Ask.IMEI_0, Ask.IMEI_1)]
    numbers = [found[0] for found in slots if len(found) == 1]
    return tuple(dict.fromkeys([*trade.imeis, *numbers]))


def _form(characteristics: str, imeis: tuple[str, ...]) -> Form | None:
    """Return what its build calls it; what has a modem and is called no tablet is a phone.

    [S] AOSP writes ``PRODUCT_CHARACTERISTICS`` there, separated by commas; most phones' say neither
    word. [M] A tablet with a modem whose maker wrote nothing would be called a phone.
    """
    said = characteristics.split(",")
    if Form.TABLET.value in said:
        return Form.TABLET
    return Form.PHONE if Form.PHONE.value in said or imeis else None


def _encryption(words: Mapping[str, str]) -> Encryption | None:
    kinds = {"file": Encryption.FILE, "block": Encryption.FULL_DISK}
    if words.get("ro.crypto.state") == "unencrypted":
        return Encryption.NONE
    encrypted = words.get("ro.crypto.state") == "encrypted"
    return kinds.get(words.get("ro.crypto.type", "")) if encrypted else None


def _locked(words: Mapping[str, str]) -> bool | None:
    """Return whether the bootloader is locked: one word against it outweighs all others."""
    meant = {
        "ro.boot.flash.locked": {"1": True, "0": False},
        "ro.boot.vbmeta.device_state": {"locked": True, "unlocked": False},
        "ro.boot.verifiedbootstate": {"orange": False},
    }
    said = [meaning.get(words.get(name, "")) for name, meaning in meant.items()]
    return False if False in said else (True if True in said else None)


def _users(text: str) -> int | None:
    head, *lines = text.strip("\n").split("\n")
    if head != "Users:" or not lines or not all(_USER.fullmatch(line) for line in lines):
        return None
    return len(lines)


def _accounts(text: str, users: int | None) -> int | None:
    """Count accounts: each user's number must be the number of lines below it, for every user."""
    total, seen, lines = 0, 0, text.split("\n")
    for at, line in enumerate(lines):
        if not _ACCOUNTS_OF.fullmatch(line):
            continue
        count = _ACCOUNTS.fullmatch(lines[at + 1]) if at + 1 < len(lines) else None
        if count is None:
            return None
        listed = 0
        for each in lines[at + 2 :]:
            if not _ACCOUNT.fullmatch(each):
                break
            listed += 1
        if listed != int(count[1]):
            return None
        total, seen = total + listed, seen + 1
    heads = sum("Accounts:" in line and "Account {" not in line for line in lines)
    named = sum("Account {" in line for line in lines)
    complete = seen > 0 and seen == heads and named >= total and users in (None, seen)
    # More names than were counted: an account's history, or one whose name broke the lines.
    return total if complete and (total > 0 or named == 0) else None


def _managed(texts: Mapping[Ask, str]) -> bool | None:
    said = {_owners(texts.get(Ask.OWNERS, "")), _policy(texts.get(Ask.POLICY, ""))}
    return True if True in said else (False if False in said else None)


def _owners(text: str) -> bool | None:
    head = text.strip("\n").split("\n")[0].strip()
    if text.strip() == "no owners":
        return False
    match = _OWNERS.fullmatch(head)
    return True if match and int(match[1]) > 0 else None


def _policy(text: str) -> bool | None:
    """Read the older dump; it must be the one that is meant before its silence says anything."""
    if "Current Device Policy Manager state:" not in text.split("\n"):
        return None
    return re.search(r"(?m)^ *(Device Owner|Profile Owner \(User [0-9]+\)): *$", text) is not None


def _set_up(texts: Mapping[Ask, str], trade: _TradeIn) -> bool | None:
    """Return whether the setup was finished.

    A phone that answers nothing but the trade-in status is one whose setup was not: the service
    stops with it. One that lets itself be evaluated answers everything.
    """
    said = {texts.get(ask, "").strip() for ask in (Ask.PROVISIONED, Ask.SET_UP)}
    if said == {"1"}:
        return True
    if said == {"0"} or (trade.answered and set(texts) == {Ask.TRADE_IN}):
        return False
    return None


def _screen_lock(text: str) -> bool | None:
    said = set(re.findall(r"(?m)^ +secure=(true|false)$", text))
    return _TRUTHS[said.pop()] if len(said) == 1 else None


def _sim(text: str) -> bool | None:
    slots = text.split(",")
    if any(slot in _SIM_THERE for slot in slots):
        return True
    return False if all(slot == "ABSENT" for slot in slots) else None


def _card(text: str) -> bool | None:
    """Return whether there is a card: the list counts only with the phone's own volume in it."""
    lines = [line.split(" ")[0] for line in text.split("\n")]
    if any(line.startswith("public:") for line in lines):
        return True
    own = any(line == "private" or line.startswith("emulated") for line in lines)
    return False if own else None


def _storage(text: str) -> int | None:
    """Return the size under which the phone was sold, from its data and system partitions.

    Rounded up as its own settings do it (general knowledge: ``FileUtils.roundStorageSize``): the
    next power of two up to 512, times a power of a thousand.
    """
    totals = re.findall(
        r"(?m)^(Data|System)-Free: [0-9]{1,11}K / ([0-9]{1,11})K total = [0-9]{1,3}% free$", text
    )
    kib = {name: _number(number, 1, _MOST_KIB) for name, number in _unique(totals).items()}
    data, system = kib.get("Data"), kib.get("System")
    if data is None or system is None:
        return None
    size, unit = 1, 1
    while size * unit < (data + system) * 1024:
        size *= 2
        if size > 512:
            size, unit = 1, unit * 1000
    return size * unit
