"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import torch

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "rate": [
        ("step / warmup", "(step + 1) / (warmup + 1)", "the first step starts from 0"),
        ("(total - step) / (total - warmup)", "(total - step) / total", "the peak is at the end"),
        ("(total - step) / (total - warmup)", "1.0", "the last step ends at 0"),
        (
            "(total - step) / (total - warmup)",
            "((total - step) / (total - warmup)) ** 2",
            "is the fall a straight line",
        ),
        (
            "(total - step) / (total - warmup)",
            "0.5 + 0.5 * __import__('math').cos(__import__('math').pi * (step - warmup)"
            " / (total - warmup))",
            "is the fall a straight line",
        ),
        ("step / warmup", "(step / warmup) ** 2", "is the rise a straight line"),
        (
            "return step / warmup",
            "return 0.5 - 0.5 * __import__('math').cos(__import__('math').pi * step / warmup)",
            "is the rise a straight line",
        ),
        ("step < warmup", "step <= warmup", "you divide by zero"),
    ],
    "accumulate": [
        (" * share", "", "the means of the pieces were only added"),
        (
            'len(batch["labels"]) / count',
            "1 / len(batches)",
            "a piece of one text weighs as much as one of five",
        ),
        (
            "(model(**batch)",
            "model.zero_grad()\n        (model(**batch)",
            "only the last piece is in it",
        ),
        (".backward()", "", "there is no gradient"),
        (
            "    for batch in batches:",
            "    longest = max(b['input_ids'].shape[1] for b in batches)\n"
            "    wide = lambda t: torch.nn.functional.pad(t, (0, longest - t.shape[1]))\n"
            "    batches = [{k: torch.cat([b[k] if k == 'labels' else wide(b[k]) for b in batches])"
            " for k in batches[0]}]\n    for batch in batches:",
            "one piece at a time",
        ),
    ],
    "mean_logits": [
        ("(hidden * real).sum(1) / real.sum(1)", "hidden[:, 0]", "this is the first token"),
        ("(hidden * real).sum(1) / real.sum(1)", "hidden.mean(1)", "padding is in the sum"),
        (" / real.sum(1)", " / hidden.shape[1]", "padding is in the sum, or in the count"),
        (" / real.sum(1)", "", "it should be the plain mean"),
        ("attention_mask=attention_mask", "attention_mask=None", "or in the count, or seen"),
        ("return linear(mean)", "return mean", "expected (batch, classes)"),
        ("return linear(mean)", "linear(mean)", "is there a `return`"),
    ],
    "train": [
        ("            optimizer.zero_grad()\n", "", "old gradients are still there"),
        (
            "            optimizer.zero_grad()\n            loss.backward()\n",
            "            loss.backward()\n            optimizer.zero_grad()\n",
            "zeroed",
        ),
        (
            "    for _ in range(epochs):\n        model.train()\n",
            "    model.train()\n    for _ in range(epochs):\n",
            "after the first evaluation dropout is off",
        ),
        ("        score_on(model, validation)\n", "", "keep the evaluation"),
        ("losses.append(loss.item())", "losses = [loss.item()]", "expected one per batch"),
    ],
}


def rate_at(step: int) -> float:
    from transformers import get_linear_schedule_with_warmup

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=100.0)
    schedule = get_linear_schedule_with_warmup(optimizer, 20, 200)
    for _ in range(step):
        optimizer.step()
        schedule.step()
    return schedule.get_last_lr()[0]


def lora_numbers() -> float:
    from peft import LoraConfig, get_peft_model

    model = torch.nn.Sequential(torch.nn.Linear(768, 768, bias=False))
    return get_peft_model(
        model, LoraConfig(r=4, target_modules=["0"])
    ).get_nb_trainable_parameters()[0]


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Padding wasted": lambda: (
        sum(map(sum, ((4, 6), (10, 20)))) / sum(2 * max(b) for b in ((4, 6), (10, 20)))
    ),
    "On the way down": lambda: rate_at(110),
    "LoRA by numbers": lora_numbers,
}
