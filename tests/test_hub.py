"""Loading from the Hub and pushing to it, against a server on loopback that speaks its routes."""

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from conftest import hub_variables
from datasets import ClassLabel, Dataset, Features, Value
from stand_in import COMMIT, TOKEN, StandIn

from shared.runs import sha256


def client(endpoint: str, home: Path, code: str, **variables: str) -> subprocess.CompletedProcess:
    environment = hub_variables(endpoint, home, **variables)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120
    )


MODEL = "from shared import models; m = models.load_classifier({!r}); print(m.config.hidden_size)"


def test_model_is_downloaded_then_found_without_network(hub: str, tmp_path: Path) -> None:
    done = client(hub, tmp_path, MODEL.format("team/tiny"))
    assert done.stdout.strip() == "32", done.stderr
    again = client("http://127.0.0.1:9", tmp_path, MODEL.format("team/tiny"), HF_HUB_OFFLINE="1")
    assert again.stdout.strip() == "32", again.stderr


def test_data_set_is_downloaded_then_found_without_network(hub: str, tmp_path: Path) -> None:
    code = (
        "from shared import data; s = data.load('team/reviews', text_column='Review Body', "
        "label_column='stars?'); print(s['train'].features['label'].names)"
    )
    names = "['so so', 'toll', 'ärgerlich']"
    done = client(hub, tmp_path, code)
    assert done.stdout.strip() == names, done.stderr
    again = client("http://127.0.0.1:9", tmp_path, code, HF_HUB_OFFLINE="1")
    assert again.stdout.strip() == names, again.stderr


def test_a_test_split_without_labels_is_cut_from_training(hub: str, tmp_path: Path) -> None:
    """As GLUE has them: -1 in a column of classes."""
    random, folder = Random(0), tmp_path / "glue"
    texts = [f"{random.getrandbits(200):x}" for _ in range(40)]
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    for split, labels in {"train": [0, 1] * 20, "test": [-1] * 40}.items():
        rows = Dataset.from_dict({"text": texts, "label": labels}, features=features)
        rows.to_parquet(folder / f"{split}.parquet")
    StandIn.commits["team/glue"] = {COMMIT: folder}
    code = (
        "from shared import data; print(data.class_counts(data.load('team/glue')).sum().tolist())"
    )
    done = client(hub, tmp_path / "home", code)
    note = "team/glue[test]: has no labels; a part of 'train' takes its place."
    assert done.stdout.splitlines() == [note, "[28, 6, 6]"], done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("team/nothing", "is not on the Hub"),
        ("team/status-404", "is not on the Hub"),
        ("team/status-401", "requires a login|not on the Hub"),
        ("team/status-429", "HTTP 429"),
        ("team/truncated", "could not be downloaded"),
    ],
)
def test_each_refusal_is_one_clear_error(hub: str, tmp_path: Path, name: str, message: str) -> None:
    done = client(hub, tmp_path, MODEL.format(name))
    last = done.stderr.strip().splitlines()[-1]
    assert "UserError" in last, done.stderr[-2000:]
    assert re.search(message, last), last
    assert 'model_name="minilm"' in last


RESOLVE = """
from shared import models
from shared.errors import UserError
for name in {names!r}:
    try:
        print("found", (models.resolve(name) / "model.safetensors").stat().st_size)
    except UserError as error:
        print(error)
"""
ANSWERS = {
    "wrong bytes": [
        ("team/wrong-hash", "do not have the sha256 that the Hub states"),
        ("team/wrong-hash", "found"),  # right the second time, and nothing is in the way
        ("team/breaks-off", "found"),  # the library asks again by itself
    ],
    "no time": [
        ("team/status-500", "refused by the Hub (HTTP 500)"),
        ("team/slow", "downloaded: the Hub cannot be reached, or the connection broke"),
        ("team/busy", "found"),
    ],
}


@pytest.mark.parametrize("kind", ["wrong bytes", pytest.param("no time", marks=pytest.mark.slow)])
def test_a_failing_hub_leaves_nothing_half_and_the_next_time_goes_on(
    hub: str, tmp_path: Path, tiny_model: Path, kind: str
) -> None:
    code = RESOLVE.format(names=[name for name, _ in ANSWERS[kind]])
    done = client(hub, tmp_path, code, HF_HUB_DOWNLOAD_TIMEOUT="1", HF_HUB_ETAG_TIMEOUT="1")
    size = (tiny_model / "model.safetensors").stat().st_size
    for line, (_, expected) in zip(done.stdout.splitlines(), ANSWERS[kind], strict=True):
        assert expected in line
        assert expected != "found" or line == f"found {size}"
    weights = {path.resolve() for path in tmp_path.rglob("model.safetensors")}
    assert weights and all(sha256(path) == path.name for path in weights)
    if kind == "no time":
        first, second, third = StandIn.asked["team/busy"]
        assert min(second - first, third - second) >= 2  # as Retry-After said


def test_nobody_answers(tmp_path: Path) -> None:
    done = client("http://127.0.0.1:9", tmp_path, MODEL.format("team/tiny"))
    last = done.stderr.strip().splitlines()[-1]
    assert "could not be downloaded" in last, done.stderr[-2000:]
    assert 'model_name="minilm"' in last


PUSH = """
import torch
from huggingface_hub import ModelCard
from transformers import AutoModelForSequenceClassification, AutoTokenizer

def logits(model, tokenizer):
    with torch.inference_mode():
        return model(**tokenizer("a fine film", return_tensors="pt")).logits

def load(name, **options):
    kinds = AutoModelForSequenceClassification, AutoTokenizer
    return [kind.from_pretrained(name, **options) for kind in kinds]

model, tokenizer = load({folder!r})
model.push_to_hub("me/pushed")
tokenizer.push_to_hub("me/pushed")
pinned = ModelCard("---\\nlicense: mit\\n---\\n# tiny").push_to_hub("me/pushed").oid
expected = logits(model, tokenizer)
torch.nn.init.ones_(model.classifier.bias)
model.push_to_hub("me/pushed")
print(torch.equal(logits(*load("me/pushed", revision=pinned)), expected))
print(torch.equal(logits(*load("me/pushed")), expected))
print(ModelCard.load("me/pushed").data.license)
"""


def test_what_is_pushed_comes_back_at_its_pinned_revision(
    hub: str, tmp_path: Path, classifier: Path
) -> None:
    done = client(hub, tmp_path, PUSH.format(folder=str(classifier)), HF_TOKEN=TOKEN)
    assert done.stdout.split() == ["True", "False", "mit"], done.stderr[-3000:]


UPLOAD = """
from huggingface_hub import HfApi
from shared.hub import hub_errors
with hub_errors("me/other", "a dry run"):
    HfApi().create_repo("me/other", exist_ok=True)
"""


def test_pushing_without_a_login_is_one_clear_error(hub: str, tmp_path: Path) -> None:
    done = client(hub, tmp_path, UPLOAD)
    last = done.stderr.strip().splitlines()[-1]
    assert "requires a login (HTTP 401): `hf auth login`" in last, done.stderr[-2000:]


def test_a_revision_that_is_not_there_is_named(hub: str, tmp_path: Path) -> None:
    done = client(
        hub, tmp_path, f"from shared import models; models.resolve('team/tiny', {'f' * 40!r})"
    )
    assert "has no such revision: check `revision`" in done.stderr.strip().splitlines()[-1]


def test_the_stand_in_refuses_other_bytes_than_announced(hub: str) -> None:
    import httpx

    assert httpx.put(f"{hub}/lfs/{'0' * 64}", content=b"x").status_code == 400
