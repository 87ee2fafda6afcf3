"""Confirmations: one wipe, one plugging-in, one plan, one caller, one moment."""

from dataclasses import dataclass, replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wipe_station.api_values import HOLD_S
from wipe_station.confirmations import EXPIRES_S, MOST, Confirmations, digest
from wipe_station.errors import NotConfirmedError
from wipe_station.peers import Peer, Role
from wipe_station.plan import WipePlan
from wipe_station.tests.test_plan import disk, planned

KIOSK: Final = Peer(pid=100, uid=64230, role=Role.KIOSK)
OPERATOR: Final = Peer(pid=200, uid=0, role=Role.OPERATOR)
PLAN: Final = planned(disk())
DISKSEQ: Final = 50
DRAWN_NS: Final = 7_000_000_000_000
HOLD_NS: Final = round(HOLD_S * 1e9)
EXPIRES_NS: Final = round(EXPIRES_S * 1e9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A confirmation used as its caller would, or with one thing changed."""

    after_ns: int = HOLD_NS
    peer: Peer = KIOSK
    plan: WipePlan = PLAN
    diskseq: int = DISKSEQ


RIGHT: Final = Attempt()


def spend(confirmations: Confirmations[WipePlan], nonce: str, attempt: Attempt = RIGHT) -> WipePlan:
    """Use a confirmation up."""
    return confirmations.spend(
        nonce,
        plan_sha256=attempt.plan.sha256(),
        visit=attempt.diskseq,
        peer=attempt.peer,
        now_ns=DRAWN_NS + attempt.after_ns,
    )


def refused(confirmations: Confirmations[WipePlan], nonce: str, attempt: Attempt = RIGHT) -> str:
    """Return why a confirmation was refused."""
    with pytest.raises(NotConfirmedError) as caught:
        spend(confirmations, nonce, attempt)
    assert "Nothing was started" in caught.value.message.en
    assert "没有开始" in caught.value.message.zh
    return caught.value.message.en


def drawn(peer: Peer = KIOSK) -> tuple[Confirmations[WipePlan], str]:
    """Return a drawer with one confirmation in it."""
    confirmations = Confirmations[WipePlan]()
    return confirmations, confirmations.draw(PLAN, DISKSEQ, peer, DRAWN_NS)


def test_spend__what_was_drawn__its_own_plan() -> None:
    """Whoever held the button long enough gets the plan that was shown, and no other."""
    confirmations, nonce = drawn()
    assert spend(confirmations, nonce) is PLAN


def test_spend__unknown__refused() -> None:
    """A confirmation that this process never drew confirms nothing."""
    confirmations, _ = drawn()
    assert "used or is too old" in refused(confirmations, "A" * 43)


def test_spend__twice__refused() -> None:
    """A confirmation is good for one wipe."""
    confirmations, nonce = drawn()
    spend(confirmations, nonce)
    assert "used or is too old" in refused(confirmations, nonce)


def test_spend__after_a_restart__refused() -> None:
    """Confirmations are gone with the process that drew them."""
    _, nonce = drawn()
    assert "used or is too old" in refused(Confirmations(), nonce)


@pytest.mark.parametrize(
    ("plan", "diskseq"),
    [
        (planned(disk(), practice_keys=True), DISKSEQ),
        (planned(disk(attrs={"diskseq": "51"})), 51),
        (PLAN, 51),
        (planned(disk(attrs={"device/serial": "S2"})), DISKSEQ),
    ],
    ids=["another plan", "another plugging-in", "its diskseq alone", "another device"],
)
def test_spend__another_plan_or_plugging_in__refused(plan: WipePlan, diskseq: int) -> None:
    """A confirmation never carries over to what was not shown."""
    confirmations, nonce = drawn()
    said = refused(confirmations, nonce, Attempt(plan=plan, diskseq=diskseq))
    assert "not the one shown" in said


@pytest.mark.parametrize(
    "peer",
    [replace(KIOSK, uid=1000), replace(KIOSK, role=Role.OPERATOR), OPERATOR],
    ids=["another user", "another role", "both"],
)
def test_spend__another_caller__refused(peer: Peer) -> None:
    """Who confirmed is who begins: one user's confirmation is worth nothing to another."""
    confirmations, nonce = drawn(KIOSK)
    assert "another caller" in refused(confirmations, nonce, Attempt(peer=peer))


def test_spend__another_process_of_the_same_caller__accepted() -> None:
    """A kiosk that was started anew while a finger held the button is the same caller."""
    confirmations, nonce = drawn()
    assert spend(confirmations, nonce, Attempt(peer=replace(KIOSK, pid=101))) is PLAN


@pytest.mark.parametrize(
    ("peer", "after_ns", "why"),
    [
        (KIOSK, HOLD_NS - 1, "not held long enough"),
        (KIOSK, 0, "not held long enough"),
        (KIOSK, HOLD_NS, None),
        (KIOSK, EXPIRES_NS, None),
        (KIOSK, EXPIRES_NS + 1, "too old"),
        (OPERATOR, 0, None),
        (OPERATOR, EXPIRES_NS, None),
        (OPERATOR, EXPIRES_NS + 1, "too old"),
    ],
)
def test_spend__at_the_bounds__held_long_enough_and_not_too_long(
    peer: Peer, after_ns: int, why: str | None
) -> None:
    """The kiosk waits for HOLD_S, the operator for nothing; after EXPIRES_S nobody may."""
    confirmations, nonce = drawn(peer)
    attempt = Attempt(peer=peer, after_ns=after_ns)
    if why is None:
        assert spend(confirmations, nonce, attempt) is PLAN
    else:
        assert why in refused(confirmations, nonce, attempt)


@pytest.mark.parametrize(
    "wrong",
    [
        Attempt(after_ns=0),
        Attempt(after_ns=EXPIRES_NS + 1),
        Attempt(plan=planned(disk(), practice_keys=True)),
        Attempt(diskseq=51),
        Attempt(peer=OPERATOR),
    ],
    ids=["early", "late", "plan", "diskseq", "caller"],
)
def test_spend__after_a_wrong_attempt__spent_all_the_same(wrong: Attempt) -> None:
    """Nobody may try again with a confirmation that was tried with something else."""
    confirmations, nonce = drawn()
    refused(confirmations, nonce, wrong)
    assert "used or is too old" in refused(confirmations, nonce)


def test_draw__more_than_may_wait__the_oldest_gives_way() -> None:
    """A caller that draws without end fills no memory, and the newest stay good."""
    confirmations = Confirmations[WipePlan]()
    nonces = [confirmations.draw(PLAN, DISKSEQ, KIOSK, DRAWN_NS) for _ in range(MOST + 1)]
    assert "used or is too old" in refused(confirmations, nonces[0])
    for nonce in nonces[1:]:
        assert spend(confirmations, nonce) is PLAN


def test_draw__a_thousand_times__all_different_and_all_long() -> None:
    """No confirmation is ever drawn twice; each carries 32 bytes."""
    confirmations = Confirmations[WipePlan]()
    nonces = {confirmations.draw(PLAN, DISKSEQ, KIOSK, DRAWN_NS) for _ in range(1000)}
    assert len(nonces) == 1000
    assert {len(nonce) for nonce in nonces} == {43}


def test_confirmations__what_it_holds__no_nonce() -> None:
    """What is kept of a confirmation is its SHA-256: whoever reads that can confirm nothing."""
    confirmations, nonce = drawn()
    kept = digest(nonce)
    assert list(confirmations._drawn) == [kept]
    assert nonce not in repr(confirmations._drawn)
    assert nonce not in kept
    assert len(kept) == 64
    assert "used or is too old" in refused(confirmations, kept)


PEERS = st.builds(
    Peer,
    pid=st.integers(1, 9),
    uid=st.sampled_from([0, 1000, 64230]),
    role=st.sampled_from(Role),
)


@given(
    drawer=PEERS,
    spender=PEERS,
    after_ns=st.integers(0, EXPIRES_NS + HOLD_NS),
    diskseq=st.sampled_from([DISKSEQ, DISKSEQ + 1]),
)
def test_spend__anybody_at_any_time__only_as_drawn(
    drawer: Peer, spender: Peer, after_ns: int, diskseq: int
) -> None:
    """All conditions hold together: caller, device, and the moment for the caller's role."""
    confirmations, nonce = drawn(drawer)
    attempt = Attempt(peer=spender, after_ns=after_ns, diskseq=diskseq)
    earliest = HOLD_NS if spender.role is Role.KIOSK else 0
    fits = (spender.uid, spender.role, diskseq) == (drawer.uid, drawer.role, DISKSEQ)
    if fits and earliest <= after_ns <= EXPIRES_NS:
        assert spend(confirmations, nonce, attempt) is PLAN
    else:
        refused(confirmations, nonce, attempt)
