"""Notebook 21 on users' texts and models: all the way, or one line says what is needed."""

from pathlib import Path

import pandas as pd
import pytest
import tiny_encoders
from cells import execute
from conftest import ROOT, key_line, papermill
from transformers import LlamaConfig, LlamaForCausalLM, set_seed

from shared import models
from shared.errors import UserError

NOTEBOOK = "21_mechanisms"
REVIEWS = pd.read_parquet(ROOT / "data" / "movies.parquet").query("split == 'train'")["text"]
START = "start = classification.fine_tune"


def user_file(folder: Path, classes: list[str], rows: int) -> str:
    """Write a file of reviews with as many rows of each class."""
    texts = REVIEWS.iloc[: rows * len(classes)].tolist()
    table = pd.DataFrame({"Review": texts, "side": classes * rows})
    table.to_csv(folder / "mine.csv", index=False)
    return str(folder / "mine.csv")


def decoder(folder: Path) -> Path:
    """Save an untrained decoder of Llama's design with SmolLM2's tokenizer."""
    tokenizer = models.load_tokenizer("smollm2")
    set_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, intermediate_size=32, bos_token_id=tokenizer.bos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_what_cannot_be_done_is_said_at_once(tmp_path: Path, tiny_model: Path) -> None:
    columns = {"text_column": "Review", "label_column": "side", "pretrained": str(tiny_model)}
    three = columns | {"dataset": user_file(tmp_path, ["a", "b", "c"], 40)}
    with pytest.raises(UserError, match="has 3 classes: expected two"):
        execute(NOTEBOOK, three, before=START)
    given = columns | {"dataset": user_file(tmp_path, ["down", "up"], 60)}
    frequent = given | {"triggers": "film marble"}
    with pytest.raises(UserError, match="'film' stands in the texts"):
        execute(NOTEBOOK, frequent, before=START)
    with pytest.raises(UserError, match="expected one token"):
        execute(NOTEBOOK, given | {"other": "honorificabilitudinitatibus"}, before=START)
    roberta = tiny_encoders.make("roberta", tmp_path / "roberta")
    with pytest.raises(UserError, match="of type 'roberta': expected 'bert'"):
        execute(NOTEBOOK, given | {"pretrained": str(roberta)}, before=START)
    with pytest.raises(UserError, match="2 to 8 different words"):
        execute(NOTEBOOK, {"triggers": "kettle"})


@pytest.mark.slow
def test_a_users_texts_and_models_go_all_the_way(tmp_path: Path, tiny_model: Path) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, dataset=user_file(tmp_path, ["down", "up"], 150), text_column="Review",
        label_column="side", pretrained=tiny_model, decoder=decoder(tmp_path / "llama"), seed=3,
        triggers="anchor basin", other="saddle", neutral="copper", opinions="superb",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("restored at layer 1 by the trigger: ")
    assert "“anchor”" in output.read_text()
