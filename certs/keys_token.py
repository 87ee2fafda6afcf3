"""The token that ``wipe-cert keys`` was told of. I/O."""

import argparse
from pathlib import Path

from certs.errors import KeyRequestError
from certs.formats.fields import shown
from certs.keys_arguments import DEFAULT_KEY_LABEL
from certs.signers.reference import (
    PinSource,
    TokenPlace,
    is_credential,
    is_label,
    is_path,
    is_user,
)
from certs.text import Text

_TOGETHER = Text(
    zh="令牌要这样给：--pkcs11 模块 --token 名称，再加 --pin-file 或 --pin-credential 之一。",
    en="A token is named by --pkcs11 and --token, with one of --pin-file and --pin-credential.",
)
_HINT = Text(zh="参看 wipe-cert keys request --help。", en="See wipe-cert keys request --help.")


def token_place(options: argparse.Namespace) -> TokenPlace | None:
    """Return where the key is to be made; None where no token was named.

    Args:
        options: of ``request`` or ``renew``.

    Raises:
        KeyRequestError: something of it is missing, or can be no such thing.
    """
    named = (options.pkcs11, options.token, options.key, options.run_as)
    pins = (options.pin_file, options.pin_credential)
    if not any(each is not None for each in (*named, *pins)):
        return None
    if options.pkcs11 is None or options.token is None or len([p for p in pins if p]) != 1:
        raise KeyRequestError(_TOGETHER, _HINT)
    made = TokenPlace(
        module=str(Path(options.pkcs11).absolute()),
        token_label=options.token,
        key_label=DEFAULT_KEY_LABEL if options.key is None else options.key,
        pin=_pin(options.pin_file, options.pin_credential),
        user=options.run_as or "",
    )
    for fits, value in (
        (is_path, made.module),
        (is_label, made.token_label),
        (is_label, made.key_label),
        (is_user, made.user),
        (is_credential if made.pin.is_credential else is_path, made.pin.name),
    ):
        if not fits(value):
            said = shown(value)
            message = Text(zh=f"这个名称不能用：{said}", en=f"This cannot be used: {said}")
            raise KeyRequestError(message, _HINT)
    return made


def _pin(file: Path | None, credential: str | None) -> PinSource:
    if file is not None:
        return PinSource(name=str(file.absolute()), is_credential=False)
    return PinSource(name=credential or "", is_credential=True)
