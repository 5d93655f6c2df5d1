"""Check a notebook's parameters, before anything long starts."""

import ast
import json
import linecache
import math
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from shared import ROOT
from shared.errors import UserError, short, suggest
from shared.recipes import RECIPES, Recipe

PUBLISHED = ROOT / "notebooks" / "published.json"


@dataclass(frozen=True)
class Rule:
    """What a value must be, in words and as a test."""

    expected: str
    accepts: Callable[[Any], bool]


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
    "precision": one_of("auto", "float32", "bfloat16"),
    "max_length": between(4, 8192),
    "batch_size": between(1, 4096),
    "learning_rate": Rule("above 0 and at most 1", lambda value: 0 < value <= 1),
    "epochs": between(1, 1000),
    "seed": between(0, 2**31 - 1),
}


@dataclass(frozen=True)
class Parameters:
    """The checked parameters of a notebook.

    Attributes:
        values: Each parameter's value by its name.
    """

    values: dict[str, Any]

    @property
    def full(self) -> bool:
        """Whether the profile is `full`."""
        return self.values.get("profile") == "full"

    @property
    def changed(self) -> set[str]:
        """The parameters, but the profile, that are not as the notebook is published."""
        own = self.values.keys() - {"profile"}
        alike = [known for known in published().values() if known.keys() == own]
        differing = [{name for name in own if self.values[name] != k[name]} for k in alike]
        return min(differing, key=len, default=set(own))

    @property
    def as_published(self) -> bool:
        """Whether nothing but the profile is changed.

        What a notebook claims about the embedded data and models is asserted only then; what must
        always be true is asserted in any case.
        """
        return not self.changed

    def recipe(self, base: Recipe | None = None, without: Collection[str] = ()) -> Recipe:
        """Return how to train: as the profile says, but for what the parameters say otherwise.

        A parameter that is named like a field of `Recipe` sets that field. Where there is a
        profile, 0 and "" mean "as the profile says"; without one each value counts.

        Args:
            base: What the profile says; by default its entry in `RECIPES`.
            without: Parameters that mean something else in this notebook.
        """
        profile = self.values.get("profile")
        names = {field.name for field in fields(Recipe)} & self.values.keys() - set(without)
        given = {name: self.values[name] for name in names if self.values[name] or not profile}
        return replace(base or (RECIPES[profile] if profile else Recipe()), **given)

    def texts(self) -> dict[str, Any]:
        """Return the parameters that name a data set, as keyword arguments of `data.load`."""
        names = ("dataset", "task", "text_column", "label_column", "seed")
        given = {name: self.values[name] for name in names if name in self.values}
        return given | {"revision": self.values.get("dataset_revision") or None}


@cache
def published() -> dict[str, dict[str, Any]]:
    """Return by notebook the defaults of its parameters but the profile, as last published.

    `make refresh` writes them from the cells tagged `parameters`. What a learner changes in such a
    cell differs from them; a kernel could not tell otherwise.
    """
    return json.loads(PUBLISHED.read_text()) if PUBLISHED.is_file() else {}


def check_parameters(namespace: dict[str, Any], **rules: Rule) -> Parameters:
    """Check the typed parameters of the calling notebook. Call it right after the parameters cell.

    Whole numbers given for a float become floats, and numbers given for a text become texts (the
    command line has no other way to name a column `2`), also in `namespace`.

    Args:
        namespace: The notebook's `globals()`. The parameters are the names of the first cell that
            only assigns typed names.
        **rules: Rules for this notebook's own parameters, beside the common `RULES`.

    Raises:
        UserError: The parameters' cell was not run, a name papermill injected is no parameter, a
            value has another type than its annotation, a text is not one line, or a rule is broken.
    """
    cells = _cells_run(namespace)
    types = next(filter(None, map(parameter_types, cells)), {})
    if not types:
        raise UserError("There are no parameters yet: run the first code cell, then this one.")
    for name in sorted(_injected(cells) - types.keys()):
        raise UserError(f"Unknown parameter {name!r}. {suggest(name, types)}")
    for name, kind in types.items():
        value = namespace[name]
        if kind is float and type(value) is int and abs(value) < 2**63:
            value = namespace[name] = float(value)
        if kind is str and type(value) in (int, float) and abs(value) < 2**63:
            value = namespace[name] = str(value)
        if type(value) is not kind or not _KINDS[kind].accepts(value):
            given = f"{short(value)} ({type(value).__name__})"
            raise UserError(f"{name} = {given}: expected {_KINDS[kind].expected}.")
        rule = {**RULES, **rules}.get(name)
        if rule and not rule.accepts(value):
            raise UserError(f"{name} = {short(value)}: expected {rule.expected}.")
    return Parameters({name: namespace[name] for name in types})


def _cells_run(namespace: dict[str, Any]) -> list[str]:
    """Return the source of the cells that were run: IPython's list `In`.

    A kernel may be told to keep no history, as nbval's is. The source is there nevertheless, where
    Python finds the lines that it shows in tracebacks.
    """
    if any(map(parameter_types, history := namespace.get("In", []))):
        return history
    sources = [entry[2] for entry in list(linecache.cache.values()) if len(entry) == 4]
    return ["".join(lines) for lines in sources if len(lines) < 100]


@cache
def parameter_types(source: str) -> dict[str, type]:
    """Return the names and types of a cell that only assigns typed names; of other cells, nothing.

    Args:
        source: A cell such as `profile: str = "quick"`, a parameter on each line.
    """
    kinds = {kind.__name__: kind for kind in _KINDS}
    try:
        return {node.target.id: kinds[node.annotation.id] for node in ast.parse(source).body}
    except (SyntaxError, AttributeError, KeyError):  # another kind of cell, or IPython's own words
        return {}


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


def _injected(cells: list[str]) -> set[str]:
    """Return the names assigned by papermill's cell, which it heads `# Parameters`."""
    injected = [ast.parse(cell) for cell in cells if cell.startswith("# Parameters\n")]
    assignments = [node for cell in injected for node in cell.body if isinstance(node, ast.Assign)]
    return {target.id for node in assignments for target in node.targets if hasattr(target, "id")}
