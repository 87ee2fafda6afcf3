"""Models of USB devices without any computer: what they answer, refuse, remember and forget."""

import itertools
import random
import struct

import pytest

from hw_tests.lab.bulk_only import STATUS, WRAPPER, MassStorage
from hw_tests.lab.composite_phone import KEYS, CompositePhone, key_of
from hw_tests.lab.faults import Effect, Fault, Op
from hw_tests.lab.sat_bridge import PASS_THROUGH_16, BridgedDrive
from hw_tests.lab.sata_drive import SANITIZE_KEYS, Ata, Sanitize, SataDrive
from hw_tests.lab.scsi_disk import (
    CHECK_CONDITION,
    FAULTS,
    GOOD,
    NO_MEDIUM,
    UNREAD,
    WRITE_PROTECTED,
    Opcode,
    ScsiDisk,
    Sense,
)
from hw_tests.lab.served_medium import ServedMedium
from hw_tests.lab.usb_phones import PhoneWithFiles
from hw_tests.lab.usb_words import (
    IN,
    Setup,
    Stall,
)
from hw_tests.phones.flash import Flash

SIZE_BYTES = 1 << 20
HIDDEN_BYTES = 64 << 10
SEED = 20261126
READ = WRITE = ">BxIxHx"


def get_descriptor(kind: int, number: int = 0, length: int = 255) -> Setup:
    """Return the request for a descriptor."""
    value = kind << 8 | number
    return Setup(request_type=IN, request=6, value=value, index=0, length=length)


def drive(*, hidden_bytes: int = 0) -> SataDrive:
    """Return a drive full of what somebody wrote."""
    medium = ServedMedium(SIZE_BYTES)
    medium.plant(0, b"\x55" * SIZE_BYTES)
    return SataDrive(medium, serial="UNIT01", hidden_bytes=hidden_bytes)


def pass_through(command: Ata, **registers: int) -> bytes:
    """Return ATA PASS-THROUGH (16) for a command that moves data, or none."""
    lba = registers.get("lba", 0).to_bytes(6, "little")
    features, count = registers.get("features", 0), 0
    pairs = [(0, features), (0, count), (lba[3], lba[0]), (lba[4], lba[1]), (lba[5], lba[2])]
    body = bytes(byte for pair in pairs for byte in pair)
    return bytes([PASS_THROUGH_16, 1, 0x20]) + body + bytes([0, command, 0])


def ask(storage: MassStorage, words: bytes, length: int, data: bytes = b"") -> tuple[int, bytes]:
    """Send a command through the transport; return its status and what came back."""
    reads = not data
    head = (b"USBC", 7, length, IN * reads, 0, len(words), words)
    storage.out(1, WRAPPER.pack(*head))
    if data:
        storage.out(1, data)
    came = storage.take(IN | 1, length) if reads and length else b""
    wrapped = storage.take(IN | 1, 13)
    assert came is not None
    assert wrapped is not None
    magic, tag, residue, status = STATUS.unpack(wrapped)
    assert (magic, tag) == (b"USBS", 7)
    return status, came[: length - residue] if reads else came


# --- chapter 9 -----------------------------------------------------------------------------------


def test_descriptors__of_a_composite_device__are_as_long_as_they_say() -> None:
    """A configuration holds whole descriptors, as many interfaces and endpoints as it says."""
    whole = CompositePhone().control(get_descriptor(2))
    (length,) = struct.unpack_from("<H", whole, 2)
    assert length == len(whole)
    kinds, at = [], 0
    while at < length:
        kinds.append(whole[at + 1])
        at += whole[at]
    assert at == length
    assert (kinds.count(4), kinds.count(5), whole[4]) == (5, 6, 4)


def test_descriptor__asked_in_part__is_cut() -> None:
    """No answer is longer than what was asked for."""
    assert len(CompositePhone().control(get_descriptor(2, length=9))) == 9


@pytest.mark.parametrize("kind", [0, 9, 255])
def test_descriptor__unknown__stalls(kind: int) -> None:
    """What a device does not have it refuses."""
    with pytest.raises(Stall):
        CompositePhone().control(get_descriptor(kind))


def test_serial__none__has_no_index_and_no_string() -> None:
    """A device without a serial says so in its descriptor."""
    bridge = BridgedDrive(drive(), serial=None)
    assert bridge.control(get_descriptor(1))[16] == 0
    with pytest.raises(Stall):
        bridge.control(get_descriptor(3, 3))


def test_requests__drawn_at_random__answered_or_stalled() -> None:
    """Whatever a computer asks, a device answers within the length or stalls."""
    chance, phone = random.Random(SEED), CompositePhone()
    for _ in range(5000):
        kind, request, length = chance.choice((0, 1, 2, IN, IN | 1, 0x21, 0xA1)), 0, 64
        request, value = chance.randrange(256), chance.randrange(1 << 16)
        setup = Setup(
            request_type=kind,
            request=request,
            value=value,
            index=chance.randrange(8),
            length=length,
        )
        try:
            assert len(phone.control(setup)) <= length
        except Stall:
            continue


# --- the phone -----------------------------------------------------------------------------------


def test_phone__only_looked_at__remembers_that_nobody_used_it() -> None:
    """Reading descriptors, as a kernel does with a device it does not authorize, is no use."""
    phone = CompositePhone()
    for kind in (1, 2, 6):
        phone.control(get_descriptor(kind))
    phone.reset()
    assert not phone.was_configured
    assert not phone.keyboard_was_polled


def test_phone__typed_before_anybody_listens__types_it_once_after_the_reset() -> None:
    """Keys wait for a computer that asks for them."""
    phone = CompositePhone()
    phone.type("aB")
    phone.reset()
    phone.configure(1)
    phone.poll(KEYS)
    reports = [phone.take(KEYS, 8) for _ in range(5)]
    assert [report and (report[0], report[2]) for report in reports] == [
        *((0, 4), (0, 0), (2, 5), (0, 0)),
        None,
    ]
    assert phone.keyboard_was_polled
    assert phone.key_reports_taken == 4


def test_key__not_on_the_keyboard__refused() -> None:
    """A character that cannot be typed is an error, not another key."""
    with pytest.raises(ValueError, match="é"):
        key_of("é")


# --- mass storage --------------------------------------------------------------------------------


def test_storage__written_and_read__moves_the_bytes() -> None:
    """Sectors come back as they were written, through wrappers and status."""
    storage = MassStorage([ScsiDisk(ServedMedium(SIZE_BYTES))])
    data = random.Random(SEED).randbytes(4096)
    assert ask(storage, struct.pack(WRITE, Opcode.WRITE_10, 8, 8), 4096, data) == (GOOD, b"")
    assert ask(storage, struct.pack(READ, Opcode.READ_10, 8, 8), 4096) == (GOOD, data)


@pytest.mark.parametrize("wrapper", [b"", b"USBC", bytes(31), b"USBC" + b"\xff" * 27])
def test_storage__no_command__stalls(wrapper: bytes) -> None:
    """What is no wrapper halts the pipe and changes nothing."""
    with pytest.raises(Stall):
        MassStorage([ScsiDisk(None)]).out(1, wrapper)


def test_storage__medium_hangs__gives_no_status_and_listens_after_a_reset() -> None:
    """A dead command has no answer, ever; a reset brings the device back."""
    medium = ServedMedium(SIZE_BYTES, Fault(effect=Effect.HANG, op=Op.READ))
    storage = MassStorage([ScsiDisk(medium)])
    words = struct.pack(READ, Opcode.READ_10, 0, 1)
    storage.out(1, WRAPPER.pack(b"USBC", 7, 512, IN, 0, len(words), words))
    assert storage.take(IN | 1, 512) is None
    assert storage.hung == 1
    storage.reset()
    assert ask(storage, bytes(6), 0) == (GOOD, b"")


@pytest.mark.parametrize(("number", "sense"), [(5, UNREAD), *FAULTS.items()])
def test_disk__fault_of_the_medium__becomes_sense_data(number: int, sense: Sense) -> None:
    """Each error number of a script is told as one reason, once."""
    disk = ScsiDisk(ServedMedium(SIZE_BYTES, Fault(effect=Effect.ERROR, op=Op.READ, errno=number)))
    assert disk.execute(struct.pack(READ, Opcode.READ_10, 0, 1), b"")[0] == CHECK_CONDITION
    _, told = disk.execute(bytes([Opcode.REQUEST_SENSE]).ljust(6, b"\0"), b"")
    assert told == sense.encode()
    assert disk.sense.key == 0


def test_disk__slot_without_a_card_and_locked_card__refuse() -> None:
    """No medium is "not ready", a locked one takes no writes."""
    disk = ScsiDisk(None, removable=True)
    assert disk.execute(bytes(6), b"")[0] == CHECK_CONDITION
    assert disk.sense == NO_MEDIUM
    disk.change_medium(ServedMedium(SIZE_BYTES))
    disk.write_protected = True
    assert disk.execute(bytes(6), b"")[0] == CHECK_CONDITION, "there is a new one"
    assert disk.execute(bytes(6), b"")[0] == GOOD
    words = struct.pack(WRITE, Opcode.WRITE_10, 0, 1)
    assert disk.execute(words, bytes(512))[0] == CHECK_CONDITION
    assert disk.sense == WRITE_PROTECTED


# --- the drive -----------------------------------------------------------------------------------


def test_identify__any_state__has_a_right_checksum() -> None:
    """All 512 bytes add up to zero, as the drive claims."""
    for made in (drive(), drive(hidden_bytes=HIDDEN_BYTES)):
        assert sum(made.identify()) % 256 == 0


def test_bridge__hidden_area__ends_before_it_and_refuses_to_go_beyond() -> None:
    """What is hidden has no address until the end is moved."""
    made = drive(hidden_bytes=HIDDEN_BYTES)
    bridge = BridgedDrive(made).bridge
    last = struct.pack(READ, Opcode.READ_10, SIZE_BYTES // 512 - 1, 1)
    assert bridge.execute(last, b"")[0] == CHECK_CONDITION
    moved = pass_through(Ata.SET_MAX_EXT, lba=SIZE_BYTES // 512 - 1)
    assert bridge.execute(moved, b"")[0] == CHECK_CONDITION
    assert bridge.sense.key == 1, "its registers were wanted"
    assert bridge.execute(last, b"") == (GOOD, b"\x55" * 512)


@pytest.mark.parametrize("lies", [False, True])
def test_sanitize__with_its_key__erases_unless_the_drive_lies(lies: bool) -> None:
    """Status and codes are the same; the medium is not."""
    made = drive(hidden_bytes=HIDDEN_BYTES)
    made.erase_lies = lies
    bridge = BridgedDrive(made).bridge
    wrong = pass_through(Ata.SANITIZE, features=Sanitize.BLOCK_ERASE, lba=1)
    bridge.execute(wrong, b"")
    assert bridge.sense.key == 0x0B, "aborted without its key"
    key = SANITIZE_KEYS[Sanitize.BLOCK_ERASE]
    bridge.execute(pass_through(Ata.SANITIZE, features=Sanitize.BLOCK_ERASE, lba=key), b"")
    assert bridge.sense.key == 1
    assert any(made.medium.truth()) is lies


def test_security__frozen__refuses_all_but_freezing() -> None:
    """A frozen drive aborts whatever would change its security."""
    made = drive()
    bridge = BridgedDrive(made).bridge
    bridge.execute(pass_through(Ata.SECURITY_FREEZE), b"")
    for command in (Ata.SECURITY_SET_PASSWORD, Ata.SECURITY_ERASE_PREPARE, Ata.SECURITY_UNLOCK):
        bridge.execute(pass_through(command), bytes(512))
        assert bridge.sense.key == 0x0B
    assert not made.security.enabled


def test_super_speed__descriptors__say_what_usb_3_asks_for() -> None:
    """Its version and sizes, a companion after each endpoint, what else it can, no qualifier."""
    phone = PhoneWithFiles(Flash())
    slow = phone.control(get_descriptor(2))
    with pytest.raises(Stall):
        phone.control(get_descriptor(15))
    phone.super_speed = True
    device, fast = phone.control(get_descriptor(1)), phone.control(get_descriptor(2))
    assert (device[2:4], device[7]) == (b"\x00\x03", 9)
    assert len(fast) == len(slow) + 6 * len(phone.endpoints) == fast[2]
    sizes = {part[4:6] for part in parts_of(fast) if part[1] == 5 and part[3] == 2}
    assert sizes == {(1024).to_bytes(2, "little")}
    kinds = [part[1] for part in parts_of(fast)]
    assert [after for end, after in itertools.pairwise(kinds) if end == 5] == [0x30] * len(
        phone.endpoints
    )
    can_do = phone.control(get_descriptor(15))
    assert [part[1] for part in parts_of(can_do)] == [15, 16, 16]
    with pytest.raises(Stall):
        phone.control(get_descriptor(6))


def parts_of(descriptors: bytes) -> list[bytes]:
    """Cut descriptors that follow each other apart."""
    parts = []
    while descriptors:
        parts.append(descriptors[: descriptors[0]])
        descriptors = descriptors[descriptors[0] :]
    return parts
