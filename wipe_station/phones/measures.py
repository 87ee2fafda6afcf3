"""What a phone said of itself, as the flat measures that grading rules look at. Pure.

Names are those of ``grading/rules/phone-1.toml``. What was not read is left out, which grading
calls unknown. No identifier is among them.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from grading.measures import Value
from wipe_station.phones.facts import PhoneFacts, System

_AS_READ: Final = (
    "storage_bytes",
    "battery_cycles",
    "bootloader_locked",
    "frp",
    "find_my",
    "managed",
    "supervised",
)
"""Facts whose value is the measure, under the same name."""
FACT_OF: Final = MappingProxyType({"battery_health_percent": "battery_health_ratio"})
"""By measure: the fact that it is made of, where that has another name."""


def measures_of(
    before: PhoneFacts, after: PhoneFacts | None, *, verified: bool | None
) -> dict[str, Value]:
    """Return what is known of a phone, for grading.

    Of each fact the later word stands: after the reset, a phone tells less to whom it does not
    know, so what it does not say any more is what it said before.

    Args:
        before: read ahead of the reset.
        after: read behind it; None where the phone could not be read again.
        verified: whether the erasure was shown, by all that was observed; None before there is one.
    """
    measures: dict[str, Value] = {} if verified is None else {"verified": verified}
    return measures | dict(_said_by(before)) | (dict(_said_by(after)) if after is not None else {})


def _said_by(facts: PhoneFacts) -> Iterator[tuple[str, Value]]:
    if facts.system is not System.UNKNOWN:
        yield "system", facts.system.value
    for name in _AS_READ:
        if (value := getattr(facts, name)) is not None:
            yield name, value
    if facts.battery_health_ratio is not None:
        yield "battery_health_percent", percent_of(facts.battery_health_ratio)
    if facts.verified_boot is not None:
        yield "verified_boot", facts.verified_boot.value


def percent_of(ratio: float) -> int:
    """Return a ratio in percent, rounded down: what is not yet 80 % is not 80.

    A millionth is forgiven, for ``0.57 * 100`` is a little less than 57.
    """
    return int(ratio * 100 + 1e-6)
