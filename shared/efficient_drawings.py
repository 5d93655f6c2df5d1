"""The drawings of notebook 08, made from its numbers."""

from collections.abc import Sequence

from shared.drawing import Drawing


def draw_padding(lengths: Sequence[int], limit: int) -> None:
    """Show what three ways to make batches of two compute: tokens, and padding in grey.

    Args:
        lengths: Tokens of four texts, in the order of the file.
        limit: To which the first way pads.
    """
    pairs = [list(lengths[:2]), list(lengths[2:])]
    ordered = sorted(lengths)
    ways = {
        f"padded to {limit}": [(n, limit) for n in lengths],
        "to the longest of its batch": [(n, max(pair)) for pair in pairs for n in pair],
        "sorted first": [(n, max(p)) for p in (ordered[:2], ordered[2:]) for n in p],
    }
    totals = {name: sum(width for _, width in rows) for name, rows in ways.items()}
    said = ", ".join(f"{name}: {total} places" for name, total in totals.items())
    drawing = Drawing(
        470, 316,
        f"Four texts of {', '.join(map(str, lengths))} tokens in batches of two, {sum(lengths)} "
        f"tokens in all. Computed are, padding included: {said}.",
    )  # fmt: skip
    for number, (name, rows) in enumerate(ways.items()):
        top, scale = 30 + 100 * number, 290 / limit
        drawing.text(10, top - 14, name, 13, "start", bold=True)
        for row, (tokens, width) in enumerate(rows):
            y = top + 17 * row + (4 if row > 1 else 0)
            drawing.box(10, y, width * scale, 13, "", "grey")
            drawing.box(10, y, tokens * scale, 13, "", "blue")
        drawing.text(320, top + 34, f"{totals[name]} places,\n"
                     f"{sum(lengths) / totals[name]:.0%} of them text", 13, "start")  # fmt: skip
    drawing.show()


def draw_integers() -> None:
    """Show a product in integers: both factors are rounded, the sum is exact, then scaled."""
    drawing = Drawing(
        470, 190,
        "Inputs x become integers 0 to 255 with one scale and a zero point, chosen when they "
        "arrive. Weights became integers -127 to 127 before, with a scale per column. Their "
        "products are summed exactly in 32 bits, and multiplied by both scales.",
    )  # fmt: skip
    x = drawing.box(8, 14, 84, 40, "inputs x\nfloat32", "white", 12)
    qx = drawing.box(132, 14, 112, 40, "0 … 255\nscale, zero", "orange", 12)
    w = drawing.box(8, 116, 84, 40, "weights w\nfloat32", "white", 12)
    qw = drawing.box(132, 116, 112, 40, "−127 … 127\nscale per column", "blue", 12)
    total = drawing.box(282, 62, 84, 46, "sum in\n32 bits", "green", 12)
    y = drawing.box(396, 62, 66, 46, "× scales\nfloat32", "white", 12)
    drawing.arrow(x.right, qx.left)
    drawing.arrow(w.right, qw.left)
    drawing.arrow(qx.right, total.left)
    drawing.arrow(qw.right, total.left)
    drawing.arrow(total.right, y.left)
    drawing.text(112, 68, "at each call", 12)
    drawing.text(112, 172, "once, before", 12)
    drawing.show()


def draw_heads(heads: int, removed: Sequence[int]) -> None:
    """Show the heads' outputs side by side, their gates, and the projection that mixes them."""
    width = 420 / heads
    drawing = Drawing(
        470, 190,
        f"The outputs of {heads} heads lie side by side. Each is multiplied by its gate, then the "
        f"projection O mixes them. With gates of 0 heads {', '.join(map(str, removed))} say "
        "nothing, but are still computed; removing them deletes their rows of Q, K and V and "
        "their columns of O.",
    )  # fmt: skip
    drawing.text(235, 14, "outputs of the heads, side by side", 13, bold=True)
    for head in range(heads):
        gone = head in removed
        box = drawing.box(
            25 + head * width, 30, width - 4, 34, str(head), "grey" if gone else "blue",
            12, dashed=gone,
        )  # fmt: skip
        gate = drawing.box(
            25 + head * width, 84, width - 4, 24, "0" if gone else "1", "white", 12, dashed=gone
        )
        drawing.arrow(box.bottom, gate.top)
        drawing.arrow(gate.bottom, (gate.bottom[0], 130))
    drawing.box(25, 130, 416, 34, "projection O: mixes all heads", "green", 13)
    drawing.text(235, 178, "gate ξ: times 0 is silent, but computed all the same", 12)
    drawing.show()


def draw_distillation() -> None:
    """Show the teacher's and the student's way from a text to the loss."""
    drawing = Drawing(
        470, 176,
        "A text goes through the teacher, which is frozen, and through the smaller student. Both "
        "give logits, divided by the temperature; the loss is their divergence, and only the "
        "student learns from it.",
    )  # fmt: skip
    text = drawing.box(6, 68, 66, 40, "text", "white")
    teacher = drawing.box(112, 14, 126, 50, "teacher\n6 layers, frozen", "grey", 13)
    student = drawing.box(112, 112, 126, 50, "student\nno layer, learns", "blue", 13)
    p = drawing.box(282, 20, 72, 38, "z / T → p", "orange", 13)
    q = drawing.box(282, 118, 72, 38, "z / T → q", "orange", 13)
    loss = drawing.box(386, 68, 78, 40, "T² KL(p‖q)", "green", 12)
    drawing.arrow(text.right, teacher.left)
    drawing.arrow(text.right, student.left)
    drawing.arrow(teacher.right, p.left)
    drawing.arrow(student.right, q.left)
    drawing.arrow(p.right, loss.top)
    drawing.arrow(q.right, loss.bottom)
    drawing.show()


def draw_lora(width: int, rank: int) -> None:
    """Show a frozen matrix beside two thin ones, while it is trained and when it answers."""
    drawing = Drawing(
        470, 170,
        f"Training: the frozen matrix W, {width} x {width}, beside the thin matrices A, {rank} x "
        f"{width}, and B, {width} x {rank}, which learn. Answering: one matrix, W plus alpha / r "
        "times BA, as large as W.",
    )  # fmt: skip
    drawing.text(140, 14, "training", 13, bold=True)
    w = drawing.box(20, 34, 96, 96, f"W, frozen\n{width} × {width}", "grey", 12)
    drawing.text(136, 82, "+", 18)
    drawing.box(158, 34, 30, 96, "B", "blue", 13)
    drawing.box(196, 67, 96, 30, "A", "blue", 13)
    drawing.text(214, 150, f"B {width} × {rank}, A {rank} × {width}: these learn", 12)
    drawing.text(400, 14, "answering", 13, bold=True)
    drawing.arrow((302, w.right[1]), (344, w.right[1]))
    drawing.box(352, 34, 96, 96, f"W + (α/r) BA\n{width} × {width}", "green", 12)
    drawing.show()
