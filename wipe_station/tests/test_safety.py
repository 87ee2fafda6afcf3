"""Why a device may not be wiped: every rule, alone and together."""

from typing import Any

import pytest

from wipe_station.detect.classify import classify
from wipe_station.detect.safety import RULES, Reason, refusals
from wipe_station.testing import raw_disk, raw_snapshot

BOOT_MARK = 10


def reasons(
    devices: dict[str, Any], target: str = "sda", *, resuming: bool = False, **changes: Any
) -> set[Reason]:
    """Return the rules that speak against a target."""
    world = classify(raw_snapshot(devices, **changes))
    device = world.device(target)
    assert device is not None
    found = refusals(device, world, boot_diskseq=BOOT_MARK, may_have_been_present=resuming)
    return {refusal.reason for refusal in found}


def test_refusals__healthy_new_disk__none() -> None:
    """A whole, idle, newly plugged disk may be wiped: the rules can also say yes."""
    assert reasons({"sda": raw_disk()}) == set()


PART = raw_disk(devno="8:1", parent="sda", attrs={"partition": "1"})

ALONE: list[tuple[Reason, dict[str, Any], dict[str, Any]]] = [
    (Reason.ZERO_SIZE, {"sda": raw_disk(attrs={"size": "0"})}, {}),
    (Reason.READ_ONLY, {"sda": raw_disk(attrs={"ro": "1"})}, {}),
    (Reason.ZONED, {"sda": raw_disk(attrs={"queue/zoned": "host-managed"})}, {}),
    (Reason.ZONED, {"sda": raw_disk(attrs={"queue/zoned": "host-aware"})}, {}),
    (Reason.HOLDER, {"sda": raw_disk(holders=["dm-0"])}, {}),
    (Reason.HOLDER, {"sda": raw_disk(holders=["md127"])}, {}),
    (Reason.RESTS_ON_DEVICE, {"sda": raw_disk(slaves=["sdb"])}, {}),
    (Reason.PRESENT_AT_BOOT, {"sda": raw_disk(attrs={"diskseq": "10"})}, {}),
    (Reason.UNKNOWN, {"sda": raw_disk(attrs={"size": "many"})}, {}),
    (Reason.UNKNOWN, {"sda": raw_disk(attrs={"diskseq": ""})}, {}),
    (Reason.UNKNOWN, {"sda": raw_disk(attrs={"queue/zoned": ""})}, {}),
    (Reason.UNKNOWN, {"sda": raw_disk(attrs={"ro": "maybe"})}, {}),
    (Reason.UNKNOWN, {"sda": raw_disk(attrs={"device/serial": ""})}, {}),
    (
        Reason.MOUNTED,
        {"sda": raw_disk()},
        {"mounts": [{"devno": "8:0", "point": "/mnt", "fstype": "ext4", "namespace": "2"}]},
    ),
    (
        Reason.MOUNTED,
        {"sda": raw_disk(partitions=["sda1"]), "sda1": PART},
        {"mounts": [{"devno": "8:1", "point": "/mnt", "fstype": "ext4", "namespace": "2"}]},
    ),
    (Reason.SWAP, {"sda": raw_disk()}, {"swaps": [{"path": "/dev/sda", "block": "8:0"}]}),
    (
        Reason.OPEN_ELSEWHERE,
        {"sda": raw_disk()},
        {"openers": [{"pid": 7, "command": "dd", "block": "8:0"}]},
    ),
    (
        Reason.STACKED_LOOP,
        {"sda": raw_disk(), "loop0": raw_disk(devno="7:0", attrs={"device/serial": ""})},
        {"loops": {"loop0": {"block": "8:0"}}},
    ),
    (
        Reason.SEVERAL_PATHS,
        {"sda": raw_disk(), "sdb": raw_disk(devno="8:16")},
        {},
    ),
    (Reason.USERS_UNKNOWN, {"sda": raw_disk()}, {"unread_processes": [1, 77]}),
]


@pytest.mark.parametrize(("reason", "devices", "changes"), ALONE)
def test_refusals__one_thing_wrong__exactly_that_reason(
    reason: Reason, devices: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Each fault is refused by its own rule and by no other."""
    assert reasons(devices, **changes) == {reason}


def test_refusals__everything_wrong__every_reason_is_returned() -> None:
    """The rules do not stop at the first reason: a clerk sees all of them."""
    disk = raw_disk(attrs={"ro": "1", "queue/zoned": "host-managed"}, holders=["dm-0"])
    found = reasons({"sda": disk}, swaps=[{"path": "/dev/sda", "block": "8:0"}])
    assert found == {Reason.READ_ONLY, Reason.ZONED, Reason.HOLDER, Reason.SWAP}


def test_refusals__unknown_kind_of_device__treated_as_system_disk() -> None:
    """A block device whose kind nobody knows is refused."""
    assert Reason.UNKNOWN in reasons({"zram0": raw_disk()}, "zram0")


def test_refusals__partition__whole_disk_is_asked_for() -> None:
    """The subject is the physical device, never a part of it."""
    devices = {"sda": raw_disk(partitions=["sda1"]), "sda1": PART}
    assert Reason.NOT_WHOLE_DISK in reasons(devices, "sda1")


def test_refusals__root_on_partition__disk_is_system_disk() -> None:
    """The disk under the root partition is the system disk, though it is not mounted itself."""
    mounts = [{"devno": "8:1", "point": "/", "fstype": "ext4", "namespace": "1"}]
    devices = {"sda": raw_disk(partitions=["sda1"]), "sda1": PART}
    assert Reason.SYSTEM_DISK in reasons(devices, mounts=mounts)


def test_refusals__root_on_lvm_on_loop_on_file__disk_beneath_is_system_disk() -> None:
    """What the system rests on is followed down through dm, partitions, loops and their files."""
    mounts = [
        {"devno": "253:0", "point": "/", "fstype": "ext4", "namespace": "1"},
        {"devno": "8:1", "point": "/host", "fstype": "ext4", "namespace": "1"},
    ]
    devices = {
        "sda": raw_disk(partitions=["sda1"]),
        "sda1": PART,
        "loop0": raw_disk(devno="7:0"),
        "dm-0": raw_disk(devno="253:0", slaves=["loop0"]),
    }
    found = reasons(devices, mounts=mounts, loops={"loop0": {"file": "8:1/12"}})
    assert {Reason.SYSTEM_DISK, Reason.MOUNTED, Reason.STACKED_LOOP} <= found


def test_refusals__mount_on_top_of_dm_on_partition__disk_is_mounted() -> None:
    """A file system three layers above the disk is still a use of the disk."""
    devices = {
        "sda": raw_disk(partitions=["sda1"], holders=["dm-0"]),
        "sda1": PART,
        "dm-0": raw_disk(devno="253:0", slaves=["sda1"], attrs={"device/serial": ""}),
        "loop9": raw_disk(devno="7:9", attrs={"device/serial": "S9"}),
    }
    mounts = [{"devno": "7:9", "point": "/deep", "fstype": "ext4", "namespace": "5"}]
    found = reasons(devices, mounts=mounts, loops={"loop9": {"block": "253:0"}})
    assert found == {Reason.MOUNTED, Reason.HOLDER, Reason.STACKED_LOOP}


def loop(devno: str, file: str) -> dict[str, Any]:
    """Return a loop device as sysfs shows it."""
    return raw_disk(
        devno=devno, ancestors=[], attrs={"device/serial": "", "loop/backing_file": file}
    )


LOOPS = {"loop0": loop("7:0", "/a"), "loop1": loop("7:1", "/a")}
SHARED = {"loop0": {"file": "8:1/12"}, "loop1": {"file": "8:1/12"}}


def test_refusals__two_loops_on_one_file__shared_backing() -> None:
    """One inode behind two loop devices is one medium, whatever the paths say."""
    assert reasons(LOOPS, "loop0", loops=SHARED) == {Reason.SHARED_BACKING}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"swaps": [{"path": "/a", "file": "8:1/12"}]}, Reason.SWAP),
        ({"openers": [{"pid": 3, "command": "qemu", "file": "8:1/12"}]}, Reason.OPEN_ELSEWHERE),
    ],
)
def test_refusals__backing_file_in_use__refused(changes: dict[str, Any], reason: Reason) -> None:
    """Whoever uses the file behind a loop device uses the loop device."""
    only = {"loop0": SHARED["loop0"]}
    assert reasons({"loop0": LOOPS["loop0"]}, "loop0", loops=only, **changes) == {reason}


def test_refusals__loop_on_block_device__rests_on_device() -> None:
    """A loop device on a disk is the disk by another name."""
    found = reasons({"loop0": LOOPS["loop0"]}, "loop0", loops={"loop0": {"block": "8:0"}})
    assert Reason.RESTS_ON_DEVICE in found


def test_refusals__loop_whose_backing_cannot_be_asked__rests_on_device() -> None:
    """A loop device that does not say what is behind it is refused."""
    found = reasons({"loop0": LOOPS["loop0"]}, "loop0", loops={"loop0": {"unknown": "EIO"}})
    assert Reason.RESTS_ON_DEVICE in found


def test_refusals__siblings_with_one_serial__not_several_paths() -> None:
    """Two namespaces of one controller share its serial and are two media."""
    nvme = {"ancestors": [{"name": "nvme0", "subsystem": "nvme", "attrs": {}}]}
    devices = {"nvme0n1": raw_disk(**nvme), "nvme0n2": raw_disk(devno="259:1", **nvme)}
    assert reasons(devices, "nvme0n1") == set()


@pytest.mark.parametrize(("serial", "expected"), [("S1", set()), ("", {Reason.UNKNOWN})])
def test_refusals__resuming_a_device_present_at_boot__only_with_full_identity(
    serial: str, expected: set[Reason]
) -> None:
    """After a power cut the device of an interrupted job may stand there already, if it is sure."""
    disk = raw_disk(attrs={"diskseq": "3", "device/serial": serial})
    found = reasons({"sda": disk}, resuming=True)
    assert found == (expected | ({Reason.PRESENT_AT_BOOT} if expected else set()))


def test_refusals__only_init_unreadable__not_refused() -> None:
    """A root that may not read init's descriptors can work; the document says so (decision 003)."""
    assert reasons({"sda": raw_disk()}, unread_processes=[1]) == set()


def test_refusals__no_boot_mark__present_at_boot() -> None:
    """Without knowing what was there at the start, everything was."""
    world = classify(raw_snapshot({"sda": raw_disk()}))
    device = world.device("sda")
    assert device is not None
    found = refusals(device, world, boot_diskseq=None)
    assert {r.reason for r in found} == {Reason.PRESENT_AT_BOOT}


def test_refusals__outside_the_bays__refused() -> None:
    """A daemon never touches what was not put into one of its bays, whatever else it is."""
    world = classify(raw_snapshot({"sda": raw_disk()}))
    device = world.device("sda")
    assert device is not None
    found = refusals(device, world, boot_diskseq=1, in_bay=False)
    assert {r.reason for r in found} == {Reason.NOT_IN_A_BAY}


def test_rules__count__one_rule_at_least_for_each_reason() -> None:
    """Every reason is tested above: a new one without a test fails here."""
    tested = {reason for reason, _, _ in ALONE} | {
        Reason.NOT_IN_A_BAY,
        Reason.NOT_WHOLE_DISK,
        Reason.QUIRK,  # test_quirks
        Reason.SYSTEM_DISK,
        Reason.SHARED_BACKING,
    }
    assert tested == set(Reason)
    assert len(RULES) == len(set(RULES))
