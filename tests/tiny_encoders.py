"""Tiny untrained encoders of several kinds with small tokenizers of their own, as folders."""

from collections.abc import Callable, Sequence
from pathlib import Path

import tiny_published
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoConfig,
    AutoModel,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    GPT2Config,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    XLMRobertaConfig,
    set_seed,
)

import shared.models
from shared import readers

SIZES = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
}  # fmt: skip
# RoBERTa's kind counts positions from the padding token's id + 1: two more rows for as many tokens.
KINDS: dict[str, Callable[..., PreTrainedConfig]] = {
    "bert": BertConfig,
    "roberta": RobertaConfig,
    "xlm-roberta": XLMRobertaConfig,
    "electra": ElectraConfig,
    "mpnet": MPNetConfig,
    "distilbert": DistilBertConfig,
    "deberta-v2": DebertaV2Config,
    "modernbert": ModernBertConfig,
    # A BERT with XLM-R's tokenizer: its pad id is 1, and it has no pooler and no types of tokens.
    "e5": BertConfig,
    "gpt2": GPT2Config,
}
OFFSET = {"roberta": 2, "xlm-roberta": 2, "mpnet": 2}
CORPUS = ["The quick brown fox jumps over the lazy dog, and a film is good or bad."] * 2


def make(kind: str, folder: Path, tokens: int = 512, **changes: object) -> Path:
    """Save an encoder that reads so many tokens, and its tokenizer; return the folder."""
    if kind == "e5":
        folder.mkdir(parents=True, exist_ok=True)
        tiny_published.write_e5(folder / "tiny.e5", tokens)
        readers.read_e5(folder / "tiny.e5", folder)
        return folder
    tokenizer = _tokenizer(kind)
    rows = tokens + OFFSET.get(kind, 0)
    sizes = SIZES if kind != "gpt2" else {"n_embd": 32, "n_layer": 2, "n_head": 2}
    sizes |= {"n_positions": rows} if kind == "gpt2" else {"max_position_embeddings": rows}
    pads = {} if kind == "gpt2" else {"pad_token_id": tokenizer.pad_token_id}
    set_seed(0)
    config = KINDS[kind](vocab_size=len(tokenizer), **sizes, **pads, **changes)
    AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    assert AutoConfig.from_pretrained(folder).model_type == kind
    return folder


def _tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """Return a tokenizer of bytes (GPT-2, RoBERTa), or of characters in the frame of the kind."""
    bert = kind in ("bert", "electra")
    start, end, pad, unknown, mask = (
        ("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]")
        if bert
        else ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
    )
    if kind == "gpt2":
        names = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}
    else:
        names = {"cls_token": start, "sep_token": end, "pad_token": pad}
        names |= {"unk_token": unknown, "mask_token": mask}
    special = [pad, unknown, start, end, mask] if bert else [start, pad, end, unknown, mask]
    special = ["<|endoftext|>"] if kind == "gpt2" else special
    whole = Tokenizer(models.BPE())
    whole.normalizer = normalizers.NFC()
    whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    whole.train_from_iterator(CORPUS, trainer)
    if kind != "gpt2":
        framed = [(token, whole.token_to_id(token)) for token in (start, end)]
        pair = f"{start} $A {end} $B:1 {end}:1" if bert else f"{start} $A {end} {end} $B {end}"
        whole.post_processor = TemplateProcessing(
            single=f"{start} $A {end}", pair=pair, special_tokens=framed
        )
    return PreTrainedTokenizerFast(tokenizer_object=whole, **names)


def fine_tuned(
    folder: Path, encoder: Path, labels: Sequence[str] | None, tokens: int = 512, **options: str
) -> Path:
    """Save an encoder with a head as a user's folder that says how many tokens its model reads."""
    shared.models.load_classifier(str(encoder), labels).save_pretrained(folder, **options)
    tokenizer = shared.models.load_tokenizer(str(encoder))
    tokenizer.model_max_length = tokens
    tokenizer.save_pretrained(folder)
    return folder
