"""What a computation costs: bytes kept for the backward pass, time, growth, lines, sizes."""

import ast
import linecache
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


def kept_bytes(function: Callable[..., Tensor], *inputs: Tensor) -> int:
    """Return the bytes that autograd keeps for the backward pass, each storage counted once.

    Counted exactly, by a hook on every tensor that is saved. Scratch space inside one operation,
    and what the backward pass itself allocates, are not counted.
    """
    kept = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = function(*inputs)  # noqa: F841  (it holds the kept tensors until all are counted)
    return sum(kept.values())


class _Sizes(TorchDispatchMode):
    """Notes the entries of each tensor that an operation returns."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(
        self, operation: Callable, types: tuple, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        result = operation(*args, **(kwargs or {}))
        parts = result if isinstance(result, (tuple, list)) else [result]
        sizes = (part.numel() for part in parts if isinstance(part, Tensor))
        self.largest = max([self.largest, *sizes])
        return result


def largest_tensor(function: Callable[..., Tensor], *inputs: Tensor) -> int:
    """Return the entries of the largest tensor that a function makes on its way."""
    with _Sizes() as sizes:
        function(*inputs)
    return sizes.largest


def processor_seconds(function: Callable[..., Tensor], *inputs: Tensor) -> float:
    """Return the processor's time for one forward and one backward pass.

    It is the time of this process, so other programs hardly disturb it.
    """
    begun = time.process_time()
    function(*inputs).sum().backward()
    return time.process_time() - begun


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return p of the power law, cost = constant · size^p, that fits best (least squares, logs)."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def count_lines(namespace: Mapping, *names: str) -> int:
    """Return the lines that define `names` in a notebook, whole, without blank ones.

    Whole: with signatures, docstrings and comments inside. Of a name defined twice the last counts.

    Args:
        namespace: The notebook's `globals()`; its `In` holds the cells that were run.
        names: Functions, classes, and variables that are assigned at the top of a cell.

    Raises:
        KeyError: A name is not defined in the notebook.
    """
    found = {}
    # Where a kernel keeps no history, Python's cache of sources has the cells, for tracebacks.
    entries = [entry for entry in list(linecache.cache.values()) if len(entry) == 4]
    cached = ["".join(entry[2]) for entry in entries if entry[1] is None]  # no file's
    for source in [*cached, *namespace.get("In", [])]:
        try:
            nodes = ast.parse(source).body
        except SyntaxError:  # a learner's cell that failed
            continue
        for node in nodes:
            targets = [node] if hasattr(node, "name") else getattr(node, "targets", [])
            for target in targets:
                name = getattr(target, "name", getattr(target, "id", ""))
                found[name] = ast.get_source_segment(source, node)
    return sum(bool(line.strip()) for name in names for line in found[name].splitlines())
