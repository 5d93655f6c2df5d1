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


def _alike(question: Question) -> frozenset[str]:
    """Return what makes two questions the same: 5 + 8 and 8 + 5 have the same numbers."""
    return frozenset(re.findall(r"\d+", question.text)) or frozenset([question.text])


def split_questions(seed: int, train: int, test: int) -> dict[str, list[Question]]:
    """Return questions to train on, to choose by, and to report on.

    No question is in two parts, and neither is a sum with its numbers exchanged.

    Args:
        seed: Of their order.
        train: How many to train on.
        test: How many to report on; the rest is for validation.
    """
    every = [Question(text, answer, _topic(text)) for text, answer in questions()]
    groups: dict[frozenset[str], list[Question]] = {}
    for number in np.random.default_rng(seed).permutation(len(every)).tolist():
        groups.setdefault(_alike(every[number]), []).append(every[number])
    parts: dict[str, list[Question]] = {"train": [], "test": [], "validation": []}
    sizes = {"train": train, "test": test, "validation": len(every) - train - test}
    for group in groups.values():  # into the first part that has room for all of it
        room = (name for name, part in parts.items() if len(part) + len(group) <= sizes[name])
        parts[next(room)] += group
    return parts


def products(seed: int) -> list[Question]:
    """Return 28 products of two numbers from 3 to 9, none of them twice, in a drawn order."""
    pairs = [(a, b) for a in range(3, 10) for b in range(a, 10)]
    drawn = (pairs[i] for i in np.random.default_rng(seed).permutation(len(pairs)).tolist())
    return [Question(f"What is {a} * {b}?", str(a * b), f"product of {a} and {b}")
            for a, b in drawn]  # fmt: skip
