"""A process that runs one Cluster and says on standard output how far it has come: the parent that tests put an end to.

Its arguments: a folder, a RunPlan as JSON, and perhaps the seconds of silence after which a node is given up.
"""

import sys
from pathlib import Path

import msgspec

from mxbench.core.plan import Progress, RunPlan
from mxbench.net import cluster


def say(line: str) -> None:
    print(line, flush=True)


def main(folder: str, plan: str, silent_seconds: str = "10") -> None:
    cluster.SILENT_SECONDS = float(silent_seconds)
    told: list[int] = []

    def on_progress(progress: Progress) -> None:
        if not told:
            say("running " + " ".join(str(pid) for pid in run.pids.values()))
        told.append(progress.entries)

    run = cluster.Cluster(msgspec.json.decode(plan, type=RunPlan), Path(folder), on_progress)
    try:
        history = run.run()
    except KeyboardInterrupt:
        say("interrupted")
        raise SystemExit(130) from None
    say(f"{history.ending.reason} {history.ending.failed} {len(history.entries)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
