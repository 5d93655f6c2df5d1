"""A box to chat with a model, for a live kernel."""

from collections.abc import Callable

import ipywidgets


def chat_panel(reply: Callable[[str], str]) -> ipywidgets.VBox:
    """Return a line to type into, and what the model answers.

    Args:
        reply: From a question to the answer.
    """
    line = ipywidgets.Text(
        placeholder="What is the capital of Norway?", description="question",
        continuous_update=False,
    )  # fmt: skip
    said = ipywidgets.Label()

    def answer(_: object = None) -> None:
        if text := line.value.strip():
            said.value = reply(text[:500])

    line.observe(answer, "value")
    return ipywidgets.VBox([line, said])
