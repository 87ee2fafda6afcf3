"""``wipe-cert label`` and ``strip``: checks a document, draws it, writes the file. I/O."""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Final

from certs.bundle import read_bundle
from certs.command_line import ExitCode
from certs.durable import NewFile, write_file
from certs.errors import CertsError, PdfError
from certs.layout import MAX_CHAIN_BYTES, Bundle
from certs.own_keys import OwnKeys, own_keys
from certs.pdf.output import Output
from certs.reading import read_chosen
from certs.report import Report, both, missing
from certs.short_code import grouped, short_code
from certs.text import Text
from certs.verify import verify

_OUTPUTS: Final = {f".{output.value}": output for output in Output}
_NO_SUFFIX: Final = Text(
    zh="--output 的文件名要以 .pdf 或 .png 结尾。", en="--output must end in .pdf or .png."
)
_NO_EXTRA: Final = Text(
    zh="这里没有装做 PDF 的组件：请安装 wipe-station[pdf]。",
    en="What makes PDFs is not installed here: install wipe-station[pdf].",
)
_UNKNOWN: Final = Text(
    zh="不知道是谁签的：没有给根证书，贴之前请用 wipe-cert verify --root 核对。",
    en="Signer unknown: no root was given. Check with wipe-cert verify --root before you use it.",
)


def print_report(asked: argparse.Namespace, now: datetime) -> Report:
    """Make a label or a strip.

    1. The document holds, as a stranger would find, under the root where one is known.
    2. It is drawn; what draws is loaded only now, because whoever only checks need not have it.
    3. The file is written whole or not at all.

    Args:
        asked: of ``label`` or ``strip``, from the command line.
        now: aware; the caller's clock.
    """
    output = _OUTPUTS.get(asked.output.suffix.lower())
    if output is None:
        return _refused(ExitCode.USAGE, "usage", _NO_SUFFIX)
    try:
        keys = own_keys(asked.keys) if asked.command == "strip" else None
        root_pem = _root_of(asked, keys)
        bundle = read_bundle(asked.path)
        verify(bundle, root_pem=root_pem, allow_practice=True, now=now)
        drawn = _drawing(asked, keys)(bundle, output)
        write_file(asked.output, NewFile(data=drawn))
    except PdfError as error:
        return _refused(ExitCode.USAGE, "not-made", error.message, error.hint)
    except CertsError as error:
        return _refused(ExitCode.NOT_TRUSTED, "refused", error.message, error.hint)
    except ModuleNotFoundError:
        return _refused(ExitCode.USAGE, "not-made", _NO_EXTRA)
    except OSError as error:
        return missing(error)
    return _made(asked, bundle, known=root_pem is not None)


def _root_of(asked: argparse.Namespace, keys: OwnKeys | None) -> bytes | None:
    if keys is not None:
        return keys.root_pem
    return read_chosen(asked.root, MAX_CHAIN_BYTES) if asked.root else None


def _drawing(asked: argparse.Namespace, keys: OwnKeys | None) -> Callable[[Bundle, Output], bytes]:
    from certs.pdf.label import label_pdf, strip_pdf  # noqa: PLC0415 - needs the extra pdf

    if keys is None:
        return lambda bundle, output: label_pdf(bundle, ticket=asked.ticket, output=output)
    signer = keys.signer
    return lambda bundle, output: strip_pdf(
        bundle, signer, host=asked.host, ticket=asked.ticket, output=output
    )


def _made(asked: argparse.Namespace, bundle: Bundle, *, known: bool) -> Report:
    name, code = asked.output.name, grouped(short_code(bundle.document))
    line = Text(zh=f"做好了：{name}（短码 {code}）。", en=f"Made {name} (short code {code}).")
    exit_code = ExitCode.ERASED if known else ExitCode.INCONCLUSIVE
    return Report(
        exit_code=exit_code,
        lines=(line, *(() if known else (_UNKNOWN,))),
        machine={
            "status": "made" if known else "signer-unknown",
            "exit_code": int(exit_code),
            "short_code": short_code(bundle.document),
        },
    )


def _refused(exit_code: ExitCode, status: str, *lines: Text) -> Report:
    machine: dict[str, object] = {"status": status, "exit_code": int(exit_code)}
    names = ("message", "hint")
    machine |= {name: both(line) for name, line in zip(names, lines, strict=False)}
    return Report(exit_code=exit_code, lines=lines, machine=machine)
