"""What the page shows of phones, and what it asks the daemon when somebody taps."""

import asyncio
import json
import re
from html import escape

import httpx
import pytest

from kiosk_ui.live import Live
from kiosk_ui.shared import TOKEN
from kiosk_ui.steps import STEPS
from kiosk_ui.tests.boards import SHA256, board, words
from kiosk_ui.tests.browser import ORIGIN, Browser, FakeDaemon, first_event
from kiosk_ui.tests.phone_boards import (
    ACCOUNTS,
    CARD,
    CONSENT,
    FACTS,
    PHONE_JOB_ID,
    PHONE_JOBS,
    PHONES,
    PORT,
    ROUTES,
    VISIT,
    ended_phone_job,
    full_board,
    phone,
    phone_board,
    phone_held,
    phone_job,
    ready_phone,
    unread_phone,
)
from kiosk_ui.tests.reading import read_out
from wipe_station.api_values import Words
from wipe_station.board_values import BoardView
from wipe_station.phone_values import PhoneJobView, PhoneStage, PhoneView, Step

BOTH = pytest.mark.parametrize(("language", "said"), [("zh", "句"), ("en", "sentence")])
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
LATIN = re.compile("[A-Za-z]{2,}")
SAME_IN_BOTH = {"English", "PDF", "zip", "USB", "GB", "kB"}
"""What is written so in both languages, and the way to the other one."""
BOARDS: dict[str, tuple[str, BoardView]] = {
    "home": ("/", full_board()),
    "nobody there": (f"/phones/{PORT}", phone_board()),
    "no job": (f"/phone-jobs/{PHONE_JOB_ID}", phone_board()),
    **{
        f"phone {name}": (f"/phones/{each.port}", phone_board(each))
        for name, each in PHONES.items()
        if each.job_id is None
    },
    **{
        f"job {name}": (f"/phone-jobs/{PHONE_JOB_ID}", phone_board(each))
        for name, each in PHONE_JOBS.items()
    },
}
EVERY_PAGE = pytest.mark.parametrize(("path", "shown"), BOARDS.values(), ids=BOARDS.keys())


def page_of(each: PhoneView | PhoneJobView, language: str = "zh") -> str:
    """Return the page of a phone or of a job."""
    path = f"/phones/{each.port}" if isinstance(each, PhoneView) else f"/phone-jobs/{each.job_id}"
    return Browser(FakeDaemon(phone_board(each))).get(path, language=language).text


# --- every page ---------------------------------------------------------------------------------


@EVERY_PAGE
def test_page__in_chinese__no_word_of_english(path: str, shown: BoardView) -> None:
    """Whoever reads Chinese meets English nowhere, neither in a label nor in a script's answer."""
    texts = read_out(Browser(FakeDaemon(shown)).get(path).text)
    assert texts
    for text in texts:
        assert not set(LATIN.findall(text)) - SAME_IN_BOTH, text


@EVERY_PAGE
def test_page__in_english__no_word_of_chinese(path: str, shown: BoardView) -> None:
    """Whoever reads English meets Chinese in the name of that language alone."""
    texts = read_out(Browser(FakeDaemon(shown)).get(path, language="en").text)
    assert texts
    for text in texts:
        assert text == "中文" or not CHINESE.search(text), text


@EVERY_PAGE
def test_page__its_news__what_was_opened(
    monkeypatch: pytest.MonkeyPatch, path: str, shown: BoardView
) -> None:
    """What a page that stays open is sent is what it shows when it is opened."""
    monkeypatch.setattr(Live, "age_s", lambda _: 0)
    browser = Browser(FakeDaemon(shown))
    news = first_event(browser.app, f"{path.rstrip('/')}/live")
    assert read_out(news)
    assert news.strip() in browser.get(path).text


@pytest.mark.parametrize("path", [f"/phones/{PORT}", f"/phone-jobs/{PHONE_JOB_ID}"])
def test_page__daemon_away__says_so(path: str) -> None:
    """While the station restarts the page says so, and comes back by itself."""
    daemon = FakeDaemon(None)
    assert "工作站正在重新启动，请稍等。" in Browser(daemon).get(path).text
    assert "工作站正在重新启动，请稍等。" in first_event(Browser(daemon).app, f"{path}/live")


HOSTILE = '</p><script>alert(1)</script>"><img src=x onerror=alert(1)>\u202e\x1b[2J{{ 7*7 }}%(x)s'


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page__hostile_names__shown_as_text(language: str) -> None:
    """What a phone says of itself is text, and cannot turn the line around."""
    evil = Words(zh=HOSTILE, en=HOSTILE)
    facts = tuple(fact.model_copy(update={"label": evil, "how": evil}) for fact in FACTS)
    shown = phone(product=HOSTILE, title=evil, facts=facts, ticket=HOSTILE, bay=HOSTILE)
    job = ended_phone_job(title=evil, serial=HOSTILE, claim=evil, seen=(evil,), bay=HOSTILE)
    plain = page_of(phone(), language).count("<script")
    home = Browser(FakeDaemon(phone_board(shown, job))).get("/", language=language).text
    for page in (page_of(shown, language), page_of(job, language), home):
        assert escape("<img src=x onerror=alert(1)>", quote=False) in page
        assert page.count("<script") == plain
        assert "<img" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
        assert "{{ 7*7 }}%(x)s" in page


# --- the counter --------------------------------------------------------------------------------


@BOTH
def test_home__phones__each_with_its_step_and_the_way_to_its_page(language: str, said: str) -> None:
    """A phone says what it is and what to do now; its page is one tap away."""
    shown = Browser(FakeDaemon(full_board())).get("/", language=language).text
    for each in PHONES.values():
        linked = f'href="/phones/{each.port}"' in shown
        assert linked is (each.job_id is None)
        if linked:
            assert f"{said}{each.title.zh[1:]}" in shown
            assert each.said is None or f"{said}{each.said.zh[1:]}" in shown
    assert "请插上要处理的设备" not in shown
    assert "Plug in the device" not in shown


def test_home__phone_at_work__its_job_and_not_the_phone() -> None:
    """A phone whose job stands open is shown once, as that job."""
    at_work = ready_phone(job_id=PHONE_JOB_ID)
    shown = Browser(FakeDaemon(phone_board(at_work, phone_job()))).get("/").text
    assert f'id="job-{PHONE_JOB_ID}"' in shown
    assert f'id="phone-{PORT}"' not in shown


def test_home__nothing_but_a_job__does_not_ask_for_a_device() -> None:
    """A counter with work on it is not empty."""
    assert "请插上要处理的设备" not in Browser(FakeDaemon(phone_board(phone_job()))).get("/").text
    assert "请插上要处理的设备" in Browser(FakeDaemon(board())).get("/").text


@pytest.mark.parametrize("stage", PhoneStage)
def test_phone__nothing_to_do_is_known__goes_back_to_its_owner(stage: PhoneStage) -> None:
    """Only of a phone in whose mode nothing can be done it is said that it goes back."""
    back = "暂不支持清除手机" in page_of(unread_phone(stage=stage))
    assert back is (stage is PhoneStage.NAMED)
    with_step = unread_phone(stage=stage, step=Step.RESTART, said=words(1))
    assert "暂不支持清除手机" not in page_of(with_step)


# --- a phone ------------------------------------------------------------------------------------


@BOTH
def test_phone__facts__unknown_ones_say_so_and_how_to_find_out(language: str, said: str) -> None:
    """What is not known is called unknown, with a way to learn it where there is one."""
    texts = read_out(page_of(phone(), language))
    for number in (211, 212, 213, 214, 215, 216, 217):
        assert f"{said}{number}" in " ".join(texts)
    assert texts.count({"zh": "不清楚", "en": "Unknown"}[language]) == 3


@BOTH
def test_phone__grade__before_consent_with_reasons_and_what_is_unknown(
    language: str, said: str
) -> None:
    """The clerk sees a provisional grade, why, and how the rest is found out, before consent."""
    shown = page_of(phone(), language)
    marked = {"zh": "（暂定，清除以前）", "en": "(provisional, before its erasure)"}[language]
    worse = {"zh": "句44，可能更差", "en": "sentence44, or worse"}[language]
    told = " ".join(read_out(shown))
    numbers = (43, 44, 41, 42, 47, 48, 291, 292, 293, 294)
    assert all(f"{said}{number}" in told.replace(" ", "") for number in numbers)
    assert marked in shown
    assert worse in shown
    assert shown.index(marked) < shown.index('id="consent"')
    assert marked not in page_of(ended_phone_job(), language)
    assert worse not in page_of(ended_phone_job(), language)


@BOTH
def test_phone__too_hot__said_on_its_page_and_at_the_counter(language: str, said: str) -> None:
    """Before its job and in it, a phone that is too hot is an alarm; one that is not is none."""
    for each, number in ((PHONES["hot"], 295), (PHONE_JOBS["hot"], 296)):
        alarm = f'<p class="banner bad hot" role="alert">{words(number).zh}</p>'
        if language == "en":
            alarm = f'<p class="banner bad hot" role="alert">{words(number).en}</p>'
        home = Browser(FakeDaemon(phone_board(each))).get("/", language=language).text
        assert alarm in page_of(each, language)
        assert alarm in home
        assert said in alarm
    for cool in (phone(), phone_job(), ready_phone()):
        assert "banner bad hot" not in page_of(cool, language)


def test_phone__not_read__no_grade() -> None:
    """Of a phone that was not read nothing is estimated."""
    assert "暂定" not in page_of(unread_phone(stage=PhoneStage.READING))


def test_phone__gates__one_sentence_each_and_a_button_where_the_owner_can_show() -> None:
    """Each gate has picture and sentence; only what the clerk can have seen has a button."""
    shown = page_of(phone())
    for gate in phone().gates:
        assert (f'id="gate-{gate.gate}"' in shown) is (gate is not CONSENT)
        assert (f'name="show" value="{gate.answer}"' in shown) is (gate.answer is not None)
    assert shown.count("机主已经给我看过") == 2
    assert escape(STEPS[Step.TAKE_CARDS_OUT].zh) in shown
    assert "请机主按住 3 秒" not in shown


def test_phone__consent_open__what_will_happen_and_the_reminder_before_the_button() -> None:
    """The owner reads what will happen, and that chats would be gone, before she agrees."""
    shown = page_of(phone())
    parts = ["句222", "句223", "微信聊天记录备份了吗", "不着急，可以拿回去备份", "机主同意清除"]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    assert "机主同意清除" not in page_of(phone(gates=(CARD,)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_phone__ready__ways_to_choose_from_and_the_button(language: str) -> None:
    """The first open way is chosen; closed ones say why, and cannot be chosen."""
    shown = page_of(ready_phone(), language)
    routes = re.findall(r'name="route" value="([a-z-]+)"( checked)?', shown)
    assert routes == [("guided", " checked"), ("settings", "")]
    assert words(228).zh in shown or words(228).en in shown
    assert shown.count('class="hold main"') == 1
    assert f'data-hold="/phones/{PORT}/hold"' in shown
    assert f'name="visit" value="{VISIT}"' in shown


@pytest.mark.parametrize(
    "each",
    [
        phone(),
        phone(gates=()),
        ready_phone(gates=(CARD,)),
        ready_phone(routes=ROUTES[2:]),
        unread_phone(port=PORT),
    ],
    ids=["read", "gates-open", "gate-shut", "no-way", "named"],
)
def test_phone__not_ready__no_button_to_hold(each: PhoneView) -> None:
    """There is a button only for a phone that is ready, with every gate open and a way open."""
    assert 'class="hold' not in page_of(each)


def test_phone__no_way_open__says_so_with_the_reasons_unfolded() -> None:
    """Where every way is closed the page says so, and shows why without a tap."""
    shown = page_of(ready_phone(routes=ROUTES[2:]))
    assert "现在没有能用的清除办法" in shown
    assert re.search(r'id="only-closed-routes" open', shown)
    assert "句228" in shown


def test_phone__shown_already__said_and_can_be_taken_back() -> None:
    """What the clerk noted is read back to him; a slip can be mended."""
    shown = page_of(phone(gates=(CONSENT,), shown=("no-accounts", "find-my-off", "encrypted")))
    for each in ("no-accounts", "find-my-off", "encrypted"):
        assert f'name="unshow" value="{each}"' in shown
    assert 'value="encrypted">机主给我看过' not in shown


@pytest.mark.parametrize("known", [True, False])
def test_phone__encryption__asked_only_where_the_phone_does_not_say(known: bool) -> None:
    """The clerk is asked what the settings say only if the phone itself did not."""
    facts = (*FACTS[:3], FACTS[3].model_copy(update={"value": words(9) if known else None}))
    shown = page_of(phone(facts=facts, gates=()))
    assert ('name="show" value="encrypted"' in shown) is not known


def test_phone__its_job_is_open__its_page_is_the_job_s() -> None:
    """Whoever opens the phone's page meets the work on it; an open page says where it is."""
    browser = Browser(FakeDaemon(phone_board(ready_phone(job_id=PHONE_JOB_ID))))
    answer = browser.get(f"/phones/{PORT}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/phone-jobs/{PHONE_JOB_ID}"
    news = first_event(browser.app, f"/phones/{PORT}/live")
    assert f'href="/phone-jobs/{PHONE_JOB_ID}"' in news
    assert "hold" not in news


# --- what is asked ------------------------------------------------------------------------------


def posted(
    path: str, form: dict[str, str], *shown: PhoneView | PhoneJobView, accept: str = "*/*"
) -> tuple[FakeDaemon, str | None, int]:
    """Send a form; return the daemon, where the browser goes, and the status."""
    daemon = FakeDaemon(phone_board(*shown))
    daemon.answers = {
        **dict.fromkeys(("/intake", "/consent"), phone()),
        "/hold": phone_held(),
        **dict.fromkeys(("/erase", "/press", "/overwrite", "/look", "/give-up"), phone_job()),
        "/close": b"",
    }
    answer = Browser(daemon).post(path, form, accept=accept)
    return daemon, answer.headers.get("location"), answer.status_code


def body_of(daemon: FakeDaemon) -> object:
    """Return the last thing that the daemon was asked to do."""
    return json.loads([body for method, _, body in daemon.asked if method == "POST"][-1])


@pytest.mark.parametrize(
    ("before", "pressed", "after"),
    [
        ((), {"show": "no-accounts"}, ["no-accounts"]),
        (("find-my-off",), {"show": "encrypted"}, ["encrypted", "find-my-off"]),
        (("encrypted",), {"show": "encrypted"}, ["encrypted"]),
        (("encrypted", "no-accounts"), {"unshow": "encrypted"}, ["no-accounts"]),
        ((), {"unshow": "encrypted"}, []),
    ],
    ids=str,
)
def test_intake__one_more_or_one_less__what_was_noted_before_stays(
    before: tuple[str, ...], pressed: dict[str, str], after: list[str]
) -> None:
    """A button changes one thing; the daemon is told the whole of it, and by whom."""
    form = {"visit": str(VISIT), "staff": " 12 ", **pressed}
    shown = phone(shown=before)
    daemon, location, status = posted(f"/phones/{PORT}/intake", form, shown)
    assert body_of(daemon) == {"visit": VISIT, "staff": "12", "shown": after}
    assert (status, location) == (303, f"/phones/{PORT}")


class Noting(FakeDaemon):
    """Keeps what it is told, once somebody else has looked, or does not come to it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note, or answer."""
        if request.method == "POST":
            for _ in range(1000):
                if len([path for method, path, _ in self.asked if method == "GET"]) > 1:
                    break
                await asyncio.sleep(0)
            told = json.loads(await request.aread())
            self.show(phone_board(phone(shown=tuple(told["shown"]))))
        return await super().handle_async_request(request)


def test_intake__second_tap_before_the_first_is_noted__both_stay() -> None:
    """Nothing that the owner showed gets lost because the clerk is faster than the station."""
    daemon = Noting(phone_board(phone()))
    daemon.answers = {"/intake": phone()}
    browser = Browser(daemon)

    async def tapped() -> None:
        transport = httpx.ASGITransport(browser.app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as page:
            taps = [
                page.post(
                    f"/phones/{PORT}/intake",
                    headers={"origin": ORIGIN},
                    data={"token": TOKEN, "visit": str(VISIT), "staff": "12", "show": each},
                )
                for each in ("no-accounts", "encrypted")
            ]
            assert {answer.status_code for answer in await asyncio.gather(*taps)} == {303}

    asyncio.run(tapped())
    assert daemon.board is not None
    assert daemon.board.phones[0].shown == ("encrypted", "no-accounts")


def test_intake__daemon_does_not_show_its_board__nothing_noted() -> None:
    """Who does not know what was noted before would replace it."""
    daemon = FakeDaemon(None)
    form = {"visit": str(VISIT), "staff": "12", "show": "encrypted"}
    answer = Browser(daemon).post(f"/phones/{PORT}/intake", form, accept="application/json")
    assert answer.status_code == 503
    assert not [path for method, path, _ in daemon.asked if method == "POST"]


def test_consent__agreed__by_whom_and_at_which_plugging_in() -> None:
    """Consent is of one plugging-in, and the clerk stands for it by number."""
    form = {"visit": str(VISIT), "staff": "12"}
    daemon, location, status = posted(f"/phones/{PORT}/consent", form, phone())
    assert body_of(daemon) == {"visit": VISIT, "staff": "12"}
    assert (status, location) == (303, f"/phones/{PORT}")


@pytest.mark.parametrize("staff", ["", " ", "a", "12345678901", "\uff11\uff12", "1 2", "-1"])
@pytest.mark.parametrize("what", ["intake", "consent"])
def test_staff__missing_or_no_number__asked_for_and_nothing_done(what: str, staff: str) -> None:
    """Without a staff number nothing is noted, and the page says what is missing."""
    daemon = FakeDaemon(phone_board(phone()))
    form = {"visit": str(VISIT), "show": "no-accounts", "staff": staff}
    answer = Browser(daemon).post(f"/phones/{PORT}/{what}", form, accept="application/json")
    assert answer.status_code == 422
    assert answer.json()["message"] == "还没有写员工号。"
    assert not [path for method, path, _ in daemon.asked if method == "POST"]


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("intake", {"staff": "1", "show": "no-accounts"}),
        ("intake", {"staff": "1", "visit": "x", "show": "no-accounts"}),
        ("intake", {"staff": "1", "visit": "7", "show": "everything"}),
        ("consent", {"staff": "1"}),
        ("hold", {"visit": "7"}),
        ("hold", {"visit": "7", "route": "nuke"}),
        ("erase", {"visit": "7", "confirmation": "short", "plan_sha256": SHA256}),
        ("erase", {"confirmation": "n" * 43, "plan_sha256": SHA256}),
    ],
    ids=str,
)
def test_form__not_as_our_page_sends_it__nothing_done(what: str, form: dict[str, str]) -> None:
    """What no page of ours would send does not reach the daemon."""
    daemon, _, status = posted(f"/phones/{PORT}/{what}", form, phone())
    assert status == 403
    assert not [path for method, path, _ in daemon.asked if method == "POST"]


def test_hold__button_down_and_held__confirmation_of_the_chosen_way_and_its_job() -> None:
    """The way that was chosen is confirmed, and the confirmation begins it."""
    form = {"visit": "7", "route": "settings"}
    daemon, _, status = posted(f"/phones/{PORT}/hold", form, ready_phone())
    assert body_of(daemon) == {"visit": 7, "route": "settings"}
    assert status == 200
    used = {"visit": "7", "confirmation": "n" * 43, "plan_sha256": SHA256}
    daemon = FakeDaemon(phone_board())
    daemon.answers = {"/erase": phone_job()}
    answer = Browser(daemon).post(f"/phones/{PORT}/erase", used)
    assert body_of(daemon) == used | {"visit": 7}
    assert answer.json() == {"next": f"/phone-jobs/{PHONE_JOB_ID}"}


def test_accounts__answered_by_the_daemon__not_by_the_page() -> None:
    """A gate stands until the daemon says otherwise: the page decides nothing."""
    shown = page_of(phone(gates=(ACCOUNTS,), shown=("no-accounts",)))
    assert 'id="gate-accounts-unknown"' in shown
