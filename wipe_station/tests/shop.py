"""A station's keys, logs, signer and tickets without a machine below; shared by several tests."""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.bundle import read_bundle
from certs.log.audit import Audit, audit
from certs.log.checkpoint import parse_checkpoint
from certs.log.folder import read_log_file
from certs.log.note import Algorithm, signer_of
from certs.text import Text
from certs.verify import verify
from wipe_station.blocking import BlockList
from wipe_station.detect.classify import classify
from wipe_station.errors import InvalidInputError
from wipe_station.evidence import JobEvidence, replay
from wipe_station.issuer import KEYS_FOLDER, OWN_FOLDER, Issuer, JobEnd, Seals, open_seals
from wipe_station.journal import Journal
from wipe_station.journal_format import parse
from wipe_station.records import DeviceFacts
from wipe_station.run_state import Kind
from wipe_station.testing import FakeClock, raw_disk, raw_snapshot
from wipe_station.tests.jobs import Step, whole_job
from wipe_station.ticket import Came
from wipe_station.ticket_jobs import Surroundings
from wipe_station.ticket_values import AcceptRequest, EventRequest
from wipe_station.tickets import Tickets

STAFF = "7"
SELLER = "Zhang San, ID 110101199003070000"
PHONE = AcceptRequest(staff=STAFF, description="A phone, blue", consents=("erase",))
DISK = AcceptRequest(
    staff=STAFF, description="A drive", device="/dev/sda", consents=("erase", "read")
)


def disk(serial: str = "S1") -> DeviceFacts:
    """Return the facts of the drive that the jobs here are about."""
    snapshot = raw_snapshot({"sda": raw_disk(attrs={"device/serial": serial})})
    return classify(snapshot).devices[0]


@dataclass(slots=True, kw_only=True)
class Shop:
    """One station over a state directory."""

    state: Path
    clock: FakeClock = field(default_factory=FakeClock)
    practice: bool = False
    block_list: BlockList | None = None
    plugged_in: DeviceFacts | None = field(default_factory=disk)
    seals: Seals = field(init=False)
    tickets: Tickets = field(init=False)

    def __post_init__(self) -> None:
        """Start the station."""
        for name in (KEYS_FOLDER, "bundles", "jobs"):
            (self.state / name).mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start it anew, as after a crash."""
        self.seals = open_seals(self.state, self.clock)
        look = Surroundings(
            device=self._device, job_ids=self._job_ids, plan=lambda job: self.evidence(job).plan
        )
        self.tickets = Tickets(
            self.state,
            self.clock,
            self.seals,
            look,
            block_list=self.block_list,
            practice=self.practice,
        )

    def copied(self, state: Path) -> "Shop":
        """Return another station that stands where this one does."""
        shutil.copytree(self.state, state)
        clock = FakeClock(self.clock.now)
        return Shop(
            state=state,
            clock=clock,
            practice=self.practice,
            block_list=self.block_list,
            plugged_in=self.plugged_in,
        )

    def _device(self, wanted: str) -> DeviceFacts:
        if self.plugged_in is None:
            text = Text(zh=f"没有 {wanted}。", en=f"There is no {wanted}.")
            raise InvalidInputError(text, hint=text)
        return self.plugged_in

    def evidence(self, job_id: str) -> JobEvidence:
        """Return what the journal of a drive's job proves."""
        return replay(self._read(job_id))

    def _job_ids(self) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in (self.state / "jobs").iterdir()))

    def _read(self, job_id: str) -> Any:
        path = self.state / "jobs" / job_id / "journal.jsonl"
        return parse(path.read_bytes(), str(path))

    def accept(self, asked: AcceptRequest = PHONE, **changes: Any) -> Came:
        """Take a device in."""
        return self.tickets.accept(asked.model_copy(update=changes))

    def happen(self, came: Came, asked: EventRequest) -> Came:
        """Have something happen to a ticket."""
        return self.tickets.happen(came.ticket.number, asked)

    def begin(self, steps: list[Step] | None = None, *, logged: bool = True) -> Journal:
        """Begin a job on the drive, and write what happened in it."""
        (_, opening), *rest = whole_job() if steps is None else steps
        begun = self.clock.utc().strftime("%Y%m%dT%H%M%SZ")
        job_id = f"{begun}-{secrets.token_hex(4)}"
        log = self.seals.log(practice=opening["plan"]["practice"])
        if logged:
            log.started(job_id, opening["plan"])
        folder = self.state / "jobs" / job_id
        folder.mkdir()
        journal = Journal(folder / "journal.jsonl", self.clock)
        for kind, data in [(Kind.PLAN, opening | {"job_id": job_id}), *rest]:
            journal.append(kind.value, data)
        return journal

    def sign(self, journal: Journal) -> JobEnd:
        """Sign what a journal proves, and close it."""
        practice = self.seals.practice
        own = self.seals.own
        issuer = Issuer(self.state / "bundles", practice.signer, practice.log, self.clock, own)
        try:
            return issuer.sign(journal)
        finally:
            journal.close()

    def erase(self) -> JobEnd:
        """Do a whole job on the drive."""
        return self.sign(self.begin())

    def noticed(self, came: Came) -> Any:
        """Return what the document says that was signed about an event, as a stranger finds it."""
        bundle = read_bundle(self.state / "bundles" / str(came.document))
        practice = came.ticket.practice
        root = self.seals.root_pem(practice=practice)
        verdict = verify(bundle, root_pem=root, allow_practice=practice, now=self.clock.utc())
        return verdict.statement

    def audited(self, *, own: bool = False) -> Audit:
        """Look at the log as a stranger who knows its key."""
        return audited(self.state / OWN_FOLDER if own else self.state)


def audited(folder: Path, read: Callable[[str], bytes] | None = None) -> Audit:
    """Look at a log as a stranger who knows its key."""
    private = load_pem_private_key((folder / "log-key/log-key.pem").read_bytes(), None)
    assert isinstance(private, Ed25519PrivateKey)
    read = read or partial(read_log_file, folder / "log")
    origin = parse_checkpoint(read("checkpoint")).origin
    return audit(read, signer_of(origin, private, Algorithm.ED25519).key)
