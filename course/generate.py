"""Write all that is generated from the lessons: figures, defaults, texts, tables of the READMEs.

    python course/generate.py

`make refresh` does the same after it has executed the notebooks.
"""

import ast
import base64
import json
import re
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import glossary
import jupytext
import nbformat
from lesson import ROOT, Lesson, lessons, lessons_and_template, tagged
from nbformat import NotebookNode
from routes import routes

from shared.errors import UserError
from shared.whole import write_whole

LANGUAGES = {"README.md": "en", "README.zh-CN.md": "zh"}
PARTS = {
    "foundations": "基础",
    "tasks": "任务",
    "open problems": "开放问题",
    "method": "方法",
    "language models": "语言模型",
}
HEADINGS = {
    "en": ("{count} notebooks", "question", "part", "time", "memory"),
    "zh": ("{count} 个笔记本", "问题", "部分", "时间", "内存"),
}
CAPTION = {"en": "{caption} ([{number}]({path})).", "zh": "{caption}（[{number}]({path})）。"}
ROUTE = {"en": "- **{name}**: {purpose}. {steps}", "zh": "- **{name}**：{purpose}。{steps}"}
ENGLISH = "（英文）"  # marks what is not translated yet


def about(lesson: Lesson) -> dict[str, Any]:
    """Return what a notebook's metadata says of it: title, question, part, and perhaps a figure.

    Raises:
        UserError: Something that the READMEs need is missing.
    """
    notebook = lesson.read()
    said = notebook.metadata.get("course", {})
    needed = {name: said.get(name, {}) for name in ("title", "question")}
    if tagged(notebook, "readme"):
        shown = said.get("figure", {})
        needed |= {f"figure.{name}": shown.get(name, {}) for name in ("alt", "caption")}
    for name, texts in needed.items():
        if not texts.get("en", "").strip():
            raise UserError(
                f"{lesson.notebook.name}: course.{name}.en is missing in the notebook's metadata:"
                " add it in JupyterLab's property inspector, under Advanced Tools."
            )
    if said.get("part") not in PARTS:
        raise UserError(
            f"{lesson.notebook.name}: course.part = {said.get('part')!r} in the notebook's"
            f" metadata: expected one of {', '.join(PARTS)}."
        )
    return said


def translated(texts: dict[str, str], language: str) -> str:
    """Return a text in a language, or the English one, marked."""
    return texts.get(language) or texts["en"] + ENGLISH


def figure(lesson: Lesson) -> bytes | None:
    """Return the saved figure of the cell tagged `readme`, if there is one."""
    for cell in tagged(lesson.read(), "readme"):
        picture = next(output.data["image/png"] for output in cell.outputs if "data" in output)
        return base64.b64decode(picture)
    return None


def defaults(lesson: Lesson) -> dict[str, Any]:
    """Return the parameters but the profile, as the cell tagged `parameters` assigns them."""
    (cell,) = tagged(lesson.read(), "parameters")
    values = {node.target.id: node.value for node in ast.parse(cell.source).body}
    return {name: ast.literal_eval(value) for name, value in values.items() if name != "profile"}


def text(notebook: NotebookNode) -> str:
    """Return a notebook's cells as Markdown, without outputs, so that a change can be reviewed."""
    bare = deepcopy(notebook)
    bare.metadata = {
        "kernelspec": notebook.metadata.kernelspec,
        "jupytext": {"notebook_metadata_filter": "-all"},
    }
    for cell in bare.cells:
        cell.metadata = {"tags": cell.metadata.tags} if "tags" in cell.metadata else {}
    return jupytext.writes(bare, fmt="md")


def row(lesson: Lesson, language: str) -> str:
    """Return a lesson's row in the table of notebooks."""
    said, measured = about(lesson), lesson.measured()
    time = memory = "–"
    if measured:
        time, memory = f"{measured['seconds']} s", f"{measured['GiB']} GiB"
    title = translated(said["title"], language)
    link = f"[{lesson.number} {title}](notebooks/{lesson.notebook.name}){colab_link(lesson)}"
    part = {"en": said["part"], "zh": PARTS[said["part"]]}[language]
    return f"| {link} | {translated(said['question'], language)} | {part} | {time} | {memory} |"


def repository() -> str:
    """Return the repository's public address, as CITATION.cff says, or nothing if it has none."""
    path = ROOT / "CITATION.cff"
    said = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(r"^repository-code: [\"']?(https://[^\s\"']+)", said, re.M)
    return found[1] if found else ""


def colab_link(lesson: Lesson) -> str:
    """Return a link that opens a notebook in Colab, or nothing while there is no address."""
    _, github, path = repository().partition("https://github.com/")
    if not github:
        return ""
    place = f"{path.removesuffix('.git')}/blob/main/notebooks/{lesson.notebook.name}"
    return f" · [Colab](https://colab.research.google.com/github/{place})"


def table_of_notebooks(language: str) -> str:
    """Return the table of notebooks with their questions, times and memory."""
    rows = [row(lesson, language) for lesson in lessons()]
    heading = " | ".join(HEADINGS[language]).format(count=len(rows))
    return "\n".join([f"| {heading} |", "|---|---|---|---:|---:|", *rows])


def table_of_figures(language: str) -> str:
    """Return the table of figures, two in a row."""
    cells = []
    for lesson in lessons():
        if figure(lesson):
            shown = about(lesson)["figure"]
            image = f"course/lessons/{lesson.name}/figure.png"
            caption = CAPTION[language].format(
                caption=translated(shown["caption"], language),
                number=lesson.number,
                path=f"notebooks/{lesson.notebook.name}",
            )
            cells.append(f"![{translated(shown['alt'], language)}]({image})<br>{caption}")
    cells += [""] * (len(cells) % 2)
    rows = [f"| {left} | {right} |" for left, right in zip(cells[::2], cells[1::2], strict=True)]
    return "\n".join(["| | |", "|---|---|", *rows])


def list_of_routes(language: str) -> str:
    """Return the routes, one on a line, with links by number."""
    return "\n".join(
        ROUTE[language].format(
            name=route.name[language],
            purpose=route.purpose[language],
            steps=" → ".join(
                f"[{lesson.number}](notebooks/{lesson.notebook.name})" for lesson, _ in route.steps
            ),
        )
        for route in routes()
    )


def routes_with_reasons() -> str:
    """Return the routes as the text of notebook 00 has them: each step with one line why."""
    parts = []
    for route in routes():
        purpose = route.purpose["en"]
        parts += [f"### {route.name['en']}", "", f"{purpose[0].upper()}{purpose[1:]}.", ""]
        parts += [
            f"{place}. [{lesson.number} {about(lesson)['title']['en']}]({lesson.notebook.name}):"
            f" {why['en']}"
            for place, (lesson, why) in enumerate(route.steps, 1)
        ]
        parts.append("")
    return "\n".join(parts).rstrip()


def with_routes(notebook: NotebookNode) -> bool:
    """Write the routes anew into a notebook that shows them; tell whether it does."""
    shown = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "<!-- routes -->\n" in cell.source:
            cell.source = between(cell.source, "routes", routes_with_reasons())
            shown = True
    return shown


def between(page: str, name: str, content: str) -> str:
    """Return a page with other content between the lines `<!-- name -->` and `<!-- end -->`.

    Raises:
        UserError: The lines are not there.
    """
    head, marker, rest = page.partition(f"<!-- {name} -->\n")
    _, end, tail = rest.partition("\n<!-- end -->")
    if not (marker and end):
        raise UserError(f"The page lacks the lines `<!-- {name} -->` and `<!-- end -->`.")
    return head + marker + content + end + tail


def speed(what: str) -> str:
    """Return a number of the benchmarks' report by the name of its row.

    Raises:
        UserError: There is no such row, or more than one.
    """
    report = (ROOT / "benchmarks" / "results" / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^\| {re.escape(what)} \| ([\d.,]+)", report, re.M)
    if len(found) != 1:
        raise UserError(f"{what!r}: expected one such row in benchmarks/results/README.md.")
    return found[0]


def filled(page: str, language: str) -> str:
    """Return a README with what stands between its markers made anew.

    A table or list stands between `<!-- routes -->`, `<!-- figures -->` or `<!-- notebooks -->` and
    `<!-- end -->`. A number
    in bold is followed by the name of its row in the benchmarks' report: `<!-- measured: … -->`.

    Raises:
        UserError: A table's markers are not there.
    """
    tables = {
        "routes": list_of_routes, "figures": table_of_figures, "notebooks": table_of_notebooks
    }  # fmt: skip
    for name, table in tables.items():
        page = between(page, name, table(language))
    if address := repository():
        page = re.sub(r'(?<=REPOSITORY = ")[^"]*', address, page)
    return re.sub(
        r"\*\*[^*]*\*\*<!-- measured: (.+?) -->",
        lambda found: f"**{speed(found[1])}**<!-- measured: {found[1]} -->",
        page,
    )


def generated() -> dict[Path, bytes]:
    """Return the path and content of each generated file, as the lessons are now."""
    files: dict[Path, bytes] = {}
    known = {lesson.name: defaults(lesson) for lesson in lessons_and_template()}
    files[ROOT / "notebooks" / "published.json"] = (json.dumps(known, indent=1) + "\n").encode()
    for lesson in lessons_and_template():
        notebook = lesson.read()
        if with_routes(notebook):
            files[lesson.notebook] = (nbformat.writes(notebook) + "\n").encode()
        files[lesson.folder / "notebook.md"] = text(notebook).encode()
        if picture := figure(lesson):
            files[lesson.folder / "figure.png"] = picture
    files[ROOT / glossary.PAGE] = glossary.page().encode()
    for name, language in LANGUAGES.items():
        page = (ROOT / name).read_text(encoding="utf-8")
        files[ROOT / name] = filled(page, language).encode()
    return files


def write_changed() -> list[Path]:
    """Write the generated files that are not as they should be; return their paths."""
    changed = [
        (path, content)
        for path, content in generated().items()
        if not path.exists() or path.read_bytes() != content
    ]
    for path, content in changed:
        write_whole(path, content)
    return [path for path, _ in changed]


def main() -> int:
    """Write what has changed, and say so; return the exit status."""
    try:
        for path in write_changed():
            print("written:", path.relative_to(ROOT))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
