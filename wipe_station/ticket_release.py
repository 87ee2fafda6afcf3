"""Whether a certificate lets a device go: what ``release`` wants to see, fetched. I/O."""

import hashlib
from pathlib import Path

from certs.bundle import read_bundle
from certs.errors import CertificateError
from certs.layout import Bundle
from certs.log.entry import EntryKind
from certs.log.proof import parse_proof
from certs.text import Text
from certs.verify import verify
from wipe_station import release
from wipe_station.clock import Clock
from wipe_station.corrections import is_corrected
from wipe_station.errors import CustodyError
from wipe_station.issuer import Seals
from wipe_station.ledger import Ledger
from wipe_station.ticket import Ticket
from wipe_station.ticket_values import ReleaseRequest


class Releases:
    """Looks at certificates for the sake of tickets."""

    def __init__(self, clock: Clock, seals: Seals, ledger: Ledger, bundles: Path) -> None:
        self._clock = clock
        self._seals = seals
        self._ledger = ledger
        self._bundles = bundles

    def require_erased(self, ticket: Ticket, asked: ReleaseRequest) -> None:
        """Refuse unless this certificate of ours is about this device, since it was taken in.

        Raises:
            CustodyError: naming what is wrong.
            EvidenceError: another ticket or the log cannot be trusted.
        """
        release.check_consent(ticket)
        bundle = self._own_bundle(asked)
        try:
            verdict = verify(
                bundle,
                root_pem=self._seals.root_pem(practice=ticket.practice),
                allow_practice=ticket.practice,
                now=self._clock.utc(),
            )
        except CertificateError as error:
            message, layer = error.message, error.layer.value
            raise CustodyError(
                Text(
                    zh=f"不能放行：{message.zh}（{layer}）",
                    en=f"Not released: {message.en} ({layer})",
                ),
                hint=error.hint,
            ) from error
        release.check_verdict(ticket, verdict)
        self._require_logged(ticket, bundle, asked)
        device = verdict.statement["device"]
        release.check_device(ticket, device)
        release.check_others(ticket, self._ledger.agreed(), asked.document, device)

    def _own_bundle(self, asked: ReleaseRequest) -> Bundle:
        try:
            bundle = read_bundle(self._bundles / asked.document)
        except (OSError, CertificateError):
            release.refuse_unknown(asked.document)
        if hashlib.sha256(bundle.document).hexdigest() != asked.document_sha256:
            release.refuse_unknown(asked.document)
        return bundle

    def _require_logged(self, ticket: Ticket, bundle: Bundle, asked: ReleaseRequest) -> None:
        """Refuse what the ticket's log does not have, has from before, or has a correction of."""
        log = self._seals.log(practice=ticket.practice)
        at = parse_proof(bundle.proof).index if bundle.proof else None
        entry = None if at is None else log.entry(at)
        if entry is None or entry.fields.get("document_sha256") != asked.document_sha256:
            release.refuse_foreign(asked.document)
        job, accepted = entry.fields["job"], ticket.events[0].index
        began = log.newest(
            lambda e: e.kind is EntryKind.START and e.fields["job"] == job, accepted or 0
        )
        if began is None:
            release.refuse_early(asked.document)
        if is_corrected(log, asked.document, at or 0):
            release.refuse_corrected(asked.document)
