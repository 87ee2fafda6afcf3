"""What a standard asks for, per medium, as data: one TOML file per policy.

A policy names a method and says how sure we are; it never invents passes of its own.
"""

from importlib import resources

from wipe_station.policy import Policy, parse_policy


def all_policies() -> dict[str, Policy]:
    """Return every policy of the folder by name."""
    files = [f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml")]
    policies = [parse_policy(f.read_text(encoding="utf-8")) for f in files]
    return {policy.name: policy for policy in sorted(policies, key=lambda p: p.name)}
