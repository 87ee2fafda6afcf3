"""What was observed of a phone around its reset, and what that shows. Pure.

A phone that says "OK" has shown nothing. What counts is observed afterwards, and falls into kinds
that do not depend on each other: whether the setup assistant runs, whether files are gone, whether
trust is gone, what the phone wrote down about the erasure itself. One thing that contradicts the
reset outweighs all that speaks for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from certs.text import Text
from wipe_station.phones.canary import Canary
from wipe_station.phones.facts import PhoneFacts


class Strength(Enum):
    """How much an observation carries; see ``docs/phones.md`` for why."""

    STRONG = "strong"
    MEDIUM = "medium"
    WITNESSED = "witnessed"
    """A person's word, with a photograph."""
    WEAK = "weak"


class Kind(Enum):
    """What an observation is about; two of one kind are not independent of each other."""

    SETUP = "setup"
    FILES = "files"
    TRUST = "trust"
    RECORD = "record"
    PRESENCE = "presence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an observation is worth, and how it is told."""

    kind: Kind
    strength: Strength
    text: Text


class Observation(Enum):
    """One thing that was seen after the reset."""

    TRADE_IN_ANSWERS = "trade-in-answers"
    SETUP_RUNS = "setup-runs"
    SETUP_SEEN = "setup-seen"
    CANARY_GONE = "canary-gone"
    ACCOUNTS_GONE = "accounts-gone"
    TRUST_LOST = "trust-lost"
    OBLITERATION_RECORDED = "obliteration-recorded"
    WENT_AND_RETURNED = "went-and-returned"


MEANINGS: Final = MappingProxyType(
    {
        Observation.TRADE_IN_ANSWERS: Meaning(
            kind=Kind.SETUP,
            strength=Strength.STRONG,
            text=Text(
                zh="手机的以旧换新模式有回应：只在重置后、还没设置时才会。",
                en="Its trade-in mode answers, which it does only after a reset, before setup.",
            ),
        ),
        Observation.SETUP_RUNS: Meaning(
            kind=Kind.SETUP,
            strength=Strength.STRONG,
            text=Text(
                zh="手机自己说还没有设置过。", en="The phone itself says that it is not set up."
            ),
        ),
        Observation.SETUP_SEEN: Meaning(
            kind=Kind.SETUP,
            strength=Strength.WITNESSED,
            text=Text(
                zh="店员看到开机设置画面，并拍了照。",
                en="The clerk saw the setup screen and photographed it.",
            ),
        ),
        Observation.CANARY_GONE: Meaning(
            kind=Kind.FILES,
            strength=Strength.MEDIUM,
            text=Text(
                zh="清除前放进去的随机文件不在了。",
                en="A random file that was laid down before is gone.",
            ),
        ),
        Observation.ACCOUNTS_GONE: Meaning(
            kind=Kind.SETUP,
            strength=Strength.MEDIUM,
            text=Text(
                zh="之前有账户，现在一个也没有。", en="There were accounts before; now none."
            ),
        ),
        Observation.TRUST_LOST: Meaning(
            kind=Kind.TRUST,
            strength=Strength.MEDIUM,
            text=Text(
                zh="手机不再认识这台工作站。", en="The phone does not know this station any more."
            ),
        ),
        Observation.OBLITERATION_RECORDED: Meaning(
            kind=Kind.RECORD,
            strength=Strength.STRONG,
            text=Text(
                zh="手机自己新记了一笔抹除。", en="The phone made a new record of an erasure."
            ),
        ),
        Observation.WENT_AND_RETURNED: Meaning(
            kind=Kind.PRESENCE,
            strength=Strength.WEAK,
            text=Text(
                zh="手机断开过，又以同样的身份回来。",
                en="It disconnected, and returned with the same identity.",
            ),
        ),
    }
)


class Contradiction(Enum):
    """One thing that speaks against the reset."""

    CANARY_THERE = "canary-there"
    SET_UP = "set-up"
    ACCOUNTS_THERE = "accounts-there"
    TRUST_KEPT = "trust-kept"
    RECORD_OLD = "record-old"
    USERS_THERE = "users-there"
    FILES_THERE = "files-there"


CONTRADICTIONS: Final = MappingProxyType(
    {
        Contradiction.CANARY_THERE: Text(
            zh="清除前放进去的文件还在。", en="The file that was laid down before is still there."
        ),
        Contradiction.SET_UP: Text(
            zh="手机说它早就设置好了。", en="The phone says that it is set up."
        ),
        Contradiction.ACCOUNTS_THERE: Text(
            zh="手机上还有账户。", en="There are accounts on the phone."
        ),
        Contradiction.TRUST_KEPT: Text(
            zh="手机还认识这台工作站，重置以后不该认识。",
            en="The phone still knows this station, which a reset would have made it forget.",
        ),
        Contradiction.USERS_THERE: Text(
            zh="手机上不止一个用户。", en="There is more than one user on the phone."
        ),
        Contradiction.FILES_THERE: Text(
            zh="照片文件夹这类地方还有东西，新手机那里是空的。",
            en="Folders that are empty on a new phone, such as that of photos, are not.",
        ),
        Contradiction.RECORD_OLD: Text(
            zh="手机的抹除记录读得到，却没有新的，或者写着出了错。",
            en="Its record of erasures can be read, and has no new one, or one that failed.",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was seen of one phone from before its reset to the last look."""

    before: PhoneFacts
    after: PhoneFacts | None = None
    """None where the phone could not be read again."""
    same_identity: bool | None = None
    """Whether serial, IMEI or UDID are those of before; None where none could be compared."""
    went_and_returned: bool = False
    trade_in_answers: bool | None = None
    setup_seen: bool = False
    """The clerk photographed the setup screen; that is his word."""
    canary: Canary = Canary.NONE
    """Over all looks: there if it was there at the last one that could list, gone if at any."""
    personal_files: int | None = None
    """Entries in folders that a new phone has empty; that there are none shows nothing."""
    trust_kept: bool | None = None
    """Whether the phone still knows this station's key."""
    trust_must_go: bool = True
    """False on the routes that keep it by design (``testharness``)."""
    obliteration_new: bool | None = None
    """iOS: whether the phone made a record of an erasure since; None where that cannot be told."""
    encryption_shown: bool = False
    """The clerk saw in the phone's settings that it is encrypted, where it said nothing of it."""
    overwritten_bytes: int = 0
    """Written and read back on the phone itself, between two resets."""
    overwritten_whole: bool = False
    """Whether that was all that was free; otherwise nothing is claimed from it."""

    def observations(self) -> frozenset[Observation]:
        """Return what speaks for the reset."""
        return frozenset(self._observations())

    def _observations(self) -> Iterator[Observation]:
        after = self.after
        if self.trade_in_answers:
            yield Observation.TRADE_IN_ANSWERS
        if after is not None and after.set_up is False:
            yield Observation.SETUP_RUNS
        if self.setup_seen:
            yield Observation.SETUP_SEEN
        if self.canary is Canary.GONE:
            yield Observation.CANARY_GONE
        if after is not None and after.accounts == 0 and (self.before.accounts or 0) > 0:
            yield Observation.ACCOUNTS_GONE
        if self.trust_must_go and self.trust_kept is False:
            yield Observation.TRUST_LOST
        if self.obliteration_new:
            yield Observation.OBLITERATION_RECORDED
        if self.went_and_returned and self.same_identity:
            yield Observation.WENT_AND_RETURNED

    def contradictions(self) -> frozenset[Contradiction]:
        """Return what speaks against it."""
        return frozenset(self._contradictions())

    def _contradictions(self) -> Iterator[Contradiction]:
        after = self.after
        if self.canary is Canary.STILL_THERE:
            yield Contradiction.CANARY_THERE
        if after is not None and after.set_up:
            yield Contradiction.SET_UP
        if after is not None and (after.accounts or 0) > 0:
            yield Contradiction.ACCOUNTS_THERE
        if after is not None and (after.users or 0) > 1:
            yield Contradiction.USERS_THERE
        if self.personal_files:
            yield Contradiction.FILES_THERE
        if self.trust_must_go and self.trust_kept:
            yield Contradiction.TRUST_KEPT
        if self.obliteration_new is False:
            yield Contradiction.RECORD_OLD


class Finding(Enum):
    """What the evidence comes to."""

    ERASED = "erased"
    NOT_ERASED = "not-erased"
    UNPROVEN = "unproven"
    """Nothing speaks against it, and not enough for it."""


NEEDED_KINDS: Final = 2
ABOUT_DATA: Final = frozenset({Kind.FILES, Kind.RECORD})
"""Kinds that are about the owner's data; the others are about settings, which a phone that lost
nothing else can lose."""


def finding_of(evidence: Evidence, *, more_to_come: bool = False) -> Finding:
    """Tell whether the reset is shown.

    1. The phone is the one of before; otherwise nothing that is seen is about it.
    2. Nothing contradicts.
    3. Something that a program saw is about the data itself.
    4. Two kinds of observation do not depend on each other; its mere return does not count.

    Args:
        evidence: up to now.
        more_to_come: a second reset follows, whose own look asks for all of it; until then setup
            was perhaps skipped in order to look, and one kind will do.
    """
    if evidence.same_identity is not True:
        return Finding.UNPROVEN
    against = evidence.contradictions()
    if against - ({Contradiction.SET_UP} if more_to_come else set()):
        return Finding.NOT_ERASED
    seen = [MEANINGS[each] for each in evidence.observations()]
    kinds = {each.kind for each in seen if each.strength is not Strength.WEAK}
    enough = 1 if more_to_come else NEEDED_KINDS
    return Finding.ERASED if kinds & ABOUT_DATA and len(kinds) >= enough else Finding.UNPROVEN
