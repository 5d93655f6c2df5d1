"""Notebook 15: log-probabilities in batches, planted texts, and what users may give."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_encoders
import torch
from cells import code_cells, execute
from conftest import key_line, papermill
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from shared import known_texts, prompting, stored
from shared import prompting_texts as planted
from shared.errors import UserError

NOTEBOOK = "15_prompting"
TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 40,
        "num_key_value_heads": 2, "intermediate_size": 64, "eos_token_id": 39}  # fmt: skip
PROMPTS = {
    "common beginning": [[1, 2, 3, 4, 5], [1, 2, 6], [1, 2, 7, 8, 9, 10, 11]],
    "nothing in common": [[4, 5], [6, 7, 8]],
    "one begins another": [[1, 2], [1, 2, 3]],
    "equal": [[3, 4, 5], [3, 4, 5]],
    "one": [[7, 8, 9]],
    "one token": [[7], [8]],
}


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def tiny(request: pytest.FixtureRequest) -> torch.nn.Module:
    torch.manual_seed(0)
    if request.param == "llama":
        return LlamaForCausalLM(LlamaConfig(**TINY, initializer_range=0.3)).eval()
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64, "vocab_size": 40}
    return GPT2LMHeadModel(GPT2Config(**sizes, initializer_range=0.3)).eval()


@pytest.mark.parametrize("prompts", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("tokens", [6, 1500])
def test_a_batch_gives_what_each_prompt_alone_gives(
    tiny: torch.nn.Module, prompts: list[list[int]], tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompting, "TOKENS", tokens)
    found = prompting.next_log_chances(tiny, prompts, [3, 0, 12])
    with torch.inference_mode():
        alone = [tiny(torch.tensor([p])).logits[0, -1].log_softmax(-1) for p in prompts]
    expected = torch.stack(alone)[:, [3, 0, 12]].numpy()
    assert np.allclose(found, expected, atol=1e-4)


class Letters:
    """A tokenizer of single letters."""

    def __call__(self, word: str, **options: object) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) - ord("a") for letter in word]}


def test_a_word_of_several_tokens_gets_the_sum_of_their_log_probabilities(
    tiny: torch.nn.Module,
) -> None:
    prompts, words = [[1, 2, 3], [1, 5]], ["b", "bad", "bag", "c"]
    found = prompting.word_log_chances(tiny, Letters(), prompts, words)
    for row, prompt in enumerate(prompts):
        for column, word in enumerate(words):
            more = Letters()(word)["input_ids"]
            alone = prompting.token_log_chances(tiny, [*prompt, *more])[-len(more) :].sum()
            assert abs(found[row, column] - alone) < 1e-4, (prompt, word)


def test_devices_are_invented_and_can_be_asked() -> None:
    made = planted.devices(100, seed=3)
    assert len({d.name for d in made}) == 100
    assert made == planted.devices(100, seed=3) != planted.devices(100, seed=4)
    for device in made:
        assert device.asked != device.missing
        assert planted.says(device.passage(), device.answer())
        assert device.name in device.question() and device.name in device.passage()
        sentence = planted.ASKED[device.missing][0].format(device.facts[device.missing])
        assert sentence not in device.passage()
    asked = [d.asked for d in made]
    assert {asked.count(key) for key in planted.ASKED} == {20}
    assert {d.missing for d in made if d.asked == "city"} == {*planted.ASKED} - {"city"}


@pytest.mark.parametrize(
    ("answer", "truth", "expected"),
    [("It weighs 12 grams", "12", True), ("It weighs 123 grams", "12", False),
     ("in Bremburg.", "bremburg", True), ("", "12", False), ("1972", "972", False)],
)  # fmt: skip
def test_an_answer_says_a_value_as_a_word(answer: str, truth: str, expected: bool) -> None:
    assert planted.says(answer, truth) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [('{"a": 1}', {"a": 1}), ('well { and {"a": {"b": null}} {"c": 1}', {"a": {"b": None}}),
     ("[1]", None), ("{", None), ('{"a": 1', None), ("", None)],
)  # fmt: skip
def test_the_first_json_object_is_found(answer: str, expected: dict | None) -> None:
    assert planted.first_json(answer) == expected


def test_each_pair_has_a_wrong_answer_of_the_same_kind() -> None:
    made = planted.pairs_to_judge(96, seed=1)
    assert len({p.question for p in made}) == 96
    assert all(p.better != p.worse for p in made)
    assert all(p.better.isdigit() == p.worse.isdigit() for p in made)


def test_a_readme_becomes_running_text() -> None:
    given = (
        "# Title of it\n\n[![badge](https://x.org/b.svg)](https://x.org) \n\n"
        "A *short* text about [a link](https://x.org/a) in a README file.\n\n"
        "```python\nprint('this is some code of six words')\n```\n\n"
        ".. image:: some/picture/of/it.png and more words behind it\n"
    )
    assert planted.plain(given) == "A short text about a link in a README file."
    assert planted.readmes(["no-such-package-here"]) == {}


def test_the_paraphrases_share_few_words_with_the_texts() -> None:
    (cell,) = (c.source for c in code_cells(NOTEBOOK) if "def rouge_l(" in c.source)
    space = {"np": np, "re": re, "itertools": itertools, "Sequence": Sequence}
    exec(compile(cell, "cell", "exec"), space)
    for known, ours in known_texts.pairs().values():
        assert space["rouge_l"](known, ours) < 0.4 < space["rouge_l"](known, known) == 1.0


class Template:
    """A tokenizer whose template names each turn."""

    def apply_chat_template(self, turns: list[dict[str, str]], **options: object) -> list[str]:
        assert options == {"add_generation_prompt": True, "return_dict": False}
        return [f"{turn['role']}: {turn['content']}" for turn in turns]


def test_earlier_turns_stand_between_the_system_message_and_the_question() -> None:
    made = prompting.chat_ids(Template(), "now?", "be short", before=[("then?", "yes")])
    assert made == ["system: be short", "user: then?", "assistant: yes", "user: now?"]
    assert prompting.chat_ids(Template(), "now?") == ["user: now?"]


@pytest.mark.parametrize(("named", "again"), [("", True), ("json", True), ("reading,jso", False)])
def test_full_makes_all_studies_again_or_those_that_are_named(
    named: str, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_STUDIES", named)
    assert stored.again("json") is again


WRONG = {
    "no place": ({"template": "Is it good?"}, r"expected \{text\} in it once"),
    "two places": ({"template": "{text} {text}"}, r"expected \{text\} in it once"),
    "empty": ({"template": " "}, "template = ' ': expected a text that is not empty"),
    "few words": ({"label_words": "bad"}, "expected 2 different words .* negative, positive"),
    "same words": ({"label_words": "good, good"}, "expected 2 different words"),
    "no word": ({"label_words": "good,"}, "expected 2 different words"),
    "an encoder": ({"model_name": "minilm"}, "expected a decoder"),
    "no file": ({"dataset": "mine.csv"}, "no file 'mine.csv'"),
}  # fmt: skip


@pytest.mark.parametrize(("values", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_asked_is_refused_in_one_line(
    values: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message) as refused:
        execute(NOTEBOOK, values, before='review = "')
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [("bad", "good"), ("bad", "fair", "good")], ids=len)
def test_a_users_texts_and_decoder_go_all_the_way(classes: tuple[str, ...], tmp_path: Path) -> None:
    folder = tiny_encoders.make("gpt2", tmp_path / "gpt2", tokens=4096)
    random = np.random.default_rng(0)
    rows = [{"text": f"film {i} {{}} is {' '.join(random.choice(['a', 'b', 'c'], 5))}",
             "label": classes[i % len(classes)]} for i in range(400)]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "mine.csv", index=False)
    done, output = papermill(
        tmp_path, NOTEBOOK, dataset="mine.csv", model_name=folder, seed=2,
        template="Text: {text} Kind:",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert key_line(output).startswith("accuracy: no examples 0.")
    said = output.read_text(encoding="utf-8")
    assert "Section 6: skipped (the tokenizer has no chat template)" in said
    assert ("Section 7: skipped (it needs two classes)" in said) is (len(classes) == 3)
