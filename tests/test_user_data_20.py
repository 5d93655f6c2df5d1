"""Notebook 20 with models and texts of users: other encoders, few positions, odd words."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_encoders
from cells import code_cells, execute
from conftest import definitions, key_line, papermill

from shared import identity
from shared import restoring_model as restoring
from shared.errors import UserError
from shared.taggers import load_tagger, load_word_tokenizer
from shared.tagging import Tagged

NOTEBOOK = "20_restoring_text"
ENCODERS = [kind for kind in tiny_encoders.KINDS if kind != "gpt2"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_of_any_kind_tags_words(kind: str, tmp_path: Path) -> None:
    folder = tiny_encoders.make(kind, tmp_path / kind, tokens=64)
    tokenizer = load_word_tokenizer(str(folder))
    words = ["the", "quick", "brown", "fox"] * 50
    given, text = tokenizer(words, is_split_into_words=True), tokenizer(" ".join(words))
    assert given["input_ids"] == text["input_ids"]  # words given one by one are those of a text
    model = load_tagger(str(folder), ["lower", "Capital"])
    (logits,) = restoring.word_logits(model, tokenizer, [words], 64)
    read = np.flatnonzero(logits.any(1))
    assert 0 < len(read) < 200 and read.tolist() == list(range(len(read)))
    inputs, ids = restoring.batch_of(tokenizer, [words], 64)
    targets = restoring.targets_of(ids, [[0] * 200], every=False)
    assert (targets == 0).sum() == len(read) and inputs["input_ids"].shape[1] == 64


def test_a_decoder_is_refused_at_once(tmp_path: Path) -> None:
    folder = tiny_encoders.make("gpt2", tmp_path / "gpt2")
    with pytest.raises(UserError, match=r"is of type 'gpt2': expected an encoder"):
        execute(NOTEBOOK, {"model_name": str(folder)}, before="printed = ")


def test_a_text_that_is_not_there_is_refused_at_once() -> None:
    Path("notes.txt").write_text("x")
    with pytest.raises(UserError, match=r"no file 'note\.txt'. Did you mean 'notes\.txt'"):
        execute(NOTEBOOK, {"text_file": "note.txt"}, before="printed = ")


EDITS = {
    "training": ("restoring.fit(model,", "restoring.fit(model.eval(),"),
    "seed": ("revision or None, seed)", "revision or None, seed + 1)"),
    "rows": ("[: how.train_examples or None]", "[:9]"),
}


def code_that_trains(old: str = "", new: str = "") -> str:
    """Return the hash of the code that makes a model, after an edit of its cell."""
    space, found = definitions(f"{NOTEBOOK}.ipynb").f1.__globals__, []
    recipe = space["Recipe"](1e-3, epochs=1)
    space |= {"recipe": recipe, "TAGS": ["lower"], "model_name": "minilm", "revision": ""}
    space |= {"tokenizer": object(), "FINGERPRINT": "", "ASKED": {True: []}}
    space["TEXTS"] = {"nyt": {"train": [Tagged(["a"], ["lower"])]}}
    space["runs"] = SimpleNamespace(
        Artifact=object, artifact=lambda name, inputs, build, data: found.append(build)
    )
    (cell,) = (c.source for c in code_cells(NOTEBOOK) if "def make(" in c.source)
    exec(compile(cell.replace(old, new), "cell", "exec"), space)
    space["make"](0)
    return identity.code_of(found[0])


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_an_edited_training_cell_makes_another_model(old: str, new: str) -> None:
    assert any(old in cell.source for cell in code_cells(NOTEBOOK))
    assert code_that_trains(old, new) != code_that_trains() == code_that_trains()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["roberta", "distilbert"])
def test_a_users_text_and_model_go_all_the_way(kind: str, tmp_path: Path) -> None:
    folder = tiny_encoders.make(kind, tmp_path / kind, tokens=64)
    (tmp_path / "mine.txt").write_bytes("One two,\r\n\r\n☃ \u200b three".encode("utf-16"))
    done, output = papermill(
        tmp_path, NOTEBOOK, text_file="mine.txt", model_name=folder, seed=3, epochs=1,
        train_examples=16, batch_size=8, learning_rate=0.001,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr[-3000:]
    assert key_line(output).startswith("F1, own thresholds: capital ")
    text = output.read_text()
    assert "read as UTF-16" in text and "3 lines written to restored/mine.txt" in text
    assert '"stderr"' not in text
