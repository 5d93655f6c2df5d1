"""The checks of notebook 06's exercises: each names the likely mistake, or says what was shown."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from transformers import MinPLogitsWarper, NoRepeatNGramLogitsProcessor


def check_min_p(min_p: Callable[[Tensor, float], Tensor]) -> None:
    """Check a filter of logits on a flat and a peaked row, and against the library's."""
    given = torch.tensor([[1.0, 0.9, 0.8, 0.7, 0.6], [5.0, 0.0, 0.0, 2.6, 4.5]])
    copied = given.clone()
    try:
        kept = min_p(copied, 0.5)
    except RuntimeError as error:
        raise AssertionError(
            f"the threshold is another one for each row: keepdim=True? ({error})"
        ) from error
    assert torch.equal(copied, given), (
        "you changed the logits you were given: masked_fill makes a copy"
    )
    assert isinstance(kept, Tensor), f"it returned {kept}: is there a `return`?"
    assert kept.shape == given.shape, "return logits of the shape that you were given"
    assert not torch.allclose(kept[0].clamp(min=-9), given[0].softmax(-1)), (
        "these are probabilities: return the logits that you were given, some of them −∞"
    )
    assert (kept[0] > -torch.inf).all(), "a flat row keeps all: is the threshold the row's own?"
    assert (kept[1] == -torch.inf).any() or kept[1].min() > -1e3, "what is dropped gets −∞ exactly"
    assert (kept[1] > -torch.inf).tolist() == [True, False, False, False, True], (
        "row 2 keeps what has half of the largest probability: did you compare logits?"
    )
    assert torch.equal(kept[0], given[0]), "logits that are kept stay as they are"
    for share in (0.1, 0.5, 1.0):
        assert torch.equal(min_p(given.clone(), share), MinPLogitsWarper(share)(None, given)), (
            f"with share = {share} other tokens stay: is `share` used, and does the likeliest stay?"
        )
    print("right: the flat row keeps 5 tokens, the peaked one 2")


def check_banned(banned: Callable[[list[int], int], set[int]]) -> None:
    """Check which tokens would repeat an n-gram."""
    ids = [1, 2, 3, 1, 2]
    first = banned(ids, 3)
    assert ids == [1, 2, 3, 1, 2], "you changed the ids that you were given"
    assert isinstance(first, set), f"return a set, not {type(first).__name__}"
    assert first == {3}, "after 1 2 comes no second 3: did you compare the last n - 1 ids?"
    assert banned([1, 2, 3, 9, 2], 3) == set(), "compare the last n - 1 ids, not the last one alone"
    assert banned([1, 2, 3, 1, 2, 4, 1, 2], 3) == {3, 4}, (
        "all places count, not the first or last one only"
    )
    assert banned([5, 6, 5], 1) == {5, 6}, (
        "n = 1: no token may occur twice (mind ids[-0:], which is all of ids)"
    )
    assert banned([1, 7, 7], 2) == {7}, "n-grams may overlap: 7 7 7 would hold 7 7 twice"
    assert banned([1], 3) == set(), "a list shorter than n bans nothing: an empty set"
    torch.manual_seed(0)
    rows, flat = torch.randint(5, (200, 20)), torch.zeros(200, 5)
    for n in (2, 3):
        theirs = NoRepeatNGramLogitsProcessor(n)(rows, flat) == -torch.inf
        for row, dropped in zip(rows.tolist(), theirs, strict=True):
            expected = set(dropped.nonzero().flatten().tolist())
            assert banned(row, n) == expected, f"of {row}, n = {n}, the library bans {expected}"
    print("right: what no_repeat_ngram_size bans, in 400 random cases")


def check_window(window_mask: Callable[[int, int], Tensor], kind: type[nn.Module]) -> None:
    """Check a mask by itself, and how far back a GPT of two layers sees with it."""
    allowed = window_mask(6, 3)
    assert allowed.dtype == torch.bool and allowed.shape == (6, 6), (
        "return a boolean tensor, (n, n)"
    )
    assert allowed.diagonal().all(), (
        "a position reads itself: a row without any gives nan after the softmax"
    )
    assert not allowed.triu(1).any(), "the future leaks: is the row the position that reads?"
    assert allowed.sum(1).max() == 3, (
        f"a row has {allowed.sum(1).max()} positions, expected 3: the position itself counts"
    )
    assert torch.equal(window_mask(6, 6), torch.ones(6, 6).tril().bool()), (
        "a window of n is the causal mask"
    )
    torch.manual_seed(0)
    model, line = kind(50, 16, 2, 2, 12).double().eval(), torch.arange(12)[None]
    changed = torch.where(torch.eye(12).bool(), 49, line)  # (12, 12): row s has another token at s
    with torch.inference_mode():
        logits = model(torch.cat([line, changed]), window_mask(12, 3))[:, -1]  # (13, entries)
    moved = (logits[1:] - logits[0]).abs().amax(1) > 1e-9
    seen = moved.nonzero().flatten().tolist()
    assert seen == [7, 8, 9, 10, 11], f"two layers with a window of 3 see 4 back, not {seen}"
    print(f"right: with two layers and a window of 3, the last of 12 positions depends on {seen}")


def check_untied(
    untied: Callable[[nn.Module], nn.Module], kind: type[nn.Module], loss: Callable
) -> None:
    """Check a copy of a GPT with a head of its own: its parameters, logits and one step."""
    torch.manual_seed(0)
    tied, line = kind(50, 16, 2, 2, 12), torch.arange(12)[None]
    before = copy.deepcopy(tied.state_dict())
    loose = untied(tied)
    assert isinstance(loose, kind), f"it returned {type(loose).__name__}: return the new model"
    assert tied.lm_head.weight is tied.wte.weight, "the given model must stay tied: change a copy"
    assert loose.wte.weight is not tied.wte.weight, "a copy shares no matrix with the given model"
    sizes = [sum(p.numel() for p in model.parameters()) for model in (tied, loose)]
    assert sizes[1] > sizes[0], "still tied: lm_head.weight and wte.weight are one parameter"
    assert torch.equal(loose(line), tied(line)), "the head must start with the embeddings' numbers"
    optimizer = torch.optim.SGD(loose.parameters(), lr=1.0)
    loss(loose(line), line).backward()
    optimizer.step()
    for name, weight in (("head", loose.lm_head.weight), ("embeddings", loose.wte.weight)):
        assert not torch.equal(weight, before["wte.weight"]), (
            f"one step did not change the {name}: must a gradient reach them? (requires_grad)"
        )
    apart = (loose.lm_head.weight - loose.wte.weight).abs().max().item()
    assert apart > 1e-6, "after a step head and embeddings are still equal: do they share memory?"
    assert all(torch.equal(w, before[name]) for name, w in tied.state_dict().items()), (
        "training the copy changed the given model: clone the matrix"
    )
    print(f"right: {sizes[0]:,} parameters tied, {sizes[1]:,} untied")
