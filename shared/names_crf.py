"""What a conditional random field says of each word."""

from collections.abc import Sequence

import numpy as np
import sklearn_crfsuite


def chances_of(
    crf: sklearn_crfsuite.CRF, seen: Sequence[Sequence[Sequence[str]]], names: Sequence[str]
) -> list[np.ndarray]:
    """Return the probability of each tag at each word of some texts: (words, tags) each.

    Args:
        crf: Trained.
        seen: Of each text, the features of each word.
        names: The tags; one that the model has never seen gets 0.
    """
    found = []
    for text in crf.predict_marginals(seen):
        found.append(np.array([[word.get(name, 0.0) for name in names] for word in text]))
    return found


def without_types(scores: Sequence[np.ndarray], names: Sequence[str]) -> list[np.ndarray]:
    """Return the probabilities of O, B- and I- (words, 3) of each text: those of types are added.

    Args:
        scores: Log-probabilities (words, tags) of each text.
        names: The tags.
    """
    columns = [[i for i, name in enumerate(names) if name[0] == letter] for letter in "OBI"]
    return [np.stack([np.exp(r)[:, c].sum(1) for c in columns], axis=1) for r in scores]


def steps_inside(crf: sklearn_crfsuite.CRF) -> dict[str, float]:
    """Return the mean weights of steps into an I-: from O, from the same type, from another."""
    kind_of = {
        "from O": lambda a, b: a == "O",
        "from the same type": lambda a, b: a != "O" and a[2:] == b[2:],
        "from another type": lambda a, b: a != "O" and a[2:] != b[2:],
    }
    steps = {pair: w for pair, w in crf.transition_features_.items() if pair[1][0] == "I"}
    means = {
        k: np.mean([w for p, w in steps.items() if of(*p)] or [0]) for k, of in kind_of.items()
    }
    return {kind: round(float(mean), 2) for kind, mean in means.items()}
