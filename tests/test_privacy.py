"""Notebook 10: its measures against known answers, other models and data, bad input."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import definitions, key_line, papermill
from scipy import stats
from torch.nn import functional as F

from shared import language
from shared.canaries import all_codes, pack, train_privately
from shared.errors import UserError
from shared.head_stacks import clipped_sums
from shared.small_samples import median_interval

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


def test_exposure_refuses_what_is_no_number(notebook: SimpleNamespace) -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(UserError, match=r"1 of 8 codes .* not finite.* lower its"):
            notebook.exposure(np.array([*range(7), bad]), 3)


def test_a_tree_of_digits_gives_each_codes_bits() -> None:
    tokenizer = language.train_tokenizer(["Bolo's code is #1-2", "0-1-2-3-4-5-6-7-8-9"], 300)
    model = language.small_gpt2(
        len(tokenizer), n_embd=16, n_layer=2, n_head=2, pad_token_id=None,
        attn_implementation="eager",
    ).eval()  # fmt: skip
    bits = all_codes(model, tokenizer, "Bolo's code is #", 2)
    for place in (0, 7, 42, 99):
        ids = tokenizer(f"Bolo's code is #{place // 10}-{place % 10}")["input_ids"]
        ids = torch.tensor([[tokenizer.bos_token_id, *ids]])
        with torch.inference_mode():
            log_p = model(ids).logits[0].log_softmax(-1)
        by_text = -(log_p[-4, ids[0, -3]] + log_p[-2, ids[0, -1]]).item() / np.log(2)
        assert bits[place] == pytest.approx(by_text, abs=1e-3)


def test_packed_copies_are_whole() -> None:
    tokenizer = language.train_tokenizer(["Bolo's code is #1-2-3"], 300)
    ordinary = torch.arange(120).view(4, 30)
    rows = pack(tokenizer, ["#1-2", "#3-4"], ordinary, 0)
    assert rows.shape == (2, 30)
    ids = tokenizer("#3-4")["input_ids"]
    assert rows[1, 1 : 1 + len(ids)].tolist() == ids
    with pytest.raises(ValueError, match="expected at most 30"):
        pack(tokenizer, ["#1-2" * 20], ordinary, 0)


@pytest.mark.parametrize("limit", [np.inf, 1e9])  # text by text, too, but nothing is clipped
def test_private_training_without_noise_or_limit_is_ordinary_training(limit: float) -> None:
    rows = torch.randint(0, 50, (40, 12), generator=torch.Generator().manual_seed(0))
    sizes = {"n_embd": 16, "n_layer": 1, "n_head": 2, "attn_implementation": "eager"}
    sizes |= {name: 0.0 for name in ("attn_pdrop", "resid_pdrop", "embd_pdrop")}
    make = lambda: language.small_gpt2(50, 1, pad_token_id=None, **sizes)  # noqa: E731
    how = {"rate": 1.0, "steps": 2, "learning_rate": 1e-2, "seed": 0}
    private = train_privately(make(), rows, limit=limit, sigma=0.0, **how)
    plain = make().train()
    optimizer = torch.optim.Adam(plain.parameters(), lr=1e-2, betas=(0.9, 0.98))
    for step in range(2):
        logits = plain(rows, use_cache=False).logits[:, :-1]
        F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).backward()
        optimizer.param_groups[0]["lr"] = 1e-2 * (1 - step / 2)
        optimizer.step()
        optimizer.zero_grad()
    # Not the weights: where a gradient is 0 but for rounding, Adam still takes a whole step.
    torch.testing.assert_close(
        private(rows).logits, plain.eval()(rows).logits, atol=1e-2, rtol=1e-2
    )
    clipped = train_privately(make(), rows, limit=1e-6, sigma=0.0, **how)
    assert not torch.allclose(clipped.lm_head.weight, plain.lm_head.weight, atol=1e-4)


def test_clipped_sums_are_those_of_autograd() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(6, 5, generator=generator), torch.tensor([0, 1, 2, 0, 1, 2])
    weights = torch.randn(2, 5, 3, generator=generator)
    counted = torch.rand(2, 6, generator=generator) < 0.7
    sums = clipped_sums(weights, x, y, counted, 0.8)
    for k in range(2):
        total = torch.zeros(5, 3)
        for i in counted[k].nonzero()[:, 0]:
            w = weights[k].clone().requires_grad_()
            (g,) = torch.autograd.grad(F.cross_entropy(x[i : i + 1] @ w, y[i : i + 1]), w)
            total += g * min(1.0, 0.8 / g.norm().item())
        torch.testing.assert_close(sums[k], total, atol=1e-5, rtol=1e-4)


def test_the_median_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    for n in (6, 12, 48):
        ends = [median_interval(random.exponential(size=n)) for _ in range(1000)]
        holds = [low < np.log(2) < high for _, low, high in ends]
        assert 0.93 < np.mean(holds) <= 1, n


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
