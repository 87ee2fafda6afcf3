"""Flawless documents of each type that is not about a job, with all that may stand in them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from certs.formats.correction_v1 import Corrected, Mistake, correction
from certs.formats.countersignature_v1 import Assessment, countersignature
from certs.formats.custody_notice_v1 import CustodyEnd, Destruction, Whereabouts, custody_notice
from certs.formats.grade_report_v1 import Graded, grade_report
from certs.formats.head_v1 import DescribedDevice, Grade, Head, Identifier, Reason, Reference
from certs.formats.pallet_manifest_v1 import Item, manifest
from certs.formats.pallet_receipt_v1 import Found, Scanned, pallet_receipt
from certs.formats.receipt_v1 import Custody, Price, receipt
from certs.layout import DocumentType
from certs.short_code import short_code
from certs.tests.samples import JOB_ID, PRACTICE_SIGNER, SampleSigner, Statement
from certs.text import Text

SALT: Final = bytes(range(32))
TICKET: Final = "T-20261123-7"
ISSUED_AT: Final = "2026-11-23T17:25:40Z"
EARLIER_AT: Final = "2026-11-23T17:20:00Z"
NUMBERS: Final = {
    DocumentType.RECEIPT: "11111111",
    DocumentType.CUSTODY_NOTICE: "22222222",
    DocumentType.CORRECTION: "33333333",
    DocumentType.GRADE_REPORT: "44444444",
    DocumentType.COUNTERSIGNATURE: "55555555",
    DocumentType.PALLET_MANIFEST: "66666666",
    DocumentType.PALLET_RECEIPT: "77777777",
}
DEVICE: Final = DescribedDevice(
    kind="disk",
    description="2.5 寸硬盘 disk, grey",
    identifiers=(
        Identifier(kind="serial", value="S3RIAL-7", source="label", evidence="typed by staff"),
        Identifier(kind="model", value="Example 1 TB", source="medium", evidence="IDENTIFY"),
    ),
    size_bytes=64 << 20,
)
REASON: Final = Reason(
    code="customer-asked", text=Text(zh="顾客改了主意。", en="The customer had second thoughts.")
)
ERASURE: Final = Reference(
    document=JOB_ID,
    document_sha256=hashlib.sha256(b"certificate").hexdigest(),
    document_type=DocumentType.CERTIFICATE,
)
BETTER: Final = Reference(
    document="20261123T180000Z-5f3a9c1f",
    document_sha256=hashlib.sha256(b"better").hexdigest(),
    document_type=DocumentType.CERTIFICATE,
)


def head_of(kind: DocumentType, signer: SampleSigner = PRACTICE_SIGNER) -> Head:
    """Return the head of a sample that names no log."""
    return Head(
        id=f"20261123T172540Z-{NUMBERS[kind]}",
        issued_at=ISSUED_AT,
        practice=signer.practice,
        key_id=signer.key_id,
        log=None,
        software={"name": "wipe-station", "version": "0.1.0", "source_sha256": "unknown"},
    )


def receipt_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a receipt with a price, three consents and two lines of condition."""
    custody = Custody(
        ticket=TICKET,
        device=DEVICE,
        accepted_at=EARLIER_AT,
        staff="1007",
        consents=[(what, EARLIER_AT) for what in ("erase", "read", "keep-identity")],
        price=Price(minor_units=19_900, decimals=2, currency="CNY"),
        condition=["外壳有划痕 scratched", "没有螺丝 no screws"],
    )
    return receipt(head_of(DocumentType.RECEIPT, signer), SALT, custody)


def custody_statement(
    signer: SampleSigner = PRACTICE_SIGNER, end: CustodyEnd = CustodyEnd.RETURNED, **more: Any
) -> Statement:
    """Return a notice of custody; of destruction and transfer with what belongs to them."""
    own: dict[CustodyEnd, dict[str, Any]] = {
        CustodyEnd.DESTROYED: {
            "destruction": Destruction(
                method="粉碎到 2 mm 以下",
                witness="1008",
                processor="Example Shredding",
                licence="L-1",
            )
        },
        CustodyEnd.TRANSFERRED: {"recipient": "Example Logistics"},
    }
    what = Whereabouts(
        ticket=TICKET,
        device=DEVICE,
        end=end,
        at=EARLIER_AT,
        staff="1007",
        reason=REASON,
        **({"erasure": ERASURE} | own.get(end, {}) | more),
    )
    return custody_notice(head_of(DocumentType.CUSTODY_NOTICE, signer), SALT, what)


def destroyed_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a notice that a device was destroyed."""
    return custody_statement(signer, CustodyEnd.DESTROYED)


def transferred_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a notice that a device was handed on."""
    return custody_statement(signer, CustodyEnd.TRANSFERRED)


def withdrawn_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a notice that a consent was taken back before anything was erased."""
    return custody_statement(signer, CustodyEnd.WITHDRAWN, erasure=None)


def correction_statement(
    signer: SampleSigner = PRACTICE_SIGNER, about: Reference = ERASURE, *, void: bool = False
) -> Statement:
    """Return a correction of one field, or one that declares a document void."""
    wrong = Corrected(field="policy.title", stated="GB 46864-2025", correct="none")
    what = Mistake(
        about=about,
        reason=Reason(
            code="wrong-policy", text=Text(zh="策略选错了。", en="Another policy was meant.")
        ),
        staff="1009",
        corrected=() if void else (wrong,),
        replaced_by=None if void else BETTER,
    )
    return correction(head_of(DocumentType.CORRECTION, signer), SALT, what)


def void_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a correction that declares a document void."""
    return correction_statement(signer, void=True)


GRADE: Final = Grade(
    ruleset="drive-1",
    ruleset_sha256=hashlib.sha256(b"rules").hexdigest(),
    function="good",
    appearance="unknown",
    life="caution",
)
MEASURES: Final[dict[str, bool | int | str]] = {
    "verified": True,
    "io_errors": 0,
    "drive_kind": "ata-ssd",
    "power_on_hours": 7,
}


def grade_statement(
    signer: SampleSigner = PRACTICE_SIGNER, about: Reference | None = ERASURE
) -> Statement:
    """Return a final grade after a provisional one, or a provisional one."""
    before = Reference(
        document="20261123T172000Z-44444443",
        document_sha256=hashlib.sha256(b"before").hexdigest(),
        document_type=DocumentType.GRADE_REPORT,
    )
    what = Graded(
        ticket=TICKET,
        device=DEVICE,
        graded_at=EARLIER_AT,
        staff="1010",
        measures=MEASURES,
        grade=GRADE,
        about=about,
        previous=None if about is None else (before, replace(GRADE, life="good")),
    )
    return grade_report(head_of(DocumentType.GRADE_REPORT, signer), SALT, what)


def provisional_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a grade from before the erasure."""
    return grade_statement(signer, None)


def countersignature_statement(
    signer: SampleSigner = PRACTICE_SIGNER, about: Reference = ERASURE, *, agrees: bool = False
) -> Statement:
    """Return what an assessor says of a certificate."""
    what = Assessment(
        about=about,
        ticket=TICKET,
        organisation="Example Assessors",
        number="12",
        assessed_at=EARLIER_AT,
        agrees=agrees,
        remarks=() if agrees else ("屏幕有划痕 the screen is scratched",),
        grade=None if agrees else replace(GRADE, appearance="bad"),
    )
    return countersignature(head_of(DocumentType.COUNTERSIGNATURE, signer), SALT, what)


def agreeing_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return a countersignature without a word against it."""
    return countersignature_statement(signer, agrees=True)


def _item(number: int) -> Item:
    digest = hashlib.sha256(f"device {number}".encode()).hexdigest()
    about = Reference(
        document=f"20261123T17220{number}Z-5f3a9c1e",
        document_sha256=digest,
        document_type=DocumentType.CERTIFICATE,
    )
    return Item(about=about, ticket=TICKET if number == 0 else None)


def manifest_statement(
    signer: SampleSigner = PRACTICE_SIGNER, items: Sequence[Item] = tuple(map(_item, range(6)))
) -> Statement:
    """Return the manifest of a pallet with six devices."""
    return manifest(head_of(DocumentType.PALLET_MANIFEST, signer), SALT, "P-7", items)


def pallet_receipt_statement(signer: SampleSigner = PRACTICE_SIGNER) -> Statement:
    """Return the receipt of that pallet, with something in each of its lists."""
    codes = [item["code"] for item in manifest_statement()["items"]]
    what = Found(
        matched=codes[:2],
        missing=codes[2:3],
        not_erased=dict(zip(codes[3:], ("not-erased", "refused", "no-document"), strict=True)),
        unexpected=[short_code(b"stranger")],
        duplicate=codes[:1],
    )
    about = Reference(
        document="20261123T172540Z-66666666",
        document_sha256=hashlib.sha256(b"manifest").hexdigest(),
        document_type=DocumentType.PALLET_MANIFEST,
    )
    scanned = Scanned(pallet="P-7", about=about, staff="1010", scanned_at=EARLIER_AT)
    return pallet_receipt(head_of(DocumentType.PALLET_RECEIPT, signer), SALT, scanned, what)


SAMPLES: Final[dict[str, Callable[..., Statement]]] = {
    "receipt": receipt_statement,
    "custody_notice": custody_statement,
    "custody_notice_destroyed": destroyed_statement,
    "custody_notice_transferred": transferred_statement,
    "custody_notice_withdrawn": withdrawn_statement,
    "correction": correction_statement,
    "correction_void": void_statement,
    "grade_report": grade_statement,
    "grade_report_provisional": provisional_statement,
    "countersignature": countersignature_statement,
    "countersignature_that_agrees": agreeing_statement,
    "pallet_manifest": manifest_statement,
    "pallet_receipt": pallet_receipt_statement,
}
"""Each accepted, by the name of its vector."""
