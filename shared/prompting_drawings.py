"""The drawings of notebook 15, made from its numbers."""

from collections.abc import Mapping, Sequence

from shared.drawing import Drawing, text_width


def draw_next_word(
    prompt: str, chances: Mapping[str, float], labels: Sequence[str], among: Sequence[float]
) -> None:
    """Show a prompt, the likeliest next tokens, and the label words that are compared.

    Args:
        prompt: The end of it.
        chances: Probability by token: the likeliest, and the label words.
        labels: Which of them are label words.
        among: Their shares of the label words' probability.
    """
    told = ", ".join(f"{word} {value:.1%}" for word, value in chances.items())
    drawing = Drawing(
        470, 92 + 27 * len(chances),
        f"The prompt “{prompt}”. Probabilities of the next token: {told}. Only the label words "
        f"count: {', '.join(f'{w} {s:.0%}' for w, s in zip(labels, among, strict=True))} of their "
        "sum.",
    )  # fmt: skip
    lines = _wrapped(prompt, 448, 13)
    drawing.box(10, 8, 450, 44, "\n".join(lines[-2:]), "grey", 13)
    drawing.arrow((235, 52), (235, 70), label="the next token?")
    most = max(chances.values())
    for row, (word, value) in enumerate(chances.items()):
        y, ours = 76 + 27 * row, word in labels
        drawing.text(104, y + 11, word.strip() or "(space)", 13, "end", bold=ours)
        drawing.box(112, y, max(180 * value / most, 2), 22, fill="orange" if ours else "blue")
        said = f"{value:.1%}"
        if ours:
            said += f"   of both: {among[labels.index(word)]:.0%}"
        drawing.text(120 + 180 * value / most, y + 11, said, 12, "start", bold=ours)
    drawing.show()


def _wrapped(text: str, width: float, size: float) -> list[str]:
    lines = [""]
    for word in text.replace("\n", " ⏎ ").split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def draw_threshold(bias: float, low: str, high: str) -> None:
    """Show two texts on a line of log-odds, with the threshold at 0 and at the bias."""
    beyond = (-0.45, 0.45) if abs(bias) > 0.45 else (-0.9, 0.9)
    places = [bias + side for side in beyond]
    called = [high if place > 0 else low for place in places]
    drawing = Drawing(
        470, 150,
        f"A line of log-odds, from “{low}” on the left to “{high}” on the right. A prompt without "
        f"any text has {bias:+.1f}. Of two made-up texts on both sides of it, the threshold at 0 "
        f"calls the left one {called[0]} and the right one {called[1]}; the threshold at the bias "
        f"calls the left one {low} and the right one {high}.",
    )  # fmt: skip
    scale = 200 / max(map(abs, (*places, 1.0)))

    def x(value: float) -> float:
        return 235 + scale * value * 0.85

    drawing.text(235, 20, f"log-odds = log p({high}) − log p({low})", 13)
    drawing.line((15, 92), (455, 92))
    drawing.line((x(0), 38), (x(0), 104))
    drawing.text(x(0), 112, "0", 12)
    drawing.line((x(bias), 38), (x(bias), 120), dashed=True)
    drawing.text(x(bias), 128, f"no text: {bias:+.1f}".replace("-", "−"), 12)
    for place, name, fill in zip(places, ("film 1", "film 2"), ("pink", "green"), strict=True):
        drawing.box(x(place) - 24, 54, 48, 22, name, fill, 12)
        drawing.line((x(place), 76), (x(place), 92))
    drawing.text(15, 140, f"← {low}", 13, "start", bold=True)
    drawing.text(455, 140, f"{high} →", 13, "end", bold=True)
    drawing.show()


def draw_shots(examples: Sequence[tuple[str, str]], asked: str, slot: str) -> None:
    """Show a prompt with examples: what is read once, and what differs for each text."""
    height = 34 * len(examples)
    drawing = Drawing(
        470, height + 104,
        f"A prompt with {len(examples)} labelled examples, read once for all texts: "
        + "; ".join(f"{text}, label {label}" for text, label in examples)
        + f". Then the text in question, {asked}, whose label the model has to write.",
    )  # fmt: skip
    for row, (text, label) in enumerate(examples):
        y = 10 + 34 * row
        drawing.box(10, y, 340, 28, _cut(text, 330, 12), "grey", 12)
        drawing.box(356, y, 100, 28, label, "orange", 13)
    y = 20 + height
    drawing.line((10, y), (456, y), dashed=True)
    drawing.text(10, y + 12, "above: the same for every text, read once", 12, "start")
    drawing.box(10, y + 26, 340, 28, _cut(asked, 330, 12), "blue", 12)
    drawing.box(356, y + 26, 100, 28, slot, "white", 13, dashed=True)
    drawing.text(10, y + 70, "below: another one each time", 12, "start")
    drawing.show()


def _cut(text: str, width: float, size: float) -> str:
    while text_width(text, size) > width:
        text = text[:-2].rstrip(" …") + "…"
    return text


def draw_frames(frames: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Show the same question in several frames: by name, its parts with the kind of each.

    The kinds: `mark` (of a template), `system`, `task`, `text`.
    """
    fills = {"mark": "grey", "system": "yellow", "task": "orange", "text": "blue"}
    said = "; ".join(f"{name}: {' '.join(text for text, _ in parts)}"
                     for name, parts in frames.items())  # fmt: skip
    rows = []
    for name, parts in frames.items():
        lines, left = [[]], 0.0
        for text, kind in parts:
            width = text_width(text, 12) + 10
            if left + width > 440 and lines[-1]:
                lines.append([])
                left = 0.0
            lines[-1].append((text, kind, width))
            left += width + 3
        rows.append((name, lines))
    height = sum(24 + 25 * len(lines) for _, lines in rows)
    drawing = Drawing(470, height + 28, f"The same question in several frames. {said}.")
    y = 6.0
    for name, lines in rows:
        drawing.text(12, y + 9, name, 13, "start", bold=True)
        y += 20
        for line in lines:
            x = 18.0
            for text, kind, width in line:
                drawing.box(x, y, width, 22, text, fills[kind], 12)
                x += width + 3
            y += 25
        y += 4
    x = 18.0
    for kind, fill in fills.items():
        drawing.box(x, y + 2, 16, 14, fill=fill)
        name = {"mark": "template", "system": "system message", "task": "task", "text": "text"}
        drawing.text(x + 21, y + 9, name[kind], 12, "start")
        x += 32 + text_width(name[kind], 12)
    drawing.show()


def draw_injection(task: str, review: str, order: str, asked: str) -> None:
    """Show that task, text and an order inside the text are one string to the model."""
    drawing = Drawing(
        470, 168,
        f"One string: our task, “{task}”; the review, “{review}”; inside the review an order by "
        f"somebody else, “{order}”; then “{asked}”. Nothing in the string says whose words these "
        "are.",
    )  # fmt: skip
    parts = ((task, "orange", "ours"), (review, "blue", "a user's"),
             (order, "pink", "a user's, too"), (asked, "orange", "ours"))  # fmt: skip
    for row, (text, fill, whose) in enumerate(parts):
        y = 8 + 33 * row
        drawing.box(10, y, 350, 28, _cut(text, 340, 12), fill, 12)
        drawing.text(370, y + 14, whose, 13, "start")
    drawing.text(10, 154, "the model gets one sequence of tokens, without colours", 13, "start")
    drawing.show()


def draw_swap(counts: Mapping[str, float]) -> None:
    """Show a pair that is judged in both orders, and how often each outcome came."""
    said = ", ".join(f"{name} {value:.0%}" for name, value in counts.items())
    drawing = Drawing(
        470, 78 + 30 * len(counts),
        f"A judge sees a right and a wrong answer in both orders. Outcomes: {said}.",
    )  # fmt: skip
    for row, order in enumerate((("A: right", "B: wrong"), ("A: wrong", "B: right"))):
        x = 10 + 236 * row
        drawing.box(x, 10, 96, 26, order[0], "green" if row == 0 else "pink", 13)
        drawing.box(x + 102, 10, 96, 26, order[1], "pink" if row == 0 else "green", 13)
        drawing.text(x + 99, 50, "A or B?", 13)
    for row, (name, value) in enumerate(counts.items()):
        y = 68 + 30 * row
        drawing.text(226, y + 11, name, 12, "end")
        drawing.box(234, y, max(170 * value, 2), 22, fill="blue")
        drawing.text(242 + 170 * value, y + 11, f"{value:.0%}", 12, "start", bold=True)
    drawing.show()


def draw_rouge(reference: Sequence[str], candidate: Sequence[str], kept: Sequence[str]) -> None:
    """Show two sentences and their longest common subsequence."""
    drawing = Drawing(
        470, 104,
        f"Reference: {' '.join(reference)}. Candidate: {' '.join(candidate)}. Longest common "
        f"subsequence: {' '.join(kept)}.",
    )  # fmt: skip
    for row, (name, words) in enumerate((("reference", reference), ("candidate", candidate))):
        y, left = 10 + 36 * row, list(kept)
        fills = []
        for word in words:
            fills.append("green" if left and word == left[0] else "white")
            if fills[-1] == "green":
                left.pop(0)
        drawing.text(10, y + 12, name, 12, "start", bold=True)
        drawing.words(92, y, list(words), fills, 13)
    told = f"green: {len(kept)} words in the same order, not necessarily side by side"
    drawing.text(10, 90, told, 12, "start")
    drawing.show()
