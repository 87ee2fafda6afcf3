"""One kind of device that lies per TOML file: how it is known, what it does, who says so.

A new quirk is a new file here, together with a recording that shows it where there is one; the
loader finds it by listing the folder, and refuses a file whose name is not its quirk's.
``wipe_station.quirk`` says which keys a file has, ``CONTRIBUTING.md`` how to make one.
"""

from importlib import resources
from importlib.resources.abc import Traversable

from wipe_station.quirk import Quirk, parse_quirk


def all_quirks(folder: Traversable | None = None) -> tuple[Quirk, ...]:
    """Return every quirk in a folder, by name.

    Args:
        folder: None means the program's own.
    """
    files = (folder or resources.files(__name__)).iterdir()
    texts = {f.name: f.read_text(encoding="utf-8") for f in files if f.name.endswith(".toml")}
    found = {name: parse_quirk(text) for name, text in texts.items()}
    for file_name, quirk in found.items():
        if file_name != f"{quirk.name}.toml":
            raise ValueError(f"{file_name} holds {quirk.name}")
    return tuple(sorted(found.values(), key=lambda quirk: quirk.name))
