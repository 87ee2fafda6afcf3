"""A floor that answers as it is told and remembers what it was asked; shared by several tests."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any, Final

from certs.text import Text
from wipe_station.api import create_api
from wipe_station.api_values import (
    HoldRequest,
    HoldView,
    JobView,
    PlanRequest,
    PrintForm,
    WipeRequest,
)
from wipe_station.board_values import BoardView
from wipe_station.counter import Counter
from wipe_station.errors import InvalidInputError
from wipe_station.evidence import replay
from wipe_station.floor import Floor
from wipe_station.journal_format import History
from wipe_station.peers import Peer, Role
from wipe_station.plan import WipePlan
from wipe_station.seat import Seat
from wipe_station.tests.jobs import JOB_ID
from wipe_station.tests.serving import serving
from wipe_station.tests.test_plan import disk, planned

KEY: Final = "sda-50"
NONCE: Final = "n" * 43
PLAN: Final = planned(disk())
PLAN_REQUEST: Final = PlanRequest(device=KEY)
HOLD_REQUEST: Final = HoldRequest(device=KEY, plan_sha256=PLAN.sha256())
WIPE_REQUEST: Final = WipeRequest(
    confirmation=NONCE, diskseq=50, plan_sha256=PLAN.sha256(), confirm="S1"
)


def refusal(text: str) -> InvalidInputError:
    """Return an error as a floor raises it."""
    return InvalidInputError(Text(zh=text, en=text), hint=Text(zh="提示", en="a hint"))


class FakeCounter(Counter):
    """A counter with one seat or none."""

    def __init__(self, ask: Callable[..., None]) -> None:
        self._ask = ask
        self.only: Seat | None = None
        self.folder = Path("/nowhere")

    def seat(self, job_id: str) -> Seat:
        """Return the one seat."""
        self._ask("seat", job_id)
        if self.only is None or job_id != JOB_ID:
            raise refusal("no such job")
        return self.only

    def stop(self, job_id: str) -> JobView:
        """Remember."""
        self._ask("stop", job_id)
        return self.seat(job_id).view()

    def resume(self, job_id: str, confirm: str | None) -> JobView:
        """Remember."""
        self._ask("resume", job_id, confirm)
        return self.seat(job_id).view()

    def abandon(self, job_id: str) -> JobView:
        """Remember."""
        self._ask("abandon", job_id)
        return self.seat(job_id).view()

    def close(self, job_id: str) -> None:
        """Remember."""
        self._ask("close", job_id)

    def bundle(self, job_id: str) -> Path:
        """Return the one folder."""
        self._ask("bundle", job_id)
        return self.folder

    def printed(self, job_id: str, form: PrintForm) -> bytes:
        """Return what tells which was asked for."""
        self._ask("printed", job_id, form.value)
        return b"%PDF- " + form.value.encode()


class FakeFloor(Floor):
    """A floor without a machine below it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.refused: list[tuple[Role, str, str]] = []
        self.fails: Exception | None = None
        self.looked = Event()
        self.counter: FakeCounter = FakeCounter(self._ask)
        self.revision = 7
        self._listening: list[Callable[[], None]] = []

    def _ask(self, *what: object) -> None:
        self.asked.append(what)
        self.looked.set()
        if self.fails is not None:
            raise self.fails

    def listen(self, listener: Callable[[], None]) -> None:
        """Remember who wants to be told."""
        self._listening.append(listener)

    def change(self) -> None:
        """Be another board than before."""
        self.revision += 1
        self.tell()

    def tell(self) -> None:
        """Wake everybody who listens."""
        for listener in self._listening:
            listener()

    def moment(self) -> tuple[str, int]:
        """Return where the board stands, and let the test know that somebody looked."""
        self.looked.set()
        return "epoch", self.revision

    def board(self) -> BoardView:
        """Return an empty board."""
        self._ask("board")
        return BoardView(
            epoch="epoch",
            revision=self.revision,
            practice=True,
            stopping=False,
            devices=(),
            jobs=() if self.counter.only is None else (self.counter.only.view(),),
        )

    def require_key(self, request: PlanRequest) -> None:
        """Know one plugging-in."""
        self._ask("require_key", request.device)
        if request.device != KEY:
            raise refusal("no such key")

    def plan(self, request: PlanRequest) -> WipePlan:
        """Return the one plan."""
        self._ask("plan", request)
        return PLAN

    def hold(self, request: HoldRequest, peer: Peer) -> HoldView:
        """Return the one confirmation."""
        self._ask("hold", request, peer)
        return HoldView(
            confirmation=NONCE,
            diskseq=50,
            plan_sha256=PLAN.sha256(),
            hold_s=3.0,
            expires_s=30.0,
        )

    def wipe(self, request: WipeRequest, peer: Peer) -> JobView:
        """Return the one job."""
        self._ask("wipe", request, peer)
        return self.counter.seat(JOB_ID).view()

    def note_refusal(self, peer: Peer, what: str, why: str) -> None:
        """Stand where the store is."""
        self.refused.append((peer.role, what, why))

    def sit(self, history: History) -> Seat:
        """Put a job on the counter."""
        self.counter.only = Seat(evidence=replay(history), on_change=self.tell)
        return self.counter.only


@contextlib.contextmanager
def serving_floor(path: Path, floor: FakeFloor, role: Role) -> Iterator[None]:
    """Serve the daemon's real interface over a floor, to ourselves in a role."""
    with serving(path, lambda: create_api(floor, floor.note_refusal), roles={os.getuid(): role}):
        yield
