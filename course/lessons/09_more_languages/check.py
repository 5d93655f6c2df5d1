"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
import torch

NO_SPECIAL = "tokenizer(words, add_special_tokens=False)['input_ids']"
ROWS = "rows = [tuple(row) for row in tokenizer(texts, add_special_tokens=False)['input_ids']]"

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "premium": [
        (", add_special_tokens=False", "", "are [CLS] and [SEP] counted"),
        ("len(first) / len(second)", "len(second) / len(first)", "text over reference"),
        (
            "len(first) / len(second)",
            "max(len(first), len(second)) / min(len(first), len(second))",
            "text over reference",
        ),
        ("", "return len(text.split()) / len(reference.split())", "count tokens"),
        ("", "return len(text) / len(reference)", "a third"),
    ],
    "collisions": [
        ("", f"{ROWS}\nreturn len(rows) - len(set(rows))", "count both texts"),
        ("", f"{ROWS}\nreturn sum((rows.count(row) > 1 for row in rows))", "no different text"),
        (
            "",
            f"{ROWS}\nreturn sum((tokenizer.unk_token_id in row for row in rows))",
            "count both texts",
        ),
        (
            "",
            "return sum((any((a != b and a.lower() == b.lower() for b in texts)) for a in texts))",
            "look the same",
        ),
        (
            "sum(len(same[row]) > 1 for row in ids)",
            "sum(len(found) for found in same.values() if len(found) > 1)",
            "lost twice",
        ),
        (
            "sum(len(same[row]) > 1 for row in ids)",
            "sum(ids.count(row) > 1 for row in ids) * any(len(s) > 1 for s in same.values())",
            "no different text",
        ),
    ],
    "from_pieces": [
        (", add_special_tokens=False", "", "are [CLS] and [SEP] in the mean"),
        (
            "rows[ids].mean(0)",
            "rows[ids].mean(0) * max(1, len(ids))",
            "the mean, not the sum",
        ),
        (
            "",
            f"return torch.cat([rows[ids] for ids in {NO_SPECIAL}]).mean(0)",
            "expected a row for each word",
        ),
        ("", "return torch.randn(len(words), rows.shape[1])", "its own vector"),
        ("rows[ids].mean(0)", "rows[ids[0]]", "not the first one alone"),
        ("rows[ids].mean(0)", "rows[ids[-1]]", "not the last one alone"),
        ("rows[ids].mean(0)", "rows[ids].median(0).values", "their plain mean"),
    ],
    "centred": [
        ("away - away.mean(0)", "away - home.mean(0)", "its own mean, not the first's"),
        (
            "home - home.mean(0), away - away.mean(0)",
            "home - home.mean(), away - away.mean()",
            "axis 0",
        ),
        (
            "home - home.mean(0), away - away.mean(0)",
            "home, away - away.mean(0) + home.mean(0)",
            "keeps a mean",
        ),
        (
            "home - home.mean(0), away - away.mean(0)",
            "(home - home.mean(0)) / home.std(0), away - away.mean(0)",
            "the spread stays",
        ),
        (
            "away - away.mean(0)",
            "(away - away.mean(0)) / away.std(0)",
            "the second language: only the mean",
        ),
        (
            "home - home.mean(0), away - away.mean(0)",
            "home - home.mean(0), (away - away.mean(0)) * home.std(0) / away.std(0)",
            "the second language: only the mean",
        ),
        ("", "away -= away.mean(0)\nreturn home - home.mean(0), away", "make new ones"),
    ],
}


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "The premium": lambda: (
        torch.empty(300, 300, device="meta").numel() / torch.empty(100, 100).numel()
    ),
    "PPMI by hand": lambda: np.log(0.02) - np.log(0.1) - np.log(0.05),
}
