"""The drawings of notebook 10: what a secret's rank says, whole copies, one step of DP-SGD."""

from collections.abc import Sequence

import numpy as np

from shared.drawing import Drawing


def draw_rank(prompt: str, best: Sequence[tuple[str, float]], secret: str, rank: int) -> None:
    """Show the codes that a model thinks likeliest, in order, and where the secret stands.

    Args:
        prompt: What the attacker knows.
        best: The first codes and their bits.
        secret: The planted code.
        rank: Its place, from 1.
    """
    drawing = Drawing(
        480, 40 + 34 * (len(best) + 1),
        f"An attacker asks how likely each code is after the prompt “{prompt}”. "
        f"In the order of their bits: {', '.join(f'{code} {bits:.1f}' for code, bits in best)}. "
        f"The planted code, {secret}, has rank {rank:,} of 10,000.",
    )  # fmt: skip
    question = drawing.box(8, 54, 170, 44, prompt, "yellow", 12)
    drawing.text(300, 16, "all 10,000 codes, likeliest first", 13, bold=True)
    for place, (code, bits) in enumerate(best):
        fill = "orange" if code == secret else "blue"
        row = drawing.box(216, 32 + 34 * place, 160, 30, f"{code}   {bits:.1f} bits", fill, 13)
        drawing.text(206, row.left[1], f"{place + 1}", 12, "end")
        drawing.arrow(question.right, (192, row.left[1])) if place == 1 else None
    drawing.text(
        296, 48 + 34 * len(best), f"planted: {secret}, rank {rank:,}: {13.29 - np.log2(rank):.1f} "
        "bits of exposure", 13,
    )  # fmt: skip
    drawing.show()


def draw_packing(length: int, canary: int, whole_before: float) -> None:
    """Show copies cut by the ends of blocks, and copies that begin a block.

    Args:
        length: Of a block, in tokens.
        canary: Tokens of a copy.
        whole_before: Share of copies that are whole when texts are laid end to end.
    """
    drawing = Drawing(
        480, 176,
        f"Above, texts are laid end to end and cut into blocks of {length} tokens: a copy of "
        f"{canary} tokens is cut in two, and only {whole_before:.0%} of the copies are whole. "
        f"Below, each copy begins a block of its own, and the rest is ordinary text.",
    )  # fmt: skip
    unit, x = 216 / length, 24
    drawing.text(24, 14, f"end to end: {whole_before:.0%} of the copies are whole", 13, "start")
    before = 216 - 0.4 * canary * unit
    drawing.box(x, 28, before, 34, "ordinary text", "grey", 12)
    after = canary * unit - 216 + before
    one, two = ("a copy,", "cut in two") if min(216 - before, after - 20) > 50 else ("", "")
    drawing.box(x + before, 28, 216 - before, 34, one, "orange", 12)
    drawing.box(x + 216, 28, after, 34, two, "orange", 12)
    drawing.box(x + before + canary * unit, 28, 432 - before - canary * unit, 34, "…", "grey", 12)
    drawing.line((x + 216, 22), (x + 216, 74), dashed=True)
    drawing.text(x + 216, 82, "end of a block", 12)
    drawing.text(24, 108, "here: each copy begins a block", 13, "start")
    rest = "…" if (length - canary) * unit > 16 else ""
    for left in (x, x + 216):
        drawing.box(
            left,
            122,
            canary * unit,
            34,
            "one whole copy" if canary * unit > 110 else "",
            "orange",
            12,
        )
        drawing.box(left + canary * unit, 122, (length - canary) * unit, 34, rest, "grey", 12)
    drawing.show()


def draw_private_step(norms: Sequence[float], limit: float, noise: float) -> None:
    """Show one step of DP-SGD: gradients of single texts, clipped, summed, and noise added.

    Args:
        norms: Of the texts' gradients.
        limit: Norm C.
        noise: Standard deviation of the noise, σC.
    """
    clipped = [min(norm, limit) for norm in norms]
    drawing = Drawing(
        480, 44 + 40 * len(norms),
        f"One step of DP-SGD: gradients of norm {', '.join(f'{n:.2f}' for n in norms)} are clipped "
        f"to at most {limit:g}: {', '.join(f'{c:.2f}' for c in clipped)}; then they are summed, "
        f"and noise of deviation {noise:.2f} is added to each weight.",
    )  # fmt: skip
    middle = 34 + 20 * len(norms)
    total = drawing.box(250, middle - 22, 50, 44, "sum", "green", 14, bold=True)
    for place, (norm, short) in enumerate(zip(norms, clipped, strict=True)):
        y = 34 + 40 * place
        drawing.box(8, y, 100, 30, f"norm {norm:.2f}", "blue", 13)
        box = drawing.box(140, y, 70, 30, f"{short:.2f}", "orange" if norm > limit else "blue", 13)
        drawing.arrow((108, y + 15), box.left)
        drawing.arrow(box.right, total.left)
    drawing.text(58, 16, "one text each", 12)
    drawing.text(175, 16, f"clipped to {limit:g}", 12)
    end = drawing.box(
        352, middle - 22, 120, 44, f"+ noise, {noise:.2f}\nin each weight", "pink", 12
    )
    drawing.arrow(total.right, end.left)
    drawing.show()
