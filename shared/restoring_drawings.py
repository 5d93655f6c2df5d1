"""The drawings of notebook 20, made from its numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from shared.drawing import Drawing, text_width
from shared.tagging import Tagged

FILL = {"lower": "grey", "Capital": "orange", "UPPER": "pink"}


def _case(tag: str) -> str:
    return tag.rstrip(",.?")


def draw_labels(original: Sequence[str], text: Tagged) -> None:
    """Show printed words, the same without case and marks, and the tag that each has lost."""
    said = ", ".join(f"{word} {tag}" for word, tag in zip(*text, strict=True))
    drawing = Drawing(
        470, 134,
        "Words of a newspaper, below each the same word in lower case without its mark, and below "
        f"that the tag that says what was lost: {said}.",
    )  # fmt: skip
    x, y = 62.0, 12.0
    for name, row in (("printed", 14), ("input", 44), ("label", 72)):
        drawing.text(4, y + row, name, 12, "start", bold=True)
    for word, lower, tag in zip(original, *text, strict=True):
        width = max(text_width(word, 14), text_width(lower, 14), text_width(tag, 12)) + 12
        if x + width > 466:
            x, y = 62.0, y + 96
            for name, row in (("printed", 14), ("input", 44), ("label", 72)):
                drawing.text(4, y + row, name, 12, "start", bold=True)
        drawing.text(x + width / 2, y + 14, word, 14)
        drawing.box(x, y + 32, width, 25, lower, "white", 14)
        drawing.box(x, y + 61, width, 23, tag, FILL[_case(tag)], 12)
        x += width + 5
    drawing.text(
        235, drawing.height - 12, "the model reads the middle row and answers the lower one", 13
    )
    drawing.show()


def draw_scheme(counts: np.ndarray, cases: Sequence[str], marks: Sequence[str]) -> None:
    """Show how often each tag occurs: counts (cases, marks)."""
    rarest = "; ".join(
        f"{case} with {mark} {count}"
        for case, row in zip(cases, counts, strict=True)
        for mark, count in zip(marks, row, strict=True)
        if count < 50
    )
    drawing = Drawing(
        460, 178,
        f"A table of the twelve tags: three cases by four marks, with the words of each. "
        f"{cases[0]} without a mark has {counts[0, 0]:,} of {counts.sum():,}. Rare are {rarest}.",
    )  # fmt: skip
    drawing.text(230, 15, "words of the training passages, by case and mark", bold=True)
    drawing.matrix(
        92, 56, np.log10(np.maximum(counts, 0.5)), cell=(88, 32), rows=cases, columns=marks,
        format=lambda value: f"{round(10**value):,}" if value >= 0 else "0", size=13,
    )  # fmt: skip
    drawing.text(230, 166, "darker: more words, on a logarithmic scale", 12)
    drawing.show()


def draw_counts(words: Sequence[str], true: Sequence[bool], found: Sequence[bool]) -> None:
    """Show where commas are and where a model set them, and what is counted."""
    hits, there, made = (
        sum(t and f for t, f in zip(true, found, strict=True)), sum(true), sum(found)
    )  # fmt: skip
    drawing = Drawing(
        470, 170,
        f"A sentence with {there} true commas and {made} predicted ones, {hits} of them in the "
        f"same place: precision {hits} of {made}, recall {hits} of {there}.",
    )  # fmt: skip
    x = 78.0
    for name, y in (("true", 22), ("model", 62)):
        drawing.text(4, y, name, 13, "start", bold=True)
    for word, t, f in zip(words, true, found, strict=True):
        width = text_width(word + ",", 13) + 8
        drawing.box(x, 8, width, 26, word + "," * t, "blue" if t else "white", 13)
        fill = ("green" if t else "pink") if f else ("yellow" if t else "white")
        drawing.box(x, 48, width, 26, word + "," * f, fill, 13)
        x += width + 4
    for left, fill, name in (
        (30, "green", "hit"),
        (150, "pink", "false alarm"),
        (310, "yellow", "miss"),
    ):
        drawing.box(left, 92, 18, 18, "", fill)
        drawing.text(left + 24, 101, name, 13, "start")
    f1 = 2 * hits / (made + there)
    drawing.text(
        235, 142,
        f"P = {hits}/{made}, R = {hits}/{there}, F1 = 2·{hits} / ({made} + {there}) = {f1:.2f}", 14,
    )  # fmt: skip
    drawing.show()


def draw_adjusting(
    tags: Sequence[str], scores: Sequence[float], shares: Sequence[float], tau: float
) -> None:
    """Show one word's scores, what is subtracted from each, and who wins before and after."""
    taken = tau * np.log(shares)
    after = np.asarray(scores) - taken
    first, then = tags[int(np.argmax(scores))], tags[int(np.argmax(after))]
    drawing = Drawing(
        470, 66 + 34 * len(tags),
        f"Scores of {len(tags)} tags for one word. {first} has the highest score. From each score "
        f"tau log pi is subtracted; afterwards {then} has the highest. "
        + "; ".join(f"{tag} {z:.2f}, with {-minus:.2f} added {total:.2f}" for tag, z, minus, total
                    in zip(tags, scores, taken, after, strict=True)) + ".",
    )  # fmt: skip
    for x, name in (
        (58, "tag"),
        (148, "score z"),
        (250, "share π"),
        (340, "−τ log π"),
        (430, "sum"),
    ):
        drawing.text(x, 18, name, 13, bold=True)
    for row, (tag, z, pi, minus, total) in enumerate(
        zip(tags, scores, shares, taken, after, strict=True)
    ):
        y = 52 + 34 * row
        drawing.box(14, y - 13, 88, 26, tag, FILL[_case(tag)], 13)
        numbers = {148: f"{z:.2f}", 250: f"{pi:.3f}", 340: f"+{-minus:.2f}", 430: f"{total:.2f}"}
        for x, number in numbers.items():
            wins = (x == 148 and tag == first) or (x == 430 and tag == then)
            if wins:
                drawing.box(x - 34, y - 13, 68, 26, "", "green")
            drawing.text(x, y, number.replace("-", "−"), 14, bold=wins)
    drawing.text(235, 52 + 34 * len(tags), f"τ = {tau:g}; green: the highest before and after", 12)
    drawing.show()


def draw_reads(words: Sequence[str], masks: Mapping[str, Tensor]) -> None:
    """Show which words a word may read: name to (words, words) of bool, without the frame."""
    drawing = Drawing(
        470, 230,
        "Three squares, a row for each word that reads and a column for each word that is read: "
        "everything; itself and the words at its left; itself only.",
    )  # fmt: skip
    for column, (name, mask) in enumerate(masks.items()):
        x = 60 + 138 * column
        drawing.text(x + 62, 14, name, 13, bold=True)
        for i, own in enumerate(mask.tolist()):
            drawing.text(x + 11 + 25 * i, 36, str(i + 1), 12)
            if column == 0:
                drawing.text(x - 6, 60 + 25 * i, f"{words[i]} {i + 1}", 12, "end")
            for j, may in enumerate(own):
                drawing.box(x + 25 * j, 48 + 25 * i, 23, 23, "", "blue" if may else "grey")
    drawing.text(235, 192, "blue: this word (row) may read that word (column)", 12)
    drawing.text(235, 214, "the same model, the same recipe; only the mask differs", 12)
    drawing.show()


def draw_pieces(rows: Sequence[tuple[str, Sequence[str], Sequence[str]]]) -> None:
    """Show for words (word, pieces, tags of the pieces) what the model says at each piece."""
    drawing = Drawing(
        470, 30 + 92 * len(rows),
        "Words in pieces, and what the model answers at each piece: "
        + "; ".join(
            f"{word}: " + ", ".join(f"{p} {t}" for p, t in zip(pieces, tags, strict=True))
            for word, pieces, tags in rows
        ),
    )  # fmt: skip
    for number, (word, pieces, tags) in enumerate(rows):
        y, x = 12 + 92 * number, 106.0
        drawing.text(6, y + 36, word, 13, "start", bold=True)
        for position, (piece, tag) in enumerate(zip(pieces, tags, strict=True)):
            width = max(text_width(piece, 12), text_width(tag, 12)) + 8
            drawing.box(x, y + 6, width, 26, piece, "blue" if position == 0 else "white", 12)
            drawing.box(x, y + 40, width, 26, tag, FILL[_case(tag)], 12, dashed=position > 0)
            x += width + 4
    drawing.text(
        235, drawing.height - 14, "blue: the piece that was trained; dashed: never trained", 12
    )
    drawing.show()


def draw_passage(sentences: Sequence[int]) -> None:
    """Show a passage of sentences with these lengths, and which ends the model must find."""
    drawing = Drawing(
        460, 128,
        f"A bar of {len(sentences)} sentences of {', '.join(map(str, sentences))} words, joined "
        "without marks. The inner ends must be found; the last is given away by the end of the "
        "text, and does not count.",
    )  # fmt: skip
    x, scale = 16.0, 428 / sum(sentences)
    for number, length in enumerate(sentences):
        fill = ("blue", "orange", "green", "pink")[number % 4]
        drawing.box(x, 44, length * scale, 30, f"{length}", fill, 12)
        x += length * scale
        if number + 1 < len(sentences):
            drawing.arrow((x, 100), (x, 78))
    drawing.text(230, 22, "one passage: the words of each sentence, no marks", 13, bold=True)
    drawing.text(16, 114, "arrows: ends that count; the last one is given away", 12, "start")
    drawing.show()
