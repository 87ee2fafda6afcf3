"""Which users the station's processes run as. I/O."""

import pwd
import re
from dataclasses import dataclass
from typing import Final

from certs.text import Text
from wipe_station.errors import InvalidInputError

KIOSK_NAME: Final = "wipe-kiosk"
UNREGISTERED: Final = 64230
"""Where no such user was made: a number that Debian gives to nobody, for a developer's machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user and its group, by number."""

    uid: int
    gid: int

    def __str__(self) -> str:
        """Return the form that ``account`` reads."""
        return f"{self.uid}:{self.gid}"


PHONE_CHILD: Final = Account(uid=64231, gid=64231)
"""Who speaks with phones: a number that Debian gives to nobody, and no other process of ours has,
so that it can signal none of the others."""
PHONE_PAIRING: Final = Account(uid=64232, gid=64232)
"""Likewise, for Debian's program that pairs iPhones: what runs that is less shut in."""


PHONE_ADB: Final = Account(uid=64233, gid=64233)
"""Likewise, for Debian's adb, which every phone with adb speaks to first."""


def account(named: str | None) -> Account:
    """Return the account that a name, or ``UID:GID``, means.

    Args:
        named: None means the kiosk's own user if there is one, else a number without a name.

    Raises:
        InvalidInputError: no such user, or root.
    """
    try:
        found = _account(named)
    except KeyError:
        found = None
    if found is None or found.uid == 0:
        raise InvalidInputError(
            Text(zh=f"用户 {named} 不能用。", en=f"The kiosk cannot run as {named}."),
            hint=Text(
                zh=f"给出一个普通用户，例如 {KIOSK_NAME}。",
                en=f"Name an ordinary user, such as {KIOSK_NAME}.",
            ),
        )
    return found


def _account(named: str | None) -> Account | None:
    if named is None:
        try:
            return _account(KIOSK_NAME)
        except KeyError:
            return Account(uid=UNREGISTERED, gid=UNREGISTERED)
    if numbers := re.fullmatch(r"(\d{1,9}):(\d{1,9})", named):
        return Account(uid=int(numbers[1]), gid=int(numbers[2]))
    entry = pwd.getpwnam(named)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)
