"""What a recovery program and a stranger's code find on a drive, before the wipe and after it.

1. Fill two loop drives (ext4, FAT32) with pictures and documents of known content; delete some.
2. PhotoRec finds them: this is what the seller fears, and proof that the search works.
3. Wipe through the command line under gb-46864.
4. PhotoRec finds none, no slice of any file is left, and the medium is exactly the stream under
   the key that the certificate publishes, by code that shares nothing with the station.
"""

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hw_tests.independent_stream import UNIT_BYTES, first_difference, unit_bytes
from hw_tests.loop import LoopDrive, attach, detach, make_file, mounted, run, scratch
from hw_tests.planted import Planted, estate, jpeg

ODD_SIZE_BYTES = (80 << 20) + 1536
"""Not a multiple of 1 MiB: the tail is a part of the drive too."""
STATION = (sys.executable, "-m", "wipe_station")
_VECTOR_FILES = sorted((Path(__file__).parents[1] / "vectors" / "stream").glob("*.json"))
VECTORS = [
    vector
    for vector in (json.loads(path.read_text("utf-8")) for path in _VECTOR_FILES)
    if vector["expect"] == "equal"
]
WHOLE_DISK_ALL_KINDS = (
    "partition_none,blocksize,512,options,paranoid,wholespace,fileopt,everything,enable,search"
)
"""PhotoRec's script: no partition table, every sector a possible start, whole space, all kinds.

Without a block size it guesses one from what it finds, 64 KiB where it finds nothing, and would
search a wiped drive less closely than a full one.
"""
SEED = 46864


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiped:
    """A drive's whole story; ``image`` is its backing file after the wipe."""

    planted: tuple[Planted, ...]
    found_before: frozenset[str]
    slices_before: int
    image: Path
    statement: dict[str, Any] = field(repr=False)
    found_after: frozenset[str]

    @property
    def key(self) -> bytes:
        """Return the key that the certificate publishes for its last pass."""
        return bytes.fromhex(self.statement["passes"][-1]["pattern"]["key_hex"])


def photorec(image: Path, into: Path) -> frozenset[str]:
    """Search a whole image; return the SHA-256 of everything that came out.

    PhotoRec exits with 0 even after a syntax error, so its log must say that it reached the end.
    """
    into.mkdir()
    script = ("/d", str(into / "out"), "/cmd", str(image), WHOLE_DISK_ALL_KINDS)
    terminal = os.environ | {"TERM": "vt100"}
    subprocess.run(
        ["photorec", "/log", *script], cwd=into, env=terminal, check=True, capture_output=True
    )
    log = (into / "photorec.log").read_text("utf-8", errors="replace")
    assert "Syntax error" not in log
    assert "PhotoRec exited normally" in log
    assert "Pass 1 (blocksize=512)" in log
    assert re.search(r"[1-9]\d* sectors contain unknown data", log), "it read the medium"
    found = into.glob("out.*/*")
    return frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in found)


def slices_left(image: Path, planted: tuple[Planted, ...]) -> int:
    """Count the planted files' distinctive slices that stand anywhere in an image."""
    content = image.read_bytes()
    return sum(piece in content for each in planted for piece in each.slices())


def _names(planted: tuple[Planted, ...], found: frozenset[str]) -> set[str]:
    return {each.name for each in planted if each.sha256 in found}


def _deleted(planted: tuple[Planted, ...]) -> list[str]:
    """Every third file: what a careful owner deleted before coming to the counter."""
    return [each.name for each in planted[::3]]


def fill_ext4(drive: LoopDrive, planted: tuple[Planted, ...], folder: Path) -> None:
    """Put the files on ext4 and, once they are on the medium, delete some."""
    run("mkfs.ext4", "-q", "-F", drive.node)
    with mounted(drive, folder / "mnt") as point:
        for each in planted:
            (point / each.name).write_bytes(each.content)
    with mounted(drive, folder / "mnt") as point:
        for name in _deleted(planted):
            (point / name).unlink()


def fill_fat32(drive: LoopDrive, planted: tuple[Planted, ...], folder: Path) -> None:
    """Put the files on FAT32 and delete some, without the kernel's help: it may have no vfat."""
    run("mkfs.fat", "-I", "-F", "32", "-s", "1", drive.node)
    source = folder / "source"
    source.mkdir()
    for each in planted:
        (source / each.name).write_bytes(each.content)
    run("mcopy", "-i", drive.node, *sorted(source.iterdir()), "::")
    run("mdel", "-i", drive.node, *(f"::{name}" for name in _deleted(planted)))


FILLERS: dict[str, Callable[[LoopDrive, tuple[Planted, ...], Path], None]] = {
    "ext4": fill_ext4,
    "fat32": fill_fat32,
}


def wipe(drive: LoopDrive, state: Path) -> dict[str, Any]:
    """Wipe through the command line; return the statement of the certificate it made."""
    before = set((state / "bundles").glob("*"))
    arguments = ("--policy", "gb-46864", "--confirm", str(drive.file), "--state", str(state))
    run(*STATION, "wipe", drive.node, *arguments)
    (bundle,) = set((state / "bundles").iterdir()) - before
    statement: dict[str, Any] = json.loads((bundle / "certificate.json").read_bytes())
    return statement


def whole_story(kind: str, folder: Path) -> Wiped:
    """Plant, search, wipe, search again."""
    state = folder / "state"
    run(*STATION, "devices", "--state", state)  # the drive must come after the station's start
    planted = estate(SEED)
    drive = attach(make_file(folder, ODD_SIZE_BYTES))
    try:
        FILLERS[kind](drive, planted, folder)
        run("blockdev", "--flushbufs", drive.node)
        found_before = photorec(drive.file, folder / "before")
        slices_before = slices_left(drive.file, planted)
        statement = wipe(drive, state)
    finally:
        detach(drive)
    return Wiped(
        planted=planted,
        found_before=found_before,
        slices_before=slices_before,
        image=drive.file,
        statement=statement,
        found_after=photorec(drive.file, folder / "after"),
    )


@pytest.fixture(scope="module", params=sorted(FILLERS))
def wiped(request: pytest.FixtureRequest) -> Iterator[Wiped]:
    """Return the story of one drive, told once per file system."""
    with scratch() as folder:
        yield whole_story(request.param, folder)


@pytest.fixture
def copy(wiped: Wiped, folder: Path) -> Path:
    """Return a copy of the wiped image, to be damaged."""
    return Path(shutil.copyfile(wiped.image, folder / "copy.img"))


def _overwrite(image: Path, offset: int, content: bytes) -> None:
    with image.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def test_photorec__before_the_wipe__finds_the_files(wiped: Wiped) -> None:
    """A recovery program brings back what was on the drive, deleted files of every kind too."""
    names = _names(wiped.planted, wiped.found_before)
    print(f"recovered before the wipe, {len(names)} of {len(wiped.planted)}: {sorted(names)}")
    assert len(names) >= 0.9 * len(wiped.planted)
    deleted = names.intersection(_deleted(wiped.planted))
    assert {Path(name).suffix for name in names} == {".png", ".jpg", ".pdf", ".docx"}
    assert len(deleted) >= 0.9 * len(_deleted(wiped.planted))


def test_photorec__after_the_wipe__finds_none_of_them(wiped: Wiped) -> None:
    """A recovery program brings back no file that was on the drive."""
    assert _names(wiped.planted, wiped.found_after) == set()


def test_photorec__one_photograph_put_back__finds_it(copy: Path, tmp_path: Path) -> None:
    """That nothing is found on a wiped drive is not the search's failure."""
    photograph = jpeg(random.Random(SEED), 800, 600)
    _overwrite(copy, (40 << 20) + 7 * 512, photograph)
    assert hashlib.sha256(photograph).hexdigest() in photorec(copy, tmp_path / "again")


def test_slices__before_the_wipe__all_stand_on_the_medium(wiped: Wiped) -> None:
    """The search for slices sees every file, wherever the file system put it."""
    assert wiped.slices_before == sum(1 for each in wiped.planted for _ in each.slices())


def test_slices__after_the_wipe__none_is_left(wiped: Wiped) -> None:
    """No 64 bytes of a planted file stand anywhere on the medium."""
    assert slices_left(wiped.image, wiped.planted) == 0


def test_slices__one_put_back_at_an_odd_offset__found(wiped: Wiped, copy: Path) -> None:
    """One slice of one file is enough for the search, at any alignment."""
    _overwrite(copy, (13 << 20) + 4097, next(wiped.planted[5].slices()))
    assert slices_left(copy, wiped.planted) == 1


def test_medium__after_the_wipe__exactly_the_published_stream(wiped: Wiped) -> None:
    """Every byte of the medium is the stream under the certificate's key, by other code."""
    assert wiped.statement["outcome"] == "verified"
    assert wiped.image.stat().st_size == ODD_SIZE_BYTES
    assert first_difference(wiped.image, wiped.key) is None


def test_medium__another_key__differs_from_its_first_byte_on(wiped: Wiped) -> None:
    """The check depends on the key: another one fails at once."""
    other = bytes([wiped.key[0] ^ 1]) + wiped.key[1:]
    differs = first_difference(wiped.image, other)
    assert differs is not None
    assert differs < 16


def test_medium__one_bit_flipped__named_by_its_offset(wiped: Wiped, copy: Path) -> None:
    """A single bit that is not the stream's is found, from the first byte to the last."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    source = random.Random(seed)
    anywhere = [source.randrange(ODD_SIZE_BYTES) for _ in range(3)]
    for offset in (0, ODD_SIZE_BYTES - 1, *anywhere):
        with copy.open("rb") as file:
            file.seek(offset)
            before = file.read(1)
        _overwrite(copy, offset, bytes([before[0] ^ 1 << source.randrange(8)]))
        assert first_difference(copy, wiped.key) == offset
        _overwrite(copy, offset, before)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["comment"])
def test_independent_stream__vector__same_bytes(vector: dict[str, Any]) -> None:
    """The stranger's code makes the stream of the vectors: two strangers agree."""
    start, length = vector["offset_bytes"], vector["length_bytes"]
    first, within = divmod(start, UNIT_BYTES)
    count = (within + length + UNIT_BYTES - 1) // UNIT_BYTES
    key = bytes.fromhex(vector["key_hex"])
    units = b"".join(unit_bytes(key, first + number) for number in range(count))
    made = units[within : within + length]
    assert hashlib.sha256(made).hexdigest() == vector["sha256"]


def test_independent_stream__equal_halves__refused() -> None:
    """Debian's library itself refuses a key whose halves are equal."""
    with pytest.raises(RuntimeError, match="init"):
        unit_bytes(bytes(32), 0)
