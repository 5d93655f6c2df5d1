"""The drawings of notebook 09: a lost word, domain and language apart, new rows, their starts."""

from collections.abc import Sequence

from shared.drawing import Drawing


def draw_lost_word(word: str, gloss: str, pieces: Sequence[tuple[str, bool]]) -> None:
    """Show how WordPiece gives up a whole word for one missing piece.

    Args:
        word: As it is written.
        gloss: Its meaning.
        pieces: What it could be cut into, and whether the vocabulary has the piece.
    """
    known = ", ".join(f"{piece} is {'known' if there else 'missing'}" for piece, there in pieces)
    drawing = Drawing(
        480, 200,
        f"The word {word} ({gloss}) is cut by WordPiece: {known}. One missing piece turns the "
        "whole word into a single [UNK].",
    )  # fmt: skip
    drawing.text(240, 16, "a “word”: what stands between spaces or punctuation", 13)
    top = drawing.box(130, 32, 220, 34, f"{word}  ({gloss})", "grey", 14)
    width = 440 / len(pieces)
    for i, (piece, there) in enumerate(pieces):
        x = 20 + i * width
        fill, mark = ("blue", "known") if there else ("orange", "missing")
        box = drawing.box(x + 4, 92, width - 8, 42, f"{piece}\n{mark}", fill, 12)
        drawing.arrow((top.bottom[0], 66), box.top)
    drawing.box(110, 158, 260, 34, "[UNK]   one token, no content", "orange", 14, bold=True)
    drawing.text(240, 146, "one missing piece is enough", 12)
    drawing.show()


def draw_shifts(scores: dict[tuple[str, str], float]) -> None:
    """Show two tables of two training sets and two test sets; only columns can be compared.

    Args:
        scores: Accuracy by (training set, test set), of films, goods and Chinese.
    """
    pairs = (("domain", ("films", "goods")), ("language", ("goods", "Chinese")))
    said = "; ".join(
        f"{a} labels on {b} {scores[a, b]:.3f}" for _, names in pairs for a in names for b in names
    )
    drawing = Drawing(
        480, 200,
        f"Two tables, training sets as rows and test sets as columns, for domain and for language. "
        f"{said}. Within a column the texts are the same, so its difference is the cost of "
        "labels from elsewhere.",
    )  # fmt: skip
    for x, (title, names) in zip((72, 318), pairs, strict=True):
        table = [[scores[row, column] for column in names] for row in names]
        drawing.matrix(
            x, 58, table, cell=(78, 36), rows=names, columns=[f"on {n}" for n in names],
            title=title, format=".3f", size=13, shade=False,
        )  # fmt: skip
        for i, (own, other) in enumerate((names, names[::-1])):
            lost = 100 * (scores[own, own] - scores[other, own])
            middle = x + 78 * (i + 0.5)
            drawing.arrow((middle, 134), (middle, 148))
            drawing.text(middle, 158, f"{lost:+.1f}".replace("-", "−"), 14, bold=True)
    drawing.text(240, 184, "points that the labels of the place itself are ahead, same texts", 12)
    drawing.show()


def draw_rows(old: int, new: int) -> None:
    """Show the embedding matrix with rows added at its end, and which part is trained."""
    drawing = Drawing(
        480, 206,
        f"An embedding matrix of {old:,} old rows, which stay frozen, and {new:,} new rows below "
        "them, which are trained. Ids of English pieces point into the upper part, ids of new "
        "Chinese pieces into the lower; both go to the same layers.",
    )  # fmt: skip
    upper = drawing.box(150, 12, 150, 100, f"{old:,}\nold rows\n(frozen)", "grey", 14)
    lower = drawing.box(150, 112, 150, 64, f"{new:,}\nnew rows (trained)", "green", 13)
    drawing.box(364, 60, 104, 70, "layers\n(trained)", "blue", 14)
    film = drawing.box(10, 40, 84, 34, "film", "white", 14)
    hotel = drawing.box(10, 122, 84, 46, "酒店\nhotel", "white", 13)
    drawing.arrow(film.right, (150, 57))
    drawing.arrow(hotel.right, (150, 145))
    drawing.arrow(upper.right, (364, 82))
    drawing.arrow(lower.right, (364, 110))
    drawing.text(225, 192, "384 numbers per row", 12)
    drawing.show()


def draw_starts() -> None:
    """Show the four starts of new rows as clouds of points beside the old cloud."""
    drawing = Drawing(
        480, 178,
        "Old rows form a cloud. New rows may start in a tiny cloud around zero (random), all at "
        "the old cloud's centre (mean), anywhere in a cloud of the same shape (Hewitt), or in a "
        "cloud of that shape where pieces used alike stand side by side (context).",
    )  # fmt: skip
    names = (
        ("random", "small,\naround 0"), ("mean", "all at\nthe centre"),
        ("Hewitt", "same shape,\nany order"), ("context", "same shape,\nalike together"),
    )  # fmt: skip
    spots = {
        "random": [("a", 12, 92), ("b", 24, 98), ("c", 16, 104), ("d", 28, 88)],
        "mean": [("abcd", 64, 54)],
        "Hewitt": [("a", 28, 54), ("c", 56, 74), ("b", 86, 40), ("d", 66, 34)],
        "context": [("a", 30, 58), ("b", 42, 70), ("c", 74, 36), ("d", 88, 46)],
    }
    for i, (name, said) in enumerate(names):
        x = 4 + i * 119
        drawing.box(x, 6, 114, 112, "", "white")
        drawing.box(x + 16, 24, 92, 64, "", "grey")  # the old cloud
        for letter, a, b in spots[name]:
            drawing.text(x + a, b + 4, letter, 13, bold=True)
        drawing.text(x + 57, 132, name, 13, bold=True)
        drawing.text(x + 57, 156, said, 12)
    drawing.show()
