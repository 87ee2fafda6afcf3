"""What fio is asked, and which of its answers count."""

import json
from typing import Any

import pytest

from benchmarks import fio
from benchmarks.fio import Direction, Engine, FioError, command, rate_bytes_per_s

SIZE_BYTES = 1 << 30


def report(*runtimes_ms: int, error: int = 0) -> str:
    """Return a report of so many jobs that together wrote all."""
    part = SIZE_BYTES // len(runtimes_ms)
    jobs: list[dict[str, Any]] = [
        {"error": 0, "write": {"io_bytes": part, "runtime": time_ms}} for time_ms in runtimes_ms
    ]
    jobs[-1]["error"] = error
    return json.dumps({"fio version": "fio-3.33", "jobs": jobs})


def test_command__psync__four_disjoint_quarters() -> None:
    """Four jobs each do their own quarter, direct, in blocks of 1 MiB."""
    line = command("/dev/loop9", SIZE_BYTES, Direction.WRITE, Engine.PSYNC)
    quarter = SIZE_BYTES // 4
    wanted = {"--numjobs=4", f"--size={quarter}", f"--offset_increment={quarter}"}
    assert wanted | {"--direct=1", "--bs=1M", "--rw=write"} <= set(line)


def test_command__io_uring__depth_eight_over_all() -> None:
    """One job with eight requests in flight does the whole drive."""
    line = command("/dev/loop9", SIZE_BYTES, Direction.READ, Engine.IO_URING)
    assert {"--iodepth=8", f"--size={SIZE_BYTES}", "--direct=1", "--rw=read"} <= set(line)


def test_rate__four_jobs__all_bytes_over_the_longest() -> None:
    """Jobs run side by side: their bytes add up, the slowest one's time counts."""
    rate = rate_bytes_per_s(report(400, 500, 450, 410), Direction.WRITE, SIZE_BYTES)
    assert rate == pytest.approx(SIZE_BYTES / 0.5)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "fio: no such engine",
        "{}",
        json.dumps({"jobs": []}),
        json.dumps({"jobs": [{"error": 0}]}),
        report(400, error=5),
        report(0),
    ],
)
def test_rate__bad_report__said_clearly(bad: str) -> None:
    """A report that does not show the whole work done is an error and no figure."""
    with pytest.raises(FioError):
        rate_bytes_per_s(bad, Direction.WRITE, SIZE_BYTES)


def test_rate__fewer_bytes_than_asked__said_clearly() -> None:
    """Half the work in half the time is no measurement."""
    with pytest.raises(FioError, match="moved"):
        rate_bytes_per_s(report(400), Direction.WRITE, 2 * SIZE_BYTES)


def test_version__no_fio_on_the_path__said_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing fio is an error with its name, never a skipped comparison."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FioError, match="fio is not installed"):
        fio.version()
