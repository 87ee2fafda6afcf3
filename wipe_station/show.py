"""What the command line prints: tables and bars for people, JSON lines for programs. I/O."""

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from certs.open_questions import open_question
from certs.openssl import verification_commands
from certs.sampled import guarantee_text
from certs.text import Language, Text
from wipe_station.api_values import PlanView
from wipe_station.board_values import BoardView
from wipe_station.detect.watch import BlockEvent
from wipe_station.doctor import Finding
from wipe_station.errors import RefusedByPolicyError, StationError
from wipe_station.eta import Eta
from wipe_station.issuer import JobEnd
from wipe_station.lookout import Assessment
from wipe_station.method import Method, UnavailableMethod
from wipe_station.phone_show import phone_lines
from wipe_station.plan import planned_pattern_json
from wipe_station.quirk import Effect
from wipe_station.recheck_command import Rechecked
from wipe_station.records import Progress as JobProgress
from wipe_station.records import fields_of, to_json
from wipe_station.stamping import Round
from wipe_station.units import passes_text, printable, remaining_text, size_text
from wipe_station.views import outcome_text, text_of


class Screen:
    """One run's output, in one language, for people or for programs."""

    def __init__(self, language: Language, *, json_lines: bool) -> None:
        self._language = language
        self._json_lines = json_lines
        self._console = Console(highlight=False, soft_wrap=True)
        self._error_console = Console(stderr=True, highlight=False, soft_wrap=True)

    def _say(self, text: Text) -> str:
        return text.in_language(self._language)

    def _line(self, event: str, **values: object) -> None:
        sys.stdout.write(json.dumps({"event": event} | values, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def _print(self, text: str) -> None:
        self._console.print(printable(text), markup=False)

    def _complain(self, text: str) -> None:
        self._error_console.print(printable(text), markup=False)

    def error(self, error: StationError) -> None:
        """Show an error: every reason on a line of its own, then what to do."""
        if self._json_lines:
            reasons = getattr(error, "reasons", ())
            self._line("error", **error.diagnostics(), reasons=[to_json(r) for r in reasons])
            return
        reasons = error.reasons if isinstance(error, RefusedByPolicyError) else (error.message,)
        for reason in reasons:
            self._complain("✗ " + self._say(reason))
        self._complain("→ " + self._say(error.hint))

    def distrust(self, message: Text, hint: Text) -> None:
        """Show that keys or documents cannot be trusted."""
        if self._json_lines:
            self._line("error", error="EvidenceError", message_en=message.en, hint_en=hint.en)
            return
        self._complain("✗ " + self._say(message))
        self._complain("→ " + self._say(hint))

    def devices(self, assessments: Sequence[Assessment]) -> None:
        """Show devices with their facts and every reason against wiping them."""
        if self._json_lines:
            for each in assessments:
                reasons = [{"reason": r.reason.value} | _texts(r.text) for r in each.refusals]
                self._line(
                    "device",
                    id=each.device.stable_id,
                    node=each.device.node,
                    confirm=each.device.confirmation,
                    facts=to_json(each.device),
                    refusals=reasons,
                    quirks=[{"name": q.name} | _texts(q.title) for q in each.quirks],
                )
            return
        heads = (
            Text(zh="设备", en="Device"),
            Text(zh="接口", en="Bus"),
            Text(zh="容量", en="Size"),
            Text(zh="型号和编号", en="Model and serial"),
            Text(zh="可否清除", en="May be wiped?"),
        )
        table = Table(*(self._say(head) for head in heads))
        for each in assessments:
            if each.device.size_bytes:
                table.add_row(*map(escape, map(printable, self._device_row(each))))
        self._console.print(table)

    def phones(self, board: BoardView) -> None:
        """Show phones and their jobs, as the counter's page does."""
        if self._json_lines:
            for phone in board.phones:
                self._line("phone", **phone.model_dump(mode="json"))
            for job in board.phone_jobs:
                self._line("phone-job", **job.model_dump(mode="json"))
            return
        for line in phone_lines(board):
            self._print(self._say(line))

    def event(self, event: BlockEvent) -> None:
        """Show that something happened to a device."""
        if self._json_lines:
            self._line("block", action=event.action, name=event.name, source=event.source)
        else:
            self._print(f"{event.action} /dev/{event.name} ({event.source})")

    def _device_row(self, each: Assessment) -> tuple[str, ...]:
        device = each.device
        named = " ".join(filter(None, (device.identifier("model"), device.confirmation)))
        reasons = [self._say(refusal.text) for refusal in each.refusals]
        doubts = [f"! {self._say(q.title)}" for q in each.quirks if Effect.REFUSE not in q.effects]
        return (
            device.node,
            device.transport.value,
            size_text(device.size_bytes or 0),
            named,
            "\n".join([*([f"✗ {reason}" for reason in reasons] or ["✓"]), *doubts]),
        )

    def findings(self, findings: Sequence[Finding]) -> None:
        """Show what the machine can do."""
        for each in findings:
            if self._json_lines:
                self._line(
                    "finding", name=each.name, present=each.present, **_texts(each.without_it)
                )
            else:
                what = each.found if each.present else each.without_it
                said = "" if what is None else ": " + self._say(what)
                self._print(("✓ " if each.present else "✗ ") + each.name + said)

    def methods(self, known: Sequence[Method], unavailable: Sequence[UnavailableMethod]) -> None:
        """Show what each method writes, how certain that is, and what cannot be chosen."""
        for each in known:
            self._method(each)
        for other in unavailable:
            if self._json_lines:
                self._line("method", offered=False, **fields_of(other))
            else:
                self._print(f"✗ {other.name}: {self._say(other.unavailable)}")

    def _method(self, method: Method) -> None:
        if self._json_lines:
            passes = [planned_pattern_json(pattern) for pattern in method.passes]
            self._line("method", offered=True, **{**fields_of(method), "passes": passes})
            return
        mark = "✓" if method.established else "?"
        self._print(f"{mark} {method.name}: {self._say(method.title)}")
        self._print(f"    {self._say(passes_text(method.passes))}  {method.certainty}")
        if not method.established:
            self._print("    " + self._say(open_question("method-not-established")))

    def plan(self, plan: PlanView) -> None:
        """Show what will be done, what it may claim, and what stays open."""
        if self._json_lines:
            self._line("plan", sha256=plan.plan_sha256, plan=plan.plan)
            return
        self._print(f"{plan.node}  {size_text(plan.size_bytes)}  {plan.confirmation}")
        for said in (plan.policy_title, plan.disclaimer):
            if said is not None:
                self._print(self._say(text_of(said)))
        self._print(f"{plan.method}: {self._say(text_of(plan.method_title))}")
        for number, step in enumerate(plan.steps, start=1):
            self._print(f"  {number}. {self._say(text_of(step))}")
        for question in plan.open_questions:
            self._print("  ? " + self._say(text_of(question)))
        if plan.practice:
            self._print(
                self._say(
                    Text(
                        zh="练习：签出的文件不作任何证明。",
                        en="Practice: the document claims nothing.",
                    )
                )
            )
        self._print(self._say(Text(zh="计划摘要", en="plan")) + f" {plan.plan_sha256}")

    @contextmanager
    def progress(self, total_bytes: int | None) -> Iterator[Callable[[JobProgress], None]]:
        """Show a job's progress while the block runs."""
        if self._json_lines:
            yield self._progress_line
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
        with Progress(*columns, console=self._console) as bars:
            task = bars.add_task("…", total=total_bytes, said="")
            eta = Eta()

            def show(now: JobProgress) -> None:
                eta.update(time.monotonic(), now.done_bytes)
                left = remaining_text(eta.range_s(now.total_bytes - now.done_bytes))
                if now.rests:
                    left = Text(zh="太热，先歇一会儿", en="too hot, resting")
                said = f"{size_text(now.done_bytes)} / {size_text(now.total_bytes)}"
                bars.update(
                    task,
                    total=now.total_bytes,
                    completed=now.done_bytes,
                    description=f"{now.step_number}/{now.steps} {self._step_name(now.step)}",
                    said=f"{said}  {self._say(left)}",
                )

            yield show

    @contextmanager
    def reading(self) -> Iterator[Callable[[int, int], None]]:
        """Show how far a reading of a device is while the block runs."""
        if self._json_lines:
            yield lambda done, total: self._line("progress", done_bytes=done, total_bytes=total)
            return
        columns = (BarColumn(), TextColumn("{task.fields[said]}"))
        with Progress(*columns, console=self._console) as bars:
            task = bars.add_task("…", total=None, said="")

            def show(done: int, total: int) -> None:
                said = f"{size_text(done)} / {size_text(total)}"
                bars.update(task, total=total, completed=done, said=said)

            yield show

    def rechecked(self, came: Rechecked) -> None:
        """Show what a device holds beside what its certificate says."""
        if self._json_lines:
            found = {"found": to_json(came.found), "lba": came.found.first_mismatch_lba}
            status = came.verdict.status.value
            self._line("recheck", document=status, exit_code=came.exit_code, **found)
            return
        for line in came.lines():
            self._print(self._say(line))

    def stamped(self, came: Round) -> None:
        """Show which documents have a time stamp now, which still wait, and why."""
        if self._json_lines:
            problems = [{"zh": each.zh, "en": each.en} for each in came.problems]
            self._line("timestamp", stamped=came.stamped, waiting=came.waiting, problems=problems)
            return
        done, left = len(came.stamped), len(came.waiting)
        said = Text(
            zh=f"盖了 {done} 个时间戳，还有 {left} 份文件在等。",
            en=f"{done} stamped, {left} still waiting.",
        )
        for line in (said, *came.problems):
            self._print(self._say(line))

    def _step_name(self, step: str) -> str:
        if step == "probe":
            return self._say(Text(zh="探容量", en="probe"))
        if step == "verify":
            return self._say(Text(zh="核对", en="verify"))
        return self._say(Text(zh="写入", en="write"))

    def _progress_line(self, now: JobProgress) -> None:
        self._line(
            "progress",
            step=now.step,
            step_number=now.step_number,
            steps=now.steps,
            done_bytes=now.done_bytes,
            total_bytes=now.total_bytes,
        )

    def process(self, said: dict[str, Any]) -> None:
        """Show what a process of the station says, and what becomes of it."""
        if self._json_lines:
            self._line(**said)
        elif said["event"] == "kiosk":
            self._print(self._say(Text(zh="柜台页面：", en="Counter page: ")) + said["url"])
            self._print(self._say(Text(zh="按 Ctrl-C 结束。", en="Ctrl-C ends it.")))
        elif said["event"] == "died":
            self._complain(
                self._say(
                    Text(
                        zh=f"{said['process']} 意外停了，正在重新启动。",
                        en=f"{said['process']} died; starting it again.",
                    )
                )
            )

    def recording(self, path: Path, recording: dict[str, Any]) -> None:
        """Show where a recording is, what is in it, and what was taken out."""
        counts = recording["scrubbed"]
        if self._json_lines:
            self._line("recording", path=str(path), scrubbed=counts, expect=recording["expect"])
            return
        self._print(self._say(Text(zh="记录在：", en="Recording: ")) + str(path))
        for name, facts in recording["expect"].items():
            self._print(f"  {name}: {facts['transport']}, {facts['medium']}")
            for said in facts["identifiers"]:
                self._print(f"    {said}")
        taken = ", ".join(f"{kind} {count}" for kind, count in counts.items())
        self._print(self._say(Text(zh="换掉或去掉的：", en="Replaced or left out: ")) + taken)
        self._print(
            self._say(
                Text(
                    zh="序列号已换成随机的替身。发给别人之前，请自己打开看一遍。",
                    en="Serials above are placeholders, drawn by chance."
                    " Look through the file before you send it.",
                )
            )
        )

    def waiting(self, jobs: Sequence[str]) -> None:
        """Show which jobs are going to be continued."""
        if self._json_lines:
            self._line("waiting", jobs=list(jobs))
        elif not jobs:
            self._print(self._say(Text(zh="没有中断的任务。", en="No job is waiting.")))

    def end(self, end: JobEnd, root: Path, exit_code: int) -> None:
        """Show how a job ended, where its documents are, and how a stranger checks them."""
        commands = verification_commands(end.bundle, root)
        if self._json_lines:
            self._line(
                "end",
                job=end.job_id,
                outcome=end.outcome.value,
                bundle=str(end.bundle),
                root=str(root),
                openssl=commands,
                exit_code=exit_code,
                **({"no_pdf": _texts(end.no_pdf)} if end.no_pdf else {}),
            )
            return
        verification = end.statement["verification"]
        sampled = "sample" in verification
        self._print(self._say(outcome_text(end.outcome, sampled=sampled)))
        if sampled:
            self._print(self._say(guarantee_text(verification["sample"])))
        if "notice" in end.statement:
            self._print(self._notice_reason(end.statement["notice"]["reason"]))
        self._print(self._say(Text(zh="文件：", en="Bundle: ")) + str(end.bundle))
        if end.no_pdf is not None:
            self._print(self._say(end.no_pdf))
        self._print(self._say(Text(zh="任何人都可以这样核对：", en="Anybody can check it with:")))
        for command in commands:
            self._print("  " + shlex.join(command))

    def _notice_reason(self, reason: dict[str, Any]) -> str:
        return str(reason[self._language.value])


def _texts(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
