"""Every reason why a device may not be wiped. Pure.

The rules look at the *object*, not the name: the disk, its partitions, whatever is stacked on
them, and for a loop device the file behind it. ``O_EXCL`` comes on top at the open; it is
necessary and never sufficient, because a loop device on a loop device holds nothing exclusively.
An unknown disk is a system disk.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from certs.text import Text
from wipe_station.detect.classify import Use, World
from wipe_station.quirk import Effect, having
from wipe_station.records import SHARED, UNIQUE_KINDS, DeviceFacts, Source, Strength, Transport

INIT: Final = 1


class Reason(Enum):
    """Names of the rules, as ``--json`` shows them."""

    NOT_IN_A_BAY = "not-in-a-bay"
    NOT_WHOLE_DISK = "not-whole-disk"
    UNKNOWN = "unknown"
    ZERO_SIZE = "zero-size"
    READ_ONLY = "read-only"
    ZONED = "zoned"
    QUIRK = "quirk"
    SYSTEM_DISK = "system-disk"
    MOUNTED = "mounted"
    SWAP = "swap"
    HOLDER = "holder"
    STACKED_LOOP = "stacked-loop"
    SHARED_BACKING = "shared-backing"
    RESTS_ON_DEVICE = "rests-on-device"
    OPEN_ELSEWHERE = "open-elsewhere"
    SEVERAL_PATHS = "several-paths"
    PRESENT_AT_BOOT = "present-at-boot"
    USERS_UNKNOWN = "users-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason, with the sentence for the clerk."""

    reason: Reason
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A target with everything that stands on the same bytes."""

    target: DeviceFacts
    world: World
    boot_diskseq: int | None
    """The highest ``diskseq`` at the station's first start of this boot; None if not recorded."""
    may_have_been_present: bool
    in_bay: bool
    blocks: frozenset[str]
    """Device numbers of the target, its partitions and all that is stacked on them."""

    @property
    def file(self) -> str | None:
        """Return the file behind a loop target, as ``major:minor/inode``."""
        backing = self.world.backing.get(self.target.name)
        return backing.file if backing else None

    def uses(self, kind: str) -> Iterable[Use]:
        """Return the uses of one kind that touch the target's blocks or its file."""
        for use in self.world.uses:
            same_file = use.file is not None and use.file == self.file
            if use.kind == kind and (same_file or _lies_on(use, self.blocks)):
                yield use


def _lies_on(use: Use, blocks: Collection[str]) -> bool:
    """Whether an object is one of the devices, or a file in a file system on one of them."""
    file_system = use.file.partition("/")[0] if use.file else None
    return use.block in blocks or file_system in blocks


def stacked_on(target: DeviceFacts, world: World) -> frozenset[str]:
    """Return the target's device number and those of everything that rests on it, recursively."""
    blocks = {target.devno}
    while True:
        below = {d.name for d in world.devices if d.devno in blocks}
        rising = {
            d.devno
            for d in world.devices
            if world.partition_of.get(d.name) in below
            or below & set(d.slaves)
            or (d.name in world.backing and _lies_on(world.backing[d.name], blocks))
        }
        if rising <= blocks:
            return frozenset(blocks)
        blocks |= rising


def beneath(devno: str, world: World) -> frozenset[str]:
    """Return the device numbers that a device rests on, itself included, recursively."""
    found: set[str] = set()
    waiting = {devno}
    while waiting:
        device = world.by_devno(waiting.pop())
        if device is None or device.devno in found:
            continue
        found.add(device.devno)
        names = {*device.slaves, world.partition_of.get(device.name, "")}
        waiting |= {d.devno for d in world.devices if d.name in names}
        backing = world.backing.get(device.name)
        if backing is not None:
            waiting.add(backing.block or (backing.file or "").partition("/")[0])
    return frozenset(found)


def _no(reason: Reason, zh: str, en: str) -> Refusal:
    return Refusal(reason=reason, text=Text(zh=zh, en=en))


def _not_in_a_bay(scene: Scene) -> Iterable[Refusal]:
    """A device outside the station's bays is refused: nobody has traded it in."""
    if not scene.in_bay:
        yield _no(
            Reason.NOT_IN_A_BAY,
            "它不在这个工作站的槽位里。",
            "It is in none of this station's bays.",
        )


def _not_whole_disk(scene: Scene) -> Iterable[Refusal]:
    """A partition is refused: wiping it would leave the rest of its disk readable."""
    if not scene.target.whole_disk:
        disk = scene.world.partition_of.get(scene.target.name, "?")
        yield _no(
            Reason.NOT_WHOLE_DISK,
            f"这只是一个分区，请选整块盘：/dev/{disk}。",
            f"This is a partition; choose the whole disk: /dev/{disk}.",
        )


def _unknown(scene: Scene) -> Iterable[Refusal]:
    """A device of unknown size, kind, sectors or identity is refused like a system disk."""
    target = scene.target
    needed = {
        "size": target.size_bytes,
        "diskseq": target.diskseq,
        "logical sector": target.logical_sector_bytes,
        "read-only flag": target.read_only,
        "zone model": target.zoned,
        "what to confirm it by": target.confirmation,
    }
    missing = [name for name, value in needed.items() if value is None]
    if target.transport is Transport.UNKNOWN:
        missing.append("kind of device")
    if missing:
        yield _no(
            Reason.UNKNOWN,
            f"认不清这台设备（缺：{'、'.join(missing)}），按本机系统盘对待。",
            f"Not understood well enough ({', '.join(missing)}): treated as a system disk.",
        )


def _zero_size(scene: Scene) -> Iterable[Refusal]:
    """A device of size zero is refused: a reader without a medium holds nothing to wipe."""
    if scene.target.size_bytes == 0:
        yield _no(Reason.ZERO_SIZE, "里面没有介质（容量为零）。", "No medium inside (size zero).")


def _read_only(scene: Scene) -> Iterable[Refusal]:
    """A read-only device is refused, because no pass could be written to it."""
    if scene.target.read_only:
        yield _no(Reason.READ_ONLY, "设备是只读的，写不进去。", "The device is read-only.")


def _zoned(scene: Scene) -> Iterable[Refusal]:
    """A zoned (SMR) drive is refused, because writing its zones in order is not supported yet."""
    if scene.target.zoned not in (None, "none"):
        yield _no(
            Reason.ZONED,
            "这是分区写入（SMR）盘，暂不支持。",
            "A zoned (SMR) drive: not supported yet.",
        )


def _quirk(scene: Scene) -> Iterable[Refusal]:
    """A device whose quirk forbids it is refused, because no wipe of it would be worth a word."""
    for quirk in having(scene.world.quirks.get(scene.target.name, ()), Effect.REFUSE):
        yield Refusal(reason=Reason.QUIRK, text=quirk.title)


def _system_disk(scene: Scene) -> Iterable[Refusal]:
    """A disk that the station's root file system rests on is refused: the station needs it."""
    root = scene.world.root_devno
    if root is not None and scene.target.devno in beneath(root, scene.world):
        yield _no(
            Reason.SYSTEM_DISK,
            "不能清除：这是本机的系统盘。",
            "Cannot erase: this is the station's own disk.",
        )


def _mounted(scene: Scene) -> Iterable[Refusal]:
    """A device is refused while a file system on it is mounted, because somebody uses it."""
    points = sorted({use.who for use in scene.uses("mount")})
    if points:
        yield _no(
            Reason.MOUNTED,
            f"正在使用中：已挂载在 {'、'.join(points[:3])}。",
            f"In use: mounted at {', '.join(points[:3])}.",
        )


def _swap(scene: Scene) -> Iterable[Refusal]:
    """A device that holds active swap space is refused, because the system uses it."""
    if any(scene.uses("swap")):
        yield _no(Reason.SWAP, "正在使用中：作为交换空间。", "In use as swap space.")


def _holders(scene: Scene) -> Iterable[Refusal]:
    """A device held by LVM, RAID or an encrypted volume is refused, because that volume uses it."""
    if scene.target.holders:
        names = ", ".join(scene.target.holders)
        yield _no(
            Reason.HOLDER,
            f"正在使用中：被 {names} 占用（LVM、RAID 或加密卷）。",
            f"In use: held by {names} (LVM, RAID or an encrypted volume).",
        )


def _loops(scene: Scene) -> Iterable[Refusal]:
    """A device or file under another loop device is refused; ``O_EXCL`` would not notice it."""
    for use in scene.uses("loop"):
        if use.who == scene.target.node:
            continue
        if use.file is not None and use.file == scene.file:
            yield _no(
                Reason.SHARED_BACKING,
                f"同一个文件还被 {use.who} 使用。",
                f"The same file also stands behind {use.who}.",
            )
        else:
            yield _no(
                Reason.STACKED_LOOP,
                f"正在使用中：{use.who} 建在它上面。",
                f"In use: {use.who} is stacked on it.",
            )


def _rests_on_device(scene: Scene) -> Iterable[Refusal]:
    """A device that rests on another disk is refused: only part of the real one would be wiped."""
    backing = scene.world.backing.get(scene.target.name)
    on_block = backing is not None and backing.file is None
    if scene.target.slaves or on_block:
        yield _no(
            Reason.RESTS_ON_DEVICE,
            "这不是一台真正的设备，它建在另一块盘上。",
            "Not a device of its own: it rests on another disk.",
        )


def _open_elsewhere(scene: Scene) -> Iterable[Refusal]:
    """A device that another process holds open is refused, because it is in use."""
    holders = sorted({use.who for use in scene.uses("opener")})
    if holders:
        yield _no(
            Reason.OPEN_ELSEWHERE,
            f"正在使用中：{'、'.join(holders[:3])} 打开着它。",
            f"In use: held open by {', '.join(holders[:3])}.",
        )


def _unique_values(device: DeviceFacts) -> set[tuple[str, str]]:
    """Return what no two drives should state alike; a quirk's doubt excuses nobody."""
    said = [(i.kind.removeprefix(SHARED), i) for i in device.identifiers]
    return {
        (kind, i.value)
        for kind, i in said
        if kind in UNIQUE_KINDS - {"backing-object"} and i.source is Source.MEDIUM
    }


def _several_paths(scene: Scene) -> Iterable[Refusal]:
    """A drive that is seen twice is refused, because nothing guards its other path."""
    mine = _unique_values(scene.target)
    for other in scene.world.devices:
        related = other.name == scene.target.name or other.name in scene.target.siblings
        if not related and other.whole_disk and mine & _unique_values(other):
            yield _no(
                Reason.SEVERAL_PATHS,
                f"同一块盘出现了两次：它和 {other.node}。",
                f"One drive seen twice: here and as {other.node}.",
            )


def _present_at_boot(scene: Scene) -> Iterable[Refusal]:
    """A device there at boot, other than that of an interrupted job, is refused: it may be ours."""
    excused = scene.may_have_been_present and scene.target.identity_strength is Strength.MEDIUM
    mark, diskseq = scene.boot_diskseq, scene.target.diskseq
    if not excused and (mark is None or (diskseq is not None and diskseq <= mark)):
        yield _no(
            Reason.PRESENT_AT_BOOT,
            "开机时它就插着。请拔下，再重新插上。",
            "It was there before the station started. Unplug it and plug it in again.",
        )


def _users_unknown(scene: Scene) -> Iterable[Refusal]:
    """Every device is refused while open files cannot be read: nobody knows then who uses it."""
    # KNOWN HOLE: a root with fewer capabilities than init may not see init's own descriptors.
    # Init is trusted then, and the document says that they were not checked.
    if set(scene.world.unread_processes) - {INIT}:
        yield _no(
            Reason.USERS_UNKNOWN,
            "看不到谁在使用它：需要 root 权限。",
            "Cannot see who uses it: root is needed.",
        )


RULES: Final[tuple[Callable[[Scene], Iterable[Refusal]], ...]] = (
    _system_disk,
    _not_in_a_bay,
    _unknown,
    _not_whole_disk,
    _zero_size,
    _mounted,
    _swap,
    _holders,
    _loops,
    _rests_on_device,
    _open_elsewhere,
    _several_paths,
    _read_only,
    _zoned,
    _quirk,
    _present_at_boot,
    _users_unknown,
)


def refusals(
    target: DeviceFacts,
    world: World,
    *,
    boot_diskseq: int | None,
    may_have_been_present: bool = False,
    in_bay: bool = True,
) -> tuple[Refusal, ...]:
    """Return every reason why a device may not be wiped; empty means that it may.

    Args:
        target: the device asked for.
        world: all devices and users at the same moment.
        boot_diskseq: highest ``diskseq`` when the station first started under this boot.
        may_have_been_present: true only when an interrupted job of this very device goes on.
        in_bay: whether the device is the station's business at all.
    """
    scene = Scene(
        target=target,
        world=world,
        boot_diskseq=boot_diskseq,
        may_have_been_present=may_have_been_present,
        in_bay=in_bay,
        blocks=stacked_on(target, world),
    )
    return tuple(refusal for rule in RULES for refusal in rule(scene))
