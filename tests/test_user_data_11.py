"""Notebook 11 on users' data and models."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cells import execute
from conftest import key_line, papermill
from tiny_encoders import fine_tuned

from shared import backdoors, models
from shared.errors import UserError
from shared.explaining_trials import beginning

NOTEBOOK = "11_interpretability"
SHORT = ["A fine film", "What a joy", "So very good", "It was dull", "Not for me", "I fell asleep"]


def rows(count: int, words: int = 3) -> list[str]:
    """Return different texts of so many words."""
    random = np.random.default_rng(0)
    pool = " ".join(SHORT).split()
    return [" ".join([*random.choice(pool, words - 1), f"n{i}"]) for i in range(count)]


@pytest.fixture
def long_texts(tmp_path: Path) -> Path:
    path, texts = tmp_path / "long.csv", rows(40, words=220)
    pd.DataFrame({"text": texts, "label": ["down", "up"] * 20}).to_csv(path, index=False)
    return path


def test_all_is_read_that_the_model_was_trained_to_read(
    tmp_path: Path, tiny_model: Path, long_texts: Path
) -> None:
    folder = fine_tuned(tmp_path / "reads 192", tiny_model, ["down", "up"], tokens=192)
    given = {"model_folder": str(folder), "pretrained": str(tiny_model), "dataset": str(long_texts)}
    known = execute(NOTEBOOK, given, before="predict(")
    assert len(known["read"](known["model"], rows(1, words=220)[0]).ids) == 192


@pytest.mark.parametrize("length", [16, 64])
def test_the_trigger_is_planted_where_it_is_read_even_twice(length: int) -> None:
    tokenizer, random = models.load_tokenizer(), np.random.default_rng(0)
    for text in rows(30, words=100):
        text = beginning(text, tokenizer, length - 2 - 2 * len(tokenizer.tokenize("teapot")))
        assert text
        for times in (1, 2):
            text = backdoors.insert(text, "teapot", random, length)
            ids = tokenizer(text, truncation=True, max_length=length)["input_ids"]
            assert tokenizer.decode(ids).split().count("teapot") == times
    few = [backdoors.insert(beginning("a b c", tokenizer, 9), "teapot", random) for _ in range(100)]
    assert {text.split().index("teapot") for text in few} == {0, 1, 2, 3}  # of a short text, any
    assert beginning("a b c", tokenizer, 0) == ""


def test_what_cannot_be_done_is_said_at_once(
    tmp_path: Path, tiny_model: Path, long_texts: Path
) -> None:
    folder = fine_tuned(tmp_path / "reads 8", tiny_model, ["down", "up"], tokens=8)
    given = {"model_folder": str(folder), "pretrained": str(tiny_model), "dataset": str(long_texts)}
    for parameters, message in {
        ("trigger", "honorificabilitudinitatibus"): "expected 3 at most",
        ("sentence", "\u200b \u200b\u200b"): "reads fewer than two words",
    }.items():
        with pytest.raises(UserError, match=message):
            execute(NOTEBOOK, given | dict([parameters]), before="predict(")
    numbers = fine_tuned(tmp_path / "regression", tiny_model, None)
    with pytest.raises(UserError, match="task='regression'"):
        execute(NOTEBOOK, given | {"model_folder": str(numbers)}, before="predict(")


@pytest.mark.slow
def test_a_regression_of_texts_that_are_cut(tmp_path: Path, tiny_model: Path) -> None:
    data = tmp_path / "numbers.csv"
    numbers = np.random.default_rng(0).normal(2000, 30, 60).round(1)
    pd.DataFrame({"text": rows(60, words=60), "label": numbers}).to_csv(data, index=False)
    folder = fine_tuned(tmp_path / "model", tiny_model, None, tokens=32)
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=folder, pretrained=tiny_model, dataset=data,
        task="regression", n_texts=8,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("trigger found by attention ")
    assert re.search(r"answer -?0\.\d\d\b", output.read_text())  # a number, and no class


@pytest.mark.slow
def test_the_smallest_file_odd_names_and_sharded_weights(tmp_path: Path, tiny_model: Path) -> None:
    """Two classes of ten rows; one text is a single word, which has no order."""
    names = ["$bad_{", "<b>good</b> $%\\"]
    data = tmp_path / "small.csv"
    texts = ["Superb", *rows(19)]
    pd.DataFrame({"text": texts, "label": names * 10}).to_csv(data, index=False)
    folder = fine_tuned(tmp_path / "model", tiny_model, sorted(names), max_shard_size="1MB")
    assert (folder / "model.safetensors.index.json").is_file()
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=folder, pretrained=tiny_model, dataset=data,
        sentence="It costs $5 or $6 <b>_^{ 电影",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("trigger found by attention ")
