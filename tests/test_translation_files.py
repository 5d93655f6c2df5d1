"""Files of strings that are translated: what must stay stays, and what cannot be read is said."""

import json
from pathlib import Path

import pandas as pd
import polib
import pytest

from shared import translation_files as files
from shared.errors import UserError
from shared.translation_data import load_pairs


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def upper(texts: list[str]) -> list[str]:
    """Return the texts in capitals, their placeholders as they are."""
    kept = [files.PLACEHOLDER.findall(text) for text in texts]
    done = [text.upper() for text in texts]
    for i, names in enumerate(kept):
        for name in names:
            done[i] = done[i].replace(name.upper(), name)
    return done


def translated(name: str) -> tuple[str, pd.DataFrame]:
    read = files.read_strings(name)
    sure = [1 / (i + 2) for i in range(len(read.texts))]
    made, listed = files.write_strings(read, upper(read.texts), sure, Path("out"))
    assert made == Path("out") / name and Path(name).read_text(encoding="utf-8") != ""
    return made.read_text(encoding="utf-8"), pd.read_csv(listed, keep_default_na=False)


def test_json_keeps_structure_order_and_what_is_no_text() -> None:
    content = {"b": {"x": "one {name}", "n": 3, "none": None}, "a": ["two", "", True], "e": " "}
    Path("s.json").write_text(json.dumps(content))
    text, listed = translated("s.json")
    made = json.loads(text)
    assert made == {
        "b": {"x": "ONE {name}", "n": 3, "none": None},
        "a": ["TWO", "", True],
        "e": " ",
    }
    assert list(made) == ["b", "a", "e"] and list(made["b"]) == ["x", "n", "none"]
    assert listed["key"].tolist() == ["a.0", "b.x"]  # least sure first
    assert listed["confidence"].is_monotonic_increasing


def test_a_json_file_can_be_one_text() -> None:
    Path("s.json").write_text('"hello"')
    assert json.loads(translated("s.json")[0]) == "HELLO"


def test_gettext_keeps_comments_context_and_order() -> None:
    Path("s.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n# said at the door\n'
        'msgctxt "door"\nmsgid "open %s"\nmsgstr ""\n\nmsgid "shut"\nmsgstr "zu"\n'
    )
    text, listed = translated("s.po")
    made = polib.pofile(text)
    assert [(e.msgid, e.msgstr, e.msgctxt) for e in made] == [
        ("open %s", "OPEN %s", "door"), ("shut", "SHUT", None),
    ]  # fmt: skip
    assert made[0].tcomment == "said at the door" and all("fuzzy" in e.flags for e in made)
    assert sorted(listed["key"]) == ["door", "shut"]


def test_csv_keeps_its_other_columns() -> None:
    Path("s.csv").write_text("id,source\n007,one\n008,\n009,two\n")
    text, _ = translated("s.csv")
    assert text == "id,source,translation\n007,one,ONE\n008,,\n009,two,TWO\n"


BAD = {
    "no such file": ("none.json", None, r"There is no file 'none\.json'"),
    "another kind": ("s.xlsx", "x", r"xlsx': expected a file that ends with \.json, \.po, \.csv"),
    "no JSON": ("s.json", "{", r"'s\.json' cannot be read as json"),
    "no text in it": ("s.json", '{"n": 3}', "it has no text to translate"),
    "no column": ("s.csv", "text\none\n", "has no column 'source'"),
    "no entry": ("s.po", "nothing", "cannot be read as po"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_used_is_refused(name: str, content: str, message: str) -> None:
    if content is not None:
        Path(name).write_text(content)
    with pytest.raises(UserError, match=message) as caught:
        files.read_strings(name)
    assert len(str(caught.value).splitlines()) == 1


def test_a_lost_placeholder_is_refused_and_nothing_is_written() -> None:
    Path("s.json").write_text('{"k": "hello {name}"}')
    read = files.read_strings("s.json")
    with pytest.raises(UserError, match="'k' would change its placeholders"):
        files.write_strings(read, ["hallo"], [0.5], Path("out"))
    assert not Path("out").exists()


KEPT = {
    "format": "Set to {value:.1f} °C", "plural": "{count, plural, one {# day} other {# days}}",
    "position": "%1$s of %2$s", "decimals": "at %.2f", "attribute": "hi {user.name}",
    "tag": "<b>Stop</b> now", "per cent": "100%% of it", "shell": "in ${HOME}",
    "entity": "A &amp; B",
    "nine": " ".join(f"{{p{i}}}" for i in range(9)),
}  # fmt: skip


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_no_slot_covers_stays_and_is_counted(text: str, capsys: pytest.CaptureFixture) -> None:
    Path("s.json").write_text(json.dumps({"a": "one {name}", "b": text}))
    made, listed = translated("s.json")
    assert json.loads(made) == {"a": "ONE {name}", "b": text}
    assert listed["key"].tolist() == ["b", "a"] and listed["confidence"].tolist() == [0.0, 0.5]
    assert "s.json: 1 of 2 strings stay as they are (confidence 0)" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["50 % of it", "a < b", "{} and {{x}}", "%s, %(name)s", "5 $ & 6"])
def test_what_looks_like_a_placeholder_and_is_none_is_translated(text: str) -> None:
    assert files.covered(text)


def test_own_pairs_are_split_and_cleaned(capsys: pytest.CaptureFixture) -> None:
    rows = [(f"text {i}", f"Text Nummer {i}") for i in range(300)]
    rows += [("TEXT 1", "noch einmal"), ("same", "same"), ("", "leer")]
    pd.DataFrame(rows, columns=["en", "de"]).to_csv("mine.csv", index=False)
    splits = load_pairs("mine.csv", source_column="en", target_column="de")
    assert sum(map(len, splits.values())) == 300 and len(splits["test"]) == 45
    said = capsys.readouterr().out
    assert said.count("dropped 1 row") == 3, said


OWN = {
    "few": ("source,target\na,b\n", {}, "1 pair can be used, expected 200"),
    "column": ("source,target\na,b\n", {"source_column": "en"}, "has no column 'en'"),
    "the same twice": ("a,b\n", {"source_column": "a", "target_column": "a"}, "are both 'a'"),
}


@pytest.mark.parametrize(("content", "given", "message"), OWN.values(), ids=OWN)
def test_pairs_that_cannot_be_used_are_refused(
    content: str, given: dict[str, str], message: str
) -> None:
    Path("mine.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        load_pairs("mine.csv", **given)


def test_an_unknown_language_or_set_is_refused() -> None:
    with pytest.raises(UserError, match=r"no language 'dee'\. Did you mean 'de'"):
        load_pairs(target_language="dee")
    with pytest.raises(UserError, match="expected 'parallel'"):
        load_pairs("paralel")
