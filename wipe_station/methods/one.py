"""Method ``one``: one pass of FF. Pure."""

from certs.text import Text
from wipe_station.methods import Method
from wipe_station.records import CLEAR_BY_OVERWRITE, FixedPattern

METHOD = Method(
    name="one",
    title=Text(zh="写一一遍", en="One pass of ones"),
    passes=(FixedPattern(repeat=b"\xff"),),
    claim=CLEAR_BY_OVERWRITE,
    certainty="own definition",
    source="own definition; not position-bound",
)
