"""How a medium is brought into a story, and how one knows that the story was played. I/O."""

from typing import Final

from hw_tests.lab.fuse_medium import FuseMedium
from hw_tests.lab.owners import estate_of
from hw_tests.lab.scripts import SIZE_BYTES, Story, inborn

OWNER: Final = 46864


def begin(story: Story, medium: FuseMedium) -> None:
    """Make a story's medium, full of what its owner left; the story itself is still to come.

    Plug it in, then have the medium follow ``story.faults``.
    """
    medium.make(SIZE_BYTES, *inborn(story.faults), volatile=story.volatile)
    medium.plant(estate_of(OWNER, SIZE_BYTES))


def was_met(story: Story, medium: FuseMedium) -> bool:
    """Tell whether every fault of a story was met, and the medium came back as often as told."""
    counts = medium.counts()
    return all(counts["met"]) and counts["returns"] == story.returns
