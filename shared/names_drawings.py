"""The drawings of notebook 07, made from its numbers."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from shared.drawing import INK, Drawing, text_width

BLUE = "#0072b2"


def _fitting(text: str, width: float, size: float = 12) -> str:
    """Return a text, shortened if it is wider than a box."""
    while len(text) > 1 and text_width(text, size) > width - 2:
        text = f"{text[:-2]}…" if len(text) > 2 else "…"
    return text


def draw_alignment(
    words: Sequence[str], tags: Sequence[str], pieces: Sequence[str],
    word_ids: Sequence[int | None], labels: Sequence[str | None],
) -> None:  # fmt: skip
    """Show a sentence three times: its words with their tags, its pieces, the pieces' labels.

    Args:
        words: Of the sentence.
        tags: One per word.
        pieces: As the tokenizer cuts them, with the frame.
        word_ids: The word of each piece; None for the frame.
        labels: The label of each piece; None for −100.
    """
    said = ", ".join(f"{piece}: {label or '−100'}" for piece, label in
                     zip(pieces, labels, strict=True))  # fmt: skip
    per_row, rows = 7, [[]]  # a word is not divided, unless it is longer than a row
    for _, group in groupby(range(len(pieces)), key=lambda i: (word_ids[i], word_ids[i] is None)):
        places = list(group)
        if rows[-1] and len(rows[-1]) + len(places) > per_row:
            rows.append([])
        for i in places:
            if len(rows[-1]) == per_row:
                rows.append([])
            rows[-1].append(i)
    drawing = Drawing(
        476, 10 + 128 * len(rows) + 20,
        f"{len(words)} words are cut into {len(pieces)} pieces. The first piece of a word carries "
        f"the word's label, every other piece and the frame −100: {said}.",
    )  # fmt: skip
    width = 466 / per_row
    for number, row in enumerate(rows):
        top = 8 + 128 * number
        for column, i in enumerate(row):
            left = 6 + column * width
            word = word_ids[i]
            first = word is not None and (i == 0 or word_ids[i - 1] != word)
            fill = "grey" if word is None else "orange" if first else "yellow"
            if first:
                last = max(j for j in row if word_ids[j] == word)
                span = (last - i + 1) * width - 4
                drawing.box(left, top, span, 26, _fitting(words[word], span), "blue", 12)
                drawing.text(left + span / 2, top + 36, tags[word], 12)
                drawing.arrow((left + width / 2 - 2, top + 44), (left + width / 2 - 2, top + 56))
            drawing.box(left, top + 58, width - 4, 26, _fitting(pieces[i], width - 4), fill, 12)
            drawing.text(left + width / 2 - 2, top + 97, labels[i] or "−100", 12,
                         colour=INK if labels[i] else "#6b6b6b", bold=bool(labels[i]))  # fmt: skip
    drawing.text(8, 10 + 128 * len(rows) + 6, "blue: words; orange: first pieces; yellow: further "
                 "pieces; grey: frame", 12, "start")  # fmt: skip
    drawing.show()


def draw_spans(
    words: Sequence[str], rows: dict[str, tuple[Sequence[str], Sequence[tuple[int, int, str]]]],
    right: set[tuple[int, int, str]],
) -> None:  # fmt: skip
    """Show a sentence with tags and the spans that they mark.

    Args:
        words: Of the sentence.
        rows: By title, the tags and the spans.
        right: The true spans; those of other rows that are among them are green, others pink.
    """
    widths = [max([text_width(word, 13), *(text_width(tags[i], 12) for tags, _ in rows.values())])
              + 9 for i, word in enumerate(words)]  # fmt: skip
    scale = min(1.0, 468 / sum(widths))
    lefts = 6 + np.cumsum([0, *widths]) * scale
    said = "; ".join(
        f"{title}: " + ", ".join(f"{' '.join(words[a:b])} ({kind})" for a, b, kind in spans)
        for title, (_, spans) in rows.items()
    )
    (_, true), *_, (_, found) = rows.values()
    drawing = Drawing(
        476, 52 + 84 * len(rows),
        f"Names are spans of words. {said}. Right: {len(right & {*found})} of {len(true)}.",
    )  # fmt: skip
    for i, word in enumerate(words):
        drawing.text((lefts[i] + lefts[i + 1]) / 2, 16, word, 13, bold=True)
    for number, (title, (tags, spans)) in enumerate(rows.items()):
        top = 34 + 84 * number
        drawing.text(8, top + 8, title, 12, "start")
        for i, tag in enumerate(tags):
            drawing.text((lefts[i] + lefts[i + 1]) / 2, top + 27, tag, 12,
                         colour=INK if tag != "O" else "#6b6b6b")  # fmt: skip
        for a, b, kind in spans:
            fill = "green" if (a, b, kind) in right else "pink"
            drawing.box(lefts[a] + 2, top + 40, lefts[b] - lefts[a] - 4, 24, kind, fill, 12)
    drawing.text(8, 38 + 84 * len(rows), "green: a true name; pink: a false alarm", 12, "start")
    drawing.show()


def draw_paths(
    words: Sequence[str], names: Sequence[str], scores: np.ndarray,
    allowed: np.ndarray, begins: np.ndarray, paths: dict[str, Sequence[int]],
) -> None:  # fmt: skip
    """Show scores (words, tags) as a lattice, with two paths through it.

    Args:
        words: Of the sentence.
        names: The tags.
        scores: Probabilities (words, tags).
        allowed: (before, tag) of bool.
        begins: Which tags may begin a text, (tags,) of bool; the boxes of the others are grey.
        paths: By title, the tags of the words; the first is dashed, the second solid.
    """
    titles = list(paths)
    said = "; ".join(
        f"{word}: " + ", ".join(f"{name} {p:.2f}" for name, p in zip(names, row, strict=True))
        for word, row in zip(words, scores, strict=True)
    )
    drawing = Drawing(
        476, 112 + 56 * len(names),
        f"A lattice of {len(words)} words and {len(names)} tags. Probabilities of {said}. "
        f"Dashed path, {titles[0]}. Solid path, {titles[1]}.",
    )  # fmt: skip
    pitch, cell = 398 / len(words), 62
    x = [72 + (i + 0.5) * pitch for i in range(len(words))]
    y = [62 + 56 * j for j in range(len(names))]
    for j, name in enumerate(names):
        drawing.text(8, y[j], name, 13, "start")
    for i, word in enumerate(words):
        drawing.text(x[i], 20, word, 13, bold=True)
    for i in range(1, len(words)):
        for before in range(len(names)):
            for tag in range(len(names)):
                if allowed[before, tag]:
                    drawing.line((x[i - 1] + cell / 2, y[before]), (x[i] - cell / 2, y[tag]),
                                 colour="#d0d0d0")  # fmt: skip
    for number, path in enumerate(paths.values()):
        for i in range(1, len(words)):
            drawing.arrow(
                (x[i - 1] + cell / 2, y[path[i - 1]] + 8 * (number - 0.5)),
                (x[i] - cell / 2, y[path[i]] + 8 * (number - 0.5)),
                colour=(INK, BLUE)[number],
                width=(1.5, 3)[number],
                dashed=number == 0,
            )
    chosen = list(paths.values())[-1]
    for i in range(len(words)):
        for j in range(len(names)):
            fill = "blue" if chosen[i] == j else "white" if i or begins[j] else "grey"
            drawing.box(x[i] - cell / 2, y[j] - 14, cell, 28, f"{scores[i, j]:.2f}", fill, 13)
    bottom = 62 + 56 * len(names)
    drawing.text(8, bottom - 8, f"dashed: {titles[0]}", 12, "start")
    drawing.text(8, bottom + 12, f"blue: {titles[1]}", 12, "start")
    drawing.text(8, bottom + 32, "grey lines: allowed steps; grey box: no text can begin there",
                 12, "start")  # fmt: skip
    drawing.show()


def draw_weak(words: Sequence[str], why: Sequence[str], tags: Sequence[str]) -> None:
    """Show a sentence, what the rule says of each word, and the tags.

    Args:
        words: Of the sentence.
        why: A few letters for each word, or nothing.
        tags: The weak tags.
    """
    drawing = Drawing(
        476, 116,
        "The rule reads capitals in mid-sentence as names: "
        + ", ".join(f"{word}: {tag}" for word, tag in zip(words, tags, strict=True)) + ".",
    )  # fmt: skip
    widths = [max(text_width(t, 12) for t in three) + 8 for three in
              zip(words, why, tags, strict=True)]  # fmt: skip
    scale = 464 / sum(widths)
    left = 6.0
    for word, reason, tag, width in zip(words, why, tags, widths, strict=True):
        width *= scale
        fill = "green" if tag != "O" else "white"
        drawing.box(left, 12, width - 4, 28, word, fill, 12)
        drawing.text(left + width / 2 - 2, 56, reason, 12)
        drawing.text(left + width / 2 - 2, 80, tag, 12, bold=tag != "O")
        left += width
    drawing.text(8, 104, "green: part of a weak name", 12, "start")
    drawing.show()
