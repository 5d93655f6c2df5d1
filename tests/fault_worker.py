"""A fine-tuning that is killed at random moments, and goes on; its process is started in no time.

PyTorch and the rest are imported once. Each attempt is a fork of this process, and is ended by
SIGKILL after a random share of the time that a whole run takes. `test_faults.py` says what for.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from shared import data, models, runs, training
from shared.runs import is_whole

training.CHECKPOINT_EVERY = 3  # often, so that many kills meet one that is being written
RECIPE = training.Recipe(1e-3, epochs=2, batch_size=8, max_length=32, train_examples=160,
                         validation_examples=40)  # fmt: skip


def attempt(folder: Path, model: str, seconds: float = 0.0) -> bool:
    """Fine-tune in a process of its own; kill it after some seconds; tell whether it was killed."""
    process = os.fork()
    if not process:
        os.environ["COURSE_RUNS"] = str(folder)
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        training.fine_tune(SPLITS, RECIPE, model)
        os._exit(0)
    if seconds:
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def result(folder: Path) -> dict[str, str] | None:
    """Return the hashes of what was made, if it is there; assert that it is whole."""
    made = [p for p in (folder / "fine_tuned").glob("*") if p.is_dir() and p.suffix != ".partial"]
    if not made:
        return None
    assert len(made) == 1 and is_whole(made[0]), f"half-written: {made}"
    files = sorted(path for path in made[0].iterdir() if path.name not in ("provenance.json",
                   "manifest.json"))  # fmt: skip
    return {path.name: runs.sha256(path) for path in files}


def main(folder: Path, model: str, kills: int) -> None:
    """Print how many kills there were, how many runs went on from a checkpoint, and ended."""
    chance = random.Random(8)
    begin = time.monotonic()
    attempt(folder / "whole", model)
    whole, expected = time.monotonic() - begin, result(folder / "whole")
    assert expected and "model.safetensors" in expected
    killed = continued = ended = 0
    while killed < kills:
        continued += bool(list((folder / "killed").glob("fine_tuned/*.partial/checkpoints/step-*")))
        killed += attempt(folder / "killed", model, chance.uniform(0.1, 0.8) * whole)
        if found := result(folder / "killed"):
            assert found == expected, "it went on to another result"
            ended += 1
            shutil.rmtree(folder / "killed" / "fine_tuned")
    attempt(folder / "killed", model)
    assert result(folder / "killed") == expected
    print(json.dumps({"killed": killed, "continued": continued, "ended": ended}))


if __name__ == "__main__":
    SPLITS = data.load("amazon")
    models.resolve(sys.argv[2])
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
