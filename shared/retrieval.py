"""Queries with known passages, and vectors of texts that are computed once and kept."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared import models, runs
from shared.corpora import PARALLEL
from shared.texts import normalized
from shared.vectors import mean_vectors, token_vectors

MOST_TOKENS = 64  # of a text; what stands behind is not read
PREFIXES = {"e5": ("query: ", "passage: ")}  # what a model was trained to read before its texts


@dataclass(frozen=True)
class Pairs:
    """Queries and passages of one corpus; query i was written for passage i.

    Attributes:
        table: A row per passage: `query`, `passage`, `kind` (`title` or `name`), `component`,
            `split`, and a column per language with the query in it, or NaN.
    """

    table: pd.DataFrame

    @property
    def passages(self) -> list[str]:
        """All passages, which are what is searched."""
        return self.table["passage"].tolist()

    def rows(self, split: str) -> np.ndarray:
        """Return the rows of a split, (rows,)."""
        return np.flatnonzero(self.table["split"] == split)

    def right(self, rows: np.ndarray) -> np.ndarray:
        """Return which passages answer which query, bool (rows, passages).

        A query that stands elsewhere too, case and spaces aside, is answered by each of its
        passages.
        """
        same = self.table["query"].map(normalized).to_numpy()
        return same[rows][:, None] == same[None]


def pairs(languages: Sequence[str] = ("de", "zh-Hans", "fr", "ja", "ko")) -> Pairs:
    """Return the titles and names of the parallel corpus, each with its English description.

    Their keys differ in the last part only. Descriptions that are equal, case and spaces aside,
    are one passage. A component is in one split.

    Args:
        languages: Columns of the corpus in which the queries are wanted, beside English.
    """
    columns = ["component", "key", "split", "en", *languages]
    rows = pd.read_parquet(PARALLEL, columns=columns)
    rows[["base", "last"]] = rows["key"].str.rsplit(".", n=1, expand=True).to_numpy()
    told = rows.loc[rows["last"] == "description", ["component", "base", "split", "en"]]
    asked = rows[rows["last"].isin(["title", "name"])].drop(columns="key")
    both = asked.merge(told, on=["component", "base", "split"], suffixes=("", "_told"))
    both = both.dropna(subset=["en", "en_told"])
    both = both[~both["en_told"].map(normalized).duplicated()]
    names = {"en": "query", "en_told": "passage", "last": "kind"}
    kept = ["query", "passage", "kind", "component", "split", *languages]
    return Pairs(both.rename(columns=names)[kept].reset_index(drop=True))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (n, d) divided by their lengths: a dot product is then a cosine."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def fingerprint(texts: Sequence[str]) -> str:
    """Return a hash of texts in their order."""
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()


class Embedder:
    """From texts to unit vectors, by a model that is loaded when it is first needed."""

    def __init__(self, model_name: str, most_tokens: int = MOST_TOKENS) -> None:
        self.model_name, self.most_tokens = model_name, most_tokens
        self.question, self.passage = PREFIXES.get(model_name, ("", ""))
        self.loaded: tuple[PreTrainedModel, PreTrainedTokenizerBase] | None = None
        self.texts = 0  # embedded so far

    def __call__(self, texts: Sequence[str], prefix: str) -> np.ndarray:
        """Return unit vectors of texts that begin with a prefix, (texts, d)."""
        self.texts += len(texts)
        found = mean_vectors(*self._models(), [prefix + text for text in texts], self.most_tokens)
        return unit(found).astype(np.float32)

    def _models(self) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
        if self.loaded is None:
            self.loaded = (
                models.load_encoder(self.model_name),
                models.load_tokenizer(self.model_name),
            )
        return self.loaded

    def kept(self, texts: Sequence[str], prefix: str = "") -> np.ndarray:
        """Return the same vectors: computed once, and kept as an artifact."""

        def build(folder: Path) -> dict[str, int]:
            np.save(folder / "vectors.npy", self(texts, prefix))
            return {"texts": len(texts)}

        made = self._artifact("vectors", [prefix + text for text in texts], build)
        return np.load(made.path / "vectors.npy", allow_pickle=False)

    def kept_states(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return the last hidden states of each text's tokens, (tokens, d) each: kept, too."""

        def build(folder: Path) -> dict[str, int]:
            found = token_vectors(*self._models(), list(texts), self.most_tokens)
            np.save(folder / "states.npy", np.concatenate(found))
            np.save(folder / "lengths.npy", [len(states) for states in found])
            return {"texts": len(texts)}

        made = self._artifact("states", texts, build)
        states, lengths = (
            np.load(made.path / f"{name}.npy", allow_pickle=False) for name in ("states", "lengths")
        )
        return np.split(states, lengths.cumsum()[:-1])

    def _artifact(
        self, kind: str, texts: Sequence[str], build: Callable[[Path], dict[str, int]]
    ) -> runs.Artifact:
        inputs = {"model": models.fingerprint(self.model_name), "most_tokens": self.most_tokens}
        return runs.artifact(kind, inputs, build, fingerprint(texts))
