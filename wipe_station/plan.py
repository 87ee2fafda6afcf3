"""Facts and a policy become the list of steps and the claim they can support. Pure."""

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from certs.canonical import encode
from certs.text import Text
from wipe_station.errors import InvalidInputError, NotConfirmedError
from wipe_station.method import Method, UnavailableMethod
from wipe_station.overwrite.extent import Extent
from wipe_station.overwrite.sampling import SEED_BYTES, share_of
from wipe_station.policy import Policy
from wipe_station.records import (
    VIRTUAL_TRANSPORTS,
    Category,
    Claim,
    DeviceFacts,
    FixedPattern,
    Json,
    PlannedPattern,
    ProbeCapacity,
    Step,
    VerifyPass,
    WritePass,
    to_json,
)

DEFAULT_POLICY = "gb-46864"
VERIFY_ALL: Final = "full"
_SAMPLE: Final = re.compile(r"sample:([1-9][0-9]?)%")
PRACTICE_CLAIM = Claim(
    category=Category.NONE,
    edition="none",
    reason="practice: this document claims nothing",
)
SAMPLE_CLAIM = Claim(
    category=Category.NONE,
    edition="none",
    reason="every addressable byte overwritten and a sample read back; no text that was read says"
    " that a sample is enough",
)
SMALL_MEDIUM_BYTES = 4 << 30
"""Below this a device's own cache could answer a whole verification (design, Verify)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WipePlan:
    """All that is decided before the first write. Its hash is what a confirmation is bound to."""

    device: DeviceFacts
    policy: Policy | None
    method: Method
    steps: tuple[Step, ...]
    claim: Claim
    practice: bool
    not_checked: tuple[str, ...]

    def total_bytes(self) -> int:
        """Return the bytes to be moved over all steps."""
        assert self.device.size_bytes is not None, "a plan exists for known sizes only"
        return sum(moved_bytes(step, self.device.size_bytes) for step in self.steps)

    def to_json(self) -> dict[str, Json]:
        """Return the plan as the journal keeps it."""
        plan: dict[str, Json] = {
            "device": to_json(self.device),
            "method": {"name": self.method.name, "certainty": self.method.certainty},
            "steps": [step_to_json(step) for step in self.steps],
            "claim": to_json(self.claim),
            "practice": self.practice,
            "not_checked": list(self.not_checked),
        }
        return plan if self.policy is None else plan | {"policy": _policy_json(self.policy)}

    def sha256(self) -> str:
        """Return the hash over the plan, the device's ``diskseq`` included."""
        return hashlib.sha256(encode(self.to_json())).hexdigest()


def _policy_json(policy: Policy) -> Json:
    return {
        "name": policy.name,
        "title": policy.title.zh,
        "certainty": policy.certainty,
        "disclaimer": to_json(policy.disclaimer),
    }


def moved_bytes(step: Step, size_bytes: int) -> int:
    """Return how many bytes a step moves on a device; probes go there and back."""
    if isinstance(step, ProbeCapacity):
        return 2 * Extent(start_byte=0, end_byte=size_bytes, probes=True).length_bytes()
    if isinstance(step, VerifyPass) and step.sample_percent is not None:
        # Which places is not known yet; another seed reads a few units more or less.
        return share_of(size_bytes, bytes(SEED_BYTES), step.sample_percent).length_bytes()
    return size_bytes


def step_to_json(step: Step) -> Json:
    """Return a step as the journal keeps it."""
    if isinstance(step, ProbeCapacity):
        return {"probe": "capacity"}
    if isinstance(step, WritePass):
        return {"write": step.number, "pattern": planned_pattern_json(step.pattern)}
    verify: dict[str, Json] = {"verify": step.pass_number}
    if step.sample_percent is not None:
        verify["sample_percent"] = step.sample_percent
    return verify | ({"replug": True} if step.replug else {})


def planned_pattern_json(pattern: PlannedPattern) -> dict[str, Json]:
    """Return a pattern before any key exists."""
    if isinstance(pattern, FixedPattern):
        return {"kind": "fixed", "bytes_hex": pattern.repeat.hex()}
    return {"kind": "stream", "stream": pattern.stream}


def require_available(method_name: str | None, unavailable: dict[str, UnavailableMethod]) -> None:
    """Pass any name but those that are known and cannot be carried out.

    Raises:
        InvalidInputError: with the reason why it cannot.
    """
    if method_name is None or method_name not in unavailable:
        return
    why = unavailable[method_name].unavailable
    raise InvalidInputError(
        Text(zh=f"{method_name} 暂不支持：{why.zh}", en=f"{method_name} is not offered: {why.en}"),
        hint=Text(zh="换一种方法。", en="Take another method."),
    )


def choose(policy: str | None, method: str | None) -> tuple[str | None, str | None]:
    """Apply the default policy, and refuse two answers to one question.

    Raises:
        InvalidInputError: both a policy and a method are named.
    """
    if policy is not None and method is not None:
        raise InvalidInputError(
            Text(zh="--policy 和 --method 只能给一个。", en="Give --policy or --method, not both."),
            hint=Text(zh="去掉其中一个。", en="Leave one out."),
        )
    return (policy if method is not None or policy is not None else DEFAULT_POLICY), method


def policy_named(name: str | None, policies: dict[str, Policy]) -> Policy | None:
    """Return the policy of a name; None where none is named.

    Raises:
        InvalidInputError: there is none of this name.
    """
    if name is not None and name not in policies:
        raise InvalidInputError(
            Text(zh=f"没有叫 {name} 的策略。", en=f"There is no policy {name}."),
            hint=Text(
                zh="可用的策略：" + "、".join(policies), en="Policies: " + ", ".join(policies)
            ),
        )
    return None if name is None else policies[name]


def parse_verify(verify: str, policy: str | None) -> int | None:
    """Read how much is to be read back: ``full``, or ``sample:10%``.

    Args:
        verify: as a person wrote it.
        policy: name of the policy, if one chooses the method: all of them want every byte.

    Returns:
        the share of a sample in percent, 1 to 99; None for every byte.

    Raises:
        InvalidInputError: neither of the two forms, or a sample under a policy.
    """
    if verify == VERIFY_ALL:
        return None
    found = _SAMPLE.fullmatch(verify)
    if found is None:
        raise InvalidInputError(
            Text(zh=f"看不懂的核对方式：{verify}", en=f"No way to verify: {verify}"),
            hint=Text(
                zh="写 full（全部），或 sample:10%（抽样，1% 到 99%）。",
                en="full, or sample:10% (1% to 99%).",
            ),
        )
    if policy is not None:
        raise InvalidInputError(
            Text(
                zh=f"策略 {policy} 一律全部核对，不能抽样。",
                en=f"Policy {policy} verifies every byte; no sample.",
            ),
            hint=Text(
                zh="去掉 --verify，或者用 --method 直接指定方法。",
                en="Leave --verify out, or name a --method instead of a policy.",
            ),
        )
    return int(found[1])


def choose_method(
    device: DeviceFacts,
    policy: Policy | None,
    method_name: str | None,
    methods: dict[str, Method],
    *,
    accept_unestablished: bool = False,
) -> Method:
    """Return the method asked for by name, or the policy's choice for the device's medium.

    Raises:
        InvalidInputError: no method of that name.
        NotConfirmedError: its bytes are not established, and nobody said that this is accepted.
    """
    if policy is not None:
        return methods[policy.medium[device.medium].method]
    assert method_name is not None, "a policy or a method"
    if method_name not in methods:
        offered = [name for name, method in methods.items() if method.established]
        raise InvalidInputError(
            Text(zh=f"没有叫 {method_name} 的方法。", en=f"There is no method {method_name}."),
            hint=Text(zh="可用的方法：" + "、".join(offered), en="Methods: " + ", ".join(offered)),
        )
    if not (methods[method_name].established or accept_unestablished):
        _refuse_unestablished(method_name)
    return methods[method_name]


def _refuse_unestablished(method_name: str) -> NoReturn:
    raise NotConfirmedError(
        Text(
            zh=f"没有可靠来源证实 {method_name} 该写什么；没有开始。",
            en=f"No source establishes what {method_name} writes; nothing was started.",
        ),
        hint=Text(
            zh="换一种方法；一定要用就加上 --accept-unestablished，文件上会写明。",
            en="Take another method; or add --accept-unestablished, and the document will say so.",
        ),
    )


def make_plan(  # noqa: PLR0913 - all that a plan is decided by
    device: DeviceFacts,
    policy: Policy | None,
    method: Method,
    *,
    practice_keys: bool,
    unread_processes: tuple[int, ...] = (),
    sample_percent: int | None = None,
    replug: bool = False,
) -> WipePlan:
    """Build the plan for a device that the safety rules have passed.

    Args:
        device: facts of the whole disk.
        policy: the policy that chose the method, if one did.
        method: what to do.
        practice_keys: whether the station can sign practice documents only.
        unread_processes: whose descriptors could not be read (never more than init's).
        sample_percent: share that is read back; None for every byte.
        replug: whether a person wants the device unplugged before it is read back, policy or not.
    """
    assert device.size_bytes is not None, "a plan exists for known sizes only"
    small = device.size_bytes < SMALL_MEDIUM_BYTES
    replug = replug or (policy is not None and policy.replug_small and small)
    practice = practice_keys or device.transport in VIRTUAL_TRANSPORTS
    return WipePlan(
        device=device,
        policy=policy,
        method=method,
        steps=tuple(_verified(step, sample_percent, replug) for step in method.steps()),
        claim=_claim(method, practice=practice, sampled=sample_percent is not None),
        practice=practice,
        not_checked=_not_checked(
            device,
            method,
            {
                "device-cache-not-excluded": small and not replug,
                "verification-sampled": sample_percent is not None,
                "descriptors-of-init-not-readable": bool(unread_processes),
            },
        ),
    )


def _claim(method: Method, *, practice: bool, sampled: bool) -> Claim:
    if practice:
        return PRACTICE_CLAIM
    return SAMPLE_CLAIM if sampled else method.claim


def _verified(step: Step, sample_percent: int | None, replug: bool) -> Step:
    if isinstance(step, VerifyPass):
        return replace(step, sample_percent=sample_percent, replug=replug)
    return step


def _not_checked(device: DeviceFacts, method: Method, of_this: dict[str, bool]) -> tuple[str, ...]:
    """List what the verification on this device will leave open.

    Args:
        device: its own unknowns come last.
        method: what it leaves open by its nature.
        of_this: what this one plan leaves open or not.
    """
    gaps = of_this | {
        "write-acceptance-sampled": not method.position_bound,
        "method-not-established": not method.established,
        "areas-outside-the-block-interface": True,
    }
    return (*(code for code, is_open in gaps.items() if is_open), *device.unknowns)


def require_confirmed(plan: WipePlan, confirm: str) -> None:
    """Refuse unless a person repeated what names the device.

    Args:
        plan: for the device.
        confirm: its serial, or a loop device's backing file.

    Raises:
        NotConfirmedError: it names another device, or none.
    """
    if not hmac.compare_digest(confirm.encode(), str(plan.device.confirmation).encode()):
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
