"""Frozen values that every room of the station shares. Pure.

Claimed and observed never share a field, and ``None`` always means "unknown", never "no".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum

from certs.text import Text


class Source(Enum):
    """Who stated an identifier."""

    MEDIUM = "medium"
    BRIDGE = "bridge"
    UNKNOWN = "unknown"


class Strength(Enum):
    """How far an identity carries: the medium's own, only the bridge's, or none at all."""

    MEDIUM = "medium"
    BRIDGE = "bridge"
    NONE = "none"


class Medium(Enum):
    """What holds the data. Magnetic only on positive evidence."""

    MAGNETIC = "magnetic"
    FLASH = "flash"
    UNKNOWN = "unknown"


class Transport(Enum):
    """How the kernel reaches the device."""

    LOOP = "loop"
    SATA = "sata"
    SCSI = "scsi"
    USB = "usb"
    NVME = "nvme"
    MMC = "mmc"
    VIRTIO = "virtio"
    UNKNOWN = "unknown"


VIRTUAL_TRANSPORTS = frozenset({Transport.LOOP, Transport.VIRTIO})


SHARED = "shared-"
"""Begins the kind of an identifier that several devices are known to state alike (``quirks``)."""
UNIQUE_KINDS = frozenset({"serial", "wwid", "nguid", "eui", "cid", "backing-object"})
"""Identifiers that tell one device from every other."""
CONFIRMING_KINDS = ("backing-file", "serial", "wwid", "eui", "nguid", "cid", "shared-serial")
"""Identifiers that a person can compare and repeat, the first that there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One identifier, with who said it and where it was read."""

    kind: str
    value: str
    source: Source
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """All that is known about one block device at one moment."""

    name: str
    devno: str
    """``major:minor``"""
    transport: Transport
    usb_path: str | None
    medium: Medium
    medium_evidence: str
    size_bytes: int | None
    logical_sector_bytes: int | None
    physical_sector_bytes: int | None
    diskseq: int | None
    removable: bool | None
    read_only: bool | None
    zoned: str | None
    whole_disk: bool
    partitions: tuple[str, ...]
    holders: tuple[str, ...]
    slaves: tuple[str, ...]
    siblings: tuple[str, ...]
    identifiers: tuple[Identifier, ...]
    identity_strength: Strength
    unknowns: tuple[str, ...]
    """What could not be learned, as codes of ``certs.open_questions``."""

    @property
    def node(self) -> str:
        """Return the device node's usual path."""
        return f"/dev/{self.name}"

    def identifier(self, *kinds: str) -> str | None:
        """Return the first identifier of the given kinds, or None."""
        found = (i.value for kind in kinds for i in self.identifiers if i.kind == kind)
        return next(found, None)

    @property
    def confirmation(self) -> str | None:
        """Return what ``--confirm`` must repeat: the serial, or the loop's backing file."""
        return self.identifier(*CONFIRMING_KINDS)

    @property
    def stable_id(self) -> str:
        """Return a name that survives re-plugging, or the node where there is none."""
        said = self.confirmation
        if said is None:
            return self.node
        return f"{self.transport.value}:{said}"


class PatternKind(Enum):
    """The two families of content that a pass can write."""

    FIXED = "fixed"
    STREAM = "stream"


STREAM_NAME = "xts128-1mib-v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPattern:
    """A byte sequence repeated over the device; byte ``o`` holds ``repeat[o % len(repeat)]``."""

    repeat: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomStream:
    """The position-bound stream; its key is drawn when the pass begins."""

    stream: str = STREAM_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedStream:
    """The position-bound stream under one key: 32 bytes, halves unequal."""

    key: bytes
    stream: str = STREAM_NAME


PlannedPattern = FixedPattern | RandomStream
Pattern = FixedPattern | KeyedStream


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePass:
    """Traverse the whole device once with one pattern. Passes count from 1."""

    number: int
    pattern: PlannedPattern


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeCapacity:
    """Write position-bound probes over the whole range and read them back in a new process.

    Stands first in a plan whose verified pass is bound to no position (``overwrite.extent``).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPass:
    """Read the device back and compare with what pass ``pass_number`` wrote."""

    pass_number: int
    sample_percent: int | None = None
    """Every byte is read, or at least this share of it, at places drawn after the last flush."""
    replug: bool = False
    """The device is unplugged first, so that no cache of its own can answer."""


Step = ProbeCapacity | WritePass | VerifyPass


class Category(Enum):
    """Sanitization categories of NIST SP 800-88r2, and none."""

    NONE = "none"
    CLEAR = "clear"
    PURGE = "purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a verified run of a plan may claim, with the edition that defines the word."""

    category: Category
    edition: str
    reason: str


CLEAR_BY_OVERWRITE = Claim(
    category=Category.CLEAR,
    edition="NIST SP 800-88r2 (2025-09-26)",
    reason="every addressable byte overwritten and read back; the standard's own text and"
    " IEEE 2883, to which it refers for techniques, have not been examined",
)
"""The most that any overwrite through the block interface supports (standards, fact 6)."""


class Outcome(Enum):
    """How a job ended. Only VERIFIED can become a certificate of erasure."""

    VERIFIED = "verified"
    VERIFIED_WITH_EXCEPTIONS = "verified-with-exceptions"
    FAILED = "failed"
    ABORTED = "aborted"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """Bytes ``start`` up to, not including, ``end``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Return the number of bytes."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class IoFailure:
    """One failed transfer: where, and what the kernel said."""

    start_byte: int
    end_byte: int
    operation: str
    errno_name: str

    @property
    def range(self) -> tuple[int, int]:
        """Return the first byte, and the byte after the last."""
        return self.start_byte, self.end_byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast a traversal's zones were (``overwrite.speed``); what is not known is left out."""

    zones: tuple[tuple[int, int], ...] = ()
    """``(zone, bytes per second)``, ascending, zones counted from 0."""
    slowest_ms: int = 0
    """The longest that one transfer took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """What a write pass achieved over its range."""

    completed_bytes: int
    durable_bytes: int
    """Everything below this offset was written and flushed, but for the places told before."""
    flushed: bool
    failures: tuple[IoFailure, ...]
    """What ended the step before its time; places that were passed over are told by themselves."""
    gave_up: bool = False
    """Whether it was too many places, or too much time lost on them."""
    speed: Speed = field(default=Speed(), compare=False)
    """Two results are the same result whatever time they took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareResult:
    """What a comparison read. The three counts add up to the range's length."""

    verified_bytes: int
    mismatched_bytes: int
    """Bytes of the logical sectors that differ anywhere."""
    unread_bytes: int
    first_mismatch_byte: int | None
    mismatches: tuple[tuple[int, int], ...]
    """Ranges of differing sectors, ascending, joined where they touch; at most 64."""
    failures: tuple[IoFailure, ...]
    """What ended the step before its time; places that were passed over are told by themselves."""
    gave_up: bool = False
    """Whether it was too many places, or too much time lost on them."""
    speed: Speed = field(default=Speed(), compare=False)
    """Two results are the same result whatever time they took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is, for people; evidence is in the journal only."""

    step: str
    step_number: int
    steps: int
    done_bytes: int
    """Over all steps, resumed ones included."""
    total_bytes: int
    rests: bool = False
    """Whether the device is too hot, and rests until it is cooler."""


Json = bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


def to_json(value: object) -> Json:
    """Turn a record into JSON values: enums by value, bytes as hex, None left out.

    Args:
        value: a dataclass of this package, or a container or scalar of its fields.

    Returns:
        integers, strings, booleans, lists and objects only.
    """
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if is_dataclass(value) and not isinstance(value, type):
        named = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: to_json(item) for name, item in named if item is not None}
    if isinstance(value, Enum):
        return to_json(value.value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    assert isinstance(value, bool | int | str), f"no JSON form for {type(value)}"
    return value


def fields_of(record: object) -> Mapping[str, Json]:
    """Return a record's JSON object, for merging with other fields."""
    value = to_json(record)
    assert isinstance(value, Mapping), "a dataclass becomes an object"
    return value
