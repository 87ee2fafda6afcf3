"""What can be made of a page. Pure."""

from enum import Enum


class Output(Enum):
    """A kind of file; the value is its suffix, and typst's name for it."""

    PDF = "pdf"
    PNG = "png"
