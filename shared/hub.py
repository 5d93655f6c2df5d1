"""Downloads from the Hugging Face Hub: safetensors only, and one line for each way to fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import UserError, first_line, short
from shared.published import names
from shared.runs import sha256

if TYPE_CHECKING:
    from datasets import DatasetDict

_STATUS = {
    401: "requires a login (HTTP 401): `hf auth login`",
    403: "was refused (HTTP 403): your token may not write there",
    404: "is not on the Hub (HTTP 404): check owner/name",
    429: "was refused after too many requests (HTTP 429): wait, then try again",
}
_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]  # no pickle is ever downloaded
_NOT_FILES = ["onnx/*", "openvino/*"]


@cache
def downloaded(model_name: str, revision: str | None, weights: bool) -> Path:
    """Return the folder of a model of the Hub, which is asked once per process.

    Args:
        model_name: `owner/name`, or an old short name.
        revision: Commit, tag or branch.
        weights: Whether to download them; a tokenizer does not need them.

    Raises:
        UserError: It cannot be downloaded, or not whole.
    """
    from huggingface_hub import snapshot_download

    with hub_errors(model_name, f"model_name={names()}, which are embedded"):
        folder = Path(
            snapshot_download(
                model_name,
                revision=revision,
                allow_patterns=_FILES,
                ignore_patterns=_NOT_FILES if weights else [*_NOT_FILES, "*.safetensors"],
                max_workers=2,
            )
        )
    for file in map(Path.resolve, folder.glob("*.safetensors")):
        # The cache names a large file after the sha256 that the Hub states, and has not checked it.
        if len(file.name) == 64 and sha256(file) != file.name:
            file.unlink()
            raise UserError(
                f"The weights of {model_name!r} do not have the sha256 that the Hub states, "
                f"{file.name[:12]}…: they are deleted. Repeat to download them again."
            )
    return folder


def dataset_splits(dataset: str, revision: str | None, instead: str) -> "DatasetDict":
    """Return the splits of a data set of the Hub; there is a `train` among them.

    Args:
        dataset: `owner/name`, or `owner/name:configuration`.
        revision: Commit, tag or branch.
        instead: What can be used without the Hub, for the error.

    Raises:
        UserError: It cannot be downloaded, or has no split `train`.
    """
    from datasets import load_dataset

    name, _, configuration = dataset.partition(":")
    with hub_errors(name, instead):
        loaded = load_dataset(name, configuration or None, revision=revision)
    if "train" not in loaded:
        raise UserError(f"{dataset!r} has no split 'train'. It has: {', '.join(loaded)}.")
    return loaded


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
