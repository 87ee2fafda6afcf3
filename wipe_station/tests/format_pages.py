"""The page of formats: written where it explains, made of data where it lists."""

import ast
import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from certs.formats import erasure_v1, head_v1, statement_v1
from certs.formats.document import DocumentFormat
from certs.formats.fields import Field, Required
from certs.formats.rules import (
    Ascending,
    Beside,
    CountOf,
    Differ,
    ExactlyOne,
    Holds,
    InOrder,
    KindsAmong,
    Length,
    Needs,
    NoneTwice,
    NotEmpty,
    OnceAmong,
    Rule,
    ShortCodeOf,
    StandsWhere,
    SumOf,
)
from certs.layout import CHAIN_NAME, DocumentType
from certs.log.entry import COMMON, OWN, EntryKind
from certs.revocation import ENTRY_FIELDS, FIELDS, Reason
from certs.text import Text
from wipe_station.tests.markdown import code, page, table

HEAD: Final = len(head_v1.head(DocumentType.CERTIFICATE))
"""Rows that every table begins with."""

INTRODUCTION = """\
What a bundle consists of, precise enough to write another verifier from. `certs/verify.py`
begins with the order of the steps; [vectors/README.md](../vectors/README.md) has a case for each
way to fail, and says at which step it must. How to check by hand: [verify.md](verify.md). Each
type's fields as JSON Schema: [schema/](schema/statement-1); what fields must agree on with each
other, a schema does not say."""

BUNDLE = """\
A folder, or a `.zip` of one, or a PDF that carries all other files. Nothing else may lie in it.
The files of each type of document have names of their own, so that none passes as another;
`STEM` is the type's."""

DOCUMENT = """\
**JSON**: RFC 8785 within I-JSON (RFC 7493): one object; objects, lists, strings, booleans and
integers within ±(2^53-1); no floats, no null; at most 32 levels and 1 MiB; no final newline; no
noncharacters. Another spelling of the same value is refused.

**Signature**: ECDSA on P-256 over SHA-256 of exactly those bytes; DER in its one canonical form
(X.690 §10), both numbers in 1 … n-1. `openssl dgst -sha256 -verify` checks it.

**Chain**: PEM, the signer's certificate first, then its issuers, without the root. All keys on
P-256, all signatures ECDSA with SHA-256. Extensions: basic constraints, key usage, key
identifiers; a critical one that is not understood is refused. A root whose organisation is
`PRACTICE - NOT A CERTIFICATE` vouches for practice only, and every other for none. `key_id` is
SHA-256 over the signer's SPKI in DER.

**PDF**: one revision by the page's maker and one by the signer, whose `/ByteRange` covers all of
both but the signature's own digits; CMS with the signer's chain, `ETSI.CAdES.detached` (PAdES B-B).
The CMS may have one attribute that is not signed, a time service's token about the signature's
value (PAdES B-T, `signatureTimeStampToken`): it must be sound; whose it is, the caller's roots say.
Everything else of the CMS follows from these and has one spelling, zeros behind it. The files
attached are the bundle's other files, byte for byte, but the time stamp, which is made later.

Behind a signature with a token there may be one more revision (PAdES B-LTA), where the signed bytes
have a place for it: an empty field `Archive` and an empty `/DSS`. It fills both: the store with the
signer's chain and the certificates that the token brings, in this order, and the field with a
`/DocTimeStamp` (`ETSI.RFC3161`) over every byte of the file but its own 24576 digits. All of it but
that token follows from the signed bytes and has one spelling: `certs/pdf/archive.py` writes it, and
builds it anew to compare. Anything else behind the signature is refused. It holds no CRL, OCSP or
`/VRI`."""

ERASED = Text(zh="清除证明", en="Certificate of a drive's erasure")
NOT_ERASED = Text(zh="任务的通知书：没有确认清除", en="Notice about a drive: erasure not confirmed")

OTHERS = """\
They begin with the same head, as far as `software`, and are bundled, signed and verified alike. An
`id` that ends in `-n` and a number is a job's notice's alone. The two about a phone say what came
of a job, as a drive's do, in the log as well; but no program sees a phone's flash, so what was
observed and what is inferred stand apart, and a certificate wants two kinds of evidence
([023](decisions/023-two-kinds-of-evidence-for-a-phone.md)). All others say nothing of an erasure,
and their log entry nothing of them but a commitment: `commitment` is SHA-256 over the 32 bytes of
`salt_hex` and then the bytes of the JSON file."""

LOG = """\
Hashes are RFC 6962's. On disk, [tlog-tiles](https://c2sp.org/tlog-tiles): `checkpoint`,
`tile/<level>/<number>[.p/<width>]`, `tile/entries/<number>[.p/<width>]`. The checkpoint is a
[signed note](https://c2sp.org/signed-note) of three lines (origin, size, root in base64) by the
log's Ed25519 key, whose name is the origin; witnesses add
[cosignatures](https://c2sp.org/tlog-cosignature). A document names the log (`log_origin`) and
its key (`log_key`), and is signed by the station's key: so whoever believes the document knows
the log.

`certificate.tlog-proof` is a [tlog-proof](https://c2sp.org/tlog-proof) whose `extra` line is
always there and holds the entry itself. A verifier reads the entry, follows the hashes to the
root of the checkpoint, checks the checkpoint by `log_key`, and compares the entry with the
document. For certificates and notices of a job: kind `outcome`, and `document`,
`document_sha256`, `issued_at`, `journal_sha256`, `type`, `outcome`, `practice` as the statement
has them (`journal_sha256` is `journal.head_sha256`). For all others see above.

An entry is a JSON object in the spelling above, of at most 65,535 bytes, with exactly these
fields:"""

STORY = """\
No person, serial or IMEI stands in an entry. `commitment` is SHA-256 over 32 random bytes and
the thing itself (a job's plan in canonical JSON; the station keeps the bytes in the job's
journal). Times never go back. `log-opened` is the first entry and no other. A job has one
`start` and afterwards one document at least; after an outcome other than `indeterminate` no
further one, but that a crash may leave two entries for the same `journal_sha256`. A ticket
begins with `custody-accepted` and ends with `release`, `return`, `destruction` or `transfer`.

`key-event` says by `key_id` which key signed documents until then (`retired`) and which one does
from then on (`added`); the first one stands in `log-opened`.

`log-key` changes the log's own key: every checkpoint that contains this entry is signed by
`log_key`, the first of them by the key before as well, and none later by that one. `handover` is
the key before's signature line (signed note, without the newline at its end) under this text, in
which the number is the entry's own index and the root is the one over all entries before it:

    <origin>
    <number>
    <root, base64>
    next-key <log_key>

The text and that line are a checkpoint of their own: a document that names the key before can be
proven by it at any time. Whoever knows one of a log's keys, from a document or from `log-opened`,
checks the others by these entries; a log with one that is not signed so is refused.

A later proof of a document, outside its bundle, has the same `extra` and `index` under a later
checkpoint, with cosignatures. It is judged by the keys of witnesses alone: the log may have another
key by then.

Nothing here writes `pallet` yet: pallets are listed by who sells them, outside a station."""

TIME = """\
`certificate.tsr` may be there from the beginning, come later, or never: without it nothing but
the station's clock says when a document was signed. It is a TimeStampResp (RFC 3161, DER) about
the checkpoint in `certificate.tlog-proof`: SHA-256 over all bytes behind the first empty line, to
the end of the file, signatures of log and witnesses included. A bundle without a proof has none.

A verifier insists on: status 0 or 1; SignedData of version 3 with one signer of version 1, named
by issuer and serial number, whose certificate is in it; TSTInfo of version 1, `messageImprint` by
SHA-256, no critical extension, accuracy of at most an hour; among the signed attributes, each
once and with one value, content type, message digest and `signingCertificateV2` (ESSCertIDv2),
all of which fit; SHA-256, SHA-384 or SHA-512; RSA (PKCS #1 v1.5, 2048 to 8192 bits) or ECDSA on
P-256, P-384 or P-521. The signer is no authority, its extended key usage is critical and time
stamping alone, and it was valid at the stamp's time. Where the verifier trusts time services, a
chain of at most five issuers leads to one of them, all valid at that time; where it trusts none,
the stamp is told and does not count. A nonce may stand in it; only who asked can compare it.

The time that counts is `genTime` with its accuracy, rounded up to seconds. A stamp from the
future, or a document that says that it was signed after its stamp, is refused (a day is allowed
for clocks). Whether a service's certificate was revoked is not looked at."""


LIST = """\
An issuer may publish a list of keys that count no longer: `revoked.json`, a JSON object in the
spelling above, and `revoked.sig`, the root's detached signature over it in the form of a
document's. `entries` is a list ordered by `key_id`, no key twice, not empty. The version grows by
1; entries are tightened or added, never removed.

A document whose `key_id` is listed, or under an issuer in its `station.pem` whose key is (SHA-256
over its SPKI in DER, too), is refused, unless for each of these entries `last_trusted_log_size` is
a number, the document's `log_key` is the entry's or one of its `earlier_log_keys`, and the index
of its proof, checked as above, is below that number. Where the number is unknown the entry has
neither. `earlier_log_keys` may be missing; it holds 1 to 15 keys that the same log had before,
under the same origin, none twice. Reasons:"""


def formats_page() -> str:
    """Show files, statement, log and revocation list."""
    return page(
        "Formats",
        INTRODUCTION,
        "## Bundle",
        BUNDLE,
        table(("File", "What", "At most"), _files()),
        table(("Type", "`STEM`", "What it is"), _types()),
        DOCUMENT,
        "## Certificate and notice of a drive, version 1",
        "`[]` stands for each item of a list. A field that is not in this table is refused.",
        table(("Field", "Holds", "Stands", "Meaning"), map(_row, erasure_v1.FIELDS)),
        "Beyond the table, fields must agree with each other:"
        " `certs/formats/erasure_v1_rules.py` and `sample_rules.py` say how.",
        "## Other documents, version 1",
        OTHERS,
        *_documents(),
        "## Log",
        LOG,
        table(("Kind", "Fields beside the common ones", "What happened"), _entries()),
        "Common: " + ", ".join(f"{code(name)} ({kind.value})" for name, kind in COMMON.items()),
        STORY,
        "## Time stamp",
        TIME,
        "## Revocation list, version 1",
        LIST + " " + ", ".join(code(reason.value) for reason in Reason) + ".",
        table(("Field", "Holds"), _list_fields()),
    )


def _files() -> Iterator[Sequence[str]]:
    kind = DocumentType.CERTIFICATE
    limits = kind.size_limits_bytes | kind.optional_limits_bytes
    for name, what in (
        (kind.document_name, "the statement"),
        (kind.signature_name, "the station's signature over it"),
        (CHAIN_NAME, "the station's certificates"),
        (kind.proof_name, "that the log has it; where it names a log"),
        (kind.timestamp_name, "a time service's word; may come later"),
        (kind.pdf_name, "the page for people; may be missing"),
    ):
        yield code(name.replace(kind.stem, "STEM")), what, f"{limits[name]:,} bytes"


def _types() -> Iterator[Sequence[str]]:
    said = {DocumentType.CERTIFICATE: ERASED, DocumentType.NOTICE: NOT_ERASED}
    for kind in DocumentType:
        title = said[kind] if kind in said else statement_v1.FORMATS[kind].title
        yield code(kind.value), code(kind.stem), f"{title.zh}<br>{title.en}"


def _documents() -> Iterator[str]:
    """Show each type that is not about a drive: its table, its rules, its entry in the log."""
    for kind, described in statement_v1.FORMATS.items():
        yield f"### `{kind.value}`"
        yield f"{described.title.zh}。{described.title.en}. {_entry_of(described)}"
        yield table(("Field", "Holds", "Stands", "Meaning"), map(_row, described.fields[HEAD:]))
        yield "\n".join(f"- {_said_of(rule)}" for rule in described.rules)


def _entry_of(described: DocumentFormat) -> str:
    kinds = " or ".join(
        code(kind.value) + (f" where `kind` is {code(said)}" if said else "")
        for said, kind in described.entry_kinds.items()
    )
    same = ", ".join(
        f"{code(name)} is {code(path)}" for name, path in described.entry_fields.items()
    )
    same = same or "see [Log](#log)"
    return f"Its log entry: kind {kinds}; {same}."


def _said_where(rule: StandsWhere) -> str:
    values = " or ".join(map(code, rule.values))
    end = "." if rule.elsewhere else ", and only there."
    return f"{code(rule.path)} stands where {code(rule.given)} is {values}{end}"


def _all(paths: Sequence[str]) -> str:
    return ", ".join(map(code, paths))


def _holds(thing: Holds) -> str:
    if not thing.values:
        return f"{code(thing.path)} stands and is not 0"
    values = (each if isinstance(each, str) else json.dumps(each) for each in thing.values)
    return f"{code(thing.path)} is {' or '.join(map(code, values))}"


def _said_needs(rule: Needs) -> str:
    wanted = ", or ".join(map(_holds, rule.one_of))
    if not rule.given:
        return f"Always: {wanted}."
    return f"Where {' and '.join(map(_holds, rule.given))}: {wanted}."


def _said_length(rule: Length) -> str:
    items = f"{rule.least} to {rule.most}" if rule.least < rule.most else f"{rule.least}"
    where = f"where {' and '.join(map(_holds, rule.given))}, " if rule.given else ""
    said = f"{where}{code(rule.path)} has {items} items."
    return said[0].upper() + said[1:]


def _said_ascending(rule: Ascending) -> str:
    times = _all([f"{rule.items}[].{name}" for name in rule.names])
    return f"In this order: {code(rule.first)}, item by item {times}, then {code(rule.last)}."


def _said_kinds(rule: KindsAmong) -> str:
    kinds = "; ".join(
        f"{kind}: {_all([each for each, of in rule.kinds.items() if of == kind])}"
        for kind in dict.fromkeys(rule.kinds.values())
    )
    return f"{code(rule.path)} are of {rule.least} kinds at least ({kinds}); no other counts."


_SAID: Final[dict[type, Callable[[Any], str]]] = {
    StandsWhere: _said_where,
    ExactlyOne: lambda rule: f"Exactly one of {_all(rule.paths)} stands.",
    Differ: lambda rule: f"{code(rule.path)} is not {code(rule.other)}.",
    NoneTwice: lambda rule: f"No {code(rule.path)} stands there twice.",
    NotEmpty: lambda rule: f"{code(rule.path)} is not empty.",
    InOrder: lambda rule: f"{code(rule.earlier)} is not after {code(rule.later)}.",
    OnceAmong: lambda rule: f"Nothing stands twice among {_all(rule.paths)}.",
    CountOf: lambda rule: f"{code(rule.path)} is how many items {code(rule.of)} has.",
    Needs: _said_needs,
    Length: _said_length,
    Ascending: _said_ascending,
    KindsAmong: _said_kinds,
    Beside: lambda rule: f"{code(rule.path)} stands only beside {code(rule.other)}.",
    SumOf: lambda rule: f"{code(rule.path)} is the sum of {_all(rule.of)}.",
    ShortCodeOf: lambda rule: (
        f"{code(rule.path)} is the short code ([qr.md](qr.md)) of {code(rule.digest)}."
    ),
}


def _said_of(rule: Rule) -> str:
    return _SAID[type(rule)](rule)


def _list_fields() -> Iterator[Sequence[str]]:
    for name, kind in FIELDS.items():
        yield code(name), kind.value
    for name, kind in ENTRY_FIELDS.items():
        yield code(f"entries[].{name}"), kind.value
    yield code("entries[].log_key"), "the log's public key, where the size is a number"
    yield code("entries[].earlier_log_keys[]"), "those that it had before and that count as well"


def _row(field: Field) -> Sequence[str]:
    holds = field.kind.value
    if field.values:
        holds += ": " + ", ".join(map(code, field.values))
    stands = "" if field.required_in is Required.ALWAYS else field.required_in.value
    return code(field.path), holds, stands, f"{field.meaning.zh}<br>{field.meaning.en}"


def _entries() -> Iterator[Sequence[str]]:
    said = _said_of_kinds()
    for kind in EntryKind:
        fields = ", ".join(f"{code(name)} ({of.value})" for name, of in OWN[kind].items())
        yield code(kind.value), fields, said.get(kind.name, "")


def _said_of_kinds() -> dict[str, str]:
    """Return the text that stands below each kind in its class, where one does."""
    (written,) = ast.parse(inspect.getsource(EntryKind)).body
    assert isinstance(written, ast.ClassDef), "an enumeration"
    said: dict[str, str] = {}
    name = ""
    for part in written.body[1:]:
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            name = part.targets[0].id
        elif isinstance(part, ast.Expr):
            said[name] = " ".join(str(ast.literal_eval(part.value)).split())
    return said
