"""Notebook 08 on users' data and models."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cells import execute
from conftest import definitions, key_line, papermill
from scipy import stats
from tiny_encoders import fine_tuned, make

from shared.errors import UserError

NOTEBOOK = "08_efficient_models"
BEGINS = "class Variant"  # the first cell that takes long


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the smallest file that is taken: two classes of ten rows."""
    random, path = np.random.default_rng(0), tmp_path / "$small$.csv"
    words = ["a", "fine", "film", "it", "was", "dull", "not", "for", "me", "at", "all", "so"]
    texts = [" ".join([*random.choice(words, 60), f"n{i}"]) for i in range(20)]
    pd.DataFrame({"text": texts, "label": ["$down", "_up$"] * 10}).to_csv(path, index=False)
    return path


def test_parts_of_pearsons_r_have_its_mean_and_its_error() -> None:
    notebook, random = definitions(f"{NOTEBOOK}.ipynb"), np.random.default_rng(0)
    notebook.quality.__globals__["labels"] = None
    truth = random.normal(7, 3, 20000)
    logits = (truth + random.normal(0, 2, len(truth)))[:, None].astype(np.float32)
    parts, r = notebook.quality(logits, truth), stats.pearsonr(logits[:, 0], truth).statistic
    assert parts.mean() == pytest.approx(r, abs=1e-6)
    assert parts.std() == pytest.approx(1 - r**2, rel=0.05)  # its error times the root of n
    assert (notebook.quality(0 * logits, truth) == 0).all()  # the same number for every text


@pytest.mark.parametrize(
    ("asked", "trained_with", "positions", "read"),
    [(0, 40, 64, 40), (0, 512, 64, 64), (48, 40, 64, 48), (200, 512, 64, 64)],
)
def test_the_folder_says_how_much_is_read(
    tmp_path: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    asked: int,
    trained_with: int,
    positions: int,
    read: int,
) -> None:
    base = make("bert", tmp_path / "base", positions)
    folder = fine_tuned(tmp_path / "model", base, ["$down", "_up$"], trained_with)
    known = execute(
        NOTEBOOK,
        {"model_folder": str(folder), "base_model": str(base), "dataset": str(file)}
        | {"max_length": asked},
        before=BEGINS,
    )
    assert known["LENGTH"] == read
    assert ("longer texts are cut" in capsys.readouterr().out) == (asked > positions)


def test_a_base_model_that_does_not_fit_is_refused(
    tmp_path: Path, file: Path, tiny_model: Path
) -> None:
    short = make("bert", tmp_path / "short", 64)
    folder = fine_tuned(tmp_path / "model", make("bert", tmp_path / "long"), ["$down", "_up$"])
    for base in (short, tiny_model):  # too few positions; another vocabulary
        given = {"model_folder": str(folder), "base_model": str(base), "dataset": str(file)}
        with pytest.raises(UserError, match=r"vocabulary than .* than its 512 tokens: name the"):
            execute(NOTEBOOK, given, before=BEGINS)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["auto", "regression"])
def test_the_smallest_file_and_texts_that_are_cut(tmp_path: Path, file: Path, task: str) -> None:
    if task == "regression":  # large numbers: what must be equal is so up to rounding
        table = pd.read_csv(file)
        numbers = np.random.default_rng(0).normal(2000, 30, len(table)).round(1)
        table.assign(label=numbers).to_csv(file, index=False)
    base = make("bert", tmp_path / "base", 64)
    labels = ["$down", "_up$"] if task == "auto" else None
    folder = fine_tuned(tmp_path / "model", base, labels, max_shard_size="50KB")
    assert (folder / "model.safetensors.index.json").is_file()
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=folder, base_model=base, dataset=file, task=task,
        batch_size=1,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("int8 in sorted batches: ")
