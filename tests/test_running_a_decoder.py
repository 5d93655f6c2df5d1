"""Notebook 19: rounding, batches with a mask, and the published file's blocks."""

import gguf
import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from shared import embedded, quantizing
from shared.batched_decoding import Batch
from shared.errors import UserError

TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 40,
        "num_key_value_heads": 2, "intermediate_size": 64, "eos_token_id": 39}  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**TINY, initializer_range=0.3)).eval()


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_no_weight_is_further_from_its_level_than_half_a_step(bits: int) -> None:
    weight = torch.randn(64, 96, generator=torch.Generator().manual_seed(bits))
    for shift in (0, 16):
        groups = weight.reshape(-1).roll(-shift).view(-1, 32)
        step = (groups.amax(1) - groups.amin(1)) / (2**bits - 1)
        rounded = quantizing.quantize(weight, bits, shift=shift)
        off = (rounded - weight).reshape(-1).roll(-shift).view(-1, 32).abs().amax(1)
        assert (off <= step / 2 + 1e-6).all() and off.max() > 0
    symmetric = quantizing.quantize(weight, bits, symmetric=True).view(-1, 32)
    assert all(len(group.abs().unique()) <= 2 ** (bits - 1) for group in symmetric)


def test_shuffled_columns_come_back_in_their_places() -> None:
    weight = torch.randn(64, 96, generator=torch.Generator().manual_seed(0))
    published = quantizing.quantize(weight, 4)
    again = [quantizing.quantize(published, 4, shuffle=seed) for seed in (1, 2, 1)]
    assert torch.equal(again[0], again[2]) and not torch.equal(again[0], again[1])
    for rounded in again:  # as far from the weights as rounding for the first time
        assert 0.06 < quantizing.relative_error(published, rounded) < 0.1


def test_rounding_is_that_of_the_gguf_package() -> None:
    weight = torch.randn(8, 64, generator=torch.Generator().manual_seed(0))
    kind = gguf.GGMLQuantizationType.Q4_1
    theirs = gguf.dequantize(gguf.quantize(weight.numpy(), kind), kind)
    # Its scale and minimum are float16.
    assert np.abs(quantizing.quantize(weight, 4).numpy() - theirs).max() < 0.01


def test_the_published_file_is_kept_and_holds_the_folders_weights() -> None:
    folder = embedded.folder_of("smollm2")
    (path,) = folder.glob("*.gguf")
    wanted = {"blk.29.ffn_down.weight": "model.layers.29.mlp.down_proj.weight",
              "token_embd.weight": "model.embed_tokens.weight"}  # fmt: skip
    tensors = {t.name: t for t in gguf.GGUFReader(path).tensors if t.name in wanted}
    with safe_open(folder / "model.safetensors", "pt") as file:
        for theirs, ours in wanted.items():
            values = gguf.dequantize(tensors[theirs].data, tensors[theirs].tensor_type)
            assert torch.equal(torch.tensor(values).half(), file.get_tensor(ours))


def test_weights_are_restored_even_after_an_error(tiny: LlamaForCausalLM) -> None:
    before = {name: layer.weight.clone() for name, layer in quantizing.linear_layers(tiny).items()}
    with pytest.raises(ZeroDivisionError), quantizing.changed(tiny, lambda w: w * 0):
        assert all(not layer.weight.any() for layer in quantizing.linear_layers(tiny).values())
        raise ZeroDivisionError
    after = quantizing.linear_layers(tiny)
    assert len(after) == 14
    assert all(torch.equal(after[name].weight, weight) for name, weight in before.items())


def test_kept_weights_are_exact_and_the_largest_or_random() -> None:
    weight = torch.randn(32, 32, generator=torch.Generator().manual_seed(0))
    largest = weight.abs() >= weight.abs().reshape(-1).topk(10).values.min()
    for is_largest in (True, False):
        kept = quantizing.keep(0.01, lambda w: torch.zeros_like(w), is_largest)(weight)
        assert (kept != 0).sum() == 10 and torch.equal(kept[kept != 0], weight[kept != 0])
        assert torch.equal(kept != 0, largest) == is_largest


def test_losses_in_a_batch_are_those_of_each_text_alone(tiny: LlamaForCausalLM) -> None:
    texts = ["a", "abcab", "", "cabac" * 8, "bb"]

    def tokenizer(text: str, **how: object) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) - 96 for letter in text]}

    found = quantizing.text_losses(tiny, tokenizer, texts)
    assert found[:, 1].tolist() == [0, 4, 0, 39, 1]
    for text, (total, _) in zip(texts, found, strict=True):
        if len(text) > 1:
            ids = torch.tensor([tokenizer(text)["input_ids"]])
            with torch.inference_mode():
                alone = torch.nn.functional.cross_entropy(
                    tiny(ids).logits[0, :-1], ids[0, 1:], reduction="sum"
                )
            assert total == pytest.approx(float(alone), rel=1e-4)


def test_an_interval_is_paired_by_text() -> None:
    random = np.random.default_rng(0)
    before = np.stack([random.uniform(10, 200, 50), np.full(50, 20.0)], 1)
    after = before + np.array([1.0, 0])
    added, low, high = quantizing.loss_added(after, before)
    assert np.allclose([added, low, high], 0.05)  # texts differ a lot, the difference does not


def test_other_designs_are_refused_in_one_line() -> None:
    model = GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=9))
    with pytest.raises(UserError, match=r"'mine' is of type 'gpt2': expected blocks with the"):
        quantizing.must_be_llama(model, "mine")


PROMPTS = [[1, 2, 3, 4, 5], [1, 2, 6], [1, 2, 7, 8, 9, 10, 11]]


def alone(model: LlamaForCausalLM, prompt: list[int], steps: int) -> list[int]:
    """Return greedy tokens, each from a pass over the whole text."""
    ids = list(prompt)
    for _ in range(steps):
        ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    found = ids[len(prompt) :]
    return found[: found.index(39)] if 39 in found else found


@pytest.mark.parametrize("prompts", [PROMPTS, [[1, 2]], [[1, 2], [1, 2, 3]], [[4, 5], [6, 7]]])
def test_a_batch_says_what_each_prompt_alone_says(
    tiny: LlamaForCausalLM, prompts: list[list[int]]
) -> None:
    batch = Batch(tiny, prompts)
    with torch.inference_mode():
        expected = [alone(tiny, prompt, 6) for prompt in prompts]
        after = [tiny(torch.tensor([[*prompt, 3, 4]])).logits[0, -1] for prompt in prompts]
    assert batch.greedy(6, end=39) == expected
    assert torch.allclose(batch.after([3, 4]), torch.stack(after), atol=1e-4)
    assert batch.greedy(6, end=39) == expected  # nothing of the first call is left


def test_a_mask_admits_nothing_else(tiny: LlamaForCausalLM) -> None:
    batch = Batch(tiny, PROMPTS)
    said = batch.greedy(4, 39, lambda ids: [20 + len(ids), 30 + len(ids)] if len(ids) < 3 else [39])
    assert all(len(ids) == 3 for ids in said)
    assert all(token in (20 + i, 30 + i) for ids in said for i, token in enumerate(ids))
