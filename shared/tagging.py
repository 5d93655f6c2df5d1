"""Tags of words that mark names: BIO, and the schemes that are read as BIO."""

import re
from collections.abc import Callable
from typing import NamedTuple

from shared.errors import UserError, short


class Tagged(NamedTuple):
    """A text, word by word, and a tag for each word."""

    words: list[str]
    tags: list[str]

    @property
    def types(self) -> set[str]:
        """The types of the names in it."""
        return {tag[2:] for tag in self.tags if tag != "O"}


def to_bio(
    rows: list[list[str]], where: Callable[[int, int], str]
) -> tuple[list[list[str]], list[str]]:
    """Return tags as BIO, and what had to be assumed: IOB1 and BIOES (or BILOU, BMES) are known.

    Args:
        rows: The tags of each sentence.
        where: Returns the place of a tag for a message, given its sentence and word from 0.

    Raises:
        UserError: Naming the first place where a tag is of another kind, or cannot follow the one
            before.
    """
    capital = [[tag[:1].upper() + tag[1:] for tag in row] for row in rows]
    places = [(i, j) for i, row in enumerate(capital) for j in range(len(row))]
    for i, j in places:
        if not re.fullmatch(r"O|[BIMELSUW]-\S.*", capital[i][j]):
            raise UserError(
                f"{where(i, j)}: {short(rows[i][j])} is not a BIO tag: expected O, or B- or I- "
                f"and a type, such as B-PER. Correct it."
            )
    letters = {capital[i][j][0] for i, j in places}
    begins = [(i, j) for i, j in places if not _continues(capital[i], j)]
    with_b = [(i, j) for i, j in begins if capital[i][j][0] == "B"]
    without_b = [(i, j) for i, j in begins if capital[i][j][0] in "IMEL"]
    if without_b and (with_b or letters - set("BIO")):
        i, j = without_b[0]
        before = capital[i][j - 1] if j else "O"
        elsewhere = f" (elsewhere names begin with B-: {where(*with_b[0])})" if with_b else ""
        raise UserError(
            f"{where(i, j)}: {short(rows[i][j])} follows {short(before)}; a name must begin with "
            f"'B{capital[i][j][1:]}'{elsewhere}. Correct the tag."
        )
    notes = []
    if rows and capital != [list(row) for row in rows]:
        notes.append("with lower-case tags")
    if letters - set("BIO"):
        scheme = "".join(letter for letter in "BIMLOEUSW" if letter in letters)
        notes.append(f"with {scheme} tags, converted to BIO")
    elif without_b:
        notes.append("with IOB1 tags (I- begins a name, too), converted to BIO")
    return [list(map(_in_bio, ["O", *row], row)) for row in capital], notes


def _continues(row: list[str], j: int) -> bool:
    """Tell whether a tag has the type of the one before, and that one may be continued."""
    before = row[j - 1] if j else "O"
    return before[0] in "BIM" and before[1:] == row[j][1:]


def _in_bio(before: str, tag: str) -> str:
    if tag == "O":
        return tag
    return ("B" if tag[0] in "BSUW" or before[1:] != tag[1:] else "I") + tag[1:]
