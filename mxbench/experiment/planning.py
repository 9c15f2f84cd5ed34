"""From a checked file to the plans of its runs: names looked up, quorums built, load dealt out, assumptions held.

Nothing is started here, and everything that can be wrong with an experiment is found here or before.
"""

from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.plan import RunPlan
from mxbench.core.quorums import Quorums
from mxbench.core.workload import Workload
from mxbench.errors import ExperimentError, PluginError
from mxbench.experiment.conditions import broken_assumptions, conditions
from mxbench.experiment.document import Document, KeyPath, Mistakes, quoted
from mxbench.experiment.expected import check_expect
from mxbench.experiment.load import Load, load_of
from mxbench.experiment.network import at_random_sites
from mxbench.experiment.placement import Placement, placement
from mxbench.experiment.schema import RANDOM, Experiment, WorkloadKeys, told_value, unknown_key, validate
from mxbench.experiment.sweep import Setting, settings
from mxbench.registry import Registered, Registry


class PlannedSetting(NamedTuple):
    """One setting, ready to run: the plan of its first repeat, and what each run must come to.

    chosen: what the sweep chose, by dotted key. network: as the plan's, with the nodes at their sites in order.
    """

    experiment: Experiment
    chosen: dict[str, Any]
    first: RunPlan
    workload: type[Workload]
    options: Any
    load: Load
    placement: Placement
    network: dict[str, Any]

    def plan(self, repeat: int) -> RunPlan:
        """Return the plan of repeat 1, 2, ...: seed and what is drawn from it are its own, all else is the same."""
        if repeat == 1:
            return self.first
        seed = self.experiment.seed + repeat - 1
        shares = _shares(self.workload, self.options, self.first.nodes, self.load.entries, seed)
        placed = self.placement.fields(self.first.nodes, seed)
        plan = msgspec.structs.replace(self.first, seed=seed, repeat=repeat, shares=shares, **placed)
        network = _network_of_seed(self.experiment, self.network, seed)
        return msgspec.structs.replace(plan, arrivals=self.load.of_seed(seed), network=network)


def plan_settings(document: Document, registry: Registry, base: Path) -> list[PlannedSetting]:
    """Return every setting of an experiment, planned; raise ExperimentError that tells all mistakes, a line each.

    base: the folder that paths in the file are relative to.
    """
    mistakes = Mistakes()
    planned = [_plan_setting(setting, registry, base, mistakes) for setting in settings(document, mistakes)]
    mistakes.check()
    return [setting for setting in planned if setting is not None]


def plan_runs(planned: list[PlannedSetting]) -> list[tuple[PlannedSetting, int]]:
    """Return (setting, repeat) in the order in which they run: first the first repeat of every setting."""
    most = max((setting.experiment.repeat for setting in planned), default=0)
    return [(s, repeat) for repeat in range(1, most + 1) for s in planned if repeat <= s.experiment.repeat]


def _plan_setting(setting: Setting, registry: Registry, base: Path, mistakes: Mistakes) -> PlannedSetting | None:
    document, before = setting.document, len(mistakes.found)
    workload = _find(registry, "workloads", ("workload", "type"), document, mistakes)
    algorithm = _find(registry, "algorithms", ("algorithm", "name"), document, mistakes)
    engine = _find(registry, "engines", ("engine",), document, mistakes)
    if workload:
        _rename_entries(workload.cls, document, mistakes)
        _check_own_keys(workload.cls, document, mistakes)
    experiment = validate(document, mistakes)
    if experiment is None or len(mistakes.found) > before or not (algorithm and workload and engine):
        return None
    n = experiment.nodes
    if n > engine.cls.most_nodes:
        mistakes.add(document, ("nodes",), f"'{n}': the engine {engine.name} takes up to {engine.cls.most_nodes}")
        return None
    system, quorums = _quorums(experiment, algorithm.cls, registry, document, mistakes)
    placed = placement(experiment, algorithm.cls, document, mistakes)
    broken = broken_assumptions(experiment, algorithm, workload, engine, document, mistakes)
    network_and_faults = conditions(experiment, algorithm, engine, base, document, mistakes)
    parsed = _options(workload.cls, experiment.workload.own, n, base, document, mistakes)
    if parsed is None or placed is None:
        return None
    options, named = parsed
    load = load_of(experiment.workload, workload.cls.entries_key, named, n, document, mistakes)
    names = {"n": float(n)}
    most_inside = _most_inside(experiment, algorithm.cls, workload.cls, document, mistakes)
    if most_inside is not None:
        names["k"] = most_inside
    if algorithm.cls.can_have_server:
        names["s"] = float(placed.server)
    if quorums:
        names["k"] = sum(len({*quorum, node}) for node, quorum in enumerate(quorums)) / n
    if placed.topology:
        names["d"] = 1.0  # what it is in a run depends on who enters
    check_expect(experiment.expect, algorithm.cls, registry, names, document, mistakes)
    if load is None or len(mistakes.found) > before:
        return None
    try:
        shares = _shares(workload.cls, options, n, load.entries, experiment.seed)
    except ValueError as error:
        mistakes.add(document, _option_path(error), _option_text(document, error))
        return None
    plan = _plan(experiment, algorithm, system, quorums, workload, options, load, shares, broken, registry)
    network, faults = network_and_faults
    plan = msgspec.structs.replace(plan, network=_network_of_seed(experiment, network, experiment.seed), faults=faults)
    plan = msgspec.structs.replace(plan, **placed.fields(n, experiment.seed), k=most_inside)
    return PlannedSetting(experiment, setting.chosen, plan, workload.cls, options, load, placed, network)


def _plan(
    experiment: Experiment, algorithm: Registered, system: str | None, quorums: Quorums, workload: Registered,
    options: Any, load: Load, shares: tuple[Any, ...], broken: tuple[str, ...], registry: Registry,
) -> RunPlan:  # fmt: skip
    files = [known.ref.file for known in (algorithm, workload, *registry.all("engines").values())]
    return RunPlan(
        experiment=experiment.name,
        algorithm=algorithm.ref,
        quorum_system=system,
        quorums=quorums,
        nodes=experiment.nodes,
        servers=0 if workload.cls.server_type is None else 1,
        engine=experiment.engine,
        real_time=not registry.get("engines", experiment.engine).cls.virtual,
        workload=workload.ref,
        options=msgspec.to_builtins(options),
        shares=shares,
        arrivals=load.of_seed(experiment.seed),
        dwell=experiment.workload.dwell,
        tickets=load.tickets,
        one_at_a_time=load.one_at_a_time,
        warmup_entries=experiment.workload.warmup_entries,
        seed=experiment.seed,
        history=experiment.history,
        stall_limit=experiment.stall_limit,
        time_limit=experiment.time_limit,
        falls_quiet=algorithm.cls.falls_quiet,
        broken_assumptions=broken,
        plugin_files=tuple(dict.fromkeys(file for file in files if file)),
    )


def _network_of_seed(experiment: Experiment, network: dict[str, Any], seed: int) -> dict[str, Any]:
    return at_random_sites(network, experiment.nodes, seed) if experiment.network.sites == RANDOM else network


def _find(
    registry: Registry, kind: str, path: KeyPath, document: Document, mistakes: Mistakes
) -> Registered | None:  # fmt: skip
    """Return the plugin that a document names; None, without a mistake, where the schema will find what is wrong."""
    value = document.get(path)
    if value is None and path[-1] == "name":
        value = document.get(path[:1])
    if value is None and path == ("engine",) and "engine" not in document.data:
        value = Experiment.model_fields["engine"].default
    if not isinstance(value, str):
        return None
    try:
        return registry.get(kind, value)
    except ExperimentError as error:
        mistakes.add(document, path, str(error))
        return None


def _rename_entries(workload: type[Workload], document: Document, mistakes: Mistakes) -> None:
    """Write the workload's own word for `entries_per_node` as that, and remember how it was written."""
    keys, word = document.data.get("workload"), workload.entries_key
    if not isinstance(keys, dict) or word == "entries_per_node" or word not in keys:
        return
    given, common = ("workload", word), ("workload", "entries_per_node")
    if "entries_per_node" in keys:
        what = f"'{word}' is what the workload '{workload.name}' calls 'entries_per_node'; both are given, keep one"
        mistakes.add(document, given, what)
        del keys[word]
    else:
        document.rename(given, common)


def _check_own_keys(workload: type[Workload], document: Document, mistakes: Mistakes) -> None:
    keys: Any = document.data.get("workload")
    own = (workload.entries_key, *workload.option_type.__struct_fields__)
    known = tuple(dict.fromkeys((*WorkloadKeys.model_fields, *own)))
    for key in list(keys) if isinstance(keys, dict) else ():
        if key not in known:
            mistakes.add(document, ("workload", key), unknown_key(key, known))
            del keys[key]


def _quorums(
    experiment: Experiment, algorithm: type[Algorithm], registry: Registry, document: Document, mistakes: Mistakes
) -> tuple[str | None, Quorums]:
    path: KeyPath = ("algorithm", "quorums")
    name = experiment.algorithm.quorums
    if algorithm.quorum_system is None:
        if name is not None:
            mistakes.add(document, path, f"{quoted(name)}: {algorithm.name} works without quorums; take the key out")
        return None, ()
    try:
        found = registry.get("quorum_systems", name or algorithm.quorum_system)
        return found.name, found.cls().for_nodes(experiment.nodes)
    except (ExperimentError, ValueError) as error:
        mistakes.add(document, path, str(error))
        return None, ()
    except PLUGIN_ERRORS as error:
        what = f"the quorum system '{name or algorithm.quorum_system}' failed for {experiment.nodes} nodes: {error!r}"
        raise PluginError(what) from error


def _most_inside(
    experiment: Experiment, algorithm: type[Algorithm], workload: type[Workload], document: Document, mistakes: Mistakes
) -> int | None:  # fmt: skip
    """Return how many nodes may be inside together, None where the algorithm always lets in one."""
    k, path = experiment.algorithm.k, ("algorithm", "k")
    if not algorithm.takes_k:
        if k is not None:
            mistakes.add(document, path, f"{k}: {algorithm.name} lets in one node at a time; take the key out")
        return None
    if k is not None and k > 1 and workload.needs_mutual_exclusion:
        what = f"the workload '{workload.name}' needs mutual exclusion, and with it {k} nodes may be inside together"
        mistakes.add(document, path, f"{k}: {what}; set algorithm.k: 1, or take another workload ('hold')")
    return k or 1


def _options(
    workload: type[Workload], own: dict[str, Any], n: int, base: Path, document: Document, mistakes: Mistakes
) -> tuple[Any, list[int] | None] | None:
    """Return the workload's options, and the entries by node that they name."""
    for key, value in own.items():
        if value is None:
            mistakes.add(document, ("workload", key), told_value(document, ("workload", key), None, ValueError()))
            return None
    try:
        options = workload.parse_options(own, n, base)
        return options, workload.entries_of(options, n)
    except ValueError as error:
        mistakes.add(document, _option_path(error), _option_text(document, error))
    return None


def _option_path(error: ValueError) -> KeyPath:
    key = getattr(error, "key", None)
    return ("workload", key) if isinstance(key, str) else ("workload",)


def _option_text(document: Document, error: ValueError) -> str:
    key = getattr(error, "key", None)
    written = isinstance(key, str) and document.get(("workload", key)) is not None
    return str(error) if written or key is None else f"'{key}' {error}"


def _shares(workload: type[Workload], options: Any, n: int, entries: list[int | None], seed: int) -> tuple[Any, ...]:
    return tuple(workload.shares(options, n, entries, Random(f"{seed}/shares")))
