"""Certificates verified a second, entries logged durably a second, a proof in a very large log."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pytest

from benchmarks.large_log import make
from benchmarks.ratios import estimate
from benchmarks.report import Report, estimate_cells
from certs.layout import Bundle, bundle_of
from certs.log.writer import LogWriter
from certs.tests.log_samples import about, log_signer, logged_statement, opening, proof_of, start
from certs.tests.samples import NOW, PRODUCTION_SIGNER, ROOT, certificate_statement, signed_files
from certs.verify import verify
from hw_tests.command import bare_station
from hw_tests.in_process import wipe
from hw_tests.loop import loop_drive, scratch
from wipe_station.journal_format import parse

DOCUMENTS = 100
ENTRIES = 300
LARGE = 10_000_000

_HEADINGS = ("Work", "a second", "95 % interval", "design")
_END = ("Step", "median", "longest", "design")
_LARGE = ("Proof of one entry, in a process of its own", "ms", "longest ms", "peak MiB", "design")


def documents() -> list[Bundle]:
    """Return certificates that differ, each in a log of its own."""
    made = []
    for number in range(DOCUMENTS):
        statement = logged_statement(certificate_statement(PRODUCTION_SIGNER))
        statement["id"] = f"20261125T000000Z-{number:08x}"
        proof = proof_of(about(statement)).text()
        files = signed_files(statement, PRODUCTION_SIGNER) | {"certificate.tlog-proof": proof}
        made.append(bundle_of(files))
    return made


def test_certificates__verified__measured(report: Report, pytestconfig: pytest.Config) -> None:
    """The whole plan but the PDF, in one thread: chain, signature, schema, rules, log."""
    made = documents()

    def all_of_them() -> None:
        for bundle in made:
            verify(bundle, root_pem=ROOT.pem, allow_practice=False, now=NOW)

    rates = [DOCUMENTS / timed(all_of_them) for _ in range(pytestconfig.getoption("--pairs"))]
    cells = ("certificates verified, one core, no PDF", *estimate_cells(estimate(rates), 0))
    report.add("Records", _HEADINGS, (*cells, ">= 1,000"))


@pytest.mark.parametrize("where", ["memory", "this disk"])
def test_log__entries_durable__measured(
    where: str, report: Report, pytestconfig: pytest.Config
) -> None:
    """One append for each entry: files, folders and checkpoint flushed before the next."""
    rates = []
    for _ in range(pytestconfig.getoption("--rounds")):
        with scratch() if where == "memory" else here() as folder:
            writer = LogWriter(folder / "log", log_signer())
            writer.append([opening()])
            entries = [start(number) for number in range(ENTRIES)]

            def each(writer: LogWriter = writer, entries: list[bytes] = entries) -> None:
                for entry in entries:
                    writer.append([entry])

            rates.append(ENTRIES / timed(each))
    cells = (f"entries logged durably, one by one, on {where}", *estimate_cells(estimate(rates), 0))
    report.add("Records", _HEADINGS, (*cells, ">= 200"))


@contextmanager
def here() -> Iterator[Path]:
    """Make a folder on the disk of the working folder, and remove it at the end."""
    Path(".run").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=".run") as made:
        yield Path(made)


def test_proof__of_ten_million_entries__measured(report: Report) -> None:
    """The files of a log of ten million entries, and one proof from them."""
    with scratch() as folder:
        make(folder / "log", LARGE, LARGE // 3)
        words: list[str | Path] = [sys.executable, "-m", "benchmarks.large_log"]
        words += [folder / "log", str(LARGE // 3)]
        told = [json.loads(subprocess.check_output(words)) for _ in range(9)]
    assert len({each["sha256"] for each in told}) == 1, "one proof"
    took = [each["took_s"] * 1000 for each in told]
    peak = max(each["peak_bytes"] for each in told)
    cells = (f"of {LARGE:,} entries", f"{median(took):.1f}", f"{max(took):.1f}")
    report.add("A large log", _LARGE, (*cells, f"{peak / (1 << 20):.0f}", "<= 50 ms, <= 100 MB"))


def timed(work: Callable[[], None]) -> float:
    """Return how long something took, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


ENDS = 5
DRIVE_BYTES = 16 << 20


def test_end_of_job__signed_logged_and_on_disk__measured(report: Report) -> None:
    """From the last byte's verification to the word that the bundle is there, by the journal."""
    took_s = []
    with here() as folder, scratch() as memory:
        (folder / "state").mkdir()
        station = bare_station(folder / "state")
        station.lookout.look()
        with loop_drive(memory, DRIVE_BYTES) as drive:
            for _ in range(ENDS):
                end = wipe(station, drive.node, "random")
                assert end["outcome"] == "verified"
        for journal in (folder / "state").glob("jobs/*/journal.jsonl"):
            at_ns = {
                record.kind: int(record.monotonic_ns)
                for record in parse(journal.read_bytes(), str(journal)).records
            }
            took_s.append((at_ns["document"] - at_ns["verify-clean"]) / 1e9)
        assert len(list((folder / "state").glob("bundles/*/certificate.pdf"))) == ENDS
    cells = ("last byte verified to bundle on this disk, PDF included", f"{median(took_s):.2f} s")
    report.add("End of a job", _END, (*cells, f"{max(took_s):.2f} s", "<= 2 s"))
