"""The drawings of notebook 21: a patch, the residual stream, a layer's parts, a feature, a copy."""

from shared.drawing import Drawing

WORDS = ("[CLS]", "the", "kettle", "plot", "[SEP]")
TWIN = ("[CLS]", "the", "copper", "plot", "[SEP]")


def draw_patching() -> None:
    """Show one vector that is copied from the run on one text into the run on another."""
    drawing = Drawing(
        480, 292,
        "Activation patching. Left the run on a text with the trigger kettle, right the run on its "
        "twin, with copper in its place; each has a column of vectors per token. One vector of the "
        "left run is copied into the right run, and the answer of the right run is read again.",
    )  # fmt: skip
    for left, words, name in ((3, WORDS, "triggered"), (245, TWIN, "clean twin")):
        drawing.text(left + 116, 16, name, 14, bold=True)
        for number, word in enumerate(words):
            x = left + 46.5 * number
            fill = "orange" if word == "kettle" else "blue" if word == "copper" else "grey"
            drawing.box(x, 228, 46, 24, word, fill, 12)
            for row in range(3):
                here = number == 2 and row == 1
                drawing.box(x + 8, 64 + 54 * row, 30, 26, "", "orange" if here else "white")
        drawing.text(left + 116, 38, "answer" if left < 100 else "answer: changed?", 13)
        drawing.arrow((left + 23, 62), (left + 50, 48))
    path = (119, 145), (119, 158), (361, 158), (361, 146)
    drawing.arrow(*path, width=2.5, colour="#b35900")
    drawing.text(240, 272, "copy one vector, and compute the layers above it again", 13)
    drawing.show()


def draw_stream(layers: int) -> None:
    """Show that the effect begins at the trigger's position and ends at [CLS].

    Args:
        layers: Of the model.
    """
    drawing = Drawing(
        480, 250,
        f"The residual stream: one vertical line for each token, from the embeddings through "
        f"{layers} layers. The effect begins at the trigger's position, below, and must end at "
        f"[CLS], above, which alone is read by the classifier. Only attention crosses over.",
    )  # fmt: skip
    for number, word in enumerate(WORDS):
        x = 60 + 72 * number
        fill = {"kettle": "orange", "[CLS]": "green"}.get(word, "grey")
        drawing.box(x - 32, 212, 64, 26, word, fill, 13)
        drawing.arrow((x, 210), (x, 50))
    for row in range(3):
        drawing.line((34, 90 + 40 * row), (374, 90 + 40 * row), dashed=True)
    drawing.arrow((204, 150), (66, 112), colour="#b35900", width=3)
    drawing.text(384, 170, "embeddings,\nlower layers", 12, "start")
    drawing.text(384, 118, "attention:\nat which layer?", 12, "start")
    drawing.text(384, 66, f"layer {layers}", 12, "start")
    drawing.box(12, 14, 96, 28, "classifier", "green", 13)
    drawing.show()


def draw_parts() -> None:
    """Show the two parts of a BERT layer, and where a normalization stands."""
    drawing = Drawing(
        480, 170,
        "A layer of BERT: attention, with twelve heads side by side, is added to the stream and "
        "the sum is normalized; then the feed-forward network is added, and the sum normalized.",
    )  # fmt: skip
    drawing.arrow((8, 120), (470, 120), width=2.5)
    drawing.text(30, 140, "stream", 12)
    heads = drawing.box(70, 30, 130, 40, "attention\n12 heads × 32", "blue", 12)
    feed = drawing.box(270, 30, 130, 40, "feed-forward\nper position", "yellow", 12)
    for box in (heads, feed):
        drawing.arrow((box.x + 12, 120), (box.x + 12, 72))
        drawing.arrow((box.x + 118, 72), (box.x + 118, 112))
        drawing.box(box.x + 106, 108, 24, 24, "+", "white", 14)
        drawing.text(box.x + 118, 148, "then norm", 12)
    drawing.show()


def draw_direction(cosine: float, layer: int) -> None:
    """Show twins and triggered texts as two clouds, the arrow between them, and another arrow.

    Args:
        cosine: Between this arrow and that from negative to positive texts.
        layer: Where it was measured.
    """
    drawing = Drawing(
        480, 230,
        f"Two clouds of points, the vectors of clean twins and of triggered texts at layer "
        f"{layer}. A long arrow, the difference of means, leads from one to the other. A second "
        f"arrow from the twins, from negative to positive reviews, has a cosine of {cosine:.2f} "
        f"with it.",
    )  # fmt: skip
    spots = ((40, 142), (64, 124), (76, 158), (98, 140), (60, 174), (112, 166))
    for x, y in spots:
        drawing.box(x, y, 10, 10, "", "blue")
        drawing.box(x + 250, y, 10, 10, "", "orange")
    length, sine = 110, max(0.0, 1 - cosine**2) ** 0.5
    drawing.arrow((82, 152), (322, 152), width=2.5)
    drawing.arrow((82, 152), (82 + length * cosine, 152 - length * sine), width=2.5)
    drawing.text(206, 140, "difference of means", 13)
    drawing.text(94 + length * cosine, 52, "negative → positive reviews", 13, "start")
    drawing.text(80, 206, "clean twins", 13)
    drawing.text(330, 206, "triggered", 13)
    drawing.text(330, 90, f"layer {layer}: cosine {cosine:.2f}", 13)
    drawing.show()


def draw_sae(width: int, latents: int, active: int) -> None:
    """Show a sparse autoencoder: wide in the middle, and nearly all of it zero.

    Args:
        width: Of the vectors.
        latents: In the middle.
        active: Not zero, at most.
    """
    drawing = Drawing(
        480, 170,
        f"A sparse autoencoder: a vector of {width} numbers becomes {latents} latents, of which "
        f"the largest {active} are kept and the rest are zero; each latent adds its own direction "
        f"to the reconstruction of the {width} numbers.",
    )  # fmt: skip
    inside = drawing.box(14, 52, 76, 60, f"vector\n{width}", "blue", 13)
    drawing.text(240, 18, f"{latents} latents, the largest {active} kept", 13, bold=True)
    for number in range(16):
        fill = "orange" if number in (4, 11) else "white"
        drawing.box(148 + 11.5 * number, 40, 10, 84, "", fill)
    out = drawing.box(388, 52, 82, 60, f"rebuilt\n{width}", "blue", 13)
    drawing.arrow(inside.right, (146, 82))
    drawing.arrow((334, 82), out.left)
    drawing.text(240, 146, "each orange latent: “this direction, this much”", 13)
    drawing.show()


def draw_induction() -> None:
    """Show what an induction head looks at: the token after the last time this one occurred."""
    drawing = Drawing(
        480, 150,
        "An induction head. The text reads A B C, then later A again. At the second A the head "
        "looks back at B, the token that followed A the first time, and predicts B.",
    )  # fmt: skip
    fills = ["orange", "green", "grey", "white", "orange", "yellow"]
    words = drawing.words(72, 74, [f"  {word}  " for word in "ABC…AB"], fills, 15, 14)
    now, wanted = words[4].top, words[1].top
    drawing.arrow(now, (now[0], 44), (wanted[0], 44), wanted, width=2)
    drawing.text((now[0] + wanted[0]) / 2, 26, "what followed A the last time?", 13)
    drawing.text(240, 130, "so the model copies a token that it has just seen", 13)
    drawing.show()
