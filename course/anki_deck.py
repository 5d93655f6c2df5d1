"""The questions of the quizzes as a deck for Anki, a program for spaced repetition.

The deck, its parts, the kind of note and each note have the same number every time. So whoever
imports a newer file keeps what was learnt: Anki changes the texts and adds what is new.
"""

import hashlib
import html
from collections.abc import Mapping, Sequence
from pathlib import Path

import genanki
from questions import Question

NAME = "A Transformer course that runs"
MODEL_ID = 1_731_204_877  # drawn once, never changed
CSS = """.card { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: auto;
  text-align: left; }
.source { color: #5f5f5f; font-size: 0.85em; }
.nightMode .source { color: #b0b0b0; }
.right { font-weight: 600; }
code { font-size: 0.9em; }
pre { overflow-x: auto; }
ul { padding-left: 1.2em; }"""
FRONT = '<p class="source">{{Source}}</p>{{Question}}{{Choices}}'
BACK = '<p class="source">{{Source}}</p>{{Question}}<hr id="answer">{{Answer}}{{Why}}'
ASKED = {"one": "", "several": "<p>Choose all that are right.</p>", "number": "<p>A number.</p>"}


def model() -> genanki.Model:
    """Return the kind of note. The first field, hidden on the card, tells two notes apart."""
    fields = [{"name": name} for name in ("Key", "Source", "Question", "Choices", "Answer", "Why")]
    templates = [{"name": "Question", "qfmt": FRONT, "afmt": BACK}]
    return genanki.Model(MODEL_ID, f"{NAME}: quiz", fields, templates, CSS)


def deck_id(name: str) -> int:
    """Return a deck's number, which depends on its name only."""
    digest = hashlib.sha256(f"{NAME}/{name}".encode()).digest()
    return 2**30 + int.from_bytes(digest[:4], "big") % 2**30


def listed(items: Sequence[str]) -> str:
    """Return an HTML list."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def answer(question: Question) -> str:
    """Return the right answer, and why the others are wrong."""
    if question.kind == "number":
        return f'<p class="right">{html.escape(question.answer)}</p>'
    right = [
        f'<div class="right">{choice.html}</div>' for choice in question.choices if choice.right
    ]
    wrong = [f"{c.html}{c.why}" for c in question.choices if not c.right]
    return f"{listed(right)}<p>Not right:</p>{listed(wrong)}"


def note(question: Question, source: str, kind: genanki.Model) -> genanki.Note:
    """Return a question as a note."""
    choices = listed([c.html for c in question.choices]) if question.choices else ""
    fields = [
        html.escape(question.key), html.escape(source), question.html,
        ASKED[question.kind] + choices, answer(question), question.why,
    ]  # fmt: skip
    return genanki.Note(
        kind, fields, guid=genanki.guid_for(NAME, question.key), tags=[question.lesson]
    )


def write_deck(lessons: Mapping[str, Sequence[Question]], path: Path) -> int:
    """Write one file with a deck per lesson; return the number of notes.

    Args:
        lessons: The questions of each lesson, by the title of its notebook.
        path: The file, which ends in `.apkg`.
    """
    kind, decks = model(), []
    for title, asked in lessons.items():
        name = asked[0].lesson  # stays when a title is changed
        deck = genanki.Deck(deck_id(name), f"{NAME}::{title.replace('::', ':')}")
        for question in asked:
            deck.add_note(note(question, title, kind))
        decks.append(deck)
    genanki.Package(decks).write_to_file(path)
    return sum(len(deck.notes) for deck in decks)
