"""Bundles on disk: written durably, read with suspicion."""

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from certs.canonical import JsonObject, encode
from certs.durable import NewFile, sync_folder, write_folder
from certs.errors import BundleConflictError, CertificateError
from certs.formats import statement_v1
from certs.formats.fields import parse_time
from certs.keys import Signer
from certs.layout import (
    MAX_PDF_BYTES,
    MAX_ZIP_BYTES,
    Bundle,
    DocumentType,
    bundle_of,
    refuse,
    type_of_names,
    unzipped,
)
from certs.pdf.container import attached_bundle
from certs.reading import UnexpectedFileError, read_regular_file
from certs.text import Text
from certs.verify import check_signed

# Three to six files are expected; a folder with thousands must not be listed to its end.
_MAX_LISTED = 16


def complete(bundle: Bundle) -> Bundle:
    """Leave a bundle as it is."""
    return bundle


def write_bundle(
    parent: Path,
    statement: JsonObject,
    signer: Signer,
    completed: Callable[[Bundle], Bundle] = complete,
) -> Path:
    """Sign a statement and put its bundle on disk, whole and durable or not at all.

    Args:
        parent: existing folder that holds the bundles. One writer at a time.
        statement: of version 1, naming the signer's key.
        signer: the key.
        completed: returns the same bundle with what else belongs to it, such as its PDF; asked
            for new bundles only, after all checks and before anything is written.

    Returns:
        the folder ``parent/<id>``. Where it held the same document already, it is left as it is:
        a caller that crashed may simply repeat the call.

    Raises:
        CertificateError: the statement contradicts the schema or the signer, or the signature
            does not verify; nothing was written.
        UnencodableValueError: the statement holds what JSON of ours cannot; nothing was written.
        BundleConflictError: another document lies under this id.
        KeyStoreError: the signer failed.
        OSError: nothing half-written is visible; the call may be repeated.
    """
    return put_bundle(parent, str(statement["id"]), sign_statement(statement, signer), completed)


def put_bundle(
    parent: Path,
    document_id: str,
    bundle: Bundle,
    completed: Callable[[Bundle], Bundle] = complete,
) -> Path:
    """Put a bundle that was signed already on disk, as ``write_bundle`` does.

    Args:
        parent: existing folder that holds the bundles. One writer at a time.
        document_id: the document's.
        bundle: signed and checked.
        completed: returns it with what else belongs to it; asked for new bundles only.

    Raises:
        BundleConflictError: another document lies under this id.
        OSError: nothing half-written is visible; the call may be repeated.
    """
    folder = parent / document_id
    if folder.is_dir() and any(folder.iterdir()):
        _check_same(folder, bundle)
        # The crash may have come between the rename and this.
        sync_folder(parent)
    else:
        files = completed(bundle).files()
        write_folder(folder, {name: NewFile(data=data) for name, data in files.items()})
    return folder


def sign_statement(statement: JsonObject, signer: Signer) -> Bundle:
    """Sign a statement and check the result as a stranger would, short of root and log.

    Args:
        statement: of version 1, naming the signer's key.
        signer: the key.

    Returns:
        the bundle, in memory.

    Raises:
        CertificateError: the statement contradicts the schema or the signer, or the signature
            does not verify.
        UnencodableValueError: the statement holds what JSON of ours cannot.
        KeyStoreError: the signer failed.
    """
    statement_v1.check(statement)
    document = encode(statement)
    bundle = Bundle(
        type_by_name=DocumentType(statement["type"]),
        document=document,
        signature=signer.sign(document),
        chain_pem=signer.certificate_chain_pem,
    )
    check_signed(bundle, root_pem=None, now=parse_time(statement["issued_at"]))
    return bundle


def read_bundle(path: Path) -> Bundle:
    """Read a bundle that anybody may have made.

    Args:
        path: the folder, which must hold the three files, perhaps proof, timestamp and PDF, and
            nothing else; or its JSON file, whose siblings but the PDF are then read and nothing
            else is looked at; or a PDF under any name that ends in ``.pdf``, which carries the
            other files but the timestamp; or the folder packed as a file that ends in ``.zip``.

    Returns:
        the bundle, nothing checked but names, kinds of file and sizes.

    Raises:
        CertificateError: BUNDLE, or PDF where the path is one.
        OSError: the path itself is missing or cannot be read.
    """
    path.stat()
    if path.is_dir():
        return _read_folder(path)
    if path.suffix.lower() == ".zip":
        return unzipped(_read_member(path, MAX_ZIP_BYTES))
    if path.suffix.lower() == ".pdf":
        return attached_bundle(_read_member(path, MAX_PDF_BYTES))
    kind = _type_of_document(path)
    limits = dict(kind.size_limits_bytes)
    for name in (kind.proof_name, kind.timestamp_name):
        if os.path.lexists(path.parent / name):
            limits[name] = kind.optional_limits_bytes[name]
    return bundle_of({name: _read_member(path.parent / name, limits[name]) for name in limits})


def _read_folder(folder: Path) -> Bundle:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in islice(entries, _MAX_LISTED)]
    document_type = type_of_names(names)
    limits = document_type.size_limits_bytes | document_type.optional_limits_bytes
    return bundle_of({name: _read_member(folder / name, limits[name]) for name in names})


def _type_of_document(path: Path) -> DocumentType:
    matching = [kind for kind in DocumentType if kind.document_name == path.name]
    if not matching:
        refuse(
            "文件名应为 certificate.json 等原来的名字，或者是一份 PDF",
            "the file must keep its name, such as certificate.json, or be a PDF",
        )
    return matching[0]


def _read_member(path: Path, most_bytes: int) -> bytes:
    try:
        return read_regular_file(path, most_bytes)[0]
    except UnexpectedFileError as error:
        refuse(
            f"{path.name} 太大，或不是普通文件", f"{path.name} is too large or not a file", error
        )
    except OSError as error:
        refuse(f"{path.name} 打不开", f"{path.name} cannot be opened", error)


def _check_same(folder: Path, bundle: Bundle) -> None:
    if _document_in(folder) == bundle.document:
        return
    raise BundleConflictError(
        Text(
            zh=f"编号 {folder.name} 下已经有另一份文件。",
            en=f"Another document already lies under {folder.name}.",
        ),
        Text(
            zh="先停下：同一编号不能有两份文件。请维护人员检查。",
            en="Stop: one id, one document. Let an engineer look.",
        ),
    )


def _document_in(folder: Path) -> bytes | None:
    try:
        return read_bundle(folder).document
    except CertificateError:
        return None
