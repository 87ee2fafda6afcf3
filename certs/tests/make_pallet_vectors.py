"""Makes ``vectors/pallet``: labels scanned one after the other, and what comes of them.

``python -m certs.tests.make_pallet_vectors`` writes the files, ``--check`` compares.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from certs.canonical import encode
from certs.pallet import Listed, Pallet, State, found, is_whole
from certs.pallet_session import replayed
from certs.qr import signed_qr
from certs.qr_claims import claims_of
from certs.short_code import grouped, short_code
from certs.tests.make_qr_vectors import named_statement
from certs.tests.make_vectors import differing, write_files
from certs.tests.pallet_samples import MANIFEST, STRANGERS, listed, pallet
from certs.tests.samples import PRODUCTION_SIGNER

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "pallet"
SOURCE: Final = "docs/qr.md"
Events = Sequence[str | None]
PALLET: Final = pallet()
GOOD: Final = [code for code, each in PALLET.listed.items() if each.why is None]
UNFIT: Final = [code for code, each in PALLET.listed.items() if each.why is not None]
_STATEMENT: Final = named_statement()
_DOCUMENT: Final = encode(_STATEMENT)
_CLAIMS: Final = claims_of(_STATEMENT, _DOCUMENT)
CODE: Final = signed_qr(_CLAIMS, PRODUCTION_SIGNER.sign)


def _of_document(digest: str) -> Listed:
    return Listed(
        code=short_code(_DOCUMENT),
        document=_CLAIMS.document_id,
        document_sha256=digest,
        ticket=None,
        why=None,
    )


WITH_CODE: Final = Pallet(
    number="P-8",
    manifest=MANIFEST,
    listed={short_code(_DOCUMENT): _of_document(_CLAIMS.document_sha256)},
)
COLLIDING: Final = Pallet(
    number="P-9", manifest=MANIFEST, listed={short_code(_DOCUMENT): _of_document("00" * 32)}
)
ALL_GOOD: Final = Pallet(
    number="P-10", manifest=MANIFEST, listed={each.code: each for each in map(listed, range(3))}
)
CASES: Final[dict[str, tuple[str, Pallet, Events]]] = {
    "nothing_scanned": ("Nothing was scanned: all of it is missing.", PALLET, []),
    "whole": ("All of it, once, in another order.", ALL_GOOD, [*reversed(list(ALL_GOOD.listed))]),
    "typed_by_hand": (
        "Groups, lower case, spaces, and letters for the digits that they look like.",
        ALL_GOOD,
        [
            grouped(next(iter(ALL_GOOD.listed))),
            *(f"  {code.lower()}\r\n" for code in list(ALL_GOOD.listed)[1:]),
        ],
    ),
    "look_alikes": (
        "O, I and L are read as 0 and 1, in the check character too.",
        PALLET,
        [code.replace("0", "o").replace("1", "l") for code in GOOD],
    ),
    "not_erased": ("Devices that do not count, for each reason.", PALLET, UNFIT),
    "unexpected": (
        "Labels of devices that nobody listed, one of them twice.",
        PALLET,
        [
            *STRANGERS,
            STRANGERS[0],
        ],
    ),
    "duplicate": (
        "Two labels that were scanned before.",
        PALLET,
        [*GOOD, GOOD[0], UNFIT[0], UNFIT[0]],
    ),
    "three_times": ("One label three times.", PALLET, [GOOD[0]] * 3),
    "damaged": (
        "No codes: one character wrong, missing or too many, other scripts, other codes.",
        PALLET,
        [
            GOOD[0][:-1],
            GOOD[0] + "0",
            GOOD[0][1] + GOOD[0][0] + GOOD[0][2:],
            ("1" if GOOD[0][0] != "1" else "2") + GOOD[0][1:],
            "短码" + GOOD[0],
            "\N{FULLWIDTH DIGIT ONE}" + GOOD[0][1:],
            "",
            "-",
            "https://recycling.example/",
            "wipe-cert:12",
            CODE[:-1],
            "0" * 5000,
        ],
    ),
    "undone": ("A label taken back, and scanned again.", PALLET, [GOOD[0], None, GOOD[0]]),
    "undone_to_the_beginning": (
        "More taken back than was scanned.",
        PALLET,
        [GOOD[0], None, None, GOOD[1]],
    ),
    "duplicate_undone": (
        "The second scan of a label taken back.",
        ALL_GOOD,
        [
            *ALL_GOOD.listed,
            next(iter(ALL_GOOD.listed)),
            None,
        ],
    ),
    "signed_code": ("The signed code of a strip names its document.", WITH_CODE, [CODE]),
    "signed_code_and_label": (
        "A strip's code, then the label.",
        WITH_CODE,
        [CODE, short_code(_DOCUMENT)],
    ),
    "signed_code_unexpected": ("A strip's code of a document that nobody listed.", PALLET, [CODE]),
    "signed_code_of_a_collision": (
        "Another document's code, whose short code is one of the manifest's.",
        COLLIDING,
        [CODE],
    ),
}


def vector(comment: str, scanned: Pallet, events: Events) -> dict[str, Any]:
    """Return one vector."""
    state = replayed(State(pallet=scanned), events)
    what = found(state)
    return {
        "expect": "equal",
        "layer": "none",
        "source": SOURCE,
        "comment": comment,
        "listed": [
            {
                "code": each.code,
                "document": each.document,
                "document_sha256": each.document_sha256,
                "why": each.why,
            }
            for each in scanned.listed.values()
        ],
        "events": list(events),
        "answers": [each.answer.value for each in state.scans],
        "found": what.statement(),
        "whole": is_whole(what),
    }


def rendered() -> dict[str, str]:
    """Return the files by name."""
    return {
        f"{name}.json": json.dumps(vector(*case), indent=2, sort_keys=True, ensure_ascii=False)
        + "\n"
        for name, case in CASES.items()
    }


def main() -> int:
    """Write or compare; return 1 if they differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        write_files(FOLDER, rendered())
    different = differing(FOLDER, rendered())
    sys.stdout.writelines(f"differs: {name}\n" for name in different)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
