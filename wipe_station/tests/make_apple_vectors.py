"""Replies of usbmuxd and of an iPhone as data: ``python -m wipe_station.tests.make_apple_vectors``.

``--check`` compares instead of writing. The bytes are made here from the standard library alone,
not by the code that they are for.
"""

import json
import plistlib
import struct
import sys
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "phones" / "apple"
UDID: Final = "00008110-001A2B3C4D5E801E"
OLD_UDID: Final = "0123456789abcdef0123456789abcdef01234567"
PEM: Final = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
LIMIT_BYTES: Final = 1 << 20


def listed(**changes: Any) -> dict[str, Any]:
    """Return usbmuxd's news of one device, changed."""
    properties = {
        "ConnectionType": "USB",
        "DeviceID": 7,
        "LocationID": 3 << 16 | 12,
        "SerialNumber": UDID,
    }
    kept = {k: v for k, v in (properties | changes).items() if v is not None}
    return {"MessageType": "Attached", "DeviceID": 7, "Properties": kept}


def mux(message: Any, *, version: int = 1, kind: int = 8, length: int | None = None) -> bytes:
    """Return a frame of usbmuxd's."""
    body = plistlib.dumps(message)
    return struct.pack("<4I", 16 + len(body) if length is None else length, version, kind, 1) + body


def plain(message: Any) -> bytes:
    """Return a frame of lockdownd's and of services."""
    body = plistlib.dumps(message)
    return struct.pack(">I", len(body)) + body


def record(**changes: Any) -> bytes:
    """Return a stored pair record, changed."""
    parts = {
        "HostID": "6125727C-D826-39FB-BA5D-60AF335C8965",
        "SystemBUID": "EA0A8224-2D83-46D7-ACC1-BE2D80D073BA",
        "HostCertificate": PEM,
        "HostPrivateKey": PEM,
        "DeviceCertificate": PEM,
    }
    return plistlib.dumps({k: v for k, v in (parts | changes).items() if v is not None})


def cases() -> dict[str, tuple[str, bytes, str, str]]:
    """Return by name: parser, bytes, the field where it must be refused ("" if not), comment."""
    service = {"Request": "StartService", "Service": "x", "Port": 50001}
    session = {"Request": "StartSession", "SessionID": "A-1", "EnableSessionSSL": True}
    node = {"Status": "Success", "Diagnostics": {"IORegistry": {"CycleCount": 1}}}
    good = {
        "mux_attached": ("mux", mux(listed()), "one device came"),
        "mux_attached_old_udid": ("mux", mux(listed(SerialNumber=OLD_UDID)), "a UDID before 2018"),
        "mux_attached_by_network": (
            "mux",
            mux(listed(ConnectionType="Network", LocationID=None)),
            "seen in the network: it has no place on a bus",
        ),
        "mux_list": ("mux", mux({"DeviceList": [listed()]}), "what is there"),
        "mux_result_unknown": ("mux", mux({"MessageType": "Result", "Number": 99}), "no known no"),
        "value": ("value", plain({"Request": "GetValue", "Value": 1}), "a value"),
        "value_refused": ("value", plain({"Request": "GetValue", "Error": "Other"}), "a refusal"),
        "session": ("session", plain(session), "TLS begins behind this byte"),
        "service": ("service", plain(service | {"EnableServiceSSL": True}), "a port, with TLS"),
        "service_without_word": ("service", plain(service), "old systems: no TLS"),
        "node": ("node", plain(node), "a node"),
        "node_none": ("node", plain({"Status": "UnknownRequest"}), "no such node"),
        "erase_refused": (
            "erase",
            plain({"Status": "Error", "ErrorChain": [{"ErrorCode": 14016}, "x", {}]}),
            "its codes are kept, its words are not",
        ),
        "record": ("record", record(), "a pair record"),
        "record_c_strings": (
            "record",
            record(HostCertificate=PEM + b"\0"),
            "with a C string's end",
        ),
    }
    bad = {
        "mux_version_0": ("mux", mux({}, version=0), "version", "the old binary protocol"),
        "mux_kind_1": ("mux", mux({}, kind=1), "kind of message", "a binary result"),
        "mux_short": ("mux", mux({}, length=16), "length", "a header without a body"),
        "mux_huge": ("mux", mux({}, length=LIMIT_BYTES + 17), "length", "more than a megabyte"),
        "mux_udid_climbs": (
            "mux",
            mux(listed(SerialNumber="../../../../etc/shadow")),
            "SerialNumber",
            "a UDID names a file",
        ),
        "mux_no_udid": (
            "mux",
            mux(listed(SerialNumber=None)),
            "SerialNumber",
            "nothing to know by",
        ),
        "mux_no_number": ("mux", mux(listed(DeviceID=None)), "DeviceID", "nothing to connect to"),
        "mux_number_true": ("mux", mux(listed(DeviceID=True)), "DeviceID", "true is no number"),
        "mux_crowd": ("mux", mux({"DeviceList": [listed()] * 257}), "DeviceList", "too many"),
        "mux_list_of_numbers": ("mux", mux({"DeviceList": [1]}), "Properties", "no devices"),
        "mux_stranger": ("mux", mux({"MessageType": "Hello"}), "MessageType", "no known message"),
        "value_of_another": ("value", plain(session), "Request", "the reply to something else"),
        "value_absent": ("value", plain({"Request": "GetValue"}), "Value", "neither value nor no"),
        "value_error_number": (
            "value",
            plain({"Request": "GetValue", "Error": 5, "Value": 1}),
            "Error",
            "a refusal that is no text is no value either",
        ),
        "session_silent": (
            "session",
            plain({k: v for k, v in session.items() if k != "EnableSessionSSL"}),
            "EnableSessionSSL",
            "no word about TLS",
        ),
        "session_tls_number": (
            "session",
            plain(session | {"EnableSessionSSL": 1}),
            "EnableSessionSSL",
            "a number is no yes",
        ),
        "session_no_name": ("session", plain(session | {"SessionID": ""}), "SessionID", "no name"),
        "service_port_0": ("service", plain(service | {"Port": 0}), "Port", "no port"),
        "service_port_65536": ("service", plain(service | {"Port": 1 << 16}), "Port", "no port"),
        "service_tls_text": (
            "service",
            plain(service | {"EnableServiceSSL": "NO"}),
            "EnableServiceSSL",
            "text is no no",
        ),
        "node_empty": ("node", plain({"Status": "Success"}), "IORegistry", "success with nothing"),
        "node_no_status": ("node", plain({"Diagnostics": {}}), "Status", "neither yes nor no"),
        "erase_no_status": ("erase", plain({}), "Status", "neither yes nor no"),
        "cloud_empty": (
            "cloud",
            plain({"Status": "Acknowledged"}),
            "CloudConfiguration",
            "nothing",
        ),
        "profiles_count": (
            "profiles",
            plain({"Status": "Acknowledged", "OrderedIdentifiers": 0}),
            "OrderedIdentifiers",
            "a number where a list should be is no empty list",
        ),
        "record_no_key": (
            "record",
            record(HostPrivateKey=None),
            "HostPrivateKey",
            "a part is missing",
        ),
        "record_key_text": ("record", record(HostPrivateKey="x"), "HostPrivateKey", "no PEM"),
        "record_large": (
            "record",
            record(DeviceCertificate=PEM + bytes(16 << 10)),
            "DeviceCertificate",
            "no certificate is so long",
        ),
        "record_host_control": (
            "record",
            record(HostID="A\tB"),
            "HostID",
            "would break our request",
        ),
        "header_cut": ("value", b"\0\0", "frame", "the stream ends within a header"),
        "body_cut": ("value", plain({"Request": "GetValue"})[:-1], "frame", "and within a body"),
        "plist_list": ("value", plain([]), "outermost value", "a list is no reply"),
    }
    accepted = {f"accept_{n}": (parser, data, "", why) for n, (parser, data, why) in good.items()}
    return accepted | {f"refuse_{name}": case for name, case in bad.items()}


def files() -> dict[str, str]:
    """Return each file's text by its name."""
    made = {}
    for name, (parser, data, layer, comment) in cases().items():
        vector = {
            "expect": "refuse" if layer else "accept",
            "layer": layer or "none",
            "parser": parser,
            "data_hex": data.hex(),
            "source": "wipe_station/phones",
            "comment": comment,
        }
        made[f"{name}.json"] = json.dumps(vector, indent=1, ensure_ascii=False) + "\n"
    return made


def main() -> int:
    """Write the files, or with ``--check`` say which differ."""
    made = files()
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    if "--check" in sys.argv[1:]:
        differing = sorted(name for name in made | there if made.get(name) != there.get(name))
        print("\n".join(differing))  # noqa: T201 - it is run by hand
        return 1 if differing else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - made.keys():
        (FOLDER / name).unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
