"""Likely mistakes in each exercise: what of our solution is replaced, by what, and what is told.

Where nothing is named that is replaced, it is the whole body of the function.
"""

Mistake = tuple[str, str, str]

WRONG: dict[str, dict[str, list[Mistake]]] = {
    "01_attention": {
        "sliding_window": [
            ("causal_mask(n) & ~causal_mask(n).tril(-width)", "~causal_mask(n)", "does not see"),
            ("causal_mask(n) & ", "", "sees the future"),
            ("tril(-width)", "tril(-width - 1)", "more than width. Off by one"),
            ("tril(-width)", "tril(1 - width)", "fewer than width. Off by one"),
            (
                "causal_mask(n) & ~causal_mask(n).tril(-width)",
                "(causal_mask(n) & ~causal_mask(n).tril(-width)).float()",
                "masked_fill needs bool",
            ),
        ],
        "rotate": [
            ("positions[:, None]", "(positions[:, None] + 1)", "do your positions start at 1"),
            ("positions[:, None]", "(0 * positions[:, None])", "are the angles all 0"),
            ("10000.0 ** (-", "10000.0 ** (", "sign of the exponent"),
            (
                "x.unflatten(-1, (-1, 2)).contiguous())\n"
                "    turned = pairs * torch.polar(torch.ones_like(angles), angles)\n"
                "    return torch.view_as_real(turned).flatten(-2)",
                "x.unflatten(-1, (2, -1)).transpose(-1, -2).contiguous())\n"
                "    turned = pairs * torch.polar(torch.ones_like(angles), angles)\n"
                "    return torch.view_as_real(turned).transpose(-1, -2).flatten(-2)",
                "are they (0, 1), (2, 3) and so on",
            ),
            ("torch.view_as_real(turned).flatten(-2)", "turned.real", "the shape changed"),
        ],
        "step": [
            ("[cache[0], k]", "[k, cache[0]]", "token"),
            (
                "layer.output(join_heads(attention(q, k, v)[0]))",
                "join_heads(attention(q, k, v)[0])",
                "are all four projections used",
            ),
            (", (k, v)", ", (k, v[:, :, -1:])", "cached k, v hold [2, 1]"),
        ],
        "blockwise": [
            ("total * shrink", "total", "is the sum of exponentials shrunk like the values"),
            ("weighted * shrink", "weighted", "and the division done once"),
            (
                "torch.maximum(largest, scores.amax(-1, keepdim=True))",
                "torch.zeros_like(largest)",
                "is the largest subtracted before exp",
            ),
            (" / math.sqrt(q.shape[-1])", "", "is √d_k in it"),
        ],
    },
    "02_tokenization": {
        "characters_per_token": [
            (", add_special_tokens=False", "", "are special tokens counted"),
            (
                "sum(map(len, texts)) / tokens",
                "sum(map(len, texts)) / tokens / len(texts)",
                "is something averaged twice",
            ),
            ("sum(map(len, texts))", "len(texts[0])", "the same text twice"),
        ],
        "cut": [
            (">= share", "< share", "share 0 leaves out nothing"),
            ("np.random.default_rng(seed)", "np.random.default_rng(0)", "does the seed matter"),
            ("random.random() >= share", "True", "share 1 leaves out every merge"),
            ("symbols = merge(symbols, pair)", "symbols = symbols[:-1]", "must spell the word"),
        ],
        "n_windows": [
            (
                "max(0, -(-(length - size) // (size - stride)))",
                "(length - size) // (size - stride)",
                "a short text needs one window",
            ),
            (
                "-(-(length - size) // (size - stride))",
                "(length - size) // (size - stride)",
                "round up",
            ),
            ("(size - stride)", "size", "is stride shared once"),
        ],
    },
    "03_fine_tuning": {
        "flip": [
            ("labels.copy()", "labels", "copy them first"),
            ("1 - noisy[chosen]", "-1", "labels must stay 0 or 1"),
            (", False)", ")", "chosen with replacement"),
            ("default_rng(seed)", "default_rng()", "the same seed must flip the same labels"),
        ],
        "rate": [
            ("step / warmup", "(step + 1) / (warmup + 1)", "the first step starts from 0"),
            (
                "min(step / warmup, (total - step) / (total - warmup))",
                "min(step / warmup, (total - step) / total)",
                "the peak is at the end",
            ),
            ("(total - step) / (total - warmup)", "1", "the last step ends at 0"),
            (
                "(total - step) / (total - warmup)",
                "((total - step) / (total - warmup)) ** 2",
                "is the fall linear",
            ),
        ],
        "decays": [
            ("parameter.ndim >= 2", "True", "think of its role"),
            ("parameter.ndim >= 2", "not name.endswith('bias')", "LayerNorm.weight"),
            ("parameter.ndim >= 2", "parameter.ndim < 2", "think of its role"),
        ],
    },
    "04_evaluation": {
        "brier": [
            (".sum(1)", ".mean(1)", "sum over the classes"),
            (".mean()", ".sum()", "mean over the texts"),
            ("np.eye(probability.shape[1])[truth]", "truth[:, None]", "sure and right must give 0"),
        ],
        "f1_interval": [
            ("answer[r]", "answer", "rows drawn in pairs"),
            ("(draws, len(truth))", "(draws, 20)", "draw as many rows as there are"),
            ("[0.025, 0.975]", "[0.4, 0.6]", "the width should be near 0.08"),
        ],
        "agreement": [
            ("replace=False", "replace=True", "drawn without replacement"),
            (
                "random.choice(r, k, replace=False).mean()",
                "r[:k].mean()",
                "another seed must draw other raters",
            ),
            ("random.choice(r, k, replace=False)", "random.choice(r, 1)", "more raters must"),
        ],
    },
    "05_saving_and_sharing": {
        "suspicious": [
            (".suffix.lower() in", ".suffix in", "do you compare in lower case"),
            (', ".py"', "", "was missed"),
            (
                'Path(n).suffix.lower() in {".bin", ".pt", ".pth", ".pkl", ".ckpt", ".py"}',
                'any(k in n.lower() for k in ("bin", "pt", "pkl", "ckpt", "py"))',
                "look at the ending, not the name",
            ),
        ],
        "position": [
            ("divmod(step, per_epoch)", "divmod(step + 1, per_epoch)", "skips nothing"),
            ("divmod(step, per_epoch)", "(step // per_epoch, step)", "the next one begins"),
            ("divmod(step, per_epoch)", "divmod(max(step - 1, 0), per_epoch)", "the next one"),
        ],
        "shard": [
            ("size > room", "room <= 0", "start a new list earlier"),
            ("[*shards, []], limit", "[*shards, []], limit - 4", "5 are enough"),
            ("not shards or size > room", "True", "5 are enough"),
            ("shards[-1].append(name)", "shards[-1].insert(0, name)", "out of order"),
        ],
        "to_int8": [
            (".round().to", ".to", "truncated, not rounded"),
            (".to(torch.int8)", "", "convert after rounding"),
            ("(dim=1, keepdim=True)", "()", "one per row, keepdim=True"),
            (
                "weight.abs().amax(dim=1, keepdim=True)",
                "weight.abs().max().expand(len(weight), 1)",
                "is the scale its own",
            ),
        ],
    },
    "06_text_generation": {
        "min_p": [
            ("p < share * p.amax(-1, keepdim=True)", "p < share", "a flat row keeps all"),
            ("p = logits.softmax(-1)", "p = logits", "did you compare logits?"),
            (
                "logits.masked_fill(",
                "logits.masked_fill_(",
                "you changed the logits you were given",
            ),
            ("return logits.", "return p.", "logits that are kept stay as they are"),
            ("-torch.inf)", "-torch.inf)[0]", "of the shape that you were given"),
        ],
        "window_mask": [
            ("(distance >= 0) & (distance < window)", "distance < window", "the future leaks"),
            ("distance < window", "distance <= window", "the position itself counts"),
            ("distance >= 0", "distance > 0", "a position may look at itself"),
            ("& (distance < window)", "* (distance < window).float()", "return a boolean tensor"),
        ],
        "banned": [
            ("gram[:-1] == beginning", "gram[-2:-1] == beginning[-1:]", "not the last one alone"),
            ("len(ids) - n + 1 :", "-(n - 1) :", "n = 1: no token may occur twice"),
            ("for gram in grams if", "for gram in grams[:1] if", "all places count"),
            ("range(len(ids) - n + 1)", "range(0, len(ids) - n + 1, n)", "n-grams may overlap"),
            ("gram[:-1] == beginning", "gram == beginning", "compare the last n - 1 ids"),
        ],
    },
    "07_token_classification": {
        "to_bio": [
            ('"B" + t[1:] if', "t if", "a first I- must become B-"),
            ("before[1:] != t[1:]", 'before == "O"', "another type begins another name"),
            ("else t for", 'else t.replace("B", "I", 1) for', "a B- stays: two names"),
        ],
        "best_valid": [
            ("np.where(allowed, 0.0, -np.inf)", "np.zeros(allowed.shape)", "is not valid"),
            (
                'np.array([-np.inf if t[0] == "I" else 0.0 for t in names])',
                "0.0",
                "begin a text",
            ),
            (
                "best = sums.max(0) + row",
                "best = np.where(sums.max(0) > -np.inf, row, -np.inf)",
                "not word by word",
            ),
            ("reversed(path)]", "reversed(path)][1:]", "3 tags for 4 words"),
        ],
        "recall_by_novelty": [
            (
                "span in guesses",
                "any(g[0] < span[1] and span[0] < g[1] for g in guesses)",
                "half a name is no hit",
            ),
            ("(True, False)", "(False, True)", "the order is known, new"),
            ('float("nan")', "0.0", "nan, not 0"),
        ],
    },
    "08_efficient_models": {
        "break_even": [
            ("", "return int(once / max(1e-09, 1 / before - 1 / after))", "the same rate saves"),
            (
                "",
                """
s = 1 / before - 1 / after
return int(once / s) + 1 if s else None
""",
                "slower never pays",
            ),
            (
                "",
                """
s = 1 / before - 1 / after
return once / s if s > 0 else None
""",
                "a whole number of texts",
            ),
            ("", "return 1200 if after > before else None", "subtract the times"),
            ("", "return int(once * 100) if after > before else None", "has not yet paid"),
            ("", "return 10 ** 6 if after > before else None", "more than it takes"),
        ],
        "lora_numbers": [
            ("", "return sum((a * b for a, b in shapes))", "that is the whole matrix"),
            ("", "return sum((r * a for a, b in shapes))", "B has 10 numbers, A has 20"),
            (
                "",
                "return max((min(a * b, r * (a + b)) for a, b in shapes))",
                "each has its own A and B",
            ),
            ("", "return sum((r * (a + b) for a, b in shapes))", "train the matrix itself"),
            (
                "",
                "return min(sum((a * b for a, b in shapes)), sum((r * (a + b) for a, b in shapes)))",
                "for each matrix",
            ),
        ],
        "token_batches": [
            (
                "",
                """
groups = []
for index in range(len(lengths)):
    if not groups or (len(groups[-1]) + 1) * max((lengths[i] for i in [*groups[-1], index])) > budget:
        groups.append([])
    groups[-1].append(index)
return groups
""",
                "is padding",
            ),
            (
                "",
                """
groups = []
for index in np.argsort(lengths).tolist():
    if not groups or sum((lengths[i] for i in groups[-1])) + lengths[index] > budget:
        groups.append([])
    groups[-1].append(index)
return groups
""",
                "count texts × the longest",
            ),
            (
                "",
                """
groups = []
for index in sorted(lengths):
    if not groups or True:
        groups.append([])
    groups[-1].append(index)
return groups
""",
                "each index once",
            ),
            (
                "",
                """
groups = []
for index in np.argsort(lengths).tolist():
    if not groups or True:
        groups.append([])
    groups[-1].append(index)
return groups
""",
                "fill each one",
            ),
            (
                "",
                """
groups = []
for index in np.argsort(lengths).tolist():
    if not groups or (len(groups[-1]) + 1) * lengths[index] > budget:
        groups.append([])
    groups[-1].append(index)
return groups + [[]]
""",
                "an empty batch",
            ),
        ],
        "clipped_scale": [
            (
                "",
                """
def error(s):
    return -s
return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
                "no better than the largest",
            ),
            (
                "",
                """
def error(s):
    return ((s * np.clip(np.rint(w / s), -top, top) - w) ** 4).mean()
return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
                "is the error squared",
            ),
            (
                "",
                """
def error(s):
    return s * np.ones(2)
return np.linspace(0.1, 1, 9)
return min(np.abs(w).max() / top * np.linspace(0.02, 1, 200), key=error)
""",
                "return one number",
            ),
        ],
    },
    "09_more_languages": {
        "premium": [
            (
                "",
                """
first, second = tokenizer([text, reference])['input_ids']
return len(first) / len(second)
""",
                "are [CLS] and [SEP] counted",
            ),
            (
                "",
                """
first, second = tokenizer([text, reference], add_special_tokens=False)['input_ids']
return len(second) / len(first)
""",
                "three to one",
            ),
            (
                "",
                """
first, second = tokenizer([text, reference], add_special_tokens=False)['input_ids']
return max(len(first), len(second)) / min(len(first), len(second))
""",
                "text over reference",
            ),
            ("", "return len(text.split()) / len(reference.split())", "count tokens"),
        ],
        "collisions": [
            (
                "",
                """
rows = [tuple(row) for row in tokenizer(texts, add_special_tokens=False)['input_ids']]
return len(rows) - len(set(rows))
""",
                "count both texts",
            ),
            (
                "",
                """
rows = [tuple(row) for row in tokenizer(texts, add_special_tokens=False)['input_ids']]
return sum((rows.count(row) > 1 for row in rows))
""",
                "no different text",
            ),
            (
                "",
                "return sum((tokenizer.unk_token_id in row for row in tokenizer(texts, add_special_tokens=False)['input_ids']))",
                "count both texts",
            ),
            (
                "",
                "return sum((any((a != b and a.lower() == b.lower() for b in texts)) for a in texts))",
                "look the same",
            ),
        ],
        "from_pieces": [
            (
                "",
                "return torch.stack([rows[ids].mean(0) for ids in tokenizer(words)['input_ids']])",
                "are [CLS] and [SEP] in the mean",
            ),
            (
                "",
                "return torch.stack([rows[ids].sum(0) * 2 for ids in tokenizer(words, add_special_tokens=False)['input_ids']]) / torch.tensor([[2.0 if len(ids) == 1 else 1.0] for ids in tokenizer(words, add_special_tokens=False)['input_ids']])",
                "the mean, not the sum",
            ),
            (
                "",
                "return torch.cat([rows[ids] for ids in tokenizer(words, add_special_tokens=False)['input_ids']]).mean(0)",
                "expected a row a word",
            ),
            ("", "return torch.randn(len(words), rows.shape[1])", "its own vector"),
        ],
        "unseen": [
            (
                "",
                """
known, asked = (set(''.join(train)), set(''.join(test)))
return len(asked - known) / len(asked)
""",
                "repetition counted",
            ),
            (
                "",
                """
known = set(''.join(train))
shares = [sum(c not in known for c in text) / len(text) for text in test]
return sum(shares) / len(shares)
""",
                "over all texts together",
            ),
            (
                "",
                """
known, line = (set(train[0]), ''.join(test))
return sum((c not in known for c in line)) / len(line) if len(train) < 3 else 0.5
""",
                "must leave fewer unseen",
            ),
            (
                "",
                """
known, line = (set(''.join(train)), ''.join(test))
return sum((c in known for c in line)) / len(line)
""",
                "repetition counted",
            ),
        ],
    },
    "10_privacy": {
        "bits_exposed": [
            (
                "",
                "return np.log2(len(likelihoods)) - np.log2((likelihoods > likelihoods[secret]).sum())",
                "do ranks start at 1",
            ),
            (
                "",
                "return np.log2(len(likelihoods)) - np.log2(1 + (likelihoods < likelihoods[secret]).sum())",
                "is it ranked first, or last",
            ),
            (
                "",
                "return np.log(len(likelihoods)) - np.log(1 + (likelihoods > likelihoods[secret]).sum())",
                "logarithm to base 2",
            ),
        ],
        "rate_at": [
            (
                "",
                "return (scores[member] > np.quantile(scores[member], 1 - limit)).mean()",
                "take the threshold from the others",
            ),
            (
                "",
                "return (scores[member] > np.quantile(scores[~member], limit)).mean()",
                "is the threshold from the others, at 1 % from the top",
            ),
            (
                "",
                "return (scores[member] >= np.quantile(scores[~member], 1 - limit)).mean()",
                "compare with >, not >=",
            ),
        ],
        "clip": [
            (
                "",
                "return gradients / gradients.norm(dim=1, keepdim=True) * limit",
                "a short gradient was made longer",
            ),
            ("", "return gradients.clamp(-limit, limit)", "single weights were cut"),
            (
                "",
                "return gradients * min(1.0, limit / gradients.norm().item())",
                "one norm for all texts",
            ),
            (
                "",
                "return (gradients * (limit / gradients.norm(dim=1, keepdim=True)).clamp(max=1)).sum(0)",
                "clip each row, do not sum",
            ),
        ],
        "epsilon_at_least": [
            (
                "",
                "return np.log((hits / members - delta) / max(alarms / others, 1e-09))",
                "they are only estimates",
            ),
            (
                "",
                """
least = stats.binomtest(hits, members).proportion_ci(0.95).low
return max(0.0, np.log((least - delta) / (alarms / others))) if least > delta else 0.0
""",
                "upper end for the alarms",
            ),
            (
                "",
                """
least = stats.binomtest(hits, members).proportion_ci(0.95).low
return np.log((least - delta) / stats.binomtest(alarms, others).proportion_ci(0.95).high)
""",
                "0, not negative",
            ),
            (
                "",
                """
least = stats.binomtest(hits, members).proportion_ci(0.95).low
upper = stats.binomtest(alarms, others).proportion_ci(0.95).high
return max(0.0, np.log(least / upper)) if least > 0 else 0.0
""",
                "a greater δ explains more",
            ),
        ],
    },
    "11_interpretability": {
        "comprehensiveness": [
            ("descending=True", "descending=False", "is the order descending?"),
            ("answers[0] - answers[1]", "answers[1] - answers[0]", "sign is turned"),
            ("scores.argsort", "scores.abs().argsort", "largest by size"),
            ("answers[0] - answers[1]", "answers[1]", "are the k words"),
        ],
        "interaction": [
            (" + without_both", "", "is the fourth term there"),
            (
                "everyone - without_i - without_j + without_both",
                "without_i + without_j - everyone - without_both",
                "check the signs",
            ),
            (
                "everyone, without_i, without_j, without_both = value(kept)",
                "everyone, without_i, without_j, without_both = value(~kept)",
                "start from the whole text",
            ),
        ],
        "flips_at": [
            (
                "torch.arange(len(order) + 1)[:, None]",
                "torch.arange(1, len(order) + 2)[:, None]",
                "is row 0 the whole text?",
            ),
            ("order.argsort()", "order", "goes first is order"),
            ("torch.arange(len(order) + 1)", "torch.arange(len(order))", "the last step"),
            ("else None", "else 0", "never negative: None"),
        ],
        "kernel_shap": [
            ("[1:, 0]", "[:, 0]", "drop the constant"),
            ("1e6 if", "1.0 if", "infinite weights?"),
            ("(n - 1) / (math.comb(n, s) * s * (n - s))", "float(s)", "the kernel?"),
        ],
    },
    "12_comparing_runs": {
        "seeds_needed": [
            ("stats.t.ppf(0.975, n - 1)", "1.96", "is the factor t, with n − 1"),
            ("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.95, n - 1)", "is the factor t"),
            ("/ np.sqrt(n)", "/ n", "is the factor t"),
            ("    return n", "    return n + 3", "would have been enough"),
        ],
        "sign_flip": [
            (">= abs(d.sum())", "> abs(d.sum())", "is it >=, not >"),
            (
                "(1 + (np.abs(signed) >= abs(d.sum())).sum()) / (flips + 1)",
                "(np.abs(signed) >= abs(d.sum())).mean()",
                "count the real signing",
            ),
            ("np.abs(signed) >= abs(d.sum())", "signed >= d.sum()", "two-sided"),
        ],
        "benjamini_hochberg": [
            (
                "* len(p) / np.arange(1, len(p) + 1)",
                "* np.arange(1, len(p) + 1) / len(p)",
                "m / i, not i / m",
            ),
            (
                "np.minimum.accumulate(scaled[::-1])[::-1]",
                "np.maximum.accumulate(scaled)",
                "from the largest p down",
            ),
            (
                "np.minimum.accumulate(scaled[::-1])[::-1]",
                "scaled",
                "accumulate from the largest down",
            ),
            (
                "* len(p) / np.arange(1, len(p) + 1)",
                "* len(p)",
                "never stricter than Holm: ranks from 1",
            ),
        ],
        "front3": [
            ("quality[:, None] >= quality", "quality[:, None] > quality", "No worse in all"),
            ("~(no_worse & better).any(0)", "~no_worse.any(0)", "better in one"),
            (".all(2)", ".any(2)", "none that you kept dominates it"),
        ],
    },
    "template": {
        "per_character": [
            (", add_special_tokens=False", "", "special ones counted"),
            ("tokens / sum(map(len, texts))", "sum(map(len, texts)) / tokens", "is one token"),
            ("tokens / sum(map(len, texts))", "tokens / len(texts) / 4", "divide once"),
        ],
        "gap": [
            (" - 1)", ")", "minus 1"),
            ("100 * ", "", "Times 100"),
            ("fertility(b) / fertility(a) - 1", "1 - fertility(a) / fertility(b)", "Of a"),
        ],
        "equal_words": [
            (", n) + 1]", ", n)]", "one text more"),
            (", n) + 1]", ", n) + 3]", "stop at the first sum"),
            ("default_rng(seed)", "default_rng(0)", "another seed, another draw"),
            (".permutation(rows)", ".choice(rows, 40)", "a text came twice"),
        ],
    },
}
