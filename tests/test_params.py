"""Parameters: each bad value is one clear error that names it."""

import json
import linecache
from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from shared import data, params
from shared.errors import UserError
from shared.params import Parameters, between, check_parameters
from shared.recipes import RECIPES, Recipe

DEFAULTS = {"learning_rate": 1e-4, "epochs": 1, "show": True}


def namespace(injected: str = "", **values: object) -> dict[str, Any]:
    cell = (
        'profile: str = "quick"\nlearning_rate: float = 1e-4\nepochs: int = 1\nshow: bool = True\n'
    )
    result: dict[str, Any] = {"In": ["", cell]}
    exec(cell, result)
    if injected:
        result["In"].append(f"# Parameters\n{injected}")
        exec(injected, result)
    return result | values


def test_good_values_pass_and_whole_numbers_become_floats() -> None:
    given = namespace("learning_rate = 1")
    check_parameters(given)
    assert given["learning_rate"] == 1.0
    assert type(given["learning_rate"]) is float


def test_a_notebook_adds_rules_and_overrides_common_ones() -> None:
    check_parameters(namespace("epochs = 0"), epochs=between(0, 5))
    with pytest.raises(UserError, match="from 0 to 5"):
        check_parameters(namespace("epochs = 6"), epochs=between(0, 5))


def test_names_of_other_cells_are_not_taken_for_parameters() -> None:
    given = namespace()
    given["In"].append("helper = 3  # a reader's own cell")
    check_parameters(given)


def test_a_typed_name_of_a_later_cell_is_no_parameter() -> None:
    """06, 07 and 11 annotate variables; running the first two cells again ended in a KeyError."""
    given = namespace()
    later = "seen: dict[str, int] = {}\nx: int = 1"
    given["In"].append(later)
    exec(later, given)
    del given["x"]
    assert set(check_parameters(given).values) == {"profile", *DEFAULTS}


def test_a_number_given_for_a_text_is_a_text() -> None:
    """Papermill makes a number of a column's name such as 2."""
    cell = 'text_column: str = "text"\n'
    given = {"In": [cell, "# Parameters\ntext_column = 2"], "text_column": 2}
    assert check_parameters(given).values == {"text_column": "2"}
    assert given["text_column"] == "2"


def test_of_a_kernel_without_a_history_the_cells_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where IPython's compiler puts them; nbval's kernel has no other trace of them."""
    cells = ["import os\n", "epochs: int = 1\n", "seen: dict[str, int] = {}\n"]
    entries = {f"<cell {i}>": (1, None, [cell], "") for i, cell in enumerate(cells)}
    monkeypatch.setattr(linecache, "cache", {"lazy": (lambda: "",), **entries})
    given = {"In": [""], "epochs": 2}
    assert check_parameters(given).values == {"epochs": 2}


def test_the_recipe_is_the_profiles_with_what_is_given() -> None:
    def parameters(**values: object) -> Parameters:
        zeros = {"profile": "quick", "epochs": 0, "learning_rate": 0.0, "seed": 0, "dataset": "x"}
        return Parameters(zeros | values)

    assert parameters().recipe() == RECIPES["quick"]
    assert parameters(profile="full").recipe() == RECIPES["full"]
    given = parameters(epochs=7, seed=3)
    assert given.recipe() == replace(RECIPES["quick"], epochs=7, seed=3)
    assert given.recipe(without={"epochs"}) == replace(RECIPES["quick"], seed=3)
    own = Recipe(0.5, epochs=9, batch_size=2)
    assert given.recipe(own) == replace(own, epochs=7, seed=3)
    # Without a profile there is nothing that 0 could stand for.
    assert Parameters({"warmup": 0.0}).recipe() == replace(Recipe(), warmup=0.0)


def test_the_texts_are_what_load_takes() -> None:
    names = {"dataset": "mine.csv", "text_column": "body", "label_column": "stars", "seed": 3}
    given = Parameters({"profile": "quick", "epochs": 0, **names, "dataset_revision": ""})
    assert given.texts() == {**names, "revision": None}
    pinned = Parameters({"task": "regression", "dataset_revision": "abc"})
    assert pinned.texts() == {"task": "regression", "revision": "abc"}
    assert given.texts().keys() | pinned.texts().keys() == signature(data.load).parameters.keys()


def test_without_the_parameters_cell_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linecache, "cache", {})  # which may hold the cells of other tests
    with pytest.raises(UserError, match="run the first code cell"):
        check_parameters({"In": ["", "x = 3"]})


def test_published_are_the_defaults_and_what_differs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "published.json").write_text(json.dumps({"00_a": DEFAULTS, "01_b": {"x": 1}}))
    monkeypatch.setattr(params, "PUBLISHED", tmp_path / "published.json")
    params.published.cache_clear()
    assert check_parameters(namespace()).as_published
    assert check_parameters(namespace('profile = "full"')).as_published
    changed = check_parameters(namespace("epochs = 2\nshow = False"))
    assert changed.changed == {"epochs", "show"} and not changed.as_published
    unknown = {"In": ["y: int = 1"], "y": 1}
    assert check_parameters(unknown).changed == {"y"}
    params.published.cache_clear()


def test_the_error_shows_no_traceback_in_a_notebook() -> None:
    render: Callable[[], list[str]] = UserError("what to mend")._render_traceback_
    assert render() == ["UserError: what to mend"]
