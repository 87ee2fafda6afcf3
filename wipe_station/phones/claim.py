"""What may be claimed of a phone, from its evidence alone. Pure.

A reset destroys keys and discards blocks inside the phone, where nobody outside can look. So each
claim says what was observed and what is inferred from the platform's design. It follows
``../shared/phones.md`` §1.4 and §2.3 in their rough meaning; the texts of NIST SP 800-88r2, of IEEE
2883 and of GB 46864-2025 have not been examined, and no conformity is claimed.
"""

from dataclasses import dataclass
from typing import Final

from certs.text import Text
from wipe_station.phones.evidence import MEANINGS, Evidence, Finding, Observation, finding_of
from wipe_station.phones.facts import Encryption, PhoneFacts, System, VerifiedBoot
from wipe_station.records import Category, Claim

EDITION: Final = "NIST SP 800-88r2 (2025-09-26), text not examined"
NOTHING: Final = "none"

KEYS_INFERRED: Final = Text(
    zh="密钥被销毁是从系统的设计推断的，没有（也不能）直接看到。",
    en="That its keys were destroyed is inferred from the system's design; it was not, and cannot"
    " be, observed.",
)
DISCARD_INFERRED: Final = Text(
    zh="旧数据块被丢弃是推断的；备用区没有覆写。",
    en="That old blocks were discarded is inferred; spare areas were not overwritten.",
)
OVERWRITTEN: Final = Text(
    zh="两次重置之间，手机用随机数写满了自己的可用空间，并读回核对；别处没有覆写。",
    en="Between two resets the phone filled its free space with random data and read it back;"
    " what lies elsewhere was not overwritten.",
)
ENCRYPTION_SHOWN: Final = Text(
    zh="手机是加密的：机主打开设置给店员看过，手机自己没有对工作站说。",
    en="That the phone is encrypted was shown to the clerk in its settings; the phone itself did"
    " not say so to the station.",
)
AGE_UNKNOWN: Final = Text(
    zh="假定是 A7 或更新的芯片，没有核对。", en="A chip of the A7 or later is assumed, not checked."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneClaim:
    """What a document about a phone may say."""

    finding: Finding
    claim: Claim
    observed: tuple[Text, ...]
    inferred: tuple[Text, ...]

    @property
    def certifies(self) -> bool:
        """Tell whether this is a certificate of erasure; everything else is a notice."""
        return self.finding is Finding.ERASED and self.claim.category is not Category.NONE


def claim_of(evidence: Evidence) -> PhoneClaim:
    """Return what may be claimed.

    Args:
        evidence: from before the reset to the last look.
    """
    finding = finding_of(evidence)
    observed = tuple(MEANINGS[each].text for each in Observation if each in evidence.observations())
    if finding is not Finding.ERASED:
        return PhoneClaim(
            finding=finding, claim=_none(finding.value), observed=observed, inferred=()
        )
    overwritten = evidence.overwritten_whole and evidence.overwritten_bytes > 0
    if overwritten:
        observed += (OVERWRITTEN,)
    claim, inferred = _erased(evidence, overwritten=overwritten)
    return PhoneClaim(finding=finding, claim=claim, observed=observed, inferred=inferred)


def _erased(evidence: Evidence, *, overwritten: bool) -> tuple[Claim, tuple[Text, ...]]:
    before = evidence.before
    if before.system is System.IOS:
        return _claim(Category.PURGE, "cryptographic erase by the phone's own reset"), (
            KEYS_INFERRED,
            AGE_UNKNOWN,
        )
    if before.system is not System.ANDROID:
        return _none("the system is unknown"), ()
    if before.encryption in (None, Encryption.NONE):
        return _not_known_to_be_encrypted(evidence, overwritten=overwritten)
    inferred = (KEYS_INFERRED, DISCARD_INFERRED)
    if _keys_are_all(before):
        return _claim(Category.PURGE, "cryptographic erase and discard by the phone's own reset"), (
            inferred
        )
    return _claim(Category.CLEAR, "the phone's own reset"), inferred


def _not_known_to_be_encrypted(
    evidence: Evidence, *, overwritten: bool
) -> tuple[Claim, tuple[Text, ...]]:
    """A reset of plain storage leaves what it only unlinks; unknown is never better than that."""
    if overwritten:
        return _claim(Category.CLEAR, "reset and overwrite of an unencrypted phone"), (
            DISCARD_INFERRED,
        )
    if evidence.before.encryption is None and evidence.encryption_shown:
        return _claim(Category.CLEAR, "the phone's own reset"), (
            ENCRYPTION_SHOWN,
            KEYS_INFERRED,
            DISCARD_INFERRED,
        )
    return _none("not known to be encrypted, and not overwritten"), ()


def _keys_are_all(before: PhoneFacts) -> bool:
    """Tell whether everything lay under keys that trustworthy code of the phone destroys."""
    return (
        before.encryption is Encryption.FILE
        and before.metadata_encrypted is True
        and before.verified_boot is VerifiedBoot.GREEN
        and before.bootloader_locked is True
    )


def _claim(category: Category, reason: str) -> Claim:
    return Claim(category=category, edition=EDITION, reason=reason)


def _none(reason: str) -> Claim:
    return Claim(category=Category.NONE, edition=NOTHING, reason=reason)
