"""What an owner left on a medium, recognizable in every sector. Pure.

Each sector says whose it is and which, sixteen times over, so that whatever part of it stands
somewhere later is known for what it is.
"""

from typing import Final

SECTOR_BYTES: Final = 512
MARK: Final = b"left by "
RECORD_BYTES: Final = 32


def sector_of(owner: int, number: int) -> bytes:
    """Return one sector of an owner's.

    Args:
        owner: names the owner; any 32 bits.
        number: of the sector.
    """
    record = MARK + b"%08x %014x\n" % (owner, number)
    assert len(record) == RECORD_BYTES, "owners and sectors fit into their fields"
    return record * (SECTOR_BYTES // RECORD_BYTES)


def estate_of(owner: int, size_bytes: int) -> bytes:
    """Return a whole medium of an owner's."""
    sectors = -(-size_bytes // SECTOR_BYTES)
    return b"".join(sector_of(owner, number) for number in range(sectors))[:size_bytes]


def sectors_left(content: bytes | bytearray) -> int:
    """Count the sectors of a medium in which something of any owner's stands."""
    return sum(
        MARK in content[at : at + SECTOR_BYTES] for at in range(0, len(content), SECTOR_BYTES)
    )
