"""Phones of ``hw_tests.phones`` as USB devices, for a port of a guest. I/O.

Source: interfaces as in ``wipe_station.phones.usb_modes``; requests of the still image class by
memory.
"""

import struct
from collections.abc import Callable
from typing import Final

from hw_tests.lab.usb_model import Function, UsbDevice
from hw_tests.lab.usb_words import (
    FIRST_FREE_STRING,
    IN,
    Endpoint,
    Identity,
    Interface,
    Kind,
    Setup,
    Stall,
    Transfer,
)
from hw_tests.phones import fastboot, mtp
from hw_tests.phones.fastboot import FastbootEngine
from hw_tests.phones.flash import Flash
from hw_tests.phones.mtp import MtpEngine

FASTBOOT: Final[Kind] = (0xFF, 0x42, 0x03)
IMAGING: Final[Kind] = (0x06, 0x01, 0x01)
OLD_MTP: Final[Kind] = (0xFF, 0xFF, 0x00)
MODEM: Final[Kind] = (0x02, 0x02, 0x01)
MODEM_DATA: Final[Kind] = (0x0A, 0x00, 0x00)
GOOGLE: Final = 0x18D1
PIPE: Final = 1
NEWS: Final = IN | 2
MODEM_NEWS: Final = IN | 3
MODEM_PIPE: Final = 4
_RESET, _GET_STATUS = 0x66, 0x67


def bulk_pipe(number: int) -> tuple[Endpoint, ...]:
    """Return two endpoints, in and out."""
    return tuple(Endpoint(address=at, transfer=Transfer.BULK) for at in (IN | number, number))


def _news(address: int) -> Endpoint:
    return Endpoint(address=address, transfer=Transfer.INTERRUPT, packet_bytes=28, interval=6)


class FastbootFunction(Function):
    """A boot loader: each transfer is a packet."""

    def __init__(self, flash: Flash, manner: fastboot.Manner) -> None:
        super().__init__()
        self.engine = FastbootEngine(flash, lambda data: self.push(IN | PIPE, data), manner=manner)
        self.interfaces = (Interface(number=0, kind=FASTBOOT, endpoints=bulk_pipe(PIPE)),)

    def out(self, address: int, data: bytes) -> None:
        """Take a command."""
        del address
        if data:
            self.engine.feed(data)


class MtpFunction(Function):
    """A responder: transfers carry containers."""

    def __init__(
        self,
        responder: Callable[[Callable[[bytes], None]], MtpEngine],
        name: str | None = None,
    ) -> None:
        super().__init__()
        self._responder, self._name = responder, name
        self.start()
        ends = (*bulk_pipe(PIPE), _news(NEWS))
        kind, string = (IMAGING, 0) if name is None else (OLD_MTP, FIRST_FREE_STRING)
        self.interfaces = (Interface(number=0, kind=kind, endpoints=ends, string=string),)
        self.was_spoken_to = False

    @property
    def strings(self) -> dict[int, str]:
        """Return what its interface is called."""
        return {} if self._name is None else {FIRST_FREE_STRING: self._name}

    def start(self) -> None:
        """Begin with a responder of its own, as after a restart."""
        self.engine = self._responder(lambda data: self.push(IN | PIPE, data))

    def out(self, address: int, data: bytes) -> None:
        """Take a part of a container."""
        del address
        self.was_spoken_to = True
        self.engine.feed(data)

    def reset(self) -> None:
        """Forget the session, too."""
        super().reset()
        self.engine.reset()

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Begin anew, or say that nothing is under way."""
        del data
        if setup.request == _RESET and not setup.request_type & IN:
            self.reset()
            return b""
        if setup.request == _GET_STATUS and setup.request_type & IN:
            return struct.pack("<HH", 4, mtp.OK)
        raise Stall


class ModemFunction(Function):
    """A phone's serial port (ACM); it takes what is sent and remembers that somebody did."""

    def __init__(self) -> None:
        super().__init__()
        self.was_spoken_to = False
        about = bytes([5, 0x24, 0, 0x10, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 1, 2])
        self.interfaces = (
            Interface(number=1, kind=MODEM, endpoints=(_news(MODEM_NEWS),), extra=about),
            Interface(number=2, kind=MODEM_DATA, endpoints=bulk_pipe(MODEM_PIPE)),
        )

    def out(self, address: int, data: bytes) -> None:
        """Take what is sent."""
        del address, data
        self.was_spoken_to = True

    def control(self, setup: Setup, data: bytes) -> bytes:
        """Take any setting of the line."""
        del data
        self.was_spoken_to = True
        if setup.request_type & IN:
            raise Stall
        return b""


class PhoneInFastboot(UsbDevice):
    """A phone in its boot loader."""

    def __init__(self, flash: Flash, manner: fastboot.Manner = fastboot.Manner.HONEST) -> None:
        """Make a phone that is not plugged in; all of them state the same serial."""
        self.function = FastbootFunction(flash, manner)
        super().__init__(
            Identity(vendor=GOOGLE, product=0x4EE0, name="Android", serial=fastboot.SERIAL),
            (self.function,),
        )


class PhoneWithFiles(UsbDevice):
    """A phone that shows its files, with a modem beside them if it is said to have one."""

    def __init__(
        self,
        flash: Flash,
        manner: mtp.Manner = mtp.Manner.HONEST,
        *,
        modem: bool = False,
        old_name: str | None = None,
    ) -> None:
        """Make a phone that is not plugged in; all of them state the same serial.

        Args:
            flash: what it keeps.
            manner: how it answers.
            modem: whether it has one.
            old_name: of the interface of an older phone's MTP, which has a class of its maker's.
        """
        self.function = MtpFunction(lambda send: MtpEngine(flash, send, manner=manner), old_name)
        self.modem = ModemFunction()
        functions = (self.function, self.modem) if modem else (self.function,)
        super().__init__(
            Identity(vendor=GOOGLE, product=0x4EE1, name="Sim Phone", serial=mtp.SERIAL),
            functions,
        )


class PhoneByNumbersOfAnother(UsbDevice):
    """A boot loader by the numbers of a serial adapter, whose driver asks for nothing else."""

    SERIAL: Final = "NUMBERS01"

    def __init__(self) -> None:
        """Make a device that is not plugged in."""
        whole = Function()
        whole.interfaces = (Interface(number=0, kind=FASTBOOT, endpoints=bulk_pipe(PIPE)),)
        super().__init__(
            Identity(vendor=0x0403, product=0x6001, name="Phone", serial=self.SERIAL), (whole,)
        )
