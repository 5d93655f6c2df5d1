"""Where a model's files are: embedded, in a local folder, or downloaded from the Hub."""

import hashlib
import os
from functools import cache
from pathlib import Path

from shared import embedded, published
from shared.errors import UserError, short
from shared.hub import downloaded
from shared.runs import sha256

EMBEDDED = "minilm"  # what is taken if no model is named
_PICKLES = ". Pickled weights are not loaded, since a pickle can run any code"
_OTHER_WEIGHTS = {
    ".gguf": " but GGUF, which transformers reads with gguf_file=…",
    ".onnx": " but ONNX, which is for inference only",
    **dict.fromkeys((".bin", ".pt", ".pth", ".ckpt", ".pkl"), _PICKLES),
}


def resolve(model_name: str = EMBEDDED, revision: str | None = None, weights: bool = True) -> Path:
    """Return the folder of a model: embedded (its hash checked), local, or downloaded.

    Args:
        model_name: A row of `published.MODELS`, a folder, or a model on the Hub as `owner/name`.
        revision: Commit, tag or branch on the Hub.
        weights: Whether weights are needed; a tokenizer alone is downloaded without them.

    Raises:
        UserError: The model is not found, its weights are not safetensors, or they are damaged.
    """
    if model_name in published.MODELS:
        return embedded.folder_of(model_name)
    folder = Path(model_name)
    if not os.path.isdir(folder):  # unlike Path.is_dir, it accepts names of any length
        if model_name.count("/") > 1 or model_name.startswith((".", "/", "~")):
            raise UserError(f"model_name = {short(model_name)}: there is no such folder.")
        folder = downloaded(model_name, revision, weights)
    lacks_weights = weights and not any(folder.glob("*.safetensors"))
    files = [*folder.iterdir(), *folder.glob("onnx/*")] if lacks_weights else []
    found = sorted({path.suffix for path in files} & _OTHER_WEIGHTS.keys())
    if not (found or (folder / "config.json").is_file()):  # a GGUF file needs none
        raise UserError(f"{model_name!r} has no config.json: it is not a model folder.")
    if lacks_weights:
        others = _OTHER_WEIGHTS[found[0]] if found else ""
        raise UserError(
            f"{model_name!r} has no .safetensors weights{others}: "
            f"convert them with `save_pretrained`."
        )
    return folder


def fingerprint(model_name: str = EMBEDDED, revision: str | None = None) -> str:
    """Return a hash of what decides a model: its configuration, weights and tokenizer.

    Two folders with the same files have the same fingerprint, wherever they are.

    Raises:
        UserError: As `resolve`.
    """
    folder = resolve(model_name, revision)
    kinds = (".json", ".safetensors", ".txt", ".model", ".jinja")
    notes = ("history.json", "metrics.json", "provenance.json", "manifest.json")
    files = sorted(p for p in folder.iterdir() if p.suffix in kinds and p.name not in notes)
    parts = [f"{path.name} {digest(path.resolve())}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def digest(path: Path) -> str:
    """Return the sha256 of a file, computed once while it does not change."""
    status = path.stat()
    return _digest_of(path, status.st_mtime_ns, status.st_size)


@cache
def _digest_of(path: Path, _time: int, _size: int) -> str:
    return sha256(path)
