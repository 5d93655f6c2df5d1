"""Deep stacks of feed-forward blocks, with and without residual connections and layer norm."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import grad
from torch.nn import functional as F


class Stack(nn.Module):
    """Feed-forward blocks; a norm stands after the (residual) sum.

    Args:
        depth: The number of blocks.
        residual: Whether a block's input is added to its output.
        norm: Whether layer norm follows.
        xavier: Whether the blocks start from Xavier's uniform weights and biases of 0 (Glorot and
            Bengio 2010, equation 16), which are larger than PyTorch's default ones.
        d: The width; blocks are four times as wide inside.
    """

    def __init__(
        self, depth: int, residual: bool, norm: bool, xavier: bool = False, d: int = 32
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(d, 4 * d), nn.ReLU(), nn.Linear(4 * d, d)) for _ in range(depth)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(d) if norm else nn.Identity() for _ in range(depth))
        self.head, self.residual = nn.Linear(d, d), residual
        for layer in self.blocks.modules():
            if xavier and isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def body(self, x: Tensor) -> Tensor:
        """Return what the last block gives, (n, d), before the head."""
        for block, norm in zip(self.blocks, self.norms, strict=True):
            x = norm(x + block(x) if self.residual else block(x))
        return x


def try_stack(
    depth: int,
    residual: bool,
    norm: bool,
    xavier: bool = False,
    steps: int = 120,
    n: int = 64,
    d: int = 32,
) -> tuple[float, float]:
    """Return log10 of the gradient that arrives at the input, and the loss after training.

    The gradient is that of a random direction of length 1 at the fresh stack's output. The task is
    a fixed random rotation with a tanh after it; the loss is divided by the target's variance, so
    1 is what the mean would have. It is a mean over the last 20 steps, each on fresh vectors.
    """
    stack = Stack(depth, residual, norm, xavier, d)
    x = torch.randn(n, d, requires_grad=True)
    y = stack.body(x)
    arrived = grad(y, x, F.normalize(torch.randn(n * d), dim=0).view(n, d))[0].norm()
    rotation = torch.linalg.qr(torch.randn(d, d))[0]
    optimizer, losses = torch.optim.Adam(stack.parameters(), 1e-3), []
    for _ in range(steps):
        x = torch.randn(n, d)
        target = torch.tanh(x @ rotation)
        loss = F.mse_loss(stack.head(stack.body(x)), target) / target.var()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return arrived.log10().item(), float(np.mean(losses[-20:]))
