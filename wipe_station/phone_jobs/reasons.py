"""Why the erasure of a phone ended without a certificate: code and both languages. Pure."""

from typing import Final

from certs.formats.head_v1 import Reason
from certs.text import Text
from wipe_station.phone_jobs.replay import BETWEEN, PhoneJob
from wipe_station.phones.evidence import CONTRADICTIONS, Contradiction
from wipe_station.phones.run import Event, State

_REASONS: Final = {
    "refused": Text(
        zh="手机拒绝重置，或者没有进入清除用的模式，什么也没有清除。换一种办法，或者还给机主。",
        en="The phone refused the reset, or did not come into the mode for it; nothing was erased."
        " Choose another way, or return it.",
    ),
    "gone-before": Text(
        zh="还没有重置，手机就拔掉了，什么也没有做。",
        en="The phone was unplugged before any reset; nothing was done.",
    ),
    "changed-before": Text(
        zh="手机和刚才读到的不一样了（有人登录了，或者读不出来），什么也没有做。重新来一次。",
        en="The phone is not as it was read (somebody signed in, or it does not answer); nothing"
        " was done. Begin anew.",
    ),
    "not-returned": Text(
        zh="手机断开以后没有回来，没能看到有没有清除。放进红盒，交给店长。",
        en="The phone went and did not return; whether it is erased was not seen. Red box,"
        " manager.",
    ),
    "other-phone": Text(
        zh="回来的是另一部手机，没能看到这一部有没有清除。放进红盒，交给店长。",
        en="Another phone came in its place; whether this one is erased was not seen. Red box,"
        " manager.",
    ),
    "not-shown": Text(
        zh="没有足够的证据说明手机已经清除。放进红盒，交给店长，或者再清除一次。",
        en="There is not enough evidence that the phone is erased. Red box, manager; or erase it"
        " again.",
    ),
    "second-reset-missing": Text(
        zh="最后一次重置没有做。手机不能出售：再清除一次。",
        en="The final reset was not done. Not for sale: erase the phone again.",
    ),
    "nothing-to-claim": Text(
        zh="看到手机重置了，但不知道它有没有加密，不能算清除。放进红盒，交给店长。",
        en="The phone was reset, but nobody knows that it is encrypted: that supports no claim."
        " Red box, manager.",
    ),
    "station-stopped": Text(
        zh="工作站中途停了（断电或程序被结束）。请把手机再清除一次。",
        en="The station stopped half-way (power or process). Erase the phone again.",
    ),
}


def reason_of(job: PhoneJob) -> Reason:
    """Return why a job's document is no certificate.

    Args:
        job: not verified.
    """
    against = against_of(job)
    if job.state is State.NOT_ERASED and against:
        return against[0]
    code = _code_of(job)
    return Reason(code=code, text=_REASONS[code])


def against_of(job: PhoneJob) -> tuple[Reason, ...]:
    """Return what speaks against the reset, in a fixed order."""
    found = job.evidence.contradictions()
    if job.more_to_come or _between(job):
        found -= {Contradiction.SET_UP}
    return tuple(
        Reason(code=each.value, text=text) for each, text in CONTRADICTIONS.items() if each in found
    )


def _between(job: PhoneJob) -> bool:
    """Tell whether a second reset was still to come: then setup was skipped in order to look."""
    return job.state in BETWEEN or job.ended_from is State.BETWEEN


def _code_of(job: PhoneJob) -> str:
    ended = job.ended_from
    stranger = ended in (State.STRANGER, State.STRANGER_AGAIN)
    known = {
        "station-stopped": not job.ended,
        "refused": job.last_event is Event.REFUSED,
        "changed-before": job.last_event is Event.CANCELLED,
        "gone-before": job.state is State.CANCELLED,
        "nothing-to-claim": job.state is State.ERASED,
        "not-returned": ended in (State.AWAY, State.AWAY_AGAIN),
        "second-reset-missing": ended is State.BETWEEN,
        "other-phone": stranger or job.evidence.same_identity is False,
    }
    return next((code for code, fits in known.items() if fits), "not-shown")
