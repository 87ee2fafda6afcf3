"""Recordings show no serial, in whatever spelling, and everything else survives as it was."""

import itertools
import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from wipe_station.codec.shown import PAGES, identify_nvme
from wipe_station.codec.vpd import parse_unit_serial
from wipe_station.detect.recording import judge, make_recording, parse_recording, texts_in
from wipe_station.detect.scrub import Scrubber
from wipe_station.errors import MalformedReplyError
from wipe_station.records import Json
from wipe_station.testing import raw_disk, raw_snapshot

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
SERIALS = st.text(ALPHABET, min_size=6, max_size=20).filter(
    lambda s: (
        len(set(s.lower())) >= 4
        and any(c.isdigit() for c in s)  # a word of ours could stand anywhere
        and not s.lower().startswith(("naa", "eui", "0x", "t10"))
    )
)
DASHED = st.builds(lambda a, b: f"{a}-{b}", SERIALS, SERIALS)
NAMES = st.binary(min_size=8, max_size=8).filter(lambda b: len(set(b.hex())) >= 4)
DEEP = b"[" * 20_000
RECORDED: dict[str, Json] = {"date": "2026-11-24", "device": "sda"}


def scrubber() -> Scrubber:
    """Return one whose draws are the same each time."""
    return Scrubber(Random(7).randrange)


def recording(device: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the recording of one device."""
    material: dict[str, Any] = {
        "snapshot": raw_snapshot({"sda": device}),
        "replies": {},
        "recorded": RECORDED,
        "private": [],
    }
    return make_recording(material | changes, (), Random(7).randrange)


# --- planted secrets: an oracle of its own looks for them --------------------------------------


def pairs_exchanged(text: str) -> str:
    """Return a text as IDENTIFY's words hold it; of odd length, a blank is added."""
    even = text + " " * (len(text) % 2)
    return "".join(b + a for a, b in zip(even[::2], even[1::2], strict=True))


SPELLINGS: dict[str, Any] = {
    "plain": lambda s: s,
    "upper": str.upper,
    "lower": str.lower,
    "backwards": lambda s: s[::-1],
    "exchanged": pairs_exchanged,
    "exchanged later": lambda s: pairs_exchanged(" " + s),
    "padded": lambda s: f"   {s}\t ",
    "in hexadecimal": lambda s: s.encode().hex(),
    "in capitals of hexadecimal": lambda s: s.encode().hex().upper(),
    "spaced": " ".join,
    "wide": lambda s: s.encode("utf-16-le").decode("latin-1"),
}


def bare(text: str) -> str:
    """Return letters and digits, small."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def traces(shown: Any, secret: str) -> list[str]:
    """Return the spellings in which a secret is left anywhere in a JSON value."""
    texts = list(texts_in({key: shown[key] for key in ("snapshot", "replies", "expect")}))
    pages = [text for text in texts if re.fullmatch(r"([0-9a-f]{2}){40,}", text)]
    texts = [text for text in texts if text not in pages]  # digits meet by chance in so many
    texts += [bytes.fromhex(page).decode("latin-1") for page in pages]
    haystacks = [bare(text) for text in texts]
    wanted = {name: bare(spell(secret)) for name, spell in SPELLINGS.items()}
    return [name for name, needle in wanted.items() if any(needle in hay for hay in haystacks)]


def vpd(number: int, body: bytes) -> str:
    """Return a page as a snapshot holds it."""
    return (bytes([0, number]) + len(body).to_bytes(2, "big") + body).hex()


def identify_page(serial: str, model: str, spare: bytes) -> str:
    """Return VPD page 89h with IDENTIFY data that holds a serial where it belongs and elsewhere."""
    data = bytearray(512)
    data[20:40] = pairs_exchanged(serial[:20].rjust(20)).encode("latin-1", "replace")
    data[54:94] = pairs_exchanged(model[:40].ljust(40)).encode("latin-1", "replace")
    data[258 : 258 + len(spare)] = spare
    data[434:436] = (7200).to_bytes(2, "little")
    data[510:512] = bytes([0xA5, 0])
    data[511] = -sum(data) % 256
    return vpd(0x89, bytes(56) + bytes(data))


def planted(place: str, text: str, serial: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a disk, and its answers, that hold a text at a place; its serial is known."""
    raw = text.encode("latin-1", "replace")
    smart: dict[str, Any] = {"device": {"protocol": "ATA"}, "serial_number": serial}
    disk = raw_disk(attrs={"device/serial": serial, "device/model": "Fine disk"})
    kind, _, name = place.partition(" ")
    if kind == "attribute":
        disk["attrs"][name] = text
    elif kind == "udev":
        disk["udev"][name] = text
    elif kind == "usb":
        disk["ancestors"] = [{"name": "1-2", "subsystem": "usb", "attrs": {name: text}}]
    elif kind == "above":
        disk["ancestors"] = [{"name": text, "subsystem": "usb", "attrs": {}}]
    elif kind == "holder":
        disk["holders"] = [text]
    elif kind == "page":
        disk["pages"][f"device/{name}"] = PLANTED_PAGES[name](text, raw)
    else:
        smart |= json.loads(json.dumps({"model_name": 0, "nested": 0}).replace("0", '"x"'))
        smart[name] = {"string": text, text: 1, "name": [text]} if name == "trim" else text
    return disk, {"smartctl": json.dumps(smart), "nvme-identify": nvme(serial, text)}


def nvme(serial: str, text: str) -> str:
    """Return Identify Controller data with a serial and something in every other text."""
    data = bytearray(4096)
    data[4:24] = serial[:20].ljust(20).encode("latin-1", "replace")
    data[24:64] = text[:40].ljust(40).encode("latin-1", "replace")
    data[768 : 768 + len(text)] = text.encode("latin-1", "replace")
    return data.hex()


def designator(text: str, raw: bytes) -> str:
    """Return VPD page 83h with one designator of text and the start of another."""
    del text
    return vpd(0x83, bytes([0x02, 0x01, 0, len(raw)]) + raw + bytes([1, 3, 0, 99]) + raw)


PLANTED_PAGES: dict[str, Any] = {
    "inquiry": lambda _, raw: (bytes(16) + raw[:20].ljust(20) + raw.ljust(40)).hex(),
    "vpd_pg80": lambda _, raw: vpd(0x80, raw),
    "vpd_pg83": designator,
    "vpd_pg89": lambda text, raw: identify_page(text, text, raw),
    "vpd_pgb1": lambda _, raw: vpd(0xB1, bytes([0x1C, 0x20]) + raw),
    "vpd_pg0": lambda _, raw: vpd(0, raw),
}
PLACES = (
    *(f"attribute {n}" for n in ("device/serial", "serial", "wwid", "nguid", "eui", "device/cid")),
    *(f"attribute {n}" for n in ("device/model", "device/vendor", "device/rev", "size", "other")),
    *(f"attribute {n}" for n in ("loop/backing_file", "dm/name", "queue/zoned", "md/level")),
    *(f"udev {n}" for n in ("ID_SERIAL", "ID_SERIAL_SHORT", "ID_MODEL", "ID_WWN", "ID_FS_UUID")),
    *(f"udev {n}" for n in ("ID_FS_LABEL", "ID_PART_TABLE_UUID", "ID_BUS", "ID_PATH")),
    *(f"usb {n}" for n in ("serial", "product", "manufacturer", "idVendor", "other")),
    *(f"page {n}" for n in PLANTED_PAGES),
    *(f"smart {n}" for n in ("serial_number", "logical_unit_id", "model_name", "wwn", "trim")),
    *("above", "holder"),
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("serial", ["WD-WCC4E1234567", "000123", "s3Z9Nb0k"])
def test_recording__secret_at_each_place_in_each_spelling__nothing_is_left(
    place: str, serial: str
) -> None:
    """A serial that stands where serials stand is nowhere in the recording, however spelled."""
    for spell in SPELLINGS.values():
        disk, replies = planted(place, spell(serial), serial)
        assert traces(recording(disk, replies={"sda": replies}), serial) == []


@settings(max_examples=400)
@given(st.sampled_from(PLACES), SERIALS | DASHED, st.sampled_from(sorted(SPELLINGS)))
def test_recording__any_secret_at_any_place__nothing_is_left(
    place: str, serial: str, spelling: str
) -> None:
    """So it is with drawn serials of all kinds."""
    disk, replies = planted(place, SPELLINGS[spelling](serial), serial)
    assert traces(recording(disk, replies={"sda": replies}), serial) == []


ALONE = (
    *(f"attribute {n}" for n in ("device/serial", "serial", "wwid", "nguid", "eui", "device/cid")),
    *(f"attribute {n}" for n in ("loop/backing_file", "dm/name", "size", "queue/zoned", "other")),
    *(f"udev {n}" for n in ("ID_SERIAL", "ID_SERIAL_SHORT", "ID_WWN", "ID_FS_UUID", "ID_FS_LABEL")),
    *(f"usb {n}" for n in ("serial", "idVendor", "other")),
    *(f"page {n}" for n in ("vpd_pg80", "vpd_pg83", "vpd_pgb1", "vpd_pg0")),
    *(f"smart {n}" for n in ("serial_number", "logical_unit_id", "wwn")),
    *("holder", "nvme", "vendor", "identify"),
)


@pytest.mark.parametrize("place", ALONE)
def test_recording__secret_at_one_place_only__nothing_is_left(place: str) -> None:
    """Where identifiers belong, and where vendors write what they like, the net is not needed."""
    secret = "WD-WCC4E1234567"
    disk, replies = planted(place, secret, "unrelated-99")
    if place == "vendor":
        disk["pages"]["device/inquiry"] = (bytes(36) + secret.encode() + bytes(9)).hex()
        disk["pages"]["device/vpd_pg89"] = identify_page("", "Model X", secret.encode())
    elif place == "identify":
        disk["pages"]["device/vpd_pg89"] = identify_page(secret, "Model X", b"")
    elif place == "nvme":
        replies["nvme-identify"] = nvme(secret, "")
    if place != "nvme":
        replies["nvme-identify"] = nvme("", "")
    assert traces(recording(disk, replies={"sda": replies}), secret) == []


def test_recording__world_wide_name_in_pages_only__replaced_alike() -> None:
    """A world wide name in designator and IDENTIFY is hidden, and still one and the same."""
    name = bytes.fromhex("5000c500a1b2c3d4")
    identify = bytearray(bytes.fromhex(identify_page("S1", "m", b"")))
    identify[4 + 56 + 216 : 4 + 56 + 224] = pairs_exchanged(name.decode("latin-1")).encode(
        "latin-1"
    )
    pages = {
        "device/vpd_pg83": vpd(0x83, bytes([1, 3, 0, 8]) + name),
        "device/vpd_pg89": identify.hex(),
    }
    shown = recording(raw_disk(pages=pages))["snapshot"]["devices"]["sda"]["pages"]
    hidden = bytes.fromhex(shown["device/vpd_pg83"])[8:16]
    stated = bytes.fromhex(shown["device/vpd_pg89"])[60 + 216 : 60 + 224]
    assert pairs_exchanged(stated.decode("latin-1")).encode("latin-1") == hidden != name


@given(name=NAMES, place=st.sampled_from(["page vpd_pg83", "page vpd_pgb1", "page inquiry"]))
def test_recording__world_wide_name__left_neither_as_text_nor_as_bytes(
    name: bytes, place: str
) -> None:
    """A world wide name is hidden in text, raw, reversed, and swapped as IDENTIFY holds it."""
    disk, _ = planted(place, name.decode("latin-1"), "S1234567")
    disk["attrs"] |= {"wwid": f"naa.{name.hex()}", "eui": name.hex(" ", 2)}
    disk["pages"]["device/vpd_pg89"] = identify_page("S1234567", "m", name)
    try:
        text = json.dumps(recording(disk))
    except MalformedReplyError:
        assert name.count(0) > len(name) // 2, "refused for nothing: a name, not mostly zeros"
        return
    mixed = bytes(itertools.chain.from_iterable(zip(name[1::2], name[::2], strict=True)))
    for spelled in (name, name[::-1], mixed):
        assert spelled.hex() not in text


@given(SERIALS)
def test_recording__secret_planted_only_where_it_belongs__left_alone_nowhere(serial: str) -> None:
    """What is only a file system's, a partition's or a path's name goes without being asked for."""
    disk = raw_disk(
        attrs={"loop/backing_file": f"/home/{serial}/x.img", "device/serial": "S1234567"},
        udev={"ID_FS_LABEL": serial, "ID_PART_ENTRY_NAME": serial, "ID_FS_UUID": serial},
    )
    shown = recording(disk, private=[serial])
    assume(bare(serial) not in bare(json.dumps(recording(raw_disk()))))
    assert traces(shown, serial) == []


def test_recording__names_of_this_machine__left_out() -> None:
    """The host's and the users' names do not stand in a device's own words."""
    disk = raw_disk(attrs={"device/model": "Backup of adalovelace"})
    assert "lovelace" not in json.dumps(recording(disk, private=["adalovelace"]))


def test_recording__root_hub__says_nothing_of_the_kernels_build() -> None:
    """The kernel's own hub bears the name of its build, which may be somebody's."""
    hub = {"name": "usb2", "subsystem": "usb", "attrs": {"manufacturer": "Linux 6.1-ada xhci"}}
    assert "ada" not in json.dumps(recording(raw_disk(ancestors=[hub])))


def test_recording__address_or_uuid_in_a_name__replaced() -> None:
    """What looks like an address or a UUID is nobody's model."""
    model = "Dock 00:1b:63:84:45:e6 f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    shown = recording(raw_disk(attrs={"device/model": model}))
    kept = shown["snapshot"]["devices"]["sda"]["attrs"]["device/model"]
    assert re.fullmatch(r"Dock (..:){5}.. [0-9a-f-]{36}", kept)
    assert not {"84:45", "7dec"} & {part for part in ("84:45", "7dec") if part in kept}


# --- what stays ----------------------------------------------------------------------------------


@given(SERIALS | DASHED)
def test_secret__any__same_form_and_same_each_time(serial: str) -> None:
    """A placeholder has its original's length, digits, capitals and punctuation."""
    made = scrubber()
    hidden = made.secret(serial, "serial")
    assert hidden == made.secret(serial, "serial")
    assert bare(hidden) == bare(made.secret(f"0x{serial.lower()}  ", "serial")[2:])

    def form(text: str) -> str:
        return re.sub("[a-z]", "a", re.sub("[A-Z]", "A", re.sub(r"\d", "0", text)))

    assert form(hidden) == form(serial)


def test_secret__drawn_twice__differs() -> None:
    """A placeholder follows from nothing but chance, so nobody can try serials against it."""
    first, second = (Scrubber(Random(n).randrange).secret("WD-12345678", "x") for n in (1, 2))
    assert first != second


@pytest.mark.parametrize("value", ["0000000000", "", "  ", "naa.0000", "AAAA"])
def test_secret__says_nothing__stays(value: str) -> None:
    """A serial of one repeated character is recorded as it is: that is the finding."""
    assert scrubber().secret(value, "serial") == value


def test_recording__bridge_and_drive_state_one_serial__still_one() -> None:
    """The same serial in sysfs, udev, a page and smartctl's answer is the same afterwards."""
    disk = raw_disk(
        attrs={"device/serial": "S1234567"},
        udev={"ID_ATA": "1", "ID_SERIAL_SHORT": "S1234567"},
        pages={
            "device/vpd_pg80": vpd(0x80, b"    S1234567"),
            "device/vpd_pg89": identify_page("S1234567", "Model X", b""),
        },
    )
    shown = recording(disk, replies={"sda": {"smartctl": '{"serial_number": "S1234567"}'}})
    device = shown["snapshot"]["devices"]["sda"]
    hidden = device["attrs"]["device/serial"]
    page = bytes.fromhex(device["pages"]["device/vpd_pg80"])
    identify = bytes.fromhex(device["pages"]["device/vpd_pg89"])[60:]
    assert hidden == device["udev"]["ID_SERIAL_SHORT"] == parse_unit_serial(page)
    assert pairs_exchanged(identify[20:40].decode()).strip() == hidden
    assert pairs_exchanged(identify[54:94].decode()).strip() == "Model X"
    assert shown["replies"]["sda"]["smartctl"]["serial_number"] == hidden
    assert sum(identify) % 256 == 0, "a checksum that was right stays right"


def test_recording__its_judgement__that_of_the_device_itself() -> None:
    """Scrubbing changes nothing that the station judges by, but for the names themselves."""
    disk = raw_disk(
        attrs={"device/model": "WDC WD40EFRX-68N", "device/rev": "0106", "device/serial": "WD-X1"},
        pages={"device/vpd_pg89": identify_page("WD-X1", "WDC WD40EFRX-68N", b"")},
    )
    plain = judge({"snapshot": raw_snapshot({"sda": disk})}, ())
    shown = recording(disk)
    serial = shown["snapshot"]["devices"]["sda"]["attrs"]["device/serial"]
    assert json.loads(json.dumps(plain).replace("WD-X1", serial)) == shown["expect"]
    assert shown["expect"] == judge(parse_recording(json.dumps(shown).encode()), ())


def test_recording__smart_answer__counts_stay() -> None:
    """What the grade is made from is kept as smartctl said it."""
    said = {
        "device": {"protocol": "ATA", "info_name": "/dev/sda of alice"},
        "rotation_rate": 7200,
        "smart_status": {"passed": True},
        "ata_smart_attributes": {"table": [{"id": 5, "raw": {"value": 8, "string": "8"}}]},
        "wwn": {"naa": 5, "oui": 3152, "id": 2712847316},
        "logical_unit_id": "0x5000c500a1b2c3d4",
    }
    shown = recording(raw_disk(), replies={"sda": {"smartctl": json.dumps(said)}})
    assert shown["expect"]["sda"]["measures"] == {
        "drive_kind": "ata-hdd",
        "smart_passed": True,
        "smart_reallocated_sectors": 8,
    }
    assert "alice" not in json.dumps(shown)
    assert "wwn" not in shown["replies"]["sda"]["smartctl"]
    assert shown["scrubbed"]["left out"] == 2


# --- hostile input -------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(sorted(PAGES)), st.binary(max_size=700)))
def test_recording__any_pages__no_error_and_same_judgement(pages: dict[str, bytes]) -> None:
    """Pages of any bytes are scrubbed without complaint, and stay as malformed as they were."""
    disk = raw_disk(pages={name: page.hex() for name, page in pages.items()})
    shown = recording(disk)
    plain = judge({"snapshot": raw_snapshot({"sda": disk})}, ())["sda"]
    judged = shown["expect"]["sda"]
    assert isinstance(plain, dict)
    assert judged["medium"] == plain["medium"]
    assert len(judged["identifiers"]) == len(plain["identifiers"])


@given(st.text(max_size=60), st.sampled_from(["size", "ro", "device/model", "serial", "diskseq"]))
def test_recording__any_text__no_error_and_printable_json(text: str, name: str) -> None:
    """Attributes of any text end in plain ASCII JSON that says unknown where it was unknown."""
    disk = raw_disk(attrs={name: text})
    shown = recording(disk)
    plain = judge({"snapshot": raw_snapshot({"sda": disk})}, ())["sda"]
    assert isinstance(plain, dict)
    judged = shown["expect"]["sda"]
    keys = ("size_bytes", "identity_strength", "refusals", "transport")
    assert {key: judged[key] for key in keys} == {key: plain[key] for key in keys}


@example(DEEP)
@given(st.binary(max_size=200))
def test_recording__any_answer_of_smartctl__no_error(answer: bytes) -> None:
    """An answer that is no JSON object is recorded as unclear."""
    text = answer.decode("utf-8", "replace")
    said = recording(raw_disk(), replies={"sda": {"smartctl": text}})["replies"]["sda"]["smartctl"]
    assert said == "?" or answer.strip().startswith(b"{")


@given(st.binary(max_size=4096))
def test_identify_nvme__any_bytes__same_length(data: bytes) -> None:
    """Whatever a controller returns keeps its length."""
    assert len(identify_nvme(data, scrubber())) == len(data)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"recording": 2}', b" " * (5 << 20)])
def test_parse_recording__malformed__declared_error(data: bytes) -> None:
    """What is no recording of a known version is named, and nothing else is raised."""
    with pytest.raises(MalformedReplyError):
        parse_recording(data)
