"""What notebook 01 rests on: the comparison with torch sees mistakes, costs are counted, right
answers in an unusual way pass."""

import ast
import math
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
from lesson import ROOT, Lesson
from test_exercises import check, exercises
from torch import nn

from shared.agreement import assert_same, layers_agree, random_masks, random_tensor
from shared.costs import count_lines, exponent, kept_bytes, largest_tensor
from shared.slicing import needed

LESSON = Lesson("01_attention")
CLASSES = {
    "LayerNorm": nn.LayerNorm,
    "MultiHeadAttention": nn.MultiheadAttention,
    "EncoderLayer": nn.TransformerEncoderLayer,
    "DecoderLayer": nn.TransformerDecoderLayer,
}
# The class that is compared, what is replaced in the notebook's definitions, and by what.
WRONG = {
    "variance by d - 1": ("LayerNorm", "centred.square().mean(-1,", "x.var(-1,"),
    "no offset": ("LayerNorm", "* self.weight + self.bias", "* self.weight"),
    "epsilon left out": ("LayerNorm", "variance + self.eps", "variance + 1e-3"),
    "not divided": ("MultiHeadAttention", " / math.sqrt(q.shape[-1])", ""),
    "mask left out": ("MultiHeadAttention", "attention(q, k, v, mask)", "attention(q, k, v)"),
    "direct view": (
        "MultiHeadAttention", "x.unflatten(-1, (n_heads, -1)).transpose(1, 2)",
        "x.reshape(len(x), n_heads, x.shape[1], -1)"),
    "keys from x": ("MultiHeadAttention", "self.key(memory)", "self.key(memory.roll(1, 1))"),
    "order of norms": ("EncoderLayer", "if self.norm_first:", "if not self.norm_first:"),
    "one norm for both": ("EncoderLayer", "self.residual2(x, self.f", "self.residual1(x, self.f"),
    "sees the future": ("DecoderLayer", "y: self.attention(y, y, mask)", "y: self.attention(y, y)"),
    "memory's mask left out": ("DecoderLayer", "(y, memory, memory_mask)", "(y, memory)"),
}  # fmt: skip


@cache
def code() -> list[str]:
    """Return the notebook's code cells."""
    cells = nbformat.read(LESSON.notebook, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


@cache
def definitions() -> str:
    """Return the notebook's functions and classes of the layers."""
    helpers = {"padding_mask", "causal_mask", "attention", "split_heads", "join_heads"}
    wanted, found = helpers | {*CLASSES, "FeedForward", "Residual"}, {}
    for source in code():
        for node in ast.parse(source).body:
            if getattr(node, "name", "") in wanted:
                found[node.name] = ast.get_source_segment(source, node)
    return "\n\n\n".join(found.values())


def defined(source: str) -> SimpleNamespace:
    namespace = {"torch": torch, "nn": nn, "math": math, "F": nn.functional}
    exec(source, namespace)
    return SimpleNamespace(**namespace)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", range(3))
def test_the_notebooks_layers_agree(name: str, seed: int) -> None:
    torch.manual_seed(seed)
    layers_agree(getattr(defined(definitions()), name), CLASSES[name], trials=8)


@pytest.mark.parametrize(("name", "right", "wrong"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_a_layer_is_seen(name: str, right: str, wrong: str) -> None:
    torch.manual_seed(0)
    source = definitions()
    assert right in source
    with pytest.raises((AssertionError, RuntimeError)):
        layers_agree(getattr(defined(source.replace(right, wrong)), name), CLASSES[name], trials=8)


def test_a_wrong_gradient_is_seen() -> None:
    """Equal values, another derivative."""
    with pytest.raises(AssertionError):
        assert_same(lambda x: x * x, lambda x: x * x.detach(), random_tensor(3))


def test_the_masks_are_what_their_names_say() -> None:
    torch.manual_seed(0)
    masks = random_masks(3, 5, 4)
    assert masks["none"] is None
    assert masks["causal"].equal(torch.ones(5, 4).tril().bool())
    assert masks["padding"].any(-1).all() and masks["padding"].shape == (3, 1, 5, 4)
    assert not masks["a blind row"][:, :, 0].any()


def test_costs_are_counted() -> None:
    x = torch.ones(10, requires_grad=True)
    assert kept_bytes(lambda x: x * x, x) == 40  # one storage, though saved twice
    assert exponent([1, 2, 4], [3, 12, 48]) == pytest.approx(2)
    history = [
        "def f(x):\n    return x",
        "broken = (",
        'class A:\n    """A."""\n\n    b = 1\n\nC = [\n1]',
    ]
    assert (
        count_lines({"In": [*history, "def f(x): return x  # again"]}, "f", "A", "C") == 1 + 3 + 2
    )
    with pytest.raises(KeyError, match="g"):
        count_lines({"In": history}, "f", "g")
    assert largest_tensor(lambda x: (x[:, None] * x).sum(), torch.ones(7)) == 49


def test_other_reviews_agree_on_real_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among 64 reviews a row of padding amplifies roundings too much; nobody reads it."""
    monkeypatch.chdir(ROOT / "notebooks")
    cells = [code()[0].replace("n_reviews: int = 16", "n_reviews: int = 64"), *code()[1:]]
    index = next(i for i, source in enumerate(cells) if "TOLERANCE = 1e-5" in source)
    namespace = {"__name__": "__main__", "In": cells[:1]}
    exec(cells[0], namespace)
    module = ast.Module(needed(cells[:index], cells[index : index + 1]), [])
    exec(compile(module, "above", "exec"), namespace)
    exec(cells[index], namespace)
    assert len(namespace["ids"]) == 64


# Right in another way, by exercise.
UNUSUAL = {
    "causal mask": (
        "sliding_window", "(key <= query) & (key > query - width)",
        "causal_mask(n) & ~causal_mask(n).tril(-width)"),
    "complex numbers": (
        "rotate", """x[..., 0::2], x[..., 1::2]  # (..., seq, d_head / 2)
    turned = even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()
    return torch.stack(turned, dim=-1).flatten(-2)""",
        """0, 0
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2)"""),
    "angles in 32 bits": (
        "rotate", "rates(x.shape[-1]).to(x.dtype)",
        "(10000 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1]))"),
    "newest first": (
        "step", "torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)",
        "torch.cat([k, cache[0]], dim=2), torch.cat([v, cache[1]], dim=2)"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "ours", "other"), UNUSUAL.values(), ids=UNUSUAL)
def test_a_right_answer_of_another_kind_passes(
    name: str, ours: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    solution = exercises(LESSON)[name].solution
    assert ours in solution
    check(LESSON, name, solution.replace(ours, other), monkeypatch)


def test_the_modules_are_short() -> None:
    for path in Path(ROOT, "shared").glob("attention_*.py"):
        assert len(path.read_text().splitlines()) <= 200, path.name
