"""Likely mistakes in the exercises; the answers to the quiz, computed another way."""

from collections.abc import Callable

import numpy as np
from scipy import special

# What of our solution is replaced, by what, and what the check says of it.
MISTAKES: dict[str, list[tuple[str, str, str]]] = {
    "turns_mask": [
        ("whole += [*ids, end]", "whole += ids", "the end token is missing"),
        ('learnt += [role == "assistant"] * (len(ids) + 1)',
         'learnt += [role == "assistant"] * len(ids) + [False]', "the end after an answer"),
        ('[role == "assistant"] * (len(ids) + 1)', '[role == "assistant"] * len(ids)',
         "entries for"),
        ('learnt += [role == "assistant"] * (len(ids) + 1)',
         'learnt += [role == "assistant"] * len(ids) + [True]', "the end of a user's turn"),
        ("    return whole, learnt",
         "    last = len(turns[-1][1]) + 1\n"
         "    return whole, [False] * (len(whole) - last) + learnt[-last:]", "not only the last"),
        ('role == "assistant"', 'role == "user"', "expected ...xx..xxx"),
        ('role == "assistant"', 'role != "user"', "a system turn is not learnt"),
        ("for role, ids in turns:", "for role, ids in filter(lambda turn: turn[1], turns):",
         "an empty answer is its end"),
    ],
    "leave_one_out": [
        ("others / (rewards.shape[1] - 1)", "rewards.mean(1, keepdim=True)", "itself included"),
        ("rewards - others / (rewards.shape[1] - 1)",
         "(rewards - rewards.mean(1, keepdim=True)) / rewards.std(1, keepdim=True)",
         "not nan"),
        ("rewards - others / (rewards.shape[1] - 1)",
         "(rewards - rewards.mean(1, keepdim=True)) / (rewards.std(1, keepdim=True) + 1e-4)",
         "no division"),
        ("rewards - others / (rewards.shape[1] - 1)", "None", "return the advantages"),
        ("rewards.sum(1, keepdim=True)", "rewards.sum()", "first group"),
        ("(rewards.shape[1] - 1)", "3", "rewards (1, 2), first group"),
        ("(rewards.shape[1] - 1)", "(rewards.shape[0] + 1)", "rewards (1, 2), first group"),
    ],
    "json_answer": [
        ("    try:\n        pairs = json.loads(text, object_pairs_hook=tuple)\n"
         "    except (ValueError, RecursionError):\n        return False\n",
         "    pairs = json.loads(text, object_pairs_hook=tuple)\n", "a verifier returns False"),
        (" or len(pairs) != 1", "", "there is a second key"),
        ("object_pairs_hook=tuple", "object_pairs_hook=lambda p: tuple(dict(p).items())",
         "the key comes twice"),
        ('key == "answer" and ', "", "the key has another name"),
        ("value.lower() == expected.lower()", "expected.lower() in value.lower()",
         "it names two"),
        ("value.lower() == expected.lower()", "value == expected", "is right: return True"),
        ("isinstance(value, str) and ", "", "a verifier returns False"),
        ("(ValueError, RecursionError)", "ValueError", "99,997 more raises RecursionError"),
        ("value.lower()", "value.strip().lower()", "spaces stand around the word"),
        ("object_pairs_hook=tuple)\n    except (ValueError, RecursionError):\n"
         "        return False\n    if not isinstance(pairs, tuple)",
         "object_pairs_hook=list)\n    except (ValueError, RecursionError):\n"
         "        return False\n    if not isinstance(pairs, list)", "a verifier returns False"),
    ],
    "ipo_loss": [
        ("((margin - 1 / (2 * beta)) ** 2).mean()",
         "-torch.nn.functional.logsigmoid(beta * margin).mean()", "DPO's loss"),
        ("margin = (better - ref_better) - (worse - ref_worse)",
         "margin = beta * ((better - ref_better) - (worse - ref_worse))",
         "applied to the log-ratios"),
        ("(better - ref_better) - (worse - ref_worse)", "better - worse - ref_better",
         "references have to be subtracted"),
        ("(better - ref_better) - (worse - ref_worse)", "better - worse",
         "references have to be subtracted"),
        ("better - ref_better", "better + ref_better", "references have to be subtracted"),
        ("margin - 1 / (2 * beta)", "margin - 5", "does your target follow"),
        ("((margin - 1 / (2 * beta)) ** 2).mean()", "(margin - 1 / (2 * beta)) ** 2",
         "one number"),
        ("((margin - 1 / (2 * beta)) ** 2).mean()", "(margin.mean() - 1 / (2 * beta)) ** 2",
         "square each pair"),
        ("return ((margin - 1 / (2 * beta)) ** 2).mean()",
         "return ((margin - 1 / (2 * beta)).clamp(max=0) ** 2).mean()", "costs again"),
    ],
}  # fmt: skip


def dpo() -> float:
    return float(-np.log(special.expit(0.5 * ((-4.0 - -6.0) - (-9.0 - -7.0)))))


def advantage() -> float:
    rewards = np.array([1.0, 0.0, 0.0, 0.0])
    return float((rewards[0] - rewards.mean()) / rewards.std(ddof=1))


def silent_groups() -> float:
    return float(0.9**8 + 0.1**8)


def bradley_terry() -> float:
    return float(np.exp(1.5) / (np.exp(1.5) + np.exp(0.5)))


def learnt() -> float:
    mask = [False] * 21 + [True] * 7 + [True]
    return float(sum(mask))


# By the question's title: a number, or the choices that are right.
ANSWERS: dict[str, Callable[[], float | set[str]]] = {
    "Tokens that are learnt": learnt,
    "A pair": bradley_terry,
    "DPO by hand": dpo,
    "An advantage": advantage,
    "Groups that teach nothing": silent_groups,
}
