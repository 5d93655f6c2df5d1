"""The checks of notebook 16's exercises: each names the likely mistake, or says what was shown."""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor


def check_turns_mask(
    turns_mask: Callable[[list[tuple[str, list[int]]], int], tuple[list[int], list[bool]]],
) -> None:
    """Check the mask of a conversation of several turns."""
    turns = [("user", [5, 6]), ("assistant", [7]), ("user", [8]), ("assistant", [9, 10])]
    found = turns_mask(turns, 2)
    assert found is not None, "your function returns None: return ids and mask"
    ids, learnt = found
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
    assert turns_mask([("user", [1])], 2) == ([1, 2], [False, False]), "no answer, nothing learnt"
    print("right: both answers and their ends")


def check_ipo_loss(ipo_loss: Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]) -> None:
    """Check IPO's loss by values and by where its minimum lies."""
    zero = torch.zeros(2)
    found = ipo_loss(zero, zero, zero, zero, 0.1)
    assert found is not None, "your function returns None: return the loss"
    found = torch.as_tensor(found)
    assert found.ndim == 0, "return the mean over the pairs, one number"
    assert not torch.isclose(found, torch.tensor(2.0).log()), "this is DPO's loss"
    assert torch.isclose(found, torch.tensor(25.0)), (
        f"at the start it is (0 − 1 / (2 · 0.1))² = 25, not {float(found):.3f}"
    )
    best = ipo_loss(zero + 3, zero - 2, zero, zero, 0.1)
    assert torch.isclose(best, torch.tensor(0.0), atol=1e-5), (
        f"a margin of exactly 1 / (2β) = 5 has the loss 0, not {float(best):.3f}: is β applied to "
        "the log-ratios, too?"
    )
    beyond = ipo_loss(zero + 6, zero - 2, zero, zero, 0.1)
    assert float(beyond) > 1, "a margin beyond the target costs again: that is the point"
    moved = ipo_loss(zero + 3, zero - 2, zero + 1, zero + 1, 0.1)
    assert torch.isclose(moved, torch.tensor(0.0), atol=1e-5), "the reference has to be subtracted"
    uneven = ipo_loss(torch.tensor([5.0, 0.0]), zero, zero, zero, 0.1)
    assert torch.isclose(uneven, torch.tensor(12.5)), "square each pair, then take the mean"
    print("right: the loss is 0 at a margin of 5, and grows on both sides")


def check_json_answer(json_answer: Callable[[str, str], bool]) -> None:
    """Check a verifier of JSON with traps."""
    good = ('{"answer": "Paris"}', ' {"answer":"Paris"}\n', '{"answer": "paris"}')
    for text in good:
        assert json_answer(text, "Paris") is True, f"{text!r} is right: return True"
    traps = {
        '{"answer": "Lyon"}': "the answer is wrong",
        '{"answer": "Paris", "note": "Lyon"}': "there is a second key",
        '{"Answer": "Paris"}': "the key has another name",
        '["Paris"]': "it is a list",
        '"Paris"': "it is a text, not an object",
        "Paris": "it is not JSON",
        '{"answer": "Paris"} {"answer": "Lyon"}': "there are two objects",
        '{"answer": ["Paris", "Lyon"]}': "the value is a list",
        '{"answer": "Paris or Lyon"}': "it names two",
        '{"answer": null}': "there is no text",
        '{"answer": "Lyon", "answer": "Paris"}': "the key comes twice",
        "": "it is empty",
        "null": "it is no object",
        "{" * 3: "it is not JSON",
    }
    for text, why in traps.items():
        try:
            found = json_answer(text, "Paris")
        except Exception as error:
            raise AssertionError(
                f"{text!r} raises {type(error).__name__}: a verifier returns False"
            ) from None
        assert found is False, f"{text!r} got through, and {why}: return False"
    print(f"right: {len(good)} good answers, {len(traps)} traps")


def check_leave_one_out(leave_one_out: Callable[[Tensor], Tensor]) -> None:
    """Check advantages against the mean of the others."""
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
    expected = torch.zeros(2, 4)
    for row, column in itertools.product(range(2), range(4)):
        others = [float(r) for i, r in enumerate(rewards[row]) if i != column]
        expected[row, column] = float(rewards[row, column]) - sum(others) / 3
    assert torch.allclose(found, expected), f"first group: {found[0].tolist()}, expected " + str(
        [round(value, 3) for value in expected[0].tolist()]
    )
    print("right: each reward against the mean of the others")
