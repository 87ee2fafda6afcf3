"""A phone's page in a real browser: holding, following and answering.

The daemon answers as it is told; the browser, the scripts and the server are the real ones.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from certs.tests.browser import browser
from kiosk_ui.tests.boards import grade, problem, words
from kiosk_ui.tests.browser import FakeDaemon
from kiosk_ui.tests.phone_boards import (
    ACCOUNTS,
    CARD,
    CONSENT,
    HOT,
    PHONE_JOB_ID,
    PORT,
    ROUTES,
    UNGRADED,
    VISIT,
    ended_phone_job,
    phone,
    phone_board,
    phone_held,
    phone_job,
    photo_job,
    ready_phone,
)
from kiosk_ui.tests.screen import NEEDS_CHROMIUM, screen
from wipe_station.api_values import GradeView

pytestmark = NEEDS_CHROMIUM
LEAST_TARGET_PX: Final = 44
TARGETS: Final = "main :is(button, .button, summary, a, .route label, input:not([type=radio]))"
SIZES: Final = {"phone": (390, 844), "counter": (1280, 800)}


@pytest.fixture(scope="module", name="chromium")
def _chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def holding_daemon(hold_s: float) -> FakeDaemon:
    """Return a daemon with a phone that is ready, and asks for so long a press."""
    daemon = FakeDaemon(phone_board(ready_phone()))
    daemon.answers = {"/hold": phone_held(hold_s), "/erase": phone_job()}
    daemon.then = {"/erase": phone_board(ready_phone(job_id=PHONE_JOB_ID), phone_job())}
    return daemon


# --- hold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["mouse", "touch", "key"])
def test_hold__long_enough__the_chosen_way_begins_and_its_job_is_shown(
    chromium: Browser, by: str
) -> None:
    """By finger, mouse or key: the way that was chosen is confirmed, and its job comes up."""
    with screen(chromium, holding_daemon(0.1), has_touch=True) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("句224").check()
        if by == "mouse":
            seen.press()
        elif by == "key":
            seen.hold_button().focus()
            seen.page.keyboard.down(" ")
        else:
            seen.hold_button().dispatch_event("pointerdown", {"button": 0, "pointerType": "touch"})
        seen.page.wait_for_url(f"**/phone-jobs/{PHONE_JOB_ID}")
        assert seen.asked("/hold") == [b'{"visit":7,"route":"settings"}']
        (used,) = seen.asked("/erase")
        assert b"n" * 43 in used
        seen.sees("句253")


@pytest.mark.parametrize("by", ["mouse", "key"])
def test_hold__let_go__nothing_begins_and_it_can_be_held_again(chromium: Browser, by: str) -> None:
    """Letting go cancels, whatever held it; the button is as it was."""
    with screen(chromium, holding_daemon(60)) as seen:
        seen.open(f"/phones/{PORT}")
        if by == "mouse":
            seen.press()
        else:
            seen.hold_button().focus()
            seen.page.keyboard.down("Enter")
        seen.sees("按住不放")
        if by == "mouse":
            seen.page.mouse.up()
        else:
            seen.page.keyboard.up("Enter")
        seen.sees("请机主按住 3 秒开始清除")
        assert seen.asked("/erase") == []


def test_hold__phone_unplugged_meanwhile__cancelled(chromium: Browser) -> None:
    """News that take the button away end the press: a finger that stays down begins nothing."""
    with screen(chromium, holding_daemon(0.5)) as seen:
        seen.open(f"/phones/{PORT}")
        # A finger: a button under the mouse has the focus, whose loss would be enough.
        seen.hold_button().dispatch_event("pointerdown", {"button": 0, "pointerType": "touch"})
        seen.sees("按住不放")
        seen.station.show(phone_board(revision=2))
        seen.sees("手机已经拔掉了")
        seen.station.show(phone_board(ready_phone(visit=VISIT + 1), revision=3))
        seen.press()
        seen.page.wait_for_url(f"**/phone-jobs/{PHONE_JOB_ID}")
        (used,) = seen.asked("/erase")  # the first press would have been done before the second
        assert used.startswith(b'{"visit":8,')


def test_hold__daemon_refuses__said_below_the_button(chromium: Browser) -> None:
    """Why nothing began stands where the owner looks."""
    daemon = holding_daemon(0.1)
    daemon.problem = (problem(), 409)
    with screen(chromium, daemon) as seen:
        seen.open(f"/phones/{PORT}")
        seen.press()
        seen.sees("句71 句72")
        seen.sees("请机主按住 3 秒开始清除")
        seen.faults = [fault for fault in seen.faults if "409" not in fault]


def test_hold__news_that_change_nothing_for_it__the_press_goes_on(chromium: Browser) -> None:
    """A board that changes elsewhere neither stops a press nor takes the choice back."""
    with screen(chromium, holding_daemon(1.5)) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("句224").check()
        seen.press()
        seen.sees("按住不放")
        seen.station.show(phone_board(ready_phone(), phone(port="1-99"), revision=2))
        seen.page.wait_for_url(f"**/phone-jobs/{PHONE_JOB_ID}")
        assert seen.asked("/hold") == [b'{"visit":7,"route":"settings"}']


# --- following ----------------------------------------------------------------------------------


def test_phone__becomes_ready__followed_without_losing_what_was_typed(chromium: Browser) -> None:
    """The page goes on with its phone; a number half typed and what was unfolded stay."""
    daemon = FakeDaemon(phone_board(phone()))
    with screen(chromium, daemon) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("员工号").fill("12")
        seen.page.locator("#closed-routes summary").click()
        seen.page.evaluate("window.opened = true")
        seen.station.show(phone_board(phone(gates=(CARD, CONSENT)), revision=2))
        expect(seen.page.locator("#gate-accounts-unknown")).to_have_count(0)
        seen.station.show(phone_board(ready_phone(), revision=3))
        expect(seen.page.get_by_label("员工号")).to_have_value("12")
        expect(seen.page.locator("#closed-routes li").first).to_be_visible()
        seen.hold_button()
        assert seen.page.evaluate("window.opened")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_phone__one_more_fact_is_read__its_grade_follows_and_the_keys_reach_consent(
    chromium: Browser, colours: str
) -> None:
    """The estimate is of what is known now, in a bright shop and a dark one; no mouse is needed."""
    daemon = FakeDaemon(phone_board(phone(gates=(CONSENT,))))
    daemon.answers = {"/consent": ready_phone()}
    daemon.then = {"/consent": phone_board(ready_phone(), revision=3)}
    with screen(chromium, daemon, color_scheme=colours) as seen:
        seen.open(f"/phones/{PORT}")
        seen.sees("可用程度（暂定，清除以前）")
        expect(seen.page.locator("#ungraded-battery_cycles")).to_contain_text("句294")
        seen.station.show(phone_board(phone(gates=(CONSENT,), ungraded=UNGRADED[:1]), revision=2))
        expect(seen.page.locator("#ungraded-battery_cycles")).to_have_count(0)
        expect(seen.page.locator("#ungraded-verified")).to_be_visible()
        seen.page.get_by_label("员工号").focus()
        seen.page.keyboard.type("12")
        seen.page.keyboard.press("Tab")
        expect(seen.page.get_by_role("button", name="机主同意清除")).to_be_focused()
        seen.page.keyboard.press("Enter")
        seen.hold_button()
        seen.sees("可用程度（暂定，清除以前）")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_phone__gets_hot_under_the_finger__said_and_the_button_goes(
    chromium: Browser, colours: str
) -> None:
    """News of a hot phone end the press, and are read where everybody looks; cool, it goes on."""
    with screen(chromium, holding_daemon(60), color_scheme=colours) as seen:
        seen.open(f"/phones/{PORT}")
        seen.hold_button().dispatch_event("pointerdown", {"button": 0, "pointerType": "touch"})
        seen.sees("按住不放")
        seen.station.show(phone_board(phone(hot=words(295), gates=(HOT,)), revision=2))
        expect(seen.page.get_by_role("alert").filter(has_text="句295")).to_be_visible()
        expect(seen.page.locator("#gate-hot")).to_contain_text("句205")
        expect(seen.page.locator("button.hold")).to_have_count(0)
        seen.station.show(phone_board(ready_phone(), revision=3))
        seen.hold_button()
        expect(seen.page.get_by_text("句295")).to_have_count(0)
        assert seen.asked("/erase") == []


def test_phone__way_chosen_and_news__the_choice_stays(chromium: Browser) -> None:
    """A choice that the owner made is not taken back by news."""
    with screen(chromium, FakeDaemon(phone_board(ready_phone()))) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_label("句224").check()
        more = (*ROUTES[:2], ROUTES[2].model_copy(update={"closed": None}))
        seen.station.show(phone_board(ready_phone(routes=more), revision=2))
        expect(seen.page.locator("#route-fastboot")).to_be_visible()
        expect(seen.page.get_by_label("句224")).to_be_checked()


def test_intake__shown_and_agreed__noted_without_leaving_the_page(chromium: Browser) -> None:
    """The number is typed once for all taps, and each tap's effect shows by itself."""
    daemon = FakeDaemon(phone_board(phone(gates=(ACCOUNTS, CONSENT))))
    daemon.answers = {"/intake": phone(), "/consent": ready_phone()}
    noted = phone(gates=(CONSENT,), shown=("no-accounts",))
    daemon.then = {
        "/intake": phone_board(noted, revision=2),
        "/consent": phone_board(ready_phone(), revision=3),
    }
    with screen(chromium, daemon) as seen:
        seen.open(f"/phones/{PORT}")
        seen.page.get_by_role("button", name="机主已经给我看过").click()
        seen.sees("还没有写员工号。")
        assert seen.asked("/intake") == []
        told = phone(gates=(ACCOUNTS, CONSENT), said=words(239))
        seen.station.show(phone_board(told, revision=4))
        seen.sees("句239")
        expect(seen.page.get_by_text("还没有写员工号。")).to_be_visible()  # news do not wipe it off
        seen.page.get_by_label("员工号").fill("12")
        seen.page.keyboard.press("Enter")
        seen.page.get_by_role("button", name="机主已经给我看过").click()
        seen.sees("没有登录账号")
        expect(seen.page.get_by_text("还没有写员工号。")).to_have_count(0)
        seen.page.get_by_role("button", name="机主同意清除").click()
        seen.hold_button()
        assert seen.asked("/intake") == [b'{"visit":7,"staff":"12","shown":["no-accounts"]}']
        assert seen.asked("/consent") == [b'{"visit":7,"staff":"12"}']
        seen.faults = [fault for fault in seen.faults if "422" not in fault]


def test_job__waits__its_clock_runs(chromium: Browser) -> None:
    """A clock that stands still would say that nothing happens."""
    with screen(chromium, FakeDaemon(phone_board(phone_job(waits_s=58)))) as seen:
        seen.page.clock.install()
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        bar = seen.page.locator("progress.waits")
        before = bar.evaluate("each => each.value")
        seen.page.clock.run_for(60_000)
        seen.sees("1:5")
        assert bar.evaluate("each => each.value") >= before + 60


def test_job__goes_on_and_ends__followed_to_its_papers(chromium: Browser) -> None:
    """From waiting to the certificate on one page that nobody loads again."""
    with screen(chromium, FakeDaemon(phone_board(phone_job()))) as seen:
        seen.open(f"/phone-jobs/{PHONE_JOB_ID}")
        seen.page.get_by_text("放弃", exact=True).click()
        expect(seen.page.get_by_role("button", name="确定放弃")).to_be_visible()
        seen.station.show(phone_board(phone_job(waits_s=70), revision=2))
        seen.sees("1:1")
        expect(seen.page.get_by_role("button", name="确定放弃")).to_be_visible()
        seen.station.show(phone_board(ended_phone_job(), revision=3))
        seen.sees("看证明（PDF）")
        seen.station.show(phone_board(revision=4))
        seen.sees("这台手机已经不在柜台上了。")


# --- layout -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages__on_every_screen__nothing_sticks_out_and_each_target_is_big_enough(
    chromium: Browser, size: tuple[int, int], language: str
) -> None:
    """On a phone's screen and on the counter's no page scrolls sideways, and fingers hit."""
    ended = ended_phone_job(job_id=PHONE_JOB_ID[:-1] + "0", grade=_long_grade())
    daemon = FakeDaemon(phone_board(phone(port="1-98"), ready_phone(), photo_job(), ended))
    viewport = {"width": size[0], "height": size[1]}
    with screen(chromium, daemon, viewport=viewport) as seen:
        cookie = {"name": "language", "value": language, "url": seen.station.url}
        seen.page.context.add_cookies([cookie])  # type: ignore[list-item] # a TypedDict
        jobs = [f"/phone-jobs/{each}" for each in (PHONE_JOB_ID, ended.job_id)]
        for path in ("/phones/1-98", f"/phones/{PORT}", *jobs, ""):
            seen.open(path)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
            for target in seen.page.locator(TARGETS).all():
                box = target.bounding_box() if target.is_visible() else None
                assert box is None or box["height"] >= LEAST_TARGET_PX, target.inner_text()


def _long_grade() -> GradeView:
    """Return a grade with a measure that fits on no line."""
    known = grade()
    long = known.axes[0].deductions[0].model_copy(update={"measured": "7" * 200})
    axis = known.axes[0].model_copy(update={"deductions": (long,)})
    return known.model_copy(update={"axes": (axis, *known.axes[1:])})
