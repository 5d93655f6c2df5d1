"""A panel in which any sentence can be explained, while a kernel runs."""

import html
from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import numpy as np
from transformers import PreTrainedModel

from shared.explaining import Attribution, Case
from shared.explaining_figures import FOR_AGAINST


def highlighted(words: Sequence[str], scores: np.ndarray) -> str:
    """Return HTML: each word on a colour, its score below. Words are data, so they are escaped."""
    largest = max(1e-9, np.abs(scores).max())
    style = (
        "display:inline-block;text-align:center;color:black;margin:2px;padding:2px 5px;background:"
    )
    boxes = []
    for word, score in zip(words, scores, strict=True):
        red, green, blue, _ = FOR_AGAINST(0.5 + 0.3 * score / largest, bytes=True)
        boxes.append(f'<span style="{style}rgb({red},{green},{blue})">{html.escape(word)}'
                     f"<br><small>{score:+.2f}</small></span>")  # fmt: skip
    return "".join(boxes)


def panel(
    models: Mapping[str, PreTrainedModel],
    methods: Mapping[str, Attribution],
    read: Callable[[PreTrainedModel, str], Case],
    sentence: str,
) -> ipywidgets.VBox:
    """Return controls for text, method and model, and below them the coloured sentence.

    Args:
        models: By name.
        methods: By name.
        read: Makes a case of a model and a text.
        sentence: Shown first.
    """
    field = ipywidgets.Text(value=sentence, continuous_update=False, description="text")
    method = ipywidgets.Dropdown(options=[*methods], value="occlusion", description="method")
    model = ipywidgets.Dropdown(options=[*models], description="model")
    # Not `interactive`: it catches what is displayed, and papermill may miss the end of that (its
    # issue 723) and wait for ever.
    view = ipywidgets.HTML()

    def explore(_: object = None) -> None:
        chosen = models[model.value]
        case = read(chosen, field.value)
        if not case.words:
            view.value = "Type a sentence."
            return
        scores = methods[method.value](chosen, case).numpy()
        answer = f"answer: <b>{html.escape(case.answer)}</b><br>"
        view.value = answer + highlighted(case.words, scores)

    for control in (field, method, model):
        control.observe(explore, "value")
    explore()
    return ipywidgets.VBox([field, method, model, view])
