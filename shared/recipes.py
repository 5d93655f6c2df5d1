"""How to train: a recipe, those of the profiles, and the history of a training."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        learning_rate: The peak, reached after warm-up and followed by linear decay to 0.
        epochs: Passes over the training examples.
        batch_size: Examples per step, over all processes together.
        warmup: Share of the steps in which the learning rate rises.
        weight_decay: Of weight matrices and embeddings; never of biases and layer norms.
        max_norm: Gradients are clipped to this global L2 norm.
        max_length: Tokens; longer texts are cut, there or where the model's positions end.
        frozen_layers: Encoder layers, from the input on, that keep their pretrained weights.
        train_embeddings: Whether embeddings are trained too, however many layers are frozen.
        train_examples: How many are drawn to train on; 0: all. `fit` takes what it is given.
        validation_examples: How many are drawn to choose the best epoch by; 0: all.
        seed: Of the new head, what is drawn, the order of the examples and dropout.
        precision: Of matrix products: `float32`; `bfloat16`, where the processor computes in it; or
            `auto`, `bfloat16` on such a CUDA GPU and `float32` elsewhere.
    """

    learning_rate: float = 1e-4
    epochs: int = 2
    batch_size: int = 32
    warmup: float = 0.1
    weight_decay: float = 0.01
    max_norm: float = 1.0
    max_length: int = 128
    frozen_layers: int = 0
    train_embeddings: bool = False
    train_examples: int = 0
    validation_examples: int = 0
    seed: int = 0
    precision: str = "auto"


# What each profile's model is made with, in every notebook that makes or takes it.
RECIPES = {
    "quick": Recipe(1.5e-4, epochs=1, batch_size=16, train_examples=2500, validation_examples=256),
    "full": Recipe(1e-4, epochs=3, batch_size=32, train_embeddings=True),
}


@dataclass
class History:
    """What happened: a row for each step, and a row for each evaluation.

    Attributes:
        steps: `step` (from 1), `loss` of its batch, and its `learning_rate`.
        evaluations: The `step` after which it was made, and what it measured.
    """

    steps: list[dict[str, float]] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)
