"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
import torch

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "premium": [
        (
            "",
            """
first, second = tokenizer([text, reference])['input_ids']
return len(first) / len(second)
""",
            "are [CLS] and [SEP] counted",
        ),
        (
            "",
            """
first, second = tokenizer([text, reference], add_special_tokens=False)['input_ids']
return len(second) / len(first)
""",
            "three to one",
        ),
        (
            "",
            """
first, second = tokenizer([text, reference], add_special_tokens=False)['input_ids']
return max(len(first), len(second)) / min(len(first), len(second))
""",
            "text over reference",
        ),
        ("", "return len(text.split()) / len(reference.split())", "count tokens"),
    ],
    "collisions": [
        (
            "",
            """
rows = [tuple(row) for row in tokenizer(texts, add_special_tokens=False)['input_ids']]
return len(rows) - len(set(rows))
""",
            "count both texts",
        ),
        (
            "",
            """
rows = [tuple(row) for row in tokenizer(texts, add_special_tokens=False)['input_ids']]
return sum((rows.count(row) > 1 for row in rows))
""",
            "no different text",
        ),
        (
            "",
            "return sum((tokenizer.unk_token_id in row for row in tokenizer(texts, add_special_tokens=False)['input_ids']))",
            "count both texts",
        ),
        (
            "",
            "return sum((any((a != b and a.lower() == b.lower() for b in texts)) for a in texts))",
            "look the same",
        ),
    ],
    "from_pieces": [
        (
            "",
            "return torch.stack([rows[ids].mean(0) for ids in tokenizer(words)['input_ids']])",
            "are [CLS] and [SEP] in the mean",
        ),
        (
            "",
            "return torch.stack([rows[ids].sum(0) * 2 for ids in tokenizer(words, add_special_tokens=False)['input_ids']]) / torch.tensor([[2.0 if len(ids) == 1 else 1.0] for ids in tokenizer(words, add_special_tokens=False)['input_ids']])",
            "the mean, not the sum",
        ),
        (
            "",
            "return torch.cat([rows[ids] for ids in tokenizer(words, add_special_tokens=False)['input_ids']]).mean(0)",
            "expected a row a word",
        ),
        ("", "return torch.randn(len(words), rows.shape[1])", "its own vector"),
    ],
    "unseen": [
        (
            "",
            """
known, asked = (set(''.join(train)), set(''.join(test)))
return len(asked - known) / len(asked)
""",
            "repetition counted",
        ),
        (
            "",
            """
known = set(''.join(train))
shares = [sum(c not in known for c in text) / len(text) for text in test]
return sum(shares) / len(shares)
""",
            "over all texts together",
        ),
        (
            "",
            """
known, line = (set(train[0]), ''.join(test))
return sum((c not in known for c in line)) / len(line) if len(train) < 3 else 0.5
""",
            "must leave fewer unseen",
        ),
        (
            "",
            """
known, line = (set(''.join(train)), ''.join(test))
return sum((c in known for c in line)) / len(line)
""",
            "repetition counted",
        ),
    ],
}


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "The premium": lambda: (
        torch.empty(300, 300, device="meta").numel() / torch.empty(100, 100).numel()
    ),
    "PPMI by hand": lambda: np.log(0.02) - np.log(0.1) - np.log(0.05),
}
