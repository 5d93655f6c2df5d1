"""The notebooks as their users run them: other parameters, own data, and bad input."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import definitions, key_line, papermill

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_own_csv_with_odd_columns_and_three_classes(
    tmp_path: Path, stars_csv: Path, tiny_model: Path
) -> None:
    done, output = papermill(
        tmp_path, dataset=stars_csv, text_column="Review Body", label_column="stars?",
        model_name=tiny_model, task="three-class", batch_size=8, learning_rate=0.001, seed=7,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("accuracy 0.")


@pytest.mark.slow
def test_regression_on_another_embedded_set(tmp_path: Path, tiny_model: Path) -> None:
    done, output = papermill(
        tmp_path, dataset="tweets", task="regression", model_name=tiny_model, train_examples=200,
        learning_rate=0.001, max_length=64,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("pearson_r ")


@pytest.mark.slow
def test_a_file_of_forty_rows_is_enough(tmp_path: Path, tiny_model: Path) -> None:
    table = pd.DataFrame({"text": [f"a text {i}" for i in range(40)], "label": ["a", "b"] * 20})
    table.to_csv(tmp_path / "few.csv", index=False)
    done, output = papermill(tmp_path, dataset="few.csv", model_name=tiny_model, batch_size=32)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "6 test texts" in key_line(output)


@pytest.mark.slow
def test_attention_with_another_bert(tmp_path: Path, tiny_model: Path) -> None:
    done, output = papermill(
        tmp_path, "01_attention", model_name=tiny_model, seed=3, n_reviews=4, train_steps=20,
        reversed_length=5, longest=512,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "3 hidden states, same to 1e-05" in key_line(output)


@pytest.mark.slow
def test_tokenization_of_gpt2s_kind(tmp_path: Path, byte_level_tokenizer: Path) -> None:
    done, output = papermill(
        tmp_path, "02_tokenization", model_name=byte_level_tokenizer, dataset="amazon", other="nyt",
        max_length=16, merges=50,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "equals the library's in 50 merges" in key_line(output)


def test_help_lists_the_parameters(tmp_path: Path) -> None:
    path = ROOT / "notebooks" / "03_fine_tuning.ipynb"
    command = [sys.executable, "-m", "papermill", "--help-notebook", str(path)]
    text = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stdout
    assert "learning_rate: float" in text
    assert "the peak, reached after warm-up" in text


def test_the_solutions_schedule_is_the_librarys() -> None:
    import torch
    from transformers import get_linear_schedule_with_warmup

    rate = definitions("03_fine_tuning.ipynb").rate
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = get_linear_schedule_with_warmup(optimizer, 7, 50)
    for step in range(50):
        assert schedule.get_last_lr()[0] == pytest.approx(rate(step, 7, 50))
        optimizer.step()
        schedule.step()
