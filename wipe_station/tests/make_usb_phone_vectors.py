"""Makes ``vectors/phones``' families about USB: what a device says, and what must be made of it.

``python -m wipe_station.tests.make_usb_phone_vectors`` writes them, ``--check`` compares.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from wipe_station.codec.usb import parse_usb_descriptors
from wipe_station.detect.gate_rules import Admission, judge
from wipe_station.tests.phone_samples import BOOT_SERIALS, FASTBOOT_ANSWERS, SAMPLES
from wipe_station.tests.phone_samples_mtp import MTP_ANSWERS

ROOT: Final = Path(__file__).parents[2] / "vectors" / "phones"
MADE: Final = "constructed; wipe_station/tests/phone_samples.py"


def vectors() -> dict[str, str]:
    """Return every vector of these families by its path below ``vectors/phones``."""
    found = dict([*_modes(), *_boot_serials(), *_fastboot(), *_mtp()])
    return {name: json.dumps(v, indent=1, ensure_ascii=False) + "\n" for name, v in found.items()}


def _modes() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, sample in SAMPLES.items():
        verdict = judge(parse_usb_descriptors(sample.data))
        yield (
            f"usb-modes/{name.replace('-', '_')}.json",
            {
                "expect": sample.mode.value if sample.mode else "none",
                "could_be": [mode.value for mode in sample.could_be],
                "gate": list(verdict.interfaces) if isinstance(verdict, Admission) else "shut",
                "layer": "mode",
                "source": MADE,
                "comment": sample.comment,
                "descriptors": sample.data.hex(),
                "names": list(sample.names),
            },
        )


def _boot_serials() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, (text, field, comment) in BOOT_SERIALS.items():
        yield (
            f"boot-serial/{name}.json",
            {
                "expect": "refuse" if field else "accept",
                "layer": field or "none",
                "source": MADE,
                "comment": comment,
                "text": text,
            },
        )


def _fastboot() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, (packets, meaning, comment) in FASTBOOT_ANSWERS.items():
        refused = name.startswith("refuse")
        yield (
            f"fastboot/{name}.json",
            {
                "expect": "refuse" if refused else "accept",
                "layer": meaning if refused else "none",
                "says": "none" if refused else meaning,
                "source": MADE,
                "comment": comment,
                "packets": [packet.hex() for packet in packets],
            },
        )


def _mtp() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, (request, data, layer, comment) in MTP_ANSWERS.items():
        yield (
            f"mtp/{name}.json",
            {
                "expect": "refuse" if layer else "accept",
                "layer": layer or "none",
                "source": MADE,
                "comment": comment,
                "request": request,
                "bytes": data.hex(),
            },
        )


def different() -> list[str]:
    """Return the names of files that are not what this program makes."""
    made = vectors()
    families = {name.partition("/")[0] for name in made}
    there = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for family in families
        for path in (ROOT / family).glob("*")
    }
    return sorted(name for name in made.keys() | there if made.get(name) != there.get(name))


def main() -> int:
    """Write the vectors, or compare them with ``--check``; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    if parser.parse_args().check:
        wrong = different()
        sys.stdout.writelines(name + "\n" for name in wrong)
        return int(bool(wrong))
    made = vectors()
    for name in different():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in made:
            path.write_text(made[name], "utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
