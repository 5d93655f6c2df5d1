"""Contracts that every notebook keeps, and proof that a notebook which breaks one is caught."""

import ast
import copy
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def has_assertion(cell: NotebookNode) -> bool:
    return bool(re.search(r"\bassert\b|\bassert_\w+\(", cell.source))


def typed_and_commented_parameters(notebook: NotebookNode) -> None:
    first, second = code_cells(notebook)[:2]
    assert tagged(first, "parameters"), "the first code cell is not tagged `parameters`"
    lines = first.source.splitlines()
    for line, node in zip(lines, ast.parse(first.source).body, strict=True):
        assert isinstance(node, ast.AnnAssign), f"not typed: {line}"
        assert "  # " in line, f"not commented: {line}"
    checked = re.search(r"check_parameters\(\s*globals\(\)", second.source)
    assert checked, "the parameters are not checked next"
    assert 'profile: str = "quick"' in first.source


def executed_in_order(notebook: NotebookNode) -> None:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "not run top to bottom on a fresh kernel"


def no_error_and_nothing_on_stderr(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error", f"error in: {cell.source[:60]}"
            assert output.get("name") != "stderr", f"stderr: {output.text[:200]}"


def nothing_of_this_machine(notebook: NotebookNode) -> None:
    pictures = r"'image/png': '[^']*'|;base64,[A-Za-z0-9+/=]*"
    texts = [
        re.sub(pictures, "", str(output))
        for cell in code_cells(notebook)
        for output in cell.outputs
    ]
    for text in [*texts, *(cell.source for cell in notebook.cells)]:
        found = re.search(r"(?<![\w.])/(home|root|Users|tmp|work|usr)/\w+|[A-Z]:\\\\", text)
        assert not found, f"absolute path: {found}"
        assert not re.search(r"hf_[A-Za-z0-9]{20,}", text), "a token"


def nothing_that_differs_each_time(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        assert "execution" not in cell.metadata, f"times of execution: {cell.source[:60]}"
    assert "widgets" not in notebook.metadata, "a widget's state, with random names"


def figures_have_alt_text(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert len(alt) > 30, f"no alternative text: {cell.source[-80:]}"
            for image in re.findall("<img [^>]*>", output.get("data", {}).get("text/html", "")):
                alt = re.search('alt="([^"]*)"', image)
                assert alt and len(alt[1]) > 30, f"no alternative text: {cell.source[-80:]}"


def ignored_cells_are_followed_by_an_assertion(notebook: NotebookNode) -> None:
    cells = code_cells(notebook)
    for index, cell in enumerate(cells):
        if tagged(cell, "nbval-ignore-output"):
            near = cells[index : index + 3]
            assert any(map(has_assertion, near)), f"unchecked: {cell.source[:80]}"


def no_cell_escapes_checking(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        for tag in ("nbval-skip", "raises-exception"):
            assert not tagged(cell, tag), f"{tag}: {cell.source[:60]}"
        assert "# NBVAL" not in cell.source


def one_key_result(notebook: NotebookNode) -> None:
    cells = [cell for cell in code_cells(notebook) if tagged(cell, "key-result")]
    assert len(cells) == 1
    assert len(cells[0].outputs[0].text.strip().splitlines()) == 1


def has_the_sections_of_our_style(notebook: NotebookNode) -> None:
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for heading in ("# ", "## Summary", "## Exercises", "## References"):
        assert re.search(rf"^{heading}", prose, re.MULTILINE), f"no {heading!r}"
    assert sum(tagged(cell, "solution") for cell in code_cells(notebook)) >= 3


def has_slides(notebook: NotebookNode) -> None:
    """From 8 to 40, as JupyterLab's property inspector sets them; no solution is on one."""
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in notebook.cells]
    assert kinds[0] == "slide", f"{kinds[0]}: choose the slides, as CONTRIBUTING says"
    assert 8 <= sum(kind in ("slide", "subslide") for kind in kinds) <= 40
    solved = [tagged(cell, "solution") for cell in notebook.cells]
    assert {kind for kind, ours in zip(kinds, solved, strict=True) if ours} == {"skip"}


def says_its_question(notebook: NotebookNode) -> None:
    said = notebook.metadata.get("course", {}).get("question", {})
    assert said.get("en", "").endswith("?"), "metadata course.question.en: expected a question"


CONTRACTS = [
    typed_and_commented_parameters,
    executed_in_order,
    no_error_and_nothing_on_stderr,
    nothing_of_this_machine,
    nothing_that_differs_each_time,
    figures_have_alt_text,
    ignored_cells_are_followed_by_an_assertion,
    no_cell_escapes_checking,
    one_key_result,
    has_the_sections_of_our_style,
    has_slides,
    says_its_question,
]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_contract(path: Path, contract: Callable[[NotebookNode], None]) -> None:
    contract(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_first_cells_can_be_run_again_and_the_claims_are_on(path: Path) -> None:
    """Change a parameter, run the first two cells again: the commonest act of a learner."""
    sources = [cell.source for cell in code_cells(nbformat.read(path, as_version=4))]
    namespace = {"__name__": "__main__", "In": ["", *sources]}  # as after the last cell
    for source in sources[:2]:
        exec(compile(source, path.stem, "exec"), namespace)
    given = namespace["PARAMETERS"]
    assert given.as_published, f"{given.changed} is not in published.json: make refresh"
    exec(sources[0].replace("seed: int = 0", "seed: int = 5"), namespace)
    exec(sources[1], namespace)
    assert namespace["PARAMETERS"].changed == {"seed"} & given.values.keys()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_cells_can_be_run_in_order_twice(path: Path) -> None:
    """In one kernel: all, the first two again, and all again."""
    notebook = nbformat.read(path, as_version=4)
    cells = code_cells(notebook)
    notebook.cells = [copy.deepcopy(cell) for cell in (*cells, *cells[:2], *cells)]
    NotebookClient(notebook, timeout=-1, resources={"metadata": {"path": path.parent}}).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_size(path: Path) -> None:
    assert path.stat().st_size < 1_500_000


def break_type(n: NotebookNode) -> None:
    code_cells(n)[0].source = code_cells(n)[0].source.replace(": str", "", 1)


def break_order(n: NotebookNode) -> None:
    code_cells(n)[3].execution_count = 99


def break_output(n: NotebookNode) -> None:
    code_cells(n)[2].outputs = [nbformat.v4.new_output("error", ename="E", evalue="x")]


def break_path(n: NotebookNode) -> None:
    code_cells(n)[2].outputs = [nbformat.v4.new_output("stream", text="see /home/me/x")]


def break_times(n: NotebookNode) -> None:
    code_cells(n)[0].metadata["execution"] = {"iopub.status.busy": "2026-11-24T17:27:27.685374Z"}


def break_alt(n: NotebookNode) -> None:
    code_cells(n)[2].outputs = [nbformat.v4.new_output("display_data", data={"image/png": "iVBO"})]


def break_ignored(n: NotebookNode) -> None:
    n.cells += [nbformat.v4.new_code_cell("1", metadata={"tags": ["nbval-ignore-output"]})]


def break_skip(n: NotebookNode) -> None:
    n.cells[-1].metadata["tags"] = ["nbval-skip"]
    n.cells += [nbformat.v4.new_code_cell("1", metadata={"tags": ["nbval-skip"]})]


def break_key(n: NotebookNode) -> None:
    n.cells = [cell for cell in n.cells if not tagged(cell, "key-result")]


def break_section(n: NotebookNode) -> None:
    n.cells = [cell for cell in n.cells if "## Summary" not in cell.source]


def break_slides(n: NotebookNode) -> None:
    next(cell for cell in n.cells if tagged(cell, "solution")).metadata["slideshow"] = {}


def break_question(n: NotebookNode) -> None:
    del n.metadata["course"]


BREAKS = [
    break_type,
    break_order,
    break_output,
    break_path,
    break_times,
    break_alt,
    break_ignored,
    break_skip,
    break_key,
    break_section,
    break_slides,
    break_question,
]


@pytest.mark.parametrize(
    ("contract", "spoil"),
    list(zip(CONTRACTS, BREAKS, strict=True)),
    ids=[contract.__name__ for contract in CONTRACTS],
)
def test_each_contract_catches_a_broken_notebook(
    contract: Callable[[NotebookNode], None], spoil: Callable[[NotebookNode], None]
) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "03_fine_tuning.ipynb", as_version=4)
    contract(notebook)
    spoil(notebook)
    with pytest.raises(AssertionError):
        contract(notebook)


@pytest.mark.parametrize(
    ("source", "saved", "passes"),
    [("print(6 * 7)", "42\n", True), ("print(6 * 7)", "43\n", False), ("1 / 0", "", False)],
)
def test_nbval_compares_saved_outputs(
    pytester_like: Callable[[NotebookNode], int], source: str, saved: str, passes: bool
) -> None:
    outputs = [nbformat.v4.new_output("stream", text=saved)] if saved else []
    cell = nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=1)
    spec = {"name": "python3", "display_name": "Python 3"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec})
    assert (pytester_like(notebook) == 0) is passes


@pytest.fixture
def pytester_like(tmp_path: Path) -> Callable[[NotebookNode], int]:
    import subprocess
    import sys

    def run(notebook: NotebookNode) -> int:
        nbformat.write(notebook, tmp_path / "sample.ipynb")
        command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
        return subprocess.run([*command, "-p", "no:cacheprovider", "sample.ipynb"], cwd=tmp_path,
                              capture_output=True).returncode  # fmt: skip

    return run
