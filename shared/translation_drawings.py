"""The drawings of notebook 14: the encoder–decoder, teacher forcing, n-grams, links of words."""

from collections.abc import Sequence
from itertools import pairwise

from shared.drawing import Drawing, text_width


def draw_translator(source: Sequence[str], target: Sequence[str]) -> None:
    """Show the two stacks, and what the decoder reads and writes at its second step."""
    drawing = Drawing(
        470, 250,
        f"The encoder reads {' '.join(source)}. The decoder has written {target[0]}, reads it and, "
        f"by cross-attention, all vectors of the encoder, and writes {target[1]}.",
    )  # fmt: skip
    boxes = drawing.words(14, 204, source, "blue")
    encoder = drawing.box(14, 110, 170, 56, "encoder\nreads all at once", "white", 13)
    for box in boxes:
        drawing.arrow((box.top[0], 202), (box.top[0], 169))
    decoder = drawing.box(284, 110, 176, 56, "decoder\nwrites left to right", "white", 13)
    drawing.arrow(encoder.right, decoder.left, width=2.5)
    drawing.text(234, 126, "cross-attention", 12)
    start = drawing.words(290, 204, ["start", target[0]], ["grey", "orange"])
    for box in start:
        drawing.arrow((box.top[0], 202), (box.top[0], 169))
    done = drawing.words(290, 40, target, ["orange", "orange"])
    drawing.arrow((decoder.top[0], 108), (done[1].bottom[0], 68))
    drawing.text(done[1].top[0], 20, "next", 13, bold=True)
    drawing.text((boxes[0].top[0] + boxes[-1].top[0]) / 2, 242, "source", 12)
    drawing.text((start[0].top[0] + start[-1].top[0]) / 2, 242, "what it has written", 12)
    drawing.show()


def draw_model(layers: int) -> None:
    """Show the blocks of a layer of each stack, the new one in colour."""
    drawing = Drawing(
        470, 374,
        f"Two stacks of {layers} layers. An encoder layer: self-attention, add and norm, "
        "feed-forward, add and norm. A decoder layer has cross-attention between the two; its keys "
        "and values come from the top of the encoder. What goes into a block is added to what "
        "comes out of it. Above the decoder, the head gives logits of all pieces.",
    )  # fmt: skip
    drawing.text(105, 60, f"encoder layer (× {layers})", 13, bold=True)
    drawing.text(352, 14, f"decoder layer (× {layers}), head", 13, bold=True)
    left = [drawing.box(20, 136 + 108 * i, 170, 36, name, "white", 13)
            for i, name in enumerate(("feed-forward", "self-attention"))]  # fmt: skip
    for i in range(2):
        drawing.box(20, 108 + 108 * i, 170, 24, "add, norm", "grey", 12)
        below = (105, 194 + 104 * i)
        drawing.arrow(below, (8, below[1]), (8, 120 + 108 * i), (20, 120 + 108 * i))
    drawing.arrow((105, 214), (105, 174))
    drawing.box(20, 314, 170, 36, "source pieces", "blue", 13)
    drawing.arrow((105, 312), left[1].bottom)
    rows = [("feed-forward", "white"), ("cross-attention", "orange")]
    rows.append(("masked self-attention", "white"))
    right = []
    for i, (name, fill) in enumerate(rows):
        drawing.box(262, 82 + 76 * i, 180, 22, "add, norm", "grey", 12)
        right.append(drawing.box(262, 106 + 76 * i, 180, 34, name, fill, 13))
        below = (352, (149, 225, 303)[i])
        drawing.arrow(below, (456, below[1]), (456, 93 + 76 * i), (442, 93 + 76 * i))
    drawing.arrow((352, 234), (352, 218))
    drawing.arrow((352, 158), (352, 142))
    drawing.box(262, 28, 180, 32, "head: logits of all pieces", "green", 12)
    drawing.arrow((352, 82), (352, 62))
    drawing.box(262, 314, 180, 36, "target pieces, shifted", "blue", 13)
    drawing.arrow((352, 312), right[2].bottom)
    drawing.arrow((105, 106), (105, 88), (226, 88), (226, 199), right[1].left, width=2.5)
    drawing.text(238, 214, "k, v", 12)
    drawing.text(235, 364, "orange: the block that an encoder lacks", 12)
    drawing.show()


def draw_teacher_forcing(pieces: Sequence[str]) -> None:
    """Show what the decoder reads, what it must predict, and what the mask hides."""
    reads, wanted = ["start", *pieces], [*pieces, "end"]
    n = len(reads)
    drawing = Drawing(
        480, 74 + 34 * n,
        f"The mask of teacher forcing. To predict {', '.join(wanted)} the decoder reads one more "
        "piece of the reference in each row, and never the piece that it must predict.",
    )  # fmt: skip
    width = min(62.0, 280 / n)
    size = 12
    for column, piece in enumerate(reads):
        shown = piece if text_width(piece, size) < width - 2 else piece[: int(width // 8)] + "…"
        drawing.text(110 + (column + 0.5) * width, 34, shown, size)
    drawing.text(110 + n * width / 2, 14, "may read", 13, bold=True)
    drawing.text(430, 14, "predicts", 13, bold=True)
    for row in range(n):
        for column in range(n):
            drawing.box(110 + column * width, 48 + 34 * row, width - 3, 30, "",
                        "blue" if column <= row else "grey")  # fmt: skip
        drawing.text(60, 63 + 34 * row, f"step {row + 1}", size)
        drawing.text(430, 63 + 34 * row, wanted[row], size)
    drawing.text(240, 62 + 34 * n, "grey: hidden by the mask", size)
    drawing.show()


def draw_ngrams(output: Sequence[str], reference: Sequence[str]) -> None:
    """Show which words and pairs of an output are in the reference."""
    ours, theirs = list(pairwise(output)), list(pairwise(reference))
    both = [sum(word in reference for word in output), sum(pair in theirs for pair in ours)]
    drawing = Drawing(
        470, 150,
        f"Output: {' '.join(output)}. Reference: {' '.join(reference)}. {both[0]} of {len(output)} "
        f"words and {both[1]} of {len(ours)} pairs of words are in the reference.",
    )  # fmt: skip
    for row, (name, side) in enumerate((("output", output), ("reference", reference))):
        drawing.text(84, 32 + 42 * row, name, 13, "end", bold=True)
        other = reference if row == 0 else output
        fills = ["green" if word in other else "pink" for word in side]
        drawing.words(96, 20 + 42 * row, side, fills, gap=8)
    drawing.text(14, 112, f"words: {both[0]} of {len(output)} match; pairs: {both[1]} of "
                 f"{len(ours)}", 13, "start")  # fmt: skip
    drawing.text(14, 136, "one word differs, and every n-gram that holds it", 12, "start")
    drawing.show()


def draw_links(
    source: Sequence[str],
    target: Sequence[str],
    sure: set[tuple[int, int]],
    possible: set[tuple[int, int]],
) -> None:
    """Show two sentences, a word in each row, with lines between those that are linked."""
    rows = max(len(source), len(target))
    drawing = Drawing(
        440, 44 + 27 * rows,
        f"{' '.join(source)}, and {' '.join(target)}, with lines between words that translate "
        f"each other: {len(sure)} sure links, {len(possible - sure)} possible ones.",
    )  # fmt: skip
    for i, word in enumerate(source):
        drawing.text(160, 20 + 27 * i, word, 13, "end")
    for j, word in enumerate(target):
        drawing.text(272, 20 + 27 * j, word, 13, "start")
    for i, j in sorted(possible):
        drawing.line((166, 20 + 27 * i), (266, 20 + 27 * j), dashed=(i, j) not in sure)
    drawing.text(214, 28 + 27 * rows, "solid: sure; dashed: possible", 12)
    drawing.show()
