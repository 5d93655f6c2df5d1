"""Notebook 16 with instructions, preferences and models of users: one line for each mistake."""

import json
import re
from pathlib import Path

import pytest
import tiny_encoders
import torch
from cells import execute
from conftest import definitions
from transformers import LlamaConfig, LlamaForCausalLM

from shared import post_training_files as files
from shared.errors import UserError
from shared.post_training import Rows, Upper, forest, padded, rows_of, sample, tree
from shared.post_training_texts import FORMS, products, split_questions

NOTEBOOK = "16_post_training"
GOOD = {"messages": [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Ho."}]}
PAIR = {"prompt": "Hi?", "chosen": "Ho.", "rejected": "Hm."}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(rows: list, path: str = "mine.jsonl") -> str:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    Path(path).write_text("\n".join(lines), encoding="utf-8")
    return path


def turns(*roles: str) -> dict:
    return {"messages": [{"role": role, "content": "x"} for role in roles]}


BAD_INSTRUCTIONS = {
    "not JSON": ("{", "row 6: it is not JSON"),
    "a list": ([1], "row 6: expected an object"),
    "no messages": ({"prompt": "x"}, "row 6: messages = None: expected a list"),
    "one message": (turns("assistant"), "expected a list of two or more"),
    "texts": ({"messages": ["a", "b"]}, "each message has to be an object"),
    "odd role": (turns("human", "assistant"), "role = 'human': expected system, user"),
    "no answer": (turns("user", "assistant", "user"), "the last message is of user"),
    "empty": ({"messages": [{"role": "user", "content": " "},
                            {"role": "assistant", "content": "x"}]}, "content = ' '"),
}  # fmt: skip


@pytest.mark.parametrize(("row", "said"), BAD_INSTRUCTIONS.values(), ids=BAD_INSTRUCTIONS)
def test_a_bad_instruction_is_named_by_its_row(row: object, said: str) -> None:
    with pytest.raises(UserError, match=r"^instructions = 'mine\.jsonl', row 6: ") as error:
        files.read_instructions(write([*[GOOD] * 5, row]))
    assert said in str(error.value) and "\n" not in str(error.value)


BAD_PREFERENCES = {
    "no prompt": ({"chosen": "a", "rejected": "b"}, "prompt = None"),
    "a number": (PAIR | {"chosen": 3}, "chosen = 3: expected a text"),
    "the same": (PAIR | {"rejected": "Ho."}, "chosen and rejected are the same"),
}


@pytest.mark.parametrize(("row", "said"), BAD_PREFERENCES.values(), ids=BAD_PREFERENCES)
def test_a_bad_preference_is_named_by_its_row(row: object, said: str) -> None:
    with pytest.raises(UserError, match=r"^preferences = 'mine\.jsonl', row 6: ") as error:
        files.read_preferences(write([*[PAIR] * 5, row]))
    assert said in str(error.value) and "\n" not in str(error.value)


def test_good_files_are_read() -> None:
    several = turns("system", "user", "assistant", "user", "assistant")
    found = files.read_instructions(write([GOOD, "", several, *[GOOD] * 3]))
    assert len(found) == 5 and found[0][1] == "Ho." and len(found[1][0]) == 4
    assert files.read_preferences(write([PAIR] * 5))[0][1:] == ("Ho.", "Hm.")
    for example in (files.read_instructions(""), files.read_preferences("")):
        assert len(example) == 15


def test_few_rows_and_long_ones_are_refused() -> None:
    with pytest.raises(UserError, match="4 rows, expected at least 5"):
        files.read_preferences(write([PAIR] * 4))
    with pytest.raises(UserError, match="conversation 2: 513 tokens, expected at most 512"):
        files.must_fit([([0] * 512, []), ([0] * 513, [])], "instructions")


@pytest.mark.parametrize("name", ["instructions", "preferences"])
def test_a_file_that_is_not_there_is_refused_at_once(name: str) -> None:
    Path("mine.jsonl").write_text("{}")
    with pytest.raises(UserError, match=r"no file 'min\.jsonl'. Did you mean 'mine\.jsonl'"):
        execute(NOTEBOOK, {name: "min.jsonl"}, before="drawings.draw_stages")


def test_another_design_is_refused_at_once(tmp_path: Path) -> None:
    folder = tiny_encoders.make("gpt2", tmp_path / "gpt2")
    with pytest.raises(UserError, match="has model_type = 'gpt2': expected a decoder of the type"):
        execute(NOTEBOOK, {"model_name": str(folder)}, before="drawings.draw_stages")


@pytest.fixture(scope="module")
def tiny() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=97, hidden_size=48, intermediate_size=80, num_hidden_layers=3,
        num_attention_heads=6, num_key_value_heads=2, head_dim=8,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return model


def test_upper_layers_over_states_are_the_model(tiny: LlamaForCausalLM) -> None:
    upper = Upper(tiny, 2)
    texts = [(ids, [False] + [True] * (len(ids) - 1))
             for ids in ([1, 2, 3, 4, 5], [7, 8, 9], [1, 2, 3, 6], [1, 2, 3, 4, 5, 8])]  # fmt: skip
    rows = rows_of(upper, texts, 0)
    logits = upper.head(upper(rows))
    total = 0.0
    for row, (ids, _) in enumerate(texts):  # the last token predicts nothing
        alone = tiny(torch.tensor([ids])).logits[0, :-1]
        assert torch.allclose(logits[row, : len(ids) - 1], alone, atol=1e-4)
        total = total + alone.sum()
    theirs = torch.autograd.grad(total, list(upper.layers.parameters()))
    sum(logits[row, : len(ids) - 1].sum() for row, (ids, _) in enumerate(texts)).backward()
    for weight, expected in zip(upper.layers.parameters(), theirs, strict=True):
        assert torch.allclose(weight.grad, expected, atol=1e-3, rtol=1e-3)
    grown = {name for name, weight in tiny.named_parameters() if weight.grad is not None}
    assert all(".layers.1." in name or ".layers.2." in name for name in grown) and grown
    kept = upper.weights()
    with torch.no_grad():
        next(upper.layers.parameters()).add_(1)
    upper.load(kept)
    assert torch.allclose(upper.head(upper(rows)), logits)


def test_texts_that_begin_alike_share_a_tree() -> None:
    texts = [[1, 2, 3], [1, 2, 4], [5, 2, 3], [1, 2, 3, 3]]
    one = tree(texts)
    assert one.node.tolist() == [[0, 1, 2, 0], [0, 1, 3, 0], [4, 5, 6, 0], [0, 1, 2, 7]]
    for text, path in zip(texts, one.node.tolist(), strict=True):
        for place, number in enumerate(path[: len(text)]):
            assert texts[one.row[number]][one.column[number]] == text[place]
            seen = one.allowed[0, 0, number].isfinite().nonzero()[:, 0].tolist()
            assert seen == sorted(path[: place + 1]), "what comes before it in its own text"
    groups = list(forest(texts, 4))
    assert [len(part.node) for part in groups] == [2, 1, 1] and len(list(forest(texts, 8))) == 1
    assert all(part.allowed.shape[-1] <= 4 for part in groups)


def test_rows_are_cut_where_nothing_is_learnt_any_more() -> None:
    ids, mask = padded([([1, 2, 3, 4], [False, True, True, True]), ([5, 6], [False, True])], 0)
    rows = Rows(torch.zeros(2, 4, 3), ids, mask)
    assert rows.take([1]).ids.tolist() == [[5, 6]] and rows.take([1, 0]).states.shape == (2, 4, 3)
    assert mask.tolist()[1] == [False, True, False, False]


def test_sampling_follows_the_model(tiny: LlamaForCausalLM) -> None:
    prompts, upper = [[1, 2, 3], [1, 2, 3, 4, 5]], Upper(tiny, 1)  # padded on the left
    written, _ = sample(upper, prompts, 1, -1, 0, times=600)
    with torch.inference_mode():
        for number, prompt in enumerate(prompts):
            p = tiny(torch.tensor([prompt])).logits[0, -1].softmax(-1)
            seen = torch.tensor([ids[0] for ids in written[600 * number : 600 * (number + 1)]])
            found = torch.bincount(seen, minlength=97) / 600
            top = p.topk(5).indices
            assert (found[top] - p[top]).abs().max() < 4 * (0.25 / 600) ** 0.5
    assert sample(upper, prompts, 4, -1, 1)[0] == sample(upper, prompts, 4, -1, 1)[0]
    end = written[0][0]
    many, _ = sample(upper, prompts, 6, end, 0, times=4)
    assert len(many) == 8 and all(end not in ids[:-1] for ids in many)


@pytest.mark.parametrize("prompts", [[[1, 2, 3], [1, 2, 3, 4, 5]], [[7, 8], [9]], [[4, 5, 6]]])
def test_states_are_kept_while_an_answer_is_written(
    tiny: LlamaForCausalLM, prompts: list[list[int]]
) -> None:
    upper = Upper(tiny, 1)
    end = sample(upper, prompts, 6, -1, 0, times=3)[0][0][2]
    written, rows = sample(upper, prompts, 6, end, 0, times=3)
    assert len({len(ids) for ids in written}) > 1, "answers of several lengths"
    each = [prompt for prompt in prompts for _ in range(3)]
    texts = [(prompt + said, [False] * len(prompt) + [True] * len(said))
             for prompt, said in zip(each, written, strict=True)]  # fmt: skip
    again = rows_of(upper, texts, end)
    assert torch.equal(rows.ids, again.ids) and torch.equal(rows.mask, again.mask)
    for row, (ids, _) in enumerate(texts):  # the last token's state is not needed
        n = len(ids) - 1
        assert torch.allclose(rows.states[row, :n], again.states[row, :n], atol=1e-5)
    upper.head(upper(rows)).sum().backward()  # what was drawn can be trained on


def test_the_questions_are_split_without_overlap() -> None:
    parts = split_questions(3, 48, 32)
    texts = [question.text for part in parts.values() for question in part]
    assert len(texts) == len(set(texts)) == 96
    for question in parts["test"]:
        sure, well = (question.say(form).split() for form in FORMS[:2])
        assert sure[1:] == well[1:] and (sure[0], well[0]) == ("Sure,", "Well,")


def test_a_sum_and_its_mirror_image_are_in_one_part() -> None:
    for seed in range(20):
        parts = split_questions(seed, 48, 32)
        assert [len(part) for part in parts.values()] == [48, 32, 16]
        numbers = {name: {frozenset(re.findall(r"\d+", q.text)) for q in part} - {frozenset()}
                   for name, part in parts.items()}  # fmt: skip
        assert not numbers["train"] & (numbers["test"] | numbers["validation"])
        assert not numbers["test"] & numbers["validation"]


def test_products_are_drawn_without_repeats() -> None:
    asked = products(1)
    assert len({question.text for question in asked}) == 28 and asked != products(2)
    assert all(eval(question.text[8:-1]) == int(question.answer) for question in asked)


def test_losses_of_the_notebook_on_known_numbers() -> None:
    space = definitions(f"{NOTEBOOK}.ipynb")
    space.dpo_loss.__globals__["BETA"] = 0.5
    numbers = [torch.tensor([value]) for value in (-4.0, -9.0, -6.0, -7.0)]
    assert float(space.dpo_loss(*numbers)) == pytest.approx(0.1269, abs=1e-4)
    even = space.advantages(torch.ones(2, 4))
    assert not even.any()
