"""Results of `full`: stored only when asked, with date and machine; what is missing is said."""

import json
from datetime import date
from pathlib import Path

import numpy as np
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


def test_arrays_count_only_if_made_of_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "ROOT", tmp_path)
    monkeypatch.delenv("COURSE_STORE", raising=False)

    def made(value: float) -> dict[str, np.ndarray]:
        return {"films": np.full((2, 3), value, np.float32)}

    assert (stored.of_arrays("09_x", "texts", lambda: made(1))["films"] == 1).all()
    assert not list(tmp_path.rglob("*.safetensors"))  # nobody asked
    monkeypatch.setenv("COURSE_STORE", "1")
    kept = stored.of_arrays("09_x", "texts", lambda: made(0.1), np.float16)["films"]
    assert kept.dtype == np.float32 and abs(kept[0, 0] - 0.1) < 1e-4
    monkeypatch.delenv("COURSE_STORE")
    assert (stored.of_arrays("09_x", "texts", lambda: made(7))["films"] == kept).all()
    assert (stored.of_arrays("09_x", "other texts", lambda: made(7))["films"] == 7).all()
