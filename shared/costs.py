"""What a computation costs: bytes kept for the backward pass, processor time, growth, lines."""

import inspect
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor


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


def count_lines(*pieces: type | Callable) -> int:
    """Return the lines of functions and of classes' methods, as they stand in their source.

    Of a class that is defined in a notebook, Python finds its methods' source only.
    """
    functions = [
        part
        for piece in pieces
        for part in (vars(piece).values() if isinstance(piece, type) else [piece])
        if inspect.isfunction(part)
    ]
    return sum(len(inspect.getsource(function).strip().splitlines()) for function in functions)
