"""Notebook 18: what it measures against known answers, own models and data, and bad input."""

import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
from cells import run_cells
from conftest import ROOT, definitions, key_line, papermill
from IPython import InteractiveShell
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from shared import data, models, raters, reruns, sections, slices, transfer, vectors

NOTEBOOK = "18_beyond_one_score"
SENTENCES = pd.read_parquet(ROOT / "data" / "movies.parquet").query("split == 'train'")["text"]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def measures() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


def test_sentiment_counts_the_border_as_sided(measures: SimpleNamespace) -> None:
    scores = [-0.2, -0.05, -0.049, 0, 0.049, 0.05, 0.3]
    assert measures.sentiment(scores, 0.05).tolist() == [-1, -1, 0, 0, 0, 1, 1]
    assert measures.sentiment(scores, 0.0).tolist() == [-1, -1, -1, 0, 1, 1, 1]


def test_slices_are_corrected_for_their_number() -> None:
    random = np.random.default_rng(0)
    right = random.random(2000) < 0.8
    marks = {str(i): random.random(2000) < 0.2 for i in range(5)}
    bad = random.random(2000) < 0.2
    right[bad] = random.random(bad.sum()) < 0.5
    table = slices.against_the_rest(marks | {"bad": bad}, right)
    assert table.index[0] == "bad" and table["holm"].iloc[0] == pytest.approx(
        6 * table["p"].iloc[0]
    )
    assert (table["holm"].iloc[1:] > 0.05).all()
    assert table.loc["bad", "accuracy"] == pytest.approx(right[bad].mean())


def test_each_rating_is_compared_with_the_others() -> None:
    one, others, text = raters.against_others([np.array([1, 2, 3]), np.array([-4, 4])])
    assert one.tolist() == [1, 2, 3, -4, 4] and text.tolist() == [0, 0, 0, 1, 1]
    assert others.tolist() == [2.5, 2, 1.5, 4, -4]


def test_halves_are_of_different_raters() -> None:
    ratings = [np.array([0.0, 1, 2, 3, 4])] * 50
    first, second = raters.halves(ratings, seed=0)
    assert np.allclose(2 * first + 3 * second, 10), "each rater is in one half"
    assert len(set(first)) > 3, "drawn for each text"
    assert not np.array_equal(first, raters.halves(ratings, seed=1)[0])


def test_an_interval_by_text_knows_that_ratings_of_a_text_are_alike() -> None:
    value = np.repeat(np.random.default_rng(0).random(100) < 0.8, 20).astype(float)
    low, high = raters.interval_by_text(value, np.repeat(np.arange(100), 20))
    alone = raters.interval_by_text(value, np.arange(2000))
    assert low < value.mean() < high
    assert (high - low) / (alone[1] - alone[0]) == pytest.approx(20**0.5, rel=0.15)


def test_rated_texts_are_those_of_the_classes_and_those_left_out() -> None:
    for name in ("movies", "nyt"):
        table = raters.rated(name)
        assert table["text"][table["kept"]].tolist() == data.load(name, "binary")["test"]["text"][:]
        assert (table["strength"][~table["kept"]] < 0.5).all()
    assert np.isclose(table["mean"], [np.mean(r) for r in table["ratings"]]).all()


def test_wilson_stays_within_0_and_1() -> None:
    assert raters.wilson(np.ones(10, bool))[1] == 1 and raters.wilson(np.zeros(10, bool))[0] == 0


def test_transfer_asks_each_model_in_each_domain() -> None:
    random = np.random.default_rng(0)

    def domain(sign: float, n: int) -> tuple[np.ndarray, np.ndarray]:
        y = random.integers(0, 2, n)
        return random.normal(size=(n, 1)) + sign * 6 * (y[:, None] - 0.5), y

    samples = {name: [domain(sign, 40) for _ in range(3)] for name, sign in (("a", 1), ("b", -1))}
    tests = {"a": domain(1, 100), "b": domain(-1, 80)}
    found = transfer.scores(samples, tests, lambda _: StandardScaler(), (0.1, 1.0))
    assert found["a", "b"].shape == (3, 80) and found["b", "a"].shape == (3, 100)
    grid, *draws = transfer.areas(found, tests, 50, seed=0)
    assert np.diag(grid).min() > 0.95 and grid[0, 1] < 0.05 and grid[1, 0] < 0.05
    assert len(draws) == 50 and np.allclose(np.mean(draws, axis=0), grid, atol=0.03)


def test_the_area_is_that_of_sklearn_also_with_ties_and_weights() -> None:
    random = np.random.default_rng(0)
    score, positive = random.integers(0, 9, 60) / 2, random.random(60) < 0.6
    weights = random.multinomial(60, np.full(60, 1 / 60), size=4)
    assert transfer.area(score, positive) == pytest.approx(roc_auc_score(positive, score))
    expected = [roc_auc_score(positive, score, sample_weight=w) for w in weights]
    assert transfer.area(score, positive, weights) == pytest.approx(expected)


def test_a_few_labels_find_a_border_that_has_moved() -> None:
    random = np.random.default_rng(0)
    positive = random.random(400) < 0.7
    score = np.where(positive, 2.0, -2.0) + random.normal(size=400) - 3
    assert transfer.best_border(np.array([-3.0, -2, -1]), np.array([False, True, True])) == -2.5
    known, test = (score[:200], positive[:200]), (score[200:], positive[200:])
    found = transfer.with_few_labels(known, test, n=50, draws=20)
    assert found.shape == (20,) and found.min() > 0.9 > 0.5 > (test[0] > 0).mean()


def test_halves_of_a_noiseless_measure_are_reliable() -> None:
    random = np.random.default_rng(0)
    ratings = list(random.normal(size=(300, 1)) * 5 + random.normal(size=(300, 20)))
    assert raters.reliability(*raters.halves(ratings, 0)) > 0.98
    assert raters.reliability(*raters.halves(ratings, 0, np.std)) < 0.3


def test_the_stored_seeds_say_what_the_prose_says() -> None:
    stored = reruns.stored()
    assert list(stored["seeds"]) == ["0", "1", "2", "3"]
    for run in stored["seeds"].values():  # what the prose says of all four
        assert all(run[f"margin of: {line}"] > 0 for line in reruns.FREE)
        assert 0.64 < run["accuracy, tweets"] < 0.70 < 0.83 < run["border from 50 labelled, tweets"]
        assert run["AUC, tweets"] > run["AUC, movies"] and run["says positive, tweets"] < 0.45
        assert 0.81 <= run["accuracy, movies"] < 0.83
        assert 0.45 < run["effect of spread kept at equal strength"] < 0.65


def test_a_vector_does_not_depend_on_its_batch(tiny_model: Path) -> None:
    texts = ["good", "a film of some length, with many words", "bad film"]
    together = vectors.vectors(texts, str(tiny_model))
    alone = np.concatenate([vectors.vectors([text], str(tiny_model)) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> Iterator[Run]:
    """Return what runs all cells with parameters in this process, and returns what they print."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_load_length=0)
    shell.history_manager.enabled = False
    monkeypatch.setattr(sections, "_skipping", False)
    cells = nbformat.read(ROOT / "notebooks" / f"{NOTEBOOK}.ipynb", as_version=4).cells
    first, *others = [cell.source for cell in cells if cell.cell_type == "code"]

    def run_all(**parameters: object) -> str:
        # The exercises do not depend on parameters.
        sources = [first, *takewhile(lambda source: "solution(" not in source, others)]
        return run_cells(shell, sources, parameters, capsys, recwarn)

    yield run_all
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("classes", "rows"),
    [
        (["bad", "good"], 10),
        pytest.param(["$5 or $6", r"\$", "_ % #"], 10, marks=pytest.mark.slow),
        pytest.param([f"class {i:02}" for i in range(12)], 10, marks=pytest.mark.slow),
        pytest.param(["negative", "positive"], 60, marks=pytest.mark.slow),
    ],
)
def test_own_classes(
    run: Run, tmp_path: Path, tiny_model: Path, classes: list[str], rows: int
) -> None:
    names = np.repeat(classes, rows)
    table = pd.DataFrame({"text": SENTENCES.iloc[: len(names)].tolist(), "label": names})
    table.to_csv(tmp_path / "mine.csv", index=False)
    folder = tmp_path / "model"
    models.load_classifier(str(tiny_model), sorted(classes)).save_pretrained(folder)
    models.load_tokenizer(str(tiny_model)).save_pretrained(folder)
    printed = run(dataset=str(tmp_path / "mine.csv"), model_folder=str(folder), seed=1)
    result = printed.split("(skipped)")[-1].strip().splitlines()[-1]
    assert re.fullmatch(r"accuracy \S+ \(\S+ to \S+\)", result), result
    skipped = re.findall(r"^(.*): skipped \(", printed, re.MULTILINE)
    assert skipped == ["Sections 1 to 5", "Splitting the negation slice", "Section 8"]


@pytest.mark.slow
def test_own_model_and_data_of_three_classes(
    tmp_path: Path, classifier: Path, stars_csv: Path
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=classifier, dataset=stars_csv, label_column="stars?",
        text_column="Review Body", task="three-class",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("accuracy 0.")
