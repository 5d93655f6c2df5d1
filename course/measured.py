"""Note what each notebook took in the last `make run`, for the tables of the READMEs.

    make measured

Two notebooks run at once, each with half of the cores.
"""

import json
import os
import sys
from pathlib import Path

import pandas as pd
from generate import write_changed
from lesson import ROOT, lessons

from shared.whole import write_whole


def main() -> int:
    """Write each lesson's `measured.json`; return the exit status."""
    runs = Path(os.environ.get("COURSE_RUNS", ROOT / "runs"))
    lacking = [x.name for x in lessons() if not (runs / f"{x.name}.benchmark.tsv").is_file()]
    if lacking:
        print(f"{runs} has no results of {', '.join(lacking)}: make measured.", file=sys.stderr)
        return 1
    for lesson in lessons():
        took = pd.read_csv(runs / f"{lesson.name}.benchmark.tsv", sep="\t").iloc[-1]
        said = {"GiB": round(took["max_rss"] / 1024, 1), "seconds": round(took["s"])}
        write_whole(lesson.folder / "measured.json", json.dumps(said, indent=1) + "\n")
    for path in write_changed():
        print("written:", path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
