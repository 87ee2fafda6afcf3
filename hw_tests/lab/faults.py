"""What can be wrong with a medium, as data. Pure.

One language for every place where a medium can be made: a FUSE file under a loop drive, the same
file behind QEMU's NVMe, USB and SD, the model of a SATA drive. A script is a list of faults; each
says what it does, to which calls, from when on, and how often. ``medium.py`` follows scripts.

    {"effect": "error", "op": "read", "start_byte": 4096, "end_byte": 4608, "errno": 61}
    {"effect": "drop", "start_byte": 1048576, "skip": 3, "times": 1}
    {"effect": "wrap", "end_byte": 33554944}
    {"effect": "gone", "op": "read", "skip": 2, "back_after_calls": 0, "as_other": 7}

Every effect has the conditions ``op``, ``start_byte``, ``end_byte``, ``after_s``, ``skip`` and
``times``, and of the other fields those that belong to it (``OWN``); what is left out holds always.
A script with a word too many, or with one that its effect does not know, is refused.
"""

import errno
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Final, TypeVar

Word = TypeVar("Word", bound=Enum)


class Op(Enum):
    """What is asked of a medium."""

    READ = "read"
    WRITE = "write"
    FLUSH = "flush"


class Effect(Enum):
    """What goes wrong."""

    ERROR = "error"
    """The call fails with ``errno``; nothing is read or kept."""
    DROP = "drop"
    """A write is acknowledged and not kept; a flush is acknowledged and not done."""
    TORN = "torn"
    """A write is acknowledged; only its first ``kept_bytes`` are kept."""
    REORDER = "reorder"
    """A write is acknowledged and kept only after ``overtaken_by`` later writes, or never."""
    STALE = "stale"
    """Reads return what stood there when the script began; on a new medium, zeros."""
    FLIP = "flip"
    """The lowest bit of the range's first byte is inverted on its way back."""
    WRAP = "wrap"
    """The true capacity is ``end_byte``: every offset is taken modulo it. From birth on."""
    SHORT = "short"
    """The true capacity is ``end_byte``: beyond it calls fail with ``errno``. From birth on."""
    RESIZE = "resize"
    """From this call on the medium says that it holds ``size_bytes``: beyond it, ``errno``."""
    DELAY = "delay"
    """The call takes ``seconds`` longer."""
    HANG = "hang"
    """The call does not return before the faults are lifted."""
    GONE = "gone"
    """From this call on everything fails with ENODEV, until the medium is back.

    It is back after so many failed calls, or seconds, whichever comes first; with neither, never.
    It comes back with what was durable, or ``as_other``, a medium full of that owner's sectors.
    With no failed call in between (``back_after_calls`` 0), nobody is told.
    """


FALSE_CAPACITY: Final = (Effect.WRAP, Effect.SHORT)
"""What a medium has from its birth or never."""
OPS: Final = {
    Effect.DROP: (Op.WRITE, Op.FLUSH),
    Effect.TORN: (Op.WRITE,),
    Effect.REORDER: (Op.WRITE,),
    Effect.STALE: (Op.READ,),
    Effect.FLIP: (Op.READ,),
    Effect.WRAP: (Op.WRITE,),
    Effect.SHORT: (Op.WRITE,),
}
"""What an effect can be done to, the usual first; one that is not here, to everything."""
OWN: Final = {
    Effect.ERROR: ("errno",),
    Effect.TORN: ("kept_bytes",),
    Effect.REORDER: ("overtaken_by",),
    Effect.SHORT: ("errno",),
    Effect.RESIZE: ("size_bytes", "errno"),
    Effect.DELAY: ("seconds",),
    Effect.GONE: ("back_after_calls", "back_after_s", "as_other"),
}
"""The fields that only some effects have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong; a condition that is left out holds always."""

    effect: Effect
    op: Op = Op.WRITE
    start_byte: int = 0
    end_byte: int = 1 << 62
    """Meets every call that touches the range; of a call only what lies in it is harmed."""
    after_s: float = 0.0
    """Since the medium was made."""
    skip: int = 0
    """So many calls that would be met pass unharmed."""
    times: int | None = None
    """So many calls are harmed, then no more."""
    errno: int = errno.EIO
    kept_bytes: int = 0
    overtaken_by: int = 1
    size_bytes: int | None = None
    seconds: float = 0.0
    back_after_calls: int | None = None
    back_after_s: float | None = None
    as_other: int | None = None
    """The owner of what stands on the medium that comes back."""

    def __post_init__(self) -> None:
        """Refuse what no script may say.

        Raises:
            ValueError: begins with the field's name.
        """
        for name, fits in _FITS.items():
            if not fits(getattr(self, name)):
                raise ValueError(f"{name}: {getattr(self, name)!r} cannot be")
        if self.op not in ops_of(self.effect):
            raise ValueError(f"op: nobody can {self.effect.value} a {self.op.value}")
        for name in _said(self):
            if name in _OWNED and name not in OWN.get(self.effect, ()):
                raise ValueError(f"{name}: {self.effect.value} has no such field")
        if self.end_byte <= self.start_byte:
            raise ValueError(f"end_byte: {self.end_byte} is not behind {self.start_byte}")
        if self.effect is Effect.RESIZE and self.size_bytes is None:
            raise ValueError("size_bytes: resize needs one")
        if self.as_other is not None and not self.returns:
            raise ValueError("as_other: what never comes back is nothing else")

    @property
    def returns(self) -> bool:
        """Tell whether a medium that is gone comes back."""
        return self.back_after_calls is not None or self.back_after_s is not None

    def to_json(self) -> dict[str, Any]:
        """Return the fault as it stands in a script: what goes without saying is left out."""
        said = {"effect": self.effect.value}
        if self.op is not ops_of(self.effect)[0]:
            said["op"] = self.op.value
        return said | _said(self)


def ops_of(effect: Effect) -> tuple[Op, ...]:
    """Return what an effect can be done to, the usual first."""
    return OPS.get(effect, (Op.WRITE, Op.READ, Op.FLUSH))


def _said(fault: Fault) -> dict[str, Any]:
    """Return all fields but effect and op that differ from what they are if left out."""
    return {
        each.name: getattr(fault, each.name)
        for each in fields(fault)
        if each.name not in ("effect", "op") and getattr(fault, each.name) != each.default
    }


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and value >= least


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "effect": lambda value: isinstance(value, Effect),
    "op": lambda value: isinstance(value, Op),
    "start_byte": _whole(0),
    "end_byte": _whole(1),
    "after_s": _number,
    "skip": _whole(0),
    "times": _or_none(_whole(1)),
    "errno": lambda value: type(value) is int and value in errno.errorcode,
    "kept_bytes": _whole(0),
    "overtaken_by": _whole(1),
    "size_bytes": _or_none(_whole(0)),
    "seconds": _number,
    "back_after_calls": _or_none(_whole(0)),
    "back_after_s": _or_none(_number),
    "as_other": _or_none(lambda value: type(value) is int and 0 <= value < 1 << 32),
}
_OWNED: Final = frozenset(name for names in OWN.values() for name in names)


def parse_fault(text: dict[str, Any]) -> Fault:
    """Read one fault of a script.

    Raises:
        ValueError: it is none; begins with the name of the field.
    """
    effect = _member(Effect, "effect", text.get("effect"))
    op = _member(Op, "op", text["op"]) if "op" in text else ops_of(effect)[0]
    rest = {name: value for name, value in text.items() if name not in ("effect", "op")}
    for name in rest:
        if name not in _FITS:
            raise ValueError(f"{name}: no fault has such a field")
    return Fault(effect=effect, op=op, **rest)


def _member(words: type[Word], name: str, value: object) -> Word:
    try:
        return words(value)
    except ValueError as error:
        raise ValueError(f"{name}: {value!r} is none of {[w.value for w in words]}") from error
