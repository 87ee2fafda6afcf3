"""Which jobs were done on the device of a ticket, and what was signed about the last of them. I/O.

What the log says counts: which job began after the device was taken in, and which document came of
it. Which device a job is about stands in its journal.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from certs.bundle import read_bundle
from certs.canonical import JsonObject, decode
from certs.errors import CertificateError
from certs.formats.head_v1 import Reference
from certs.layout import DocumentType
from certs.log.entry import ENDS_CUSTODY, Entry, EntryKind
from certs.text import Text
from wipe_station import release
from wipe_station.errors import EvidenceError
from wipe_station.records import DeviceFacts
from wipe_station.station_log import StationLog
from wipe_station.ticket import Ticket
from wipe_station.ticket_identifiers import UNIQUE_KINDS

NAMES_ERASURE: Final = frozenset({EntryKind.RETURN, EntryKind.DESTRUCTION, EntryKind.TRANSFER})
"""Events whose notice names the document of the erasure, if there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What tickets see of the station around them."""

    device: Callable[[str], DeviceFacts]
    """Returns what is plugged in under a node or a stable id."""
    job_ids: Callable[[], tuple[str, ...]]
    """Returns all jobs; an id begins with the time at which its job began."""
    plan: Callable[[str], JsonObject]
    """Returns what a job of any kind was planned to do, and to which device; empty where its
    journal has no first record."""


def jobs_since(ticket: Ticket, look: Surroundings) -> Iterator[str]:
    """Return the jobs on a ticket's device since it was taken in, by the station's clock.

    Raises:
        EvidenceError: the journal of a job since then cannot be trusted.
    """
    theirs, accepted = release.identifiers_of(ticket), ticket.events[0].at
    since = accepted.replace("-", "").replace(":", "")
    for job_id in filter(lambda begun: begun >= since, look.job_ids()):
        plan = look.plan(job_id)
        # One without a plan stopped before its journal had a first record, and did nothing.
        if theirs and plan and theirs <= release.identifiers_in(plan["device"]):
            yield job_id


def erasure_of(ticket: Ticket, look: Surroundings, log: StationLog) -> Reference | None:
    """Return the newest document about the erasure of a ticket's device.

    Args:
        ticket: with its opening.
        look: what is known of jobs.
        log: the ticket's own.

    Returns:
        None where there is none, or where nothing that the ticket says tells its device from others
        of the kind: then nobody can say whose document it is.

    Raises:
        EvidenceError: a journal or the log cannot be trusted.
    """
    if not _tells_apart(ticket):
        return None
    accepted = ticket.events[0].index or 0
    since = jobs_since(ticket, look)
    begun = {job for job in since if _beginning(job, log, accepted) is not None}

    def about(entry: Entry) -> bool:
        return entry.kind is EntryKind.OUTCOME and entry.fields["job"] in begun

    index = log.newest(about, accepted)
    entry = None if index is None else log.entry(index)
    if entry is None:
        return None
    return Reference(
        document=entry.fields["document"],
        document_sha256=entry.fields["document_sha256"],
        document_type=DocumentType(entry.fields["type"]),
    )


def ticket_of(
    job_id: str, tickets: Iterable[Ticket], look: Surroundings, log_of: Callable[[bool], StationLog]
) -> str | None:
    """Return the number of the ticket under which a job's device was here when the job began.

    Args:
        job_id: the job's.
        tickets: of the station, those that are over, too.
        look: what is known of jobs.
        log_of: returns the log for practice, or the other one.

    Returns:
        None where no ticket is known, or more than one could be.

    Raises:
        EvidenceError: the job's journal or the log cannot be trusted.
    """
    plan = look.plan(job_id)
    if not plan:
        return None
    practice, calls_itself = plan["practice"] is True, release.identifiers_in(plan["device"])
    begun = _beginning(job_id, log_of(practice), 0)
    found = [
        ticket.number
        for ticket in tickets
        if ticket.practice == practice
        and _tells_apart(ticket)
        and release.identifiers_of(ticket) <= calls_itself
        and begun is not None
        and _was_here(ticket, begun)
    ]
    return found[0] if len(found) == 1 else None


def _tells_apart(ticket: Ticket) -> bool:
    """Tell whether a ticket says something of its device that no other device says."""
    return any(kind in UNIQUE_KINDS for kind, _ in release.identifiers_of(ticket))


def _was_here(ticket: Ticket, index: int) -> bool:
    """Tell whether a ticket's device was in custody when an entry was made."""
    ends = [e.index for e in ticket.events if e.kind in ENDS_CUSTODY and e.index is not None]
    accepted = ticket.events[0].index
    return accepted is not None and accepted < index and all(index < end for end in ends)


def statement_of(named: Reference, bundles: Path) -> JsonObject:
    """Return what a document says that the log names.

    Args:
        named: by its very bytes.
        bundles: where the station's documents lie.

    Raises:
        EvidenceError: it is gone, or another one lies there.
    """
    try:
        document = read_bundle(bundles / named.document).document
    except (OSError, CertificateError) as error:
        raise _lost(named) from error
    if sha256(document).hexdigest() != named.document_sha256:
        raise _lost(named)
    return decode(document)


def _lost(named: Reference) -> EvidenceError:
    return EvidenceError(
        Text(
            zh=f"日志里有文件 {named.document}，本机的不是它。",
            en=f"The log has document {named.document}; what lies here is not that one.",
        ),
        hint=Text(
            zh="停下，叫工程师：拿备份恢复 bundles 文件夹。",
            en="Stop and call an engineer: restore the folder bundles from a copy.",
        ),
    )


def _beginning(job: str, log: StationLog, since: int) -> int | None:
    """Return the index of the entry that a job began, if there is one since a place."""

    def begins(entry: Entry) -> bool:
        return entry.kind is EntryKind.START and entry.fields["job"] == job

    return log.newest(begins, since)
