"""The drawings of notebook 16, made from its numbers."""

from collections.abc import Sequence

from shared.drawing import Drawing, text_width


def draw_stages() -> None:
    """Show the three trainings: what each is given, and what it changes."""
    rows = (
        ("SFT", "blue", "a question and an answer", "makes the tokens of\nthis answer likelier"),
        ("DPO", "orange", "a question and two answers,\none preferred",
         "makes the better one likelier,\nrelative to the other"),
        ("GRPO", "green", "a question and a verifier;\nthe model writes the answers",
         "makes those likelier that\nbeat the mean of their group"),
    )  # fmt: skip
    drawing = Drawing(
        470, 34 + 62 * len(rows),
        "Three trainings, each with what it is given and what it does. "
        + " ".join(f"{name}: {given}; {does}.".replace("\n", " ") for name, _, given, does in rows),
    )  # fmt: skip
    drawing.text(160, 16, "is given", 13, bold=True)
    drawing.text(366, 16, "what it does", 13, bold=True)
    for number, (name, fill, given, does) in enumerate(rows):
        top = 30 + 62 * number
        drawing.text(34, top + 25, name, 14, bold=True)
        left = drawing.box(66, top, 190, 50, given, fill, 12)
        right = drawing.box(276, top, 186, 50, does, "white", 12)
        drawing.arrow(left.right, right.left)
    drawing.show()


def draw_mask(tokens: Sequence[str], learnt: Sequence[bool]) -> None:
    """Show the tokens of a conversation: those that are learnt are coloured."""
    shown = [token.replace("\n", "⏎").replace(" ", "·") or "∅" for token in tokens]
    rows, left = 1, 10.0
    for token in shown:  # as `Drawing.words` wraps them
        width = max(text_width(token, 12) + 10, 16)
        if left > 10 and left + width > 460:
            rows, left = rows + 1, 10.0
        left += width + 4
    said = "".join(t for t, yes in zip(tokens, learnt, strict=True) if yes)
    drawing = Drawing(
        470, 44 + 25 * rows,
        f"The {len(tokens)} tokens of a conversation in the chat template. Only the last "
        f"{sum(learnt)} are learnt: {said}",
    )  # fmt: skip
    fills = ["orange" if yes else "grey" for yes in learnt]
    drawing.words(10, 12, shown, fills, 12, right=462)
    drawing.text(10, 28 + 25 * rows, "grey: read only; orange: learnt (the answer and its end). "
                 "⏎ line end, · space", 12, "start")  # fmt: skip
    drawing.show()


def draw_group(answers: Sequence[str], rewards: Sequence[float], lead: Sequence[float]) -> None:
    """Show a group of answers to one question, with their rewards and advantages."""
    told = "; ".join(f"{a} reward {r:g}, advantage {v:+.2f}"
                     for a, r, v in zip(answers, rewards, lead, strict=True))  # fmt: skip
    drawing = Drawing(470, 66 + 32 * len(answers), f"A group of answers to one question. {told}.")
    for x, name in ((140, "answer"), (308, "reward"), (400, "advantage")):
        drawing.text(x, 16, name, 13, bold=True)
    for number, (answer, reward, value) in enumerate(zip(answers, rewards, lead, strict=True)):
        top = 30 + 32 * number
        drawing.box(10, top, 262, 26, answer, "green" if value > 0 else "grey", 12)
        drawing.text(308, top + 13, f"{reward:g}", 13)
        drawing.text(400, top + 13, f"{value:+.2f}".replace("-", "−"), 13, bold=True)
    mean = sum(rewards) / len(rewards)
    drawing.text(235, 46 + 32 * len(answers), f"group's mean reward {mean:.2f}; above it: "
                 "likelier, below: less likely", 12)  # fmt: skip
    drawing.show()
