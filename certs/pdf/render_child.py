"""One page, rendered by a process that can hurt nobody. I/O.

``python -I -m certs.pdf.render_child TEMPLATE pdf|png FONTS PARENT MOST_BYTES`` reads the template,
becomes nobody, reads the page as JSON from standard input and writes one answer to standard
output: ``P`` and the page, ``G`` and a JSON list of characters that the fonts lack, or ``E`` and a
JSON string. It sees no key; typst gets its files from memory and an empty folder for a root.
"""

import ctypes
import json
import os
import re
import resource
import signal
import sys
from importlib.resources import files
from typing import Any, Final

import typst

from certs.pdf.output import Output

NOBODY: Final = 65534
MOST_INPUT_BYTES: Final = 32 << 20
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_MEMORY_BYTES: Final = 2 << 30
_PROCESSOR_S: Final = 60
_DOTS_PER_INCH: Final = 8 * 25.4
_EMPTY: Final = "/proc/self/task/0"  # never exists: nothing can be read below it
_MISSING = re.compile(r'the text `("(?:[^"\\]|\\.)*")` could not be displayed')
_RUST_ESCAPE = re.compile(r"\\u\{([0-9a-f]{1,6})\}")


class _WarnedError(Exception):
    """The page was rendered, but not as it was meant."""


def _confine(parent: int, most_output_bytes: int) -> None:
    """Become nobody, keep no way back, stay within limits, and die with the parent."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_PDEATHSIG, signal.SIGKILL)):
        if libc.prctl(option, int(value), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit("the parent is gone")
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, most_output_bytes),
        (resource.RLIMIT_CPU, _PROCESSOR_S),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
    ):
        resource.setrlimit(limit, (most, most))


def _render(template: bytes, page: dict[str, Any], fonts: str, output: str) -> bytes:
    sources: dict[str, bytes] = {
        "main": template,
        "page.json": json.dumps(page).encode(),  # a str would be a path
    }
    compiler = typst.Compiler(  # type: ignore[type-var]  # its hints forget this kind of input
        input=sources,
        root=None,
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts]
        ),
        package_path=_EMPTY,
        package_cache_path=_EMPTY,
    )
    asked: dict[str, Any] = {"format": output, "ppi": _DOTS_PER_INCH}
    if output == Output.PDF.value:
        asked = {"format": output, "pdf_standards": ["a-3b"], "timestamp": page["timestamp"]}
    made, warnings = compiler.compile_with_warnings(**asked)
    if warnings:
        # Without any font typst leaves out all text, and only warns.
        raise _WarnedError("; ".join(str(warning.message) for warning in warnings))
    assert isinstance(made, bytes), "one document of one page was asked for"
    return made


def _answer(template: bytes, fonts: str, output: str) -> bytes:
    page = json.loads(sys.stdin.buffer.read(MOST_INPUT_BYTES))
    try:
        return b"P" + _render(template, page, fonts, output)
    except _WarnedError as error:
        said = str(error)
    except typst.TypstError as error:
        # typst tells every fault at once, but says so only in this one field.
        said = str(getattr(error, "diagnostic", error))
    missing = sorted({c for text in _MISSING.findall(said) for c in _unescaped(text)})
    if missing:
        return b"G" + json.dumps(missing).encode()
    return b"E" + json.dumps(said[:2000]).encode()


def _unescaped(quoted: str) -> str:
    """Read a string as Rust's debug format writes it."""
    text = _RUST_ESCAPE.sub(lambda found: chr(int(found[1], 16)), quoted[1:-1])
    return re.sub(r"\\(.)", r"\1", text)


def main() -> None:
    """Answer one page."""
    name, output, fonts, parent, most_output_bytes = sys.argv[1:]
    template = files("certs.pdf").joinpath(name).read_bytes()
    _confine(int(parent), int(most_output_bytes))
    sys.stdout.buffer.write(_answer(template, fonts, output))


if __name__ == "__main__":
    main()
