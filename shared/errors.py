"""Errors a user can mend: one line that names the value, what was expected, and the mend."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class UserError(ValueError):
    """Bad input. The message stands alone: in a notebook it is shown without a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython's hook
        return [f"{type(self).__name__}: {self}"]


def suggest(value: object, valid: Iterable[str]) -> str:
    """Return the end of a message: the nearest valid name, if one is near, and all of them."""
    names = [str(name) for name in valid]
    near = difflib.get_close_matches(str(value), names, n=1)
    return (f"Did you mean {near[0]!r}? " if near else "") + f"Valid: {', '.join(names)}."


@contextmanager
def hub_errors(name: str, instead: str) -> Iterator[None]:
    """Turn what a failing download raises into one `UserError` that says what to do.

    Args:
        name: The model or data set asked for.
        instead: What to use with no network, e.g. `model_name="minilm"`.
    """
    import httpx
    from huggingface_hub import errors as hub

    def fail(reason: str, mend: str, error: Exception) -> None:
        raise UserError(
            f"{name!r} {reason}. {mend} Or use {instead}, which is embedded."
        ) from error

    try:
        yield
    except UserError:
        raise
    except hub.GatedRepoError as error:
        fail("is gated", "Accept its terms on the Hub and log in with `hf auth login`.", error)
    except hub.RepositoryNotFoundError as error:
        fail("is not on the Hub, or private", "Check the spelling of owner/name.", error)
    except hub.RevisionNotFoundError as error:
        fail("has no such revision", "Check `revision`.", error)
    except hub.HfHubHTTPError as error:
        status = error.response.status_code
        mends = {401: "Log in with `hf auth login`.", 429: "Too many requests: wait, then repeat."}
        fail(f"was refused by the Hub (HTTP {status})", mends.get(status, "Repeat later."), error)
    except (hub.LocalEntryNotFoundError, hub.OfflineModeIsEnabled, OSError, httpx.HTTPError) as e:
        fail("could not be downloaded: the Hub cannot be reached, or broke off", "Go online.", e)
    except Exception as error:
        # `datasets` wraps the Hub's errors in its own.
        if type(error).__module__.startswith(("datasets", "huggingface_hub", "fsspec")):
            fail(f"could not be loaded ({str(error).splitlines()[0]})", "Check the name.", error)
        raise
