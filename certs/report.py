"""What the command line is going to print, for a person and for a program."""

from collections.abc import Mapping
from dataclasses import dataclass

from certs.command_line import ExitCode
from certs.errors import CertificateError, CertsError
from certs.formats.fields import shown
from certs.text import Text
from certs.verdict import Status

EXIT_CODES = {
    Status.ERASED: ExitCode.ERASED,
    Status.NOT_ERASED: ExitCode.NOT_ERASED,
    Status.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Status.GENUINE: ExitCode.INCONCLUSIVE,
    Status.SUPERSEDED: ExitCode.INCONCLUSIVE,
    Status.VOID: ExitCode.NOT_ERASED,
    Status.SIGNER_UNKNOWN: ExitCode.INCONCLUSIVE,
}
NOT_THERE = "–"  # noqa: RUF001 - as in a table's empty cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What to print.

    Attributes:
        exit_code: of the program.
        lines: for a person.
        machine: for ``--json``.
    """

    exit_code: ExitCode
    lines: tuple[Text, ...]
    machine: Mapping[str, object]


def missing(error: OSError) -> Report:
    """Return that a file cannot be opened."""
    name = shown(str(error.filename), 400)
    reason = error.strerror or type(error).__name__
    message = Text(zh=f"文件打不开：{name}（{reason}）。", en=f"Cannot open {name}: {reason}.")
    return Report(
        exit_code=ExitCode.USAGE,
        lines=(message,),
        machine={
            "status": "missing",
            "exit_code": int(ExitCode.USAGE),
            "message": both(message),
        },
    )


def refused(exit_code: ExitCode, error: CertsError) -> Report:
    """Return that it was not done, why, at which layer, and what to do next."""
    layer = {"layer": error.layer.value} if isinstance(error, CertificateError) else {}
    return Report(
        exit_code=exit_code,
        lines=(error.message, error.hint),
        machine={
            "status": "refused",
            "exit_code": int(exit_code),
            "message": both(error.message),
            "hint": both(error.hint),
            **layer,
        },
    )


def both(text: Text) -> dict[str, str]:
    """Return a text in both languages, for a program."""
    return {"zh": text.zh, "en": text.en}
