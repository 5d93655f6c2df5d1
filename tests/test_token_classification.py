"""Notebook 07: its functions against known answers, and what it takes from `shared`."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import definitions
from sklearn.metrics import roc_auc_score

from shared import corpora, names_crf, names_scores, names_weak
from shared.tagging import Tagged

NOTEBOOK = "07_token_classification"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    found = definitions(f"{NOTEBOOK}.ipynb")
    space = found.spans.__globals__
    space |= {"IGNORED": -100, "usual": {"texas", "rumania"}}
    return found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("He met Mr. Rust in Red Square.", ["Rust", "Red Square"]),
        ("Texas law and I say: Dogs bark, Ann, Bo.", ["Texas", "Ann", "Bo"]),
        ("In May the Interior met", ["Interior"]),
        ("Hooray for nobody.", []),
    ],
)
def test_weak_names_follow_their_rules(
    notebook: SimpleNamespace, text: str, names: list[str]
) -> None:
    words = names_weak.TOKEN.findall(text)
    found = notebook.spans(notebook.weak_names(words))
    assert [" ".join(words[a:b]) for a, b, _ in found] == names


def test_the_newspaper_is_cut_as_its_gold_sentences_are() -> None:
    gold = [text.words for part in corpora.names().values() for text in part]
    joined = {"".join(words): words for words in gold}
    texts = names_weak.unlabelled()
    assert not joined.keys() & {"".join(words) for words in texts}  # none of the 400
    everything = names_weak.data.load("nyt", "regression")
    cut = {
        "".join(words): words
        for part in everything.values()
        for words in map(names_weak.TOKEN.findall, part["text"])
    }
    assert np.mean([cut[key] == words for key, words in joined.items()]) > 0.97


def test_what_usually_has_a_capital_is_counted_in_mid_sentence() -> None:
    texts = [["Dogs", "bark", "in", "Texas"], ["Texas", ":", "Dogs"], ["the", "dogs"]]
    assert names_weak.usually_capital(texts) == {"texas"}


def test_spans(notebook: SimpleNamespace) -> None:
    tags = ["B-A", "I-A", "B-A", "O", "I-B", "I-A"]
    assert notebook.spans(tags) == [(0, 2, "A"), (2, 3, "A"), (4, 5, "B"), (5, 6, "A")]
    assert notebook.spans([]) == []


def test_alignment(notebook: SimpleNamespace) -> None:
    ids = [None, 0, 0, 1, 2, 2, 2, None]
    first = [None, "B-A", None, "O", "I-A", None, None, None]
    assert notebook.align(["B-A", "O", "I-A"], ids, every=False) == first
    every = [None, "B-A", "I-A", "O", "I-A", "I-A", "I-A", None]
    assert notebook.align(["B-A", "O", "I-A"], ids, every=True) == every


def test_viterbi_of_one_word_and_of_a_certain_stray(notebook: SimpleNamespace) -> None:
    names = ["O", "B-A", "I-A"]
    assert notebook.viterbi(np.log([[0.3, 0.2, 0.5]]), names) == ["O"]
    sure = np.log([[0.6, 0.39, 0.01], [0.01, 0.01, 0.98]])
    assert notebook.viterbi(sure, names) == ["B-A", "I-A"]


def test_characters_keep_the_names(notebook: SimpleNamespace) -> None:
    text = Tagged(["江", "泽民", "在", "北京"], ["B-PER", "I-PER", "O", "B-LOC"])
    found = notebook.in_characters(text)
    assert found.words == list("江泽民在北京")
    assert notebook.spans(found.tags) == [(0, 3, "PER"), (4, 6, "LOC")]
    lone = notebook.in_characters(Tagged(["上海", "北京"], ["B-LOC", "B-LOC"]))
    assert notebook.spans(lone.tags) == [(0, 2, "LOC"), (2, 4, "LOC")]


def test_names_as_characters_of_the_joined_words(notebook: SimpleNamespace) -> None:
    text = Tagged(["Ann", "Li", "left", "Rome"], ["B-P", "I-P", "O", "B-L"])
    line = " ".join(text.words)
    assert {(line[a:b], k) for a, b, k in notebook.at_characters(text)} == {
        ("Ann Li", "P"), ("Rome", "L")}  # fmt: skip


def test_known_and_new_names(notebook: SimpleNamespace) -> None:
    texts = [
        Tagged(["ann", "met", "bo", "li"], ["B-P", "O", "B-P", "I-P"]),
        Tagged(["bo", "li", "left"], ["B-P", "I-P", "O"]),
    ]
    found = [["B-P", "O", "B-P", "O"], ["B-P", "I-P", "B-P"]]  # half a name is no hit
    table = notebook.by_novelty(found, texts, {"bo li"})
    assert table.tolist() == [[[0, 0, 1], [1, 0, 1]], [[1, 0, 1], [0, 0, 0]]]


def test_repaired_tags_are_valid(notebook: SimpleNamespace) -> None:
    assert notebook.repaired(["I-A", "I-B", "O", "I-B"]) == ["B-A", "I-A", "O", "B-B"]
    assert notebook.repaired(["B-A", "B-B", "I-B"]) == ["B-A", "B-B", "I-B"]


def test_intervals_are_over_texts_and_trainings() -> None:
    random = np.random.default_rng(0)
    there = random.integers(1, 4, 100)
    one = np.stack([np.minimum(random.integers(0, 4, 100), there), there, there], axis=1)[None]
    other = np.stack([one[0], np.zeros_like(one[0])])  # a second training that finds nothing
    other[1, :, 2] = there
    low, high = names_scores.middle(names_scores.draws_of(one))
    assert low < names_scores.mean_of(one) < high and high - low < 0.2
    wide = names_scores.middle(names_scores.draws_of(other))
    assert wide[0] == 0 and wide[1] > low  # which training is drawn matters more than the texts
    assert names_scores.gain(one, one) == (0.0, 0.0, 0.0)  # the same texts are drawn


def test_areas_count_ties_half_and_the_first_by_chance() -> None:
    random = np.random.default_rng(0)
    wrong, score = random.random(300) < 0.1, random.integers(0, 5, 300)
    assert names_scores.area(wrong, score) == pytest.approx(roc_auc_score(wrong, score))
    assert names_scores.first_wrong(np.array([True, False, False]), np.array([1, 0, 0]), 2) == 1.0
    assert names_scores.first_wrong(np.array([True, False]), np.array([1, 1]), 1) == 0.5
    text = np.repeat(np.arange(30), 10)
    found = names_scores.detection(wrong, {"a": [score], "b": [wrong]}, text, draws=5)
    assert found["area"].shape == (6, 2) and (found["area"]["b"] == 1).all()
    assert found["first 50"]["b"][0] == wrong.sum()


def test_what_needs_no_model_is_read_from_words_and_tags() -> None:
    clues = names_weak.clues([["Ann", "met", "Bo"], ["Ha"]], [["B-N", "O", "O"], ["O"]])
    assert [row.tolist() for row in clues.values()] == [[1, 0, 0, 0], [1, 0, 1, 1], [0, 1, 0, 0]]


def test_types_are_added_up() -> None:
    rows = np.log([[0.1, 0.2, 0.3, 0.25, 0.15]])
    (found,) = names_crf.without_types([rows], ["O", "B-A", "I-A", "B-B", "I-B"])
    np.testing.assert_allclose(found, [[0.1, 0.45, 0.45]])


def test_counts_of_a_group_are_added_up() -> None:
    counts = np.arange(24).reshape(2, 4, 3)
    found = names_scores.by_group(counts, ["b", "a", "b", "a"])
    np.testing.assert_array_equal(found[:, 0], counts[:, 1] + counts[:, 3])
    np.testing.assert_array_equal(found[:, 1], counts[:, 0] + counts[:, 2])


def test_each_gold_sentence_has_its_editorial() -> None:
    parts = {part: names_weak.editorials(part) for part in ("train", "test")}
    assert {part: len(found) for part, found in parts.items()} == {"train": 200, "test": 200}
    assert not {*parts["train"]} & {*parts["test"]} and len({*parts["test"]}) == 70
