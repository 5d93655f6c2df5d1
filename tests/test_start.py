"""Notebook 00: its map and routes are those of the notebooks, and bad input is told in one line."""

import re
import tomllib

import pytest
from bs4 import BeautifulSoup
from cells import code_cells, execute
from lesson import ROOT, Lesson, lessons
from routes import routes

from shared import course_map
from shared.course_map import Stop, branches, direct, map_in_words, needs_of
from shared.drawing import Drawing
from shared.errors import UserError

NOTEBOOK = "00_start_here"
STOPS = [Stop("00", "start", "foundations", (), 12), Stop("01", "a", "tasks", (), 80),
         Stop("02", "b", "tasks", ("01",), 100), Stop("03", "c", "method", ("01", "02"), 0),
         Stop("04", "d", "method", ("02",), 45), Stop("05", "e", "music", ("03", "04", "17"), 300),
         ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("**Prerequisites:** [03](03_b.ipynb) and [01 · A](01_a.ipynb#x). Then [18](18_c.ipynb).",
         ("01", "03")),
        ("**Prerequisites.** Python, and `torch` ([docs](https://a.org/b.html)).\n[04](04_d.ipynb)",
         ()),
        ("**Before it:** [02](02_b.ipynb) for this; [13](13_m.ipynb) shows more.", ("02",)),
        ("**Prerequisites:** a little Python.\n\nSee [05](05_e.ipynb).", ()),
        ("no such line, [06](06_f.ipynb).", ()),
    ],
)  # fmt: skip
def test_the_first_sentence_on_prerequisites_says_what_is_needed(text: str, needs: tuple) -> None:
    assert needs_of(f"# A title\n\n{text}") == needs


def test_what_is_implied_or_not_there_is_no_direct_need() -> None:
    needs = direct({stop.number: stop.needs for stop in STOPS})
    assert needs == {"00": [], "01": [], "02": ["01"], "03": ["02"], "04": ["02"],
                     "05": ["03", "04"]}  # fmt: skip
    with pytest.raises(ValueError, match="a circle of prerequisites"):
        direct({"01": ("02",), "02": ("01",)})


def test_each_notebook_hangs_below_the_last_that_it_needs() -> None:
    rows = [(s.number, depth, parent, others) for s, depth, parent, others in branches(STOPS)]
    assert rows == [
        ("00", 0, "", []), ("01", 1, "00", []), ("02", 2, "01", []), ("03", 3, "02", []),
        ("04", 3, "02", []), ("05", 4, "04", ["03"]),
    ]  # fmt: skip
    assert map_in_words(STOPS).endswith("04 d (method, 45 s), after 02. "
                                        "05 e (music, 5 min), after 03 and 04.")  # fmt: skip


def test_the_map_can_be_drawn_with_a_new_part_and_without_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Drawing] = []
    monkeypatch.setattr(Drawing, "show", lambda drawing: drawn.append(drawing))
    course_map.draw_map(STOPS)
    assert "05 e" in drawn[0].svg() and "also after 03" in drawn[0].svg()


def test_the_course_has_no_link_to_a_notebook_that_is_not_there() -> None:
    stops = course_map.read_course()
    assert [stop.number for stop in stops] == [lesson.number for lesson in lessons()]
    numbers = {stop.number for stop in stops}
    assert all(set(stop.needs) <= numbers for stop in stops)
    assert len(branches(stops)) == len(stops)


def saved_map() -> str:
    """Return the text of the map that is saved in the notebook."""
    (cell,) = (c for c in code_cells(NOTEBOOK) if "draw_map" in c.source)
    page = BeautifulSoup(cell.outputs[0].data["text/html"], "html.parser")
    return str(page.img["alt"])


def test_the_saved_map_shows_all_notebooks_and_hardly_other_times() -> None:
    """If this fails: make refresh NOTEBOOKS=notebooks/00_start_here.ipynb."""

    def parts(text: str) -> dict[str, tuple[str, float]]:
        found = re.findall(
            r"(\d\d [^()]+) \(([^,]+), (?:([\d.]+) (s|min)|–)\)(.*?)(?=\. |\.$)", text
        )
        return {name: (part + after, float(time or 0) * (60 if unit == "min" else 1))
                for name, part, time, unit, after in found}  # fmt: skip

    saved, now = parts(saved_map()), parts(map_in_words(course_map.read_course()))
    assert len(now) == len(lessons())
    assert {name: said for name, (said, _) in saved.items()} == {
        name: said for name, (said, _) in now.items()
    }
    for name, (_, seconds) in now.items():
        if not name.startswith("00"):
            assert abs(saved[name][1] - seconds) <= 60 + 0.25 * seconds, name


def test_the_routes_are_whole() -> None:
    said = tomllib.loads((ROOT / "course" / "routes.toml").read_text(encoding="utf-8"))
    named = [step["lesson"] for route in said["route"] for step in route["steps"]]
    missing = {name for name in named if not Lesson(name).notebook.is_file()}
    assert missing <= set(said["planned"]), "no such notebook, and not planned"
    assert len(routes()) == 4
    for route in routes():
        assert len(route.steps) >= 5
        assert len({lesson.name for lesson, _ in route.steps}) == len(route.steps)
        for text in (route.name, route.purpose, *(why for _, why in route.steps)):
            assert text["en"].strip() and text["zh"].strip()


def test_no_route_goes_against_the_map() -> None:
    """Where a route has two notebooks, the one that is needed comes first."""
    needs = {stop.number: stop.needs for stop in course_map.read_course()}
    for route in routes():
        order = [lesson.number for lesson, _ in route.steps]
        for place, number in enumerate(order):
            assert not set(needs[number]) & set(order[place:]), (route.name["en"], number)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sentence": " "}, "sentence = ' ': expected a text of 1 to 300 characters"),
        ({"question": "x" * 301}, "expected a text of 1 to 300 characters"),
        ({"sentense": "hello"}, "Unknown parameter 'sentense'. Did you mean 'sentence'"),
    ],
)
def test_bad_input_is_told_before_anything_is_loaded(values: dict, message: str) -> None:
    with pytest.raises(UserError) as caught:
        execute(NOTEBOOK, values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("language", ["xx", "en"])
def test_an_unknown_language_is_told_before_a_model_is_loaded(language: str) -> None:
    with pytest.raises(UserError) as caught:
        execute(NOTEBOOK, {"language": language}, before="load_encoder(")
    assert repr(language) in str(caught.value) and "\n" not in str(caught.value)
