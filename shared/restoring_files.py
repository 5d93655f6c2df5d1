"""A user's text without capitals and marks: read with clear errors, and cut for the model."""

from collections.abc import Callable, Sequence
from pathlib import Path

from shared.errors import UserError, short
from shared.files import read_text
from shared.restoring_texts import words_of

MOST_WORDS = 50_000  # about two minutes on two cores


def read_paragraphs(path: str) -> list[list[str]]:
    """Return the words of each line of a text file, in lower case and without marks.

    A line is a paragraph; an empty line is an empty list. What had to be assumed is printed.

    Raises:
        UserError: There is no such file, it is not text, has no word, or too many.
    """
    text, assumed = read_text(Path(path), "text")
    lines = [[word.core for word in words_of(line)] for line in text.splitlines()]
    words = [word for line in lines for word in line]
    if not words:
        raise UserError(f"text_file = {short(path)}: no word is in it. Give a file with text.")
    if len(words) > MOST_WORDS:
        raise UserError(
            f"text_file = {short(path)}: it has {len(words):,} words, expected at most "
            f"{MOST_WORDS:,}. Split it."
        )
    if assumed:
        print(f"{Path(path).name}: read {', '.join(assumed)}")
    if capitals := sum(word != word.lower() for word in words):
        print(f"{capitals} of {len(words)} words have capitals: they are taken away first.")
    return [[word.lower() for word in line] for line in lines]


def in_windows(
    words: Sequence[str],
    decide: Callable[[list[list[str]]], list[list[str]]],
    width: int = 60,
    margin: int = 20,
) -> list[str]:
    """Return a tag for each word of a long text, each decided with neighbours on both sides.

    The text is cut into windows of `width` words. Each is read with `margin` more words on both
    sides, whose answers are dropped: at the end of its input a model expects a period.

    Args:
        words: Of one paragraph.
        decide: Returns the tags of the words of each text.
        width: Words of a window.
        margin: Words read on each side of it.
    """
    starts = range(0, len(words), width)
    spans = [(max(0, s - margin), min(len(words), s + width + margin)) for s in starts]
    answers = decide([list(words[a:b]) for a, b in spans])
    return [
        tag
        for s, (a, _), tags in zip(starts, spans, answers, strict=True)
        for tag in tags[s - a : s - a + width]
    ]
