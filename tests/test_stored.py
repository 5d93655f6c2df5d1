"""Results of `full`: stored only when asked, with date and machine; what is missing is said."""

import json
from datetime import date
from pathlib import Path

import pytest

from shared import stored
from shared.errors import UserError


def test_results_are_stored_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "ROOT", tmp_path)
    monkeypatch.delenv("COURSE_STORE", raising=False)
    folder = tmp_path / "course" / "lessons" / "03_x"
    folder.mkdir(parents=True)
    with pytest.raises(UserError, match="make full NAME=03_x"):
        stored.of_full("03_x")
    assert stored.of_full("03_x", {"accuracy": 0.5})["date"] == date.today().isoformat()
    assert list(folder.iterdir()) == []
    monkeypatch.setenv("COURSE_STORE", "1")
    stored.of_full("03_x", {"accuracy": 0.5})
    assert [path.name for path in folder.iterdir()] == ["full.json"]
    assert json.loads((folder / "full.json").read_text())["results"] == {"accuracy": 0.5}
    assert stored.of_full("03_x")["results"] == {"accuracy": 0.5}


def test_variants_are_added_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "ROOT", tmp_path)
    monkeypatch.delenv("COURSE_STORE", raising=False)
    (tmp_path / "course" / "lessons" / "14_x").mkdir(parents=True)
    assert stored.of_variants("14_x", "zh", {"AER": 0.5}) == {}
    monkeypatch.setenv("COURSE_STORE", "1")
    stored.of_variants("14_x", "zh", {"AER": 0.5})
    assert list(stored.of_variants("14_x", "ru", {"AER": 0.7})) == ["zh", "ru"]
    assert stored.of_variants("14_x", "de")["zh"]["AER"] == 0.5
