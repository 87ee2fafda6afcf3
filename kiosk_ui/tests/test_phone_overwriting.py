"""The page of a phone that fills its free space: offered, followed, stopped, what came of it."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from certs.tests.browser import CHROMIUM, browser
from kiosk_ui.tests.boards import words
from kiosk_ui.tests.browser import FakeDaemon
from kiosk_ui.tests.phone_boards import (
    PHONE_JOB_ID,
    PHONE_JOBS,
    between_job,
    overwriting_job,
    phone_board,
)
from kiosk_ui.tests.screen import screen
from kiosk_ui.tests.test_phones import BOTH, page_of
from wipe_station.phone_values import PhoneProgress


@BOTH
def test_overwrite__under_way__bar_with_bytes_and_a_way_out(language: str, said: str) -> None:
    """How far it is, in bytes; stopping it is another sentence than giving the phone up."""
    shown = page_of(PHONE_JOBS["overwriting"], language)
    assert '<progress max="200000000000" value="50000000000"' in shown
    assert "50 GB / 200 GB" in shown
    assert f"{said}269" in shown
    stop, give_up = {
        "zh": ("不写了", "确定放弃"),
        "en": ("Stop filling it", "Yes, give up"),
    }[language]
    assert stop in shown
    assert give_up not in shown
    assert f'"/phone-jobs/{PHONE_JOB_ID}/give-up"' in shown


def test_overwrite__phone_says_no_space_or_more_than_that__bar_without_an_end_or_full() -> None:
    """What has no known end has none; nothing is longer than itself."""
    unknown = page_of(overwriting_job(progress=PhoneProgress(done_bytes=5, total_bytes=None)))
    assert "<progress aria-label" in unknown
    beyond = page_of(overwriting_job(progress=PhoneProgress(done_bytes=5, total_bytes=4)))
    assert '<progress max="4" value="4"' in beyond


@BOTH
def test_overwrite__offered_or_over__its_price_or_what_it_came_to(language: str, said: str) -> None:
    """It is optional and takes long, which is said before; what came of it is said after."""
    offered = page_of(PHONE_JOBS["between"], language)
    assert {"zh": "可能要一小时以上", "en": "an hour or more"}[language] in offered
    assert {"zh": "可以不做", "en": "Optional"}[language] in offered
    assert 'class="overwritten"' not in offered
    assert f'class="overwritten">{said}268<' in page_of(PHONE_JOBS["overwritten"], language)


@pytest.fixture(scope="module", name="chromium")
def _chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.mark.skipif(  # in CI what is missing fails
    "CI" not in os.environ and not CHROMIUM.exists(), reason="needs Debian's chromium"
)
def test_overwrite__chosen_followed_and_stopped__the_job_goes_on(chromium: Browser) -> None:
    """One tap begins it, its bytes run on the page, another tap ends it alone."""
    daemon = FakeDaemon(phone_board(between_job()))
    daemon.answers = {"/overwrite": overwriting_job(), "/give-up": between_job()}
    daemon.then = {
        "/overwrite": phone_board(overwriting_job(), revision=2),
        "/give-up": phone_board(between_job(overwritten=words(268)), revision=4),
    }
    with screen(chromium, daemon) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.page.get_by_role("button", name="先写满空闲空间").click()
        seen.sees("50 GB / 200 GB")
        further = PhoneProgress(done_bytes=60_000_000_000, total_bytes=200_000_000_000)
        seen.station.show(phone_board(overwriting_job(progress=further), revision=3))
        seen.sees("60 GB / 200 GB")
        bar = seen.page.get_by_role("progressbar", name="写入和读回的进度")
        assert bar.evaluate("each => each.value / each.max") == 0.3
        seen.page.get_by_role("button", name="不写了").click()
        seen.sees("句268")
        assert [len(seen.asked(end)) for end in ("/overwrite", "/give-up")] == [1, 1]
