"""Whether a certificate lets a device go. Pure.

A device without a verified erasure cannot be released. So the document must be a certificate of
erasure of this very station, in this ticket's own log, about a job that began after the device was
taken in, about a device that says of itself what the ticket says; no correction may stand against
it, and it lets one device go, once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from certs.text import Text
from certs.verdict import Status, Verdict
from wipe_station.errors import CustodyError
from wipe_station.ticket import Consent, Ticket
from wipe_station.ticket_identifiers import named
from wipe_station.units import printable

_HINT: Final = Text(
    zh="设备留在店里。清除它，再用它自己的证明放行。",
    en="The device stays. Wipe it, then release it with its own certificate.",
)


def check_consent(ticket: Ticket) -> None:
    """Refuse a device whose owner never agreed that it is erased.

    Raises:
        CustodyError: she did not.
    """
    if Consent.ERASE not in ticket.consents:
        _refuse(
            "顾客没有同意清除",
            "the customer did not agree to the erasure",
            Text(
                zh=f"先登记同意：wipe-station ticket consent {ticket.number} erase",
                en=f"Write her consent down: wipe-station ticket consent {ticket.number} erase",
            ),
        )


def check_verdict(ticket: Ticket, verdict: Verdict) -> None:
    """Refuse a document that certifies no erasure, or is practice for a device that is none.

    Raises:
        CustodyError: it does.
    """
    if verdict.status is not Status.ERASED:
        _refuse("这份文件没有证明设备清除了", "this document does not certify that it was erased")
    if verdict.statement["practice"] and not ticket.practice:
        _refuse("练习文件放行不了真设备", "a practice document releases no real device")


def check_device(ticket: Ticket, device: Mapping[str, Any]) -> None:
    """Refuse a certificate of another device; every identifier of the ticket must stand in it.

    Args:
        ticket: of the device.
        device: of the certificate's statement.

    Raises:
        CustodyError: one does not, naming both.
    """
    certified = identifiers_in(device)
    wanted = identifiers_of(ticket)
    for kind, value in sorted(wanted - certified):
        others = sorted(other for same, other in certified if same == kind)
        said = ", ".join(others) or "—"
        ours, theirs = printable(f"{kind} {value}"), printable(f"{kind} {said}")
        _refuse(
            f"不是同一台设备：单据上是 {ours}，证明里是 {theirs}",
            f"not the same device: the ticket says {ours}, the certificate says {theirs}",
        )


def check_others(ticket: Ticket, others: Iterable[Ticket], document: str, device: Any) -> None:  # noqa: ANN401 - JSON
    """Refuse a certificate that let another device go, or is about one that is still here.

    Args:
        ticket: of the device.
        others: every ticket of the station.
        document: the certificate's id.
        device: of its statement.

    Raises:
        CustodyError: naming that ticket.
    """
    certified = identifiers_in(device)
    for other in others:
        if other.number == ticket.number:
            continue
        if other.released_with == document:
            _refuse(
                f"这份证明已经放行过单号 {other.number}",
                f"this certificate has released ticket {other.number} already",
            )
        theirs = identifiers_of(other)
        if other.open and theirs and theirs <= certified:
            _refuse(
                f"这份证明说的是单号 {other.number} 的设备",
                f"this certificate is about the device of ticket {other.number}",
            )


def identifiers_of(ticket: Ticket) -> frozenset[tuple[str, str]]:
    """Return what a ticket says its device calls itself."""
    found = ticket.opening.device.identifiers if ticket.opening else ()
    return frozenset(named(each.kind, each.value) for each in found)


def identifiers_in(device: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return what a device calls itself in a statement or a plan."""
    return frozenset(named(each["kind"], each["value"]) for each in device["identifiers"])


def refuse_unknown(document: str) -> NoReturn:
    """Refuse what does not lie among this station's bundles, or is another document there."""
    _refuse(
        f"{document} 不是本机签发的证明",
        f"{document} is no document of this station",
        Text(
            zh="给出本机 bundles 文件夹里的证明。", en="Name a bundle in this station's own folder."
        ),
    )


def refuse_foreign(document: str) -> NoReturn:
    """Refuse what does not stand in the ticket's own log."""
    _refuse(
        f"{document} 不在这张单据的日志里",
        f"{document} does not stand in this ticket's log",
    )


def refuse_early(document: str) -> NoReturn:
    """Refuse an erasure from before the device was taken in: it may hold something again."""
    _refuse(
        f"{document} 的清除在收件之前就开始了",
        f"the erasure of {document} began before the device was taken in",
    )


def refuse_corrected(document: str) -> NoReturn:
    """Refuse what the station has taken back."""
    _refuse(f"{document} 已被更正，不能再用", f"{document} was corrected and does not count")


def _refuse(zh: str, en: str, hint: Text = _HINT) -> NoReturn:
    raise CustodyError(Text(zh=f"不能放行：{zh}。", en=f"Not released: {en}."), hint=hint)
