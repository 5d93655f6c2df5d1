"""The checks of notebook 11's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable

import torch

from shared.explaining import Game, exact_shapley


def toy(kept: torch.Tensor) -> torch.Tensor:
    """Players 0 and 1 are worth 1 together, player 2 is worth 2, player 3 nothing."""
    return (kept[:, 0] & kept[:, 1]).float() + 2.0 * kept[:, 2]


def majority(kept: torch.Tensor) -> torch.Tensor:
    """Three players are worth 1 if two or more are there."""
    return (kept.sum(1) >= 2).float()


def leaning(kept: torch.Tensor) -> torch.Tensor:
    """Words are worth 1, 3 and -2, and there is 0.5 against from the start."""
    return kept.float() @ torch.tensor([1.0, 3.0, -2.0]) - 0.5


def curved(kept: torch.Tensor) -> torch.Tensor:
    """Five players whose worth is the cube of their sum, and 7 for nobody."""
    return (kept.float() @ torch.arange(1.0, 6.0)) ** 3 + 7


def either(kept: torch.Tensor) -> torch.Tensor:
    """One of the players 0 and 1 is enough; player 2 adds 3."""
    return (kept[:, 0] | kept[:, 1]).float() + 3.0 * kept[:, 2]


def check_comprehensiveness(
    comprehensiveness: Callable[[Game, torch.Tensor, int], float],
) -> None:
    """Check the fall of the value without the k words that score highest."""
    weights = torch.tensor([3.0, -4.0, 2.0, 0.5, 1.0])
    add_up = lambda kept: kept.float() @ weights  # noqa: E731
    fall = comprehensiveness(add_up, weights, 2)
    assert fall != -3.5, "the two LEAST important words are gone: is the order descending?"
    assert fall != -1, "the two largest by size are gone: a word against is not important for"
    assert fall != -5, "the sign is turned: value of all words minus value without"
    assert fall == 5, f"3 + 2 = 5 are lost, not {fall}: are the k words removed, and no others?"
    assert comprehensiveness(add_up, weights, 0) == 0, "k = 0 loses nothing"
    together = comprehensiveness(toy, torch.tensor([5.0, 4.0, 1.0, 0.0]), 2)
    assert together != 9, "you add up the scores: ask the game instead"
    assert together != 2, "the k words must go together, not one at a time"
    assert together == 1, f"without players 0 and 1, toy falls by 1, not by {together}"
    tied = comprehensiveness(either, torch.tensor([1.0, 1.0, 3.0]), 2)
    assert tied == 3, "two words have the same score, and k = 2: exactly two must go"
    print("right")


def check_interaction(interaction: Callable[[Game, int, int, int], float]) -> None:
    """Check what two players are worth together beyond the sum of both."""
    assert interaction(toy, 4, 0, 3) == 0, (
        "player 3 does nothing: is the fourth term there, with a plus?"
    )
    assert interaction(toy, 4, 0, 1) == 1, "0 and 1 are worth 1 only together: check the signs"
    assert interaction(either, 3, 0, 1) == -1, (
        "where either is enough the number is negative, −1: it keeps its sign"
    )
    both = interaction(majority, 3, 0, 1)
    assert both != 1, "you start from nobody: start from the whole text"
    assert both == -1, "in a majority of three, each can stand in for the other"
    assert interaction(toy, 4, 1, 0) == 1, "the order of i and j must not matter"
    print("right: in a majority of three any two can stand in for each other")


def check_flips_at(flips_at: Callable[[Game, torch.Tensor], int | None]) -> None:
    """Check after how many words the log odds are negative."""
    orders = [torch.tensor(order) for order in ([1, 2, 0], [0, 1, 2], [2, 0, 1])]
    first, second, third = (flips_at(leaning, order) for order in orders)
    assert first != 0, "with all words the value is 1.5, not negative: is row 0 the whole text?"
    assert first != 3, "the word that goes first is order[0]: not the one whose number is 0"
    assert (first, second) == (1, 2), f"one, then two words must go, not {first} and {second}"
    assert third == 3, "the last step, with no word left, counts as well"
    never = flips_at(lambda kept: leaning(kept) + 9, orders[0])
    assert never is None, "never negative: None"
    zero = flips_at(lambda kept: leaning(kept) + 0.5, orders[2])
    assert zero is None, "0 is not below 0: the answer has not changed"
    print("right")


def check_kernel_shap(kernel_shap: Callable[[Game, int], torch.Tensor]) -> None:
    """Check the weighted regression against the sum over all subsets."""
    found = kernel_shap(curved, 5).float()
    assert found.shape == (5,), f"shape {tuple(found.shape)}: drop the constant's coefficient"
    total, exact = found.sum().item(), exact_shapley(curved, 5)
    assert abs(total - 3382) > 1, (
        "the sum is v(all), not v(all) − v(none): the regression has no column of ones, and v of "
        "nobody is 7 here"
    )
    assert abs(total - 3375) < 1, (
        f"the sum is {total:.2f}, not v(all) − v(none) = 3375: infinite weights?"
    )
    far = (found - exact).abs().max().item()
    assert far < 0.01 or far > 1, (
        f"off by {far:.2g}: rounding, or too small a weight for the infinite ones. Solve in 64-bit "
        "numbers (.double()), with 1e6"
    )
    assert far < 0.01, f"the sum is right, the parts are off by up to {far:.0f}: the kernel?"
    torch.testing.assert_close(
        kernel_shap(toy, 4).float(), torch.tensor([0.5, 0.5, 2.0, 0.0]), rtol=0, atol=1e-2
    )
    print("right: a regression gives Shapley values")


def check_with_partner(with_partner: Callable[[Game, int], torch.Tensor]) -> None:
    """Check the occlusion that also hides a word's best replacement."""
    weights = torch.tensor([1.0, -2.0, 3.0])
    alone = with_partner(lambda kept: kept.float() @ weights, 3).float()
    assert alone.shape == (3,), f"shape {tuple(alone.shape)}: one score per word"
    assert not torch.allclose(alone, -weights), "the sign is turned: value with minus value without"
    assert torch.allclose(alone, weights), (
        f"{alone.tolist()} where words only add up: a partner must change nothing. Is the partner "
        "hidden in both answers, and the word itself no partner of its own?"
    )
    shared = with_partner(either, 3).float()
    assert not torch.allclose(shared[:2], torch.zeros(2)), "that is occlusion: hide a partner too"
    assert not torch.allclose(shared[:2], torch.ones(2)), "half of the gain alone, half beside it"
    assert torch.allclose(shared, torch.tensor([0.5, 0.5, 3.0])), f"{shared.tolist()}: max over j?"
    needed = with_partner(toy, 4).float()
    assert not torch.allclose(needed, torch.tensor([0.5, 0.5, 2.0, 0.0])), (
        "those are Shapley values: two words that need each other get 1 each here"
    )
    assert torch.allclose(needed, torch.tensor([1.0, 1.0, 2.0, 0.0])), f"{needed.tolist()}: max?"
    against = with_partner(lambda kept: kept[:, 0] * (1.0 - 3.0 * kept[:, 1]), 3).float()
    assert torch.allclose(against, torch.tensor([-0.5, -1.5, 0.0])), (
        f"{against.tolist()}: the largest over j, with its sign, not the largest by size"
    )
    print("right: where either word is enough, each now gets one half")
