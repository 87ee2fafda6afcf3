"""Makes whole bundles of a release, which must verify for ever: ``vectors/golden/<release>``.

Run once per release, ``python -m certs.tests.make_golden RELEASE``; a release that is there is
never made again. ``SHA256SUMS`` names every file, and a test pins that file's own digest: whoever
changes a golden bundle has to change the test as well, where it shows.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from certs.canonical import encode
from certs.layout import Bundle, bundle_of
from certs.tests.document_samples import SAMPLES
from certs.tests.document_vectors import entry_about
from certs.tests.log_samples import logged_statement, proof_of
from certs.tests.phone_samples import ios_statement, phone_notice_statement, phone_statement
from certs.tests.samples import (
    PRODUCTION_SIGNER,
    ROOT,
    Statement,
    certificate_statement,
    graded_statement,
    notice_statement,
    sampled_statement,
    signed_files,
)
from certs.verdict import Status

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "golden"
SUMS: Final = "SHA256SUMS"
EXPECTED: Final = "expected.json"
ROOT_NAME: Final = "root.pem"
JOBS: Final = {
    "certificate": (certificate_statement, Status.ERASED),
    "certificate_graded": (graded_statement, Status.ERASED),
    "certificate_sampled": (sampled_statement, Status.ERASED),
    "notice": (notice_statement, Status.NOT_ERASED),
    "phone_certificate": (phone_statement, Status.ERASED),
    "phone_certificate_ios": (ios_statement, Status.ERASED),
    "phone_notice": (phone_notice_statement, Status.NOT_ERASED),
}
WITH_PDF: Final = frozenset({"certificate", "phone_certificate", "receipt"})


def _logged(statement: Statement) -> Bundle:
    logged = logged_statement(statement)
    proof = proof_of(entry_about(logged)).text()
    return replace(bundle_of(signed_files(logged, PRODUCTION_SIGNER)), proof=proof)


def bundles() -> Iterator[tuple[str, Bundle, Status]]:
    """Yield name, bundle and verdict of each."""
    from certs.pdf.make import add_pdf

    made = [(name, make, status) for name, (make, status) in JOBS.items()]
    made += [(name, make, Status.GENUINE) for name, make in SAMPLES.items()]
    for name, make, status in made:
        bundle = _logged(make(PRODUCTION_SIGNER))
        yield name, add_pdf(bundle, PRODUCTION_SIGNER) if name in WITH_PDF else bundle, status


def sums_of(folder: Path) -> str:
    """Return the digests of all files of a release but that of this list."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
        for path in files
    )


def main() -> int:
    """Write a release that is not there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("release")
    folder = FOLDER / parser.parse_args().release
    folder.mkdir(parents=True)
    expected = {}
    for name, bundle, status in bundles():
        (folder / name).mkdir()
        expected[name] = status.value
        for file, data in bundle.files().items():
            (folder / name / file).write_bytes(data)
    (folder / ROOT_NAME).write_bytes(ROOT.pem)
    (folder / EXPECTED).write_bytes(encode(expected) + b"\n")
    (folder / SUMS).write_text(sums_of(folder), "utf-8")
    sys.stdout.write(hashlib.sha256((folder / SUMS).read_bytes()).hexdigest() + "\n")
    return 0


def expected_in(folder: Path) -> dict[str, str]:
    """Return the verdict on each bundle of a release, by its name."""
    found: dict[str, str] = json.loads((folder / EXPECTED).read_bytes())
    return found


if __name__ == "__main__":
    sys.exit(main())
