"""What boot loaders say, byte by byte: understood, or refused where it breaks."""

import contextlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.errors import MalformedReplyError
from wipe_station.phones.fastboot import (
    ANSWER_BYTES,
    HANDSHAKE,
    MOST_REMARKS,
    Because,
    Exchange,
    Frames,
    Okay,
    Partition,
    Refused,
    Target,
    Word,
    claims,
    erase,
    facts_of,
    frame,
    getvar,
    parse_reply,
    reboot,
    yes_or_no,
)
from wipe_station.tests.make_usb_phone_vectors import ROOT

VECTORS: dict[str, Any] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "fastboot").glob("*.json")
}
PRINTABLE = st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=60)
PACKETS = st.lists(st.binary(max_size=ANSWER_BYTES), max_size=8)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_exchange__vector__answered_or_refused_where_it_breaks(name: str) -> None:
    """Every packet in turn; the last one is the answer, or the fault."""
    vector = VECTORS[name]
    exchange, answer = Exchange(erase(Partition.USERDATA)), None
    packets = [bytes.fromhex(each) for each in vector["packets"]]
    if vector["expect"] == "refuse":
        with pytest.raises(MalformedReplyError) as met:
            list(map(exchange.take, packets))
        assert met.value.field == vector["layer"]
        return
    for each in packets:
        assert answer is None
        answer = exchange.take(each)
    said = "okay" if isinstance(answer, Okay) else answer.because.value if answer else "none"
    assert said == vector["says"]


def test_commands__each__its_bytes() -> None:
    """Nothing but what the owner put there can be erased."""
    assert [erase(each) for each in Partition] == [
        b"erase:userdata",
        b"erase:metadata",
        b"erase:cache",
    ]
    assert [reboot(each) for each in Target] == [
        b"reboot",
        b"reboot-bootloader",
        b"reboot-recovery",
        b"reboot-fastboot",
    ]
    assert getvar("partition-type:userdata") == b"getvar:partition-type:userdata"


@given(st.binary(max_size=400))
def test_parse_reply__any_bytes__nothing_but_malformed_reply(data: bytes) -> None:
    """Outside bytes raise one error and no other, also behind a good word."""
    for each in (data, *(word.value + data for word in Word)):
        with contextlib.suppress(MalformedReplyError):
            parse_reply(each)


@given(st.sampled_from([Word.OKAY, Word.FAIL, Word.INFO, Word.TEXT]), PRINTABLE)
def test_parse_reply__any_text__comes_back(word: Word, text: str) -> None:
    """What was said is what is read."""
    reply = parse_reply(word.value + text.encode())
    assert (reply.word, reply.text) == (word, text)


def test_exchange__remarks_without_end__refused() -> None:
    """A phone cannot fill our memory with remarks."""
    exchange = Exchange(getvar("all"))
    for number in range(MOST_REMARKS):
        assert exchange.take(b"INFO%d" % number) is None
    with pytest.raises(MalformedReplyError):
        exchange.take(b"INFO")


@given(PACKETS, st.integers(0, 2**32))
def test_frames__split_anywhere__same_packets(packets: list[bytes], seed: int) -> None:
    """However TCP cuts the bytes, the packets are the same."""
    chance = random.Random(seed)
    data = HANDSHAKE + b"".join(map(frame, packets))
    frames, found, at = Frames(), [], 0
    while at < len(data):
        step = chance.randint(1, 12)
        found += frames.feed(data[at : at + step])
        at += step
    assert found == packets
    assert Frames().feed(data) == packets


@given(st.binary(max_size=64))
def test_frames__any_bytes__nothing_but_malformed_reply(data: bytes) -> None:
    """Also behind a good greeting."""
    for each in (data, HANDSHAKE + data):
        with contextlib.suppress(MalformedReplyError):
            Frames().feed(each)


@pytest.mark.parametrize("data", [b"HTTP", b"FX", b"FBxx", b"FB0x"])
def test_frames__other_greeting__refused(data: bytes) -> None:
    """Who is no boot loader is noticed at the first word."""
    with pytest.raises(MalformedReplyError):
        Frames().feed(data)


def test_frames__longer_than_any_answer__refused_before_it_came() -> None:
    """The announced length counts, not what came: nothing is kept for it."""
    with pytest.raises(MalformedReplyError):
        Frames().feed(HANDSHAKE + (ANSWER_BYTES + 1).to_bytes(8, "big"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(("yes", True), ("TRUE", True), ("1", True), ("no", False), ("0", False)),
        *(("", None), (None, None), ("maybe", None), ("yes?", None)),
    ],
)
def test_yes_or_no__by_word__else_unknown(said: str | None, meant: bool | None) -> None:
    """Anything but a plain word is unknown."""
    assert yes_or_no(said) is meant


@pytest.mark.parametrize(("said", "locked"), [("yes", False), ("no", True), ("?", None)])
def test_facts__lock__unknown_is_not_unlocked(said: str, locked: bool | None) -> None:
    """A variable that nobody understands says nothing about the lock."""
    assert facts_of({"unlocked": said}).bootloader_locked is locked


def test_claims__data_not_accepted__not_all() -> None:
    """Yes to the key alone is no yes to the data; a missing partition is no refusal."""
    okay = Okay(text="", remarks=())
    absent = Refused(because=Because.NO_SUCH_PARTITION, text="", remarks=())
    other = Refused(because=Because.OTHER, text="", remarks=())
    data, key = Partition.USERDATA, Partition.METADATA
    assert claims({key: absent, data: okay}).all_accepted
    assert claims({key: okay, data: okay}).all_accepted
    assert not claims({key: okay}).all_accepted
    assert not claims({key: okay, data: absent}).all_accepted
    assert not claims({key: other, data: okay}).all_accepted
    assert not claims({}).all_accepted
