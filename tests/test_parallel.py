"""A training in several processes (gloo, on loopback) does what it does in one."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from shared import batches, classification, parallel

WORKER = Path(__file__).with_name("parallel_worker.py")
LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--master_addr", "127.0.0.1", "--nproc_per_node"],
    # `--cpu` would silently start a single process: its N processes are MPI's.
    "accelerate": ["accelerate.commands.launch", "--multi_gpu", "--num_machines", "1",
                   "--mixed_precision", "no", "--dynamo_backend", "no", "--num_processes"],
}  # fmt: skip


def launch(launcher: str, processes: int, case: str, model: Path, folder: Path) -> list[dict]:
    """Return what each process saw; the processes find their code and results as ours do."""
    folder.mkdir()
    words = [sys.executable]
    if processes > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        flag = "--master_port" if launcher == "torchrun" else "--main_process_port"
        words += ["-m", *LAUNCHERS[launcher], str(processes), flag, str(port)]
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    environment = os.environ | {"GLOO_SOCKET_IFNAME": loopback, "OMP_NUM_THREADS": "1"}
    environment |= {"COURSE_RUNS": str(folder / "runs")}
    done = subprocess.run(
        [*words, str(WORKER), case, str(model), str(folder)],
        capture_output=True, text=True, env=environment, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads((folder / f"rank-{i}.json").read_text()) for i in range(processes)]


@pytest.fixture(scope="module")
def alone(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    return launch("", 1, "all", tiny_model, tmp_path_factory.mktemp("one") / "x")[0]


@pytest.fixture(scope="module")
def both(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    return launch("torchrun", 2, "all", tiny_model, tmp_path_factory.mktemp("two") / "x")


def curve(run: dict) -> list[float]:
    return [row["loss"] for row in run["steps"]]


@pytest.mark.parametrize("kind", ["classes", "regression"])
def test_two_processes_have_the_loss_curve_of_one(alone: dict, both: list[dict], kind: str) -> None:
    assert [seen["processes"] for seen in both] == [2, 2]
    one, two = alone[kind], both[0][kind]
    assert len(one["steps"]) == len(two["steps"]) >= 6
    np.testing.assert_allclose(curve(two), curve(one), rtol=0, atol=1e-4)
    for name in one["evaluations"][0]:
        values = [[row[name] for row in run["evaluations"]] for run in (two, one)]
        np.testing.assert_allclose(*values, rtol=0, atol=1e-4)
    np.testing.assert_allclose(two["weights"], one["weights"], rtol=0, atol=1e-2)
    assert both[1][kind] == two  # the best weights, also in the process that writes nothing


def test_an_interrupted_run_of_two_ends_the_same_bit_for_bit(both: list[dict]) -> None:
    for seen in both:
        assert seen["stopped"] == ["step-00000004"]
        assert seen["resumed"] == seen["whole"]
        assert seen["files"] == ["step-00000020"]


def test_dropout_differs_between_processes_and_not_between_runs(
    alone: dict, both: list[dict]
) -> None:
    assert curve(both[0]["whole"]) != pytest.approx(curve(alone["whole"]), abs=1e-4)
    assert both[0]["whole"] == both[1]["whole"]


def test_one_process_writes_the_artifact_and_all_get_it(both: list[dict]) -> None:
    first, second = both
    assert first["paths"] == second["paths"] and len(set(first["paths"])) == 1
    assert first["made"] == second["made"]
    assert first["sound"] and first["written"] > 0 and second["written"] == 0


def test_more_processes_than_examples_in_a_batch(
    alone: dict, tiny_model: Path, tmp_path: Path
) -> None:
    two = launch("accelerate", 2, "few", tiny_model, tmp_path / "two")
    assert [seen["processes"] for seen in two] == [2, 2]
    np.testing.assert_allclose(curve(two[0]["few"]), curve(alone["few"]), rtol=0, atol=1e-4)


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 7])
def test_each_example_is_shared_out_once_and_weighs_the_same(processes: int) -> None:
    sampler = batches.LengthBuckets(np.random.default_rng(0).integers(5, 60, 151), 16, seed=1)
    assert 7 in [len(batch) for batch in list(sampler)[:-1]]  # a short batch, not the last
    used = []
    for batch in sampler:
        shares = [parallel.share_of(batch, rank, processes) for rank in range(processes)]
        used += [row for mine, weight in shares for row in mine if weight]
        assert all(mine for mine, _ in shares)
        values = np.asarray(batch, dtype=float)
        mean = np.mean([weight * np.mean(mine) for mine, weight in shares])
        assert mean == pytest.approx(values.mean())
    assert sorted(used) == list(range(151))


def test_processes_that_see_different_checkpoints_are_named(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from parallel_worker import RECIPE, parts

    from shared import models

    monkeypatch.setattr(parallel, "gather_object", lambda steps: [*steps, 50])
    splits, model = parts("binary", 20), models.load_classifier(str(tiny_model))
    with pytest.raises(ValueError, match=r"start at the steps \[0, 50\]: 'None' must be the same"):
        classification.fit(
            model, models.load_tokenizer(), splits["train"], splits["validation"], RECIPE
        )
    assert torch.isfinite(model.classifier.weight).all()
