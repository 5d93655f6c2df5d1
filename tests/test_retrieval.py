"""Documents of all kinds, an index that is made once, pairs with known answers, and the command."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import tiny_encoders

from shared import __main__, retrieval, retrieval_files, retrieval_index
from shared.errors import UserError
from shared.retrieval_files import documents, passages_of
from shared.retrieval_panel import as_html

TEXTS = {
    "a.txt": "Plain words.\n\nMore of them.",
    "b.md": "# First\n\nOne thing.\n\n```\n# no heading\n```\n\n## Second\n\nAnother thing.",
    "c.html": "<h1>Page</h1><p>Said &amp; done</p><script>hidden()</script><h2>Next</h2>End",
    "d.csv": 'name,euros\nlamp,35\n"kettle, red",48\n',
    "e.ipynb": json.dumps({"cells": [
        {"cell_type": "markdown", "source": ["# Title\n", "\n", "Text."]},
        {"cell_type": "code", "source": ["hidden = 1"], "outputs": []},
        {"cell_type": "markdown", "source": "More.\n<details>the solution</details>"},
    ]}),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path / "runs"))
    place = tmp_path / "documents"
    place.mkdir()
    for name, text in TEXTS.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_encoders.make("bert", tmp_path_factory.mktemp("model") / "bert"))


def texts(folder: Path, name: str) -> list[tuple[str, str]]:
    return [(p.heading, p.text) for p in passages_of(folder / name, str(folder))]


def test_hints_one_within_the_other_leave_nothing(folder: Path) -> None:
    source = "# A\n\nTask.\n<details>one <details>two</details>\n</details>\n\nEnd."
    cells = {"cells": [{"cell_type": "markdown", "source": source}]}
    (folder / "f.ipynb").write_text(json.dumps(cells), encoding="utf-8")
    assert texts(folder, "f.ipynb") == [("A", "Task. End.")]


def test_each_kind_is_cut_under_its_headings(folder: Path) -> None:
    assert texts(folder, "a.txt") == [("", "Plain words. More of them.")]
    assert texts(folder, "b.md") == [
        ("First", "One thing. ``` # no heading ```"), ("Second", "Another thing.")
    ]  # fmt: skip
    assert texts(folder, "c.html") == [("Page", "Said & done"), ("Next", "End")]
    assert texts(folder, "d.csv") == [
        ("", "name: lamp. euros: 35"), ("", "name: kettle, red. euros: 48")
    ]  # fmt: skip
    assert texts(folder, "e.ipynb") == [("Title", "Text. More.")]


def test_no_word_is_lost_where_a_long_text_is_cut(tmp_path: Path) -> None:
    words = [f"w{i}" for i in range(1000)]
    paragraphs = "\n\n".join(" ".join(words[i : i + 37]) for i in range(0, 1000, 37))
    (tmp_path / "a.txt").write_text(paragraphs, encoding="utf-8")
    cut = passages_of(tmp_path / "a.txt", str(tmp_path))
    assert [w for passage in cut for w in passage.text.split()] == words
    assert max(len(p.text.split()) for p in cut) <= retrieval_files.MOST_WORDS


def test_what_cannot_be_read_is_named(folder: Path, model: str) -> None:
    (folder / "binary.txt").write_bytes(b"\x00\xff\xfe\x01")
    (folder / "broken.ipynb").write_text("{", encoding="utf-8")
    (folder / "list.ipynb").write_text("[1]", encoding="utf-8")
    (folder / "empty.md").write_text(" \n", encoding="utf-8")
    (folder / "table.xlsx").write_bytes(b"PK")
    (folder / ".hidden.md").write_text("secret", encoding="utf-8")
    found = retrieval_index.index(str(folder), model)
    named = {"binary.txt", "broken.ipynb", "list.ipynb", "empty.md", "table.xlsx"}
    assert set(found.unread) == named and all(found.unread.values())
    assert {p.file for p in found.passages} == set(TEXTS)


def test_a_loop_of_links_ends_and_each_folder_is_entered_once(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "f.md").write_text("deep", encoding="utf-8")
    os.symlink(folder, folder / "inner" / "loop")
    os.symlink(folder / "inner", folder / "again")
    found, _ = documents(str(folder))
    assert sorted(path.name for path in found) == [*TEXTS, "f.md"]


@pytest.mark.parametrize("given", ["none", "documents/a.txt"])
def test_no_folder_is_refused(given: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    with pytest.raises(
        UserError, match=r"documents = .*expected a folder with files that end with"
    ):
        documents(given)


def test_a_folder_without_texts_is_refused(tmp_path: Path, model: str) -> None:
    with pytest.raises(UserError, match=r"nothing to search in it \(no files\)"):
        retrieval_index.index(str(tmp_path), model)
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    with pytest.raises(UserError, match=r"nothing to search in it \(x\.pdf: expected \.txt"):
        retrieval_index.index(str(tmp_path), model)


def test_an_update_embeds_only_what_changed(folder: Path, model: str) -> None:
    first = retrieval_index.index(str(folder), model)
    assert first.new == list(TEXTS)
    (folder / "a.txt").write_text("Other words.", encoding="utf-8")
    (folder / "b.md").rename(folder / "z.md")
    second = retrieval_index.index(str(folder), model)
    assert second.new == ["a.txt"]
    assert [p.file for p in second.passages][-1] == "z.md"
    assert np.allclose(second.vectors[-2:], first.vectors[1:3])
    again = retrieval_index.index(str(folder), model)
    assert not again.new and again.embed.loaded is None
    assert np.array_equal(again.vectors, second.vectors)


def test_an_interrupted_index_goes_on_where_it_was(
    folder: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = retrieval_index.Embedder.__call__

    def stop(self: retrieval_index.Embedder, some: list[str], prefix: str) -> np.ndarray:
        if "Said & done" in some[0]:
            raise KeyboardInterrupt
        return embed(self, some, prefix)

    monkeypatch.setattr(retrieval_index.Embedder, "__call__", stop)
    with pytest.raises(KeyboardInterrupt):
        retrieval_index.index(str(folder), model)
    monkeypatch.setattr(retrieval_index.Embedder, "__call__", embed)
    found = retrieval_index.index(str(folder), model)
    assert found.new == ["c.html", "d.csv", "e.ipynb"]
    assert {p.file for p in found.passages} == set(TEXTS)


def test_a_word_that_stands_in_one_passage_finds_it(folder: Path, model: str) -> None:
    found = retrieval_index.index(str(folder), model)
    by_words, by_vector = found.scores("kettle")  # of an untrained encoder: it may rank it last
    assert found.passages[by_words.argmax()].text == "name: kettle, red. euros: 48"
    best = retrieval_index.fused(by_words, by_vector).argmax()
    assert found.search("kettle", 1) == [found.passages[best]]
    assert len(found.search("kettle", 100)) == len(found.passages)
    assert found.search("zzzz", 2)  # no known word: the vectors decide


def test_fusion_is_its_formula() -> None:
    by_words, by_vector = np.array([0.0, 8, 2]), np.array([0.2, 0.4, 0.6])
    expected = [0, 0.7 + 0.15, 0.7 / 4 + 0.3]
    assert np.allclose(retrieval_index.fused(by_words, by_vector), expected)
    rows = retrieval_index.fused(np.stack([by_words, by_words]), np.stack([by_vector, -by_vector]))
    assert np.allclose(rows, [expected, [0.3, 0.85, 0.7 / 4]])


def test_where_no_word_is_common_the_vectors_decide() -> None:
    found = retrieval_index.fused(np.zeros(3), np.array([0.2, 0.6, 0.4]))
    assert found.argmax() == 1 and np.isfinite(found).all()


def test_the_course_is_searched_without_the_template(
    folder: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = json.dumps({"cells": [{"cell_type": "markdown", "source": "# A\n\nText."}]})
    for name in ("01_a.ipynb", "template.ipynb"):
        (folder / name).write_text(notebook, encoding="utf-8")
    monkeypatch.setattr(retrieval_index, "COURSE", folder)
    assert "template.ipynb" not in {p.file for p in retrieval_index.course(model).passages}


def test_a_panel_shows_no_markup_of_a_document() -> None:
    passage = retrieval_files.Passage("<b>.md", "a & b", "<script>x</script>")
    shown = as_html([passage], retrieval_index.link)
    assert "<script>" not in shown and "<b>" not in shown and "a &amp; b" in shown


def test_pairs_have_known_answers_and_no_component_in_two_splits() -> None:
    corpus = retrieval.pairs(["de"])
    rows = corpus.rows("test")
    right = corpus.right(rows)
    assert right[np.arange(len(rows)), rows].all()
    assert (corpus.table.groupby("component")["split"].nunique() == 1).all()
    asked = corpus.table["query"].str.casefold()
    several = rows[right.sum(1) > 1]
    assert len(several) and all((asked == asked[row]).sum() > 1 for row in several)
    assert set(corpus.table["kind"]) == {"name", "title"}


def test_vectors_are_computed_once(
    folder: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = retrieval.Embedder(model).kept(["a", "b c"])
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    states = retrieval.Embedder(model).kept_states(["a", "b c"])
    assert np.allclose(retrieval.unit(np.stack([s.mean(0) for s in states])), first, atol=1e-5)
    monkeypatch.setattr(retrieval, "mean_vectors", None)
    monkeypatch.setattr(retrieval, "token_vectors", None)
    assert np.array_equal(retrieval.Embedder(model).kept(["a", "b c"]), first)


def test_the_command_prints_sections(
    folder: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = retrieval_index.index(str(folder), model)
    monkeypatch.setattr(retrieval_index, "course", lambda: own)
    assert __main__.main(["ask", "kettle"]) == 0
    (first, *_) = own.search("kettle")
    assert f"1. notebooks/{first.file}" in capsys.readouterr().out
    assert __main__.main(["ask", " "]) == 2
    assert "Expected a question" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        __main__.main(["aks"])
