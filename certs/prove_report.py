"""``wipe-cert log prove``: writes a later proof of a document, for ``verify --proof``. I/O."""

from pathlib import Path

from certs.bundle import read_bundle
from certs.canonical import decode
from certs.command_line import ExitCode
from certs.durable import NewFile, write_file
from certs.errors import CertificateError, MalformedJsonError, MalformedLogError
from certs.formats import statement_v1
from certs.log.checkpoint import parse_checkpoint
from certs.log.proof import parse_proof
from certs.log.prove import Later, later_proof
from certs.logged import check_logged
from certs.report import Report, missing, refused
from certs.text import Text

_UNWITNESSED = Text(
    zh="还没有见证方签过有它的检查点；这份证明只有日志自己的签名。",
    en="No witness signed a checkpoint with it yet: this proof bears the log's signature alone.",
)


def prove_report(folder: Path, document: Path, output: Path) -> Report:
    """Prove a document anew, under the newest checkpoint that witnesses signed.

    Args:
        folder: of the log.
        document: a bundle, its ``.zip`` or its PDF; who signed it is not asked.
        output: where the proof goes; must not be there.
    """
    try:
        bundle = read_bundle(document)
        statement = decode(bundle.document)
        statement_v1.check(statement)
        check_logged(statement, bundle)
        if bundle.proof is None:
            raise MalformedLogError(
                Text(zh="这份文件没有进日志。", en="This document stands in no log."),
                Text(zh="换一份有 .tlog-proof 的。", en="Give one that has a .tlog-proof."),
            )
        own = parse_proof(bundle.proof)
        later = later_proof(folder, own.entry, own.index)
        if output.exists():
            raise FileExistsError(17, "there is something already", str(output))
        write_file(output, NewFile(data=later.proof.text()))
    except (CertificateError, MalformedJsonError, MalformedLogError) as error:
        return refused(ExitCode.NOT_TRUSTED, error)
    except OSError as error:
        return missing(error)
    return _done(later, output)


def _done(later: Later, output: Path) -> Report:
    size = parse_checkpoint(later.proof.checkpoint).size
    code = ExitCode.ERASED if later.witnessed else ExitCode.INCONCLUSIVE
    line = Text(zh=f"证明写好了：{output}（{size} 条）", en=f"Proven: {output} ({size} entries)")
    return Report(
        exit_code=code,
        lines=(line, *(() if later.witnessed else (_UNWITNESSED,))),
        machine={
            "status": "proven" if later.witnessed else "unwitnessed",
            "exit_code": int(code),
            "proof": str(output),
            "size": size,
        },
    )
