"""Parameters: each bad value is one clear error that names it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import params
from shared.errors import UserError
from shared.params import between, check_parameters

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


def test_a_kernel_without_a_history_is_asked_for_its_annotations() -> None:
    given: dict[str, Any] = {"In": [""]}
    exec("epochs: int = 1\nseen: dict[str, int] = {}", given)
    assert check_parameters(given).values == {"epochs": 1}


def test_without_the_parameters_cell_there_is_one_line() -> None:
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
