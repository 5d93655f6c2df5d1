"""The drawings of notebook 05: what lies in which file, and what stands for what."""

import struct
from collections.abc import Mapping, Sequence

from shared.drawing import Drawing


def draw_file(header: str, numbers: Sequence[float]) -> None:
    """Show a safetensors file: 8 bytes of length, the header (JSON), and float32 numbers."""
    size, data = len(header.encode()), 4 * len(numbers)
    shown = [f"{n:g}".replace("-", "−") for n in numbers]
    drawing = Drawing(
        480, 214,
        f"A safetensors file of {8 + size + data} bytes in three parts: 8 bytes that hold the "
        f"number {size}, a header of {size} bytes of JSON with name, format, shape and offsets of "
        f"each array, and {data} bytes of numbers: {', '.join(shown)}.",
    )  # fmt: skip
    drawing.text(60, 16, "8 bytes", 13, bold=True)
    length = drawing.box(10, 30, 100, 40, f"{size}", "yellow")
    drawing.text(210, 16, f"{size} bytes of JSON", 13, bold=True)
    head = drawing.box(116, 30, 188, 40, "what is where", "blue")
    drawing.text(390, 16, f"{data} bytes of numbers", 13, bold=True)
    for i, n in enumerate(shown):
        drawing.box(310 + 164 / len(shown) * i, 30, 164 / len(shown), 40, n, "green")
    drawing.arrow(length.bottom, (60, 88), (head.x + 40, 88), (head.x + 40, 72))
    drawing.text(10, 104, "how long the header is", 12, "start")
    lines = header.strip().replace('"dtype"', '\n"dtype"').replace('"data', '\n"data')
    drawing.box(10, 122, 290, 84, lines, "blue", 12)
    drawing.line((312, 74), (312, 82), (472, 82), (472, 74))  # a bracket: all of w's bytes
    drawing.arrow((300, 164), (344, 164), (344, 84))
    drawing.text(354, 122, "offsets: where\nits bytes start\nand end", 12, "start")
    drawing.show()


def draw_resuming(steps: int, stop: int) -> None:
    """Show a run of some steps, interrupted after one of them, and what its next step reads."""
    parts = {
        "weights": "what is trained", "moments": "of the gradient", "schedule": "next rate",
        "data order": "next batch", "random state": "next dropout",
    }  # fmt: skip
    drawing = Drawing(
        480, 226,
        f"A row of {steps} steps, cut after step {stop}. Five boxes, {', '.join(parts)}, point at "
        f"step {stop + 1}: it depends on all of them.",
    )  # fmt: skip
    width, y = 440 / steps, 34
    for i in range(steps):
        fill = "grey" if i < stop else "green" if i > stop else "orange"
        drawing.box(20 + i * width, y, width - 2, 26, "", fill)
    cut = 20 + stop * width - 1
    drawing.line((cut, 22), (cut, 72), dashed=True)
    drawing.text(cut - 8, 14, f"{stop} steps done", 13, "end")
    drawing.text(cut + 8, 14, "power cut", 13, "start", bold=True)
    target = (20 + (stop + 0.5) * width, y + 28)
    for i, (name, what) in enumerate(parts.items()):
        box = drawing.box(2 + i * 95.6, 142, 94, 46, f"{name}\n{what}", "blue", 12)
        drawing.line(box.top, (box.top[0], 106), (target[0], 106))
    drawing.arrow((target[0], 106), target)
    drawing.text(240, 210, "saved together: the checkpoint", 13)
    drawing.show()


def draw_formats(formats: Mapping[str, tuple[int, int]]) -> None:
    """Show number formats as bits: name to (bits of the exponent, bits of the fraction)."""
    said = "; ".join(f"{n}: 1 sign, {e} exponent, {f} fraction" for n, (e, f) in formats.items())
    drawing = Drawing(480, 44 + 44 * len(formats), f"Bits of number formats. {said}.")
    for i, (name, fill) in enumerate({"sign": "grey", "exponent": "orange", "fraction": "blue"}
                                     .items()):  # fmt: skip
        drawing.box(84 + i * 130, 8, 14, 14, "", fill)
        drawing.text(104 + i * 130, 15, f"{name}: " + ("±", "range", "digits")[i], 12, "start")
    for row, (name, (exponent, fraction)) in enumerate(formats.items()):
        y, size = 40 + 44 * row, 11.9
        drawing.text(78, y + 15, name, 13, "end", bold=True)
        for bit in range(1 + exponent + fraction):
            fill = "grey" if bit == 0 else "orange" if bit <= exponent else "blue"
            drawing.box(84 + bit * size, y, size - 1, 28, "", fill)
        x = 92 + (1 + exponent + fraction) * size
        if exponent + fraction < 20:
            drawing.text(x, y + 15, f"{exponent} + {fraction} bits", 12, "start")
    drawing.show()


def draw_flipped_bit(number: float, byte: int = 3) -> None:
    """Show the four bytes of a float32, little-endian, before and after a bit of one changed."""
    before = struct.pack("<f", number)
    after = bytearray(before)
    after[byte] ^= 1
    (changed,) = struct.unpack("<f", after)
    drawing = Drawing(
        480, 150,
        f"The number {number:.4g} as four bytes, the lowest first: {before.hex(' ')}. In byte "
        f"{byte} the last bit is changed: {bytes(after).hex(' ')}, which is {changed:.4g}.",
    )  # fmt: skip
    for i in range(4):
        drawing.text(110 + 70 * i, 14, f"byte {i}", 12)
    for row, (what, content, value) in enumerate(
        (("written", before, number), ("changed", bytes(after), changed))
    ):
        y = 28 + 56 * row
        drawing.text(68, y + 18, what, 13, "end", bold=True)
        for i, one in enumerate(content):
            fill = "orange" if row and i == byte else "white"
            drawing.box(76 + 70 * i, y, 68, 36, f"{one:08b}", fill, 12)
        drawing.text(362, y + 18, f"= {value:.3g}", 14, "start", bold=True)
    drawing.text(300, 140, "byte 3: the sign and most of the exponent", 12)
    drawing.show()


def draw_seal(hashes: Mapping[str, str], seal: str) -> None:
    """Show files and their hashes, the manifest that lists these, and the seal that is its hash."""
    shown = dict(list(hashes.items())[:5])
    more = len(hashes) > len(shown)  # an extra row, "…"
    drawing = Drawing(
        480, 72 + 34 * (len(shown) + more),
        f"Each file of the folder ({', '.join(shown)}{', …' if more else ''}) has a hash. "
        f"The manifest lists them; its own hash, the seal {seal[:6]}…, is kept outside the folder.",
    )  # fmt: skip
    height = 34 * (len(shown) + more)
    drawing.text(80, 14, "files", 13, bold=True)
    drawing.text(252, 14, "manifest.json", 13, bold=True)
    drawing.text(424, 14, "elsewhere", 13, bold=True)
    manifest = drawing.box(190, 26, 124, height, "", "blue")
    for i, (name, digest) in enumerate(shown.items()):
        shown_name = name if len(name) < 20 else f"{name[:18]}…"
        file = drawing.box(6, 28 + 34 * i, 148, 28, shown_name, "green", 12)
        drawing.arrow(file.right, (190, file.right[1]))
        drawing.text(252, 42 + 34 * i, f"{digest[:6]}…", 13)
    if more:
        drawing.text(80, height + 8, "…", 13)
        drawing.text(252, height + 8, "…", 13)
    kept = drawing.box(364, 26 + height / 2 - 28, 112, 56, f"seal\n{seal[:6]}…", "yellow", 14)
    drawing.arrow(manifest.right, kept.left)
    chain = "one bit of a file → another hash\n→ another manifest → another seal"
    drawing.text(240, height + 50, chain, 13)
    drawing.show()


def draw_containers(metadata: int, arrays: int, dropped: str, place: str) -> None:
    """Show a model folder beside the one file of GGUF, and a layer that its converter drops."""
    drawing = Drawing(
        480, 214,
        f"A model folder has config.json, tokenizer.json and model.safetensors. A GGUF file holds "
        f"all in one: {metadata} entries of metadata and {arrays} arrays under llama.cpp's names, "
        f"and in ours no tokenizer. {dropped} is dropped by the usual converter; in our "
        f"file it is {place}.",
    )  # fmt: skip
    drawing.text(106, 14, "model folder", 13, bold=True)
    drawing.text(366, 14, "one GGUF file", 13, bold=True)
    left = [
        drawing.box(10, y, 190, 36, name, fill, 13)
        for y, name, fill in (
            (28, "config.json", "yellow"), (70, "tokenizer.json", "orange"),
            (112, "model.safetensors", "green"),
        )
    ]  # fmt: skip
    right = [
        drawing.box(270, 28, 200, 36, f"metadata: {metadata} entries", "yellow", 13),
        drawing.box(270, 70, 200, 36, "tokenizer (not in ours)", "white", 13, dashed=True),
        drawing.box(270, 112, 200, 36, f"{arrays} arrays, other names", "green", 13),
    ]
    for a, b in zip(left, right, strict=True):
        drawing.arrow(a.right, b.left)
    out = drawing.box(10, 166, 190, 40, f"{dropped}\n(converter drops it)", "pink", 12)
    kept = drawing.box(270, 166, 200, 40, f"{place}: in our file", "green", 13)
    drawing.arrow((left[2].bottom[0], 148), out.top, dashed=True)
    drawing.arrow(out.right, kept.left)
    drawing.show()
