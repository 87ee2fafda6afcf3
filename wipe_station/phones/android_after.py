"""What a second look at an Android phone says against an erasure, and what it leaves open. Pure.

Nothing here believes a command that said OK. A phone looks erased only if it is the same one, our
canary is shown to be gone, and nobody's account is on it; whatever could not be read is open, and
what is open never counts as erased. How much that proves depends on the phone's encryption and is
decided elsewhere.
"""

from dataclasses import dataclass
from enum import Enum

from wipe_station.phones.canary import CanaryState
from wipe_station.phones.facts import PhoneFacts


class Against(Enum):
    """What contradicts an erasure of this phone."""

    CANARY_PRESENT = "canary-present"
    ACCOUNTS = "accounts"
    USERS = "users"
    FILES = "files"
    OTHER_SERIAL = "other-serial"
    OTHER_MODEL = "other-model"
    OTHER_IMEI = "other-imei"


class Open(Enum):
    """What could not be read, before or after."""

    CANARY = "canary"
    ACCOUNTS = "accounts"
    USERS = "users"
    FILES = "files"
    SERIAL = "serial"
    IMEI = "imei"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """What stands against an erasure, and what stands open."""

    against: frozenset[Against]
    open: frozenset[Open]

    @property
    def looks_erased(self) -> bool:
        """Whether everything was read and nothing contradicts."""
        return not self.against and not self.open


def compare(
    before: PhoneFacts, after: PhoneFacts, canary: CanaryState, personal_files: int | None
) -> SecondLook:
    """Compare what a phone was before it was told to erase itself with what came back.

    Args:
        before: read while its person's data was on it.
        after: read from what stands in its place now.
        canary: of the file that was put there before.
        personal_files: entries in folders that a new phone has empty, such as that of its camera;
            None where they were not read. That there are none proves nothing.
    """
    # A label's one number of two is enough; none in common is another radio.
    same_radio = set(before.imeis) & set(after.imeis)
    against = {
        Against.CANARY_PRESENT: canary is CanaryState.PRESENT,
        Against.ACCOUNTS: bool(after.accounts),
        Against.USERS: after.users is not None and after.users > 1,
        Against.FILES: bool(personal_files),
        Against.OTHER_SERIAL: _differ(before.serial, after.serial),
        Against.OTHER_MODEL: _differ(before.model, after.model),
        Against.OTHER_IMEI: bool(before.imeis and after.imeis) and not same_radio,
    }
    missing = {
        Open.CANARY: canary is CanaryState.UNKNOWN,
        Open.ACCOUNTS: after.accounts is None,
        Open.USERS: after.users is None,
        Open.FILES: personal_files is None,
        Open.SERIAL: before.serial is None or after.serial is None,
        Open.IMEI: bool(before.imeis) and not after.imeis,
    }
    return SecondLook(
        against=frozenset(each for each, found in against.items() if found),
        open=frozenset(each for each, found in missing.items() if found),
    )


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
