"""Pretrained models and their tokenizers, loaded on the CPU. Safetensors only."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from shared.errors import UserError, short
from shared.model_checks import (
    UNLIMITED,
    loading,
    most_tokens,
    must_be_decoder,
    must_be_encoder,
    must_belong_together,
    positions,
)
from shared.model_folders import EMBEDDED, fingerprint, resolve
from shared.runs import damaged

__all__ = [  # what notebooks need of models, wherever it is defined
    "EMBEDDED",
    "UNLIMITED",
    "best_device",
    "fingerprint",
    "load_causal",
    "load_classifier",
    "load_encoder",
    "load_fine_tuned",
    "load_tokenizer",
    "most_tokens",
    "positions",
    "quiet",
    "resolve",
]


def best_device() -> torch.device:
    """Return CUDA if there is a GPU for it, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


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


def load_tokenizer(
    model_name: str = EMBEDDED, revision: str | None = None
) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a model that `resolve` finds; its weights are not needed."""
    folder = resolve(model_name, revision, weights=False)
    with loading(model_name, "a tokenizer"):
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
        AutoModelForSequenceClassification,
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
    must_belong_together(model, tokenizer, lacking, name)
    return model


def load_encoder(model_name: str = EMBEDDED, revision: str | None = None) -> PreTrainedModel:
    """Return a pretrained encoder without any head, on the CPU and ready to be asked.

    What it computes is `last_hidden_state`, a vector for each token; a pooler that was never
    trained is left out.

    Args:
        model_name: See `resolve`.
        revision: Commit, tag or branch on the Hub.

    Raises:
        UserError: The folder is no sound encoder with its tokenizer.
    """
    name = f"model_name = {short(model_name)}"
    model, tokenizer, lacking = _load(AutoModel, model_name, revision, name)
    if any("pooler" in weight for weight in lacking):
        model.pooler = None
    must_belong_together(model, tokenizer, [k for k in lacking if "pooler" not in k], name)
    return model.eval()


def load_causal(model_name: str = "smollm2", revision: str | None = None) -> PreTrainedModel:
    """Return a pretrained decoder that continues text, on the CPU and ready to be asked.

    Args:
        model_name: See `resolve`.
        revision: Commit, tag or branch on the Hub.

    Raises:
        UserError: The folder is no sound decoder with its tokenizer.
    """
    name = f"model_name = {short(model_name)}"
    model, tokenizer, lacking = _load(AutoModelForCausalLM, model_name, revision, name)
    must_belong_together(model, tokenizer, lacking, name)
    return model.eval()


def load_fine_tuned(
    folder: str | Path, labels: Sequence[str] | None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a fine-tuned model, on the CPU and ready to predict, and its tokenizer.

    The tokenizer knows how many tokens the model was trained to read (`model_max_length`).

    Args:
        folder: A model folder, as `classification.fine_tune` or `save_pretrained` makes it.
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
    model, tokenizer, lacking = _load(AutoModelForSequenceClassification, str(folder), None, name)
    must_belong_together(model, tokenizer, lacking, name)
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


_KINDS = {
    AutoModel: ("an encoder", must_be_encoder),
    AutoModelForCausalLM: ("a decoder", must_be_decoder),
    AutoModelForSequenceClassification: ("a text classifier", must_be_encoder),
}


def _load(
    auto: type, model_name: str, revision: str | None, name: str, **changes: object
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, list[str]]:
    """Return a model, its tokenizer, and the names of the weights that the files do not contain.

    Args:
        auto: One of `_KINDS`.
        model_name: See `resolve`.
        revision: Commit, tag or branch on the Hub.
        name: What messages call the model.
        **changes: To its configuration.
    """
    folder, (kind, must_be) = resolve(model_name, revision), _KINDS[auto]
    with quiet(), loading(model_name, kind):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, **changes)
    tokenizer = load_tokenizer(model_name, revision)
    must_be(config, tokenizer, name)
    with quiet(), loading(model_name, kind):
        model, report = auto.from_pretrained(
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
