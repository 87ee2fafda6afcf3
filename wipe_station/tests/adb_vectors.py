"""Makes ``vectors/phones/adb``: bytes of adb's protocols, one defect a file at most.

``python -m wipe_station.tests.adb_vectors`` writes them, with ``--check`` it compares. Bytes and
values are written down here by hand; nothing of the parsers is used to make them.
"""

import base64
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "phones" / "adb"
PROTOCOL: Final = "AOSP packages/modules/adb, protocol.txt"
SHELL: Final = "AOSP packages/modules/adb, shell_protocol.h"
SYNC: Final = "AOSP packages/modules/adb, SYNC.TXT, file_sync_protocol.h"
SERVER: Final = "AOSP packages/modules/adb, SERVICES.TXT; adb.cpp; transport.cpp"
KEY: Final = "AOSP system/core/libcrypto_utils, android_pubkey.h"
PRIME_1: Final = (1 << 1023) + (1 << 1022) + 1155
PRIME_2: Final = (1 << 1023) + (1 << 1022) + 1
"""Odd numbers whose product has 2048 bits; nobody needs them to be prime here."""
_LIST: Final = "SIM1                   device usb:1-3 product:a model:b device:c transport_id:1\n"
_CLOSED: Final = (
    "????????????           no permissions (user in plugdev group; are your udev rules wrong?); "
    "see [http://developer.android.com/tools/device.html] usb:1-3 transport_id:4\n"
)


def _message(word: bytes = b"WRTE", payload: bytes = b"hello", **changed: int) -> bytes:
    number = int.from_bytes(word, "little")
    fields = {
        "command": number,
        "arg0": 7,
        "arg1": 8,
        "size": len(payload),
        "sum": sum(payload),
        "magic": number ^ 0xFFFFFFFF,
    }
    return struct.pack("<6I", *(fields | changed).values()) + payload


def _key(**changed: int) -> bytes:
    modulus = changed.get("modulus", PRIME_1 * PRIME_2)
    inverse = changed.get("inverse", -pow(modulus | 1, -1, 1 << 32) % (1 << 32))
    square = changed.get("square", (1 << 4096) % modulus)
    raw = struct.pack("<II", changed.get("words", 64), inverse)
    raw += modulus.to_bytes(256, "little") + square.to_bytes(256, "little")
    return base64.b64encode(raw + struct.pack("<I", changed.get("exponent", 65537))) + b" a@b\0"


def _entry(name: bytes, size: int | None = None, word: bytes = b"DENT") -> bytes:
    length = len(name) if size is None else size
    return word + struct.pack("<4I", 0o100644, 1, 2, length) + name


Case = tuple[str, str, bytes, Any, str, str, str]
_END: Final = b"DONE".ljust(20, b"\0")
_WRITTEN: Final = {"command": "WRTE", "arg0": 7, "arg1": 8, "payload_hex": "68656c6c6f"}


def cases() -> tuple[Case, ...]:
    """Return name, parser, bytes, value, layer (empty: accepted), source, comment of each."""
    return (
        ("message", "message", _message(), _WRITTEN, "", PROTOCOL, "a message with its sum"),
        ("message_no_sum", "message", _message(sum=0), _WRITTEN, "", PROTOCOL, "a new version's"),
        ("message_sum", "message", _message(sum=1), None, "sum", PROTOCOL, "another sum"),
        ("message_command", "message", _message(b"WRIT"), None, "command", PROTOCOL, "no command"),
        ("message_magic", "message", _message(magic=0), None, "magic", PROTOCOL, "no complement"),
        (
            "message_too_long",
            "message",
            _message(size=(1 << 20) + 1),
            None,
            "payload_bytes",
            PROTOCOL,
            "a payload beyond a mebibyte",
        ),
        ("key", "key", _key(), {"exponent": 65537}, "", KEY, "a key with its owner's name"),
        ("key_text", "key", b"not*base64 a@b\0", None, "key", KEY, "no base64"),
        (
            "key_short",
            "key",
            _key().split(b" ")[0][:-4],
            None,
            "key_bytes",
            KEY,
            "its end is missing",
        ),
        ("key_words", "key", _key(words=32), None, "key_parts", KEY, "half as many words"),
        ("key_inverse", "key", _key(inverse=1), None, "key_parts", KEY, "another inverse"),
        ("key_square", "key", _key(square=1), None, "key_parts", KEY, "another square"),
        ("key_even", "key", _key(modulus=1 << 2047), None, "modulus", KEY, "an even modulus"),
        ("key_small", "key", _key(modulus=(1 << 2046) + 1), None, "modulus", KEY, "2047 bits"),
        ("key_exponent", "key", _key(exponent=1), None, "modulus", KEY, "exponent 1"),
        (
            "banner",
            "banner",
            b"device::ro.product.name=a;ro.product.model=b;features=cmd,shell_v2",
            {"kind": "device", "features": ["cmd", "shell_v2"]},
            "",
            PROTOCOL,
            "a phone's banner",
        ),
        ("banner_parts", "banner", b"device", None, "banner", PROTOCOL, "one part of three"),
        ("banner_text", "banner", b"device::\xff", None, "banner", PROTOCOL, "not UTF-8"),
        (
            "shell",
            "shell",
            b"\1\2\0\0\0hi\2\1\0\0\0!\3\1\0\0\0\7",
            {"code": 7, "output_hex": "6869", "errors_hex": "21"},
            "",
            SHELL,
            "output, error output, exit code 7",
        ),
        ("shell_stream", "shell", b"\x09\0\0\0\0", None, "stream", SHELL, "no such stream"),
        ("shell_input", "shell", b"\0\1\0\0\0x", None, "stream", SHELL, "a phone sends input"),
        ("shell_exit", "shell", b"\3\2\0\0\0\0\0", None, "stream", SHELL, "a code of two bytes"),
        ("shell_long", "shell", b"\1\xff\xff\xff\xff", None, "length", SHELL, "four gibibytes"),
        (
            "shell_in_all",
            "shell",
            (b"\1\x00\x04\0\0" + bytes(1024)) * 5,
            None,
            "length",
            SHELL,
            "each packet fits, all together do not (limit 4096)",
        ),
        (
            "shell_one_more",
            "shell",
            b"\1\x00\x10\0\0" + bytes(4096) + b"\1\1\0\0\0x",
            None,
            "length",
            SHELL,
            "the limit is reached, and one byte more (limit 4096)",
        ),
        (
            "status",
            "status",
            b"STAT" + struct.pack("<III", 0o100644, 5, 9),
            {"mode": 0o100644, "size_bytes": 5, "modified_s": 9},
            "",
            SYNC,
            "a file",
        ),
        ("status_none", "status", b"STAT" + bytes(12), None, "", SYNC, "nothing, or not allowed"),
        ("status_word", "status", b"STA2" + bytes(12), None, "status", SYNC, "another answer"),
        (
            "listing",
            "listing",
            _entry(b".") + _entry(b"..") + _entry(b"canary") + _entry(b"other") + _END,
            {"entries": 2, "found": ["canary"]},
            "",
            SYNC,
            "two files, one of which was asked for",
        ),
        ("listing_word", "listing", _entry(b"a", word=b"DEN2"), None, "entry", SYNC, "no entry"),
        ("listing_unnamed", "listing", _entry(b""), None, "entry", SYNC, "a name of no length"),
        ("listing_name", "listing", _entry(b"", 256), None, "entry", SYNC, "a name too long"),
        ("sent", "sent", b"OKAY\0\0\0\0", {"taken": True}, "", SYNC, "taken"),
        ("sent_refused", "sent", b"FAIL\2\0\0\0no", {"taken": False}, "", SYNC, "refused"),
        ("sent_word", "sent", b"DONE\0\0\0\0", None, "answer", SYNC, "another answer"),
        ("sent_words", "sent", b"FAIL\xff\xff\xff\xff", None, "length", SYNC, "endless reason"),
        (
            "file",
            "file",
            b"DATA\2\0\0\0hiDATA\1\0\0\0!DONE\0\0\0\0",
            {"hex": "686921"},
            "",
            SYNC,
            "a file in two parts",
        ),
        ("file_refused", "file", b"FAIL\2\0\0\0no", None, "", SYNC, "refused"),
        ("file_part", "file", b"DATA\1\0\1\0", None, "length", SYNC, "a part too long"),
        ("file_word", "file", b"OKAY\0\0\0\0", None, "answer", SYNC, "another answer"),
        ("verdict", "verdict", b"OKAY", None, "", SERVER, "accepted"),
        ("verdict_no", "verdict", b"FAIL0006closed", {"words": "closed"}, "", SERVER, "refused"),
        ("verdict_word", "verdict", b"okay", None, "verdict", SERVER, "another word"),
        ("verdict_length", "verdict", b"FAIL-001x", None, "length", SERVER, "no number of digits"),
        *_lists(),
    )


_ONE: Final = {"serial": "SIM1", "state": "device", "transport_id": 1, "usb_path": "1-3"}


def _lists() -> Iterator[Case]:
    """Yield lists of phones: any text is one, what is not understood in it is counted as odd."""
    second = _LIST.replace("1-3", "1-4.2").replace("_id:1", "_id:2")
    other = {"serial": "SIM1", "state": "device", "transport_id": 2, "usb_path": "1-4.2"}
    like_a_line = "X device usb:1-9 transport_id:9"
    closed = {
        "serial": "????????????",
        "state": "no permissions",
        "transport_id": 4,
        "usb_path": "1-3",
    }
    port, id_ = _LIST.replace("1-3", "1-4"), _LIST.replace("_id:1", "_id:2")
    for name, text, found, odd, comment in (
        ("", _LIST, [_ONE], 0, "one phone"),
        ("_none", "", [], 0, "no phone"),
        ("_one_serial", _LIST + second, [_ONE, other], 0, "two phones with one serial"),
        ("_number_twice", _LIST + port + second, [other], 2, "two lines with one number"),
        (
            "_port_twice",
            _LIST + id_ + second.replace("_id:2", "_id:3"),
            [other | {"transport_id": 3}],
            2,
            "a serial that looks like another line claims a port that is taken",
        ),
        (
            "_serial_like_a_line",
            like_a_line + _LIST[4:],
            [_ONE | {"serial": like_a_line}],
            0,
            "a serial that looks like the rest of a line: the last words are the server's",
        ),
        ("_no_permissions", _CLOSED, [closed], 0, "the server may not open it"),
        ("_line", "SIM1\tdevice\n", [], 1, "the short form"),
        ("_no_number", "SIM1   device usb:1-3\n", [], 1, "a phone without the server's number"),
        ("_two_numbers", _LIST.strip() + " transport_id:2\n", [], 1, "a phone with two numbers"),
        ("_port", _LIST.replace("1-3", "../1") + second, [other], 1, "a port that is none"),
        ("_line_break", "A\nB" + _LIST[2:] + second, [other], 2, "a serial with a line break"),
        ("_line_breaks", "A\n\nB" + _LIST[2:] + second, [other], 3, "a serial with two"),
        ("_line_break_first", "\nB" + _LIST[1:] + second, [other], 2, "one that begins with it"),
        ("_line_break_last", second + "A\n" + _LIST[2:], [other], 2, "one that ends with it"),
        (
            "_line_forged",
            f"A\n{like_a_line.replace('1-9', '1-4.2')}\nB" + _LIST[2:] + second,
            [_ONE | {"serial": "BM1"}, other],
            2,
            "a serial with another phone's line in it takes nothing from that phone",
        ),
    ):
        value = {"phones": found, "odd": odd}
        yield f"devices{name}", "devices", text.encode(), value, "", SERVER, comment


def files() -> dict[str, str]:
    """Return each file's text by its name."""
    made = {}
    for name, parser, data, value, layer, source, comment in cases():
        vector = {
            "parser": parser,
            "bytes": base64.b64encode(data).decode(),
            "expect": "refuse" if layer else "accept",
            "layer": layer or "none",
            "value": value,
            "source": source,
            "comment": comment,
        }
        made[f"{name}.json"] = json.dumps(vector, indent=1) + "\n"
    return made


def differences() -> list[str]:
    """Return the names of files that are missing, too many, or other than they would be made."""
    wanted = files()
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    names = sorted({*wanted, *there})
    return [name for name in names if wanted.get(name) != there.get(name)]


def main() -> int:
    """Write the files, or compare; return 1 if something differs."""
    if "--check" in sys.argv[1:]:
        return int(bool(differences()))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
