"""Drawings of tokens: rows in colours, merges step by step, a lattice of pieces, a pipeline."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from transformers import PreTrainedTokenizerBase

from shared.drawing import Box, Drawing, text_width

CYCLE = ("blue", "yellow", "green", "grey")  # neighbours differ
MARKED = "pink"
SPACE = "·"  # what a space, GPT-2's Ġ and SentencePiece's ▁ are shown as


def pieces_of(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[list[str], list[bool]]:
    """Return the tokens of a text as a reader can read them, and which of them are unknown.

    A space is shown as `·`. A token that holds only a part of a character is shown by its bytes.

    Args:
        tokenizer: Of any kind.
        text: What is cut; special tokens are not added.
    """
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    names = tokenizer.convert_ids_to_tokens(ids)
    if is_byte_level(tokenizer):
        shown = [_of_bytes(tokenizer, i) for i in ids]
    else:
        shown = [name.replace("▁", SPACE) for name in names]
    return shown, [i == tokenizer.unk_token_id for i in ids]


def readable(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]
) -> tuple[list[str], list[bool]]:
    """Return the tokens of ids of a byte-level tokenizer, and which of them are special."""
    special = set(tokenizer.all_special_ids)
    return [_of_bytes(tokenizer, i) for i in ids], [i in special for i in ids]


def is_byte_level(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Tell whether the pieces of a tokenizer are made of bytes, as GPT-2's are."""
    return "ByteLevel" in str(tokenizer.backend_tokenizer.pre_tokenizer)


def _of_bytes(tokenizer: PreTrainedTokenizerBase, token: int) -> str:
    text = tokenizer.decode([token])
    if "\ufffd" not in text:
        return text.replace(" ", SPACE).replace("\n", "↵")
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]  # GPT-2's bytes_to_unicode
    rest = [byte for byte in range(256) if byte not in keep]
    byte_of = {chr(byte): byte for byte in keep}
    byte_of |= {chr(256 + n): byte for n, byte in enumerate(rest)}
    name = tokenizer.convert_ids_to_tokens(token)
    return " ".join(f"{byte_of[character]:02X}" for character in name)


def coloured(
    rows: Sequence[tuple[str, Sequence[str], Sequence[bool]]], alt: str, width: float = 480
) -> Drawing:
    """Draw texts cut into tokens: each in its colour, neighbours in others, marked ones in pink.

    Args:
        rows: Of each text its heading, its tokens, and which of them are marked.
        alt: The alternative text.
        width: Of the drawing.
    """
    height = 5000.0  # drawn twice: to see how high it is, then on a card of that height
    for _ in range(2):
        drawing, y = Drawing(width, height, alt), 18.0
        for heading, tokens, marked in rows:
            drawing.text(10, y, heading, size=13, anchor="start", bold=True)
            colours = _colours(tokens)
            fills = [
                MARKED if is_marked else colours[token]
                for token, is_marked in zip(tokens, marked, strict=True)
            ]
            boxes = drawing.words(10, y + 12, tokens, fills, size=13, gap=3)
            y = boxes[-1].bottom[1] + 22 if boxes else y + 30
        height = y - 10
    return drawing


def _colours(tokens: Sequence[str]) -> dict[str, str]:
    """Return a colour for each different token; while there are enough, neighbours' differ."""
    chosen: dict[str, str] = {}
    for token in dict.fromkeys(tokens):
        beside = {b if a == token else a for a, b in pairwise(tokens) if token in (a, b)}
        turned = [CYCLE[(len(chosen) + i) % len(CYCLE)] for i in range(len(CYCLE))]
        taken = {chosen.get(other) for other in beside}
        chosen[token] = next((fill for fill in turned if fill not in taken), turned[0])
    return chosen


def three_cuts(text: str, tokenizers: Mapping[str, PreTrainedTokenizerBase]) -> Drawing:
    """Draw a text as several tokenizers cut it; unknown tokens are pink.

    Args:
        text: What is cut.
        tokenizers: By their names.
    """
    cuts = {name: pieces_of(tokenizer, text) for name, tokenizer in tokenizers.items()}
    alt = "; ".join(f"{name}: {' | '.join(tokens)}" for name, (tokens, _) in cuts.items())
    rows = [(f"{name}: {len(cut[0])} tokens", *cut) for name, cut in cuts.items()]
    return coloured(rows, f"The text {text!r} cut into tokens. {alt}")


def merge_steps(steps: Sequence[tuple[str, Sequence[Sequence[str]], str]]) -> Drawing:
    """Draw words as rows of symbols, one row for each merge; the new symbol is green.

    Args:
        steps: Of each row its heading, the symbols of each word, and the symbol that is new.
    """
    end = ", ".join(" ".join(symbols) for symbols in steps[-1][1])
    alt = f"Merges, step by step. {'; '.join(heading for heading, *_ in steps)}. In the end: {end}."
    drawing = Drawing(480, 46 * len(steps) + 8, alt)
    for number, (heading, words, new) in enumerate(steps):
        y = 8 + 46 * number
        drawing.text(10, y + 8, heading, size=13, anchor="start")
        x = 10.0
        for symbols in words:
            for symbol in symbols:
                size = max(text_width(symbol, 13) + 8, 17)
                fill = "green" if symbol == new else "white"
                drawing.box(x, y + 17, size, 22, symbol, fill, size=13)
                x += size
            x += 14
    return drawing


def lattice(text: str, pieces: Mapping[tuple[int, int], float], path: Sequence[str]) -> Drawing:
    """Draw each piece that fits as a bar over the characters it covers; one path is green.

    Args:
        text: What is cut.
        pieces: The score of each piece, by where it begins and ends.
        path: The pieces of the path.
    """
    ends = list(accumulate(map(len, path)))
    best = set(zip([0, *ends], ends, strict=False))
    alt = (
        f"The lattice of {text}: {len(pieces)} pieces as bars over the letters that they cover, "
        f"with their log-probabilities; in green the path {' '.join(path)}."
    )
    step = 460 / len(text)
    rows: list[list[tuple[int, int]]] = []
    for span in sorted(pieces, key=lambda s: (s not in best, s[0] - s[1], s[0])):
        free = (row for row in rows if all(span[1] <= a or b <= span[0] for a, b in row))
        row = next(free, None)
        if row is None:
            rows.append(row := [])
        row.append(span)
    drawing = Drawing(480, 40 + 40 * len(rows), alt)
    for place, character in enumerate(text):
        x = 10 + (place + 0.5) * step
        drawing.text(x, 16, character.replace("▁", SPACE), size=18, bold=True)
    for level, row in enumerate(rows):
        for start, end in row:
            name = text[start:end].replace("▁", SPACE)
            drawing.box(
                10 + start * step + 2, 32 + 40 * level, (end - start) * step - 4, 36,
                f"{name}\n{pieces[start, end]:.1f}".replace("-", "−"),
                "green" if (start, end) in best else "white", size=12,
            )  # fmt: skip
    return drawing


def pipeline(text: str, stages: Sequence[tuple[str, str, Sequence[str]]]) -> Drawing:
    """Draw stages below each other, with arrows from what goes in to what comes out.

    Args:
        text: What goes in.
        stages: Of each stage its name, what it does, and what comes out.
    """
    alt = f"The stages of a tokenizer, from {text!r}: " + "; ".join(
        f"the {name} {does}: {' | '.join(tokens)}" for name, does, tokens in stages
    )
    stages, height = [("", "", [text]), *stages], 5000.0
    for _ in range(2):
        drawing, y, before = Drawing(480, height, alt), 10.0, None
        for name, does, tokens in stages:
            if name:
                box = drawing.box(10, y, 460, 24, f"{name}: {does}", "orange", size=13)
                drawing.arrow(before, (before[0], box.y))
                y += 42
            boxes = drawing.words(14, y + 2, tokens, CYCLE[0], size=13, gap=4)
            if name:
                goal = _middle(boxes, boxes[0].y).top
                drawing.arrow((goal[0], box.bottom[1]), goal)
            before = _middle(boxes, boxes[-1].y).bottom
            y = before[1] + 20
        height = y - 6
    return drawing


def _middle(boxes: Sequence[Box], y: float) -> Box:
    """Return the middle one of the boxes in the row at `y`."""
    row = [box for box in boxes if box.y == y]
    return row[len(row) // 2]
