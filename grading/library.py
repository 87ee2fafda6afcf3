"""The rule sets that ship with the program: one TOML file each in ``rules/``. I/O."""

from importlib import resources
from typing import Final

from grading.errors import GradingError
from grading.rules import RuleSet
from grading.ruleset import parse_ruleset
from grading.text import Text

DEFAULT_RULESET: Final = "drive-1"


def all_rulesets() -> dict[str, RuleSet]:
    """Return every rule set by the name that ``--ruleset`` takes."""
    files = (resources.files("grading") / "rules").iterdir()
    texts = [f.read_bytes().decode("utf-8") for f in files if f.name.endswith(".toml")]
    rulesets = [parse_ruleset(text) for text in texts]
    named = {f"{ruleset.name}-{ruleset.version}": ruleset for ruleset in rulesets}
    return dict(sorted(named.items()))


def ruleset_named(name: str) -> RuleSet:
    """Return one rule set.

    Raises:
        GradingError: there is none of that name.
    """
    rulesets = all_rulesets()
    if name not in rulesets:
        raise GradingError(
            Text(zh="没有这个名字的评级规则。", en="There is no rule set of that name."),
            hint=Text(zh="可用的：" + "、".join(rulesets), en="There are: " + ", ".join(rulesets)),
        )
    return rulesets[name]
