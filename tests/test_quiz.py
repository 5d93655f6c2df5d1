"""Each lesson has a quiz that text2qti can read, and what can be computed is right."""

from collections import Counter
from functools import cache

import numpy as np
import pytest
from lesson import Lesson, lessons_and_template
from text2qti.quiz import Question

LESSONS = lessons_and_template()
ANSWERS = [(lesson, title) for lesson in LESSONS for title in lesson.checks()["ANSWERS"]]
KINDS = ("multiple_choice_question", "multiple_answers_question", "numerical_question")


@cache
def questions_of(lesson: Lesson) -> tuple[Question, ...]:
    """Return the questions of a lesson's quiz, as text2qti reads them."""
    quiz = lesson.quiz()
    assert quiz.title_raw and quiz.description_raw, f"{lesson.name}: a title and a description"
    return tuple(quiz.questions_and_delims)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_questions_are_whole(lesson: Lesson) -> None:
    questions = questions_of(lesson)
    assert len(questions) >= 6
    assert len({question.title_raw for question in questions}) == len(questions)
    for question in questions:
        where = f"{lesson.name}, {question.title_raw}"
        assert question.title_raw and question.points_possible_raw, f"{where}: title and points"
        assert question.type in KINDS, f"{where}: {question.type}"
        assert question.feedback_raw, f"{where}: why is the right answer right?"
        for text in (question.question_raw, *(c.choice_raw for c in question.choices)):
            assert "$" not in text, f"{where}: LaTeX needs a service on the network"
        if question.choices:
            right = sum(choice.correct for choice in question.choices)
            assert 3 <= len({c.choice_raw for c in question.choices}) == len(question.choices)
            assert 1 <= right < len(question.choices), where
            assert right == 1 or question.type == "multiple_answers_question", where
            for choice in question.choices:
                assert choice.correct or choice.feedback_raw, (
                    f"{where}: why not {choice.choice_raw!r}?"
                )


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_right_answer_is_not_given_away(lesson: Lesson) -> None:
    choices = [q.choices for q in questions_of(lesson) if q.type == KINDS[0]]
    places = Counter(next(i for i, c in enumerate(each) if c.correct) for each in choices)
    assert len(places) >= 3 and max(places.values()) <= len(choices) / 2, places
    longest = [max(each, key=lambda choice: len(choice.choice_raw)).correct for each in choices]
    assert np.mean(longest) <= 0.5, f"the longest is right in {sum(longest)} of {len(longest)}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_each_number_is_recomputed(lesson: Lesson) -> None:
    asked = {q.title_raw for q in questions_of(lesson) if q.type == "numerical_question"}
    assert asked <= lesson.checks()["ANSWERS"].keys(), "add them to ANSWERS in check.py"


@pytest.mark.parametrize(("lesson", "title"), ANSWERS, ids=lambda x: getattr(x, "name", x))
def test_answer(lesson: Lesson, title: str) -> None:
    (question,) = (q for q in questions_of(lesson) if q.title_raw == title)
    computed = lesson.checks()["ANSWERS"][title]()
    if question.choices:
        assert {c.choice_raw for c in question.choices if c.correct} == computed
        return
    stated = question.numerical_raw.split()[0]
    digits = len(stated.partition(".")[2])
    assert round(computed, digits) == pytest.approx(float(stated)), f"{computed} by computing"
    assert question.numerical_min <= computed <= question.numerical_max, computed
