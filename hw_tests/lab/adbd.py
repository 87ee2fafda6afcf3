"""The phone's side of adb as Debian ships it: ``adbd`` of a later release, unpacked. I/O.

1. Ask apt which mirror this machine takes Debian from.
2. With lists, state and cache of its own, so that the machine's stay as they are, have apt read the
   later release's index and check its signature by Debian's archive keyring.
3. Have it name all that ``adbd`` needs, down to the C library, and download it; apt holds each file
   against the index. What speaks the protocol is held against the versions and sums below, too. The
   libraries of the system are not: each point release replaces some, and the mirror drops the old.
4. Unpack it. Nothing is installed: ``adbd`` runs by that release's own loader.

Source: apt-get(8), apt.conf(5), sources.list(5).
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from hw_tests.lab.debian import SetupError, run

RELEASE: Final = "trixie"
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
VERSION: Final = "34.0.5-12"
PINNED: Final = MappingProxyType(
    {
        f"adbd_{VERSION}_amd64.deb": (
            "9d3263d5126e26f6e38f221e48e972a48c60bbae33835b1f72b63b723418f804"
        ),
        f"android-libbase_1%3a{VERSION}_amd64.deb": (
            "8a8dd5890a7555c5cc92cbf6215e533122423459eb5d677580fe186222310730"
        ),
        f"android-libcutils_1%3a{VERSION}_amd64.deb": (
            "d906693f2acde3833f319dfbb552f2d063f2f064784734adec091d51dfa9f1c6"
        ),
        f"android-liblog_1%3a{VERSION}_amd64.deb": (
            "cb3ed2107c9fcf2569eaf8b8400ac6e95df4e70edba35dbc29e5ffe063ec8081"
        ),
        "android-libboringssl_14.0.0+r45-2_amd64.deb": (
            "f139f5a5192f7dc3b5442976523c505e1ff2b900336ad654d07a91a517939aaa"
        ),
    }
)
"""File as apt names it → SHA-256."""
_LIBRARIES: Final = Path("usr/lib/x86_64-linux-gnu")
_LOADER: Final = Path("usr/lib64/ld-linux-x86-64.so.2")
_PROGRAM: Final = Path("usr/lib/android-sdk/platform-tools/adbd")
_MIRRORS: Final = ("Created-By: Packages", "Origin: Debian", "Label: Debian", "Component: main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adbd:
    """An unpacked ``adbd`` with all that it needs."""

    folder: Path

    @property
    def words(self) -> list[str]:
        """What starts it."""
        libraries = self.folder / _LIBRARIES
        paths = f"{libraries}:{libraries / 'android'}"
        return [str(self.folder / _LOADER), "--library-path", paths, str(self.folder / _PROGRAM)]


def set_up(where: Path) -> Adbd:
    """Return the program below a folder, made now unless it is there.

    Raises:
        SetupError: the mirror does not offer it, or what came is not what is expected.
    """
    made = where / f"adbd-{VERSION}-{_recipe()}"
    if not made.exists():
        where.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=where) as scratch:
            _download(Path(scratch))
            held_against(Path(scratch), PINNED)
            target = Path(scratch) / "tree"
            for package in sorted(Path(scratch).glob("*.deb")):
                run("dpkg", "--extract", package, target)
            target.rename(made)
    return Adbd(folder=made)


def held_against(folder: Path, pinned: Mapping[str, str]) -> None:
    """Check downloaded packages.

    Args:
        folder: in which they lie.
        pinned: file → SHA-256.

    Raises:
        SetupError: one is missing or is another one.
    """
    for name, expected in pinned.items():
        file = folder / name
        if not file.exists():
            raise SetupError(f"{RELEASE} has no {name} now: pin what it has, and look at it again")
        if hashlib.sha256(file.read_bytes()).hexdigest() != expected:
            raise SetupError(f"{name} is not the package that is pinned")


def _recipe() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def _download(scratch: Path) -> None:
    """Bring all packages into a folder."""
    apt = ("-qq", *(f"-o{name}={value}" for name, value in _of_its_own(scratch).items()))
    run("apt-get", *apt, "update")
    asked = ("--simulate", "--no-install-recommends", "install", "adbd")
    said = run("apt-get", *apt, *asked)
    needed = [line.split()[1] for line in said.splitlines() if line.startswith("Inst ")]
    run("apt-get", *apt, "download", *needed, where=scratch)


def _of_its_own(scratch: Path) -> dict[str, object]:
    """Return settings under which apt neither reads nor writes what is the machine's."""
    if not KEYRING.exists():
        raise SetupError(f"adbd needs {KEYRING} (package debian-archive-keyring)")
    state, cache = scratch / "state", scratch / "cache"
    for folder in (state / "lists" / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True)
    status, source = scratch / "status", scratch / f"{RELEASE}.sources"
    status.touch()
    lines = (
        "Types: deb",
        f"URIs: {_mirror()}",
        f"Suites: {RELEASE}",
        "Components: main",
        "Architectures: amd64",
        f"Signed-By: {KEYRING}",
    )
    source.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return {
        "Dir::State": state,
        "Dir::State::status": status,
        "Dir::Cache": cache,
        "Dir::Etc::sourcelist": source,
        "Dir::Etc::sourceparts": "/dev/null",
        "Acquire::Languages": "none",
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "root",  # nobody else may look into the folder
    }


def _mirror() -> str:
    """Return where this machine's own packages come from."""
    for attempt in range(2):
        if attempt:
            run("apt-get", "update", "-qq")
        said = run("apt-get", "indextargets", "--format", "$(REPO_URI)", *_MIRRORS)
        if said.strip():
            return said.split()[0]
    raise SetupError("apt takes no packages from Debian here")
