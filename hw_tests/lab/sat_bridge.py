"""A SATA drive behind a USB bridge: SCSI commands become the drive's, some are passed through.

What a computer can learn depends on the bridge. One that knows SAT passes IDENTIFY DEVICE on, and
the drive's own serial is read; one that does not is all there is to see, with its serial, the same
serial as its sister's, or none. A hang of the medium is the bridge's: it does not answer any more
until the bus is reset.

Source: SCSI/ATA Translation (SAT-3), ATA PASS-THROUGH (12) and (16), VPD page 89h, ATA Status
Return sense descriptor.
"""

import struct
from typing import Final

from hw_tests.lab.bulk_only import MassStorage
from hw_tests.lab.medium import MediumFault
from hw_tests.lab.sata_drive import NON_ROTATING, Aborted, Answer, Ata, SataDrive, Taskfile
from hw_tests.lab.scsi_disk import (
    NOT_READY,
    CheckCondition,
    Opcode,
    ScsiDisk,
    Sense,
    Words,
)
from hw_tests.lab.served_medium import ServedMedium
from hw_tests.lab.usb_model import UsbDevice
from hw_tests.lab.usb_words import (
    Identity,
)

PASS_THROUGH_12: Final = 0xA1
PASS_THROUGH_16: Final = 0x85
WANTS_REGISTERS: Final = 1 << 5
READY: Final = 0x50
FAILED: Final = 0x51
ABORT: Final = 4
LOCKED: Final = Sense(key=7, asc=0x20, ascq=0x02)
BUSY: Final = Sense(key=2, asc=0x04, ascq=0x1B)
"""A sanitize operation is in progress."""
MOVES: Final = frozenset({Opcode.READ_10, Opcode.READ_16, Opcode.WRITE_10, Opcode.WRITE_16})
SERIAL_PAGE, IDENTITY_PAGE, ATA_PAGE, CHARACTERISTICS_PAGE = 0x80, 0x83, 0x89, 0xB1


class SatBridge(ScsiDisk):
    """The one logical unit of a bridge."""

    def __init__(self, drive: SataDrive, *, passes_ata: bool = True) -> None:
        """Put a bridge before a drive.

        Args:
            drive: behind it.
            passes_ata: whether it knows pass-through and the pages that tell of the drive.
        """
        super().__init__(drive.medium, Words(vendor="LAB", product="BRIDGE"))
        self.drive = drive
        self.passes_ata = passes_ata

    @property
    def sectors(self) -> int:
        """How many sectors the drive lets be reached."""
        return self.drive.accessible_sectors

    def do(self, command: bytes, data: bytes) -> bytes:
        """Do a command, or pass it through."""
        if self.passes_ata and command[0] in (PASS_THROUGH_12, PASS_THROUGH_16):
            return self._pass_through(command, data)
        if command[0] in MOVES and self.drive.locked:
            raise CheckCondition(LOCKED)
        if command[0] in MOVES and self.drive.sanitizing:
            raise CheckCondition(BUSY)
        return super().do(command, data)

    def power_off(self) -> None:
        """The drive has no power either."""
        super().power_off()
        self.drive.power_off()

    def vital_product_data(self) -> dict[int, bytes]:
        """Return the pages about the drive, if the bridge knows it."""
        if not self.passes_ata:
            return {}
        names = self.words.encode()
        about = f"{'ATA':<8}{self.drive.model:<40.40}{self.drive.serial:<20.20}".encode("ascii")
        serial = f"{self.drive.serial:>20.20}".encode("ascii")
        # One designator: ASCII (2), by vendor and product (1).
        identity = bytes([2, 1, 0, len(about)]) + about
        signature = bytes([0x34]).ljust(20, b"\0")
        ata = bytes(4) + names + signature + bytes([Ata.IDENTIFY, 0, 0, 0]) + self.drive.identify()
        rate = struct.pack(">H", NON_ROTATING).ljust(60, b"\0")
        return {
            SERIAL_PAGE: serial,
            IDENTITY_PAGE: identity,
            ATA_PAGE: ata,
            CHARACTERISTICS_PAGE: rate,
        }

    # --- pass-through -------------------------------------------------------------------------

    def _pass_through(self, command: bytes, data: bytes) -> bytes:
        """Give the drive a command; its registers come back as sense data, if wanted or aborted."""
        task = _taskfile(command)
        try:
            answer = self.drive.command(task, data)
        except Aborted as error:
            registers = _registers(task, Answer(), error=ABORT, status=FAILED)
            raise CheckCondition(Sense(key=0x0B, descriptor=registers)) from error
        except MediumFault as fault:
            raise CheckCondition(NOT_READY) from fault
        if command[2] & WANTS_REGISTERS:
            registers = _registers(task, answer, error=0, status=READY)
            raise CheckCondition(Sense(key=1, ascq=0x1D, descriptor=registers), answer.data)
        return answer.data


def _taskfile(command: bytes) -> Taskfile:
    """Read the registers out of ATA PASS-THROUGH (12) or (16)."""
    if command[0] == PASS_THROUGH_12:
        features, count, low, mid, high, device, opcode = command[3:10]
        lba = low | mid << 8 | high << 16
        return Taskfile(command=opcode, features=features, count=count, lba=lba, device=device)
    wide, narrow = command[3:13:2], command[4:13:2]
    extended = bool(command[1] & 1)
    features, count, low, mid, high = narrow
    lba = low | mid << 8 | high << 16
    if extended:
        features, count = features | wide[0] << 8, count | wide[1] << 8
        lba |= wide[2] << 24 | wide[3] << 32 | wide[4] << 40
    return Taskfile(
        command=command[14],
        features=features,
        count=count,
        lba=lba,
        device=command[13],
        extended=extended,
    )


def _registers(task: Taskfile, answer: Answer, *, error: int, status: int) -> bytes:
    """Return the ATA Status Return descriptor."""
    lba = struct.pack("<Q", answer.lba)
    words = (answer.count >> 8, answer.count & 0xFF, lba[3], lba[0], lba[4], lba[1], lba[5], lba[2])
    return bytes([0x09, 0x0C, task.extended, error, *words, task.device, status])


class BridgedDrive(UsbDevice):
    """The bridge as a USB device, with its drive."""

    def __init__(
        self, drive: SataDrive, *, serial: str | None = "LABBRIDGE0001", passes_ata: bool = True
    ) -> None:
        """Put a bridge before a drive.

        Args:
            drive: keeps its state, also when the bridge is pulled out.
            serial: of the USB device; None has none.
            passes_ata: whether the drive can be asked through the bridge.
        """
        self.drive = drive
        self.bridge = SatBridge(drive, passes_ata=passes_ata)
        self.storage = MassStorage([self.bridge])
        identity = Identity(vendor=0x152D, product=0x0578, name="SATA bridge", serial=serial)
        super().__init__(identity, [self.storage])

    @property
    def medium(self) -> ServedMedium:
        """The drive's medium, for whoever scripts and reads it."""
        return self.drive.medium
