"""The whole trade-in of a drive at the counter's page, in a real browser over real processes."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from certs.canonical import decode
from certs.qr import compare_qr, parse_qr
from certs.short_code import short_code
from hw_tests.browser import Counter, counter
from hw_tests.command import openssl_agrees, sha256
from hw_tests.loop import pull, replug, unplug
from hw_tests.whole_station import WholeStation, until, whole_station
from hw_tests.whole_station import begin as begin_job
from wipe_station.api_values import JobState

SIZE_BYTES = 48 << 20
BYTES_PER_S = 24 << 20
LEAST_TARGET_PX = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """What the page says in one language."""

    switch: str | None
    plug_in: str
    plan: str
    erased: str
    pdf: str
    everything: str
    label: str
    strip: str
    usability: str
    away: str
    handed_out: str
    let_go: str
    stop: str = "停下"
    go_on: str = "继续"
    continue_both: str = "全部继续（2 台）"
    replug: str = (
        "已经写完，还没有核对。请把设备拔下，再插回来，会接着核对：这样读回来的不会是设备缓存里的。"
    )


ZH = Phrases(
    switch=None,
    plug_in="请插上要处理的设备。",
    plan="看计划，准备清除",
    erased="已清除，每个字节都核对过。",
    pdf="看证明（PDF）",
    everything="全部文件（zip）",
    label="标签",
    strip="纸条",
    usability="可用程度",
    away="设备不在。插回去，会接着做。",
    handed_out="取走了",
    let_go="按住 3 秒开始清除，松手就取消",
)
EN = Phrases(
    switch="English",
    plug_in="Plug in the device.",
    plan="See the plan, get ready",
    erased="Erased; every byte checked.",
    pdf="Certificate (PDF)",
    everything="All files (zip)",
    label="Label",
    strip="Strip",
    usability="How usable it is",
    away="The device is away. Plug it back in; the job continues.",
    handed_out="Handed out",
    let_go="Hold 3 s to begin; let go to cancel",
)


@pytest.fixture
def station(folder: Path) -> Iterator[WholeStation]:
    """Return a running station on drives of its own."""
    with whole_station(folder) as made:
        yield made


def begin(page: Counter, words: Phrases) -> None:
    """Go from the first card to the running job."""
    page.say(words.plan).click()
    page.hold()
    page.sees(page.job())


def moves(page: Counter) -> None:
    """Wait until the progress bar has moved twice."""
    first = until(page.done_bytes)
    until(lambda: page.done_bytes() > first)


def downloaded(page: Counter, label: str) -> bytes:
    """Return the document behind a button."""
    path = page.say(label).get_attribute("href")
    answer = page.page.request.get(page.url.rstrip("/") + str(path))
    assert answer.status == 200
    return answer.body()


def check_documents(station: WholeStation, page: Counter, words: Phrases, folder: Path) -> None:
    """A stranger's checks of what the page hands out."""
    assert downloaded(page, words.pdf).startswith(b"%PDF-")
    archive = zipfile.ZipFile(io.BytesIO(downloaded(page, words.everything)))
    archive.extractall(folder / "taken-home")
    (bundle,) = (folder / "taken-home").iterdir()
    assert openssl_agrees(bundle, station.state / "keys" / "practice-root.pem", folder)
    (kept,) = (station.state / "bundles").glob("*/certificate.json")
    assert (bundle / "certificate.json").read_bytes() == kept.read_bytes()


def check_prints(station: WholeStation, page: Counter, words: Phrases, folder: Path) -> None:
    """Label and strip are behind buttons that a finger hits and the keyboard reaches."""
    (path,) = (station.state / "bundles").glob("*/certificate.json")
    document = path.read_bytes()
    assert scanned(downloaded(page, words.label), folder) == short_code(document)
    text = scanned(downloaded(page, words.strip), folder)
    assert text.startswith("wipe-cert:"), "an address that nobody has set"
    compare_qr(parse_qr(text).claims, decode(document), document)
    for name in (words.label, words.strip):
        box = page.say(name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= LEAST_TARGET_PX
    page.say(words.label).focus()
    page.page.keyboard.press("Tab")
    assert page.say(words.strip).evaluate("each => each === document.activeElement")


def scanned(pdf: bytes, folder: Path) -> str:
    """Return what a scanner reads off a printed page."""
    (folder / "page.pdf").write_bytes(pdf)
    draw = ["pdftoppm", "-r", "203", "-png", "-singlefile", "page.pdf", "page"]
    subprocess.run(draw, cwd=folder, check=True, capture_output=True)
    read = ["zbarimg", "--quiet", "--raw", "page.png"]
    done = subprocess.run(read, cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_counter__drive_plugged_in_and_held__erased_graded_and_documented(
    station: WholeStation, folder: Path, words: Phrases
) -> None:
    """A clerk plugs in, holds, sees it move, and hands out grade, PDF and bundle."""
    with counter(station.url) as page:
        if words.switch is not None:
            page.say(words.switch).click()
        page.sees(page.say(words.plug_in))
        drive = station.plug_in(SIZE_BYTES, BYTES_PER_S)
        before = sha256(drive.file)
        begin(page, words)
        moves(page)
        page.sees(page.say(words.erased))
        page.sees(page.say(words.usability))
        check_documents(station, page, words, folder)
        check_prints(station, page, words, folder)
        page.say(words.handed_out).click()
        page.sees(page.say(words.plan))  # still plugged in: a new business
    assert sha256(drive.file) != before


def test_counter__let_go_too_early__nothing_is_written(station: WholeStation) -> None:
    """Letting go before the ring is full cancels; the medium keeps every byte."""
    with counter(station.url) as page:
        drive = station.plug_in(SIZE_BYTES)
        before = sha256(drive.file)
        page.say(ZH.plan).click()
        page.hold(for_ms=1500)
        page.sees(page.say(ZH.let_go))
        assert station.board().jobs == ()
        assert sha256(drive.file) == before


def test_counter__held_by_keyboard__begins(station: WholeStation) -> None:
    """Who cannot use the screen holds the space bar."""
    with counter(station.url) as page:
        station.plug_in(SIZE_BYTES)
        page.say(ZH.plan).click()
        page.hold_button().focus()
        page.page.keyboard.down("Space")
        page.page.wait_for_url("**/#job-*")
        page.page.keyboard.up("Space")
        page.sees(page.say(ZH.erased))


def test_counter__drive_pulled_half_way__continues_when_it_is_back(
    station: WholeStation, folder: Path
) -> None:
    """A pulled cable interrupts the job; plugged in again, the same device goes on by itself."""
    with counter(station.url) as page:
        drive = station.plug_in(SIZE_BYTES, BYTES_PER_S)
        begin(page, ZH)
        moves(page)
        pull(drive)
        page.sees(page.say(ZH.away))
        assert station.job().outcome == "indeterminate"
        replug(drive)
        page.sees(page.say(ZH.erased))
        check_documents(station, page, ZH, folder)
    (job,) = station.board().jobs
    assert job.state is JobState.ENDED


def test_counter__replug_asked_for__goes_on_when_it_was_done(
    station: WholeStation, folder: Path
) -> None:
    """The card says what to do; the hand that does it is all the answer that is needed."""
    with counter(station.url) as page:
        drive = station.plug_in(SIZE_BYTES)
        job = begin_job(station, drive, replug=True)
        page.sees(page.say(ZH.replug))
        assert not page.say(ZH.go_on).is_visible(), "a tap would only ask again"
        assert not page.say(ZH.usability).is_visible(), "nothing is known of it half-way"
        unplug(drive)
        page.sees(page.say(ZH.away))
        replug(drive)
        page.sees(page.say(ZH.erased))
        check_documents(station, page, ZH, folder)
    assert station.job().job_id == job


def test_counter__two_jobs_wait__one_tap_continues_both(station: WholeStation) -> None:
    """What was stopped waits for a tap, and one is enough for all of it."""
    with counter(station.url) as page:
        jobs = [begin_job(station, station.plug_in(SIZE_BYTES, BYTES_PER_S)) for _ in range(2)]
        page.sees(page.say(ZH.stop).first)
        with station.client() as client:
            for job in jobs:
                client.stop(job)
        page.say(ZH.continue_both).click()
        until(lambda: [j.state for j in station.board().jobs] == [JobState.ENDED] * 2)
        assert {j.outcome for j in station.board().jobs} == {"verified"}


def test_counter__daemon_killed_half_way__job_goes_on_by_itself(
    station: WholeStation, folder: Path
) -> None:
    """The page outlives the daemon, and the new daemon takes the unfinished job up."""
    with counter(station.url) as page:
        station.plug_in(SIZE_BYTES, BYTES_PER_S)
        begin(page, ZH)
        moves(page)
        station.kill("daemon")
        page.sees(page.say(ZH.erased))
        check_documents(station, page, ZH, folder)


def test_counter__kiosk_killed_half_way__job_and_page_go_on(station: WholeStation) -> None:
    """The job does not notice; the open page finds the new kiosk at the old address."""
    with counter(station.url) as page:
        station.plug_in(SIZE_BYTES, BYTES_PER_S)
        begin(page, ZH)
        moves(page)
        job, url = station.job().job_id, station.url
        station.kill("kiosk")
        assert station.url == url
        page.sees(page.say(ZH.erased))
        page.say(ZH.handed_out).click()
        until(lambda: station.board().jobs == ())
    assert job in {path.name for path in (station.state / "bundles").iterdir()}
