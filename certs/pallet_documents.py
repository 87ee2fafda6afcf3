"""The documents that came with a pallet: found, read and verified, each once. I/O."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certs.bundle import read_bundle
from certs.errors import CertificateError, PalletError
from certs.formats.head_v1 import Reference
from certs.layout import CHAIN_NAME, DocumentType
from certs.text import Text
from certs.together import Trust, verify_together
from certs.verdict import Status

MOST_FILES: Final = 10_000
_WHY: Final = {
    Status.ERASED: None,
    Status.NOT_ERASED: "not-erased",
    Status.INCONCLUSIVE: "not-erased",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A document that is not to be believed."""

    name: str
    error: CertificateError


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What was found.

    Attributes:
        why: by SHA-256 of each certificate and notice, why it does not count as erased; None where
            it does.
        references: of the same documents.
        compare: of the same documents, what to compare with the device.
        refused: what was refused; its name and why.
    """

    why: Mapping[str, str | None]
    references: Mapping[str, Reference]
    compare: Mapping[str, Text]
    refused: Sequence[Refused]


def read_documents(paths: Sequence[Path], trust: Trust) -> Documents:
    """Read and verify every bundle at some paths.

    A document of which one copy holds counts, whatever another copy comes to. A correction that
    holds takes away what it is about.

    Args:
        paths: bundles, or folders of bundles.
        trust: what they are verified against.

    Raises:
        PalletError: too many of them.
        OSError: a path itself is missing or cannot be read.
    """
    why: dict[str, str | None] = {}
    references: dict[str, Reference] = {}
    compare: dict[str, Text] = {}
    refused: list[Refused] = []
    corrected: set[str] = set()
    for path in _bundles(paths):
        try:
            bundle = read_bundle(path)
        except CertificateError as error:
            refused.append(Refused(name=path.name, error=error))
            continue
        digest = hashlib.sha256(bundle.document).hexdigest()
        try:
            verdict = verify_together(bundle, (), trust)
        except CertificateError as error:
            refused.append(Refused(name=path.name, error=error))
            why.setdefault(digest, "refused")
            continue
        statement = verdict.statement
        if verdict.status in _WHY:
            why[digest] = _WHY[verdict.status]
            compare[digest] = verdict.lines[0]
            kind = DocumentType(statement["type"])
            references[digest] = Reference(
                document=statement["id"], document_sha256=digest, document_type=kind
            )
        elif statement["type"] == DocumentType.CORRECTION.value:
            corrected.add(statement["about"]["document_sha256"])
    why |= dict.fromkeys(corrected & why.keys(), "corrected")
    return Documents(why=why, references=references, compare=compare, refused=refused)


def _bundles(paths: Sequence[Path]) -> Iterator[Path]:
    found = 0
    for path in paths:
        inside = path.is_dir() and not (path / CHAIN_NAME).exists()
        for each in sorted(path.iterdir()) if inside else (path,):
            found += 1
            if found > MOST_FILES:
                raise PalletError(
                    Text(zh=f"超过 {MOST_FILES} 个文件。", en=f"More than {MOST_FILES} files."),
                    Text(
                        zh="请只给这个托盘的证明。", en="Give the documents of this pallet alone."
                    ),
                )
            yield each
