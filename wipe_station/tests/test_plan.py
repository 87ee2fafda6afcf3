"""Plans, methods and policies: data with its certainty, and a hash that a confirmation binds to."""

from dataclasses import replace
from typing import Any

import pytest

from certs.open_questions import OPEN_QUESTIONS
from wipe_station.detect.classify import classify
from wipe_station.errors import InvalidInputError, NotConfirmedError
from wipe_station.methods import all_methods, unavailable_methods
from wipe_station.plan import (
    SMALL_MEDIUM_BYTES,
    WipePlan,
    choose_method,
    make_plan,
    parse_verify,
    require_available,
)
from wipe_station.policies import all_policies
from wipe_station.policy import parse_policy
from wipe_station.records import (
    Category,
    DeviceFacts,
    FixedPattern,
    Medium,
    ProbeCapacity,
    VerifyPass,
)
from wipe_station.testing import raw_disk, raw_snapshot
from wipe_station.tests.test_classify import b1
from wipe_station.views import step_text

GB = all_policies()["gb-46864"]


def disk(**changes: Any) -> DeviceFacts:
    """Return the facts of a constructed disk."""
    return classify(raw_snapshot({"sda": raw_disk(**changes)})).devices[0]


def planned(device: DeviceFacts, *, practice_keys: bool = False) -> WipePlan:
    """Return the gb-46864 plan for a device."""
    method = choose_method(device, GB, None, all_methods())
    return make_plan(device, GB, method, practice_keys=practice_keys)


def literal(plan: WipePlan) -> list[str]:
    """Return the passes as one word each."""
    words = []
    for step in plan.steps:
        if isinstance(step, VerifyPass):
            words.append(f"verify {step.pass_number}")
        elif isinstance(step, ProbeCapacity):
            words.append("probe")
        elif isinstance(step.pattern, FixedPattern):
            words.append(step.pattern.repeat.hex())
        else:
            words.append("random")
    return words


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (7200, ["00", "ff", "random", "verify 3"]),
        (0, ["00", "ff", "random", "verify 3"]),
        (1, ["random", "random", "verify 2"]),
    ],
)
def test_plan__gb_46864__passes_by_medium(rate: int, expected: list[str]) -> None:
    """Magnetic and unknown media get 00, FF, random; flash two random passes; all verified."""
    assert literal(planned(disk(pages={"device/vpd_pgb1": b1(rate)}))) == expected


def test_policy__every_choice__is_a_method_with_certainty() -> None:
    """A policy speaks about every medium, names a method that exists, and says how sure it is."""
    for policy in all_policies().values():
        assert set(policy.medium) == set(Medium)
        for choice in policy.medium.values():
            assert all_methods()[choice.method].established
            assert choice.certainty
        assert not policy.text_examined
        assert "不声明符合" in policy.disclaimer.zh
        assert "conformity not claimed" in policy.disclaimer.en


@pytest.mark.parametrize("change", ['extra = "1"\n', "[medium.tape]\n"])
def test_parse_policy__unknown_key__refused(change: str) -> None:
    """A misspelt key is a fault of ours and found at once."""
    from importlib import resources

    text = resources.files("wipe_station.policies").joinpath("gb-46864.toml").read_text("utf-8")
    with pytest.raises((TypeError, ValueError)):
        parse_policy(change + text)


def test_choose_method__not_established__needs_an_explicit_word() -> None:
    """A method whose bytes no source establishes is refused until somebody accepts that."""
    methods = all_methods()
    with pytest.raises(NotConfirmedError) as caught:
        choose_method(disk(), None, "ncsc-tg-025", methods)
    assert "--accept-unestablished" in caught.value.hint.en
    taken = choose_method(disk(), None, "ncsc-tg-025", methods, accept_unestablished=True)
    plan = make_plan(disk(), None, taken, practice_keys=False)
    assert "method-not-established" in plan.not_checked
    assert "method-not-established" not in planned(disk()).not_checked


def test_choose_method__unknown_name__offers_established_ones_only() -> None:
    """What is not established is never proposed."""
    with pytest.raises(InvalidInputError) as caught:
        choose_method(disk(), None, "nuke", all_methods())
    for name, method in all_methods().items():
        assert (name in caught.value.hint.en.removeprefix("Methods: ").split(", ")) == (
            method.established
        )


@pytest.mark.parametrize("name", unavailable_methods())
def test_require_available__known_but_not_possible__says_why(name: str) -> None:
    """A scheme without known bytes, or that needs the firmware, is refused with the reason."""
    with pytest.raises(InvalidInputError) as caught:
        require_available(name, unavailable_methods())
    assert unavailable_methods()[name].unavailable.en in caught.value.message.en
    assert name not in all_methods()


def test_require_available__any_other_name__passes() -> None:
    """A method that can be carried out, a policy's choice and a misspelt name go on."""
    for name in (*all_methods(), None, "nuke"):
        require_available(name, unavailable_methods())


@pytest.mark.parametrize("name", ["nist-800-88r2", "ieee-2883"])
@pytest.mark.parametrize("rate", [7200, 0, 1])
def test_plan__clear_by_overwrite__one_random_pass_and_never_purge(name: str, rate: int) -> None:
    """Both standards get one position-bound pass on every medium, and no word of Purge."""
    device = disk(pages={"device/vpd_pgb1": b1(rate)})
    policy = all_policies()[name]
    method = choose_method(device, policy, None, all_methods())
    plan = make_plan(device, policy, method, practice_keys=False)
    assert literal(plan) == ["random", "verify 1"]
    assert plan.claim.category is Category.CLEAR
    assert "Purge needs a firmware command" in policy.disclaimer.en
    assert "Purge 要用设备自己的清除命令" in policy.disclaimer.zh


def test_plan__practice__claims_nothing() -> None:
    """Practice keys and virtual devices never claim Clear or Purge; real ones may."""
    assert planned(disk()).claim.category is Category.CLEAR
    assert planned(disk(), practice_keys=True).claim.category is Category.NONE
    loop = classify(raw_snapshot({"loop0": raw_disk()})).devices[0]
    assert planned(loop).claim.category is Category.NONE
    assert planned(loop).practice


def test_plan__hash__bound_to_diskseq_method_and_facts() -> None:
    """Another plugging-in, another size or another method is another plan; the same is the same."""
    other_method = make_plan(disk(), None, all_methods()["zero"], practice_keys=False)
    plans = [
        planned(disk()),
        planned(disk(attrs={"diskseq": "51"})),
        planned(disk(attrs={"size": "4096"})),
        planned(disk(), practice_keys=True),
        other_method,
    ]
    assert len({plan.sha256() for plan in plans}) == len(plans)
    assert planned(disk()).sha256() == plans[0].sha256()


def test_plan__what_stays_open__is_listed() -> None:
    """Small media, patterns bound to no position and unread processes are named on the document."""
    assert "device-cache-not-excluded" in planned(disk()).not_checked
    big = disk(attrs={"size": str((4 << 30) // 512)})
    assert "device-cache-not-excluded" not in planned(big).not_checked
    zero = make_plan(big, None, all_methods()["zero"], practice_keys=False, unread_processes=(1,))
    assert "write-acceptance-sampled" in zero.not_checked
    assert "descriptors-of-init-not-readable" in zero.not_checked
    for plan in (planned(disk()), zero):
        assert set(plan.not_checked) <= set(OPEN_QUESTIONS), "every open question has words"


def test_plan__total_bytes__size_times_steps() -> None:
    """Progress is counted against what will really be moved."""
    assert planned(disk()).total_bytes() == 4 * 2048 * 512


def test_plan__sampled__bound_by_its_hash_and_said() -> None:
    """A share is part of what is confirmed, is progress, and is among what stays open."""
    capacity = 1 << 30
    device = disk(attrs={"size": str(capacity // 512)})
    method = all_methods()["random"]
    full = make_plan(device, None, method, practice_keys=True)
    tenth = make_plan(device, None, method, practice_keys=True, sample_percent=10)
    assert full.sha256() != tenth.sha256()
    assert "sample_percent" not in str(full.to_json()["steps"])
    assert tenth.to_json()["steps"] == [
        {"write": 1, "pattern": {"kind": "stream", "stream": "xts128-1mib-v1"}},
        {"verify": 1, "sample_percent": 10},
    ]
    assert capacity * 11 // 10 <= tenth.total_bytes() <= capacity * 11 // 10 + (3 << 20)
    assert "verification-sampled" in set(tenth.not_checked) - set(full.not_checked)
    assert set(tenth.not_checked) <= set(OPEN_QUESTIONS)


@pytest.mark.parametrize(
    ("asked", "policy_asks", "size_bytes", "replug"),
    [
        (False, False, 1 << 20, False),
        (True, False, 1 << 20, True),
        (True, False, 8 << 30, True),
        (False, True, 1 << 20, True),
        (False, True, 8 << 30, False),
    ],
)
def test_plan__replug__where_asked_or_the_policy_wants_it_of_small_media(
    *, asked: bool, policy_asks: bool, size_bytes: int, replug: bool
) -> None:
    """A device that was away cannot answer from its cache: then that is no open question."""
    device = disk(attrs={"size": str(size_bytes // 512)})
    policy = replace(all_policies()["gb-46864"], replug_small=policy_asks)
    method = choose_method(device, policy, None, all_methods())
    plan = make_plan(device, policy, method, practice_keys=True, replug=asked)
    last: Any = plan.to_json()["steps"]
    assert ("replug" in last[-1]) == replug
    small = size_bytes < SMALL_MEDIUM_BYTES
    assert ("device-cache-not-excluded" in plan.not_checked) == (small and not replug)
    assert step_text(plan.steps[-1]).en.startswith("unplug") == replug


def test_plan__sampled__claims_no_category() -> None:
    """The claim of a whole reading says that all was read back: no sample may carry it."""
    method = all_methods()["random"]
    full = make_plan(disk(), None, method, practice_keys=False)
    tenth = make_plan(disk(), None, method, practice_keys=False, sample_percent=10)
    assert (full.claim.category, tenth.claim.category) == (Category.CLEAR, Category.NONE)
    assert "sample" in tenth.claim.reason


@pytest.mark.parametrize(
    ("verify", "percent"),
    [("full", None), ("sample:1%", 1), ("sample:10%", 10), ("sample:99%", 99)],
)
def test_parse_verify__two_forms__read(verify: str, percent: int | None) -> None:
    """All of it, or a share in whole percent."""
    assert parse_verify(verify, None) == percent


@pytest.mark.parametrize(
    "verify",
    [
        *("", "none", "sample", "sample:", "sample:10", "sample:0%", "sample:100%"),
        *("sample:1.5%", "sample:-1%", "sample:10%\n", "SAMPLE:10%", "sample:\uff11%"),
    ],
)
def test_parse_verify__anything_else__refused_with_the_forms(verify: str) -> None:
    """What cannot be read is not guessed, least of all as less."""
    with pytest.raises(InvalidInputError) as refused:
        parse_verify(verify, None)
    assert "sample:10%" in refused.value.hint.en


def test_parse_verify__under_a_policy__every_byte() -> None:
    """No policy of ours wants a sample; the way out is said."""
    assert parse_verify("full", "gb-46864") is None
    with pytest.raises(InvalidInputError, match="gb-46864") as refused:
        parse_verify("sample:10%", "gb-46864")
    assert "--method" in refused.value.hint.en
