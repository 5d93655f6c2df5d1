"""Language models from scratch: a BPE tokenizer, a small GPT-2, its training, its losses."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from shared.batches import shuffled, to_device
from shared.loop import train
from shared.parallel import accelerator
from shared.recipes import History, Recipe

END = "<|endoftext|>"  # begins and ends each text, and pads, as in GPT-2


def train_tokenizer(texts: Sequence[str], vocab_size: int) -> PreTrainedTokenizerBase:
    """Return a byte-level BPE tokenizer trained on the texts (Radford et al. 2019, section 2.2)."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, bos_token=END, eos_token=END, pad_token=END
    )


def small_gpt2(vocab_size: int, seed: int = 0, **config: object) -> GPT2LMHeadModel:
    """Return an untrained GPT-2; `config` overrides its small sizes by GPT2Config's names.

    GPT-2's initial weights suit 768 dimensions: with fewer, attention starts out flat and learns
    late. The activation is GPT-2's, computed in one operation.
    """
    sizes = {"n_positions": 128, "n_embd": 192, "n_layer": 4, "n_head": 6}
    sizes |= {"activation_function": "gelu_pytorch_tanh"} | config
    sizes.setdefault("initializer_range", sizes["n_embd"] ** -0.5)
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}  # END is the first entry
    torch.manual_seed(seed)
    return GPT2LMHeadModel(GPT2Config(vocab_size=vocab_size, **(ends | sizes)))


def blocks(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], length: int) -> torch.Tensor:
    """Return the texts end to end, cut into rows: (blocks, length), no padding."""
    return laid_out(tokenizer(list(texts))["input_ids"], tokenizer.bos_token_id, length)


def laid_out(rows: Sequence[Sequence[int]], end: int, length: int) -> torch.Tensor:
    """Return texts, given as token ids, as `blocks` does: each after an end token."""
    ids = [i for row in rows for i in (end, *row)]
    return torch.tensor(ids[: len(ids) // length * length]).view(-1, length)


def fit(
    model: PreTrainedModel,
    rows: torch.Tensor,
    recipe: Recipe,
    evaluate: Callable[[], dict[str, float]] | None = None,
) -> History:
    """Train a causal language model in place, and return its losses, in nats per token.

    Args:
        model: Decoder with a language-model head.
        rows: Token ids, (blocks, length); shuffled anew for each epoch.
        recipe: How; its fields on validation and freezing are not used.
        evaluate: Called after each epoch; what it measures stands in the history.

    Raises:
        NotFiniteError: The loss is not finite.
    """
    device = accelerator().device

    def loss(model: torch.nn.Module, chosen: list[int]) -> torch.Tensor:
        batch = to_device({"ids": rows[chosen]}, device)["ids"]  # (batch, length)
        return _losses(model, batch).mean()

    return train(
        model,
        shuffled(len(rows), recipe.batch_size, recipe.seed),
        loss,
        recipe,
        evaluate=evaluate,
        betas=(0.9, 0.98),  # a shorter memory of squared gradients than usual: the run is short
    )


@torch.inference_mode()
def token_losses(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int = 128,
    batch_size: int = 64,
) -> list[np.ndarray]:
    """Return, for each text alone, -log p of each of its tokens and of the end, in nats.

    The perplexity of the texts is exp of the mean over all their tokens. A text that fills
    more than `max_length` positions, its beginning included, is cut and has no end.
    """
    end = tokenizer.bos_token_id
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    losses: list[np.ndarray] = [np.zeros(0)] * len(encoded)
    model.eval()
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        ids = [torch.tensor([end, *encoded[row], end][:max_length]) for row in rows]
        # Padding on the right is seen by no token that counts, since attention looks back only.
        batch = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=end)
        batch = batch.to(model.device)  # (batch, seq)
        for row, values, tokens in zip(rows, _losses(model, batch).cpu(), ids, strict=True):
            losses[row] = values[: len(tokens) - 1].numpy()
    return losses


def _losses(model: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """Return -log p of each token but the first, (batch, seq - 1): position t predicts t + 1."""
    logits = model(batch, attention_mask=torch.ones_like(batch), use_cache=False).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), batch[:, 1:].flatten(), reduction="none"
    )
    return losses.view(len(batch), -1)
