"""The page of phones' modes on USB, made of their data."""

from collections.abc import Iterator, Sequence
from typing import Final

from certs.text import Text
from wipe_station.codec.usb import parse_usb_descriptors
from wipe_station.detect.gate_rules import Admission, judge
from wipe_station.phones.usb_mode_table import MODES, SPECIAL, TELL_PTP, Mode, ModeFacts, Touch
from wipe_station.tests.markdown import code, page, table
from wipe_station.tests.phone_samples import SAMPLES

MAY: Final = {
    Touch.SPEAK: "speak with it",
    Touch.WAIT: "wait for a person",
    Touch.HANDS_OFF: "name it, write nothing",
}


def phone_modes_page() -> str:
    """Show every mode: what may be done, who is let in, what a person does next, how we know."""
    return page(
        "Modes of phones on USB",
        "What a phone can be on a USB port, by what it says itself. Interfaces decide first, ids"
        " only where no interface does. The gate at the bays: [bays.md](bays.md).",
        table(("Mode", "The station may", "The gate", "What a person does next"), _rows()),
        "Modes that look alike on USB, and what tells them apart:",
        table(
            ("Mode", "Told apart by"),
            ((code(m.value), f.settled_by) for m, f in MODES.items() if f.settled_by),
        ),
        "## By ids",
        "[S]: read in the named source. [M]: general knowledge, checked on no device, as are all"
        " key combinations above.",
        table(("Ids", "Mode", "Certainty"), _ids()),
    )


def _rows() -> Iterator[Sequence[str]]:
    for mode, facts in MODES.items():
        yield (_title(mode, facts), MAY[facts.touch], _gate(mode), _both(facts.next_step))


def _title(mode: Mode, facts: ModeFacts) -> str:
    return f"{code(mode.value)}<br>{_both(facts.title)}"


def _both(text: Text) -> str:
    return f"{text.zh}<br>{text.en}"


def _gate(mode: Mode) -> str:
    """Say what the gate makes of the samples of a mode."""
    verdicts = [judge(parse_usb_descriptors(s.data)) for s in SAMPLES.values() if s.mode is mode]
    let_in = [isinstance(verdict, Admission) for verdict in verdicts]
    if all(let_in):
        return "lets it in"
    return "lets it in, unless it is something foreign as well" if any(let_in) else "shut"


def _ids() -> Iterator[Sequence[str]]:
    for rule in (*SPECIAL, *TELL_PTP):
        ids = f"{rule.vendor_id:04x}:{rule.first:04x}"
        until = f" to {code(f'{rule.last:04x}')}" if rule.last != rule.first else ""
        how = f"[{rule.certainty.value}] {rule.source}"
        yield (code(ids) + until, code(rule.mode.value), how)
