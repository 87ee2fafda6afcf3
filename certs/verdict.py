"""What the verification of a document came to, in words. Pure."""

from dataclasses import dataclass
from enum import Enum

from certs.canonical import JsonObject
from certs.chain import SigningChain
from certs.errors import Layer
from certs.formats.document import DocumentFormat
from certs.formats.facts import fact_lines
from certs.formats.fields import shown
from certs.formats.statement_v1 import format_of
from certs.layout import DocumentType
from certs.logged import Logged
from certs.open_questions import open_question
from certs.pdf.stamps import PdfStamp
from certs.revocation import REASONS, Standing
from certs.sampled import erased_text, guarantee_text
from certs.stamp_words import pdf_stamp_lines, stamp_line
from certs.text import Text
from certs.timestamp import Stamp
from certs.witnessed import Witnessed


class Status(Enum):
    """What an accepted document is worth to the person who checks it."""

    ERASED = "erased"
    NOT_ERASED = "not-erased"
    INCONCLUSIVE = "inconclusive"
    GENUINE = "genuine"
    """No document about an erasure."""
    SUPERSEDED = "superseded"
    """Something in it was corrected."""
    VOID = "void"
    """All of it was taken back."""
    SIGNER_UNKNOWN = "signer-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An accepted document.

    Attributes:
        status: what it is worth; only ERASED is green.
        steps: the layers that it passed, in order; without a known root CHAIN is not among them.
        statement: its content, checked against the schema.
        lines: what to tell the person; the first is what to compare with the device.
        stamp: what a time service says; None where the document has no time stamp.
        pdf_stamps: what time services say in its PDF.
        witnessed: which of the caller's witnesses saw the log with it.
        others: of documents that were given with it and are about it.
    """

    status: Status
    steps: tuple[Layer, ...]
    statement: JsonObject
    lines: tuple[Text, ...]
    stamp: Stamp | None = None
    pdf_stamps: tuple[PdfStamp, ...] = ()
    witnessed: tuple[Witnessed, ...] = ()
    others: tuple["Verdict", ...] = ()


NOT_ERASED_OUTCOMES = ("failed", "verified-with-exceptions")
SENTENCES = {
    Status.NOT_ERASED: Text(
        zh="没能确认清除成功，不能出售。", en="Not erased as far as anybody knows; not for sale."
    ),
    Status.INCONCLUSIVE: Text(
        zh="没有做完，不能当作已清除。", en="Not finished; do not treat it as erased."
    ),
    Status.SUPERSEDED: Text(
        zh="这份文件已经更正，不要再以它为准。",
        en="This document was corrected; go by it no longer.",
    ),
    Status.VOID: Text(
        zh="这份文件已经作废，什么也证明不了。",
        en="This document was declared void; it proves nothing.",
    ),
    Status.GENUINE: Text(
        zh="文件是真的，但没有说到设备是否清除。",
        en="Genuine, but it says nothing about an erasure.",
    ),
    Status.SIGNER_UNKNOWN: Text(
        zh="不知道是谁签的：没有给根证书。请用 --root 给出从别处得到的根证书，再查一次。",
        en="Signer unknown: no root was given. Check again with --root and a root that reached"
        " you by another way.",
    ),
}
PRACTICE = Text(zh="这是练习，不是证明。", en="Practice: this is no certificate.")
WEAK_IDENTITY = Text(
    zh="序列号可能不是设备本身的：没有读到介质自己的身份信息。",
    en="The serial may not be the device's own: the medium did not identify itself.",
)
IDENTIFIER_NAMES = {
    "serial": Text(zh="序列号", en="serial"),
    "backing-file": Text(zh="后备文件", en="backing file"),
    "backing-object": Text(zh="后备文件编号", en="backing object"),
    "model": Text(zh="型号", en="model"),
    "vendor": Text(zh="厂商", en="vendor"),
    "imei": Text(zh="IMEI 号", en="IMEI"),
    "imei2": Text(zh="第二个 IMEI 号", en="second IMEI"),
    "meid": Text(zh="MEID 号", en="MEID"),
    "udid": Text(zh="设备编号（UDID）", en="UDID"),
    "wwid": Text(zh="全球唯一名", en="WWN"),
    "eui": Text(zh="EUI-64", en="EUI-64"),
    "nguid": Text(zh="NGUID", en="NGUID"),
    "cid": Text(zh="卡的编号（CID）", en="CID"),
    "shared-serial": Text(zh="不可靠的序列号", en="serial that others state, too"),
}
CATEGORY_NAMES = {
    "clear": Text(zh="可防软件恢复（Clear）", en="Clear"),
    "purge": Text(zh="可防实验室恢复（Purge）", en="Purge"),
}


def verdict_of(  # noqa: PLR0913 - all that was found out
    statement: JsonObject,
    chain: SigningChain,
    steps: tuple[Layer, ...],
    logged: Logged | None = None,
    standing: Standing | None = None,
    *,
    stamp: Stamp | None = None,
    pdf_stamps: tuple[PdfStamp, ...] = (),
    witnessed: tuple[Witnessed, ...] = (),
) -> Verdict:
    """Put an accepted document into words.

    Args:
        statement: checked against the schema and bound to the chain.
        chain: its signer.
        steps: the layers that it passed.
        logged: where it stands in its log; None where it names none.
        standing: of the signer on a list of revoked keys; None where no list was given.
        stamp: its time stamp, which fits; None where it has none.
        pdf_stamps: those in its PDF.
        witnessed: who of the caller's witnesses saw the log with it.

    Returns:
        the verdict; without a known root always SIGNER_UNKNOWN.
    """
    status = _status(statement, chain)
    described = format_of(statement)
    content = _of_drive(statement) if described is None else _of_other(statement, described)
    return Verdict(
        status=status,
        steps=steps,
        statement=statement,
        lines=(
            compare_line(statement),
            erased_text(statement) if status is Status.ERASED else SENTENCES[status],
            *content,
            _signed_line(statement, chain),
            *_log_line(logged),
            *_witness_lines(witnessed),
            *stamp_line(stamp),
            *pdf_stamp_lines(pdf_stamps),
            *_standing_line(standing),
        ),
        stamp=stamp,
        pdf_stamps=pdf_stamps,
        witnessed=witnessed,
    )


def _of_drive(statement: JsonObject) -> tuple[Text, ...]:
    return (
        *_sample(statement),
        *_warnings(statement),
        *_reason(statement),
        *_claim(statement),
    )


def _of_other(statement: JsonObject, described: DocumentFormat) -> tuple[Text, ...]:
    title = Text(zh=f"{described.title.zh}。", en=f"{described.title.en}.")
    practice = (PRACTICE,) if statement["practice"] else ()
    return (title, *practice, *fact_lines(statement, described.facts))


def _sample(statement: JsonObject) -> tuple[Text, ...]:
    if "sample" not in statement["verification"]:
        return ()
    said = guarantee_text(statement["verification"]["sample"])
    return (Text(zh=f"抽样核对：{said.zh}。", en=f"Sampled: {said.en}."),)


def _status(statement: JsonObject, chain: SigningChain) -> Status:
    if not chain.root_known:
        return Status.SIGNER_UNKNOWN
    kind = DocumentType(statement["type"])
    if not kind.of_job:
        return Status.GENUINE
    if kind.certifies:
        return Status.ERASED
    if statement["outcome"] in NOT_ERASED_OUTCOMES:
        return Status.NOT_ERASED
    return Status.INCONCLUSIVE


def compare_line(statement: JsonObject) -> Text:
    """Return what whoever holds a document must compare: the device, or what it is about."""
    if "device" in statement:
        return _compare_device(statement["device"])
    if "about" in statement:
        document, digest = (statement["about"][name] for name in ("document", "document_sha256"))
        return Text(
            zh=f"请和它说的那份文件核对：{document}，SHA-256 {digest}。",
            en=f"Compare with the document that it is about: {document}, SHA-256 {digest}.",
        )
    document = statement["id"]
    return Text(
        zh=f"请核对编号：{document}。", en=f"Compare the number of the document: {document}."
    )


def _compare_device(device: JsonObject) -> Text:
    identifiers = [
        (_identifier_name(item["kind"]), shown(item["value"])) for item in device["identifiers"]
    ]
    described = [shown(device["description"])] if "description" in device else []
    zh = [*described, *(f"{name.zh} {value}" for name, value in identifiers)]
    en = [*described, *(f"{name.en} {value}" for name, value in identifiers)]
    if "size_bytes" in device:
        size = f"{device['size_bytes']:,}"
        zh.append(f"容量 {size} 字节")
        en.append(f"size {size} bytes")
    return Text(
        zh=f"请和手里的设备核对：{'，'.join(zh)}。",
        en=f"Compare with the device in your hand: {', '.join(en)}.",
    )


def _identifier_name(kind: str) -> Text:
    return IDENTIFIER_NAMES.get(kind.replace("_", "-"), Text(zh=kind, en=kind))


def _warnings(statement: JsonObject) -> tuple[Text, ...]:
    device = statement["device"]
    siblings = ", ".join(shown(name) for name in device["siblings_not_covered"])
    questions = [open_question(code) for code in statement["not_checked"]]
    open_zh = "；".join(question.zh for question in questions)
    open_en = "; ".join(question.en for question in questions)
    hidden = device["hidden_areas"].values()
    breaks = len(statement["interruptions"])
    warnings = (
        (statement["practice"], PRACTICE.zh, PRACTICE.en),
        (
            device["identity_strength"] != "medium",
            WEAK_IDENTITY.zh,
            WEAK_IDENTITY.en,
        ),
        (
            breaks,
            f"中途断过 {breaks} 次，之后从停下的地方接着做；时间和原因写在文件里。",
            f"Interrupted {breaks} time(s) and continued; the document says when and why.",
        ),
        (siblings, f"同一设备上没有处理：{siblings}。", f"Not covered, same device: {siblings}."),
        ("unknown" in hidden, "不清楚有没有隐藏区域。", "Hidden areas are unknown."),
        (questions, f"没有检查：{open_zh}。", f"Left open: {open_en}."),
    )
    return tuple(Text(zh=zh, en=en) for applies, zh, en in warnings if applies)


def _reason(statement: JsonObject) -> tuple[Text, ...]:
    if "notice" not in statement:
        return ()
    reason = statement["notice"]["reason"]
    return (Text(zh=f"原因：{shown(reason['zh'], 400)}", en=f"Reason: {shown(reason['en'], 400)}"),)


def _claim(statement: JsonObject) -> tuple[Text, ...]:
    name = CATEGORY_NAMES.get(statement["claim"]["category"])
    if name is None:
        return ()
    edition = shown(statement["claim"]["edition"])
    return (
        Text(
            zh=f"出具方称：{name.zh}，{edition}。", en=f"The issuer claims: {name.en}, {edition}."
        ),
    )


def _log_line(logged: Logged | None) -> tuple[Text, ...]:
    if logged is None:
        return ()
    name, at, size = shown(logged.origin), logged.index, logged.size
    return (
        Text(
            zh=f"日志 {name} 的第 {at} 条就是它（当时共 {size} 条）。",
            en=f"Entry {at} of the log {name} is about it ({size} entries at the time).",
        ),
    )


def _witness_lines(witnessed: tuple[Witnessed, ...]) -> tuple[Text, ...]:
    return tuple(
        Text(
            zh=f"见证方 {shown(each.name)} 在 {each.at:%Y-%m-%dT%H:%M:%SZ} 见过有它的日志"
            f"（共 {each.size} 条）。",
            en=f"The witness {shown(each.name)} saw the log with it at"
            f" {each.at:%Y-%m-%dT%H:%M:%SZ} ({each.size} entries).",
        )
        for each in witnessed
    )


def _standing_line(standing: Standing | None) -> tuple[Text, ...]:
    if standing is None:
        return ()
    version, at = standing.version, standing.issued_at
    if standing.revoked is None:
        return (
            Text(
                zh=f"签名方和上级的密钥都不在作废名单上（第 {version} 版，{at}）。",
                en=f"Neither the signer's key nor an issuer's is on the revocation list (version"
                f" {version}, {at}).",
            ),
        )
    why, whose = REASONS[standing.revoked.reason], standing.whose
    return (
        Text(
            zh=f"{whose.zh}后来作废了（{why.zh}）；这份文件在那以前已经进了日志。",
            en=f"{whose.en} was revoked later ({why.en}); the log had this document before.",
        ),
    )


def _signed_line(statement: JsonObject, chain: SigningChain) -> Text:
    document, time, signer = statement["id"], statement["issued_at"], chain.signer_name
    return Text(
        zh=f"文件 {document}，{time} 由 {signer} 签发（时间以签发方的时钟为准）。",
        en=f"Document {document}, signed {time} by {signer} (time by the signer's clock).",
    )
