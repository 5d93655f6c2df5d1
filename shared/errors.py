"""Errors that a user can fix: one line with the value, what was expected, and what to do."""

import difflib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class UserError(ValueError):
    """Bad input. The message is complete: a notebook shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython's hook
        return [f"{type(self).__name__}: {self}"]


def short(value: object) -> str:
    """Return a value as Python writes it, on one line of at most 80 characters."""
    text = repr(value).replace("\n", " ")  # of arrays and of some objects
    return text if len(text) <= 80 else f"{text[:77]}…"


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its type if it has none."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
    return "".join(character if character.isprintable() else " " for character in line)


def suggest(value: object, valid: Iterable[str]) -> str:
    """Return the end of a message: the closest valid name, if any, and the first 20 of them."""
    names = [str(name) for name in valid]
    near = difflib.get_close_matches(str(value)[:80], names, n=1)
    listed = ", ".join(short(name)[1:-1] for name in names[:20]) + ", …" * (len(names) > 20)
    return (f"Did you mean {near[0]!r}? " if near else "") + f"Valid: {listed or 'none'}."


@contextmanager
def full_disk(folder: Path, variable: str = "COURSE_RUNS") -> Iterator[None]:
    """Turn whatever a full disk raises, while `folder` is written, into one `UserError`.

    Args:
        folder: What is written.
        variable: The environment variable that moves it.
    """
    try:
        yield
    except Exception as error:
        # Some libraries, such as safetensors, give the number only in their text.
        found = re.search(r"(?:os error|Errno) (\d+)", str(error))
        number = int(found[1]) if found else getattr(error, "errno", None)
        if number not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise UserError(
            f"{folder} cannot be written ({os.strerror(number)}): free some space, or set "
            f"{variable} elsewhere, then run again. What was finished is kept."
        ) from error
