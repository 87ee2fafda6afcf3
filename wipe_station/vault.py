"""Tickets on disk, each sealed by a key that only the station has. I/O.

A file is ``wipe-station-sealed-1``, a line end, a nonce of 12 random bytes, and AES-256-GCM's text
and tag. The file's name is its associated data, so none passes as another. A nonce is drawn anew
for each write: NIST SP 800-38D allows 2^32 of them under one key, and a shop writes a few hundred
a day.

The key is made with the first ticket. Where there are tickets and no key, nothing is made: who
opens them shall see that something is missing.

KNOWN HOLE: a file that is written anew leaves its old blocks on the disk until they are used again.
Whoever holds this key and reads the raw disk may find an older version of a ticket.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.durable import NewFile, sync_folder, write_file, write_folder
from certs.errors import KeyStoreError
from certs.keys import read_key_file
from certs.reading import UnexpectedFileError, read_regular_file
from certs.text import Text
from wipe_station.errors import EvidenceError
from wipe_station.journal import state_disk_error

FOLDER: Final = "tickets"
KEY_FOLDER: Final = "ticket-key"
KEY_NAME: Final = "ticket.key"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
MOST_BYTES: Final = 2 << 20
_MAGIC: Final = b"wipe-station-sealed-1\n"
_SUFFIX: Final = ".sealed"
_HINT: Final = Text(
    zh="停下，叫工程师：拿备份恢复 ticket-key 和 tickets 两个文件夹。",
    en="Stop and call an engineer: restore the folders ticket-key and tickets from a copy.",
)


class Vault:
    """Sealed files by name, below one state directory. One process at a time."""

    def __init__(self, state: Path) -> None:
        """Remember where they lie; nothing is made before the first is written."""
        self._folder = state / FOLDER
        self._key_folder = state / KEY_FOLDER
        self._cipher: AESGCM | None = None

    def names(self) -> Iterator[str]:
        """Return the names of all files, in order."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            yield path.name.removesuffix(_SUFFIX)

    def holds(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return self._path(name).exists()

    def read(self, name: str) -> bytes:
        """Return what was sealed under a name.

        Raises:
            EvidenceError: damaged, another file's, or sealed by another key; or there is no key.
        """
        cipher = self._opened(make=False)
        try:
            sealed, _ = read_regular_file(self._path(name), MOST_BYTES)
            if not sealed.startswith(_MAGIC):
                raise _untrusted(f"{name} 不是本机的单据", f"{name} is no ticket of this station")
            nonce = sealed[len(_MAGIC) :][:NONCE_BYTES]
            return cipher.decrypt(nonce, sealed[len(_MAGIC) + NONCE_BYTES :], _bound_to(name))
        except (InvalidTag, ValueError) as error:
            raise _untrusted(f"{name} 打不开", f"{name} does not open") from error
        except (OSError, UnexpectedFileError) as error:
            raise _untrusted(f"{name} 读不出", f"{name} cannot be read") from error

    def write(self, name: str, data: bytes) -> None:
        """Seal a file, durably and all at once, over what was there under its name.

        Raises:
            EvidenceError: the key cannot be trusted, or the disk refuses; the call may be repeated.
        """
        try:
            self._make_folder()
            cipher = self._opened(make=True)
            nonce = secrets.token_bytes(NONCE_BYTES)
            sealed = _MAGIC + nonce + cipher.encrypt(nonce, data, _bound_to(name))
            write_file(self._path(name), NewFile(data=sealed, mode=0o600))
        except OSError as error:
            raise state_disk_error(self._folder) from error

    def remove(self, name: str) -> None:
        """Take a file away, durably; none is well, too.

        Raises:
            EvidenceError: the disk refuses; the call may be repeated.
        """
        try:
            self._path(name).unlink(missing_ok=True)
            sync_folder(self._folder)
        except OSError as error:
            raise state_disk_error(self._folder) from error

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _opened(self, *, make: bool) -> AESGCM:
        if self._cipher is None:
            path = self._key_folder / KEY_NAME
            if make and not path.exists() and next(self.names(), None) is None:
                key = NewFile(data=secrets.token_bytes(KEY_BYTES), mode=0o600)
                write_folder(self._key_folder, {KEY_NAME: key}, mode=0o700)
            try:
                found = read_key_file(path, KEY_BYTES, private=True)
            except KeyStoreError as error:
                raise _untrusted(error.message.zh, error.message.en) from error
            if len(found) != KEY_BYTES:
                raise _untrusted("密钥太短", "the key is too short")
            self._cipher = AESGCM(found)
        return self._cipher

    def _make_folder(self) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700)
            sync_folder(self._folder.parent)


def _bound_to(name: str) -> bytes:
    return _MAGIC + name.encode()


def _untrusted(zh: str, en: str) -> EvidenceError:
    return EvidenceError(
        Text(zh=f"单据不能用：{zh}", en=f"Tickets cannot be trusted: {en}"), hint=_HINT
    )
