"""One open job: its journal, its claimed device, its engine; run once, then signed. I/O.

``Station`` opens jobs; whoever holds one runs it in whatever thread it likes and may stop it from
another. A job holds its device for as long as it is open, and no longer.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn, Self

from certs.text import Text
from wipe_station import care, heat, smart
from wipe_station.engine import Engine
from wipe_station.errors import RefusedByPolicyError
from wipe_station.issuer import Issuer, JobEnd
from wipe_station.journal import Journal
from wipe_station.records import DeviceFacts, Outcome, Progress, Strength
from wipe_station.run_state import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What makes a job go: the engine over its claimed device."""

    engine: Engine
    device: DeviceFacts
    resuming: bool
    confirm: str | None
    """What a person repeated, where the identity alone does not carry."""


class OpenJob:
    """A job that can be run now."""

    def __init__(
        self,
        *,
        job_id: str,
        journal: Journal,
        issuer: Issuer,
        held: contextlib.ExitStack,
        going: Going | None,
    ) -> None:
        """Take over what was opened.

        Args:
            job_id: names the job.
            journal: open for writing.
            issuer: signs what the journal proves in the end.
            held: the claim and the journal; closed with the job.
            going: None where nothing is left to do but signing, or the device is away.
        """
        self.job_id = job_id
        self._journal = journal
        self._issuer = issuer
        self._held = held
        self._going = going

    def __enter__(self) -> Self:
        """Return the job itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let device and journal go."""
        self._held.close()

    def stop(self, code: str) -> None:
        """End the work at once; the job stays resumable. Fit for a signal handler.

        Args:
            code: who stopped it, of ``reasons.INTERRUPTIONS``.
        """
        if self._going is not None:
            self._going.engine.stop(code)

    def run(self, on_progress: Callable[[Progress], None]) -> JobEnd:
        """Do what is left, sign what came of it, and let the device go.

        Args:
            on_progress: called often, with bytes over all steps.

        Raises:
            RefusedByPolicyError: what stands on the device does not fit a weak identity.
            EvidenceError: journal or key store cannot be trusted; nothing was signed.
        """
        with self._held:
            if self._going is not None:
                with care.powered(self._going.device.usb_path), care.sleepless():
                    self._work(self._going, on_progress)
            return self._issuer.sign(self._journal)

    def _work(self, going: Going, on_progress: Callable[[Progress], None]) -> None:
        if not self._may_go_on(going):
            return
        self._measure("before", going)
        engine, device = going.engine, going.device
        with (
            care.turn(device.medium) as turns,
            heat.watched(device.name, engine.rest, engine.go_on),
        ):

            def tell(now: Progress) -> None:
                if not now.rests:  # told by another thread, and nothing moves
                    turns(now)
                on_progress(now)

            done = engine.run(tell)
        if done.outcome is not Outcome.INDETERMINATE:
            self._measure("after", going)

    def _measure(self, when: str, going: Going) -> None:
        """Write down what the drive says of its own health; for the grade only."""
        if when not in going.engine.evidence().smart:
            self._journal.append(
                Kind.MEASURED.value, {"when": when, "smart": smart.ask(going.device)}
            )

    def _may_go_on(self, going: Going) -> bool:
        """Show that the device still holds what the job wrote last; below *medium* it must.

        Returns:
            whether the job may go on; not if the reading was broken off, which proves nothing.
        """
        if not going.resuming:
            return True
        job = going.engine.evidence()
        current = job.current_pass()
        last, end = job.passes[-1], job.size_bytes
        if current is not None:
            last, end = current, current.reached_bytes()
        pattern = last.pattern
        sure = going.device.identity_strength is Strength.MEDIUM
        if pattern is None or end == 0:
            if not sure and going.confirm != going.device.confirmation:
                device = going.device
                _refuse_content(
                    device,
                    Text(
                        zh=f"核对后加上 --confirm {device.confirmation}，或放弃后重新开始。",
                        en=f"Check it and add --confirm {device.confirmation}, or give up and"
                        " start anew.",
                    ),
                )
            return True
        tail = going.engine.check_tail(pattern, end, last.unwritten)
        if tail is None:
            return False
        matched, verified_bytes = tail
        if not matched and not sure:
            _refuse_content(
                going.device,
                Text(
                    zh="插上原来那台；确定就是这台，说明写进去的没有留住：放弃这个任务，重新开始。",
                    en="Plug in the right one. If this is the right one, it lost what was written:"
                    " give the job up and start anew.",
                ),
            )
        self._journal.append(
            Kind.TAIL_CHECKED.value, {"matched": matched, "verified_bytes": verified_bytes}
        )
        return True


def _refuse_content(device: DeviceFacts, hint: Text) -> NoReturn:
    text = Text(
        zh="认不准这是不是原来那台设备，不接着做。",
        en="Cannot tell whether this is the same device; the job does not go on.",
    )
    raise RefusedByPolicyError(
        text,
        hint=hint,
        reasons=(text,),
        device_id=device.stable_id,
    )
