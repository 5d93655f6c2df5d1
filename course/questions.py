"""The questions of all quizzes, for the site's recall page, the placement quiz and Anki.

A question's key, such as `02_tokenization/Two merges`, is its lesson and its title. By it a browser
and Anki remember what was learnt: whoever renames a title begins this question's progress anew.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lesson import ROOT, Lesson

from shared.errors import UserError

PLACEMENT = ROOT / "course" / "placement.toml"
KINDS = {
    "multiple_choice_question": "one",
    "multiple_answers_question": "several",
    "numerical_question": "number",
}


@dataclass(frozen=True)
class Choice:
    """One of the answers that a question offers.

    Attributes:
        html: The answer.
        right: Whether it is right.
        why: Why not, as HTML; empty for most right answers.
    """

    html: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """A question, its texts as HTML without formulas that a script would have to set.

    Attributes:
        key: The lesson and the title.
        kind: `one`, `several` or `number`.
        html: The question.
        why: Why the right answer is right.
        choices: What there is to choose from; none for a number.
        answer: A number's answer as the quiz states it, such as `0.77 ± 0.01`.
        least: The smallest number that counts as right.
        most: The largest.
    """

    key: str
    kind: str
    html: str
    why: str
    choices: tuple[Choice, ...] = ()
    answer: str = ""
    least: float = 0.0
    most: float = 0.0

    @property
    def lesson(self) -> str:
        """The name of the lesson."""
        return self.key.partition("/")[0]

    @property
    def title(self) -> str:
        """The title in its quiz."""
        return self.key.partition("/")[2]

    def as_json(self) -> dict[str, Any]:
        """Return what the recall page needs, under short names."""
        common = {"key": self.key, "kind": self.kind, "html": self.html, "why": self.why}
        if self.kind == "number":
            return common | {"answer": self.answer, "least": self.least, "most": self.most}
        return common | {
            "choices": [{"html": c.html, "right": c.right, "why": c.why} for c in self.choices]
        }


def questions(lesson: Lesson) -> list[Question]:
    """Return the questions of a lesson's quiz, in order."""
    quiz = lesson.quiz()
    found = []
    for item in quiz.questions_and_delims:

        def html(text: str | None) -> str:
            return quiz.md.md_to_html(text) if text else ""

        number: dict[str, Any] = {}
        if KINDS[item.type] == "number":
            number = {
                "answer": re.sub(r"\s*\+-\s*", " ± ", item.numerical_raw.strip()),
                "least": float(item.numerical_min),
                "most": float(item.numerical_max),
            }
        choices = (
            Choice(html(c.choice_raw), c.correct, html(c.feedback_raw)) for c in item.choices
        )
        found.append(
            Question(
                f"{lesson.name}/{item.title_raw}", KINDS[item.type], html(item.question_raw),
                html(item.feedback_raw), tuple(choices), **number,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class Step:
    """A question of the placement quiz, and where to begin if it is not answered.

    Attributes:
        question: The question's key.
        section: The heading in the lesson's notebook.
    """

    question: str
    section: str

    @property
    def lesson(self) -> str:
        """The name of the lesson."""
        return self.question.partition("/")[0]


def placement(path: Path = PLACEMENT) -> list[Step]:
    """Read the steps of the placement quiz, in their order.

    Raises:
        UserError: A step lacks its question or its section.
    """
    steps = tomllib.loads(path.read_text(encoding="utf-8")).get("step", [])
    for number, step in enumerate(steps, start=1):
        if step.keys() != {"question", "section"}:
            raise UserError(
                f"{path.name}, step {number}: {', '.join(step) or 'nothing'}: expected `question`"
                " and `section`, and nothing else."
            )
    return [Step(**step) for step in steps]
