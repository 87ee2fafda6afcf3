"""The composition of a job: device, plan, claim, engine, signer, in this order. I/O.

1. Take the state directory's lock; nobody else works with it while we live.
2. Look at the machine; note the highest ``diskseq`` at the first start of this boot.
3. Facts + policy → plan, or every reason why not.
4. Claim the device exclusively, then look again: same ``diskseq``, size, plan, no new users.
5. Run the engine over a journal.
6. Replay the journal from the disk, sign what it proves, and only then say anything.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from certs.durable import sync_folder
from certs.keys import ensure_practice_keys
from certs.text import Text
from wipe_station import reasons
from wipe_station.block import check_same_device, is_read_only, open_block
from wipe_station.clock import Clock
from wipe_station.detect.classify import World
from wipe_station.detect.snapshot import devno_text
from wipe_station.engine import CHECKPOINT_EVERY_MS, Engine, Progress, Target
from wipe_station.errors import (
    DeviceGoneError,
    InvalidInputError,
    NotConfirmedError,
    RefusedByPolicyError,
)
from wipe_station.evidence import JobEvidence, replay
from wipe_station.identity import same_identity
from wipe_station.issuer import Issuer, JobEnd, software
from wipe_station.journal import Journal
from wipe_station.journal_format import parse
from wipe_station.lookout import Lookout
from wipe_station.methods import all_methods, unavailable_methods
from wipe_station.plan import WipePlan, choose_method, make_plan, require_available
from wipe_station.policies import all_policies
from wipe_station.records import DeviceFacts, Json, Outcome, Strength
from wipe_station.run_state import Kind

JOURNAL_NAME: Final = "journal.jsonl"
BOOT_NAME: Final = "boot.json"


class Station:
    """One station: a state directory, its keys, and the machine as it is now."""

    def __init__(
        self, state: Path, clock: Clock, *, checkpoint_every_ms: int = CHECKPOINT_EVERY_MS
    ) -> None:
        self._state = state
        self._clock = clock
        self._checkpoint_every_ms = checkpoint_every_ms
        for name in ("jobs", "bundles", "keys"):
            (state / name).mkdir(mode=0o700, exist_ok=True)
        sync_folder(state)
        keys = ensure_practice_keys(state / "keys", clock.utc())
        self._practice_keys = keys.signer.practice
        self._issuer = Issuer(state / "bundles", keys.signer, clock)
        self.lookout = Lookout(state, clock)
        self.root_certificate = keys.root_path
        self._engine: Engine | None = None
        self._stopping = False

    # --- planning ----------------------------------------------------------------------------

    def plan(
        self,
        wanted: str,
        policy_name: str | None,
        method_name: str | None,
        *,
        accept_unestablished: bool = False,
    ) -> WipePlan:
        """Plan a wipe of one device.

        Raises:
            InvalidInputError: no such device, policy or method, or none that can be carried out.
            NotConfirmedError: the method's bytes are not established and that was not accepted.
            RefusedByPolicyError: with every reason against it.
        """
        world = self.lookout.look()
        device = self.lookout.find(world, wanted)
        self.lookout.require_safe(device, world)
        policies = all_policies()
        if policy_name is not None and policy_name not in policies:
            raise InvalidInputError(
                Text(zh=f"没有叫 {policy_name} 的策略。", en=f"There is no policy {policy_name}."),
                hint=Text(
                    zh="可用的策略：" + "、".join(policies), en="Policies: " + ", ".join(policies)
                ),
            )
        policy = policies[policy_name] if policy_name is not None else None
        require_available(method_name, unavailable_methods())
        method = choose_method(
            device, policy, method_name, all_methods(), accept_unestablished=accept_unestablished
        )
        return make_plan(
            device,
            policy,
            method,
            practice_keys=self._practice_keys,
            unread_processes=world.unread_processes,
        )

    # --- wiping ------------------------------------------------------------------------------

    def wipe(
        self, plan: WipePlan, *, confirm: str, on_progress: Callable[[Progress], None]
    ) -> JobEnd:
        """Run a confirmed plan to its end and sign what came of it.

        Args:
            plan: made by ``plan`` for the device as it was then.
            confirm: the device's serial, or a loop device's backing file.
            on_progress: called often, with bytes over all steps.

        Raises:
            NotConfirmedError: the confirmation does not name the device.
            RefusedByPolicyError: the device, or who uses it, changed since the plan.
        """
        if not secrets.compare_digest(confirm.encode(), str(plan.device.confirmation).encode()):
            raise NotConfirmedError(
                Text(
                    zh="确认的内容和设备不符，没有开始。",
                    en="The confirmation does not name this device; nothing was started.",
                ),
                hint=Text(
                    zh=f"请原样重复：--confirm {plan.device.confirmation}",
                    en=f"Repeat exactly: --confirm {plan.device.confirmation}",
                ),
                device_id=plan.device.stable_id,
            )
        with self._claim(plan.device):
            self._require_unchanged(plan)
            journal = self._begin(plan)
            with contextlib.closing(journal):
                self._make_engine(journal, plan.device, on_progress).run()
                return self._issuer.sign(journal)

    def _begin(self, plan: WipePlan) -> Journal:
        """Open the journal of a new job; its first record is the plan."""
        job_id = self._clock.utc().strftime("%Y%m%dT%H%M%SZ") + "-" + secrets.token_hex(4)
        folder = self._state / "jobs" / job_id
        folder.mkdir(mode=0o700)
        sync_folder(folder.parent)
        journal = Journal(folder / JOURNAL_NAME, self._clock)
        opening: dict[str, Json] = {
            "job_id": job_id,
            "plan": plan.to_json(),
            "plan_sha256": plan.sha256(),
            "software": software(),
        }
        journal.append(Kind.PLAN.value, opening)
        return journal

    def _require_unchanged(self, plan: WipePlan) -> None:
        """Look once more with the claim in our hands: same facts, nobody new."""
        world = self.lookout.look()
        now = world.device(plan.device.name)
        if now != plan.device:
            self._refuse_changed(plan.device)
        self.lookout.require_safe(plan.device, world)

    def _refuse_changed(self, device: DeviceFacts) -> None:
        text = Text(
            zh="设备在确认之后变了（换过、拔过或重新接过），没有开始。",
            en="The device changed after the plan (exchanged or re-plugged); nothing was started.",
        )
        raise RefusedByPolicyError(
            text,
            hint=Text(zh="重新做计划，再确认一次。", en="Plan again and confirm again."),
            reasons=(text,),
            device_id=device.stable_id,
        )

    @contextlib.contextmanager
    def _claim(self, device: DeviceFacts) -> Iterator[None]:
        """Hold the device exclusively: from here on nobody can mount it or claim it."""
        assert device.diskseq is not None, "safety lets no unknown diskseq pass"
        assert device.size_bytes is not None, "safety lets no unknown size pass"
        try:
            descriptor = open_block(device.node, os.O_RDWR | os.O_EXCL)
        except DeviceGoneError:
            self._refuse_changed(device)
            raise
        try:
            same = devno_text(os.fstat(descriptor).st_rdev) == device.devno
            try:
                check_same_device(descriptor, device.diskseq, device.size_bytes)
            except DeviceGoneError:
                same = False
            if not same or is_read_only(descriptor):
                self._refuse_changed(device)
            yield
        finally:
            os.close(descriptor)

    def _make_engine(
        self, journal: Journal, device: DeviceFacts, on_progress: Callable[[Progress], None]
    ) -> Engine:
        assert device.diskseq is not None, "safety lets no unknown diskseq pass"
        assert device.size_bytes is not None, "safety lets no unknown size pass"
        assert device.logical_sector_bytes is not None, "safety lets no unknown sector pass"
        self._engine = Engine(
            journal=journal,
            target=Target(
                node=device.node,
                size_bytes=device.size_bytes,
                diskseq=device.diskseq,
                sector_bytes=device.logical_sector_bytes,
            ),
            on_progress=on_progress,
            checkpoint_every_ms=self._checkpoint_every_ms,
        )
        if self._stopping:
            self._engine.stop()
        return self._engine

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop; no further job is begun then."""
        return self._stopping

    def stop(self) -> None:
        """End the running work at once; the job stays resumable. Fit for a signal handler."""
        self._stopping = True
        if self._engine is not None:
            self._engine.stop()

    # --- going on ----------------------------------------------------------------------------

    def jobs(self) -> dict[str, JobEvidence]:
        """Return what every journal of this station proves, by job id."""
        return {
            path.parent.name: replay(parse(path.read_bytes(), str(path)))
            for path in sorted(self._state.glob(f"jobs/*/{JOURNAL_NAME}"))
        }

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of jobs that wait for a resume or for their document."""
        return tuple(
            job_id
            for job_id, job in self.jobs().items()
            if job.records and (job.outcome is Outcome.INDETERMINATE or not job.documents)
        )

    def resume(
        self, job_id: str, *, confirm: str | None, on_progress: Callable[[Progress], None]
    ) -> JobEnd:
        """Continue an interrupted job from what can be shown to be on its device.

        1. A job that is over only lacks its document: sign it.
        2. Find the device by its identity, never by its place.
        3. Apply every safety rule; only "present at boot" is forgiven to a full identity.
        4. Read the tail of the last window back; go on from there, or from the pass's start.

        Raises:
            InvalidInputError: no such job.
            RefusedByPolicyError: a safety rule, or what stands on the device does not fit.
        """
        with contextlib.closing(self._open_journal(job_id)) as journal:
            job = replay(journal.history())
            if job.outcome is Outcome.INDETERMINATE:
                self._continue(journal, job, confirm, on_progress)
            return self._issuer.sign(journal)

    def _continue(
        self,
        journal: Journal,
        job: JobEvidence,
        confirm: str | None,
        on_progress: Callable[[Progress], None],
    ) -> None:
        world = self.lookout.look()
        device = self._same_device(job, world)
        if device is None:
            return
        self.lookout.require_safe(device, world, resuming=True)
        with self._claim(device):
            journal.append(
                Kind.RESUMED.value,
                {"node": device.node, "identity_strength": device.identity_strength.value},
            )
            engine = self._make_engine(journal, device, on_progress)
            if self._check_content(engine, journal, device, confirm):
                engine.run()

    def abandon(self, job_id: str) -> JobEnd:
        """Give an interrupted job up for good and sign the notice that says so."""
        with contextlib.closing(self._open_journal(job_id)) as journal:
            if replay(journal.history()).outcome is Outcome.INDETERMINATE:
                journal.append(
                    Kind.ABORTED.value, {"reason": reasons.reason("abandoned", reasons.ABANDONED)}
                )
            return self._issuer.sign(journal)

    def _open_journal(self, job_id: str) -> Journal:
        known = [p.parent.name for p in self._state.glob(f"jobs/*/{JOURNAL_NAME}")]
        if job_id not in known:
            raise InvalidInputError(
                Text(zh=f"没有编号为 {job_id} 的任务。", en=f"There is no job {job_id}."),
                hint=Text(
                    zh="任务编号：" + ("、".join(known) or "无"),
                    en="Jobs: " + (", ".join(known) or "none"),
                ),
            )
        return Journal(self._state / "jobs" / job_id / JOURNAL_NAME, self._clock)

    def _same_device(self, job: JobEvidence, world: World) -> DeviceFacts | None:
        """Return the one device that is the job's, judged by size and everything it said."""
        planned: Any = job.plan["device"]
        fitting = [
            device
            for device in world.devices
            if device.whole_disk
            and device.size_bytes == job.size_bytes
            and device.transport.value == planned["transport"]
            and same_identity(planned, device)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _check_content(
        self, engine: Engine, journal: Journal, device: DeviceFacts, confirm: str | None
    ) -> bool:
        """Show that the device still holds what the job wrote last; below *medium* it must.

        Returns:
            whether the job may go on; not if the reading was broken off, which proves nothing.
        """
        job = engine.evidence()
        current = job.current_pass()
        pattern, end = (job.passes[-1].pattern, job.size_bytes)
        if current is not None:
            pattern, end = current.pattern, current.written_bytes()
        sure = device.identity_strength is Strength.MEDIUM
        if pattern is None or end == 0:
            if not sure and confirm != device.confirmation:
                self._refuse_content(device)
            return True
        tail = engine.check_tail(pattern, end)
        if tail is None:
            return False
        matched, verified_bytes = tail
        if not matched and not sure:
            self._refuse_content(device)
        journal.append(
            Kind.TAIL_CHECKED.value, {"matched": matched, "verified_bytes": verified_bytes}
        )
        return True

    def _refuse_content(self, device: DeviceFacts) -> None:
        text = Text(
            zh="认不准这是不是原来那台设备，不接着做。",
            en="Cannot tell whether this is the same device; the job does not go on.",
        )
        raise RefusedByPolicyError(
            text,
            hint=Text(
                zh=f"核对后加上 --confirm {device.confirmation}，或放弃后重新开始。",
                en=f"Check it and add --confirm {device.confirmation}, or give up and start anew.",
            ),
            reasons=(text,),
            device_id=device.stable_id,
        )
