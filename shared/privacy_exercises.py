"""The checks of notebook 10's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable

import numpy as np
import torch
from scipy import stats

from shared.intervals import wilson
from shared.membership import found


def check_bits_exposed(bits_exposed: Callable[[np.ndarray, int], float]) -> None:
    """Check the exposure from likelihoods."""
    ladder = np.linspace(0, 1, 1024)  # the last code is the likeliest
    with np.errstate(divide="ignore"):
        best = bits_exposed(ladder, 1023)
    assert np.isfinite(best), "the best code has an infinite exposure: do ranks start at 1?"
    assert best > 0.5, f"the likeliest code has {best:.1f} bits: is it ranked first, or last?"
    assert abs(best - 10) < 1e-9, (
        f"first of 1,024 codes is 10 bits, not {best:.2f}: logarithm to base 2?"
    )
    assert abs(bits_exposed(ladder, 0)) < 1e-9, "the last of all codes has exposure 0"
    print("right: the first of 1,024 codes has 10 bits, the last has 0")


def check_rate_at(rate_at: Callable[[np.ndarray, np.ndarray, float], float]) -> None:
    """Check the true-positive rate at a limit of false alarms."""
    draw = np.random.default_rng(1)
    who = np.repeat([True, False], [2000, 1000])
    values = np.where(who, draw.normal(1, 2, 3000), draw.normal(0, 1, 3000))
    answer = rate_at(values, who, 0.01)
    of_members = (values[who] > np.quantile(values[who], 0.99)).mean()
    assert abs(answer - of_members) > 1e-3, "1 % of the members: take the threshold from the others"
    expected = float(found(values, who, 0.01))
    assert abs(answer - expected) < 0.02, (
        f"{answer:.3f}, but the ROC curve says {expected:.3f}: "
        "is the threshold from the others, at 1 % from the top?"
    )
    # The others score 0 to 99, and one member is between each two of them.
    between = np.arange(200) / 2
    of_between = np.arange(200) % 2 == 1
    for allowed in (0, 5):
        share = rate_at(between, of_between, allowed / 100)
        assert abs(100 * share - (allowed + 1)) < 0.5, (
            f"{100 * share:.0f} of 100 members, expected {allowed + 1}: the threshold is one place "
            f"off. {allowed} of 100 others may be above it, no more and no fewer"
        )
    assert rate_at(np.zeros(100), np.arange(100) < 50, 0.01) == 0, (
        "equal scores tell nothing, yet members were found: compare with >, not >="
    )
    print(f"right: {answer:.1%} of the members at 1 % false alarms, as the ROC curve says")


def check_clip_people(
    clip_people: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor],
) -> None:
    """Check the clipping of each person's summed gradient."""
    gradients = torch.tensor([[3.0, 4.0], [0.3, 0.4], [3.0, 4.0], [-0.3, 0.4]])
    person = torch.tensor([7, 2, 7, 2])
    answer = clip_people(gradients, person, 1.0)
    assert tuple(answer.shape) == (2,), (
        f"shape {tuple(answer.shape)}: return the sum over all persons, one number for each weight"
    )
    each = gradients * (1 / gradients.norm(dim=1, keepdim=True)).clamp(max=1)
    assert not torch.allclose(answer, each.sum(0), atol=1e-4), (
        "each text was clipped by itself: a person with two texts still pulls twice as far"
    )
    together = gradients.sum(0)
    assert not torch.allclose(answer, together / together.norm(), atol=1e-4), (
        "one norm for all: sum the texts of each person first, then clip each person"
    )
    longer = torch.tensor([0.6, 0.8]) + torch.tensor([0.0, 1.0])
    assert not torch.allclose(answer, longer, atol=1e-4), (
        "a short gradient was made longer: the factor is never above 1"
    )
    assert torch.allclose(answer, torch.tensor([0.6, 1.6]), atol=1e-4), (
        f"{answer.tolist()}, expected [0.6, 1.6]"
    )
    wider = clip_people(gradients, person, 2.0)
    assert torch.allclose(wider, torch.tensor([1.2, 2.4]), atol=1e-4), (
        f"with limit 2: {wider.tolist()}, expected [1.2, 2.4]: is the norm `limit`, or always 1?"
    )
    one = clip_people(gradients[:1].repeat(64, 1), torch.zeros(64, dtype=torch.long), 1.0)
    print(f"right: 64 texts of one person now pull by {one.norm():.0f}, not by 64; "
          "ε holds for a person")  # fmt: skip


def check_epsilon_at_least(
    epsilon_at_least: Callable[[int, int, int, int, float], float],
) -> None:
    """Check the lower bound on ε from counts."""
    few = epsilon_at_least(50, 1000, 5, 1000, 1e-5)

    def bound(hits: int, alarms: int) -> float:
        ends = [stats.binomtest(k, 1000).proportion_ci(0.95, "exact") for k in (hits, alarms)]
        return float(np.log((ends[0].low - 1e-5) / ends[1].high))

    hits, alarms = (stats.binomtest(k, 1000).proportion_ci(0.95, "exact") for k in (50, 5))
    assert abs(few - np.log((hits.high - 1e-5) / alarms.low)) > 1e-3, (
        "the ends are swapped: a lower bound takes the lower end for the hits, the upper one for "
        "the alarms"
    )
    by_wilson = np.log((wilson(50, 1000)[0] - 1e-5) / wilson(5, 1000)[1])
    assert abs(few - by_wilson) > 1e-3, (
        f"{few:.3f} comes from Wilson's interval, which can miss more often than 5 %: "
        "an audit needs the exact one, Clopper and Pearson's"
    )
    assert few < 2.2, f"{few:.2f} is what the bare rates give: they are only estimates"
    assert abs(few - bound(50, 5)) < 1e-3, (
        f"{few:.3f} instead of {bound(50, 5):.3f}: lower end for the hits, "
        "upper end for the alarms, 2.5 % each?"
    )
    assert abs(epsilon_at_least(50, 1000, 0, 1000, 1e-5) - bound(50, 0)) < 1e-3, (
        "no alarm in 1,000 does not prove a rate of 0: the upper end is 0.0037"
    )
    assert epsilon_at_least(10, 1000, 10, 1000, 1e-5) == 0, (
        "equal rates prove nothing: 0, not negative"
    )
    assert epsilon_at_least(0, 100, 5, 100, 1e-5) == 0, "no hit proves nothing: 0, and no warning"
    assert epsilon_at_least(500, 1000, 5, 1000, 0.4) < epsilon_at_least(500, 1000, 5, 1000, 1e-5), (
        "a greater δ explains more of the hits: subtract it from their rate"
    )
    fewer = epsilon_at_least(50, 1000, 5, 500, 1e-5)
    others = stats.binomtest(5, 500).proportion_ci(0.95, "exact").high
    assert abs(fewer - np.log((hits.low - 1e-5) / others)) < 1e-3, (
        f"{fewer:.3f} for 50 of 1,000 members and 5 of 500 others: hits are counted among the "
        "members, alarms among the others"
    )
    print(f"right: 50 of 1,000 members against 5 of 1,000 others prove ε ≥ {few:.2f}; "
          f"the bare rates would say {np.log(10):.2f}")  # fmt: skip
