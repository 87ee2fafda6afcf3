"""What a sampled verification may say: counts that add up, and no more than it proves. Pure.

The device is cut into units, the units into strata that differ by one at most; one unit of each
stratum was read, and the first and the last of all. With ``k`` bad units among the ``m`` of a
stratum it misses them with the probability ``1 - k / m``; over all strata that is at most
``(1 - K / (n * m))^n`` with ``K`` bad units in all, ``n`` strata and ``m`` units in the largest. A
statement may say a larger ``K`` than that needs, never a smaller one.
"""

import math

from certs.canonical import JsonObject
from certs.formats.fields import refuse

_MILLION = 1_000_000
_ROUNDING = 1e-9


def check_sample(verification: JsonObject, size_bytes: int) -> None:
    """Refuse a sample that contradicts itself or promises too much.

    Args:
        verification: with its ``sample``; the shape was checked.
        size_bytes: of the device.
    """
    sample = verification["sample"]
    unit, units, strata = sample["unit_bytes"], sample["units"], sample["strata"]
    if unit == 0 or units != -(-size_bytes // unit):
        refuse("verification.sample.units", "与容量不符", "not the size of the device")
    if not 0 < strata <= units:
        refuse("verification.sample.strata", "分层数不对", "no such strata")
    # The first and the last unit of all may be those that were drawn.
    if not strata <= sample["sampled_units"] <= min(units, strata + 2):
        refuse("verification.sample.sampled_units", "与分层数不符", "not one for each stratum")
    compared = verification.get("verified_bytes", 0) + verification.get("mismatched_bytes", 0)
    if compared > bytes_of_sample(sample, size_bytes):
        refuse("verification.verified_bytes", "比抽查的还多", "more than was sampled")
    _check_guarantee(sample)


def bytes_of_sample(sample: JsonObject, size_bytes: int) -> int:
    """Return how many bytes the units of a sample hold; the last of the device may be short."""
    whole: int = sample["sampled_units"] * sample["unit_bytes"]
    return whole - -size_bytes % int(sample["unit_bytes"])


def _check_guarantee(sample: JsonObject) -> None:
    units, strata, differing = sample["units"], sample["strata"], sample["differing_units"]
    if sample["sampled_units"] == units:
        return  # all of it was read
    largest = -(-units // strata)
    bad_ratio = differing / (strata * largest)
    missed = sample["missed_per_million"] / _MILLION
    where = "verification.sample.differing_units"
    if not 0 < differing <= units or missed > 1:
        refuse(where, "没有这样的保证", "no such guarantee")
    if differing == units:
        return  # whichever is drawn shows it
    if missed == 0 or strata * math.log1p(-bad_ratio) > math.log(missed) + _ROUNDING:
        refuse(where, "保证超过了抽样能证明的", "promises more than the sample proves")
