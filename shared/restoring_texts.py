"""Passages for restoring text: running text becomes lower-case words, and what was lost a tag."""

import re
from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from datasets import Dataset

from shared.tagging import Tagged

SENTENCES = 4  # of a passage
# What touches a word before it, the word itself, and what touches it after it.
WORD = re.compile(r"(\W*?)(\$?\w(?:.*[\w%])?)(\W*)")


class Word(NamedTuple):
    """A word, with the marks that touch it."""

    before: str
    core: str
    after: str


def words_of(text: str) -> list[Word]:
    """Return the words of a text; a dash on its own goes to the word before it."""
    words: list[Word] = []
    for token in text.replace("''", '"').split():
        if found := WORD.fullmatch(token):
            words.append(Word(*found.groups()))
        elif words:
            words[-1] = words[-1]._replace(after=words[-1].after + token)
    return words


class Passage(NamedTuple):
    """Consecutive sentences of a document."""

    document: str
    sentences: list[list[Word]]

    @property
    def words(self) -> list[Word]:
        """All its words."""
        return [word for sentence in self.sentences for word in sentence]


def passages(part: Dataset) -> list[Passage]:
    """Return passages of up to four consecutive rows of a document.

    Args:
        part: Rows with `id` and `text`. An `id` is `document_number`; where it is a number only,
            the rows come from no common document, and any four consecutive ones are joined.
    """
    rows = list(zip(part["id"][:], map(words_of, part["text"][:]), strict=True))
    found = []
    for document, group in groupby(rows, lambda row: row[0].split("_")[0] * ("_" in row[0])):
        sentences = [words for _, words in group if words]
        for i in range(0, len(sentences), SENTENCES):
            found.append(Passage(document or f"rows {i}", sentences[i : i + SENTENCES]))
    return found


def stripped(passage: Passage, tag: Callable[[Word], str]) -> Tagged:
    """Return a passage in lower case without marks, and the tag of each word."""
    words = passage.words
    return Tagged([word.core.lower() for word in words], [tag(word) for word in words])
