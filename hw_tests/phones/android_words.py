"""What a simulated Android phone writes when it is told something. Pure."""

import json
from collections.abc import Callable
from typing import Final

from hw_tests.phones.android import FOLDERS, MARKER, AndroidPhone, Lie
from wipe_station.phones.adb_shell import ShellEnd

GARBAGE: Final = bytes(range(256)) * 5
NOT_FOUND: Final = 127


def answer(phone: AndroidPhone, command: str) -> ShellEnd:
    """Return how a command ends, and do what it says."""
    phone.commands.append(command)
    if phone.lying and phone.lie is Lie.GARBAGE:
        return ShellEnd(code=0, output=GARBAGE)
    if command in _ANSWERS:
        return _said(_ANSWERS[command](phone))
    if command in _ORDERS:
        return _ORDERS[command](phone)
    stored = phone.storage.answer(command, sum(map(len, phone.files.values())))
    return _small(phone, command.split()) if stored is None else stored


def _small(phone: AndroidPhone, words: list[str]) -> ShellEnd:
    """Run what has an argument."""
    match words:
        case ["exit", code] if code.isdigit():
            return ShellEnd(code=int(code) % 256)
        case ["echo", *rest]:
            return _said(" ".join(rest) + "\n")
        case ["rm", "-f", path]:
            phone.files.pop(path, None)
            return ShellEnd(code=0)
        case ["cmd", "phone", "get-imei", slot] if slot.isdigit():
            return _imei(phone, int(slot))
    return ShellEnd(code=NOT_FOUND, errors=f"/system/bin/sh: {words[:1]}: not found\n".encode())


def _said(text: str) -> ShellEnd:
    return ShellEnd(code=0, output=text.encode())


def _properties(phone: AndroidPhone) -> str:
    state = "encrypted" if phone.encrypted else "unencrypted"
    lock = "locked" if phone.bootloader_locked else "unlocked"
    found = {
        "gsm.sim.state": "ABSENT,ABSENT",
        "ro.boot.flash.locked": str(int(phone.bootloader_locked)),
        "ro.boot.vbmeta.device_state": lock,
        "ro.boot.verifiedbootstate": "green" if phone.bootloader_locked else "orange",
        "ro.build.version.release": str(phone.release),
        "ro.build.version.sdk": str(phone.release + 20),
        "ro.build.version.security_patch": "2026-09-05",
        "ro.crypto.metadata.enabled": str(phone.encrypted).lower(),
        "ro.crypto.state": state,
        "ro.crypto.type": "file" if phone.encrypted else "",
        "ro.product.manufacturer": "SimCo",
        "ro.product.model": phone.model,
        "ro.serialno": phone.serial,
        "persist.sys.test_harness": "1" if phone.test_harness else "",
    }
    return "".join(f"[{name}]: [{value}]\n" for name, value in sorted(found.items()))


def _battery(phone: AndroidPhone) -> str:
    tenths = round(phone.celsius * 10)
    phone.celsius -= phone.cools_celsius
    return (
        "Current Battery Service state:\n  AC powered: false\n  USB powered: true\n  status: 2\n"
        "  health: 2\n  present: true\n  level: 81\n  scale: 100\n  voltage: 4123\n"
        f"  temperature: {tenths}\n  technology: Li-ion\n"
    )


def _accounts(phone: AndroidPhone) -> str:
    shown = [] if phone.lying and phone.lie is Lie.HIDES else phone.accounts
    text = ""
    for user in range(phone.users):
        mine = shown if user == 0 else []
        text += f"User UserInfo{{{user}:{MARKER}:c13}}:\n  Accounts: {len(mine)}\n"
        text += "".join(f"    Account {{name={name}, type=com.example}}\n" for name in mine)
    return text


def _users(phone: AndroidPhone) -> str:
    lines = [f"\tUserInfo{{{user}:{MARKER}:c13}} running\n" for user in range(phone.users)]
    return "Users:\n" + "".join(lines)


def _owners(phone: AndroidPhone) -> str:
    if not phone.managed:
        return "no owners\n"
    return f"1 owner:\nUser  0: admin=com.{MARKER}/.Admin,DeviceOwner\n"


def _policy(phone: AndroidPhone) -> str:
    owner = f"  Device Owner: \n    admin=com.{MARKER}/.Admin\n" if phone.managed else ""
    return f"Current Device Policy Manager state:\n{owner}\n"


def _window(phone: AndroidPhone) -> str:
    secure = str(phone.screen_lock).lower()
    return (
        "WINDOW MANAGER POLICY STATE\n    KeyguardServiceDelegate\n      showing=false\n"
        f"      secure={secure}\n"
    )


def _disk(_: AndroidPhone) -> str:
    return (
        "Latency: 1ms [512B Data Write]\nData-Free: 90000000K / 115000000K total = 78% free\n"
        "System-Free: 1000K / 3000000K total = 0% free\n"
    )


def _flag(phone: AndroidPhone) -> str:
    return f"{int(phone.set_up)}\n"


_ANSWERS: Final[dict[str, Callable[[AndroidPhone], str]]] = {
    "getprop": _properties,
    "dumpsys battery": _battery,
    "dumpsys account": _accounts,
    "pm list users": _users,
    "dpm list-owners": _owners,
    "dumpsys device_policy": _policy,
    "dumpsys window policy": _window,
    "dumpsys diskstats": _disk,
    "settings get global device_provisioned": _flag,
    "settings get secure user_setup_complete": _flag,
    "sm list-volumes": lambda _: "private mounted null\nemulated;0 mounted null\n",
}


def _imei(phone: AndroidPhone, slot: int) -> ShellEnd:
    if slot >= len(phone.imeis):
        return ShellEnd(code=1, errors=b"no such slot\n")
    return _said(f"Device IMEI: {phone.imeis[slot]}\n")


def _test_harness(phone: AndroidPhone) -> ShellEnd:
    if phone.release < 10:
        return ShellEnd(code=20, errors=b"cmd: Can't find service: testharness\n")
    if phone.screen_lock:
        words = b"Test Harness Mode cannot be enabled if there is a lock screen\n"
        return ShellEnd(code=2, errors=words)
    phone.enable_test_harness()
    return ShellEnd(code=0)


def _reset_screen(phone: AndroidPhone) -> ShellEnd:
    return _started(phone, "actions")


def _reset_screen_by_name(phone: AndroidPhone) -> ShellEnd:
    return _started(phone, "names")


def _started(phone: AndroidPhone, known_by: str) -> ShellEnd:
    words = "Starting: Intent { … }\n"
    if phone.reset_screens != known_by:
        return _said(words + "Error: Activity not started, unable to resolve Intent { … }\n")
    phone.resets_asked = True
    return _said(words)


def _forbidden(_: AndroidPhone) -> ShellEnd:
    words = b"java.lang.SecurityException: Permission Denial: not allowed to send broadcast\n"
    return ShellEnd(code=255, errors=words)


def _trade_status(phone: AndroidPhone) -> ShellEnd:
    if phone.release < 16:
        return ShellEnd(code=NOT_FOUND, errors=b"/system/bin/sh: tradeinmode: not found\n")
    if phone.set_up and not phone.evaluating:
        return ShellEnd(code=1, errors=b"not in trade-in mode\n")
    status = {
        "battery": {"cycle_count": 16, "health": 97, "state": 2},
        "storage": {"useful_lifetime_remaining": 99, "capacity_bytes": "128000000000"},
        "launch_level": 33,
        "locks": {"factory_reset_protection": phone.frp},
        "product": {"brand": "sim", "manufacturer": "SimCo", "model": phone.model},
        "imeis": list(phone.imeis),
        "serial": phone.serial,
    }
    return _said(json.dumps(status) + "\n")


def _evaluate(phone: AndroidPhone) -> ShellEnd:
    if not phone.trade_in or phone.frp:
        return ShellEnd(code=1, errors=b"evaluation mode not allowed\n")
    phone.evaluate()
    return ShellEnd(code=0)


_ORDERS: Final[dict[str, Callable[[AndroidPhone], ShellEnd]]] = {
    "cmd testharness enable": _test_harness,
    "am start -a com.android.settings.action.FACTORY_RESET": _reset_screen,
    "am start -n 'com.android.settings/.Settings$FactoryResetActivity'": _reset_screen_by_name,
    "am broadcast -a android.intent.action.FACTORY_RESET": _forbidden,
    "tradeinmode getstatus": _trade_status,
    "tradeinmode evaluate": _evaluate,
}


def entries(phone: AndroidPhone, folder: str) -> dict[str, int]:
    """Return name and size of what is seen in a folder; a folder's size is -1."""
    if phone.lying and phone.lie is Lie.CLOSED:
        return {}
    hidden = phone.lying and phone.lie is Lie.HIDES
    head = folder.rstrip("/") + "/"
    files = {} if hidden else {path: len(data) for path, data in phone.files.items()}
    paths = files | dict.fromkeys(FOLDERS, -1)
    return {
        path.removeprefix(head): size
        for path, size in paths.items()
        if path.startswith(head) and "/" not in path.removeprefix(head)
    }
