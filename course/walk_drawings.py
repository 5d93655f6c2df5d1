"""Small drawings of the page "step by step": as wide as a phone, each from given numbers."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from shared.drawing import Drawing, text_width
from shared.token_pictures import coloured

WIDTH = 344  # of a page on a phone of 360 pixels
FIRST = 4  # numbers of a long vector that are shown


def number(value: float, digits: int = 2) -> str:
    """Return a number as the page writes it, with a real minus sign and no minus zero."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")


def several(values: Tensor | Sequence[float], digits: int = 2) -> str:
    """Return numbers with commas between them."""
    return ", ".join(number(value, digits) for value in values)


def pieces(
    title: str, tokens: Sequence[str], ids: Sequence[int], special: Sequence[str]
) -> Drawing:
    """Draw the tokens of a text, and their numbers below in the same colours."""
    marked = [token in special for token in tokens]
    alt = f"{len(tokens)} tokens with their numbers: " + ", ".join(
        f"{token} {i}" for token, i in zip(tokens, ids, strict=True)
    )
    rows = [
        (title, tokens, marked),
        ("their numbers in the vocabulary", [str(i) for i in ids], marked),
    ]
    return coloured(rows, f"{alt}.", WIDTH)


def vectors(
    title: str, rows: Mapping[str, Tensor], digits: int = 2, last: str = "", note: str = ""
) -> Drawing:
    """Draw the first numbers of vectors below each other.

    Args:
        title: Stands above.
        rows: The vectors, (width,), by their names.
        digits: After the point.
        last: The name of a row that is a result: it is shaded.
        note: Stands below.
    """
    shown = {name: row[:FIRST] for name, row in rows.items()}
    said = "; ".join(f"{name}: {several(row, digits)}" for name, row in shown.items())
    alt = f"{title}. The first {FIRST} numbers of each row. {said}.{f' {note}.' if note else ''}"
    left = max(text_width(name, 12, name == last) for name in rows) + 12
    cell = min(58.0, (WIDTH - left - 22) / FIRST)
    height = 38 + 28 * len(rows) + (24 if note else 6)
    drawing = Drawing(WIDTH, height, alt)
    drawing.text(WIDTH / 2, 15, title, 13, bold=True)
    for line, (name, row) in enumerate(shown.items()):
        y = 30 + 28 * line
        drawing.text(left - 6, y + 14, name, 12, "end", bold=name == last)
        fill = "green" if name == last else "white"
        for column, value in enumerate(row):
            drawing.box(left + column * cell, y, cell, 28, number(value, digits), fill, 12)
        drawing.text(left + FIRST * cell + 4, y + 14, "…", 12, "start")
    if note:
        drawing.text(WIDTH / 2, height - 11, note, 12)
    return drawing


def table(
    title: str, values: Tensor, tokens: Sequence[str], digits: int, what: str,
    hidden: Tensor | None = None, largest: float | None = None,
) -> Drawing:  # fmt: skip
    """Draw a table (queries, keys); columns have the rows' numbers.

    Args:
        title: Stands above.
        values: (queries, keys).
        tokens: Their names.
        digits: After the point.
        what: The values' name for who cannot see them.
        hidden: (queries, keys) of bool, True where a mask hides.
        largest: What is shown in full blue; by default the largest value.
    """
    n = len(tokens)
    hide = torch.zeros(n, n, dtype=torch.bool) if hidden is None else hidden
    said = "; ".join(
        f"{token}: " + ", ".join("hidden" if h else number(v, digits) for v, h in
                                 zip(row, hides, strict=True))
        for token, row, hides in zip(tokens, values, hide, strict=True)
    )  # fmt: skip
    alt = f"{title}. {what}, one row for each query, keys in the order of the rows. {said}."
    rows = [f"{token} {i}" for i, token in enumerate(tokens)]
    left = max(text_width(row, 12) for row in rows) + 12
    cell = min(52.0, (WIDTH - left - 6) / n)
    drawing = Drawing(WIDTH, 66 + 30 * n, alt)
    drawing.matrix(
        left, 44, values, cell=(cell, 30), rows=rows, columns=[str(i) for i in range(n)],
        title=title, format=lambda value: number(value, digits), hidden=hide, largest=largest,
    )  # fmt: skip
    drawing.text(left + n * cell / 2, 55 + 30 * n, "rows: queries, columns: keys", 12)
    return drawing


def weighted_sum(
    title: str, names: Sequence[str], weights: Tensor, values: Tensor, result: Tensor
) -> Drawing:
    """Draw weights (keys,) beside the first numbers of values (keys, width), and the sum below."""
    shown = values[:, :3]
    said = "; ".join(
        f"{number(w)} times {name}: {several(v)}"
        for name, w, v in zip(names, weights, shown, strict=True)
    )
    alt = f"{title}. The first 3 numbers of each value. {said}. Sum: {several(result[:3])}."
    n, left = len(names), 70.0
    drawing = Drawing(WIDTH, 92 + 28 * n, alt)
    drawing.text(WIDTH / 2, 15, title, 13, bold=True)
    drawing.matrix(left, 46, weights[:, None], cell=(58, 28), rows=names, columns=["weight"],
                   largest=1, format=number)  # fmt: skip
    drawing.text(left + 71, 46 + 14 * n, "×", 14)
    drawing.matrix(left + 84, 46, shown, cell=(56, 28), columns=["", "values", ""], shade=False,
                   format=number)  # fmt: skip
    drawing.text(left + 76, 67 + 28 * n, "sum", 12, "end", bold=True)
    for column, value in enumerate(result[:3]):
        drawing.box(left + 84 + 56 * column, 54 + 28 * n, 56, 28, number(value), "green", 12)
    drawing.text(left + 84 + 172, 60 + 28 * n, "…", 12, "start")
    return drawing


def bars(
    title: str, values: Mapping[str, float], digits: int, marked: str, note: str = ""
) -> Drawing:
    """Draw one bar for each value, none below 0; the marked one is orange."""
    said = "; ".join(f"{name}: {number(value, digits)}" for name, value in values.items())
    left = max(text_width(name, 13, name == marked) for name in values) + 14
    right = max(text_width(number(value, digits), 13) for value in values.values()) + 12
    longest, top = WIDTH - left - right, max(values.values())
    height = 34 + 28 * len(values) + (24 if note else 4)
    drawing = Drawing(WIDTH, height, f"{title}. {said}.{f' {note}.' if note else ''}")
    drawing.text(WIDTH / 2, 15, title, 13, bold=True)
    for line, (name, value) in enumerate(values.items()):
        y, size = 30 + 28 * line, max(2.0, longest * value / top)
        drawing.text(left - 8, y + 12, name, 13, "end", bold=name == marked)
        drawing.box(left, y, size, 22, fill="orange" if name == marked else "blue")
        drawing.text(left + size + 6, y + 11, number(value, digits), 13, "start")
    if note:
        drawing.text(WIDTH / 2, height - 11, note, 12)
    return drawing


def boxes(title: str, parts: Sequence[tuple[str, str]], alt: str, arrows: bool = True) -> Drawing:
    """Draw boxes from top to bottom, (text, colour) each, with arrows from each to the next."""
    drawing = Drawing(WIDTH, 30 + 46 * len(parts), f"{title}. {alt}")
    drawing.text(WIDTH / 2, 15, title, 13, bold=True)
    before = None
    for line, (text, fill) in enumerate(parts):
        box = drawing.box(32, 32 + 46 * line, WIDTH - 64, 30, text, fill, 13)
        if before and arrows:
            drawing.arrow(before.bottom, box.top)
        before = box
    return drawing


def turned(angle: float, before: Tensor, after: Tensor, position: int) -> Drawing:
    """Draw a pair of numbers (2,) as an arrow, and the same arrow turned by its position."""
    drawing = Drawing(
        WIDTH, 236,
        f"A circle with two arrows. Before, the pair of numbers is ({several(before)}); at "
        f"position {position} it is turned by {angle:.2f} radians, to ({several(after)}). Its "
        "length stays.",
    )  # fmt: skip
    x, y, radius = WIDTH / 2, 124, 74
    drawing.text(x, 15, f"one pair of the query, turned by {angle:.2f} radians", 13, bold=True)
    steps = [2 * math.pi * step / 60 for step in range(61)]
    drawing.line(*[(x + radius * math.cos(t), y + radius * math.sin(t)) for t in steps])
    length = float(before.norm())
    for pair, name, colour in ((before, "before", "#0072b2"), (after, "after", "#a04000")):
        u, v = (float(part) / length for part in pair)
        drawing.arrow((x, y), (x + radius * u, y - radius * v), colour=colour, width=2.5)
        drawing.text(
            x + (radius + 30) * u, y - (radius + 14) * v, name, 13, bold=True, colour=colour
        )
    drawing.text(x, 224, f"({several(before)}) becomes ({several(after)})", 12)
    return drawing


def groups(queries: int, share: int, chosen: int) -> Drawing:
    """Draw which key/value head each query head reads; the chosen query head is orange."""
    n = queries // share
    drawing = Drawing(
        WIDTH, 130,
        f"{queries} query heads above {n} key/value heads; each key/value head is read by {share} "
        f"query heads. Query head {chosen + 1} reads key/value head {chosen // share + 1}.",
    )  # fmt: skip
    step = (WIDTH - 24) / queries
    for group in range(n):
        middle = 12 + step * (share * group + share / 2)
        key = drawing.box(middle - 40, 90, 80, 28, f"key/value {group + 1}", "yellow", 12)
        for i in range(share * group, share * (group + 1)):
            fill = "orange" if i == chosen else "blue"
            head = drawing.box(12 + step * i + 3, 30, step - 6, 26, str(i + 1), fill, 13)
            drawing.arrow(head.bottom, (key.top[0] + 8 * (i % share - (share - 1) / 2), 90))
    drawing.text(WIDTH / 2, 14, "query heads", 13, bold=True)
    return drawing


def outer(rows: Tensor, columns: Tensor, names: tuple[str, str]) -> Drawing:
    """Draw the outer product of two vectors as a table with their numbers at its edges."""
    product = rows[:, None] * columns
    said = "; ".join(
        f"{number(a, 4)}: {several(line, 3)}" for a, line in zip(rows, product, strict=True)
    )
    alt = (
        f"A table. Each entry is one number of the {names[0]}, at its row, times one of the "
        f"{names[1]}, at its column. Columns: {several(columns)}. Rows: {said}."
    )
    drawing = Drawing(WIDTH, 76 + 32 * len(rows), alt)
    drawing.text(WIDTH / 2, 14, f"columns: {names[1]}", 13, bold=True)
    drawing.matrix(
        96, 50, product, cell=(72, 32), shade=False, format=lambda value: number(value, 3),
        rows=[number(a, 4) for a in rows], columns=[number(b) for b in columns],
    )  # fmt: skip
    drawing.text(WIDTH / 2, 64 + 32 * len(rows), f"rows: {names[0]}", 13, bold=True)
    return drawing
