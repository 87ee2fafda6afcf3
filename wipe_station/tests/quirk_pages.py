"""The page of quirks, made of their data."""

import ast
import inspect
from collections.abc import Iterator, Sequence

from wipe_station.quirk import Effect, Match, Quirk
from wipe_station.quirks import all_quirks
from wipe_station.tests.markdown import code, page, table


def quirks_page() -> str:
    """Show every quirk: the devices, what they do, what is believed less, and who says so."""
    return page(
        "Quirks",
        "Devices that are known to lie. A quirk takes something away and never strengthens"
        " anything; `wipe-station devices` shows it beside the device. How to add one:"
        " [CONTRIBUTING.md](../CONTRIBUTING.md).",
        table(("Quirk", "Devices", "What they do", "Effects"), map(_row, all_quirks())),
        "## Effects",
        table(("Effect", "What it takes away"), _effects()),
        "## How sure we are",
        table(("Quirk", "Certainty", "Source", "Recording"), map(_source_row, all_quirks())),
    )


def _row(quirk: Quirk) -> Sequence[str]:
    effects = sorted(effect.value for effect in quirk.effects)
    return (
        code(quirk.name),
        _match(quirk.match),
        f"{quirk.title.zh}<br>{quirk.title.en}",
        ", ".join(map(code, effects)),
    )


def _match(match: Match) -> str:
    named = {
        "USB": match.usb,
        "bcdDevice": match.bcd_device,
        "model": match.model,
        "firmware": match.firmware,
    }
    return ", ".join(f"{name} {code(value)}" for name, value in named.items() if value)


def _source_row(quirk: Quirk) -> Sequence[str]:
    return (code(quirk.name), quirk.certainty, quirk.source, quirk.recording or "none yet")


def _effects() -> Iterator[Sequence[str]]:
    """Yield each effect with the text that stands below it in its class."""
    (written,) = ast.parse(inspect.getsource(Effect)).body
    assert isinstance(written, ast.ClassDef), "an enumeration"
    for effect, said in zip(written.body[1::2], written.body[2::2], strict=True):
        assert isinstance(effect, ast.Assign), "a member"
        assert isinstance(said, ast.Expr), "its text"
        yield (code(ast.literal_eval(effect.value)), str(ast.literal_eval(said.value)))
