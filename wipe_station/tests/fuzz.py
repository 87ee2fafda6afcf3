"""Every parser that the station has for a phone's bytes, for the fuzzer (``certs.tests.fuzzing``).

Those with vectors are the vectors' own; the rest reads what a phone says of itself.
"""

import base64
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs.tests.fuzzing import main

if TYPE_CHECKING:
    from wipe_station.phones.reading import Reading

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "phones"
OTHERS: Final = (
    "adb-text",
    "fastboot-over-tcp",
    "android-facts",
    "apple-facts",
    "apple-record-of-erasure",
    "device-link",
    "block-list",
)
LIMIT_BYTES: Final = 4096
SPLIT: Final = b"\0\0"
"""Between the answers that one input holds."""


def parsers() -> dict[str, Callable[[bytes], object]]:
    """Return each by its name."""
    # Here, so that the fuzzer can watch what is imported.
    from wipe_station.phones import adb, adb_server, adb_sync, android_facts, apple_facts
    from wipe_station.phones.adb_shell import Collector, ShellEnd
    from wipe_station.phones.apple_facts import AppleReadings
    from wipe_station.phones.block_list import parse_block_list
    from wipe_station.phones.device_link import Conversation
    from wipe_station.phones.fastboot import Exchange, Frames, Partition, erase
    from wipe_station.phones.plist import decode_fields
    from wipe_station.phones.reading import Fed
    from wipe_station.tests import test_phone_apple, test_phone_mtp

    def packets(data: bytes) -> None:
        exchange = Exchange(erase(Partition.USERDATA))
        for packet in data.split(SPLIT):
            if exchange.take(packet) is not None:
                return

    def android(data: bytes) -> None:
        answers = zip(android_facts.Ask, data.split(SPLIT), strict=False)
        said = {ask: ShellEnd(code=0, output=answer, errors=b"") for ask, answer in answers}
        android_facts.facts_of(said)

    def apple(data: bytes) -> None:
        given = decode_fields(data, "x")
        apple_facts.facts_of(
            AppleReadings(values=given, domains={"x": given}, battery=given, nvram=given)
        )

    def feed(begin: "Callable[[], Reading[object]]", data: bytes) -> None:
        Fed(begin()).feed(data)

    def transaction(request: str, data: bytes) -> None:
        test_phone_mtp.asked(request).feed(data)

    def conversation(data: bytes) -> None:
        talk = Conversation("0" * 40)
        for message in data.split(SPLIT):
            talk.answer(message)

    readings = {
        "shell": lambda: Collector(LIMIT_BYTES).read(),
        "status": adb_sync.read_status,
        "listing": lambda: adb_sync.read_listing(frozenset({"canary"})),
        "sent": adb_sync.read_sent,
        "file": lambda: adb_sync.read_file(LIMIT_BYTES),
        "verdict": adb_server.read_verdict,
        "text": adb_server.read_text,
    }
    tables: dict[str, dict[str, Callable[[bytes], object]]] = {
        "adb": {
            "message": lambda data: adb.Messages().feed(data),
            "key": adb.parse_public_key,
            "banner": adb.parse_banner,
            "devices": lambda data: adb_server.parse_devices(data.decode("utf-8", "replace")),
            **{name: partial(feed, begin) for name, begin in readings.items()},
        },
        "apple": test_phone_apple.PARSERS,
        "mtp": test_phone_mtp.PARSERS
        | {each: partial(transaction, each) for each in test_phone_mtp.REQUESTS},
    }
    found = {f"{k}-{each}": parse for k, table in tables.items() for each, parse in table.items()}
    return found | {
        "fastboot-packets": packets,
        "fastboot-over-tcp": lambda data: Frames().feed(data),
        "android-facts": android,
        "apple-facts": apple,
        "apple-record-of-erasure": lambda d: apple_facts.obliteration_of(decode_fields(d, "x")),
        "device-link": conversation,
        "block-list": parse_block_list,
    }


def target(name: str) -> Callable[[bytes], None]:
    """Return what a fuzzer is to call: it raises what nobody declared, and nothing else."""
    parse = parsers()[name]
    from wipe_station.errors import StationError

    def declared(data: bytes) -> None:
        with contextlib.suppress(StationError):
            parse(data)

    return declared


def names() -> tuple[str, ...]:
    """Return the name of each target; what is fuzzed is imported in children alone."""
    return (*sorted({name for name, _ in vectors()}), *OTHERS)


def begun_with(name: str) -> Iterator[bytes]:
    """Return what a target begins with: its vectors, or the whole of a good phone's answers."""
    yield from (data for each, data in vectors() if each == name)
    if name == "android-facts":
        from wipe_station.phones.android_facts import Ask
        from wipe_station.tests.test_phone_android import GOOD

        yield SPLIT.join(GOOD.get(ask, "").encode() for ask in Ask)


def vectors() -> Iterator[tuple[str, bytes]]:
    """Return every vector's bytes, by the name of its target."""
    for path in sorted(VECTORS.glob("*/*.json")):
        vector, kind = json.loads(path.read_text("utf-8")), path.parent.name
        if "packets" in vector:
            yield f"{kind}-packets", SPLIT.join(map(bytes.fromhex, vector["packets"]))
        elif "data_hex" in vector:
            yield f"{kind}-{vector['parser']}", bytes.fromhex(vector["data_hex"])
        elif "request" in vector:
            yield f"{kind}-{vector['request']}", bytes.fromhex(vector["bytes"])
        elif kind == "adb":
            yield f"{kind}-{vector['parser']}", base64.b64decode(vector["bytes"])


if __name__ == "__main__":
    sys.exit(main("wipe_station.tests.fuzz", names(), target, begun_with))
