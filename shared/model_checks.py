"""What a model and its tokenizer must be before anything is computed with them."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import safetensors
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from shared import published
from shared.errors import UserError, first_line, short

_SPARE_ROWS = 1024  # of an embedding matrix, beyond the vocabulary: rounding up for speed
# Positions of these begin after the padding token's id (RoBERTa: 2), so they read so many fewer.
_SHIFTED = {
    *("camembert", "data2vec-text", "ibert", "longformer", "luke", "mpnet", "roberta"),
    *("roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"),
}
UNLIMITED = 10**9  # tokens; a tokenizer that does not know its limit says 10^30


def positions(config: PreTrainedConfig) -> int:
    """Return how many tokens a model has positions for; 10^9 if its positions are relative."""
    count = getattr(config, "max_position_embeddings", None) or UNLIMITED
    if config.model_type in _SHIFTED:
        count -= (config.pad_token_id or 0) + 1
    relative = config.model_type.startswith("deberta") and not config.position_biased_input
    return UNLIMITED if relative else count


def most_tokens(config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens of a text a model reads, as its positions and its tokenizer say.

    `classification.fine_tune` saves a tokenizer that says what the model was trained with.
    """
    return min(positions(config), tokenizer.model_max_length, UNLIMITED)


def must_be_encoder(
    config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase, name: str
) -> None:
    """Refuse what was not trained to fill masks, such as a decoder, and what cannot be padded.

    Args:
        config: Of the model.
        tokenizer: Of the model.
        name: What the message calls it.
    """
    if config.model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES or config.is_encoder_decoder:
        raise UserError(
            f"{name} is of type {config.model_type!r}: expected an encoder, such as BERT, "
            f"DistilBERT, RoBERTa, XLM-R, ELECTRA, MPNet, DeBERTa or ModernBERT. Embedded: "
            f"{published.names('encoder')}."
        )
    if tokenizer.pad_token is None:
        raise UserError(
            f"{name}: its tokenizer has no padding token: set `pad_token` and save it again."
        )


def must_be_decoder(
    config: PreTrainedConfig, _tokenizer: PreTrainedTokenizerBase, name: str
) -> None:
    """Refuse what was not trained to continue text, such as an encoder."""
    kind = config.model_type
    # Some encoders, such as BERT, have a class that continues text, with weights that never did.
    encodes = kind in MODEL_FOR_MASKED_LM_MAPPING_NAMES or config.is_encoder_decoder
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or encodes:
        raise UserError(
            f"{name} is of type {kind!r}: expected a decoder, such as GPT-2, Llama or Qwen. "
            f"Embedded: {published.names('decoder')}."
        )


def must_belong_together(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, lacking: list[str], name: str
) -> None:
    """Refuse weights, configuration and tokenizer that are not of one model.

    Args:
        model: With its configuration.
        tokenizer: Of the same folder.
        lacking: Names of the weights that should be in the files and are not.
        name: What messages call the model.
    """
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
def loading(model_name: str, what: str) -> Iterator[None]:
    """Turn what keeps a model or tokenizer from being loaded into one `UserError`.

    Args:
        model_name: What was asked for.
        what: What it is loaded as, such as `an encoder`.
    """
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
