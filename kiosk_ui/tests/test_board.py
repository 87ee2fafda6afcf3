"""What the counter's page says beside its devices."""

import pytest

from kiosk_ui.tests.boards import (
    JOB_ID,
    STRANGERS,
    board,
    ended_job,
    job,
    problem,
    progress,
    stopped_job,
    words,
)
from kiosk_ui.tests.browser import Browser, FakeDaemon
from wipe_station.api_values import PrintForm


@pytest.mark.parametrize("failed", [True, False])
def test_board__self_test_failed__alarm_with_the_next_step(failed: bool) -> None:
    """Nobody has to try a wipe to learn that none will start."""
    shown = Browser(FakeDaemon(board(self_test_failed=failed))).get("/").text
    assert ('role="alert"' in shown) is failed
    assert ("自检没有通过" in shown) is failed


@pytest.mark.parametrize(("language", "said"), [("zh", "句1"), ("en", "sentence1")])
def test_board__notices__said_in_the_reader_s_language(language: str, said: str) -> None:
    """What the manager should see to stands above the devices, and takes no button away."""
    daemon = FakeDaemon(board(notices=(words(1),)))
    shown = Browser(daemon).get("/", language=language).text
    assert said in shown


@pytest.mark.parametrize(("language", "said"), [("zh", "句"), ("en", "sentence")])
def test_board__strangers__told_with_one_next_step_each(language: str, said: str) -> None:
    """What was not let in is named, and says one thing to do: not two that contradict."""
    shown = Browser(FakeDaemon(board(strangers=STRANGERS))).get("/", language=language).text
    for number in (81, 82, 87, 88):
        assert f"{said}{number}" in shown
    assert ("店长" in shown, "manager" in shown) == (False, False)


WAITING = tuple(stopped_job(job_id=f"20261125T12000{n}Z-0badcafe") for n in range(3))
AWAY = stopped_job(can_resume=False, device_key=None)


@pytest.mark.parametrize("count", range(4))
def test_board__jobs_wait__one_button_for_all_of_them(count: int) -> None:
    """After a power cut one tap continues everything; a single job has its own button."""
    shown = Browser(FakeDaemon(board(*WAITING[:count], AWAY, ended_job()))).get("/").text
    assert ("全部继续" in shown) is (count > 1)
    assert (f"全部继续（{count} 台）" in shown) is (count > 1)


def test_resume_all__three_wait__each_is_continued_and_no_other() -> None:
    """The one tap is a tap for each job that waits for one, and for nothing else."""
    daemon = FakeDaemon(board(*WAITING, AWAY, ended_job()))
    daemon.answers = {"/resume": job()}
    assert Browser(daemon).post("/resume-all", {}).status_code == 303
    assert _resumed(daemon) == [f"/v1/jobs/{each.job_id}/resume" for each in WAITING]


def test_resume_all__refused__said_and_the_others_tried_all_the_same() -> None:
    """One that cannot be continued says why, and holds up nobody else."""
    daemon = FakeDaemon(board(*WAITING))
    daemon.problem = (problem(), 409)
    answer = Browser(daemon).post("/resume-all", {})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert len(_resumed(daemon)) == len(WAITING)


def _resumed(daemon: FakeDaemon) -> list[str]:
    return [path for method, path, _ in daemon.asked if method == "POST"]


def test_board__job_rests__says_why_and_names_no_time() -> None:
    """Nobody knows when a drive will be cool: no time is promised while it rests."""
    shown = {
        rests: Browser(FakeDaemon(board(job(progress=progress(rests=rests))))).get("/").text
        for rests in (True, False)
    }
    assert ("太热" in shown[True], "太热" in shown[False]) == (True, False)
    assert ("您可以先走" in shown[True], "您可以先走" in shown[False]) == (False, True)


@pytest.mark.parametrize(
    ("language", "names"), [("zh", ("标签", "纸条")), ("en", ("Label", "Strip"))]
)
def test_board__document_there__label_and_strip_behind_buttons(
    language: str, names: tuple[str, str]
) -> None:
    """A job with a document offers both prints; one without offers neither."""
    with_it = Browser(FakeDaemon(board(ended_job()))).get("/", language=language).text
    without = Browser(FakeDaemon(board(ended_job(document=None)))).get("/", language=language).text
    for name, form in zip(names, PrintForm, strict=True):
        button = f'<a class="button" href="/jobs/{JOB_ID}/prints/{form.value}">{name}</a>'
        assert button in with_it
        assert button not in without


def test_print__asked_for__shown_in_the_browser_under_its_name() -> None:
    """The browser shows the PDF, which it can print, and knows what to call it."""
    daemon = FakeDaemon(board(ended_job()))
    daemon.answers = {"/prints/strip": b"%PDF-1.7 a strip"}
    answer = Browser(daemon).get(f"/jobs/{JOB_ID}/prints/strip")
    assert answer.content == b"%PDF-1.7 a strip"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="{JOB_ID}-strip.pdf"'


def test_print__station_refuses__said_on_the_page() -> None:
    """Why a strip cannot be made stands on the page that the clerk comes back to."""
    daemon = FakeDaemon(board(ended_job()))
    daemon.problem = (problem(), 500)
    answer = Browser(daemon).get(f"/jobs/{JOB_ID}/prints/strip")
    assert answer.status_code == 500
    assert 'role="alert"' in answer.text
