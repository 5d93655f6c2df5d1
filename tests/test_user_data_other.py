"""Notebooks 06, 10 and 12 with files, models and tables of users."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_encoders
from cells import code_cells, execute
from conftest import key_line, papermill

from shared.errors import UserError
from shared.membership import blind_attack

WRITING, PRIVACY, COMPARING = "06_text_generation", "10_privacy", "12_comparing_runs"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))


def write(path: str, *texts: str) -> None:
    """Write texts in two classes as CSV."""
    with Path(path).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows([text, i % 2] for i, text in enumerate(texts))


def reviews(n: int) -> list[str]:
    return [f"I liked film {i} with its {['bad', 'good'][i % 2]} story for ${i}" for i in range(n)]


# 06


def test_a_users_texts_are_not_mixed_with_embedded_ones(capsys: pytest.CaptureFixture) -> None:
    write("mine.csv", *reviews(40))
    space = execute(WRITING, {"dataset": "mine.csv"}, before="train_tokenizer(")
    assert sum(map(len, space["texts"].values())) == 40
    assert "extra: none, since the data set is yours" in capsys.readouterr().out
    space = execute(WRITING, {"dataset": "mine.csv", "extra": "tweets"}, before="train_tokenizer(")
    assert len(space["texts"]["train"]) > 1000


def test_too_little_text_to_train_on_is_said_at_once() -> None:
    write("mine.csv", *(f"ok {i}" for i in range(20)))
    with pytest.raises(UserError, match=r"have \d+ tokens, expected 128 or more to train a model"):
        execute(WRITING, {"dataset": "mine.csv"}, before="class Attention")


def test_a_decoder_without_an_end_token_is_refused() -> None:
    from transformers import AutoTokenizer

    folder = tiny_encoders.make("gpt2", Path("gpt2"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(folder)
    values = {"model_name": "gpt2", "prompt": "o", "new_tokens": 4}
    with pytest.raises(UserError, match="has no end token"):
        execute(WRITING, values, before="def texts_of")


@pytest.mark.slow
def test_the_smallest_file_goes_through_06(tmp_path: Path) -> None:
    write("mine.csv", *reviews(20))
    done, output = papermill(tmp_path, WRITING, dataset="mine.csv", epochs=1, new_tokens=8)
    assert done.returncode == 0 and done.stderr == "", done.stderr[-3000:]
    assert "on 3 test texts" in key_line(output) and '"stderr"' not in output.read_text()


# 10


def test_10_refuses_a_decoder_and_says_what_it_needs() -> None:
    tiny_encoders.make("gpt2", Path("gpt2"))
    write("mine.csv", *reviews(60))
    with pytest.raises(UserError, match=r"is of type 'gpt2': expected an encoder"):
        execute(PRIVACY, {"model_name": "gpt2"}, before="COUNTS =")
    with pytest.raises(UserError, match=r"42 texts to train on, expected 60 or more. Add texts"):
        execute(PRIVACY, {"dataset": "mine.csv"}, before="COUNTS =")


def test_10_reads_what_another_encoder_reads() -> None:
    tiny_encoders.make("roberta", Path("roberta"), tokens=64)
    space = execute(PRIVACY, {"model_name": "roberta"}, before="COUNTS =")
    (cell,) = (c.source for c in code_cells(PRIVACY) if "LONGEST =" in c.source)
    space["texts"] = ["a fox", "the dog " * 200]
    wanted = ("encoder = ", "tokenizer = ", "LONGEST = ", "x = ")
    lines = [line for line in cell.splitlines() if line.startswith(wanted)]
    exec(compile("\n".join(lines), PRIVACY, "exec"), space)
    assert space["LONGEST"] == 64
    assert space["x"].shape == (2, 32) and np.isfinite(space["x"].numpy()).all()


def test_10_takes_texts_without_words() -> None:
    area, _ = blind_attack(["! ?", "# +"] * 20, np.arange(40) % 2 == 0, seed=0)
    assert area == 1


@pytest.mark.slow
def test_the_smallest_file_and_a_roberta_go_through_10(tmp_path: Path) -> None:
    tiny_encoders.make("roberta", Path("roberta"), tokens=64)
    write("mine.csv", *reviews(92))
    done, output = papermill(
        tmp_path, PRIVACY, dataset="mine.csv", model_name="roberta", canaries=2, digits=2, heads=4,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr[-3000:]
    assert "(4 models)" in key_line(output)


# 12


@pytest.mark.slow
def test_a_table_whose_metric_is_large_and_whose_names_are_odd(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    plan = [(a, b, s) for a in ("$a_%\\", "人" * 30) for b in (1, 2) for s in range(3)]
    table = pd.DataFrame(plan, columns=["text_column", "batch", "seed"])
    table = table[~((table["batch"] == 2) & (table["seed"] == 2))]  # not all seeds in common
    table["metric_error"] = 400 * random.random(len(table))
    table["notebook"], table["trial"] = "mine.ipynb", [f"{i:012}" for i in range(len(table))]
    table["status"], table["error"], table["versions"] = "done", "", json.dumps({"torch": "2"})
    table["seconds"] = random.random(len(table)) + 5
    table.to_parquet("mine.parquet")
    done, output = papermill(
        tmp_path, COMPARING, table="mine.parquet", metric="error", row_parameter="text_column",
        column_parameter="batch", higher_is_better=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("10 trials; best text_column ")
