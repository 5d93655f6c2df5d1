"""Notebook 07 with models and files of users: other encoders, few positions, odd words, types."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny_encoders
from cells import code_cells, execute
from conftest import definitions, hub_variables, key_line, papermill
from datasets import ClassLabel, Dataset, Features, List, Value
from stand_in import COMMIT, StandIn

from shared import identity, names_models
from shared.errors import UserError
from shared.taggers import load_tagger
from shared.tagging import Tagged

NOTEBOOK = "07_token_classification"
FAST = {"train_examples": 16, "batch_size": 8, "learning_rate": 0.001}
ENCODERS = [kind for kind in tiny_encoders.KINDS if kind != "gpt2"]
TYPES = ("PER", "GPE-LOC", "$a_%\\#", "人名", "x" * 60, "B")
ODD_WORDS = "\u200b O\n\x01 O\n☃ O\n"  # invisible, a control character, in no vocabulary


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sentence(i: int) -> str:
    one, two = TYPES[i % 6], TYPES[(i + 1) % 6]
    return f"Ann{i} B-{one}\nLi I-{one}\nmet O\n{ODD_WORDS}U.N. B-{two}\nin O\n\n"


def run_cells(space: dict[str, Any], *texts: str) -> None:
    """Run the cells of the notebook that contain these texts."""
    for text in texts:
        (cell,) = (c for c in code_cells(NOTEBOOK) if text in c.source)
        exec(compile(cell.source, NOTEBOOK, "exec"), space)


@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_of_any_kind_tags_words(kind: str, tmp_path: Path) -> None:
    folder = tiny_encoders.make(kind, tmp_path / kind, tokens=64)
    space = execute(NOTEBOOK, {"model_name": str(folder)}, before="words = ")
    tokenizer = space["tokenizer"]
    assert space["max_length"] == tokenizer.model_max_length == 64
    words = ["the", "quick", "brown", "fox"] * 50
    given, text = tokenizer(words, is_split_into_words=True), tokenizer(" ".join(words))
    assert given["input_ids"] == text["input_ids"]  # words given one by one are those of a text
    names, text = ["O", "B-A", "I-A"], Tagged(words, ["O"] * 200)
    model = load_tagger(str(folder), names)
    (scores,) = names_models.scores_of(model, tokenizer, [words])
    (read,) = names_models.words_with_pieces(tokenizer, [text], 64)
    assert 0 < len(read) < 200 and np.flatnonzero(scores[:, 0]).tolist() == read
    np.testing.assert_allclose(np.exp(scores).sum(1), 1, atol=1e-5)
    run_cells(space, "drawings.draw_alignment(", "def align(", "def encode(")
    (row,) = space["encode"]([text], names, every=False)
    assert row["labels"].count(0) == len(read)


def test_a_decoder_is_refused_at_once(tmp_path: Path) -> None:
    folder = tiny_encoders.make("gpt2", tmp_path / "gpt2")
    with pytest.raises(UserError, match=r"is of type 'gpt2': expected an encoder"):
        execute(NOTEBOOK, {"model_name": str(folder)}, before="words = ")


@pytest.mark.parametrize("tokens", [64, 128])
def test_words_without_pieces_and_beyond_the_positions_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture, tokens: int
) -> None:
    """The embedded tokenizer drops invisible characters, and the model has few positions."""
    from transformers import BertConfig, BertModel

    from shared.models import load_tokenizer

    config = BertConfig(**{**tiny_encoders.SIZES, "max_position_embeddings": tokens})
    BertModel(config).save_pretrained(tmp_path / "short")
    load_tokenizer().save_pretrained(tmp_path / "short")
    (tmp_path / "a.conll").write_text("".join(map(sentence, range(12))) + "word O\n" * 200)
    values = {"dataset": "a.conll", "model_name": "short"}
    space = execute(NOTEBOOK, values, before="words = ")
    texts = [text for part in space["yours"].values() for text in part]
    names_models.say_what_is_not_read(space["tokenizer"], texts, space["max_length"])
    found = capsys.readouterr().out
    assert "as read: " in found
    beyond, without = map(
        int, re.search(r"296 words (\d+) stand .* and (\d+) have", found).groups()
    )
    assert beyond == 202 - tokens and without == 24  # a frame of two pieces


EDITS = {
    "train": ("loop.train(model,", "loop.train(model.train(),"),
    "encode": ("truncation=True)", "truncation=False)"),
    "align": ('"I" + tag[1:] if word == before', "tag if word == before"),
    "seed": ("None, recipe.seed)", "None, recipe.seed + 1)"),
    "ignored": ("IGNORED = -100", "IGNORED = 0"),
}
BUILDING = ("def align(", "def encode(", "def fine_tune(", "def trained(")


def code_that_trains(old: str = "", new: str = "") -> str:
    """Return the hash of the code that makes a model, after an edit of its cell."""
    space, found = definitions(f"{NOTEBOOK}.ipynb").trained.__globals__, []
    space |= {"max_length": 256, "model_name": "minilm", "revision": "", "tokenizer": object()}
    space |= {"label_all_subwords": False, "seed": 0, "collate": object()}
    space |= {"words": [], "tags": [], "ids": [], "labels": [], "pieces": SimpleNamespace(
        tokens=list)}  # fmt: skip
    for text in BUILDING:
        (cell,) = (c.source for c in code_cells(NOTEBOOK) if text in c.source)
        exec(compile(cell.replace(old, new), "cell", "exec"), space)

    def kept(name: str, inputs: dict, build: object, data: str) -> None:
        found.append(build)
        raise KeyError(name)  # nothing was trained

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyError):
        patch.setattr(names_models.runs, "artifact", kept)
        space["trained"]([], [], ["O"], space["Recipe"](1e-3, epochs=1))
    return identity.code_of(found[0])


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_an_edited_training_cell_makes_another_model(old: str, new: str) -> None:
    assert any(old in cell.source for cell in code_cells(NOTEBOOK))
    assert code_that_trains(old, new) != code_that_trains() == code_that_trains()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["roberta", "distilbert"])
def test_a_users_file_and_model_go_all_the_way(kind: str, tmp_path: Path) -> None:
    folder = tiny_encoders.make(kind, tmp_path / kind, tokens=64)
    content = "".join(map(sentence, range(12))).replace("\n", "\r\n")
    (tmp_path / "mine.conll").write_bytes(content.encode("utf-16"))
    done, output = papermill(
        tmp_path, NOTEBOOK, dataset="mine.conll", model_name=folder, label_all_subwords=True,
        seed=3, epochs=2, **FAST,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr[-3000:]
    line = (
        r"F1 name \S+ \(CRF \S+, in lower case \S+\); frozen e5 \S+; test sentences of mine.conll"
    )
    assert re.match(line + r": \d\n", key_line(output))
    text = output.read_text()
    assert "read as UTF-16" in text and "skipped (your data are not the embedded newspaper)" in text
    assert '"stderr"' not in text


@pytest.mark.slow
def test_a_hub_set_is_taken(tmp_path: Path, hub: str, tiny_model: Path) -> None:
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    types = {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))}
    rows = [
        {"tokens": ["Ann", "Li", "saw", f"Rome{i}"], "ner_tags": [1, 2, 0, 3]} for i in range(24)
    ]
    (tmp_path / "set").mkdir()
    Dataset.from_list(rows, Features(types)).to_parquet(tmp_path / "set" / "train.parquet")
    StandIn.commits["team/names"] = {COMMIT: tmp_path / "set"}
    done, output = papermill(
        tmp_path, NOTEBOOK, hub_variables(hub, tmp_path / "home"), dataset="team/names",
        model_name=tiny_model, **FAST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("F1 name ")
