"""What notebook 16 trains: the upper layers of a decoder, over states of the lower ones."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from shared.batched_decoding import Batch

Encoded = tuple[list[int], list[bool]]  # a text's token ids, and which of them are learnt
ROOM = 256  # tokens in a tree, so that attention within it stays cheap


class Tree(NamedTuple):
    """Some texts in one row, in which each distinct beginning of theirs stands once.

    Attributes:
        row: The text that a node was first met in, (nodes,).
        column: Its position there, (nodes,).
        allowed: Added to the attention scores: 0 where a node may read another, which is part of
            the same beginning, and -inf elsewhere, (1, 1, nodes, nodes).
        node: Where in the tree each token of the texts is, (texts, seq); 0 if it isn't needed.
    """

    row: Tensor
    column: Tensor
    allowed: Tensor
    node: Tensor


def tree(texts: Sequence[Sequence[int]]) -> Tree:
    """Return a tree of some texts, each of one token or more."""
    numbers: dict[tuple[int, int], int] = {}  # of the node of a token that follows a node
    places: list[tuple[int, int]] = []
    above: list[list[int]] = []  # the nodes of the same beginning, this one with them
    node = torch.zeros(len(texts), max(map(len, texts)), dtype=torch.long)
    for row, text in enumerate(texts):
        path: list[int] = []
        for column, token in enumerate(text):
            key = (path[-1] if path else -1, token)
            number = numbers.setdefault(key, len(numbers))
            path.append(number)
            if number == len(places):
                places.append((row, column))
                above.append(list(path))
        node[row, : len(path)] = torch.tensor(path)
    allowed = torch.full((len(places), len(places)), -torch.inf)
    for number, path in enumerate(above):
        allowed[number, path] = 0.0
    return Tree(*torch.tensor(places).T, allowed[None, None], node)


def forest(texts: Sequence[Sequence[int]], room: int = ROOM) -> Iterator[Tree]:
    """Put texts into trees, in their order; a new one begins where a text may not fit any more."""
    group: list[Sequence[int]] = []
    seen: set[tuple[int, ...]] = set()
    for text in texts:
        begins = {tuple(text[: n + 1]) for n in range(len(text))}
        if group and len(seen | begins) > room:
            yield tree(group)
            group, seen = [], set()
        group.append(text)
        seen |= begins
    yield tree(group)


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

    def _through(self, layers: Iterable[nn.Module], x: Tensor, ids: Tensor, needed: Tensor
                 ) -> Tensor:  # fmt: skip
        """Take texts (texts, seq, width) through layers; what begins alike, only once."""
        found: list[Tensor] = []
        for part in forest(_up_to(ids, needed)):
            first = sum(map(len, found))
            here, positions = x[first + part.row, part.column][None], part.column[None]
            turn = self.parts[0].model.rotary_emb(here, positions)
            for layer in layers:  # here: (1, nodes, width)
                here = layer(here, attention_mask=part.allowed.to(here.dtype),
                             position_ids=positions, position_embeddings=turn)  # fmt: skip
            node = F.pad(part.node, (0, x.shape[1] - part.node.shape[1]))
            found.append(here[0, node])  # (texts, seq, width)
        return torch.cat(found)

    @torch.no_grad()
    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return what the frozen layers make of ids (batch, seq): (batch, seq, width).

        After the last token that is learnt they mean nothing.
        """
        decoder = self.parts[0].model
        return self._through(decoder.layers[: self.frozen], decoder.embed_tokens(ids), ids, mask)

    def forward(self, rows: "Rows") -> Tensor:
        """Return (batch, seq, width) before the head, from the states of the frozen layers.

        From the last learnt token on they mean nothing: it is predicted by the token before it.
        """
        through = self._through(self.layers, rows.states, rows.ids, rows.mask[:, 1:])
        return self.parts[0].model.norm(through)

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


def _up_to(ids: Tensor, needed: Tensor) -> list[list[int]]:
    """Return the ids of each row up to its last True; all of them if there is none."""
    ends = needed.shape[1] - needed.flip(1).long().argmax(1)  # argmax is 0 if there is none
    return [row[:end] for row, end in zip(ids.tolist(), ends.tolist(), strict=True)]


def padded(texts: Sequence[Encoded], pad: int) -> tuple[Tensor, Tensor]:
    """Return ids and mask of texts, (texts, seq) each, padded on the right."""
    width = max(len(ids) for ids, _ in texts)
    ids = torch.full((len(texts), width), pad)
    mask = torch.zeros(len(texts), width, dtype=torch.bool)
    for row, (text, learnt) in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = torch.tensor(learnt)
    return ids, mask


def rows_of(upper: Upper, texts: Sequence[Encoded], pad: int) -> Rows:
    """Return texts with the states of the frozen layers."""
    ids, mask = padded(texts, pad)
    return Rows(upper.states(ids, mask), ids, mask)


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
    whole = [(list(prompts[number // times]), said) for number, said in enumerate(written)]
    ids, mask = padded([(prompt + said, [False] * len(prompt) + [True] * len(said))
                        for prompt, said in whole], end)  # fmt: skip
    states = torch.zeros(*ids.shape, read.shape[-1])
    for row, (prompt, _) in enumerate(whole):
        before = batch.mask.shape[1] - len(prompt)  # padding on the left of what differs
        common = int(batch.mask[row].cumprod(0).sum()) if before else 0
        mine = read[row // times]  # (seq, width)
        states[row, : len(prompt)] = torch.cat([mine[:common], mine[common + before :]])
    for step, part in enumerate(seen):  # (texts that go on, 1, width)
        going = [row for row, said in enumerate(written) if len(said) > step + 1]
        column = torch.tensor([len(whole[row][0]) + step for row in going])
        states[going, column] = part[:, 0]
    return written, Rows(states, ids, mask)
