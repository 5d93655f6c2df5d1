"""A user's instructions and preferences: JSON Lines, read with an error that names the row."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from shared.chat_questions import questions
from shared.errors import UserError, short
from shared.files import read_text

Turns = list[dict[str, str]]
ROLES = ("system", "user", "assistant")
FEWEST = 5  # rows: a fifth of them is held out
MOST_TOKENS = 512  # of a conversation


def _rows(path: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where a row stands, and the row; refuse what is no object."""
    text, assumed = read_text(Path(path), "JSON Lines")
    if assumed:
        print(f"{Path(path).name}: read {', '.join(assumed)}")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) < FEWEST:
        raise UserError(
            f"{name} = {short(path)}: {len(lines)} rows, expected at least {FEWEST}, one JSON "
            f"object on each line."
        )
    for number, line in lines:
        where = f"{name} = {short(path)}, row {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise UserError(f"{where}: it is not JSON: {short(line)}.") from None
        if not isinstance(row, dict):
            raise UserError(f"{where}: expected an object, such as {{…}}, not {short(row)}.")
        yield where, row


def _text(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{where}: {key} = {short(value)}: expected a text that is not empty.")
    return value


def read_instructions(path: str) -> list[tuple[Turns, str]]:
    """Return conversations: the turns up to the last answer, and that answer.

    Args:
        path: A file whose rows have `messages`: a list of `role` and `content`, the last of the
            role assistant. Empty: an example, answers in JSON.

    Raises:
        UserError: The file cannot be read, or a row is something else.
    """
    if not path:
        return [([{"role": "user", "content": text}], json.dumps({"answer": word}))
                for text, word in questions()[:15]]  # fmt: skip
    found = []
    for where, row in _rows(path, "instructions"):
        turns = row.get("messages")
        if not isinstance(turns, list) or len(turns) < 2:
            raise UserError(f"{where}: messages = {short(turns)}: expected a list of two or more.")
        if not all(isinstance(turn, dict) for turn in turns):
            raise UserError(f"{where}: each message has to be an object with role and content.")
        clean = [{"role": _text(turn, "role", where), "content": _text(turn, "content", where)}
                 for turn in turns]  # fmt: skip
        if odd := [turn["role"] for turn in clean if turn["role"] not in ROLES]:
            raise UserError(f"{where}: role = {short(odd[0])}: expected {', '.join(ROLES)}.")
        if clean[-1]["role"] != "assistant":
            raise UserError(
                f"{where}: the last message is of {clean[-1]['role']}: expected assistant, whose "
                f"answer is learnt."
            )
        found.append((clean[:-1], clean[-1]["content"]))
    return found


def read_preferences(path: str) -> list[tuple[Turns, str, str]]:
    """Return the turns of a prompt, the chosen and the rejected answer of each row.

    Args:
        path: A file whose rows have `prompt`, `chosen` and `rejected`. Empty: an example, in which
            one word is preferred to a sentence.

    Raises:
        UserError: The file cannot be read, or a row is something else.
    """
    if not path:
        return [([{"role": "user", "content": text}], f"{word}.", f"The answer is {word}.")
                for text, word in questions()[20:35]]  # fmt: skip
    found = []
    for where, row in _rows(path, "preferences"):
        prompt, chosen, rejected = (_text(row, key, where)
                                    for key in ("prompt", "chosen", "rejected"))  # fmt: skip
        if chosen == rejected:
            raise UserError(f"{where}: chosen and rejected are the same: {short(chosen)}.")
        found.append(([{"role": "user", "content": prompt}], chosen, rejected))
    return found


def must_chat(tokenizer: PreTrainedTokenizerBase, model_name: str) -> None:
    """Refuse a tokenizer without a chat template, or without a token that ends an answer.

    Raises:
        UserError: It is so.
    """
    lacks = "chat template" if not tokenizer.chat_template else "end token"
    if not tokenizer.chat_template or tokenizer.eos_token_id is None:
        raise UserError(
            f"model_name = {short(model_name)}: its tokenizer has no {lacks}: expected a model "
            f"for conversations, such as smollm2 or Qwen/Qwen3-0.6B."
        )


def must_fit(
    encoded: Sequence[tuple[list[int], list[bool]]], name: str, say: Callable[[int], int] = int
) -> None:
    """Refuse conversations that are too long to train on here.

    Args:
        encoded: Ids and mask of each.
        name: The parameter.
        say: From the number of a conversation to that of its row, both from 0.

    Raises:
        UserError: One has more than `MOST_TOKENS` tokens.
    """
    for number, (ids, _) in enumerate(encoded):
        if len(ids) > MOST_TOKENS:
            raise UserError(
                f"{name}, conversation {say(number) + 1}: {len(ids)} tokens, expected at most "
                f"{MOST_TOKENS}. Shorten or split it."
            )
