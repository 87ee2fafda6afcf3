"""Pallets of ten devices, and scan sequences over them."""

import hashlib
from typing import Final

from certs.formats.head_v1 import Reference
from certs.layout import DocumentType
from certs.pallet import Listed, Pallet
from certs.short_code import code_of, short_code

WHY: Final = ("not-erased", "refused", "no-document", "corrected")
MANIFEST: Final = Reference(
    document="20261123T172540Z-66666666",
    document_sha256=hashlib.sha256(b"manifest").hexdigest(),
    document_type=DocumentType.PALLET_MANIFEST,
)


def listed(number: int, why: str | None = None) -> Listed:
    """Return a device; its code follows from its number."""
    digest = hashlib.sha256(f"device {number}".encode()).digest()
    return Listed(
        code=code_of(digest),
        document=f"20261123T172200Z-{number:08x}",
        document_sha256=digest.hex(),
        ticket=f"T-{number}" if number % 2 else None,
        why=why,
    )


def pallet(erased: int = 6) -> Pallet:
    """Return a pallet of so many erased devices, and one for each reason why one is not."""
    devices = [listed(number) for number in range(erased)]
    devices += [listed(erased + at, why) for at, why in enumerate(WHY)]
    return Pallet(number="P-7", manifest=MANIFEST, listed={each.code: each for each in devices})


STRANGERS: Final = tuple(short_code(f"stranger {number}".encode()) for number in range(3))
"""Codes that stand on no manifest."""
