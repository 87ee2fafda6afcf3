"""Which key in which token: what lies in a key folder in place of the key. Pure.

    {"key_id_hex": "…", "key_label": "counter-7", "module": "/usr/lib/…/libsofthsm2.so",
     "pin_file": "/etc/wipe-station/pin", "public_key_sha256": "…", "schema":
     "wipe-station/token-key", "schema_version": 1, "token_label": "station",
     "token_serial": "055161ea476be94a", "user": ""}

Canonical JSON. In place of ``pin_file`` there may stand ``pin_credential``: the name of a systemd
credential. The PIN itself never stands here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from certs.canonical import decode, encode
from certs.errors import KeyStoreError, MalformedJsonError
from certs.text import Text

REFERENCE_NAME: Final = "station-key.json"
MOST_REFERENCE_BYTES: Final = 4 << 10
MOST_LABEL_BYTES: Final = 32
"""Of a token. Source: PKCS #11 v2.40 §3.2, CK_TOKEN_INFO."""
SCHEMA: Final = "wipe-station/token-key"
SCHEMA_VERSION: Final = 1
_ABSOLUTE: Final = re.compile(r"/[^\x00-\x1f\x7f]{1,500}")
_CREDENTIAL: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,100}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2}){1,64}")
_SERIAL: Final = re.compile(r"[ -~]{0,16}")
_USER: Final = re.compile(r"|[a-z_][a-z0-9_-]{0,31}")
_HINT: Final = Text(
    zh="先停下，不要签发。请维护人员检查密钥文件夹。",
    en="Stop: sign nothing. Let an engineer look at the key folder.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinSource:
    """Where the PIN of a token comes from."""

    name: str
    """An absolute path, or the name of a systemd credential."""
    is_credential: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Where a key is to be made."""

    module: str
    """Absolute path of the token's PKCS#11 module."""
    token_label: str
    key_label: str
    pin: PinSource
    user: str
    """Account under which the module runs; empty for the caller's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenReference:
    """A key that is there."""

    place: TokenPlace
    token_serial: str
    key_id_hex: str
    """CKA_ID, which tells it from others under the same label."""
    public_key_sha256: str
    """SHA-256 of its SPKI DER, in hex: the `key_id` of documents."""

    def data(self) -> bytes:
        """Return it as it lies on disk."""
        pin = self.place.pin
        return encode(
            {
                "schema": SCHEMA,
                "schema_version": SCHEMA_VERSION,
                "module": self.place.module,
                "token_label": self.place.token_label,
                "token_serial": self.token_serial,
                "key_label": self.place.key_label,
                "key_id_hex": self.key_id_hex,
                "public_key_sha256": self.public_key_sha256,
                "user": self.place.user,
                "pin_credential" if pin.is_credential else "pin_file": pin.name,
            }
        )


def parse_reference(data: bytes) -> TokenReference:
    """Read a reference.

    Raises:
        KeyStoreError: it is none.
    """
    try:
        stated = decode(data)
    except MalformedJsonError as error:
        raise _damaged() from error
    is_named = "pin_credential" in stated
    pin_field = "pin_credential" if is_named else "pin_file"
    forms = _FORMS | {pin_field: is_credential if is_named else is_path}
    fitting = stated.keys() == {"schema", "schema_version", *forms} and all(
        isinstance(stated[name], str) and fits(stated[name]) for name, fits in forms.items()
    )
    known = (stated.get("schema"), stated.get("schema_version")) == (SCHEMA, SCHEMA_VERSION)
    if not fitting or not known:
        raise _damaged()
    return TokenReference(
        place=TokenPlace(
            module=stated["module"],
            token_label=stated["token_label"],
            key_label=stated["key_label"],
            pin=PinSource(name=stated[pin_field], is_credential=is_named),
            user=stated["user"],
        ),
        token_serial=stated["token_serial"],
        key_id_hex=stated["key_id_hex"],
        public_key_sha256=stated["public_key_sha256"],
    )


def is_label(text: str) -> bool:
    """Tell whether a token or a key can be called so."""
    return 0 < len(text.encode("utf-8", "replace")) <= MOST_LABEL_BYTES and text.isprintable()


def is_user(text: str) -> bool:
    """Tell whether an account can be called so."""
    return _USER.fullmatch(text) is not None


def is_path(text: str) -> bool:
    """Tell whether it is an absolute path."""
    return _ABSOLUTE.fullmatch(text) is not None


def is_credential(text: str) -> bool:
    """Tell whether a systemd credential can be called so."""
    return _CREDENTIAL.fullmatch(text) is not None


def _of(form: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: form.fullmatch(text) is not None


_FORMS: Final[dict[str, Callable[[str], bool]]] = {
    "module": is_path,
    "token_label": is_label,
    "token_serial": _of(_SERIAL),
    "key_label": is_label,
    "key_id_hex": _of(_HEX),
    "public_key_sha256": _of(_SHA256),
    "user": is_user,
}


def _damaged() -> KeyStoreError:
    return KeyStoreError(
        Text(
            zh=f"签名密钥有问题：{REFERENCE_NAME} 读不懂。",
            en=f"The signing key cannot be trusted: {REFERENCE_NAME} cannot be read.",
        ),
        _HINT,
    )
