"""Notebook 10: its measures against known answers, other models and data, bad input."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import definitions, key_line, papermill
from scipy import stats

NOTEBOOK = "10_privacy"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


def test_exposure_counts_better_codes(notebook: SimpleNamespace) -> None:
    bits = np.random.default_rng(0).permutation(1024).astype(float)
    ranks = {rank: int(np.flatnonzero(bits == rank - 1)[0]) for rank in (1, 2, 512, 1024)}
    found = {rank: notebook.exposure(bits, place) for rank, place in ranks.items()}
    assert found == {1: 10, 2: 9, 512: 1, 1024: 0}
    everywhere = [notebook.exposure(bits, place) for place in range(1024)]
    assert np.mean(everywhere) == pytest.approx(np.log2(np.e), abs=0.01)


def test_the_skew_normal_finds_its_own_tail(notebook: SimpleNamespace) -> None:
    notebook.approximations.__globals__["seed"] = 0
    bits = stats.skewnorm.rvs(-3, 20, 4, size=10_000, random_state=0)
    for quantile in (0.5, 0.1, 0.02):
        secret = int(np.argsort(bits)[int(quantile * len(bits))])
        by_rank, by_fit = notebook.approximations(bits, secret)
        assert by_rank == pytest.approx(-np.log2(quantile), abs=1)
        assert by_fit == pytest.approx(-np.log2(quantile), abs=1)


def test_confidence_is_finite_where_p_is_one(notebook: SimpleNamespace) -> None:
    logits = np.array([[[200.0, 0.0], [0.0, 1.0]]])
    np.testing.assert_allclose(notebook.confidence(logits, torch.tensor([0, 0])), [[200, -1]])
    three = np.array([[[1.0, 0.0, 0.0]]])
    expected = 1 - np.log(2)
    np.testing.assert_allclose(notebook.confidence(three, torch.tensor([0])), [[expected]])


def test_the_likelihood_ratio_finds_what_a_threshold_cannot(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(0)
    member = notebook.random_halves(40, 500, 1)
    assert (member.sum(1) == 250).all()
    easy = random.normal(0, 10, 500)  # differs between texts far more than membership moves it
    phi = easy + 2 * member + random.normal(size=member.shape)
    scores = notebook.each_in_turn(phi, member)
    by_ratio = [notebook.delong(s, m)[0] for s, m in zip(scores, member, strict=True)]
    by_loss = [notebook.delong(s, m)[0] for s, m in zip(phi, member, strict=True)]
    assert np.mean(by_ratio) == pytest.approx(stats.norm.cdf(2 / np.sqrt(2)), abs=0.02)
    assert np.mean(by_loss) < 0.6
    nothing = notebook.each_in_turn(phi - 2 * member, member)
    blind = [notebook.delong(s, m)[0] for s, m in zip(nothing, member, strict=True)]
    assert np.mean(blind) == pytest.approx(0.5, abs=0.02)


def test_the_likelihood_ratio_with_a_text_that_no_shadow_saw(notebook: SimpleNamespace) -> None:
    member = notebook.random_halves(6, 20, 0) & (np.arange(20) > 0)
    scores = notebook.each_in_turn(np.random.default_rng(0).normal(size=(6, 20)), member)
    assert np.isfinite(scores).all()


def test_delong_holds_the_truth_as_often_as_it_says(notebook: SimpleNamespace) -> None:
    random, truth = np.random.default_rng(0), stats.norm.cdf(1 / np.sqrt(2))
    member = np.arange(300) < 100
    draws = [notebook.delong(random.normal(size=300) + member, member) for _ in range(400)]
    holds = [abs(area - truth) < 1.96 * error for area, error in draws]
    assert 0.92 < np.mean(holds) < 0.98


def test_found_stays_within_the_limit(notebook: SimpleNamespace) -> None:
    member = np.array([True] * 4 + [False] * 4)
    scores = np.array([9.0, 7, 5, 3, 8, 4, 2, 1])
    assert notebook.found(scores, member, np.array([0, 0.25, 0.3, 1])).tolist() == [
        0.25,
        0.75,
        0.75,
        1,
    ]
    assert notebook.found(np.zeros(8), member, 0.5) == 0  # ties are all called, or none


def test_exact_delta_of_known_noise(notebook: SimpleNamespace) -> None:
    from opacus.accountants import PRVAccountant

    notebook.epsilon.__globals__["delta"] = 1e-5
    eps = notebook.epsilon(PRVAccountant, 3.0, 1.0, 1)
    assert 0.8e-5 < notebook.exact_delta(eps, 1 / 3.0) <= 1e-5  # ε is an upper bound


@pytest.mark.slow
def test_three_classes_of_a_users_file(tmp_path: Path, stars_csv: Path, tiny_model: Path) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_name=tiny_model, dataset=stars_csv, label_column="stars?",
        text_column="Review Body", canaries=2, digits=2, pool_size=60, heads=4,
        fine_tuned_shadows=4, delta=0.001,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "of 6.6 bits exposed" in key_line(output)
    assert "(4 models)" in key_line(output) and "δ = 0.001 (PRV)" in key_line(output)


@pytest.mark.slow
def test_another_embedded_set_and_seed(tmp_path: Path, tiny_model: Path) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_name=tiny_model, dataset="amazon", canaries=2, digits=3,
        pool_size=200, heads=5, seed=3,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "others from movies" in output.read_text()
