"""Whether a stranger may believe a bundle. Pure.

Bytes, a root and a time go in; a verdict or a refusal that names its layer comes out.
"""

# The plan, in the order of `Layer`. Nothing is parsed before it must be, and no JSON before its
# signature fits.
#
# 1. bundle               The files are there and within their limits.
#    pdf                  Where there is a PDF, exactly the bundle's files are attached to it.
# 2. chain                The certificates parse, each was issued by the next, the last by the root
#                         (if one was given), and each may do what it did.
#    pdf again            The signer of the bundle signed every byte of the PDF, in the one
#                         spelling; time stamps in it are sound, and nothing stands behind it but an
#                         archive's revision. Only now is that signer known.
# 3. signature-encoding   The signature is canonical DER.
# 4. signature            It fits the bytes of the JSON file as they are.
# 5. canonical-json       Those bytes are the one spelling of one object.
# 6. schema               The object is a statement that agrees with itself.
# 7. chain again          Every certificate was valid when the statement says it was signed. Only
#                         now is that time known and signed.
# 8. binding              The statement names this key, this kind of document and this kind of
#                         root, and was not signed in the future.
# 9. log                  A document that names a log carries the proof that the log has it: an
#                         entry about these very bytes, on a way that leads to a checkpoint that
#                         this log's key signed. The key stands in the statement. Where the caller
#                         names witnesses, one of them signed this checkpoint, or that of a later
#                         proof of the same entry.
# 10. time                Where there is a time stamp, it is about the proof's checkpoint, a service
#                         that may stamp signed it, and the document does not contradict it. Without
#                         a service that the caller trusts it is told, and does not count. So are
#                         the stamps in the PDF, which nothing depends on.
# 11. revocation          Where the caller has a list of revoked keys: the root signed it, it is no
#                         older than the caller knows, and neither this key nor an issuer's is on
#                         it, or the log had the document before. Only now is that place known.
# 12. practice            Practice is refused unless the caller asked for it.
# 13. verdict             Put it into words. Without a root it is "signer unknown", never green.

from datetime import datetime
from typing import NoReturn

from certs.canonical import JsonObject, decode
from certs.chain import SigningChain, check_validity, read_chain, verify_signature
from certs.der import check_signature_encoding
from certs.errors import CertificateError, Layer, MalformedJsonError, TimestampError
from certs.formats import statement_v1
from certs.formats.fields import parse_time
from certs.layout import Bundle, check_sizes
from certs.logged import check_logged
from certs.pdf.cms import check_pdf_signature
from certs.pdf.container import check_attachments, signed_bytes
from certs.pdf.stamps import PdfStamp, pdf_stamps
from certs.revocation import SignedList, check_not_revoked
from certs.stamped import CLOCK_TOLERANCE, check_stamped, check_time
from certs.text import Text
from certs.time_service import read_roots
from certs.verdict import Verdict, verdict_of
from certs.witnessed import Witnesses, check_witnessed

_BINDING_HINT = Text(
    zh="不要相信这份文件，请向出具方核实。", en="Do not trust this document; ask the issuer."
)
_PRACTICE_HINT = Text(
    zh="练习文件只用来试用。要看内容，请加上 --allow-practice。",
    en="Practice documents are for trying things out. To see inside, add --allow-practice.",
)


def verify(  # noqa: PLR0913 - all that a caller may trust and ask for
    bundle: Bundle,
    *,
    root_pem: bytes | None,
    allow_practice: bool,
    now: datetime,
    revoked: SignedList | None = None,
    tsa_roots_pem: bytes | None = None,
    witnesses: Witnesses | None = None,
) -> Verdict:
    """Check a bundle from the outside in.

    Args:
        bundle: files as found.
        root_pem: the one certificate that the caller trusts, or None.
        allow_practice: whether practice documents are wanted.
        now: aware; the caller's clock.
        revoked: the list of revoked keys, as found; None if the caller has none.
        tsa_roots_pem: the time services that the caller trusts; None if it knows none.
        witnesses: of whom one must have seen the log with it; None if the caller wants none.

    Returns:
        the verdict on a genuine document, which may still say "not erased".

    Raises:
        CertificateError: refused, naming the layer.
    """
    chain, statement = check_signed(bundle, root_pem=root_pem, now=now)  # 1 to 8
    logged = check_logged(statement, bundle)  # 9
    seen = () if witnesses is None else check_witnessed(bundle, logged, witnesses)
    issued_at = parse_time(statement["issued_at"])
    stamp = check_stamped(  # 10
        bundle, logged, issued_at=issued_at, roots_pem=tsa_roots_pem, now=now
    )
    in_pdf = _stamps_in_pdf(bundle, chain, tsa_roots_pem)
    for each in in_pdf:
        if each.stamp.vouched:
            check_time(each.stamp, issued_at=issued_at, now=now)
    standing = None  # 11
    if revoked is not None:
        log_key = statement.get("log_key", "")
        standing = check_not_revoked(revoked, root_pem, chain, log_key, logged)
    _check_practice(statement, allow_practice)  # 12
    stamped = stamp is not None and stamp.vouched
    passed = _passed(bundle, chain, stamped=stamped, listed=standing is not None)
    return verdict_of(  # 13
        statement,
        chain,
        passed,
        logged,
        standing,
        stamp=stamp,
        pdf_stamps=in_pdf,
        witnessed=seen,
    )


def check_signed(
    bundle: Bundle, *, root_pem: bytes | None, now: datetime
) -> tuple[SigningChain, JsonObject]:
    """Check that a document is what its signer signed, whatever a log says of it.

    Returns:
        the signer, and the statement.

    Raises:
        CertificateError: refused, naming the layer.
    """
    check_sizes(bundle)  # 1
    check_attachments(bundle)
    chain = read_chain(bundle.chain_pem, root_pem)  # 2
    if bundle.pdf is not None:
        signed = signed_bytes(bundle.pdf)
        check_pdf_signature(signed, chain)
        pdf_stamps(signed, chain, None)
    check_signature_encoding(bundle.signature)  # 3
    verify_signature(chain, bundle.signature, bundle.document)  # 4
    statement = _decode(bundle.document)  # 5
    statement_v1.check(statement)  # 6
    issued_at = parse_time(statement["issued_at"])
    check_validity(chain, issued_at)  # 7
    _check_binding(statement, bundle, chain)  # 8
    if issued_at > now + CLOCK_TOLERANCE:
        _unbound("签发时间在将来", "it was signed in the future")
    return chain, statement


def _stamps_in_pdf(
    bundle: Bundle, chain: SigningChain, roots_pem: bytes | None
) -> tuple[PdfStamp, ...]:
    if bundle.pdf is None:
        return ()
    try:
        roots = None if roots_pem is None else read_roots(roots_pem)
    except TimestampError as error:
        raise CertificateError(Layer.TIME, error.message, error.hint) from error
    return pdf_stamps(signed_bytes(bundle.pdf), chain, roots)


def _passed(
    bundle: Bundle, chain: SigningChain, *, stamped: bool, listed: bool
) -> tuple[Layer, ...]:
    # A chain that ends nowhere is consistent, but nobody vouches for it; nor for such a time.
    left_out = {
        *(() if chain.root_known else (Layer.CHAIN,)),
        *(() if bundle.pdf is not None else (Layer.PDF,)),
        *(() if bundle.proof is not None else (Layer.LOG,)),
        *(() if stamped else (Layer.TIME,)),
        *(() if listed else (Layer.REVOCATION,)),
    }
    return tuple(layer for layer in Layer if layer not in left_out)


def _decode(document: bytes) -> JsonObject:
    try:
        return decode(document)
    except MalformedJsonError as error:
        raise CertificateError(Layer.CANONICAL_JSON, error.message, error.hint) from error


def _check_binding(statement: JsonObject, bundle: Bundle, chain: SigningChain) -> None:
    if statement["key_id"] != chain.key_id:
        _unbound("写的是另一把密钥", "it names another key")
    if statement["type"] != bundle.type_by_name.value:
        _unbound("文件名和内容的种类不同", "its file name says another kind of document")
    if statement["practice"] != chain.practice:
        _unbound("练习标记和根证书不符", "its practice flag contradicts the root")


def _check_practice(statement: JsonObject, allow_practice: bool) -> None:
    if statement["practice"] and not allow_practice:
        message = Text(zh="这是练习文件，不是证明。", en="A practice document, no certificate.")
        raise CertificateError(Layer.PRACTICE, message, _PRACTICE_HINT)


def _unbound(zh: str, en: str) -> NoReturn:
    message = Text(zh=f"内容和签名方或文件名不符：{zh}。", en=f"Wrongly bound: {en}.")
    raise CertificateError(Layer.BINDING, message, _BINDING_HINT)
