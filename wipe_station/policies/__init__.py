"""What a standard asks for, per medium, as data: one TOML file per policy.

A policy names a method and says how sure we are; it never invents passes of its own.
"""

from functools import cache
from importlib import resources

from wipe_station.policy import Policy, parse_policy


def all_policies() -> dict[str, Policy]:
    """Return every policy of the folder by name."""
    return {policy.name: policy for policy in _all()}


@cache  # a board names the policy of every job, many times a second
def _all() -> tuple[Policy, ...]:
    files = [f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml")]
    policies = [parse_policy(f.read_text(encoding="utf-8")) for f in files]
    return tuple(sorted(policies, key=lambda policy: policy.name))
