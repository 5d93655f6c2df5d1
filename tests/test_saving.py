"""Notebook 05: folders that are refused, the signed manifest, and the notebook on own models."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import definitions, hub_variables, key_line, papermill
from stand_in import TOKEN

from shared import models, runs

NOTEBOOK = "05_saving_and_sharing"
LABELS = ["so so", "toll", "ärgerlich"]


@pytest.fixture
def folder(classifier: Path, tmp_path: Path) -> Path:
    return shutil.copytree(classifier, tmp_path / "model")


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


@pytest.mark.slow
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
