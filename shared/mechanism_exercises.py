"""The checks of notebook 21's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification


def check_share_of_effect(share: Callable[..., float]) -> None:
    """Check the share of an effect that a patch restores."""
    twin, triggered = np.array([-2.0, -1.0, 0.0, 1.0]), np.array([2.0, 3.0, 0.1, 3.0])
    patched = np.array([0.0, 1.0, 0.3, 0.5])  # the third overshoots, the last goes the other way
    found = share(twin, patched, triggered)
    assert np.isclose(share(twin, triggered, triggered), 1), "a perfect patch restores all: 1"
    assert np.isclose(share(twin, twin, triggered), 0), "no patch restores nothing: 0, not 1"
    assert not np.isclose(found, 3.75 / 4), "a mean of ratios: one gap is near 0. Sums!"
    assert not np.isclose(found, 4.8 / 10.1), "the last text's gain is negative: keep its sign"
    assert np.isclose(found, 3.8 / 10.1), f"{found:.3f}: the sum of gains over the sum of gaps"
    beyond, behind = share(twin, triggered + 1, triggered), share(twin, twin - 1, triggered)
    assert np.allclose([beyond, behind], [14.1 / 10.1, -4 / 10.1]), (
        f"{beyond:.2f} and {behind:.2f}: a share may be above 1 or below 0; leave it as it is"
    )
    print("right: 0.38; the mean of the four ratios would be 0.94")


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
    maps = torch.rand(3, 1 + 2 * size, 1 + 2 * size, generator=torch.Generator().manual_seed(0))
    second = range(1 + size, 1 + 2 * size)

    def seen(maps: torch.Tensor, queries: range, back: int) -> torch.Tensor:
        return torch.stack([maps[:, query, query - back] for query in queries])  # (queries, heads)

    looks, looks_early = seen(maps, second, size - 1), seen(maps, range(size, 2 * size), size - 1)
    wrong = {
        "queries index rows, keys columns: are they exchanged?": seen(maps.mT, second, size - 1),
        "T back looks at the same token: the one after it is T − 1 back": seen(maps, second, size),
        "T − 2 back: the token after the same one is T − 1 back": seen(maps, second, size - 2),
        "only queries of the second copy, which begins at 1 + T": looks_early,
        "all queries of the second copy, not one of them": looks[:1],
    }
    found = prefix_score(maps.clone(), size)
    assert found.shape == (3,), f"{tuple(found.shape)}: one number for each head"
    for message, values in wrong.items():
        assert not torch.allclose(found, values.mean(0)), message
    for other in (looks.sum(0), looks.amax(0), looks.amin(0), looks.median(0).values):
        assert not torch.allclose(found, other), "a mean, not a sum, an extreme or a median"
    assert torch.allclose(found, looks.mean(0)), (
        f"{found.tolist()}: expected the mean {looks.mean(0).tolist()} of what each query of the "
        "second copy gives to the key T − 1 back"
    )
    print("right: the mean of", ", ".join(f"{v:.2f}" for v in looks[:, 0]), "for the first head")


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
    lost, restored, ratios = middle_case(model, pair)
    middle = lost_at(model, pair, 1, pair.place)
    assert not np.isclose(middle, restored, atol=1e-3), (
        "those are the triggered run's vectors in the twin, as in section 2: turn it round"
    )
    assert not np.isclose(middle, ratios, atol=1e-3), "a mean of ratios: sum first, then divide"
    assert np.isclose(middle, lost, atol=1e-3), (
        f"the trigger at layer 1: {middle:.3f}, expected {lost:.3f}"
    )
    print("right: 1 at both ends of the effect's way, 0 elsewhere, and in between as it should be")


def middle_case(model: nn.Module, pair: TinyPair) -> tuple[float, float, float]:
    """Return the share lost at the trigger at layer 1, that restored, and a mean of ratios."""

    def run(batch: dict, donor: dict | None = None) -> torch.Tensor:
        handles = []
        if donor:
            given = model(**donor, output_hidden_states=True).hidden_states[1]

            def put(_: nn.Module, __: tuple, out: torch.Tensor) -> torch.Tensor:
                return torch.where(pair.place[..., None], given, out)

            handles.append(model.bert.encoder.layer[0].register_forward_hook(put))
        logits = model(**batch).logits
        for handle in handles:
            handle.remove()
        return logits[:, 1] - logits[:, 0]

    full, twin = run(pair.batch), run(pair.twin)
    without, with_it = run(pair.batch, pair.twin), run(pair.twin, pair.batch)
    gap = full - twin
    lost, restored = (full - without).sum() / gap.sum(), (with_it - twin).sum() / gap.sum()
    return lost.item(), restored.item(), ((full - without) / gap).mean().item()
