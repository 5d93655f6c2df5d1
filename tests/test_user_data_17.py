"""Notebook 17 with folders of users."""

from pathlib import Path

import pytest
from cells import execute
from conftest import key_line, papermill

from shared.errors import UserError

NOTEBOOK = "17_retrieval"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_folder_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(UserError, match="documents = 'none': expected a folder"):
        execute(NOTEBOOK, {"documents": "none"}, before="drawings.draw_search")


def test_an_empty_folder_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UserError, match="there is nothing to search in it"):
        execute(NOTEBOOK, {"documents": "mine"}, before="drawings.draw_search")


@pytest.mark.slow
def test_a_users_folder_goes_all_the_way(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.md").write_text("# Tea\n\nTea steeps for four minutes.", "utf-8")
    (tmp_path / "mine" / "b.pdf").write_bytes(b"%PDF")
    done, output = papermill(tmp_path, NOTEBOOK, documents=str(tmp_path / "mine"),
                             question="How long does tea steep?")  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("MRR@10 on 420 queries")
    text = output.read_text(encoding="utf-8")
    assert "not read: b.pdf" in text and "a.md" in text
