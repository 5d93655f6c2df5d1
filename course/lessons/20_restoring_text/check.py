"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from scipy import optimize
from sklearn.metrics import f1_score

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "finer_tag": [
        ("in word.after if", "in reversed(word.after) if", "the first counts"),
        ("(marks[mark] for mark in word.after if mark in marks)",
         "(mark for mark in word.after if mark in marks)", "what a mark counts as"),
        ("marks[mark] for mark in word.after if mark in marks",
         "MARKS[mark] for mark in word.after if mark in MARKS", "the one that is given"),
        ("case + ", "", "do case and mark both count"),
        ('.rstrip(",.?")', "", "do case and mark both count"),
        ('tag_of(word).rstrip(",.?")', '"UPPER" if word.core.isupper() else "Capital" if '
         'word.core[0].isupper() else "lower"', "CUNY's is UPPER"),
        ("next((marks[mark] for mark in word.after if mark in marks), \"\")",
         "marks.get(word.after[:1], \"\")", "is passed over"),
    ],
    "share_of_wins": [
        (" + np.mean(a == b) / 2", "", "a tie is half a win"),
        ("[drawn]", "[np.sort(np.unique(drawn))][None]", "as often as they were drawn"),
        ("f1(of[drawn].sum(1))", "f1(of[drawn]).mean(1)", "the mean of the documents' F1"),
        ("float(np.mean(a > b) + np.mean(a == b) / 2)",
         "100 * float(np.mean(a > b) + np.mean(a == b) / 2)", "a share is between 0 and 1"),
        ("for c in (ours, theirs)]", "for c in (theirs, ours)]", "expected"),
        ("c[document == d].sum(0)", "c[document == d][0]", "all their texts"),
        ("return float(np.mean(a > b) + np.mean(a == b) / 2)", "return (a > b) + (a == b) / 2",
         "return one number"),
        ("return float(np.mean(a > b) + np.mean(a == b) / 2)", "return None", "return the share"),
    ],
    "nearby": [
        ("<= reach", "< reach", "whatever the reach"),
        ("    mask[:, 0] = True\n", "", "the first piece of the frame"),
        ("    mask |= torch.eye(len(words), dtype=torch.bool)\n", "", "each piece reads itself"),
        ("mask[:, 0] = True", "mask[:, 0] = mask[0] = True", "words pass through the frame"),
        (".abs()", "", "the distance has no sign"),
        ("float(\"nan\") if word is None else word for word in words",
         "float(\"nan\") if word is None else i for i, word in enumerate(words)",
         "all pieces of a word read each other"),
    ],
    "agreeing": [
        ("np.where(ends[:, None] & lower, -np.inf, 0.0)", "np.zeros((len(tags), len(tags)))",
         "comes lower case"),
        ("best_sum = sums.max(0) + row", "best_sum = np.where(sums.max(0) > -np.inf, row, -np.inf)",
         "The best *sum* is asked for"),
        ("reversed(path)]", "reversed(path)][1:]", "3 tags for 4 words"),
        ("return [tags[i] for i in reversed(path)]", "return path[::-1]", "not their numbers"),
        ("return [tags[i] for i in reversed(path)]", "return None", "returns None"),
        ("return [tags[i] for i in reversed(path)]",
         "return [tags[i].title() + '.' for i in reversed(path)]", "do not make new ones"),
        ("tag.startswith(\"lower\")", "not tag.startswith(\"Capital\")", "UPPER is allowed"),
        ("tag.startswith(\"lower\")", "tag in (\"lower\", \"lower.\")", "comes lower case"),
        ("ends[:, None] & lower", "lower[:, None] & ends", "The best *sum* is asked for"),
    ],
}  # fmt: skip


def f1_of_commas() -> float:
    true = [1] * 8 + [0] * 12
    found = [1] * 3 + [0] * 5 + [1] * 1 + [0] * 11
    return f1_score(true, found)


def tau_of_the_comma() -> float:
    scores, shares = np.array([3.0, 1.0]), np.array([0.9, 0.1])

    def apart(tau: float) -> float:
        return float(np.diff(scores - tau * np.log(shares))[0])

    return float(optimize.brentq(apart, 0, 2))


def tags_with_a_colon() -> float:
    return len({case + mark for case in ("lower", "Capital", "UPPER") for mark in ("", *",.?:!")})


def untouched() -> float:
    words = np.array(["lower"] * 740 + ["Capital"] * 260)
    return float((words == "lower").mean())


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "F1 of commas": f1_of_commas,
    "A rare tag comes back": tau_of_the_comma,
    "More marks": tags_with_a_colon,
    "A program that does nothing": untouched,
}
