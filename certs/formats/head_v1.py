"""What documents of version 1 have in common: their head, and parts that several have. Pure."""

# ruff: noqa: E501  a table is read by its rows

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from certs.canonical import JsonObject
from certs.errors import MalformedLogError
from certs.formats.fields import Field, Kind, Required, field, refuse
from certs.layout import DocumentType
from certs.log.note import Algorithm, parse_key
from certs.text import Text

SCHEMA: Final = "wipe-station/statement"
SCHEMA_VERSION: Final = 1
NO_LOG: Final = "none"
GRADE_WORDS: Final = {
    "good": Text(zh="良好", en="good"),
    "caution": Text(zh="要留意", en="caution"),
    "bad": Text(zh="不合格", en="bad"),
    "unknown": Text(zh="不清楚", en="unknown"),
}
AXES: Final = {
    "function": Text(zh="功能", en="Function"),
    "appearance": Text(zh="外观", en="Appearance"),
    "life": Text(zh="剩余寿命", en="Remaining life"),
}
_ALWAYS, _OPTIONAL = Required.ALWAYS, Required.WHERE_IT_APPLIES


# fmt: off
def head(*types: DocumentType) -> tuple[Field, ...]:
    """Return the rows that every document begins with.

    Args:
        types: those that the table is for.
    """
    names = (each.value for each in types)
    return (
        field("schema", Kind.TEXT, _ALWAYS, "格式的名称", "Name of this format", SCHEMA),
        field("schema_version", Kind.COUNT, _ALWAYS, "格式的版本", "Version of this format"),
        field("type", Kind.CODE, _ALWAYS, "文件的种类", "What the document is", *names),
        field("id", Kind.ID, _ALWAYS, "文件编号，也是文件夹名", "Name of the document and its folder"),
        field("issued_at", Kind.TIME, _ALWAYS, "签发时间，以工作站时钟为准", "Time of signing by the station's clock"),
        field("practice", Kind.BOOLEAN, _ALWAYS, "是否为练习", "Whether this was practice"),
        field("key_id", Kind.SHA256, _ALWAYS, "签名公钥（SPKI DER）的摘要", "Digest of the signer's SPKI DER"),
        field("log_origin", Kind.TEXT, _ALWAYS, "收录它的日志；没有日志时为 none", "Log that holds it, or none"),
        field("log_key", Kind.TEXT, _OPTIONAL, "日志的公钥（C2SP vkey）；有日志时才有", "The log's public key, as a C2SP verifier key; where there is a log"),
        field("software", Kind.OBJECT, _ALWAYS, "所用软件", "Program that did the work"),
        field("software.name", Kind.TEXT, _ALWAYS, "软件名称", "Its name"),
        field("software.version", Kind.TEXT, _ALWAYS, "软件版本", "Its version"),
        field("software.source_sha256", Kind.SHA256_OR_UNKNOWN, _ALWAYS, "软件源代码的摘要", "Digest of its source"),
    )


COMMITTED: Final = (
    field("salt_hex", Kind.SALT, _ALWAYS, "日志里的承诺用的随机数：SHA-256（随机数，再接文件全文）", "Random bytes of the log's commitment: SHA-256 over them and then the whole document"),
)
"""The row of every document whose log entry says nothing about it but a commitment."""
OF_TICKET: Final = (
    field("ticket", Kind.CODE, _ALWAYS, "单号", "Ticket"),
    *COMMITTED,
)
BY_STAFF: Final = (
    field("staff", Kind.STAFF, _ALWAYS, "经手人的工号，不写姓名", "Number of whoever did it; no name"),
)
DEVICE: Final = (
    field("device", Kind.OBJECT, _ALWAYS, "设备", "The device"),
    field("device.kind", Kind.CODE, _ALWAYS, "设备种类，如 disk、phone", "Kind of device, such as disk or phone"),
    field("device.description", Kind.TEXT, _ALWAYS, "看上去是什么", "What it looks like to a person"),
    field("device.identifiers", Kind.LIST, _ALWAYS, "身份信息；可以是空的", "What it is called, each with its source; may be empty"),
    field("device.identifiers[].kind", Kind.CODE, _ALWAYS, "种类，如 serial、model、imei", "Such as serial, model or imei"),
    field("device.identifiers[].value", Kind.TEXT, _ALWAYS, "原样记录的内容", "As it was found"),
    field("device.identifiers[].source", Kind.CODE, _ALWAYS, "从谁那里知道的", "Who said so", "medium", "bridge", "label", "unknown"),
    field("device.identifiers[].evidence", Kind.TEXT, _ALWAYS, "从哪里读到的", "Where it was read"),
    field("device.size_bytes", Kind.COUNT, _OPTIONAL, "容量，知道才写", "Size, where it is known"),
)
"""A device as somebody describes it who may not have looked inside."""


def reason(path: str) -> tuple[Field, ...]:
    """Return the rows of a reason in both languages."""
    return (
        field(path, Kind.OBJECT, _ALWAYS, "原因", "Why"),
        field(f"{path}.code", Kind.CODE, _ALWAYS, "代号", "As a code"),
        field(f"{path}.zh", Kind.TEXT, _ALWAYS, "中文", "In Chinese"),
        field(f"{path}.en", Kind.TEXT, _ALWAYS, "英文", "In English"),
    )


def reference(path: str, required: Required, zh: str, en: str, types: Sequence[DocumentType] = tuple(DocumentType)) -> tuple[Field, ...]:
    """Return the rows that name another document by its very bytes.

    Args:
        path: of the reference.
        required: where it must stand.
        zh: what it is.
        en: the same.
        types: of the document that is named.
    """
    names = (each.value for each in types)
    return (
        field(path, Kind.OBJECT, required, zh, en),
        field(f"{path}.document", Kind.ID, _ALWAYS, "它的编号", "Its id"),
        field(f"{path}.document_sha256", Kind.SHA256, _ALWAYS, "其 JSON 文件的摘要", "Digest of its JSON file"),
        field(f"{path}.type", Kind.CODE, _ALWAYS, "它的种类", "What it is", *names),
    )


def grade(path: str, required: Required, zh: str, en: str) -> tuple[Field, ...]:
    """Return the rows of a grade on its three axes."""
    return (
        field(path, Kind.OBJECT, required, zh, en),
        field(f"{path}.ruleset", Kind.CODE, _ALWAYS, "规则名称和版本", "Rule set and version"),
        field(f"{path}.ruleset_sha256", Kind.SHA256, _ALWAYS, "规则文件的摘要", "Digest of the rule file"),
        *(field(f"{path}.{axis}", Kind.CODE, _ALWAYS, name.zh, name.en, *GRADE_WORDS) for axis, name in AXES.items()),
    )


def grade_reasons(path: str) -> tuple[Field, ...]:
    """Return the rows of the rules that took effect in the grade at a path."""
    each = f"{path}.reasons[]"
    return (
        field(f"{path}.reasons", Kind.LIST, _OPTIONAL, "起作用的规则", "Rules that took effect"),
        field(f"{each}.axis", Kind.CODE, _ALWAYS, "哪一项", "Which axis", *AXES),
        field(f"{each}.rule", Kind.CODE, _ALWAYS, "规则的代号", "The rule's id"),
        field(f"{each}.cap", Kind.CODE, _ALWAYS, "最高只能评到", "The best grade that it leaves", *GRADE_WORDS),
        field(f"{each}.measure", Kind.CODE, _ALWAYS, "看的是哪个测量", "The measure that it looks at"),
        field(f"{each}.measured", Kind.TEXT, _ALWAYS, "测到的值", "What was measured"),
        field(f"{each}.threshold", Kind.TEXT, _ALWAYS, "规则的条件", "When the rule takes effect"),
        field(f"{each}.source", Kind.TEXT, _ALWAYS, "规则的出处", "Where the rule comes from"),
        field(f"{each}.zh", Kind.TEXT, _ALWAYS, "中文", "In Chinese"),
        field(f"{each}.en", Kind.TEXT, _ALWAYS, "英文", "In English"),
    )


JOURNAL: Final = (
    field("journal", Kind.OBJECT, _ALWAYS, "作为依据的记录", "Journal that this was computed from"),
    field("journal.records", Kind.COUNT, _ALWAYS, "记录条数", "Number of its records"),
    field("journal.head_sha256", Kind.SHA256, _ALWAYS, "末条的摘要", "Digest of its last record"),
)
"""What every document about a job was computed from."""
EARLIER: Final = (
    field("earlier_documents", Kind.LIST, _ALWAYS, "同一任务先前的文件", "Earlier documents of the same job"),
    field("earlier_documents[].id", Kind.ID, _ALWAYS, "编号", "Its id"),
    field("earlier_documents[].sha256", Kind.SHA256, _ALWAYS, "其 JSON 文件的摘要", "Digest of its JSON file"),
)
"""Those of the same job before."""
NOT_CHECKED: Final = (
    field("not_checked", Kind.LIST, _ALWAYS, "没有检查的事项", "What nobody checked"),
    field("not_checked[]", Kind.CODE, _ALWAYS, "其中一项的代号", "One of them"),
)
# fmt: on


def check_head(statement: JsonObject, document_type: DocumentType) -> None:
    """Check what must agree in the head of any document, whose shape is right.

    Raises:
        CertificateError: SCHEMA, naming the field that disagrees.
    """
    _check_log(statement)
    numbered = "-n" in statement["id"]
    if numbered and not document_type.is_notice:
        refuse("id", "只有任务的通知书编号带 -n", "only a job's notice has an id with -n")
    if document_type.is_notice and not numbered:
        refuse("id", "通知书的编号以 -n 和数字结尾", "a notice's id ends in -n and a number")


def _check_log(statement: JsonObject) -> None:
    """A document that names a log names its key, under the log's own name."""
    if statement["log_origin"] == NO_LOG:
        if "log_key" in statement:
            refuse("log_key", "没有日志就没有日志的公钥", "no key where there is no log")
        return
    if "log_key" not in statement:
        refuse("log_key", "缺少这个字段", "missing")
    try:
        key = parse_key(statement["log_key"])
    except MalformedLogError as error:
        refuse("log_key", error.message.zh, error.message.en)
    if key.name != statement["log_origin"] or key.algorithm is not Algorithm.ED25519:
        refuse("log_key", "不是这份日志的", "not this log's")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every document says, whatever it is about.

    Attributes:
        id: ``YYYYMMDDTHHMMSSZ-`` and eight hex digits, drawn for it.
        issued_at: UTC, ``YYYY-MM-DDTHH:MM:SSZ``.
        practice: whether it counts for nothing.
        key_id: of the key that is going to sign.
        log: ``log_origin`` and ``log_key`` of the log that it is going to stand in; None for none.
        software: ``name``, ``version`` and ``source_sha256`` of the program.
    """

    id: str
    issued_at: str
    practice: bool
    key_id: str
    log: Mapping[str, str] | None
    software: Mapping[str, str]

    def statement(self, document_type: DocumentType, salt: bytes | None = None) -> JsonObject:
        """Return the head of a statement, and the salt where its log entry is a commitment."""
        return {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "type": document_type.value,
            "id": self.id,
            "issued_at": self.issued_at,
            "practice": self.practice,
            "key_id": self.key_id,
            **({"log_origin": NO_LOG} if self.log is None else self.log),
            "software": dict(self.software),
            **({} if salt is None else {"salt_hex": salt.hex()}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One name of a device.

    Attributes:
        kind: such as serial, model or imei.
        value: as it was found.
        source: medium, bridge, label or unknown.
        evidence: where it was read.
    """

    kind: str
    value: str
    source: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedDevice:
    """A device as it was taken in.

    Attributes:
        kind: such as disk or phone.
        description: what it looks like.
        identifiers: what it is called.
        size_bytes: where it is known.
    """

    kind: str
    description: str
    identifiers: Sequence[Identifier] = ()
    size_bytes: int | None = None

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        named = [
            {"kind": it.kind, "value": it.value, "source": it.source, "evidence": it.evidence}
            for it in self.identifiers
        ]
        size = {} if self.size_bytes is None else {"size_bytes": self.size_bytes}
        return {
            "kind": self.kind,
            "description": self.description,
            "identifiers": named,
            **size,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Another document, by its very bytes."""

    document: str
    document_sha256: str
    document_type: DocumentType

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        return {
            "document": self.document,
            "document_sha256": self.document_sha256,
            "type": self.document_type.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, as a code and in words."""

    code: str
    text: Text

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        return {"code": self.code, "zh": self.text.zh, "en": self.text.en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A grade on its three axes, and the rules that it follows from."""

    ruleset: str
    ruleset_sha256: str
    function: str
    appearance: str
    life: str

    def statement(self) -> JsonObject:
        """Return it as it stands in a document."""
        return asdict(self)
