"""Encoders of every kind are fine-tuned, saved, loaded and asked; others are refused at once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_encoders
from datasets import ClassLabel, Dataset, DatasetDict
from transformers import AutoTokenizer, pipeline

from shared import models, training
from shared.errors import UserError

ENCODERS = [kind for kind in tiny_encoders.KINDS if kind != "gpt2"]
RECIPE = training.Recipe(1e-3, epochs=1, batch_size=8, max_length=48, seed=3)


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))


def reviews(n: int = 16, words: int = 200) -> DatasetDict:
    """Return texts of many tokens, in two classes."""
    texts = [f"{'good' if i % 2 else 'bad'} {i} " + "the film " * words for i in range(n)]
    rows = Dataset.from_dict({"text": texts, "label": [i % 2 for i in range(n)]})
    rows = rows.cast_column("label", ClassLabel(names=["bad", "good"]))
    return DatasetDict({split: rows for split in ("train", "validation", "test")})


@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_of_any_kind_goes_all_the_way(kind: str, tmp_path: Path) -> None:
    name = str(tiny_encoders.make(kind, tmp_path / "base", tokens=64))
    splits = reviews()
    recipe = replace(RECIPE, frozen_layers=1, max_length=128)  # more than it has positions for
    made = training.fine_tune(splits, recipe, name)
    model, tokenizer = models.load_fine_tuned(made.path, ["bad", "good"])
    assert tokenizer.model_max_length == 64
    texts = splits["test"]["text"][:]
    logits = training.predict(model, tokenizer, texts)
    assert logits.shape == (16, 2) and np.isfinite(logits).all()
    assert made.metrics["accuracy"] == np.mean(logits.argmax(1) == splits["test"]["label"][:])
    ask = pipeline("text-classification", str(made.path), truncation=True, device="cpu")
    for answer, row in zip(ask(texts), logits, strict=True):
        odds = np.exp(row - row.max())
        assert abs(answer["score"] - odds.max() / odds.sum()) < 1e-4


@pytest.mark.parametrize("kind", ENCODERS)
def test_layers_and_embeddings_are_frozen_apart(kind: str, tmp_path: Path) -> None:
    model = models.load_classifier(str(tiny_encoders.make(kind, tmp_path / "base", tokens=64)))
    words = model.base_model.get_input_embeddings().weight
    layers = training.encoder_layers(model)
    training.freeze(model, replace(RECIPE, frozen_layers=1, train_embeddings=True))
    assert words.requires_grad
    assert not any(p.requires_grad for p in layers[0].parameters())
    assert all(p.requires_grad for p in layers[1].parameters())
    training.freeze(model, RECIPE)
    assert not words.requires_grad
    with pytest.raises(UserError, match="frozen_layers = 3: the model has 2 layers"):
        training.freeze(model, replace(RECIPE, frozen_layers=3))


def test_a_decoder_is_refused_by_its_type(tmp_path: Path) -> None:
    name = str(tiny_encoders.make("gpt2", tmp_path / "base"))
    with pytest.raises(UserError, match="is of type 'gpt2': expected an encoder"):
        models.load_classifier(name)


def test_an_encoder_whose_tokenizer_cannot_pad_is_refused(tmp_path: Path) -> None:
    folder = tiny_encoders.make("bert", tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    with pytest.raises(UserError, match="has no padding token"):
        models.load_classifier(str(folder))


def test_where_a_text_is_cut_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = str(tiny_encoders.make("roberta", tmp_path / "base", tokens=64))
    model, tokenizer = models.load_classifier(folder), models.load_tokenizer(folder)
    training._say_cut.cache_clear()
    for _ in range(2):
        training.predict(model, tokenizer, ["the film " * 100], max_length=1024)
    line = "max_length = 1024: the model reads 64 tokens; longer texts are cut there.\n"
    assert capsys.readouterr().out == line


def test_what_a_model_was_trained_to_read_belongs_to_its_folder(tmp_path: Path) -> None:
    """A text whose end decides: what 04 and 11 ask must see as far as training did."""
    name = str(tiny_encoders.make("bert", tmp_path / "base", tokens=512))
    made = training.fine_tune(reviews(), replace(RECIPE, max_length=192), name)
    model, tokenizer = models.load_fine_tuned(made.path, ["bad", "good"])
    inside, beyond = (" ".join(["film"] * n) for n in (140, 400))
    assert tokenizer.model_max_length == 192
    for text, seen in {inside: True, beyond: False}.items():
        one, other = (training.predict(model, tokenizer, [t]) for t in (text, f"{text} good"))
        assert np.array_equal(one, other) != seen


def test_other_weights_in_the_same_folder_make_another_model(tmp_path: Path) -> None:
    folder = tmp_path / "base"
    first = training.fine_tune(reviews(), RECIPE, str(tiny_encoders.make("bert", folder)))
    again = training.fine_tune(reviews(), RECIPE, str(folder))
    assert again.path == first.path
    model = models.load_classifier(str(folder)).base_model
    model.embeddings.word_embeddings.weight.data += 0.5
    model.save_pretrained(folder)
    assert training.fine_tune(reviews(), RECIPE, str(folder)).path != first.path


def test_a_fingerprint_is_of_files_not_of_places(tmp_path: Path) -> None:
    one, two = (tiny_encoders.make("bert", tmp_path / name) for name in ("one", "two"))
    assert models.fingerprint(str(one)) == models.fingerprint(str(two))
    (two / "tokenizer.json").write_text((two / "tokenizer.json").read_text() + "\n")
    assert models.fingerprint(str(one)) != models.fingerprint(str(two))


def test_sharded_weights_are_weights(tmp_path: Path) -> None:
    model = models.load_classifier(str(tiny_encoders.make("bert", tmp_path / "base")), ["a", "b"])
    model.save_pretrained(tmp_path / "sharded", max_shard_size="20KB")
    models.load_tokenizer(str(tmp_path / "base")).save_pretrained(tmp_path / "sharded")
    assert (tmp_path / "sharded" / "model.safetensors.index.json").is_file()
    loaded, _ = models.load_fine_tuned(tmp_path / "sharded", ["a", "b"])
    assert all((a == b).all() for a, b in zip(model.parameters(), loaded.parameters(), strict=True))
    assert len(models.fingerprint(str(tmp_path / "sharded"))) == 64


@pytest.mark.parametrize(("labels", "asked"), [(None, ["a", "b"]), (["a", "b"], None)])
def test_regression_and_classes_are_told_apart(
    labels: list[str] | None, asked: list[str] | None, tmp_path: Path
) -> None:
    base = str(tiny_encoders.make("bert", tmp_path / "base"))
    models.load_classifier(base, labels).save_pretrained(tmp_path / "model")
    models.load_tokenizer(base).save_pretrained(tmp_path / "model")
    assert models.load_fine_tuned(tmp_path / "model", labels)[0].config.num_labels == (
        len(labels) if labels else 1
    )
    with pytest.raises(UserError, match=r"is a model for .*: use task="):
        models.load_fine_tuned(tmp_path / "model", asked)


@pytest.mark.parametrize(("file", "message"), [("model.gguf", "but GGUF"), ("x.bin", "pickle")])
def test_weights_of_another_form_are_named(file: str, message: str, tmp_path: Path) -> None:
    folder = tiny_encoders.make("bert", tmp_path / "base")
    (folder / "model.safetensors").rename(folder / file)
    with pytest.raises(UserError, match=message):
        models.load_classifier(str(folder))
