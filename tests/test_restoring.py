"""Notebook 20: its functions, and the modules beside it, against known answers."""

import itertools
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from conftest import ROOT, definitions

from shared import restoring_baselines, restoring_files
from shared import restoring_model as restoring
from shared.errors import UserError
from shared.restoring_texts import Passage, passages, stripped, words_of
from shared.taggers import load_tagger, load_word_tokenizer
from shared.tagging import Tagged

NOTEBOOK = "20_restoring_text"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    found = definitions(f"{NOTEBOOK}.ipynb")
    space = found.tag_of.__globals__
    cells = nbformat.read(ROOT / "notebooks" / f"{NOTEBOOK}.ipynb", as_version=4).cells
    (source,) = (c.source for c in cells if c.source.startswith("CASES = "))
    exec(source, space)
    space["ITEMS"] = {"capital": lambda tag: not tag.startswith("lower")}
    return SimpleNamespace(**{**vars(found), "tag_of": space["tag_of"]})


def test_words_are_cut_and_written_back(notebook: SimpleNamespace) -> None:
    words = words_of("''Mr. O'Neil,'' he said - \"$5 million?\" (U.N.) CUNY's -")
    assert [w.core for w in words] == [
        "Mr", "O'Neil", "he", "said", "$5", "million", "U.N", "CUNY's",
    ]  # fmt: skip
    tags = [notebook.tag_of(w) for w in words]
    assert tags == [
        "Capital.", "Capital,", "lower", "lower,", "lower", "lower?", "UPPER.", "UPPER,",
    ]  # fmt: skip
    back = [notebook.write(w.core.lower(), tag) for w, tag in zip(words, tags, strict=True)]
    assert " ".join(back) == "Mr. O'neil, he said, $5 million? U.N. CUNY's,"


def test_passages_stay_within_a_document(notebook: SimpleNamespace) -> None:
    rows = {"id": [*[f"1_{i}" for i in range(6)], "2_0"], "text": ["One, two."] * 7}
    found = passages(rows)
    assert [(p.document, len(p.sentences)) for p in found] == [("1", 4), ("1", 2), ("2", 1)]
    loose = passages({"id": [str(i) for i in range(6)], "text": ["One."] * 6})
    assert [len(p.sentences) for p in loose] == [4, 2]
    assert len({p.document for p in loose}) == 2
    text = stripped(Passage("1", [words_of("Is it?"), words_of("No.")]), notebook.tag_of)
    assert text == (["is", "it", "no"], ["Capital", "lower?", "Capital."])


def test_first_and_last_words_do_not_count(notebook: SimpleNamespace) -> None:
    true = [["Capital", "lower", "Capital", "lower", "lower."], ["Capital."]]
    found = [["Capital", "Capital", "Capital", "lower", "lower."], ["Capital."]]
    assert notebook.counts_of(true, found, "capital").tolist() == [[1, 2, 1], [0, 0, 0]]
    assert notebook.f1(np.array([1, 2, 1])) == pytest.approx(2 / 3)


@pytest.mark.parametrize("reads", restoring.READS)
def test_what_a_word_reads(reads: str) -> None:
    words = [None, 0, 0, 1, 2, None]
    mask = restoring.readable(words, reads)
    for i, j in itertools.product(range(6), repeat=2):
        own, other = ([-1, 0, 0, 1, 2, 9][k] for k in (i, j))
        expected = {"everything": True, "left": other <= own, "itself": other in (own, -1)}[reads]
        assert mask[i, j] == expected, (i, j)


def test_targets_stand_at_first_pieces_or_at_all() -> None:
    words = [[None, 0, 0, 1, None], [None, 0, None, None, None]]
    first = restoring.targets_of(words, [[3, 4], [5]], every=False)
    assert first.tolist() == [[-100, 3, -100, 4, -100], [-100, 5, -100, -100, -100]]
    every = restoring.targets_of(words, [[3, 4], [5]], every=True)
    assert every.tolist() == [[-100, 3, 3, 4, -100], [-100, 5, -100, -100, -100]]


@pytest.mark.parametrize("reads", restoring.READS)
def test_padding_changes_no_answer(reads: str) -> None:
    tokenizer = load_word_tokenizer("minilm")
    model = load_tagger("minilm", ["a", "b"]).eval()
    short, long = ["one", "word"], ["a", "longer", "text", "than", "the", "other", "one"]
    alone = restoring.word_logits(model, tokenizer, [short], 64, reads)[0]
    beside = restoring.word_logits(model, tokenizer, [short, long], 64, reads)[0]
    np.testing.assert_allclose(alone, beside, atol=1e-4)
    assert restoring.word_logits(model, tokenizer, [long], 4, reads)[0][2:].any() == np.False_


def test_three_words_decide_before_two_and_one() -> None:
    train = [Tagged(["a", "b", "c"], ["x", "y", "x"]), Tagged(["a", "b", "d"], ["x", "z", "x"]),
             Tagged(["e", "b", "d"], ["x", "z", "x"])]  # fmt: skip
    test = [Tagged(["a", "b", "c"], []), Tagged(["f", "b", "d"], []), Tagged(["g", "b", "h"], [])]
    found = restoring_baselines.trigram_tags(train, test)
    assert [row[1] for row in found] == ["y", "z", "z"] and found[1][0] == "x"


def test_marginals_and_features_of_the_crf() -> None:
    assert restoring_baselines.features(["a1", "b"])[0][:5] == ["-2=", "-1=", "0=a1", "1=b", "2="]
    train = [Tagged(["a", "b"], ["x", "y"])] * 4
    model = restoring_baselines.fit_crf(train, 0.1, 0.1)
    (rows,) = restoring_baselines.crf_log_chances(model, train[:1], ["x", "y", "never"])
    np.testing.assert_allclose(np.exp(rows).sum(1), 1, atol=1e-6)
    assert rows.argmax(1).tolist() == [0, 1]
    assert restoring_baselines.crf_tags(model, train[:1]) == [["x", "y"]]


def test_the_bootstrap_draws_documents_and_trainings(notebook: SimpleNamespace) -> None:
    same = np.tile([[[1, 2, 2]]], (3, 8, 1))
    draws = notebook.bootstrap(same, np.repeat(range(4), 2))
    assert np.allclose(draws, 0.5)
    one = np.zeros((1, 8, 3), int)
    one[0, :, 1:] = 1
    one[0, :2, 0] = 1  # one document of four is right
    draws = notebook.bootstrap(one, np.repeat(range(4), 2))
    shares, counts = np.unique(draws.round(6), return_counts=True)
    assert shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert abs(counts[0] / 2000 - 0.75**4) < 0.04


def test_a_long_text_is_restored_in_windows() -> None:
    words = [str(i) for i in range(200)]
    seen = []

    def decide(windows: list[list[str]]) -> list[list[str]]:
        seen.extend(map(len, windows))
        return windows

    assert restoring_files.in_windows(words, decide) == words
    assert max(seen) == 100 and len(seen) == 4
    assert restoring_files.in_windows(words[:1], decide) == ["0"]


def test_a_users_text_is_read_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\ufeffHello, world!\n\n  — \nit's 5%\n", encoding="utf-8")
    assert restoring_files.read_paragraphs(str(path)) == [
        ["hello", "world"],
        [],
        [],
        ["it's", "5%"],
    ]
    assert "1 of 4 words have capitals" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no word is in it"),
        (b" - ... \n", "no word is in it"),
        (b"\xff\xe9 x", "is not UTF-8"),
        (b"a\0b", "NUL"),
        (b"word " * 60_000, "60,000 words, expected at most"),
    ],
)
def test_a_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        restoring_files.read_paragraphs(str(path))


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UserError, match=r"Did you mean 'notes\.txt'"):
        restoring_files.read_paragraphs(str(tmp_path / "note.txt"))
    with pytest.raises(UserError, match="is a folder"):
        restoring_files.read_paragraphs(str(tmp_path))
    assert torch.equal(restoring.readable([None, 0, None], "everything"), torch.ones(3, 3) > 0)
