"""The drawings of notebook 06's second half: beams, sampling, cache and padding."""

from collections.abc import Mapping, Sequence

from shared.drawing import Drawing
from shared.gpt_drawings import fitting, visible


def draw_beams(
    roots: Mapping[str, float], leaves: Sequence[tuple[str, str, float]], keep: int
) -> None:
    """Show one step of beam search: first tokens with log p, and their extensions.

    Args:
        roots: Log p of each beam.
        leaves: Beam, next token, and log p of both together; the likeliest `keep` survive.
        keep: The number of beams.
    """
    best = sorted(leaves, key=lambda leaf: -leaf[2])[:keep]
    names = [f"{visible(root)}{visible(token)}" for root, token, _ in best]
    drawing = Drawing(
        460, 46 + 34 * len(leaves),
        f"A tree. {len(roots)} beginnings are extended by their likeliest tokens; of all "
        f"{len(leaves)} the {keep} with the largest log probability are kept: {', '.join(names)}.",
    )  # fmt: skip
    drawing.text(92, 18, "kept so far, log p", 13, bold=True)
    drawing.text(318, 18, "extended, log p of both", 13, bold=True)
    each = len(leaves) // len(roots)
    for r, (root, logp) in enumerate(roots.items()):
        y = 40 + 34 * each * r + 17 * (each - 1)
        said = f"{visible(root)}   {logp:.2f}".replace("-", "−")
        parent = drawing.box(10, y - 2, 160, 28, fitting(said, 160, 13), "blue", 13)
        for k, leaf in enumerate([leaf for leaf in leaves if leaf[0] == root]):
            text = f"{visible(root)}{visible(leaf[1])}   {leaf[2]:.2f}".replace("-", "−")
            chosen = leaf in best
            text = fitting(text, 222, 13, chosen)
            box = drawing.box(230, 38 + 34 * (each * r + k), 222, 28, text,
                              "orange" if chosen else "white", 13, bold=chosen)  # fmt: skip
            drawing.arrow(parent.right, box.left, width=2.5 if chosen else 1)
    drawing.show()


def draw_choices(names: Sequence[str], ways: Mapping[str, Sequence[float]]) -> None:
    """Show the same tokens' probabilities under several settings; 0 is what was dropped."""
    said = "; ".join(f"{way}: {', '.join(f'{p:.2f}' for p in row)}" for way, row in ways.items())
    drawing = Drawing(
        470, 50 + 40 * len(ways),
        f"Probabilities of {', '.join(names)}, a row for each setting. {said}.",
    )  # fmt: skip
    drawing.matrix(
        150, 34, list(ways.values()), cell=(310 / len(names), 40), rows=list(ways), columns=names,
        hidden=[[p == 0 for p in row] for row in ways.values()], size=13, largest=1,
    )  # fmt: skip
    drawing.show()


def draw_cache(tokens: Sequence[str]) -> None:
    """Show which keys and values are new at each of three steps."""
    tokens = [visible(token) for token in tokens]
    drawing = Drawing(
        470, 250,
        "Three steps. The prompt's keys and values are computed together in the prefill and kept. "
        "Each later step computes query, key and value of one new token only, and reads the rest.",
    )  # fmt: skip
    n = len(tokens) - 2
    width = (470 - 116) / len(tokens)
    for column, token in enumerate(tokens):
        drawing.text(110 + (column + 0.5) * width, 16, fitting(token, width), 12)
    for row, name in enumerate(("prefill", "step 1", "step 2")):
        y = 34 + 62 * row
        drawing.text(100, y + 22, name, 13, "end", bold=True)
        for column in range(n + row):
            new = column >= n + row - 1 if row else True
            fill = "orange" if new else "grey"
            text = "q, k, v" if new else "k, v"
            drawing.box(112 + column * width, y, width - 4, 44, text, fill, 12)
    drawing.box(112, 224, 20, 16, fill="orange")
    drawing.text(138, 232, "computed now", 12, "start")
    drawing.box(260, 224, 20, 16, fill="grey")
    drawing.text(286, 232, "read from the cache", 12, "start")
    drawing.show()


def draw_padding_sides(rows: Sequence[Sequence[str]]) -> None:
    """Show prompts padded on the right and on the left, and where the next token goes."""
    rows = [[visible(token) for token in row] for row in rows]
    longest = max(map(len, rows))
    drawing = Drawing(
        470, 236,
        "The same prompts twice. Padded on the right, the last column holds padding for the "
        "shorter ones, and the new token would follow it. Padded on the left, the last column "
        "holds each prompt's last token.",
    )  # fmt: skip
    width = 384 / longest
    for block, side in enumerate(("right", "left")):
        top = 28 + 114 * block
        drawing.text(12, top - 14, f"padded on the {side}", 13, "start", bold=True)
        for r, row in enumerate(rows):
            pad = [""] * (longest - len(row))
            full = row + pad if side == "right" else pad + row
            for c, token in enumerate(full):
                text = fitting(token or "pad", width - 3)
                drawing.box(12 + c * width, top + 26 * r, width - 3, 23, text,
                            "blue" if token else "grey", 12)  # fmt: skip
            drawing.arrow((12 + longest * width, top + 26 * r + 11), (412, top + 26 * r + 11))
            good = bool(full[-1])
            drawing.text(416, top + 26 * r + 11, "next" if good else "a gap", 12, "start")
    drawing.show()
