"""What the page is asked in tests: the vectors, and what no folder can hold."""

import base64
import json
from typing import Any, Final

from certs.errors import Layer
from certs.formats.fields import parse_time
from certs.layout import MAX_ZIP_BYTES, zipped
from certs.tests.make_qr_vectors import FOLDER as CODE_FOLDER
from certs.tests.make_vectors import FOLDER
from certs.tests.samples import (
    NOW,
    PRACTICE_ROOT,
    PRODUCTION_SIGNER,
    ROOT,
    certificate_statement,
    signed_files,
)

Vector = dict[str, Any]
CODE_PATHS: Final = sorted(CODE_FOLDER.glob("*.json"))
_NOW: Final = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
Case = list[Any]

VECTORS: Final[dict[str, Vector]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
OF_THE_PAGE: Final = {
    name: vector
    for name, vector in VECTORS.items()
    if vector["layer"] not in (Layer.PDF.value, Layer.TIME.value) and "witnesses" not in vector
}
"""The page never looks at a PDF or a time stamp, and knows no witness."""
GIVE: Final = """async ([files, options]) => {
  const bytes = (data) => Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const given = files.map(({ name, size, data }) =>
    data === null
      ? { name, size, arrayBuffer: () => Promise.reject(new Error("not to be read")) }
      : new File([bytes(data)], name),
  );
  const list = options.revoked;
  const [document, signature] = list ? [list.document, list.signature].map(bytes) : [];
  return [given, { ...options, revoked: list && { ...list, document, signature } }];
}"""
"""Makes of a case what the page's function takes."""
GIVE_CODE: Final = """async ([text, station, options]) => {
  const { chain, document: data } = station;
  const document = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const statement = data === "" ? {} : JSON.parse(new TextDecoder().decode(document));
  return [text, data === "" ? { chain } : { chain, document, statement }, options];
}"""
"""Makes of a code's case what the page's function takes."""
GOOD: Final = signed_files(certificate_statement(PRODUCTION_SIGNER), PRODUCTION_SIGNER)
PACKED: Final = zipped("20261123T172205Z-5f3a9c1e", GOOD)
ZIPS: Final = {
    "good": PACKED,
    "other folder": zipped("证明", GOOD),
    "empty": b"",
    "of nothing": zipped("x", {}),
    "cut short": PACKED[:-1],
    "longer": PACKED + b"\0",
    "cut inside": PACKED[:100],
    "name of no text": PACKED.replace(
        b"5f3a9c1e/certificate.json", b"5f3a9c1e/certific\xffte.json"
    ),
    "of seven": zipped("x", {str(number): b"x" for number in range(7)}),
    "one changed byte": PACKED.replace(b'"outcome":"verified"', b'"outcome":"Verified"'),
    "one name twice": PACKED.replace(b"certificate.sig", b"../../../../pem"),
}
"""Archives, most of which are refused."""


def case_of(vector: Vector) -> Case:
    """Return the files of a vector and how it asks."""
    files = [file(name, base64.b64decode(data)) for name, data in vector["files"].items()]
    root = base64.b64decode(vector["root"]).decode() if vector["with_root"] else None
    options = _options(root, vector["allow_practice"], vector["verified_at"])
    if "revoked" in vector:
        options["revoked"] = {
            "document": vector["revoked"],
            "signature": vector["revoked_signature"],
            "versionAtLeast": vector["revoked_version_at_least"],
        }
    return [files, options]


def code_case_of(vector: Vector) -> Case:
    """Return a code of `vectors/qr`, what it is held against, and how it is asked."""
    root = base64.b64decode(vector["root"]).decode() if vector["with_root"] else None
    station = {
        "chain": base64.b64decode(vector["chain"]).decode(),
        "document": vector["document"] if vector["with_document"] else "",
    }
    options = _options(root, vector["allow_practice"], vector["verified_at"])
    return [vector["text"], station, options]


def case_of_zip(data: bytes) -> Case:
    """Return an archive under an organisation's root."""
    return [[file("bundle.zip", data)], _under_root()]


def case_of_practice(files: dict[str, bytes]) -> Case:
    """Return any files, asked under the practice root."""
    given = [file(name, data) for name, data in files.items()]
    return [given, _options(PRACTICE_ROOT.pem.decode(), allow_practice=True, at=_NOW)]


def file(name: str, data: bytes) -> dict[str, Any]:
    """Return a file."""
    return {"name": name, "size": len(data), "data": base64.b64encode(data).decode()}


def unreadable(name: str, size: int) -> dict[str, Any]:
    """Return a file that can be looked at from outside only."""
    return {"name": name, "size": size, "data": None}


def _options(root: str | None, allow_practice: bool, at: str) -> dict[str, Any]:
    return {
        "rootPem": root,
        "rootLearned": root is not None,
        "allowPractice": allow_practice,
        "now": parse_time(at).timestamp() * 1000,
        "revoked": None,
    }


def _under_root() -> dict[str, Any]:
    return _options(ROOT.pem.decode(), allow_practice=False, at=_NOW)


LARGE: Final = {
    "zip": [[unreadable("bundle.zip", MAX_ZIP_BYTES + 1)], _under_root()],
    "zip of 1 GB": [[unreadable("bundle.zip", 1 << 30)], _under_root()],
    "document": [
        [
            unreadable("certificate.json", 1 << 30),
            *(file(name, GOOD[name]) for name in ("certificate.sig", "station.pem")),
        ],
        _under_root(),
    ],
}
"""Files that must be refused by their size, before they are read."""
CLOSED: Final = [[unreadable("bundle.zip", 10)], _under_root()]
"""A file that cannot be opened."""
CODES: Final = [code_case_of(json.loads(path.read_text("utf-8"))) for path in CODE_PATHS]
"""Codes of `vectors/qr`."""
CASES: Final = [
    *map(case_of, OF_THE_PAGE.values()),
    *map(case_of_zip, ZIPS.values()),
    *LARGE.values(),
    CLOSED,
]
