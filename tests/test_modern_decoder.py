"""Notebook 13: its decoder against the library's on other designs, and what it refuses."""

from types import SimpleNamespace

import pytest
import torch
from conftest import definitions
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    PreTrainedConfig,
    Qwen2Config,
    Qwen3Config,
)

from shared import llama_like
from shared.chat_questions import questions
from shared.errors import UserError

TINY = {
    "vocab_size": 97, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2,
    "num_attention_heads": 6, "num_key_value_heads": 2,
}  # fmt: skip
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
}  # fmt: skip
ACCEPTED = {
    "Llama": LlamaConfig(**TINY, tie_word_embeddings=True, head_dim=8),
    "untied": LlamaConfig(**TINY, tie_word_embeddings=False, head_dim=8),
    "linear": LlamaConfig(
        **TINY, head_dim=8,
        rope_parameters={"rope_type": "linear", "rope_theta": 1e4, "factor": 4.0},
    ),
    "Llama 3.1": LlamaConfig(**TINY, head_dim=8, rope_parameters=LLAMA3),
    "Mistral": MistralConfig(**TINY, sliding_window=None, head_dim=8),
    "Qwen2": Qwen2Config(**TINY),
    "Qwen3": Qwen3Config(**TINY, head_dim=16),
}  # fmt: skip


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    return definitions("13_modern_decoder.ipynb")


def ours(notebook: SimpleNamespace, config: PreTrainedConfig, state: dict) -> torch.nn.Module:
    parts = {
        "norm": notebook.RMSNorm, "attention": notebook.Attention, "mlp": notebook.SwiGLU,
    }  # fmt: skip
    shape = notebook.Shape(**llama_like.sizes(config, "model"), **parts)
    weights = {notebook.our_name(name): value for name, value in state.items()}
    return notebook.loaded(shape, weights)


@pytest.mark.parametrize("name", ACCEPTED)
def test_logits_and_cache_of_other_designs(notebook: SimpleNamespace, name: str) -> None:
    torch.manual_seed(0)
    config = ACCEPTED[name]
    library = AutoModelForCausalLM.from_config(config).eval()
    for parameter in library.parameters():  # biases and gains that are not 0 and 1
        torch.nn.init.normal_(parameter, std=0.3)
    model = ours(notebook, config, library.state_dict())
    ids = torch.randint(97, (2, 40))
    with torch.inference_mode():
        expected = library(ids).logits
        assert torch.allclose(model(ids), expected, atol=1e-4)
        cache = [[] for _ in model.blocks]
        parts = [model(part, cache=cache) for part in ids.split([7, 1, 32], dim=1)]
    assert torch.allclose(torch.cat(parts, 1), expected, atol=1e-4)


REFUSED = {
    "model_type = 'gpt2'": GPT2Config(),
    "model_type = 'gemma'": GemmaConfig(),
    "sliding_window = 4096": MistralConfig(),
    "mlp_bias = True": LlamaConfig(mlp_bias=True),
    "hidden_act = 'gelu'": LlamaConfig(hidden_act="gelu"),
    "sliding_window = 8": Qwen2Config(
        use_sliding_window=True, sliding_window=8, max_window_layers=0
    ),
    "yarn": LlamaConfig(
        rope_parameters={"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0}
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_another_design_is_refused_in_one_line(message: str) -> None:
    with pytest.raises(UserError, match=f"has .*{message}.*: expected a decoder of") as caught:
        llama_like.sizes(REFUSED[message], "model_name = 'x'")
    assert "\n" not in str(caught.value)


def test_questions_are_distinct_and_do_not_tell_the_answer() -> None:
    asked = questions()
    assert len(asked) == len({question for question, _ in asked}) == 96
    assert not [q for q, word in asked if word.lower() in q.lower().split()]
