"""``wipe-cert qr``: reads a code's text and what it is held against, says what came of it. I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from certs.bundle import read_bundle
from certs.chain import SigningChain
from certs.command_line import ExitCode
from certs.errors import CertificateError, CertsError, QrError, QrLayer
from certs.formats.fields import shown
from certs.layout import MAX_CHAIN_BYTES, Bundle
from certs.pdf.words import WORDS, code_words
from certs.qr import check_qr, compare_qr, parse_qr
from certs.qr_claims import AXES, QrClaims
from certs.reading import read_chosen
from certs.report import EXIT_CODES, NOT_THERE, Report, both, missing
from certs.text import Text
from certs.verdict import SENTENCES, WEAK_IDENTITY, Status
from certs.verify import verify

STEP_NAMES: Final = {
    QrLayer.TEXT: Text(zh="是我们的二维码，数字完整", en="a code of ours with all its digits"),
    QrLayer.CBOR: Text(zh="内容的写法", en="the content's spelling"),
    QrLayer.COSE: Text(zh="签名的格式", en="the envelope of the signature"),
    QrLayer.SIGNATURE_ENCODING: Text(zh="签名的写法", en="the signature's encoding"),
    QrLayer.CLAIMS: Text(zh="内容前后一致", en="the content agrees with itself"),
    QrLayer.CHAIN: Text(zh="签名方的证书", en="the signer's certificates"),
    QrLayer.KEY: Text(zh="写的是这把密钥", en="the code names this key"),
    QrLayer.SIGNATURE: Text(zh="签名和内容相符", en="the signature fits the content"),
    QrLayer.BINDING: Text(zh="内容与签名方相符", en="the content fits its signer"),
    QrLayer.PRACTICE: Text(zh="练习的是否允许", en="practice codes only if allowed"),
    QrLayer.DOCUMENT: Text(zh="和文件一致", en="the document says the same"),
}
NO_CLAIM: Final = Text(zh="这个二维码什么也证明不了。", en="This code proves nothing.")
_NO_STATION: Final = Text(
    zh="二维码里没有工作站的证书：请用 --chain 给出 station.pem，或用 --document 给出证明。",
    en="A code brings no certificates: give the station's with --chain, or the document with"
    " --document.",
)
SIGNED: Final = "signed"
"""What a genuine code of an erasure is worth alone."""
_ALONE: Final = Text(
    zh="这个工作站签过：设备已清除（{}）。只有二维码，不算证明：请和设备核对，再用 --document"
    " 核对整份证明。",
    en="This station signed that the device was erased ({}). A code alone proves no more: compare"
    " with the device, then check the whole certificate with --document.",
)
BY_ITSELF: Final = Text(
    zh="手机自己的重置，密钥被销毁是推断的",
    en="by the phone's own reset; that keys were destroyed is inferred",
)
READ_BACK: Final = {
    "full": Text(zh="每个字节都核对过", en="every byte checked"),
    "sampled": Text(zh="抽样核对", en="a sample checked"),
    "none": Text(zh="没有核对", en="nothing checked"),
}
MODEL: Final = Text(zh="型号", en="model")
SERIAL: Final = Text(zh="序列号", en="serial")
PHONE_NAME: Final = Text(zh="编号（序列号、IMEI 或 UDID）", en="serial, IMEI or UDID")
SAME: Final = Text(
    zh="二维码和文件逐项一致。", en="The code says what the document says, field by field."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QrQuestion:
    """What was asked about a code.

    Attributes:
        text: of the code.
        chain: file with the station's certificates, or None where the document brings them.
        document: the bundle that the code belongs to, or None.
        root: the root that the caller trusts, or None.
        allow_practice: whether practice codes are wanted.
    """

    text: str
    chain: Path | None
    document: Path | None
    root: Path | None
    allow_practice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worth:
    """What an accepted code comes to: in a word, as an exit code, and for a person."""

    status: str
    exit_code: ExitCode
    lines: tuple[Text, ...]


def qr_report(asked: QrQuestion, now: datetime) -> Report:
    """Check a code, and compare it with its document where there is one.

    Args:
        asked: with ``chain`` or ``document`` or both.
        now: aware; the caller's clock.
    """
    if asked.chain is None and asked.document is None:
        return _no_station()
    try:
        qr = parse_qr(asked.text)
        root_pem = None if asked.root is None else read_chosen(asked.root, MAX_CHAIN_BYTES)
        bundle = None if asked.document is None else read_bundle(asked.document)
        chain_pem = _chain_pem(asked, bundle)
        chain = check_qr(
            qr, chain_pem, root_pem=root_pem, allow_practice=asked.allow_practice, now=now
        )
        marks = {} if chain.root_known else {QrLayer.CHAIN: "?"}
        if bundle is None:
            marks |= {QrLayer.DOCUMENT: NOT_THERE}
            return _accepted(qr.claims, _alone(qr.claims, chain), marks)
        verdict = verify(bundle, root_pem=root_pem, allow_practice=asked.allow_practice, now=now)
        compare_qr(qr.claims, verdict.statement, bundle.document)
        worth = _Worth(
            status=verdict.status.value,
            exit_code=EXIT_CODES[verdict.status],
            lines=(*verdict.lines, SAME),
        )
        return _accepted(qr.claims, worth, marks)
    except QrError as error:
        passed = tuple(QrLayer)[: tuple(QrLayer).index(error.layer)]
        unknown = QrLayer.CHAIN if asked.root is None else None
        steps = [_step(layer, "?" if layer is unknown else "✓") for layer in passed]
        return _refused(error, error.layer, (*steps, _step(error.layer, "✗")))
    except CertificateError as error:
        # Of the document; the code may have been good, or not have been looked at.
        return _refused(error, QrLayer.DOCUMENT, (_step(QrLayer.DOCUMENT, "✗"),))
    except OSError as error:
        return missing(error)


def _no_station() -> Report:
    return Report(
        exit_code=ExitCode.USAGE,
        lines=(_NO_STATION,),
        machine={
            "status": "missing",
            "exit_code": int(ExitCode.USAGE),
            "message": both(_NO_STATION),
        },
    )


def _chain_pem(asked: QrQuestion, bundle: Bundle | None) -> bytes:
    if asked.chain is not None:
        return read_chosen(asked.chain, MAX_CHAIN_BYTES)
    assert bundle is not None, "one of them was given"
    return bundle.chain_pem


def _alone(claims: QrClaims, chain: SigningChain) -> _Worth:
    """Return what a code without its document is worth."""
    status = _status(claims, chain)
    sentence = _signed_sentence(claims) if status is None else SENTENCES[status]
    return _Worth(
        status=SIGNED if status is None else status.value,
        exit_code=ExitCode.INCONCLUSIVE if status is None else EXIT_CODES[status],
        lines=(
            _compare(claims),
            sentence,
            *_warnings(claims),
            *_grade(claims),
            _end(claims, chain),
        ),
    )


def _status(claims: QrClaims, chain: SigningChain) -> Status | None:
    """Return what the code is worth; None for an erasure, of which a code alone proves nothing."""
    if not chain.root_known:
        return Status.SIGNER_UNKNOWN
    if claims.document_type.certifies:
        return None
    failed = claims.outcome in {"failed", "verified-with-exceptions"}
    return Status.NOT_ERASED if failed else Status.INCONCLUSIVE


def _accepted(claims: QrClaims, worth: _Worth, marks: Mapping[QrLayer, str]) -> Report:
    return Report(
        exit_code=worth.exit_code,
        lines=(*(_step(layer, marks.get(layer, "✓")) for layer in QrLayer), *worth.lines),
        machine={
            "status": worth.status,
            "exit_code": int(worth.exit_code),
            "steps": [layer.value for layer in QrLayer if layer not in marks],
            "lines": [both(line) for line in worth.lines],
            "claims": spelled(claims),
        },
    )


def spelled(claims: QrClaims) -> dict[str, object]:
    """Return the claims for a program, in the words of the statement."""
    return {
        "document_id": claims.document_id,
        "document_sha256": claims.document_sha256,
        "type": claims.document_type.value,
        "outcome": claims.outcome,
        "verification": claims.verification,
        "issued_at": claims.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "practice": claims.practice,
        "key_id": claims.key_id,
        "size_bytes": claims.size_bytes,
        "identity_strength": claims.identity_strength,
        "method": claims.method,
        "model": claims.model,
        "serial": claims.serial,
        "grade": None if claims.grade is None else dict(zip(AXES, claims.grade, strict=True)),
    }


def _refused(error: CertsError, layer: QrLayer, steps: tuple[Text, ...]) -> Report:
    practice = layer is QrLayer.PRACTICE
    exit_code = ExitCode.PRACTICE_REFUSED if practice else ExitCode.NOT_TRUSTED
    return Report(
        exit_code=exit_code,
        lines=(*steps, NO_CLAIM, error.message, error.hint),
        machine={
            "status": "refused",
            "exit_code": int(exit_code),
            "layer": layer.value,
            "message": both(error.message),
            "hint": both(error.hint),
        },
    )


def _step(layer: QrLayer, mark: str) -> Text:
    number, name = tuple(QrLayer).index(layer) + 1, STEP_NAMES[layer]
    return Text(zh=f"{mark} {number}. {name.zh}", en=f"{mark} {number}. {name.en}")


def _compare(claims: QrClaims) -> Text:
    serial = PHONE_NAME if claims.document_type.of_phone else SERIAL
    names = [(MODEL, claims.model), (serial, claims.serial)]
    known = [(name, shown(value)) for name, value in names if value is not None]
    size = claims.size_bytes
    sized = [] if size is None else [Text(zh=f"容量 {size:,} 字节", en=f"size {size:,} bytes")]
    zh = "，".join([*(f"{name.zh} {value}" for name, value in known), *(it.zh for it in sized)])
    en = ", ".join([*(f"{name.en} {value}" for name, value in known), *(it.en for it in sized)])
    if not zh:
        return Text(
            zh=f"请核对编号：{claims.document_id}。",
            en=f"Compare the number of the document: {claims.document_id}.",
        )
    return Text(zh=f"请和手里的设备核对：{zh}。", en=f"Compare with the device in your hand: {en}.")


def _signed_sentence(claims: QrClaims) -> Text:
    phone = claims.document_type.of_phone
    read_back = BY_ITSELF if phone else READ_BACK[claims.verification]
    return Text(zh=_ALONE.zh.format(read_back.zh), en=_ALONE.en.format(read_back.en))


def _warnings(claims: QrClaims) -> tuple[Text, ...]:
    practice = Text(zh="这是练习，不是证明。", en="Practice: this is no certificate.")
    return (
        *((practice,) if claims.practice else ()),
        *((WEAK_IDENTITY,) if claims.identity_strength != "medium" else ()),
    )


def _grade(claims: QrClaims) -> tuple[Text, ...]:
    if claims.grade is None:
        return ()
    words = [
        (WORDS[axis], code_words(f"grade-{grade}"))
        for axis, grade in zip(AXES, claims.grade, strict=True)
    ]
    zh = "；".join(f"{axis.zh}{word.zh}" for axis, word in words)
    en = "; ".join(f"{axis.en} {word.en}" for axis, word in words)
    return (Text(zh=f"可用程度：{zh}。", en=f"Usability: {en}."),)


def _end(claims: QrClaims, chain: SigningChain) -> Text:
    at, signer = claims.issued_at.strftime("%Y-%m-%d %H:%M:%S UTC"), chain.signer_name
    document, method = claims.document_id, claims.method
    return Text(
        zh=f"文件 {document}，方法 {method}，{at} 由 {signer} 签发（时间以签发方的时钟为准）。",
        en=f"Document {document}, method {method}, signed {at} by {signer} (time by the signer's"
        " clock).",
    )
