"""A fine-tuning that is killed at random moments, and goes on; its process is started in no time.

PyTorch and the rest are imported once. Each attempt is a fork of this process, and is ended by
SIGKILL after a random share of the time that a whole run takes or, every second time, in the moment
when the files are seen to have changed for a random number of times: while one is being written.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from shared import checkpoints, classification, data, models, runs
from shared.recipes import Recipe
from shared.runs import is_whole

checkpoints.CHECKPOINT_EVERY = 3  # often, so that many kills meet one that is being written
RECIPE = Recipe(1e-3, epochs=2, batch_size=8, max_length=32, train_examples=160,
                         validation_examples=40)  # fmt: skip


def listing(folder: Path) -> list[tuple[str, int]]:
    """Return the files of a folder and their sizes."""
    return [
        (os.path.join(parent, name), os.stat(os.path.join(parent, name)).st_size)
        for parent, _, names in os.walk(folder)
        for name in names
    ]


def wait_for_changes(folder: Path, changes: int, process: int) -> None:
    """Wait until files were seen to change so often, or the process has ended."""
    before: list[tuple[str, int]] = []
    while changes and os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        try:
            now = listing(folder)
        except FileNotFoundError:  # gone between two looks: changed
            now = []
        changes -= now != before
        before = now
        time.sleep(0.0002)


def attempt(folder: Path, model: str, seconds: float = 0.0, changes: int = 0) -> bool:
    """Fine-tune in a process of its own; kill it some time; tell whether it was killed."""
    process = os.fork()
    if not process:
        os.environ["COURSE_RUNS"] = str(folder)
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        classification.fine_tune(SPLITS, RECIPE, model)
        os._exit(0)
    if seconds or changes:
        time.sleep(seconds)
        wait_for_changes(folder, changes, process)
        os.kill(process, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status in (0, -signal.SIGKILL), "it could not go on from what was left"
    return status != 0


def result(folder: Path) -> dict[str, str] | None:
    """Return the hashes of what was made, if it is there; assert that it is whole."""
    made = [path for path in (folder / "fine_tuned").glob("[!.]*") if path.is_dir()]
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
        left = (folder / "killed").glob("fine_tuned/.*.partial/checkpoints/step-*")
        continued += bool(list(left))
        moment = {"seconds": chance.uniform(0.1, 0.8) * whole}
        if killed % 2:
            moment = {"changes": chance.randint(1, 60)}
        killed += attempt(folder / "killed", model, **moment)
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
