"""``wipe-station capture`` on loop drives: nothing is written, nothing told, and it replays."""

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hw_tests.command import Said, sha256, station
from hw_tests.loop import LoopDrive, loop_drive, mounted, run
from wipe_station.detect.recording import judge, parse_recording
from wipe_station.quirks import all_quirks
from wipe_station.tests.test_recordings import replay

OWNER, HOLIDAY, HOST = "ada-lovelace", "holiday-2019", "front-desk-of-ada"
"""Long names: those of a path become others by chance, and a short one may come out again."""
IN_A_HOST_OF_OURS = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', HOST)
LABEL = "Ada-private"
UUID = "1c8f0e52-7a34-4b1e-9a7b-55d3c2a1f00d"
QUIRK = """
name = "lab-liar"
effects = ["refuse"]
certainty = "[S: made up for a test]"
source = "hw_tests/test_capture.py"
title = { zh = "测试用的假设备。", en = "A made-up device of a test." }
match = { model = "LAB LIAR*" }
"""


@pytest.fixture
def secret_drive(folder: Path) -> Any:
    """Return a drive whose file, label and UUID are somebody's own."""
    inside = folder / OWNER
    inside.mkdir()
    with loop_drive(inside, 64 << 20, name=f"{HOLIDAY}.img") as drive:
        run("mkfs.ext4", "-q", "-L", LABEL, "-U", UUID, drive.node)
        yield drive


def captured(
    folder: Path, drive: LoopDrive, *words: str, before: tuple[str, ...] = ()
) -> tuple[Path, Said]:
    """Run ``capture`` into a folder; return the file."""
    command: tuple[str | Path, ...] = ("capture", drive.node, "--output", folder, "--json", *words)
    said = station(folder / "state", *command, before=before)
    assert said.code == 0, said
    return Path(said.event("recording")["path"]), said


def test_capture__drive_with_a_past__nothing_of_it_in_the_file(
    folder: Path, secret_drive: LoopDrive
) -> None:
    """Path, label, UUID, host and the file's inode are not in a recording."""
    file, said = captured(folder, secret_drive, before=IN_A_HOST_OF_OURS)
    text = file.read_text("utf-8")
    private = (OWNER, HOLIDAY, HOST, LABEL, UUID)
    assert [word for word in private if word.lower() in text.lower()] == []
    assert f"/{secret_drive.file.stat().st_ino}" not in text
    assert said.event("recording")["scrubbed"]["path"] == 2
    assert text.isascii()
    assert stat.S_IMODE(file.stat().st_mode) & 0o022 == 0


def test_capture__mounted_drive__recorded_and_not_one_byte_changed(
    folder: Path, secret_drive: LoopDrive
) -> None:
    """A drive in use is recorded, too, because it is only read; its medium stays as it was."""
    with mounted(secret_drive, folder / "mnt"):
        run("sync", "--file-system", folder / "mnt")
        before = sha256(secret_drive.file)
        file, _ = captured(folder, secret_drive)
        assert sha256(secret_drive.file) == before
    recorded = parse_recording(file.read_bytes())["snapshot"]
    assert list(recorded["devices"]) == [secret_drive.name], "of no other device"
    assert recorded["mounts"] == recorded["openers"] == []


def test_capture__read_only_drive__opened_for_reading_only(folder: Path, drive: LoopDrive) -> None:
    """A drive that the kernel lets nobody write is recorded like any other."""
    run("blockdev", "--setro", drive.node)
    file, _ = captured(folder, drive)
    assert parse_recording(file.read_bytes())["expect"][drive.name]["refusals"] == ["read-only"]


def test_capture__partition_asked_for__its_disk_is_recorded(folder: Path, drive: LoopDrive) -> None:
    """Whoever names a partition gets the disk, with all its partitions."""
    for number, start, length in ((1, 2048, 16384), (2, 18432, 16384)):
        run("addpart", drive.node, str(number), str(start), str(length))
    try:
        major, minor = Path(f"/sys/class/block/{drive.name}p2/dev").read_text("ascii").split(":")
        run("mknod", folder / "second", "b", major, minor.strip())
        file, _ = captured(folder, replace(drive, node=str(folder / "second")))
    finally:
        run("partx", "--delete", drive.node)
    recorded = parse_recording(file.read_bytes())
    names = [drive.name, f"{drive.name}p1", f"{drive.name}p2"]
    assert sorted(recorded["snapshot"]["devices"]) == names
    assert list(recorded["expect"]) == [drive.name]


def test_capture__steps_of_contributing__recording_replays_and_its_quirk_refuses(
    folder: Path, drive: LoopDrive
) -> None:
    """From capture to a passing test with a new quirk, as CONTRIBUTING.md says it."""
    file, _ = captured(folder, drive)
    recordings, quirks = folder / "recordings", folder / "quirks"
    recordings.mkdir()
    quirks.mkdir()
    kept = file.rename(recordings / "lab-liar.json")
    replay(kept, all_quirks())
    # A loop drive has no model by which a quirk could know it: this one says it has.
    recording = json.loads(kept.read_bytes())
    recording["snapshot"]["devices"][drive.name]["attrs"]["device/model"] = "LAB LIAR 2000"
    recording["expect"] = judge(recording, ())
    recording["expect"][drive.name] |= {"quirks": ["lab-liar"], "refusals": ["quirk"]}
    kept.write_text(json.dumps(recording), "utf-8")
    with pytest.raises(AssertionError):
        replay(kept, all_quirks())
    (quirks / "lab-liar.toml").write_text(QUIRK, "utf-8")
    replay(kept, all_quirks(quirks))


def test_capture__file_is_there_already__usage_error_and_kept(
    folder: Path, drive: LoopDrive
) -> None:
    """A recording never replaces a file."""
    (folder / "mine.json").write_text("precious", "utf-8")
    said = station(folder / "s", "capture", drive.node, "--output", folder / "mine.json")
    assert said.code == 2
    assert (folder / "mine.json").read_text("utf-8") == "precious"


def test_capture__for_a_person__says_where_what_and_to_look_first(
    folder: Path, drive: LoopDrive
) -> None:
    """Whoever captures is told what is in the file, what was taken out, and to read it first."""
    said = station(folder / "s", "capture", drive.node, "--output", folder, language="zh_CN.UTF-8")
    assert said.code == 0, said
    assert "记录在：" in said.out
    assert "path 2" in said.out
    assert "请自己打开看一遍" in said.out


@pytest.mark.parametrize("what", ["missing", "regular file", "character device"])
def test_capture__not_a_block_device__usage_error(folder: Path, what: str) -> None:
    """What is no block device is a usage error with the next step."""
    (folder / "letter.txt").write_text("hello", "utf-8")
    nodes = {
        "missing": folder / "nothing",
        "regular file": folder / "letter.txt",
        "character device": Path("/dev/null"),
    }
    said = station(folder / "s", "capture", nodes[what], "--json")
    assert (said.code, said.event("error")["error"]) == (2, "InvalidInputError")
    assert said.event("error")["hint_zh"]


def test_capture__no_right_to_read__refused_with_the_next_step(
    folder: Path, drive: LoopDrive
) -> None:
    """Somebody who may not open the device is told so, and what to do."""
    before = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    folder.chmod(0o755)
    said = station(folder / "s", "capture", drive.node, "--output", "/tmp", "--json", before=before)  # noqa: S108 - nothing is written
    assert (said.code, said.event("error")["error"]) == (4, "RequestError"), said
    assert "root" in said.event("error")["hint_en"]
