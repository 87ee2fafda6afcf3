"""Which bytes of a device's pages may be shown to strangers; all others become zero. Pure.

Each function takes a page and the scrubber of its recording and returns a page of the same length
(a list that ends in the middle of an entry is cut before it). What identifies is replaced, what a
vendor may use as he likes is zero, and what is left goes through the scrubber's net. A page that is
not what its name says keeps only its first four bytes, and so stays malformed.

Source: layouts of SPC, SBC, SAT, ACS and NVM Express from general knowledge, high confidence; the
standards' own text not examined.
"""

from collections.abc import Callable
from typing import Final

from wipe_station.detect.scrub import Scrubber, swapped

Span = tuple[int, int]
_IDENTIFY_AT: Final = 60
_IDENTIFY_SPANS: Final[tuple[Span, ...]] = (
    (0, 20),  # general configuration, obsolete geometry
    (20, 40),  # serial number, replaced below
    (46, 216),  # firmware, model, capabilities, features
    (216, 224),  # world wide name, replaced below
    (234, 258),  # sector size, more features, security
    (336, 340),  # form factor, TRIM
    (412, 446),  # SCT, alignment, rotation rate, transport
    (460, 468),  # extended number of sectors
    (510, 512),  # signature and checksum
)
_SERIAL: Final = slice(20, 40)
_WORLD_WIDE_NAME: Final = slice(216, 224)
_INQUIRY_SPANS: Final[tuple[Span, ...]] = ((0, 36), (58, 74))
_RATE_SPANS: Final[tuple[Span, ...]] = ((0, 12),)
_INFORMATION_SPANS: Final[tuple[Span, ...]] = ((0, 4), (8, 572))
_NVME_SPANS: Final[tuple[Span, ...]] = (
    (0, 73),  # vendor, serial number (replaced below), model, firmware
    (76, 112),  # capabilities and version, without the controller's own GUID behind them
    (256, 536),  # commands, limits, sanitize capabilities, power
)
_NVME_SERIAL: Final = slice(4, 24)


def _only(data: bytes, spans: tuple[Span, ...]) -> bytearray:
    kept = bytearray(len(data))
    for start, end in spans:
        kept[start:end] = data[start:end]
    return kept


def _text(data: bytes, kind: str, scrubber: Scrubber) -> bytes:
    return scrubber.secret(data.decode("latin-1"), kind).encode("latin-1")


def _is_page(page: bytes, number: int) -> bool:
    return len(page) >= 4 and page[1] == number


def unit_serial(page: bytes, scrubber: Scrubber) -> bytes:
    """Keep the form of VPD page 80h (Unit Serial Number)."""
    if not _is_page(page, 0x80):
        return scrubber.data(page[:4])
    return page[:4] + _text(page[4:], "serial", scrubber)


def identification(page: bytes, scrubber: Scrubber) -> bytes:
    """Keep the form of VPD page 83h (Device Identification): which designators there are."""
    kept = bytearray(page[:4])
    at = 4 if _is_page(page, 0x83) else len(page)
    while at + 4 <= len(page) and at + 4 + page[at + 3] <= len(page):
        body = page[at + 4 : at + 4 + page[at + 3]]
        binary = page[at] & 0x0F == 1
        hidden = scrubber.secret_bytes(body, "wwid") if binary else _text(body, "wwid", scrubber)
        kept += page[at : at + 4] + hidden
        at += 4 + len(body)
    return bytes(kept)


def block_characteristics(page: bytes, scrubber: Scrubber) -> bytes:
    """Keep rate and form factor of VPD page B1h (Block Device Characteristics)."""
    if not _is_page(page, 0xB1):
        return scrubber.data(page[:4])
    return scrubber.data(bytes(_only(page, _RATE_SPANS)))


def ata_information(page: bytes, scrubber: Scrubber) -> bytes:
    """Keep the translator's name and IDENTIFY DEVICE in VPD page 89h (ATA Information)."""
    if not _is_page(page, 0x89):
        return scrubber.data(page[:4])
    kept = bytes(_only(page, _INFORMATION_SPANS))
    end = _IDENTIFY_AT + 512
    within = identify_ata(kept[_IDENTIFY_AT:end], scrubber)
    return scrubber.data(kept[:_IDENTIFY_AT]) + within + kept[end:]


def identify_ata(data: bytes, scrubber: Scrubber) -> bytes:
    """Keep IDENTIFY DEVICE: model, firmware, abilities; the checksum stays right if it was."""
    was_right = len(data) == 512 and data[510] == 0xA5 and sum(data) % 256 == 0
    kept = _only(data, _IDENTIFY_SPANS)
    kept[_SERIAL] = _swapped_text(data[_SERIAL], scrubber)
    kept[_WORLD_WIDE_NAME] = _swap(scrubber.secret_bytes(_swap(data[_WORLD_WIDE_NAME]), "wwid"))
    kept = bytearray(_swap(scrubber.data(_swap(scrubber.data(bytes(kept))))))
    if len(data) == 512:
        kept[511] = -sum(kept[:511]) % 256 if was_right else 0
    return bytes(kept)


def _swapped_text(data: bytes, scrubber: Scrubber) -> bytes:
    return _swap(_text(_swap(data), "serial", scrubber))


def _swap(data: bytes) -> bytes:
    return swapped(data.decode("latin-1")).encode("latin-1")


def inquiry(page: bytes, scrubber: Scrubber) -> bytes:
    """Keep vendor, product, revision and versions of standard INQUIRY data."""
    return scrubber.data(bytes(_only(page, _INQUIRY_SPANS)))


def identify_nvme(data: bytes, scrubber: Scrubber) -> bytes:
    """Keep model, firmware and abilities of NVMe Identify Controller."""
    kept = _only(data, _NVME_SPANS)
    kept[_NVME_SERIAL] = _text(data[_NVME_SERIAL], "serial", scrubber)
    return scrubber.data(bytes(kept))


PAGES: Final[dict[str, Callable[[bytes, Scrubber], bytes]]] = {
    "device/inquiry": inquiry,
    "device/vpd_pg80": unit_serial,
    "device/vpd_pg83": identification,
    "device/vpd_pg89": ata_information,
    "device/vpd_pgb1": block_characteristics,
}
"""Pages of sysfs by name; one that is not here is not shown."""
