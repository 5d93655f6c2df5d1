"""Encoders of every kind are fine-tuned, saved, loaded and asked; others are refused at once."""

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_encoders
import torch
import transformers
from datasets import ClassLabel, Dataset, DatasetDict
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
from transformers.models.auto.configuration_auto import model_type_to_module_name
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
)

from shared import batches, classification, freezing, model_checks, models
from shared.errors import UserError
from shared.recipes import Recipe

ENCODERS = [*(kind for kind in tiny_encoders.KINDS if kind != "gpt2"), "deberta-v3"]
# Positions of DeBERTa-v3 are relative only, so that it reads texts of any length.
RELATIVE = {
    "relative_attention": True, "position_biased_input": False, "pos_att_type": ["p2c", "c2p"],
    "position_buckets": 16, "share_att_key": True, "norm_rel_ebd": "layer_norm",
    "type_vocab_size": 0,
}  # fmt: skip
RECIPE = Recipe(1e-3, epochs=1, batch_size=8, max_length=48, seed=3)


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))


def reviews(n: int = 16, words: int = 200) -> DatasetDict:
    """Return texts of many tokens, in two classes."""
    texts = [f"{'good' if i % 2 else 'bad'} {i} " + "the film " * words for i in range(n)]
    rows = Dataset.from_dict({"text": texts, "label": [i % 2 for i in range(n)]})
    rows = rows.cast_column("label", ClassLabel(names=["bad", "good"]))
    return DatasetDict({split: rows for split in ("train", "validation", "test")})


def encoder(kind: str, folder: Path) -> str:
    """Return the name of an encoder that has positions for 64 tokens."""
    if kind == "deberta-v3":
        return str(tiny_encoders.make("deberta-v2", folder, tokens=64, **RELATIVE))
    return str(tiny_encoders.make(kind, folder, tokens=64))


@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_of_any_kind_goes_all_the_way(kind: str, tmp_path: Path) -> None:
    name, splits = encoder(kind, tmp_path / "base"), reviews()
    recipe = replace(RECIPE, frozen_layers=1, max_length=128)  # more than it has positions for
    made = classification.fine_tune(splits, recipe, name)
    model, tokenizer = models.load_fine_tuned(made.path, ["bad", "good"])
    assert tokenizer.model_max_length == (128 if kind == "deberta-v3" else 64)
    texts = splits["test"]["text"][:]
    logits = batches.predict(model, tokenizer, texts)
    assert logits.shape == (16, 2) and np.isfinite(logits).all()
    assert made.metrics["accuracy"] == np.mean(logits.argmax(1) == splits["test"]["label"][:])
    ask = pipeline("text-classification", str(made.path), truncation=True, device="cpu")
    for answer, row in zip(ask(texts), logits, strict=True):
        odds = np.exp(row - row.max())
        assert abs(answer["score"] - odds.max() / odds.sum()) < 1e-4


@pytest.mark.parametrize("kind", ENCODERS)
def test_layers_and_embeddings_are_frozen_apart(kind: str, tmp_path: Path) -> None:
    model = models.load_classifier(encoder(kind, tmp_path / "base"))
    words = model.base_model.get_input_embeddings().weight
    layers = freezing.encoder_layers(model)
    freezing.freeze(model, replace(RECIPE, frozen_layers=1, train_embeddings=True))
    assert words.requires_grad
    assert not any(p.requires_grad for p in layers[0].parameters())
    assert all(p.requires_grad for p in layers[1].parameters())
    freezing.freeze(model, replace(RECIPE, frozen_layers=1))
    assert not words.requires_grad
    inputs = {"input_ids": torch.tensor([[5, 6, 7]]), "output_hidden_states": True}
    below, above = model.base_model(**inputs).hidden_states[:2]
    assert not below.requires_grad  # ELECTRA projects its embeddings, in a module of its own
    assert above.requires_grad == (kind in ("deberta-v3", "mpnet"))  # all layers share positions
    with pytest.raises(UserError, match="frozen_layers = 3: the model has 2 layers"):
        freezing.freeze(model, replace(RECIPE, frozen_layers=3))


def test_layers_that_cannot_be_frozen_are_named() -> None:
    config = transformers.AlbertConfig(
        **tiny_encoders.SIZES | {"num_hidden_layers": 3}, vocab_size=9, embedding_size=8
    )
    model = transformers.AlbertForSequenceClassification(config)  # its layers share their weights
    freezing.freeze(model, RECIPE)
    with pytest.raises(UserError, match=r"no list of 3 layers.*: expected frozen_layers = 0"):
        freezing.freeze(model, replace(RECIPE, frozen_layers=1))


def test_where_positions_begin_is_known_of_each_kind() -> None:
    """RoBERTa's heirs begin behind the padding token's id: a text as long as the table crashes."""
    folder = Path(transformers.__file__).parent / "models"
    kinds = set(MODEL_FOR_MASKED_LM_MAPPING_NAMES)
    kinds &= MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES.keys()
    kinds -= {"esm"}  # of proteins
    later = {
        kind
        for kind in kinds
        for path in (folder / model_type_to_module_name(kind)).glob("modeling_*.py")
        if "create_position_ids_from_input_ids" in path.read_text(encoding="utf-8")
    }
    assert later == model_checks._SHIFTED


def test_a_decoder_is_refused_by_its_type(tmp_path: Path) -> None:
    name = str(tiny_encoders.make("gpt2", tmp_path / "base"))
    with pytest.raises(UserError, match="is of type 'gpt2': expected an encoder"):
        models.load_classifier(name)
    with pytest.raises(UserError, match="is of type 'gpt2': expected an encoder"):
        models.load_fine_tuned(name, ["bad", "good"])


def test_an_encoder_whose_tokenizer_cannot_pad_is_refused(tmp_path: Path) -> None:
    folder = tiny_encoders.make("bert", tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    with pytest.raises(UserError, match="has no padding token"):
        models.load_classifier(str(folder))
    with pytest.raises(UserError, match="has no padding token"):
        models.load_fine_tuned(folder, ["bad", "good"])


def test_where_a_text_is_cut_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = str(tiny_encoders.make("roberta", tmp_path / "base", tokens=64))
    model, tokenizer = models.load_classifier(folder), models.load_tokenizer(folder)
    batches._say_cut.cache_clear()
    for _ in range(2):
        batches.predict(model, tokenizer, ["the film " * 100], max_length=1024)
    line = "max_length = 1024: the model reads 64 tokens; longer texts are cut there.\n"
    assert capsys.readouterr().out == line


def test_what_a_model_was_trained_to_read_belongs_to_its_folder(tmp_path: Path) -> None:
    """A text whose end decides: what 04 and 11 ask must see as far as training did."""
    name = str(tiny_encoders.make("bert", tmp_path / "base", tokens=512))
    made = classification.fine_tune(reviews(), replace(RECIPE, max_length=192), name)
    model, tokenizer = models.load_fine_tuned(made.path, ["bad", "good"])
    inside, beyond = (" ".join(["film"] * n) for n in (140, 400))
    assert tokenizer.model_max_length == 192
    for text, seen in {inside: True, beyond: False}.items():
        one, other = (batches.predict(model, tokenizer, [t]) for t in (text, f"{text} good"))
        assert np.array_equal(one, other) != seen


def test_other_weights_in_the_same_folder_make_another_model(tmp_path: Path) -> None:
    folder = tmp_path / "base"
    first = classification.fine_tune(reviews(), RECIPE, str(tiny_encoders.make("bert", folder)))
    again = classification.fine_tune(reviews(), RECIPE, str(folder))
    assert again.path == first.path
    model = models.load_classifier(str(folder)).base_model
    model.embeddings.word_embeddings.weight.data += 0.5
    model.save_pretrained(folder)
    assert classification.fine_tune(reviews(), RECIPE, str(folder)).path != first.path


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


@pytest.mark.parametrize(
    ("file", "message"),
    [("model.gguf", "but GGUF"), ("onnx/model.onnx", "but ONNX"), ("x.bin", "pickle")],
)
def test_weights_of_another_form_are_named(file: str, message: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()  # alone, as GGUF files are published
    for _ in range(2):
        with pytest.raises(UserError, match=rf"has no .safetensors weights.*{message}"):
            models.load_classifier(str(tmp_path))
        (tmp_path / "config.json").write_text("{}")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 64.0 GiB"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_memory_that_runs_out_is_no_damaged_model(
    error: Exception, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(AutoModelForSequenceClassification, "from_pretrained", fails)
    with pytest.raises(type(error)) as raised:
        models.load_classifier(str(tiny_model))
    assert raised.value is error


def test_a_pooler_that_was_never_trained_is_left_out(tmp_path: Path) -> None:
    without = models.load_encoder(encoder("e5", tmp_path / "e5"))
    assert without.pooler is None and not without.training
    inputs = {"input_ids": torch.tensor([[0, 5, 6, 2, 1, 1]])}
    inputs |= {"attention_mask": torch.tensor([[1, 1, 1, 1, 0, 0]])}
    with torch.inference_mode():
        padded = without(**inputs).last_hidden_state[:, :4]
        alone = without(inputs["input_ids"][:, :4]).last_hidden_state
    assert torch.allclose(padded, alone, atol=1e-5)
    whole = models.load_encoder(str(tiny_encoders.make("bert", tmp_path / "bert")))
    assert whole.pooler is not None


def test_a_decoder_is_loaded_whole_or_refused(tmp_path: Path) -> None:
    folder = tiny_encoders.make("gpt2", tmp_path / "gpt2")
    model, tokenizer = models.load_causal(str(folder)), models.load_tokenizer(str(folder))
    said = model.generate(
        **tokenizer("a film", return_tensors="pt"), max_new_tokens=3, do_sample=False
    )
    assert said.shape[1] > 3 and not model.training
    with pytest.raises(UserError, match=r"is of type 'bert': expected a decoder, such as GPT-2"):
        models.load_causal(str(tiny_encoders.make("bert", tmp_path / "bert")))
    weights = load_file(folder / "model.safetensors")
    del weights[next(name for name in weights if name.endswith("h.0.attn.c_attn.weight"))]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"the weights do not contain .*attn"):
        models.load_causal(str(folder))
