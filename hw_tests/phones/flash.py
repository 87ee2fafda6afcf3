"""What an owner has on a phone, and what an erasure does to it, whatever the phone says. Pure."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field

PHOTO = b"Nobody else may ever see this. " * 40


def _past() -> dict[str, bytes]:
    return {"DCIM": b"", "holiday.jpg": PHOTO, "diary.txt": PHOTO[::-1]}


@dataclass(slots=True, kw_only=True)
class Flash:
    """The medium: what a test looks at in the end."""

    files: MutableMapping[str, bytes] = field(default_factory=_past)
    """By name, in folders with a slash; nothing in a file makes it a folder."""
    erased: list[str] = field(default_factory=list)
    """Partitions, in the order in which they really were erased."""
    size_bytes: int = 64 << 20

    def erase(self, partition: str) -> None:
        """Lose a partition."""
        self.erased.append(partition)
        if partition == "userdata":
            self.files.clear()

    @property
    def holds_the_owners(self) -> bool:
        """Whether anything that the owner left is still there."""
        return any(PHOTO in data or PHOTO[::-1] in data for data in self.files.values())

    @property
    def used_bytes(self) -> int:
        """How much is used."""
        return sum(map(len, self.files.values()))
