"""The drawings of notebook 01, made from its numbers."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from shared.drawing import Box, Drawing


def draw_lookup(lengths: Tensor, values: Tensor, weights: Tensor, answers: Tensor) -> None:
    """Show weights (queries, keys) and answers (queries,) as a query of one direction grows."""
    first, last = answers[0], answers[-1]
    drawing = Drawing(
        440, 200,
        f"A table of weights on three keys whose values are 1, 2 and 10. A query of length 0 gives "
        f"each a third, and the mean, {first:.2f}; the longest query gives the second key nearly "
        f"all, and the answer {last:.2f}.",
    )  # fmt: skip
    rows = [f"query of length {length:.0f}" for length in lengths]
    names = [f"v = {value:.0f}" for value in values]
    drawing.matrix(140, 46, weights, cell=(66, 34), rows=rows, columns=names, largest=1)
    drawing.matrix(372, 46, answers[:, None], cell=(60, 34), columns=["answer"], shade=False)
    drawing.arrow((342, 114), (368, 114))
    drawing.text(239, 14, "weights: how much of each value", bold=True)
    drawing.text(220, 191, "the longer the query, the harder the look-up", size=13)
    drawing.show()


def draw_projections(x: Tensor, products: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """Show x (the, river, bank; 2) times each matrix (2, 2): name to (matrix, product)."""
    words = ["the", "river", "bank"]
    drawing = Drawing(
        430, 356,
        f"The matrix x of three words, {', '.join(words)}, with two numbers each, is multiplied by "
        "three matrices: W_Q gives the queries Q, W_K the keys K, W_V the values V.",
    )  # fmt: skip
    source = drawing.matrix(58, 148, x, rows=words, columns=["water", "money"], cell=(44, 28),
                            title="x", format=".0f", shade=False)  # fmt: skip
    for top, (name, (matrix, product)) in zip((28, 148, 268), products.items(), strict=True):
        middle = top + 42
        factor = drawing.matrix(208, top + 14, matrix, cell=(38, 28), title=f"W_{name}",
                                format=".1f", shade=False)  # fmt: skip
        result = drawing.matrix(338, top, product, cell=(42, 28), title=name, format=".1f",
                                largest=4)  # fmt: skip
        drawing.arrow((source.right[0] + 4, source.right[1]), (factor.x - 6, middle))
        drawing.arrow((factor.right[0] + 4, middle), (result.x - 6, middle))
    drawing.show()


def draw_reading(meanings: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """Show what "bank" reads in two sentences: word to (weights (3, 3), new vectors (3, 2))."""
    said = "; ".join(
        f"after {word} it is ({new[2, 0]:.2f}, {new[2, 1]:.2f})"
        for word, (_, new) in meanings.items()
    )
    drawing = Drawing(
        470, 250,
        "Two sentences. In each, the word bank reads a little of the, most of river or savings, "
        f"and some of itself; arrows are as wide as the weights. Its vector was (1, 1); {said}.",
    )  # fmt: skip
    for left, (word, (weights, new)) in zip((10, 245), meanings.items(), strict=True):
        boxes = drawing.words(left, 12, ["the", word, "bank"], ["grey", "blue", "orange"], gap=26)
        centre = sum(box.bottom[0] for box in boxes) / 3
        reader = drawing.box(centre - 62, 120, 124, 30, "bank reads", "orange")
        for box, weight in zip(boxes, weights[2].tolist(), strict=True):
            end = centre + (box.bottom[0] - centre) * 0.55, 118
            drawing.arrow((box.bottom[0], 58), end, width=1 + 6 * weight)
            drawing.text(box.bottom[0], 48, f"{weight:.2f}", 13, bold=True)
        drawing.arrow(reader.bottom, (centre, 184))
        drawing.text(centre + 8, 166, "+ its own (1, 1)", 12, "start")
        numbers = ", ".join(f"{value:.2f}" for value in new[2]).replace("-", "−")
        drawing.box(centre - 75, 186, 150, 30, f"({numbers})", "green")
        drawing.text(centre, 233, "water, money", 12)
    drawing.show()


def draw_masks(padding: Tensor, causal: Tensor, tokens: Sequence[str]) -> None:
    """Show masks (n, n), True where a query may look, and both, by the weights of equal scores."""
    masks = {"padding": padding, "causal": causal, "both": padding & causal}
    shares = ["", "1", "½", "⅓", "¼", "⅕"]  # "0.3" three times would not make 1
    drawing = Drawing(
        470, 220,
        "Three 5 by 5 tables of weights for the, river, bank and two padding tokens. Padding hides "
        "the last two columns, the causal mask everything right of the diagonal, both together the "
        "union. What is left of each row shares the weight equally.",
    )  # fmt: skip
    for number, (name, mask) in enumerate(masks.items()):
        even = torch.zeros(mask.shape).masked_fill(~mask, -math.inf).softmax(-1)
        drawing.matrix(48 + 142 * number, 58, even, hidden=~mask, cell=(27, 27), size=13,
                       format=lambda weight: shares[round(1 / weight)],
                       rows=list(tokens) * (not number), title=name, largest=1)  # fmt: skip
    drawing.text(255, 16, "rows: queries, columns: keys in the same order", 13)
    drawing.text(255, 208, "grey: hidden, weight exactly 0", 13)
    drawing.show()


def draw_heads(x: Tensor, ways: Mapping[str, Tensor]) -> None:
    """Show x (2 tokens, 4) and two ways to cut it into (2 heads, 2 tokens, 2)."""
    drawing = Drawing(
        470, 300,
        "Token a holds 0 to 3, token b 4 to 7. Split, then swapped: head 1 has 0 1 of a and 4 5 of "
        "b, head 2 has 2 3 and 6 7. A direct view puts 0 1 and 2 3, both of a, into head 1, and "
        "both rows of b into head 2: right shape, wrong numbers.",
    )  # fmt: skip
    whole = drawing.matrix(170, 30, x, rows=["a", "b"], cell=(34, 28), format=".0f", largest=8,
                           title="x: 2 tokens × 4")  # fmt: skip
    for left, (name, heads) in zip((60, 300), ways.items(), strict=True):
        drawing.text(left + 34, 134, name, 14, bold=True)
        drawing.arrow((whole.bottom[0], 90), (left + 34, 120))
        for number, head in enumerate(heads):
            top = 158 + 72 * number
            drawing.matrix(left, top, head, cell=(34, 28), format=".0f", largest=8)
            drawing.text(left - 8, top + 28, f"head {number + 1}", 13, "end")
            owners = ["a" if row.max() < x[1].min() else "b" for row in head]
            owners[1] = f"also of {owners[1]}" if owners[0] == owners[1] else owners[1]
            for row, owner in enumerate(owners):
                drawing.text(left + 74, top + 14 + 28 * row, owner, 13, "start")
    drawing.show()


def draw_transformer() -> None:
    """Draw figure 1 of Vaswani et al. (2017)."""
    drawing = Drawing(
        460, 530,
        "The Transformer of 2017. Left, the encoder, six times: self-attention, add and norm, "
        "feed-forward, add and norm. Right, the decoder, six times: causal self-attention, "
        "cross-attention, which takes keys and values from the encoder's output, and feed-forward, "
        "each with add and norm; then a linear layer and a softmax. Both begin with embeddings "
        "plus positions. Arrows around each box are the residual connections.",
    )  # fmt: skip

    def block(left: float, y: float, text: str, fill: str, side: int) -> tuple[Box, Box]:
        """Draw a block, its "add & norm", and the residual on a side of both (-1: left)."""
        low = drawing.box(left, y, 150, 40, text, fill, 13)
        high = drawing.box(left, y - 32, 150, 22, "add & norm", "yellow", 12)
        x, end = (left - 16, left) if side < 0 else (left + 166, left + 150)
        drawing.arrow((low.bottom[0], y + 49), (x, y + 49), (x, y - 21), (end, y - 21))
        drawing.arrow(low.top, high.bottom)
        return low, high

    drawing.box(18, 210, 184, 202, dashed=True)
    drawing.box(258, 116, 184, 296, dashed=True)
    for left, source in ((44, "source"), (266, "written so far")):
        start = drawing.box(left, 478, 150, 26, f"embed: {source}", "pink", 13)
        place = drawing.box(left + 30, 434, 90, 26, "+ positions", "grey", 13)
        drawing.text(left + 75, 518, "tokens", 12)
        drawing.arrow(start.top, place.bottom)
    below, own = block(44, 352, "self-attention", "orange", -1)
    network, memory = block(44, 258, "feed-forward", "blue", -1)
    causal, after_causal = block(266, 352, "self-attention\n(causal)", "orange", 1)
    cross, after_cross = block(266, 258, "cross-attention", "orange", 1)
    last, after_last = block(266, 164, "feed-forward", "blue", 1)
    head = drawing.box(266, 70, 150, 26, "linear", "grey", 13)
    top = drawing.box(266, 24, 150, 26, "softmax: next token", "green", 13)
    for start, box in (
        ((119, 434), below), (own.top, network), ((341, 434), causal), (after_causal.top, cross),
        (after_cross.top, last), (after_last.top, head), (head.top, top),
    ):  # fmt: skip
        drawing.arrow(start, box.bottom)
    drawing.arrow(memory.top, (119, 194), (230, 194), (230, 278), cross.left)
    drawing.text(126, 182, "to keys and values", 12)
    drawing.text(230, 398, "6 ×", 14, bold=True)
    drawing.text(112, 154, "encoder", 15, bold=True)
    drawing.text(190, 96, "decoder", 15, bold=True)
    drawing.show()
