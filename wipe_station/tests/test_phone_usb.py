"""Phones on USB: which mode, what may be done there, and whether it is the same phone again."""

import contextlib
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.codec.usb import parse_usb_descriptors
from wipe_station.detect.gate_rules import Admission, judge
from wipe_station.errors import MalformedReplyError
from wipe_station.phones.usb_identity import (
    BootSerial,
    Judgement,
    Sighting,
    is_copied,
    judge_return,
    parse_boot_serial,
)
from wipe_station.phones.usb_mode_table import MODES, SPECIAL, Mode, Touch
from wipe_station.phones.usb_modes import By, recognise
from wipe_station.tests.make_usb_phone_vectors import ROOT, different
from wipe_station.tests.phone_samples import GOOD_BOOT, SAMPLES
from wipe_station.tests.usb_samples import single

VECTORS: dict[str, Any] = {
    path.relative_to(ROOT).as_posix(): json.loads(path.read_text("utf-8"))
    for path in sorted(ROOT.rglob("*.json"))
}
MODE_VECTORS = [name for name in VECTORS if name.startswith("usb-modes/")]
BOOT_VECTORS = [name for name in VECTORS if name.startswith("boot-serial/")]


def test_usb_phone_vectors__made_again__same_files() -> None:
    """The files are exactly what their program makes of the samples."""
    assert different() == []


def test_modes__each__has_facts_and_a_sample() -> None:
    """No mode without what may be done in it, and none that no device shows."""
    assert set(MODES) == set(Mode)
    assert {sample.mode for sample in SAMPLES.values()} == {*Mode, None}


@pytest.mark.parametrize("name", MODE_VECTORS)
def test_recognise__vector__its_mode(name: str) -> None:
    """Interfaces decide, then names and ids; what looks alike is said to."""
    vector = VECTORS[name]
    found = recognise(parse_usb_descriptors(bytes.fromhex(vector["descriptors"])), vector["names"])
    assert (found.mode.value if found else "none") == vector["expect"]
    assert [mode.value for mode in (found.could_be if found else ())] == vector["could_be"]


@pytest.mark.parametrize("name", MODE_VECTORS)
def test_gate__vector__lets_in_what_it_says(name: str) -> None:
    """Phones that can be spoken with come in; all others stay outside."""
    vector = VECTORS[name]
    verdict = judge(parse_usb_descriptors(bytes.fromhex(vector["descriptors"])))
    got = list(verdict.interfaces) if isinstance(verdict, Admission) else "shut"
    assert got == vector["gate"]


@pytest.mark.parametrize("name", SAMPLES)
def test_gate__mode_that_nobody_may_touch__shut(name: str) -> None:
    """What is only to be named is not let in either."""
    sample = SAMPLES[name]
    verdict = judge(parse_usb_descriptors(sample.data))
    if sample.mode and MODES[sample.mode].touch is not Touch.SPEAK:
        assert not isinstance(verdict, Admission)


@pytest.mark.parametrize("rule", SPECIAL, ids=lambda rule: f"{rule.vendor_id:04x}:{rule.first:04x}")
def test_recognise__special_ids__by_ids_in_all_their_range(rule: Any) -> None:
    """Both ends of a range count, and nothing beyond it."""
    for product in (rule.first, rule.last):
        data = single((0xFE, 0x55, 0x55), vendor=rule.vendor_id, product=product)
        found = recognise(parse_usb_descriptors(data))
        assert found is not None
        assert (found.mode, found.by, found.certainty) == (rule.mode, By.IDS, rule.certainty)
    beyond = single((0xFE, 0x55, 0x55), vendor=rule.vendor_id, product=rule.last + 1)
    found = recognise(parse_usb_descriptors(beyond))
    assert found is None or any(r.first <= rule.last + 1 <= r.last for r in SPECIAL)


# --- what an iPhone says while it boots -----------------------------------------------------------


@pytest.mark.parametrize("name", BOOT_VECTORS)
def test_boot_serial__vector__accepted_or_refused_where_it_breaks(name: str) -> None:
    """Strictly: each word once, numbers that are numbers."""
    vector = VECTORS[name]
    if vector["expect"] == "accept":
        assert parse_boot_serial(vector["text"]).ecid == 0x1A2B3C4D5E801E
        return
    with pytest.raises(MalformedReplyError) as met:
        parse_boot_serial(vector["text"])
    assert met.value.field == vector["layer"]


def test_boot_serial__recovery__all_its_words() -> None:
    """Chip, board, the chip's own number, and the serial on the box."""
    assert parse_boot_serial(GOOD_BOOT) == BootSerial(
        chip=0x8110, board=0x0C, ecid=0x1A2B3C4D5E801E, serial="F2LXXXXXXXXX"
    )


@given(st.text(max_size=120) | st.text(alphabet="CPIDBECSRNM:[] 0123AF", max_size=120))
def test_boot_serial__any_text__nothing_but_malformed_reply(text: str) -> None:
    """A hostile string raises one error and no other, also behind a good beginning."""
    for each in (text, f"{GOOD_BOOT} {text}"):
        with contextlib.suppress(MalformedReplyError):
            parse_boot_serial(each)


@given(
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFF),
    st.integers(0, 2**64 - 1),
    st.text(alphabet=string.ascii_uppercase + string.digits, max_size=12),
)
def test_boot_serial__any_numbers__come_back(chip: int, board: int, ecid: int, serial: str) -> None:
    """What was said is what is read."""
    text = f"CPID:{chip:04X} BDID:{board:02X} ECID:{ecid:016X} SRNM:[{serial}]"
    said = parse_boot_serial(text)
    assert (said.chip, said.board, said.ecid, said.serial) == (chip, board, ecid, serial or None)


# --- the same phone again -------------------------------------------------------------------------

UDID = "00008110001A2B3C4D5E801E"


def seen(path: str, mode: Mode, serial: str | None) -> Sighting:
    """Return a phone on a port."""
    return Sighting(usb_path=path, mode=mode, serial=serial)


BEFORE = seen("1-1", Mode.MTP_ADB, "R58N00SIMUL")


@pytest.mark.parametrize(
    ("before", "after", "others", "judged"),
    [
        (BEFORE, BEFORE, (), Judgement.SAME),
        (BEFORE, BEFORE, (BEFORE,), Judgement.SAME),
        (BEFORE, seen("1-1", Mode.FASTBOOT, "R58N00SIMUL"), (), Judgement.SAME),
        (BEFORE, seen("1-1", Mode.MTP, "R58N00OTHER"), (), Judgement.ANOTHER),
        (BEFORE, seen("1-2", Mode.MTP, "R58N00OTHER"), (), Judgement.ANOTHER),
        (BEFORE, seen("1-2", Mode.MTP, "R58N00SIMUL"), (), Judgement.MOVED),
        (BEFORE, seen("1-2", Mode.MTP, "R58N00SIMUL"), (BEFORE,), Judgement.AMBIGUOUS),
        (
            BEFORE,
            seen("1-1", Mode.MTP, "R58N00SIMUL"),
            (seen("1-3", Mode.ADB, "R58N00SIMUL"),),
            Judgement.AMBIGUOUS,
        ),
        (BEFORE, seen("1-1", Mode.QUALCOMM_EDL, "R58N00SIMUL"), (), Judgement.UNKNOWN),
        (BEFORE, seen("1-1", Mode.MTP, None), (), Judgement.UNKNOWN),
        (BEFORE, seen("1-1", Mode.MTP, ""), (), Judgement.UNKNOWN),
        (
            seen("1-1", Mode.MTP, "0123456789ABCDEF"),
            seen("1-1", Mode.MTP, "0123456789ABCDEF"),
            (),
            Judgement.UNKNOWN,
        ),
        (
            seen("1-1", Mode.IPHONE, UDID),
            seen("1-1", Mode.IPHONE_RECOVERY, GOOD_BOOT),
            (),
            Judgement.SAME,
        ),
        (
            seen("1-1", Mode.IPHONE, UDID[:8] + "-" + UDID[8:].lower()),
            seen("1-1", Mode.IPHONE_DFU, GOOD_BOOT),
            (),
            Judgement.SAME,
        ),
        (
            seen("1-1", Mode.IPHONE, UDID),
            seen("1-1", Mode.IPHONE_DFU, GOOD_BOOT.replace("801E", "801F")),
            (),
            Judgement.ANOTHER,
        ),
        (
            seen("1-1", Mode.IPHONE, "a" * 39 + "b"),
            seen("1-1", Mode.IPHONE_DFU, GOOD_BOOT),
            (),
            Judgement.UNKNOWN,
        ),
        (
            seen("1-1", Mode.IPHONE, UDID),
            seen("1-1", Mode.IPHONE_DFU, "CPID:8110"),
            (),
            Judgement.UNKNOWN,
        ),
        (BEFORE, seen("1-1", Mode.IPHONE, UDID), (), Judgement.ANOTHER),
        (
            seen("1-1", Mode.IPHONE, "a" * 39 + "b"),
            seen("1-1", Mode.IPHONE, "a" * 39 + "b"),
            (),
            Judgement.SAME,
        ),
        (
            seen("1-1", Mode.IPHONE, "android"),
            seen("1-1", Mode.IPHONE, "android"),
            (),
            Judgement.UNKNOWN,
        ),
    ],
)
def test_judge_return__by_case__never_same_without_proof(
    before: Sighting, after: Sighting, others: tuple[Sighting, ...], judged: Judgement
) -> None:
    """Port and serial together; a copied, missing or foreign serial proves nothing."""
    assert judge_return(before, after, others) is judged


@given(
    st.builds(
        seen,
        st.sampled_from(["1-1", "1-2"]),
        st.sampled_from(Mode),
        st.sampled_from([None, "", UDID, GOOD_BOOT, "R58N00SIMUL", "android", "0000"]),
    ),
    st.builds(
        seen,
        st.sampled_from(["1-1", "1-2"]),
        st.sampled_from(Mode),
        st.sampled_from([None, "", UDID, GOOD_BOOT, "R58N00SIMUL", "R58N00OTHER", "android"]),
    ),
)
def test_judge_return__any_two__same_only_on_one_port(before: Sighting, after: Sighting) -> None:
    """Whatever is called the same stands where it stood and says who it is."""
    if judge_return(before, after) is Judgement.SAME:
        assert before.usb_path == after.usb_path
        assert after.serial
        assert not is_copied(after.serial)
