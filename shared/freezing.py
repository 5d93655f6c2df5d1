"""Which parts of an encoder keep their pretrained weights."""

from itertools import takewhile

import torch
from transformers import PreTrainedModel

from shared.errors import UserError
from shared.recipes import Recipe


def freeze(model: PreTrainedModel, recipe: Recipe) -> None:
    """Stop the training of the embeddings and lower layers that the recipe names.

    What several layers share, such as relative positions, is still trained.

    Raises:
        UserError: The model has fewer layers than `frozen_layers`.
    """
    encoder = model.base_model
    if not recipe.train_embeddings:
        encoder.get_input_embeddings().requires_grad_(False)
    if recipe.frozen_layers:
        layers = encoder_layers(model)
        if recipe.frozen_layers > len(layers):
            raise UserError(
                f"frozen_layers = {recipe.frozen_layers}: the model has {len(layers)} layers."
            )
        if not recipe.train_embeddings:  # positions and norm too: below frozen layers nothing moves
            for part in takewhile(lambda part: layers not in part.modules(), encoder.children()):
                part.requires_grad_(False)
        layers[: recipe.frozen_layers].requires_grad_(False)


def encoder_layers(model: PreTrainedModel) -> torch.nn.ModuleList:
    """Return the layers of an encoder of any kind, from the input on.

    Raises:
        UserError: There is no list of as many layers as its configuration says.
    """
    count = model.config.num_hidden_layers
    for module in model.base_model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return module
    raise UserError(
        f"{type(model).__name__} has no list of {count} layers, some of which could be frozen: "
        f"expected frozen_layers = 0."
    )
