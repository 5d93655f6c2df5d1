"""What a classifier consists of, which of it is trained, and drawings of that."""

from typing import NamedTuple

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared.batches import predict
from shared.drawing import Drawing
from shared.errors import UserError
from shared.freezing import encoder_layers, freeze
from shared.recipes import Recipe

FROZEN, TRAINED, NEW = "grey", "blue", "orange"  # how a drawing fills what is kept, changed, new


class Part(NamedTuple):
    """A part of a model, from the input on: its name, how many numbers it has, and their fate."""

    name: str
    numbers: int
    trained: int
    is_new: bool


def parts(model: PreTrainedModel, recipe: Recipe) -> list[Part]:
    """Freeze what the recipe freezes, and return the parts: embeddings, blocks, head.

    A pooler counts as encoder where its weights come with the encoder's (`models.load_classifier`).
    """
    freeze(model, recipe)
    encoder = model.base_model
    groups: dict[str, list[torch.nn.Parameter]] = {
        "word embeddings": list(encoder.get_input_embeddings().parameters())
    }
    try:
        blocks = encoder_layers(model)
    except UserError:  # of another build
        blocks = torch.nn.ModuleList()
    inside = {id(p) for p in [*groups["word embeddings"], *blocks.parameters()]}
    pooler = getattr(encoder, "pooler", None)
    pooled = list(pooler.parameters()) if pooler is not None else []
    inside |= {id(p) for p in pooled}
    groups["positions, norm"] = [p for p in encoder.parameters() if id(p) not in inside]
    groups[f"{len(blocks)} blocks"] = list(blocks.parameters())
    groups["pooler"] = pooled
    known = {id(p) for p in encoder.parameters()}
    groups["head"] = [p for p in model.parameters() if id(p) not in known]
    return [
        Part(name, sum(p.numel() for p in weights),
             sum(p.numel() for p in weights if p.requires_grad), name == "head")
        for name, weights in groups.items() if weights
    ]  # fmt: skip


def draw_model(found: list[Part], outputs: int) -> None:
    """Draw a classifier as a stack, the input below, with what is frozen, trained and new."""
    rows = len(found)
    height = 64 * rows + 118
    told = [
        f"{part.name} with {part.numbers:,} numbers "
        f"({'new' if part.is_new else 'trained' if part.trained else 'frozen'})"
        for part in found
    ]
    drawing = Drawing(460, height, f"A classifier, from the input up: tokens, {', '.join(told)}, "
                      f"{outputs} logits.")  # fmt: skip
    top = drawing.box(110, 12, 190, 30, f"{outputs} logits" if outputs > 1 else "one number")
    for index, part in enumerate(reversed(found)):
        fill = NEW if part.is_new else TRAINED if part.trained else FROZEN
        y = 64 * index + 66
        box = drawing.box(110, y, 190, 40, f"{part.name}\n{part.numbers:,}", fill)
        drawing.arrow(box.top, top.bottom)
        state = "new, trained" if part.is_new else "trained" if part.trained else "frozen"
        drawing.text(312, y + 20, state, anchor="start")
        top = box
    below = drawing.box(60, height - 40, 290, 30, "[CLS]  an  unexpected  joy  .  [SEP]")
    drawing.arrow(below.top, top.bottom)
    drawing.show()


def draw_three_ways(trained: dict[str, int], d: int, rank: int) -> None:
    """Draw a weight matrix under feature extraction, full fine-tuning and LoRA, side by side."""
    alt = "One weight matrix in three ways. " + "; ".join(
        f"{name}: {numbers:,} numbers trained in the model" for name, numbers in trained.items()
    )
    drawing = Drawing(480, 250, f"{alt}. LoRA adds the product of two thin matrices, rank {rank}.")
    fills = {"features": FROZEN, "full": TRAINED, "LoRA": FROZEN}
    for column, (name, numbers) in enumerate(trained.items()):
        x = 10 + 160 * column
        drawing.text(x + 70, 18, name, bold=True)
        width = 64 if name == "LoRA" else 110
        text = "W" if name == "LoRA" else f"W\n{d} × {d}"
        matrix = drawing.box(x + 15, 92, width, 90, text, fills[name], size=12)
        drawing.arrow((matrix.bottom[0], 214), matrix.bottom)
        drawing.arrow(matrix.top, (matrix.top[0], 58))
        if name == "LoRA":
            b = drawing.box(x + 98, 76, 44, 40, f"B\nr={rank}", NEW, size=12)
            a = drawing.box(x + 98, 150, 44, 32, "A", NEW, size=12)
            drawing.arrow(a.top, b.bottom)
            drawing.arrow((matrix.bottom[0], 206), (a.bottom[0], 206), a.bottom)  # the same input
            drawing.line(b.top, (b.top[0], 58), (matrix.top[0] + 10, 58))
            drawing.text(matrix.top[0], 50, "+")
        drawing.text(x + 70, 233, f"{numbers:,} trained", size=12)
    drawing.show()


def draw_padding(batches: dict[str, list[list[int]]]) -> None:
    """Draw batches of texts as rows of tokens, one strategy below the other.

    Args:
        batches: By strategy, the lengths of each batch's texts and, last, the padded length.
    """
    longest = max(row[-1] for rows in batches.values() for row in rows)
    count = sum(len(row) for row in next(iter(batches.values()))) - len(
        next(iter(batches.values()))
    )
    scale, height = 330 / longest, 20 + len(batches) * (count * 11 + 42)
    shares = {
        name: sum(sum(row[:-1]) for row in rows) / sum(row[-1] * (len(row) - 1) for row in rows)
        for name, rows in batches.items()
    }
    alt = "; ".join(f"{name}: {share:.0%} real tokens" for name, share in shares.items())
    drawing = Drawing(460, height, f"Rows of tokens, blue, and their padding, grey. {alt}.")
    y = 14
    for name, rows in batches.items():
        drawing.text(8, y, f"{name}: {shares[name]:.0%} real", anchor="start")
        y += 12
        for row in rows:
            for length in row[:-1]:
                drawing.box(8, y, row[-1] * scale, 9, fill=FROZEN)
                drawing.box(8, y, length * scale, 9, fill=TRAINED)
                y += 11
            y += 5
        y += 14
    drawing.show()


def parts_table(found: list[Part]) -> dict[str, dict[str, int]]:
    """Return the parts as columns of a table."""
    return {part.name: {"numbers": part.numbers, "trained": part.trained} for part in found}


def check_same(
    one: PreTrainedModel, other: PreTrainedModel, tokenizer: PreTrainedTokenizerBase,
    texts: list[str],
) -> float:  # fmt: skip
    """Return the largest difference between the logits of two models."""
    answers = [predict(model, tokenizer, texts) for model in (one, other)]
    return float(abs(answers[0] - answers[1]).max())
