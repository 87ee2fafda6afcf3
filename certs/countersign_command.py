"""``wipe-cert countersign``: what a third-party assessor signs about a document. I/O.

1. The document holds under the issuer's root, as for anybody else; nobody signs about what does
   not.
2. What the assessor says is whole: another key than the document's, the same kind of key
   (practice or not), a ticket, a reason where he disagrees.
3. His document names that one by its very bytes, and no log: he has none.
"""

import argparse
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final

from certs.bundle import read_bundle, write_bundle
from certs.canonical import JsonObject
from certs.command_line import ExitCode
from certs.errors import CertificateError, CertsError, Layer
from certs.formats.countersignature_v1 import Assessment, countersignature
from certs.formats.fields import Kind, fits
from certs.formats.head_v1 import Reference
from certs.keys import Signer
from certs.layout import MAX_CHAIN_BYTES, Bundle, DocumentType
from certs.own_keys import head_by, new_id, own_keys
from certs.reading import read_chosen
from certs.report import Report, both, missing
from certs.text import Text
from certs.verify import verify

_SALT_BYTES: Final = 32
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_NOTHING: Final = Text(zh="什么也没有签。", en="Nothing was signed.")


def countersign_report(asked: argparse.Namespace, now: datetime) -> Report:
    """Check a document and sign what an assessor says of it.

    Args:
        asked: from the command line.
        now: aware; the caller's clock.
    """
    try:
        _require_opinion(asked)
        signer = own_keys(asked.keys).signer
        bundle = read_bundle(asked.path)
        root_pem = read_chosen(asked.root, MAX_CHAIN_BYTES)
        statement = verify(
            bundle, root_pem=root_pem, allow_practice=asked.allow_practice, now=now
        ).statement
        said = _assessment(asked, bundle, statement, signer, now)
        head = head_by(signer, new_id(now), now)
        made = countersignature(head, secrets.token_bytes(_SALT_BYTES), said)
        asked.output.mkdir(parents=True, exist_ok=True)
        folder = write_bundle(asked.output, made, signer)
    except _UsageError as error:
        return _refused(ExitCode.USAGE, "usage", error)
    except CertificateError as error:
        practice = error.layer is Layer.PRACTICE
        code = ExitCode.PRACTICE_REFUSED if practice else ExitCode.NOT_TRUSTED
        return _refused(code, "refused", error)
    except CertsError as error:
        return _refused(ExitCode.NOT_TRUSTED, "refused", error)
    except OSError as error:
        return missing(error)
    signed = Text(zh=f"会签 {folder}，已签名。", en=f"Countersignature {folder}, signed.")
    machine = {"status": "made", "exit_code": 0, "countersignature": str(folder)}
    return Report(exit_code=ExitCode.ERASED, lines=(signed,), machine=machine)


class _UsageError(CertsError):
    """What was asked for cannot be signed as it was asked."""


def _usage(zh: str, en: str) -> _UsageError:
    return _UsageError(Text(zh=f"{zh}。", en=f"{en}."), _NOTHING)


def _require_opinion(asked: argparse.Namespace) -> None:
    if asked.agrees == asked.disagrees:
        raise _usage("--agrees 和 --disagrees 给一个", "Give --agrees or --disagrees")
    if asked.disagrees and not asked.remarks:
        raise _usage("不同意要用 --remark 写明为什么", "Say why you disagree, with --remark")
    if not fits(Kind.STAFF, asked.number):
        raise _usage("编号是 1 到 10 位数字", "Your number has 1 to 10 digits")
    if not all(fits(Kind.TEXT, each) for each in (asked.organisation, *asked.remarks)):
        raise _usage("机构名称或说明是空的，或者太长", "A name or remark is empty or too long")


def _assessment(
    asked: argparse.Namespace, bundle: Bundle, statement: JsonObject, signer: Signer, now: datetime
) -> Assessment:
    if statement["key_id"] == signer.key_id:
        raise _usage("这份文件就是用这个密钥签的", "This very key signed the document")
    if statement["practice"] != signer.practice:
        raise _usage(
            "练习密钥只签练习文件，正式密钥只签正式文件",
            "A practice key signs about practice alone, and another about no practice",
        )
    return Assessment(
        about=Reference(
            document=statement["id"],
            document_sha256=sha256(bundle.document).hexdigest(),
            document_type=DocumentType(statement["type"]),
        ),
        ticket=_ticket(asked.ticket, statement.get("ticket")),
        organisation=asked.organisation,
        number=asked.number,
        assessed_at=now.strftime(_TIME),
        agrees=asked.agrees,
        remarks=asked.remarks,
    )


def _ticket(given: str | None, stated: str | None) -> str:
    """Return the ticket that the document names, or else the one that was given."""
    ticket = given if stated is None else stated
    if ticket is None or not fits(Kind.CODE, ticket):
        raise _usage("文件里没有单号，请用 --ticket 给出", "Give its ticket with --ticket")
    if given not in {None, ticket}:
        raise _usage("文件里写的是另一个单号", "The document names another ticket")
    return ticket


def _refused(code: ExitCode, status: str, error: CertsError) -> Report:
    message = error.message
    return Report(
        exit_code=code,
        lines=(Text(zh=f"✗ {message.zh}", en=f"✗ {message.en}"), error.hint),
        machine={
            "status": status,
            "exit_code": int(code),
            "message": both(message),
            "hint": both(error.hint),
        },
    )
