"""One training in several processes (`accelerate launch`, `torchrun`), or in one.

They share each batch, and the mean over the batch stays the mean over its examples, however they
are shared out.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from shared.batches import predict
from shared.errors import UserError
from shared.models import best_device

Result = TypeVar("Result")


def accelerator() -> Accelerator:
    """Return what knows this process's device, its rank and the other processes."""
    return Accelerator(cpu=best_device().type == "cpu")


def share_of(batch: list, rank: int, processes: int) -> tuple[list, float]:
    """Return one process's examples of a batch, and the weight of their mean loss.

    Gradients and losses are averaged over processes, so that the weight is what makes the result
    the mean over the batch's examples: their number over the batch's, times the processes. A
    process that is left without any takes the first with weight 0, since all must take each step.
    """
    mine = batch[rank::processes]
    return mine or batch[:1], len(mine) * processes / len(batch)


def must_start_together(step: int, folder: object) -> None:
    """Compare the steps at which the processes start.

    Args:
        step: Of this process.
        folder: Where it looked for checkpoints.

    Raises:
        UserError: The processes do not see the same checkpoint.
    """
    if len(steps := set(gather_object([step]))) > 1:
        raise UserError(
            f"The processes start at the steps {sorted(steps)}: {str(folder)!r} must be the same "
            f"folder for all. Set COURSE_RUNS to a file system that all hosts share."
        )


def predict_together(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    max_length: int,
) -> np.ndarray:
    """Return what `predict` does; each process computes its part, and all get the whole."""
    workers = accelerator()
    rank, processes = workers.process_index, workers.num_processes
    logits = np.zeros((len(texts), model.config.num_labels), dtype=np.float32)
    mine = texts[rank::processes]
    parts = gather_object([predict(model, tokenizer, mine, max_length) if mine else logits[:0]])
    for index, part in enumerate(parts):
        logits[index::processes] = part
    return logits


def led_by_main(
    lead: Callable[[Callable[[Any], None]], Result], work: Callable[[Any], object]
) -> Result:
    """Return in all processes what `lead` returns, which runs in the main one alone.

    Only the main process looks for what was made before, locks and writes, so the others cannot
    know whether there is work. They wait for messages: first tasks, if any, then the result.

    Args:
        lead: Gets a function to call with a task when all processes must work on it.
        work: What the others do with a task; `lead` does its part itself.
    """
    if accelerator().is_main_process:
        result = lead(lambda task: broadcast_object_list([("task", task)]))
        broadcast_object_list([("result", result)])
        return result
    while True:
        kind, content = broadcast_object_list([("", None)])[0]
        if kind == "result":
            return content
        work(content)
