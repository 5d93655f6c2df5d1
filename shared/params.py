"""Check a notebook's parameters, before anything long starts."""

import ast
import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.errors import UserError, short, suggest


@dataclass(frozen=True)
class Rule:
    """What a value must be, in words and as a test."""

    expected: str
    holds: Callable[[Any], bool]


def one_of(*choices: str) -> Rule:
    """Accept the given values only."""
    return Rule(f"one of {', '.join(map(repr, choices))}", lambda value: value in choices)


def between(low: float, high: float) -> Rule:
    """Accept numbers from `low` to `high`, both included."""
    return Rule(f"from {low:g} to {high:g}", lambda value: low <= value <= high)


NOT_EMPTY = Rule("a text that is not empty", lambda value: bool(value.strip()))

# What a parameter of this name means in every notebook.
RULES = {
    "profile": one_of("quick", "full"),
    "task": one_of("auto", "binary", "three-class", "regression"),
    "model_name": NOT_EMPTY,
    "dataset": NOT_EMPTY,
    "text_column": NOT_EMPTY,
    "label_column": NOT_EMPTY,
    "max_length": between(4, 8192),
    "batch_size": between(1, 4096),
    "learning_rate": Rule("above 0 and at most 1", lambda value: 0 < value <= 1),
    "epochs": between(1, 1000),
    "seed": between(0, 2**31 - 1),
}


def check_parameters(namespace: dict[str, Any], **rules: Rule) -> None:
    """Check the typed parameters of the calling notebook. Call it right after the parameters cell.

    Args:
        namespace: The notebook's `globals()`; its annotations are the parameters and their types.
        **rules: Rules for this notebook's own parameters, beside the common `RULES`.

    Raises:
        UserError: A name papermill injected is no parameter, a value has another type than its
            annotation, a text is not one line, or a rule is broken.
    """
    types = namespace["__annotations__"]
    for name in sorted(_injected(namespace.get("In", [])) - types.keys()):
        raise UserError(f"Unknown parameter {name!r}. {suggest(name, types)}")
    for name, kind in types.items():
        value = namespace[name]
        if kind is float and type(value) is int and abs(value) < 2**63:
            value = namespace[name] = float(value)
        if type(value) is not kind or not _KINDS[kind].holds(value):
            given = f"{short(value)} ({type(value).__name__})"
            raise UserError(f"{name} = {given}: expected {_KINDS[kind].expected}.")
        rule = {**RULES, **rules}.get(name)
        if rule and not rule.holds(value):
            raise UserError(f"{name} = {short(value)}: expected {rule.expected}.")


def _is_line(text: str) -> bool:
    """Refuse what no path, column or prompt needs: control characters, and halves of characters."""
    kinds = {unicodedata.category(character) for character in text[:4096]}
    return len(text) <= 4096 and not kinds & {"Cc", "Cs", "Zl", "Zp"}


_KINDS = {
    int: Rule("a whole number, such as 3", lambda value: abs(value) < 2**63),
    float: Rule("a finite number, such as 1e-4", math.isfinite),
    str: Rule('a text of one line, such as "movies"', _is_line),
    bool: Rule("True or False", lambda value: True),
}


def _injected(history: list[str]) -> set[str]:
    """Return the names assigned by papermill's cell, which it heads `# Parameters`."""
    cells = [ast.parse(cell) for cell in history if cell.startswith("# Parameters\n")]
    assignments = [node for cell in cells for node in cell.body if isinstance(node, ast.Assign)]
    return {target.id for node in assignments for target in node.targets if hasattr(target, "id")}
