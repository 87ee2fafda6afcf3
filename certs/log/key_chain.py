"""Which keys a log had, one after the other, as far as a known one leads to them. Pure."""

from collections.abc import Callable

from certs.errors import MalformedLogError
from certs.log.checkpoint import Checkpoint, open_checkpoint
from certs.log.entry import Entry, EntryKind
from certs.log.handover import last_word
from certs.log.note import NoteKey, parse_key

Find = Callable[[str, str, str], None]


class KeyChain:
    """The keys of a log, one after the other, as far as the known one leads to them."""

    def __init__(self, find: Find, known: NoteKey) -> None:
        """Begin with nothing but a key.

        Args:
            find: is told what is wrong: a code, and a sentence in both languages.
            known: the one that the caller learned elsewhere.
        """
        self._find = find
        self._known = known
        self.handovers: dict[int, NoteKey] = {}
        """By index of its entry: the key that signs from there on."""
        self._chain: list[NoteKey] = []
        self._ends: dict[NoteKey, int] = {}
        """By key that handed over: the index of that entry, which it signed as the last one."""

    def take(self, number: int, entry: Entry, root_before: bytes) -> None:
        """Follow the log's key through an entry."""
        try:
            if entry.kind is EntryKind.LOG_OPENED:
                self._chain = self._chain or [parse_key(entry.fields["log_key"])]
            elif entry.kind is EntryKind.LOG_KEY:
                self._hand_over(number, entry, root_before)
        except MalformedLogError as error:
            self._find(
                "key",
                f"第 {number} 条换日志密钥，但不能信：{error.message.zh}",
                f"Entry {number} changes the log's key and cannot be believed: {error.message.en}",
            )

    def _hand_over(self, number: int, entry: Entry, root_before: bytes) -> None:
        old = self._chain[-1] if self._chain else self._known
        before = Checkpoint(origin=old.name, size=number, root=root_before)
        new, _ = last_word(entry, before, old)
        self._ends[old] = number
        self._chain = [*(self._chain or [old]), new]
        self.handovers[number] = new

    def own(self, data: bytes) -> Checkpoint | None:
        """Return the log's newest checkpoint, if its newest key signed it."""
        keys = self._keys()
        try:
            return open_checkpoint(data, keys[-1])[0]
        except MalformedLogError as error:
            self._find("checkpoint", error.message.zh, error.message.en)
            return None

    def kept(self, data: bytes) -> Checkpoint | None:
        """Return a checkpoint that somebody kept, if a key of that time signed it."""
        keys = self._keys()
        said: MalformedLogError | None = None
        for key in reversed(keys):
            try:
                found = open_checkpoint(data, key)[0]
            except MalformedLogError as error:
                said = said or error
                continue
            # The one that has the handover itself bears both signatures.
            if key in self._ends and found.size > self._ends[key] + 1:
                self._find(
                    "retired-key",
                    f"手里的检查点有 {found.size} 条，签它的密钥在第 {self._ends[key]} 条换掉了。",
                    f"A checkpoint that you hold, of {found.size} entries, is signed by a key that"
                    f" handed over at entry {self._ends[key]}.",
                )
            return found
        assert said is not None, "a log has a key"
        self._find(
            "kept-checkpoint",
            f"手里的检查点不是这份日志的：{said.message.zh}",
            f"A checkpoint that you hold is not this log's: {said.message.en}",
        )
        return None

    def _keys(self) -> list[NoteKey]:
        """Return the keys to believe: all of the log's, if the known one is among them."""
        return self._chain if self._known in self._chain else [self._known]
