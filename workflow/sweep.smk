"""The trials of one sweep; `python workflow/sweeps.py NAME` checks its table and calls this.

A trial's file is named by the hash of all that it depends on, and is written whole or not at all:
if it is there, it is right, on any machine. So nothing has to be noted beside it (see the options in
sweeps.py), and a run that was killed, or a node that was lost, costs the trials that were running.
"""

import sys

from snakemake.utils import Paramspace

import pandas as pd

from shared import ROOT

sys.path.insert(0, str(ROOT / "workflow"))  # on Kubernetes this file is a copy, elsewhere
import sweeps

SWEEP = config["sweep"]
FOLDER = sweeps.folder_of(SWEEP)
PLAN = FOLDER.with_suffix(".plan.parquet")
# A job on another node makes one trial: it need not know, nor read, the others.
ALONE = workflow.remote_exec
ROWS = pd.DataFrame(columns=["part", "trial"])
SPACE = Paramspace(ROWS if ALONE else pd.read_parquet(PLAN, columns=["part", "trial"]))


rule all:
    input:
        [f"{FOLDER}/{trial}.json" for trial in SPACE.instance_patterns],


rule trial:
    input:
        plan=ancient(str(PLAN)),  # a new plan changes no trial: its hash is its name
    output:
        # `update`: not removed before the trial starts. A job that waits in a cluster's queue while a
        # second run makes its trial finds it made.
        update(f"{FOLDER}/{SPACE.wildcard_pattern}.json"),
    params:
        python=sys.executable,
        script=str(ROOT / "workflow" / "sweeps.py"),
    threads: 1
    resources:
        mem_mb=config.get("mem_mb", 3000),
        runtime=config.get("runtime", 60),
    shell:
        "export OMP_NUM_THREADS={threads} MKL_NUM_THREADS={threads} OPENBLAS_NUM_THREADS={threads} "
        "RAYON_NUM_THREADS={threads}; "
        "{params.python:q} {params.script:q} {input.plan:q} --trial {wildcards.trial:q} --record {output:q}"
