"""Whoever signs on the command line: a station's key folder, practice or its own. I/O."""

from dataclasses import dataclass
from pathlib import Path

from certs.errors import KeyStoreError
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
