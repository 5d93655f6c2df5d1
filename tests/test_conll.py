"""CoNLL files the way people have them, and Hub data sets with tags: read, split, or refused."""

import gzip
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from shared import conll, tagging
from shared.errors import UserError

IOB1 = "I- begins a name, too"
NAMES = ["B-A", "I-A", "O", "B-B"]  # of four words a, b, c, d


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(*tags: str, between: str = " ") -> str:
    return "".join(f"{word}{between}{tag}\n" for word, tag in zip("abcdefgh", tags, strict=False))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines(*NAMES), ""),
        ("\ufeff-DOCSTART- -X- O\n\n" + lines(*NAMES).replace("\n", "\r\n"), ""),
        (lines(*NAMES).replace("\n", "\r"), ""),
        ("\n \t\n" + lines(*NAMES, between=" \t  "), ""),
        (lines(*NAMES, between="\tNN\t"), ""),
        (lines(*NAMES, between=" _ NN "), ""),
        (lines(*NAMES).replace("c ", "c\t").replace("b ", "b\t\t"), ""),
        (lines(*NAMES, between="\t").replace("b\t", "b\t\t"), "one tab or more between columns"),
        (lines(*NAMES, between="\u00a0"), "spaces of any kind between columns"),
        (lines(*NAMES, between="\u3000 "), ""),
        ("# id 7 of 9\n" + lines(*NAMES), "without 1 line of comments (#)"),
        (lines("I-A", "I-A", "O", "I-B"), f"IOB1 tags ({IOB1}), converted to BIO"),
        (lines("b-A", "i-A", "o", "b-B"), "lower-case tags"),
        (lines("B-A", "E-A", "O", "S-B"), "BOES tags, converted to BIO"),
        (lines("B-A", "L-A", "O", "U-B"), "BLOU tags, converted to BIO"),
        (lines("B-A", "E-A", "O", "W-B"), "BOEW tags, converted to BIO"),
        (lines(*NAMES).encode("utf-16"), "as UTF-16"),
        (gzip.compress(lines(*NAMES).encode(), mtime=0), "as gzip"),
    ],
)
def test_a_file_is_read_and_what_was_assumed_is_said(
    place: Path, capsys: pytest.CaptureFixture, content: str | bytes, said: str
) -> None:
    path = place / "a.conll"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert conll.read(path) == [(["a", "b", "c", "d"], NAMES)]
    out = capsys.readouterr().out
    assert out.startswith(f"{path}: read ") and said in out if said else out == ""


def test_words_and_types_keep_their_characters(place: Path) -> None:
    rows = [("10\u00a0000", "B-GPE-LOC"), ("#tag", "I-GPE-LOC"), ("\u2028", "O"),
            ("\u200b", "B-$a_%\\"), ("人", "B-人名"), ("$", "O")]  # fmt: skip
    (place / "a").write_text("".join(f"{word} {tag}\n" for word, tag in rows), newline="")
    assert conll.read(place / "a") == [tuple(map(list, zip(*rows, strict=True)))]
    (place / "b").write_text("New York\tB-X\n\nof it\tO\n")
    assert [sentence.words for sentence in conll.read(place / "b")] == [["New York"], ["of it"]]


@pytest.mark.parametrize("tags", [["I-A", "B-A", "I-A"], ["I-A", "I-B", "O"], ["O", "I-A", "I-A"]])
def test_iob1_is_what_exercise_1_makes_of_it(tags: list[str]) -> None:
    expected = {0: ["B-A", "B-A", "I-A"], 1: ["B-A", "B-B", "O"], 2: ["O", "B-A", "I-A"]}
    (found,), _ = tagging.to_bio([tags], lambda i, j: "")
    assert found in expected.values()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a O\nb\n", "bad.conll, line 2: 'b' has 1 column, expected 2: a word first, its tag last"),
        ("a X O\nb O\n", "line 2: 'b O' has 2 columns, expected 3"),
        ("a O\nb c O\nd O\n", "line 2: 'b c O' has 3 columns, expected 2"),
        ("a B-A\n\nb O\nc I-A\n", "line 4: 'I-A' follows 'O'; .* begin with 'B-A' .*line 1"),
        ("a B-A\nb I-B\n", "line 2: 'I-B' follows 'B-A'"),
        ("a B-A\n\nb I-A\n", "line 3: 'I-A' follows 'O'"),
        ("a B-A\nb E-A\nc I-A\n", "line 3: 'I-A' follows 'E-A'"),
        ("a NNP\n", "line 1: 'NNP' is not a BIO tag: expected O, or B- or I- and a type"),
        ("a B-\n", "line 1: 'B-' is not a BIO tag"),
        ("Word Tag\n\na O\n", "line 1: 'Tag' is not a BIO tag"),
        (b"a O\n\xe9 O\n", "is not UTF-8 .line 2"),
        (b"\xff\xfea\0 ", "is not complete UTF-16|has 1 column|cannot be read as CoNLL"),
        (gzip.compress(b"a O\n" * 99, mtime=0)[:-9], "cannot be read as CoNLL"),
        ("a O\n\n" * 30, "1 different sentences in 'train', expected 10 or more"),
        ("".join(f"a{i} O\n\n" for i in range(30)), "no name at all in train: every tag is 'O'"),
        ("".join(f"a{i} O\n\n" for i in range(30)) + "a B-A", "leaves none to test on"),
        ("a B-A\n\nb B-A\n", "2 sentences in 'train', expected 10 or more"),
        ("", "0 sentences in 'train', expected 10 or more"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_error(
    place: Path, content: str | bytes, message: str
) -> None:
    path = place / "bad.conll"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=message) as caught:
        conll.load("bad.conll")
    assert "\n" not in str(caught.value) and "bad.conll" in str(caught.value)


def test_a_file_that_is_not_there_and_a_folder_are_named(place: Path) -> None:
    (place / "mine.conll").write_text("a O\n")
    with pytest.raises(UserError, match=r"no file 'mime.conll'. Did you mean 'mine.conll'"):
        conll.load("mime.conll")
    (place / "folder.conll").mkdir()
    with pytest.raises(UserError, match=r"'folder\.conll' is a folder"):
        conll.load("folder.conll")


def sentences(number: int, rare: int = 0) -> str:
    """Return sentences with a name in every third, and types of one sentence each."""
    common = [f"w{i} {'B-COMMON' if i % 3 == 0 else 'O'}\nmet O\n\n" for i in range(number)]
    return "".join(common + [f"r{i} B-RARE{i}\n\n" for i in range(rare)])


@pytest.mark.parametrize("seed", range(8))
def test_each_type_is_taught_and_each_part_has_names(
    place: Path, capsys: pytest.CaptureFixture, seed: int
) -> None:
    (place / "a.conll").write_text(sentences(30, rare=4))
    parts = conll.load("a.conll", seed=seed)
    types = {split: set().union(*(s.types for s in part)) for split, part in parts.items()}
    assert types["train"] == {"COMMON", "RARE0", "RARE1", "RARE2", "RARE3"}
    assert types["test"] and types["validation"] and capsys.readouterr().out == ""
    assert [len(part) for part in parts.values()] == [25, 4, 5]
    again = conll.load("a.conll", seed=seed)
    assert parts == again and parts != conll.load("a.conll", seed=seed + 1)


def test_the_smallest_file_is_split(place: Path) -> None:
    (place / "a.conll").write_text(sentences(10))
    assert [len(part) for part in conll.load("a.conll").values()] == [6, 2, 2]


def test_copies_stay_in_one_split(place: Path, capsys: pytest.CaptureFixture) -> None:
    (place / "a.conll").write_text(sentences(40) + sentences(40).replace("w", "W"))
    parts = conll.load("a.conll")
    assert sum(map(len, parts.values())) == 80
    where = {w.lower(): set() for part in parts.values() for s in part for w in s.words[:1]}
    for split, part in parts.items():
        for sentence in part:
            where[sentence.words[0].lower()].add(split)
    assert {len(splits) for splits in where.values()} == {1}
    assert "a.conll: 40 sentences repeated, kept in one split with the first." in (
        capsys.readouterr().out
    )


def rows(*tags: list, names: list[str] | None = None, words: str = "abcd") -> Dataset:
    """Return a split of a Hub set, 24 sentences and then those with these tags."""
    names = names or ["O", "B-A", "I-A", "B-B", "I-B"]
    types = {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))}
    good = [{"tokens": [*"abc", f"d{i}"], "ner_tags": [1, 2, 0, 3]} for i in range(24)]
    more = [{"tokens": list(words), "ner_tags": row} for row in tags]
    return Dataset.from_list(good + more, Features(types))


def hub(monkeypatch: pytest.MonkeyPatch, **splits: Dataset) -> None:
    monkeypatch.setattr("datasets.load_dataset", lambda name, revision: DatasetDict(splits))


def test_a_hub_set_keeps_its_test_split(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    hub(monkeypatch, train=rows(), test=rows())
    parts = conll.load("team/names")
    assert [len(part) for part in parts.values()] == [20, 4, 24] and capsys.readouterr().out == ""
    assert parts["test"][0] == (["a", "b", "c", "d0"], NAMES)


def test_what_is_unusual_in_a_hub_set_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    unlabelled = Dataset.from_list([{"tokens": ["a", "b"], "ner_tags": [-1, -1]}] * 3)
    new = rows([5, 0, 0, 0], names=["O", "B-A", "I-A", "B-B", "I-B", "B-C"])
    hub(monkeypatch, train=rows(), validation=new, test=unlabelled)
    parts = conll.load("team/names")
    assert [len(part) for part in parts.values()] == [20, 25, 4]
    assert capsys.readouterr().out.splitlines() == [
        "team/names[test]: has no tags; a part of 'train' takes its place.",
        "team/names[validation]: C is not in 'train', and cannot be found.",
    ]
    hub(monkeypatch, train=rows(names=["O", "I-A", "I-A2", "I-B", "I-B2"]))
    conll.load("team/names")
    assert "team/names[train]: read with IOB1 tags" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("splits", "columns", "message"),
    [
        ({"train": rows([0, 2, 0, 0])}, (), r"\[train\], row 25: 'I-A' follows 'O'"),
        ({"train": rows([0, 2, 0])}, (), r"\[train\], row 25: 4 words, but 3 tags"),
        ({"train": rows([0, -1, 0, 0])}, (), r"\[train\], row 25: -1 is not a word, or not a tag"),
        ({"train": rows()}, ("token",), "no column 'token' of lists. Did you mean 'tokens'"),
        ({"test": rows()}, (), "has no split 'train'. It has: test"),
    ],
)
def test_a_hub_set_that_does_not_fit_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, splits: dict[str, Dataset], columns: tuple, message: str
) -> None:
    hub(monkeypatch, **splits)
    with pytest.raises(UserError, match=message) as caught:
        conll.load("team/names", *columns)
    assert "\n" not in str(caught.value) and "team/names" in str(caught.value)
