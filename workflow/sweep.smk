"""The trials of one sweep; `python workflow/sweeps.py NAME` checks its table and calls this.

A trial's file is named by the hash of everything it depends on, and is written completely or not at
all: if it exists, it is valid, on any machine. So no other records are needed (see the options in
sweeps.py), and a killed run or a lost node costs only the trials that were running.
"""

import sys

from snakemake.exceptions import WorkflowError
from snakemake.utils import Paramspace

import pandas as pd

from shared import ROOT

sys.path.insert(0, str(ROOT / "workflow"))  # on Kubernetes this file is a copy in another folder
import sweeps

if "sweep" not in config:
    raise WorkflowError("--config sweep=NAME is missing. For resources use --set-resources.")
FOLDER = sweeps.folder_of(config["sweep"])
PLAN = FOLDER.with_suffix(".plan.parquet")
# A job on another node runs one trial: it need not know about the others, or read them.
ROWS = pd.DataFrame(columns=["part", "trial"])
SPACE = Paramspace(ROWS if workflow.remote_exec else pd.read_parquet(PLAN, columns=[*ROWS]))


rule all:
    input:
        [f"{FOLDER}/{trial}.json" for trial in SPACE.instance_patterns],


rule trial:
    input:
        plan=ancient(str(PLAN)),  # a new plan changes no trial, whose name is its hash
    output:
        # `update`: the file is not removed before the trial starts. A job that waits in a cluster's
        # queue while another run finishes its trial finds the result.
        update(f"{FOLDER}/{SPACE.wildcard_pattern}.json"),
    params:
        python=sys.executable,
        script=str(ROOT / "workflow" / "sweep_trial.py"),
    threads: 1
    shell:
        "export OMP_NUM_THREADS={threads} MKL_NUM_THREADS={threads} OPENBLAS_NUM_THREADS={threads} "
        "RAYON_NUM_THREADS={threads}; "
        "{params.python:q} {params.script:q} {input.plan:q} {wildcards.trial:q} {output:q}"
