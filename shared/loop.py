"""One training loop for all tasks: it is handed model, batches, loss, evaluation and checkpoints.

It knows no task and no metric. The same code runs in one process or in several (`shared.parallel`).
"""

from collections.abc import Callable

import numpy as np
import torch
from accelerate import Accelerator
from tqdm.auto import tqdm

from shared.checkpoints import Checkpoints
from shared.errors import UserError, short
from shared.parallel import accelerator, must_start_together, share_of
from shared.recipes import History, Recipe

READ_EVERY = 10  # steps after which their losses are read, for which a GPU must be waited for


class NotFiniteError(UserError, FloatingPointError):
    """A loss that is infinite or no number: the training diverged."""


def rate(step: int, total: int, warmup: int) -> float:
    """Return the share of the peak learning rate: linear warm-up, then linear decay to 0.

    Args:
        step: From 0 on.
        total: Of all steps.
        warmup: Steps in which it rises.
    """
    if step < warmup:
        return step / warmup
    return max(0.0, (total - step) / max(1, total - warmup))


def parameter_groups(model: torch.nn.Module, weight_decay: float) -> list[dict]:
    """Return the trainable parameters in two groups: matrices decay, vectors (biases, norms) not.

    Source: Devlin et al. (2019), appendix A.2, as in the authors' code.
    """
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trainable if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.ndim < 2], "weight_decay": 0.0},
    ]


def seed_of(*numbers: int) -> int:
    """Return a seed for each combination of numbers, such as seed, step and rank."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def computes_in_bfloat16(device: torch.device) -> bool:
    """Tell whether a device has instructions for bfloat16; emulated, it is very slow."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and any(
        there for name, there in torch.cpu.get_capabilities().items() if "bf16" in name
    )


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Return the context in which matrix products have this precision (see `Recipe`).

    Raises:
        UserError: There is no such precision, or the device does not compute in it.
    """
    if precision not in ("auto", "float32", "bfloat16"):
        raise UserError(f"precision = {short(precision)}: expected auto, float32 or bfloat16.")
    native = precision != "float32" and computes_in_bfloat16(device)
    if precision == "bfloat16" and not native:
        raise UserError(
            f"precision = 'bfloat16': this {device.type} has no instructions for it and would take "
            f"up to a thousand times as long. Use 'float32', or 'auto'."
        )
    enabled = native and (precision == "bfloat16" or device.type == "cuda")
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def train(
    model: torch.nn.Module,
    order: Callable[[int], list[list[int]]],
    loss_of: Callable[[torch.nn.Module, list[int]], torch.Tensor],
    recipe: Recipe,
    *,
    evaluate: Callable[[], dict[str, float]] | None = None,
    checkpoints: Checkpoints | None = None,
    betas: tuple[float, float] = (0.9, 0.999),
    advice: str = "",
    progress: bool = True,
) -> History:
    """Train in place what may be trained, on `shared.models.best_device`.

    Args:
        model: Any; `loss_of` gets it back, prepared for several processes where there are such.
        order: Returns the rows of each batch of an epoch, the same each time.
        loss_of: Returns the mean loss of the examples in these rows. It moves what it needs to
            the model's device.
        recipe: How. What it says of examples, length and freezing is the caller's business.
        evaluate: Called after each epoch; what it returns is kept. An entry `loss` must be finite.
        checkpoints: Then an interrupted training continues, and ends with the same weights, bit for
            bit, as an uninterrupted one; at the end the best weights are loaded, not the last.
        betas: Of AdamW.
        advice: What else to do about a loss that is not finite; the end of a message.
        progress: Whether a bar shows the steps.

    Raises:
        NotFiniteError: The loss is not finite.
        UserError: The processes do not see the same checkpoint, or the device does not compute in
            the recipe's precision.
    """
    workers = accelerator()
    rank, processes = workers.process_index, workers.num_processes
    precision = autocast(recipe.precision, workers.device)
    optimizer = torch.optim.AdamW(
        parameter_groups(model, recipe.weight_decay),
        lr=recipe.learning_rate,
        betas=betas,
        fused=True,
    )
    step, history = checkpoints.restore(model, optimizer) if checkpoints else (0, History())
    must_start_together(step, checkpoints and checkpoints.folder)
    raw_model = model
    model, optimizer = workers.prepare(model, optimizer)
    log = _Log(history, workers, f"lower learning_rate ({recipe.learning_rate:g}){advice}")
    steps = len(order(0))  # of an epoch
    total = steps * recipe.epochs
    warmup = round(recipe.warmup * total)
    hidden = rank > 0 or not progress
    bar = tqdm(total=total, initial=step, desc="training", unit="step", leave=False, disable=hidden)
    torch.manual_seed(recipe.seed + rank)  # of dropout
    for epoch in range(step // steps, recipe.epochs):
        model.train()
        for batch in order(epoch)[step - epoch * steps :]:
            if checkpoints:  # from step and process alone: a resumed training repeats dropout
                torch.manual_seed(seed_of(recipe.seed, step, rank))
            learning_rate = recipe.learning_rate * rate(step, total, warmup)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            rows, weight = share_of(batch, rank, processes)
            with precision:
                loss = loss_of(model, rows) * weight
            workers.backward(loss)
            workers.clip_grad_norm_(model.parameters(), recipe.max_norm)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            log.add(step, loss.detach(), learning_rate)
            bar.update()
            if checkpoints and step % checkpoints.every == 0 and step % steps:
                log.read()
                checkpoints.save(raw_model, optimizer, step, history)
        log.read()
        raw_model.eval()
        if evaluate:
            row = {"step": step, **evaluate()}
            log.must_be_finite(row.get("loss", 0.0), step)
            history.evaluations.append(row)
        if checkpoints:
            checkpoints.save(raw_model, optimizer, step, history)
            bar.set_postfix_str(f"validation {checkpoints.score(row):.3f}" if evaluate else "")
    bar.close()
    workers.wait_for_everyone()
    if checkpoints:
        checkpoints.load_best(raw_model)
    raw_model.eval()
    return history


class _Log:
    """Losses of steps, left on the device until they are read, since reading waits for it."""

    def __init__(self, history: History, workers: Accelerator, advice: str) -> None:
        self.history, self.workers, self.advice = history, workers, advice
        self.unread: list[tuple[int, torch.Tensor, float]] = []

    def add(self, step: int, loss: torch.Tensor, learning_rate: float) -> None:
        self.unread.append((step, loss, learning_rate))
        if len(self.unread) == READ_EVERY:
            self.read()

    def read(self) -> None:
        """Write the losses, each the mean over all processes, into the history.

        Raises:
            NotFiniteError: Naming the first step whose loss is not finite.
        """
        if not self.unread:
            return
        losses = torch.stack([loss for _, loss, _ in self.unread])
        means = self.workers.reduce(losses, "mean").tolist()
        for (step, _, learning_rate), loss in zip(self.unread, means, strict=True):
            self.must_be_finite(loss, step)
            row = {"step": step, "loss": loss, "learning_rate": learning_rate}
            self.history.steps.append(row)
        self.unread.clear()

    def must_be_finite(self, loss: float, step: int) -> None:
        if not np.isfinite(loss):
            raise NotFiniteError(f"The loss is {loss} at step {step}: {self.advice}.")
