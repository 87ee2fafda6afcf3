"""What the page shows of a phone's erasure, what can be done about it, and its papers."""

import re

import pytest

from kiosk_ui.live import Live
from kiosk_ui.shared import TOKEN
from kiosk_ui.tests.boards import problem, words
from kiosk_ui.tests.browser import ORIGIN, Browser, FakeDaemon
from kiosk_ui.tests.phone_boards import (
    PHONE_JOB_ID,
    PHONE_JOBS,
    ended_phone_job,
    phone_board,
    phone_job,
    photo_job,
)
from kiosk_ui.tests.test_phones import BOTH, page_of, posted
from wipe_station.api_values import PrintForm
from wipe_station.phone_values import PhoneAction, PhoneJobView


@pytest.mark.parametrize("action", [each for each in PhoneAction if each is not PhoneAction.PHOTO])
def test_action__from_a_page_or_a_script__asked_once_and_the_page_stays(
    action: PhoneAction,
) -> None:
    """A tap asks for one thing; a script goes nowhere, and a plain form comes back to the job."""
    path = f"/phone-jobs/{PHONE_JOB_ID}/{action.value}"
    daemon, location, status = posted(path, {}, phone_job())
    home = "/" if action is PhoneAction.CLOSE else f"/phone-jobs/{PHONE_JOB_ID}"
    assert (status, location) == (303, home)
    daemon, location, status = posted(path, {}, phone_job(), accept="application/json")
    assert (status, location) == (200, None)
    assert [p for method, p, _ in daemon.asked if method == "POST"] == [f"/v1{path}"]


def test_action__no_such__not_found() -> None:
    """What is no action is no page."""
    assert posted(f"/phone-jobs/{PHONE_JOB_ID}/nuke", {})[2] == 404


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "句71 句72"), ("en", "sentence71 sentence72")]
)
def test_photo__daemon_refuses__a_sentence_for_the_script(language: str, said: str) -> None:
    """Why a photo was not taken is said in the clerk's language."""
    daemon = FakeDaemon(phone_board(photo_job()))
    daemon.problem = (problem(), 409)
    headers = {
        "origin": ORIGIN,
        "x-token": TOKEN,
        "content-type": "image/jpeg",
        "accept": "application/json",
        "cookie": f"language={language}",
    }
    path = f"/phone-jobs/{PHONE_JOB_ID}/photo"
    answer = Browser(daemon).ask("POST", path, headers, b"\xff\xd8\xff")
    assert answer.status_code == 409
    assert f"{answer.json()['message']} {answer.json()['hint']}" == said


@BOTH
@pytest.mark.parametrize("each", PHONE_JOBS.values(), ids=PHONE_JOBS.keys())
def test_job__in_every_state__one_sentence_and_one_picture(
    each: PhoneJobView, language: str, said: str
) -> None:
    """Whatever the state, there is one thing to do; a broken one stops the line instead."""
    shown = page_of(each, language)
    assert f"{said}{each.said.zh[1:]}" in shown
    assert shown.count('class="step"') == (not each.broken)
    assert shown.count("<svg") == (not each.broken)


@pytest.mark.parametrize("action", PhoneAction)
@pytest.mark.parametrize("offered", [True, False])
def test_job__action__offered_only_where_the_daemon_offers_it(
    action: PhoneAction, offered: bool
) -> None:
    """There is a button for what can be done now, and for nothing else."""
    shown = page_of(phone_job(actions=(action,) if offered else ()))
    assert (f'"/phone-jobs/{PHONE_JOB_ID}/{action.value}"' in shown) is offered


@pytest.mark.parametrize(
    ("actions", "photographed", "first"),
    [
        ((PhoneAction.LOOK, PhoneAction.GIVE_UP), False, "look"),
        ((PhoneAction.PRESS, PhoneAction.LOOK), False, "press"),
        ((PhoneAction.PHOTO, PhoneAction.LOOK), False, "photo"),
        ((PhoneAction.PHOTO, PhoneAction.LOOK), True, "look"),
        ((PhoneAction.CLOSE,), True, None),
    ],
)
def test_job__several_actions__one_stands_out(
    actions: tuple[PhoneAction, ...], photographed: bool, first: str | None
) -> None:
    """The eye finds what comes next: one button is big and green, the others are not."""
    shown = page_of(phone_job(actions=actions, photographed=photographed))
    main = r'<(?:button|label) class="(?:button )?main"(?: formaction="[^"]*/([a-z]+))?'
    big = re.findall(main, shown)
    assert [each or "photo" for each in big] == [first] * (first is not None)


def test_job__waits__how_long_and_for_how_long_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting has a bar with an end, and a clock, also on news that are not the newest."""
    monkeypatch.setattr(Live, "age_s", lambda _: 5)
    shown = page_of(phone_job(waits_s=65, gives_up_s=600))
    assert '<progress class="waits" max="600" value="70"' in shown
    assert '<time class="clock" data-seconds="70">1:10</time>' in shown
    assert "最多等 10:00" in shown


def test_job__patience_or_wait_unknown__no_bar_with_an_end() -> None:
    """What has no known end has no bar, and what does not wait has no clock."""
    without_end = page_of(phone_job(gives_up_s=None))
    assert 'class="waits"' not in without_end
    assert 'class="clock"' in without_end
    assert 'class="clock"' not in page_of(phone_job(waits_s=None))


def test_job__waits_beyond_its_time__the_bar_is_full_and_no_more() -> None:
    """A board that is old does not make a bar longer than itself."""
    assert 'max="600" value="600"' in page_of(phone_job(waits_s=6000, gives_up_s=600))


@pytest.mark.parametrize(
    ("name", "colour"), [("erased", "good"), ("not-erased", "bad"), ("unproven", "bad")]
)
def test_job__ended__looks_like_what_it_came_to(name: str, colour: str) -> None:
    """Only what was shown to be erased is green; what is unproven looks like a failure."""
    classes = re.findall(r'class="card job phone-job ([a-z ]+)"', page_of(PHONE_JOBS[name]))
    assert classes == [colour]
    assert 'class="outcome"' in page_of(PHONE_JOBS[name])
    assert 'class="outcome"' not in page_of(phone_job())


def test_job__broken__not_green_whatever_its_outcome() -> None:
    """A job whose records failed is never green."""
    shown = page_of(ended_phone_job(broken=True))
    assert 'phone-job bad"' in shown
    assert "停下，叫店长。" in shown


@BOTH
def test_job__ended__claim_evidence_grade_and_documents(language: str, said: str) -> None:
    """An ended job shows what may be said, why, how usable it is, and its papers."""
    shown = page_of(PHONE_JOBS["not-erased"].model_copy(update={"claim": words(264)}), language)
    for number in (263, 264, 261, 266, 265, 43):
        assert f"{said}{number}" in shown
    base = f"/phone-jobs/{PHONE_JOB_ID}"
    for end in ("documents/bundle.zip", *(f"prints/{form.value}" for form in PrintForm)):
        assert f'href="{base}/{end}"' in shown
    assert 'href="/jobs/' not in shown


@pytest.mark.parametrize(
    ("end", "named"),
    [
        ("documents/certificate.pdf", "certificate.pdf"),
        ("prints/strip", "strip.pdf"),
    ],
)
def test_document__asked_for__the_daemon_s_bytes_under_a_name(end: str, named: str) -> None:
    """Documents and prints of a phone come as those of a drive do."""
    daemon = FakeDaemon(phone_board(ended_phone_job()))
    daemon.answers = {end: b"%PDF-1.7"}
    answer = Browser(daemon).get(f"/phone-jobs/{PHONE_JOB_ID}/{end}")
    assert answer.content == b"%PDF-1.7"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline;")
    assert f"{PHONE_JOB_ID}-{named}" in answer.headers["content-disposition"]


def test_photo__handed_in_already__said() -> None:
    """Whether the station has a photo can be seen, also after the page was opened anew."""
    assert "照片已经收下。" in page_of(photo_job(photographed=True))
    assert "照片已经收下。" in page_of(ended_phone_job())
    assert "照片已经收下。" not in page_of(photo_job())
