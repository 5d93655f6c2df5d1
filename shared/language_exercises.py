"""The checks of notebook 09's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from transformers import PreTrainedTokenizerBase


def check_premium(
    premium: Callable[[PreTrainedTokenizerBase, str, str], float],
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    """Check the ratio of tokens of two texts, without special tokens."""
    third = premium(tokenizer, "good", "good good good")
    assert third < 1, f"{third:.2f}: one token over three is below 1; text over reference"
    assert not np.isclose(third, 3 / 5), "3 of 5: are [CLS] and [SEP] counted?"
    assert np.isclose(third, 1 / 3), f"{third:.2f}: one token over three is a third"
    russian = premium(tokenizer, "рождаются", "good")
    assert russian == len(tokenizer.tokenize("рождаются")), "count tokens, not characters or words"
    short_words, one_long = premium(tokenizer, "a a a a", "heart"), len("a a a a") / len("heart")
    assert short_words == 4 != one_long, "count tokens, not characters or words"
    print(f"right: one Russian word costs as much as {russian:.0f} English ones")


def check_collisions(
    collisions: Callable[[PreTrainedTokenizerBase, list[str]], int],
    english: PreTrainedTokenizerBase,
    extended: PreTrainedTokenizerBase,
) -> None:
    """Check how many texts share their tokens with a different text."""
    assert collisions(english, ["Good", "good", "bad"]) == 2, "count both texts of a pair"
    assert collisions(english, ["good", "good", "bad"]) == 0, "a repeated text is no different text"
    thrice = collisions(english, ["Good", "good", "good", "bad"])
    assert thrice == 3, f"{thrice}: 'good' stands twice and is lost twice; count rows of the list"
    apart = collisions(english, ["Good", "good", "bad", "bad"])
    assert apart == 2, f"{apart}: 'bad' only meets its own copy, which is no different text"
    words = ["愤怒", "赔偿", "挤压", "good"]  # anger, compensation, squeeze
    lost = collisions(english, words)
    assert lost == 3, f"{lost}: three words all of unknown characters look the same"
    assert collisions(extended, words) == 0, "with rows of their own they differ"
    print("right: to the English model anger, compensation and squeezing are one word")


def check_from_pieces(
    from_pieces: Callable[[list[str], PreTrainedTokenizerBase, torch.Tensor], torch.Tensor],
    tokenizer: PreTrainedTokenizerBase,
    rows: torch.Tensor,
) -> None:
    """Check the start at the mean of the old pieces' vectors.

    Args:
        from_pieces: The answer.
        tokenizer: The old one.
        rows: The old matrix, (pieces, hidden).
    """
    began = from_pieces(["film", "heartwarmingly"], tokenizer, rows)
    assert began.shape == (2, rows.shape[1]), f"{tuple(began.shape)}: expected a row for each word"
    film = rows[tokenizer.convert_tokens_to_ids("film")]
    assert torch.allclose(began[0], film), (
        "one piece: its own vector; are [CLS] and [SEP] in the mean?"
    )
    assert began[1].norm() < 2 * film.norm(), "several pieces: the mean, not the sum"
    several = rows[tokenizer.convert_tokens_to_ids(tokenizer.tokenize("heartwarmingly"))]
    for place, name in ((0, "first"), (-1, "last")):
        alone = torch.allclose(began[1], several[place])
        assert not alone, f"several pieces: the mean of all, not the {name} one alone"
    assert torch.allclose(began[1], several.mean(0), atol=1e-6), "several pieces: their plain mean"
    lost = from_pieces(["愤", "赔"], tokenizer, rows)
    assert torch.equal(lost[0], lost[1]), "unknown characters all start at [UNK]"
    print("right, and no help here: 愤 (angry) and 赔 (compensate) both start at [UNK]")


def check_centred(
    centred: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
) -> None:
    """Check that each language loses its own mean, on invented vectors of two languages."""
    random = np.random.default_rng(0)
    y = random.integers(2, size=400)
    home = random.normal(size=(400, 8)) + 2 * y[:, None] * (np.arange(8) == 0)
    away = 1.5 * home[:300] + 5  # another language: the same, wider and moved
    before = away.copy()
    a, b = centred(home, away)
    assert np.array_equal(away, before), "the vectors that were given are changed: make new ones"
    assert a.shape == home.shape and b.shape == away.shape, "two arrays, shaped as those given"
    assert np.allclose(a.mean(0), 0), "the first language keeps a mean: axis 0, over texts"
    assert np.allclose(b.mean(0), 0), "the second language must lose its own mean, not the first's"
    for made, given, which in ((a, home, "first"), (b, away, "second")):
        kept = np.allclose(made, given - given.mean(0))
        assert kept, f"the {which} language: only the mean goes, the spread stays as it was"
    accuracy = [LogisticRegression().fit(x, y).score(z, y[:300]) for x, z in ((home, away), (a, b))]
    print(f"right: on invented vectors accuracy goes from {accuracy[0]:.2f} to {accuracy[1]:.2f}")
