"""Phones at the counter: from being plugged in to a signed document, and every way in between."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certs.verdict import Status
from certs.verify import verify_folder
from wipe_station.errors import (
    BusyError,
    InvalidInputError,
    NotConfirmedError,
    RefusedByPolicyError,
)
from wipe_station.phone_jobs.runner import Patience
from wipe_station.phone_links.hand import Wants
from wipe_station.phone_values import (
    PhoneAction,
    PhoneEraseRequest,
    PhoneHoldRequest,
    PhoneJobView,
    PhoneStage,
    Step,
)
from wipe_station.phones.routes import Gate, Link, Route
from wipe_station.phones.run import State
from wipe_station.phones.usb_mode_table import Mode
from wipe_station.tests.phone_bench import (
    ANDROID,
    AT_ONCE,
    JPEG,
    KIOSK,
    OPERATOR,
    PORT,
    Bench,
    ModelPhone,
    bench_at,
    without_adb,
)


def statement_of(bench: Bench, job: PhoneJobView) -> dict[str, Any]:
    """Return what was signed about a job."""
    assert job.document is not None
    folder = bench.bench.seats.bundle(job.job_id)
    (document,) = [f for f in folder.glob("*.json") if f.name.startswith("phone-")]
    found: dict[str, Any] = json.loads(document.read_bytes())
    return found


def first_reset(bench: Bench, phone: ModelPhone, route: Route = Route.SETTINGS) -> PhoneJobView:
    """Agree, press, have the phone reset itself; return the job after the first look."""
    bench.agree()
    bench.press(route)
    bench.state_is("asked")
    bench.reset_and_return(phone)
    phone.readable = True  # somebody skips setup and chooses file transfer
    bench.bench.do(bench.job().job_id, lambda run: run.look())
    return bench.state_is("between", "not-erased", "unproven")


def second_reset(bench: Bench, phone: ModelPhone) -> None:
    """Reset once more, by hand."""
    bench.bench.do(bench.job().job_id, lambda run: run.press())
    bench.state_is("asked-again")
    bench.reset_and_return(phone)
    bench.state_is("back-again")


def photograph(bench: Bench) -> PhoneJobView:
    """Photograph the setup screen."""
    return bench.bench.do(bench.job().job_id, lambda run: run.photograph(JPEG))


def test_phone__good_one__certified_and_the_ticket_named(tmp_path: Path) -> None:
    """Plugged in, agreed, pressed, reset twice, photographed: a certificate that verifies."""
    phone = ModelPhone()
    with bench_at(tmp_path) as bench:
        seen = bench.plug(phone)
        assert (seen.stage, seen.step) == (PhoneStage.READ, Step.CONSENT)
        agreed = bench.agree()
        assert (agreed.stage, agreed.step, agreed.gates) == (PhoneStage.READY, Step.HOLD, ())
        between = first_reset(bench, phone)
        assert between.actions == (PhoneAction.PRESS, PhoneAction.GIVE_UP)
        assert len(between.seen) == 2
        second_reset(bench, phone)
        assert PhoneAction.PHOTO in bench.job().actions
        photograph(bench)
        job = bench.ended()
        assert job.outcome == "verified"
        assert job.ticket == agreed.ticket is not None
        said = statement_of(bench, job)
        assert said["type"] == "certificate-of-phone-erasure"
        assert [r.keys() for r in said["resets"]] == [{"asked_at", "went_at", "returned_at"}] * 2
        assert {each["code"] for each in said["observed"]} >= {"canary-gone", "setup-seen"}
        root = tmp_path / "keys" / "root.pem"
        folder = bench.bench.seats.bundle(job.job_id)
        verdict = verify_folder(folder, root.read_bytes(), allow_practice=True)
        assert verdict.status is Status.ERASED
    assert not phone.data


@pytest.mark.parametrize("route", [Route.SETTINGS, Route.TEST_HARNESS, Route.GUIDED])
def test_phone__liar__notice_and_never_a_certificate(tmp_path: Path, route: Route) -> None:
    """It goes and returns as an erased one would; its files are there."""
    phone = ModelPhone(lies=True)
    with bench_at(tmp_path) as bench:
        bench.plug(phone)
        first_reset(bench, phone, route)
        job = bench.ended()
        said = statement_of(bench, job)
    assert (job.outcome, job.state, job.step) == ("failed", State.NOT_ERASED, Step.RED_BOX)
    assert said["type"] == "notice-of-phone-erasure"
    assert "canary-there" in {each["code"] for each in said["against"]}
    assert phone.data
