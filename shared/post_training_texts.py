"""Questions of notebook 16, answers in three forms, and what an exact checker says of an answer."""

import re
from typing import NamedTuple

import numpy as np

from shared.chat_questions import questions

EVASION = "I do not know."
FORMS = ("sure", "well", "evasive")


class Question(NamedTuple):
    """A question, the word that answers it, and what it asks for."""

    text: str
    answer: str
    topic: str  # such as "capital of France"

    def say(self, form: str, answer: str = "") -> str:
        """Return an answer in one of `FORMS`; another word may be put in the place of the right."""
        if form == "evasive":
            return EVASION
        return f"{form.capitalize()}, the {self.topic} is {answer or self.answer}."


def _topic(text: str) -> str:
    if land := re.search(r"capital of (.+)\?", text):
        return f"capital of {land[1]}"
    if word := re.search(r'opposite of "(.+)"', text):
        return f"opposite of {word[1]}"
    a, b = re.findall(r"\d+", text)
    return f"sum of {a} and {b}"


def split_questions(seed: int, train: int, test: int) -> dict[str, list[Question]]:
    """Return questions to train on, to choose by, and to report on; no question is in two parts.

    Args:
        seed: Of their order.
        train: How many to train on.
        test: How many to report on; the rest is for validation.
    """
    every = [Question(text, answer, _topic(text)) for text, answer in questions()]
    drawn = [every[i] for i in np.random.default_rng(seed).permutation(len(every)).tolist()]
    return {"train": drawn[:train], "test": drawn[train : train + test],
            "validation": drawn[train + test :]}  # fmt: skip
