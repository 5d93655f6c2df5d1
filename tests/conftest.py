"""What the tests share. Results go to a temporary folder, so that nothing is found ready-made."""

import ast
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
_RUNS = tempfile.TemporaryDirectory(prefix="course-runs-")
os.environ["COURSE_RUNS"] = _RUNS.name
os.environ["HF_HUB_OFFLINE"] = "1"  # no test may depend on a network; the stand-in's tests lift it


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained BERT of two thin layers with the embedded vocabulary."""
    from transformers import BertConfig, BertModel, set_seed

    from shared.models import load_tokenizer

    folder = tmp_path_factory.mktemp("tiny")
    set_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    load_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def byte_level_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tokenizer of GPT-2's kind: bytes, no frame, no padding token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import GPT2Config, PreTrainedTokenizerFast

    from shared import data

    end, folder = "<|endoftext|>", tmp_path_factory.mktemp("byte level")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=[end], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(data.load("movies")["test"]["text"][:], trainer)
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, unk_token=end)
    whole.save_pretrained(folder)
    GPT2Config().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def stars_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a user's file: odd column names, three classes, commas and quotes in the text."""
    from shared import data

    rows = data.load("amazon", "three-class")["train"].to_pandas().groupby("label").head(110)
    names = {0: "ärgerlich", 1: "so so", 2: "toll"}
    table = pd.DataFrame({"Review Body": rows["text"], "stars?": rows["label"].map(names)})
    path = tmp_path_factory.mktemp("user files") / "réviews.csv"
    table.to_csv(path, index=False)
    return path


def definitions(notebook: str) -> SimpleNamespace:
    """Return the imports, functions and classes of a notebook, without running the rest."""
    cells = nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    body = [
        node
        for cell in cells
        if cell.cell_type == "code"
        for node in ast.parse(cell.source).body
        if isinstance(node, kinds)
    ]
    namespace: dict[str, object] = {}
    exec(compile(ast.Module(body, []), notebook, "exec"), namespace)
    return SimpleNamespace(**{k: v for k, v in namespace.items() if not k.startswith("__")})
