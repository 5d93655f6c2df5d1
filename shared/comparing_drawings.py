"""The drawings of notebook 12: sources of luck, the table of differences, Holm, who may choose."""

from collections.abc import Mapping, Sequence

import numpy as np

from shared.drawing import Drawing


def draw_seed(spread: Mapping[str, float]) -> None:
    """Show what a seed decides, with the standard deviation of the score that each part causes.

    Args:
        spread: By source ("training texts", "start, order, dropout", "all"), in accuracy.
    """
    said = "; ".join(f"{name}: {100 * value:.1f} points" for name, value in spread.items())
    drawing = Drawing(
        480, 176,
        f"A seed decides which training texts are drawn, how the head starts, in which order it "
        f"sees the texts and what dropout hides. Standard deviation of the accuracy by source: "
        f"{said}.",
    )  # fmt: skip
    drawing.box(8, 66, 70, 44, "seed", "yellow", bold=True)
    end = drawing.box(
        372, 56, 100, 64, f"accuracy\n± {100 * spread['all']:.1f} points", "green", 13
    )
    for y, name, fill in ((10, "training texts", "blue"), (118, "start, order, dropout", "orange")):
        text = f"{name}\nalone: ± {100 * spread[name]:.1f} points"
        part = drawing.box(124, y, 200, 48, text, fill, 13)
        drawing.arrow((78, 88), part.left)
        drawing.arrow(part.right, (end.x, 88 + (-12 if y < 66 else 12)))
    drawing.text(422, 140, "standard\ndeviation", 12)
    drawing.show()


def draw_differences(d: np.ndarray) -> None:
    """Show a table of differences, (seeds, texts), with the means of its rows and columns."""
    seeds, texts = d.shape
    by_seed, by_text = d.mean(1), d.mean(0)
    drawing = Drawing(
        480, 90 + 34 * (seeds + 1) + 24,
        f"A table of {seeds} seeds and {texts} texts. Each cell is 1 where only A is right, −1 "
        f"where only B is, 0 where both or none are. The means of the rows are "
        f"{', '.join(f'{v:+.2f}' for v in by_seed)}, those of the columns "
        f"{', '.join(f'{v:+.2f}' for v in by_text)}; the mean of all is {d.mean():+.3f}.",
    )  # fmt: skip
    width = 300 / texts
    sign = lambda v: "0" if v == 0 else f"{v:+.0f}"  # noqa: E731
    drawing.matrix(
        84, 48, d, cell=(width, 34), rows=[f"seed {s}" for s in range(seeds)],
        columns=[f"{i + 1}" for i in range(texts)], title="test texts", format=sign, shade=False,
    )  # fmt: skip
    drawing.text(436, 22, "mean of\nthe seed", 12)
    for s, value in enumerate(by_seed):
        drawing.box(400, 50 + 34 * s, 72, 30, f"{value:+.2f}".replace("-", "−"), "blue", 13)
    y = 56 + 34 * seeds
    drawing.text(78, y + 17, "mean of\nthe text", 12, "end")
    for i, value in enumerate(by_text):
        shown = f"{value:+.1f}".replace("-", "−")
        drawing.box(85 + width * i, y, width - 2, 34, shown, "orange", 12)
    drawing.box(400, y, 72, 34, f"{d.mean():+.3f}".replace("-", "−"), "green", 13, bold=True)
    drawing.text(240, y + 54, "spread of the blue numbers: luck of the seeds", 12)
    drawing.text(240, y + 72, "spread of the orange ones: luck of the texts", 12)
    drawing.show()


def draw_errors(seeds: float, texts: float) -> None:
    """Show two independent standard errors as the sides of a right triangle.

    Args:
        seeds: The standard error of the seeds, in accuracy.
        texts: That of the texts, beyond the noise of single cells.
    """
    both = float(np.hypot(seeds, texts))
    drawing = Drawing(
        480, 190,
        f"A right triangle: the level side is the error of the seeds, {100 * seeds:.2f} points, "
        f"the upright one that of the texts, {100 * texts:.2f}, and the slanted one, their sum in "
        f"squares, is the error of both, {100 * both:.2f}.",
    )  # fmt: skip
    scale = min(250 / max(seeds, 1e-9), 126 / max(texts, 1e-9))
    x0, y0 = 40, 150
    x1, y1 = x0 + scale * seeds, y0 - scale * texts
    drawing.line((x0, y0), (x1, y0), colour="#0072b2")
    drawing.line((x1, y0), (x1, y1), colour="#d55e00")
    drawing.line((x0, y0), (x1, y1), colour="#1a1a1a")
    drawing.text(x0, y0 + 16, f"seeds: {100 * seeds:.2f} points", 13, "start")
    drawing.text(x1 + 8, (y0 + y1) / 2, f"texts: {100 * texts:.2f}", 13, "start")
    drawing.text(x0, 20, f"both: {100 * both:.2f} points", 13, "start", bold=True)
    drawing.text(x0, 40, "√(seeds² + texts²)", 13, "start")
    drawing.show()


def draw_holm(p: Sequence[float]) -> None:
    """Show Holm's correction of a few p-values: sort, multiply, never fall."""
    order = np.argsort(p, kind="stable")
    raw = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    final = np.minimum(np.maximum.accumulate(raw), 1)
    steps = [
        f"{p[i]:.3f} × {len(p) - rank} = {raw[rank]:.3f}, so {final[rank]:.3f}"
        for rank, i in enumerate(order)
    ]
    drawing = Drawing(
        480, 40 + 46 * len(p), "Holm's correction, smallest p first: " + "; ".join(steps) + "."
    )
    for x, name in ((56, "sorted p"), (150, "times"), (250, "product"), (396, "corrected")):
        drawing.text(x, 16, name, 12)
    for rank, i in enumerate(order):
        y = 32 + 46 * rank
        drawing.box(14, y, 84, 34, f"{p[i]:.3f}", "blue", 14)
        drawing.text(150, y + 17, f"× {len(p) - rank}", 14)
        box = drawing.box(206, y, 88, 34, f"{raw[rank]:.3f}", "white", 14)
        raised = final[rank] != raw[rank]
        kept = drawing.box(
            352, y, 88, 34, f"{final[rank]:.3f}", "orange" if raised else "green", 14
        )
        drawing.arrow(box.right, kept.left)
        if raised:
            drawing.arrow((396, y - 12), (396, y))
    drawing.show()


def draw_choice(trials: int, settings: int) -> None:
    """Show which texts may do what: train, choose, report."""
    drawing = Drawing(
        480, 176,
        f"Training texts make {trials} trials of {settings} settings. Validation texts choose one "
        "setting. Test texts report its score, once; no arrow leads back from them to the choice.",
    )  # fmt: skip
    made = drawing.box(12, 88, 124, 58, f"{trials} trials of\n{settings} settings", "white", 14)
    one = drawing.box(184, 88, 108, 58, "one setting", "white", 14, bold=True)
    told = drawing.box(340, 88, 128, 58, "its score,\nreported once", "green", 14)
    for x, name, what, target in (
        (74, "training texts", "train", made), (238, "validation texts", "choose", one),
        (404, "test texts", "report", told),
    ):  # fmt: skip
        drawing.box(x - 66, 8, 132, 32, name, "blue", 13)
        drawing.arrow((x, 40), target.top, label=what)
    drawing.arrow(made.right, one.left)
    drawing.arrow(one.right, told.left)
    drawing.text(240, 164, "never back from the test texts to the choice", 12)
    drawing.show()
