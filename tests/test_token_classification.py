"""Notebook 07: its functions against known answers."""

from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from conftest import ROOT, definitions

NOTEBOOK = "07_token_classification"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    found = definitions(f"{NOTEBOOK}.ipynb")
    space = found.words_of.__globals__
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
