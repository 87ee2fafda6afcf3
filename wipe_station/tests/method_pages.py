"""The page of methods and policies, made of their data."""

from collections.abc import Iterator, Sequence

from wipe_station.method import Method, UnavailableMethod
from wipe_station.methods import all_methods, unavailable_methods
from wipe_station.policies import all_policies
from wipe_station.policy import Policy
from wipe_station.records import STREAM_NAME, Claim
from wipe_station.tests.markdown import code, page, table
from wipe_station.units import passes_text


def methods_page() -> str:
    """Show every method's literal passes and claim, then what each policy chooses."""
    methods = list(all_methods().values())
    return page(
        "Methods and policies",
        "A method is the list of passes below, literally, bytes in hexadecimal; then every byte of"
        " its last pass is read back and compared. *Random* is the stream"
        f" {code(STREAM_NAME)}, each time under a key of its own. *Position-bound* means that the"
        " comparison also proves capacity and the acceptance of every write; every other method"
        " begins with capacity probes, over the whole range and read back. *Verify* says whether"
        " the scheme asks for it (`mandatory`), ends with it (`named`), or the station adds it"
        " (`added`). No title claims that a standard is met.",
        _passes_table([m for m in methods if m.established]),
        "## Not established",
        "No source that was read gives these bytes. They are listed only by `wipe-station methods"
        " --all`, are refused without `--accept-unestablished`, and plan and document then say so.",
        _passes_table([m for m in methods if not m.established]),
        "## Not offered",
        table(
            ("Name", "Why not", "Certainty", "Source", "Disagreement"),
            map(_unavailable_row, unavailable_methods().values()),
        ),
        "## How sure we are",
        "[S] read in the named source; [S2] secondary source; [M-h], [M-m], [M-l] general"
        " knowledge of high, medium, low confidence.",
        table(
            ("Method", "Certainty", "Source", "Left open, and chosen", "What others do"),
            map(_source_row, methods),
        ),
        "## Claims",
        "\n".join(sorted({f"- {_claim(m.claim)}: {m.claim.reason}" for m in methods})),
        "That is the claim of every method here. A practice document claims nothing.",
        *(part for policy in all_policies().values() for part in _policy_parts(policy)),
    )


def _passes_table(methods: Sequence[Method]) -> str:
    heads = ("Method", "名称", "Passes", "Verify", "Position-bound")
    return table(heads, map(_passes_row, methods))


def _passes_row(method: Method) -> Sequence[str]:
    return (
        code(method.name),
        f"{method.title.zh}<br>{method.title.en}",
        passes_text(method.passes).en,
        method.verify.value,
        "yes" if method.position_bound else "no",
    )


def _source_row(method: Method) -> Sequence[str]:
    return (
        code(method.name),
        method.certainty,
        method.source,
        method.free_choice,
        method.disagreement,
    )


def _unavailable_row(method: UnavailableMethod) -> Sequence[str]:
    return (
        code(method.name),
        f"{method.unavailable.zh}<br>{method.unavailable.en}",
        method.certainty,
        method.source,
        method.disagreement,
    )


def _claim(claim: Claim) -> str:
    return f"{claim.category.value.capitalize()}, {claim.edition}"


def _policy_parts(policy: Policy) -> Iterator[str]:
    examined = "examined" if policy.text_examined else "not examined"
    yield f"## Policy `{policy.name}`"
    yield f"{policy.standard}, effective {policy.effective}; its text: {examined}."
    yield f"Certainty: {policy.certainty}. Source: {policy.source}."
    yield f"> {policy.disclaimer.zh}\n>\n> {policy.disclaimer.en}"
    yield table(
        ("Medium", "Method", "Certainty", "Reason"),
        (
            (medium.value, code(choice.method), choice.certainty, choice.reason)
            for medium, choice in policy.medium.items()
        ),
    )
