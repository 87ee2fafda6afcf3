"""Which documents of a station are wrong, and what its corrections say. I/O.

Nothing that was signed is changed: a correction is a document of its own, about the other's very
bytes, and the log names the one that is wrong. What the log says counts; the bundles are for
whoever asks why.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import RLock
from typing import Any, Final

from certs.bundle import read_bundle
from certs.canonical import JsonObject, decode
from certs.formats.correction_v1 import Corrected, Mistake, correction
from certs.formats.head_v1 import Reason, Reference
from certs.layout import Bundle, DocumentType
from certs.log.entry import SALT_BYTES, EntryKind
from certs.text import Text
from certs.verify import check_signed, verify
from wipe_station.clock import Clock, drawn_id, utc_text
from wipe_station.errors import InvalidInputError
from wipe_station.issuer import Seals
from wipe_station.ledger import Correction, Ledger
from wipe_station.signing import head_of, signed_by
from wipe_station.station_log import StationLog
from wipe_station.ticket import Event, Righted, committed
from wipe_station.ticket_values import CorrectRequest

_STEP: Final = re.compile(r"([A-Za-z0-9_]+)((?:\[[0-9]{1,5}\])*)")


class Corrections:
    """Signs that documents are wrong. Shares ledger and lock with the tickets."""

    def __init__(
        self, state: Path, clock: Clock, seals: Seals, ledger: Ledger, lock: RLock
    ) -> None:
        self._bundles = state / "bundles"
        self._clock = clock
        self._seals = seals
        self._ledger = ledger
        self._lock = lock

    def correct(self, asked: CorrectRequest) -> Righted:
        """Sign that a document of this station is wrong.

        Raises:
            InvalidInputError: no such document here, or it has no such field.
            CertificateError: what lies there is no genuine document.
            EvidenceError: log, keys or disk refuse.
        """
        with self._lock:
            self._ledger.heal()
            bundle, statement = self._genuine(asked.document)
            what = _mistake(bundle, statement, asked)
            for name, earlier in corrections_in(self._bundles):
                if says_the_same(earlier, what):
                    return Righted(document=name, repeated=True)
            return self._sign(what, practice=statement["practice"])

    def _genuine(self, document: str) -> tuple[Bundle, JsonObject]:
        try:
            bundle = read_bundle(self._bundles / document)
        except OSError as error:
            raise InvalidInputError(
                Text(zh=f"本机没有文件 {document}。", en=f"There is no document {document} here."),
                hint=Text(
                    zh="给出 bundles 文件夹里的编号。", en="Give an id in the folder bundles."
                ),
            ) from error
        now = self._clock.utc()
        _, statement = check_signed(bundle, root_pem=None, now=now)
        root_pem = self._seals.root_pem(practice=statement["practice"])
        verify(bundle, root_pem=root_pem, allow_practice=True, now=now)
        return bundle, statement

    def _sign(self, what: Mistake, *, practice: bool) -> Righted:
        seal, now = self._seals.seal(practice=practice), self._clock.utc()
        salt, at = secrets.token_bytes(SALT_BYTES), utc_text(now)
        head = head_of(drawn_id(now), at, seal, practice=practice)
        signed = signed_by(seal, correction(head, salt, what))
        event = Event(
            kind=EntryKind.CORRECTION,
            at=at,
            salt=salt,
            signed=signed,
            details={"document": what.about.document},
        )
        wrong = Correction(practice=practice, event=committed("", event))
        return Righted(document=signed.id, no_pdf=self._ledger.correct(wrong))


def _mistake(bundle: Bundle, statement: JsonObject, asked: CorrectRequest) -> Mistake:
    return Mistake(
        about=Reference(
            document=asked.document,
            document_sha256=hashlib.sha256(bundle.document).hexdigest(),
            document_type=bundle.type_by_name,
        ),
        reason=Reason(code="stated", text=Text(zh=asked.reason, en=asked.reason)),
        staff=asked.staff,
        corrected=[corrected(statement, each.field, each.correct) for each in asked.corrected],
    )


def is_corrected(log: StationLog, document: str, since: int) -> bool:
    """Tell whether a log has a correction of a document.

    Args:
        log: that has the document.
        document: its id.
        since: index of its own entry.
    """

    def about(entry: Any) -> bool:  # noqa: ANN401 - as the log reads it
        return entry.kind is EntryKind.CORRECTION and entry.fields["document"] == document

    return log.newest(about, since) is not None


def corrections_in(bundles: Path) -> Iterator[tuple[str, JsonObject]]:
    """Return the corrections in a folder of bundles, by id.

    Raises:
        CertificateError: one cannot be read; what it says may matter.
    """
    for path in sorted(bundles.glob(f"*/{DocumentType.CORRECTION.document_name}")):
        yield path.parent.name, decode(read_bundle(path.parent).document)


def says_the_same(earlier: Mapping[str, Any], what: Mistake) -> bool:
    """Tell whether a correction that is there says this already, whoever signed it."""
    fields = [(each["field"], each["correct"]) for each in earlier.get("corrected", [])]
    wanted = [(each.field, each.correct) for each in what.corrected]
    return (
        earlier["about"] == what.about.statement()
        and earlier["reason"] == what.reason.statement()
        and fields == wanted
    )


def corrected(statement: Mapping[str, Any], field: str, correct: str) -> Corrected:
    """Return what is wrong with a field.

    Args:
        statement: of the document.
        field: its path, such as ``device.identifiers[0].value``.
        correct: what is right.

    Raises:
        InvalidInputError: there is no such field.
    """
    found: Any = statement
    for step in field.split("."):
        fits = _STEP.fullmatch(step)
        try:
            found = found[fits[1]] if fits else found[step]
            for index in re.findall(r"[0-9]+", fits[2] if fits else ""):
                found = found[int(index)]
        except (KeyError, IndexError, TypeError) as error:
            raise _no_field(field) from error
    if isinstance(found, dict | list):
        raise _no_field(field)
    stated = str(found).lower() if isinstance(found, bool) else str(found)
    return Corrected(field=field, stated=stated, correct=correct)


def _no_field(field: str) -> InvalidInputError:
    return InvalidInputError(
        Text(zh=f"文件里没有字段 {field!a}。", en=f"The document has no field {field!a}."),
        hint=Text(
            zh="字段的路径，例如 device.identifiers[0].value。",
            en="Give its path, such as device.identifiers[0].value.",
        ),
    )
