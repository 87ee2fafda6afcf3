"""MTP byte by byte: containers and data sets are understood, or refused where they break."""

import contextlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.errors import MalformedReplyError
from wipe_station.phones import mtp
from wipe_station.phones.mtp import Code, Kind, Outcome, Transaction, container
from wipe_station.phones.mtp_data import (
    file_info,
    is_named,
    parse_device_info,
    parse_handles,
    parse_storage_ids,
    parse_storage_info,
)
from wipe_station.tests.make_usb_phone_vectors import ROOT

VECTORS: dict[str, Any] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "mtp").glob("*.json")
}
REQUESTS = {
    "get-storage-ids": mtp.storage_ids(),
    "send-object": mtp.send_object(b"canary"),
}
PARSERS: dict[str, Any] = {
    "device-info": parse_device_info,
    "storage-ids": parse_storage_ids,
    "storage-info": lambda data: parse_storage_info(data, 1),
    "handles": parse_handles,
    "object-info": lambda data: is_named(data, "canary"),
}
NUMBER = 7


def asked(request: str) -> Transaction:
    """Return a transaction that waits for its answer."""
    return Transaction(REQUESTS[request], NUMBER)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_mtp__vector__understood_or_refused_where_it_breaks(name: str) -> None:
    """An answer to a request, or the data of one."""
    vector = VECTORS[name]
    data = bytes.fromhex(vector["bytes"])
    request = vector["request"]
    read = asked(request).feed if request in REQUESTS else PARSERS[request]
    if vector["expect"] == "accept":
        assert read(data) is not None
        return
    with pytest.raises(MalformedReplyError) as met:
        read(data)
    assert met.value.field == vector["layer"]


@given(
    st.binary(max_size=200),
    st.lists(st.integers(0, 2**32 - 1), max_size=5),
    st.integers(0, 2**32),
)
def test_transaction__split_anywhere__same_outcome(
    data: bytes, parameters: list[int], seed: int
) -> None:
    """However transfers are cut, and with empty ones between, the outcome is the same."""
    chance = random.Random(seed)
    words = b"".join(each.to_bytes(4, "little") for each in parameters)
    sent = container(Kind.DATA, 0x1004, NUMBER, data)
    sent += container(Kind.RESPONSE, 0x2001, NUMBER, words)
    transaction, at, outcome = asked("get-storage-ids"), 0, None
    while at < len(sent):
        assert outcome is None
        step = chance.randint(0, 40)
        outcome = transaction.feed(sent[at : at + step])
        at += step
    assert outcome == Outcome(code=Code.OK, parameters=tuple(parameters), data=data)


@given(st.binary(max_size=120))
def test_transaction__any_bytes__nothing_but_malformed_reply(data: bytes) -> None:
    """Outside bytes raise one error and no other, also behind a good head."""
    for each in (data, container(Kind.DATA, 0x1004, NUMBER, b"1234") + data):
        for request in REQUESTS:
            with contextlib.suppress(MalformedReplyError):
                asked(request).feed(each)


@pytest.mark.parametrize("name", PARSERS)
@given(st.binary(max_size=200))
def test_data__any_bytes__nothing_but_malformed_reply(name: str, data: bytes) -> None:
    """So do data sets."""
    with contextlib.suppress(MalformedReplyError):
        PARSERS[name](data)


@given(
    st.from_regex(r"[0-9A-Za-z._-]{1,64}", fullmatch=True),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
)
def test_object_info__of_ours__has_its_name(name: str, storage_id: int, size_bytes: int) -> None:
    """What is announced is what would be found again, and nothing that only begins alike."""
    made = file_info(storage_id, name, size_bytes)
    assert is_named(made, name)
    assert not is_named(made, f"{name}x")
    assert int.from_bytes(made[8:12], "little") == size_bytes


def test_transaction__with_data__two_transfers() -> None:
    """A command goes alone, its data after it."""
    command, data = asked("send-object").to_send()
    assert command.hex() == "0c00000001000d1007000000"
    assert data == bytes.fromhex("1200000002000d1007000000") + b"canary"


def test_operations__none_reads_a_file() -> None:
    """GetObject, GetThumb and GetPartialObject are not among what can be asked."""
    assert not {0x1009, 0x100A, 0x101B} & {operation.value for operation in mtp.Operation}
