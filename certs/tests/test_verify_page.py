"""``docs/verify.md`` as an auditor follows it: every command, as printed."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from certs.canonical import encode
from certs.command_line import ExitCode
from certs.layout import Bundle, bundle_of, zipped
from certs.log.cosign import cosign
from certs.log.entry import EntryKind
from certs.log.proof import checkpoint_in
from certs.log.writer import LogWriter
from certs.logged import wanted_of
from certs.pdf.make import add_pdf
from certs.tests.document_samples import correction_statement
from certs.tests.log_samples import about, entry, log_signer, logged_statement, opening, start
from certs.tests.samples import (
    PRODUCTION_SIGNER,
    ROOT,
    Statement,
    certificate_statement,
    signed_files,
)
from certs.tests.test_log_witness import served
from certs.tests.test_pdf_tools import pytestmark as needs_tools
from certs.tests.time_authority import new_authority
from certs.tests.together_vectors import about as named

PAGE: Final = Path(__file__).parents[2] / "docs" / "verify.md"
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for block in BLOCKS for line in block.splitlines()]
CORRECTED: Final = re.findall(
    r"^wipe-cert verify .* --with .*$", PAGE.read_text("utf-8"), re.MULTILINE
)
"""Those that must not end with 0, and so stand in blocks of their own."""
pytestmark = needs_tools


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all that the page says that an auditor has."""
    folder = tmp_path_factory.mktemp("desk")
    log = LogWriter(folder / "log", log_signer())
    log.append([opening(), start(1)])
    (folder / "kept-checkpoint").write_bytes(log.checkpoint)
    statement = logged_statement(certificate_statement(PRODUCTION_SIGNER))
    index = log.append([about(statement)])
    bundle = bundle_of(signed_files(statement, PRODUCTION_SIGNER))
    bundle = add_pdf(replace(bundle, proof=log.prove(index).text()), PRODUCTION_SIGNER)
    service = new_authority(folder / "service")
    assert bundle.proof is not None
    bundle = replace(bundle, timestamp=service.stamped(checkpoint_in(bundle.proof)))
    (folder / "tsa-root.pem").write_bytes(service.root_pem)
    _write_correction(folder, log, statement)
    log.append([start(2, 5)])
    with served(folder / "witness") as there:
        key = there.witness.signer.key
        cosign(folder / "log", log_signer().key, key, there.url)
    (folder / "witness.vkey").write_text(f"{key.text()}\n", "ascii")
    _write(folder, bundle)
    (folder / "root.pem").write_bytes(ROOT.pem)
    return folder


def _write_correction(folder: Path, log: LogWriter, statement: Statement) -> None:
    """Write what says that the certificate is wrong, as whoever was sent it has it."""
    said = logged_statement(correction_statement(PRODUCTION_SIGNER, named(statement)))
    index = log.append([entry(EntryKind.CORRECTION, 4, **wanted_of(said, encode(said)))])
    bundle = replace(
        bundle_of(signed_files(said, PRODUCTION_SIGNER)), proof=log.prove(index).text()
    )
    (folder / "correction.zip").write_bytes(zipped("correction", bundle.files()))


def _typed(command: str, desk: Path) -> subprocess.CompletedProcess[str]:
    """Run what a person types into a shell."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # what a person types into a shell is what is tested
        ["/bin/sh", "-euc", command],
        cwd=desk,
        env={"PATH": path, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def _write(folder: Path, bundle: Bundle) -> None:
    (folder / "bundle").mkdir()
    (folder / "attached").mkdir()
    for name, data in bundle.files().items():
        (folder / "bundle" / name).write_bytes(data)
    (folder / "bundle.zip").write_bytes(zipped("bundle", bundle.files()))


def test_page__commands__are_there() -> None:
    """A page without commands would be tested by nothing."""
    assert len(COMMANDS) > 10
    assert {line.split()[0] for line in COMMANDS} >= {"wipe-cert", "openssl", "pdfdetach"}


def test_page__every_command_in_its_order__succeeds(desk: Path) -> None:
    """Whoever types what stands there gets what the page promises."""
    for command in COMMANDS:
        done = _typed(command, desk)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_page__with_a_correction__no_longer_0(desk: Path) -> None:
    """The same certificate ends with 0 alone, and with 5 beside what corrects it."""
    assert CORRECTED
    for command in CORRECTED:
        alone = _typed(command.split(" --with ", maxsplit=1)[0], desk)
        assert alone.returncode == ExitCode.ERASED, (command, alone.stdout, alone.stderr)
        done = _typed(command, desk)
        assert done.returncode == ExitCode.INCONCLUSIVE, (command, done.stdout, done.stderr)
        assert "This document was corrected; go by it no longer." in done.stdout


def test_page__other_bytes__the_commands_say_so(desk: Path) -> None:
    """The same commands refuse the same files after one byte of the statement was changed."""
    document = desk / "bundle" / "certificate.json"
    good = document.read_bytes()
    document.write_bytes(good.replace(b'"outcome":"verified"', b'"outcome":"Verified"'))
    try:
        for command in (line for line in COMMANDS if "bundle/certificate.json" in line):
            if command.startswith("python3"):
                continue
            done = _typed(command, desk)
            assert done.returncode != 0, command
    finally:
        document.write_bytes(good)
