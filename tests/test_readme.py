"""What the READMEs promise is there: commands, parameters, links and messages."""

import ast
import csv
import os
import re
import shlex
import subprocess
from pathlib import Path

import papermill
import pytest
from cells import code_cells
from conftest import ROOT

from shared.runs import artifact

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
PAGES = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "workflow/README.md", "data/README.md"]


def commands(text: str) -> list[str]:
    """Return the indented lines of a page; those that a backslash continues are joined."""
    joined = text.replace("\\\n", "")
    return [line.strip() for line in re.findall(r"^    .+$", joined, re.M)]


def parameters_of(notebook: Path) -> set[str]:
    return set(papermill.inspect_notebook(str(notebook)))


@pytest.mark.parametrize(
    "pattern", [r"^(#+) ", r"^    .+$", r"^\| `(.+?)` \|", r"\]\(((?!README|#).+?)\)"]
)
def test_the_chinese_readme_follows_the_english_one(pattern: str) -> None:
    """The same levels of headings, commands and links, in the same order."""
    found = [re.findall(pattern, text, re.M) for text in (README, CHINESE)]
    assert found[0] == found[1] != []


def test_each_section_in_chinese_has_the_same_rows_and_code() -> None:
    """Within a section the order of words differs, and Chinese may say something twice."""
    pairs = zip(*(re.split(r"^## ", text, flags=re.M) for text in (README, CHINESE)), strict=True)
    for english, chinese in pairs:
        rows = [len(re.findall(r"^(?:\||- )", text, re.M)) for text in (english, chinese)]
        assert rows[0] == rows[1], english[:40]
        ours, theirs = (set(re.findall(r"`([^`\n]+)`", text)) for text in (english, chinese))
        assert ours == theirs, (english[:40], ours ^ theirs)


@pytest.mark.parametrize("command", [c for c in commands(README) if "papermill" in c])
def test_papermill_is_given_parameters_that_are_there(command: str) -> None:
    words = shlex.split(command)
    (notebook,) = (word for word in words if word.startswith("notebooks/"))
    given = {words[i + 1] for i, word in enumerate(words) if word == "-p"}
    assert given and given <= parameters_of(ROOT / notebook)


def test_parameters_in_the_text_are_there() -> None:
    known = set.union(*map(parameters_of, NOTEBOOKS))
    named = set(re.findall(r"-p (\w+)", README))
    assert {"dataset", "model_folder", "task"} <= named <= known


def test_the_newest_model_is_a_finished_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one that was interrupted later, whose folder lies beside it."""
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))

    def build(folder: Path) -> dict[str, float]:
        (folder / "config.json").write_text("{}")
        return {}

    def interrupted(folder: Path) -> dict[str, float]:
        raise KeyboardInterrupt

    finished = artifact("fine_tuned", {"seed": 1}, build).path
    os.utime(finished, (0, 0))
    with pytest.raises(KeyboardInterrupt):
        artifact("fine_tuned", {"seed": 2}, interrupted)
    commands = set(re.findall(r'model_folder "\$\((.+?)\)"', README))
    assert len(commands) == 1
    done = subprocess.run(
        commands.pop(), shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert tmp_path / done.stdout.strip() == finished


def test_the_sample_of_a_file_has_the_columns_of_the_command_below_it() -> None:
    lines = commands(README)
    start = lines.index("body,stars")
    header, *rows = csv.reader(lines[start : start + 4])
    assert [len(row) for row in rows] == [2, 2, 2]
    command = shlex.split(lines[start + 4])
    assert [command[command.index(f"{kind}_column") + 1] for kind in ("text", "label")] == header


@pytest.mark.parametrize("page", PAGES)
def test_what_make_is_told_is_in_the_makefile(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    code = re.findall(r"`(make [^`]+)`", (ROOT / page).read_text(encoding="utf-8"))
    code += [c for c in commands((ROOT / page).read_text(encoding="utf-8")) if c[:5] == "make "]
    for command in code:
        target = command.split()[1]
        line = rf"^([\w-]+ )*{target}( [\w-]+)*:"  # one rule may make several
        assert re.search(line, makefile, re.M), f"no target {target!r}"
        for variable in re.findall(r" ([A-Z]+)=", command):
            assert f"$({variable})" in makefile, f"no variable {variable!r}"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        name, _, anchor = link.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
            names = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
            assert anchor in names, link


def literals(source: str) -> list[str]:
    """Return the texts in a program; those with values in them as the pieces between."""
    nodes = ast.walk(ast.parse(source))
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


@pytest.fixture(scope="module")
def sources() -> dict[str, list[str]]:
    """Return the texts in each file that can give a message."""
    modules = [
        p for folder in ("shared", "workflow", "data") for p in ROOT.glob(f"{folder}/**/*.py")
    ]
    return (
        {str(path): literals(path.read_text(encoding="utf-8")) for path in modules}
        | {
            path.name: literals("\n".join(cell.source for cell in code_cells(path.stem)))
            for path in NOTEBOOKS
        }
        | {"Makefile": [(ROOT / "Makefile").read_text()]}
    )


def occurs(part: str, texts: list[str]) -> bool:
    """Tell whether a text holds the part, or one ends with its beginning and one goes on."""
    return any(part in text for text in texts) or any(
        any(t.endswith(part[:i]) for t in texts) and any(t.startswith(part[i:]) for t in texts)
        for i in range(3, len(part) - 2)
    )


MESSAGES = re.findall(r"^\| `([^`]*…[^`]*|\w+Error[^`]*)` \|", README, re.M)


@pytest.mark.parametrize("message", MESSAGES)
def test_quoted_messages_are_those_of_our_code(message: str, sources: dict[str, list[str]]) -> None:
    """Between the `…` all is, word by word, in the texts of one file."""
    assert len(MESSAGES) >= 10
    parts = [part.strip(".;: ") for part in message.split("…")]
    assert max(map(len, parts)) >= 8, "too little to be recognised"
    assert any(all(occurs(part, texts) for part in parts) for texts in sources.values())
