"""Makes ``vectors/together``: a document, others that are given with it, and what comes of it.

``python -m certs.tests.make_vectors`` writes them. Members beside those of ``vectors/certificate``:
``with``, a list of bundles, and ``assessor_root``, empty where the verifier knows none.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from certs.canonical import encode
from certs.errors import Layer
from certs.formats.head_v1 import Reference
from certs.layout import DocumentType
from certs.tests.document_samples import (
    correction_statement,
    countersignature_statement,
    grade_statement,
    receipt_statement,
)
from certs.tests.phone_samples import phone_statement
from certs.tests.samples import (
    NOW,
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    ROOT,
    WIDE_ROOT,
    Authority,
    SampleSigner,
    Statement,
    Subject,
    certificate_statement,
    issue,
    notice_statement,
    signed_files,
)
from certs.verdict import Status

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "together"
SOURCE: Final = "certs/together.py"
Files = dict[str, bytes]

ASSESSOR: Final = issue(Subject(name="Example assessor 12", organization="Assessors"), WIDE_ROOT)
ASSESSOR_SIGNER: Final = SampleSigner(
    authority=ASSESSOR, certificate_chain_pem=ASSESSOR.pem, practice=False
)


def about(statement: Statement, **changes: Any) -> Reference:
    """Return a reference to a document, which may be changed."""
    named: dict[str, Any] = {
        "document": statement["id"],
        "document_sha256": hashlib.sha256(encode(statement)).hexdigest(),
        "document_type": DocumentType(statement["type"]),
    }
    return Reference(**(named | changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What is given, and what must come of it."""

    comment: str
    expect: Layer | Status
    others: Sequence[Files]
    main: Statement | None = None
    """The document, where it is another one than the certificate."""
    root: Authority | None = ROOT
    assessor_root: Authority | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the file's content."""
        refused = isinstance(self.expect, Layer)
        files = signed_files(CERTIFICATE if self.main is None else self.main, PRODUCTION_SIGNER)
        return {
            "expect": "refuse" if refused else "accept",
            "layer": self.expect.value if refused else "none",
            "status": "none" if refused else self.expect.value,
            "source": SOURCE,
            "comment": self.comment,
            "verified_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "allow_practice": False,
            "with_root": self.root is not None,
            "root": _pem(self.root),
            "assessor_root": _pem(self.assessor_root),
            "files": _coded(files),
            "with": [_coded(each) for each in self.others],
        }


def _pem(root: Authority | None) -> str:
    return base64.b64encode(root.pem).decode() if root else ""


def _coded(files: Files) -> dict[str, str]:
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


def _by_us(statement: Statement) -> Files:
    return signed_files(statement, PRODUCTION_SIGNER)


def _by_assessor(reference: Reference, *, agrees: bool = True) -> Files:
    statement = countersignature_statement(ASSESSOR_SIGNER, reference, agrees=agrees)
    return signed_files(statement, ASSESSOR_SIGNER)


def _corrected(reference: Reference) -> Files:
    return _by_us(correction_statement(PRODUCTION_SIGNER, reference))


CERTIFICATE: Final = certificate_statement(PRODUCTION_SIGNER)
NOTICE: Final = notice_statement(PRODUCTION_SIGNER)
IT: Final = about(CERTIFICATE)
CORRECTED: Final = _corrected(IT)
PHONE: Final = phone_statement(PRODUCTION_SIGNER)
VOID: Final = _by_us(correction_statement(PRODUCTION_SIGNER, IT, void=True))

VECTORS: Final[dict[str, Together]] = {
    "accept_nothing_else": Together(
        comment="A certificate alone.", expect=Status.ERASED, others=()
    ),
    "accept_corrected": Together(
        comment="A certificate, and the correction of a field of it.",
        expect=Status.SUPERSEDED,
        others=[CORRECTED],
    ),
    "accept_void": Together(
        comment="A certificate that was declared void.", expect=Status.VOID, others=[VOID]
    ),
    "accept_void_notice": Together(
        comment="A notice of a job that was declared void.",
        expect=Status.VOID,
        others=[_by_us(correction_statement(PRODUCTION_SIGNER, about(NOTICE), void=True))],
        main=NOTICE,
    ),
    "accept_countersigned": Together(
        comment="A certificate and what an assessor under the same root says of it.",
        expect=Status.ERASED,
        others=[_by_us(countersignature_statement(PRODUCTION_SIGNER, IT, agrees=True))],
    ),
    "accept_countersigned_under_another_root": Together(
        comment="A certificate and what an assessor under his own root says of it.",
        expect=Status.ERASED,
        others=[_by_assessor(IT)],
        assessor_root=WIDE_ROOT,
    ),
    "accept_graded_and_corrected": Together(
        comment="A certificate, its final grade, and its correction.",
        expect=Status.SUPERSEDED,
        others=[_by_us(grade_statement(PRODUCTION_SIGNER, IT)), CORRECTED],
    ),
    "accept_corrected_without_root": Together(
        comment="A certificate and its correction, and nobody knows who signed them.",
        expect=Status.SIGNER_UNKNOWN,
        others=[CORRECTED],
        root=None,
    ),
    "accept_corrected_phone": Together(
        comment="A phone's certificate, its final grade, and the correction of a field of it.",
        expect=Status.SUPERSEDED,
        others=[_by_us(grade_statement(PRODUCTION_SIGNER, about(PHONE))), _corrected(about(PHONE))],
        main=PHONE,
    ),
    "accept_void_phone": Together(
        comment="A phone's certificate that was declared void.",
        expect=Status.VOID,
        others=[_by_us(correction_statement(PRODUCTION_SIGNER, about(PHONE), void=True))],
        main=PHONE,
    ),
    "accept_countersigned_phone": Together(
        comment="A phone's certificate and what an assessor says of it.",
        expect=Status.ERASED,
        others=[_by_us(countersignature_statement(PRODUCTION_SIGNER, about(PHONE), agrees=True))],
        main=PHONE,
    ),
    "refuse_correction_of_a_phone_as_a_drive": Together(
        comment="The correction says that the phone's certificate is a drive's.",
        expect=Layer.BINDING,
        others=[_corrected(about(PHONE, document_type=DocumentType.CERTIFICATE))],
        main=PHONE,
    ),
    "refuse_correction_of_another_document": Together(
        comment="The correction names another id.",
        expect=Layer.BINDING,
        others=[
            _by_us(
                correction_statement(PRODUCTION_SIGNER, about(CERTIFICATE, document=NOTICE["id"]))
            )
        ],
    ),
    "refuse_correction_of_other_bytes": Together(
        comment="The correction names the id of the certificate and other bytes.",
        expect=Layer.BINDING,
        others=[
            _by_us(
                correction_statement(
                    PRODUCTION_SIGNER, about(CERTIFICATE, document_sha256="cd" * 32)
                )
            )
        ],
    ),
    "refuse_correction_of_another_type": Together(
        comment="The correction says that the certificate is a notice.",
        expect=Layer.BINDING,
        others=[
            _corrected(about(CERTIFICATE, document_type=DocumentType.NOTICE)),
        ],
    ),
    "refuse_receipt_beside_it": Together(
        comment="A receipt is about no document.",
        expect=Layer.BINDING,
        others=[_by_us(receipt_statement(PRODUCTION_SIGNER))],
    ),
    "refuse_correction_under_another_root": Together(
        comment="Somebody else corrects the certificate.",
        expect=Layer.CHAIN,
        others=[signed_files(correction_statement(ASSESSOR_SIGNER, IT), ASSESSOR_SIGNER)],
        assessor_root=WIDE_ROOT,
    ),
    "refuse_countersignature_under_another_root": Together(
        comment="An assessor countersigned under a root that the verifier does not know.",
        expect=Layer.CHAIN,
        others=[_by_assessor(IT)],
    ),
    "refuse_practice_correction": Together(
        comment="A practice station corrects the certificate.",
        expect=Layer.CHAIN,
        others=[signed_files(correction_statement(PRACTICE_SIGNER, IT), PRACTICE_SIGNER)],
    ),
    "refuse_second_of_two": Together(
        comment="The second of two other documents is not about it.",
        expect=Layer.BINDING,
        others=[CORRECTED, _by_us(receipt_statement(PRODUCTION_SIGNER))],
    ),
}


def rendered() -> dict[str, str]:
    """Return the content of every file by its name."""
    return {
        f"{name}.json": json.dumps(made.as_json(), indent=2, sort_keys=True) + "\n"
        for name, made in VECTORS.items()
    }
