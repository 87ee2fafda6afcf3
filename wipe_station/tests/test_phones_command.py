"""``wipe-station phones``: what the running station knows; without one, how to start it."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from certs.text import Language
from wipe_station import running
from wipe_station.board_values import BoardView
from wipe_station.cli import app
from wipe_station.phone_show import phone_lines
from wipe_station.phones.routes import HOT_CELSIUS
from wipe_station.state import state_lock
from wipe_station.tests.phone_bench import ANDROID, ModelPhone, bench_at
from wipe_station.tests.test_client import answering, http
from wipe_station.tests.test_phone_bench import first_reset, photograph, second_reset

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # httpcore's own
CHINESE: Final = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
WORN: Final = replace(ANDROID, battery_health_ratio=0.7)


@pytest.fixture(name="path")
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the daemon of this test listens, or would."""
    path = tmp_path / "socket"
    monkeypatch.setattr(running, "socket_of", lambda _: path)
    return path


def ran(state: Path, *options: str) -> tuple[int, str]:
    """Run the command in this process; return exit code and all that it said."""
    done = CliRunner().invoke(app, ["phones", "--state", str(state), *options])
    return done.exit_code, done.output


def board(**changes: Any) -> BoardView:
    """Return a board with phones alone."""
    known = BoardView(epoch="e", revision=1, practice=True, stopping=False, devices=(), jobs=())
    return known.model_copy(update=changes)


@pytest.fixture(scope="module", name="boards")
def _boards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BoardView]:
    """Return what a bench shows: of a phone that waits, in a job, and at its end."""
    found: dict[str, BoardView] = {}
    phone = ModelPhone(facts=replace(WORN, battery_celsius=HOT_CELSIUS + 1))
    with bench_at(tmp_path_factory.mktemp("state")) as bench:

        def note(name: str) -> None:
            found[name] = board(phones=bench.bench.phones(), phone_jobs=bench.bench.jobs())

        bench.plug(phone)
        note("waits")
        phone.facts = WORN
        bench.pull()
        bench.plug(phone)
        first_reset(bench, phone)
        note("between")
        second_reset(bench, phone)
        photograph(bench)
        bench.ended()
        note("ended")
    return found


def test_phones__no_station_runs__told_how_to_start_one(tmp_path: Path, path: Path) -> None:
    """Nobody else sees phones; nothing is made on the disk by asking."""
    state = tmp_path / "none"
    code, said = ran(state)
    assert code == 4
    assert f"wipe-station up --state {state}" in said.replace("\n", "")
    code, said = ran(state, "--json")
    line = json.loads(said)
    assert (code, line["event"], line["error"]) == (4, "error", "RequestError")
    assert "wipe-station up" in line["hint_zh"]
    assert not state.exists()
    assert not path.exists()


@contextlib.contextmanager
def left_behind(path: Path) -> Iterator[None]:
    """Have a socket there that nobody listens on any more."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    yield


def test_phones__socket_of_a_station_that_was_killed__told_how_to_start_one(
    tmp_path: Path, path: Path
) -> None:
    """A socket alone is no station."""
    with left_behind(path):
        code, said = ran(tmp_path / "state", "--json")
    assert (code, json.loads(said)["error"]) == (4, "RequestError")


def test_phones__station_starts_anew__wait_for_it(tmp_path: Path, path: Path) -> None:
    """Somebody works with the state directory and does not answer: there is one, so wait."""
    with left_behind(path), state_lock(tmp_path / "state"):
        code, said = ran(tmp_path / "state", "--json")
    assert (code, json.loads(said)["error"]) == (4, "BusyError")


def test_phones__as_json__the_views_of_the_socket(
    tmp_path: Path, path: Path, boards: dict[str, BoardView]
) -> None:
    """A line for each phone and each job, with all that the page has."""
    shown = boards["between"]
    with answering(path, http(shown.model_dump_json().encode())):
        code, said = ran(tmp_path, "--json")
    lines = [json.loads(line) for line in said.splitlines()]
    assert (code, [line.pop("event") for line in lines]) == (0, ["phone", "phone-job"])
    views = (*shown.phones, *shown.phone_jobs)
    assert lines == [each.model_dump(mode="json") for each in views]
    assert lines[0]["job_id"] == lines[1]["job_id"]


def test_phones__for_people__asked_of_the_station_and_printed(
    tmp_path: Path, path: Path, boards: dict[str, BoardView]
) -> None:
    """What is printed is what ``phone_lines`` makes of the board; an empty counter says so."""
    with answering(path, http(boards["waits"].model_dump_json().encode())):
        code, said = ran(tmp_path)
    assert code == 0
    assert len(said.splitlines()) == len(phone_lines(boards["waits"]))
    path.unlink()
    with answering(path, http(board().model_dump_json().encode())):
        assert ran(tmp_path)[0] == 0
    (only,) = phone_lines(board())
    assert only.en == "No phone, and no job of one."


def test_lines__phone_that_waits__next_step_gates_grade_and_what_is_unknown(
    boards: dict[str, BoardView],
) -> None:
    """All that the page says before consent stands there, in both languages."""
    lines = phone_lines(boards["waits"])
    for language, wanted in {
        Language.ZH: (
            "USB 口 1-4",
            "→ ",
            "✗ 手机太热了",
            "! 手机太热了（46 °C）",
            "暂定",
            "可能更差",
        ),
        Language.EN: ("USB port 1-4", "→ ", "✗ The phone is too hot", "(46 °C)", "(provisional)"),
    }.items():
        text = "\n".join(line.in_language(language) for line in lines)
        for each in wanted:
            assert each in text
        assert "battery_health_percent = 70; < 80" in text
    english = "\n".join(line.en for line in lines)
    assert not CHINESE.search(english)
    assert "Remaining life (provisional): caution, or worse" in english
    assert "? What comes of the erasure: Known once" in english


def test_lines__jobs__state_wait_evidence_and_outcome(boards: dict[str, BoardView]) -> None:
    """A phone at work is shown once, as its job."""
    between = "\n".join(line.en for line in phone_lines(boards["between"]))
    job = boards["between"].phone_jobs[0]
    assert between.startswith(
        f"USB port 1-4  ACME Phone 7  being erased, reset 1 of 2  SN0001  {job.ticket}"
    )
    once = boards["between"].model_copy(
        update={"phone_jobs": (job.model_copy(update={"resets": (1, 1)}),)}
    )
    assert "  being erased  SN0001" in phone_lines(once)[0].en
    assert job.job_id in between
    assert "waits 0 s / 3600 s" in between
    assert between.count("✓") == 2
    assert between.count("USB port") == 1
    ended = phone_lines(boards["ended"])
    english = "\n".join(line.en for line in ended if job.job_id in line.en)
    assert "Erased" in english
    assert any("Function: " in line.en for line in ended), "the grade of its document"
