"""A whole log against its own word and against what others hold of it. Pure.

1. Every entry is read once, from the first to the last. Its hash goes into the tree; each tile on
   disk must hold the hashes that follow; at the end the root must be the checkpoint's.
2. The checkpoint is the log's own: signed by the key that the caller knows, or by the one to which
   that key handed over.
3. Each older checkpoint, and the one in each proof, is signed by a key that the log had then, and
   must be the root of as many entries as it names. One of a larger size shows that the log was
   cut; another root, that it was rewritten or that two histories were signed.
4. Each proof's entry must still stand in its place.
5. The entries must tell a possible story: one opening, times that do not go back, each job begun
   before its documents and once, nothing after an end, each document once; a device whose owner
   wants it back goes back; one that is frozen is thawed before anything else happens to it, or
   goes back or to another company. Jobs and devices in custody without an end are listed, which by
   itself accuses nobody; so are the documents that a correction takes back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certs.errors import MalformedLogError
from certs.log.checkpoint import Checkpoint, parse_checkpoint
from certs.log.entry import ENDS_CUSTODY, UNFINISHED, Entry, EntryKind, parse_entry
from certs.log.key_chain import KeyChain
from certs.log.note import NoteKey
from certs.log.proof import Proof
from certs.log.tiles import HEIGHT, WIDTH, bundle_path, tile_path, unpacked
from certs.log.tree import Peaks, leaf_hash
from certs.text import Text

CHECKPOINT: Final = "checkpoint"
MOST_FINDINGS: Final = 100
Read = Callable[[str], bytes]
_OUT_OF_FROST: Final = frozenset({EntryKind.THAWED, EntryKind.RETURN, EntryKind.TRANSFER})
_ABOUT_KEYS: Final = frozenset({EntryKind.LOG_OPENED, EntryKind.LOG_KEY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a log."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """That a document was found wrong, as far as the log tells."""

    index: int
    """Of the entry that says so."""
    at: datetime
    document: str
    """Id of the document that is wrong."""
    corrects: int | None
    """The newest entry before that names the document; None where the log has only a commitment to
    it, as for receipts, or does not have it at all."""


@dataclass(slots=True, kw_only=True)
class Audit:
    """What came of looking at a log."""

    checkpoint: Checkpoint | None = None
    """None where it is not the log's own."""
    findings: list[Finding] = field(default_factory=list)
    """None where nothing is wrong; the first hundred of more."""
    counts: Counter[str] = field(default_factory=Counter)
    open_jobs: list[str] = field(default_factory=list)
    """Jobs that were begun and came to no end, oldest first."""
    custody: dict[str, EntryKind | None] = field(default_factory=dict)
    """By ticket, oldest first: what ended its custody; None while nothing did."""
    handovers: dict[int, NoteKey] = field(default_factory=dict)
    """By index of its entry: the key that signs from there on."""
    corrections: list[Correction] = field(default_factory=list)
    """Oldest first."""
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def open_custody(self) -> list[str]:
        """Return the tickets whose device neither left nor was destroyed, oldest first."""
        return [ticket for ticket, end in self.custody.items() if end is None]

    def find(self, code: str, zh: str, en: str) -> None:
        """Add a finding."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(code=code, text=Text(zh=zh, en=en)))


def audit(
    read: Read,
    key: NoteKey,
    *,
    older: Sequence[bytes] = (),
    proofs: Sequence[Proof] = (),
) -> Audit:
    """Check a whole log.

    Args:
        read: returns a file of the log by its name, or raises MalformedLogError.
        key: the log's, as the caller learned it.
        older: checkpoints that the caller kept from before.
        proofs: out of bundles or receipts.

    Returns:
        what is wrong, and what is open.

    Raises:
        OSError: the log cannot be read, which says nothing about it.
    """
    found = Audit()
    try:
        stated = read(CHECKPOINT)
        size = parse_checkpoint(stated).size
        seen = [each for each in map(_seen, (*older, *(p.checkpoint for p in proofs))) if each]
        tree = _Tree(read, {each.size for each in seen}, {proof.index for proof in proofs})
    except MalformedLogError as error:
        found.find("checkpoint", error.message.zh, error.message.en)
        return found
    keys, story = KeyChain(found.find, key), _Story(found)
    try:
        for number, data in enumerate(_entries(read, size)):
            entry = story.take(number, data)
            if entry is not None and entry.kind in _ABOUT_KEYS:
                keys.take(number, entry, tree.peaks.root())
            tree.add(data)
        tree.end()
    except MalformedLogError as error:
        found.find("files", error.message.zh, error.message.en)
        keys.own(stated)
        return found
    story.end()
    found.handovers = keys.handovers
    now = keys.own(stated)
    if now is None:
        return found
    found.checkpoint = now
    if tree.peaks.root() != now.root:
        found.find(
            "root",
            "条目算出的根和检查点不符：内容被改动、增减或调换过。",
            "The entries do not lead to the checkpoint's root: changed, added, removed or moved.",
        )
    kept = [each for each in map(keys.kept, (*older, *(p.checkpoint for p in proofs))) if each]
    _compare(found, now, tree, kept, proofs)
    return found


def _seen(data: bytes) -> Checkpoint | None:
    """Return what a checkpoint says, whoever signed it; None if it is none."""
    try:
        return parse_checkpoint(data)
    except MalformedLogError:
        return None


def _entries(read: Read, size: int) -> Iterator[bytes]:
    for number in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - number * WIDTH)
        yield from unpacked(read(bundle_path(number, width)), width)


class _Tree:
    """The tree over the entries, held against the tiles as it grows."""

    def __init__(self, read: Read, sizes: set[int], indices: set[int]) -> None:
        self.peaks = Peaks()
        self.roots = {0: self.peaks.root()}
        self.leaves: dict[int, bytes] = {}
        self._read = read
        self._sizes = sizes
        self._indices = indices
        self._edges: dict[int, list[bytes]] = {}
        self._numbers: Counter[int] = Counter()

    def add(self, entry: bytes) -> None:
        leaf = leaf_hash(entry)
        if self.peaks.size in self._indices:
            self.leaves[self.peaks.size] = leaf
        for level, _, value in self.peaks.add(leaf):
            if level % HEIGHT == 0:
                edge = self._edges.setdefault(level // HEIGHT, [])
                edge.append(value)
                if len(edge) == WIDTH:
                    self._compare(level // HEIGHT)
        if self.peaks.size in self._sizes:
            self.roots[self.peaks.size] = self.peaks.root()

    def end(self) -> None:
        for level, edge in self._edges.items():
            if edge:
                self._compare(level)

    def _compare(self, level: int) -> None:
        edge = self._edges[level]
        name = tile_path(level, self._numbers[level], len(edge))
        if self._read(name) != b"".join(edge):
            raise MalformedLogError(
                Text(
                    zh=f"{name} 和条目不符。", en=f"{name} does not hold the hashes of the entries."
                ),
                Text(zh="不要相信这份日志。", en="Do not trust this log."),
            )
        self._numbers[level] += 1
        edge.clear()


def _compare(
    found: Audit, now: Checkpoint, tree: _Tree, kept: Sequence[Checkpoint], proofs: Sequence[Proof]
) -> None:
    for each in kept:
        if each.size > now.size:
            found.find(
                "rolled-back",
                f"日志现在只有 {now.size} 条，手里的检查点有 {each.size} 条：后面的被删掉了。",
                f"The log has {now.size} entries; a checkpoint that you hold has {each.size}:"
                " it was cut.",
            )
        elif tree.roots[each.size] != each.root:
            found.find(
                "another-history",
                f"前 {each.size} 条和手里的检查点不符：改写过，或者签了两份不同的历史。",
                f"The first {each.size} entries are not those of a checkpoint that you hold:"
                " rewritten, or two histories were signed.",
            )
    for proof in proofs:
        if tree.leaves.get(proof.index, leaf_hash(proof.entry)) != leaf_hash(proof.entry):
            found.find(
                "entry-missing",
                f"第 {proof.index} 条不是手里的凭证所证明的那一条。",
                f"Entry {proof.index} is not the one that a proof of yours is about.",
            )


class _Story:
    """What the entries tell, one after the other."""

    def __init__(self, found: Audit) -> None:
        self._found = found
        self._jobs: dict[str, bool] = {}
        self._journals: dict[str, str] = {}
        """The state of its journal that a job's newest document speaks about."""
        self._withdrawn: set[str] = set()
        self._frozen: set[str] = set()
        self._documents: dict[str, int] = {}
        """By id: the newest entry that names it."""

    def take(self, number: int, data: bytes) -> Entry | None:
        """Follow the story through an entry; return it, or None where it is none."""
        try:
            entry = parse_entry(data)
        except MalformedLogError as error:
            self._wrong(number, error.message.zh, error.message.en)
            return None
        self._found.counts[entry.kind.value] += 1
        if (number == 0) != (entry.kind is EntryKind.LOG_OPENED):
            self._wrong(number, "开头不对", "a log is opened once, by its first entry")
        if self._found.last_at is not None and entry.at < self._found.last_at:
            self._wrong(number, "时间倒退", "its time is before the one of the entry before it")
        self._found.first_at = self._found.first_at or entry.at
        self._found.last_at = entry.at
        if "job" in entry.fields:
            self._job(number, entry)
        elif "ticket" in entry.fields:
            self._ticket(number, entry)
        elif entry.kind is EntryKind.CORRECTION:
            self._correction(number, entry)
        return entry

    def _job(self, number: int, entry: Entry) -> None:
        job = entry.fields["job"]
        if entry.kind is EntryKind.START:
            if job in self._jobs:
                self._wrong(number, f"任务 {job} 开始了两次", f"job {job} begins twice")
            self._jobs[job] = False
            return
        if job not in self._jobs:
            self._wrong(number, f"任务 {job} 没有开始", f"job {job} has no beginning")
        self._document(number, entry)
        self._documents[entry.fields["document"]] = number
        self._jobs[job] = entry.fields["outcome"] != UNFINISHED

    def _document(self, number: int, entry: Entry) -> None:
        job, name = entry.fields["job"], entry.fields["document"]
        journal = entry.fields["journal_sha256"]
        if self._journals.get(job) == journal:
            return  # issued anew after a crash: the same story, told once more
        self._journals[job] = journal
        if self._jobs.get(job):
            self._wrong(number, f"任务 {job} 已经结束", f"job {job} had ended before")
        if name in self._documents:
            self._wrong(number, f"文件 {name} 有两份", f"document {name} was signed twice")

    def _correction(self, number: int, entry: Entry) -> None:
        name = entry.fields["document"]
        self._found.corrections.append(
            Correction(index=number, at=entry.at, document=name, corrects=self._documents.get(name))
        )

    def _ticket(self, number: int, entry: Entry) -> None:
        ticket = entry.fields["ticket"]
        if entry.kind is EntryKind.CUSTODY_ACCEPTED:
            if ticket in self._found.custody:
                self._wrong(number, f"单号 {ticket} 用了两次", f"ticket {ticket} is used twice")
            self._found.custody[ticket] = None
            return
        if ticket not in self._found.custody:
            self._wrong(number, f"单号 {ticket} 没有收件", f"ticket {ticket} was never taken in")
        self._frost(number, ticket, entry.kind)
        if entry.kind is EntryKind.CONSENT_WITHDRAWN:
            self._withdrawn.add(ticket)
        if entry.kind in ENDS_CUSTODY:
            self._left(number, ticket, entry.kind)

    def _frost(self, number: int, ticket: str, kind: EntryKind) -> None:
        frozen = ticket in self._frozen
        if frozen and kind not in _OUT_OF_FROST:
            self._wrong(
                number,
                f"单号 {ticket} 还冻结着",
                f"ticket {ticket} was frozen, and nobody had thawed it",
            )
        if kind is EntryKind.THAWED and not frozen:
            self._wrong(
                number, f"单号 {ticket} 没有冻结", f"ticket {ticket} is thawed and was not frozen"
            )
        if kind is EntryKind.FROZEN:
            self._frozen.add(ticket)
        else:
            self._frozen.discard(ticket)

    def _left(self, number: int, ticket: str, end: EntryKind) -> None:
        if self._found.custody.get(ticket) is not None:
            self._wrong(number, f"单号 {ticket} 已经结束", f"ticket {ticket} had ended before")
        if ticket in self._withdrawn and end is not EntryKind.RETURN:
            self._wrong(
                number,
                f"单号 {ticket} 的顾客撤回了同意，设备却没有退还",
                f"the owner of ticket {ticket} wanted it back, and it went elsewhere",
            )
        self._found.custody[ticket] = end

    def _wrong(self, number: int, zh: str, en: str) -> None:
        self._found.find("story", f"第 {number} 条：{zh}。", f"Entry {number}: {en}.")

    def end(self) -> None:
        self._found.open_jobs = [job for job, ended in self._jobs.items() if not ended]
