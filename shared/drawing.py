"""Drawings: boxes, arrows, words and matrices with numbers, as SVG with alternative text.

They stand on a white card, so they read the same in a light and a dark theme and in print. Lengths
are in pixels; a drawing is at most 480 wide, so that its smallest text, 12, can still be read on a
phone of 380 pixels. Like coordinates in every SVG, y grows downwards.
"""

import base64
import html
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from IPython.display import display
from matplotlib.font_manager import FontProperties, findfont, get_font

FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
INK, LINE = "#1a1a1a", "#4d4d4d"
WIDEST, SMALLEST = 480, 12
# Pale enough for black text on them (contrast above 10); each differs in lightness from white.
FILLS = {
    "white": "#ffffff", "grey": "#e3e3e3", "blue": "#b8dcf2", "orange": "#f7d9a8",
    "green": "#b5e3d3", "pink": "#efc9de", "yellow": "#f5efa6",
}  # fmt: skip
CHARACTERS = get_font(findfont("DejaVu Sans")).get_charmap()
FULL = np.array([0, 114, 178])  # the colour of a matrix's largest number: blue


class Box(NamedTuple):
    """A rectangle: its left upper corner, its size, and the middles of its sides for arrows."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> tuple[float, float]:
        """The middle of the left side."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> tuple[float, float]:
        """The middle of the right side."""
        return self.x + self.width, self.y + self.height / 2

    @property
    def top(self) -> tuple[float, float]:
        """The middle of the top side."""
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> tuple[float, float]:
        """The middle of the bottom side."""
        return self.x + self.width / 2, self.y + self.height


def text_width(text: str, size: float = 14, bold: bool = False) -> float:
    """Return the width of one line in DejaVu Sans, a wide font: in others it is narrower."""
    weight = "bold" if bold else "normal"
    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))
    font.set_size(size, 72)
    wide = [char for char in text if unicodedata.east_asian_width(char) in "WF"]  # 是, emoji
    font.set_text("".join(char for char in text if char not in wide and ord(char) in CHARACTERS))
    return font.get_width_height()[0] / 64 + size * len(wide)


class Drawing:
    """A drawing that grows with each call; `show()` displays it.

    Args:
        width: At most 480.
        height: Any.
        alt: What a reader who cannot see it should know.

    Raises:
        ValueError: From here and from each method: what is drawn is too wide, leaves the card, or
            its text does not fit its box.
    """

    def __init__(self, width: float, height: float, alt: str) -> None:
        if not (0 < width <= WIDEST and height > 0 and alt.strip()):
            raise ValueError(f"Drawing({width}, {height}, {alt!r}): expected a width up to "
                             f"{WIDEST}, a height above 0 and an alternative text")  # fmt: skip
        self.width, self.height, self.alt = width, height, alt
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width:g} {height:g}",
                "width": f"{width:g}", "height": f"{height:g}", "font-family": FONT,
            },
        )  # fmt: skip
        self._add("rect", x=0, y=0, width=width, height=height, rx=8, fill="#ffffff")

    def _add(self, tag: str, **attributes: object) -> ElementTree.Element:
        texts = {
            name.rstrip("_").replace("_", "-"): f"{value:.5g}"
            if isinstance(value, int | float)
            else str(value)
            for name, value in attributes.items()
        }
        return ElementTree.SubElement(self.root, tag, texts)

    def _must_hold(self, what: str, left: float, top: float, right: float, bottom: float) -> None:
        if left < -0.5 or top < -0.5 or right > self.width + 0.5 or bottom > self.height + 0.5:
            raise ValueError(
                f"{what} spans ({left:.0f}, {top:.0f}) to ({right:.0f}, {bottom:.0f}): expected "
                f"within {self.width:g} x {self.height:g}"
            )

    def text(
        self, x: float, y: float, text: str, size: float = 14, anchor: str = "middle",
        bold: bool = False, colour: str = INK,
    ) -> None:  # fmt: skip
        """Write lines whose block is centred vertically on `y`; `anchor`: start, middle or end."""
        if size < SMALLEST:
            raise ValueError(f"size = {size}: expected at least {SMALLEST}, legible on a phone")
        lines = text.split("\n")
        for number, line in enumerate(lines):
            width = text_width(line, size, bold)
            left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
            middle = y + (number - (len(lines) - 1) / 2) * size * 1.25
            self._must_hold(repr(line), left, middle - size / 2, left + width, middle + size / 2)
            element = self._add(
                "text", x=x, y=middle + 0.35 * size, font_size=size, text_anchor=anchor,
                fill=colour,
                **({"font_weight": "bold"} if bold else {}),
            )  # fmt: skip
            element.set("xml:space", "preserve")
            element.text = line

    def box(
        self, x: float, y: float, width: float, height: float, text: str = "", fill: str = "white",
        size: float = 14, bold: bool = False, dashed: bool = False,
    ) -> Box:  # fmt: skip
        """Draw a box with centred text, and return it for arrows; `fill` is a name in FILLS."""
        self._must_hold(f"box {text!r}", x, y, x + width, y + height)
        self._add(
            "rect", x=x, y=y, width=width, height=height, rx=5, fill=FILLS[fill], stroke=LINE,
            **({"stroke_dasharray": "5 3"} if dashed else {}),
        )  # fmt: skip
        if text:
            widest = max(text_width(line, size, bold) for line in text.split("\n"))
            if widest > width - 2 or size * 1.25 * len(text.split("\n")) > height + 2:
                raise ValueError(f"{text!r} does not fit a box of {width:g} x {height:g}: it needs "
                                 f"a width of {widest + 2:.0f}")  # fmt: skip
            self.text(x + width / 2, y + height / 2, text, size, bold=bold)
        return Box(x, y, width, height)

    def arrow(
        self, *points: tuple[float, float], label: str = "", size: float = 12,
        colour: str = LINE, width: float = 1.5, dashed: bool = False,
    ) -> None:  # fmt: skip
        """Draw an arrow through points, with a head at the last, and a label beside its middle."""
        *_, (x0, y0), (x1, y1) = points
        length = float(np.hypot(x1 - x0, y1 - y0))
        (u, v), head = ((x1 - x0) / length, (y1 - y0) / length), 4 + 2 * width
        stem = [*points[:-1], (x1 - u * head * 0.8, y1 - v * head * 0.8)]
        self._add(
            "polyline", points=" ".join(f"{x:.5g},{y:.5g}" for x, y in stem), fill="none",
            stroke=colour, stroke_width=width, **({"stroke_dasharray": "5 3"} if dashed else {}),
        )  # fmt: skip
        back = x1 - u * head, y1 - v * head
        wings = [(back[0] + s * v * head / 2, back[1] - s * u * head / 2) for s in (1, -1)]
        corners = [(x1, y1), *wings]
        self._add("polygon", points=" ".join(f"{x:.5g},{y:.5g}" for x, y in corners), fill=colour)
        if label:
            (a, b), (c, d) = points[(len(points) - 1) // 2], points[(len(points) - 1) // 2 + 1]
            x, y = (a + c) / 2, (b + d) / 2
            if abs(c - a) > abs(d - b):  # more level than steep
                self.text(x, y - size * 0.8, label, size)
            else:
                self.text(x + 6, y, label, size, "start")

    def line(self, *points: tuple[float, float], colour: str = LINE, dashed: bool = False) -> None:
        """Draw a line through points, without a head."""
        self._add(
            "polyline", points=" ".join(f"{x:.5g},{y:.5g}" for x, y in points), fill="none",
            stroke=colour, stroke_width=1.5, **({"stroke_dasharray": "5 3"} if dashed else {}),
        )  # fmt: skip

    def matrix(
        self, x: float, y: float, values: Sequence | np.ndarray, *, cell: float | tuple = 34,
        rows: Sequence[str] = (), columns: Sequence[str] = (), title: str = "",
        format: str | Callable[[float], str] = ".2f", size: float = 12,
        largest: float | None = None,
        hidden: Sequence | np.ndarray | None = None, shade: bool = True,
    ) -> Box:  # fmt: skip
        """Draw a matrix with its numbers, shaded from white (0 or less) to blue (the largest).

        Args:
            x: Left edge of its cells; names of rows stand left of it.
            y: Upper edge of its cells; names of columns, and above them the title, stand over it.
            values: (rows, columns), or (columns,) for a vector.
            cell: The size of a cell: one length, or width and height.
            rows: Their names.
            columns: Their names.
            title: Stands above.
            format: Of the numbers, or what gives a number's text.
            size: Of the text.
            largest: The number that is shown in full blue; by default the largest there is.
            hidden: (rows, columns) of bool: these cells are grey and show no number (a mask).
            shade: False: all cells are white.

        Returns:
            The box around the cells.
        """
        table = np.atleast_2d(np.asarray(values, dtype=float))
        hide = np.zeros(table.shape, bool) if hidden is None else np.atleast_2d(np.asarray(hidden))
        width, height = cell if isinstance(cell, tuple) else (cell, cell)
        n_rows, n_columns = table.shape
        shown = table[~hide & np.isfinite(table)]
        full = largest or max(float(shown.max(initial=0)), 1e-9)
        self._must_hold("matrix", x, y, x + n_columns * width, y + n_rows * height)
        for (row, column), value in np.ndenumerate(table):
            share = float(np.clip(value / full, 0, 1)) * 0.85 if shade else 0.0
            red, green, blue = (255 + share * (FULL - 255)).round().astype(int).tolist()
            fill = FILLS["grey"] if hide[row, column] else f"#{red:02x}{green:02x}{blue:02x}"
            left, top = x + column * width, y + row * height
            self._add("rect", x=left, y=top, width=width, height=height, fill=fill, stroke=LINE)
            if not hide[row, column]:
                colour = INK if share < 0.6 else "#ffffff"
                number = format(value) if callable(format) else f"{value:{format}}"
                number = number.replace("-", "−")
                self.text(left + width / 2, top + height / 2, number, size, colour=colour)
        for row, name in enumerate(rows):
            self.text(x - 6, y + (row + 0.5) * height, name, size, "end")
        for column, name in enumerate(columns):
            self.text(x + (column + 0.5) * width, y - size * 0.8, name, size)
        if title:
            above = size * (2.2 if columns else 0.9)
            self.text(x + n_columns * width / 2, y - above, title, size + 1, bold=True)
        return Box(x, y, n_columns * width, n_rows * height)

    def words(
        self, x: float, y: float, texts: Sequence[str], fills: str | Sequence[str] = "white",
        size: float = 14, gap: float = 4, right: float | None = None,
    ) -> list[Box]:  # fmt: skip
        """Draw words or tokens as boxes in a row, wrapped before `right` (the card's edge)."""
        fills = [fills] * len(texts) if isinstance(fills, str) else fills
        boxes, left, height = [], x, size * 1.7
        for text, fill in zip(texts, fills, strict=True):
            width = max(text_width(text, size) + 10, 16)
            if left > x and left + width > (right or self.width - 4):
                left, y = x, y + height + gap
            boxes.append(self.box(left, y, width, height, text, fill, size))
            left += width + gap
        return boxes

    def svg(self) -> str:
        """Return the drawing as text."""
        return ElementTree.tostring(self.root, encoding="unicode")

    def show(self) -> None:
        """Display it as an image: GitHub and nbviewer would strip or blacken a bare SVG."""
        data = base64.b64encode(self.svg().encode()).decode()
        image = (
            f'<img src="data:image/svg+xml;base64,{data}" alt="{html.escape(self.alt)}" '
            f'width="{self.width:g}">'
        )
        display({"text/html": image, "text/plain": self.alt}, raw=True)
