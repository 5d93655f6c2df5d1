"""Share of the machine's limit: how much of a training step is matrix products at full speed.

The steps are those of our loop itself: MiniLM, movie snippets, batch 32, the shapes that
its batches of similar length have. A step lasts from the beginning of one forward pass to that of
the next, so with the collation of a batch, clipping, the optimizer and all Python; the first two
steps are left out. Its floating-point operations are counted by `torch.utils.flop_counter`, forward
and backward, without any that are done twice: what is known as model FLOPs utilization
(Chowdhery et al., 2022, PaLM, appendix B).

The limit: each matrix product of these steps (same operation, sizes and strides) is run alone, and
the best time of several taken. All operations over the sum of these times is the peak at the
model's shapes, each shape weighted by what it has to do. A large square product is faster than
that; it is shown for comparison.

Where the time goes is what `torch.profiler` says of the same steps, each operation without those
that it calls. Python is all that is in none.
"""

import time
from collections import Counter
from collections.abc import Callable

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
import torch
from matplotlib.figure import Figure
from measure import SPREAD, Claim, alternate, claim, ratio, values
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from shared import batches, classification, data, freezing, models
from shared.recipes import Recipe

STEP, ALONE, SQUARE, PROFILED = "training step", "its products alone", "square product", "profiled"
WARM = 2  # steps that are not counted
GROUPS = {
    "matrix products": ("mm", "addmm", "bmm", "baddbmm"),
    "dropout's random numbers": ("bernoulli_",),
    "GELU, softmax, layer norm": (
        "gelu", "gelu_backward", "_softmax", "_softmax_backward_data", "native_layer_norm",
        "native_layer_norm_backward",
    ),
    "optimizer and clipping": ("_fused_adamw_", "linalg_vector_norm", "mul_", "zero_", "stack"),
    "copies": ("copy_", "cat"),
}  # fmt: skip
ELEMENTWISE, PYTHON = "other element-wise operations, views", "Python"
GROUP_OF = {f"aten::{name}": group for group, names in GROUPS.items() for name in names}


class Products(TorchDispatchMode):
    """Counts the matrix products that are run, by operation, sizes and strides."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None) -> object:  # noqa: ANN001
        name = func.name()
        if "scaled_dot_product" in name:
            raise NotImplementedError(f"{name} is counted by no flop counter on a CPU")
        if GROUP_OF.get(name.split(".")[0]) == "matrix products":
            tensors = (a for a in args if isinstance(a, torch.Tensor))
            self.calls[func, *((tuple(t.shape), t.stride()) for t in tensors)] += 1
        return func(*args, **(kwargs or {}))


def steps(n: int, begin: Callable = lambda: None, end: Callable = lambda: None) -> dict:
    """Train for so many steps after the first ones; return their batches and their seconds."""
    stamps, batches, model = [], [], models.load_classifier()

    def stamp(_module: torch.nn.Module, _args: tuple, batch: dict) -> None:
        step = len(stamps)
        if step == WARM:
            begin()
        stamps.append(time.perf_counter())
        batches.append(batch)
        if step == n:  # the evaluation after the last step
            end()

    model.register_forward_pre_hook(stamp, with_kwargs=True)
    recipe = Recipe(epochs=1, batch_size=32)
    train = data.subset(data.load("movies")["train"], n * recipe.batch_size)
    classification.fit(model, models.load_tokenizer(), train, train.select(range(8)), recipe)
    return {"batches": batches[WARM:n], "seconds": stamps[n] - stamps[WARM]}


def products_of(batches: list[dict]) -> tuple[Counter, int]:
    """Return the matrix products of the batches' steps, and all floating-point operations."""
    model = models.load_classifier().train()
    freezing.freeze(model, Recipe())
    with FlopCounterMode(display=False) as flops, Products() as products:
        for batch in batches:
            model(**batch).loss.backward()
            model.zero_grad()
    return products.calls, flops.get_total_flops()


def best_time(call: tuple, repeats: int) -> float:
    """Return the least time of a product of random matrices of these sizes and strides."""
    func, *tensors = call
    given = [torch.empty_strided(*tensor).normal_() for tensor in tensors]
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        func(*given)
        times.append(time.perf_counter() - start)
    return min(times)


def shares(n: int) -> dict[str, float]:
    """Return what part of the steps each group of operations takes, in per cent."""
    profiler = profile(activities=[ProfilerActivity.CPU])
    seconds = steps(n, profiler.start, profiler.stop)["seconds"]
    taken = dict.fromkeys([*GROUPS, ELEMENTWISE], 0.0)
    for entry in profiler.key_averages():
        if entry.key.startswith("aten::"):
            taken[GROUP_OF.get(entry.key, ELEMENTWISE)] += entry.self_cpu_time_total / 1e6
    taken[PYTHON] = seconds - sum(taken.values())
    return {name: 100 * value / seconds for name, value in taken.items()}


def measure(rounds: int, quick: bool) -> pd.DataFrame:
    """Time steps, the products alone and a large one in turn, and profile steps."""
    n, repeats, size = (4, 2, 256) if quick else (batches.WINDOW, 5, 1536)
    calls, flops = products_of(steps(n)["batches"])
    square = (torch.ops.aten.mm.default, *[((size, size), (size, 1))] * 2)

    def speed(seconds: float) -> dict[str, float]:
        return {"seconds": seconds, "GFLOP/s": flops / seconds / 1e9}

    return alternate(
        {
            STEP: lambda: speed(steps(n)["seconds"]),
            ALONE: lambda: speed(sum(k * best_time(call, repeats) for call, k in calls.items())),
            SQUARE: lambda: {"GFLOP/s": 2 * size**3 / best_time(square, 10) / 1e9},
            PROFILED: lambda: shares(n),
        },
        rounds,
    )


def claims(table: pd.DataFrame) -> list[Claim]:
    """Return the shares of the two limits, the speeds, and where the time goes."""
    reached = (100 * ratio(table, "GFLOP/s", STEP, other) for other in (ALONE, SQUARE))
    names = ("share of the peak at the model's shapes", "share of a large square product's speed")
    result = [claim(n, s, "%", g) for n, s, g in zip(names, reached, (60, None), strict=True)]
    for arm in (STEP, ALONE, SQUARE):
        result.append(claim(arm, values(table, "GFLOP/s", arm), "GFLOP/s"))
    for group in (*GROUPS, ELEMENTWISE, PYTHON):
        result.append(claim(f"of the step: {group}", values(table, group, PROFILED), "%"))
    return result


def figure(table: pd.DataFrame) -> Figure:
    """Draw the speeds, and where the time of a step goes."""
    drawn, axes = plt.subplots(1, 2, figsize=(12, 3.2), layout="constrained")
    speeds = table[table["quantity"] == "GFLOP/s"]
    sns.barplot(speeds, x="value", y="arm", order=[STEP, ALONE, SQUARE], ax=axes[0], **SPREAD)
    axes[0].set(xlabel="GFLOP/s", ylabel="", title="Speed")
    parts = table[table["arm"] == PROFILED]
    sns.barplot(parts, x="value", y="quantity", ax=axes[1], **SPREAD)
    axes[1].set(xlabel="% of the step", ylabel="", title="Where the time goes")
    return drawn
