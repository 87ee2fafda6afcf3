"""``python -m hw_tests.lab.setup``: what the guest boots from, out of Debian's packages. I/O.

1. Ask apt for the newest kernel package of this release and download it (nothing is installed).
2. Unpack the modules that the lab needs, and the kernel itself without its own unpacking, which
   would take longer than all the rest of the boot.
3. Make an initramfs: busybox, the modules that find the root, and ``initramfs.sh`` as init.

The folder that comes of it is named after the kernel and what it was made with, so a second run
has nothing to do. Beside it ``adbd`` is made ready, which one test module asks for by itself.
"""

import hashlib
import lzma
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hw_tests.lab import adbd
from hw_tests.lab.debian import SetupError, run

LAB: Final = Path(__file__).resolve().parents[2] / ".lab"
HERE: Final = Path(__file__).resolve().parent
BUSYBOX: Final = Path("/bin/busybox")
TOOLS: Final = ("qemu-system-x86_64", "modprobe", "depmod", "udevadm", "dpkg", "apt-get")
DRIVERS: Final = "nvme usb scsi ata mmc target md block virtio char hid input uio net/usb"
TREES: Final = ("fs", "lib", "crypto", "arch", "block", "net/9p")
MII: Final = "./lib/modules/*/kernel/drivers/net/mii.ko*"
"""What network adapters on USB need."""
EARLY: Final = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console")
APPLETS: Final = ("sh", "mount", "mkdir", "insmod", "switch_root", "cat", "echo", "mknod")
FOLDERS: Final = ("bin", "proc", "sys", "dev", "modules", "ro", "rw", "newroot", "run")
ELF: Final = b"\x7fELF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """What a guest boots from."""

    folder: Path

    @property
    def kernel(self) -> Path:
        """The kernel as an ELF file."""
        return self.folder / "vmlinux"

    @property
    def initramfs(self) -> Path:
        """The first root file system."""
        return self.folder / "initramfs"

    @property
    def modules(self) -> Path:
        """The folder that holds ``lib/modules/VERSION``."""
        return self.folder / "kernel"


def missing() -> list[str]:
    """Return what the machine lacks for the lab, in words; empty if nothing."""
    lacking = [f"the program {tool}" for tool in TOOLS if shutil.which(tool) is None]
    lacking += [] if BUSYBOX.exists() else [f"{BUSYBOX} (package busybox-static)"]
    lacking += [] if os.geteuid() == 0 else ["root (the guest reads this machine's files)"]
    return lacking


def set_up(where: Path = LAB) -> Lab:
    """Return the lab below a folder, made now unless it is there.

    Raises:
        SetupError: something is missing, or apt does not answer.
    """
    if lacking := missing():
        raise SetupError("the lab needs " + ", ".join(lacking))
    where.mkdir(exist_ok=True)
    if ready := sorted(where.glob(f"*-{_recipe()}")):
        return Lab(folder=ready[-1])
    package = _kernel_package()
    version = package.removeprefix("linux-image-")
    with tempfile.TemporaryDirectory(dir=where) as scratch:
        lab = Lab(folder=Path(scratch) / "lab")
        lab.modules.mkdir(parents=True)
        _unpack(package, Path(scratch), lab.modules)
        run("depmod", "-b", lab.modules, version)
        lab.kernel.write_bytes(_plain_kernel(lab.modules / "boot" / f"vmlinuz-{version}"))
        lab.initramfs.write_bytes(b"".join(_initramfs(lab.modules, version)))
        made = where / f"{version}-{_recipe()}"
        lab.folder.rename(made)
    return Lab(folder=made)


def _recipe() -> str:
    """Return a name for what the lab is made with."""
    parts = (Path(__file__), HERE / "initramfs.sh")
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]


def _kernel_package() -> str:
    """Return the package that the newest kernel of this release is in."""
    for attempt in range(2):
        if attempt:
            run("apt-get", "update", "-qq")
        said = subprocess.run(
            ["apt-cache", "depends", "linux-image-amd64"],
            capture_output=True,
            check=False,
            text=True,
        ).stdout
        for line in said.splitlines():
            if line.strip().startswith("Depends: linux-image-"):
                return line.split()[1]
    raise SetupError("apt knows no package linux-image-amd64")


def _unpack(package: str, scratch: Path, target: Path) -> None:
    """Download a package and unpack what the lab wants of it."""
    try:
        run("apt-get", "download", "-qq", package, where=scratch)
    except SetupError:
        run("apt-get", "update", "-qq")  # the list was older than the archive
        run("apt-get", "download", "-qq", package, where=scratch)
    (file,) = scratch.glob(f"{package}_*.deb")
    wanted = [f"./lib/modules/*/kernel/drivers/{each}/*" for each in DRIVERS.split()]
    wanted += [f"./lib/modules/*/kernel/{each}/*" for each in TREES]
    with subprocess.Popen(["dpkg", "--fsys-tarfile", file], stdout=subprocess.PIPE) as opened:
        names = ("./boot/vmlinuz-*", "./lib/modules/*/modules.*", MII, *wanted)
        done = subprocess.run(
            ["tar", "-x", "--wildcards", "-C", target, *names],
            stdin=opened.stdout,
            check=False,
            stderr=subprocess.PIPE,
            text=True,
        )
    if done.returncode != 0:
        raise SetupError(f"{package} is not cut as expected: {done.stderr[-500:]}")
    file.unlink()


# --- the kernel ----------------------------------------------------------------------------------


def _unxz(data: bytes) -> bytes:
    return lzma.LZMADecompressor().decompress(data)


def _gunzip(data: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(data)


PACKINGS: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (b"\xfd7zXZ\x00", _unxz),
    (b"\x1f\x8b\x08", _gunzip),
)


def _plain_kernel(packed: Path) -> bytes:
    """Return the ELF file inside a bzImage, which QEMU starts directly (PVH)."""
    data = packed.read_bytes()
    for magic, unpack in PACKINGS:
        at = data.find(magic)
        while at >= 0:
            try:
                plain = unpack(data[at:])
            except (lzma.LZMAError, zlib.error):
                plain = b""  # those bytes stood there by chance
            if plain.startswith(ELF):
                return plain
            at = data.find(magic, at + 1)
    raise SetupError(f"no kernel found in {packed.name}: packed in a way that is not known here")


# --- the initramfs -------------------------------------------------------------------------------


def _initramfs(modules: Path, version: str) -> Iterator[bytes]:
    """Yield a cpio archive (newc): busybox, early modules in their order, and init."""
    order = list(_in_order(modules, version))
    yield from (_entry(name, stat.S_IFDIR | 0o755) for name in FOLDERS)
    yield _entry("bin/busybox", stat.S_IFREG | 0o755, BUSYBOX.read_bytes())
    yield from (_entry(f"bin/{name}", stat.S_IFLNK | 0o777, b"busybox") for name in APPLETS)
    for module in order:
        data = module.read_bytes()
        plain = lzma.decompress(data) if module.suffix == ".xz" else data
        yield _entry(f"modules/{_plain_name(module)}", stat.S_IFREG | 0o644, plain)
    listed = "".join(_plain_name(module) + "\n" for module in order)
    yield _entry("modules/order", stat.S_IFREG | 0o644, listed.encode())
    yield _entry("init", stat.S_IFREG | 0o755, (HERE / "initramfs.sh").read_bytes())
    yield _entry("TRAILER!!!", 0)


def _plain_name(module: Path) -> str:
    return module.name.removesuffix(".xz")


def _in_order(modules: Path, version: str) -> Iterator[Path]:
    """Yield the early modules and what they need, each once, what is needed first."""
    seen: set[Path] = set()
    for name in EARLY:
        said = run("modprobe", "-d", modules, "-S", version, "--show-depends", name)
        for line in said.splitlines():
            words = line.split()
            if words[0] == "insmod" and (path := Path(words[1])) not in seen:
                seen.add(path)
                yield path


def _entry(name: str, mode: int, data: bytes = b"") -> bytes:
    """Return one member of a newc archive; both name and data are padded to four bytes."""
    path = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(f"{field:08x}".encode() for field in fields) + path
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def main() -> int:
    """Set the lab up, and the phone's side of adb; say where, or what is missing."""
    try:
        lab = set_up()
        phone = adbd.set_up(LAB)
    except SetupError as error:
        sys.stderr.write(f"NOT SET UP: {error}\n")
        return 1
    sys.stdout.write(f"The lab is in {lab.folder}, adbd in {phone.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
