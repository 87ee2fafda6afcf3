"""The simulated phones themselves, without any carrier: no bytes upset them."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from hw_tests.phones.adb_engine import AdbEngine
from hw_tests.phones.adb_services import opened
from hw_tests.phones.android import AndroidPhone, Trust
from wipe_station.phones.adb import VERSION_WITHOUT_SUMS, Banner, Command, Message, Messages
from wipe_station.phones.adb_sync import QUIT, Ask, request


def _said(message: Message) -> bytes:
    return message.header(sums=True) + message.payload


def _connected(version: int = VERSION_WITHOUT_SUMS) -> tuple[AdbEngine, bytearray, list[str]]:
    out, dropped = bytearray(), list[str]()
    engine = AdbEngine(AndroidPhone(trust=Trust.OFF), out.extend, lambda: dropped.append("x"))
    banner = Banner(kind="host", properties={}, features=frozenset()).encode()
    engine.feed(_said(Message(command=Command.CNXN, arg0=version, arg1=4096, payload=banner)))
    return engine, out, dropped


SERVICES = st.sampled_from(
    [b"shell,v2,raw:exit 7", b"sync:", b"reboot:", b"reboot:x", b"rescue-wipe:userdata:x", b"tcp:1"]
) | st.binary(max_size=30)


@given(
    st.lists(
        st.tuples(st.sampled_from(Command), st.integers(0, 3), st.integers(0, 3), SERVICES),
        max_size=8,
    )
)
def test_engine__any_messages__answers_are_messages(
    told: list[tuple[Command, int, int, bytes]],
) -> None:
    """Whatever a computer sends, what comes back are whole messages, or the line is dropped."""
    engine, out, _ = _connected()
    for command, arg0, arg1, payload in told:
        engine.feed(_said(Message(command=command, arg0=arg0, arg1=arg1, payload=payload)))
    reader = Messages()
    answers = reader.feed(bytes(out))
    assert sum(24 + len(each.payload) for each in answers) == len(out)


@given(st.binary(min_size=24, max_size=100))
def test_engine__noise__dropped(noise: bytes) -> None:
    """A computer that speaks something else is not listened to."""
    engine, _, dropped = _connected()
    engine.feed(noise)
    assert dropped


def test_engine__computer_takes_no_payload__answered_in_the_least_there_is() -> None:
    """A computer that names a size of nothing gets messages of the first version's size."""
    engine, out, _ = _connected()
    engine.feed(_said(Message(command=Command.CNXN, arg0=VERSION_WITHOUT_SUMS, arg1=0)))
    engine.feed(_said(Message(command=Command.OPEN, arg0=1, arg1=0, payload=b"shell,v2:getprop")))
    assert Messages().feed(bytes(out))[-1].command is Command.WRTE


def test_engine__old_version__sums_are_sent() -> None:
    """A computer of an old version gets sums, one of a new version gets none."""
    for version, sums in ((VERSION_WITHOUT_SUMS - 1, True), (VERSION_WITHOUT_SUMS, False)):
        _, out, _ = _connected(version)
        reader = Messages()
        reader.sums = sums
        (hello,) = reader.feed(bytes(out))
        assert hello.command is Command.CNXN
        assert any(out[16:20]) is sums


def _asked(*requests: bytes) -> tuple[bytes, bool]:
    """Return what a phone's file service says to requests, and whether it has ended then."""
    service = opened(AndroidPhone(trust=Trust.OFF), "sync:")
    for each in requests:
        service.feed(each)
    return service.said(), service.over


def test_files__refused__ends_behind_its_words() -> None:
    """A refusal is the last that a real ``adbd`` says on a line (``lab/test_guest_adbd``)."""
    status = request(Ask.STATUS, "/sdcard/")
    for refused in (
        request(Ask.RECEIVE, "/sdcard/nothing"),
        b"XXXX" + request(Ask.STATUS, "/sdcard/")[4:],
        b"STAT" + struct.pack("<I", 1025),
    ):
        said, over = _asked(refused, status)
        assert said.startswith(b"FAIL")
        assert (len(said), over) == (8 + struct.unpack_from("<I", said, 4)[0], True)
    said, over = _asked(status, QUIT)
    assert (said[:4], len(said), over) == (b"STAT", 16, True)


def test_files__listing__begins_with_the_folder_and_the_one_above() -> None:
    """As a real ``adbd`` lists (``lab/test_guest_adbd``); what is no folder has nothing at all."""
    listed = []
    for path in ("/sdcard/", "/sdcard/DCIM", "/sdcard/nothing"):
        said, _ = _asked(request(Ask.LISTING, path))
        listed.append([said[:4], said.count(b"DENT"), said[20:21], said[41:43]])
    assert listed[0][0] == listed[1][0] == b"DENT"
    assert [each[2:] for each in listed[:2]] == [[b".", b".."]] * 2
    assert listed[2][:2] == [b"DONE", 0]
