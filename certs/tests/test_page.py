"""The page as data, before anything is drawn."""

from certs.pdf.page import page_of
from certs.tests.samples import certificate_statement, probed_statement


def test_page__probed_capacity__stands_above_the_verification() -> None:
    """Where the capacity was probed, the page says with what result and how much was read."""
    first, second = page_of(probed_statement())["verification"][:2]
    assert first["label"] == {"zh": "容量探针", "en": "Capacity probes"}
    assert first["value"] == {"zh": "通过", "en": "fit"}
    assert "67,108,864" in first["note"]["en"]
    assert second["label"]["en"] == "Extent"


def test_page__capacity_not_probed__says_nothing_of_probes() -> None:
    """A random last pass needs no probes, and the page does not speak of any."""
    rows = page_of(certificate_statement())["verification"]
    assert all(row["label"]["en"] != "Capacity probes" for row in rows)
