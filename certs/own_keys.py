"""Whoever signs on the command line: a station's key folder, practice or its own. I/O."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from certs.errors import KeyStoreError
from certs.formats.head_v1 import Head
from certs.keys import KEY_NAME, ROOT_NAME, Signer, load_file_signer, read_key_file
from certs.layout import CHAIN_NAME, MAX_CHAIN_BYTES
from certs.station_keys import load_station_keys
from certs.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKeys:
    """A signer, and the root that its folder leads to."""

    signer: Signer
    root_pem: bytes


def own_keys(directory: Path) -> OwnKeys:
    """Load the key that a folder signs with.

    Args:
        directory: ``keys`` of a station, which holds its practice key, or ``production/keys``.

    Raises:
        KeyStoreError: there is none, or it cannot be trusted.
    """
    if (directory / KEY_NAME).exists():
        return OwnKeys(
            signer=load_file_signer(directory / KEY_NAME, directory / CHAIN_NAME),
            root_pem=read_key_file(directory / ROOT_NAME, MAX_CHAIN_BYTES),
        )
    keys = load_station_keys(directory)
    if keys is None:
        raise KeyStoreError(
            Text(zh="这个文件夹里没有能签名的密钥。", en="No key in this folder can sign."),
            Text(
                zh="给出工作站的密钥文件夹：keys 或 production/keys。",
                en="Give a station's key folder: keys, or production/keys.",
            ),
        )
    return OwnKeys(signer=keys.signer, root_pem=keys.root_pem)


def head_by(signer: Signer, document_id: str, at: datetime) -> Head:
    """Return what a document of the command line says about itself; it stands in no log.

    Args:
        signer: of the document.
        document_id: drawn by ``new_id``.
        at: UTC.
    """
    return Head(
        id=document_id,
        issued_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        practice=signer.practice,
        key_id=signer.key_id,
        log=None,
        software={
            "name": "wipe-cert",
            "version": version("wipe-station"),
            "source_sha256": "unknown",
        },
    )


def new_id(at: datetime) -> str:
    """Draw the id of a document that is signed now."""
    return at.strftime("%Y%m%dT%H%M%SZ-") + secrets.token_hex(4)
