"""What an experiment asks of its network and its faults, held against its engine and its algorithm's assumptions."""

from pathlib import Path
from typing import Any

import msgspec

from mxbench.core.distributions import ZERO
from mxbench.core.faults import parse_faults
from mxbench.core.network import network_of
from mxbench.experiment.document import Document, KeyPath, Mistakes
from mxbench.experiment.network import HARMLESS, LinkMistake, MatrixFile, planned_network
from mxbench.experiment.schema import RANDOM, Experiment
from mxbench.registry import Registered

# What a network can do that an algorithm may have to rule out: its key, what it does, and what the algorithm assumes.
HAZARDS = (
    ("fifo", "fifo", "this network reorders messages", "FIFO channels", "true"),
    ("loss", "lossless", "this network loses messages", "that each message arrives", "0"),
    ("duplicate", "no_duplicates", "this network repeats messages", "that each message arrives once", "0"),
)
# And what faults can do: their kind, and as above.
FAULT_HAZARDS = (
    ("crash", "crash_free", "a node crashes", "that no node stops"),
    ("partition", "lossless", "a partition loses messages", "that each message arrives"),
)
_WISHES = {
    "delay": "delays no message",
    "jitter": "delays no message",
    "fifo": "keeps the order of messages on each channel",
    "loss": "loses no message",
    "duplicate": "repeats no message",
    "bandwidth": "limits no link",
    "links": "treats all links alike",
    "faults": "lets nothing go wrong",
}


def broken_assumptions(
    experiment: Experiment, algorithm: Registered, workload: Registered, engine: Registered, document: Document,
    mistakes: Mistakes,
) -> tuple[str, ...]:  # fmt: skip
    """Return what algorithm and workload assume and this network does not give; a mistake unless that is the
    question."""
    asked = _asked(experiment, engine)
    for key in asked:
        if key not in engine.cls.honours:
            what = f"the engine '{engine.name}' {_WISHES[key]}, so it cannot do that; take the key out"
            mistakes.add(document, ("network", key), what)
        for link in experiment.network.links if key == "links" else ():
            for wish in sorted(set(link) & set(_WISHES) - set(engine.cls.honours) if isinstance(link, dict) else ()):
                what = f"the engine '{engine.name}' {_WISHES[wish]}, so no link of it can; take '{wish}' out"
                mistakes.add(document, ("network", "links"), what)
    broken = []
    for key, assumption, deed, assumed, cure in HAZARDS:
        if key in asked and key in engine.cls.honours:
            where: KeyPath = ("network", key)
        elif any(isinstance(link, dict) and link.get(key) for link in experiment.network.links):
            where = ("network", "links")
        else:
            continue
        who = _who_assumes(assumption, algorithm, workload)
        if who:
            broken.append(assumption)
            if not experiment.break_assumptions:
                what = (
                    f"{who} assumes {assumed}, but {deed}; set network.{key}: {cure}, "
                    "or pass --break-assumptions to see what happens"
                )
                mistakes.add(document, where, what)
    for kind, assumption, deed, assumed in FAULT_HAZARDS:
        who = _who_assumes(assumption, algorithm, workload) if _happens(experiment.faults, kind) else ""
        if who:
            broken.append(assumption)
            if not experiment.break_assumptions:
                what = f"{who} assumes {assumed}, but {deed}; pass --break-assumptions to see what happens"
                mistakes.add(document, ("faults",), what)
    return tuple(dict.fromkeys(broken))


def _who_assumes(assumption: str, algorithm: Registered, workload: Registered) -> str:
    """Return the name of who assumes that, the algorithm first; '' if neither does."""
    if getattr(algorithm.cls.assumes, assumption):
        return algorithm.name
    return f"the workload '{workload.name}'" if getattr(workload.cls.assumes, assumption) else ""


def _asked(experiment: Experiment, engine: Registered) -> dict[str, Any]:
    """Return the network keys that ask for anything. A delay of 0 does where time is virtual and delays the default."""
    keys = experiment.network
    asked = {key: value for key, value in keys if key in HARMLESS and value is not None and value != HARMLESS[key]}
    if keys.delay == ZERO and engine.cls.virtual:
        asked["delay"] = ZERO
    return asked


def _happens(faults: Any, kind: str) -> bool:
    given = faults if isinstance(faults, list) else []
    return any(isinstance(item, dict) and (kind in item or item.get("random") == kind) for item in given)


def conditions(
    experiment: Experiment, algorithm: Registered, engine: Registered, base: Path, document: Document,
    mistakes: Mistakes,
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """Return the network and the faults of the plan, as plain data."""
    n, network, faults = experiment.nodes, {}, {}
    if experiment.network.sites == RANDOM and not isinstance(experiment.network.delay, MatrixFile):
        what = f"'{RANDOM}': without a matrix of delays there are no sites; set network.delay: wan, or take the key out"
        mistakes.add(document, ("network", "sites"), what)
    try:
        network = planned_network(_asked(experiment, engine), n, base)
        if network and not engine.cls.virtual and "delay" in engine.cls.honours:
            network.setdefault("delay", msgspec.to_builtins(ZERO))  # links that are there take what they take
        if engine.cls.virtual and not algorithm.cls.falls_quiet and network_of(network).instant(range(n)):
            what = f"{algorithm.name} never falls quiet: with links that take no time its run would never end"
            key = "links" if "rules" in network else "delay"
            mistakes.add(document, ("network", key), f"{what}; give them a delay")
    except LinkMistake as error:
        mistakes.add(document, ("network", "links", error.index), str(error))
    except ValueError as error:
        mistakes.add(document, ("network", "delay"), str(error))
    if experiment.faults is not None:
        if "faults" not in engine.cls.honours:
            what = f"the engine '{engine.name}' {_WISHES['faults']}, so it cannot do that; take the key out"
            mistakes.add(document, ("faults",), what)
        try:
            faults = msgspec.to_builtins(parse_faults(experiment.faults, n))
        except ValueError as error:
            mistakes.add(document, ("faults",), str(error))
    return network, faults
