"""Smaller classifiers of BERT's kind: heads and layers taken away, students taught, few bits.

The experiments that take minutes are here, so that the profile `full` of notebook 08 runs them and
its profile `quick` reads what is stored.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.pytorch_utils import prune_linear_layer

from shared import batches, data, loop, models, quantizing
from shared.errors import UserError
from shared.recipes import Recipe

SHARES = (0.25, 0.5, 0.75)  # of the heads that are removed


def blocks_of(model: PreTrainedModel, name: str = "model_folder") -> nn.ModuleList:
    """Return the layers of a classifier of BERT's kind.

    Raises:
        UserError: It is of another kind.
    """
    if model.config.model_type != "bert":
        kind = model.config.model_type
        raise UserError(f"{name}: expected a model of type 'bert', it is {kind!r}; use one.")
    return model.base_model.encoder.layer


def sharing_copy(model: PreTrainedModel) -> PreTrainedModel:
    """Return a copy whose layers can be rearranged, with the same weights, not copies of them."""
    return copy.deepcopy(model, {id(weight): weight for weight in model.parameters()})


def text_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the sum over texts of the cross-entropy or, for one column, the squared error."""
    if logits.shape[1] == 1:
        return F.mse_loss(logits[:, 0], targets.to(logits.dtype), reduction="sum")
    return F.cross_entropy(logits, targets, reduction="sum")


@contextmanager
def gated(model: PreTrainedModel, gates: Tensor) -> Iterator[None]:
    """Multiply each head's output by its gate, before the projection that mixes the heads.

    Args:
        model: Of BERT's kind.
        gates: (texts or 1, layers, heads).
    """
    size = model.config.hidden_size // model.config.num_attention_heads

    def hook(layer: int) -> Callable:
        def multiply(_module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
            factor = gates[:, layer].repeat_interleave(size, dim=-1)  # (texts or 1, hidden)
            return (inputs[0] * factor[:, None],)  # (texts, seq, hidden)

        return multiply

    handles = [
        block.attention.output.dense.register_forward_pre_hook(hook(layer))
        for layer, block in enumerate(blocks_of(model))
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def gate_gradients(model: PreTrainedModel, batch: dict, targets: Tensor, gates: Tensor) -> Tensor:
    """Return the gradient of each text's loss by its gates: (texts, layers, heads)."""
    gates = gates.clone().requires_grad_()
    with gated(model, gates):
        loss = text_losses(model(**batch).logits, targets)
    return torch.autograd.grad(loss, gates)[0]


def importance(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    labels: np.ndarray,
    max_length: int,
) -> Tensor:
    """Return the importance of each head, (layers, heads), divided by the norm of its layer.

    Source: Michel et al. (2019), section 4.1 and, for the division, its footnote on Molchanov.
    """
    shape = model.config.num_hidden_layers, model.config.num_attention_heads
    total = torch.zeros(shape)
    order = np.argsort([len(text) for text in texts], kind="stable")
    for rows in np.array_split(order, -(-len(order) // 32)):
        batch = tokenizer([texts[i] for i in rows], truncation=True, max_length=max_length,
                          padding=True, return_tensors="pt")  # fmt: skip
        gates = torch.ones(len(rows), *shape)
        total += gate_gradients(model, batch, torch.tensor(labels[rows]), gates).abs().sum(0)
    return total / total.norm(dim=1, keepdim=True).clamp_min(1e-30)


def kept_heads(order: np.ndarray, share: float, layers: int, heads: int) -> Tensor:
    """Return which heads stay, (layers, heads): a share goes in this order, one per layer stays."""
    keep, to_go = torch.ones(layers, heads, dtype=torch.bool), round(share * layers * heads)
    for layer, head in zip(*np.unravel_index(order, keep.shape), strict=True):
        if to_go and keep[layer].sum() > 1:
            keep[layer, head], to_go = False, to_go - 1
    return keep


def without_heads(model: PreTrainedModel, keep: Tensor) -> PreTrainedModel:
    """Return a copy with only the heads that `keep`, (layers, heads), says."""
    smaller = sharing_copy(model)
    size = model.config.hidden_size // model.config.num_attention_heads
    for block, kept in zip(blocks_of(smaller), keep, strict=True):
        index = kept.repeat_interleave(size).nonzero()[:, 0]
        attention = block.attention
        for name in ("query", "key", "value"):
            linear = getattr(attention.self, name)
            setattr(attention.self, name, prune_linear_layer(linear, index, dim=0))
        attention.output.dense = prune_linear_layer(attention.output.dense, index, dim=1)
        attention.self.num_attention_heads = int(kept.sum())
        attention.self.all_head_size = len(index)
    return smaller.eval()


def with_layers(model: PreTrainedModel, kept: Sequence[int]) -> PreTrainedModel:
    """Return a copy with only these layers; it shares their weights."""
    smaller = sharing_copy(model)
    smaller.base_model.encoder.layer = nn.ModuleList(blocks_of(smaller)[i] for i in kept)
    smaller.config.num_hidden_layers = len(kept)
    return smaller.eval()


def spread(k: int, n: int) -> list[int]:
    """Return k of n layers, evenly from first to last; the last, if it is one."""
    return [n - 1] if k == 1 else np.linspace(0, n - 1, k).round().astype(int).tolist()


def removals(
    model: PreTrainedModel,
    weight: Tensor,
    answer: Callable[[PreTrainedModel], np.ndarray],
    truth: np.ndarray,
    quality: Callable[[np.ndarray, np.ndarray], np.ndarray],
    orders: int,
    seed: int,
) -> dict[str, Any]:
    """Return the quality without some heads, and without some layers, untrained.

    Args:
        model: The classifier.
        weight: Importance, (layers, heads).
        answer: Gives the logits of the texts.
        truth: Their labels.
        quality: From logits and labels to each text's part of the quality.
        orders: How many random orders of the heads are tried.
        seed: Of these orders.

    Returns:
        `whole`: the quality of the model; `heads`: by share, that of "important" and of each
        "random" order; `layers`: see `layers_kept`; `texts`: how many.
    """
    layers, heads = weight.shape
    random = np.random.default_rng(seed)
    tried = [np.argsort(weight.flatten().numpy(), kind="stable")]
    tried += [random.permutation(layers * heads) for _ in range(orders)]

    def scored(changed: PreTrainedModel) -> float:
        return float(quality(answer(changed), truth).mean())

    found: dict[str, Any] = {"whole": scored(model), "texts": len(truth), "heads": {}}
    for share in SHARES:
        scores = [
            scored(without_heads(model, kept_heads(order, share, layers, heads))) for order in tried
        ]
        found["heads"][str(share)] = {"important": scores[0], "random": scores[1:]}
    found["layers"] = layers_kept(model, scored)
    return found


def layers_kept(
    model: PreTrainedModel, scored: Callable[[PreTrainedModel], float]
) -> dict[str, dict[str, float]]:
    """Return by number of layers the quality of four choices of them, untrained.

    "first": the first k; "spread": evenly to the last; and the controls that tell whether it is
    the evenness or the last layer: "first and last", the first k - 1 and the last; "last", the
    last k.
    """
    n, found = model.config.num_hidden_layers, {}
    for k in range(1, n):
        chosen = {
            "first": list(range(k)),
            "spread": spread(k, n),
            "first and last": [*range(k - 1), n - 1],
            "last": list(range(n - k, n)),
        }
        found[str(k)] = {name: scored(with_layers(model, kept)) for name, kept in chosen.items()}
    return found


def fewer_bits(
    model: PreTrainedModel, bits: int, group: int = 0, embeddings: bool = True
) -> PreTrainedModel:
    """Return a copy with rounded weights: those of the encoder's linear layers and embeddings.

    Args:
        model: The classifier; its head and pooler stay as they are.
        bits: Of a rounded number, from 2 on.
        group: Weights of a row that share a scale and a minimum; 0: all of a matrix.
        embeddings: Whether the words' embeddings are rounded too.
    """
    smaller = sharing_copy(model)
    parts: list[nn.Module] = [m for m in blocks_of(smaller).modules() if isinstance(m, nn.Linear)]
    if embeddings:
        parts.append(smaller.base_model.get_input_embeddings())
    for part in parts:
        size = math.gcd(group, part.weight.numel())  # of 0 and n: n
        rounded = quantizing.quantize(part.weight.detach(), bits, size)
        part.weight = nn.Parameter(rounded, requires_grad=False)
    return smaller.eval()


def bits_curve(
    model: PreTrainedModel,
    answer: Callable[[PreTrainedModel], np.ndarray],
    settings: dict[str, list[int]],
    exact: np.ndarray,
) -> dict[str, dict[str, list]]:
    """Return by setting and bits what rounding does to the logits, and which answers they give.

    Args:
        model: The classifier.
        answer: Gives the logits of the texts.
        settings: Bits to try for "matrix" (one scale per matrix) and for numbers: sizes of groups.
        exact: The logits without rounding.

    Returns:
        By setting and bits: `error`, the mean error of a logit, and `logits`.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, tried in settings.items():
        for bits in tried:
            logits = answer(fewer_bits(model, bits, 0 if name == "matrix" else int(name)))
            row = {"error": float(np.abs(logits - exact).mean()), "logits": logits}
            found.setdefault(name, {})[str(bits)] = row
    return found


def distillation_loss(z: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return T² KL(teacher || student), the mean over a batch of (batch, classes) logits.

    Source: Hinton et al. (2015), section 2.
    """
    log_p = F.log_softmax(teacher / temperature, dim=-1)
    log_q = F.log_softmax(z / temperature, dim=-1)
    return temperature**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()


def only_certainty(z: Tensor, temperature: float) -> Tensor:
    """Return logits (texts, classes) that keep the first choice and how sure it is at this T.

    All other classes are equally likely, so they say nothing about which mistake is near.
    """
    top = (z / temperature).softmax(-1).amax(-1, keepdim=True)
    flat = ((1 - top) / (z.shape[1] - 1)).expand_as(z)
    first = F.one_hot(z.argmax(-1), z.shape[1]).bool()
    return temperature * torch.where(first, top, flat).clamp_min(1e-30).log()


def five_classes(base_model: str = "minilm", taught: int = 3000) -> dict[str, np.ndarray]:
    """Return a teacher's logits on texts that it never saw, and what a student of no layer sees.

    The embedded film texts in fifths of their mean rating. The teacher is the whole encoder,
    trained for one epoch on the first `taught` labelled texts. The student's input is the mean of
    the encoder's pretrained word embeddings.

    Returns:
        By name of a part ("taught": the teacher's training texts, "free": the rest of the training
        texts, "validation", "test"): `{part} x`, (texts, hidden); `{part} y`, the classes; and for
        "free" and "test" `{part} z`, the teacher's logits, (texts, 5).
    """
    splits = data.load(dataset="movies", task="regression", seed=0)
    ratings = {name: np.array(splits[name]["label"][:]) for name in splits}
    edges = np.quantile(ratings["train"], [0.2, 0.4, 0.6, 0.8])
    order = np.random.default_rng(0).permutation(len(ratings["train"]))
    rows = {
        "taught": ("train", order[:taught]), "free": ("train", order[taught:]),
        "validation": ("validation", np.arange(len(ratings["validation"]))),
        "test": ("test", np.arange(len(ratings["test"]))),
    }  # fmt: skip
    tokenizer = models.load_tokenizer(base_model)
    teacher = models.load_classifier(base_model, [f"fifth {i}" for i in range(1, 6)], seed=0)
    words = teacher.base_model.get_input_embeddings().weight.detach().clone()
    teacher.base_model.embeddings.requires_grad_(False)
    found: dict[str, np.ndarray] = {}
    texts = {}
    for name, (split, at) in rows.items():
        texts[name] = [splits[split]["text"][int(i)] for i in at]
        ids = tokenizer(texts[name], truncation=True, max_length=128, add_special_tokens=False)
        found[f"{name} x"] = np.stack([words[i].mean(0).numpy() for i in ids["input_ids"]])
        found[f"{name} y"] = np.searchsorted(edges, ratings[split][at])
    encoded = tokenizer(texts["taught"], truncation=True, max_length=128)
    target = torch.tensor(found["taught y"])

    def loss(model: nn.Module, at: list[int]) -> Tensor:
        fields = {name: [value[i] for i in at] for name, value in encoded.items()}
        batch = batches.to_device(tokenizer.pad(fields, return_tensors="pt"), model.device)
        return F.cross_entropy(model(**batch).logits, target[at].to(model.device))

    recipe = Recipe(1.5e-4, epochs=1, batch_size=16)
    lengths = [len(ids) for ids in encoded["input_ids"]]
    loop.train(
        teacher, batches.LengthBuckets(lengths, 16, 0).of_epoch, loss, recipe, progress=False
    )
    teacher = teacher.cpu().eval()
    for name in ("free", "test"):
        found[f"{name} z"] = batches.predict(teacher, tokenizer, texts[name], 128)
    return found


def student_of_no_layer(
    x: Tensor,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    judge: Callable[[Tensor], float],
    x_judged: Tensor,
    seed: int,
    steps: int = 1500,
) -> nn.Module:
    """Return a small network, as it was when it did best on validation texts.

    Args:
        x: (texts, hidden), means of word embeddings.
        loss_of: From the logits and the rows of a batch of 128 texts.
        judge: From the logits of the validation texts to what should be small.
        x_judged: (validation texts, hidden).
        seed: Of the weights and of the batches.
        steps: Of Adam, with a rate of 0.001; it is judged every 50.
    """
    torch.manual_seed(seed)
    student = nn.Sequential(
        nn.LayerNorm(x.shape[1], elementwise_affine=False),
        nn.Linear(x.shape[1], 256), nn.GELU(), nn.Dropout(0.2), nn.Linear(256, 5),
    )  # fmt: skip
    optimizer, best, kept = torch.optim.Adam(student.parameters(), lr=1e-3), np.inf, {}
    for step in range(1, steps + 1):
        rows = torch.randint(len(x), (128,))
        optimizer.zero_grad()
        loss_of(student.train()(x[rows]), rows).backward()
        optimizer.step()
        if step % 50 == 0:
            with torch.inference_mode():
                found = judge(student.eval()(x_judged))
            if found < best:
                best, kept = found, copy.deepcopy(student.state_dict())
    student.load_state_dict(kept)
    return student.eval()


def students(parts: dict[str, np.ndarray], seeds: int = 5) -> dict[str, Any]:
    """Return how far off students are that learn from labels, or from a teacher.

    Args:
        parts: What `five_classes` returns.
        seeds: Students per arm.

    Returns:
        `off`: by arm and seed, for each test text, by how many classes the answer is off, as a
        string of digits; `validation`: by arm and seed, the mean distance on the validation texts;
        `teacher`: that of the teacher on the test texts; `middle`: the mean distance of always
        saying the best single class; `free`: the number of texts without labels.
    """
    tensors = {name: torch.from_numpy(values) for name, values in parts.items()}
    x, y, z = (tensors[f"free {kind}"] for kind in "xyz")
    taught, taught_y = tensors["taught x"], tensors["taught y"]
    choice, truth = z.argmax(1), parts["test y"]

    def on(target: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda logits, rows: F.cross_entropy(logits, target[rows])

    def soft(temperature: float) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda logits, rows: distillation_loss(logits, z[rows], temperature)

    def flat(temperature: float) -> Callable[[Tensor, Tensor], Tensor]:
        alike = only_certainty(z, temperature)
        return lambda logits, rows: distillation_loss(logits, alike[rows], temperature)

    def judge(logits: Tensor) -> float:
        return float((logits.argmax(1) - tensors["validation y"]).abs().float().mean())

    arms = {
        "500 labels": (taught[:500], on(taught_y[:500])),
        f"{len(taught):,} labels": (taught, on(taught_y)),  # those that the teacher learned from
        "teacher's choice": (x, on(choice)),
        "teacher's logits, T = 1": (x, soft(1.0)),
        "teacher's logits, T = 4": (x, soft(4.0)),
        "only its certainty, T = 1": (x, flat(1.0)),
        "only its certainty, T = 4": (x, flat(4.0)),
        "true labels": (x, on(y)),
    }
    found: dict[str, list[str]] = {}
    validation: dict[str, list[float]] = {}
    for name, (given, loss_of) in arms.items():
        for seed in range(seeds):
            made = student_of_no_layer(given, loss_of, judge, tensors["validation x"], seed)
            with torch.inference_mode():
                answers = made(tensors["test x"]).argmax(1).numpy()
                judged = judge(made(tensors["validation x"]))
            validation.setdefault(name, []).append(round(judged, 4))
            found.setdefault(name, []).append("".join(map(str, np.abs(answers - truth))))
    return {
        "off": found, "validation": validation, "free": len(x),
        "teacher": "".join(map(str, np.abs(parts["test z"].argmax(1) - truth))),
        "middle": float(min(np.abs(truth - k).mean() for k in range(5))),
    }  # fmt: skip


def distance_table(students: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Return what `students` found as a table, and by arm (seeds, texts) how far off it is.

    Columns: `distance` to the right class, `low` and `high` of its 95 % interval, the shares
    `right`, `one off` and `further`; `validation`, the distance there; and `seeds`, one each.
    """
    off = {name: _digits(rows) for name, rows in students["off"].items()}
    table = {}
    for name, d in off.items():
        low, high = interval_of_runs(d)
        table[name] = {
            "distance": d.mean(), "low": low, "high": high, "right": (d == 0).mean(),
            "one off": (d == 1).mean(), "further": (d > 1).mean(),
            "validation": np.mean(students["validation"][name]), "seeds": d.mean(1),
        }  # fmt: skip
    return pd.DataFrame(table).T, off


def differences(off: dict[str, np.ndarray], base: str) -> pd.DataFrame:
    """Return by arm how much farther off it is than another arm, on the same texts and seeds.

    Args:
        off: By arm, (seeds, texts), of `distance_table`.
        base: The arm that the others are compared with.

    Returns:
        Columns: `mean`, `low` and `high` of its 95 % interval, and `seeds`, one each.
    """
    table = {}
    for name, rows in off.items():
        if name != base:
            more = rows - off[base]
            low, high = interval_of_runs(more)
            table[name] = {"mean": more.mean(), "low": low, "high": high, "seeds": more.mean(1)}
    return pd.DataFrame(table).T


def _digits(rows: list[str]) -> np.ndarray:
    return np.array([list(map(int, row)) for row in rows])


def interval_of_runs(rows: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the mean of (seeds, texts), both drawn anew 2,000 times."""
    draw, (seeds, n) = np.random.default_rng(0), rows.shape
    drawn = ((draw.integers(seeds, size=seeds), draw.integers(n, size=n)) for _ in range(2000))
    low, high = np.quantile([rows[which][:, at].mean() for which, at in drawn], [0.025, 0.975])
    return float(low), float(high)


def parts_of_r(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return for each pair its part (influence) of Pearson's r: their mean is r."""
    x, y = ((v - v.mean()) / (v.std() or 1) for v in (x, y))
    r = (x * y).mean()
    return x * y + r * (1 - (x**2 + y**2) / 2)


def rounding_errors(model: PreTrainedModel, batch: dict) -> pd.DataFrame:
    """Return, for each matrix of the layers, how far its output is off if one thing is rounded.

    Inputs are those that arrive when the batch is answered, padding left out. Errors are relative
    to the size of the exact output.

    Returns:
        By matrix: "inputs rounded" (one scale and zero for all), "one scale" and "per column" (of
        the weights), and "largest column / median", by how much one column sticks out.
    """
    seen, real, handles = {}, batch["attention_mask"].bool(), []
    for name, layer in blocks_of(model).named_modules():
        if isinstance(layer, nn.Linear):

            def note(module: nn.Linear, given: tuple[Tensor], name: str = name) -> None:
                seen[name] = given[0][real], module.weight.detach().T  # (tokens, k), (k, columns)

            handles.append(layer.register_forward_pre_hook(note))
    try:
        with torch.inference_mode():
            model(**batch)
    finally:
        for handle in handles:
            handle.remove()
    rows = {}
    for name, (x, w) in seen.items():
        exact, columns = x @ w, w.abs().amax(0)
        changed = {
            "inputs rounded": _eight_bits(x) @ w,
            "one scale": x @ _to_127(w, columns.max()),
            "per column": x @ _to_127(w, columns),
        }
        rows[name] = {key: float((y - exact).norm() / exact.norm()) for key, y in changed.items()}
        rows[name]["largest column / median"] = float(columns.max() / columns.median())
    return pd.DataFrame(rows).T


def _eight_bits(x: Tensor) -> Tensor:
    low, high = min(x.min().item(), 0.0), max(x.max().item(), 0.0)
    scale = (high - low) / 255
    zero = round(-low / scale)
    return (((x / scale).round() + zero).clamp(0, 255) - zero) * scale


def _to_127(w: Tensor, largest: Tensor) -> Tensor:
    scale = largest.clamp_min(1e-12) / 127
    return (w / scale).round() * scale


def thin(model: PreTrainedModel) -> PreTrainedModel:
    """Return an untrained classifier with as many layers and heads, and next to no arithmetic."""
    has = model.config
    return BertForSequenceClassification(BertConfig(
        vocab_size=has.vocab_size, hidden_size=2 * has.num_attention_heads, intermediate_size=8,
        num_hidden_layers=has.num_hidden_layers, num_attention_heads=has.num_attention_heads,
        num_labels=has.num_labels)).eval()  # fmt: skip


def slope_of_gate(
    model: PreTrainedModel, batch: dict, targets: Tensor, place: tuple[int, int, int]
) -> tuple[Tensor, Tensor]:
    """Return the gradient of one gate, and how the loss changes if that gate alone is moved.

    Args:
        model: In 64 bits, or the difference is lost in rounding.
        batch: Of the model.
        targets: The texts' labels.
        place: Text, layer and head of the gate.
    """
    layers, heads = model.config.num_hidden_layers, model.config.num_attention_heads
    gates, losses = torch.ones(len(targets), layers, heads, dtype=torch.float64), []
    for step in (1e-4, -1e-4):
        moved = gates.clone()
        moved[place] += step
        with gated(model, moved), torch.no_grad():
            losses.append(text_losses(model(**batch).logits, targets))
    return gate_gradients(model, batch, targets, gates)[place], (losses[0] - losses[1]) / 2e-4


def closeness(logits: dict[str, np.ndarray], exact: np.ndarray) -> pd.DataFrame:
    """Return by name the mean error of a logit, its share of a logit's size, and changed answers.

    Args:
        logits: By name, (texts, classes).
        exact: Those without rounding.
    """
    rows = {}
    for name, found in logits.items():
        error = np.abs(found - exact).mean()
        rows[name] = {
            "mean error of a logit": error,
            "of its size": error / np.abs(exact).mean(),
            "answers changed": (found.argmax(1) != exact.argmax(1)).sum(),
        }
    return pd.DataFrame(rows).T


def bits_table(
    curve: dict[str, dict[str, Any]],
    exact: np.ndarray,
    score: Callable[[np.ndarray], np.ndarray],
    gain_of: Callable[[np.ndarray, np.ndarray], tuple[float, float, float]],
) -> pd.DataFrame:
    """Return what `bits_curve` found, with the quality and its paired interval against `exact`.

    Args:
        curve: By setting and bits: `error` and `logits`.
        exact: The logits without rounding.
        score: From logits to each text's part of the quality.
        gain_of: From two of these to the mean gain and the ends of its interval.
    """
    before, rows = score(exact), []
    for name, by_bits in curve.items():
        for bits, found in by_bits.items():
            after = score(found["logits"])
            _, low, high = gain_of(after, before)
            rows.append({
                "scales": "one per matrix" if name == "matrix" else f"groups of {name}",
                "bits": int(bits), "error of a logit": found["error"],
                "changed": int((found["logits"].argmax(1) != exact.argmax(1)).sum()),
                "quality": after.mean(), "low": before.mean() + low, "high": before.mean() + high,
            })  # fmt: skip
    return pd.DataFrame(rows)
