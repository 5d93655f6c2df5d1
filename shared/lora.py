"""LoRA by hand: frozen linear layers plus differences of low rank, in all blocks of an encoder."""

import warnings

import torch
from torch import nn
from transformers import PreTrainedModel

from shared.errors import UserError
from shared.freezing import encoder_layers


class LoRALinear(nn.Module):
    """A linear layer that keeps its weights and learns a difference of low rank.

    Source: Hu et al. (2022), section 4.1. B starts at zero, so that nothing changes at first; A
    starts as `nn.Linear` starts, as in the authors' code and in `peft`.
    """

    def __init__(self, layer: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.layer = layer.requires_grad_(False)
        self.a = nn.Linear(layer.in_features, rank, bias=False)  # (…, in) → (…, rank)
        self.b = nn.Linear(rank, layer.out_features, bias=False)  # (…, rank) → (…, out)
        nn.init.zeros_(self.b.weight)
        self.scale = alpha / rank

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (…, out) for (…, in)."""
        return self.layer(x) + self.scale * self.b(self.a(x))

    def merged(self) -> nn.Linear:
        """Return one linear layer that computes the same."""
        layer = nn.Linear(self.layer.in_features, self.layer.out_features)
        layer.load_state_dict(self.layer.state_dict())
        with torch.no_grad():
            layer.weight += self.scale * self.b.weight @ self.a.weight
        return layer


def add_lora(model: PreTrainedModel, rank: int, alpha: float, seed: int) -> list[str]:
    """Freeze the encoder, give each linear layer of its blocks a `LoRALinear`; return their names.

    What is not the encoder (the head) is still trained.

    Raises:
        UserError: The encoder has no list of layers (`freezing.encoder_layers`).
    """
    blocks = encoder_layers(model)
    inside = {id(module) for module in blocks.modules()}
    model.base_model.requires_grad_(False)
    torch.manual_seed(seed)
    linear = [
        (name, module) for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and id(module) in inside
    ]  # fmt: skip
    for name, module in linear:
        model.set_submodule(name, LoRALinear(module, rank, alpha))
    return [name for name, _ in linear]


def refusal(model: PreTrainedModel) -> str:
    """Return why a model cannot be adapted by `add_lora`; empty if it can."""
    try:
        encoder_layers(model)
    except UserError as error:
        return str(error).partition(":")[0]
    return ""


@torch.no_grad()
def copy_to_peft(ours: nn.Module, theirs: nn.Module, names: list[str], noise: float) -> None:
    """Give both models the same adapters, with a random B.

    Args:
        ours: With a `LoRALinear` under each of these names.
        theirs: What `by_peft` returned.
        names: The adapted layers.
        noise: The standard deviation of B.
    """
    for name in names:
        one, other = ours.get_submodule(name), theirs.base_model.model.get_submodule(name)
        one.b.weight.normal_(0, noise)
        other.lora_A["default"].weight.copy_(one.a.weight)
        other.lora_B["default"].weight.copy_(one.b.weight)


def by_peft(model: nn.Module, rank: int, alpha: float, names: list[str]) -> nn.Module:
    """Return the model with the adapters of the library `peft` in the layers of these names."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that transformers will change
        return get_peft_model(model, config)
