"""The loop that all tasks share: rates, order, what is read when, precision."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import get_linear_schedule_with_warmup

from shared import loop, models
from shared.batches import LengthBuckets, shuffled
from shared.checkpoints import Checkpoints
from shared.errors import UserError
from shared.recipes import History, Recipe


def test_each_example_comes_once_an_epoch_in_batches_of_similar_length() -> None:
    lengths = np.random.default_rng(0).integers(5, 60, 500)
    sampler = LengthBuckets(lengths, 16, seed=1)
    batches = list(sampler)
    assert sorted(i for batch in batches for i in batch) == list(range(500))
    assert len(batches) == len(sampler)
    assert np.mean([lengths[b].max() - lengths[b].min() for b in batches]) < 8
    sampler.set_epoch(1)
    assert list(sampler) == sampler.of_epoch(1) != batches
    assert list(LengthBuckets(lengths, 16, seed=1)) == batches
    assert list(LengthBuckets(lengths, 16, seed=2)) != batches


def test_shuffled_rows_come_once_an_epoch_and_the_same_each_time() -> None:
    order = shuffled(101, 8, seed=2)
    assert sorted(row for rows in order(0) for row in rows) == list(range(101))
    assert order(1) == order(1) != order(0)
    assert order(0) == shuffled(101, 8, seed=2)(0) != shuffled(101, 8, seed=3)(0)


@pytest.mark.parametrize(("warmup", "total"), [(0, 1), (0, 7), (1, 1), (3, 30), (30, 300), (7, 7)])
def test_the_rate_is_that_of_transformers_at_every_step(warmup: int, total: int) -> None:
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=3e-4)
    schedule = get_linear_schedule_with_warmup(optimizer, warmup, total)
    for step in range(total + 1):
        assert 3e-4 * loop.rate(step, total, warmup) == schedule.get_last_lr()[0], step
        optimizer.step()
        schedule.step()


def test_biases_and_norms_do_not_decay(tiny_model: Path) -> None:
    model = models.load_classifier(str(tiny_model))
    spared = {id(p) for p in loop.parameter_groups(model, 0.1)[1]["params"]}
    for name, parameter in model.named_parameters():
        assert (id(parameter) in spared) == (name.endswith("bias") or "LayerNorm" in name), name


def test_dropout_has_another_seed_in_each_step_and_process() -> None:
    seeds = {loop.seed_of(3, step, rank) for step in range(50) for rank in range(4)}
    assert len(seeds) == 200
    assert loop.seed_of(3, 50, 1) == 15667157695203576442  # on every system and version of Python


def line() -> tuple[torch.nn.Module, torch.Tensor]:
    """Return a model of two numbers, and rows that it can learn."""
    torch.manual_seed(0)
    x = torch.randn(40, 1)
    return torch.nn.Linear(1, 1), torch.cat([x, 3 * x + 1], dim=1)


def train(model: torch.nn.Module, rows: torch.Tensor, recipe: Recipe, **options: object) -> History:
    def squared(model: torch.nn.Module, chosen: list[int]) -> torch.Tensor:
        x, y = rows[chosen].to(next(model.parameters()).device).split(1, dim=1)
        return (model(x) - y).square().mean()

    order = shuffled(len(rows), recipe.batch_size, recipe.seed)
    return loop.train(model, order, squared, recipe, **options)


def test_it_trains_any_model_and_knows_no_metric() -> None:
    model, rows = line()
    measured = iter([{"anything": 1.0}, {"anything": 2.0}] * 20)
    recipe = Recipe(0.1, epochs=40, batch_size=8)
    history = train(model, rows, recipe, evaluate=lambda: next(measured))
    assert [row["step"] for row in history.steps] == list(range(1, 201))
    assert history.evaluations[1] == {"step": 10, "anything": 2.0}
    assert history.steps[-1]["loss"] < 0.01 < history.steps[0]["loss"]
    assert not model.training
    assert "shared.metrics" not in vars(loop) and "metrics" not in vars(loop)


def test_the_best_weights_stay_if_there_are_checkpoints() -> None:
    scores = [0.5, 0.9, 0.1]

    def run(checkpoints: Checkpoints | None) -> list[float]:
        model, rows = line()
        seen, left = [], iter(scores)

        def evaluate() -> dict[str, float]:
            seen.append(model.weight.item())
            return {"score": next(left)}

        recipe = Recipe(0.1, epochs=3, batch_size=8)
        train(model, rows, recipe, evaluate=evaluate, checkpoints=checkpoints)
        return [seen.index(model.weight.item()), len(seen)]

    assert run(Checkpoints(None, lambda row: row["score"])) == [1, 3]
    assert run(None) == [2, 3]


def test_losses_are_read_now_and_then_and_before_they_are_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Reading one waits for a GPU; a checkpoint must not be ahead of its history."""
    read, reads = loop._Log.read, []
    monkeypatch.setattr(loop._Log, "read", lambda log: reads.append(len(log.unread)) or read(log))
    model, rows = line()
    history = train(model, rows, Recipe(epochs=2, batch_size=1))
    assert reads == [10, 10, 10, 10, 0] * 2 and len(history.steps) == 80
    reads.clear()
    checkpoints = Checkpoints(tmp_path, lambda row: 0.0, every=12)
    train(line()[0], rows, Recipe(epochs=1, batch_size=1), checkpoints=checkpoints)
    assert reads == [10, 2, 10, 2, 10, 2, 4]


class Waits(TorchDispatchMode):
    """Counts the numbers that Python asks a tensor for, by `item` or in a comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None) -> object:  # noqa: ANN001
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_no_step_waits_for_the_device() -> None:
    with Waits() as waits:
        assert torch.ones(1) > 0
        assert waits.count == 1  # it does count
        train(*line(), Recipe(epochs=1, batch_size=1))
    assert waits.count == 1


@pytest.mark.parametrize("bad", [1, 4, 10, 11, 40])
def test_the_first_loss_that_is_not_finite_is_named(bad: int) -> None:
    model, rows = line()
    order = shuffled(40, 1, seed=0)(0)
    rows[order[bad - 1]] = float("inf")
    with pytest.raises(loop.NotFiniteError, match=rf"loss is (inf|nan) at step {bad}: lower lear"):
        train(model, rows, Recipe(epochs=1, batch_size=1))


@pytest.mark.parametrize(
    ("native", "precision", "device", "enabled"),
    [
        (True, "auto", "cpu", False),  # the same numbers on every machine
        (True, "auto", "cuda", True),
        (False, "auto", "cuda", False),
        (True, "float32", "cuda", False),
        (True, "bfloat16", "cpu", True),
        (True, "bfloat16", "cuda", True),
    ],
)
def test_bfloat16_where_the_device_computes_in_it(
    native: bool, precision: str, device: str, enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr(loop, "computes_in_bfloat16", lambda _: native)
    monkeypatch.setattr(torch, "autocast", lambda kind, dtype, enabled: seen.update(
        kind=kind, dtype=dtype, enabled=enabled))  # fmt: skip
    loop.autocast(precision, torch.device(device))
    assert seen == {"kind": device, "dtype": torch.bfloat16, "enabled": enabled}


def test_emulated_bfloat16_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "amx_bf16": False})
    model, rows = line()
    with pytest.raises(UserError, match=r"precision = 'bfloat16': this cpu .* Use 'float32', or"):
        train(model, rows, Recipe(precision="bfloat16"))
    with pytest.raises(UserError, match=r"precision = 'half': expected auto, float32 or bfloat16"):
        train(model, rows, Recipe(precision="half"))


def test_products_are_in_bfloat16_and_weights_and_losses_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        loop, "computes_in_bfloat16", lambda _: True
    )  # 40 tiny products: in no time
    model, rows = line()
    kinds = []
    model.register_forward_hook(lambda *arguments: kinds.append(arguments[-1].dtype))
    history = train(model.cpu(), rows, Recipe(0.1, epochs=20, batch_size=8, precision="bfloat16"))
    assert set(kinds) == {torch.bfloat16}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert history.steps[-1]["loss"] < 0.5 < history.steps[0]["loss"]


def test_a_notebooks_parameters_need_no_library() -> None:
    """A bad parameter must fail at once; `Recipe`, which they know, imports nothing heavy."""
    source = Path(sys.modules["shared.recipes"].__file__).read_text(encoding="utf-8")
    imported = [line for line in source.splitlines() if line.startswith(("import", "from"))]
    assert imported == ["from dataclasses import dataclass, field"]
