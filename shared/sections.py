"""Sections of a notebook that some data cannot support: their cells are skipped, and say so."""

from IPython import get_ipython

from shared.params import parameter_types

_skipping = False


def section(title: str, unless: str = "") -> None:
    """Begin a section. If there is a reason against it, print it and skip the cells of the section.

    Each cell up to the next call, or to the notebook's parameters, then prints `(skipped)` only.

    Args:
        title: The section's name, such as `Section 5`.
        unless: Why it cannot be run with these data; if empty, it is run.
    """
    global _skipping
    _skipping = bool(unless)
    if unless:
        print(f"{title}: skipped ({unless})")
    if (shell := get_ipython()) and _replace not in shell.input_transformers_post:
        shell.input_transformers_post.append(_replace)


def _replace(lines: list[str]) -> list[str]:
    """Return the lines of a cell as they are to be run; IPython calls this before each cell."""
    global _skipping
    source = "".join(lines)
    _skipping = _skipping and not parameter_types(source)  # the notebook begins again
    return ['print("(skipped)")\n'] if _skipping and not source.startswith("section(") else lines
