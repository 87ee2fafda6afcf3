"""How a type of document is described, other than a drive's certificates and notices. Pure.

To add a type:

1. Give it a row in `certs.layout.DocumentType`: its name and the stem of its files; if it is about
   a job, in `CERTIFICATES` or `NOTICES`, too.
2. Write ``certs/formats/<type>_v1.py``: the table of its fields (`head`, then its own), its rules
   (`certs.formats.rules`; a new kind of rule is a class there and a function of the same name in
   ``certs/page/js/document.js``), the lines that people read (`certs.formats.facts`), the kind of
   the log's entry about it, and a function that builds one.
3. Name its ``FORMAT`` in `certs.formats.statement_v1`.
4. Give it a flawless sample in ``certs/tests/document_samples.py`` and run
   ``python -m certs.tests.make_vectors``: each field gets its defects by itself; give each rule one
   in ``certs/tests/document_vectors.py``. A test says which are missing.

Everything else (files, verification, log, verdict, page, paper, schema, documentation) follows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from certs.canonical import JsonObject
from certs.formats.facts import Fact
from certs.formats.fields import Field, FieldTable
from certs.formats.head_v1 import check_head
from certs.formats.rules import Rule, check_rules, value_at
from certs.layout import DocumentType
from certs.log.entry import EntryKind
from certs.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFormat:
    """One type of document.

    Attributes:
        document_type: its name and its files.
        title: what it is, for people.
        fields: the table.
        rules: what its fields must agree on.
        facts: its lines, in this order.
        details: more of them, on paper alone: a verdict stays short.
        entry_kinds: the kind of the log's entry about it, by what its field ``kind`` says; under
            the empty text where that does not matter.
        entry_fields: what the entry says beside the commitment: its field to the path of ours;
            of a document about a job `certs.logged` says it.
    """

    document_type: DocumentType
    title: Text
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    facts: tuple[Fact, ...]
    entry_kinds: Mapping[str, EntryKind]
    entry_fields: Mapping[str, str] = field(default_factory=lambda: {"ticket": "ticket"})
    details: tuple[Fact, ...] = ()

    def check(self, statement: JsonObject) -> None:
        """Check the shape of a statement and its agreement with itself.

        Raises:
            CertificateError: SCHEMA, naming the path of the first field found wrong.
        """
        FieldTable(self.fields).check(statement, self.document_type)
        check_head(statement, self.document_type)
        check_rules(statement, self.rules)

    def entry_kind(self, statement: JsonObject) -> EntryKind:
        """Return the kind of the log's entry about a document of this type."""
        return self.entry_kinds.get("") or self.entry_kinds[statement["kind"]]

    def entry_says(self, statement: JsonObject) -> JsonObject:
        """Return what that entry says beside the commitment."""
        return {name: value_at(statement, path) for name, path in self.entry_fields.items()}
