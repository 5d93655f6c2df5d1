"""The drawings of notebook 06, made from its numbers."""

from collections.abc import Mapping, Sequence

from shared.drawing import Box, Drawing, text_width


def visible(token: str) -> str:
    """Return a token as a drawing shows it: a space is ␣, a line break ⏎, a special one END."""
    token = "END" if token.startswith("<|") else token
    token = token.replace(" ", "␣").replace("\n", "⏎")
    return token if len(token) <= 12 else f"{token[:11]}…"


def fitting(text: str, width: float, size: float = 12, bold: bool = False) -> str:
    """Return a text, shortened until it fits a box of this width."""
    shown = text
    while text and text_width(shown, size, bold) > width - 3:
        text = text[:-1]
        shown = f"{text}…" if text else ""
    return shown


def draw_step(prompt: Sequence[str], likely: Mapping[str, float]) -> None:
    """Show one step of a decoder: a prompt's tokens, and the likeliest next ones with p."""
    tokens, (first, p) = [visible(t) for t in prompt][-6:], next(iter(likely.items()))
    drawing = Drawing(
        470, 290,
        f"The tokens {', '.join(tokens)} go into a decoder, which gives each entry of its "
        f"vocabulary a probability; the likeliest are "
        f"{', '.join(f'{visible(t)} {p:.2f}' for t, p in likely.items())}. One is chosen, here "
        f"{visible(first)}, appended, and the longer text is read next.",
    )  # fmt: skip
    boxes = drawing.words(12, 14, tokens, "blue", right=340)
    drawing.box(362, 14, 98, 24, visible(first), "orange", 14, dashed=True)
    decoder = drawing.box(40, 74, 250, 40, "decoder", "yellow", 15, bold=True)
    drawing.arrow((165, max(box.bottom[1] for box in boxes) + 3), decoder.top)
    drawing.arrow(decoder.bottom, (165, 140))
    drawing.text(175, 127, "a probability for each entry", 12, "start")
    for row, (token, share) in enumerate(likely.items()):
        y = 148 + 26 * row
        drawing.text(112, y + 10, visible(token), 13, "end")
        drawing.box(120, y, max(4, 190 * share / p), 20, fill="orange" if row == 0 else "grey")
        drawing.text(126 + max(4, 190 * share / p), y + 10, f"{share:.2f}", 13, "start")
    drawing.arrow((360, 158), (411, 158), (411, 42), width=2)
    drawing.text(411, 190, "choose one,\nappend it,\nread again", 13)
    drawing.show()


def draw_shift(tokens: Sequence[str]) -> None:
    """Show that each position's target is the next token: tokens of a text, its end first."""
    tokens = [visible(token) for token in tokens]
    n = len(tokens) - 1
    drawing = Drawing(
        470, 190,
        f"Two rows. The input is {', '.join(tokens[:-1])}; below each stands its target, the "
        f"next token: {', '.join(tokens[1:])}.",
    )  # fmt: skip
    width = (470 - 84) / n
    drawing.text(70, 44, "input", 14, "end", bold=True)
    drawing.text(70, 144, "target", 14, "end", bold=True)
    for i in range(n):
        x = 78 + i * width
        above = drawing.box(x, 30, width - 6, 28, fitting(tokens[i], width - 6), "blue", 12)
        below = drawing.box(x, 130, width - 6, 28, fitting(tokens[i + 1], width - 6), "orange", 12)
        drawing.arrow(above.bottom, below.top)
    reader = "model (reads this position and those before)"
    drawing.box(78, 80, n * width - 6, 28, reader, "yellow", 13)
    drawing.text(274, 176, f"{n} predictions from one pass: logits[:, :-1] against ids[:, 1:]", 12)
    drawing.show()


def draw_gpt(layers: int, width: int, heads: int, entries: int, positions: int) -> None:
    """Show GPT-2's architecture with the sizes of a model."""
    drawing = Drawing(
        470, 500,
        f"A GPT-2, from below: token embeddings ({entries} by {width}) plus learned positions "
        f"({positions} by {width}); {layers} blocks, each with norm, causal attention of {heads} "
        "heads, and an addition, then norm, MLP and an addition; a final norm; and logits by the "
        "transposed token embeddings. The additions go past the norms, so a straight path runs "
        "from the embeddings to the final norm.",
    )  # fmt: skip
    x = 150

    def layer(y: float, text: str, fill: str, wide: float = 170) -> Box:
        return drawing.box(x - wide / 2, y, wide, 28, text, fill, 13)

    logits = layer(12, f"logits ({entries})", "white")
    tied = layer(58, "token embeddingsᵀ", "blue")
    final = layer(104, "final norm", "green")
    drawing.arrow(tied.top, logits.bottom)
    drawing.arrow(final.top, tied.bottom)
    drawing.box(22, 144, 268, 252, dashed=True)
    drawing.text(282, 158, f"× {layers}", 14, "end", bold=True)
    tops = []
    for y, name, fill in ((152, "MLP", "pink"), (280, f"attention, {heads} heads", "orange")):
        plus = drawing.box(x - 14, y, 28, 24, "+", "white", 15, bold=True)
        inner = layer(y + 38, name, fill, 150)
        norm = layer(y + 76, "norm", "green", 90)
        drawing.arrow(norm.top, inner.bottom)
        drawing.arrow(inner.top, plus.bottom)
        drawing.arrow((x, y + 128), norm.bottom)
        drawing.arrow((x, y + 112), (44, y + 112), (44, y + 12), plus.left)
        tops.append(plus)
    drawing.arrow(tops[0].top, final.bottom)
    sums = drawing.box(x - 14, 414, 28, 24, "+", "white", 15, bold=True)
    drawing.line(sums.top, (x, 408))
    tokens = drawing.box(14, 458, 142, 28, "token embeddings", "blue", 13)
    places = drawing.box(166, 458, 124, 28, "positions", "blue", 13)
    drawing.arrow(tokens.top, (tokens.top[0], 426), sums.left)
    drawing.arrow(places.top, (places.top[0], 426), sums.right)
    notes = (
        (72, "the same matrix as below:\nweights are “tied”"),
        (118, "without it the logits\ndepend on the depth"),
        (206, "two matrices:\nwidth → 4 × width → width"),
        (312, "position t reads\npositions ≤ t only"),
        (366, "norm first (“pre-norm”):\nthe addition goes past it"),
        (472, f"learned, {positions} of them"),
    )
    for y, note in notes:
        drawing.text(302, y, note, 12, "start")
    drawing.show()
