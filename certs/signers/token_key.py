"""A private key that is not here, in the shape in which `cryptography` signs requests. Pure.

Its builders sign by calling ``sign`` of whatever is an `ec.EllipticCurvePrivateKey`.
"""

import hashlib
from collections.abc import Callable
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric import ec


class TokenKey(ec.EllipticCurvePrivateKey):
    """Signs with SHA-256, and can do nothing else."""

    def __init__(
        self, sign_digest: Callable[[bytes], bytes], public_key: ec.EllipticCurvePublicKey
    ) -> None:
        """Take over what signs a digest of 32 bytes and returns DER, and the public key."""
        self._sign_digest = sign_digest
        self._public_key = public_key

    def sign(self, data: object, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Sign SHA-256 of bytes."""
        assert isinstance(signature_algorithm, ec.ECDSA), "nothing else is asked for"
        assert isinstance(data, bytes), "nothing else is asked for"
        return self._sign_digest(hashlib.sha256(data).digest())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return what others check by."""
        return self._public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        """Bits of the curve."""
        return self._public_key.key_size

    def exchange(self, algorithm: object, peer_public_key: object) -> NoReturn:
        """Refuse: the key only signs."""
        raise NotImplementedError

    def private_numbers(self) -> NoReturn:
        """Refuse: they never leave the token."""
        raise NotImplementedError

    def private_bytes(
        self,
        encoding: object,
        format: object,  # noqa: A002 - its name is theirs
        encryption_algorithm: object,
    ) -> NoReturn:
        """Refuse: they never leave the token."""
        raise NotImplementedError

    def __copy__(self) -> "TokenKey":
        return self

    def __deepcopy__(self, memo: object) -> "TokenKey":
        return self
