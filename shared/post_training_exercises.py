"""The checks of notebook 16's exercises: each names the likely mistake, or says what was shown."""

from collections.abc import Callable

import torch
from torch import Tensor

Turns = list[tuple[str, list[int]]]


def check_turns_mask(turns_mask: Callable[[Turns, int], tuple[list[int], list[bool]]]) -> None:
    """Check the mask of conversations of several turns."""
    turns = [("user", [5, 6]), ("assistant", [7]), ("user", [8]), ("assistant", [9, 10])]
    found = turns_mask(turns, 2)
    assert found is not None, "your function returns None: return ids and mask"
    ids, learnt = map(list, found)
    assert ids != [5, 6, 7, 8, 9, 10], "the end token is missing: each turn of both roles has one"
    assert ids == [5, 6, 2, 7, 2, 8, 2, 9, 10, 2], f"ids {ids}: each turn, then the end"
    assert len(learnt) == len(ids), f"{len(learnt)} entries for {len(ids)} tokens"
    text = "".join("x" if yes else "." for yes in learnt)
    assert text != "...xx...xx"[: len(ids)] and text != "...x...xx.", (
        "the end after an answer is learnt, too: else the model never stops"
    )
    assert text != ".......xxx", "every answer is learnt, not only the last"
    assert text != "..xxx.xxxx", "the end of a user's turn is not the model's to write"
    assert text == "...xx..xxx", f"mask {text}: expected ...xx..xxx (x: learnt)"
    others = {
        "a system turn is not learnt": [("system", [3]), ("user", [1]), ("assistant", [4])],
        "two turns of the user in a row": [("user", [1]), ("user", [3, 4]), ("assistant", [5])],
        "no answer, nothing learnt": [("user", [1])],
        "an empty answer is its end": [("user", [1]), ("assistant", [])],
    }
    for why, turns in others.items():
        whole, mask = [], []
        for role, part in turns:
            for token in (*part, 9):
                whole.append(token)
                mask.append(role == "assistant")
        ids, learnt = map(list, turns_mask(turns, 9))
        shown = "".join("x" if yes else "." for yes in learnt)
        right = "".join("x" if yes else "." for yes in mask)
        assert (ids, shown) == (whole, right), (
            f"{why}: of {turns} with the end 9 you return {ids} and {shown}, expected {whole} and "
            f"{right}"
        )
    print("right: every answer and its end, and nothing of the user's or the system's")


def check_ipo_loss(ipo_loss: Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]) -> None:
    """Check IPO's loss by values, references and several beta."""
    zero = torch.zeros(2)
    found = ipo_loss(zero, zero, zero, zero, 0.1)
    assert found is not None, "your function returns None: return the loss"
    found = torch.as_tensor(found)
    assert found.ndim == 0, "return the mean over the pairs, one number"
    assert not _near(found, 0.6931), "this is DPO's loss"
    assert _near(found, 25.0), (
        f"at the start it is (0 − 1 / (2 · 0.1))² = 25, not {float(found):.3f}"
    )
    best = ipo_loss(zero + 3, zero - 2, zero, zero, 0.1)
    assert _near(best, 0.0), (
        f"a margin of exactly 1 / (2β) = 5 has the loss 0, not {float(best):.3f}: is β applied to "
        "the log-ratios, too?"
    )
    beyond = ipo_loss(zero + 6, zero - 2, zero, zero, 0.1)
    assert float(beyond) > 1, "a margin beyond the target costs again: that is the point"
    uneven = ipo_loss(torch.tensor([5.0, 0.0]), zero, zero, zero, 0.1)
    assert _near(uneven, 12.5), "square each pair, then take the mean"
    moved = ipo_loss(zero + 3, zero - 2, zero + 1, zero - 3, 0.1)
    assert _near(moved, 16.0), (
        f"both references have to be subtracted: log-ratios 2 and 1 make (1 − 5)² = 16, not "
        f"{float(moved):.3f}"
    )
    draw = torch.Generator().manual_seed(0)
    for beta in (0.05, 0.5, 2.0):
        four = [torch.randn(6, generator=draw) * 3 for _ in range(4)]
        margins = [a - c - (b - d) for a, b, c, d in zip(*(x.tolist() for x in four), strict=True)]
        expected = sum((margin - 0.5 / beta) ** 2 for margin in margins) / len(margins)
        value = ipo_loss(*four, beta)
        assert _near(value, expected), (
            f"with β = {beta} and six drawn pairs the loss is {expected:.4f}, not "
            f"{float(value):.4f}: does your target follow β?"
        )
    print("right: the loss is 0 at a margin of 1 / (2β), and grows on both sides")


def _near(value: object, expected: float) -> bool:
    return abs(float(value) - expected) < 1e-3 * max(1, abs(expected))


def check_json_answer(json_answer: Callable[[str, str], bool]) -> None:
    """Check a verifier of JSON with traps."""
    good = {
        '{"answer": "Paris"}': "Paris",
        ' {"answer":"Paris"}\n': "Paris",
        '{"answer": "paris"}': "Paris",
        '{"answer": "New Delhi"}': "New Delhi",
        '{"answer": "12"}': "12",
        '{"\\u0061nswer": "OSLO"}': "Oslo",
    }
    for text, word in good.items():
        assert _verdict(json_answer, text, word) is True, f"{text!r} is right: return True"
    traps = {
        '{"answer": "Lyon"}': "the answer is wrong",
        '{"answer": "Paris", "note": "Lyon"}': "there is a second key",
        '{"Answer": "Paris"}': "the key has another name",
        "{}": "there is no key",
        '["Paris"]': "it is a list",
        '["answer", "Paris"]': "it is a list",
        '[["answer", "Paris"]]': "it is a list of lists, and no object",
        '[{"answer": "Paris"}]': "the object is in a list",
        '"Paris"': "it is a text, not an object",
        "Paris": "it is not JSON",
        '{"answer": "Paris"} {"answer": "Lyon"}': "there are two objects",
        '{"answer": "Paris"} I hope this helps.': "more follows the object",
        '{"answer": ["Paris", "Lyon"]}': "the value is a list",
        '{"answer": ["Paris"]}': "the value is a list",
        '{"answer": {"answer": "Paris"}}': "the value is an object",
        '{"answer": "Paris or Lyon"}': "it names two",
        '{"answer": " Paris "}': "spaces stand around the word",
        '{"answer": "Paris."}': "a full stop stands after the word",
        '{"answer": null}': "there is no text",
        '{"answer": NaN}': "there is no text",
        '{"answer": "Lyon", "answer": "Paris"}': "the key comes twice",
        '{"answer": "Paris", "answer": "Paris"}': "the key comes twice",
        "": "it is empty",
        "null": "it is no object",
        "{" * 3: "it is not JSON",
        "[" * 100_000: "it is not JSON",
    }
    for text, why in traps.items():
        shown = repr(text) if len(text) < 80 else f"{text[:3]!r} and {len(text) - 3:,} more"
        found = _verdict(json_answer, text, "Paris")
        assert found is False, f"{shown} got through, and {why}: return False"
    print(f"right: {len(good)} good answers, {len(traps)} traps")


def _verdict(json_answer: Callable[[str, str], bool], text: str, word: str) -> bool:
    try:
        return json_answer(text, word)
    except Exception as error:
        shown = repr(text) if len(text) < 80 else f"{text[:3]!r} and {len(text) - 3:,} more"
        raise AssertionError(
            f"{shown} raises {type(error).__name__}: a verifier returns False"
        ) from None


def check_leave_one_out(leave_one_out: Callable[[Tensor], Tensor]) -> None:
    """Check advantages against the mean of the others, for groups of several sizes."""
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    copied = rewards.clone()
    found = leave_one_out(rewards)
    assert torch.equal(rewards, copied), "you changed the rewards that you were given"
    assert found is not None, "your function returns None: return the advantages"
    assert found.shape == rewards.shape, f"shape {tuple(found.shape)}, expected (2, 4)"
    assert torch.isfinite(found).all(), "a group of equal rewards has the advantage 0, not nan"
    first = float(found[0, 0])
    assert abs(first - 0.75) > 1e-6, "0.75 compares with the mean of all four, itself included"
    assert abs(first - 1.5) > 1e-2, "no division by the deviation here"
    draw = torch.Generator().manual_seed(0)
    drawn = [torch.randn(shape, generator=draw) for shape in ((1, 2), (3, 5), (4, 3))]
    for given in (rewards, *drawn):
        expected = [
            [reward - (sum(row) - reward) / (len(row) - 1) for reward in row]
            for row in given.tolist()
        ]
        got = leave_one_out(given.clone())
        assert got.shape == given.shape and torch.allclose(
            got.float(), torch.tensor(expected), atol=1e-4
        ), (
            f"rewards {tuple(given.shape)}, first group: {_short(got.tolist()[0])}, expected "
            f"{_short(expected[0])}"
        )
    print("right: each reward against the mean of the others")


def _short(values: list[float]) -> list[float]:
    return [round(value, 3) for value in values]
