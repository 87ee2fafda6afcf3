"""Adds time stamps to bundles that lie on disk, finished. I/O.

What waits for a stamp is no list of its own: every bundle with a log's proof and without a stamp.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from certs.bundle import read_bundle
from certs.durable import NewFile, write_file
from certs.errors import CertificateError, Layer
from certs.layout import DocumentType
from certs.log.proof import checkpoint_in
from certs.text import Text
from certs.time_service import read_roots
from certs.timestamp_client import ask
from certs.verify import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A time service.

    Attributes:
        url: of it.
        roots_pem: that it must lead to.
        archive: whether PDFs get its stamp over all of them, too (PAdES B-LTA).
    """

    url: str
    roots_pem: bytes
    archive: bool = False


def unstamped(bundles: Path) -> list[Path]:
    """Return the bundles that wait for a stamp, the oldest first.

    Args:
        bundles: the folder that holds them.
    """
    return sorted(folder for folder in bundles.iterdir() if any(_waiting(folder)))


def _waiting(folder: Path) -> Iterator[DocumentType]:
    # What begins with a dot is not finished.
    if folder.name.startswith(".") or not folder.is_dir():
        return
    for kind in DocumentType:
        if (folder / kind.proof_name).exists() and not (folder / kind.timestamp_name).exists():
            yield kind


def stamp_bundle(folder: Path, service: Service, now: datetime) -> None:
    """Have a bundle's checkpoint stamped, and put the answer beside it, durably.

    Its other files are left as they are; whoever reads meanwhile finds it without or with a stamp.

    Args:
        folder: of the bundle.
        service: to be asked.
        now: aware.

    Raises:
        TimeServiceError: the service cannot be reached, or did not stamp.
        CertificateError: the bundle is damaged, or the stamp contradicts it.
        OSError: the stamp may not be there; the call may be repeated.
    """
    bundle = read_bundle(folder)
    if bundle.proof is None:
        raise CertificateError(Layer.TIME, _NO_PROOF, _NO_PROOF_HINT)
    response = ask(service.url, checkpoint_in(bundle.proof), read_roots(service.roots_pem))
    verify(
        replace(bundle, timestamp=response),
        root_pem=None,
        allow_practice=True,
        now=now,
        tsa_roots_pem=service.roots_pem,
    )
    name = bundle.type_by_name.timestamp_name
    # Outside the bundle until it is whole: nothing else may lie in one.
    partial = folder.with_name(f".{folder.name}.tsr.partial")
    write_file(folder / name, NewFile(data=response), partial=partial)


_NO_PROOF = Text(zh="没有日志证明，没有东西可以盖时间戳。", en="No log's proof: nothing to stamp.")
_NO_PROOF_HINT = Text(
    zh="这份文件不进日志，就没有时间戳。", en="A document that stands in no log gets no stamp."
)
