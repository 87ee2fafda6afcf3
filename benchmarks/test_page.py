"""How soon the counter's page is there while many drives are wiped: nobody waits for the kiosk."""

import time
import urllib.request
from functools import partial
from statistics import median, quantiles

from benchmarks.report import Report
from hw_tests.loop import scratch
from hw_tests.whole_station import WholeStation, begin, until, whole_station
from wipe_station.api_values import JobState

COUNTS = (0, 8, 16)
LIMIT_BYTES_PER_S = 100_000_000
SIZE_BYTES = 512 << 20
"""With three passes and what belongs to them a job takes 25 s at that limit at least."""
LOOKS = 100
EVERY_S = 0.1

_HEADINGS = ("Jobs at once", "median ms", "p95 ms", "longest ms", "jobs at the end", "design")


def test_page__while_jobs_run__measured(report: Report) -> None:
    """The whole page, as a browser asks the kiosk for it, which asks the daemon."""
    with scratch() as folder, whole_station(folder) as station:
        begun = 0
        for count in COUNTS:
            for _ in range(begun, count):
                begin(station, station.plug_in(SIZE_BYTES, LIMIT_BYTES_PER_S))
            begun = count
            until(partial(are_running, station, count))
            waits = [page_ms(station.url) for _ in range(LOOKS)]
            figures = (median(waits), quantiles(waits, n=20)[-1], max(waits))
            cells = (str(count), *(f"{figure:.0f}" for figure in figures), str(running(station)))
            report.add(
                "A page of the kiosk while drives of 100 MB/s are wiped",
                _HEADINGS,
                (*cells, "p95 <= 100" if count == 8 else "-"),
            )


def running(station: WholeStation) -> int:
    """Return how many jobs are at work."""
    return sum(job.state is JobState.RUNNING for job in station.board().jobs)


def are_running(station: WholeStation, count: int) -> bool:
    """Tell whether so many jobs are at work."""
    return running(station) == count


def page_ms(url: str) -> float:
    """Return how long the page took, from the question to its last byte."""
    time.sleep(EVERY_S)
    began = time.monotonic()
    with urllib.request.urlopen(url, timeout=30) as page:  # noqa: S310 - the station's own
        whole = page.read()
    assert whole.rstrip().endswith(b"</html>")
    return (time.monotonic() - began) * 1000
