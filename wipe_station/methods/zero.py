"""Method ``zero``: one pass of 00. Pure."""

from certs.text import Text
from wipe_station.methods import Method
from wipe_station.records import CLEAR_BY_OVERWRITE, FixedPattern

METHOD = Method(
    name="zero",
    title=Text(zh="写零一遍", en="One pass of zeros"),
    passes=(FixedPattern(repeat=b"\x00"),),
    claim=CLEAR_BY_OVERWRITE,
    certainty="own definition",
    source="own definition; not position-bound",
)
