"""The ways through the collection, and what comes before and after a notebook on each."""

import tomllib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import lesson
from lesson import Lesson


@dataclass(frozen=True)
class Route:
    """A way through some of the notebooks.

    Attributes:
        name: By language.
        purpose: What it is for, by language.
        steps: Lessons, with one line why, by language.
    """

    name: dict[str, str]
    purpose: dict[str, str]
    steps: tuple[tuple[Lesson, dict[str, str]], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the lessons, in order."""
        return tuple(one.name for one, _ in self.steps)


def read_routes(path: Path, present: Container[str]) -> list[Route]:
    """Read the routes of `routes.toml`, without notebooks that are not there.

    Args:
        path: The file; without it there are no routes.
        present: The names of the notebooks.
    """
    if not path.is_file():
        return []
    found = []
    for route in tomllib.loads(path.read_text(encoding="utf-8"))["route"]:
        steps = tuple(
            (Lesson(step["lesson"]), step) for step in route["steps"] if step["lesson"] in present
        )
        found.append(Route(route["name"], route["for"], steps))
    return found


def routes() -> list[Route]:
    """Return the routes of this repository."""
    present = [one.name for one in lesson.lessons()]
    return read_routes(lesson.ROOT / "course" / "routes.toml", present)


def neighbours(names: Sequence[str], name: str) -> tuple[str | None, str | None]:
    """Return the names before and after one, or None at an end.

    Raises:
        ValueError: The name is not there.
    """
    place = list(names).index(name)
    before = names[place - 1] if place else None
    after = names[place + 1] if place + 1 < len(names) else None
    return before, after
