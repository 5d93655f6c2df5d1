"""Controls that show one attention head's map, for a live kernel."""

import base64
from collections.abc import Callable, Sequence

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from shared import plots


def head_explorer(
    draw: Callable[[Axes, int, int, int], None],
    shape: tuple[int, int],
    texts: Sequence[str],
    start: tuple[int, int, int],
) -> ipywidgets.VBox:
    """Return sliders for layer and head, a menu of texts, and the picture they choose.

    Args:
        draw: Draws on an axis, given the layer and the head, both counted from 1, and the number
            of the text.
        shape: The number of layers and of heads.
        texts: The texts.
        start: The layer, head and text that are shown first.
    """
    names = ("layer", "head")
    sliders = [
        ipywidgets.IntSlider(value=value, min=1, max=most, description=name)
        for name, value, most in zip(names, start[:2], shape, strict=True)
    ]
    options = [(text[:60], number) for number, text in enumerate(texts)]
    menu = ipywidgets.Dropdown(options=options, value=start[2], description="text")
    # Not `interactive`: it catches what is displayed, and papermill may miss the end of that (its
    # issue 723) and wait for ever.
    view = ipywidgets.HTML()

    def show(_: object = None) -> None:
        layer, head = (slider.value for slider in sliders)
        figure, axis = plt.subplots(figsize=(6, 6), layout="constrained")
        draw(axis, layer, head, menu.value)
        picture = base64.b64encode(plots.png(figure)).decode()
        alt = f"Attention map of layer {layer}, head {head}."
        view.value = f'<img alt="{alt}" src="data:image/png;base64,{picture}">'

    for control in (*sliders, menu):
        control.observe(show, "value")
    show()
    return ipywidgets.VBox([*sliders, menu, view])
