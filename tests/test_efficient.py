"""Notebook 08: its arithmetic against known answers, own models, and bad input."""

import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import definitions, key_line, papermill
from tiny_encoders import make

from shared import models, onnx_models, smaller, timing

NOTEBOOK = "08_efficient_models"


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    return definitions(f"{NOTEBOOK}.ipynb")


def test_saturation_begins_above_seven_bits(notebook: SimpleNamespace) -> None:
    for top in (1, 63, 64, 65, 127):
        for sign in (1, -1):
            x, w = np.full((1, 4), 255), np.full((4, 1), sign * top)
            got = notebook.saturating_product(x, w)
            assert (got == x @ w).all() == (top <= 64), (top, sign)


def test_the_loss_is_zero_for_equal_answers(notebook: SimpleNamespace) -> None:
    z = torch.randn(6, 3)
    assert notebook.distillation_loss(z, z + 5, 3.0).abs() < 1e-6  # a constant changes nothing
    assert notebook.distillation_loss(z, -z, 3.0) > 0.01


def test_a_gain_is_paired(notebook: SimpleNamespace) -> None:
    rows = np.random.default_rng(0).random(500) < 0.8
    assert notebook.gain_of(rows, rows) == (0, 0, 0)
    better = rows.copy()
    better[:50] = True
    mean, low, high = notebook.gain_of(better, rows)
    assert mean == pytest.approx(better.mean() - rows.mean())
    assert 0 < low < mean < high


def test_a_race_answers_each_text_once_in_order(notebook: SimpleNamespace) -> None:
    notebook.race.__globals__.update(seed=0, batch_size=4)
    texts = [str(n) for n in range(22)]

    def answer(given: list[str]) -> np.ndarray:
        return np.array(given, dtype=float)[:, None]

    raced = {"all": notebook.Variant(answer), "some": notebook.Variant(answer, timed=2)}
    notebook.race(raced, texts, rounds=3)
    assert np.concatenate(raced["all"].logits)[:, 0].tolist() == list(range(22))
    assert [len(part) for part in raced["some"].logits] == [2, 2, 2]
    assert len(raced["all"].rate) == len(raced["some"].rate) == 3


def test_groups_of_four_bits_are_read_as_the_runtime_computes(tmp_path: Path) -> None:
    w = np.random.default_rng(0).normal(size=(64, 8)).astype("f4")
    product = onnx_models.saved(onnx_models.one_product(w), tmp_path / "f.onnx")
    file = onnx_models.to_4_bits(product, tmp_path / "q.onnx")
    parts = onnx_models.packed(file)
    numbers = np.stack([parts["bytes"] & 15, parts["bytes"] >> 4], -1).reshape(8, 2, 32)
    zeros = parts["zeros"].reshape(8, 1)
    zeros = np.concatenate([zeros & 15, zeros >> 4], 1)[..., None].astype(int)
    read = ((numbers - zeros) * parts["scales"].reshape(8, 2, 1)).reshape(8, 64).T
    assert np.abs(read - w).max() < 0.51 * parts["scales"].max()
    got = onnx_models.run_product(file, np.eye(64, dtype="f4"))
    np.testing.assert_allclose(got, read, atol=0.02)  # inputs are rounded to 8 bits


def test_fewer_bits_leave_the_model_as_it_was(tmp_path: Path) -> None:
    model = models.load_classifier(str(make("bert", tmp_path / "base")), ["a", "b"])
    before = [p.clone() for p in model.parameters()]
    rounded = smaller.fewer_bits(model, 2, 32)
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True))
    words = rounded.base_model.get_input_embeddings().weight
    assert all(len(set(group.tolist())) <= 4 for group in words.reshape(-1, 32))


def test_students_learn_what_can_be_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    briefly = partial(smaller.student_of_no_layer, steps=200)
    monkeypatch.setattr(smaller, "student_of_no_layer", briefly)
    random = np.random.default_rng(0)
    parts = {}
    for name, n in {"taught": 600, "free": 800, "validation": 200, "test": 200}.items():
        x = random.normal(size=(n, 32)).astype("f4")
        parts |= {f"{name} x": x, f"{name} y": np.searchsorted([-0.8, -0.2, 0.2, 0.8], x[:, 0])}
    for name in ("free", "test"):
        parts[f"{name} z"] = 9 * np.eye(5, dtype="f4")[parts[f"{name} y"]]
    found = smaller.students(parts, seeds=1)
    assert set(found["teacher"]) == {"0"}
    assert "600 labels" in found["off"]  # those of the teacher
    off = {name: np.mean([int(c) for c in rows[0]]) for name, rows in found["off"].items()}
    assert max(off.values()) < 0.7 < found["middle"]


def test_arms_are_compared_on_the_same_texts_and_seeds() -> None:
    base = np.random.default_rng(0).integers(5, size=(3, 50))
    found = smaller.differences({"base": base, "one more": base + 1}, "base")
    assert found.index.tolist() == ["one more"]
    assert found.loc["one more", ["mean", "low", "high"]].tolist() == [1, 1, 1]
    assert found.loc["one more", "seeds"].tolist() == [1, 1, 1]


def test_integers_hold_zero_exactly(notebook: SimpleNamespace) -> None:
    for values in ([0.5, 2.0], [-3.0, -1.0], [-1.0, 0.3]):
        q, scale, zero = notebook.to_uint8(np.array(values, dtype=np.float32))
        assert 0 <= zero <= 255
        assert q.min() >= 0
        assert q.max() <= 255
        assert np.abs((q - zero) * scale - values).max() <= scale


@pytest.mark.slow
def test_own_classifier_of_three_classes(
    tmp_path: Path, classifier: Path, stars_csv: Path, tiny_model: Path
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, model_folder=classifier, base_model=tiny_model, dataset=stars_csv,
        text_column="Review Body", label_column="stars?", task="three-class",
        max_length=40, batch_size=7, threads=1, lora_rank=2, seed=5, try_compile="always",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("int8 in sorted batches: ")
    text = output.read_text()
    measured = r"\d s to compile; |was not measured: (there is no C|PyTorch is installed in)"
    assert re.search(measured, text)
    assert "ONNX Runtime and PyTorch: logits within 0.0001" in text


def test_only_certainty_keeps_the_first_choice_and_how_sure_it_is() -> None:
    z = 3 * torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    flat = smaller.only_certainty(z, 4.0)
    before, after = (z / 4).softmax(-1), (flat / 4).softmax(-1)
    torch.testing.assert_close(before.amax(-1), after.amax(-1))
    assert (before.argmax(-1) == after.argmax(-1)).all()
    others = after.sort(-1).values[:, :-1]
    torch.testing.assert_close(others, others[:, :1].expand_as(others))  # nothing is ranked


def test_layers_are_chosen_as_they_are_named(tmp_path: Path) -> None:
    model = models.load_classifier(str(make("bert", tmp_path / "base")), ["a", "b"])
    n, seen = model.config.num_hidden_layers, []
    blocks = [block.output.dense.weight for block in smaller.blocks_of(model)]

    def scored(changed: torch.nn.Module) -> float:
        kept = [block.output.dense.weight for block in smaller.blocks_of(changed)]
        seen.append([next(i for i, b in enumerate(blocks) if b is weight) for weight in kept])
        return 0.0

    found = smaller.layers_kept(model, scored)
    expected = []
    for k in range(1, n):
        expected += [list(range(k)), smaller.spread(k, n), [*range(k - 1), n - 1]]
        expected.append(list(range(n - k, n)))
    assert seen == expected
    assert [len(row) for row in found.values()] == [4] * (n - 1)


def test_rounding_errors_are_of_one_thing_each(tmp_path: Path) -> None:
    model = models.load_classifier(str(make("bert", tmp_path / "base")), ["a", "b"])
    batch = {"input_ids": torch.tensor([[5, 6, 7], [5, 6, 0]])}
    batch["attention_mask"] = (batch["input_ids"] > 0).long()
    with torch.no_grad():  # a matrix of equal columns: one scale is as good as one per column
        smaller.blocks_of(model)[0].intermediate.dense.weight.fill_(0.5)
        smaller.blocks_of(model)[0].output.dense.weight[0] *= 100
    errors = smaller.rounding_errors(model, batch)
    assert len(errors) == 6 * model.config.num_hidden_layers
    assert errors.loc["0.intermediate.dense", ["one scale", "per column"]].max() < 1e-6
    assert errors.loc["0.intermediate.dense", "inputs rounded"] > 1e-6
    assert errors["largest column / median"].idxmax() == "0.output.dense"


def test_a_ladder_takes_ratios_within_rounds() -> None:
    rates = {"a": [1, 10, 100], "b": [2, 20, 300], "c": [4, 40, 300]}
    found = timing.ladder(rates, {"a": [8, 8], "b": [4, 2]})
    assert found["times as fast"].tolist() == [2, 2]
    assert found.loc["a → b", ["least", "most", "predicted"]].tolist() == [2, 3, 3]
    assert found.loc["b → c", ["least", "most"]].tolist() == [1, 2]
    assert np.isnan(found.loc["b → c", "predicted"])


def test_rounds_hold_each_text_once() -> None:
    assert timing.in_rounds(list("abcde"), 2) == [list("abc"), list("de")]
    assert timing.in_rounds(list("ab"), 4) == [["a"], ["b"]]


def test_why_nothing_is_compiled() -> None:
    assert timing.why_not_compiled("never", full=True) == "switched off"
    assert "full" in timing.why_not_compiled("auto", full=False)


def test_both_engines_multiply_alike(tmp_path: Path) -> None:
    found = onnx_models.product_times(torch.randn(6, 4), (2, 5), tmp_path / "p.onnx", rounds=3)
    assert found.index.tolist() == [2, 5] and (found > 0).all(axis=None)


def test_what_a_step_holds() -> None:
    class Linear(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> SimpleNamespace:
            return SimpleNamespace(logits=super().forward(x).tanh())

        def __call__(self, x: torch.Tensor) -> SimpleNamespace:
            return self.forward(x)

    held = timing.step_megabytes(Linear(10, 100, bias=False), {"x": torch.randn(50, 10)})
    assert held["gradients"] == pytest.approx(0.004)  # 1,000 numbers of four bytes
    assert held["moments"] == pytest.approx(0.008)
    assert held["kept for backward"] == pytest.approx(50 * (10 + 100) * 4 / 1e6)
