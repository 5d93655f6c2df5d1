"""The drawings of notebook 13, made from its numbers."""

import itertools
import math
from collections.abc import Sequence

from torch import Tensor

from shared.drawing import Drawing


def draw_blocks() -> None:
    """Show a block of GPT-2 beside one of SmolLM2; what has changed is coloured."""
    drawing = Drawing(
        470, 400,
        "Two decoder blocks side by side, tokens below, logits above. GPT-2: embeddings plus "
        "learned positions, LayerNorm, attention with as many key/value heads as query heads, "
        "LayerNorm, an MLP with GELU. SmolLM2: embeddings alone, RMSNorm, attention with rotary "
        "positions and few key/value heads, RMSNorm, a gated MLP. Residual arrows are the same.",
    )  # fmt: skip
    columns = {
        "GPT-2 (2019)": ("embed + positions", "LayerNorm", "attention,\n12 key/value heads",
                         "LayerNorm", "MLP, GELU", "LayerNorm", "tied head"),
        "SmolLM2 (2024)": ("embed", "RMSNorm", "attention, RoPE,\n3 key/value heads",
                                  "RMSNorm", "MLP, SwiGLU", "RMSNorm", "tied head"),
    }  # fmt: skip
    for left, (title, names) in zip((46, 286), columns.items(), strict=True):
        new = left > 100
        tops, boxes = (356, 306, 250, 190, 142, 84, 36), []
        for top, name in zip(tops, names, strict=True):
            changed = new and name != "tied head"
            height = 40 if "\n" in name else 28
            fill = "orange" if changed else "white"
            boxes.append(drawing.box(left, top, 150, height, name, fill, 13))
        for below, above in itertools.pairwise(boxes):
            drawing.arrow(below.top, above.bottom)
        for below, after in ((1, 2), (3, 4)):  # around norm and sublayer
            low, high = boxes[below].bottom[1] + 11, boxes[after].top[1] - 9
            drawing.arrow((left + 75, low), (left - 22, low), (left - 22, high), (left + 75, high))
        drawing.text(left + 75, 16, title, 14, bold=True)
    drawing.text(240, 392, "orange: changed; arrows at the left of each: residual", 12)
    drawing.show()


def draw_rotation(angle: float, pairs: Sequence[tuple[int, int]]) -> None:
    """Show a query and a key, equal before, turned by their positions (query, key) in each pair."""
    said = "; ".join(f"query at {m}, key at {n}" for m, n in pairs)
    drawing = Drawing(
        470, 216,
        f"Circles with two arrows, the query and the key, each turned by {angle:g} degrees per "
        f"position: {said}. In the first two the angle between the arrows is the same, in the "
        "third it is larger.",
    )  # fmt: skip
    for number, (m, n) in enumerate(pairs):
        x, y, radius = 80 + 155 * number, 112, 58
        circle = [
            (x + radius * math.cos(t * math.pi / 24), y + radius * math.sin(t * math.pi / 24))
            for t in range(49)
        ]
        drawing.line(*circle)
        for name, place, colour in (("q", m, "#0072b2"), ("k", n, "#a04000")):
            t = math.radians(angle * place)
            end = x + 52 * math.cos(t), y - 52 * math.sin(t)
            drawing.arrow((x, y), end, colour=colour, width=2.5)
            drawing.text(x + 69 * math.cos(t), y - 69 * math.sin(t), name, 13, bold=True,
                         colour=colour)  # fmt: skip
        drawing.text(x, 18, f"q at {m}, k at {n}", 13, bold=True)
        drawing.text(x, 200, f"angle {angle * (m - n):g}°", 13)
    drawing.show()


def draw_layouts(d_head: int) -> None:
    """Show which numbers of a head are pairs in the two layouts."""
    drawing = Drawing(
        470, 150,
        f"Two rows of the {d_head} numbers of a head. Neighbours: 0 and 1 are a pair, 2 and 3, and "
        f"so on. Halves: 0 and {d_head // 2} are a pair, 1 and {d_head // 2 + 1}, and so on.",
    )  # fmt: skip
    fills = ["blue", "orange", "green", "pink"][: d_head // 2]
    layouts = {
        "neighbours\n(the paper)": [fill for fill in fills for _ in range(2)],
        "halves\n(transformers, ours)": fills * 2,
    }
    for top, (name, colours) in zip((34, 98), layouts.items(), strict=True):
        drawing.text(8, top + 16, name, 13, "start")
        for i, fill in enumerate(colours):
            drawing.box(168 + 36 * i, top, 34, 32, str(i), fill, 13)
    drawing.text(240, 14, "equal colour: turned together", 13, bold=True)
    drawing.show()


def draw_gate() -> None:
    """Show the two MLPs."""
    drawing = Drawing(
        470, 224,
        "Left, GPT-2's MLP: up to 4 times the width, GELU, down. Right, SwiGLU: two matrices up to "
        "8/3 of the width, gate and up; SiLU of the gate is multiplied with up, number by number, "
        "then down. Both have as many weights.",
    )  # fmt: skip
    drawing.text(90, 16, "MLP with GELU", 14, bold=True)
    stack = [drawing.box(30, y, 120, 28, name, fill, 13) for y, name, fill in (
        (178, "x (width)", "grey"), (128, "up: 4 × width", "blue"), (80, "GELU", "white"),
        (34, "down: width", "blue"))]  # fmt: skip
    for low, high in itertools.pairwise(stack):
        drawing.arrow(low.top, high.bottom)
    drawing.text(330, 16, "SwiGLU", 14, bold=True)
    x = drawing.box(270, 178, 120, 28, "x (width)", "grey", 13)
    gate = drawing.box(196, 128, 128, 28, "gate: 8/3 width", "orange", 13)
    up = drawing.box(338, 128, 124, 28, "up: 8/3 width", "blue", 13)
    silu = drawing.box(226, 84, 68, 26, "SiLU", "orange", 13)
    times = drawing.box(318, 84, 26, 26, "×", "yellow", 14)
    down = drawing.box(270, 34, 120, 28, "down: width", "blue", 13)
    for start, end in ((x.top, gate.bottom), (x.top, up.bottom), (gate.top, silu.bottom),
                       (silu.right, times.left), (times.top, down.bottom)):  # fmt: skip
        drawing.arrow(start, end)
    drawing.arrow(up.top, (400, 97), times.right)
    drawing.show()


def draw_groups(kept: dict[str, tuple[int, int]]) -> None:
    """Show by name which key/value head each of 6 query heads reads: (heads kept, bytes)."""
    said = "; ".join(f"{name}: {heads} kept" for name, (heads, _) in kept.items())
    drawing = Drawing(
        470, 196,
        f"Six query heads above their key/value heads, three times. {said}. The cache shrinks in "
        "proportion.",
    )  # fmt: skip
    for number, (name, (heads, size)) in enumerate(kept.items()):
        left = 10 + 156 * number
        drawing.text(left + 70, 16, name, 14, bold=True)
        share = 6 // heads
        for group in range(heads):
            middle = left + 24 * share * group + 12 * share - 2
            key = drawing.box(middle - 10, 112, 20, 24, fill="orange")
            for i in range(share):
                head = drawing.box(left + 24 * (share * group + i), 44, 20, 24, fill="blue")
                drawing.arrow(head.bottom, key.top)
        drawing.text(left + 70, 160, f"{heads} key/value", 13)
        drawing.text(left + 70, 180, f"{size:,} B per token", 13)
    drawing.show()


def draw_chat(tokens: Sequence[str], ends: Sequence[str]) -> None:
    """Show the tokens of a conversation, the special ones coloured."""
    drawing = Drawing(
        470, 96, "The tokens of a question in SmolLM2's template: " + " ".join(tokens)
    )
    fills = ["orange" if token in ends else "white" for token in tokens]
    drawing.words(8, 30, tokens, fills, 13)
    drawing.text(240, 14, "orange: special tokens", 13, bold=True)
    drawing.show()


def draw_windows(masks: dict[str, Tensor]) -> None:
    """Show masks (n, n), True where a query may look."""
    drawing = Drawing(
        470, 196,
        "Three masks of twelve tokens. Full: the lower triangle. Window: a band of four below the "
        "diagonal. Window and sink: the same band and the first column.",
    )  # fmt: skip
    for number, (name, mask) in enumerate(masks.items()):
        left = 12 + 156 * number
        drawing.matrix(left, 32, mask.float(), cell=(12, 12), format=lambda _: "", largest=1)
        drawing.text(left + 72, 16, name, 13, bold=True)
    drawing.text(235, 188, "rows: queries, columns: keys; blue: may look", 12)
    drawing.show()
