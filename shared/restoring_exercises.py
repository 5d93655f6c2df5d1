"""The checks of notebook 20's exercises: each names the likely mistake, or says what was shown."""

import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared import restoring_model
from shared.restoring_texts import Word, words_of

FINER = {".": ".", "!": "!", ";": ";", "?": "?", ",": ",", ":": ":", "-": "-"}
COARSE = {".": ".", "!": ".", ";": ".", "?": "?", ",": ",", ":": ",", "-": ","}


def check_finer_tag(
    finer_tag: Callable[[Word, dict[str, str]], str], tag_of: Callable[[Word], str]
) -> None:
    """Check a tag with marks that are given, against the notebook's and on single words."""
    words = words_of("''Stop!'' he said; CUNY's - and \"why?\" -- 12,000: (U.N.)... no")
    both = Word("", "no", "?!")
    assert finer_tag(both, FINER) != "lower!", "of two marks the first counts"
    for word in words:
        found = finer_tag(word, COARSE)
        assert isinstance(found, str), f"return a text, not {type(found).__name__}"
        assert word.core != "CUNY's" or found.startswith("UPPER"), (
            "CUNY's is UPPER, its 's is left out of the case: take the case from tag_of"
        )
        assert found == tag_of(word), (
            f"with the notebook's marks {word} is {tag_of(word)}, not {found}: do case and mark "
            "both count, and does the table say what a mark counts as?"
        )
    found = [finer_tag(word, FINER) for word in words]
    assert found[0] == "Capital!" and found[2] == "lower;", (
        f"with finer marks stop! is Capital! and said; is lower;, not {found[0]} and {found[2]}: "
        "is the table the one that is given?"
    )
    assert finer_tag(both, FINER) == "lower?", "of ?! the first counts"
    assert finer_tag(both, {"!": "!"}) == "lower!", "a mark that is not in the table is passed over"
    assert finer_tag(both, {}) == "lower", "no known mark: the case alone"
    print("right: on ten words, with three tables of marks")


def check_share_of_wins(share_of_wins: Callable[..., float]) -> None:
    """Check a paired comparison on all draws of four documents, against another computation."""
    random = np.random.default_rng(3)
    document = np.array([0, 0, 1, 2, 2, 2, 3])
    drawn = np.array(list(itertools.product(range(4), repeat=4)))  # all 256 draws
    for _ in range(20):
        made = random.integers(0, 6, (2, 7, 1)) + random.integers(0, 4, (2, 7, 3))
        made[..., 2] = made[0, :, 2]  # what is there is the same for both
        made[..., 0] = np.minimum(made[..., 0], made[..., 1:].min(-1))
        ours, theirs = made
        expected, apart, by_text, by_document = _wins(ours, theirs, document, drawn)
        found = share_of_wins(ours, theirs, document, drawn)
        assert found is not None, "your function returns None: return the share"
        assert np.ndim(found) == 0, f"return one number, not an array of shape {np.shape(found)}"
        assert 0 <= found <= 1, f"a share is between 0 and 1, not {found:.2f}"
        for mean, of in ((by_text, "texts"), (by_document, "documents")):
            assert expected == mean or abs(found - mean) > 1e-9, (
                f"sum the counts of a draw before F1; this is the mean of the {of}' F1"
            )
        assert expected == apart or abs(found - apart) > 1e-9, "a tie is half a win"
        assert abs(found - expected) < 1e-9, (
            f"{found:.4f}, expected {expected:.4f}: does a draw take whole documents, all their "
            "texts, as often as they were drawn, and the same ones for both?"
        )
    print("right: 20 times on all 256 draws of four documents")


def _wins(
    ours: np.ndarray, theirs: np.ndarray, document: np.ndarray, drawn: np.ndarray
) -> tuple[float, float, float, float]:
    """Return the share of wins; without ties; and by the mean of the texts' or documents' F1."""
    wins, strict, by_text, by_document = [], [], [], []
    sums = [np.array([c[document == d].sum(0) for d in range(4)]) for c in (ours, theirs)]
    single = [2 * c[:, 0] / np.maximum(c[:, 1:].sum(1), 1) for c in sums]
    for draw in drawn:
        rows = np.concatenate([np.flatnonzero(document == d) for d in draw])
        a, b = (2 * c[rows, 0].sum() / max(c[rows, 1:].sum(), 1) for c in (ours, theirs))
        c, d = ((2 * c[rows, 0] / np.maximum(c[rows, 1:].sum(1), 1)).mean() for c in (ours, theirs))
        wins.append((a > b) + (a == b) / 2)
        strict.append(a > b)
        by_text.append((c > d) + (c == d) / 2)
        e, f = (of[draw].mean() for of in single)
        by_document.append((e > f) + (e == f) / 2)
    return tuple(float(np.mean(of)) for of in (wins, strict, by_text, by_document))


def check_nearby(nearby: Callable[[list[int | None], int], Tensor]) -> None:
    """Check a mask of words that are near each other."""
    pieces = [None, 0, 1, 1, 1, 2, 3, None]
    for reach in (0, 1, 2, 9):
        mask = nearby(pieces, reach)
        assert isinstance(mask, Tensor), f"return a tensor, not {type(mask).__name__}"
        assert str(mask.dtype) == "torch.bool" and mask.shape == (8, 8), (
            f"expected bool of (8, 8), not {mask.dtype} of {tuple(mask.shape)}"
        )
        for i, j in itertools.product(range(8), repeat=2):
            own, other = pieces[i], pieces[j]
            if i == j or j == 0:
                assert mask[i, j], (
                    "each piece reads itself and the first piece of the frame, and no row is empty"
                )
                continue
            if own is None or other is None:
                assert not mask[i, j], (
                    "words pass through the frame: its pieces read no word, and its last piece is "
                    "read by no word"
                )
                continue
            assert mask[i, j] == mask[j, i], "near is near on both sides: the distance has no sign"
            expected = abs(own - other) <= reach
            if own == other:
                assert mask[i, j], "all pieces of a word read each other, whatever the reach"
            assert bool(mask[i, j]) == expected, (
                f"reach {reach}: may a piece of word {own} read one of word {other}? Count words, "
                "not pieces; at the distance of the reach it may."
            )
    print("right: four reaches, with a word of three pieces")


def words_moved(
    nearby: Callable[[list[int | None], int], Tensor],
    reach: int,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    words: list[str],
) -> list[str]:
    """Return the words whose logits change if the last word becomes another, under a mask."""
    answers = []
    for last in (words[-1], "elephants"):
        inputs, ids = restoring_model.batch_of(tokenizer, [[*words[:-1], last]], 256)
        least = torch.finfo(torch.float32).min
        inputs["attention_mask"] = torch.where(nearby(ids[0], reach), 0.0, least)[None, None]
        with torch.inference_mode():
            logits = model.cpu().eval()(**inputs).logits[0]
        answers.append(logits[torch.tensor(restoring_model.first_pieces(ids[0]))])
    n = min(len(answer) for answer in answers)
    apart = (answers[0][:n] - answers[1][:n]).abs().amax(1) > 1e-6
    return [word for word, moved in zip(words[:n], apart.tolist(), strict=True) if moved]


def within(moved: list[str], reach: int, model: PreTrainedModel, words: list[str]) -> bool:
    """Tell whether only words moved that the last one reaches through all layers."""
    reached = words[max(0, len(words) - 1 - reach * model.config.num_hidden_layers) :]
    return set(moved) <= set(reached)


def check_agreeing(agreeing: Callable[[np.ndarray, list[str]], list[str]]) -> None:
    """Check the best sequence without a contradiction against all sequences of four words."""
    tags = ["lower", "lower,", "lower.", "Capital", "Capital?", "UPPER"]
    random = np.random.default_rng(2)
    every = list(itertools.product(range(len(tags)), repeat=4))

    def contradicts(before: int, after: int) -> bool:
        return tags[before][-1] in ".?" and tags[after].startswith("lower")

    free = [
        row for row in every if not any(itertools.starmap(contradicts, itertools.pairwise(row)))
    ]
    for _ in range(100):
        scores = np.log(random.dirichlet(np.full(len(tags), 0.6), 4))
        given = scores.copy()
        found = agreeing(scores, tags)
        assert found is not None, "your function returns None: return the tags"
        found = list(found)
        assert np.array_equal(scores, given), "you changed the scores that you were given"
        assert len(found) == 4, f"{len(found)} tags for 4 words"
        assert all(isinstance(tag, str) for tag in found), (
            f"return the tags, such as {tags[0]!r}, not their numbers: {found}"
        )
        assert set(found) <= set(tags), (
            f"{set(found) - set(tags)}: choose among the given tags, do not make new ones"
        )
        row = [tags.index(tag) for tag in found]
        assert tuple(row) in free, f"{found}: after a period or question mark comes lower case"
        sums = scores[np.arange(4), np.array(free)].sum(1)
        mine = scores[range(4), row].sum()
        assert mine > max(sums) - 1e-9, (
            f"{found}: another sequence without a contradiction scores {max(sums) - mine:.2f} "
            "more. The best *sum* is asked for: the end before may have to give way, and after an "
            "end UPPER is allowed as well as Capital."
        )
    print("right: the best of all sequences, 100 times")
