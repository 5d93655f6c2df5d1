"""The checks of notebook 03's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable

import numpy as np
import torch

Batch = dict[str, torch.Tensor]


def check_rate(rate: Callable[[int, int, int], float]) -> None:
    """Check a schedule with warm-up."""
    assert rate(0, 10, 100) == 0, (
        f"rate(0, 10, 100) = {rate(0, 10, 100)}: the first step starts from 0"
    )
    try:
        top, start = rate(10, 10, 100), rate(0, 0, 100)
    except ZeroDivisionError:
        raise AssertionError("without warm-up you divide by zero: make the rise a case") from None
    assert top == 1, "the peak is at the end of the warm-up: measure the fall from there"
    assert abs(rate(100, 10, 100)) < 1e-12, "the last step ends at 0"
    assert abs(rate(55, 10, 100) - 0.5) < 1e-9, "half-way down is 0.5: is the fall a straight line?"
    assert abs(rate(32, 10, 100) - 68 / 90) < 1e-9, (
        "rate(32, 10, 100) should be 68 / 90: is the fall a straight line?"
    )
    assert abs(rate(3, 10, 100) - 0.3) < 1e-9, (
        "rate(3, 10, 100) is 0.3: is the rise a straight line?"
    )
    assert abs(rate(5, 10, 100) - 0.5) < 1e-9, "half-way up is 0.5: is the rise a straight line?"
    assert start == 1, "without warm-up the first step is at the peak"
    print("right: two straight lines, and no need of a warm-up, as get_linear_schedule_with_warmup")


def gradient(model: torch.nn.Module) -> torch.Tensor:
    """Return all gradients as one vector; 0 where there is none."""
    each = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
    return torch.cat([g.flatten() for g in each])


def gradient_of(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """Return the gradient of the mean loss of one batch."""
    model(**batch).loss.backward()
    return gradient(model)


def check_accumulate(
    accumulate: Callable[[torch.nn.Module, list[Batch]], None],
    fresh: Callable[[], torch.nn.Module],
    whole: Batch,
    pieces: list[Batch],
) -> None:
    """Check that pieces of unequal size give the gradient of the whole batch.

    Args:
        accumulate: The answer.
        fresh: Returns the same classifier each time, in 64 bits and without dropout.
        whole: One batch.
        pieces: The same texts in pieces, the last of one text.
    """
    count = sum(len(piece["labels"]) for piece in pieces)
    each = [gradient_of(fresh(), piece) for piece in pieces]
    right = gradient_of(fresh(), whole)
    given: list[int] = []
    model = fresh()
    model.register_forward_pre_hook(
        lambda module, args, kwargs: given.append(len(kwargs["input_ids"])), with_kwargs=True
    )
    accumulate(model, pieces)
    yours = gradient(model)
    largest = max(len(piece["labels"]) for piece in pieces)
    assert max(given, default=0) <= largest, f"{max(given)} texts at once: one piece at a time"
    assert yours.norm() > 1e-9, "there is no gradient: call backward, and do not zero it"
    wrong = {
        "the means of the pieces were only added": sum(each),
        "a piece of one text weighs as much as one of five": sum(each) / len(each),
        "only the last piece is in it: was the gradient zeroed between?": each[-1],
        "only the last piece is in it, with its share: was it zeroed between?": each[-1]
        * len(pieces[-1]["labels"])
        / count,
    }
    for message, known in wrong.items():
        assert (yours - known).norm() > 1e-6 * known.norm(), message
    off = float((yours - right).norm() / right.norm())
    assert off < 1e-6, f"off by {off:.0%}: what is the weight of each piece?"
    print("right: unequal pieces give the gradient of the whole batch")


@torch.no_grad()
def check_mean_logits(
    mean_logits: Callable[..., torch.Tensor], encoder: torch.nn.Module, short: Batch, unequal: Batch
) -> None:
    """Check a head on the mean of the real tokens.

    Args:
        mean_logits: The answer.
        encoder: Without dropout.
        short: One text.
        unequal: The same text and a longer one, padded.
    """
    torch.manual_seed(0)
    linear = torch.nn.Linear(encoder.config.hidden_size, 3, dtype=encoder.dtype)
    names = ("input_ids", "attention_mask")
    together, single = (
        mean_logits(encoder, linear, **{name: each[name] for name in names})
        for each in (unequal, short)
    )
    assert isinstance(together, torch.Tensor), (
        f"it returned {together!r:.40}, not a tensor: is there a `return`?"
    )
    assert together.shape == (2, 3), f"{tuple(together.shape)}: expected (batch, classes) = (2, 3)"
    states = encoder(**{name: short[name] for name in names}).last_hidden_state
    first, mean = linear(states[:, 0]), linear(states.mean(1))
    assert not torch.allclose(single, first, atol=1e-6), "this is the first token, not the mean"
    assert torch.allclose(single, mean, atol=1e-6), "without padding it should be the plain mean"
    assert torch.allclose(together[:1], single, atol=1e-6), (
        "the answer changes beside a longer text: padding is in the sum, or in the count, or seen"
    )
    print("right: a mean over real tokens, whatever stands beside the text")


def check_train(
    train: Callable,
    fresh: Callable[[float], torch.nn.Module],
    pieces: list[Batch],
    held_out: object,
) -> None:
    """Check a repaired loop against one that is written out here.

    Args:
        train: The answer.
        fresh: Returns the same classifier each time, with this dropout.
        pieces: Three batches.
        held_out: What is evaluated on.
    """
    reference, by_step = fresh(0.0), []
    optimizer = torch.optim.AdamW(reference.parameters(), lr=1e-2)
    for batch in pieces * 2:
        optimizer.zero_grad()
        loss = reference(**batch).loss
        loss.backward()
        optimizer.step()
        by_step.append(loss.item())
    losses = train(fresh(0.0), pieces, held_out, 2, 1e-2)
    assert len(losses) == 6, f"{len(losses)} losses: expected one per batch and epoch, 2 × 3"
    modes: list[bool] = []
    dropped = fresh(0.1)
    dropped.register_forward_pre_hook(lambda module, args: modes.append(module.training))
    train(dropped, pieces, held_out, 2, 1e-2)
    assert abs(losses[1] - by_step[1]) < 1e-9, (
        "the first step uses no gradient: was it zeroed too late?"
    )
    assert np.allclose(losses, by_step, atol=1e-9), (
        "old gradients are still there: zero them each step"
    )
    assert len(modes) > sum(modes), "keep the evaluation after each epoch"
    assert sum(modes) == 6, "after the first evaluation dropout is off: back to training each epoch"
    print("right: each step uses its own gradient, and dropout is on in every epoch")
