"""What a drive went through, as bars and counts on the auditor's page."""

import pytest

from certs.pdf.health import ZONES, smart_of, speed_of
from certs.pdf.words import WORDS
from certs.tests.samples import certificate_statement, graded_statement


def test_speed__sixteen_zones__bars_in_thousandths_of_the_fastest() -> None:
    """The highest bar is the fastest zone of both traversals, and each other its share."""
    statement = graded_statement()
    statement["speed"]["write"][0]["bytes_per_s"] = 200_000_000
    statement["speed"]["read"][3]["bytes_per_s"] = 50_000_000
    speed = speed_of(statement)
    write, read = (series["bars"] for series in speed["series"])
    assert (speed["top"], write[0], read[3]) == ("200 MB/s", 1000, 250)
    assert (len(write), len(read)) == (ZONES, ZONES)


def test_speed__zone_not_measured__no_bar_and_not_a_slow_one() -> None:
    """Unknown is not zero: a place that nobody measured has no bar."""
    statement = graded_statement()
    del statement["speed"]["read"][5]
    statement["speed"]["read"][5]["bytes_per_s"] = 0
    bars = speed_of(statement)["series"][1]["bars"]
    assert (bars[5], bars[6]) == (-1, 0)


@pytest.mark.parametrize("zones", [[], [{"zone": 2, "bytes_per_s": 0}]])
def test_speed__nothing_but_stillness__drawn_without_a_fault(zones: list[dict[str, int]]) -> None:
    """A drive that moved nothing, or of which little is known, has its page all the same."""
    statement = certificate_statement() | {"speed": {"write": [], "read": zones}}
    assert speed_of(statement)["top"] == "0 kB/s"


def test_speed__none_stated__no_plot() -> None:
    """Small drives are too quick to be measured: then nothing is drawn."""
    assert speed_of(certificate_statement()) == {}


def test_smart__before_and_after__side_by_side() -> None:
    """What nobody asked for before is a dash, and what was not stated has no line."""
    statement = graded_statement()
    statement["measures"] |= {"smart_pending_sectors_before": 3, "smart_passed": False}
    del statement["measures"]["nvme_media_errors"], statement["measures"]["power_on_hours"]
    rows = {row[0].en: row[1:] for row in smart_of(statement)}  # type: ignore[attr-defined] # a Text
    assert rows["Pending sectors"] == ["3", "7"]
    assert rows["Calls itself healthy"] == ["–", WORDS["no"]]  # noqa: RUF001
    assert rows["NVMe media errors"] == ["7", "–"]  # noqa: RUF001
    assert "Hours powered on" not in rows
    assert smart_of(certificate_statement()) == []
