"""Does our code compute what PyTorch's does? Random cases, with values and gradients compared.

All in 64-bit numbers, where a difference is a mistake and not a rounding. Masks follow
`scaled_dot_product_attention`: True means "may look".
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.autograd import grad
from torch.nn import functional as F

Pairs = list[tuple[list[Tensor], Tensor]]  # tensors of ours that stand for one of theirs


def _first(result: Tensor | tuple[Tensor, ...]) -> Tensor:
    return result[0] if isinstance(result, tuple) else result


def assert_same(
    ours: Callable, theirs: Callable, *inputs: Tensor, weights: Pairs | tuple = ()
) -> None:
    """Assert that two functions give equal outputs and equal gradients.

    A random probe makes the gradient one of a random combination of all outputs, so that two
    errors do not cancel out.

    Args:
        ours: Gives a tensor, or a tuple that begins with it.
        theirs: The same.
        inputs: Of both.
        weights: Pairs our parameters with theirs.

    Raises:
        AssertionError: If they differ, with the size of the difference.
    """
    a, b = _first(ours(*inputs)), _first(theirs(*inputs))
    torch.testing.assert_close(a, b)
    probe = torch.randn_like(a)
    for parts, tensor in [*(((x,), x) for x in inputs), *weights]:
        mine = torch.cat(grad(a, parts, probe, retain_graph=True))
        (reference,) = grad(b, tensor, probe, retain_graph=True)
        torch.testing.assert_close(mine, reference)


def random_tensor(*shape: int) -> Tensor:
    """Return normal numbers in 64 bits, whose gradient can be asked for."""
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


def random_qkv() -> list[Tensor]:
    """Return queries, keys, values of random sizes, each (batch, heads, n, d)."""
    batch, heads, n_q, n_k, d_k, d_v = torch.randint(1, 9, (6,)).tolist()
    return [random_tensor(batch, heads, *size) for size in ((n_q, d_k), (n_k, d_k), (n_k, d_v))]


def _padding(lengths: Tensor, n: int) -> Tensor:
    return (torch.arange(n) < lengths[:, None])[:, None, None]  # (batch, 1, 1, n)


def _causal(n_q: int, n_k: int) -> Tensor:
    return torch.arange(n_k) <= torch.arange(n_q)[:, None]


def random_masks(batch: int, n_q: int, n_k: int) -> dict[str, Tensor | None]:
    """Return no mask, a causal one, padding, random holes, and holes with a row of nothing."""
    holes = torch.rand(batch, 1, n_q, n_k) < 0.5
    return {
        "none": None,
        "causal": _causal(n_q, n_k),
        "padding": _padding(torch.randint(1, n_k + 1, (batch,)), n_k).expand(-1, -1, n_q, -1),
        "holes": holes,
        "a blind row": holes & (torch.arange(n_q) > 0)[:, None],
    }


def _pair(ours: nn.Module, theirs: nn.Module) -> Pairs:
    return [([ours.weight], theirs.weight), ([ours.bias], theirs.bias)]


def _pair_attention(ours: nn.Module, theirs: nn.MultiheadAttention) -> Pairs:
    """PyTorch stacks the three input projections in one array."""
    inputs = ours.query, ours.key, ours.value
    return [
        ([part.weight for part in inputs], theirs.in_proj_weight),
        ([part.bias for part in inputs], theirs.in_proj_bias),
        *_pair(ours.output, theirs.out_proj),
    ]


def _pair_layer(ours: nn.Module, theirs: nn.Module) -> Pairs:
    pairs = [
        *_pair_attention(ours.attention, theirs.self_attn),
        *_pair(ours.feed_forward.expand, theirs.linear1),
        *_pair(ours.feed_forward.contract, theirs.linear2),
        *_pair(ours.residual1.norm, theirs.norm1),
        *_pair(ours.residual2.norm, theirs.norm2),
    ]
    if isinstance(theirs, nn.TransformerDecoderLayer):
        pairs += _pair_attention(ours.cross_attention, theirs.multihead_attn)
        pairs += _pair(ours.residual3.norm, theirs.norm3)
    return pairs


@torch.no_grad()
def _copy(pairs: Pairs) -> None:
    """Give ours the weights of theirs, moved a little: no bias is 0, no gain is 1, all matter."""
    for parts, source in pairs:
        source.add_(0.1 * torch.randn_like(source))
        for part, rows in zip(parts, source.chunk(len(parts)), strict=True):
            part.copy_(rows)


def layers_agree(our_class: type, their_class: type, trials: int) -> None:
    """Assert that a class of ours is one of PyTorch's, for random sizes, masks and weights.

    Args:
        our_class: Takes what `their_class` does: LayerNorm `d`, attention `d, heads`, layers
            `d, heads, d_ff, activation=, norm_first=`.
        their_class: LayerNorm, MultiheadAttention, TransformerEncoderLayer or -DecoderLayer of
            torch.nn.
        trials: Random cases; layers are pre- and post-norm, with ReLU and GELU, in turn.

    Raises:
        AssertionError: If outputs or a gradient, of an input or of a weight, differ.
    """
    for trial in range(trials):
        batch, heads, d_head, n, n_memory = torch.randint(1, 7, (5,)).tolist()
        d = heads * d_head
        x, memory = random_tensor(batch, n, d), random_tensor(batch, n_memory, d)
        hidden = ~_padding(torch.randint(1, n_memory + 1, (batch,)), n_memory)
        hidden_x = ~_padding(torch.randint(1, n + 1, (batch,)), n)
        options = {"norm_first": trial % 2 == 0, "activation": (F.relu, F.gelu)[trial // 2 % 2]}
        extra = options | {"dropout": 0.0, "batch_first": True}
        if their_class is nn.LayerNorm:
            ours, theirs, pair, inputs = our_class(d), nn.LayerNorm(d), _pair, [x]
            calls = [ours, theirs]
        elif their_class is nn.MultiheadAttention:
            ours, theirs = our_class(d, heads), their_class(d, heads, batch_first=True)
            pair, inputs = _pair_attention, [x, memory]
            calls = _attention_calls(ours, theirs, hidden)
        elif their_class is nn.TransformerEncoderLayer:
            ours = our_class(d, heads, 3 * d, **options)
            theirs, pair, inputs = their_class(d, heads, 3 * d, **extra), _pair_layer, [x]
            calls = _encoder_calls(ours, theirs, hidden_x)
        else:
            ours = our_class(d, heads, 3 * d, **options)
            theirs, pair, inputs = their_class(d, heads, 3 * d, **extra), _pair_layer, [x, memory]
            calls = _decoder_calls(ours, theirs, hidden)
        pairs = pair(ours.double(), theirs.double())
        _copy(pairs)
        assert_same(*calls, *inputs, weights=pairs)


def _attention_calls(ours: nn.Module, theirs: nn.Module, hidden: Tensor) -> Sequence[Callable]:
    def reference(x: Tensor, memory: Tensor) -> Tensor:
        return theirs(x, memory, memory, key_padding_mask=hidden[:, 0, 0])[0]

    return (lambda x, memory: ours(x, memory, ~hidden)), reference


def _encoder_calls(ours: nn.Module, theirs: nn.Module, hidden: Tensor) -> Sequence[Callable]:
    return (
        lambda x: ours(x, ~hidden),
        lambda x: theirs(x, src_key_padding_mask=hidden[:, 0, 0]),
    )


def _decoder_calls(ours: nn.Module, theirs: nn.Module, hidden: Tensor) -> Sequence[Callable]:
    def reference(x: Tensor, memory: Tensor) -> Tensor:
        future = ~_causal(x.shape[1], x.shape[1])
        return theirs(x, memory, tgt_mask=future, memory_key_padding_mask=hidden[:, 0, 0])

    return (lambda x, memory: ours(x, memory, ~hidden)), reference
