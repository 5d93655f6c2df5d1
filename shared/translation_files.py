"""A file of strings to translate: JSON, gettext or CSV, written again with all else in place."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import polib

from shared import files
from shared.errors import UserError, first_line, short, suggest
from shared.whole import write_whole

TYPES = (".json", ".po", ".csv")
MOST = 20_000  # strings, some minutes on two cores
SLOTS = 8  # different placeholders of a string that the notebook's model can keep
PLACEHOLDER = re.compile(
    r"\{\{?\w*\}?\}"  # {name}, {}, {{name}}
    r"|%(?:\(\w+\))?[sdif]"  # %s, %(name)s
)
UNKNOWN = re.compile(
    r"[{}]"  # {value:.1f}, {count, plural, …}
    r"|%[\w(.#+*%$@:-]"  # %1$s, %.2f, %%
    r"|</?[A-Za-z][^<>]*>"  # <b>, </a>
    r"|&#?\w+;"  # &amp;
    r"|\$[\w(]"  # $name, $t(key)
)


@dataclass
class Strings:
    """The strings of a file that can be translated, and how the file is written again.

    Attributes:
        path: The file.
        keys: Where each string stands in it, such as `errors.auth`.
        texts: The strings, in the file's order.
        kept: Which of them have a placeholder that no slot stands for: they are not translated.
        render: Returns the file's text with other strings in their places.
    """

    path: Path
    keys: list[str]
    texts: list[str]
    render: Callable[[Sequence[str]], str] = field(repr=False)
    kept: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self.kept = [not covered(text) for text in self.texts]


def covered(text: str) -> bool:
    """Return whether a slot stands for each placeholder of a text, so that none can be lost."""
    left = PLACEHOLDER.sub(" ", text)
    few = len(set(PLACEHOLDER.findall(text))) <= SLOTS
    return few and "${" not in text and not UNKNOWN.search(left)


def read_strings(path: str) -> Strings:
    """Read the strings of a `.json`, `.po` or `.csv` file.

    Of JSON all texts that are values are translated, at any depth; of gettext the `msgid` of each
    entry that is not obsolete; of CSV the column `source`. Empty texts stay empty. Texts with
    placeholders that cannot be guaranteed are marked as kept, and counted in a line.

    Raises:
        UserError: There is no such file, it cannot be read, or has no text or too many.
    """
    place = Path(path)
    kind = place.suffix.lower()
    if kind not in TYPES:
        raise UserError(
            f"translate_file = {short(path)}: expected a file that ends with "
            f"{', '.join(TYPES)}. {suggest(kind, TYPES)}"
        )
    read = {".json": _json, ".po": _po, ".csv": _csv}[kind]
    keys, texts, render = read(place)
    if not texts:
        raise UserError(f"translate_file = {short(path)}: it has no text to translate.")
    if len(texts) > MOST:
        raise UserError(
            f"translate_file = {short(path)}: it has {len(texts):,} strings, expected at most "
            f"{MOST:,}. Split it."
        )
    strings = Strings(place, keys, texts, render)
    if count := sum(strings.kept):
        print(
            f"{place.name}: {count} of {len(texts)} strings stay as they are (confidence 0), since "
            "a placeholder or tag in them could be lost"
        )
    return strings


def write_strings(
    strings: Strings, done: Sequence[str], sure: Sequence[float], folder: Path
) -> tuple[Path, Path]:
    """Write the translated file, and a CSV of all strings with their confidence, least sure first.

    Strings that are marked as kept are written as they were read, with a confidence of 0.

    Args:
        strings: What was read.
        done: Their translations.
        sure: The confidence in each, from 0 to 1.
        folder: Where both files go, under the name of the file that was read.

    Raises:
        UserError: A translation has other placeholders than its source; nothing is written.
    """
    rows = list(zip(strings.kept, strings.texts, done, sure, strict=True))
    done = [old if kept else new for kept, old, new, _ in rows]
    sure = [0.0 if kept else value for kept, _, _, value in rows]
    for key, old, new in zip(strings.keys, strings.texts, done, strict=True):
        if sorted(PLACEHOLDER.findall(old)) != sorted(PLACEHOLDER.findall(new)):
            raise UserError(
                f"{strings.path.name}: the translation of {short(key)} would change its "
                f"placeholders: {short(old)} became {short(new)}. Nothing is written."
            )
    folder.mkdir(parents=True, exist_ok=True)
    translated = folder / strings.path.name
    listed = folder / f"{strings.path.stem}.confidence.csv"
    columns = {"confidence": np.round(sure, 3), "key": strings.keys, "source": strings.texts}
    table = pd.DataFrame(columns | {"translation": done})
    write_whole(translated, strings.render(done))
    write_whole(listed, table.sort_values("confidence", kind="stable").to_csv(index=False))
    return translated, listed


def _cannot(place: Path, error: Exception) -> UserError:
    kind = place.suffix[1:]
    return UserError(f"{short(str(place))} cannot be read as {kind}: {first_line(error)}.")


def _text(place: Path) -> str:
    text, assumed = files.read_text(place, place.suffix[1:].lower())
    _say(place, assumed)
    return text


def _say(place: Path, assumed: Sequence[str]) -> None:
    if assumed:
        print(f"{place.name}: read {', '.join(assumed)}")


def _json(place: Path) -> tuple[list[str], list[str], Callable]:
    text = _text(place)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _cannot(place, error) from error
    found: list[tuple[tuple, str]] = []

    def walk(value: object, path: tuple) -> None:
        if isinstance(value, str) and value.strip():
            found.append((path, value))
        elif isinstance(value, dict | list):
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            for key, inner in entries:
                walk(inner, (*path, key))

    walk(content, ())

    def render(done: Sequence[str]) -> str:
        made = json.loads(text)
        for (path, _), new in zip(found, done, strict=True):
            if not path:
                made = new
                continue
            inner = made
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = new
        return json.dumps(made, indent=2, ensure_ascii=False) + "\n"

    return [".".join(map(str, path)) for path, _ in found], [t for _, t in found], render


def _po(place: Path) -> tuple[list[str], list[str], Callable]:
    text = _text(place)

    def entries() -> tuple[polib.POFile, list[polib.POEntry]]:
        file = polib.pofile(text, wrapwidth=0)
        return file, [e for e in file if not e.obsolete and e.msgid.strip()]

    try:
        _, found = entries()
    except (OSError, ValueError) as error:
        raise _cannot(place, error) from error
    if not found:
        raise UserError(f"{short(str(place))} cannot be read as po: it has no entry.")
    if plural := [e.msgid for e in found if e.msgid_plural]:
        print(f"{place.name}: {len(plural)} entries with a plural are left as they are")
    found = [e for e in found if not e.msgid_plural]

    def render(done: Sequence[str]) -> str:
        file, again = entries()
        for entry, new in zip([e for e in again if not e.msgid_plural], done, strict=True):
            entry.msgstr = new
            if "fuzzy" not in entry.flags:
                entry.flags.append("fuzzy")  # gettext's word for: to be checked by a person
        return str(file) + "\n"

    return [e.msgctxt or e.msgid for e in found], [e.msgid for e in found], render


def _csv(place: Path) -> tuple[list[str], list[str], Callable]:
    table, assumed = files.read(place, ["source"])
    if "source" not in table:
        raise UserError(
            f"{short(str(place))} has no column 'source'. {suggest('source', table.columns)}"
        )
    _say(place, assumed)
    rows = [i for i, value in enumerate(table["source"]) if value.strip()]
    texts = [table["source"].iloc[i] for i in rows]

    def render(done: Sequence[str]) -> str:
        new = [""] * len(table)
        for i, value in zip(rows, done, strict=True):
            new[i] = value
        return table.assign(translation=new).to_csv(index=False)

    return [f"row {i + 2}" for i in rows], texts, render
