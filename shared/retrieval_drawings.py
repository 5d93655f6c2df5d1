"""The drawings of notebook 17, made from its numbers."""

from collections.abc import Sequence

import numpy as np

from shared.drawing import Drawing, text_width


def cut(text: str, width: float, size: float = 12) -> str:
    """Return the beginning of a text that fits a width in pixels."""
    text = " ".join(text.split())
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def draw_search(query: str, found: Sequence[tuple[str, str, bool]]) -> None:
    """Show a query and the passages that were found for it.

    Args:
        query: The query.
        found: Of each passage its text, its score as a text, and whether it answers.
    """
    said = "; ".join(f"{score}: {cut(text, 400)}{', the answer' * good}"
                     for text, score, good in found)  # fmt: skip
    drawing = Drawing(470, 62 + 38 * len(found), f"The query “{query}” and its passages: {said}.")
    top = drawing.box(90, 8, 290, 28, cut(f"query: {query}", 280, 13), "blue", 13)
    drawing.arrow(top.bottom, (235, 50))
    for number, (text, score, good) in enumerate(found):
        y = 52 + 38 * number
        drawing.text(12, y + 15, f"{number + 1}", 13, "start", bold=True)
        drawing.box(30, y, 366, 30, cut(text, 352), "green" if good else "white", 12)
        drawing.text(462, y + 15, score, 12, "end")
    drawing.show()


def draw_overlap(query: Sequence[str], passage: Sequence[str], weights: dict[str, float]) -> None:
    """Show the words of a query and of a passage; those in both carry their weight."""
    drawing = Drawing(
        470, 132,
        f"The words of a query, {' '.join(query)}, and of a passage, {' '.join(passage)}. In both: "
        + ", ".join(f"{word} with idf {value:.1f}" for word, value in weights.items()),
    )  # fmt: skip
    both = set(query) & set(passage)
    drawing.text(8, 14, "query", 12, "start", bold=True)
    drawing.words(70, 4, list(query), ["orange" if w in both else "grey" for w in query], 12)
    drawing.text(8, 44, "passage", 12, "start", bold=True)
    shown = list(passage)[:14]
    fills = ["orange" if w in both else "white" for w in shown]
    drawing.words(70, 34, shown, fills, 12, right=462)
    told = ", ".join(f"{word} {value:.1f}" for word, value in weights.items())
    drawing.text(8, 118, cut(f"idf (rare words count more): {told}", 450), 12, "start")
    drawing.show()


def draw_fusion(names: Sequence[str], rankings: Sequence[Sequence[str]], fused: str) -> None:
    """Show two rankings of passages A, B, C … and the ranking by the sum of 1 / (60 + rank)."""
    drawing = Drawing(
        470, 60 + 32 * len(rankings[0]),
        "; ".join(f"{n} ranks {', '.join(r)}" for n, r in zip(names, rankings, strict=True))
        + f"; the sum of 1/(60 + rank) ranks {', '.join(fused)}.",
    )  # fmt: skip
    for column, (name, ranking) in enumerate(
        zip([*names, "fused"], [*rankings, list(fused)], strict=True)
    ):
        x = 20 + 155 * column
        drawing.text(x + 60, 16, name, 13, bold=True)
        for row, passage in enumerate(ranking):
            fill = {"A": "blue", "B": "orange", "C": "green"}.get(passage, "grey")
            drawing.box(x, 34 + 32 * row, 120, 26, f"{row + 1}.  {passage}", fill, 13)
    drawing.show()


def draw_maxsim(query: Sequence[str], passage: Sequence[str], cosines: np.ndarray) -> None:
    """Show the cosine of each token of a query with each of a passage; the largest per row."""
    best = cosines.argmax(1)
    cell = min(46, 330 / len(passage))
    told = ", ".join(f"{q} with {passage[b]} {cosines[i, b]:.2f}"
                     for i, (q, b) in enumerate(zip(query, best, strict=True)))  # fmt: skip
    drawing = Drawing(470, 84 + 34 * len(query), f"Cosines of tokens. Best partners: {told}.")
    hidden = np.ones(cosines.shape, bool)
    hidden[np.arange(len(query)), best] = False
    box = drawing.matrix(100, 40, cosines, cell=(cell, 30), rows=query, hidden=hidden, size=12)
    for column, token in enumerate(passage):
        shown = cut(token, cell + 2)
        drawing.text(100 + (column + 0.5) * cell, 26 if column % 2 else 10, shown, 12)
    total = cosines.max(1).sum()
    drawing.text(100, box.y + box.height + 20,
                 f"sum of the largest in each row: {total:.2f}", 13, "start")  # fmt: skip
    drawing.show()


def draw_batch(cosines: np.ndarray) -> None:
    """Show the cosines of the queries and passages of a batch, whose diagonal is to win."""
    n = len(cosines)
    drawing = Drawing(
        470, 90 + 40 * n,
        f"A batch of {n} pairs: cosines of each query with each passage. The diagonal is right: "
        + ", ".join(f"{value:.2f}" for value in np.diag(cosines)),
    )  # fmt: skip
    names = [f"query {i + 1}" for i in range(n)]
    columns = [f"passage {i + 1}" for i in range(n)]
    box = drawing.matrix(90, 50, cosines, cell=(74, 36), rows=names, columns=columns)
    drawing.text(90, box.y + box.height + 18,
                 "each row: a classification, the diagonal is its class", 12, "start")  # fmt: skip
    drawing.show()


def draw_grounded(steps: Sequence[tuple[str, str]]) -> None:
    """Show the way from a question to an answer that cites its passage.

    Args:
        steps: Of each box its text and its fill.
    """
    said = ", then ".join(text.replace("\n", " ") for text, _ in steps)
    drawing = Drawing(470, 70 * len(steps), f"From top to bottom: {said}.")
    last = None
    for number, (text, fill) in enumerate(steps):
        lines = "\n".join(cut(line, 420) for line in text.split("\n"))
        box = drawing.box(20, 8 + 68 * number, 430, 44, lines, fill, 12)
        if last:
            drawing.arrow(last.bottom, box.top)
        last = box
    drawing.show()
