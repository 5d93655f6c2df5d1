"""What the READMEs say is so: commands, parameters, links, figures and messages are there."""

import ast
import csv
import importlib
import os
import re
import runpy
import shlex
import subprocess
from pathlib import Path
from types import ModuleType

import pandas as pd
import papermill
import pytest
from cells import source
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


def test_the_readme_shows_the_figures_as_they_are_saved() -> None:
    shown = re.findall(r"!\[[^]]{30,}\]\(([^)]+\.png)\)", README)
    assert len(shown) == README.count("![") == 6
    saved = dict(runpy.run_path(str(ROOT / "workflow" / "figures.py"))["figures"]())
    assert {ROOT / name for name in shown} == saved.keys()
    for path, content in saved.items():
        assert path.read_bytes() == content, f"{path.name} is old: make refresh"


def test_the_readme_names_each_notebook() -> None:
    for path in NOTEBOOKS:
        assert f"](notebooks/{path.name})" in README, path.name


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(#+) ",
        r"^    .+$",  # commands
        r"^\| `(.+?)` \|",
        r"\]\(((?!README|#).+?)\)",
        r"\| ((?:\d+ s|–) \| (?:[\d.]+ [GM]iB|–)) \|",
    ],
)
def test_the_chinese_readme_follows_the_english_one(pattern: str) -> None:
    """The same levels of headings, commands, links and numbers, in the same order."""
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


# What the section about speed quotes, in bold and in this order.
MEASURED = {
    "training": [
        "shared.training: samples/s",
        "speed-up over pad to 128",
        "speed-up over Trainer",
        "speed-up over Trainer, grouped",
        "speed-up over Trainer, grouped and frozen",
    ],
    "limit": ["share of the peak at the model's shapes"],
    "inference": [
        "throughput of int8 over eager, padded",
        "throughput of int8 over pipeline",
        "throughput of int8 over eager, sorted",
        "int8: p50",
    ],
}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the benchmarks, and with them what was measured."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "benchmarks")
    return importlib.import_module("bench")


@pytest.mark.parametrize("text", [README, CHINESE], ids=["English", "Chinese"])
def test_quoted_speeds_are_those_that_were_measured(text: str, bench: ModuleType) -> None:
    expected = []
    for part, names in MEASURED.items():
        claims = {claim.what: claim for claim in bench.claims_of(part, bench.RESULTS)}
        expected += [bench.number(claims[name].value) for name in names]
    section = text.split("tests/benchmarks/results/README.md")[1].split("\n## ")[0]
    assert re.findall(r"\*\*([\d.,]+)\*\*", section) == expected


def time_and_memory(name: str, bench: ModuleType) -> str:
    """Return a pattern of what the table says of a notebook: what was measured, or not yet."""
    collection = importlib.import_module("collection")
    table = pd.read_csv(bench.RESULTS / "collection.csv")
    times, peaks = (collection.per_notebook(table, what) for what in ("seconds", "GiB"))
    if name not in times.index:  # what `make run` shows, or a dash
        return r"(\d+ s|–) \| (\d+(\.\d)? [GM]iB|–)"
    seconds, memory = times.loc[name, collection.AT_ONCE], peaks.loc[name].max()
    return rf"{seconds:.0f} s \| {memory:.1f} GiB"


def test_the_time_and_memory_of_each_notebook_are_those_that_were_measured(
    bench: ModuleType,
) -> None:
    """The Chinese table has the same numbers, by another test."""
    for path in NOTEBOOKS:
        expected = time_and_memory(path.stem, bench)
        assert re.search(rf"notebooks/{path.name}\) .*\| {expected} \|\n", README), expected


@pytest.mark.parametrize(
    ("cells", "accepted"),
    [("– | –", True), ("12 s | 480 MiB", True), ("12 s | 0.5 GiB", True), ("soon | –", False)],
)
def test_a_notebook_that_was_not_measured_yet_may_say_so(
    cells: str, accepted: bool, bench: ModuleType
) -> None:
    expected = time_and_memory("99_your_question", bench)
    assert bool(re.fullmatch(expected, cells)) == accepted


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
    modules = [p for folder in ("shared", "workflow", "data") for p in ROOT.glob(f"{folder}/*.py")]
    return (
        {path.name: literals(path.read_text(encoding="utf-8")) for path in modules}
        | {path.name: literals(source(path)) for path in NOTEBOOKS}
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
