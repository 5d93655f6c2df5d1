"""What the page "step by step" shows: one sentence in MiniLM and SmolLM2, computed by hand.

Each number that the page shows is computed here from the published weights, and compared with what
`transformers` returns for the same sentence: a page with a wrong number cannot be built.
"""

import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor

from shared import models
from shared.llama_like import rates
from shared.token_pictures import SPACE, pieces_of

SENTENCE, NEXT = "The capital of France is", " Paris"
ENCODER_HEAD = 0, 3  # layer and head, counted from 0: "capital" reads mostly from "france"
DECODER_HEAD = 23, 4  # "is" reads mostly from "France"
TOLERANCE = 2e-4  # of the largest number; in 32 bits the order of sums changes about 1e-5 of it
STEP_SIZE = 0.02  # of the one step of training at the end


def must_agree(name: str, ours: Tensor, theirs: Tensor, tolerance: float = TOLERANCE) -> None:
    """Compare a result with the library's.

    Args:
        name: What the message calls it.
        ours: Computed by hand.
        theirs: Of the same shape.
        tolerance: Largest difference, as a share of the library's largest number.

    Raises:
        AssertionError: They differ, or have different shapes.
    """
    if ours.shape != theirs.shape:
        raise AssertionError(f"{name}: shape {tuple(ours.shape)}, expected {tuple(theirs.shape)}")
    off = float((ours - theirs).abs().max() / theirs.abs().max())
    if not off <= tolerance:  # also if it is not a number
        raise AssertionError(f"{name} differs from the library's by {off:.1e} of its largest")


def layer_norm(x: Tensor, norm: torch.nn.LayerNorm) -> Tensor:
    """Return each row with mean 0 and variance 1, scaled and shifted as was learnt."""
    centred = x - x.mean(-1, keepdim=True)
    deviation = (centred.square().mean(-1, keepdim=True) + norm.eps).sqrt()
    return centred / deviation * norm.weight + norm.bias


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Return each row divided by its root mean square, scaled as was learnt."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * weight


def rms_norm_back(gradient: Tensor, x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Return the gradient at the input (width,) of `rms_norm`, from that at its output (width,)."""
    r = torch.rsqrt(x.square().mean() + eps)
    scaled = gradient * weight
    return r * scaled - x * r**3 * (scaled * x).mean()


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn number i of each half with its partner in the other, by angles (seq, d_head / 2)."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


def heads_of(x: Tensor, d_head: int) -> Tensor:
    """Cut (seq, heads · d_head) into (heads, seq, d_head)."""
    return x.unflatten(-1, (-1, d_head)).transpose(0, 1)


def encoder_layer(x: Tensor, layer: torch.nn.Module, d_head: int) -> SimpleNamespace:
    """Return what one layer of MiniLM computes from x (seq, width), by the names of the page."""
    own, after, mlp = layer.attention.self, layer.attention.output, layer.output
    q, k, v = (heads_of(f(x), d_head) for f in (own.query, own.key, own.value))
    scores = q @ k.transpose(-2, -1)  # (heads, seq, seq)
    scaled = scores / math.sqrt(d_head)
    weights = scaled.softmax(-1)
    heads = weights @ v  # (heads, seq, d_head)
    attention = after.dense(heads.transpose(0, 1).flatten(1))  # (seq, width)
    middle = layer_norm(x + attention, after.LayerNorm)
    hidden = F.gelu(layer.intermediate.dense(middle))  # (seq, 4 · width)
    y = layer_norm(middle + mlp.dense(hidden), mlp.LayerNorm)
    return SimpleNamespace(
        x=x, q=q, k=k, v=v, scores=scores, scaled=scaled, weights=weights, heads=heads,
        attention=attention, middle=middle, hidden=hidden, mlp=mlp.dense(hidden), y=y,
    )  # fmt: skip


def encoder() -> SimpleNamespace:
    """Return the sentence in MiniLM: tokens, sums of embeddings, layers.

    Raises:
        AssertionError: Some hidden state or attention weight is not the library's.
    """
    tokenizer, model = models.load_tokenizer("minilm"), models.load_encoder("minilm")
    model.requires_grad_(False).set_attn_implementation(
        "eager"
    )  # the fused version returns no weights
    encoded, table = tokenizer(SENTENCE, return_tensors="pt"), model.embeddings
    ids = encoded["input_ids"][0]
    d_head = model.config.hidden_size // model.config.num_attention_heads
    library = model(**encoded, output_attentions=True, output_hidden_states=True)
    word = table.word_embeddings.weight[ids]  # (seq, width)
    position = table.position_embeddings.weight[: len(ids)]
    segment = table.token_type_embeddings.weight[0]  # (width,)
    x, layers = layer_norm(word + position + segment, table.LayerNorm), []
    must_agree("MiniLM: embeddings", x, library.hidden_states[0][0])
    for number, layer in enumerate(model.encoder.layer):
        layers.append(encoder_layer(layers[-1].y if layers else x, layer, d_head))
        name = f"MiniLM, layer {number + 1}"
        must_agree(f"{name}: weights", layers[-1].weights, library.attentions[number][0])
        must_agree(name, layers[-1].y, library.hidden_states[number + 1][0])
    return SimpleNamespace(
        tokens=tokenizer.convert_ids_to_tokens(ids), ids=ids.tolist(), word=word,
        position=position, segment=segment, sum=word + position + segment, x=x, layers=layers,
        config=model.config, d_head=d_head,
    )  # fmt: skip


def decoder_block(
    x: Tensor, block: torch.nn.Module, angles: Tensor, d_head: int, eps: float,
    cut: int | None = None,
) -> SimpleNamespace:  # fmt: skip
    """Return what one block of SmolLM2 computes from x (seq, width), by the names of the page.

    Args:
        x: The residual stream.
        block: Of the library.
        angles: Of RoPE, (seq, d_head / 2).
        d_head: Numbers of a head.
        eps: Of the norms.
        cut: A head that no gradient may pass; its result stays as it is.
    """
    own, mlp = block.self_attn, block.mlp
    normed = rms_norm(x, block.input_layernorm.weight, eps)
    made = (heads_of(f(normed), d_head) for f in (own.q_proj, own.k_proj, own.v_proj))
    plain_q, plain_k, v = made  # (heads, seq, d_head); k and v have fewer heads
    q, k = rotate(plain_q, angles), rotate(plain_k, angles)
    share = len(q) // len(k)  # query heads that read the same key/value head
    scores = q @ k.repeat_interleave(share, 0).transpose(-2, -1)  # (heads, seq, seq)
    scaled = scores / math.sqrt(d_head)
    future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
    weights = scaled.masked_fill(future, -math.inf).softmax(-1)
    heads = weights @ v.repeat_interleave(share, 0)  # (heads, seq, d_head)
    if cut is not None:
        heads = torch.stack([h.detach() if i == cut else h for i, h in enumerate(heads)])
    attention = own.o_proj(heads.transpose(0, 1).flatten(1))  # (seq, width)
    middle = x + attention
    normed_2 = rms_norm(middle, block.post_attention_layernorm.weight, eps)
    gate, up = mlp.gate_proj(normed_2), mlp.up_proj(normed_2)  # (seq, hidden)
    hidden = F.silu(gate) * up
    return SimpleNamespace(
        x=x, normed=normed, plain_q=plain_q, plain_k=plain_k, q=q, k=k, v=v, scores=scores,
        scaled=scaled, future=future, weights=weights, heads=heads, attention=attention,
        middle=middle, gate=gate, up=up, hidden=hidden, mlp=mlp.down_proj(hidden),
        y=middle + mlp.down_proj(hidden), share=share,
    )  # fmt: skip


def decoder() -> SimpleNamespace:
    """Return the sentence in SmolLM2, and the way back from the loss of its next piece.

    Raises:
        AssertionError: A hidden state, attention weight, logit or gradient is not the library's.
    """
    tokenizer, model = models.load_tokenizer("smollm2"), models.load_causal("smollm2")
    model.requires_grad_(False).set_attn_implementation("eager")
    config, eps = model.config, model.config.rms_norm_eps
    ids = tokenizer(SENTENCE, return_tensors="pt")["input_ids"]
    tokens, _ = pieces_of(tokenizer, SENTENCE)
    (right,) = tokenizer(NEXT)["input_ids"]
    table, last = model.get_input_embeddings().weight, model.model.layers[-1].mlp.down_proj.weight
    x = table[ids[0]]  # (seq, width)

    last.requires_grad_(True)
    library = model(inputs_embeds=x[None].requires_grad_(), output_attentions=True,
                    output_hidden_states=True)  # fmt: skip
    theirs = F.cross_entropy(library.logits[0, -1:], torch.tensor([right]))
    streams = library.hidden_states[:-1]  # before each block; the last one is after the norm
    *back, expected = torch.autograd.grad(theirs, [*streams, last])
    last.requires_grad_(False)

    x, blocks, d_head = x.detach(), [], config.head_dim
    angles = torch.arange(len(tokens))[:, None] * rates(d_head, config.rope_parameters)
    for number, block in enumerate(model.model.layers):
        blocks.append(decoder_block(blocks[-1].y if blocks else x, block, angles, d_head, eps))
        name, made = f"SmolLM2, block {number + 1}", blocks[-1]
        must_agree(f"{name}: weights", made.weights, library.attentions[number][0].detach())
        if number + 1 < len(streams):
            must_agree(name, made.y, streams[number + 1][0].detach())
    end, gain = blocks[-1].y[-1], model.model.norm.weight  # (width,)
    normed = rms_norm(end, gain, eps)
    must_agree("SmolLM2: last norm", normed, library.hidden_states[-1][0, -1].detach())
    logits = table @ normed  # (vocabulary,): the table of embeddings once more
    must_agree("SmolLM2: logits", logits, library.logits[0, -1].detach())

    p = logits.softmax(-1)
    loss = -p[right].log()
    must_agree("the loss", loss, theirs.detach())
    error = p - F.one_hot(torch.tensor(right), len(p))  # (vocabulary,): p - y
    at_normed = error @ table  # (width,)
    at_end = rms_norm_back(at_normed, end, gain, eps)
    gradient = at_end[:, None] * blocks[-1].hidden[-1]  # (width, hidden): like the matrix
    must_agree("the gradient of the last down-projection", gradient, expected)

    level, head = DECODER_HEAD

    def before_block(cut: int | None) -> Tensor:
        """Return the gradient (seq, width) at the input of the block that the page looks into."""
        given = blocks[level].x.clone().requires_grad_()
        made = decoder_block(given, model.model.layers[level], angles, d_head, eps, cut)
        return torch.autograd.grad(made.y, given, back[level + 1][0])[0]

    must_agree("the gradient through a block", before_block(None), back[level][0])

    def loss_with(matrix: Tensor) -> float:
        """Return the loss with another down-projection in the last block."""
        y = blocks[-1].middle[-1] + matrix @ blocks[-1].hidden[-1]
        return F.cross_entropy(table @ rms_norm(y, gain, eps), torch.tensor(right)).item()

    tried = {sign: loss_with(last - sign * STEP_SIZE * gradient) for sign in (1, 0, -1)}
    assert abs(tried[0] - float(loss)) < 1e-4, "without a step the loss is as before"
    assert tried[1] < tried[0] < tried[-1], f"down is down and up is up: {tried}"

    likely = p.topk(5).indices.tolist()
    assert likely == error.abs().topk(5).indices.tolist(), "the page names these pieces only"
    early = [(table @ rms_norm(b.y[-1], gain, eps)).softmax(-1) for b in blocks]
    return SimpleNamespace(
        tokens=tokens, ids=ids[0].tolist(), right=right, x=x, blocks=blocks, angles=angles,
        end=end, normed=normed, logits=logits, p=p, loss=float(loss), error=error,
        at_normed=at_normed, at_end=at_end, gradient=gradient, matrix=last.detach(), tried=tried,
        lengths_back=torch.stack([g[0].norm(dim=-1) for g in back]),  # (blocks, seq)
        lengths_without=before_block(head).norm(dim=-1),  # (seq,): not through the head
        early=torch.stack(early), config=config, d_head=d_head,
        names={i: tokenizer.decode([i]).replace(" ", SPACE) for i in likely},
    )  # fmt: skip
