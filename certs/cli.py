"""`wipe-cert`: what a recycler types.

Only this module of the package reads the clock, the environment and the arguments.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from certs.bundle import read_bundle
from certs.command_line import ExitCode, command_line
from certs.countersign_command import countersign_report
from certs.errors import CertificateError, Layer, MalformedLogError
from certs.keys_command import keys_report
from certs.layout import MAX_CHAIN_BYTES, Bundle
from certs.log.proof import MOST_BYTES as MOST_PROOF_BYTES
from certs.log_report import log_report, read_key
from certs.pallet_command import pallet_report
from certs.print_report import print_report
from certs.prove_report import prove_report
from certs.qr_report import QrQuestion, qr_report
from certs.reading import read_chosen, read_signed_list
from certs.report import EXIT_CODES, NOT_THERE, Report, both, missing
from certs.text import Language, Text, language_of
from certs.time_service import MOST_ROOTS_BYTES
from certs.timestamp import Stamp
from certs.together import Trust, of_other, verify_together
from certs.verdict import Verdict
from certs.witness_report import cosign_report, new_report, serve_report
from certs.witnessed import Witnesses, require_witnesses

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
    Layer.TIME: Text(
        zh="您信任的时间服务给它盖过时间戳", en="a time service that you trust stamped it"
    ),
    Layer.REVOCATION: Text(
        zh="签名方和上级的密钥没有作废，或那时还没有",
        en="no key of the signer's chain is revoked, or was not yet",
    ),
    Layer.PRACTICE: Text(zh="练习文件是否允许", en="practice documents only if allowed"),
}
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
    report = _asked(options, language)
    if getattr(options, "json", False):
        sys.stdout.write(json.dumps(report.machine, sort_keys=True) + "\n")
    else:
        sys.stdout.writelines(line.in_language(language) + "\n" for line in report.lines)
    return int(report.exit_code)


def _asked(options: argparse.Namespace, language: Language) -> Report:
    if options.command.startswith("pallet "):
        return pallet_report(options, language, lambda: datetime.now(UTC))
    if options.command.startswith("keys "):
        return keys_report(options, language, datetime.now(UTC))
    return _REPORTS[options.command](options)


def _qr(options: argparse.Namespace) -> Report:
    asked = QrQuestion(
        text=options.text,
        chain=options.chain,
        document=options.document,
        root=options.root,
        allow_practice=options.allow_practice,
    )
    return qr_report(asked, datetime.now(UTC))


def _language(environment: Mapping[str, str]) -> Language:
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next((name for name in names if name), ""))


def _never_fail_on_output() -> None:
    # A terminal that cannot show a character must not turn a verdict into a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _check(options: argparse.Namespace, now: datetime) -> Report:
    if options.revoked_version_at_least and options.revoked is None:
        return _together("--revoked-version-at-least", "--revoked")
    if options.proof is not None and not options.witnesses:
        return _together("--proof", "--witness")
    bundle = None
    try:
        trust = _trust(options, now)
        bundle = read_bundle(options.path)
        others = [_read_other(number, path) for number, path in enumerate(options.others, 1)]
        verdict = verify_together(bundle, others, trust)
    except CertificateError as error:
        return _refused(error, _marks(bundle, options))
    except OSError as error:
        return missing(error)
    return _accepted(verdict, _marks(bundle, options))


def _trust(options: argparse.Namespace, now: datetime) -> Trust:
    root, assessors = (
        read_chosen(path, MAX_CHAIN_BYTES) if path else None
        for path in (options.root, options.assessor_root)
    )
    services = read_chosen(options.tsa_root, MOST_ROOTS_BYTES) if options.tsa_root else None
    revoked = None
    if options.revoked:
        revoked = read_signed_list(options.revoked, options.revoked_version_at_least)
    return Trust(
        root_pem=root,
        allow_practice=options.allow_practice,
        now=now,
        revoked=revoked,
        assessor_root_pem=assessors,
        tsa_roots_pem=services,
        witnesses=_witnesses(options),
    )


def _witnesses(options: argparse.Namespace) -> Witnesses | None:
    if not options.witnesses:
        return None
    try:
        keys = require_witnesses([read_key(path) for path in options.witnesses])
    except MalformedLogError as error:
        raise CertificateError(Layer.LOG, error.message, error.hint) from error
    later = read_chosen(options.proof, MOST_PROOF_BYTES) if options.proof is not None else None
    return Witnesses(keys=keys, later=later)


def _read_other(number: int, path: Path) -> Bundle:
    try:
        return read_bundle(path)
    except CertificateError as error:
        raise of_other(number, error) from error


def _together(one: str, other: str) -> Report:
    message = Text(zh=f"{one} 要和 {other} 一起给。", en=f"{one} needs {other}.")
    machine = {"status": "usage", "exit_code": int(ExitCode.USAGE), "message": both(message)}
    return Report(exit_code=ExitCode.USAGE, lines=(message,), machine=machine)


def _accepted(verdict: Verdict, marks: Mapping[Layer, str]) -> Report:
    exit_code = EXIT_CODES[verdict.status]
    stamp = verdict.stamp
    return Report(
        exit_code=exit_code,
        lines=(*(_step_line(layer, marks.get(layer, "✓")) for layer in Layer), *verdict.lines),
        machine={
            "status": verdict.status.value,
            "exit_code": int(exit_code),
            "steps": [layer.value for layer in verdict.steps],
            "lines": [both(line) for line in verdict.lines],
            "statement": verdict.statement,
            "witnessed": [
                {"witness": each.name, "at": f"{each.at:%Y-%m-%dT%H:%M:%SZ}", "size": each.size}
                for each in verdict.witnessed
            ],
            "stamped": {} if stamp is None else _stamped(stamp),
            "pdf_stamped": [
                {"about": each.about.value, **_stamped(each.stamp)} for each in verdict.pdf_stamps
            ],
            "with": [
                {"status": each.status.value, "statement": each.statement}
                for each in verdict.others
            ],
        },
    )


def _stamped(stamp: Stamp) -> dict[str, object]:
    return {
        "not_after": f"{stamp.at:%Y-%m-%dT%H:%M:%SZ}",
        "service": stamp.service,
        "policy": stamp.policy,
        "service_known": stamp.vouched,
    }


def _marks(bundle: Bundle | None, options: argparse.Namespace) -> Mapping[Layer, str]:
    """Return the steps that had nothing to look at, or somebody to look to."""
    # What ends nowhere is consistent, but nobody vouches for it.
    unknown = {Layer.CHAIN: options.root, Layer.TIME: options.tsa_root}
    nothing = {
        Layer.PDF: bundle is not None and bundle.pdf is None,
        Layer.LOG: bundle is not None and bundle.proof is None,
        Layer.TIME: bundle is None or bundle.timestamp is None,
        Layer.REVOCATION: not options.revoked,
    }
    return {layer: "?" for layer, given in unknown.items() if not given} | {
        layer: NOT_THERE for layer, is_nothing in nothing.items() if is_nothing
    }


def _refused(error: CertificateError, marks: Mapping[Layer, str]) -> Report:
    practice = error.layer is Layer.PRACTICE
    exit_code = ExitCode.PRACTICE_REFUSED if practice else ExitCode.NOT_TRUSTED
    passed = tuple(Layer)[: tuple(Layer).index(error.layer)]
    return Report(
        exit_code=exit_code,
        lines=(
            *(_step_line(layer, marks.get(layer, "✓")) for layer in passed),
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


_REPORTS: Mapping[str, Callable[[argparse.Namespace], Report]] = {
    "verify": lambda asked: _check(asked, datetime.now(UTC)),
    "qr": _qr,
    **dict.fromkeys(("label", "strip"), lambda asked: print_report(asked, datetime.now(UTC))),
    "countersign": lambda asked: countersign_report(asked, datetime.now(UTC)),
    "log verify": lambda asked: log_report(
        asked.folder, asked.key, asked.checkpoints, asked.proofs
    ),
    "log prove": lambda asked: prove_report(asked.folder, asked.document, asked.output),
    "log cosign": lambda asked: cosign_report(asked.folder, asked.key, asked.witness, asked.url),
    "witness new": lambda asked: new_report(asked.folder, asked.name),
    "witness serve": lambda asked: serve_report(asked.folder, asked.name, asked.logs, asked.listen),
}
