"""One wipe method per TOML file: its literal passes, and how sure we are of them.

A new method is a new file here; the loader finds it by listing the folder, and refuses a file
whose name is not its method's. ``wipe_station.method`` says which keys a file has.
"""

from functools import cache
from importlib import resources

from wipe_station.method import Method, UnavailableMethod, parse_method


@cache  # a board names the method of every job, many times a second
def _all_entries() -> tuple[Method | UnavailableMethod, ...]:
    files = [f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml")]
    entries = {f.name: parse_method(f.read_text(encoding="utf-8")) for f in files}
    for file_name, entry in entries.items():
        if file_name != f"{entry.name}.toml":
            raise ValueError(f"{file_name} holds {entry.name}")
    return tuple(sorted(entries.values(), key=lambda entry: entry.name))


def all_methods() -> dict[str, Method]:
    """Return every method that can be carried out, by name, established or not."""
    return {entry.name: entry for entry in _all_entries() if isinstance(entry, Method)}


def unavailable_methods() -> dict[str, UnavailableMethod]:
    """Return the names that this version knows and cannot carry out."""
    return {entry.name: entry for entry in _all_entries() if isinstance(entry, UnavailableMethod)}
