"""What phones answer over MTP, put together by hand; constructed."""

import struct
from types import MappingProxyType
from typing import Final

IDS, SEND = "get-storage-ids", "send-object"
NUMBER: Final = 7


def _box(kind: int, code: int, body: bytes = b"", number: int = NUMBER) -> bytes:
    return struct.pack("<IHHI", 12 + len(body), kind, code, number) + body


def _text(said: str) -> bytes:
    return bytes([len(said) + 1]) + f"{said}\0".encode("utf-16-le") if said else b"\0"


OKAY: Final = _box(3, 0x2001)
ONE: Final = _box(2, 0x1004, bytes.fromhex("0100000001000100"))
DEVICE: Final = (
    struct.pack("<HIH", 100, 6, 100)
    + _text("microsoft.com: 1.0; android.com: 1.0;")
    + bytes(2)
    + struct.pack("<IHH", 2, 0x1001, 0x1002)
    + bytes(16)
    + b"".join(map(_text, ("Maker", "Model", "1.0", "SERIAL")))
)
STORE: Final = struct.pack("<HHHQQI", 3, 2, 0, 64 << 20, 1 << 20, 0xFFFFFFFF)
OBJECT: Final = bytes(52) + _text("canary")

MTP_ANSWERS: Final[MappingProxyType[str, tuple[str, bytes, str, str]]] = MappingProxyType(
    {
        "accept_data_and_response": (IDS, ONE + OKAY, "", "As it should be."),
        "accept_response_alone": (IDS, _box(3, 0x2003), "", "A refusal has no data."),
        "accept_unknown_code": (IDS, _box(3, 0xA801), "", "A maker's own code is a no."),
        "accept_to_sent_data": (SEND, OKAY, "", "Data were sent, none come."),
        "refuse_event": (IDS, _box(4, 0x4002), "kind", "No event comes on this endpoint."),
        "refuse_command": (IDS, _box(1, 0x1004), "kind", "A phone asks nothing."),
        "refuse_data_twice": (IDS, ONE + ONE, "kind", "Which are they?"),
        "refuse_data_to_sent_data": (SEND, _box(2, 0x100D), "kind", "None were to come."),
        "refuse_too_short": (IDS, struct.pack("<IHHI", 11, 3, 0x2001, NUMBER), "length", "11."),
        "refuse_too_long": (
            IDS,
            struct.pack("<IHHI", 0xFFFFFFFF, 2, 0x1004, NUMBER),
            "length",
            "Length unknown, as of files beyond 4 GiB.",
        ),
        "refuse_six_parameters": (IDS, _box(3, 0x2001, bytes(24)), "length", "Five at most."),
        "refuse_half_a_parameter": (IDS, _box(3, 0x2001, bytes(6)), "parameters", "Six bytes."),
        "refuse_other_operation": (IDS, _box(2, 0x1007, bytes(4)), "operation", "Not asked."),
        "refuse_other_transaction": (IDS, _box(3, 0x2001, number=6), "transaction", "An old one."),
        "refuse_bytes_behind": (IDS, OKAY + b"\0", "bytes behind the response", "One too many."),
        "accept_device_info": ("device-info", DEVICE, "", "An Android phone."),
        "refuse_device_info_cut": ("device-info", DEVICE[:-1], "serial", "The last byte lacks."),
        "refuse_device_info_endless_list": (
            "device-info",
            DEVICE.replace(struct.pack("<I", 2), struct.pack("<I", 0xFFFFFFFF), 1),
            "operations",
            "Four milliard operations.",
        ),
        "refuse_device_info_no_text": (
            "device-info",
            DEVICE.replace(_text("Maker"), b"\x02\x00\xd8\x00\x00"),
            "maker",
            "Half a character.",
        ),
        "accept_no_storages": ("storage-ids", bytes(4), "", "A locked screen."),
        "refuse_storages_cut": ("storage-ids", b"\x02\0\0\0\x01\0\1\0", "storages", "One of two."),
        "refuse_many_storages": ("storage-ids", struct.pack("<I", 33), "storages", "33."),
        "accept_storage_info": ("storage-info", STORE + _text("x") * 2, "", "As it should be."),
        "refuse_storage_info_cut": ("storage-info", STORE[:13], "capacity", "Ends in a number."),
        "refuse_more_free_than_there_is": (
            "storage-info",
            struct.pack("<HHHQQI", 3, 2, 0, 1 << 20, 64 << 20, 0),
            "free",
            "Cannot be.",
        ),
        "refuse_many_handles": ("handles", struct.pack("<I", (1 << 17) + 1), "handles", "Many."),
        "accept_object_info": ("object-info", OBJECT, "", "Ours."),
        "refuse_object_info_cut": ("object-info", OBJECT[:-1], "name", "Ends in its name."),
        "refuse_object_info_without_name": ("object-info", OBJECT[:52], "name", "No name."),
    }
)
"""Request or data set, bytes, the field at which they break or nothing, and why."""
