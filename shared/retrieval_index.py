"""An index of documents: each file is cut and embedded once, and what changed is done again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np

from shared import ROOT
from shared.errors import UserError, short
from shared.retrieval import MOST_TOKENS, Embedder
from shared.retrieval_files import MOST_WORDS, Passage, documents, passages_of

MODEL = "minilm"
COURSE = ROOT / "notebooks"
WEIGHT = 0.7  # of BM25; chosen on the course's quiz questions, in notebook 17


def tokens(text: str) -> list[str]:
    """Return a text's words in small letters, as `bm25s` cuts them without a list of stop words."""
    (found,) = bm25s.tokenize([text], stopwords=None, return_ids=False, show_progress=False)
    return found


def fused(by_words: np.ndarray, by_vector: np.ndarray, weight: float = WEIGHT) -> np.ndarray:
    """Return the weighted mean of two scores, each stretched to 0 … 1 over the passages.

    Source: Bruch, Gai & Ingber (2023): a convex combination of min-max scaled scores.

    Args:
        by_words: Scores such as BM25's, (…, passages).
        by_vector: Scores such as cosines, (…, passages).
        weight: Of the words' score, 0 to 1.
    """
    return weight * _stretched(by_words) + (1 - weight) * _stretched(by_vector)


def _stretched(score: np.ndarray) -> np.ndarray:
    low, high = score.min(-1, keepdims=True), score.max(-1, keepdims=True)
    return (score - low) / np.maximum(high - low, 1e-9)  # equal scores: 0


@dataclass(frozen=True)
class Index:
    """Passages that can be searched, by words and by vectors.

    Attributes:
        passages: All of them.
        vectors: Of unit length, (passages, d).
        words: BM25 of the same passages.
        embed: Makes their vectors, and those of questions.
        unread: By file, why it was left out.
        new: The files whose text was not known before.
    """

    passages: list[Passage]
    vectors: np.ndarray
    words: bm25s.BM25
    embed: Embedder
    unread: dict[str, str]
    new: list[str]

    def scores(self, question: str) -> tuple[np.ndarray, np.ndarray]:
        """Return BM25 and cosine of each passage, (passages,) twice."""
        by_vector = self.vectors @ self.embed([question], self.embed.question)[0]
        return self.words.get_scores(tokens(question)), by_vector

    def search(self, question: str, k: int = 5) -> list[Passage]:
        """Return the k passages that words and vectors together rank highest."""
        best = (-fused(*self.scores(question))).argsort(kind="stable")[:k]
        return [self.passages[i] for i in best.tolist()]


def index(
    folder: str,
    model_name: str = MODEL,
    most_words: int = MOST_WORDS,
    most_tokens: int = 128,
    but: Collection[str] = (),
) -> Index:
    """Return an index of a folder's documents; a file is an artifact, made when its text is new.

    An interrupted call keeps the files that were finished.

    Args:
        folder: See `retrieval_files.documents`.
        model_name: An encoder.
        most_words: Of a passage.
        most_tokens: Of a passage, that its vector is made from.
        but: Files of the folder that are left out.

    Raises:
        UserError: There is no such folder, or nothing in it can be read.
    """
    paths, unread = documents(folder)
    embed = Embedder(model_name, most_tokens)
    found: list[Passage] = []
    parts: list[np.ndarray] = []
    new: list[str] = []
    for path in paths:
        name, before = path.relative_to(folder).as_posix(), embed.texts
        if name in but:
            continue
        try:
            cut = passages_of(path, folder, most_words)
        except UserError as error:
            unread[name] = str(error)
            continue
        if not cut:
            unread[name] = "it has no text"
            continue
        found += cut
        texts = [f"{passage.heading}. {passage.text}".lstrip(". ") for passage in cut]
        parts.append(embed.kept(texts, embed.passage))
        if embed.texts > before:
            new.append(name)
    if not found:
        why = "; ".join(f"{name}: {reason}" for name, reason in list(unread.items())[:3])
        raise UserError(
            f"documents = {short(folder)}: there is nothing to search in it ({why or 'no files'}). "
            f"Name a folder with texts."
        )
    words = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    words.index([tokens(f"{p.heading} {p.text}") for p in found], show_progress=False)
    return Index(found, np.concatenate(parts), words, embed, unread, new)


def course(model_name: str = MODEL) -> Index:
    """Return the index of the course's own notebooks: a passage is a section.

    A vector is made from a section's heading and first words.
    """
    return index(str(COURSE), model_name, 100_000, MOST_TOKENS, but=["template.ipynb"])


def link(passage: Passage) -> str:
    """Return where a passage of a notebook stands: its file and heading, as JupyterLab links it."""
    anchor = passage.heading.replace(" ", "-")
    return f"{passage.file}#{anchor}" if anchor else passage.file


def told(passages: Sequence[Passage]) -> str:
    """Return passages as lines for a terminal: where, and how they begin."""
    lines = []
    for number, passage in enumerate(passages, 1):
        start = " ".join(passage.text.split()[:24])
        lines += [f"{number}. notebooks/{passage.file} · {passage.heading}", f"   {start} …"]
    return "\n".join(lines)
