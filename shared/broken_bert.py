"""Mistakes that notebook 01 makes in its own `Bert`, one at a time. Each changes a model in place.

The model has `layers`, `segments` and `norm`; a layer has `attention`, `feed_forward`, `residual1`
and `residual2`. No parameter needs a gradient.
"""

import math
from collections.abc import Callable

from torch import Tensor, nn


def activate(model: nn.Module, activation: Callable[[Tensor], Tensor]) -> None:
    """Replace GELU in each layer."""
    for layer in model.layers:
        layer.feed_forward.activation = activation


def norm_first(model: nn.Module) -> None:
    """Move each norm before its block."""
    for layer in model.layers:
        layer.residual1.norm_first = layer.residual2.norm_first = True


def undivide(model: nn.Module) -> None:
    """Undo the division by √d_k, by its inverse in the projection of the queries."""
    for layer in model.layers:
        query = layer.attention.query
        for parameter in (query.weight, query.bias):
            parameter *= math.sqrt(query.out_features // layer.attention.n_heads)


def no_segment(model: nn.Module) -> None:
    """Leave the segment vector out."""
    model.segments.weight.zero_()


def no_segment_same_scale(model: nn.Module) -> None:
    """Leave the segment vector out; the norm after it divides as if it were there."""
    segment, norm = model.segments.weight[0].clone(), model.norm
    no_segment(model)

    def scaled(x: Tensor) -> Tensor:  # (batch, seq, d_model), without the segment
        deviation = ((x + segment).var(-1, keepdim=True, correction=0) + norm.eps).sqrt()
        return (x - x.mean(-1, keepdim=True)) / deviation * norm.weight + norm.bias

    norm.forward = scaled


def no_positions(model: nn.Module) -> None:
    """Leave the position vectors out."""
    model.positions.weight.zero_()
