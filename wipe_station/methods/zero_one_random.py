"""Method ``zero-one-random``: 00, FF, then the position-bound stream. Pure."""

from certs.text import Text
from wipe_station.methods import Method
from wipe_station.records import CLEAR_BY_OVERWRITE, FixedPattern, RandomStream

METHOD = Method(
    name="zero-one-random",
    title=Text(zh="写零、写一、随机数据各一遍", en="Zeros, ones, then random data"),
    passes=(FixedPattern(repeat=b"\x00"), FixedPattern(repeat=b"\xff"), RandomStream()),
    claim=CLEAR_BY_OVERWRITE,
    certainty="own definition",
    source="own reading: at least three passes, at least one of them random",
)
