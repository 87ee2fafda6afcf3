"""How peers are asked, what of their answers counts, and how the table shows it."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fio
from benchmarks.fio import Direction, Engine
from benchmarks.peers.memory import LOOK_S, watched
from benchmarks.peers.observed import (
    PLACES,
    ProblemError,
    TooSlowError,
    different_places,
    run_program,
    stamp,
    stamps_left,
)
from benchmarks.peers.programs import (
    Program,
    Work,
    command,
    devices_found,
    nwipe,
    nwipe_line,
    others,
    package_versions,
    rotated,
    version_in,
)
from benchmarks.peers.report import Figures, Line, Side, figure_cells, ratio_cell, table
from benchmarks.peers.rounds import Seen
from hw_tests.private_dev import block_nodes

NODE = "/dev/loop9"
SIZE_BYTES = 64 << 20
LOG = "/nowhere/nwipe.log"


def everyone(node: str = NODE) -> list[Program]:
    """Return all programs as a run would ask them."""
    lines = [fio.command(node, SIZE_BYTES, way, Engine.PSYNC) for way in Direction]
    return [nwipe("nwipe", "", LOG, brought=False), *others(*reversed(lines))]


@pytest.mark.parametrize("program", everyone(), ids=lambda program: program.name)
def test_command__any_program__names_the_one_device(program: Program) -> None:
    """Every line names the drive that we made, and no other device."""
    line = command(program, NODE)
    named = [word for word in line if "/dev/" in word]
    assert named in ([NODE], [f"--filename={NODE}"])


@pytest.mark.parametrize(
    "node", ["", "/dev/sda", "/dev/loop", "/dev/loop9p1", "/dev/loop9 /dev/sda"]
)
def test_command__not_a_loop_device__refused(node: str) -> None:
    """A program that wipes all it finds is never called without a loop device of ours."""
    with pytest.raises(AssertionError):
        command(nwipe("nwipe", "", LOG, brought=False), node)


def test_command__fio_for_another_device__refused() -> None:
    """The device inside fio's options is the one that was asked for."""
    with pytest.raises(AssertionError):
        command(everyone("/dev/loop8")[-1], NODE)


def test_nwipe_line__debians__one_random_pass_verified_no_questions() -> None:
    """One PRNG pass, verified, without the final blanking and without a screen."""
    wanted = {"--autonuke", "--nogui", "--nowait", "--noblank", "--method=prng", "--rounds=1"}
    line = nwipe_line("nwipe", "usage", LOG)
    assert wanted | {"--verify=last", f"--logfile={LOG}"} < set(line)
    assert not any("PDF" in word for word in line)


def test_nwipe_line__newer_version__writes_no_pdf() -> None:
    """A version that writes a PDF report by default is told not to."""
    assert "--PDFreportpath=noPDF" in nwipe_line("nwipe", "  -P, --PDFreportpath=PATH", LOG)


def test_devices_found__log_of_one_run__only_found_lines_count() -> None:
    """Lines about what happens on a device name it too; only those that found it are counted."""
    log = (
        "[2026/11/23 18:50:37]  notice: Found /dev/loop0, VIRT, Loopback device, 268 MB, S/N= ?\n"
        "[2026/11/23 18:50:37]  notice: Starting pass 1/1, round 1/1, on /dev/loop0\n"
    )
    assert devices_found(log) == ["/dev/loop0"]
    assert devices_found(log + "notice: Found /dev/sda, SATA, x") == ["/dev/loop0", "/dev/sda"]


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("nwipe version 0.33\n", "0.33"),
        ("shred (GNU coreutils) 9.1\nCopyright (C) 2022\n", "9.1"),
        ("mke2fs 1.47.0 (5-Feb-2023)\n\tUsing EXT2FS Library version 1.47.0", "1.47.0"),
        ("", "unknown"),
    ],
)
def test_version__what_programs_say__first_dotted_number(output: str, version: str) -> None:
    """A program's version is the first number with a dot that it prints."""
    assert version_in(output) == version


def test_package_versions__unknown_package__left_out() -> None:
    """A package that is not there has no version; the other lines still count."""
    listing = "dpkg-query: no packages found matching scrub\nnwipe\t0.34-1+b1\nscrub\t\n"
    assert package_versions(listing) == {"nwipe": "0.34-1+b1"}


def test_rotated__as_many_rounds_as_names__each_comes_first_once() -> None:
    """Over a cycle of rounds everybody has every place in the order."""
    names = ["a", "b", "c"]
    assert [rotated(names, turn)[0] for turn in range(4)] == ["a", "b", "c", "a"]
    assert sorted(rotated(names, 2)) == names


def figures(*elapsed_s: float, problem: str = "", limit_s: float | None = None) -> Figures:
    """Return figures of so many rounds."""
    return Figures(elapsed_s=elapsed_s, written_ratio=1.0, problem=problem, limit_s=limit_s)


def test_ratio__six_rounds__median_and_interval() -> None:
    """A ratio is our time over theirs, round by round."""
    assert ratio_cell(figures(*[1.0] * 6), figures(*[4.0] * 6)) == "0.250 (0.250 to 0.250)"


def test_ratio__five_rounds__interval_refused() -> None:
    """Too few rounds give a ratio and say that it has no interval."""
    cell = ratio_cell(figures(*[1.0] * 5), figures(*[4.0] * 5))
    assert cell == "0.250 (no interval from 5)"


def test_ratio__peer_over_its_bound__a_bound_of_the_ratio() -> None:
    """Of a program that was ended at its bound we know only that it is slower than that."""
    slow = figures(problem="more than 100 s", limit_s=100.0)
    assert ratio_cell(figures(1.0, 1.0), slow) == "< 0.010"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (None, figures(1.0)),
        (figures(problem="failed with 3: no"), figures(1.0)),
        (figures(1.0), figures(problem="missing: no such file")),
        (figures(1.0, problem="failed with 1: no"), figures(1.0, 1.0)),
    ],
)
def test_ratio__one_side_without_figures__dash(ours: Figures | None, theirs: Figures) -> None:
    """Where one of the two has not done the work in every round there is no ratio."""
    assert ratio_cell(ours, theirs) == "-"


def test_figure_cells__a_process_and_none__its_memory_or_a_dash() -> None:
    """Time by clock and by processor stand beside memory; without a process there is none."""
    found = Figures(
        elapsed_s=(1.0, 3.0), user_s=0.5, system_s=0.25, peak_bytes=35 << 20, written_ratio=1.0
    )
    assert figure_cells(found)[:3] == ("2.00", "0.50, 0.25", "35")
    assert figure_cells(figures(1.0))[2] == "-"


def test_watched__child_and_grandchild__both_of_their_peaks() -> None:
    """What a program's own children hold counts, and what they gave back still does."""
    hold = f"b = bytearray({64 << 20}); del b"
    last = f"{hold}; import time; time.sleep({20 * LOOK_S})"
    start = (
        f"{hold}; import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {last!r}])"
    )
    with watched() as memory:
        subprocess.run([sys.executable, "-S", "-c", start], check=True)
    assert 128 << 20 < memory.peak_bytes < 192 << 20


def test_watched__no_children__nothing() -> None:
    """Our own memory is nobody else's."""
    with watched() as memory:
        memory.look()
    assert memory.peak_bytes == 0


def test_table__missing_peer__keeps_its_row() -> None:
    """A missing program is shown as missing and not left out; its words stay in their cell."""
    side = Side(name="pump", did="all", figures={Work.WRITE: figures(*[1.0] * 6)})
    gone = figures(problem="missing: a|b\nc")
    line = Line(work=Work.WRITE, program="scrub unknown", did="own PRNG", figures=gone)
    lines = table([side], [line]).splitlines()
    assert len(lines) == 4
    assert {row.count("|") for row in lines} == {10}
    assert "ours" in lines[2]
    assert "scrub unknown" in lines[3]
    assert "missing: a/b c" in lines[3]


def test_seen__problem_in_a_later_round__no_turn_after_it() -> None:
    """What failed once is not run again, and its row says why."""
    seen, turns = Seen(), []

    def fail() -> dict[Work, object]:
        turns.append(1)
        raise TooSlowError(3)

    seen.take(fail)  # type: ignore[arg-type] # never returns
    seen.take(fail)  # type: ignore[arg-type] # never called
    found = seen.figures(Work.BOTH)
    assert (len(turns), found.problem, found.limit_s) == (1, "more than 3 s", 3)


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    """Return an empty backing file."""
    file = tmp_path / "medium"
    file.write_bytes(bytes(1 << 20))
    return file


def test_stamps__nothing_written__all_left(medium: Path) -> None:
    """A program that did nothing leaves every stamp, also the one in the last sector."""
    stamps = stamp(medium)
    assert len(stamps) == PLACES + 1
    assert max(stamps) + 512 == 1 << 20
    assert stamps_left(medium, stamps) == PLACES + 1


def test_stamps__only_the_end_untouched__one_left(medium: Path) -> None:
    """A program that stops one sector early is caught."""
    stamps = stamp(medium)
    with medium.open("r+b") as opened:
        opened.write(bytes((1 << 20) - 512))
    assert stamps_left(medium, stamps) == 1


def test_different_places__one_repeated_block__one(medium: Path) -> None:
    """A repeated block shows as such, and bytes of chance as all different."""
    assert different_places(medium) == 1
    stamp(medium)
    assert different_places(medium) == PLACES


def test_run_program__missing__said_clearly(tmp_path: Path) -> None:
    """A program that is not there is a problem with its reason."""
    with pytest.raises(ProblemError, match="missing"):
        run_program(["/nonexistent/nwipe"], 5, tmp_path)


def test_run_program__fails__its_words_are_kept(tmp_path: Path) -> None:
    """A program that fails is a problem with its exit code and its last words."""
    line = [sys.executable, "-c", "import sys; print('no room'); sys.exit(3)"]
    with pytest.raises(ProblemError, match="failed with 3: no room"):
        run_program(line, 30, tmp_path)


def test_run_program__over_its_bound__ended(tmp_path: Path) -> None:
    """A program that goes on for ever is ended at its bound, which is kept."""
    with pytest.raises(TooSlowError) as caught:
        run_program([sys.executable, "-c", "import time; time.sleep(60)"], 0.2, tmp_path)
    assert caught.value.limit_s == 0.2


def test_block_nodes__folder_without_devices__none(tmp_path: Path) -> None:
    """A plain file is no block device, whatever it is called."""
    (tmp_path / "sda").write_text("x", "utf-8")
    assert block_nodes(tmp_path) == []
