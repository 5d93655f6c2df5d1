"""Each numbered notebook has a quiz that text2qti can read, and what can be computed is right."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import permutations

import numpy as np
import pytest
import torch
from conftest import ROOT, definitions
from scipy import optimize, stats
from sklearn import metrics as sk
from text2qti.config import Config
from text2qti.quiz import Question, Quiz
from torch.nn import functional as F

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
KINDS = ("multiple_choice_question", "multiple_answers_question", "numerical_question")


@cache
def questions_of(notebook: str) -> tuple[Question, ...]:
    """Return the questions of a notebook's quiz, as text2qti reads them."""
    path = ROOT / "course" / "quiz" / f"{notebook}.txt"
    quiz = Quiz(path.read_text(encoding="utf-8"), config=Config(), source_name=path.name)
    assert quiz.title_raw and quiz.description_raw, f"{path.name} needs a title and a description"
    return tuple(quiz.questions_and_delims)


def question_of(notebook: str, title: str) -> Question:
    """Return the one question of a notebook's quiz that has this title."""
    (question,) = (q for q in questions_of(notebook) if q.title_raw == title)
    return question


def right_choices(question: Question) -> set[str]:
    """Return the texts of the choices that count as right."""
    return {choice.choice_raw for choice in question.choices if choice.correct}


def test_no_quiz_lacks_its_notebook() -> None:
    assert sorted(path.stem for path in (ROOT / "course" / "quiz").iterdir()) == NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_questions_are_whole(notebook: str) -> None:
    questions = questions_of(notebook)
    assert len(questions) >= 6
    assert len({question.title_raw for question in questions}) == len(questions)
    for question in questions:
        where = f"{notebook}, {question.title_raw}"
        assert question.title_raw and question.points_possible_raw, f"{where}: title and points"
        assert question.type in KINDS, f"{where}: {question.type}"
        assert question.feedback_raw, f"{where}: why is the right answer right?"
        for text in (question.question_raw, *(c.choice_raw for c in question.choices)):
            assert "$" not in text, f"{where}: LaTeX needs a service on the network"
        if question.choices:
            right = len(right_choices(question))
            assert 3 <= len({c.choice_raw for c in question.choices}) == len(question.choices)
            assert 1 <= right < len(question.choices), where
            assert right == 1 or question.type == "multiple_answers_question", where
            for choice in question.choices:
                assert choice.correct or choice.feedback_raw, (
                    f"{where}: why not {choice.choice_raw!r}?"
                )


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_the_right_answer_is_not_given_away(notebook: str) -> None:
    choices = [q.choices for q in questions_of(notebook) if q.type == KINDS[0]]
    places = Counter(next(i for i, c in enumerate(each) if c.correct) for each in choices)
    assert len(places) >= 3 and max(places.values()) <= len(choices) / 2, places
    longest = [max(each, key=lambda choice: len(choice.choice_raw)).correct for each in choices]
    assert np.mean(longest) <= 0.5, f"the longest is right in {sum(longest)} of {len(longest)}"


def weighted_mean() -> float:
    query, keys = torch.tensor([[4.0, 0, 0, 0]]), torch.eye(4)[:2]
    return F.scaled_dot_product_attention(query, keys, torch.tensor([[10.0], [20.0]])).item()


def windows() -> int:
    from shared.models import load_tokenizer

    options = {"truncation": True, "max_length": 24, "stride": 6, "add_special_tokens": False}
    text = " ".join(["film"] * 100)
    return len(load_tokenizer()(text, return_overflowing_tokens=True, **options)["input_ids"])


def rate_at(step: int) -> float:
    from transformers import get_linear_schedule_with_warmup

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=100.0)
    schedule = get_linear_schedule_with_warmup(optimizer, 20, 200)
    for _ in range(step):
        optimizer.step()
        schedule.step()
    return schedule.get_last_lr()[0]


def f1_of_counts(hits: int, alarms: int, there: int) -> float:
    truth = np.repeat([1, 1, 0, 0], [hits, there - hits, alarms - hits, 100])
    return sk.f1_score(truth, np.repeat([1, 0, 1, 0], [hits, there - hits, alarms - hits, 100]))


def moments() -> float:
    trained, frozen = torch.zeros(20, requires_grad=True), torch.zeros(10)
    optimizer = torch.optim.AdamW([p for p in (trained, frozen) if p.requires_grad])
    trained.sum().backward()
    optimizer.step()
    return sum(t.nbytes for t in optimizer.state[trained].values() if t.ndim)  # a byte for a MB


def top_p() -> float:
    from transformers import TopPLogitsWarper

    logits = torch.tensor([[0.5, 0.2, 0.15, 0.1, 0.05]]).log()
    return TopPLogitsWarper(0.8)(None, logits).softmax(-1)[0, 0].item()


def exact_spans() -> float:
    from nervaluate.evaluator import Evaluator

    true = ["B-NAME", "I-NAME", "O", "B-NAME", "O", "B-NAME"]
    found = ["B-NAME", "O", "O", "B-NAME", "O", "O"]
    evaluator = Evaluator([true], [found], tags=["NAME"], loader="list")
    return evaluator.evaluate()["overall"]["strict"].f1


def share_of_work_saved() -> float:
    d, heads = 12, 4
    attention, feed_forward = 4 * d * d, 2 * d * 4 * d
    kept = 4 * d * (d // heads) * (heads - 1)  # rows or columns of a head, in each matrix
    return 100 * (1 - (kept + feed_forward) / (attention + feed_forward))


def lora_numbers() -> int:
    from peft import LoraConfig, get_peft_model

    model = torch.nn.Sequential(torch.nn.Linear(384, 384, bias=False))
    adapted = get_peft_model(model, LoraConfig(r=8, target_modules=["0"]))
    return sum(p.numel() for p in adapted.parameters() if p.requires_grad)


def sum_of_clipped() -> float:
    gradients = np.array([[3, 4], [0.3, 0.4]])
    norms = np.linalg.norm(gradients, axis=1, keepdims=True)
    return np.linalg.norm((gradients * np.minimum(1, 1 / norms)).sum(0))


def shapley_of_a() -> float:
    def worth(players: tuple[str, ...]) -> int:
        return 10 * bool({"A", "B"} & set(players)) + 4 * ("C" in players)

    gains = [worth(o[: o.index("A") + 1]) - worth(o[: o.index("A")]) for o in permutations("ABC")]
    return np.mean(gains)


def t_reach() -> float:
    low, high = stats.ttest_1samp([0.80, 0.82, 0.84], 0).confidence_interval(0.95)
    return (high - low) / 2


def second_weight() -> float:
    from shared.parallel import share_of

    shares = [share_of(list(range(5)), rank, processes=2) for rank in range(2)]
    return next(weight for mine, weight in shares if len(mine) == 2)


# The answer to each numerical question, computed another way than its feedback says.
NUMBERS: dict[tuple[str, str], Callable[[], float]] = {
    ("01_attention", "A weighted mean"): weighted_mean,
    ("01_attention", "Memory of the weights"): lambda: (
        8 * torch.empty(2000, 2000, device="meta").nbytes / torch.empty(500, 500).nbytes
    ),
    ("02_tokenization", "Windows"): windows,
    ("03_fine_tuning", "Padding wasted"): lambda: (
        sum(map(sum, ((4, 6), (10, 20)))) / sum(2 * max(b) for b in ((4, 6), (10, 20)))
    ),
    ("03_fine_tuning", "On the way down"): lambda: rate_at(110),
    ("04_evaluation", "F1 by hand"): lambda: f1_of_counts(hits=8, alarms=12, there=16),
    ("04_evaluation", "A threshold by cost"): lambda: optimize.brentq(
        lambda p: 9 * p - (1 - p), 0, 1
    ),
    ("04_evaluation", "McNemar's test"): lambda: stats.binomtest(9, 10).pvalue,
    ("05_saving_and_sharing", "What AdamW keeps"): moments,
    ("05_saving_and_sharing", "Two formats of 16 bits"): lambda: (
        torch.finfo(torch.bfloat16).eps / torch.finfo(torch.float16).eps
    ),
    ("06_text_generation", "Perplexity by hand"): lambda: np.exp(
        -np.log([1 / 2, 1 / 4, 1 / 4, 1 / 8]).mean()
    ),
    ("06_text_generation", "Top-p by hand"): top_p,
    ("06_text_generation", "Temperature by hand"): lambda: (
        (torch.tensor([0.8, 0.2]).log() / 0.5).softmax(0)[0].item()
    ),
    ("07_token_classification", "Exact spans"): exact_spans,
    ("07_token_classification", "A rare tag comes back"): lambda: optimize.brentq(
        lambda tau: (3.0 - tau * np.log(0.9)) - (1.0 - tau * np.log(0.1)), 0, 2
    ),
    ("08_efficient_models", "Sorted batches"): lambda: 4 * 128 / (2 * 20 + 2 * 60),
    ("08_efficient_models", "A quarter of the heads"): share_of_work_saved,
    ("08_efficient_models", "One huge weight"): lambda: np.rint(0.237 / (12.7 / 127)) * 12.7 / 127,
    ("08_efficient_models", "LoRA's numbers"): lora_numbers,
    ("09_more_languages", "The premium"): lambda: (
        torch.empty(300, 300, device="meta").numel() / torch.empty(100, 100).numel()
    ),
    ("09_more_languages", "PPMI by hand"): lambda: np.log(0.02) - np.log(0.1) - np.log(0.05),
    ("10_privacy", "Exposure by hand"): lambda: -np.log2(16 / 1024),
    ("10_privacy", "A proof in numbers"): lambda: 100 * (3 * 0.01 + 0.001),
    ("10_privacy", "Clipped and summed"): sum_of_clipped,
    ("11_interpretability", "Either is enough"): shapley_of_a,
    ("11_interpretability", "What is missing"): lambda: (2.5 - -0.7) - 2.0,
    ("12_comparing_runs", "Three seeds"): t_reach,
    ("12_comparing_runs", "Holm by hand"): lambda: definitions("12_comparing_runs.ipynb").holm(
        np.array([0.004, 0.02, 0.03])
    )[2],
    ("12_comparing_runs", "Five texts for two processes"): second_weight,
}


def test_each_number_is_recomputed() -> None:
    asked = {
        (notebook, question.title_raw)
        for notebook in NOTEBOOKS
        for question in questions_of(notebook)
        if question.type == "numerical_question"
    }
    assert asked == set(NUMBERS)


@pytest.mark.parametrize(("notebook", "title"), NUMBERS, ids=lambda part: part)
def test_number(notebook: str, title: str) -> None:
    question = question_of(notebook, title)
    computed, (stated, *_) = NUMBERS[notebook, title](), question.numerical_raw.split()
    digits = len(stated.partition(".")[2])
    assert round(computed, digits) == pytest.approx(float(stated)), f"{computed} by computing"
    assert question.numerical_min <= computed <= question.numerical_max, computed


def two_merges() -> set[str]:
    words = Counter({"low": 5, "lot": 2, "new": 4, "wet": 3})
    merges = definitions("02_tokenization.ipynb").train_bpe(words, 2)
    return {", then ".join(f"`{' '.join(pair)}`" for pair in merges)}


def longest_pieces() -> set[str]:
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece

    pieces = ["play", "plays", "##s", "##station", "##tation", *"playstion"]
    pieces += [f"##{letter}" for letter in "playstion"]
    vocabulary = {piece: i for i, piece in enumerate(["[UNK]", *pieces])}
    cut = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]")).encode("playstation").tokens
    return {" ".join(f"`{piece}`" for piece in cut)}


def scores_of_an_idle_model() -> set[str]:
    truth, answer = np.repeat([0, 1], [95, 5]), np.zeros(100)
    options = {"zero_division": 0}
    scores = {
        "accuracy": sk.accuracy_score(truth, answer),
        "macro F1": sk.f1_score(truth, answer, average="macro", **options),
        "F1 weighted by the size of the classes": sk.f1_score(
            truth, answer, average="weighted", **options
        ),
        "Matthews correlation": sk.matthews_corrcoef(truth, answer),
        "recall, mean over the two classes": sk.recall_score(truth, answer, average="macro"),
    }
    return {name for name, score in scores.items() if score > 0.9}


def valid_bio() -> set[str]:
    to_bio = definitions("07_token_classification.ipynb").to_bio  # leaves what is valid as it is
    choices = question_of("07_token_classification", "Valid BIO").choices
    tags = {choice.choice_raw: choice.choice_raw.strip("`").split() for choice in choices}
    return {choice for choice, row in tags.items() if to_bio(row) == row}


def pareto_front() -> set[str]:
    points = {"A": (1, 0.70), "B": (2, 0.80), "C": (3, 0.79), "D": (4, 0.85), "E": (5, 0.85)}
    seconds, accuracy = np.transpose(list(points.values()))
    on_front = definitions("12_comparing_runs.ipynb").front(seconds, accuracy)
    return {
        f"{name}: {seconds} s, {accuracy:.2f}"
        for (name, (seconds, accuracy)), there in zip(points.items(), on_front, strict=True)
        if there
    }


# Choices that a few lines can find.
CHOICES: dict[tuple[str, str], Callable[[], set[str]]] = {
    ("02_tokenization", "Two merges"): two_merges,
    ("02_tokenization", "The longest piece"): longest_pieces,
    ("04_evaluation", "The model that does nothing"): scores_of_an_idle_model,
    ("07_token_classification", "Valid BIO"): valid_bio,
    ("12_comparing_runs", "The Pareto front"): pareto_front,
}


@pytest.mark.parametrize(("notebook", "title"), CHOICES, ids=lambda part: part)
def test_choice(notebook: str, title: str) -> None:
    assert right_choices(question_of(notebook, title)) == CHOICES[notebook, title]()
