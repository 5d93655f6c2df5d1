"""Notebook 06: its model and measures against known answers, decoders given by name, own texts."""

import ast
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from conftest import ROOT, hub_variables, key_line, papermill
from stand_in import COMMIT, StandIn
from transformers import GenerationConfig

from shared import broken_gpt, data, decoder_figures, language
from shared.exercises import solutions
from shared.models import load_tokenizer
from shared.ngrams import KneserNey, as_text, longest_overlap

NOTEBOOK = "06_text_generation"
PATH = ROOT / "notebooks" / f"{NOTEBOOK}.ipynb"
SMALL = {"train_texts": 150, "test_texts": 40, "new_tokens": 8, "extra": ""}


@pytest.fixture(scope="module")
def notebook() -> SimpleNamespace:
    """Return the notebook's classes and solutions, which need none of its variables."""
    wanted = {"attend", "Attention", "Block", "GPT", "renamed", "bytes_per_token"}
    wanted |= {"min_p", "banned", "beam_search", "continue_text", "likeliest_token"}
    found: dict[str, object] = {"CHECKED": 12, "Choose": object}
    content = nbformat.read(PATH, as_version=4)
    code = [cell.source for cell in content.cells if cell.cell_type == "code"]
    for source in [*code, *solutions(content).values()]:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import | ast.ImportFrom) or getattr(node, "name", "") in wanted:
                exec(compile(ast.Module([node], []), NOTEBOOK, "exec"), found)
    return SimpleNamespace(**{name: found[name] for name in wanted}, space=found)


@pytest.fixture(scope="module")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny untrained GPT-2 and its tokenizer."""
    folder = tmp_path_factory.mktemp("gpt2")
    tokenizer = language.train_tokenizer(data.load("movies")["test"]["text"][:300], 300)
    model = language.small_gpt2(len(tokenizer), n_embd=32, n_layer=2, n_head=2)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory, tiny_gpt2: Path) -> Path:
    """Return the folder of a tiny untrained Llama with the same tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("llama")
    tokenizer = load_tokenizer(str(tiny_gpt2))
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128,
        bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("heads", [1, 4])
def test_the_gpt_is_the_librarys_at_other_sizes(notebook: SimpleNamespace, heads: int) -> None:
    sizes = {"n_embd": 32, "n_layer": 3, "n_head": heads, "n_positions": 16}
    theirs = language.small_gpt2(50, **sizes).double().eval()
    ours = notebook.GPT(50, 32, 3, heads, 16).double().eval()
    ours.load_state_dict(notebook.renamed(theirs.state_dict()))
    ids = torch.arange(12)[None]
    expected = theirs(ids, attention_mask=torch.ones_like(ids)).logits
    torch.testing.assert_close(ours(ids), expected)
    for mistake in broken_gpt.MISTAKES:
        wrong = broken_gpt.logits_with(mistake, ours, ids)
        assert (wrong - expected).abs().max() > 1e-6, mistake
    torch.testing.assert_close(ours(ids), expected)  # the copies were broken, not the model


def test_bytes_per_token(notebook: SimpleNamespace) -> None:
    assert notebook.bytes_per_token(layers=32, kv_heads=8, head=128, per_number=2) == 128 * 1024


@pytest.mark.parametrize(("beams", "alpha"), [(2, 0.0), (3, 1.0), (4, 2.0), (1, 1.0)])
def test_beam_search_is_generates_where_texts_end(
    notebook: SimpleNamespace, beams: int, alpha: float
) -> None:
    """A vocabulary of ten: END is likely, and texts of many lengths compete."""
    start, lengths = torch.tensor([[3, 5]]), set()
    for seed in range(12):
        model = language.small_gpt2(10, seed, n_embd=16, n_layer=1, n_head=2, n_positions=16)
        for weight in model.parameters():
            weight.data *= 6 if weight.ndim == 2 else 1  # else all texts are about equally likely
        model = model.eval()
        model.generation_config = GenerationConfig(eos_token_id=0, pad_token_id=0)
        notebook.space.update(llm=model, EOS=0)
        theirs = model.generate(
            start, attention_mask=torch.ones_like(start), max_new_tokens=8, num_beams=beams,
            length_penalty=alpha, do_sample=False,
        )  # fmt: skip
        ours = notebook.beam_search(start, beams, 8, alpha)
        assert torch.equal(ours, theirs), (seed, ours, theirs)
        lengths.add(ours.shape[1])
        if beams == 1:
            assert torch.equal(notebook.continue_text(start, notebook.likeliest_token, 8), theirs)
    assert len(lengths) > 2, lengths


def test_kneser_ney_is_its_formula() -> None:
    """By counting, without its tables: two levels, and discounts from the counts of counts."""
    rows = np.random.default_rng(0).integers(1, 9, size=(40, 12)) ** 2 % 11
    model = KneserNey(rows.tolist(), order=2, size=11, end=0)
    pairs = Counter(p for row in rows.tolist() for p in zip([0, *row], [*row, 0], strict=True))
    lefts = Counter(last for _, last in pairs)

    def discounts(counts: Counter) -> list[float]:
        n = Counter(counts.values())
        y = n[1] / max(n[1] + 2 * n[2], 1)
        return [0, *(max(i - (i + 1) * y * n[i + 1] / max(n[i], 1), 0) for i in (1, 2, 3))]

    def level(counts: dict[int, int], d: list[float], w: int, lower: float) -> float:
        total = sum(counts.values())
        taken = sum(d[min(c, 3)] for c in counts.values())
        return (max(counts.get(w, 0) - d[min(counts.get(w, 0), 3)], 0) + taken * lower) / total

    for history in range(11):
        after = {last: c for (first, last), c in pairs.items() if first == history}
        found = model.after([history])
        for w in range(11):
            expected = level(lefts, discounts(lefts), w, 1 / 11)
            if after:
                expected = level(after, discounts(pairs), w, expected)
            assert found[w] == pytest.approx(expected)
    texts = [[3, 1], [], [4]]  # each text alone gives the same as all together
    losses = model.losses(texts)
    for text, each in zip(texts, losses, strict=True):
        path = zip([0, *text], [*text, 0], strict=True)
        assert each == pytest.approx([-np.log(model.after([a])[b]) for a, b in path])


def test_a_long_history_falls_back_on_the_shorter_one() -> None:
    rows = [[1, 2, 3], [1, 2, 4], [2, 3]]
    long, short = KneserNey(rows, 3, 6, 0), KneserNey(rows, 2, 6, 0)
    for model in (long, short):
        assert model.after([5, 4][-model.order + 1 :]).sum() == pytest.approx(1)
    assert long.met([[2, 3, 4]]).tolist() == [True, True, True, False]  # 3 4 never came


def test_five_tokens_of_a_large_vocabulary_are_one_history() -> None:
    rows = [[49_999, 40_000, 49_999, 49_998, 40_000, 49_999], [40_000, 49_999, 49_999]]
    model = KneserNey(rows, 5, 50_000, 0)  # five of its entries do not fit in one number of 64 bits
    assert model.met(rows).all()
    after = model.after([49_999, 40_000, 49_999, 49_998])
    assert after.sum() == pytest.approx(1) and after.argmax() == 40_000


def test_a_history_that_occurred() -> None:
    met = KneserNey([[1, 2]], 2, 5, 0).met([[1, 3, 1], [2]])
    assert met.tolist() == [True, True, False, True, True, True]


def test_longest_overlap() -> None:
    haystack = as_text([1, 2, 3, 4, 0, 5, 6, 7])
    for ids, expected in [([9, 2, 3, 9], 2), ([4, 5], 1), ([5, 6, 7, 1], 3), ([8], 0), ([], 0)]:
        assert longest_overlap(ids, haystack) == expected


def test_a_text_that_fills_the_positions_is_cut(tiny_gpt2: Path) -> None:
    from transformers import AutoModelForCausalLM

    model, tokenizer = (
        AutoModelForCausalLM.from_pretrained(tiny_gpt2),
        load_tokenizer(str(tiny_gpt2)),
    )
    long, short = "x1 " * 300, "x1"
    losses = language.token_losses(model, tokenizer, [long, short], max_length=128)
    assert len(losses[0]) == 127 and len(losses[1]) == len(tokenizer(short)["input_ids"]) + 1
    alone = language.token_losses(model, tokenizer, [short], max_length=128)
    np.testing.assert_allclose(losses[1], alone[0], rtol=1e-4)  # padding changes nothing


def test_bits_and_their_interval() -> None:
    losses, characters = np.log(2) * np.array([10.0, 30.0]), np.array([10, 10])
    assert decoder_figures.bits(losses, characters) == pytest.approx(2)
    low, high = decoder_figures.interval(losses, characters)
    assert low == pytest.approx(1) and high == pytest.approx(3)
    middle, low, high = decoder_figures.mean_interval(np.array([1.0, 3.0]))
    assert (middle, low, high) == (2, 1, 3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tiny_gpt2", "tiny_llama"])
def test_a_decoder_in_a_folder(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    done, output = papermill(
        tmp_path, NOTEBOOK, model_name=folder, dataset="amazon", prompt="I like", **SMALL
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "our GPT" in key_line(output)


@pytest.mark.slow
def test_a_decoder_of_the_hub(tmp_path: Path, tiny_gpt2: Path, hub: str) -> None:
    StandIn.commits["team/gpt2"] = {COMMIT: tiny_gpt2}
    done, output = papermill(
        tmp_path, NOTEBOOK, hub_variables(hub, tmp_path), model_name="team/gpt2", **SMALL
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "team/gpt2" in key_line(output)


@pytest.mark.slow
def test_own_texts_another_vocabulary_and_seed(tmp_path: Path, stars_csv: Path) -> None:
    done, output = papermill(
        tmp_path, NOTEBOOK, dataset=stars_csv, text_column="Review Body", label_column="stars?",
        vocab_size=280, epochs=1, learning_rate=0.01, seed=3, prompt="Good", **SMALL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "on 40 test texts" in key_line(output)


def test_the_solutions_are_the_librarys(notebook: SimpleNamespace) -> None:
    from transformers import MinPLogitsWarper, NoRepeatNGramLogitsProcessor

    torch.manual_seed(0)
    ids, logits = torch.randint(6, (5, 20)), torch.randn(5, 6) * 3
    torch.testing.assert_close(notebook.min_p(logits, 0.2), MinPLogitsWarper(0.2)(ids, logits))
    forbidden = NoRepeatNGramLogitsProcessor(3)(ids, logits) == -torch.inf
    for row, hidden in zip(ids.tolist(), forbidden, strict=True):
        assert notebook.banned(row, 3) == set(hidden.nonzero().flatten().tolist())
