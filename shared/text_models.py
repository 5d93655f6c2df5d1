"""Linear models of texts, in a few settings each: what fine-tuning is compared with."""

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from shared.baselines import tfidf


def majority(regression: bool) -> BaseEstimator:
    """Return the model that always answers the most frequent class, or the mean."""
    return DummyRegressor() if regression else DummyClassifier()


def candidates(
    texts: Sequence[str], regression: bool
) -> dict[str, tuple[BaseEstimator, dict[str, BaseEstimator]]]:
    """Return by name the features of a family of models, not yet fitted, and its settings.

    Args:
        texts: The training texts, which decide whether words can be counted (`baselines.tfidf`).
        regression: Whether numbers are predicted.
    """
    words = tfidf(texts)
    both = make_union(
        tfidf(texts) if words.analyzer == "word" else words,
        TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True),
    )
    ridges = {f"α = {a:g}": Ridge(alpha=a) for a in (0.3, 1.0, 3.0)}
    if regression:
        return {"words, ridge": (words, ridges), "words + characters, ridge": (both, ridges)}
    logistic = {f"C = {c:g}": LogisticRegression(C=c, max_iter=2000) for c in (3.0, 10.0, 30.0)}
    bayes = {f"α = {a:g}": MultinomialNB(alpha=a) for a in (0.03, 0.1, 0.3, 1.0)}
    return {
        "words, logistic": (words, logistic),
        "words, naive Bayes": (words, bayes),
        "words + characters, logistic": (both, {c: logistic[c] for c in ("C = 10", "C = 30")}),
        "words + characters, naive Bayes": (both, bayes),
    }


def of_vectors(labels: np.ndarray, regression: bool) -> BaseEstimator:
    """Return a linear model of dense vectors, which are standardized first, not yet fitted.

    Where all labels are of one class there is nothing to separate: it is the answer then.
    """
    if regression:
        return make_pipeline(StandardScaler(), Ridge(alpha=100.0))
    if len(set(labels)) == 1:
        return DummyClassifier()
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))


def of_counts(texts: Sequence[str], labels: np.ndarray, regression: bool) -> BaseEstimator:
    """Return a linear model of word counts for few labels, not yet fitted."""
    return make_pipeline(tfidf(texts), Ridge() if regression else MultinomialNB(alpha=1.0))
