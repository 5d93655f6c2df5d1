"""The linear model's features that fine-tuned models are compared with."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer


def tfidf(texts: Sequence[str]) -> TfidfVectorizer:
    """Return TF-IDF weighted counts of words and word pairs, not yet fitted.

    Where most texts have no word of two letters (emoji, punctuation, single digits), characters and
    their pairs and triples are counted instead, which is printed.
    """
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    if np.mean([bool(words.build_tokenizer()(text)) for text in texts]) > 0.5:
        return words
    print("Most texts have no word of two letters: TF-IDF counts characters instead.")
    return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
