"""Method ``random-twice``: the position-bound stream under two keys. Pure."""

from certs.text import Text
from wipe_station.methods import Method
from wipe_station.records import CLEAR_BY_OVERWRITE, RandomStream

METHOD = Method(
    name="random-twice",
    title=Text(zh="随机数据两遍", en="Two passes of random data"),
    passes=(RandomStream(), RandomStream()),
    claim=CLEAR_BY_OVERWRITE,
    certainty="own definition",
    source="own reading: the stricter of two published counts for flash",
)
