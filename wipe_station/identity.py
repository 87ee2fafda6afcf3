"""Whether a device is the one that a journal speaks of. Pure."""

from typing import Any

from wipe_station.records import SHARED, UNIQUE_KINDS, DeviceFacts, Source, to_json


def same_identity(planned: Any, device: DeviceFacts) -> bool:  # noqa: ANN401 - a JSON object
    """Tell whether a device says the same about itself as the journal's device did.

    Judged by the strongest source that the journal has; a kind of identifier that only one of the
    two has (udev was there once and is not now) decides nothing, but one kind must be common.
    A serial that others state, too, finds candidates like any other: the strength of the identity
    says how far that carries, and a resumption below *medium* asks the person and the content.
    """
    stated: Any = to_json(device.identifiers)
    for source in (Source.MEDIUM, Source.BRIDGE, Source.UNKNOWN):
        before, now = _stated(planned["identifiers"], source), _stated(stated, source)
        if before:
            common = before.keys() & now.keys()
            return bool(common) and all(before[kind] == now[kind] for kind in common)
    return False


def _stated(identifiers: list[dict[str, str]], source: Source) -> dict[str, set[str]]:
    """Return the identifying values that one source states, by kind."""
    found: dict[str, set[str]] = {}
    for each in identifiers:
        kind = each["kind"].removeprefix(SHARED)
        if each["source"] == source.value and kind in UNIQUE_KINDS | {"backing-file"}:
            found.setdefault(kind, set()).add(each["value"])
    return found
