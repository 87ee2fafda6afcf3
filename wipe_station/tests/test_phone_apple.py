"""usbmuxd, lockdownd and an iPhone's services: replies become values or one error."""

import contextlib
import json
import plistlib
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.errors import MalformedReplyError
from wipe_station.phones import device_link, diagnostics_relay, lockdown, mcinstall, usbmux
from wipe_station.phones.frames import Frame, Splitter, plist_splitter
from wipe_station.phones.lockdown import Refusal
from wipe_station.phones.mcinstall import Accepted, Refused
from wipe_station.phones.usbmux import Answer, MuxDevice
from wipe_station.tests import make_apple_vectors as vectors


def _only(splitter: Splitter, data: bytes) -> Frame:
    """Return the one frame; a stream that ends before it is whole is refused, as by the link."""
    frames = splitter.feed(data)
    if len(frames) != 1:
        raise MalformedReplyError("x", offset=0, field="frame")
    return frames[0]


def _body(parse: Callable[[bytes], object]) -> Callable[[bytes], object]:
    return lambda data: parse(_only(plist_splitter("x"), data).body)


PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    "mux": lambda data: usbmux.parse_message(_only(usbmux.splitter(), data)),
    "value": _body(lockdown.parse_value),
    "session": _body(lockdown.parse_session),
    "service": _body(lockdown.parse_service),
    "node": _body(diagnostics_relay.parse_node),
    "cloud": _body(mcinstall.parse_cloud),
    "profiles": _body(mcinstall.parse_profiles),
    "erase": _body(mcinstall.parse_erase),
    "record": lockdown.parse_pair_record,
}
VECTORS: Final = {
    path.stem: json.loads(path.read_text("utf-8")) for path in vectors.FOLDER.glob("*.json")
}
DEVICE: Final = MuxDevice(number=7, udid=vectors.UDID, over_usb=True, bus=3, address=12)


def test_apple_vectors__made_again__same_bytes() -> None:
    """The files in the repository are exactly what the generator makes."""
    made = vectors.files()
    assert {path.name: path.read_text("utf-8") for path in vectors.FOLDER.glob("*.json")} == made


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_apple_vectors__each__accepted_or_refused_at_its_layer(name: str) -> None:
    """A defect is noticed where it is, and what has none is read."""
    vector = VECTORS[name]
    data, parse = bytes.fromhex(vector["data_hex"]), PARSERS[vector["parser"]]
    if vector["expect"] == "accept":
        parse(data)
        return
    with pytest.raises(MalformedReplyError) as caught:
        parse(data)
    assert caught.value.field == vector["layer"]


READ: Final[dict[str, object]] = {
    "mux_attached": usbmux.Attached(device=DEVICE),
    "mux_attached_by_network": usbmux.Attached(
        device=MuxDevice(number=7, udid=vectors.UDID, over_usb=False, bus=None, address=None)
    ),
    "mux_list": usbmux.DeviceList(devices=(DEVICE,)),
    "mux_result_unknown": usbmux.Result(answer=Answer.OTHER),
    "value": lockdown.Value(value=1),
    "value_refused": Refusal.OTHER,
    "session": lockdown.Session(session_id="A-1", tls=True),
    "service": lockdown.Service(port=50001, tls=True),
    "service_without_word": lockdown.Service(port=50001, tls=False),
    "node": {"CycleCount": 1},
    "node_none": None,
    "erase_refused": Refused(codes=(14016,)),
}


@pytest.mark.parametrize("name", sorted(READ))
def test_apple_vectors__accepted__read_as_meant(name: str) -> None:
    """What is accepted has the meaning that it should have."""
    vector = VECTORS[f"accept_{name}"]
    assert PARSERS[vector["parser"]](bytes.fromhex(vector["data_hex"])) == READ[name]


@given(st.sampled_from(sorted(VECTORS)), st.data())
def test_parsers__damaged_reply__value_or_the_one_error(name: str, data: st.DataObject) -> None:
    """No change of bytes makes a parser raise anything else."""
    whole = bytearray.fromhex(VECTORS[name]["data_hex"])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedReplyError):
        PARSERS[VECTORS[name]["parser"]](bytes(whole))


LEAVES: Final = st.none() | st.booleans() | st.integers(-9, 9) | st.text("az", max_size=3)
KEYS: Final = st.sampled_from(
    [
        "Request",
        "Error",
        "Value",
        "Type",
        "Port",
        "EnableServiceSSL",
        "SessionID",
        "Status",
        "Diagnostics",
        "IORegistry",
        "ErrorChain",
        "CloudConfiguration",
        "OrderedIdentifiers",
        "MessageType",
        "Number",
        "DeviceList",
    ]
)


@given(st.sampled_from(sorted(PARSERS)), st.dictionaries(KEYS, LEAVES | st.lists(LEAVES)))
def test_parsers__fields_of_any_kind__value_or_the_one_error(
    name: str, fields: dict[str, Any]
) -> None:
    """A reply whose fields hold other kinds than they should never breaks a parser."""
    kept = {k: v for k, v in fields.items() if v is not None and v != [None]}
    with contextlib.suppress(TypeError):  # a nothing inside a list cannot be written
        data = vectors.mux(kept) if name == "mux" else vectors.plain(kept)
        with contextlib.suppress(MalformedReplyError):
            PARSERS[name](plistlib.dumps(kept) if name == "record" else data)


def test_mux_frame__any_fields__there_and_back() -> None:
    """What we frame is what we unframe, with its tag."""
    (frame,) = usbmux.splitter().feed(usbmux.mux_frame(9, {"MessageType": "Result", "Number": 3}))
    assert usbmux.tag_of(frame) == 9
    assert usbmux.parse_message(frame) == usbmux.Result(answer=Answer.REFUSED)


def test_connect__port__in_the_order_of_the_network() -> None:
    """Usbmuxd wants the port's two bytes swapped: 62078 is F27Eh, so 7EF2h."""
    (frame,) = usbmux.splitter().feed(usbmux.connect(1, DEVICE, 62078))
    assert plistlib.loads(frame.body)["PortNumber"] == 0x7EF2
    assert plistlib.loads(frame.body)["DeviceID"] == 7


def test_pair_record__shown__holds_no_secret() -> None:
    """Neither the record nor what carries it shows a key."""
    record = lockdown.parse_pair_record(vectors.record())
    stored = usbmux.StoredRecord(data=vectors.record())
    assert "BEGIN" not in repr((record, stored))
    assert record.host_id not in repr(record)


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (0, f"SUCCESS: Paired with device {vectors.UDID}\n", None),
        (1, f"SUCCESS: Paired with device {vectors.UDID}\n", Refusal.OTHER),
        (0, "", Refusal.OTHER),
        (1, "ERROR: Please accept the trust dialog on the screen of device x", Refusal.DIALOG_OPEN),
        (1, "Could not validate with device x because a passcode is set.", Refusal.LOCKED),
        (1, "ERROR: Device x said that the user denied the trust dialog.", Refusal.DENIED),
        (1, "No device found.", Refusal.OTHER),
    ],
)
def test_pairing__words_of_the_program__understood(
    code: int, said: str, expected: Refusal | None
) -> None:
    """Only its word and its exit code together are a pairing."""
    assert lockdown.parse_pairing(code, said) is expected


def _linked(*messages: Any) -> tuple[device_link.Conversation, list[Any]]:
    """Let a phone say something in a conversation; return it with what we answered."""
    talk, said = device_link.Conversation(vectors.UDID), []
    for message in messages:
        answer = talk.answer(plistlib.dumps(message, fmt=plistlib.FMT_BINARY))
        said.append(None if answer is None else plistlib.loads(answer[4:]))
    return talk, said


VERSION: Final = ["DLMessageVersionExchange", 300, 0]
READY: Final = ["DLMessageDeviceReady"]


def _response(code: int) -> list[Any]:
    return ["DLMessageProcessMessage", {"MessageName": "Response", "ErrorCode": code}]


def test_device_link__every_step__asks_for_the_erase_of_this_phone() -> None:
    """After both versions are settled it asks, and names the phone that is meant."""
    talk, said = _linked(VERSION, READY, _response(0))
    assert said[0] == ["DLMessageVersionExchange", "DLVersionsOk", 300]
    assert said[2][1] == {"MessageName": "EraseDevice", "TargetIdentifier": vectors.UDID}
    assert talk.asked
    assert talk.outcome is None


@pytest.mark.parametrize(("code", "outcome"), [(0, Accepted()), (211, Refused(codes=(211,)))])
def test_device_link__answer__accepted_or_refused(code: int, outcome: Accepted | Refused) -> None:
    """The phone's last word is a value."""
    talk, _ = _linked(VERSION, READY, _response(0), _response(code))
    assert talk.outcome == outcome


def test_device_link__hello_refused__nothing_is_asked() -> None:
    """A service that knows none of our versions is not asked to erase."""
    talk, said = _linked(VERSION, READY, _response(1))
    assert (talk.asked, talk.outcome, said[2]) == (False, Refused(codes=(1,)), None)


@pytest.mark.parametrize(
    "messages",
    [
        ([],),
        ({},),
        ([1],),
        (READY,),
        (["DLMessageVersionExchange"],),
        (["DLMessageVersionExchange", True, 0],),
        (["DLMessageVersionExchange", "300", 0],),
        (["DLMessageVersionExchange", 1 << 40, 0],),
        (VERSION, VERSION),
        (VERSION, READY, ["DLMessageProcessMessage"]),
        (VERSION, READY, ["DLMessageProcessMessage", 0]),
        (VERSION, READY, ["DLMessageProcessMessage", {"MessageName": "Response"}]),
        (VERSION, READY, ["DLMessageProcessMessage", {"ErrorCode": 0}]),
        (VERSION, READY, _response(0), _response(0), _response(0)),
    ],
)
def test_device_link__out_of_turn__refused(messages: tuple[Any, ...]) -> None:
    """What does not come next is no message."""
    with pytest.raises(MalformedReplyError):
        _linked(*messages)


def test_cloud__organisation_named__only_that_it_is() -> None:
    """Its name is not kept."""
    cloud = {"IsSupervised": True, "OrganizationName": "Marker Ltd", "ConfigurationSource": 1}
    parsed = PARSERS["cloud"](
        vectors.plain({"Status": "Acknowledged", "CloudConfiguration": cloud})
    )
    assert parsed == mcinstall.Cloud(supervised=True, set_up=None, organised=True)
    assert "Marker" not in repr(parsed)


@pytest.mark.parametrize(
    ("cloud", "organised"), [({}, None), ({"ConfigurationSource": 0}, False), ({"x": 1}, None)]
)
def test_cloud__says_nothing_of_it__unknown(cloud: dict[str, Any], organised: bool | None) -> None:
    """An empty configuration does not say that nobody manages the phone."""
    parsed = PARSERS["cloud"](
        vectors.plain({"Status": "Acknowledged", "CloudConfiguration": cloud})
    )
    assert parsed == mcinstall.Cloud(supervised=None, set_up=None, organised=organised)
