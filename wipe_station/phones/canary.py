"""Whether a file of ours that was put on a phone before an erasure is gone. Pure.

"I see nothing" has many causes: a storage that is not unlocked yet, a permission, a phone that does
not answer. So absence counts only beside a control: a new file in the same folder that was just
written, read back, and found in the same listing.
"""

from dataclasses import dataclass
from enum import Enum

from wipe_station.phones.adb_sync import FileStatus, Listing


class CanaryState(Enum):
    """What a look has shown."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


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


def judge(look: CanaryLook) -> CanaryState:
    """Say whether the canary is there; one trace of it is enough for present."""
    found = look.listing.found if look.listing is not None else frozenset[str]()
    if look.canary is not None or look.name in found:
        return CanaryState.PRESENT
    can_see = look.folder is not None and look.folder.is_folder
    if can_see and look.control_same and look.control in found:
        return CanaryState.ABSENT
    return CanaryState.UNKNOWN
