"""The composition of jobs: device, plan, claim, engine, signer, in this order. I/O.

1. Take the state directory's lock; nobody else works with it while we live.
2. Look at the machine; note the highest ``diskseq`` at the first start of this boot.
3. Facts + policy → plan, or every reason why not.
4. Claim the device exclusively, lift our write guard, then look again: same ``diskseq``, size,
   plan, no new users.
5. Run the engine over a journal (``job.OpenJob``).
6. Replay the journal from the disk, sign what it proves, and only then say anything.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from certs.durable import sync_folder
from certs.keys import ROOT_NAME
from certs.stamping import Service
from certs.text import Text
from wipe_station import reasons
from wipe_station.bays import Bays, everywhere
from wipe_station.block import check_same_device, is_read_only, open_block
from wipe_station.blocking import BlockList
from wipe_station.clock import Clock, drawn_id
from wipe_station.detect.classify import World
from wipe_station.detect.snapshot import devno_text
from wipe_station.engine import CHECKPOINT_EVERY_MS, Engine, Target
from wipe_station.errors import (
    DeviceGoneError,
    InvalidInputError,
    RefusedByPolicyError,
)
from wipe_station.evidence import JobEvidence, replay
from wipe_station.identity import same_identity
from wipe_station.issuer import KEYS_FOLDER, Issuer, JobEnd, PdfMaker, open_seals
from wipe_station.job import Going, OpenJob
from wipe_station.job_opening import JOURNAL_NAME, begin_journal
from wipe_station.journal import Journal
from wipe_station.journal_format import parse
from wipe_station.lookout import Lookout
from wipe_station.methods import all_methods, unavailable_methods
from wipe_station.phone_jobs.jobs import PhoneJobs
from wipe_station.plan import (
    VERIFY_ALL,
    WipePlan,
    choose_method,
    make_plan,
    parse_verify,
    policy_named,
    require_available,
)
from wipe_station.policies import all_policies
from wipe_station.records import DeviceFacts, Json, Outcome
from wipe_station.run_state import Kind
from wipe_station.ticket_jobs import Surroundings
from wipe_station.tickets import Tickets
from wipe_station.write_guard import WriteGuard


class Station:
    """One station: a state directory, its keys, and the machine as it is now."""

    def __init__(  # noqa: PLR0913 - what a station is built of
        self,
        state: Path,
        clock: Clock,
        *,
        guard: WriteGuard,
        require_self_test: Callable[[], None],
        bays: Bays = everywhere,
        checkpoint_every_ms: int = CHECKPOINT_EVERY_MS,
        host: str | None = None,
        service: Service | None = None,
        block_list: BlockList | None = None,
        practice: bool = False,
    ) -> None:
        """Make the state's folders and keys where they are missing.

        Args:
            state: the state directory; the caller holds its lock.
            clock: for records.
            guard: whose read-only flag is on a device.
            require_self_test: raises where the detector has not proven itself.
            bays: which devices are the station's business.
            checkpoint_every_ms: how often a pass flushes and says how far it is.
            host: the organisation's page for codes, or None.
            service: that stamps the signatures of PDFs, or None.
            block_list: phones that must not be taken in, or None.
            practice: whether only practice drives are minded; every ticket is practice then.
        """
        self._state = state
        self._clock = clock
        self._guard = guard
        self._require_self_test = require_self_test
        self._checkpoint_every_ms = checkpoint_every_ms
        for name in ("jobs", "bundles", KEYS_FOLDER):
            (state / name).mkdir(mode=0o700, exist_ok=True)
        sync_folder(state)
        seals = open_seals(state, clock)
        self._practice_log, self._own = seals.practice.log, seals.own
        self.log = self._practice_log if self._own is None else self._own.log
        self.issuer = Issuer(
            state / "bundles",
            seals.practice.signer,
            self._practice_log,
            clock,
            self._own,
            host=host,
            service=service,
        )
        self.lookout = Lookout(state, clock, bays=bays, guarded=guard.ours)
        self.root_certificate = state / KEYS_FOLDER / ROOT_NAME
        self.phones = PhoneJobs(
            state,
            clock,
            self.issuer,
            practice=practice or self._own is None,
            log_of=lambda practice: seals.log(practice=practice),
            require_ready=self._require_ready,
        )
        look = Surroundings(
            device=lambda wanted: self.lookout.find(self.lookout.look(), wanted),
            job_ids=lambda: tuple(sorted((*self.job_ids(), *self.phones.ids()))),
            plan=self._plan_of,
        )
        page = partial(PdfMaker, host=host, service=service)
        self.tickets = Tickets(
            state, clock, seals, look, page=page, block_list=block_list, practice=practice
        )

    def notices(self) -> tuple[Text, ...]:
        """Return what the manager should see to; work goes on meanwhile, as far as it can."""
        own = () if self._own is None else self._own.notices(self._clock.utc())
        return (*own, *self.tickets.holds.notices())

    # --- planning ----------------------------------------------------------------------------

    def plan(  # noqa: PLR0913 - what a person can ask for
        self,
        wanted: str,
        policy_name: str | None,
        method_name: str | None,
        *,
        accept_unestablished: bool = False,
        verify: str = VERIFY_ALL,
        replug: bool = False,
    ) -> WipePlan:
        """Plan a wipe of one device.

        Args:
            wanted: its stable id, or its node.
            policy_name: chooses the method by the medium.
            method_name: names the method instead.
            accept_unestablished: whether a method may be one whose bytes no source establishes.
            verify: how much is read back; see ``plan.parse_verify``.
            replug: whether the device is to be unplugged before it is read back.

        Raises:
            InvalidInputError: no such device, policy or method, or none that can be carried out.
            NotConfirmedError: the method's bytes are not established and that was not accepted.
            RefusedByPolicyError: with every reason against it.
        """
        sample_percent = parse_verify(verify, policy_name)
        world = self.lookout.look()
        device = self.lookout.find(world, wanted)
        self.lookout.require_safe(device, world)
        self.tickets.require_wipeable(device)
        policy = policy_named(policy_name, all_policies())
        require_available(method_name, unavailable_methods())
        method = choose_method(
            device, policy, method_name, all_methods(), accept_unestablished=accept_unestablished
        )
        return make_plan(
            device,
            policy,
            method,
            practice_keys=self._own is None,
            unread_processes=world.unread_processes,
            sample_percent=sample_percent,
            replug=replug,
        )

    # --- wiping ------------------------------------------------------------------------------

    def new_job_id(self) -> str:
        """Draw the id of a job to come: the time, and four random bytes."""
        return drawn_id(self._clock.utc())

    def start(
        self,
        plan: WipePlan,
        *,
        job_id: str,
        confirmed: Mapping[str, Json],
    ) -> OpenJob:
        """Claim a planned device and open its job; nothing is written to the device before ``run``.

        Args:
            plan: made by ``plan`` for the device as it was then, and confirmed by a person.
            job_id: drawn by ``new_job_id``.
            confirmed: who confirmed and how, for the journal.

        Raises:
            RefusedByPolicyError: the device, or who uses it, changed since the plan.
            SelfTestError: the station did not pass its self-test.
            EvidenceError: the station's certificate is over, or its key is away; nothing could be
                signed that counts.
        """
        if not plan.practice:
            self._require_key()
        self._require_self_test()
        with contextlib.ExitStack() as held:
            held.enter_context(self._claim(plan.device))
            self._require_unchanged(plan)
            journal = self._begin(plan, job_id, confirmed)
            held.callback(journal.close)
            going = Going(
                engine=self._engine(journal, plan.device),
                device=plan.device,
                resuming=False,
                confirm=None,
            )
            return self._open(job_id, journal, held.pop_all(), going)

    def _require_key(self) -> None:
        if self._own is not None:
            self._own.require_ready(self._clock.utc())

    def _require_ready(self) -> None:
        self._require_key()
        self._require_self_test()

    def _open(
        self, job_id: str, journal: Journal, held: contextlib.ExitStack, going: Going | None
    ) -> OpenJob:
        return OpenJob(job_id=job_id, journal=journal, issuer=self.issuer, held=held, going=going)

    def _begin(self, plan: WipePlan, job_id: str, confirmed: Mapping[str, Json]) -> Journal:
        """Open the journal of a new job; its first record is the plan, and the log knows of it."""
        log = self._practice_log if plan.practice or self._own is None else self._own.log
        return begin_journal(
            self._state / "jobs" / job_id,
            self._clock,
            log,
            job_id=job_id,
            planned=plan.to_json(),
            plan_sha256=plan.sha256(),
            confirmed=confirmed,
        )

    def _require_unchanged(self, plan: WipePlan) -> None:
        """Look once more with the claim in our hands: same facts, nobody new."""
        world = self.lookout.look()
        now = world.device(plan.device.name)
        if now != plan.device:
            _refuse_changed(plan.device)
        self.lookout.require_safe(plan.device, world)
        self.tickets.require_wipeable(plan.device)

    @contextlib.contextmanager
    def _claim(self, device: DeviceFacts) -> Iterator[None]:
        """Hold the device exclusively: from here on nobody can mount it or claim it."""
        assert device.diskseq is not None, "safety lets no unknown diskseq pass"
        assert device.size_bytes is not None, "safety lets no unknown size pass"
        try:
            descriptor = open_block(device.node, os.O_RDWR | os.O_EXCL)
        except DeviceGoneError:
            _refuse_changed(device)
            raise
        try:
            same = devno_text(os.fstat(descriptor).st_rdev) == device.devno
            try:
                check_same_device(descriptor, device.diskseq, device.size_bytes)
            except DeviceGoneError:
                same = False
            if not same:
                _refuse_changed(device)
            with self._guard.lifted(device, descriptor):
                if is_read_only(descriptor):
                    _refuse_changed(device)
                yield
        finally:
            os.close(descriptor)

    def _engine(self, journal: Journal, device: DeviceFacts) -> Engine:
        assert device.diskseq is not None, "safety lets no unknown diskseq pass"
        assert device.size_bytes is not None, "safety lets no unknown size pass"
        assert device.logical_sector_bytes is not None, "safety lets no unknown sector pass"
        target = Target(
            node=device.node,
            size_bytes=device.size_bytes,
            diskseq=device.diskseq,
            sector_bytes=device.logical_sector_bytes,
            leaf_bytes=device.physical_sector_bytes or device.logical_sector_bytes,
        )
        return Engine(
            journal=journal,
            target=target,
            checkpoint_every_ms=self._checkpoint_every_ms,
        )

    # --- going on ----------------------------------------------------------------------------

    def job_ids(self) -> tuple[str, ...]:
        """Return the ids of all jobs of this station, oldest first."""
        return tuple(p.parent.name for p in sorted(self._state.glob(f"jobs/*/{JOURNAL_NAME}")))

    def evidence(self, job_id: str) -> JobEvidence:
        """Return what one job's journal proves.

        Raises:
            EvidenceError: the journal is damaged or contradicts itself.
        """
        path = self._state / "jobs" / job_id / JOURNAL_NAME
        return replay(parse(path.read_bytes(), str(path)))

    def _plan_of(self, job_id: str) -> dict[str, Json]:
        """Return the plan of a job of any kind; empty where its journal has no first record."""
        if job_id in self.phones.ids():
            return self.phones.evidence(job_id).plan
        return self.evidence(job_id).plan

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of jobs that wait for a resume or for their document."""
        jobs = {job_id: self.evidence(job_id) for job_id in self.job_ids()}
        return tuple(
            job_id
            for job_id, job in jobs.items()
            if job.records and (job.outcome is Outcome.INDETERMINATE or not job.documents)
        )

    def reopen(self, job_id: str, *, confirm: str | None) -> OpenJob:
        """Open an interrupted job to continue it from what can be shown to be on its device.

        1. A job that is over only lacks its document; one whose device is away, a notice.
        2. Find the device by its identity, never by its place.
        3. Apply every safety rule; only "present at boot" is forgiven to a full identity.
        4. When run: read the tail of the last window back; go on from there, or from the pass's
           start.

        Raises:
            InvalidInputError: no such job.
            RefusedByPolicyError: a safety rule.
            SelfTestError: the station did not pass its self-test.
        """
        with contextlib.ExitStack() as held:
            journal = self._open_journal(job_id)
            held.callback(journal.close)
            job = replay(journal.history())
            world = self.lookout.look()
            device = self.device_of(job, world)
            going = None
            if job.outcome is Outcome.INDETERMINATE and device is not None:
                self._require_self_test()
                self.lookout.require_safe(device, world, resuming=True)
                held.enter_context(self._claim(device))
                strength = device.identity_strength.value
                assert device.diskseq is not None, "safety lets no unknown diskseq pass"
                found: dict[str, Json] = {"node": device.node, "diskseq": device.diskseq}
                journal.append(Kind.RESUMED.value, found | {"identity_strength": strength})
                engine = self._engine(journal, device)
                going = Going(engine=engine, device=device, resuming=True, confirm=confirm)
            return self._open(job_id, journal, held.pop_all(), going)

    def abandon(self, job_id: str) -> JobEnd:
        """Give an interrupted job up for good and sign the notice that says so."""
        with contextlib.closing(self._open_journal(job_id)) as journal:
            if replay(journal.history()).outcome is Outcome.INDETERMINATE:
                journal.append(
                    Kind.ABORTED.value, {"reason": reasons.reason("abandoned", reasons.ABANDONED)}
                )
            return self.issuer.sign(journal)

    def _open_journal(self, job_id: str) -> Journal:
        known = self.job_ids()
        if job_id not in known:
            raise InvalidInputError(
                Text(zh=f"没有编号为 {job_id} 的任务。", en=f"There is no job {job_id}."),
                hint=Text(
                    zh="任务编号：" + ("、".join(known) or "无"),
                    en="Jobs: " + (", ".join(known) or "none"),
                ),
            )
        return Journal(self._state / "jobs" / job_id / JOURNAL_NAME, self._clock)

    def device_of(self, job: JobEvidence, world: World) -> DeviceFacts | None:
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


def _refuse_changed(device: DeviceFacts) -> None:
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
