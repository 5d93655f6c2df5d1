"""From texts to batches: how they are encoded, in which order they come, what a model answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np
import torch
from datasets import Dataset
from torch.utils.data import Sampler
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared.models import UNLIMITED, most_tokens, positions

WINDOW = 50  # batches whose examples are sorted by length together


class LengthBuckets(Sampler[list[int]]):
    """Batches of examples of similar length, in an order that depends on seed and epoch only.

    Examples are shuffled, sorted by length inside windows of `WINDOW` batches, and the batches
    are shuffled again: little padding, and still a random order, also of examples of one length.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed = np.asarray(lengths), batch_size, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is iterated; `Trainer` and `accelerate` call this too."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.of_epoch(self.epoch))

    def of_epoch(self, epoch: int) -> list[list[int]]:
        """Return the rows of each batch of an epoch."""
        random = np.random.default_rng([self.seed, epoch])
        order, size = random.permutation(len(self.lengths)), self.batch_size * WINDOW
        windows = [order[i : i + size] for i in range(0, len(order), size)]
        order = np.concatenate([w[np.argsort(self.lengths[w], kind="stable")] for w in windows])
        batches = [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        return [batches[index].tolist() for index in random.permutation(len(batches))]


def shuffled(n: int, batch_size: int, seed: int) -> Callable[[int], list[list[int]]]:
    """Return a function that gives the rows of each batch of an epoch: 0 to n - 1, shuffled."""

    def of_epoch(epoch: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(seed)
        for _ in range(epoch + 1):
            order = torch.randperm(n, generator=generator)
        return [rows.tolist() for rows in order.split(batch_size)]

    return of_epoch


def to_device(batch: Mapping[str, torch.Tensor], device: torch.device) -> dict[str, torch.Tensor]:
    """Return the tensors of a batch on a device, without waiting for what a GPU still computes."""
    later = device.type == "cuda"
    return {name: tensor.to(device, non_blocking=later) for name, tensor in batch.items()}


def limit(model: PreTrainedModel, max_length: int) -> int:
    """Return how many tokens of a text a model reads, and say once if it is fewer than asked for.

    Args:
        model: Whose positions are asked.
        max_length: What is asked for.
    """
    most = positions(model.config)
    if max_length > most:
        _say_cut(max_length, most)
    return min(max_length, most)


def tokens_read(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_length: int = 0
) -> int:
    """Return how many tokens of a text are read: as many as asked for (`limit`), or by default.

    Args:
        model: Whose positions are asked.
        tokenizer: Which says how many tokens the model was trained to read.
        max_length: What is asked for; 0: what the model was trained to read.
    """
    return limit(model, max_length) if max_length else most_tokens(model.config, tokenizer)


@cache
def _say_cut(asked: int, most: int) -> None:
    print(f"max_length = {asked}: the model reads {most} tokens; longer texts are cut there.")


def encode(tokenizer: PreTrainedTokenizerBase, split: Dataset, max_length: int) -> Dataset:
    """Return the split as `input_ids`, `attention_mask` (and so on) and `label`."""

    def rows(batch: dict) -> dict:
        return dict(tokenizer(batch["text"], truncation=True, max_length=max_length))

    unused = [column for column in split.column_names if column != "label"]
    # Nothing is looked up by this fingerprint; a real one would hash the tokenizer for a second.
    return split.map(
        rows, batched=True, remove_columns=unused, keep_in_memory=True, new_fingerprint="encoded"
    )


@torch.inference_mode()
def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int = 0,
    batch_size: int = 64,
) -> np.ndarray:
    """Return the logits, (len(texts), labels), computed in batches of similar length.

    Args:
        model: Classifier or regression.
        tokenizer: Its tokenizer.
        texts: Any number.
        max_length: Tokens; 0: as many as the model was trained to read, as its tokenizer says.
        batch_size: Texts computed at once.
    """
    most = tokens_read(model, tokenizer, max_length)
    cut = {"truncation": True, "max_length": most} if most < UNLIMITED else {}
    encoded = tokenizer(list(texts), **cut)
    order = np.argsort([len(ids) for ids in encoded["input_ids"]], kind="stable")
    model.eval()
    logits = np.zeros((len(order), model.config.num_labels), dtype=np.float32)
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        batch = tokenizer.pad({k: [v[j] for j in rows] for k, v in encoded.items()}, padding=True)
        tensors = {name: torch.tensor(value).to(model.device) for name, value in batch.items()}
        logits[rows] = model(**tensors).logits.float().cpu().numpy()
    return logits
