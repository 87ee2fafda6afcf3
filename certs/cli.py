"""`wipe-cert`: what a recycler types.

Only this module of the package reads the clock, the environment and the arguments.
"""

import argparse
import errno
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from certs.bundle import read_bundle
from certs.command_line import ExitCode, command_line
from certs.errors import CertificateError, Layer
from certs.layout import MAX_CHAIN_BYTES, Bundle
from certs.log_report import log_report
from certs.reading import UnexpectedFileError, read_regular_file
from certs.report import Report, both, missing
from certs.text import Language, Text, language_of
from certs.verdict import Status, Verdict
from certs.verify import verify
from certs.witness_report import cosign_report, new_report, serve_report

EXIT_CODES = {
    Status.ERASED: ExitCode.ERASED,
    Status.NOT_ERASED: ExitCode.NOT_ERASED,
    Status.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Status.SIGNER_UNKNOWN: ExitCode.INCONCLUSIVE,
}
STEP_NAMES = {
    Layer.BUNDLE: Text(zh="文件齐全，大小正常", en="the files are there and of sane size"),
    Layer.PDF: Text(
        zh="PDF 由同一方签名，附有同样的文件",
        en="the PDF has the same signer and carries the same files",
    ),
    Layer.CHAIN: Text(zh="签名方的证书", en="the signer's certificates"),
    Layer.SIGNATURE_ENCODING: Text(zh="签名的写法", en="the signature's encoding"),
    Layer.SIGNATURE: Text(zh="签名和内容相符", en="the signature fits the content"),
    Layer.CANONICAL_JSON: Text(zh="内容的写法", en="the content's spelling"),
    Layer.SCHEMA: Text(zh="内容前后一致", en="the content agrees with itself"),
    Layer.BINDING: Text(
        zh="内容与签名方、文件名相符", en="the content fits its signer and file name"
    ),
    Layer.LOG: Text(zh="日志收录了它", en="the log has it"),
    Layer.PRACTICE: Text(zh="练习文件是否允许", en="practice documents only if allowed"),
}
_NOT_THERE = "–"  # noqa: RUF001 - as in a table's empty cell
NO_CLAIM = Text(zh="这份文件什么也证明不了。", en="This document proves nothing.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``wipe-cert``.

    Args:
        arguments: without the program's name; None takes the process's own.

    Returns:
        the exit code, one of `ExitCode`.

    Raises:
        SystemExit: from argparse, for help (0) and wrong usage (2).
    """
    language = _language(os.environ)
    _never_fail_on_output()
    options = command_line(language).parse_args(arguments)
    report = _asked(options)
    if getattr(options, "json", False):
        sys.stdout.write(json.dumps(report.machine, sort_keys=True) + "\n")
    else:
        sys.stdout.writelines(line.in_language(language) + "\n" for line in report.lines)
    return int(report.exit_code)


def _asked(options: argparse.Namespace) -> Report:
    match options.command:
        case "log verify":
            return log_report(options.folder, options.key, options.checkpoints, options.proofs)
        case "log cosign":
            return cosign_report(options.folder, options.key, options.witness, options.url)
        case "witness new":
            return new_report(options.folder, options.name)
        case "witness serve":
            return serve_report(options.folder, options.name, options.logs, options.listen)
        case _:
            now = datetime.now(UTC)
            return _check(options.path, options.root, options.allow_practice, now)


def _language(environment: Mapping[str, str]) -> Language:
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next((name for name in names if name), ""))


def _never_fail_on_output() -> None:
    # A terminal that cannot show a character must not turn a verdict into a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _check(path: Path, root: Path | None, allow_practice: bool, now: datetime) -> Report:
    bundle = None
    try:
        root_pem = _read_root(root) if root else None
        bundle = read_bundle(path)
        verdict = verify(bundle, root_pem=root_pem, allow_practice=allow_practice, now=now)
    except CertificateError as error:
        return _refused(error, bundle)
    except OSError as error:
        return missing(error)
    return _accepted(verdict)


def _read_root(path: Path) -> bytes:
    # A root may be a symbolic link: the caller chose it.
    try:
        return read_regular_file(path.resolve(), MAX_CHAIN_BYTES)[0]
    except UnexpectedFileError as error:
        raise OSError(errno.EINVAL, "no root certificate", str(path)) from error


def _accepted(verdict: Verdict) -> Report:
    exit_code = EXIT_CODES[verdict.status]
    marks = {Layer.PDF: _NOT_THERE, Layer.LOG: _NOT_THERE}
    steps = [
        _step_line(layer, "✓" if layer in verdict.steps else marks.get(layer, "?"))
        for layer in Layer
    ]
    return Report(
        exit_code=exit_code,
        lines=(*steps, *verdict.lines),
        machine={
            "status": verdict.status.value,
            "exit_code": int(exit_code),
            "steps": [layer.value for layer in verdict.steps],
            "lines": [both(line) for line in verdict.lines],
            "statement": verdict.statement,
        },
    )


def _refused(error: CertificateError, bundle: Bundle | None) -> Report:
    practice = error.layer is Layer.PRACTICE
    exit_code = ExitCode.PRACTICE_REFUSED if practice else ExitCode.NOT_TRUSTED
    left_out = {
        *((Layer.PDF,) if bundle is not None and bundle.pdf is None else ()),
        *((Layer.LOG,) if bundle is not None and bundle.proof is None else ()),
    }
    passed = tuple(Layer)[: tuple(Layer).index(error.layer)]
    return Report(
        exit_code=exit_code,
        lines=(
            *(_step_line(layer, _NOT_THERE if layer in left_out else "✓") for layer in passed),
            _step_line(error.layer, "✗"),
            NO_CLAIM,
            error.message,
            error.hint,
        ),
        machine={
            "status": "refused",
            "exit_code": int(exit_code),
            "layer": error.layer.value,
            "message": both(error.message),
            "hint": both(error.hint),
        },
    )


def _step_line(layer: Layer, mark: str) -> Text:
    number = tuple(Layer).index(layer) + 1
    name = STEP_NAMES[layer]
    return Text(zh=f"{mark} {number}. {name.zh}", en=f"{mark} {number}. {name.en}")
