"""Method ``random``: one pass of the position-bound stream. Pure."""

from certs.text import Text
from wipe_station.methods import Method
from wipe_station.records import CLEAR_BY_OVERWRITE, RandomStream

METHOD = Method(
    name="random",
    title=Text(zh="随机数据一遍", en="One pass of random data"),
    passes=(RandomStream(),),
    claim=CLEAR_BY_OVERWRITE,
    certainty="own definition",
    source="design: stream xts128-1mib-v1",
)
