"""Phones on USB, one or more for each mode, and the words of iPhones that boot; constructed.

Ids and triples are those of the table in ``wipe_station.phones.usb_mode_table``; interfaces of the
modes that nobody speaks with are guessed.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from wipe_station.phones.usb_mode_table import Mode
from wipe_station.tests.usb_samples import (
    ACM,
    ADB,
    ANY_HID,
    AUDIO,
    CDC_DATA,
    FASTBOOT,
    KEYBOARD,
    MTP,
    RNDIS,
    STICK,
    USBMUX,
    VENDOR,
    Kind,
    configuration,
    descriptors,
    interface,
    single,
)

OTHER: Final = 0x2717
APPLE: Final = 0x05AC
DEBUG_ADB: Final[Kind] = (0xDC, 0x02, 0x01)
ANY_VENDOR: Final[Kind] = (0xFF, 0xFF, 0xFF)
DFU: Final[Kind] = (0xFE, 0x01, 0x00)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One device and what must be made of it."""

    data: bytes
    mode: Mode | None
    comment: str
    names: tuple[str, ...] = ()
    could_be: tuple[Mode, ...] = ()


def _one(
    ids: tuple[int, int],
    mode: Mode | None,
    comment: str,
    *kinds: Kind,
    names: tuple[str, ...] = (),
    could_be: tuple[Mode, ...] = (),
) -> Sample:
    return Sample(
        data=single(*kinds, vendor=ids[0], product=ids[1]),
        mode=mode,
        comment=comment,
        names=names,
        could_be=could_be,
    )


def _iphone() -> bytes:
    """Return a phone with four configurations, as iPhones are said to have."""
    ethernet = (0xFF, 0xFD, 0x01)
    settings = ([MTP], [AUDIO, ANY_HID], [MTP, USBMUX], [MTP, USBMUX, ethernet])
    made = [
        configuration(value, *(interface(number, kind) for number, kind in enumerate(kinds)))
        for value, kinds in enumerate(settings, 1)
    ]
    return descriptors(*made, vendor=APPLE, product=0x12A8)


SAMPLES: Final = MappingProxyType(
    {
        "adb": _one((0x18D1, 0x4EE7), Mode.ADB, "A Pixel that charges, with debugging.", ADB),
        "adb-debug-class": _one((OTHER, 1), Mode.ADB, "adb under the debugging class.", DEBUG_ADB),
        "adb-beside-storage": _one((OTHER, 1), Mode.ADB, "As a drive, with adb.", STICK, ADB),
        "fastboot": _one((0x18D1, 0x4EE0), Mode.FASTBOOT, "A Pixel's boot loader.", FASTBOOT),
        "fastboot-other-ids": _one((OTHER, 0xD00D), Mode.FASTBOOT, "By interface.", FASTBOOT),
        "mtp": _one((0x18D1, 0x4EE1), Mode.MTP, "Told from PTP by its ids.", MTP),
        "mtp-by-name": _one((OTHER, 1), Mode.MTP, "Told by its name.", MTP, names=("MTP",)),
        "mtp-or-ptp": _one(
            (OTHER, 1), Mode.MTP, "Neither ids nor name tell.", MTP, could_be=(Mode.PTP,)
        ),
        "mtp-both-names": _one(
            (OTHER, 1),
            Mode.MTP,
            "Two names tell nothing.",
            MTP,
            names=("MTP", "PTP"),
            could_be=(Mode.PTP,),
        ),
        "mtp-vendor-class": _one(
            (OTHER, 1), Mode.MTP, "A maker's class, named MTP.", VENDOR, names=("MTP",)
        ),
        "mtp-vendor-class-adb": _one(
            (OTHER, 1), Mode.MTP_ADB, "The same beside adb.", VENDOR, ADB, names=("MTP",)
        ),
        "mtp-samsung-modem": _one(
            (0x04E8, 0x6860), Mode.MTP, "With a modem beside it.", MTP, ACM, CDC_DATA
        ),
        "mtp-adb": _one((0x18D1, 0x4EE2), Mode.MTP_ADB, "Both on a Pixel.", MTP, ADB),
        "mtp-adb-tethering": _one(
            (0x18D1, 0x4EE2), Mode.MTP_ADB, "Shares its network.", MTP, ADB, RNDIS, CDC_DATA
        ),
        "mtp-adb-that-types": _one(
            (0x18D1, 0x4EE2), Mode.MTP_ADB, "Also a keyboard.", MTP, ADB, KEYBOARD
        ),
        "ptp": _one((0x18D1, 0x4EE5), Mode.PTP, "A Pixel that sends photos.", MTP),
        "ptp-adb": _one((0x18D1, 0x4EE6), Mode.PTP_ADB, "The same with debugging.", MTP, ADB),
        "charge-only": _one((0x18D1, 0x4EE8), Mode.CHARGE_ONLY, "Nothing but its maker's.", VENDOR),
        "charge-only-nothing": _one((OTHER, 1), Mode.CHARGE_ONLY, "No interface at all."),
        "iphone": Sample(data=_iphone(), mode=Mode.IPHONE, comment="In its last configuration."),
        "iphone-photos": _one((APPLE, 0x12AB), Mode.IPHONE, "Photos alone, by its ids.", MTP),
        "iphone-recovery": _one((APPLE, 0x1281), Mode.IPHONE_RECOVERY, "By ids.", ANY_VENDOR),
        "iphone-dfu": _one((APPLE, 0x1227), Mode.IPHONE_DFU, "By ids.", DFU),
        "iphone-wtf": _one((APPLE, 0x1222), Mode.IPHONE_WTF, "By ids.", DFU),
        "samsung-download": _one((0x04E8, 0x685D), Mode.SAMSUNG_DOWNLOAD, "By ids.", ACM, CDC_DATA),
        "qualcomm-edl": _one((0x05C6, 0x9008), Mode.QUALCOMM_EDL, "By ids.", ANY_VENDOR),
        "qualcomm-crash-dump": _one(
            (0x05C6, 0x900E), Mode.QUALCOMM_CRASH_DUMP, "By ids.", ANY_VENDOR
        ),
        "mediatek-boot-rom": _one(
            (0x0E8D, 0x0003), Mode.MEDIATEK_BOOT_ROM, "By ids.", ACM, CDC_DATA
        ),
        "mediatek-preloader": _one(
            (0x0E8D, 0x2000), Mode.MEDIATEK_PRELOADER, "By ids.", ACM, CDC_DATA
        ),
        "mediatek-download-agent": _one(
            (0x0E8D, 0x2001), Mode.MEDIATEK_DOWNLOAD_AGENT, "By ids.", ACM, CDC_DATA
        ),
        "unisoc-download": _one((0x1782, 0x4D00), Mode.UNISOC_DOWNLOAD, "By ids.", ANY_VENDOR),
        "special-ids-with-adb": _one(
            (0x05C6, 0x9008), Mode.ADB, "An interface decides before ids do.", ADB
        ),
        "no-phone-stick": _one((0x18D1, 1), None, "A drive, whoever made it.", STICK),
        "no-phone-keyboard": _one(
            (APPLE, 0x0250), None, "A keyboard of a phone's maker.", KEYBOARD
        ),
        "no-phone-vendor": _one((0x1D6B, 1), None, "Its maker makes no phones.", VENDOR),
        "no-phone-usbmux": _one((OTHER, 1), Mode.CHARGE_ONLY, "usbmux of another maker.", USBMUX),
    }
)

GOOD_BOOT: Final = (
    "CPID:8110 CPRV:11 CPFM:03 SCEP:01 BDID:0C ECID:001A2B3C4D5E801E IBFL:3D SRNM:[F2LXXXXXXXXX]"
)
BOOT_SERIALS: Final = MappingProxyType(
    {
        "accept_recovery": (GOOD_BOOT, "", "With a serial."),
        "accept_dfu": (
            GOOD_BOOT.replace("SRNM:[F2LXXXXXXXXX]", "SRTG:[iBoot-7195.0.0.300.67]"),
            "",
            "Without a serial.",
        ),
        "accept_empty_serial": (GOOD_BOOT.replace("F2LXXXXXXXXX", ""), "", "Nothing in brackets."),
        "accept_space_in_brackets": (
            GOOD_BOOT + " PWND:[some tool]",
            "",
            "Brackets may hold a space.",
        ),
        "refuse_no_ecid": (GOOD_BOOT.replace("ECID:001A2B3C4D5E801E ", ""), "ECID", "No ECID."),
        "refuse_no_chip": (GOOD_BOOT.replace("CPID:8110 ", ""), "CPID", "No chip."),
        "refuse_no_board": (GOOD_BOOT.replace("BDID:0C ", ""), "BDID", "No board."),
        "refuse_ecid_no_number": (GOOD_BOOT.replace("ECID:001A", "ECID:00GA"), "ECID", "A letter."),
        "refuse_ecid_too_long": (GOOD_BOOT.replace("ECID:", "ECID:0"), "ECID", "17 digits."),
        "refuse_word_twice": (GOOD_BOOT + " ECID:1", "word", "Two numbers, which is it?"),
        "refuse_two_spaces": (GOOD_BOOT.replace(" ", "  ", 1), "word", "Another form."),
        "refuse_open_bracket": (GOOD_BOOT[:-1], "word", "A bracket that never closes."),
        "refuse_serial_with_markup": (
            GOOD_BOOT.replace("F2L", "<b>"),
            "SRNM",
            "A serial is letters and digits.",
        ),
        "refuse_empty": ("", "word", "Nothing."),
        "refuse_too_long": (GOOD_BOOT + " X" * 300, "length", "More than a string holds."),
    }
)
"""Text, the field at which it breaks or nothing, and why."""

FASTBOOT_ANSWERS: Final[MappingProxyType[str, tuple[tuple[bytes, ...], str, str]]] = (
    MappingProxyType(
        {
            "accept_okay": ((b"OKAY",), "okay", "Done at once."),
            "accept_okay_after_remarks": (
                (b"INFOerasing userdata", b"TEXT...", b"OKAY"),
                "okay",
                "Remarks, then the last word.",
            ),
            "accept_nul_at_the_end": ((b"OKAY\0",), "okay", "A C program's end of text."),
            "accept_locked": ((b"FAILErase is not allowed in Lock State",), "locked", "Locked."),
            "accept_locked_otherwise": ((b"FAILDevice is locked",), "locked", "Other words."),
            "accept_please_unlock": ((b"FAILunlock device first",), "locked", "Other words."),
            "accept_blocked": ((b"FAILblocked by policy",), "other", "No word about a lock."),
            "accept_no_partition": (
                (b"FAILpartition does not exist",),
                "no-such-partition",
                "It has none such.",
            ),
            "accept_unknown_command": ((b"FAILunknown command",), "unknown-command", "Too old."),
            "accept_fail_without_words": ((b"FAIL",), "other", "No reason given."),
            "refuse_other_word": ((b"YEAH",), "word", "No word of the protocol."),
            "refuse_small_letters": ((b"okay",), "word", "Words are in capitals."),
            "refuse_short": ((b"OKA",), "word", "Three letters."),
            "refuse_empty": ((b"",), "word", "Nothing."),
            "refuse_too_long": ((b"OKAY" + b"x" * 253,), "length", "257 bytes."),
            "refuse_no_text": ((b"INFO\xff\xfe",), "text", "Not UTF-8."),
            "refuse_escapes": ((b"INFO\x1b[2J", b"OKAY"), "text", "Would clear a terminal."),
            "refuse_asks_for_data": ((b"DATA00001000",), "asks for data", "Nothing is sent here."),
            "refuse_data_without_size": ((b"DATA1000",), "size", "Eight digits are asked for."),
            "refuse_fault_after_remarks": ((b"INFOerasing", b"DONE"), "word", "Then it breaks."),
        }
    )
)
"""Packets, what they mean or the field at which they break, and why."""
