"""A stand-in for the Hub on loopback: the routes that huggingface_hub reads from and writes to."""

import base64
import hashlib
import json
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "a-token"  # what a writer must show


class StandIn(BaseHTTPRequestHandler):
    """Answers for the repositories in `commits`, or with the error named by the repository."""

    commits: dict[str, dict[str, Path]]  # repository -> its commits, the newest last -> files
    storage: Path  # where pushed files go
    blobs: dict[str, bytes]  # large files, by their sha256
    asked: dict[str, list[float]]  # when the weights of a repository were asked for

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0].strip("/")
        for status in (401, 404, 429, 500, 503):
            if f"team/status-{status}" in path:
                return self.answer(status, b"{}", {"Retry-After": "1"})
        if path.startswith("api/"):
            parts = path.split("/")  # api, models, owner, name, and perhaps a verb and a revision
            name, revision = "/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main"
            if name not in self.commits:
                return self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            commit = self.commit(name, revision)
            if not commit:
                return self.answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            files = sorted(self.commits[name][commit].iterdir())
            if "/tree/" in path:
                return self.json([self.entry(file) for file in files])
            siblings = [{"rfilename": file.name} for file in files]
            info = {"id": name, "sha": commit, "siblings": siblings, "private": False, "tags": []}
            return self.json(info)
        name, _, rest = path.removeprefix("datasets/").partition("/resolve/")
        revision, _, file_name = rest.partition("/")
        commit = self.commit(name, revision)
        if name in self.commits and not commit:
            return self.answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
        file = self.commits.get(name, {}).get(commit, Path("nowhere")) / file_name
        if not file.is_file():
            return self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        headers = {"ETag": f'"{self.digest(file)}"', "X-Repo-Commit": commit}
        content = file.read_bytes()
        if file.suffix != ".safetensors" or self.command == "HEAD":
            return self.answer(200, content, headers)
        asked = self.asked.setdefault(name, [])
        asked.append(time.monotonic())
        if name == "team/busy" and len(asked) < 3:
            return self.answer(429, b"{}", {"Retry-After": "2"})
        if name == "team/slow":
            time.sleep(30)
        if name == "team/wrong-hash" and len(asked) == 1:
            content = content[:-1] + bytes([content[-1] ^ 1])
        cut = name == "team/truncated" or (name == "team/breaks-off" and len(asked) == 1)
        return self.answer(200, content, headers, cut)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.split("?")[0].strip("/")
        if path == "api/validate-yaml":
            return self.json({"errors": [], "warnings": []})
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, b"{}")
        if path == "api/repos/create":
            wanted = json.loads(body)
            name = f"{wanted['organization']}/{wanted['name']}"
            known = self.commits.setdefault(name, {})
            if not known:
                self.write(name, {})  # the first commit is empty
            return self.json({"url": f"{self.base}/{name}"}, 409 if len(known) > 1 else 200)
        name = path.removesuffix(".git/info/lfs/objects/batch")
        if name != path:
            objects = json.loads(body)["objects"]
            for entry in objects:
                if entry["oid"] not in self.blobs:
                    entry["actions"] = {"upload": {"href": f"{self.base}/lfs/{entry['oid']}"}}
            return self.json({"transfer": "basic", "objects": objects})
        _, _, owner, short_name, verb, _ = path.split("/")
        name = f"{owner}/{short_name}"
        if name not in self.commits:
            return self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        if verb == "preupload":
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            return self.json({"files": files})
        changes: dict[str, bytes] = {}
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                changes[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.blobs:
                    return self.answer(400, b'{"error": "a large file was not uploaded"}')
                changes[value["path"]] = self.blobs[value["oid"]]
        commit = self.write(name, changes)
        url = f"{self.base}/{name}/commit/{commit}"
        return self.json({"commitUrl": url, "commitOid": commit})

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        oid = self.path.rpartition("/")[2]
        if hashlib.sha256(body).hexdigest() != oid:
            return self.answer(400, b"not the bytes that were announced")
        self.blobs[oid] = body
        return self.answer(200, b"")

    def commit(self, name: str, revision: str) -> str:
        """Return the commit of a revision; empty if there is none."""
        known = self.commits.get(name, {})
        return list(known)[-1] if revision == "main" and known else revision * (revision in known)

    def write(self, name: str, changes: dict[str, bytes]) -> str:
        """Add a commit: the files of the one before, with some changed."""
        known = self.commits[name]
        before = sorted(list(known.values())[-1].iterdir()) if known else []
        files = {file.name: file.read_bytes() for file in before} | changes
        commit = hashlib.sha1(f"{name} {len(known)} {sorted(files)}".encode()).hexdigest()
        folder = self.storage / commit
        folder.mkdir()
        for file_name, content in files.items():
            (folder / file_name).write_bytes(content)
        known[commit] = folder
        return commit

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def digest(self, file: Path) -> str:
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def entry(self, file: Path) -> dict:
        size, oid = file.stat().st_size, hashlib.sha1(file.read_bytes()).hexdigest()
        return {"type": "file", "path": file.name, "size": size, "oid": oid}

    def json(self, content: object, status: int = 200) -> None:
        self.answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError):  # whom it took too long
                self.wfile.write(body[: len(body) // 2] if cut and len(body) > 10_000 else body)

    def log_message(self, *arguments: object) -> None: ...
