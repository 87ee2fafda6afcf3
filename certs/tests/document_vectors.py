"""Vectors about documents of all types but a drive's, as tables like `rule_vectors`.

Each rule of each type has a document that breaks it and no other; defects of single fields are in
``vectors/fields``.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from certs.canonical import encode
from certs.formats.statement_v1 import FORMATS
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.logged import kind_of, wanted_of
from certs.short_code import short_code
from certs.tests import phone_vectors
from certs.tests.document_samples import (
    SAMPLES,
    correction_statement,
    countersignature_statement,
    custody_statement,
    destroyed_statement,
    grade_statement,
    manifest_statement,
    pallet_receipt_statement,
    receipt_statement,
    transferred_statement,
)
from certs.tests.log_samples import entry, logged_statement, proof_of
from certs.tests.phone_samples import PHONES, phone_notice_statement, phone_statement
from certs.tests.samples import (
    PRACTICE_SIGNER,
    PRODUCTION_SIGNER,
    SampleSigner,
    Statement,
    signed_files,
)

Files = dict[str, bytes]
Edit = Callable[[Statement], object]
Defect = tuple[str, Callable[[], Statement], Edit]

_LATE: Final = "2026-11-23T17:25:41Z"


def _set(**changes: Any) -> Edit:
    return lambda statement: statement.update(changes)


def _miscount(name: str, statement: Statement) -> None:
    """Change one number, and the sum of all with it where that is another one."""
    statement["counts"][name] += 1
    if name in {"matched", "missing", "not_erased"}:
        statement["counts"]["listed"] += 1


def _lengthen(statement: Statement, name: str) -> None:
    statement[name].append(statement[name][0])
    statement["counts"][name] += 1


def _without(name: str) -> Edit:
    return lambda statement: statement.pop(name)


RULES: Final[dict[str, Defect]] = {
    "receipt_accepted_after_it_was_signed": (
        "A receipt for a device that was taken in later.",
        receipt_statement,
        _set(accepted_at=_LATE),
    ),
    "receipt_consent_twice": (
        "The same consent stands there twice.",
        receipt_statement,
        lambda statement: statement["consents"][1].update(what="erase"),
    ),
    "receipt_numbered_like_a_notice": (
        "A receipt has the number of a job's notice.",
        receipt_statement,
        lambda statement: statement.update(id=statement["id"] + "-n1"),
    ),
    "custody_notice_of_what_came_later": (
        "A notice of what happened after it was signed.",
        custody_statement,
        _set(at=_LATE),
    ),
    "custody_notice_destroyed_without_saying_how": (
        "A device was destroyed, and nobody says how and who saw it.",
        destroyed_statement,
        _without("destruction"),
    ),
    "custody_notice_returned_and_destroyed": (
        "A device went back to the customer and was destroyed.",
        destroyed_statement,
        _set(kind="returned"),
    ),
    "custody_notice_transferred_to_nobody": (
        "A device was handed on to nobody.",
        transferred_statement,
        _without("transfer"),
    ),
    "custody_notice_returned_and_transferred": (
        "A device went back to the customer and to another company.",
        transferred_statement,
        _set(kind="returned"),
    ),
    "custody_notice_witnessed_by_who_did_it": (
        "Whoever destroyed the device is the witness.",
        destroyed_statement,
        lambda statement: statement["destruction"].update(witness=statement["staff"]),
    ),
    "correction_of_nothing": (
        "A correction that neither corrects nor declares void.",
        correction_statement,
        _without("corrected"),
    ),
    "correction_and_void": (
        "A correction that corrects a field of what it declares void.",
        correction_statement,
        _set(void=True),
    ),
    "correction_of_no_field": (
        "A list of corrections without any.",
        correction_statement,
        _set(corrected=[]),
    ),
    "correction_of_a_field_twice": (
        "The same field is corrected to two different values.",
        correction_statement,
        lambda statement: statement["corrected"].append(
            statement["corrected"][0] | {"correct": "another"}
        ),
    ),
    "correction_that_changes_nothing": (
        "What is said to be right is what stood there.",
        correction_statement,
        lambda statement: statement["corrected"][0].update(correct="GB 46864-2025"),
    ),
    "correction_replaced_by_the_same": (
        "A document is replaced by itself.",
        correction_statement,
        lambda statement: statement.update(replaced_by=statement["about"]),
    ),
    "grade_report_of_a_grade_to_come": (
        "A device was graded after its report was signed.",
        grade_statement,
        _set(graded_at=_LATE),
    ),
    "grade_report_final_without_an_erasure": (
        "A final grade names no document of an erasure.",
        grade_statement,
        _without("about"),
    ),
    "grade_report_provisional_after_an_erasure": (
        "A grade from before the erasure names its document.",
        grade_statement,
        _set(stage="provisional"),
    ),
    "grade_report_before_itself": (
        "The report before this one is this one.",
        grade_statement,
        lambda statement: statement["previous"].update(document=statement["id"]),
    ),
    "countersignature_of_an_assessment_to_come": (
        "A document was assessed after that was signed.",
        countersignature_statement,
        _set(assessed_at=_LATE),
    ),
    "countersignature_that_disagrees_in_silence": (
        "An assessor disagrees and does not say with what.",
        countersignature_statement,
        _without("remarks"),
    ),
    "countersignature_with_no_remarks": (
        "An assessor disagrees with an empty list of remarks.",
        countersignature_statement,
        _set(remarks=[]),
    ),
    "manifest_of_nothing": (
        "A manifest that lists no device.",
        manifest_statement,
        _set(items=[]),
    ),
    "manifest_of_a_device_twice": (
        "One device stands on the manifest twice.",
        manifest_statement,
        lambda statement: statement["items"].append(statement["items"][0]),
    ),
    "manifest_with_another_short_code": (
        "A short code is not that of the document beside it.",
        manifest_statement,
        lambda statement: statement["items"][5].update(code=short_code(b"stranger")),
    ),
    "pallet_receipt_scanned_after_it_was_signed": (
        "A receipt for labels that were scanned later.",
        pallet_receipt_statement,
        _set(scanned_at=_LATE),
    ),
    **{
        f"pallet_receipt_miscounts_{name}": (
            f"The number of {name} is not the length of its list.",
            pallet_receipt_statement,
            partial(_miscount, name),
        )
        for name in ("matched", "missing", "not_erased", "unexpected", "duplicate", "listed")
    },
    "pallet_receipt_matched_and_missing": (
        "One device was found and is missing.",
        pallet_receipt_statement,
        lambda statement: statement["missing"].__setitem__(0, statement["matched"][0]),
    ),
    "pallet_receipt_duplicate_twice": (
        "One code stands among the duplicates twice.",
        pallet_receipt_statement,
        lambda statement: _lengthen(statement, "duplicate"),
    ),
    **phone_vectors.RULES,
}
"""Name → sentence, flawless document, edit; each is correctly signed."""


def rule_files(name: str) -> Files:
    """Return the files of a vector of the table above."""
    _, make, edit = RULES[name]
    statement = make()
    edit(statement)
    return signed_files(statement, signer_of(statement))


def signer_of(statement: Statement) -> SampleSigner:
    """Return who signs a sample: what claims something is no practice."""
    return PRACTICE_SIGNER if statement["practice"] else PRODUCTION_SIGNER


# --- log ---------------------------------------------------------------------------------------


def entry_about(statement: Statement, kind: EntryKind | None = None, **changes: Any) -> bytes:
    """Return the log's entry about a document; of one about a job the job's id is its own."""
    job = {"job": statement["id"].partition("-n")[0]} if "journal" in statement else {}
    wanted = job | wanted_of(statement, encode(statement)) | changes
    return entry(kind or kind_of(statement), 3, **wanted)


def logged_files(
    make: Callable[[], Statement], kind: EntryKind | None = None, **changes: Any
) -> Files:
    """Return the files of a document with the proof of an entry, which may be changed."""
    statement = logged_statement(make())
    proof = proof_of(entry_about(statement, kind, **changes)).text()
    return signed_files(statement) | {DocumentType(statement["type"]).proof_name: proof}


LOG: Final[dict[str, tuple[str, Callable[[], Files]]]] = {
    "entry_that_commits_to_another_receipt": (
        "The entry's commitment is another document's.",
        lambda: logged_files(receipt_statement, commitment="cd" * 32),
    ),
    "entry_of_another_ticket": (
        "The entry is about another ticket than the receipt.",
        lambda: logged_files(receipt_statement, ticket="T-8"),
    ),
    "entry_of_another_end_of_custody": (
        "The log says that the device was destroyed, the notice that it was returned.",
        lambda: logged_files(custody_statement, EntryKind.DESTRUCTION),
    ),
    "entry_of_a_correction_of_another_document": (
        "The log has the correction under another document's id.",
        lambda: logged_files(correction_statement, document="20261123T172205Z-00000000"),
    ),
    "entry_of_another_outcome_of_a_phone": (
        "The log says that the phone's job failed, its certificate that it was erased.",
        lambda: logged_files(phone_statement, outcome="failed"),
    ),
    "entry_of_a_drive_about_a_phone": (
        "The log has the notice about a phone as one about a drive.",
        lambda: logged_files(phone_notice_statement, type="notice"),
    ),
    "entry_of_another_journal_of_a_phone": (
        "The log has another journal than the certificate of a phone.",
        lambda: logged_files(phone_statement, journal_sha256="cd" * 32),
    ),
}


def accepted() -> Iterator[tuple[str, str, Callable[[], Files]]]:
    """Yield name, sentence and files of documents that are accepted: alone, and from a log."""
    for name, make in (SAMPLES | PHONES).items():
        title = FORMATS[DocumentType(make()["type"])].title.en
        yield name, f"A flawless document. {title}.", partial(_plain_files, make)
        yield f"logged_{name}", f"The same, from a log. {title}.", partial(logged_files, make)


def _plain_files(make: Callable[[], Statement]) -> Files:
    return signed_files(make())
