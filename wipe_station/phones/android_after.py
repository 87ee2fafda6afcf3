"""What a second look at an Android phone shows of its reset, as any phone's evidence. Pure.

Nothing here believes a command that said OK. Over adb everything can be read, so what could not be
read was hidden or cut off: then an absent canary shows nothing either.
"""

from typing import Final

from wipe_station.phones.canary import Canary
from wipe_station.phones.evidence import Evidence
from wipe_station.phones.facts import PhoneFacts, System
from wipe_station.phones.usb_identity import is_copied

PERSONAL_FOLDERS: Final = ("DCIM", "Pictures", "Download")
"""In the root of the shared storage; a new phone has nothing in them (general knowledge)."""
MADE_BY_ITSELF: Final = ".thumbnails"
"""The one thing there of a phone that nobody has used (general knowledge, unverified)."""


def evidence_of(
    before: PhoneFacts,
    after: PhoneFacts,
    canary: Canary,
    personal_files: int | None,
    *,
    trust_must_go: bool,
) -> Evidence:
    """Compare what a phone was before it was told to erase itself with what came back.

    Args:
        before: read while its person's data was on it.
        after: read from what stands in its place now.
        canary: of the file that was put there before.
        personal_files: entries in folders that a new phone has empty, such as that of its camera;
            None where they were not read. That there are none proves nothing.
        trust_must_go: whether the route makes the phone forget this station; that it was read by
            adb says that it did not.
    """
    whole = None not in (after.accounts, after.users, personal_files)
    return Evidence(
        before=before,
        after=after,
        same_identity=same_phone(before, after),
        went_and_returned=True,
        canary=Canary.UNREADABLE if canary is Canary.GONE and not whole else canary,
        personal_files=personal_files,
        trust_must_go=trust_must_go,
    )


def same_phone(before: PhoneFacts, after: PhoneFacts) -> bool | None:
    """Tell whether two readings are of one phone; None where too little was read.

    A label's one number of two is enough; none in common is another radio.
    """
    names = ((before.serial, after.serial), (before.model, after.model))
    if any(one != other for one, other in names if one is not None and other is not None):
        return False
    if before.imeis and after.imeis and not set(before.imeis) & set(after.imeis):
        return False
    if None in names[0] or (before.imeis and not after.imeis):
        return None
    return True


def same_device(one: str | None, other: str | None) -> bool | None:
    """Tell by what two USB devices state as their serials whether they are of one phone.

    None where one states none, or one that many phones state. That a phone states the same one in
    all of its modes, and after a reset, is general knowledge.
    """
    if one is None or other is None or is_copied(one) or is_copied(other):
        return None
    return one == other


def same_across(
    before: PhoneFacts, after: PhoneFacts, device: bool | None, *, serials_agree: bool | None
) -> bool | None:
    """Tell whether two readings by links that know little, or different things, are of one phone.

    MTP's serial is not always the phone's own, and may be drawn anew by a reset: if it differs,
    that shows nothing. Systems and models that differ are of two phones.

    Args:
        before: by one link.
        after: by another one, or by MTP both times.
        device: what ``same_device`` says.
        serials_agree: whether both are of one kind and alike; None where they cannot be compared.
    """
    if System.UNKNOWN not in (before.system, after.system) and before.system is not after.system:
        return False
    if None not in (before.model, after.model) and before.model != after.model:
        return False
    if device is not None:
        return device
    return True if serials_agree and before.model is not None and after.model is not None else None
