"""Continue many prompts together: what they begin with is computed once, and a mask may be set."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

Allowed = Callable[[list[int]], Sequence[int]]  # from the tokens written so far to those allowed
# From logits (batch, vocabulary), and what is written so far, to the next tokens (batch,)
Choose = Callable[[Tensor, list[list[int]]], Tensor]


class Batch:
    """Prompts in a batch, read up to their last token; `greedy` and `written` continue them.

    Prompts are padded on the left of what differs, after their common beginning.

    Args:
        model: A decoder.
        prompts: Their token ids.
    """

    @torch.inference_mode()
    def __init__(self, model: PreTrainedModel, prompts: Sequence[Sequence[int]]) -> None:
        self.model = model
        together = zip(*prompts, strict=False)
        alike = next((i for i, ids in enumerate(together) if len(set(ids)) > 1), None)
        common = min(map(len, prompts)) - 1 if alike is None else alike
        tails = [list(ids[common:]) for ids in prompts]
        width = max(map(len, tails))
        self.mask = torch.ones(len(prompts), common + width, dtype=torch.long)  # (batch, seq)
        ids = torch.zeros(len(prompts), width, dtype=torch.long)
        for row, tail in enumerate(tails):
            ids[row, width - len(tail) :] = torch.tensor(tail)
            self.mask[row, common : common + width - len(tail)] = 0
        self.cache = DynamicCache(config=model.config)
        if common:
            first = torch.tensor([list(prompts[0][:common])])
            model(first, past_key_values=self.cache, logits_to_keep=1)
            self.cache.batch_repeat_interleave(len(prompts))
        self.logits = self._read(self.cache, self.mask, ids)  # (batch, vocabulary)

    def _read(self, cache: DynamicCache, mask: Tensor, ids: Tensor) -> Tensor:
        """Read tokens (batch, new), and return the logits of what follows them."""
        positions = (mask.cumsum(1) - 1).clamp_min(0)[:, -ids.shape[1] :]
        said = self.model(
            ids, past_key_values=cache, attention_mask=mask, position_ids=positions,
            logits_to_keep=1,
        )  # fmt: skip
        return said.logits[:, -1]

    @torch.inference_mode()
    def repeat(self, times: int) -> None:
        """Let each prompt be continued several times; its copies stand together."""
        self.mask = self.mask.repeat_interleave(times, 0)
        self.logits = self.logits.repeat_interleave(times, 0)
        self.cache.batch_repeat_interleave(times)

    @torch.inference_mode()
    def after(self, tokens: Sequence[int]) -> Tensor:
        """Return the logits of what follows if each prompt is continued by these tokens."""
        ids = torch.tensor([list(tokens)] * len(self.mask))
        mask = torch.cat([self.mask, torch.ones_like(ids)], 1)
        return self._read(copy.deepcopy(self.cache), mask, ids)

    @torch.inference_mode()
    def written(self, steps: int, end: int, choose: Choose) -> list[list[int]]:
        """Return the tokens that are chosen for each prompt, one by one, with the end if reached.

        What is chosen for a text that has ended is ignored.

        Args:
            steps: Tokens at most.
            end: The token that ends a text.
            choose: How the next tokens are chosen.
        """
        cache, mask, logits = copy.deepcopy(self.cache), self.mask, self.logits.clone()
        written: list[list[int]] = [[] for _ in mask]
        going = list(range(len(mask)))  # the texts that have not ended; only they are read
        for step in range(steps):
            chosen = choose(logits, written)  # (batch,)
            for row in going:
                written[row].append(int(chosen[row]))
            still = [place for place, row in enumerate(going) if written[row][-1] != end]
            if step == steps - 1 or not still:
                break
            if len(still) < len(going):
                going = [going[place] for place in still]
                mask = mask[still]
                cache.batch_select_indices(torch.tensor(still))
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], 1)
            logits[going] = self._read(cache, mask, chosen[going][:, None])
        return written

    def greedy(self, steps: int, end: int, allowed: Allowed | None = None) -> list[list[int]]:
        """Return the most probable tokens, one by one, for each prompt, without the end.

        Args:
            steps: Tokens at most.
            end: The token that ends a text.
            allowed: All other tokens get a probability of 0.
        """

        def likeliest(logits: Tensor, written: list[list[int]]) -> Tensor:
            if allowed:
                barred = torch.full_like(logits, -torch.inf)
                for row, tokens in enumerate(written):
                    barred[row, list(allowed(tokens))] = 0.0
                logits = logits + barred
            return logits.argmax(-1)

        written = self.written(steps, end, likeliest)
        return [ids[:-1] if ids[-1:] == [end] else ids for ids in written]
