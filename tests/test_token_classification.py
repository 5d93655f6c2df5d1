"""Notebook 07: files that are refused, own data and Hub sets, and bad input."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from conftest import ROOT, definitions, hub_variables, key_line, papermill
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from stand_in import COMMIT, StandIn

NOTEBOOK = "07_token_classification"
FAST = {"train_examples": 16, "batch_size": 8, "learning_rate": 0.001}
HEAD = "-DOCSTART- -X- O\n\n"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    found = definitions(f"{NOTEBOOK}.ipynb")
    space = found.check_bio.__globals__
    space |= {"token_column": "tokens", "tag_column": "ner_tags", "dataset_revision": "", "seed": 0}
    space |= {"IGNORED": -100, "USUALLY_CAPITAL": {"texas", "rumania"}}
    for name in ("WORD", "OFFICES", "DATES", "NOT_NAMES", "MARKS", "CASES"):
        space[name] = constant(name, space)
    return found


def cells() -> list[nbformat.NotebookNode]:
    path = ROOT / "notebooks" / f"{NOTEBOOK}.ipynb"
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def constant(name: str, space: dict) -> object:
    """Return a constant that a notebook's cell sets at its beginning."""
    import ast

    for cell in cells():
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
                return eval(compile(ast.Expression(node.value), name, "eval"), space)
    raise AssertionError(f"no {name}")


def sentence(i: int) -> str:
    return f"Ann{i} B-PER\nLi I-PER\nmet☃ O\nthe O\nU.N.☃ B-ORG\n\n"  # no piece is a ☃


@pytest.fixture(scope="module")
def conll(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("conll") / "mine.conll"
    path.write_text(HEAD + "".join(map(sentence, range(40))))
    return path


def test_words_are_cut_and_written_back(notebook: SimpleNamespace) -> None:
    words = notebook.words_of("''Mr. O'Neil,'' he said - \"$5 million?\" (U.N.) CUNY's -")
    assert [w.core for w in words] == [
        "Mr", "O'Neil", "he", "said", "$5", "million", "U.N", "CUNY's",
    ]  # fmt: skip
    tags = [notebook.tag_of(w) for w in words]
    assert tags == [
        "Capital.", "Capital,", "lower", "lower,", "lower", "lower?", "UPPER.", "UPPER,",
    ]  # fmt: skip
    back = [notebook.write(w.core.lower(), tag) for w, tag in zip(words, tags, strict=True)]
    assert " ".join(back) == "Mr. O'neil, he said, $5 million? U.N. CUNY's,"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("He met Mr. Rust in Red Square.", ["Rust", "Red Square"]),
        ("Texas law and I say: Dogs bark, Ann, Bo.", ["Texas", "Ann", "Bo"]),
        ("the Department of the Interior of May", ["Department of the Interior"]),
        ('the "Porgy and Bess" of St. Nicholas', ["Bess", "St Nicholas"]),
        ("Hooray for nobody.", []),
    ],
)
def test_weak_names_follow_their_rules(
    notebook: SimpleNamespace, text: str, names: list[str]
) -> None:
    words = notebook.words_of(text)
    found = notebook.spans(notebook.weak_names(words))
    assert [" ".join(w.core for w in words[a:b]) for a, b, _ in found] == names


def test_spans_and_tags_are_two_ways_to_say_the_same(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(0)
    for tags in random.choice(["O", "B-A", "I-A", "I-B"], (200, 9)).tolist():
        found = set(notebook.spans(tags))
        assert set(notebook.spans(notebook.bio(found, 9))) == found


def test_alignment(notebook: SimpleNamespace) -> None:
    ids = [None, 0, 0, 1, 2, 2, 2, None]
    first = [None, "B-A", None, "O", "I-A", None, None, None]
    assert notebook.align(["B-A", "O", "I-A"], ids, every=False) == first
    every = [None, "B-A", "I-A", "O", "I-A", "I-A", "I-A", None]
    assert notebook.align(["B-A", "O", "I-A"], ids, every=True) == every
    assert notebook.align(["Capital,"], [0, 0], every=True) == ["Capital,", "Capital,"]


def test_aggregation_of_pieces_that_disagree(notebook: SimpleNamespace) -> None:
    def piece(start: int, end: int, continues: bool, *chances: float) -> object:
        return notebook.Piece(start, end, continues, np.array(chances))

    # "rust|##y|##bot left": the first piece begins a name, the second is outside, the third sure
    pieces = [piece(0, 4, False, 0.3, 0.7, 0), piece(4, 5, True, 0.6, 0.4, 0),
              piece(5, 8, True, 0.1, 0, 0.9), piece(9, 13, False, 1, 0, 0)]  # fmt: skip
    names = ["O", "B-N", "I-N"]
    ends = {
        strategy: [(g["start"], g["end"]) for g in notebook.aggregate(pieces, strategy, names)]
        for strategy in ("simple", "first", "average", "max")
    }
    assert ends == {"simple": [(0, 4), (5, 8)], "first": [(0, 8)], "average": [(0, 8)],
                    "max": [(0, 8)]}  # fmt: skip


def test_conll_is_read(notebook: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\ufeff-DOCSTART- O\n\na b c\tX\tB-P\nd\tY\tI-P\n\n\n-DOCSTART-\ne\tZ\tO")
    first, second = notebook.read_conll(path)
    assert first == (["a b c", "d"], ["B-P", "I-P"]) and second == (["e"], ["O"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a O\nb\n", "line 2: 'b' has 1 columns, expected 2: a word first, its tag last"),
        ("a X O\nb O\n", "line 2: 'b O' has 2 columns, expected 3"),
        ("a O\nb I-PER\n", "line 2: 'I-PER' follows 'O'; a name must begin with 'B-PER'.*IOB1"),
        ("a B-ORG\nb I-PER\n", "line 2: 'I-PER' follows 'B-ORG'"),
        ("a B-ORG\n\nb I-ORG\n", "line 3: 'I-ORG' follows 'O'"),
        ("a NNP\n", "line 1: 'NNP' is no BIO tag: expected O, or B- or I-"),
        ("a B-\n", "line 1: 'B-' is no BIO tag"),
        ("a O\n\n" * 30, "no name at all in train: every tag is 'O'"),
        (sentence(0) * 3, "3 sentences, expected 10 or more"),
        ("", "0 sentences, expected 10 or more"),
    ],
)
def test_a_file_that_is_not_conll_is_one_clear_error(
    notebook: SimpleNamespace, tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "bad.conll"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        notebook.load_tagged(str(path))
    assert "\n" not in str(caught.value) and "bad.conll" in str(caught.value)


def test_other_encodings_are_named(notebook: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "latin.conll").write_text("é O\n", encoding="latin-1")
    with pytest.raises(ValueError, match="is not UTF-8"):
        notebook.load_tagged(str(tmp_path / "latin.conll"))


def test_own_conll_file(tmp_path: Path, conll: Path, tiny_model: Path) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, dataset=conll, model_name=tiny_model, label_all_subwords=True,
        max_length=24, seed=3, epochs=2, **FAST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("F1 capital 0.")
    assert "not for your data: only the embedded sentences" in output.read_text()


def rows(bad: bool = False) -> Dataset:
    """Return a Hub set's split: lists of words, and of tags with names."""
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    types = {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))}
    good = {"tokens": ["Ann", "Li", "saw", "Rome"], "ner_tags": [1, 2, 0, 3]}
    spoilt = {"tokens": ["Ann", "left"], "ner_tags": [0, 2]}
    return Dataset.from_list([good, good, *[spoilt] * bad, *[good] * 22], Features(types))


def test_a_hub_set_is_taken(tmp_path: Path, hub: str, tiny_model: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows().to_parquet(folder / "train.parquet")
    StandIn.commits["team/names"] = {COMMIT: folder}
    done, output = papermill(
        tmp_path, NOTEBOOK, hub_variables(hub, tmp_path / "home"), dataset="team/names",
        model_name=tiny_model, **FAST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("F1 capital 0.")


@pytest.mark.parametrize(
    ("splits", "column", "message"),
    [
        ({"train": rows(bad=True)}, "tokens", r"\[train\], row 3: 'I-PER' follows 'O'"),
        ({"train": rows()}, "token", "no column 'token' of lists. Did you mean 'tokens'"),
        ({"test": rows()}, "tokens", "has no split 'train'. It has: test"),
    ],
)
def test_a_hub_set_that_does_not_fit_is_one_clear_error(
    notebook: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    splits: dict[str, Dataset],
    column: str,
    message: str,
) -> None:
    monkeypatch.setattr("datasets.load_dataset", lambda name, revision: DatasetDict(splits))
    monkeypatch.setitem(notebook.check_bio.__globals__, "token_column", column)
    with pytest.raises(ValueError, match=message) as caught:
        notebook.load_tagged("team/names")
    assert "\n" not in str(caught.value) and "team/names" in str(caught.value)
