"""Does a text give a solution away? What learners get is searched for ours, in any form.

A text is compared with a solution token by token. A file that is handed out is read whole, and what
is packed in it (base64, hexadecimal, compressed, …) is unpacked first.
"""

import ast
import base64
import builtins
import bz2
import codecs
import gzip
import json
import keyword
import lzma
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RUN = 5  # tokens in a row: fewer are shared by chance
IN_WORDS = 0.25  # of a solution, at most, in the question and the idea
IN_HINTS = 0.67  # of a solution, at most, in all hints of an exercise
HANDED_OUT = 0.8  # of a solution, or more, in one text: it is given away
LIMITS = {  # higher where the notebook itself builds nearly the same before it asks
    "train": 0.97,  # the task shows all but two lines
    "set_component": 0.98,  # `along`, section 5 of 21
    "prefix_score": 0.98,  # `prefix_scores`, section 7 of 21
}
TOKEN = re.compile(r"\.?\w+|[^\w\s(),]")  # brackets of calls and tuples are a matter of layout
KEPT = {*keyword.kwlist, *dir(builtins)}  # names that nobody can change
PACKED = re.compile(r"[A-Za-z0-9+/_-]{80,}={0,2}|(?:\d{1,3},\s*){40,}\d{1,3}")
UNPACK = (zlib.decompress, gzip.decompress, bz2.decompress, lzma.decompress)
PNG, SVG = b"\x89PNG\r\n\x1a\n", (b"<svg", b"<?xml")


def tokens_of(text: str) -> list[str]:
    """Return the tokens of code, or of prose with code in it, without comments and quotes."""
    return TOKEN.findall(re.sub(r"(?m)(?:^|(?<=  ))#.*$|[\"'`]", " ", text))


def body_of(solution: str) -> str:
    """Return what a solution is asked for: its statements, without signature and docstring."""
    (defined,) = ast.parse(solution).body
    return "\n".join(map(ast.unparse, defined.body[bool(ast.get_docstring(defined)) :]))


def without_names(tokens: list[str]) -> list[str]:
    """Return tokens with one word for all names, but for attributes and those of Python."""
    return [t if t in KEPT or not t.isidentifier() else "name" for t in tokens]


def runs_of(tokens: list[str], length: int) -> list[tuple[str, ...]]:
    """Return all runs of this many tokens, in order."""
    return [tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1)]


def runs_in(text: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return the runs of a text as it is, and those of twice that length without its names."""
    tokens = tokens_of(text)
    return runs_of(tokens, RUN), runs_of(without_names(tokens), 2 * RUN)


class Solutions:
    """Solutions, to be compared with many texts.

    A text and a solution are compared as they are, and in longer runs without their names: a
    solution whose variables are renamed is still one.
    """

    def __init__(self, sources: dict[str, str]) -> None:
        """Note where each run stands.

        Args:
            sources: One function or class each, by the name that is asked for.
        """
        self.sizes: dict[str, int] = {}
        self._places: dict[tuple[str, ...], list[tuple[str, int]]] = {}
        for asked, source in sources.items():
            body = body_of(source)
            self.sizes[asked] = len(tokens_of(body))
            for runs in runs_in(body):
                for i, run in enumerate(runs):
                    self._places.setdefault(run, []).append((asked, i))

    def given(self, text: str) -> dict[str, float]:
        """Return the share of each solution's tokens that stand in a text, where there are any."""
        shares: dict[str, float] = {}
        for runs in runs_in(text):
            found: dict[str, set[int]] = {}
            for run in {*runs} & self._places.keys():
                for asked, i in self._places[run]:
                    found.setdefault(asked, set()).update(range(i, i + len(run)))
            for asked, places in found.items():
                share = len(places) / self.sizes[asked]
                shares[asked] = max(share, shares.get(asked, 0.0))
        return shares


def faults_of_hints(hints: list[str], solution: str) -> Iterator[str]:
    """Yield what is wrong with the hints of an exercise."""
    if len(hints) != 3:
        yield f"{len(hints)} hints, expected three: a question, the idea, a first line"
        return
    if "?" not in hints[0]:
        yield "the first hint asks nothing"
    ours = Solutions({"": solution})
    said, all_said = (ours.given("\n".join(some)).get("", 0.0) for some in (hints[:2], hints))
    if said > IN_WORDS:
        yield f"question and idea contain {said:.0%} of the solution"
    code = re.fullmatch(r"```python\n(.+)\n```", hints[2])
    if not code:
        yield "the third hint is not one line of Python between ```python and ```"
    if all_said > IN_HINTS:
        yield f"the hints contain {all_said:.0%} of the solution"


def faults_of_folder(folder: Path, solutions: Solutions) -> Iterator[str]:
    """Yield what in a folder for learners contains a solution, or cannot be searched.

    Args:
        folder: What is handed out.
        solutions: What must not be in it.
    """
    for path in sorted(p for p in folder.rglob("*") if not p.is_dir()):
        name = path.relative_to(folder)
        if path.suffix not in (".ipynb", ".md") or str(name).startswith(".") or path.is_symlink():
            yield f"{name}: expected only notebooks and their rules, no other files"
            continue
        text = path.read_text(encoding="utf-8")
        texts = strings_of(json.loads(text)) if path.suffix == ".ipynb" else [text]
        for each in texts:
            for form, plain in forms_of(each):
                if plain is None:
                    yield f"{name}: {form} that is neither text nor a figure"
                    continue
                for asked, share in solutions.given(plain).items():
                    if share >= LIMITS.get(asked, HANDED_OUT):
                        yield f"{name}: {share:.0%} of the solution of {asked}, {form}"


def strings_of(value: Any) -> Iterator[str]:  # noqa: ANN401 (any part of a file of JSON)
    """Yield all texts of a notebook: a cell's lines are joined, and so is a list of texts."""
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        yield "".join(value)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from strings_of(part)
    elif isinstance(value, dict):
        yield from value
        yield from strings_of([*value.values(), []])


def forms_of(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield how a text can be read, and what it says then; nothing where it cannot be read."""
    yield "as it is", text
    yield "backwards", text[::-1]
    yield "in rot13", codecs.encode(text, "rot13")
    for found in PACKED.findall(re.sub(r"\\n|(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/=])", "", text)):
        if (data := _bytes_of(found)) is not None and not _is_figure(data):
            unpacked = _text_of(data)
            yield "packed data", unpacked
            if unpacked is not None:
                yield "packed data, backwards", unpacked[::-1]


def _bytes_of(packed: str) -> bytes | None:
    """Return what numbers, hexadecimal digits or base64 stand for; of a long word, nothing."""
    if "," in packed:
        numbers = [int(number) for number in packed.split(",")]
        return bytes(numbers) if max(numbers) < 128 else None  # no text in numbers
    if re.fullmatch(r"[0-9A-Fa-f]+", packed) and len(packed) % 2 == 0:
        return bytes.fromhex(packed)
    if re.fullmatch(r"[A-Za-z]+|[-_]+|[a-z_-]+|\d+", packed):
        return None
    plain = packed.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "==")


def _text_of(data: bytes) -> str | None:
    """Return what bytes say, unpacked as often as needed."""
    for unpack in UNPACK:
        try:
            return _text_of(unpack(data))
        except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError):
            pass
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _is_figure(data: bytes) -> bool:
    """Tell whether bytes are a PNG with nothing but a picture in it; an SVG is text."""
    if not data.startswith(PNG):
        return False
    place, kinds = len(PNG), []
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        kinds.append(kind)
        if kind == b"tEXt" and size > 100:  # the name of the program that drew it is shorter
            return False
        place += size + 12
    return place == len(data) and kinds[-1] == b"IEND" and {*kinds} <= _OF_PICTURES


_OF_PICTURES = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"tEXt", b"sBIT", b"gAMA"}
