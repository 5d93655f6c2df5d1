"""The words of the course: complete, sound, and linked without a change of what is said."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import glossary
import nbformat
import pytest
from conftest import ROOT
from glossary import Term, headings, order, terms
from lesson import Lesson, lessons
from nbformat import NotebookNode

from shared.errors import UserError

NUMBERS = {lesson.number: lesson for lesson in lessons()}
NAMES = [lesson.name for lesson in lessons()]
PLAIN = set((ROOT / "tests" / "plain_words.txt").read_text("utf-8").split())
LINK = re.compile(
    r'<a class="word" href="words\.html#([\w-]+)" title="[^"<>]+">(.*?)</a>', re.DOTALL
)
GOALS = re.compile(r"^\*\*After this notebook you can\*\*\n\n(.*?)(?:\n\n|\Z)", re.DOTALL | re.M)


@cache
def read(name: str) -> NotebookNode:
    return Lesson(name).read()


@cache
def linked(name: str) -> NotebookNode:
    """Return a notebook whose words are linked."""
    notebook = deepcopy(read(name))
    glossary.link_cells(notebook, Lesson(name).number, "words.html")
    return notebook


@cache
def headings_of(number: str) -> list[str]:
    return headings(read(NUMBERS[number].name)) if number in NUMBERS else []


def faults(found: list[Term]) -> Iterator[str]:
    """Yield what is wrong with the words."""
    if [term.term for term in sorted(found, key=order)] != [term.term for term in found]:
        yield "they are not in alphabetical order"
    for name, of in (("word", lambda t: order(t)), ("anchor", lambda t: t.anchor)):
        counts = Counter(map(of, found))
        yield from (f"the {name} {each} is there twice" for each, n in counts.items() if n > 1)
    forms = Counter((form, n) for term in found for form, numbers in term.forms
                    for n in numbers or NUMBERS)  # fmt: skip
    yield from (f"{form!r} is found as two words in {n}" for (form, n), c in forms.items() if c > 1)
    for term in found:
        number, heading = term.taught
        if heading not in headings_of(number):
            yield f"{term.term}: notebook {number} has no heading {heading!r}"
        if not re.search(r"[\u4e00-\u9fff]", term.chinese):
            yield f"{term.term}: no Chinese name"
        words = term.sentence.split()
        if not (5 <= len(words) <= 30 and term.sentence[-1] == "." and ". " not in term.sentence):
            yield f"{term.term}: expected one sentence of at most 30 words"
        if re.search(rf"(?<!\w){re.escape(order(term))}(?!\w)", term.sentence.casefold()):
            yield f"{term.term}: its sentence says the word itself"
        if unknown := {n for _, numbers in term.forms for n in numbers} - {*NUMBERS}:
            yield f"{term.term}: there is no notebook {unknown}"


def test_the_words_are_sound() -> None:
    assert list(faults(list(terms()))) == []
    assert len(terms()) > 150


def twice(found: list[Term]) -> list[Term]:
    return [found[0], *found]


def shuffled(found: list[Term]) -> list[Term]:
    return [found[1], found[0], *found[2:]]


def one(**changes: object) -> Callable[[list[Term]], list[Term]]:
    return lambda found: [replace(found[0], **changes), *found[1:]]


@pytest.mark.parametrize(
    "spoil, message",
    [
        (twice, "is there twice"),
        (shuffled, "alphabetical"),
        (one(taught=("12", "6 · Another section")), "has no heading '6 · Another section'"),
        (one(taught=("99", "6 · Does the test keep its promise?")), "notebook 99 has no heading"),
        (one(chinese="A/A test"), "no Chinese"),
        (one(sentence="It compares. Then it tests a thing with itself."), "one sentence"),
        (one(sentence="An A/A test is a test of a thing with itself."), "says the word itself"),
        (one(forms=(("accuracy", frozenset({"04"})),)), "is found as two words in 04"),
        (one(forms=(("A/A test", frozenset({"99"})),)), "there is no notebook"),
    ],
)
def test_a_fault_is_noticed(spoil: Callable[[list[Term]], list[Term]], message: str) -> None:
    assert any(message in fault for fault in faults(spoil(list(terms()))))


def test_a_row_without_a_sentence_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "glossary.tsv"
    path.write_text("\t".join(glossary.COLUMNS) + "\nword\t词\t\t01 A heading\t\n", "utf-8")
    monkeypatch.setattr(glossary, "SOURCE", path)
    with pytest.raises(UserError, match=r"line 2: .*expected the columns term, chinese"):
        terms.__wrapped__()


def prose_of(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def strange_words(text: str) -> list[str]:
    """Return the words of a text that are neither everyday English nor the glossary's."""
    forms = {form for term in terms() for form, _ in term.forms} | {term.term for term in terms()}
    longest = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    known = re.compile(rf"(?<![\w-])({longest})(?:es|s)?(?![\w-])", re.IGNORECASE)
    text = " ".join(re.sub(r"\$[^$]*\$|`[^`]*`|\]\([^)]*\)", " ", text).split())
    words = re.findall(r"[^\W\d_][\w’'–-]*", known.sub(" ", text).casefold())
    return [word for word in words if word.replace("’", "'") not in PLAIN]


@pytest.mark.parametrize("name", NAMES)
def test_each_word_of_the_goals_is_explained(name: str) -> None:
    found = GOALS.search(prose_of(read(name)))
    strange = strange_words(found[1]) if found else []
    assert strange == [], (
        f"{name}: its goals use {strange}: add the terms of the field among them to"
        " course/glossary.tsv, and everyday words to tests/plain_words.txt"
    )


def test_most_notebooks_state_their_goals() -> None:
    without = {name for name in NAMES if not GOALS.search(prose_of(read(name)))}
    assert without <= {"00_start_here"}


def test_a_new_term_in_the_goals_is_noticed() -> None:
    assert strange_words("1. write attention and masks, and say what they cost;") == []
    assert strange_words("1. prune heads with a hypernetwork;") == ["prune", "hypernetwork"]


@pytest.mark.parametrize("name", NAMES)
def test_links_change_nothing_that_is_said(name: str) -> None:
    seen = []
    for before, after in zip(read(name).cells, linked(name).cells, strict=True):
        if before.cell_type == "markdown":
            seen += [anchor for anchor, _ in LINK.findall(after.source)]
            assert LINK.sub(r"\2", after.source) == before.source
            untouched = [part for part, is_prose in glossary.prose(before.source) if not is_prose]
            assert all(part in after.source for part in untouched)
        else:
            assert before == after
    assert len(seen) == len(set(seen)) >= 10
    assert {*seen} <= {term.anchor for term in terms()}


TEXT = """# Attention in a heading

Code `attention`, a formula $attention$, a [link to attention](x.md), <b title="attention">bold</b>,
<summary>attention</summary> and

```python
attention = 1
```

but here attention is prose, and here attention comes again; self-attention is another word, and
**attentions** of a *t*-test, an encoder."""


def test_only_the_first_use_in_prose_is_linked() -> None:
    text = glossary.linker("01", "words.html")(TEXT)
    assert LINK.sub(r"\2", text) == TEXT
    found = [word for _, word in LINK.findall(text)]
    assert found == ["attention", "self-attention", "*t*-test", "encoder"]
    assert "but here <a" in text and text.count('#word-attention"') == 1


def test_references_are_not_linked() -> None:
    cells = [nbformat.v4.new_markdown_cell("## References\n\n- *Attention Is All You Need*")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    glossary.link_cells(notebook, "01", "words.html")
    assert "<a" not in notebook.cells[0].source


def test_each_word_is_used_somewhere() -> None:
    used = {anchor for name in NAMES for anchor, _ in LINK.findall(prose_of(linked(name)))}
    assert [term.term for term in terms() if term.anchor not in used] == []
