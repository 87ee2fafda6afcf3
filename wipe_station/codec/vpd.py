"""SCSI vital product data: serial number and rotation rate. Pure.

A rotation rate is the only accepted evidence for a magnetic medium.
"""

from typing import Final

from wipe_station.errors import MalformedReplyError
from wipe_station.records import Medium

_IDENTIFY_AT: Final = 60
_WORD_217: Final = 217 * 2


def medium_of_rate(rate: int) -> Medium:
    """Read a nominal media rotation rate.

    Args:
        rate: 16-bit value; 0 not reported, 1 non-rotating, 0401h-FFFEh revolutions per minute,
            everything else reserved.

    Source: ATA8-ACS IDENTIFY DEVICE word 217, SBC-3 VPD page B1h; values from general knowledge,
    high confidence, standards' own text not examined.
    """
    if rate == 1:
        return Medium.FLASH
    return Medium.MAGNETIC if 0x0401 <= rate <= 0xFFFE else Medium.UNKNOWN


def parse_block_characteristics(page: bytes) -> Medium:
    """Decode VPD page B1h (Block Device Characteristics).

    Args:
        page: the page with its header, at least 6 bytes; extra ignored.

    Raises:
        MalformedReplyError: short, or another page.
    """
    if len(page) < 6 or page[1] != 0xB1:
        raise MalformedReplyError("VPD page B1h", offset=min(len(page), 1), field="page code")
    return medium_of_rate(int.from_bytes(page[4:6], "big"))


def parse_ata_information(page: bytes) -> Medium:
    """Decode the rotation rate in VPD page 89h (ATA Information), which holds IDENTIFY DEVICE.

    Args:
        page: the page with its header; IDENTIFY data (little-endian words) start at byte 60.

    Raises:
        MalformedReplyError: short, or another page.
    """
    end = _IDENTIFY_AT + _WORD_217 + 2
    if len(page) < end or page[1] != 0x89:
        raise MalformedReplyError("VPD page 89h", offset=min(len(page), end), field="IDENTIFY 217")
    return medium_of_rate(int.from_bytes(page[end - 2 : end], "little"))


def parse_unit_serial(page: bytes) -> str:
    """Decode VPD page 80h (Unit Serial Number).

    Args:
        page: the page with its header; bytes 2-3 hold the length, ASCII follows.

    Raises:
        MalformedReplyError: short, another page, or not printable ASCII.
    """
    if len(page) < 4 or page[1] != 0x80:
        raise MalformedReplyError("VPD page 80h", offset=min(len(page), 1), field="page code")
    length = int.from_bytes(page[2:4], "big")
    text = page[4 : 4 + length]
    if len(text) != length or any(not 0x20 <= byte <= 0x7E for byte in text.rstrip(b"\0")):
        raise MalformedReplyError("VPD page 80h", offset=4, field="serial number")
    return text.rstrip(b"\0").decode("ascii").strip()
