"""Notebook 05: folders that are refused, the signed manifest, and the notebook on own models."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import assert_stopped, definitions, hub_variables, key_line, papermill
from stand_in import TOKEN

from shared import models, runs
from shared.errors import UserError

NOTEBOOK = "05_saving_and_sharing"
LABELS = ["so so", "toll", "ärgerlich"]


def edit(folder: Path, name: str, **changes: object) -> None:
    content = json.loads((folder / name).read_text()) | changes
    (folder / name).write_text(json.dumps(content))


def truncate(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def change_one_bit(folder: Path) -> None:
    files = {path.name: runs.sha256(path) for path in folder.iterdir()}
    (folder / "manifest.json").write_text(json.dumps(files))
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)


def make_a_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def behead(folder: Path) -> None:
    model, _ = models.load_fine_tuned(folder, LABELS)
    model.base_model.save_pretrained(folder)


def swap_labels(folder: Path) -> None:
    names = [LABELS[1], LABELS[0], LABELS[2]]
    maps = {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}
    edit(folder, "config.json", **maps)


def contradict_labels(folder: Path) -> None:
    edit(folder, "config.json", label2id={name: 2 - i for i, name in enumerate(LABELS)})


def rename_a_label(folder: Path) -> None:
    edit(folder, "config.json", id2label=dict(enumerate(["so", *LABELS[1:]])))


def add_a_label(folder: Path) -> None:
    names = [*LABELS, "more"]
    maps = {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}
    edit(folder, "config.json", **maps)


def grow_vocabulary(folder: Path) -> None:
    tokenizer = models.load_tokenizer(str(folder))
    tokenizer.add_tokens(["<film>"])
    tokenizer.save_pretrained(folder)


def shrink_vocabulary(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = content["model"]["vocab"]
    content["model"]["vocab"] = {piece: i for piece, i in vocabulary.items() if i < 20_000}
    (folder / "tokenizer.json").write_text(json.dumps(content))


def pad_with_another(folder: Path) -> None:
    edit(folder, "tokenizer_config.json", pad_token="[MASK]")


BAD: dict[Callable[[Path], None], str] = {
    shutil.rmtree: "there is no such folder; '' takes the model of notebook 03",
    lambda folder: (folder / "config.json").unlink(): "has no config.json",
    truncate: "are damaged .*delete the folder",
    change_one_bit: "model.safetensors lacks the sha256 .*Fetch or train it again",
    make_a_pickle: "a pickle can run any code",
    behead: "do not hold 'classifier.bias' .*Expected a fine-tuned classifier",
    swap_labels: r"has the labels {0: 'toll', .*the data {0: 'so so', .*mend both maps",
    rename_a_label: r"has the labels {0: 'so', .*mend both maps",
    contradict_labels: r"label2id {'so so': 2, .*mend both maps",
    add_a_label: "do not hold 'classifier.bias' .*mend id2label",
    grow_vocabulary: "30523 entries .*30522 embeddings .*they are of two models",
    shrink_vocabulary: "20000 entries .*30522 embeddings .*they are of two models",
    pad_with_another: "pads with 103, .*pads with 0: they are of two models",
}


@pytest.fixture
def folder(classifier: Path, tmp_path: Path) -> Path:
    return shutil.copytree(classifier, tmp_path / "model")


@pytest.mark.parametrize(
    ("spoil", "message"), BAD.items(), ids=lambda x: getattr(x, "__name__", "")
)
def test_a_folder_that_cannot_be_trusted_is_one_clear_error(
    folder: Path, spoil: Callable[[Path], None], message: str
) -> None:
    models.load_fine_tuned(folder, LABELS)  # sound before
    models.resolve.cache_clear()  # the next process would not have it
    spoil(folder)
    with pytest.raises(UserError, match=message) as caught:
        models.load_fine_tuned(folder, LABELS)
    assert "\n" not in str(caught.value)
    assert "model" in str(caught.value).split(":")[0]


def test_embeddings_rounded_up_for_speed_are_no_error(folder: Path) -> None:
    model, _ = models.load_fine_tuned(folder, LABELS)
    model.resize_token_embeddings(30_592)  # the next multiple of 128
    model.save_pretrained(folder)
    assert models.load_fine_tuned(folder, LABELS)[0].config.vocab_size == 30_592


def test_damaged_files_are_named(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    files = {name: runs.sha256(tmp_path / name) for name in ("a", "b", "c")}
    assert runs.damaged(tmp_path) == ["manifest.json"]
    (tmp_path / "manifest.json").write_text(json.dumps(files))
    assert runs.damaged(tmp_path) == []
    (tmp_path / "a").write_text("changed")
    (tmp_path / "c").unlink()
    assert runs.damaged(tmp_path) == ["a", "c"]
    assert not runs.is_whole(tmp_path)


def test_the_notebooks_manifest_finds_each_changed_byte(tmp_path: Path) -> None:
    notebook = definitions(f"{NOTEBOOK}.ipynb")
    (tmp_path / "x.json").write_text('{"a": 1}')
    seal = notebook.sign_off(tmp_path, "me", accuracy=0.5)
    assert notebook.problems(tmp_path, seal) == []
    for name in ("x.json", "sign_off.json", "manifest.json"):
        for place in range((tmp_path / name).stat().st_size):
            notebook.change_byte(tmp_path / name, place)
            assert len(notebook.problems(tmp_path, seal)) == 1, (name, place)
            notebook.change_byte(tmp_path / name, place)
    assert notebook.problems(tmp_path, seal) == []


def test_own_classifier_is_saved_resumed_pushed_and_exported(
    tmp_path: Path, classifier: Path, stars_csv: Path, hub: str
) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, hub_variables(hub, tmp_path / "home", HF_TOKEN=TOKEN),
        model_folder=classifier, dataset=stars_csv, text_column="Review Body",
        label_column="stars?", task="three-class", max_length=64, test_texts=40, seed=7,
        push_to="me/own-classifier", signed_off_by="a test", profile="full",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("reload, shards and resume: bit for bit")
    text = output.read_text()
    assert "pushed and fetched again, bit for bit" in text
    assert "signed by a test" in text


CASES = {
    "missing artifact": (lambda folder: None, {"model_folder": "nowhere"}, "no such folder"),
    "damaged weights": (change_one_bit, {}, "model.safetensors lacks the sha256"),
    "wrong label map": (swap_labels, {}, "has the labels {0: 'toll'"),
    "mixed vocabulary": (grow_vocabulary, {}, "they are of two models"),
    "bad parameter": (lambda folder: None, {"push_to": "a/b/c"}, "push_to = 'a/b/c': expected"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_stops_the_notebook_before_any_training(
    tmp_path: Path, folder: Path, stars_csv: Path, case: str
) -> None:
    spoil, changes, message = CASES[case]
    spoil(folder)
    parameters = {"model_folder": folder, "dataset": stars_csv, "text_column": "Review Body"}
    parameters |= {"label_column": "stars?", **changes}
    done, output = papermill(tmp_path, NOTEBOOK, **parameters)
    assert_stopped(done, output, message, before="training.predict(")
