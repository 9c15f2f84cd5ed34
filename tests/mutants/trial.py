"""A mutant put on trial: the search of `mxbench check`, and seeded runs on the simulator judged by every oracle.

All runs of all mutants have the same five loads and ten seeds, but for what a mutant's `setting` says.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
from planted import ORACLES, Mutant

from mxbench.check.answer import check
from mxbench.core.claims import meets
from mxbench.core.faults import FaultPlan
from mxbench.core.history import History
from mxbench.core.network import network_of
from mxbench.core.plan import PluginRef, RunPlan
from mxbench.experiment.invocation import prepare
from mxbench.experiment.judge import judge, row
from mxbench.loading import load_class, load_file
from mxbench.registry import Registry
from mxbench.sim.world import World

SEEDS = 10
COMMON: dict[str, Any] = {
    "name": "mutants",
    "nodes": 3,
    "engine": "sim",
    "repeat": SEEDS,
    "network": {"delay": {"exponential": "1ms"}},
    "workload": {"entries_per_node": 5, "dwell": "1ms"},
    "stall_limit": "1s",
}
THINK = {"exponential": "2ms"}
LOADS: dict[str, dict[str, Any]] = {
    "hold": {"workload": {"type": "hold", "think": THINK}},
    "counter": {"workload": {"type": "counter", "think": THINK}},
    "bank": {"workload": {"type": "bank", "think": THINK}},
    "one at a time": {"workload": {"type": "hold", "arrivals": "one-at-a-time"}},
    # Claims for saturation are for messages that take the same time each.
    "saturated": {"workload": {"type": "hold", "think": "0s", "entries_per_node": 15}, "network": {"delay": "1ms"}},
}
PROPERTY_OF = {
    "mutual exclusion": "fencing", "no overlap": "overlap", "stamp order": "order", "no lost update": "register",
    "ledger": "ledger", "progress": "progress", "at most k inside": "width",
}  # fmt: skip
FAILURES = {"contract": "contract", "stalled": "stall", "time-limit": "stall"}


class Trial(NamedTuple):
    """What was found: by the search (its answer, None if it was not asked), and in runs (seeds by load and oracle)."""

    mutant: Mutant
    found: dict[str, Any] | None
    by_load: dict[str, dict[str, set[int]]]

    @property
    def seeds(self) -> dict[str, int]:
        """Of each oracle at how many of the seeds it found the mutant, on any load."""
        found = {oracle: set().union(*(by.get(oracle, set()) for by in self.by_load.values())) for oracle in ORACLES}
        return {oracle: len(seeds) for oracle, seeds in found.items() if seeds}

    @property
    def pinned(self) -> tuple[str | None, int | None]:
        """The property that the search found violated, and after how many steps."""
        if self.found is None or self.found["verdict"] == "valid":
            return None, None
        return self.found["property"] or self.found["verdict"], len(self.found["trace"])

    @property
    def oracles(self) -> set[str]:
        """All that caught it: oracles on runs, and the properties of the search."""
        return {*self.seeds} | {f"check: {name}" for name in self.pinned[:1] if name}


def put_on_trial(mutant: Mutant) -> Trial:
    """Search and run one mutant."""
    with TemporaryDirectory() as folder:
        file = mutant.write(Path(folder))
        found = None
        if not mutant.of_workload:
            # Not with what the original declares that it can forget: a fault may need it.
            found = check(class_of(mutant, file), **mutant.question, forget=False)
        return Trial(mutant, found, caught(mutant, file))


def class_of(mutant: Mutant, file: Path) -> type:
    """Return the class that a mutant's file registers."""
    module = load_file(mutant.file if mutant.broken else file)
    hook = module.mxbench_workloads if mutant.of_workload else module.mxbench_algorithms
    [cls] = [cls for cls in hook() if cls.name == mutant.registered]
    return cls


def caught(mutant: Mutant, file: Path) -> dict[str, dict[str, set[int]]]:
    """Return by load and oracle the seeds at which it finds the mutant."""
    found: dict[str, dict[str, set[int]]] = {name: {} for name in LOADS}
    for name, load in LOADS.items():
        if mutant.loads and name not in mutant.loads:
            continue
        for made in rows(mutant, file, load):
            for oracle in accusing(made, mutant.expect):
                found[name].setdefault(oracle, set()).add(made["seed"])
    return found


def accusing(made: Mapping[str, Any], expect: Mapping[str, Any]) -> set[str]:
    """Return the oracles that object to a run, by its row."""
    found = {PROPERTY_OF[each["property"]] for each in made["findings"] if each["outcome"] == "violated"}
    if made["failed"]:
        found.add(FAILURES[made["failed"]])
    if made["claim_holds"] is False:
        found.add("claim")
    names = {"n": float(made["nodes"])}
    if any(made[field] is not None and not meets(made[field], bound, names) for field, bound in expect.items()):
        found.add("expect")
    return found


def rows(mutant: Mutant, file: Path, load: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the row of each seed of one load; nothing for a workload's mutant on the loads of other workloads."""
    if not mutant.of_workload:
        files = [] if mutant.outside else [mutant.file if mutant.broken else file]
        registry, plans = planned(mutant.registered, files, load, mutant.setting, file.parent)
    elif (
        load["workload"]["type"] == mutant.algorithm
    ):  # it goes by the name of the original, by which its checker knows it
        registry, plans = planned("lamport", [], load, mutant.setting, file.parent)
        cls = class_of(mutant, file)
        ref = PluginRef(mutant.algorithm, cls.__module__, cls.__qualname__, str(file))
        plans = [msgspec.structs.replace(plan, workload=ref) for plan in plans]
    else:
        return
    for plan in plans:
        yield row(simulated := simulate(plan), *judge(simulated, registry), "")


def planned(
    algorithm: str, files: Sequence[Path], load: Mapping[str, Any], setting: Mapping[str, Any], folder: Path
) -> tuple[Registry, list[RunPlan]]:
    """Return the plans of the runs of one load, and the registry to judge them with."""
    experiment = merged(merged(COMMON | {"algorithm": algorithm}, load), setting)
    written = folder / "experiment.yaml"
    written.write_text(json.dumps(experiment), encoding="utf-8")
    prepared = prepare(written, plugins=files, break_assumptions=True)
    plans = [setting.plan(repeat) for setting in prepared.settings for repeat in range(1, experiment["repeat"] + 1)]
    return prepared.registry, plans


def simulate(plan: RunPlan) -> History:
    """Return the history of one run."""
    faults = msgspec.convert(plan.faults, FaultPlan)
    world = World(plan, load_class(plan.algorithm), load_class(plan.workload), network_of(plan.network), faults)
    ending = world.run()
    return History(plan, ending, world.histories())


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return one mapping over another, level by level."""
    both = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            both[key] = merged(below[key], above[key])
    return both
