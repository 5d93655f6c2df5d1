"""Unigram vocabularies trained without a library (Kudo, 2018, section 3.2).

The steps and constants are SentencePiece's (`unigram_model_trainer.cc`), but for the candidates:
there a suffix array yields them, here they are all substrings that occur twice.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from tokenizers import Tokenizer, models, pre_tokenizers

LONGEST = 16  # characters of a piece
SHRINK = 0.75  # of the pieces stay in a round
Scores = dict[str, float]


def train_unigram(
    words: Counter[str], sizes: Sequence[int], every_substring: bool = True
) -> dict[int, Scores]:
    """Return the pieces and their log-probabilities for each size of the vocabulary.

    One training, from many candidates downwards, passes all sizes. There are fewer pieces than
    asked for where no others are expected in the words.

    Args:
        words: With their frequencies.
        sizes: Of the vocabularies, the unknown token included.
        every_substring: False: only those that two different characters follow, or a character and
            a word's end; these are all that a suffix array finds. Like it, count different words.
    """
    characters = Counter(letter for word in words for letter in word * words[word])
    seeds = candidates(words, every_substring) | characters
    total, found = math.log(seeds.total()), {}
    scores = {piece: math.log(n) - total for piece, n in seeds.items()}
    for size in sorted(sizes, reverse=True):
        while True:
            for _ in range(2):
                scores = _estimate(words, scores, characters)
            if len(scores) <= 1.1 * size:
                break
            scores = _prune(words, scores, characters, 1.1 * size)
        others = sorted(scores.keys() - characters.keys(), key=lambda p: (-scores[p], p))
        kept = [*characters, *others[: size - 1 - len(characters)]]
        found[size] = {piece: scores[piece] for piece in kept}
    return found


def candidates(words: Counter[str], every_substring: bool = True) -> Counter[str]:
    """Return substrings that occur twice, each with its frequency times its length."""
    counts, following = Counter(), defaultdict(set)
    for word, n in words.items():
        for start in range(len(word)):
            for end in range(start + 2, min(len(word), start + LONGEST) + 1):
                counts[word[start:end]] += n if every_substring else 1
                if not every_substring:
                    following[word[start:end]].add(word[end : end + 1])
    return Counter(
        {
            piece: n * len(piece)
            for piece, n in counts.items()
            if n > 1 and (every_substring or len(following[piece]) > 1)
        }
    )


def best_cut(text: str, scores: Scores, without: str = "") -> list[str]:
    """Return the most probable pieces of a text (Viterbi), one of which may be forbidden."""
    best = [(0.0, 0)]
    for end in range(1, len(text) + 1):
        top, begin = -math.inf, end - 1
        for start in range(max(0, end - LONGEST), end):
            piece = text[start:end]
            score = scores.get(piece)
            if score is not None and piece != without and best[start][0] + score > top:
                top, begin = best[start][0] + score, start
        best.append((top, begin))
    pieces, end = [], len(text)
    while end:
        pieces.insert(0, text[best[end][1] : end])
        end = best[end][1]
    return pieces


def tokenizer_of(scores: Scores, unknown: str) -> Tokenizer:
    """Return the library's tokenizer, which cuts words with these pieces."""
    tokenizer = Tokenizer(models.Unigram([(unknown, 0.0), *scores.items()], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def _estimate(words: Counter[str], scores: Scores, always: Counter[str]) -> Scores:
    """Return new scores by one step of expectation maximization; rarely expected pieces go."""
    share, expected = {piece: math.exp(score) for piece, score in scores.items()}, Counter()
    for word, n in words.items():
        length = len(word)
        edges = [
            (start, end, word[start:end], share[word[start:end]])
            for start in range(length)
            for end in range(start + 1, min(length, start + LONGEST) + 1)
            if word[start:end] in share
        ]
        forward, backward = [1.0] + [0.0] * length, [0.0] * length + [1.0]
        for start, end, _, p in edges:
            forward[end] += forward[start] * p
        for start, end, _, p in reversed(edges):
            backward[start] += p * backward[end]
        for start, end, piece, p in edges:
            expected[piece] += n * forward[start] * p * backward[end] / forward[length]
    kept = {piece: max(n, 0.5) for piece, n in expected.items() if n >= 0.5 or piece in always}
    total = _digamma(sum(kept.values()))
    return {piece: _digamma(n) - total for piece, n in kept.items()}


def _prune(words: Counter[str], scores: Scores, always: Counter[str], size: float) -> Scores:
    """Return the pieces without which the likelihood of the best cuts would fall most."""
    used = Counter()
    for word, n in words.items():
        for piece in best_cut(word, scores):
            used[piece] += n
    total, loss = used.total(), {}
    for piece in scores.keys() & used.keys() - always.keys():
        n, instead = used[piece], best_cut(piece, scores, without=piece)
        then = math.log(total + n * (len(instead) - 1))
        others = sum(math.log(used[part] + n) - then for part in instead)
        loss[piece] = n * (math.log(n / total) - others)
    room = max(int(size), int(SHRINK * len(scores))) - len(always)
    kept = sorted(loss, key=lambda piece: (-loss[piece], piece))[:room]
    return {piece: scores[piece] for piece in [*always, *kept]}


def _digamma(x: float) -> float:
    """Return the derivative of log Γ: a prior that shrinks small counts (a Dirichlet process)."""
    shift = 0.0
    while x < 7:
        shift, x = shift - 1 / x, x + 1
    x -= 0.5
    return shift + math.log(x) + 1 / (24 * x**2) - 7 / (960 * x**4)
