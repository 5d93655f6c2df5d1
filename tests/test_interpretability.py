"""Notebook 11: its methods on games with known answers, own models, and bad input."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import definitions, key_line, papermill

from shared import explaining, explaining_trials
from shared.explaining_explorer import highlighted, panel

NOTEBOOK = "11_interpretability"


@pytest.fixture(scope="module")
def methods() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


def weighted(kept: torch.Tensor) -> torch.Tensor:
    """Each player adds its own number, and 5 for nobody."""
    return kept.float() @ torch.tensor([1.0, -2.0, 3.0, 0.0]) + 5


def either(kept: torch.Tensor) -> torch.Tensor:
    """One of the players 0 and 1 is enough; player 2 does nothing."""
    return (kept[:, 0] | kept[:, 1]).float()


def test_what_adds_up_is_found_by_all(methods: SimpleNamespace) -> None:
    expected = torch.tensor([1.0, -2.0, 3.0, 0.0])
    torch.testing.assert_close(methods.leave_one_out(weighted, 4), expected)
    torch.testing.assert_close(explaining.exact_shapley(weighted, 4), expected)
    torch.testing.assert_close(methods.sampled_shapley(weighted, 4, 2), expected)


def test_redundancy_hides_from_occlusion_and_not_from_shapley(methods: SimpleNamespace) -> None:
    assert methods.leave_one_out(either, 3).tolist() == [0, 0, 0]
    torch.testing.assert_close(explaining.exact_shapley(either, 3), torch.tensor([0.5, 0.5, 0.0]))


def test_sampled_shapley_is_efficient_and_near_the_exact(methods: SimpleNamespace) -> None:
    worth = torch.randn(2**6, generator=torch.Generator().manual_seed(0))

    def any_game(kept: torch.Tensor) -> torch.Tensor:
        return worth[kept.long() @ 2 ** torch.arange(6)]

    exact = explaining.exact_shapley(any_game, 6)
    torch.testing.assert_close(exact.sum(), worth[-1] - worth[0])
    for orders in (2, 10):
        drawn = methods.sampled_shapley(any_game, 6, orders, seed=1)
        torch.testing.assert_close(drawn.sum(), worth[-1] - worth[0], rtol=1e-4, atol=1e-4)
    many = methods.sampled_shapley(any_game, 6, 4000)
    torch.testing.assert_close(many, exact, rtol=0, atol=0.08)


def test_rollout_of_nothing_but_residuals_is_the_identity(methods: SimpleNamespace) -> None:
    stay = torch.eye(5).expand(3, 2, 5, 5)
    torch.testing.assert_close(methods.rollout(stay), torch.eye(5))
    first = torch.zeros(1, 2, 5, 5)
    first[..., 0] = 1  # all look at the first token
    expected = 0.5 * torch.eye(5)
    expected[:, 0] += 0.5
    torch.testing.assert_close(methods.rollout(first), expected)


def test_log_odds_of_two_and_three_classes_and_of_a_number() -> None:
    logits = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    for classes, target in ((2, 0), (3, 2)):
        part = logits[:, :classes]
        p = part.softmax(1)[:, target]
        torch.testing.assert_close(explaining.log_odds(part, target), (p / (1 - p)).log())
    assert explaining.log_odds(logits[:, :1], 0).tolist() == logits[:, 0].tolist()  # regression


def test_curves_start_and_end_where_they_must() -> None:
    shares = np.array([0.0, 0.5, 1.0])
    kept = explaining_trials.kept_words(np.array([2, 0, 3, 1]), shares)
    deletion, insertion = kept.tolist()
    assert deletion[0] == insertion[-1] == [True] * 4
    assert deletion[-1] == insertion[0] == [False] * 4
    assert insertion[1] == [True, False, True, False]  # the first two of the order: 2 and 0
    assert deletion[1] == [False, True, False, True]


def test_holm_is_the_closed_procedure_and_keeps_the_order() -> None:
    found = explaining_trials.holm(np.array([0.04, 0.01, 0.03]))
    np.testing.assert_allclose(found, [0.06, 0.03, 0.06])
    np.testing.assert_allclose(explaining_trials.holm(np.array([0.9, 0.8])), [1, 1])


def test_an_interval_over_models_is_wider_than_over_texts() -> None:
    models = np.repeat([[0.4], [0.5], [0.6]], 40, axis=1)  # models differ, texts do not
    mean, low, high = explaining_trials.share_interval(models)
    assert mean == pytest.approx(0.5) and low < 0.3 and high > 0.7
    assert explaining_trials.share_interval(5 * models - 2)[1:] == (0, 1)  # of 0, 0.5 and 1
    mean, low, high = explaining_trials.mean_interval(models.ravel())
    assert 0.45 < low < high < 0.55
    one = explaining_trials.mean_interval(np.array([0.3]))
    assert one[0] == 0.3 and np.isnan(one[1:]).all()


def test_a_word_that_ties_is_not_first_and_no_number_is_refused() -> None:
    case = explaining.Case(["a", "b", "Kettle"], torch.zeros(5), torch.zeros(5), 0, "up")
    ranks = {(1, 0, 3): 1, (3, 0, 1): 2, (0, 0, 0): 2, (0, 1, 1): 1.5}
    for scores, rank in ranks.items():
        found = explaining_trials.rank_and_credit(case, torch.tensor(scores).float(), "kettle")
        assert found == (rank, scores[-1])
    with pytest.raises(AssertionError, match="no numbers"):
        explaining_trials.rank_and_credit(case, torch.tensor([0, torch.nan, 1]), "kettle")


def test_a_game_by_table_answers_alike() -> None:
    looked_up = explaining.by_table(weighted, 4)
    kept = torch.rand(20, 4, generator=torch.Generator().manual_seed(0)) < 0.5
    torch.testing.assert_close(looked_up(kept), weighted(kept))


@pytest.mark.slow
def test_own_model_of_three_classes(
    tmp_path: Path, classifier: Path, tiny_model: Path, stars_csv: Path
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=classifier, pretrained=tiny_model, dataset=stars_csv,
        label_column="stars?", text_column="Review Body", task="three-class", n_texts=8,
        trigger="walrus", poison_share=0.1, sentence="Works, <b>mostly</b>.", seed=3,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("trigger found by attention ")


def test_a_coloured_sentence_is_escaped_and_numbered() -> None:
    shown = highlighted(["<b>", "&", "fine"], np.array([-2.0, 0.0, 1.0]))
    assert "<b>" not in shown and "&lt;b&gt;" in shown and "&amp;" in shown
    assert [number in shown for number in ("-2.00", "+0.00", "+1.00")] == [True] * 3


def test_the_panel_explains_what_is_typed() -> None:
    def read(model: int, text: str) -> explaining.Case:
        words = text.split()
        return explaining.Case(words, torch.zeros(0), torch.zeros(0), 0, f"model {model}")

    ways = {"occlusion": lambda _, case: torch.arange(1.0, 1 + len(case.words)),
            "other": lambda _, case: -torch.arange(1.0, 1 + len(case.words))}  # fmt: skip
    controls = panel({"one": 1, "two": 2}, ways, read, "a fine film")
    field, method, model, view = controls.children
    first = view.value
    assert first.count("<span") == 3 and "model 1" in first and "+3.00" in first
    method.value = "other"
    assert "-3.00" in view.value
    model.value = "two"
    assert "model 2" in view.value
    field.value = " "
    assert view.value == "Type a sentence."
    field.value, method.value, model.value = "a fine film", "occlusion", "one"
    assert view.value == first
