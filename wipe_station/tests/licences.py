"""Licences of the pinned runtime packages, as their installed metadata states them. I/O.

``requirements/station.txt`` says what is shipped; what it pins for other systems is left out.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

ALLOWED: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",  # MIT without even the duty to name the author
        "MPL-2.0",
        "PSF-2.0",
        "Unlicense",
    }
)
ALLOWED_FOR: Final = {"pyudev": frozenset({"LGPL-2.1-or-later"})}
"""Imported unmodified and replaceable, so the LGPL asks nothing of our own code."""

SPDX_OF_CLASSIFIER: Final = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Older packages state a classifier; those that name several licences at once are left out."""
FAMILY: Final = "License :: OSI Approved :: BSD License"
"""Says BSD and not which: the free text beside it must."""
READ_IN_ITS_FILE: Final = {
    "jinja2": "BSD-3-Clause",
    "pyusb": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
}
"""Packages whose metadata name only a family; a person read the licence file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One pinned package; ``licence`` is an SPDX expression, or None if it states none we know."""

    name: str
    version: str
    licence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendored:
    """One file of others that lies in this repository, unmodified."""

    path: str
    sha256: str
    licence: str


VENDORED_LICENCES: Final = {"LICENSE.htmx": "0BSD"}
"""Licence files beside vendored files; a person read them. Each names its project."""


class WrongPackageError(Exception):
    """The installed packages are not the pinned ones; the answer would be about others."""


def pinned(requirements: Path) -> list[Package]:
    """Return the pinned packages that this system installs, by name.

    Raises:
        WrongPackageError: one is missing or of another version.
    """
    text = requirements.read_text("utf-8")
    lines = re.findall(r"^(\S+==[^\\\n]+?)\s*\\?$", text, re.MULTILINE)
    needed = [Requirement(line) for line in lines]
    here = [need for need in needed if need.marker is None or need.marker.evaluate()]
    return sorted((_package(need) for need in here), key=lambda package: package.name.lower())


def _package(need: Requirement) -> Package:
    try:
        stated = metadata(need.name)
    except PackageNotFoundError as error:
        raise WrongPackageError(f"{need.name} is not installed: run make setup") from error
    version = stated["Version"]
    if version not in need.specifier:
        raise WrongPackageError(f"{need.name} {version} is installed, {need} is pinned")
    assert isinstance(stated, Message), "importlib's metadata is a message"
    return Package(name=need.name, version=version, licence=licence_of(stated))


def vendored(root: Path) -> list[Vendored]:
    """Return the files of others in every ``vendor`` folder, by path.

    Raises:
        WrongPackageError: the folder holds no licence that we know, or none at all.
    """
    found: list[Vendored] = []
    for folder in sorted(root.glob("*/static/vendor")):
        texts = {file.name for file in folder.glob("LICENSE*")}
        if not texts or texts - VENDORED_LICENCES.keys():
            raise WrongPackageError(f"{folder}: a licence is missing, or nobody has read it")
        (licence,) = {VENDORED_LICENCES[name] for name in texts}
        for file in sorted(set(folder.iterdir()) - set(folder.glob("LICENSE*"))):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            path = file.relative_to(root).as_posix()
            found.append(Vendored(path=path, sha256=digest, licence=licence))
    return found


def licence_of(stated: Message) -> str | None:
    """Return the SPDX expression of a package's metadata, or None if there is none that we know."""
    expression = stated.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [str(c) for c in stated.get_all("Classifier") or [] if c.startswith("License ::")]
    if classifiers in ([], [FAMILY]):
        # Free text in the older metadata: believed where it is exactly an identifier that we know.
        named = str(stated.get("License"))
        return named if named in ALLOWED else READ_IN_ITS_FILE.get(str(stated["Name"]).lower())
    known = [SPDX_OF_CLASSIFIER.get(classifier) for classifier in classifiers]
    return known[0] if len(known) == 1 else None


def refused(packages: list[Package]) -> list[str]:
    """Return a sentence for every package whose licence is unknown or not allowed."""
    return list(_refused(packages))


def _refused(packages: list[Package]) -> Iterator[str]:
    for package in packages:
        allowed = ALLOWED | ALLOWED_FOR.get(package.name, frozenset())
        if package.licence is None:
            yield f"{package.name}: no licence stated that we know"
        elif not is_allowed(package.licence, allowed):
            yield f"{package.name}: {package.licence} is not on the list of allowed licences"


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be met: one side of each OR, every side of each AND.

    An expression with brackets or WITH is beyond this reader and counts as not allowed.
    """
    choices = re.split(r"\s+OR\s+", expression)
    return any(
        all(part in allowed for part in re.split(r"\s+AND\s+", choice)) for choice in choices
    )
