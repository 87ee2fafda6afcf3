"""adb's protocols: against their vectors, by any bytes, and in any cut."""

import base64
import contextlib
import json
import random
import traceback
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.errors import MalformedReplyError
from wipe_station.phones import adb_server, adb_sync
from wipe_station.phones.adb import (
    TOKEN_BYTES,
    Banner,
    Command,
    Message,
    Messages,
    PublicKey,
    parse_banner,
    parse_header,
    parse_public_key,
)
from wipe_station.phones.adb_server import (
    RESCUE_WIPE,
    Refused,
    parse_devices,
    read_rescue_wiped,
    read_text,
    read_verdict,
)
from wipe_station.phones.adb_shell import Collector, Packet, Stream, read_packet
from wipe_station.phones.adb_sync import (
    CHUNK_BYTES,
    Ask,
    read_file,
    read_listing,
    read_sent,
    read_status,
    request,
    upload,
)
from wipe_station.phones.reading import Fed, Reading
from wipe_station.tests.adb_vectors import FOLDER, differences

VECTORS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
SHELL_LIMIT = 4096


def _whole(reading: Reading[Any], data: bytes) -> Any:
    fed = Fed(reading)
    assert fed.feed(data), "cut short"
    assert not fed.rest
    return fed.value


def _message(data: bytes) -> Any:
    (one,) = Messages().feed(data)
    return {
        "command": one.command.value.decode(),
        "arg0": one.arg0,
        "arg1": one.arg1,
        "payload_hex": one.payload.hex(),
    }


def _banner(data: bytes) -> Any:
    read = parse_banner(data)
    return {"kind": read.kind, "features": sorted(read.features)}


def _shell(data: bytes) -> Any:
    end = _whole(Collector(SHELL_LIMIT).read(), data)
    return {"code": end.code, "output_hex": end.output.hex(), "errors_hex": end.errors.hex()}


def _status(data: bytes) -> Any:
    read = _whole(read_status(), data)
    names = ("mode", "size_bytes", "modified_s")
    return None if read is None else {name: getattr(read, name) for name in names}


def _listing(data: bytes) -> Any:
    read = _whole(read_listing(frozenset({"canary"})), data)
    return {"entries": read.entries, "found": sorted(read.found)}


def _file(data: bytes) -> Any:
    read = _whole(read_file(1 << 20), data)
    return None if read is None else {"hex": read.hex()}


def _verdict(data: bytes) -> Any:
    read = _whole(read_verdict(), data)
    return None if read is None else {"words": read.words}


def _devices(data: bytes) -> Any:
    read = parse_devices(data.decode("utf-8", "replace"))
    phones = [
        {
            "serial": each.serial,
            "state": each.state.value,
            "transport_id": each.transport_id,
            "usb_path": each.usb_path,
        }
        for each in read.devices
    ]
    return {"phones": phones, "odd": len(read.odd)}


PARSERS: dict[str, Callable[[bytes], Any]] = {
    "message": _message,
    "key": lambda data: {"exponent": parse_public_key(data).exponent},
    "banner": _banner,
    "shell": _shell,
    "status": _status,
    "listing": _listing,
    "sent": lambda data: {"taken": _whole(read_sent(), data)},
    "file": _file,
    "verdict": _verdict,
    "devices": _devices,
}


@pytest.mark.parametrize("name", VECTORS)
def test_vector__each__accepted_as_it_says_or_refused_where_it_says(name: str) -> None:
    """Every vector gives its value, or is refused at the very field that is wrong."""
    vector = VECTORS[name]
    parse, data = PARSERS[vector["parser"]], base64.b64decode(vector["bytes"])
    if vector["expect"] == "accept":
        assert parse(data) == vector["value"]
    else:
        with pytest.raises(MalformedReplyError) as refused:
            parse(data)
        assert refused.value.field == vector["layer"]


def test_vectors__generated_again__same_text() -> None:
    """The files are what their generator makes, and every parser has both kinds."""
    assert differences() == []
    assert {vector["parser"] for vector in VECTORS.values()} == set(PARSERS)


READINGS: dict[str, Callable[[], Reading[Any]]] = {
    "packet": read_packet,
    "shell": lambda: Collector(SHELL_LIMIT).read(),
    "status": read_status,
    "listing": lambda: read_listing(frozenset({"a"})),
    "sent": read_sent,
    "file": lambda: read_file(SHELL_LIMIT),
    "verdict": read_verdict,
    "rescue": read_rescue_wiped,
    "text": read_text,
}
STARTS = (b"", b"STAT", b"DENT", b"DONE", b"DATA", b"FAIL", b"OKAY", b"\1\0\0\0\0", b"\3\1\0\0\0")


@pytest.mark.parametrize("name", READINGS)
@given(start=st.sampled_from(STARTS), data=st.binary(max_size=300))
def test_reading__any_bytes__a_value_or_the_declared_error(
    name: str, start: bytes, data: bytes
) -> None:
    """Whatever a phone sends, a reading ends, waits for more, or says what does not parse."""
    with contextlib.suppress(MalformedReplyError):
        Fed(READINGS[name]()).feed(start + data)


@given(st.binary(max_size=300), st.booleans())
def test_messages__any_bytes__messages_or_the_declared_error(data: bytes, like_one: bool) -> None:
    """So do messages, keys, banners and lists."""
    head = Message(command=Command.WRTE, arg0=1, arg1=2, payload=data).header(sums=False)
    whole = head + data if like_one else data
    for parse in (Messages().feed, parse_header, parse_public_key, parse_banner):
        with contextlib.suppress(MalformedReplyError):
            parse(whole)


@given(st.text(max_size=200))
def test_devices__any_text_beside_a_phone__that_phone_stays(text: str) -> None:
    """A phone's serial is its own text; whatever it is, it costs no other phone."""
    odd = f"{text} device usb:1-3 transport_id:1\n"
    other = "SIM2                   device usb:1-4 transport_id:2\n"
    for lines in (odd + other, other + odd):
        read = parse_devices(lines)
        assert 2 in [each.transport_id for each in read.devices]
        assert len(read.devices) + len(read.odd) == lines.count("\n")


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(
    st.lists(
        st.builds(
            Message,
            command=st.sampled_from(Command),
            arg0=st.integers(0, 0xFFFFFFFF),
            arg1=st.integers(0, 0xFFFFFFFF),
            payload=st.binary(max_size=100),
        ),
        max_size=5,
    ),
    st.booleans(),
    st.lists(st.integers(0, 1000), max_size=8),
)
def test_messages__encoded_and_cut_anywhere__read_back(
    messages: list[Message], sums: bool, places: list[int]
) -> None:
    """Messages come out as they went in, wherever the bytes are cut, with and without sums."""
    data = b"".join(each.header(sums=sums) + each.payload for each in messages)
    reader = Messages()
    reader.sums = sums
    found = [message for part in _cut(data, places) for message in reader.feed(part)]
    assert found == messages


def test_messages__sum_left_out_under_an_old_version__refused() -> None:
    """Who agreed on sums sends them."""
    reader = Messages()
    reader.sums = True
    one = Message(command=Command.WRTE, arg0=1, arg1=1, payload=b"x")
    with pytest.raises(MalformedReplyError):
        reader.feed(one.header(sums=False) + one.payload)


@given(
    st.lists(
        st.tuples(st.sampled_from([Stream.OUTPUT, Stream.ERRORS]), st.binary(max_size=50)),
        max_size=6,
    ),
    st.integers(0, 255),
    st.lists(st.integers(0, 1000), max_size=8),
)
def test_shell__packets_cut_anywhere__apart_and_with_their_code(
    said: list[tuple[Stream, bytes]], code: int, places: list[int]
) -> None:
    """Output and error output come apart, in order, and the code is the command's."""
    packets = [Packet(stream=stream, data=data) for stream, data in said]
    packets.append(Packet(stream=Stream.EXIT, data=bytes([code])))
    fed = Fed(Collector(SHELL_LIMIT).read())
    for part in _cut(b"".join(each.encode() for each in packets), places):
        fed.feed(part)
    end = fed.value
    assert end.code == code
    assert end.output == b"".join(data for stream, data in said if stream is Stream.OUTPUT)
    assert end.errors == b"".join(data for stream, data in said if stream is Stream.ERRORS)


def test_shell__line_ends_before_the_code__code_unknown() -> None:
    """What was said is kept; how it ended is not known, and that is not 0."""
    said = Collector(SHELL_LIMIT)
    assert not Fed(said.read()).feed(Packet(stream=Stream.OUTPUT, data=b"OK").encode())
    assert (said.end.code, said.end.output) == (None, b"OK")


def test_public_key__of_another_library__read_written_and_its_signatures_known() -> None:
    """A key of OpenSSL's goes both ways, and its signature over a token is told from others'."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = made.public_key().public_numbers()
    key = PublicKey(modulus=numbers.n, exponent=numbers.e)
    assert parse_public_key(base64.b64encode(key.encode()) + b" me@here\0") == key
    token = random.Random(7).randbytes(TOKEN_BYTES)
    signature = made.sign(token, padding.PKCS1v15(), Prehashed(hashes.SHA1()))  # noqa: S303 - adb's
    assert key.signed(token, signature)
    assert not key.signed(token[::-1], signature)
    assert not key.signed(token, signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not key.signed(token, signature[1:])
    assert not key.signed(b"", signature)


def test_banner__encoded__read_back() -> None:
    """A banner says the same after the journey."""
    banner = Banner(kind="rescue", properties={"a": "b=c"}, features=frozenset({"cmd", "shell_v2"}))
    read = parse_banner(banner.encode())
    assert (read.kind, dict(read.properties), read.features) == (
        "rescue",
        {"a": "b=c"},
        banner.features,
    )


def test_upload__pieces_of_any_size__parts_of_a_chunk_at_most() -> None:
    """A file goes in parts that a phone takes; path and mode in front, time behind."""
    content = random.Random(7).randbytes(2 * CHUNK_BYTES + 5)
    parts = list(upload("/sdcard/x", [content[:1], content[1:]], mode=0o644, modified_s=9))
    assert parts[0] == request(Ask.SEND, "/sdcard/x,33188")
    assert parts[-1] == b"DONE\x09\0\0\0"
    assert b"".join(part[8:] for part in parts[1:-1]) == content
    assert max(len(part) for part in parts) == CHUNK_BYTES + 8


@pytest.mark.parametrize(
    ("make", "longest"), [(adb_server.request, 0xFFFF), (lambda t: request(Ask.STATUS, t), 1024)]
)
def test_request__longer_than_can_be_said__refused(
    make: Callable[[str], bytes], longest: int
) -> None:
    """A request that would be cut is a fault of ours."""
    assert len(make("x" * longest)) > longest
    with pytest.raises(ValueError, match="too long"):
        make("x" * (longest + 1))


@pytest.mark.parametrize(
    ("said", "meant"),
    [(b"DONEDONE", True), (b"FAILFAIL", False), (b"OKAYOKAY", None), (b"DONEFAIL", None)],
)
def test_rescue__word_of_the_phone__yes_no_or_malformed(said: bytes, meant: bool | None) -> None:
    """It says one of two words, as long as was asked for; all else is neither yes nor no."""
    assert RESCUE_WIPE.endswith(f":{len(said)}")
    fed = Fed(read_rescue_wiped())
    if meant is None:
        with pytest.raises(MalformedReplyError):
            fed.feed(said)
    else:
        assert fed.feed(said)
        assert fed.value is meant


def test_refusal__control_characters__not_shown() -> None:
    """Words of a refusal are for people: printable, and not endless."""
    fed = Fed(read_verdict())
    fed.feed(b"FAIL0200" + b"\x1b[2J" + b"y" * 508)
    assert isinstance(fed.value, Refused)
    assert fed.value.words.isprintable()
    assert len(fed.value.words) == 200


def test_values__shown__say_nothing_that_a_phone_said() -> None:
    """What a message, a packet or a command carries is in no repr."""
    marker = b"jane.marker"
    end = Collector(SHELL_LIMIT)
    Fed(end.read()).feed(Packet(stream=Stream.OUTPUT, data=marker).encode())
    shown = repr(
        [
            end.end,
            Packet(stream=Stream.OUTPUT, data=marker),
            Message(command=Command.WRTE, arg0=0, arg1=0, payload=marker),
        ]
    )
    assert "marker" not in shown


def test_packet__of_no_stream__malformed() -> None:
    """A packet is of a stream that both know."""
    with pytest.raises(MalformedReplyError):
        Fed(read_packet()).feed(b"\x06\0\0\0\0")


def test_listing__endless__malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that never ends is none."""
    monkeypatch.setattr(adb_sync, "MOST_ENTRIES", 3)
    entry = b"DENT" + bytes(12) + b"\1\0\0\0x"
    assert not Fed(read_listing(frozenset())).feed(entry * 3)
    with pytest.raises(MalformedReplyError):
        Fed(read_listing(frozenset())).feed(entry * 4)


def test_listing__of_a_person__its_names_in_no_value_and_no_error() -> None:
    """Names of files are counted: neither what was read nor what was refused repeats them."""
    name = b"marker-jane.jpg"
    entry = b"DENT" + bytes(12) + len(name).to_bytes(4, "little") + name
    good = Fed(read_listing(frozenset({"canary"})))
    good.feed(entry + b"DONE".ljust(20, b"\0"))
    assert good.value.entries == 1
    assert "marker" not in repr(good.value)
    with pytest.raises(MalformedReplyError) as refused:
        Fed(read_listing(frozenset())).feed(entry + name.ljust(20))
    assert "marker" not in "".join(traceback.format_exception(refused.value))
    assert "marker" not in repr(refused.value.diagnostics())
