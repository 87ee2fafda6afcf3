"""Makes the page of its parts: one file, whose policy knows the hash of each part."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Final

from certs.page.data import page_data

FOLDER: Final = Path(__file__).parent
SCRIPTS: Final = (
    "base.js",
    "layout.js",
    "der.js",
    "x509.js",
    "chain.js",
    "canonical.js",
    "fields.js",
    "head.js",
    "rules.js",
    "short_code.js",
    "document.js",
    "log.js",
    "revocation.js",
    "verdict.js",
    "verify.js",
    "cbor.js",
    "qr.js",
    "qr_words.js",
    "pallet.js",
    "together.js",
)
"""In this order: later ones use what earlier ones name. None touches the document."""
SCREENS: Final = (
    "camera.js",
    "screen.js",
    "code_screen.js",
    "receipt.js",
    "pallet_screen.js",
    "start.js",
)
"""What the person sees and does, in this order too."""


def checking_script() -> str:
    """Return what checks and shows nothing, without what hides its names."""
    data = json.dumps(page_data(), ensure_ascii=False, indent=1)
    parts = [(FOLDER / "js" / name).read_text("utf-8") for name in SCRIPTS]
    return "\n".join(['"use strict";', f"const DATA = {data};", *parts])


def verify_page() -> str:
    """Return the whole page."""
    screen = "\n".join((FOLDER / "js" / name).read_text("utf-8") for name in SCREENS)
    # An element of this kind ends at the first "</", whatever stands around it.
    script = f"(() => {{\n{checking_script()}\n{screen}\n}})();\n".replace("</", "<\\/")
    style = (FOLDER / "verify.css").read_text("utf-8")
    page = (FOLDER / "verify.html").read_text("utf-8")
    for mark, part in {
        "@POLICY@": _policy(script, style),
        "@STYLE@": style,
        "@SCRIPT@": script,
    }.items():
        assert page.count(mark) == 1, "each part has its one place"
        page = page.replace(mark, part)
    return page


def _policy(script: str, style: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'sha256-{_digest(script)}'",
            f"style-src 'sha256-{_digest(style)}'",
            "img-src data:",  # the empty icon that keeps a browser from asking for one
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _digest(part: str) -> str:
    return base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
