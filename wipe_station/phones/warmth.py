"""How warm a phone is, and whether it is too hot to be worked at. Pure."""

from dataclasses import dataclass

from wipe_station.phones.routes import COOL_CELSIUS, HOT_CELSIUS


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """What a phone says of its temperature, one reading after the other."""

    celsius: float | None = None
    """Of the newest reading; None where it told none."""
    hot: bool = False
    """From ``HOT_CELSIUS`` on, until it has told less than ``COOL_CELSIUS``."""

    def after(self, celsius: float | None) -> "Warmth":
        """Return how it stands after one more reading.

        A phone that was too hot and tells nothing any more is still too hot: whoever unplugs it and
        lets it cool begins anew.
        """
        if celsius is None:
            return Warmth(hot=self.hot)
        limit = COOL_CELSIUS if self.hot else HOT_CELSIUS
        return Warmth(celsius=celsius, hot=celsius >= limit)
