"""The ways through the collection: what comes before and after a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """A way through some of the notebooks.

    Attributes:
        title: For whom or what it is.
        why: One sentence, or nothing.
        names: The notebooks' names, in order.
    """

    title: str
    why: str
    names: tuple[str, ...]


def neighbours(names: Sequence[str], name: str) -> tuple[str | None, str | None]:
    """Return the names before and after one, or None at an end.

    Raises:
        ValueError: The name is not there.
    """
    place = list(names).index(name)
    before = names[place - 1] if place else None
    after = names[place + 1] if place + 1 < len(names) else None
    return before, after
