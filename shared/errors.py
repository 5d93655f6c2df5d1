"""Errors that a user can fix: one line with the value, what was expected, and what to do."""

import difflib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = {
    401: "requires a login (HTTP 401): `hf auth login`",
    403: "was refused (HTTP 403): your token may not write there",
    404: "is not on the Hub (HTTP 404): check owner/name",
    429: "was refused after too many requests (HTTP 429): wait, then try again",
}


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
def full_disk(folder: Path) -> Iterator[None]:
    """Turn whatever a full disk raises, while `folder` is written, into one `UserError`."""
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
            f"COURSE_RUNS elsewhere, then run again. What was finished is kept."
        ) from error


@contextmanager
def hub_errors(name: str, instead: str) -> Iterator[None]:
    """Turn whatever a failed download raises into one `UserError` that says what to do.

    Args:
        name: The model or data set asked for.
        instead: What to use without a network, such as `model_name="minilm", which is embedded`.
    """
    from huggingface_hub import errors as hub

    fixes = {
        hub.GatedRepoError: "is gated: accept its terms on the Hub, then `hf auth login`",
        hub.RevisionNotFoundError: "has no such revision: check `revision`",
        hub.RepositoryNotFoundError: "is not on the Hub, or is private: check owner/name",
    }
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        chain = [error]
        while cause := chain[-1].__cause__ or chain[-1].__context__:
            chain.append(cause)
        # The error that arrives here may hide the one that matters. When the Hub is too busy: first
        # HTTPStatusError, from it HfHubHTTPError with the status 429, from that, last,
        # LocalEntryNotFoundError without a status. So the earliest one that we know decides.
        known = [e for e in chain if isinstance(e, (*fixes, hub.HfHubHTTPError))]
        status = next((e.response.status_code for e in known if getattr(e, "response", None)), 0)
        if known and (kind := next((k for k in fixes if isinstance(known[-1], k)), None)):
            reason = fixes[kind]
        elif status:
            reason = _STATUS.get(status, f"was refused by the Hub (HTTP {status}): try again later")
        elif isinstance(error, OSError) or type(error).__module__.startswith("httpx"):
            reason = "could not be downloaded: the Hub cannot be reached, or the connection broke"
        elif type(error).__module__.startswith(("datasets", "huggingface_hub", "fsspec")):
            reason = f"could not be loaded: {first_line(error)}"
        else:
            raise
        message = f"{short(name)} {reason}. Without a network use {instead}."
        raise UserError(message) from error
