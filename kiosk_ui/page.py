"""The templates, loaded once and kept in memory: after the start nothing is read from the disk."""

from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from certs.text import Language
from kiosk_ui.steps import STEPS, load_pictures
from kiosk_ui.words import load_catalogues, ready_between, said
from wipe_station.api_values import ProgressView, Words
from wipe_station.phone_values import Step
from wipe_station.units import printable, remaining_text, size_text

THEMES: Final = ("auto", "bright", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one browser wants its pages."""

    language: Language
    theme: str


class Pages:
    """Renders templates in the language and theme of one browser."""

    def __init__(self, token: str) -> None:
        """Load everything that a page can need.

        Args:
            token: what every form carries, and only our own pages know.
        """
        loader = DictLoader(_texts(files("kiosk_ui") / "templates"))
        self._environments = {
            language: _environment(loader, catalogue, language)
            for language, catalogue in load_catalogues().items()
        }
        for environment in self._environments.values():
            environment.globals["token"] = token
            for name in environment.list_templates():
                environment.get_template(name)

    def render(self, name: str, look: Look, **values: object) -> str:
        """Return a page or a piece of one."""
        template = self._environments[look.language].get_template(name)
        return template.render(look=look, **values)


def load_static() -> dict[str, bytes]:
    """Return the files that pages load, by name; the libraries of others among them."""
    static = files("kiosk_ui") / "static"
    found = {entry.name: entry for entry in static.iterdir() if entry.is_file()}
    for folder in ("vendor", "steps"):
        found |= {f"{folder}/{e.name}": e for e in (static / folder).iterdir() if e.is_file()}
    return {name: entry.read_bytes() for name, entry in found.items()}


def _texts(folder: Traversable) -> dict[str, str]:
    return {entry.name: entry.read_text("utf-8") for entry in folder.iterdir()}


def clock_text(seconds: int) -> str:
    """Write a time that runs, in minutes and seconds, as in both languages."""
    return f"{seconds // 60}:{seconds % 60:02}"


def running_clock(seconds: int) -> Markup:
    """Write a time that a page's script lets run on."""
    told = Markup('<time class="clock" data-seconds="{}">{}</time>')
    return told.format(seconds, clock_text(seconds))


def _environment(
    loader: DictLoader, catalogue: NullTranslations, language: Language
) -> Environment:
    pictures = {step: Markup(svg) for step, svg in load_pictures().items()}  # noqa: S704 - ours
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]

    def say(words: Words) -> str:
        return printable(said(words, language))

    def remaining(progress: ProgressView) -> str:
        ends = (progress.remaining_low_s, progress.remaining_high_s)
        known = None if ends[0] is None or ends[1] is None else (float(ends[0]), float(ends[1]))
        return remaining_text(known).in_language(language)

    def ready(progress: ProgressView) -> tuple[str, str] | None:
        now = datetime.now().astimezone()
        return ready_between(progress.remaining_low_s, progress.remaining_high_s, now, language)

    def picture(step: Step) -> Markup:
        return Markup('<span class="step" role="img" aria-label="{}">{}</span>').format(
            said(STEPS[step], language), pictures[step]
        )

    def step_said(step: Step) -> str:
        return said(STEPS[step], language)

    helpers: dict[str, Any] = {"say": say, "shown": printable, "size": size_text}
    helpers |= {
        "picture": picture,
        "step_said": step_said,
        "clock": clock_text,
        "running": running_clock,
    }
    environment.filters |= helpers | {"remaining": remaining, "ready": ready}
    return environment
