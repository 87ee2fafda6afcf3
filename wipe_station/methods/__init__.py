"""One wipe method per file: a frozen ``METHOD`` that lists the literal passes. Pure.

A new method is a new file here with one constant; the loader finds it by listing the folder.
"""

import importlib
import pkgutil
from dataclasses import dataclass

from certs.text import Text
from wipe_station.records import (
    Claim,
    PlannedPattern,
    ProbeCapacity,
    RandomStream,
    Step,
    VerifyPass,
    WritePass,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """An ordered list of passes, and how sure we are that its name means just these."""

    name: str
    title: Text
    passes: tuple[PlannedPattern, ...]
    claim: Claim
    """What a fully verified run may claim on a medium that is not practice."""
    certainty: str
    source: str

    def steps(self) -> tuple[Step, ...]:
        """Return probes where they are needed, the passes, and the last one's full verification."""
        writes = tuple(
            WritePass(number=number, pattern=pattern)
            for number, pattern in enumerate(self.passes, start=1)
        )
        probes = () if self.position_bound else (ProbeCapacity(),)
        return (*probes, *writes, VerifyPass(pass_number=len(writes)))

    @property
    def position_bound(self) -> bool:
        """Whether the verified pass proves capacity and acceptance of every write."""
        return isinstance(self.passes[-1], RandomStream)


def all_methods() -> dict[str, Method]:
    """Return every method of the folder by name."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    )
    methods = [module.METHOD for module in modules]
    return {method.name: method for method in sorted(methods, key=lambda m: m.name)}
