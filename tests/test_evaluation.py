"""Notebook 04: its measures against known answers, own models and data, and bad input."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import definitions, key_line, papermill
from scipy import stats

from shared import intervals, stored

NOTEBOOK = "04_evaluation"


@pytest.fixture(scope="module")
def measures() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


def drawn(probability: np.ndarray, seed: int = 0) -> np.ndarray:
    """Draw a class for each row of probabilities (n, classes)."""
    random = np.random.default_rng(seed).random((len(probability), 1))
    return (probability.cumsum(1) < random).sum(1)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def test_calibration_error_is_the_gap(measures: SimpleNamespace) -> None:
    sure = np.tile([0.9, 0.1], (1000, 1))
    truth = np.array([0] * 600 + [1] * 400)  # right in 60 %, and 90 % sure
    np.random.default_rng(0).shuffle(truth)
    assert measures.ece(sure, truth) == pytest.approx(0.3, abs=0.02)
    honest = softmax(np.random.default_rng(1).normal(size=(20_000, 3)) * 2)
    assert measures.ece(honest, drawn(honest)) < 0.02
    assert measures.ece(honest**0.5 / (honest**0.5).sum(1, keepdims=True), drawn(honest)) > 0.05


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_found_again(measures: SimpleNamespace, temperature: float) -> None:
    logits = np.random.default_rng(0).normal(size=(20_000, 3)).astype(np.float32) * 2
    truth = drawn(softmax(logits))
    found = measures.fit_temperature(logits * np.float32(temperature), truth)
    assert found == pytest.approx(temperature, rel=0.05)


def test_mcnemar_counts_only_disagreements(measures: SimpleNamespace) -> None:
    first = np.array([True] * 10 + [False] * 2 + [True] * 50 + [False] * 30)
    second = np.array([False] * 10 + [True] * 2 + [True] * 50 + [False] * 30)
    b, c, p = measures.mcnemar(first, second)
    assert (b, c) == (10, 2)
    assert p == pytest.approx(2 * stats.binom.cdf(2, 12, 0.5))
    assert measures.mcnemar(second, first) == (2, 10, p)
    assert measures.mcnemar(first, first) == (0, 0, 1.0)


def test_texts_needed_grow_as_the_gain_shrinks(measures: SimpleNamespace) -> None:
    z = 1.959964 + 0.841621
    assert measures.texts_needed(0.2, 0.001) == pytest.approx(z**2 * 0.2 / 1e-6, rel=0.001)
    needed = [measures.texts_needed(0.2, gain) for gain in (0.1, 0.05, 0.02)]
    assert needed == sorted(needed)
    assert measures.texts_needed(0.2, 0.05, power=0.9) > measures.texts_needed(0.2, 0.05)


def test_holm_multiplies_and_never_falls(measures: SimpleNamespace) -> None:
    assert measures.holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    assert measures.holm(np.array([0.5, 0.9])) == pytest.approx([1, 1])
    assert measures.holm(np.array([0.02])) == pytest.approx([0.02])


def test_coverage_is_what_simulated_test_sets_give(measures: SimpleNamespace) -> None:
    """Against 20,000 drawn test sets, and as many next ones."""
    random, n, p = np.random.default_rng(0), 150, 0.82
    low, high = measures.simple(np.arange(n + 1), n)
    first, second = random.binomial(n, p, (2, 20_000))
    holds = ((low[first] <= p) & (p <= high[first])).mean()
    next_inside = ((low[first] <= second / n) & (second / n <= high[first])).mean()
    assert measures.coverage(n, p, low, high) == pytest.approx((holds, next_inside), abs=0.01)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (7, 20), (20, 20), (1240, 1510)])
def test_wilson_is_scipys(right: int, n: int) -> None:
    expected = stats.binomtest(right, n).proportion_ci(method="wilson")
    assert intervals.wilson(right, n) == pytest.approx(tuple(expected))


def test_accuracy_at_a_coverage(measures: SimpleNamespace) -> None:
    right = np.array([True, False, True, True])
    found = measures.accuracy_at(np.array([0.6, 0.5, 0.9, 0.8]), right)
    assert found == pytest.approx([1, 1, 1, 0.75])


def test_seeds_are_stored_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "ROOT", tmp_path)
    folder = tmp_path / "course" / "lessons" / NOTEBOOK
    folder.mkdir(parents=True)
    assert stored.of_seeds(NOTEBOOK, 0, {"p": 0.1}) == {} and not list(folder.iterdir())
    monkeypatch.setenv("COURSE_STORE", "1")
    for seed, found in ((10, {"p": 0.3}), (2, {"p": 0.2}), (2, {"T": 1.0})):
        stored.of_seeds(NOTEBOOK, seed, found)
    monkeypatch.delenv("COURSE_STORE")
    rows = stored.of_seeds(NOTEBOOK, 2, {"p": 0.9})
    assert list(rows) == ["2", "10"]
    assert rows["2"]["p"] == 0.2 and rows["2"]["T"] == 1 and rows["2"]["date"]


@pytest.mark.slow
def test_own_model_and_data_of_three_classes(
    tmp_path: Path, classifier: Path, stars_csv: Path
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=classifier, dataset=stars_csv, label_column="stars?",
        text_column="Review Body", task="three-class", cost_of_a_miss=2,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("accuracy 0.")
    assert "50 test texts; the curves below are about the class 'ärgerlich'" in output.read_text()
