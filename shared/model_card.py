"""A model card whose numbers are computed: Hub metadata, what it is for, how well it does."""

import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from shared.intervals import percentile_interval
from shared.raters import wilson


class Measured(NamedTuple):
    """A score on a test set, and what a constant answer gets there.

    Attributes:
        score: Accuracy, or the mean absolute error.
        low: Lower end of its 95 % interval.
        high: Upper end.
        n: How many test texts.
        constant: The same score of always answering the commonest class, or the median.
    """

    score: float
    low: float
    high: float
    n: int
    constant: float

    def __str__(self) -> str:
        return f"{self.score:.3f} ({self.low:.3f} to {self.high:.3f}, n = {self.n:,})"


def measured(truth: np.ndarray, each: np.ndarray) -> Measured:
    """Return a mean with its interval, and what the best constant answer gets on the same texts.

    Args:
        truth: (n,) the answers.
        each: (n,) of bool: which the model got right; or of float: how far it was off.
    """
    right = each.dtype == bool
    low, high = wilson(each) if right else percentile_interval(each)
    if right:
        constant = np.unique(truth, return_counts=True)[1].max() / len(truth)
    else:
        constant = np.abs(truth - np.median(truth)).mean()
    return Measured(float(each.mean()), low, high, len(truth), float(constant))


TEMPLATE = """---
{{ card_data }}
---
# {{ title }}

{{ kind }}, for texts of {{ length }}.

## Intended use

Teaching, and sorting texts like those of the data set "{{ data_name }}". A person decides; the
answer is a hint.

## Not for

Judging a person by a text, other languages, or other kinds of text without measuring first.

## Measured

{{ score }} with 95 % interval, and in brackets the number of test texts:

| test texts | the model | a constant answer |
|---|---|---|
| {{ data_name }} | {{ measured }} | {{ "%.3f" | format(measured.constant) }} |
{% for name, other in elsewhere.items() -%}
| {{ name }} (another domain) | {{ other }} | {{ "%.3f" | format(other.constant) }} |
{% endfor %}
## Limits

{% for limit in limits -%}
- {{ limit }}
{% endfor %}
## Training data

{{ data_card }} The sha256 of its texts and labels, in order: {{ fingerprint }}.

## Licence

{{ licence }}

## How it was made

{{ recipe }}
"""


def no_better(elsewhere: Mapping[str, Measured]) -> list[str]:
    """Return the domains where the interval reaches down to what a constant answer gets."""
    return [name for name, found in elsewhere.items() if found.low <= found.constant]


def card(
    data_name: str,
    labels: list[str] | None,
    measured: Measured,
    elsewhere: Mapping[str, Measured],
    limits: list[str],
    recipe: Mapping[str, object] | None,
    base_model: str | None,
    **texts: str,
) -> ModelCard:
    """Return a card with Hub metadata.

    Args:
        data_name: A name, never a path.
        labels: `None` for regression.
        measured: On its own test texts.
        elsewhere: On those of other domains.
        limits: Sentences, each with its number.
        recipe: How it was trained, if that is known.
        base_model: Its name on the Hub, if that is known.
        **texts: `length`, `data_card`, `fingerprint` and `licence`, as the template has them.
    """
    task = "text-classification" if labels else "text-regression"
    result = EvalResult(
        task_type=task,
        dataset_type=data_name if "/" in data_name else "not-on-the-hub",
        dataset_name=f"{data_name}, {measured.n} test texts",
        dataset_split="test",
        metric_type="accuracy" if labels else "mae",
        metric_name=f"{'Accuracy' if labels else 'Mean absolute error'} "
        f"(95 % interval {measured.low:.3f} to {measured.high:.3f})",
        metric_value=round(measured.score, 4),
    )
    head = ModelCardData(
        model_name=f"{'classifier' if labels else 'regression'}-{data_name}",
        library_name="transformers",
        pipeline_tag="text-classification",
        eval_results=[result],
        **({"base_model": base_model} if base_model else {}),
    )
    return ModelCard.from_template(
        head,
        template_str=TEMPLATE,
        title=head.model_name,
        kind=f"A text classifier with the labels {', '.join(labels)}"
        if labels
        else "A text regression",
        data_name=data_name,
        score="Accuracy" if labels else "Mean absolute error",
        measured=measured,
        elsewhere=elsewhere,
        limits=limits,
        recipe=json.dumps(recipe or "Not recorded.", indent=1),
        **texts,
    )
