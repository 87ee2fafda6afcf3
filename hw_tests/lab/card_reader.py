"""A card reader: one USB device, several slots, each a disk whose medium comes and goes.

Source: SCSI Primary Commands (SPC-4), NOT READY and UNIT ATTENTION of removable media.
"""

from hw_tests.lab.bulk_only import MassStorage
from hw_tests.lab.scsi_disk import ScsiDisk, Words
from hw_tests.lab.served_medium import ServedMedium
from hw_tests.lab.usb_model import UsbDevice
from hw_tests.lab.usb_words import (
    Identity,
)


class CardReader(UsbDevice):
    """A reader with all slots empty; what is done to its slots is safe from any thread."""

    def __init__(self, slots: int = 4, *, serial: str | None = "LABREADER0001") -> None:
        self.slots = tuple(
            ScsiDisk(None, Words(product=f"SLOT {number}"), removable=True)
            for number in range(slots)
        )
        identity = Identity(vendor=0x058F, product=0x6366, name="Card reader", serial=serial)
        super().__init__(identity, [MassStorage(self.slots)])

    def insert(self, slot: int, card: ServedMedium, *, write_protected: bool = False) -> None:
        """Put a card in, with its switch in one position or the other."""
        with self.lock:
            self.slots[slot].write_protected = write_protected
            self.slots[slot].change_medium(card)

    def remove(self, slot: int) -> None:
        """Take the card out, whatever is being done with it."""
        with self.lock:
            self.slots[slot].change_medium(None)
