"""Notebook 04 on a user's data and model: it works, or one line says what is needed."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import tiny_encoders
from cells import run_cells
from conftest import ROOT, key_line, papermill
from IPython import InteractiveShell
from transformers import AutoModelForSequenceClassification

from shared import classification, data, models, sections
from shared.errors import UserError
from shared.recipes import Recipe

Run = Callable[..., str]
SENTENCES = pd.read_parquet(ROOT / "data" / "movies.parquet").query("split == 'train'")["text"]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """Return an IPython of this process, as a notebook's kernel has one, but faster to start."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(history_load_length=0)
    made.history_manager.enabled = False
    monkeypatch.setattr(sections, "_skipping", False)
    yield made
    InteractiveShell.clear_instance()


@pytest.fixture
def run(
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> Run:
    """Return what runs all cells of 04 with parameters, and returns what they print."""
    cells = nbformat.read(ROOT / "notebooks" / "04_evaluation.ipynb", as_version=4).cells
    first, *others = [cell.source for cell in cells if cell.cell_type == "code"]

    def run_all(**parameters: object) -> str:
        return run_cells(shell, [first, *others], parameters, capsys, recwarn)

    return run_all


def user_file(folder: Path, classes: list[str], rows: int, texts: list[str] | None = None) -> str:
    """Write a file with as many rows of each class."""
    names = np.repeat(classes, rows)
    texts = texts or SENTENCES.iloc[: len(names)].tolist()
    pd.DataFrame({"text": texts, "label": names}).to_csv(folder / "mine.csv", index=False)
    return str(folder / "mine.csv")


def numbers_file(folder: Path, rows: int) -> str:
    """Write a file of texts with a number each: their length, and some noise."""
    texts = SENTENCES.iloc[:rows]
    noise = np.random.default_rng(0).normal(size=rows)
    table = pd.DataFrame({"text": texts, "label": texts.str.len() / 10 + noise})
    table.to_csv(folder / "numbers.csv", index=False)
    return str(folder / "numbers.csv")


def model_folder(folder: Path, tiny_model: Path, classes: list[str] | None) -> str:
    """Save an untrained classifier (or, without classes, regression), and its tokenizer."""
    target = folder / "model"
    models.load_classifier(str(tiny_model), classes).save_pretrained(target)
    models.load_tokenizer(str(tiny_model)).save_pretrained(target)
    return str(target)


def key(printed: str, start: str) -> str:
    """Return the key result, the last line that begins so; the exercises print after it."""
    return [line for line in printed.splitlines() if line.startswith(start)][-1]


MANY = [f"class {number:02}" for number in range(12)]
CASES = {
    "the least file": (["bad", "good"], 10),
    "60 rows": (["negative", "positive"], 30),
    "dollars": (["$5 or $6", r"\$", "_ % #"], 10),
    "other scripts": (["שלום", "好评", "한국어 हिन्दी", "x" * 80], 10),
    "12 classes": (MANY, 10),
    "21 classes": (sorted(map(str, range(100, 121))), 10),
}
NOT_OURS = ["Sections 5 and 6", "Section 9", "The results of full"]


def skipped(printed: str) -> list[str]:
    return re.findall(r"^(.*): skipped \(", printed, re.MULTILINE)


def assert_result_of_classes(printed: str) -> None:
    """Assert that the key result consists of the user's numbers only."""
    result = key(printed, "accuracy ")
    assert re.fullmatch(r"accuracy \S+ \(\S+ to \S+\), ECE \S+ → \S+", result), result
    assert skipped(printed) == [*NOT_OURS, "Section 10"]
    assert "tuned baseline 0." not in result


@pytest.mark.parametrize(
    ("classes", "rows"),
    [pytest.param(*case, id=name, marks=pytest.mark.slow if name != "the least file" else ())
     for name, case in CASES.items()],
)  # fmt: skip
def test_own_classes(
    run: Run, tmp_path: Path, tiny_model: Path, classes: list[str], rows: int
) -> None:
    folder = model_folder(tmp_path, tiny_model, sorted(classes))
    assert_result_of_classes(
        run(dataset=user_file(tmp_path, classes, rows), model_folder=folder, seed=1)
    )


def test_texts_without_words_and_sharded_weights(
    run: Run, tmp_path: Path, tiny_model: Path
) -> None:
    texts = ["! " * (i + 1) for i in range(10)] + ["? " * (i + 1) for i in range(10)]
    folder = model_folder(tmp_path, tiny_model, ["bad", "good"])
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    (Path(folder) / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="1MB")
    assert len(list(Path(folder).glob("*.safetensors"))) > 1
    printed = run(dataset=user_file(tmp_path, ["bad", "good"], 10, texts), model_folder=folder)
    assert_result_of_classes(printed)


@pytest.mark.parametrize("kind", ["roberta", "electra", "e5"])
def test_a_model_reads_what_it_was_trained_to_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The end of the text decides: at token 190 of 192, far behind 128."""
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))
    base = tiny_encoders.make(kind, tmp_path / "base", tokens=256)
    tokenizer = models.load_tokenizer(str(base))
    texts = [f"{i} {'the fox ' * 300}" for i in range(40)]
    file = user_file(tmp_path, ["bad", "good"], 20, texts)
    recipe = Recipe(1e-3, epochs=1, batch_size=16, max_length=192)
    made = classification.fine_tune(data.load(file), recipe, str(base))
    lengths: list[int] = []
    load = models.load_fine_tuned

    def watched(*arguments: object) -> tuple:
        model, tokenizer = load(*arguments)
        model.register_forward_pre_hook(
            lambda _, __, given: lengths.append(given["input_ids"].shape[1]), with_kwargs=True
        )
        return model, tokenizer

    monkeypatch.setattr(models, "load_fine_tuned", watched)
    assert min(map(len, tokenizer(texts)["input_ids"])) > 192
    assert_result_of_classes(run(dataset=file, model_folder=str(made.path)))
    assert set(lengths) == {192}


@pytest.mark.parametrize("rows", [40, 300])
def test_own_numbers(run: Run, tmp_path: Path, tiny_model: Path, rows: int) -> None:
    folder = model_folder(tmp_path, tiny_model, None)
    printed = run(dataset=numbers_file(tmp_path, rows), model_folder=folder, task="regression")
    assert_result_of_numbers(printed)


def test_numbers_of_the_embedded_films(run: Run, tmp_path: Path, tiny_model: Path) -> None:
    assert_result_of_numbers(
        run(model_folder=model_folder(tmp_path, tiny_model, None), task="regression")
    )


def assert_result_of_numbers(printed: str) -> None:
    pattern = r"Pearson r \S+ \(\S+ to \S+\), mean error \S+ \(of the mean of training: \S+\)"
    result = key(printed, "Pearson r ")
    assert re.fullmatch(pattern, result), result
    assert skipped(printed) == ["Sections 1 to 4", NOT_OURS[0], "Sections 7 and 8", *NOT_OURS[1:]]


def test_measures_of_numbers(run: Run, tmp_path: Path, tiny_model: Path, shell: object) -> None:
    """Against numbers computed by hand; the intervals contain them."""
    folder = model_folder(tmp_path, tiny_model, None)
    run(dataset=numbers_file(tmp_path, 60), model_folder=folder, task="regression")
    made = shell.user_ns
    truth, answer = np.array([1.0, 2, 3, 6]), np.array([2.0, 2, 2, 4])
    assert made["mae"](truth, answer) == 1
    assert made["rmse"](truth, answer) == pytest.approx(1.5**0.5)
    assert made["pearson"](truth, answer) == pytest.approx(np.corrcoef(truth, answer)[0, 1])
    assert made["pearson"](truth, np.full(4, 1 / 3)) == 0
    for (measure, who), (low, high) in made["ends"].items():
        assert low <= made["value"][measure, who] <= high, (measure, who)
    seen = np.mean(made["splits"]["train"]["label"][:])
    assert made["value"]["MAE", "mean of training"] == pytest.approx(
        np.abs(made["truth"]["test"] - seen).mean()
    )


@pytest.mark.parametrize(
    ("classes", "rows", "parameters", "message"),
    [
        (["bad", "good"], 0, {}, "a model for classification: use task='auto'"),
        (None, 10, {}, "a model for regression: use task='regression'"),
        (None, 0, {"rows": 30}, "has 30 rows, expected 40 or more"),
    ],
)
def test_what_does_not_fit_together_is_one_line(
    run: Run,
    tmp_path: Path,
    tiny_model: Path,
    classes: list[str] | None,
    rows: int,
    parameters: dict[str, int],
    message: str,
) -> None:
    """With rows of classes a file of these, else one of numbers; the model is of the other kind."""
    folder = model_folder(tmp_path, tiny_model, classes)
    if rows:
        given = {"dataset": user_file(tmp_path, ["bad", "good"], rows)}
    else:
        file = numbers_file(tmp_path, parameters.get("rows", 40))
        given = {"dataset": file, "task": "regression"}
    with pytest.raises(UserError) as refused:
        run(model_folder=folder, **given)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_a_test_split_of_one_class_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a data set of the Hub may have it; a file's own is stratified."""
    splits = data.load(user_file(tmp_path, ["bad", "good"], 10))
    splits["test"] = splits["test"].filter(lambda row: row["label"] == 0)
    monkeypatch.setattr(data, "load", lambda **_: splits)
    with pytest.raises(UserError, match="test texts are of the class 'good': expected"):
        run(dataset="owner/name")


def test_a_skipped_section_ends_where_the_next_or_the_notebook_begins(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    def says(source: str) -> str:
        shell.run_cell(source, store_history=True)
        return capsys.readouterr().out

    says("from shared.sections import section")
    assert says('section("Section 1")') == "" and says('print("a")') == "a\n"
    assert says('section("Section 2", unless="no data")') == "Section 2: skipped (no data)\n"
    assert says("nothing\n%time 1") == says('print("section(")') == "(skipped)\n"
    assert says('section("Section 3")') == "" and says('print("b")') == "b\n"
    says('section("Section 4", unless="no data")')
    says('profile: str = "quick"')  # a learner changes a parameter, and runs all again
    assert says("print(profile)") == "quick\n"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_own_file_without_a_model(tmp_path: Path) -> None:
    """The least file: a model is made of it; in a real kernel."""
    file = user_file(tmp_path, ["$5 or $6", "好评"], 10)
    done, output = papermill(tmp_path, "04_evaluation", dataset=file)
    assert done.returncode == 0, done.stderr[-3000:]
    text = output.read_text()
    assert "Sections 5 and 6: skipped" in text
    assert "tuned baseline" not in key_line(output)
