"""Loading from the Hub, against a server on loopback that speaks the Hub's routes."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class StandIn(BaseHTTPRequestHandler):
    """Answers for the repositories in `folders`, or with the error named by the repository."""

    folders: dict[str, Path]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0].strip("/")
        for status in (401, 404, 429):
            if f"team/status-{status}" in path:
                return self.answer(status, b"{}", {"Retry-After": "1"})
        if path.startswith("api/"):
            name = "/".join(path.split("/")[2:4])
            if name not in self.folders:
                return self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            files = sorted(self.folders[name].iterdir())
            if "/tree/" in path:
                return self.answer(200, json.dumps([self.entry(file) for file in files]).encode())
            siblings = [{"rfilename": file.name} for file in files]
            info = {"id": name, "sha": COMMIT, "siblings": siblings, "private": False, "tags": []}
            return self.answer(200, json.dumps(info).encode())
        name, _, rest = path.removeprefix("datasets/").partition("/resolve/")
        file = self.folders.get(name, Path("nowhere")) / rest.partition("/")[2]
        if not file.is_file():
            return self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        headers = {"ETag": f'"{self.digest(file)}"', "X-Repo-Commit": COMMIT}
        return self.answer(200, file.read_bytes(), headers, cut="truncated" in name)

    def digest(self, file: Path) -> str:
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def entry(self, file: Path) -> dict:
        size, oid = file.stat().st_size, hashlib.sha1(file.read_bytes()).hexdigest()
        return {"type": "file", "path": file.name, "size": size, "oid": oid}

    def answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if cut and len(body) > 10_000 else body)

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture(scope="module")
def server(tiny_model: Path, stars_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    reviews = tmp_path_factory.mktemp("reviews")
    (reviews / "train.csv").write_bytes(stars_csv.read_bytes())
    names = {"team/tiny": tiny_model, "team/truncated": tiny_model, "team/reviews": reviews}
    StandIn.folders = names
    running = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()


def client(endpoint: str, home: Path, code: str, **variables: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HOME": str(home)}
    environment |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", **variables}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120
    )


MODEL = "from shared import models; m = models.load_classifier({!r}); print(m.config.hidden_size)"


def test_model_is_downloaded_then_found_without_network(server: str, tmp_path: Path) -> None:
    done = client(server, tmp_path, MODEL.format("team/tiny"))
    assert done.stdout.strip() == "32", done.stderr
    again = client("http://127.0.0.1:9", tmp_path, MODEL.format("team/tiny"), HF_HUB_OFFLINE="1")
    assert again.stdout.strip() == "32", again.stderr


def test_data_set_is_downloaded(server: str, tmp_path: Path) -> None:
    code = (
        "from shared import data; s = data.load('team/reviews', text_column='Review Body', "
        "label_column='stars?'); print(s['train'].features['label'].names)"
    )
    done = client(server, tmp_path, code)
    assert done.stdout.strip() == "['so so', 'toll', 'ärgerlich']", done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("team/nothing", "is not on the Hub"),
        ("team/status-404", "is not on the Hub"),
        ("team/status-401", "needs a login|not on the Hub"),
        ("team/status-429", "HTTP 429"),
        ("team/truncated", "could not be downloaded"),
    ],
)
def test_each_refusal_is_one_clear_error(
    server: str, tmp_path: Path, name: str, message: str
) -> None:
    import re

    done = client(server, tmp_path, MODEL.format(name))
    last = done.stderr.strip().splitlines()[-1]
    assert "UserError" in last, done.stderr[-2000:]
    assert re.search(message, last), last
    assert 'model_name="minilm"' in last


def test_nobody_answers(tmp_path: Path) -> None:
    done = client("http://127.0.0.1:9", tmp_path, MODEL.format("team/tiny"))
    last = done.stderr.strip().splitlines()[-1]
    assert "could not be downloaded" in last, done.stderr[-2000:]
    assert 'model_name="minilm"' in last
