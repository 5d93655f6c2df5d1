"""The course's words: `glossary.tsv` is their only home; pages and links are made from it.

`GLOSSARY.md` is written by `generate.py`. The site and the course materials link the first use of
each word in a notebook to its page, with the sentence as a tooltip; the notebooks stay as they are.
"""

import csv
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from lesson import lessons
from nbformat import NotebookNode

from shared.errors import UserError

SOURCE = Path(__file__).with_name("glossary.tsv")
PAGE = "GLOSSARY.md"
COLUMNS = ("term", "chinese", "found as", "taught in", "sentence")
HEAD = """# Words

<!-- Written by course/generate.py from course/glossary.tsv. -->

{count} words of the course, each with its Chinese name, one sentence, and the section that teaches
it. In the site and in the course materials, the first use of each word in a notebook leads here.
"""
# What is not prose: code, formulas, links and what they say, tags, comments, headings, addresses.
NOT_PROSE = re.compile(
    r"""^(`{3,}|~{3,}).*?^\1[ \t]*$ | (?<!`)(`+)(?!`).*?(?<!`)\2(?!`)
    | (?<!\\)\$\$.*?\$\$ | (?<!\\)\$[^$]+\$ | \\begin\{(\w+\*?)\}.*?\\end\{\3\}
    | !?\[(?:[^\[\]]|\[[^\]]*\])*\]\([^)]*\)
    | <(a|summary|code|pre)\b.*?</\4> | <!--.*?--> | <[^>]+> | ^\#.*?$ | https?://\S+""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class Term:
    """A word of the course.

    Attributes:
        term: As the field says it.
        chinese: The same in Chinese.
        forms: How prose writes it, in the singular, and the numbers of the notebooks in which
            that means this word; of no number, in all.
        taught: The number of a notebook and a heading of it, such as `("01", "2 · Masks")`.
        sentence: What it means.
    """

    term: str
    chinese: str
    forms: tuple[tuple[str, frozenset[str]], ...]
    taught: tuple[str, str]
    sentence: str

    @property
    def anchor(self) -> str:
        """The name of its place on a page."""
        letters = re.sub(r"[^a-z0-9]+", "-", self.term.casefold().replace("×", "times"))
        return f"word-{letters.strip('-')}"


def order(term: Term) -> str:
    """Return what the alphabetical order goes by."""
    return term.term.casefold()


@cache
def terms() -> tuple[Term, ...]:
    """Read the words, in the order of the file.

    Raises:
        UserError: A row has other columns, or an empty one that must be filled.
    """
    with SOURCE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = []
    for line, row in enumerate(rows, start=2):
        if tuple(row) != COLUMNS or not all(row[name] for name in COLUMNS if name != "found as"):
            raise UserError(
                f"{SOURCE.name}, line {line}: {list(row.values())}: expected the columns"
                f" {', '.join(COLUMNS)}, all but `found as` filled, with a tab between them."
            )
        number, _, heading = row["taught in"].partition(" ")
        written = (form.split("@") for form in (row["found as"] or row["term"]).split("; "))
        forms = tuple((form, frozenset(numbers)) for form, *numbers in written)
        found.append(Term(row["term"], row["chinese"], forms, (number, heading), row["sentence"]))
    return tuple(found)


def headings(notebook: NotebookNode) -> list[str]:
    """Return a notebook's headings of the first three levels, as they are written."""
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    fences = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
    return [
        heading
        for text in texts
        for heading in re.findall(r"^#{1,3} (.+)$", fences.sub("", text), re.MULTILINE)
    ]


def slug(heading: str) -> str:
    """Return the name that a heading has on GitHub and in MyST."""
    return re.sub(r"[^\w\u4e00-\u9fff\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def pattern(number: str) -> tuple[re.Pattern[str], dict[str, Term]]:
    """Return an expression that finds the words in a notebook, and which forms are whose."""
    whose: dict[str, Term] = {}
    for term in terms():
        for form, numbers in term.forms:
            if not numbers or number in numbers:
                for written in (form, form[0].upper() + form[1:]):
                    whose.setdefault(written, term)
    longest = sorted(whose, key=lambda form: (-len(form), form))
    forms = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in longest)
    # An emphasis is taken whole: *t*-test, but not the inner stars of a bold word.
    return re.compile(rf"(?<![\w\-–])(?<!\*(?=\*))({forms})(?:es|s)?(?![\w\-–]|\*\w)"), whose


def prose(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a Markdown text in order, and whether each is prose."""
    end = 0
    for found in NOT_PROSE.finditer(text):
        yield text[end : found.start()], True
        yield found[0], False
        end = found.end()
    yield text[end:], True


def linker(number: str, page: str) -> Callable[[str], str]:
    """Return what links, in one text after the other, the first use of each word.

    Args:
        number: Of the notebook.
        page: The address of the page of words, seen from where the texts will stand.
    """
    seen: set[Term] = set()
    expression, whose = pattern(number)

    def link(found: re.Match[str]) -> str:
        term = whose[" ".join(found[1].split())]
        if term in seen:
            return found[0]
        seen.add(term)
        title = html.escape(" ".join(term.sentence.split()))
        return f'<a class="word" href="{page}#{term.anchor}" title="{title}">{found[0]}</a>'

    return lambda text: "".join(
        expression.sub(link, part) if is_prose else part for part, is_prose in prose(text)
    )


def link_cells(notebook: NotebookNode, number: str, page: str) -> None:
    """Link the first use of each word in a notebook's texts, up to its references, in place."""
    link = linker(number, page)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if cell.source.startswith("## References"):
                return
            cell.source = link(cell.source)


def places() -> dict[str, str]:
    """Return the names of the notebooks by number."""
    return {lesson.number: lesson.name for lesson in lessons()}


def where(term: Term) -> str:
    """Return where a word is taught, to be read: `01 · 2 · Masks`, or a notebook's whole title."""
    number, heading = term.taught
    return heading if heading.startswith(number) else f"{number} · {heading}"


def letters() -> Iterator[tuple[str, list[Term]]]:
    """Yield the first letters and their words."""
    for letter, group in groupby(terms(), key=lambda term: order(term)[0].upper()):
        yield letter, list(group)


def page() -> str:
    """Return the page of words, in Markdown."""
    names, lines = places(), [HEAD.format(count=len(terms()))]
    for letter, group in letters():
        lines.append(f"## {letter}\n")
        for term in group:
            number, heading = term.taught
            link = f"notebooks/{names[number]}.ipynb#{slug(heading)}"
            lines.append(
                f'<a id="{term.anchor}"></a>**{term.term}** ({term.chinese}).'
                f" {term.sentence} [{where(term)}]({link})\n"
            )
    return "\n".join(lines)
