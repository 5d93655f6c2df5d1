"""Ask a decoder: the log-probabilities of what follows prompts, and answers written greedily."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from shared.batched_decoding import Batch
from shared.errors import UserError, short

TOKENS = 1500  # a batch; more gain no speed on a few cores, and need memory


def _batches(prompts: Sequence[Sequence[int]], common: int) -> Iterator[list[int]]:
    """Yield rows of similar length, so that little is padded."""
    rows: list[int] = []
    for row in np.argsort([len(ids) for ids in prompts], kind="stable").tolist():
        if rows and (len(rows) + 1) * (len(prompts[row]) - common) > TOKENS:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


@torch.inference_mode()
def next_log_chances(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], columns: Sequence[int]
) -> np.ndarray:
    """Return log p of some tokens as the next one after each prompt: (prompts, columns).

    What all prompts begin with is read once. Prompts are padded on the left of what differs.

    Args:
        model: A decoder.
        prompts: Token ids.
        columns: The tokens that are asked for.
    """
    result = np.zeros((len(prompts), len(columns)))
    together = zip(*prompts, strict=False)
    alike = next((i for i, ids in enumerate(together) if len(set(ids)) > 1), None)
    shortest = min(map(len, prompts)) - 1
    common = shortest if alike is None else min(alike, shortest)
    read = DynamicCache(config=model.config)
    if common:
        model(torch.tensor([list(prompts[0][:common])]), past_key_values=read, logits_to_keep=1)
    for rows in _batches(prompts, common):
        tails = [prompts[row][common:] for row in rows]
        width = max(map(len, tails))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.ones(len(rows), common + width, dtype=torch.long)
        for row, tail in enumerate(tails):
            ids[row, width - len(tail) :] = torch.tensor(list(tail))
            mask[row, common : common + width - len(tail)] = 0
        cache = DynamicCache(config=model.config)
        for number, layer in enumerate(read.layers if common else ()):
            cache.update(
                layer.keys.expand(len(rows), -1, -1, -1),
                layer.values.expand(len(rows), -1, -1, -1), number,
            )  # fmt: skip
        positions = (mask.cumsum(1) - 1).clamp_min(0)[:, -width:]
        logits = model(
            ids, past_key_values=cache, attention_mask=mask, position_ids=positions,
            logits_to_keep=1,
        ).logits[:, -1]  # fmt: skip
        result[rows] = logits.log_softmax(-1)[:, list(columns)].double().numpy()
    return result


def word_log_chances(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    words: Sequence[str],
) -> np.ndarray:
    """Return log p of each word after each prompt, (prompts, words), over all its tokens."""
    pieces = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
    result = np.zeros((len(prompts), len(words)))
    beginnings = {tuple(ids[:i]) for ids in pieces for i in range(len(ids))}
    for begun in sorted(beginnings):
        asked = {i: ids[len(begun)] for i, ids in enumerate(pieces)
                 if len(ids) > len(begun) and tuple(ids[: len(begun)]) == begun}  # fmt: skip
        longer = [[*ids, *begun] for ids in prompts]
        result[:, list(asked)] += next_log_chances(model, longer, list(asked.values()))
    return result


def chat_ids(
    tokenizer: PreTrainedTokenizerBase,
    question: str,
    system: str | None = None,
    before: Sequence[tuple[str, str]] = (),
) -> list[int]:
    """Return the token ids of a question in the model's chat template.

    Args:
        tokenizer: With a chat template.
        question: The user's turn.
        system: Another system message; `None` leaves the template's own.
        before: Earlier turns: a question and its answer.
    """
    turns = [] if system is None else [{"role": "system", "content": system}]
    for asked, answer in before:
        turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    turns.append({"role": "user", "content": question})
    return tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)


def answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    steps: int,
    allowed: Callable[[list[int]], Sequence[int]] | None = None,
    batch_size: int = 16,
) -> list[str]:
    """Return what the model writes greedily after each prompt, at most `steps` tokens."""
    end = tokenizer.eos_token_id
    said = [""] * len(prompts)
    order = np.argsort([len(ids) for ids in prompts], kind="stable").tolist()
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        written = Batch(model, [prompts[row] for row in rows]).greedy(steps, end, allowed)
        for row, text in zip(rows, tokenizer.batch_decode(written), strict=True):
            said[row] = text
    return said


@torch.inference_mode()
def token_log_chances(model: PreTrainedModel, ids: Sequence[int]) -> np.ndarray:
    """Return log p of each token but the first, given all before it: (tokens - 1,)."""
    row = torch.tensor([list(ids)])
    chances = model(row).logits[0, :-1].log_softmax(-1)
    return chances.gather(1, row[0, 1:, None])[:, 0].double().numpy()


def check_template(template: str) -> None:
    """Refuse a template that has no place for the text, or more than one.

    Raises:
        UserError: It is so.
    """
    if template.count("{text}") != 1:
        raise UserError(
            f"template = {short(template)}: expected {{text}} in it once, where the text goes."
        )


def check_words(words: Sequence[str], classes: Sequence[str]) -> None:
    """Refuse label words that are not one for each class, or not different.

    Raises:
        UserError: It is so.
    """
    if len(words) != len(classes) or len(set(words)) < len(words) or not all(words):
        raise UserError(
            f"label_words = {short(', '.join(words))}: expected {len(classes)} different words "
            f"with commas between, in the order of the classes {', '.join(classes)}."
        )
