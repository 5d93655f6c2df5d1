"""What notebook 16 trains: the upper layers of a decoder, over states of the lower ones."""

import copy
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from shared.batched_decoding import Batch

Encoded = tuple[list[int], list[bool]]  # a text's token ids, and which of them are learnt


class Upper(nn.Module):
    """The upper layers of a decoder like Llama, which share its norm and head.

    Only they can be trained afterwards; what the lower ones make of a text never changes, so it is
    computed once.

    Args:
        model: The decoder.
        trained: How many layers, counted from the head, are trained.
    """

    def __init__(self, model: PreTrainedModel, trained: int) -> None:
        super().__init__()
        self.frozen = len(model.model.layers) - trained
        self.parts = [model]  # in a list, so that it is no part of this module
        model.requires_grad_(False)
        self.layers = model.model.layers[self.frozen :].requires_grad_(True)

    def _through(self, layers: Iterable[nn.Module], x: Tensor) -> Tensor:
        positions = torch.arange(x.shape[1])[None]
        turn = self.parts[0].model.rotary_emb(x, positions)
        for layer in layers:  # texts are padded on the right: the causal mask is enough
            x = layer(x, attention_mask=None, position_ids=positions, position_embeddings=turn)
        return x

    @torch.no_grad()
    def states(self, ids: Tensor) -> Tensor:
        """Return what the frozen layers make of ids (batch, seq): (batch, seq, width)."""
        decoder = self.parts[0].model
        return self._through(decoder.layers[: self.frozen], decoder.embed_tokens(ids))

    def forward(self, states: Tensor) -> Tensor:
        """Return (batch, seq, width) before the head, from the states of the frozen layers."""
        return self.parts[0].model.norm(self._through(self.layers, states))

    def head(self, x: Tensor) -> Tensor:
        """Return logits (…, vocabulary) of vectors (…, width)."""
        return self.parts[0].lm_head(x)

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of what is trained."""
        return copy.deepcopy(self.layers.state_dict())

    def load(self, weights: dict[str, Tensor]) -> None:
        """Take weights that `weights` returned."""
        self.layers.load_state_dict(weights)


class Rows(NamedTuple):
    """Texts as the upper layers need them.

    Attributes:
        states: Of the frozen layers, (texts, seq, width).
        ids: Token ids, (texts, seq), padded on the right.
        mask: Which tokens are learnt, (texts, seq), bool.
    """

    states: Tensor
    ids: Tensor
    mask: Tensor

    def take(self, rows: Sequence[int]) -> "Rows":
        """Return some texts, without columns in which no token of theirs is learnt any more."""
        chosen = torch.as_tensor(rows)
        columns = self.mask[chosen].any(0).nonzero()
        width = int(columns.max()) + 1 if len(columns) else self.ids.shape[1]
        return Rows(*(part[chosen, :width] for part in self))


def padded(texts: Sequence[Encoded], pad: int) -> tuple[Tensor, Tensor]:
    """Return ids and mask of texts, (texts, seq) each, padded on the right."""
    width = max(len(ids) for ids, _ in texts)
    ids = torch.full((len(texts), width), pad)
    mask = torch.zeros(len(texts), width, dtype=torch.bool)
    for row, (text, learnt) in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = torch.tensor(learnt)
    return ids, mask


def rows_of(upper: Upper, texts: Sequence[Encoded], pad: int, batch_size: int = 32) -> Rows:
    """Return texts with the states of the frozen layers."""
    ids, mask = padded(texts, pad)
    return Rows(torch.cat([upper.states(part) for part in ids.split(batch_size)]), ids, mask)


def sample(
    upper: Upper,
    prompts: Sequence[Sequence[int]],
    steps: int,
    end: int,
    seed: int,
    temperature: float = 1.0,
    times: int = 1,
) -> tuple[list[list[int]], Rows]:
    """Return answers that are drawn from the model's own probabilities, and their rows.

    What the frozen layers make of each token is kept while it is written, so that nothing has to be
    computed again to train on the answers. The last token's state is 0: nothing follows it.

    Args:
        upper: The upper layers of the decoder that writes.
        prompts: Token ids.
        steps: Tokens at most.
        end: The token that ends an answer; it is returned with it, if it was reached.
        seed: Of the draws.
        temperature: Logits are divided by it.
        times: How many answers to each prompt; those of one prompt stand together.

    Returns:
        The tokens of the answers (prompts · times), and the rows in which they are marked.
    """
    generator = torch.Generator().manual_seed(seed)

    def drawn(logits: Tensor, _: list[list[int]]) -> Tensor:
        chances = (logits / temperature).softmax(-1)
        return torch.multinomial(chances, 1, generator=generator)[:, 0]

    seen: list[Tensor] = []
    hook = upper.layers[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    try:
        batch = Batch(upper.parts[0], prompts)
        read = torch.cat([part.expand(len(prompts), -1, -1) for part in seen], 1)
        seen.clear()
        batch.repeat(times)
        written = batch.written(steps, end, drawn)
    finally:
        hook.remove()
    read = torch.cat([read.repeat_interleave(times, 0), *seen], 1)  # (answers, seq, width)
    whole = [(list(prompts[number // times]), said) for number, said in enumerate(written)]
    ids, mask = padded([(prompt + said, [False] * len(prompt) + [True] * len(said))
                        for prompt, said in whole], end)  # fmt: skip
    states = torch.zeros(*ids.shape, read.shape[-1])
    for row, (prompt, said) in enumerate(whole):
        before = batch.mask.shape[1] - len(prompt)  # padding on the left of what differs
        common = int(batch.mask[row].cumprod(0).sum()) if before else 0
        kept = torch.cat([read[row, :common], read[row, common + before :]])
        states[row, : len(prompt) + len(said) - 1] = kept[: len(prompt) + len(said) - 1]
    return written, Rows(states, ids, mask)
