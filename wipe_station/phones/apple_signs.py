"""Whether an iPhone or iPad looks erased: before against after, observation by observation. Pure.

The phone's "yes" to the request is none of them. Each of them can be had without an erase: a phone
forgets its hosts when privacy settings are reset, it can be deactivated, its record may be of an
earlier erase. What they come to together is decided in ``evidence``, as for any phone. A phone
whose system lies in all of them at once cannot be told from an erased one by anybody outside.
"""

from dataclasses import dataclass, replace

from wipe_station.phones.apple_facts import (
    RECORD,
    Activation,
    AppleReadings,
    activation_of,
    facts_of,
    obliteration_of,
)
from wipe_station.phones.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the second reading shows against the first; None is unknown."""

    same_phone: bool | None
    """UDID and serial number; False as soon as one differs."""
    forgot_us: bool | None
    """It refuses the old pair record, which it took before."""
    unactivated: bool | None
    """It was activated, and is not."""
    setup_open: bool | None
    """Its setup assistant is waiting."""
    new_record: bool | None
    """Its own record of an erase is younger than the one before, and without an error."""


def evidence_of(before: AppleReadings, back: AppleReadings, after: AppleReadings) -> Evidence:
    """Return what three readings of what should be one phone show, as any phone's evidence.

    Args:
        before: read before the request, with the owner's trust.
        back: read when it came back, still by the *old* pair record.
        after: read with new trust, where that could be had; else ``back`` again.
    """
    signs = signs_of(before, back, after)
    facts = facts_of(after)
    # One that is still activated was not reset, whatever its setup assistant shows.
    set_up = True if signs.unactivated is False else facts.set_up
    if set_up is None and signs.unactivated:
        set_up = False
    return Evidence(
        before=facts_of(before),
        after=replace(facts, set_up=set_up),
        same_identity=signs.same_phone,
        went_and_returned=True,
        trust_kept=None if signs.forgot_us is None else not signs.forgot_us,
        obliteration_new=signs.new_record,
    )


def signs_of(before: AppleReadings, back: AppleReadings, after: AppleReadings) -> Signs:
    """Compare three readings of what should be one phone.

    Args:
        before: read before the request, with the owner's trust.
        back: read when it came back, still by the *old* pair record.
        after: read with new trust, where that could be had; else ``back`` again.
    """
    return Signs(
        same_phone=_same(before, back, after),
        forgot_us=None if back.trusted is None or not before.trusted else not back.trusted,
        unactivated=_unactivated(before, after),
        setup_open=_setup_open(before, after),
        new_record=_newer(before, after),
    )


def _same(before: AppleReadings, *later: AppleReadings) -> bool | None:
    first = facts_of(before)
    for read in later:
        facts = facts_of(read)
        pairs = (
            (first.device_id, facts.device_id),
            (first.serial, facts.serial),
            (first.model, facts.model),
        )
        if any(a != b for a, b in pairs if a is not None and b is not None):
            return False
    ids = {facts_of(read).device_id for read in (before, *later)}
    return None if None in ids else True


def _unactivated(before: AppleReadings, after: AppleReadings) -> bool | None:
    was, now = activation_of(before), activation_of(after)
    if now is Activation.ACTIVATED:
        return False
    if was is Activation.ACTIVATED and now is Activation.UNACTIVATED:
        return True
    return None  # also a phone that was unactivated before: nothing changed, nothing is shown


def _setup_open(before: AppleReadings, after: AppleReadings) -> bool | None:
    was, now = facts_of(before).set_up, facts_of(after).set_up
    if now is None:
        return None
    return False if now else (True if was else None)


def _newer(before: AppleReadings, after: AppleReadings) -> bool | None:
    """Younger than before; the same one, or none where its place could be read, is a no."""
    if before.nvram is None or after.nvram is None:
        return None
    was, now = obliteration_of(before.nvram), obliteration_of(after.nvram)
    if RECORD not in after.nvram or (now is not None and now.error):
        return False
    if now is None:
        return None  # in a form that nobody here knows
    if was is None:
        return None if RECORD in before.nvram else True
    if was.at_unix_s is None or now.at_unix_s is None:
        return None  # older systems give no time: two erases look alike
    return now.at_unix_s > was.at_unix_s
