"""The state of a training on disk, in safetensors and JSON, and its best weights."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from shared.recipes import History

CHECKPOINT_EVERY = 50  # steps


class Checkpoints:
    """Keeps the last state, from which an interrupted training continues, and the best weights.

    Frozen weights are not kept, since they never change: half of the model or more.
    """

    def __init__(
        self,
        folder: Path | None,
        score: Callable[[dict[str, float]], float],
        every: int = 0,
        writes: bool = True,
    ) -> None:
        """Keep the state in a folder, or without one only the best weights, in memory.

        Args:
            folder: Several hosts need it on a file system they share.
            score: What is highest for the best of the evaluations.
            every: Steps after which the state is saved; 0: `CHECKPOINT_EVERY`.
            writes: Whether this process is the one of several that writes.
        """
        self.folder, self.score, self.writes = folder, score, writes
        self.every = every or CHECKPOINT_EVERY
        self.best: dict[str, torch.Tensor] = {}

    def restore(
        self, model: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[int, History]:
        """Load the last state, if there is one; return its step, or 0, and the history so far."""
        saved = sorted(self.folder.glob("step-*")) if self.folder else []
        if not saved:
            return 0, History()
        state = json.loads((saved[-1] / "state.json").read_text())
        model.load_state_dict(load_file(saved[-1] / "model.safetensors"), strict=False)
        self.best = load_file(saved[-1] / "best.safetensors") if state["has_best"] else {}
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in load_file(saved[-1] / "optimizer.safetensors").items():
            index, key = name.split(".")
            moments.setdefault(int(index), {})[key] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
        return state["step"], History(**state["history"])

    def save(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        step: int,
        history: History,
    ) -> None:
        """Keep the weights if they are the best so far, and write the state: whole, or not."""
        frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
        weights = {k: v for k, v in model.state_dict().items() if k not in frozen}
        if self._are_best(step, history):
            self.best = {name: value.detach().clone() for name, value in weights.items()}
        if self.folder is None or not self.writes:
            return
        final = self.folder / f"step-{step:08d}"
        partial = self.folder / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        save_file({k: v.contiguous() for k, v in weights.items()}, partial / "model.safetensors")
        if self.best:
            save_file(self.best, partial / "best.safetensors")
        moments = optimizer.state_dict()["state"]
        save_file(
            {f"{i}.{key}": value for i, values in moments.items() for key, value in values.items()},
            partial / "optimizer.safetensors",
        )
        state = {"step": step, "history": asdict(history), "has_best": bool(self.best)}
        (partial / "state.json").write_text(json.dumps(state))
        partial.rename(final)
        for older in self.folder.glob("step-*"):
            if older != final:
                shutil.rmtree(older)

    def _are_best(self, step: int, history: History) -> bool:
        *before, last = history.evaluations or [{"step": -1}]
        if last["step"] != step:  # not evaluated
            return False
        return self.score(last) > max(map(self.score, before), default=-np.inf)

    def load_best(self, model: torch.nn.Module) -> None:
        """Load the weights that were best, if any were evaluated."""
        if self.best:
            model.load_state_dict(self.best, strict=False)
