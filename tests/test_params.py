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


@pytest.mark.parametrize(
    ("injected", "parts"),
    [
        ("learning_rat = 1e-3", ["'learning_rat'", "Did you mean 'learning_rate'?"]),
        ("zzz = 1", ["'zzz'", "Valid: profile"]),
        ("learning_rate = -0.1", ["learning_rate = -0.1", "above 0"]),
        ("learning_rate = float('nan')", ["learning_rate = nan", "finite"]),
        ("learning_rate = float('inf')", ["learning_rate = inf", "finite"]),
        ("learning_rate = 'fast'", ["learning_rate = 'fast' (str)", "finite number"]),
        ("learning_rate = True", ["learning_rate = True (bool)"]),
        ("epochs = 1.5", ["epochs = 1.5 (float)", "whole number"]),
        ("epochs = None", ["epochs = None (NoneType)", "whole number"]),
        ("epochs = 0", ["epochs = 0", "from 1 to"]),
        ("show = 1", ["show = 1 (int)", "True or False"]),
        ("profile = 'Quick'", ["profile = 'Quick'", "'quick', 'full'"]),
        ("profile = 'x' * 1000", ["profile = 'xxx", "…"]),
    ],
)
def test_bad_value_is_named_with_what_was_expected(injected: str, parts: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        check_parameters(namespace(injected))
    for part in parts:
        assert part in str(caught.value)
    assert len(str(caught.value)) < 300


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
