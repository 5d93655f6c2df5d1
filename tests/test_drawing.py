"""Drawings: what cannot be read is refused, and the site shows them, and no other image."""

import base64
import re
from xml.etree import ElementTree

import conf
import nbformat
import pytest

from shared.drawing import Drawing, text_width


def drawing() -> Drawing:
    return Drawing(300, 120, "two boxes")


def test_a_drawing_is_an_image_with_alternative_text(capsys: pytest.CaptureFixture) -> None:
    card = Drawing(300, 120, 'x < y, "said"')
    first, second = card.box(10, 10, 80, 40, "a & b"), card.box(200, 10, 80, 40, "c")
    card.arrow(first.right, second.left, label="<to>")
    card.matrix(40, 70, [[0.5, -1]], rows=["r"], hidden=[[False, True]])
    texts = [e.text for e in ElementTree.fromstring(card.svg()).iter() if e.tag.endswith("text")]
    assert texts == ["a & b", "c", "<to>", "0.50", "r"]
    card.show()
    assert 'alt="x &lt; y, &quot;said&quot;"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: Drawing(481, 10, "x"), "width up to 480"),
        (lambda: Drawing(100, 10, " "), "alternative text"),
        (lambda: drawing().box(0, 0, 20, 20, "much too long"), "needs a width of"),
        (lambda: drawing().box(290, 0, 20, 20), "expected within 300 x 120"),
        (lambda: drawing().text(299, 50, "beyond the edge", anchor="start"), "within 300 x 120"),
        (lambda: drawing().text(100, 50, "small", size=11), "expected at least 12"),
        (lambda: drawing().matrix(0, 0, [[1] * 20]), "matrix spans"),
    ],
)
def test_what_cannot_be_read_is_refused(draw: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()


def test_wide_characters_are_measured() -> None:
    assert text_width("是") == 14 and text_width("是a") == 14 + text_width("a")


def test_the_site_shows_drawings_and_no_other_image() -> None:
    data = base64.b64encode(drawing().svg().encode()).decode()
    html = (
        f'<img src="data:image/svg+xml;base64,{data}" alt="two boxes" onload="x()">'
        '<img src="https://x.org/a.png"><img src="data:text/html;base64,AA">'
    )
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    conf.prepare_output(output)
    (shown,) = re.findall("<img[^>]*>", output.data["text/html"])
    assert data in shown and "onload" not in shown
    assert output.data["text/html"].count("&lt;img") == 2  # as text
