"""The steps of the page "step by step": text, shapes, drawing, and where each is taught."""

from dataclasses import dataclass
from types import SimpleNamespace

import torch
import walk_drawings as draw
from torch.nn import functional as F
from walk_drawings import number
from walk_values import DECODER_HEAD, ENCODER_HEAD, NEXT, SENTENCE, STEP_SIZE

from shared.drawing import Drawing

READS, WRITES, LEARNS = (
    "An encoder reads: MiniLM",
    "A decoder writes: SmolLM2",
    "And back: how it learns",
)


@dataclass(frozen=True)
class Step:
    """One state of the page.

    Attributes:
        name: In the page's address, after the #.
        part: The part of the page.
        title: A few words.
        text: One idea in at most 60 words; HTML with sub and em.
        shapes: Of the arrays in it; may be empty.
        drawing: With its alternative text.
        taught: (name of the notebook, heading) of the sections that teach it.
    """

    name: str
    part: str
    title: str
    text: str
    shapes: str
    drawing: Drawing
    taught: tuple[tuple[str, str], ...]


ATTENTION, TOKENS, TUNING = "01_attention", "02_tokenization", "03_fine_tuning"
WRITING, DECODER = "06_text_generation", "13_modern_decoder"


def all_steps(e: SimpleNamespace, d: SimpleNamespace) -> list[Step]:
    """Return the steps in order.

    Args:
        e: What `walk_values.encoder` returns.
        d: What `walk_values.decoder` returns.
    """
    return [*reading(e), *attending(e), *finishing(e), *writing(d), *looking(d), *choosing(d),
            *learning(d)]  # fmt: skip


def reading(e: SimpleNamespace) -> list[Step]:
    """Return the steps from the sentence to the first vectors."""
    n, width, entries = len(e.tokens), e.config.hidden_size, e.config.vocab_size
    at = e.tokens.index("capital")
    return [
        Step(
            "start", READS, "One sentence, two models",
            f"“{SENTENCE}” first goes through MiniLM, an encoder, which reads. Then through "
            "SmolLM2, a decoder, which says how the sentence goes on, and learns from it. All "
            "numbers are real: computed from the published weights when this page was built, and "
            "compared with the library's.",
            "",
            draw.boxes(
                SENTENCE,
                [("tokens, then vectors", "grey"), ("attention: tokens read each other", "orange"),
                 ("MLP: each token by itself", "blue"), ("… more layers …", "white"),
                 (f"probabilities: {NEXT.strip()}?", "green"), ("loss, and the way back", "pink")],
                "Six boxes, from top to bottom: tokens, then vectors; attention, in which tokens "
                "read each other; an MLP for each token by itself; more layers; probabilities of "
                "the next piece; the loss, and the way back.",
            ),
            ((ATTENTION, "Scaled dot-product attention"),),
        ),
        Step(
            "tokens", READS, "Text becomes tokens",
            f"A tokenizer cuts the text into pieces of a fixed vocabulary of {entries:,}, and "
            "gives each its number. MiniLM's writes all in lower case, and puts [CLS] in front and "
            f"[SEP] at the end. {n} tokens enter the model. From here on there are only numbers.",
            f"ids ({n},)",
            draw.pieces("MiniLM's tokens", e.tokens, e.ids, ("[CLS]", "[SEP]")),
            ((TOKENS, "A pretrained tokenizer, stage by stage"),),
        ),
        Step(
            "embedding", READS, "Each number picks a row",
            f"The embedding matrix has {entries:,} rows, one for each entry of the vocabulary. A "
            f"token's number picks its row: {width} numbers that were learnt, the same in every "
            "sentence. A single number has no meaning of its own; what counts is how the vectors "
            "lie to each other.",
            f"table ({entries:,}, {width}) → vectors ({n}, {width})",
            draw.vectors("rows of the embedding matrix",
                         dict(zip(e.tokens, e.word, strict=True)), 3),
            ((TOKENS, "The embedding matrix"),),
        ),
        Step(
            "position", READS, "Add the position",
            "Attention itself knows no order. So MiniLM adds a learnt vector for the position, "
            f"here position {at}, counted from 0, and one for the segment, here always the first. "
            "Layer norm gives the sum mean 0 and variance 1, then scales and shifts it as learnt.",
            f"({n}, {width}) + ({n}, {width}) + ({width},) → x ({n}, {width})",
            draw.vectors(
                "the token “capital”",
                {"word": e.word[at], f"+ position {at}": e.position[at], "+ segment": e.segment,
                 "= sum": e.sum[at], "x: normed": e.x[at]}, 3, last="x: normed",
            ),
            ((ATTENTION, "Positions"), (ATTENTION, "What BERT learnt instead")),
        ),
    ]  # fmt: skip


def attending(e: SimpleNamespace) -> list[Step]:
    """Return the steps through one head of MiniLM."""
    (level, head), n, width = ENCODER_HEAD, len(e.tokens), e.config.hidden_size
    layer, heads, d_head = e.layers[level], e.config.num_attention_heads, e.d_head
    asks, answers = e.tokens.index("capital"), e.tokens.index("france")
    scores, scaled, weights = layer.scores[head], layer.scaled[head], layer.weights[head]
    score, share = scores[asks, answers], weights[asks, answers]
    assert weights[asks].argmax() == answers and 0.4 < share < 0.6, "the text says: half"
    where = f"layer {level + 1}, head {head + 1}"
    return [
        Step(
            "query-key-value", READS, "Queries, keys, values",
            "Three learnt matrices make three vectors out of each token's x: a query (what do I "
            "look for?), a key (what can I be found by?) and a value (what do I hand over?). "
            f"Layer {level + 1} has {heads} heads; we follow head {head + 1}. “capital” asks, "
            "“france” is found.",
            f"q, k, v: ({heads} heads, {n}, {d_head}) each, from x ({n}, {width})",
            draw.vectors(
                where, {"query of capital": layer.q[head, asks],
                        "key of france": layer.k[head, answers],
                        "value of france": layer.v[head, answers]},
            ),
            ((ATTENTION, "Where Q, K and V come from"), (ATTENTION, "Several heads")),
        ),
        Step(
            "scores", READS, "Scores: does it match?",
            f"A score is the dot product of a query with a key: {d_head} products, added. For "
            f"“capital” and “france” it is {number(score, 1)}, the largest in its row. Every token "
            f"asks every token, itself too: {n} × {n} scores for each head.",
            f"Q Kᵀ: ({heads} heads, {n}, {d_head}) × ({heads}, {d_head}, {n}) → "
            f"({heads}, {n}, {n})",
            draw.table(f"scores, {where}", scores, e.tokens, 1, "Scores"),
            ((ATTENTION, "The formula"),),
        ),
        Step(
            "scaling", READS, "Divide by √d",
            f"A sum of {d_head} products is large when d is large, and the softmax that follows "
            "would put nearly everything on one key. So scores are divided by the root of d: "
            f"√{d_head} = {d_head**0.5:.2f}. {number(score, 1)} becomes "
            f"{number(scaled[asks, answers])}. The order stays; the differences shrink.",
            f"({heads}, {n}, {n}) as before",
            draw.table(f"scores / √{d_head}", scaled, e.tokens, 1, "Scaled scores"),
            ((ATTENTION, "Why divide by $\\sqrt{d_k}$?"),),
        ),
        Step(
            "weights", READS, "Softmax makes weights",
            "The softmax raises e to each score and divides by the sum of the row. Each row is now "
            f"positive and sums to 1. “capital” gives “france” {number(share)}, about half; we "
            "chose this head because it does. An encoder has no causal mask: a token may read "
            "those before it and those after.",
            f"weights ({heads}, {n}, {n}), each row sums to 1",
            draw.table(f"weights, {where}", weights, e.tokens, 2, "Weights", largest=1),
            ((ATTENTION, "What the heads look at"), (ATTENTION, "Masks")),
        ),
        Step(
            "weighted-sum", READS, "A weighted sum of values",
            "What “capital” gets from this head is the mean of all values, weighted by its row of "
            f"weights. Half of it is the value of “france”. {d_head} numbers come out, for each "
            "token and each head. That is all that attention does: it lets tokens read each other.",
            f"weights ({heads}, {n}, {n}) × V ({heads}, {n}, {d_head}) → ({heads}, {n}, {d_head})",
            draw.weighted_sum("what “capital” reads", e.tokens, weights[asks], layer.v[head],
                              layer.heads[head, asks]),
            ((ATTENTION, "A soft dictionary look-up"),),
        ),
    ]  # fmt: skip


def finishing(e: SimpleNamespace) -> list[Step]:
    """Return the steps from the heads to MiniLM's last layer."""
    level, _ = ENCODER_HEAD
    n, width, inside = len(e.tokens), e.config.hidden_size, e.config.intermediate_size
    layer, heads, at = e.layers[level], e.config.num_attention_heads, e.tokens.index("capital")
    off = hidden_pairs(n)
    alike = [float(cosines(x)[off].mean()) for x in (e.x, *(layer.y for layer in e.layers))]
    assert alike[-1] > 2 * alike[0], "the text says: more alike"
    return [
        Step(
            "residual", READS, "Join, add, norm",
            f"The {heads} heads' results lie side by side again, {width} numbers, and a learnt "
            "matrix mixes them. The result is <em>added</em> to x: the token keeps what it was, "
            "and adds what it has read. Then a layer norm, as before.",
            f"({n}, {heads} · {e.d_head}) × ({width}, {width}) → ({n}, {width})",
            draw.vectors(
                "the token “capital”, layer 1",
                {"x": layer.x[at], "+ attention": layer.attention[at],
                 "= sum": layer.x[at] + layer.attention[at], "normed": layer.middle[at]},
                last="normed",
            ),
            ((ATTENTION, "Layer norm, feed-forward, residual"),),
        ),
        Step(
            "mlp", READS, "The MLP: each token alone",
            f"Two matrices with a bend between: {width} numbers become {inside:,}, GELU lets "
            f"large ones pass and holds back negative ones, and {width} come out. Added and normed "
            "again, they leave layer 1. No token looks at another here.",
            f"({n}, {width}) → ({n}, {inside:,}) → ({n}, {width})",
            draw.vectors(
                "the token “capital”, layer 1",
                {"goes in": layer.middle[at], "inside": layer.hidden[at],
                 "comes out": layer.mlp[at], "layer 1": layer.y[at]}, last="layer 1",
            ),
            ((ATTENTION, "Layer norm, feed-forward, residual"), (ATTENTION, "The encoder layer")),
        ),
        Step(
            "layers", READS, f"{len(e.layers)} layers later",
            f"The other {len(e.layers) - 1} layers do the same with weights of their own. The "
            f"vectors of different tokens become more alike: their mean cosine goes from "
            f"{number(alike[0])} to {number(alike[-1])}. Each has read from all others, "
            f"{len(e.layers)} times. Their mean serves to compare or classify sentences.",
            f"({n}, {width}) after each layer",
            draw.bars(
                "mean cosine between tokens",
                {("x" if i == 0 else f"layer {i}"): max(value, 0) for i, value in enumerate(alike)},
                2, f"layer {len(e.layers)}",
            ),
            ((ATTENTION, "The proof: a pretrained encoder"), (TUNING, "The model")),
        ),
    ]  # fmt: skip


def hidden_pairs(n: int) -> torch.Tensor:
    """Return which entries of a table (n, n) are of two different tokens."""
    return ~torch.eye(n, dtype=torch.bool)


def cosines(x: torch.Tensor) -> torch.Tensor:
    """Return the cosine of each two rows, (rows, rows)."""
    unit = F.normalize(x, dim=-1)
    return unit @ unit.T


def writing(d: SimpleNamespace) -> list[Step]:
    """Return the steps from SmolLM2's tokens to a turned query."""
    (level, head), n, width = DECODER_HEAD, len(d.tokens), d.config.hidden_size
    block, at, entries = d.blocks[level], n - 1, d.config.vocab_size
    half, pair = d.d_head // 2, 3
    queries, shared = d.config.num_attention_heads, d.config.num_key_value_heads
    before, after = (q[head, at][[pair, pair + half]] for q in (block.plain_q, block.q))
    angle = float(d.angles[at, pair])
    root = block.x[at].square().mean().sqrt()
    return [
        Step(
            "pieces", WRITES, "The same sentence, other pieces",
            f"SmolLM2 has a vocabulary of {entries:,} pieces, made of bytes, so that any text can "
            "be written. Capitals count, and the space before a word belongs to its piece: it is "
            f"drawn as ·. Nothing is put in front. {n} tokens enter.",
            f"ids ({n},)",
            draw.pieces("SmolLM2's tokens", d.tokens, d.ids, ()),
            ((TOKENS, "Byte-level BPE: from GPT-2 to today"),),
        ),
        Step(
            "stream", WRITES, "Rows again, but no positions",
            f"Each number picks its row of {width} numbers. Nothing about the order is added: "
            "positions come in later, inside attention. From here to the end every block "
            "<em>adds</em> to this vector and never replaces it: it is the residual stream.",
            f"table ({entries:,}, {width}) → stream ({n}, {width})",
            draw.vectors("rows of the embedding matrix",
                         dict(zip(d.tokens, d.x, strict=True)), 3),
            ((DECODER, "Where we start: GPT-2"),),
        ),
        Step(
            "prenorm", WRITES, f"Block {level + 1} reads a normed copy",
            f"{level} blocks have added to the stream. We look into block {level + 1} of "
            f"{len(d.blocks)}. It reads a copy, divided by the root mean square of its numbers, "
            f"here {number(root, 1)}, and scaled as was learnt. The stream itself goes on unnormed "
            "(“pre-norm”); MiniLM normed after adding.",
            f"({n}, {width}) → ({n}, {width})",
            draw.vectors("the last token, “·is”",
                         {"stream": block.x[at], "normed": block.normed[at]}, last="normed"),
            ((DECODER, "RMSNorm: the mean may stay"),),
        ),
        Step(
            "rope", WRITES, "Positions are rotations",
            f"Queries and keys are made as before, {d.d_head} numbers per head. Then two numbers "
            "at a time are turned like the hand of a clock, by an angle that grows with the "
            f"position: “·is”, at position {at}, turns this pair by {angle:.2f} radians. So "
            "scores depend on how far apart two tokens are, not on where.",
            f"q ({queries} heads, {n}, {d.d_head}) → ({queries}, {n}, {d.d_head})",
            draw.turned(angle, before, after, at),
            ((DECODER, "RoPE: positions as rotations"),),
        ),
        Step(
            "groups", WRITES, "Three queries share a key",
            f"MiniLM has as many keys and values as queries. SmolLM2 has {queries} query heads and "
            f"only {shared} heads of keys and values, each read by {block.share}. A model that "
            f"writes must keep them for all tokens, and so keeps a third. We follow query head "
            f"{head + 1}.",
            f"q ({queries}, {n}, {d.d_head}); k, v ({shared}, {n}, {d.d_head})",
            draw.groups(queries, block.share, head),
            ((DECODER, "Grouped queries: fewer keys and values"),),
        ),
    ]  # fmt: skip


def looking(d: SimpleNamespace) -> list[Step]:
    """Return the steps through one head of SmolLM2 and the rest of its block."""
    (level, head), n, width = DECODER_HEAD, len(d.tokens), d.config.hidden_size
    block, at, queries = d.blocks[level], len(d.tokens) - 1, d.config.num_attention_heads
    seen, where = d.tokens.index("·France"), f"block {level + 1}, head {head + 1}"
    scaled, weights = block.scaled[head], block.weights[head]
    values = block.v[head // block.share]
    assert weights[at].argmax() == seen and weights[at, seen] > 0.8, "the text says: nearly all"
    assert (weights[1 : seen + 1, 0] > 0.75).all(), "the text says: mostly from the first token"
    lengths = {"stream": block.x, "attention": block.attention, "MLP": block.mlp}
    lengths = {name: float(vector[at].norm()) for name, vector in lengths.items()}
    top = int(block.hidden[at].abs().argmax())
    gate, up = float(block.gate[at, top]), float(block.up[at, top])
    silu = float(F.silu(block.gate[at, top]))
    inside = d.config.intermediate_size
    return [
        Step(
            "decoder-scores", WRITES, "Scores, scaled",
            f"As before: the dot product of each query with each key, divided by √{d.d_head} = "
            f"{d.d_head**0.5:.0f}. “·is” and “·France” match best of all, with "
            f"{number(scaled[at, seen])}. But this table holds also what must not be known: above "
            "the diagonal a token asks about tokens that come after it.",
            f"({queries} heads, {n}, {n})",
            draw.table(f"scaled scores, {where}", scaled, d.tokens, 2, "Scaled scores"),
            ((ATTENTION, "The formula"),),
        ),
        Step(
            "mask", WRITES, "The mask hides the future",
            "A decoder learns to predict the next piece at every position. If it could look ahead, "
            "it would copy the answer. So all scores above the diagonal become −∞, which the "
            f"softmax makes a weight of exactly 0. {int(block.future.sum())} of {n * n} entries "
            "are hidden.",
            f"mask ({n}, {n}), the same for each head",
            draw.table("grey: hidden", scaled, d.tokens, 2, "Scaled scores", hidden=block.future),
            ((ATTENTION, "Masks"),),
        ),
        Step(
            "decoder-weights", WRITES, "“is” looks at “France”",
            f"After the softmax “·is” reads {number(weights[at, seen])} from “·France”. We chose "
            "this head because it does so. The others read mostly from the first token, as in many "
            "heads of this model (notebook 13). The first can only read itself.",
            f"weights ({queries}, {n}, {n}), each row sums to 1",
            draw.table(f"weights, {where}", weights, d.tokens, 2, "Weights", hidden=block.future,
                       largest=1),
            ((ATTENTION, "Masks"), (DECODER, "The first token must stay")),
        ),
        Step(
            "decoder-sum", WRITES, "What is handed over",
            f"The weighted sum of the values is, for “·is”, nearly the value of “·France”. The "
            f"{queries} heads' results, {queries} × {d.d_head} numbers, lie side by side, and one "
            "matrix mixes them into what the block's attention adds to the stream.",
            f"({queries}, {n}, {d.d_head}) → ({n}, {queries * d.d_head}) → ({n}, {width})",
            draw.weighted_sum("what “·is” reads", d.tokens, weights[at], values,
                              block.heads[head, at]),
            ((ATTENTION, "Several heads"),),
        ),
        Step(
            "swiglu", WRITES, "An MLP with a gate",
            f"Two matrices make {inside:,} numbers each, gate and up; SiLU of the gate times up "
            f"goes through a third, down. In “·is” number {top + 1:,} is the strongest: gate "
            f"{number(gate)}, SiLU {number(silu)}, times up {number(up)}, makes "
            f"{number(silu * up)}.",
            f"({n}, {width}) → gate, up ({n}, {inside:,}) → ({n}, {width})",
            draw.boxes(
                f"number {top + 1:,} of {inside:,}, in “·is”",
                [(f"gate {number(gate)}", "orange"), (f"SiLU of it {number(silu)}", "orange"),
                 (f"times up {number(up)}", "blue"), (f"= {number(silu * up)}", "green")],
                f"Gate {number(gate)}; SiLU of it {number(silu)}; times up {number(up)} is "
                f"{number(silu * up)}.",
            ),
            ((DECODER, "SwiGLU: an MLP with a gate"),),
        ),
        Step(
            "additions", WRITES, "Both add to the stream",
            f"At “·is” the stream that enters block {level + 1} has length "
            f"{number(lengths['stream'], 0)}. Attention adds a vector of length "
            f"{number(lengths['attention'], 0)}, the MLP one of {number(lengths['MLP'], 0)}. "
            "A sum keeps what earlier blocks wrote, for later ones to read, until a block adds the "
            "opposite.",
            f"stream ({n}, {width}) + ({n}, {width}) + ({n}, {width})",
            draw.bars(f"lengths at “·is”, block {level + 1}", lengths, 0, "attention"),
            ((DECODER, "Where we start: GPT-2"),),
        ),
    ]  # fmt: skip


def choosing(d: SimpleNamespace) -> list[Step]:
    """Return the steps from the last blocks to the probabilities."""
    width, entries, last = d.config.hidden_size, d.config.vocab_size, len(d.blocks)
    best = d.logits.topk(5).indices.tolist()
    names = d.names
    right = NEXT.replace(" ", "·")
    assert best[0] == d.right and d.p[d.right] > 0.6, "the text says: Paris leads"
    early = {f"block {i}": float(d.early[i - 1, d.right]) for i in (20, 24, 27, 28, 29, 30)}
    assert early["block 27"] < 0.01 < 0.5 < early["block 30"], "the text says: at the very end"
    others = d.p.sum() - d.p[best].sum()
    return [
        Step(
            "depth", WRITES, f"{last} blocks",
            "What would the model say if it stopped earlier? We read the stream at “·is” after "
            f"some blocks as if it were the last. {NEXT.strip()} has a probability of "
            f"{number(early['block 27'], 4)} after block 27, and of {number(early['block 30'])} "
            "after block 30: here it comes to the surface at the very end.",
            f"stream ({width},) of the last token",
            draw.bars(f"probability of {right}, read early", early, 4, "block 30"),
            (("21_mechanisms", "What could be read at each layer?"),),
        ),
        Step(
            "logits", WRITES, "Logits: one score per piece",
            "A last norm; then the dot product with every row of the embedding matrix, the same "
            f"as at the entrance (“tied”). That gives {entries:,} logits. {right} has the largest, "
            f"{number(d.logits[best[0]], 1)}. Only the last token's vector is needed to go on "
            "writing.",
            f"({width},) × ({width}, {entries:,}) → logits ({entries:,},)",
            draw.bars("the five largest logits", {names[i]: float(d.logits[i]) for i in best}, 1,
                      right),
            ((DECODER, "Tied embeddings: a choice, not progress"),),
        ),
        Step(
            "probabilities", WRITES, "Softmax makes probabilities",
            f"The softmax of all {entries:,} logits: {right} gets {number(d.p[d.right])}. A few "
            "units of difference between logits are large ratios here: e to the power of the "
            "difference. Take the likeliest piece, or draw one; append it; read again. That is how "
            "a decoder writes.",
            f"p ({entries:,},), sums to 1",
            draw.bars("probability of the next piece", {names[i]: float(d.p[i]) for i in best}, 3,
                      right, f"all {entries - 5:,} others together: {number(others, 3)}"),
            ((WRITING, "One token at a time"), (WRITING, "Sampling")),
        ),
    ]  # fmt: skip


def learning(d: SimpleNamespace) -> list[Step]:
    """Return the steps from the loss to a changed weight."""
    width, entries, inside = d.config.hidden_size, d.config.vocab_size, d.config.intermediate_size
    right, last, n = NEXT.replace(" ", "·"), len(d.blocks), len(d.tokens)
    p = float(d.p[d.right])
    largest = d.error.abs().topk(5).indices.tolist()
    assert largest[0] == d.right and (d.error < 0).sum() == 1, "only the right one is below 0"
    names = [d.names[i] for i in largest]
    uniform = torch.tensor(float(entries)).log()
    levels = [1, 12, 24, 25, last]
    lengths = torch.stack([*(d.lengths_back[i - 1] for i in levels),
                           F.pad(d.at_end.norm()[None], (n - 1, 0))])  # fmt: skip
    france = d.tokens.index("·France")
    assert lengths[-1, :-1].abs().max() == 0 < lengths[2, france] / 1.5 > lengths[3, france]
    assert d.lengths_without[france] < 1.2 * lengths[3, france], "it grows by our head"
    hidden = d.blocks[-1].hidden[-1]
    rows = d.at_end.abs().topk(4).indices
    columns = hidden.abs().topk(3).indices
    r, c = int(rows[0]), int(columns[0])
    g, old = float(d.gradient[r, c]), float(d.matrix[r, c])
    before, after, against = (d.tried[sign] for sign in (0, 1, -1))
    return [
        Step(
            "loss", LEARNS, "The loss: how surprised?",
            f"Say the text goes on with {right}. The loss is −log of the probability that the "
            f"model gave to it: −log {number(p)} = {number(d.loss)}. Certainty would cost 0; an "
            f"even guess among {entries:,} pieces, log {entries:,} = {number(uniform)}. Training "
            "lowers the mean of this number.",
            "one number",
            draw.bars(f"loss for {right}", {"this model": d.loss, "even guess": float(uniform)}, 2,
                      "this model"),
            ((WRITING, "Learning to predict the next token"),),
        ),
        Step(
            "error", LEARNS, "At the logits: p − y",
            "How does the loss change with each logit? The answer is short: p − y, where y is 1 "
            f"for the right piece and 0 for all others. {right} has {number(d.error[d.right], 3)}; "
            "the minus sign says: raise it. All others should fall, each in proportion to its p. "
            "The sum is 0.",
            f"p − y ({entries:,},)",
            error_table(names, d.p[largest], d.error[largest]),
            (("10_privacy", "Differential privacy: a defence with a proof"),),
        ),
        Step(
            "stream-back", LEARNS, "Back into the stream",
            "Each error pulls the vector along its row of the embedding matrix: errors times rows, "
            f"added over all {entries:,}, are {width} numbers. Back through the norm, they are "
            "scaled as it scales, and lose their part along the stream: a longer stream would "
            "change nothing.",
            f"({entries:,},) × ({entries:,}, {width}) → ({width},)",
            draw.vectors(
                "gradient at the last token",
                {"after the norm": d.at_normed, "in the stream": d.at_end}, 4,
                note=f"lengths: {number(d.at_normed.norm())} and {number(d.at_end.norm(), 3)}",
            ),
            ((DECODER, "RMSNorm: the mean may stay"),),
        ),
        Step(
            "flow", LEARNS, "Down the stream, and across",
            "An addition hands the gradient on unchanged, so the stream is a straight way down. "
            "After the last block only “·is” has a gradient; attention carries it to the tokens "
            f"that were read. Through block 24 that of “·France” grows from "
            f"{number(lengths[3, france], 3)} to {number(lengths[2, france], 3)}; with our head "
            f"cut off it would be {number(d.lengths_without[france], 3)}.",
            f"gradients ({n}, {width}) before each block",
            lengths_back([f"before {i}" for i in levels] + [f"after {last}"], d.tokens, lengths),
            ((ATTENTION, "Layer norm, feed-forward, residual"),),
        ),
        Step(
            "matrix", LEARNS, "At one matrix",
            f"The last block's matrix “down” multiplied {inside:,} numbers h. Its gradient is an "
            f"outer product: the gradient of what came out, times what went in. A weight gets much "
            "where both are large; where h was 0, nothing. Of "
            f"{width * inside:,} entries you see twelve of the largest.",
            f"({width}, 1) × (1, {inside:,}) → ({width}, {inside:,}), like the matrix",
            draw.outer(d.at_end[rows], hidden[columns], ("gradient", "h")),
            (("10_privacy", "Differential privacy: a defence with a proof"),),
        ),
        Step(
            "update", LEARNS, "One step",
            f"Subtract {STEP_SIZE} times the gradient from this matrix alone. One weight goes from "
            f"{number(old, 4)} to {number(old - STEP_SIZE * g, 4)}. The loss falls from "
            f"{number(before)} to {number(after)}. A step the other way raises it to "
            f"{number(against)}: it was the direction that helped. Training does this with all "
            "matrices, on many texts.",
            f"matrix ({width}, {inside:,}) − {STEP_SIZE} · gradient",
            draw.bars(f"loss for {right}", {"before": before, "after the step": after,
                                            "step reversed": against}, 2, "after the step"),
            ((TUNING, "The training loop, written out"),),
        ),
        Step(
            "onward", LEARNS, "Now build it",
            "You have seen every part of a Transformer once, with its numbers. The notebooks build "
            "each of them in a few lines, and check it as this page was checked: an encoder in 01, "
            "a small GPT with its training in 06, this decoder in 13. Where you want to begin "
            "depends on you.",
            "",
            draw.boxes(
                "three ways on",
                [("01: an encoder, from the formula", "orange"),
                 ("06: a GPT, built and trained", "blue"),
                 ("13: a decoder of today", "green")],
                "01: an encoder, from the formula. 06: a GPT, built and trained. 13: a decoder of "
                "today.", arrows=False,
            ),
            ((ATTENTION, "Scaled dot-product attention"), (WRITING, "A GPT, by hand"),
             (DECODER, "A hundred lines that run a published model")),
        ),
    ]  # fmt: skip


def error_table(names: list[str], p: torch.Tensor, error: torch.Tensor) -> Drawing:
    """Draw the pieces with the largest errors (pieces,): p, y and p − y."""
    y = (p - error).round()
    said = "; ".join(
        f"{name}: p {number(a, 3)}, y {number(b, 0)}, p − y {number(c, 3)}"
        for name, a, b, c in zip(names, p, y, error, strict=True)
    )
    drawing = Drawing(draw.WIDTH, 56 + 30 * len(names), f"Five pieces. {said}.")
    drawing.text(draw.WIDTH / 2, 15, "the five largest errors", 13, bold=True)
    columns = (("p", p, 3), ("y", y, 0), ("p − y", error, 3))
    for column, (title, values, digits) in enumerate(columns):
        for row, value in enumerate(values):
            fill = "green" if title == "p − y" and value < 0 else "white"
            drawing.box(94 + 78 * column, 48 + 30 * row, 78, 30, number(value, digits), fill, 13)
        drawing.text(133 + 78 * column, 38, title, 13, bold=True)
    for row, name in enumerate(names):
        drawing.text(86, 63 + 30 * row, name, 13, "end")
    return drawing


def lengths_back(rows: list[str], tokens: list[str], lengths: torch.Tensor) -> Drawing:
    """Draw the lengths of gradients (places in the stream, tokens), the last place on top."""
    rows, lengths = rows[::-1], lengths.flip(0)

    def short(value: float) -> str:
        return number(value, 3 if value < 1 else 2)

    said = "; ".join(
        f"{name.replace(' ', ' block ')}: {', '.join(map(short, line.tolist()))}"
        for name, line in zip(rows, lengths, strict=True)
    )
    alt = f"Lengths of the gradient at {', '.join(tokens)}, from the last block down. {said}."
    drawing = Drawing(draw.WIDTH, 72 + 30 * len(rows), alt)
    drawing.matrix(
        80, 44, lengths, cell=(51, 30), rows=rows, columns=tokens, title="length of the gradient",
        largest=0.1, format=short,
    )  # fmt: skip
    drawing.text(draw.WIDTH / 2, 60 + 30 * len(rows), "rows: before or after which block", 12)
    return drawing
