"""Fastboot over TCP: Debian's own client and ours before the same boot loaders.

What counts is what is left on the phone, not what anybody said.
"""

import subprocess
from collections import deque

import pytest

from certs.text import Text
from hw_tests.phones.fastboot import FastbootEngine, Manner, TcpPhone, listening
from hw_tests.phones.flash import Flash
from wipe_station.errors import (
    CommandTimeoutError,
    DeviceError,
    DeviceGoneError,
    MalformedReplyError,
)
from wipe_station.phone_links import fastboot as link
from wipe_station.phone_links.fastboot import FastbootPhone, fastboot_over_tcp
from wipe_station.phones.fastboot import Because, Okay, Partition, Refused, Target, getvar

LIMIT_S = 30.0
NOTHING = Text(zh="什么也没有。", en="Nothing.")


def debian(phone: TcpPhone, *words: str) -> tuple[int, str]:
    """Run Debian's client; return its exit code and what it said."""
    done = subprocess.run(
        ["fastboot", "-s", f"tcp:127.0.0.1:{phone.port}", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=LIMIT_S,
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def test_debians_fastboot__every_variable__said_and_understood() -> None:
    """The real client reads what the simulator says, all of it."""
    with listening(Flash(), Manner.HONEST) as phone:
        code, said = debian(phone, "getvar", "all")
        assert code == 0
        for name, value in phone.engine.variables.items():
            assert f"{name}: {value}" in said


def test_debians_fastboot__erase_and_reboot__done() -> None:
    """The real client erases both partitions, and the phone leaves when it is told to."""
    flash = Flash()
    with listening(flash, Manner.HONEST) as phone:
        assert debian(phone, "erase", "userdata")[0] == 0
        assert debian(phone, "erase", "metadata")[0] == 0
        assert debian(phone, "reboot")[0] == 0
        assert phone.engine.gone_to == "reboot"
    assert flash.erased == ["userdata", "metadata"]
    assert not flash.holds_the_owners


def test_debians_fastboot__locked__refused() -> None:
    """The real client fails where the boot loader is locked, and nothing is erased."""
    flash = Flash()
    with listening(flash, Manner.LOCKED) as phone:
        code, said = debian(phone, "erase", "userdata")
    assert code == 1
    assert "not allowed in Lock State" in said
    assert flash.holds_the_owners


def test_ours__same_boot_loader__same_answers_as_debians() -> None:
    """Two clients, one phone: what one is told the other is told as well."""
    with listening(Flash(), Manner.HONEST) as phone:
        _, said = debian(phone, "getvar", "product")
        with fastboot_over_tcp("127.0.0.1", phone.port) as ours:
            facts = ours.facts()
            nothing = ours.ask(getvar("no-such-thing"), LIMIT_S)
    assert f"product: {facts.model}" in said
    assert (facts.serial, facts.bootloader_locked) == ("SIMFB0001", False)
    assert isinstance(nothing, Refused)


def test_ours__erase_and_reboot__done_in_the_order_of_safety() -> None:
    """The key goes first, then the data, and nothing else."""
    flash = Flash()
    with listening(flash, Manner.HONEST) as phone:
        with fastboot_over_tcp("127.0.0.1", phone.port) as ours:
            said = ours.erase()
            left = ours.reboot(Target.SYSTEM)
        assert phone.engine.commands == ["erase:metadata", "erase:userdata", "reboot"]
    assert said.all_accepted
    assert isinstance(left, Okay)
    assert not flash.holds_the_owners


def test_ours__no_metadata__the_rest_is_erased() -> None:
    """An older phone has no such partition; that ends nothing."""
    flash = Flash()
    with (
        listening(flash, Manner.HONEST, has_metadata=False) as phone,
        fastboot_over_tcp("127.0.0.1", phone.port) as ours,
    ):
        said = ours.erase()
    assert said.all_accepted
    assert flash.erased == ["userdata"]


def test_ours__locked__a_value_and_no_error() -> None:
    """A locked boot loader says no; that is an answer, and nothing more is tried."""
    flash = Flash()
    with listening(flash, Manner.LOCKED) as phone:
        with fastboot_over_tcp("127.0.0.1", phone.port) as ours:
            said = ours.erase()
            assert ours.facts().bootloader_locked is True
        assert phone.engine.commands[0] == "erase:metadata"
        assert "erase:userdata" not in phone.engine.commands
    assert said.locked
    assert not said.all_accepted
    answer = said.answers[Partition.METADATA]
    assert isinstance(answer, Refused)
    assert answer.because is Because.LOCKED
    assert flash.holds_the_owners


def test_ours__phone_that_lies__a_claim_and_no_fact() -> None:
    """A phone that says OKAY and erases nothing: we have its word, and no fact about its data."""
    flash = Flash()
    with (
        listening(flash, Manner.LIES) as phone,
        fastboot_over_tcp("127.0.0.1", phone.port) as ours,
    ):
        before = ours.facts()
        said = ours.erase()
        after = ours.facts()
    assert flash.holds_the_owners
    assert said.all_accepted, "its word"
    assert after == before, "nothing that it says afterwards looks like an erased phone"
    assert after.set_up is None
    assert after.accounts is None


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        (Manner.MUTE, CommandTimeoutError),
        (Manner.BABBLES, MalformedReplyError),
        (Manner.LEAVES, DeviceGoneError),
    ],
)
def test_ours__no_last_word__typed_error(
    monkeypatch: pytest.MonkeyPatch, manner: Manner, error: type[Exception]
) -> None:
    """Silence, noise and a pulled cable are told apart; none of them is an answer."""
    monkeypatch.setattr(link, "ERASE_S", 0.2 if manner is Manner.MUTE else LIMIT_S)
    flash = Flash()
    with (
        listening(flash, manner) as phone,
        fastboot_over_tcp("127.0.0.1", phone.port) as ours,
        pytest.raises(error),
    ):
        ours.erase()
    assert flash.holds_the_owners


class Loopback:
    """A wire to a boot loader in this process; it outlives whoever speaks over it, as USB does."""

    def __init__(self, flash: Flash, manner: Manner) -> None:
        self._came = deque[bytes]()
        self.engine = FastbootEngine(flash, self._came.append, manner=manner)

    def send(self, packet: bytes, timeout_s: float) -> None:
        """Hand a packet to the phone."""
        assert timeout_s > 0
        self.engine.feed(packet)

    def receive(self, timeout_s: float) -> bytes:
        """Return the next packet; there is nothing to wait for here."""
        assert timeout_s > 0
        if not self._came:
            raise CommandTimeoutError(NOTHING, hint=NOTHING)
        return self._came.popleft()


def test_ours__answer_that_comes_late__is_nobodys_yes() -> None:
    """An OKAY to an erase that was given up is not taken for the answer to another one."""
    flash = Flash()
    wire = Loopback(flash, Manner.LATE)
    phone = FastbootPhone(wire, "sim")
    with pytest.raises(CommandTimeoutError):
        phone.erase()
    with pytest.raises(DeviceError, match="do not belong"):
        phone.erase()
    assert wire.engine.commands == ["erase:metadata"], "nothing more is sent by who is out of step"
    with pytest.raises(DeviceError, match="do not belong"):
        FastbootPhone(wire, "sim").require_in_step()
    assert flash.holds_the_owners


@pytest.mark.parametrize("manner", [Manner.HONEST, Manner.LOCKED])
def test_ours__in_step__goes_on(manner: Manner) -> None:
    """A phone whose answers are its own is not suspected."""
    FastbootPhone(Loopback(Flash(), manner), "sim").require_in_step()


def test_ours__nobody_listens__typed_error() -> None:
    """A port where no phone is."""
    with listening(Flash(), Manner.HONEST) as phone:
        port = phone.port
    with pytest.raises(DeviceGoneError), fastboot_over_tcp("127.0.0.1", port):
        pass
