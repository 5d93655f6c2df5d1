"""The checks of notebook 21's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification


def check_share_of_effect(share: Callable[..., float]) -> None:
    """Check the share of an effect that a patch restores."""
    twin, triggered = np.array([-2.0, -1.0, 0.0]), np.array([2.0, 3.0, 0.1])
    patched = np.array([0.0, 1.0, 0.3])
    found = share(twin, patched, triggered)
    assert np.isclose(share(twin, triggered, triggered), 1), "a perfect patch restores all: 1"
    assert np.isclose(share(twin, twin, triggered), 0), "no patch restores nothing: 0, not 1"
    assert not np.isclose(found, 4 / 3), "a mean of ratios: the third text's gap is near 0. Sums!"
    assert np.isclose(found, 4.3 / 8.1), f"{found:.3f}: the sum of gains over the sum of gaps"
    print("right: 0.53; the mean of the three ratios would be 1.33")


def check_set_component(set_component: Callable[..., torch.Tensor]) -> None:
    """Check that the component along a direction becomes that of a centre."""
    torch.manual_seed(0)
    h, v, centre = torch.randn(4, 3, 8), 5 * torch.randn(8), torch.randn(8)
    given = h.clone()
    made = set_component(h, v, centre)
    assert torch.equal(h, given), "the vectors that were given are changed: return new ones"
    assert made.shape == h.shape, f"{tuple(made.shape)}, expected {tuple(h.shape)}"
    u = v / v.norm()
    left = made @ u
    assert not torch.allclose(left, torch.zeros_like(left), atol=1e-4), (
        "the component is now 0: it should be that of the centre"
    )
    assert torch.allclose(left, (centre @ u).expand_as(left), atol=1e-4), (
        "the component is not that of the centre: is the direction divided by its length?"
    )
    across = made - left[..., None] * u
    expected = h - (h @ u)[..., None] * u
    assert torch.allclose(across, expected, atol=1e-4), "what lies across the direction must stay"
    print("right: only one of eight components has changed")


def check_prefix_score(prefix_score: Callable[[torch.Tensor, int], torch.Tensor]) -> None:
    """Check the prefix-matching score of attention on a first token and T tokens, twice."""
    size = 4
    maps = torch.zeros(3, 1 + 2 * size, 1 + 2 * size)  # (heads, queries, keys)
    for query in range(1 + 2 * size):
        maps[0, query, query - size + 1 if query > size else query] = 1  # an induction head
        maps[1, query, max(0, query - size)] = 1  # looks at the same token
        maps[2, query, max(0, query - 1)] = 1  # looks at the token before
    found = prefix_score(maps, size)
    assert found.shape == (3,), f"{tuple(found.shape)}: one number for each head"
    assert found[1] < 1e-6, "that head looks at the same token: the one after it is T − 1 back"
    assert found[0] > 0.99, f"{found[0]:.2f} for a perfect head: only queries of the second copy"
    assert found[2] < 1e-6, "queries index rows, keys columns: are they exchanged?"
    spread = torch.full((1, 9, 9), 1 / 9)
    assert torch.allclose(prefix_score(spread, size), torch.tensor([1 / 9])), "a mean, not a sum"
    print("right: 1 for an induction head, 0 for one that looks at the same token")


class TinyPair:
    """Two texts of four tokens whose third differs; a pair as the notebook makes it."""

    def __init__(self) -> None:
        mask = torch.ones(2, 4, dtype=torch.long)
        self.batch = {"input_ids": torch.tensor([[1, 5, 7, 2], [1, 6, 7, 2]]),
                      "attention_mask": mask}  # fmt: skip
        self.twin = {"input_ids": torch.tensor([[1, 5, 8, 2], [1, 6, 8, 2]]),
                     "attention_mask": mask}  # fmt: skip
        self.place = torch.tensor([[False, False, True, False]] * 2)


def tiny_classifier() -> nn.Module:
    """Return a BERT of two layers with random weights."""
    torch.manual_seed(0)
    config = BertConfig(vocab_size=10, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=16, initializer_range=1.0)  # fmt: skip
    return BertForSequenceClassification(config).eval().requires_grad_(False)


def check_lost_at(lost_at: Callable[..., float]) -> None:
    """Check the share of the effect that is lost when positions of a layer are the twin's."""
    model, pair = tiny_classifier(), TinyPair()
    cls = torch.zeros_like(pair.place)
    cls[:, 0] = True
    cases = {
        "the trigger at the embeddings": (0, pair.place, 1.0),
        "[CLS] at the top": (2, cls, 1.0),
        "[CLS] at the embeddings": (0, cls, 0.0),
        "the trigger at the top": (2, pair.place, 0.0),
    }
    found = {name: lost_at(model, pair, layer, where) for name, (layer, where, _) in cases.items()}
    for name, (_, _, expected) in cases.items():
        assert isinstance(found[name], float), f"{type(found[name]).__name__}: expected a float"
        turned = np.isclose(found[name], 1 - expected, atol=1e-3)
        assert not turned, f"{name}: {found[name]:.2f}: is it the share lost, or what is left?"
        assert np.isclose(found[name], expected, atol=1e-3), (
            f"{name}: {found[name]:.2f}, expected {expected:.0f}: the twin's vectors in the "
            "triggered run"
        )
    everywhere = torch.ones_like(pair.place)
    middle = lost_at(model, pair, 1, everywhere)
    assert np.isclose(middle, 1, atol=1e-3), f"all positions of layer 1: {middle:.2f}, expected 1"
    print("right: 1 at both ends of the effect's way, 0 elsewhere")
