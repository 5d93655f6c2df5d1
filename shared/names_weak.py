"""Weak labels of names: the newspaper's sentences as words, and the lists that the rule needs."""

import csv
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from shared import corpora, data

# As in data/names.conll, of whose 400 sentences it cuts all but a few in the same way.
TOKEN = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|Gov|Sen|Rep|Rev|Gen|Lt|Col|Prof|St|Jr|Sr|Co|Inc|Corp)\."
    r"|(?:[A-Za-z]\.){2,}|[A-Z]\.(?=\s)|'s\b|[^\W_]+(?:[-&/][^\W_]+)*|\S"
)
OFFICES = (
    "Mr Mrs Ms Miss Dr Prof Rev Sen Rep Gov Gen Lt Col President Vice Senator Senators Mayor "
    "Governor Secretary Premier Prime Minister Commissioner Chairman Representative Assemblyman "
    "Judge Bishop"
)
DATES = (
    "January February March April May June July August September October November December Jan "
    "Feb Mar Apr Aug Sept Oct Nov Dec Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)
NOT_NAMES = {"I", *OFFICES.split(), *DATES.split()}
OPENING = {"'", '"', "(", "[", ":", "?", "!", "-"}


def unlabelled() -> list[list[str]]:
    """Return the words of the newspaper's training sentences that have no gold labels."""
    gold = {"".join(text.words) for part in corpora.names().values() for text in part}
    texts = data.load("nyt", "regression")["train"]["text"]
    return [TOKEN.findall(text) for text in texts if re.sub(r"\s", "", text) not in gold]


def editorials(part: str) -> list[str]:
    """Return of each sentence with gold labels of a part, train or test, the editorial's number."""
    columns = {"usecols": [1], "names": ["id"], "dtype": str, "quoting": csv.QUOTE_NONE}
    ids = pd.read_csv(corpora.NAMES, sep="\t", header=None, **columns)["id"].drop_duplicates()
    split = pd.read_parquet(corpora.NEWSPAPER, columns=["id", "split"]).set_index("id")["split"]
    return [key.partition("_")[0] for key in ids if split[key] == part]


def capital_anyway(words: Sequence[str], i: int) -> bool:
    """Tell whether a word stands where any word would have a capital: at a beginning."""
    return i == 0 or words[i - 1] in OPENING


def usually_capital(texts: Sequence[Sequence[str]]) -> set[str]:
    """Return words that mostly have a capital where it means something, in mid-sentence."""
    seen: Counter = Counter()
    for words in texts:
        for i, word in enumerate(words):
            if not capital_anyway(words, i):
                seen[word.lower()] += 1 if word[0].isupper() else -1
    return {word for word, more in seen.items() if more > 0}


def clues(texts: Sequence[Sequence[str]], tags: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Return what can be said of each weak label without a model: (words,) of 0 and 1 each.

    Args:
        texts: Words.
        tags: The weak tags of each text.

    Returns:
        Whether a word has a name label, whether it has a capital, and whether a word beside it has
        a name label.
    """
    marked = [np.array([tag != "O" for tag in row], int) for row in tags]
    beside = [np.maximum([0, *row[:-1]], [*row[1:], 0]) for row in marked]
    capital = [int(word[0].isupper()) for words in texts for word in words]
    return {
        "name label": np.concatenate(marked),
        "capital": np.array(capital),
        "beside a name label": np.concatenate(beside),
    }
