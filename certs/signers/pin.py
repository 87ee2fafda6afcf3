"""Where a token's PIN is read. I/O.

A file that only its owner can read, or a systemd credential, which is one. Not the command line
and not a variable of the environment: others see the one in the process list, every child
inherits the other.
"""

import os
from pathlib import Path
from typing import Final

from certs.errors import KeyStoreError, TokenFault
from certs.keys import read_key_file
from certs.signers.faults import token_error
from certs.signers.reference import PinSource

CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""Set by systemd. Source: systemd.exec(5), LoadCredential=."""
MOST_PIN_BYTES: Final = 256


def read_pin(source: PinSource) -> str:
    """Return the PIN.

    Args:
        source: of the key's reference.

    Raises:
        TokenError: PIN_FILE; missing, open to others, another's, or not one line of text.
    """
    try:
        data = read_key_file(_path(source), MOST_PIN_BYTES, private=True)
    except KeyStoreError as error:
        raise token_error(TokenFault.PIN_FILE, error.message.en) from error
    try:
        pin = data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # Not chained: its message quotes the file.
        raise token_error(TokenFault.PIN_FILE, "not text") from None
    if not pin or not pin.isprintable():
        raise token_error(TokenFault.PIN_FILE, "not one line")
    return pin


def _path(source: PinSource) -> Path:
    if not source.is_credential:
        return Path(source.name)
    folder = os.environ.get(CREDENTIALS, "")
    if not folder.startswith("/"):
        raise token_error(TokenFault.PIN_FILE, f"{CREDENTIALS} is not set")
    return Path(folder) / source.name
