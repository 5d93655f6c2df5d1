"""Parameters: each bad value is one clear error that names it."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import UserError
from shared.params import between, check_parameters


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


def test_the_error_shows_no_traceback_in_a_notebook() -> None:
    render: Callable[[], list[str]] = UserError("what to mend")._render_traceback_
    assert render() == ["UserError: what to mend"]
