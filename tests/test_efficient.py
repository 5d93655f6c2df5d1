"""Notebook 08: its arithmetic against known answers, its exercises, own models, and bad input."""

import json
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from conftest import ROOT, assert_stopped, definitions, key_line, papermill

NOTEBOOK = "08_efficient_models"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


def test_the_front_keeps_what_nothing_beats(notebook: SimpleNamespace) -> None:
    random = np.random.default_rng(0)
    cost, quality = random.integers(0, 9, 40), random.integers(0, 9, 40)
    for point, kept in enumerate(notebook.front(cost, quality)):
        beaten = any(
            cost[other] <= cost[point]
            and quality[other] >= quality[point]
            and (cost[other] < cost[point] or quality[other] > quality[point])
            for other in range(40)
        )
        assert kept != beaten


def test_saturation_begins_above_seven_bits(notebook: SimpleNamespace) -> None:
    for top in (1, 63, 64, 65, 127):
        for sign in (1, -1):
            x, w = np.full((1, 4), 255), np.full((4, 1), sign * top)
            got = notebook.saturating_product(x, w)
            assert (got == x @ w).all() == (top <= 64), (top, sign)


def test_the_loss_is_zero_for_equal_answers_and_ignores_absent_labels(
    notebook: SimpleNamespace,
) -> None:
    z, y = torch.randn(6, 3), torch.tensor([0, 1, 2, -100, -100, 0])
    soft = notebook.distillation_loss(z, z + 5, y, 3.0, alpha=0.0)
    assert soft.abs() < 1e-6  # a constant added to all logits changes nothing
    hard = notebook.distillation_loss(z, z, y, 3.0, alpha=1.0)
    labelled = torch.nn.functional.cross_entropy(z[y >= 0], y[y >= 0], reduction="sum")
    torch.testing.assert_close(hard, labelled / 6)


def test_a_gain_is_paired(notebook: SimpleNamespace) -> None:
    rows = np.random.default_rng(0).random((3, 500)) < 0.8
    assert notebook.gain_of(rows, rows) == (0, 0, 0)
    better = rows.copy()
    better[:, :50] = True
    mean, low, high = notebook.gain_of(better, rows)
    assert mean == pytest.approx(better.mean() - rows.mean())
    assert 0 < low < mean < high


def test_integers_hold_zero_exactly(notebook: SimpleNamespace) -> None:
    for values in ([0.5, 2.0], [-3.0, -1.0], [-1.0, 0.3]):
        q, scale, zero = notebook.to_uint8(np.array(values, dtype=np.float32))
        assert 0 <= zero <= 255
        assert q.min() >= 0
        assert q.max() <= 255
        assert np.abs((q - zero) * scale - values).max() <= scale


# The exercises: parts of a function, right and wrong, and what must be said to the wrong ones.
# fmt: off
SAVED = "s = 1/before - 1/after; "
LEAST = "min(a * b, r * (a + b))"
LINE = "r * (a + b) for a, b in shapes"
BY_LENGTH = "np.argsort(lengths).tolist()"
COUNTED = "(len(groups[-1]) + 1) * lengths[index] > budget"
IN_ANY_ORDER = "(len(groups[-1]) + 1) * max(lengths[i] for i in [*groups[-1], index]) > budget"
UNPADDED = "sum(lengths[i] for i in groups[-1]) + lengths[index] > budget"
ROUNDED = "s * np.clip(np.rint(w / s), -top, top) - w"
FUNCTIONS = {
    "break_even": "def break_even(once, before, after):\n    {}",
    "lora_numbers": "def lora_numbers(shapes, r):\n    return {}",
    "token_batches": """
def token_batches(lengths, budget):
    groups = {2}
    for index in {0}:
        if not groups or {1}:
            groups.append([])
        groups[-1].append(index)
    return groups{3}
""",
    "clipped_scale": """
def clipped_scale(w, top):
    def error(s):
        return {}
    return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
}
EXERCISES = [
    ("break_even", [SAVED + "return -int(-once // s) if s > 0 else None"], ""),
    ("break_even", ["return int(once / max(1e-9, 1/before - 1/after))"], "the same rate saves"),
    ("break_even", [SAVED + "return int(once / s) + 1 if s else None"], "slower never pays"),
    ("break_even", [SAVED + "return once / s if s > 0 else None"], "a whole number of texts"),
    ("break_even", ["return 1200 if after > before else None"], "subtract the times"),
    ("break_even", ["return int(once * 100) if after > before else None"], "has not yet paid"),
    ("break_even", ["return 10**6 if after > before else None"], "more than it takes"),
    ("lora_numbers", [f"sum({LEAST} for a, b in shapes)"], ""),
    ("lora_numbers", ["sum(a * b for a, b in shapes)"], "that is the whole matrix"),
    ("lora_numbers", ["sum(r * a for a, b in shapes)"], "B has 10 numbers, A has 20"),
    ("lora_numbers", [f"max({LEAST} for a, b in shapes)"], "each has its own A and B"),
    ("lora_numbers", [f"sum({LINE})"], "train the matrix itself"),
    ("lora_numbers", [f"min(sum(a * b for a, b in shapes), sum({LINE}))"], "for each matrix"),
    ("token_batches", [BY_LENGTH, COUNTED, "[]", ""], ""),
    ("token_batches", ["range(len(lengths))", IN_ANY_ORDER, "[]", ""], "is padding"),
    ("token_batches", [BY_LENGTH, UNPADDED, "[]", ""], "count texts × the longest"),
    ("token_batches", ["sorted(lengths)", "True", "[]", ""], "each index once"),
    ("token_batches", [BY_LENGTH, "True", "[]", ""], "fill each one"),
    ("token_batches", [BY_LENGTH, COUNTED, "[]", " + [[]]"], "an empty batch"),
    ("clipped_scale", [f"(({ROUNDED}) ** 2).mean()"], ""),
    ("clipped_scale", ["-s"], "no better than the largest"),
    ("clipped_scale", [f"(({ROUNDED}) ** 4).mean()"], "is the error squared"),
    ("clipped_scale", ["s * np.ones(2)\n    return np.linspace(0.1, 1, 9)"], "return one number"),
]
# fmt: on


@pytest.mark.parametrize(("function", "parts", "message"), EXERCISES)
def test_the_exercises_tell_what_is_wrong(function: str, parts: list[str], message: str) -> None:
    cells = nbformat.read(ROOT / "notebooks" / f"{NOTEBOOK}.ipynb", as_version=4).cells
    place = next(i for i, cell in enumerate(cells) if f"def {function}(" in cell.source)
    assert cells[place].metadata["tags"] == ["solution"]
    namespace: dict[str, object] = {"np": np}
    exec(FUNCTIONS[function].format(*parts), namespace)
    if message:
        with pytest.raises(AssertionError, match=message):
            exec(cells[place + 1].source, namespace)
    else:
        exec(cells[place + 1].source, namespace)


def test_own_classifier_of_three_classes(
    tmp_path: Path, classifier: Path, stars_csv: Path, tiny_model: Path
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=classifier, base_model=tiny_model, dataset=stars_csv,
        text_column="Review Body", label_column="stars?", task="three-class", unlabelled="nyt",
        max_length=40, batch_size=7, threads=1, lora_rank=2, seed=5, try_compile=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("int8 in sorted batches: ")
    text = output.read_text()
    assert "torch.compile was not measured: switched off" in text
    assert "batches of 1, 3 and 7: logits within 0.0001" in text


BAD = {
    "no folder": ({"model_folder": "nowhere"}, "there is no such folder"),
    "no base": ({"base_model": "./nowhere"}, "model_name = './nowhere': there is no such folder"),
    "another kind": ({"model_folder": "OTHER KIND"}, "expected a model of type 'bert', it is"),
    "labels": ({"dataset": "movies"}, "has the labels {0: 'so so'"),
    "rank": ({"lora_rank": 0}, "lora_rank = 0: expected from 1 to 256"),
    "unlabelled": ({"unlabelled": "stars"}, "unlabelled = 'stars': expected one of 'movies'"),
    "regression": ({"task": "regression"}, "expected one of 'auto', 'binary', 'three-class'"),
    "misspelt": ({"thread": 2}, "Did you mean 'threads'?"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_stops_the_notebook_before_anything_long(
    tmp_path: Path, classifier: Path, stars_csv: Path, tiny_model: Path, case: str
) -> None:
    changes, message = BAD[case]
    if changes.get("model_folder") == "OTHER KIND":
        changes = {"model_folder": other_kind(classifier, tmp_path / "other")}
    own = {"model_folder": classifier, "base_model": tiny_model, "dataset": stars_csv}
    own |= {"text_column": "Review Body", "label_column": "stars?"}
    if changes.get("dataset") == "movies":
        own |= {"text_column": "text", "label_column": "label"}
    done, output = papermill(tmp_path, NOTEBOOK, **{**own, **changes})
    assert_stopped(done, output, message, before="Benchmark(texts")


def other_kind(classifier: Path, folder: Path) -> Path:
    """Return a sound classifier that is no BERT."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    from shared.models import load_tokenizer

    names = json.loads((classifier / "config.json").read_text())["id2label"]
    config = DistilBertConfig(
        dim=16, n_layers=1, n_heads=2, hidden_dim=16,
        id2label={int(i): n for i, n in names.items()},
        label2id={n: int(i) for i, n in names.items()},
    )  # fmt: skip
    DistilBertForSequenceClassification(config).save_pretrained(folder)
    load_tokenizer().save_pretrained(folder)
    return folder
