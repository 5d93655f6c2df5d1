"""Notebook 04 on a user's data and model: it works, or one line says what is needed."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from IPython import InteractiveShell

from shared import models, sections
from shared.errors import UserError

Run = Callable[..., str]
SENTENCES = pd.read_parquet(ROOT / "data" / "movies.parquet").query("split == 'train'")["text"]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """Return an IPython of this process, as a notebook's kernel has one, but faster to start."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(history_load_length=0)
    made.history_manager.enabled = False
    monkeypatch.setattr(sections, "_skipping", False)
    yield made
    InteractiveShell.clear_instance()


@pytest.fixture
def run(
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> Run:
    """Return what runs all cells of 04 with parameters, and returns what they print."""
    cells = nbformat.read(ROOT / "notebooks" / "04_evaluation.ipynb", as_version=4).cells
    first, *others = [cell.source for cell in cells if cell.cell_type == "code"]

    def run_all(**parameters: object) -> str:
        capsys.readouterr()  # what was said when model and data were made
        given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
        for source in (first, f"# Parameters\n{given}", *others):
            done = shell.run_cell(source, store_history=True)
            if isinstance(done.error_in_exec, UserError):
                raise done.error_in_exec
            assert done.success, f"{done.error_in_exec!r} in\n{source}"
        printed = capsys.readouterr()
        assert printed.err == ""
        warned = [w for w in recwarn if not issubclass(w.category, DeprecationWarning)]
        assert not warned, [str(w.message) for w in warned]  # a kernel would write to stderr
        return re.sub(r"\x1b\[.*?m", "", printed.out)

    return run_all


def user_file(folder: Path, classes: list[str], rows: int, texts: list[str] | None = None) -> str:
    """Write a file with as many rows of each class."""
    names = np.repeat(classes, rows)
    texts = texts or SENTENCES.iloc[: len(names)].tolist()
    pd.DataFrame({"text": texts, "label": names}).to_csv(folder / "mine.csv", index=False)
    return str(folder / "mine.csv")


def numbers_file(folder: Path, rows: int) -> str:
    """Write a file of texts with a number each: their length, and some noise."""
    texts = SENTENCES.iloc[:rows]
    noise = np.random.default_rng(0).normal(size=rows)
    table = pd.DataFrame({"text": texts, "label": texts.str.len() / 10 + noise})
    table.to_csv(folder / "numbers.csv", index=False)
    return str(folder / "numbers.csv")


def model_folder(folder: Path, tiny_model: Path, classes: list[str] | None) -> str:
    """Save an untrained classifier (or, without classes, regression), and its tokenizer."""
    target = folder / "model"
    models.load_classifier(str(tiny_model), classes).save_pretrained(target)
    models.load_tokenizer(str(tiny_model)).save_pretrained(target)
    return str(target)


def key(printed: str) -> str:
    return printed.strip().splitlines()[-1]


MANY = [f"class {number:02}" for number in range(12)]
CASES = {
    "the least file": (["bad", "good"], 10),
    "60 rows": (["negative", "positive"], 30),
    "dollars": (["$5 or $6", r"\$", "_ % #"], 10),
    "other scripts": (["שלום", "好评", "한국어 हिन्दी", "x" * 80], 10),
    "12 classes": (MANY, 10),
    "21 classes": (sorted(map(str, range(100, 121))), 10),
}


@pytest.mark.parametrize(("classes", "rows"), CASES.values(), ids=CASES)
def test_own_classes(
    run: Run, tmp_path: Path, tiny_model: Path, classes: list[str], rows: int
) -> None:
    folder = model_folder(tmp_path, tiny_model, sorted(classes))
    printed = run(dataset=user_file(tmp_path, classes, rows), model_folder=folder)
    result = key(printed)
    assert re.fullmatch(r"accuracy 0\.\d+ \(\S+ to \S+\), ECE \S+ → \S+", result), result
    skipped = re.findall(r"^(.*): skipped \(", printed, re.MULTILINE)
    assert skipped == ["The three seeds of section 3", "Sections 5 to 7",
                       "The behavioural tests of section 8", "Section 9"]  # fmt: skip
    assert "0.920" not in printed and "VADER's r" not in printed
