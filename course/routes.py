"""The ways through the collection: what comes before and after a notebook."""

import tomllib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Route:
    """A way through some of the notebooks.

    Attributes:
        title: For whom or what it is.
        why: What one gets from it.
        names: The notebooks' names, in order.
    """

    title: str
    why: str
    names: tuple[str, ...]


def read_routes(path: Path, present: Container[str]) -> list[Route]:
    """Read the English routes of `routes.toml`, without notebooks that are not there.

    Args:
        path: The file; without it there are no routes.
        present: The names of the notebooks.
    """
    if not path.is_file():
        return []
    found = []
    for route in tomllib.loads(path.read_text(encoding="utf-8"))["route"]:
        names = tuple(step["lesson"] for step in route["steps"] if step["lesson"] in present)
        found.append(Route(route["name"]["en"], route["for"]["en"], names))
    return found


def neighbours(names: Sequence[str], name: str) -> tuple[str | None, str | None]:
    """Return the names before and after one, or None at an end.

    Raises:
        ValueError: The name is not there.
    """
    place = list(names).index(name)
    before = names[place - 1] if place else None
    after = names[place + 1] if place + 1 < len(names) else None
    return before, after
