"""The drawings of notebook 19, made from its numbers."""

from collections.abc import Mapping, Sequence

from shared.drawing import Drawing


def draw_reading(weights: int, size: float, bandwidth: float) -> None:
    """Show one token's way: all weights go from memory to the processor.

    Args:
        weights: Their number.
        size: Their bytes.
        bandwidth: Bytes per second.
    """
    limit = bandwidth / size
    drawing = Drawing(
        470, 236,
        f"For each new token, all {weights / 1e6:.0f} million weights, {size / 1e6:.0f} MB, go "
        f"from memory to the processor. At {bandwidth / 1e9:.0f} GB per second that can happen "
        f"{limit:.0f} times a second. Three remedies: fewer bytes per weight, more tokens per "
        f"reading, a smaller cache.",
    )  # fmt: skip
    memory = drawing.box(10, 22, 150, 78, f"memory\n{weights / 1e6:.0f} M weights\n= "
                         f"{size / 1e6:.0f} MB", "blue")  # fmt: skip
    core = drawing.box(272, 32, 94, 58, "processor", "orange")
    token = drawing.box(404, 46, 56, 30, "token", "green")
    drawing.arrow(memory.right, core.left, label=f"{bandwidth / 1e9:.0f} GB/s", width=5)
    drawing.arrow(core.right, token.left)
    drawing.text(235, 118, f"at most {bandwidth / 1e9:.0f} GB/s ÷ {size / 1e6:.0f} MB = "
                 f"{limit:.0f} tokens per second", 14, bold=True)  # fmt: skip
    remedies = {
        "fewer bytes per weight": "sections 1 and 2",
        "a smaller cache beside the weights": "section 3",
        "more tokens per reading": "sections 4 and 5",
    }
    for number, (what, where) in enumerate(remedies.items()):
        top = 140 + 31 * number
        drawing.box(62, top, 256, 27, what, "yellow", 13)
        drawing.text(328, top + 13, where, 13, "start")
    drawing.show()


def draw_file(parts: Mapping[str, tuple[int, str]]) -> None:
    """Show the parts of a GGUF file: name to (bytes, what is in it)."""
    said = "; ".join(f"{name}: {n:,} bytes, {what}" for name, (n, what) in parts.items())
    drawing = Drawing(470, 36 + 42 * len(parts), f"The file from its first byte on. {said}.")
    for number, (name, (size, what)) in enumerate(parts.items()):
        top, fill = 12 + 42 * number, ("grey", "orange", "yellow", "blue")[number % 4]
        drawing.box(12, top, 112, 38, name, fill)
        drawing.text(134, top + 11, f"{size:,} bytes", 13, "start", bold=True)
        drawing.text(134, top + 28, what, 12, "start")
    drawing.text(12, 24 + 42 * len(parts), "first byte at the top; not to scale", 12, "start")
    drawing.show()


def draw_block(scale: float, low: float, numbers: Sequence[int]) -> None:
    """Show a Q4_1 block: its bytes, and its 32 weights on 16 levels."""
    top = low + 15 * scale
    drawing = Drawing(
        470, 226,
        f"A block of 20 bytes: two for the scale {scale:.4f}, two for the minimum {low:.4f}, "
        f"sixteen for 32 numbers from 0 to 15. The 32 weights lie on 16 levels from {low:.2f} to "
        f"{top:.2f}; dots count the weights of each level.",
    )  # fmt: skip
    drawing.box(14, 12, 86, 40, "scale d\n2 bytes", "orange", 13)
    drawing.box(104, 12, 86, 40, "min m\n2 bytes", "yellow", 13)
    drawing.box(194, 12, 262, 40, "32 numbers of 4 bits\n16 bytes", "blue", 13)
    drawing.text(235, 70, "weight = m + d · number", 14, bold=True)
    place = [30 + 27.3 * level for level in range(16)]
    drawing.line((18, 182), (452, 182))
    for level, x in enumerate(place):
        drawing.text(x, 194, str(level), 12)
        for height in range(list(numbers).count(level)):
            drawing.box(x - 9, 168 - 13 * height, 18, 11, fill="blue")
    ends = (f"{low:.2f}".replace("-", "−"), f"{top:.2f}")
    drawing.text(place[0] - 14, 213, f"m = {ends[0]}", 12, "start")
    drawing.text(place[-1] + 14, 213, f"m + 15 d = {ends[1]}", 12, "end")
    drawing.show()


def draw_heads(query_heads: int, kinds: Mapping[str, int]) -> None:
    """Show which query heads share keys and values: name to number of key/value heads."""
    said = "; ".join(f"{name}: {n}" for name, n in kinds.items())
    drawing = Drawing(
        470, 66 + 84 * len(kinds),
        f"{query_heads} query heads above the key/value heads that they read. Number of key/value "
        f"heads, which is what the cache holds. {said}.",
    )  # fmt: skip
    pitch = 300 / query_heads
    for row, (name, count) in enumerate(kinds.items()):
        top = 36 + 84 * row
        drawing.text(8, top + 32, name.replace(" ", "\n"), 13, "start")
        share = query_heads // count
        for head in range(count):
            left = 112 + head * share * pitch
            middle = left + (share * pitch - 6) / 2
            box = drawing.box(middle - 21, top + 46, 42, 24, "K V", "blue", 12)
            for query in range(share):
                x = left + query * pitch
                small = drawing.box(x, top, pitch - 6, 22, "q", "orange", 12)
                drawing.line(small.bottom, (middle, box.y))
        drawing.text(464, top + 58, f"{count / query_heads:.2g}", 14, "end", bold=True)
    drawing.text(464, 16, "cache", 13, "end")
    drawing.text(12, 54 + 84 * len(kinds), "blue: kept for each token of the context", 12, "start")
    drawing.show()


def draw_verification(written: Sequence[str], draft: Sequence[str], model: Sequence[str]) -> None:
    """Show one pass of speculative decoding: the draft beside what the model says there.

    Args:
        written: The last tokens of the text.
        draft: Proposed tokens.
        model: What the model would write after the text, and after each token of the draft.
    """
    good = next((i for i, (a, b) in enumerate(zip(draft, model, strict=False)) if a != b),
                len(draft))  # fmt: skip
    drawing = Drawing(
        470, 176,
        f"The text ends with {' '.join(written)}. Draft: {' '.join(draft)}. In one pass the model "
        f"says {' '.join(model)}. The first {good} agree and stay; the model's next token, "
        f"{model[good]}, comes for free; the rest is thrown away.",
    )  # fmt: skip
    width = 450 / (len(draft) + 2)

    def row(top: float, texts: Sequence[str], first: int, fills: Sequence[str]) -> None:
        for number, (text, fill) in enumerate(zip(texts, fills, strict=True), first):
            drawing.box(10 + number * width, top, width - 4, 28, text, fill, 12)

    drawing.text(12, 14, "… text so far, then a draft copied from the prompt", 13, "start")
    row(26, [written[-1], *draft], 0,
        ["grey", *("green" if i < good else "pink" for i in range(len(draft)))])  # fmt: skip
    drawing.text(12, 78, "one pass of the model: its own next token at each place", 13, "start")
    fills = ["green"] * good + ["blue"] + ["white"] * (len(draft) - good)
    row(90, model, 1, fills)
    drawing.text(12, 138, f"green: equal, kept ({good}); blue: the model's own, kept (1)", 13,
                 "start")  # fmt: skip
    drawing.text(12, 160, "pink: refused; white: follows a refused token, unused", 13, "start")
    drawing.show()


def draw_mask(states: Sequence[tuple[str, Sequence[str]]], pieces: int) -> None:
    """Show what a mask admits after some beginnings: (text so far, examples of what may follow)."""
    said = "; ".join(f"after {text} only {', '.join(shown)}" for text, shown in states)
    drawing = Drawing(
        470, 34 + 62 * len(states),
        f"Of {pieces:,} tokens the mask leaves those that still lead to an allowed text: {said}.",
    )  # fmt: skip
    for number, (text, shown) in enumerate(states):
        top = 12 + 62 * number
        drawing.text(12, top + 8, text or "(nothing yet)", 13, "start", bold=True)
        boxes = drawing.words(34, top + 22, list(shown), "green", 13)
        end = max(box.x + box.width for box in boxes)
        drawing.text(min(end + 10, 380), top + 33, "others: −∞", 12, "start")
    drawing.text(12, 22 + 62 * len(states), "green: tokens that stay possible", 12, "start")
    drawing.show()
