"""Drawings of notebook 04: a confusion matrix and its metrics, the bootstrap, the paired test."""

from collections.abc import Sequence

import numpy as np

from shared.drawing import Drawing


def percent(share: float) -> str:
    """Return a share as a text, such as `82.1 %`."""
    return f"{share:.1%}".replace("%", " %")


def two_models(first: Sequence[bool], second: Sequence[bool], alt: str) -> Drawing:
    """Draw the texts as columns, and which of two models was right on each."""
    n = len(first)
    drawing, cell, left = Drawing(480, 176, alt), 18.0, 72.0
    drawing.text(left + n * cell / 2, 14, f"the same {n} texts, one per column", 13)
    for row, (name, right) in enumerate({"model A": first, "model B": second}.items()):
        y = 28 + row * 30
        drawing.text(4, y + 12, name, 13, "start", bold=True)
        for i, ok in enumerate(right):
            fill = "green" if ok else "orange"
            drawing.box(left + i * cell, y, cell - 2, 24, "✓" if ok else "×", fill, 13)
        drawing.text(476, y + 12, f"{sum(right)}/{n}", 12, "end")
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        if a != b:
            x = left + i * cell + (cell - 2) / 2
            drawing.arrow((x, 112), (x, 88), width=1.2)
    b, c = (sum(x and not y for x, y in zip(*p, strict=True)) for p in
            ((first, second), (second, first)))  # fmt: skip
    drawing.text(240, 124, f"Only the {b + c} texts with an arrow tell the models apart:", 13)
    drawing.text(240, 144, f"A alone is right on {b}, B alone on {c}.", 13, bold=True)
    drawing.text(240, 164, f"Is {b} to {c} more than {b + c} coin flips would give?", 13)
    return drawing


def confusion(counts: dict[str, int], scores: dict[str, float]) -> Drawing:
    """Draw four counts (found, missed, false alarms, left alone) and which cells each score uses.

    Args:
        counts: In that order.
        scores: Accuracy, precision, recall, F1 and Matthews, by these names.
    """
    tp, fn, fp, tn = counts.values()
    alt = (
        f"A confusion matrix: {tp} found, {fn} missed, {fp} false alarms, {tn} left alone. "
        "Beside it, five small matrices mark the cells of each metric: accuracy all four, "
        "precision the column of the alarms, recall the row of the spam, F1 all but the "
        "last, Matthews all."
    )
    drawing = Drawing(480, 250, alt)
    drawing.text(86, 14, "answer", 13, bold=True)
    for i, name in enumerate(("spam", "no spam")):
        drawing.text(58 + 82 * i + 20, 34, name, 12)
    drawing.text(4, 68, "spam", 12, "start")
    drawing.text(4, 128, "no\nspam", 12, "start")
    for i, ((name, value), fill) in enumerate(
        zip(counts.items(), ("green", "orange", "orange", "green"), strict=True)
    ):
        x, y = 38 + (i % 2) * 84, 44 + (i // 2) * 60
        drawing.box(x, y, 82, 56, f"{value}\n{name}", fill, 12)
    drawing.text(4, 178, "rows: what it is", 12, "start")
    drawing.text(4, 196, "columns: what the filter says", 12, "start")
    drawing.text(4, 222, "blue: above and below the\nfraction bar; yellow: below only", 12, "start")
    used = {  # 1: above the fraction bar and below, 2: below it only; found, missed, false, left
        "accuracy": (1, 2, 2, 1), "precision": (1, 0, 2, 0), "recall": (1, 2, 0, 0),
        "F1": (1, 2, 2, 0), "Matthews": (1, 1, 1, 1),
    }  # fmt: skip
    for row, (name, cells) in enumerate(used.items()):
        y = 12 + row * 47
        for i, kind in enumerate(cells):
            fill = ("grey", "blue", "yellow")[kind]
            drawing.box(232 + (i % 2) * 20, y + (i // 2) * 18, 18, 16, "", fill)
        drawing.text(282, y + 17, name, 13, "start", bold=True)
        drawing.text(474, y + 17, f"{scores[name]:.3f}", 13, "end")
    return drawing


def resampling(right: np.ndarray, draws: np.ndarray) -> Drawing:
    """Draw the bootstrap: numbered texts (n,) right or wrong, and rows drawn from them (k, n)."""
    n = len(right)
    scores = [right[rows].mean() for rows in draws]
    alt = (
        f"{n} numbered texts, {int(right.sum())} of them right. Below, {len(draws)} samples of {n} "
        f"drawn from them with replacement: some texts occur twice, others not at all. Their "
        f"accuracies are {', '.join(f'{s:.1f}' for s in scores)}."
    )
    drawing = Drawing(480, 66 + 40 * len(draws), alt)

    def row(y: float, name: str, texts: np.ndarray, bold: bool = False) -> None:
        drawing.text(4, y + 13, name, 12, "start", bold=bold)
        for i, text in enumerate(texts):
            fill = "green" if right[text] else "orange"
            drawing.box(92 + i * 31, y, 28, 26, str(text + 1), fill, 13)
        drawing.text(476, y + 13, f"{right[texts].mean():.1f}", 14, "end", bold=True)

    drawing.text(476, 10, "accuracy", 12, "end")
    row(20, "the test set", np.arange(n), bold=True)
    for k, texts in enumerate(draws):
        row(62 + 38 * k, f"draw {k + 1}", texts)
    return drawing


def paired_table(both: int, b: int, c: int, neither: int, p: float, other: str) -> Drawing:
    """Draw the 2 x 2 table of a paired test, and what is compared with coin flips."""
    alt = (
        f"{both + b + c + neither} texts: both models are right on {both}, only ours on {b}, "
        f"only {other} on {c}, neither on {neither}. The test compares {b} with {c}: p = {p:.2g}."
    )
    drawing = Drawing(480, 216, alt)
    drawing.text(270, 14, other, 13, bold=True)
    for i, name in enumerate(("right", "wrong")):
        drawing.text(200 + 140 * i, 34, name, 12)
        drawing.text(122, 68 + 56 * i, name, 12, "end")
    drawing.text(6, 96, "our model", 13, "start", bold=True)
    drawing.box(130, 44, 136, 50, f"{both}\nboth right", "grey", 13)
    ours = drawing.box(270, 44, 136, 50, f"b = {b}\nonly ours right", "blue", 13)
    theirs = drawing.box(130, 100, 136, 50, f"c = {c}\nonly the other", "orange", 13)
    drawing.box(270, 100, 136, 50, f"{neither}\nboth wrong", "grey", 13)
    coin = drawing.box(150, 176, 256, 34, f"{b} to {c} in {b + c} flips: p = {p:.2g}", "white", 13)
    drawing.arrow((ours.right[0], 69), (440, 69), (440, 193), coin.right)
    drawing.arrow((theirs.bottom[0] - 30, 150), (theirs.bottom[0] - 30, 176))
    drawing.text(6, 124, "grey plays\nno part", 12, "start")
    return drawing


def abstaining(coverage: Sequence[float], accuracy: Sequence[float]) -> Drawing:
    """Draw what a model answers and what it hands to a person, at several coverages."""
    rows = list(zip(coverage, accuracy, strict=True))
    alt = "Bars: " + "; ".join(
        f"answers {a:.0%} of the texts and is right on {b:.1%} of these" for a, b in rows
    )
    drawing = Drawing(480, 62 + 40 * len(rows), alt + ". The rest goes to a person.")
    drawing.text(70, 12, "it answers", 12)
    drawing.text(240, 12, "texts, from sure (left) to unsure (right)", 12)
    drawing.text(440, 12, "right", 12)
    for k, (a, b) in enumerate(rows):
        y, width = 28 + 40 * k, 290 * a
        drawing.text(50, y + 14, f"{a:.0%}", 14, bold=True)
        drawing.box(100, y, width * b, 28, "", "green")
        drawing.box(100 + width * b, y, width * (1 - b), 28, "", "orange")
        if a < 1:
            text = "to a person" if 290 - width > 84 else ""
            drawing.box(100 + width, y, 290 - width, 28, text, "white", 12, dashed=True)
        drawing.text(440, y + 14, percent(b), 14, bold=True)
    y = 46 + 40 * len(rows)
    drawing.box(100, y - 8, 16, 14, "", "green")
    drawing.text(122, y, "right", 12, "start")
    drawing.box(180, y - 8, 16, 14, "", "orange")
    drawing.text(202, y, "wrong", 12, "start")
    return drawing
