"""``docs/verify.md`` as an auditor follows it: every command, as printed."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from certs.layout import Bundle, bundle_of, zipped
from certs.log.proof import checkpoint_in
from certs.log.writer import LogWriter
from certs.pdf.make import add_pdf
from certs.tests.log_samples import about, log_signer, logged_statement, opening, start
from certs.tests.samples import PRODUCTION_SIGNER, ROOT, certificate_statement, signed_files
from certs.tests.test_pdf_tools import pytestmark as needs_tools
from certs.tests.time_authority import new_authority

PAGE: Final = Path(__file__).parents[2] / "docs" / "verify.md"
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for block in BLOCKS for line in block.splitlines()]
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
    log.append([start(2, 4)])
    _write(folder, bundle)
    (folder / "root.pem").write_bytes(ROOT.pem)
    return folder


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
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in COMMANDS:
        done = subprocess.run(  # what a person types into a shell is what is tested
            ["/bin/sh", "-euc", command],
            cwd=desk,
            env={"PATH": path, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_page__other_bytes__the_commands_say_so(desk: Path) -> None:
    """The same commands refuse the same files after one byte of the statement was changed."""
    document = desk / "bundle" / "certificate.json"
    good = document.read_bytes()
    document.write_bytes(good.replace(b'"outcome":"verified"', b'"outcome":"Verified"'))
    try:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        for command in (line for line in COMMANDS if "bundle/certificate.json" in line):
            if command.startswith("python3"):
                continue
            done = subprocess.run(
                ["/bin/sh", "-euc", command],
                cwd=desk,
                env={"PATH": path},
                capture_output=True,
                check=False,
            )
            assert done.returncode != 0, command
    finally:
        document.write_bytes(good)
