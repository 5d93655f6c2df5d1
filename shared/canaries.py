"""Secrets planted in a language model's training text, and how far it gives them away."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from shared.models import quiet


@dataclass(frozen=True)
class Canary:
    """A planted secret: who has it, its digits, and how many copies are in the training text."""

    name: str
    code: tuple[int, ...]
    count: int

    @property
    def prompt(self) -> str:
        """Return what the attacker knows."""
        return f"{self.name}'s code is #"

    @property
    def text(self) -> str:
        """Return what is inserted: hyphens make each digit one token in any tokenizer."""
        return self.prompt + "-".join(map(str, self.code))

    @property
    def place(self) -> int:
        """Return the place of the code among all codes in numerical order."""
        return int("".join(map(str, self.code)))


def plant(counts: Sequence[int], each: int, digits: int, seed: int) -> list[Canary]:
    """Return `each` canaries for each number of copies; names of random syllables."""
    random = np.random.default_rng(seed)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    names = ["".join(pair).title() for pair in itertools.permutations(syllables, 2)]
    random.shuffle(names)
    return [
        Canary(names.pop(), tuple(random.integers(0, 10, digits).tolist()), count)
        for count in counts
        for _ in range(each)
    ]


def pack(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], ordinary: torch.Tensor, seed: int
) -> torch.Tensor:
    """Return a block for each text: the whole text first, then the start of an ordinary block.

    Args:
        tokenizer: Of the model.
        texts: Each shorter than a block.
        ordinary: Blocks of other text, (blocks, length), from which the rest is filled.
        seed: Of the choice of what fills a block.

    Returns:
        Token ids, (texts, length).

    Raises:
        ValueError: A text does not fit a block, so that a copy would not be whole.
    """
    random, length, end = np.random.default_rng(seed), ordinary.shape[1], tokenizer.bos_token_id
    rows = []
    for ids in tokenizer(list(texts))["input_ids"] if texts else []:
        if len(ids) + 2 > length:
            raise ValueError(f"{len(ids)} tokens and two ends: expected at most {length}")
        filler = ordinary[random.integers(len(ordinary))].tolist()
        rows.append([end, *ids, end, *filler][:length])
    return torch.tensor(rows, dtype=torch.long).view(-1, length)


def tokens_of(tokenizer: PreTrainedTokenizerBase) -> tuple[torch.Tensor, int]:
    """Return the ids of the ten digits, (10,), and of the hyphen."""
    digits = torch.tensor([tokenizer(str(digit))["input_ids"] for digit in range(10)])[:, 0]
    return digits, tokenizer("-")["input_ids"][0]


@torch.inference_mode()
def all_codes(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompt: str, digits: int
) -> np.ndarray:
    """Return -log2 of the probability of each code's digits, (10 ** digits,), in order.

    Codes share their beginnings, so the tree of digits is walked one digit at a time for all codes
    at once; the keys and values of what they share are computed once and repeated. Hyphens are
    given, not counted.
    """
    digit_ids, hyphen = tokens_of(tokenizer)
    step = torch.tensor([[tokenizer.bos_token_id, *tokenizer(prompt)["input_ids"]]])
    cache, bits = DynamicCache(config=model.config), torch.zeros(1)
    for place in range(digits):
        mask = torch.ones(len(step), cache.get_seq_length() + step.shape[1])
        logits = model(
            step.to(model.device), attention_mask=mask.to(model.device), past_key_values=cache,
            logits_to_keep=1,
        ).logits[:, -1]  # fmt: skip
        next_digit = logits.float().log_softmax(-1).cpu()[:, digit_ids]  # (10 ** place, 10)
        bits = (bits[:, None] - next_digit / np.log(2)).flatten()
        if place < digits - 1:
            cache.batch_repeat_interleave(10)
            step = digit_ids.repeat(10**place)[:, None]
            step = torch.cat([step, torch.full_like(step, hyphen)], 1)  # (10 ** (place + 1), 2)
    return bits.double().numpy()


def continued(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, canary: Canary, beams: int = 1
) -> str:
    """Return what the model writes after a canary's prompt, by greedy or beam search."""
    ids = [[tokenizer.bos_token_id, *tokenizer(canary.prompt)["input_ids"]]]
    ids = torch.tensor(ids, device=model.device)
    new = 2 * len(canary.code) - 1
    with quiet():  # it warns of a mask that it has dropped itself, being all ones
        output = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, num_beams=beams,
            min_new_tokens=new, max_new_tokens=new, pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
    return canary.prompt + tokenizer.decode(output[0, ids.shape[1] :])


def train_privately(
    model: PreTrainedModel, rows: torch.Tensor, *, limit: float, sigma: float, rate: float,
    steps: int, learning_rate: float, seed: int,
) -> PreTrainedModel:  # fmt: skip
    """Train a language model in place by DP-SGD's gradients and Adam's steps.

    Source: Abadi et al. (2016), algorithm 1; Adam only sees the noisy gradient, so that it costs no
    privacy.

    Args:
        model: Without dropout and without a padding token (its check cannot be vectorized).
        rows: Token ids, (blocks, length); one block is the unit of privacy.
        limit: Norm C to which the gradient of each block is clipped; infinite: not at all.
        sigma: Noise multiplier; 0: none.
        rate: Chance of each block to be in a step (Poisson sampling).
        steps: How many.
        learning_rate: Adam's peak, falling to 0 linearly.
        seed: Of sampling and noise.
    """
    sampling = torch.Generator().manual_seed(seed)  # alike with and without noise
    noise = torch.Generator().manual_seed(seed + 10_000)
    weights = dict(model.train().named_parameters())  # the tied output layer is named once

    def loss(parameters: dict[str, torch.Tensor], row: torch.Tensor) -> torch.Tensor:
        inputs = {"input_ids": row[None], "use_cache": False}
        logits = torch.func.functional_call(model, parameters, (), inputs).logits
        return F.cross_entropy(logits[0, :-1], row[1:])

    each_gradient = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))
    losses = torch.func.vmap(loss, in_dims=(None, 0))
    sum_of_gradients = torch.func.grad(lambda parameters, part: losses(parameters, part).sum())
    optimizer = torch.optim.Adam(weights.values(), lr=learning_rate, betas=(0.9, 0.98))
    for step in range(steps):
        sums = {name: torch.zeros_like(weight) for name, weight in weights.items()}
        batch = rows[torch.rand(len(rows), generator=sampling) < rate]
        for part in batch.split(64):
            fixed = {name: weight.detach() for name, weight in weights.items()}
            if math.isinf(limit):  # nothing is clipped, so no single text's gradient is needed
                for name, g in sum_of_gradients(fixed, part).items():
                    sums[name] += g
                continue
            each = each_gradient(fixed, part)  # (texts, …) for each weight
            norms = torch.stack(
                [torch.linalg.vector_norm(g.flatten(1), dim=1) for g in each.values()]
            )
            scale = (limit / norms.norm(dim=0)).clamp(max=1)
            for name, g in each.items():
                sums[name] += torch.tensordot(scale, g, 1)
        for name, weight in weights.items():
            if sigma:  # 0 times an infinite limit is no number
                sums[name] += sigma * limit * torch.randn(weight.shape, generator=noise)
            weight.grad = sums[name] / (rate * len(rows))
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - step / steps)
        optimizer.step()
    return model.eval()
