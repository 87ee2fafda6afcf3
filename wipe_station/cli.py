"""``wipe-station``: the command line, a client of the daemon, or a station of its own. I/O.

One language per run, chosen by the locale; progress bars for people, JSON lines with ``--json``.
Exit codes: 0 verified, 2 usage, 3 not erased, 4 refused, 5 inconclusive, 6 cannot be trusted.
Longer than other rooms, because a command's options and their help are its arguments; what a
command does stands elsewhere.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Final

from certs.text import Text

try:
    import typer
except ImportError:  # the base distribution is for recyclers and has no station in it
    sys.exit("wipe-station needs the station extra: pip install 'wipe-station[station]'")

from pydantic import ValidationError

from certs.keys import ROOT_NAME
from wipe_station import doctor as checks
from wipe_station.accounts import account
from wipe_station.api_values import PlanRequest
from wipe_station.capture import capture as record
from wipe_station.clock import SystemClock
from wipe_station.desk import Desk, desk, known_guard
from wipe_station.detect.watch import Watch
from wipe_station.errors import (
    EXIT_INCONCLUSIVE,
    EXIT_NOT_ERASED,
    EXIT_REFUSED,
    EXIT_VERIFIED,
    InvalidInputError,
    NotConfirmedError,
)
from wipe_station.issuer import OWN_FOLDER, JobEnd
from wipe_station.lookout import Lookout
from wipe_station.methods import all_methods, unavailable_methods
from wipe_station.options import (
    DEFAULT_STATE,
    LANGUAGE,
    AcceptOption,
    DeviceArgument,
    JsonOption,
    MethodOption,
    PolicyOption,
    ReplugOption,
    StateOption,
    VerifyOption,
    handled,
    say,
)
from wipe_station.plan import VERIFY_ALL
from wipe_station.recheck_command import Asked
from wipe_station.recheck_command import run as run_recheck
from wipe_station.records import Outcome
from wipe_station.show import Screen
from wipe_station.stamping import Stamping, service_of
from wipe_station.state import make_state_folder, read_settings, state_lock
from wipe_station.ticket_commands import app as ticket_app
from wipe_station.up import Setup
from wipe_station.up import run as run_station

DEFAULT_PORT: Final = 8046
EXIT_OF_OUTCOME: Final = {
    Outcome.VERIFIED: EXIT_VERIFIED,
    Outcome.VERIFIED_WITH_EXCEPTIONS: EXIT_NOT_ERASED,
    Outcome.FAILED: EXIT_NOT_ERASED,
    Outcome.ABORTED: EXIT_INCONCLUSIVE,
    Outcome.INDETERMINATE: EXIT_INCONCLUSIVE,
}


app = typer.Typer(
    name="wipe-station",
    help=say(
        "检测、清除、逐字节核对设备，并签发证明。",
        "Detect devices, overwrite them, verify every byte, sign what was seen.",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(ticket_app, name="ticket")


def _end(screen: Screen, state: Path, end: JobEnd) -> int:
    code = EXIT_OF_OUTCOME[end.outcome]
    # Who checks a document that is no practice has the root by another way.
    practice = end.statement["practice"]
    screen.end(end, state / "keys" / ROOT_NAME if practice else Path("root.pem"), code)
    return code


@contextmanager
def _stoppable(desk: Desk) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM stop the work in good order: journal, notice, exit code."""

    def stop(_signal: int, _frame: object) -> None:
        desk.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _request(device: str, **asked: str | bool | None) -> PlanRequest:
    try:
        return PlanRequest(device=device, **asked)  # type: ignore[arg-type] # it checks for itself
    except ValidationError as error:
        what = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise InvalidInputError(
            Text(zh=f"不成样子的参数：{what}。", en=f"Malformed: {what}."),
            hint=Text(zh="看看 --help。", en="See --help."),
        ) from error


@app.command(
    help=say(
        "列出设备，以及每台不能清除的全部理由。",
        "List devices with every reason against wiping each.",
    )
)
def devices(
    watch: Annotated[
        bool, typer.Option("--watch", help=say("一直看着，有变化就显示。", "Go on, show changes."))
    ] = False,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """List devices."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        listening = Watch() if watch else None
        _show_devices(screen, state)
        for event in listening.events() if listening else ():
            screen.event(event)
            _show_devices(screen, state, only=event.name)


def _show_devices(screen: Screen, state: Path, *, only: str | None = None) -> None:
    """Look and show; the first look of a boot is written down, and that needs the lock."""
    make_state_folder(state)
    clock = SystemClock()
    lookout = Lookout(state, clock, guarded=known_guard(state, clock).ours)
    with nullcontext() if lookout.first_start_noted() else state_lock(state):
        world = lookout.look()
    shown = [d for d in world.devices if d.whole_disk and only in (None, d.name)]
    screen.devices([lookout.assess(device, world) for device in shown])


@app.command(
    help=say(
        "列出插着的手机：到哪一步、下一步做什么、为什么还不能清除、暂定的评级。清除要机主在柜台页面上按。",
        "List the phones that are plugged in: how far, what is wanted next, what stands against an"
        " erasure, the provisional grade. The owner erases at the counter's page.",
    )
)
def phones(state: StateOption = DEFAULT_STATE, json_lines: JsonOption = False) -> None:
    """List phones and their jobs, as the running station sees them."""
    # Here, like the desk's: what it loads is a quarter of a command's start.
    from wipe_station.running import board_of  # noqa: PLC0415

    screen = Screen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        screen.phones(board_of(state))


@app.command(
    help=say(
        "列出方法，每一遍写什么，有多大把握。",
        "List the methods: what each pass writes, and how certain that is.",
    )
)
def methods(
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help=say(
                "也列出内容未证实的和暂不支持的。",
                "Also those whose bytes are not established, and those not offered.",
            ),
        ),
    ] = False,
    json_lines: JsonOption = False,
) -> None:
    """List methods."""
    known = [m for m in all_methods().values() if m.established or everything]
    screen = Screen(LANGUAGE, json_lines=json_lines)
    screen.methods(known, list(unavailable_methods().values()) if everything else [])


@app.command(help=say("只做计划，不写任何字节。", "Show the plan; write nothing."))
def plan(
    device: DeviceArgument,
    policy: PolicyOption = None,
    method: MethodOption = None,
    verify: VerifyOption = VERIFY_ALL,
    replug: ReplugOption = False,
    accept_unestablished: AcceptOption = False,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Show the plan for a device."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        wanted = _request(
            device,
            policy=policy,
            method=method,
            verify=verify,
            accept_unestablished=accept_unestablished,
            replug=replug,
        )
        with desk(state, SystemClock()) as open_desk:
            screen.plan(open_desk.plan(wanted))


@app.command(
    help=say(
        "清除一台设备，逐字节核对，签发证明。", "Wipe a device, verify every byte, sign the result."
    )
)
def wipe(
    device: DeviceArgument,
    confirm: Annotated[
        str,
        typer.Option(
            "--confirm",
            help=say("重复序列号（或循环设备的文件）。", "Repeat the serial, or the loop's file."),
        ),
    ],
    policy: PolicyOption = None,
    method: MethodOption = None,
    verify: VerifyOption = VERIFY_ALL,
    replug: ReplugOption = False,
    accept_unestablished: AcceptOption = False,
    plan_sha256: Annotated[
        str | None,
        typer.Option(
            "--plan",
            help=say(
                "只执行这一份计划（plan 命令给出的摘要）。",
                "Run only this plan (hash that plan printed).",
            ),
        ),
    ] = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Wipe one device."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        wanted = _request(
            device,
            policy=policy,
            method=method,
            verify=verify,
            accept_unestablished=accept_unestablished,
            replug=replug,
        )
        with desk(state, SystemClock()) as open_desk:
            made = open_desk.plan(wanted)
            _require_plan(made.plan_sha256, plan_sha256)
            screen.plan(made)
            with _stoppable(open_desk), screen.progress(made.total_bytes) as on_progress:
                end = open_desk.wipe(wanted, made, confirm, on_progress)
        raise typer.Exit(_end(screen, state, end))


def _require_plan(made: str, wanted: str | None) -> None:
    if wanted is not None and wanted != made:
        raise NotConfirmedError(
            Text(
                zh="设备或计划和确认时不一样了，没有开始。",
                en="The device or the plan is not the one confirmed; nothing was started.",
            ),
            hint=Text(zh="重新做计划，再确认一次。", en="Plan again and confirm again."),
        )


@app.command(
    help=say(
        "继续中断的任务；不给编号就继续全部。",
        "Continue interrupted jobs; all of them without a job id.",
    )
)
def resume(
    job: Annotated[
        str | None, typer.Argument(metavar="JOB", help=say("任务编号。", "Job id."))
    ] = None,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm",
            help=say(
                "设备没有自己的编号时重复它的编号。",
                "Repeat the serial where the identity is weak.",
            ),
        ),
    ] = None,
    abandon: Annotated[
        bool, typer.Option("--abandon", help=say("放弃这个任务。", "Give the job up for good."))
    ] = False,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Continue interrupted jobs."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    codes = [EXIT_VERIFIED]
    with handled(screen), desk(state, SystemClock()) as open_desk:
        waiting = open_desk.unfinished() if job is None else (job,)
        if abandon and job is None:
            raise InvalidInputError(
                Text(zh="要放弃哪个任务？", en="Which job shall be given up?"),
                hint=Text(zh="给出任务编号。", en="Name the job id."),
            )
        screen.waiting(waiting)
        for job_id in waiting:
            with _stoppable(open_desk), screen.progress(None) as on_progress:
                if abandon:
                    end = open_desk.abandon(job_id)
                else:
                    end = open_desk.resume(job_id, confirm, on_progress)
            codes.append(_end(screen, state, end))
            if open_desk.stopping:
                break
    raise typer.Exit(max(codes))


@app.command(
    help=say(
        "把一台设备读出的信息记成文件（去掉序列号），供别人做测试；只读，不写设备。",
        "Record what a device says about itself, scrubbed of serials, as a test for others;"
        " it is only read.",
    )
)
def capture(
    device: DeviceArgument,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            metavar="FILE|DIR",
            help=say("写到哪个新文件，或哪个目录。", "New file, or folder, for the recording."),
        ),
    ] = Path(),
    json_lines: JsonOption = False,
) -> None:
    """Record one device."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        made = record(device, output, SystemClock().utc())
        screen.recording(made.path, made.recording)


@app.command(
    name="recheck",
    help=say(
        "拿证明核对设备里现在的内容：抽查，或者全部。只读。",
        "Compare what stands on a device now with its certificate: sampled, or all. Only reads.",
    ),
)
def recheck_device(
    device: Annotated[
        str, typer.Argument(metavar="DEVICE", help=say("设备节点。", "The device's node."))
    ],
    certificate: Annotated[
        Path,
        typer.Argument(
            metavar="CERTIFICATE",
            help=say("证明：JSON、文件夹或 PDF。", "Certificate: JSON, its folder, or PDF."),
        ),
    ],
    full: Annotated[
        bool, typer.Option("--full", help=say("读全部，不抽查。", "Read everything."))
    ] = False,
    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="ROOT.pem",
            help=say("从别处得到的根证书。", "Root that reached you by another way."),
        ),
    ] = None,
    revoked: Annotated[
        Path | None,
        typer.Option(
            "--revoked",
            metavar="revoked.json",
            help=say(
                "出具方公布的作废名单；同名的 .sig 在旁边。",
                "The issuer's list of revoked keys, with its .sig beside it.",
            ),
        ),
    ] = None,
    revoked_version_at_least: Annotated[
        int,
        typer.Option(
            "--revoked-version-at-least",
            metavar="N",
            help=say(
                "名单至少是第几版，再旧就不认。", "Refuse a list of an older version than this."
            ),
        ),
    ] = 0,
    allow_practice: Annotated[
        bool,
        typer.Option(
            "--allow-practice", help=say("也接受练习文件。", "Accept practice documents.")
        ),
    ] = False,
    json_lines: JsonOption = False,
) -> None:
    """Compare a device with its certificate."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    asked = Asked(
        device=device,
        certificate=certificate,
        root=root,
        revoked=revoked,
        revoked_version_at_least=revoked_version_at_least,
        allow_practice=allow_practice,
        full=full,
    )
    with handled(screen):
        with screen.reading() as on_progress:
            came = run_recheck(asked, SystemClock().utc(), on_progress)
        screen.rechecked(came)
        raise typer.Exit(came.exit_code)


@app.command(
    help=say(
        "让时间服务给还没有时间戳的文件盖章；工作站运行时自己会做。",
        "Have the time service stamp the documents that have no stamp; a running station does it"
        " by itself.",
    )
)
def timestamp(state: StateOption = DEFAULT_STATE, json_lines: JsonOption = False) -> None:
    """Stamp what waits."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        service = service_of(read_settings(state), state)
        came = Stamping(state, service, SystemClock()).round()
    screen.stamped(came)
    raise typer.Exit(EXIT_INCONCLUSIVE if came.waiting else EXIT_VERIFIED)


@app.command(
    help=say(
        "启动整个工作站：后台服务和柜台页面，按 Ctrl-C 结束。",
        "Start the whole station, daemon and counter page, until Ctrl-C.",
    )
)
def up(
    practice: Annotated[
        Path | None,
        typer.Option(
            "--practice",
            metavar="DIR",
            help=say(
                "只管文件在 DIR 里的循环设备，不碰真设备。",
                "Mind loop drives whose file lies in DIR, and no real device.",
            ),
        ),
    ] = None,
    bays: Annotated[
        Path | None,
        typer.Option(
            "--bays",
            metavar="FILE",
            help=say("哪个 USB 口是几号口。", "Which USB port is which bay."),
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, help=say("页面的端口；0 为任意。", "Page's port; 0: any.")
        ),
    ] = DEFAULT_PORT,
    kiosk_user: Annotated[
        str | None,
        typer.Option(
            "--kiosk-user",
            metavar="NAME|UID:GID",
            help=say("柜台页面用哪个用户运行。", "The user that the page's process becomes."),
        ),
    ] = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Start daemon and kiosk."""
    screen = Screen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        make_state_folder(state)
        setup = Setup(
            state=state.resolve(),
            practice=practice,
            bays=bays.resolve() if bays is not None else None,
            kiosk=account(kiosk_user),
            port=port,
        )
        raise typer.Exit(run_station(setup, screen.process))


@app.command(
    help=say("检查这台机器能做什么、缺什么。", "Say what this machine can do and what is missing.")
)
def doctor(state: StateOption = DEFAULT_STATE, json_lines: JsonOption = False) -> None:
    """Check this machine."""
    findings = checks.examine(state / OWN_FOLDER / "keys", SystemClock().utc(), state)
    Screen(LANGUAGE, json_lines=json_lines).findings(findings)
    raise typer.Exit(EXIT_VERIFIED if all(f.present for f in findings) else EXIT_REFUSED)


def main() -> None:
    """Entry point of the console script."""
    app(prog_name="wipe-station")
