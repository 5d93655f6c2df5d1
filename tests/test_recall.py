"""Quizzes to repeat: the questions as data, the Anki deck, and the page as a person uses it."""

import json
import re
import sqlite3
import warnings
import zipfile
from datetime import datetime
from pathlib import Path

import anki_deck
import pytest
from axe_playwright_python.sync_playwright import Axe
from lesson import Lesson, lessons
from playwright.sync_api import Page, expect
from questions import Choice, Question, placement, questions
from sections import plain
from site_pages import NUMBER

from shared.errors import UserError

pytestmark = pytest.mark.slow  # pages are built, and Chromium reads them

ASKED = {lesson.name: questions(lesson) for lesson in lessons()}
ALL = [question for asked in ASKED.values() for question in asked]
KEY = "transformer-course-recall"
expect.set_options(timeout=30_000)  # on a busy machine


def test_each_question_is_there_once_under_its_own_key() -> None:
    titles = [q.title_raw for lesson in lessons() for q in lesson.quiz().questions_and_delims]
    assert [question.title for question in ALL] == titles
    assert len({question.key for question in ALL}) == len(ALL)
    for question in ALL:
        assert question.html and question.why
        if question.kind == "number":
            stated = float(question.answer.split()[0])
            assert question.least <= stated <= question.most
        else:
            right = sum(choice.right for choice in question.choices)
            assert right >= 1 and (right == 1 or question.kind == "several")


# ---- the placement quiz


def test_the_placement_quiz_asks_ten_to_fifteen_questions_in_the_order_of_the_course() -> None:
    steps, keys = placement(), [question.key for question in ALL]
    assert 10 <= len(steps) <= 15
    places = [keys.index(step.question) for step in steps]
    lessons_in_order = [step.lesson for step in steps]
    assert len(set(places)) == len(steps)
    assert lessons_in_order == sorted(lessons_in_order)
    for step in steps:
        cells = Lesson(step.lesson).read().cells
        headings = re.findall(
            r"^#+ (.+)$", "\n".join(c.source for c in cells if c.cell_type == "markdown"), re.M
        )
        assert plain(step.section) in {plain(NUMBER.sub("", h)) for h in headings}, step


def test_a_step_without_a_section_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "placement.toml"
    path.write_text('[[step]]\nquestion = "01_one/Number"\n')
    with pytest.raises(
        UserError, match=r"placement.toml, step 1: question: expected `question` and"
    ):
        placement(path)


# ---- Anki


def read_deck(path: Path) -> tuple[dict[str, list[str]], dict[str, str], list[str]]:
    """Return the fields by a note's number, the deck of each note, and the kinds' front sides."""
    with zipfile.ZipFile(path) as package:
        package.extract("collection.anki2", path.parent)
    base = sqlite3.connect(path.parent / "collection.anki2")
    models, decks = base.execute("SELECT models, decks FROM col").fetchone()
    names = {int(number): deck["name"] for number, deck in json.loads(decks).items()}
    rows = base.execute("SELECT guid, flds, did FROM notes JOIN cards ON cards.nid = notes.id")
    fields, places = {}, {}
    for guid, text, deck in rows.fetchall():
        fields[guid], places[guid] = text.split("\x1f"), f"{deck} {names[deck]}"
    base.close()
    fronts = [m["id"] + t["qfmt"] for m in json.loads(models).values() for t in m["tmpls"]]
    return fields, places, fronts


def test_the_anki_deck_has_every_question_with_its_answer_on_the_back(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # genanki warns of text that is no HTML
        count = anki_deck.write_deck(ASKED, tmp_path / "a.apkg")
    fields, places, fronts = read_deck(tmp_path / "a.apkg")
    assert count == len(fields) == len(ALL)
    assert {place.split(" ", 1)[1] for place in places.values()} == {
        f"{anki_deck.NAME}::{name}" for name in ASKED
    }
    (front,) = fronts
    assert "{{Answer}}" not in front and "{{Why}}" not in front
    by_key = {text[0].replace("&#x27;", "'"): text for text in fields.values()}
    for question in ALL:
        _, _, asked, offered, answer, why = by_key[question.key]
        assert (asked, why) == (question.html, question.why)
        for choice in question.choices:
            assert choice.html in offered and choice.html in answer
            assert choice.right == (f'<div class="right">{choice.html}</div>' in answer)
        assert question.answer in answer


def test_an_update_of_the_deck_keeps_its_numbers(tmp_path: Path) -> None:
    def deck(name: str, title: str, text: str) -> tuple[set[str], set[str], set[str]]:
        (tmp_path / name).mkdir()
        choices = (Choice("<p>a</p>", True, ""), Choice("<p>b</p>", False, text))
        question = Question("01_one/Same", "one", text, text, choices)
        anki_deck.write_deck({title: [question]}, tmp_path / name / "a.apkg")
        fields, places, fronts = read_deck(tmp_path / name / "a.apkg")
        return set(fields), {place.split()[0] for place in places.values()}, set(fronts)

    first = deck("first", "01 · A title", "<p>old</p>")
    assert deck("second", "01 · Another title", "<p>new</p>") == first
    assert len(first[0]) == 1


# ---- the page


@pytest.fixture
def recall(small_site: Path, page: Page) -> Page:
    """Return the page on the first of December, at noon."""
    page.clock.set_fixed_time(datetime(2026, 12, 1, 12))
    page.goto(f"file://{small_site}/recall.html")
    return page


def stored(page: Page) -> dict:
    return json.loads(page.evaluate(f"localStorage.getItem('{KEY}')") or "{}").get("questions", {})


def practise(page: Page, name: str) -> None:
    page.locator(f"[data-lesson='{name}'] button").click()


def answer(page: Page, right: bool) -> str:
    """Answer the question that is shown by mouse; return what kind it was."""
    stage = page.locator("#recall-stage")
    if stage.locator("input[name=number]").count():
        place = 1 if "of 1" in stage.locator("legend").inner_text() else 2
        stage.locator("input").fill(str(place / 4 if right else 99))
        kind = "number"
    elif stage.locator("input[type=checkbox]").count():
        kind = "several"
        for word in ("one", "three") if right else ("one",):
            stage.get_by_label(word, exact=True).check()
    else:
        kind = "one"
        stage.get_by_label("two" if right else "three", exact=True).check()
    stage.get_by_role("button", name="Check").click()
    verdict = stage.get_by_role("status")
    expect(verdict).to_contain_text("Right." if right else "Not right.")
    return kind


def go_on(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Next|Finish)$")).click()


@pytest.mark.browser
def test_a_quiz_by_keyboard(recall: Page) -> None:
    """Each answer is explained and announced, and one knows how many are left."""
    recall.locator("[data-lesson='01_one'] button").focus()
    recall.keyboard.press("Enter")
    expect(recall.locator("#recall-stage h2")).to_be_focused()
    expect(recall.locator("#recall-stage h2")).to_have_text("01 · One: 2 more after this one")
    recall.keyboard.press("Tab")  # the link to the notebook
    recall.keyboard.press("Tab")
    recall.keyboard.type("0,25")
    recall.keyboard.press("Enter")
    status = recall.locator("#recall-stage").get_by_role("status")
    expect(status).to_have_text("✓ Right. Answer: 0.25 ± 0.01.A quarter of 1.2 left.")
    expect(recall.get_by_role("button", name="Next")).to_be_focused()
    recall.keyboard.press("Enter")
    recall.keyboard.press("Tab")
    recall.keyboard.press("Tab")
    recall.keyboard.press("Space")  # the first of the radio buttons
    recall.keyboard.press("Enter")
    expect(recall.locator("#recall-stage").get_by_role("status")).to_contain_text("2 < 3.")
    expect(recall.locator(".recall-note", has_text="✓ right")).to_have_count(1)
    assert {key: entry["box"] for key, entry in stored(recall).items()}.keys() == {
        "01_one/Number", "01_one/One"
    }  # fmt: skip


@pytest.mark.browser
def test_what_is_missed_comes_again_and_the_end_says_the_score(recall: Page) -> None:
    practise(recall, "01_one")
    missed = answer(recall, right=False)
    assert missed == "number"
    expect(recall.locator("#recall-stage").get_by_role("status")).to_contain_text("3 left.")
    for _ in range(2):
        go_on(recall)
        assert answer(recall, right=True) != "number"
    go_on(recall)
    expect(recall.locator(".recall-source")).to_contain_text("once more")
    assert answer(recall, right=True) == "number"
    go_on(recall)
    expect(recall.locator("#recall-stage")).to_contain_text("2 of 3 right at the first try.")
    expect(recall.locator("#recall-stage")).to_contain_text("due again on 2026-12-02")
    expected = {"01_one/Number": 1, "01_one/One": 1, "01_one/Several": 1}
    assert {key: entry["box"] for key, entry in stored(recall).items()} == expected
    assert stored(recall)["01_one/Number"]["wrong"] == 1
    recall.get_by_role("button", name="To all quizzes").click()
    row = recall.locator("[data-lesson='01_one']")
    expect(row).to_contain_text("3 of 3 answered, 0 due")
    expect(recall.get_by_role("button", name="Nothing is due")).to_be_disabled()


@pytest.mark.browser
def test_right_answers_come_back_ever_later_and_wrong_ones_tomorrow(recall: Page) -> None:
    """Through all boxes on the day that each is due; then it falls."""
    entry, day = {"box": 0, "due": "2026-12-01"}, None
    for box, due in enumerate(
        ("2026-12-02", "2026-12-05", "2026-12-12", "2026-12-26", "2027-01-25", "2027-02-24"), 1
    ):
        day = datetime.fromisoformat(f"{entry['due']}T12:00")
        recall.clock.set_fixed_time(day)
        recall.reload()  # the progress outlives the page
        if box == 1:
            practise(recall, "01_one")
        else:
            recall.get_by_role("button", name="Repeat what is due (1)").click()
        answer(recall, right=True)
        entry = stored(recall)["01_one/Number"]
        assert (entry["box"], entry["due"]) == (min(box, 5), due)
    recall.reload()
    practise(recall, "01_one")  # new ones first, so the known one, not due, comes last
    for _ in range(2):
        answer(recall, right=True)
        go_on(recall)
    assert answer(recall, right=True) == "number"
    assert stored(recall)["01_one/Number"]["due"] == entry["due"], "early, and right: it stays"
    recall.reload()
    practise(recall, "01_one")  # nothing is due, so no box changes
    for _ in range(3):
        answer(recall, right=True)
        go_on(recall)
    boxes = {key: kept["box"] for key, kept in stored(recall).items()}
    assert boxes == {"01_one/Number": 5, "01_one/One": 1, "01_one/Several": 1}
    recall.reload()
    practise(recall, "01_one")
    answer(recall, right=False)
    entry = stored(recall)["01_one/Number"]
    assert (entry["box"], entry["due"], entry["wrong"]) == (1, "2027-01-26", 1)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write a number first."),
        ("a lot", "“a lot” is no number: write it like 0.25, or -3."),
        ("1,000.5", "“1,000.5” is no number"),
        ("0.26", "✓ Right."),  # the tolerance's end
        ("0.2601", "✗ Not right. Answer: 0.25 ± 0.01."),
        ("−0.25", "✗ Not right."),
        ("2.5e-1", "✓ Right."),
        (" 0,24 ", "✓ Right."),
    ],
)
def test_numbers(recall: Page, typed: str, said: str) -> None:
    practise(recall, "01_one")
    recall.get_by_label("A number:").fill(typed)
    recall.keyboard.press("Enter")
    expect(recall.locator("#recall-stage").get_by_role("status")).to_contain_text(said)


@pytest.mark.browser
def test_no_answer_is_no_wrong_answer(recall: Page) -> None:
    practise(recall, "01_one")
    answer(recall, right=True)
    go_on(recall)
    recall.get_by_role("button", name="Check").click()
    status = recall.locator("#recall-stage").get_by_role("status")
    expect(status).to_have_text("Choose an answer first.")
    assert stored(recall).keys() == {"01_one/Number"}


# ---- progress as a file


@pytest.mark.browser
def test_progress_goes_to_another_browser_as_a_file(recall: Page, tmp_path: Path) -> None:
    practise(recall, "01_one")
    answer(recall, right=True)
    recall.get_by_role("button", name="Stop").click()
    with recall.expect_download() as download:
        recall.get_by_role("button", name="Save progress").click()
    assert download.value.suggested_filename == "recall-2026-12-01.json"
    path = tmp_path / "mine.json"
    download.value.save_as(path)
    before = stored(recall)
    recall.on("dialog", lambda dialog: dialog.accept())
    recall.get_by_role("button", name="Forget everything").click()
    assert stored(recall) == {}
    recall.get_by_label("Load progress:").set_input_files(path)
    said = recall.locator("#recall-said")
    expect(said).to_have_text("mine.json: 1 question read.")
    assert stored(recall) == before
    expect(recall.locator("[data-lesson='01_one']")).to_contain_text("1 of 3 answered, 0 due")


def entry(**changes: object) -> dict[str, object]:
    same = {"box": 2, "due": "2026-12-03", "last": "2026-11-30", "right": 2, "wrong": 0}
    return same | changes


def progress(**changes: object) -> dict[str, object]:
    return {"format": KEY, "version": 1, "questions": {"01_one/One": entry()}} | changes


@pytest.mark.browser
def test_of_two_answers_the_later_counts(recall: Page, tmp_path: Path) -> None:
    practise(recall, "01_one")
    answer(recall, right=True)
    kept = stored(recall)["01_one/Number"]
    recall.get_by_role("button", name="Stop").click()
    path = tmp_path / "old.json"
    asked = {"01_one/Number": entry(), "01_one/One": entry(), "99_gone/Question": entry()}
    path.write_text(json.dumps(progress(questions=asked)))
    recall.get_by_label("Load progress:").set_input_files(path)
    expect(recall.locator("#recall-said")).to_have_text(
        "old.json: 1 question read; 1 answered later here and kept;"
        " 1 not in this course and left out."
    )
    assert stored(recall) == {"01_one/Number": kept, "01_one/One": entry()}


DAMAGED = {
    "not JSON": "it is not JSON",
    "[1, 2]": "this page did not write it",
    '{"cells": []}': "this page did not write it",
    json.dumps(progress(version=9)): "version 9: expected 1",
    json.dumps(progress(questions=[])): "it has no list of questions",
    json.dumps(progress(questions={"01_one/One": entry(box=6)})): "has box = 6: expected 1 to 5",
    json.dumps(
        progress(questions={"01_one/One": entry(box="2")})
    ): 'has box = "2": expected 1 to 5',
    json.dumps(progress(questions={"a": None})): "“a” has box = undefined: expected 1 to 5",
    json.dumps(progress(questions={"a": entry(due="2026-02-30")})): (
        'has due = "2026-02-30": expected a date such as 2026-12-31'
    ),
    json.dumps(
        progress(questions={"a": entry(wrong=-1)})
    ): "has wrong = -1: expected a whole number",
    " " * 2_000_001: "it is larger than 2 MB",
}


@pytest.mark.browser
def test_a_bad_file_is_one_message_and_changes_nothing(recall: Page, tmp_path: Path) -> None:
    practise(recall, "01_one")
    answer(recall, right=True)
    recall.get_by_role("button", name="Stop").click()
    before = stored(recall)
    path = tmp_path / "bad.json"
    for text, reason in DAMAGED.items():
        path.write_text(text)
        recall.get_by_label("Load progress:").set_input_files(path)
        said = recall.locator("#recall-said")
        expect(said).to_contain_text(reason)
        expect(said).to_have_text(
            re.compile(r"^bad\.json: .+\. Nothing was changed\. Choose a file that “Save progress”")
        )
        assert stored(recall) == before, text[:80]


@pytest.mark.browser
def test_damaged_progress_is_put_aside(recall: Page) -> None:
    recall.evaluate(f"localStorage.setItem('{KEY}', '{{\"format\": 1}}')")
    recall.reload()
    expect(recall.locator("#recall-said")).to_contain_text("had kept is damaged")
    expect(recall.locator("[data-lesson='01_one']")).to_contain_text("3 questions")
    assert recall.evaluate(f"localStorage.getItem('{KEY}-damaged')") == '{"format": 1}'


@pytest.mark.browser
def test_a_browser_that_keeps_nothing_says_so(recall: Page) -> None:
    recall.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    practise(recall, "01_one")
    answer(recall, right=True)
    expect(recall.locator("#recall-said")).to_contain_text("This browser keeps nothing.")
    recall.get_by_role("button", name="Stop").click()
    expect(recall.locator("[data-lesson='01_one']")).to_contain_text("1 of 3 answered")


# ---- the placement quiz, on the page


@pytest.mark.browser
@pytest.mark.parametrize(
    ("knows", "begin", "others"),
    [
        ([True, False, True, False], "01 · One: 2 · The key–value cache", ["02 · Two: Omega"]),
        ([True, True, False, True], "02 · Two: 1 · Alpha", []),
        ([None, True, True, True], "01 · One: 1 · Alpha", []),
        ([True, True, True, True], None, []),
    ],
)
def test_the_placement_names_where_to_begin(
    recall: Page, knows: list[bool | None], begin: str | None, others: list[str]
) -> None:
    """The first that is missed or left out decides; the progress stays as it is."""
    recall.get_by_role("button", name="Where should I begin?").click()
    for known in knows:
        if known is None:
            recall.get_by_role("button", name="I don't know").click()
        else:
            answer(recall, right=known)
        go_on(recall)
    stage = recall.locator("#recall-stage")
    assert stored(recall) == {}
    if begin is None:
        expect(stage.get_by_role("heading")).to_have_text("You knew all of it")
        return
    expect(stage.locator("#placement-begin")).to_have_text(f"Begin with {begin}.")
    expect(stage.locator("li")).to_have_text(others)
    stage.locator("#placement-begin a").click()
    expect(recall.locator(":target")).to_be_visible()


@pytest.mark.browser
def test_whoever_stops_begins_at_the_first_that_was_not_asked(recall: Page) -> None:
    recall.goto(recall.url + "#placement")
    answer(recall, right=True)
    recall.get_by_role("button", name="Stop").click()
    begin = recall.locator("#placement-begin")
    expect(begin).to_have_text("Begin with 01 · One: 2 · The key–value cache.")


# ---- for everyone


@pytest.mark.browser
def test_a_notebook_leads_to_its_quiz(small_site: Path, page: Page) -> None:
    page.goto(f"file://{small_site}/notebooks/02_two.html")
    page.get_by_role("link", name="The quiz of this notebook").click()
    expect(page.locator("#recall-stage h2")).to_have_text("02 · Two: 2 more after this one")
    page.locator("#pst-skip-link a").focus()
    page.keyboard.press("Enter")  # its address has a # too, and does not end the quiz
    expect(page.locator("#recall-stage")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_on_any_view(recall: Page, scheme: str, width: int) -> None:
    recall.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    recall.set_viewport_size({"width": width, "height": 800})
    recall.reload()

    def look() -> None:
        wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
        options = {"runOnly": wcag, "preload": False, "resultTypes": ["violations"]}
        found = Axe().run(recall, options=options)
        assert found.violations_count == 0, found.generate_report()
        assert recall.evaluate("document.documentElement.scrollWidth") <= width

    look()
    practise(recall, "01_one")
    for _ in range(3):
        look()
        answer(recall, right=False)
        look()
        go_on(recall)
    recall.get_by_role("button", name="Stop").click()
    recall.get_by_role("button", name="Where should I begin?").click()
    recall.get_by_role("button", name="I don't know").click()
    recall.get_by_role("button", name="Stop").click()
    look()


@pytest.mark.browser
def test_without_scripts_the_page_says_what_there_is(small_site: Path, page: Page) -> None:
    quiet = page.context.browser.new_context(java_script_enabled=False)
    silent = quiet.new_page()
    silent.goto(f"file://{small_site}/recall.html")
    notice = silent.locator("#main-content noscript p")
    expect(notice).to_have_count(1)
    assert "need JavaScript" in notice.inner_html()
    expect(silent.locator("#placement-steps li")).to_have_count(4)
    expect(silent.get_by_role("button", name="Practise")).to_have_count(0)
    quiet.close()
