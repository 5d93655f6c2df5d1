"""The drawings of notebook 00."""

from collections.abc import Sequence

from shared.drawing import Drawing


def draw_four(names: Sequence[str] = ("MiniLM", "SmolLM2", "e5", "MiniLM")) -> None:
    """Draw what goes into four models, and what comes out."""
    rows = [
        ("a sentence", names[0], "one vector: which class\nis nearest?", "classify"),
        ("a beginning", names[1], "the next token,\nagain and again", "complete"),
        ("a question", names[2], "one vector: which passage\nis nearest, in any language?", "find"),
        ("a sentence", names[3], "weights: who reads\nfrom whom?", "look inside"),
    ]
    told = [f"{task.capitalize()}: {given} goes into {name}; what comes out: {out}"
            for given, name, out, task in rows]  # fmt: skip
    alt = f"Four rows, each with an input, a model and what comes out. {' / '.join(told)}"
    drawing = Drawing(480, 252, alt.replace("\n", " "))
    for row, (given, name, out, task) in enumerate(rows):
        y = 8 + row * 61
        drawing.text(8, y + 26, task, 13, "start", bold=True)
        source = drawing.box(94, y + 6, 84, 40, given, "grey", 12)
        model = drawing.box(202, y + 2, 74, 48, name, "blue" if "LM2" not in name else "yellow", 13)
        goal = drawing.box(300, y + 4, 176, 44, out, "white", 12)
        drawing.arrow(source.right, model.left)
        drawing.arrow(model.right, goal.left)
    drawing.show()


def draw_classes(text: str, cosines: dict[str, float]) -> None:
    """Draw a sentence, and how near its vector is to that of each class.

    Args:
        text: The sentence.
        cosines: By the class's description.
    """
    shown = text if len(text) <= 56 else f"{text[:55]}…"
    said = ", ".join(f"{name} {value:.2f}" for name, value in cosines.items())
    best = max(cosines, key=cosines.get)
    drawing = Drawing(480, 44 + 34 * len(cosines), f"“{shown}”. Cosine with each class: {said}. "
                      f"The nearest is: {best}.")  # fmt: skip
    drawing.text(8, 18, f"“{shown}”", 13, "start")
    for row, (name, value) in enumerate(cosines.items()):
        y = 36 + 34 * row
        drawing.text(120, y + 13, name, 13, "end", bold=name == best)
        width = max(240 * max(value, 0.0), 1)
        drawing.box(128, y, width, 26, fill="orange" if name == best else "grey")
        drawing.text(134 + width, y + 13, f"{value:.2f}".replace("-", "−"), 13, "start")
    drawing.show()
