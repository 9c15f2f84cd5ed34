"""The table of who catches what: every planted mutant put on trial, and what only one oracle finds.

python tests/mutants/table.py             prints it, and says what nobody caught; exit status 1 if there is such
python tests/mutants/table.py --write     writes docs/mutants.md
python tests/mutants/table.py --out DIR   writes each mutant as a file for --plugin
"""

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from mutants import ALL
from planted import ORACLES, ROOT, Mutant
from trial import LOADS, SEEDS, Trial, put_on_trial

DOCS = ROOT / "docs" / "mutants.md"
INTRODUCTION = f"""# Mutants: what the verdicts are worth

<!-- Written by tests/mutants/table.py --write; a test compares it. -->

Each mutant is a shipped plugin with one planted fault, or a shipped algorithm as it is where its assumptions do not
hold. The faults are those of textbooks, papers and public code. Every one is put before `mxbench check`, which tries
every schedule within a bound, and runs on the simulator under {len(LOADS)} loads ({", ".join(LOADS)}) with {SEEDS}
seeds each, judged by every oracle. A number behind an oracle says at how many of the seeds it found the fault. The
unchanged plugins pass all of this.

The oracles on runs: *fencing* (a number was given twice), *overlap* (two nodes inside on the clock), *order* (against
the order that the algorithm promises), *register* (a lost update of the counter), *ledger* (a fork, or money from
nowhere), *progress* (somebody waits for ever), *contract* (the plugin breaks its rules, or raises), *stall* (messages
flow for ever and nobody enters), *claim* (it costs not what it claims), *expect* (a bound on a field of the row, here
on overtaking).
"""


def try_all(mutants: Sequence[Mutant] = ALL) -> list[Trial]:
    """Return the trial of each mutant, carried out in as many processes as there are processors."""
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        return list(pool.map(put_on_trial, mutants))


def uncaught(trials: Sequence[Trial]) -> list[str]:
    """Return the mutants that nothing caught."""
    return [trial.mutant.name for trial in trials if not trial.oracles]


def alone(trials: Sequence[Trial]) -> dict[str, list[str]]:
    """Return for each oracle the mutants that it alone caught on some load, where runs are all that one has."""
    return {
        oracle: [trial.mutant.name for trial in trials if any(set(by) == {oracle} for by in trial.by_load.values())]
        for oracle in ORACLES
    }


def document(trials: Sequence[Trial]) -> str:
    """Return docs/mutants.md."""
    parts = [INTRODUCTION]
    titles = {
        False: "## Planted mutants",
        True: "## Shipped algorithms outside their assumptions, expected to fail",
    }
    for outside, title in titles.items():
        parts += [
            title,
            "",
            "| Mutant of | Fault | `mxbench check` finds | Runs find (seeds of 10) |",
            "|---|---|---|---|",
        ]
        parts += [line(trial) for trial in trials if trial.mutant.outside is outside]
        parts.append("")
    parts += ["## What each oracle is there for", "",
              "| Oracle | Catches | On some load it alone catches |", "|---|---|---|"]  # fmt: skip
    for oracle, names in alone(trials).items():
        caught = sum(oracle in trial.seeds for trial in trials)
        parts.append(f"| {oracle} | {caught} | {', '.join(names) or ALONE_NEVER[oracle]} |")
    return "\n".join(parts) + "\n"


ALONE_NEVER = {
    "overlap": "none can be: an overlap implies a repeated number (tested)",
}


def line(trial: Trial) -> str:
    """Return the row of one mutant."""
    mutant = trial.mutant
    found, steps = trial.pinned
    question = ", ".join(f"{key} {value}" for key, value in mutant.question.items()) or "nodes 3, requests 2"
    checked = f"{found}, {steps} steps ({question})" if found else f"nothing ({question})"
    if trial.found is None:
        checked = "not asked: it runs no workload"
    runs = ", ".join(f"{oracle} {count}" for oracle, count in trial.seeds.items()) or "nothing"
    return f"| {mutant.algorithm} | **{mutant.name}** {mutant.fault} ({mutant.source}) | {checked} | {runs} |"


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {DOCS.relative_to(ROOT)}")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write each mutant as a file")
    options = parser.parse_args()
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        for mutant in ALL:
            if not mutant.outside:
                print(mutant.write(options.out))
        return 0
    trials = try_all()
    if options.write:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(document(trials), encoding="utf-8")
    print(document(trials))
    missed = uncaught(trials)
    print(f"{len(trials)} mutants, {len(missed)} uncaught{': ' + ', '.join(missed) if missed else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
