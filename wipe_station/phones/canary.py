"""Whether a file of ours that was put on a phone before an erasure is gone. Pure.

"I see nothing" has many causes: a storage that is not unlocked yet, a permission, a phone that does
not answer. So absence counts only beside a control: a new file in the same folder that was just
written, read back, and found in the same listing.
"""

from dataclasses import dataclass
from enum import Enum

from wipe_station.phones.adb_sync import FileStatus, Listing


class Canary(Enum):
    """What became of the random file that was laid down before a reset."""

    NONE = "none"
    """None could be laid down."""
    GONE = "gone"
    """All of its place could be seen, and it was not there."""
    STILL_THERE = "still-there"
    """The data were not erased, whatever anybody said."""
    UNREADABLE = "unreadable"
    """Not everything could be seen: that shows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryLook:
    """What was read in one look; None is nothing there, or nothing to be seen."""

    name: str
    control: str
    """Name of the file that was put beside it just now; another one."""
    folder: FileStatus | None
    canary: FileStatus | None
    listing: Listing | None
    control_same: bool
    """The control was read back and is what was written."""


def judge(look: CanaryLook) -> Canary:
    """Say whether the canary is there; one trace of it is enough for present."""
    found = look.listing.found if look.listing is not None else frozenset[str]()
    if look.canary is not None or look.name in found:
        return Canary.STILL_THERE
    can_see = look.folder is not None and look.folder.is_folder
    if can_see and look.control_same and look.control in found:
        return Canary.GONE
    return Canary.UNREADABLE
