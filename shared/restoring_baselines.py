"""What restores text without a pretrained model: counts of three words, and a linear-chain CRF."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import sklearn_crfsuite

from shared.tagging import Tagged

# Penalties (L1, L2) that are tried on validation passages.
PENALTIES = ((0.3, 0.03), (1.0, 0.03), (2.0, 0.03))


def trigram_tags(train: Sequence[Tagged], texts: Sequence[Tagged]) -> list[list[str]]:
    """Return the most frequent tag of each word between its two neighbours in training.

    Where the three words were not seen together, the word with the next one decides, then the word
    alone, then the commonest tag.
    """
    votes: dict[tuple[str, ...], Counter] = defaultdict(Counter)
    for text in train:
        for keys, tag in zip(_keys(text.words), text.tags, strict=True):
            for key in keys:
                votes[key][tag] += 1
    winner = {key: tags.most_common(1)[0][0] for key, tags in votes.items()}
    return [
        [next(winner[key] for key in keys if key in winner) for keys in _keys(text.words)]
        for text in texts
    ]


def _keys(words: Sequence[str]) -> list[list[tuple[str, ...]]]:
    """Return what is looked up for each word, the most special first; the last is always known."""
    framed = ["", *words, ""]
    return [
        [(framed[i - 1], framed[i], framed[i + 1]), (framed[i], framed[i + 1]), (framed[i],), ()]
        for i in range(1, len(framed) - 1)
    ]


def features(words: Sequence[str]) -> list[list[str]]:
    """Return what the CRF sees of each word: itself, its ending, digits, two words on each side."""
    framed = ["", "", *words, "", ""]
    return [
        [f"{offset}={framed[i + 2 + offset]}" for offset in (-2, -1, 0, 1, 2)]
        + [f"ends={word[-3:]}", f"ends={word[-2:]}", f"digit={any(map(str.isdigit, word))}", "any"]
        for i, word in enumerate(words)
    ]


def fit_crf(train: Sequence[Tagged], l1: float, l2: float) -> sklearn_crfsuite.CRF:
    """Return a linear-chain CRF with L1 and L2 penalties, fitted by 60 steps of L-BFGS."""
    model = sklearn_crfsuite.CRF(algorithm="lbfgs", c1=l1, c2=l2, max_iterations=60)
    return model.fit([features(text.words) for text in train], [text.tags for text in train])


def crf_tags(model: sklearn_crfsuite.CRF, texts: Sequence[Tagged]) -> list[list[str]]:
    """Return the best sequence of tags of each text."""
    return [list(tags) for tags in model.predict([features(text.words) for text in texts])]


def crf_log_chances(
    model: sklearn_crfsuite.CRF, texts: Sequence[Tagged], tags: Sequence[str]
) -> list[np.ndarray]:
    """Return the logarithm of each tag's marginal probability, text by text: (words, tags).

    A tag that the CRF never saw gets a probability of 1e-9.
    """
    marginals = model.predict_marginals([features(text.words) for text in texts])
    return [
        np.log([[max(word.get(tag, 0.0), 1e-9) for tag in tags] for word in rows])
        for rows in marginals
    ]
