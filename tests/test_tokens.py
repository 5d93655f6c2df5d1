"""What notebook 02 draws of tokens, and counts of them."""

from collections import Counter

import numpy as np
import pytest

from shared import models, token_counts, token_pictures, unigram
from shared.embedding_costs import embedding_costs


def test_tokens_are_shown_as_a_reader_reads_them() -> None:
    smollm2 = models.load_tokenizer("smollm2")
    shown, unknown = token_pictures.pieces_of(smollm2, "a café 😀\n")
    assert "".join(shown[:-3]) == "a·café" and shown[-3:] == ["20 F0 9F 98", "80", "↵"]
    assert not any(unknown)
    shown, unknown = token_pictures.pieces_of(models.load_tokenizer(), "a 😀")
    assert shown == ["a", "[UNK]"] and unknown == [False, True]


def test_control_tokens_are_told() -> None:
    smollm2 = models.load_tokenizer("smollm2")
    ids = smollm2("<|im_start|>user\n")["input_ids"]
    assert token_pictures.readable(smollm2, ids) == (
        ["<|im_start|>", "user", "↵"],
        [True, False, False],
    )


@pytest.mark.parametrize(
    "drawing",
    [
        token_pictures.coloured([("a", ["word"] * 60, [True] * 60)], "many words"),
        token_pictures.lattice("abc", {(0, 1): -1, (1, 3): -2, (0, 3): -9}, ["a", "bc"]),
        token_pictures.merge_steps([("start", [["a", "b"], ["c"]], ""), ("1", [["ab"]], "ab")]),
        token_pictures.pipeline("A b", [("first", "cuts", ["A", "b"]), ("last", "ends", ["x"])]),
    ],
    ids=["coloured", "lattice", "merge_steps", "pipeline"],
)
def test_a_drawing_is_as_high_as_what_is_in_it(drawing: object) -> None:
    bottoms = [
        float(box.get("y")) + float(box.get("height")) for box in drawing.root.findall("rect")[1:]
    ]
    assert max(bottoms) <= drawing.height <= max(bottoms) + 30


def test_equal_tokens_have_one_colour_and_neighbours_differ() -> None:
    drawing = token_pictures.coloured([("a", ["m", "á", "m", "à", "m"], [False] * 5)], "tones")
    first, second, third, fourth, fifth = (
        box.get("fill") for box in drawing.root.findall("rect")[1:]
    )
    assert first == third == fifth and first not in (second, fourth)


def test_arrows_end_at_boxes() -> None:
    drawing = token_pictures.pipeline("A b", [("first", "cuts", ["A", "b"]), ("last", "ends", "x")])
    boxes = [
        tuple(float(box.get(side)) for side in ("x", "y", "width"))
        for box in drawing.root.findall("rect")[1:]
    ]
    for tip in drawing.root.findall("polygon"):
        x, y = map(float, tip.get("points").split()[0].split(","))
        assert any(left < x < left + w and abs(top - y) < 0.1 for left, top, w in boxes), (x, y)


WORDS = Counter({"this": 50, "film": 40, "films": 9, "thin": 4, "the": 80, "them": 7, "fit": 6})


def test_unigram_keeps_characters_and_what_is_missed_most() -> None:
    sizes = unigram.train_unigram(WORDS, [18, 14])
    letters = set("".join(WORDS))
    for size, scores in sizes.items():
        assert letters <= scores.keys() and len(scores) <= size - 1
        assert sum(np.exp(list(scores.values()))) < 1.001
        assert all("".join(unigram.best_cut(word, scores)) == word for word in WORDS)
    assert {"this", "the", "film"} <= sizes[18].keys()
    tokenizer = unigram.tokenizer_of(sizes[18], "[UNK]")
    assert tokenizer.encode("this films").tokens == [
        *unigram.best_cut("this", sizes[18]),
        *unigram.best_cut("films", sizes[18]),
    ]


def test_a_suffix_array_overlooks_what_is_continued_in_one_way() -> None:
    every, few = unigram.candidates(WORDS), unigram.candidates(WORDS, every_substring=False)
    assert every["this"] == 4 * 50 and "this" not in few  # always followed by the word's end
    assert {"the", "film"} <= few.keys()  # `them`, `films`: in two ways


def test_the_best_path_is_green() -> None:
    drawing = token_pictures.lattice("abc", {(0, 1): -1, (1, 3): -2, (0, 3): -9}, ["a", "bc"])
    fills = [box.get("fill") for box in drawing.root.findall("rect")[1:]]
    assert fills.count("#b5e3d3") == 2 and fills.count("#ffffff") == 1


@pytest.mark.parametrize(
    ("back", "lost"),
    [("AB cd", 0), ("abcd", 0), ("ab", 0.5), ("", 1), ("á b c d", 0.25)],
)
def test_lost_characters(back: str, lost: float) -> None:
    assert token_counts.lost_characters("ab cd", back) == lost


def test_an_interval_narrows_with_the_number_of_texts() -> None:
    words = np.random.default_rng(1).integers(5, 50, size=800)
    tokens = words + np.random.default_rng(2).integers(0, 20, size=800)
    few, many = (token_counts.ratio_interval(tokens[:n], words[:n]) for n in (50, 800))
    assert many[1] < many[0] < many[2] and few[2] - few[1] > 2.5 * (many[2] - many[1])


def test_shares_have_equally_many_words() -> None:
    texts = {"short": ["a b"] * 50, "long": ["a b c d e"] * 50}
    shares = token_counts.equal_shares(texts)
    assert len(shares["short"]) == 50 and len(shares["long"]) in (20, 21)


def test_tied_and_untied_embeddings() -> None:
    from transformers import LlamaConfig

    small = {"vocab_size": 100, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
             "num_attention_heads": 2, "num_key_value_heads": 2}  # fmt: skip
    costs = embedding_costs(
        {tied: LlamaConfig(**small, tie_word_embeddings=tied) for tied in (True, False)}
    )
    assert list(costs["matrices"]) == [1, 2] and costs["share"].is_monotonic_increasing
