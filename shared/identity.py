"""What a result depends on, as a hash: parameters, data, code and versions. The one home of it."""

import ast
import builtins
import dis
import hashlib
import importlib.metadata
import json
import platform
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any

HERE = Path(__file__).parent
# Modules of `shared` that change no result, or only through files whose hashes count.
UNRELATED = (
    "__main__.py",
    "drawing.py",
    "embedded.py",
    "errors.py",
    "exercises.py",
    "hub.py",
    "params.py",
    "plots.py",
    "published.py",
    "readers.py",
    "sections.py",
    "stored.py",
)
# Nor do modules whose names end like this: they draw, or check exercises.
SHOWN = (
    "_drawings.py",
    "_exercises.py",
    "_figures.py",
    "_pictures.py",
    "_plots.py",
)
PACKAGES = (
    "accelerate",
    "datasets",
    "numpy",
    "scikit-learn",
    "tokenizers",
    "torch",
    "transformers",
)
LONGEST = 2000  # characters of a constant that is taken into account; longer ones are data


def digest(content: object) -> str:
    """Return the sha256 of a JSON value as hexadecimal digits."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def identity(parameters: dict[str, Any], data: str, build: Callable) -> dict[str, Any]:
    """Return all that a result depends on, as JSON values: `digest` of it is the result's name.

    Args:
        parameters: JSON values, hashes of models' weights among them.
        data: Fingerprint of the data.
        build: The function that computes the result. Its code counts, with the functions, classes
            and constants that it uses in its notebook, those that they use, and so on.
    """
    return {
        "parameters": parameters,
        "data": data,
        "code": {"build": code_of(build), "shared": package_code()},
        "versions": versions(),
    }


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that change numbers."""
    found = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **found}


@cache
def package_code() -> str:
    """Return a hash of `shared`, without comments."""
    modules = sorted(
        path
        for path in HERE.glob("*.py")
        if path.name not in UNRELATED and not path.name.endswith(SHOWN)
    )
    return digest({path.name: plain(path.read_text(encoding="utf-8")) for path in modules})


def plain(source: str) -> str:
    """Return Python code without comments, which change no result."""
    return ast.unparse(ast.parse(source))


def code_of(function: Callable) -> str:
    """Return a hash of a function's code and of what it uses outside of installed packages."""
    return digest(list(_parts(function, set())))


def _parts(value: object, seen: set[int]) -> Iterator[object]:
    """Yield what `value` consists of: bytecode of functions and methods, constants."""
    value = getattr(value, "__wrapped__", value)  # what `functools.cache` and the like decorate
    if _is_constant(value):
        yield repr(value)
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, partial):
        for part in (value.func, *value.args, *value.keywords.values()):
            yield from _parts(part, seen)
    elif isinstance(value, MethodType):
        yield from _parts(value.__func__, seen)
    elif isinstance(value, FunctionType) and _is_ours(value.__code__):
        yield from _parts_of_code(value.__code__)
        used = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
        used += [cell.cell_contents for _, cell in sorted(cells.items()) if _is_filled(cell)]
        for name in sorted(_globals_of(value.__code__)):
            used.append(value.__globals__.get(name, getattr(builtins, name, None)))
        for part in used:
            yield from _parts(part, seen)
    elif isinstance(value, type):
        for base in value.__mro__:
            for name, part in sorted(vars(base).items()):
                function = getattr(part, "__func__", getattr(part, "fget", part))
                if isinstance(function, FunctionType) or (
                    not name.startswith("__") and _is_constant(part)
                ):
                    yield from _parts(function, seen)


def _parts_of_code(code: CodeType) -> Iterator[object]:
    yield [code.co_code.hex(), code.co_names, code.co_varnames]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts_of_code(constant)
        else:
            known = isinstance(constant, frozenset)  # in an order that differs each time
            yield repr(sorted(constant, key=repr) if known else constant)


def _globals_of(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    names = {
        instruction.argval
        for instruction in dis.get_instructions(code)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    return names.union(*map(_globals_of, inner))


def _is_constant(value: object) -> bool:
    """Accept numbers, texts and what is made of them, if short; no tensors, models or data sets."""
    if isinstance(value, dict):
        return all(map(_is_constant, (*value, *value.values()))) and len(repr(value)) < LONGEST
    if isinstance(value, tuple | list):
        return len(value) < LONGEST and all(map(_is_constant, value)) and len(repr(value)) < LONGEST
    if is_dataclass(value) and not isinstance(value, type):
        return _is_constant([getattr(value, field.name) for field in fields(value)])
    return value is None or (isinstance(value, bool | int | float | str) and value == value)


def _is_filled(cell: object) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that is assigned later
        return False


@cache
def _is_ours(code: CodeType) -> bool:
    """Tell a notebook's or a learner's code from `shared`, packages and the standard library."""
    paths = sysconfig.get_paths()
    packaged = (HERE, *(paths[name] for name in ("stdlib", "purelib", "platlib")))
    return not any(Path(code.co_filename).is_relative_to(path) for path in packaged)
