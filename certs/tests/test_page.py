"""The page as data, before anything is drawn."""

from certs.pdf.page import page_of
from certs.pdf.symbol import Symbol
from certs.tests.samples import certificate_statement, probed_statement, sampled_statement

SYMBOL = Symbol(svg="<svg/>", size_mm=42.5)


def test_page__probed_capacity__stands_above_the_verification() -> None:
    """Where the capacity was probed, the page says with what result and how much was read."""
    first, second = page_of(probed_statement(), SYMBOL)["verification"][:2]
    assert first["label"] == {"zh": "容量探针", "en": "Capacity probes"}
    assert first["value"] == {"zh": "通过", "en": "fit"}
    assert "67,108,864" in first["note"]["en"]
    assert second["label"]["en"] == "Extent"


def test_page__capacity_not_probed__says_nothing_of_probes() -> None:
    """A random last pass needs no probes, and the page does not speak of any."""
    rows = page_of(certificate_statement(), SYMBOL)["verification"]
    assert all(row["label"]["en"] != "Capacity probes" for row in rows)


def test_page__sampled__says_what_it_proves_and_never_every_byte() -> None:
    """A sample is told in the headline, with its guarantee and its seed."""
    page = page_of(sampled_statement(), SYMBOL)
    rows = {row["label"]["en"]: row["value"] for row in page["verification"]}
    assert "sample" in page["sentence"]["en"]
    assert "抽样" in page["sentence"]["zh"]
    assert rows["Extent"]["en"] == "a sample"
    assert "9 of 64 units of 1,048,576 bytes" in rows["What the sample proves"]["en"]
    assert "at least 34 of all 64" in rows["What the sample proves"]["en"]
    assert "at most 1%" in rows["What the sample proves"]["en"]
    ((span, what),) = page["ranges"]
    assert (span, what["en"]) == ("57,671,680 B", "not in the sample, not read back")
    assert page["ranges_total"] == "57,671,680"
    assert page_of(certificate_statement(), SYMBOL)["ranges_total"] == "0"
    assert len(rows["Seed of the sample"].replace("\u200b", "")) == 64
    assert "every byte" in page_of(certificate_statement(), SYMBOL)["sentence"]["en"]
