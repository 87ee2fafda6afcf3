"""Fresh confirmations: each is good for one wipe of one plugging-in under one plan.

A confirmation is 32 random bytes that the daemon draws when the button goes down. It is bound to
the plan, to the plugging-in (``diskseq``, or a phone's visit), to who asked, and to time, and it is
spent by the first attempt to use it, right or wrong. The kiosk must let the hold time pass; a
command line repeats the serial.

KNOWN HOLE: a kiosk process that was taken over can act like a clerk who holds the button, on a
device that the safety rules let pass. What it cannot do is skip the plan, the wait, or the rules.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar

from certs.text import Text
from wipe_station.api_values import HOLD_S
from wipe_station.errors import NotConfirmedError
from wipe_station.peers import Peer, Role

EXPIRES_S: Final = 30.0
"""From the button's going down."""
MOST: Final = 64
"""Confirmations that wait at one time; the oldest gives way."""
_NS: Final = 1_000_000_000


class Bound(Protocol):
    """A plan that a person can confirm."""

    def sha256(self) -> str:
        """Return the digest of what is going to be done."""


Plan = TypeVar("Plan", bound=Bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn(Generic[Plan]):
    plan: Plan
    visit: int
    peer: Peer
    at_ns: int


def digest(nonce: str) -> str:
    """Return what may be kept of a confirmation: its SHA-256."""
    return hashlib.sha256(nonce.encode()).hexdigest()


class Confirmations(Generic[Plan]):
    """Those that were drawn and not yet used; gone with the process, so a restart asks anew."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[str, _Drawn[Plan]] = OrderedDict()
        self._lock = Lock()

    def draw(self, plan: Plan, visit: int, peer: Peer, now_ns: int) -> str:
        """Return a new confirmation for a plan that this peer was shown.

        Args:
            plan: what is going to be done.
            visit: the number of the plugging-in.
            peer: whoever asks.
            now_ns: by the monotonic clock.
        """
        nonce = secrets.token_urlsafe(32)
        with self._lock:
            self._drawn[digest(nonce)] = _Drawn(plan=plan, visit=visit, peer=peer, at_ns=now_ns)
            while len(self._drawn) > MOST:
                self._drawn.popitem(last=False)
        return nonce

    def spend(self, nonce: str, *, plan_sha256: str, visit: int, peer: Peer, now_ns: int) -> Plan:
        """Use a confirmation up and return the plan that it was drawn for.

        Raises:
            NotConfirmedError: unknown, used, too old, used too early, or drawn for another plan,
                another plugging-in or another caller. It is spent all the same.
        """
        with self._lock:
            # Looked up by its digest: no comparison that time could tell anything about.
            drawn = self._drawn.pop(digest(nonce), None)
        if drawn is None:
            raise _refused(
                "这次确认已经用过，或者过期了", "this confirmation was used or is too old"
            )
        if (drawn.peer.uid, drawn.peer.role) != (peer.uid, peer.role):
            raise _refused("确认的人和开始的人不同", "another caller drew this confirmation")
        if (drawn.plan.sha256(), drawn.visit) != (plan_sha256, visit):
            raise _refused(
                "设备或计划和确认时不一样", "the device or the plan is not the one shown"
            )
        held_s = (now_ns - drawn.at_ns) / _NS
        if held_s > EXPIRES_S:
            raise _refused("这次确认过期了", "this confirmation is too old")
        if peer.role is Role.KIOSK and held_s < HOLD_S:
            raise _refused("按得不够久", "the button was not held long enough")
        return drawn.plan


def _refused(zh: str, en: str) -> NotConfirmedError:
    return NotConfirmedError(
        Text(zh=f"{zh}，没有开始。", en=f"Nothing was started: {en}."),
        hint=Text(
            zh="看清设备，再按住按钮，直到圆圈走满。",
            en="Look at the device, then hold the button until the ring is full.",
        ),
    )
