"""A phone that shows its files over MTP on USB: who it is, and a canary. I/O.

``with mtp_over_usb("1-4.2") as phone: phone.look("canary")``. Nothing of the owner's is read but
the names in the roots, and those are compared and forgotten.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from certs.text import Text
from wipe_station.codec.usb import Triple
from wipe_station.errors import (
    CommandRejectedError,
    CommandTimeoutError,
    DeviceError,
    MalformedReplyError,
)
from wipe_station.phone_links.usb_bulk import BulkPipe
from wipe_station.phones import mtp
from wipe_station.phones.android_after import MADE_BY_ITSELF, PERSONAL_FOLDERS
from wipe_station.phones.facts import PhoneFacts
from wipe_station.phones.mtp import Code, Outcome, Request, Transaction
from wipe_station.phones.mtp_data import (
    DeviceInfo,
    Look,
    Storage,
    facts_of,
    file_info,
    is_named,
    parse_device_info,
    parse_handles,
    parse_storage_ids,
    parse_storage_info,
)
from wipe_station.phones.usb_modes import IMAGING, MTP_NAME, OLD_MTP

ANSWER_S: Final = 15.0
"""For one operation; a phone with many files takes seconds to list them [M]."""
MOST_NAMES: Final = 2000
"""So many objects of a root are asked for their names; beyond that the canary is unknown."""
_GOING_ON: Final = frozenset({Code.OK, Code.SESSION_ALREADY_OPEN})


class Pipe(Protocol):
    """Carries transfers."""

    packet_bytes: int

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send one transfer."""

    def receive(self, timeout_s: float) -> bytes:
        """Return what one transfer brought."""


class MtpPhone:
    """Asks a phone, one operation at a time."""

    def __init__(self, pipe: Pipe, name: str, usb_path: str | None = None) -> None:
        """Take a pipe that is open; whoever opened it closes it.

        Args:
            pipe: to the phone.
            name: of the phone in errors.
            usb_path: where it hangs, if on USB.
        """
        self._pipe, self._name, self._usb_path = pipe, name, usb_path
        self._number = 0

    def ask(self, request: Request) -> Outcome:
        """Have one operation done; a refusal is a value.

        Raises:
            CommandTimeoutError: the answer is not whole in time; what was done is unknown.
            DeviceGoneError: the phone left.
            MalformedReplyError: what it said is no answer.
        """
        transaction = Transaction(request, self._number)
        self._number += 1
        ends = time.monotonic() + ANSWER_S
        for each in transaction.to_send():
            self._pipe.send(each, ANSWER_S)
            if len(each) % self._pipe.packet_bytes == 0:
                self._pipe.send(b"", ANSWER_S)  # tells that it ends here
        while True:
            left_s = ends - time.monotonic()
            if left_s <= 0:
                raise self._late()
            outcome = transaction.feed(self._pipe.receive(left_s))
            if outcome is not None:
                return outcome

    def open(self) -> None:
        """Begin a session.

        Raises:
            CommandRejectedError: the phone refuses one.
        """
        self._number = 0
        self._done(self.ask(mtp.open_session()), _GOING_ON)

    def close(self) -> None:
        """End the session, if the phone is still there to hear it."""
        with suppress(DeviceError, MalformedReplyError):
            self.ask(mtp.close_session())

    def device_info(self) -> DeviceInfo:
        """Return what the phone says that it is."""
        return parse_device_info(self._done(self.ask(mtp.device_info())).data)

    def storages(self) -> tuple[Storage, ...]:
        """Return the storages that the phone shows: none, while its screen is locked."""
        ids = parse_storage_ids(self._done(self.ask(mtp.storage_ids())).data)
        said = [(each, self.ask(mtp.storage_info(each))) for each in ids]
        return tuple(parse_storage_info(out.data, each) for each, out in said if out.ok)

    def facts(self) -> PhoneFacts:
        """Return what MTP knows of the phone."""
        return facts_of(self.device_info(), self._usb_path, self.storages())

    def put(self, storage: Storage, name: str, content: bytes) -> int | Code:
        """Put a file of ours into the root of a storage.

        Returns:
            its handle in this session, or why the phone refuses. A handle is the phone's word:
            ``look`` shows whether the file is there.
        """
        info = file_info(storage.storage_id, name, len(content))
        said = self.ask(mtp.announce_object(storage.storage_id, info))
        if not said.ok or len(said.parameters) < 3:
            return Code.OTHER if said.ok else said.code
        sent = self.ask(mtp.send_object(content))
        return said.parameters[2] if sent.ok else sent.code

    def delete(self, handle: int) -> Outcome:
        """Delete a file that ``put`` has made in this session."""
        return self.ask(mtp.delete_object(handle))

    def look(self, canary: str) -> Look:
        """See what is in the roots of all storages.

        Args:
            canary: the name to compare with.

        Returns:
            what was seen; a canary is absent only if every name of every storage was seen, and
            there was a storage to see.
        """
        ids = parse_storage_ids(self._done(self.ask(mtp.storage_ids())).data)
        storages = self.storages()
        count, found, complete = 0, False, bool(ids) and len(storages) == len(ids)
        for storage in storages:
            listed = self.ask(mtp.root_handles(storage.storage_id))
            handles = parse_handles(listed.data) if listed.ok else ()
            named = [self._is_named(each, canary) for each in handles[:MOST_NAMES]]
            found |= True in named
            complete &= listed.ok and None not in named and len(handles) == len(named)
            count += len(handles)
        seen = True if found else False if complete else None
        return Look(storages=storages, objects=count if complete else None, canary=seen)

    def personal_files(self) -> int | None:
        """Count what lies in the phone's own storages in folders that a new phone has empty.

        Returns:
            None if one of them could not be seen; names are not kept.
        """
        count = 0
        for storage in (each for each in self.storages() if not each.removable):
            listed = self.ask(mtp.root_handles(storage.storage_id))
            handles = parse_handles(listed.data) if listed.ok else ()
            personal = [self._is_personal(each) for each in handles[:MOST_NAMES]]
            if not listed.ok or None in personal or len(handles) > len(personal):
                return None
            for handle, wanted in zip(handles, personal, strict=True):
                inside = self._entries(storage, handle) if wanted else 0
                if inside is None:
                    return None
                count += inside
        return count

    def _entries(self, storage: Storage, folder: int) -> int | None:
        listed = self.ask(mtp.handles_in(storage.storage_id, folder))
        if not listed.ok:
            return None
        handles = parse_handles(listed.data)
        alone = len(handles) == 1 and self._is_named(handles[0], MADE_BY_ITSELF)
        return 0 if alone else len(handles)

    def _is_personal(self, handle: int) -> bool | None:
        said = self.ask(mtp.object_info(handle))
        return any(is_named(said.data, each) for each in PERSONAL_FOLDERS) if said.ok else None

    def _is_named(self, handle: int, name: str) -> bool | None:
        said = self.ask(mtp.object_info(handle))
        return is_named(said.data, name) if said.ok else None

    def _done(self, said: Outcome, good: frozenset[Code] = frozenset({Code.OK})) -> Outcome:
        """Return an outcome that was a yes.

        Raises:
            CommandRejectedError: it was a no.
        """
        if said.code in good:
            return said
        why = said.code.name.lower().replace("_", " ")
        raise CommandRejectedError(
            Text(zh=f"手机拒绝（{why}）。", en=f"The phone refuses: {why}."),
            hint=Text(zh="请机主解锁，再插一次。", en="Have it unlocked, and plug it in again."),
            device_id=self._name,
        )

    def _late(self) -> CommandTimeoutError:
        return CommandTimeoutError(
            Text(zh=f"{self._name} 没有按时回答。", en=f"{self._name} did not answer in time."),
            hint=Text(
                zh="看看手机屏幕有没有锁，再试一次。",
                en="See whether its screen is locked, and try again.",
            ),
            device_id=self._name,
        )


@contextmanager
def session(pipe: Pipe, usb_path: str) -> Iterator[MtpPhone]:
    """Speak with a phone over a pipe that is open, in a session."""
    phone = MtpPhone(pipe, usb_path, usb_path)
    phone.open()
    try:
        yield phone
    finally:
        phone.close()


@contextmanager
def mtp_over_usb(usb_path: str) -> Iterator[MtpPhone]:
    """Speak with the phone at a port, and no other, in a session.

    Raises:
        DeviceGoneError: nothing hangs there.
        DeviceError: what hangs there shows no files, or refuses.
    """
    with pipe_over_usb(usb_path) as pipe, session(pipe, usb_path) as phone:
        yield phone


def pipe_over_usb(usb_path: str) -> BulkPipe:
    """Return a pipe to the phone at a port; raises like ``mtp_over_usb``."""
    return BulkPipe(usb_path, _speaks_mtp)


def _speaks_mtp(triple: Triple) -> bool | str:
    """Tell the interface; older phones have one that only its name tells from a maker's."""
    said = (triple.class_code, triple.subclass, triple.protocol)
    return MTP_NAME if said == OLD_MTP else said == IMAGING
