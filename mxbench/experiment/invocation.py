"""One invocation of an experiment: all is checked and planned, then each run is carried out, judged and stored."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from mxbench import __version__
from mxbench.core.history import History
from mxbench.core.plan import Progress, RunPlan
from mxbench.core.verdict import worst
from mxbench.errors import ExperimentError, MachineError, MxbenchError, PluginError
from mxbench.experiment.document import Document, Mistakes
from mxbench.experiment.environment import environment
from mxbench.experiment.expect import all_met, check_expectations, exit_status, run_status
from mxbench.experiment.finding import find
from mxbench.experiment.judge import judge, row
from mxbench.experiment.overrides import apply_sets, apply_smoke, put
from mxbench.experiment.planning import PlannedSetting, plan_runs, plan_settings
from mxbench.experiment.resolved import store_resolved
from mxbench.experiment.results import InvocationFolder, load_rows
from mxbench.experiment.source import read
from mxbench.registry import Registry


class RunProgress(NamedTuple):
    """How far an invocation has come: runs that ended, all runs, and the one that is under way."""

    done: int
    total: int
    plan: RunPlan
    progress: Progress | None


class Prepared(NamedTuple):
    """An experiment that can be carried out: nothing about it is wrong any more."""

    document: Document
    base: Path
    plugins: list[Path]
    registry: Registry
    settings: list[PlannedSetting]


class Interrupted(KeyboardInterrupt):
    """Fired when the user interrupts a run: `document` holds the runs that had ended; the text says where they are."""

    def __init__(self, text: str, document: dict[str, Any]) -> None:
        super().__init__(text)
        self.document = document


def run(
    file: str | Path,
    *,
    set: Iterable[str] = (),
    engine: str | None = None,
    repeat: int | None = None,
    seed: int | None = None,
    results: str | Path = "results",
    plugins: Iterable[str | Path] = (),
    break_assumptions: bool = False,
    smoke: bool = False,
    on_progress: Callable[[RunProgress], None] | None = None,
) -> dict[str, Any]:
    """Run an experiment and return its document: `runs` (a row each), `verdict`, `expect_met`, `result`, ...

    file: a path, the name of a shipped experiment, or a result. set: 'KEY=VALUE' texts. smoke: with the overrides that
    the file names for a quick test. Raises ExperimentError and PluginError before anything is started, MachineError,
    and Interrupted; runs that ended by then are stored. A run that fails is no exception: its row tells.
    """
    prepared = prepare(
        file, set=set, engine=engine, repeat=repeat, seed=seed, plugins=plugins, break_assumptions=break_assumptions,
        smoke=smoke,
    )  # fmt: skip
    return carry_out(prepared, results, on_progress)


def prepare(
    file: str | Path,
    *,
    set: Iterable[str] = (),
    engine: str | None = None,
    repeat: int | None = None,
    seed: int | None = None,
    plugins: Iterable[str | Path] = (),
    break_assumptions: bool = False,
    smoke: bool = False,
) -> Prepared:
    """Read, check and plan an experiment without starting or writing anything; raise ExperimentError or PluginError."""
    found = find(file)
    document = read(found.file)
    trial = document.copy()
    apply_smoke(trial)  # wrong overrides are told even where they are not asked for
    if smoke:
        document = trial
    for key, value in found.fixed.items():
        put(document, key, value, f"{file} ({key}: {value})", {})
    apply_sets(document, set)
    for key, given in (("engine", engine), ("repeat", repeat), ("seed", seed)):
        if given is not None:
            put(document, key, given, f"--{key} {given}", {(): str(given)})
    if break_assumptions:
        put(document, "break_assumptions", True, "--break-assumptions", {})
    base = found.file.resolve().parent
    files = _plugin_files(document, base, plugins)
    registry = Registry(tuple(str(path) for path in files))
    return Prepared(document, base, files, registry, plan_settings(document, registry, base))


def carry_out(
    prepared: Prepared, results: str | Path = "results", on_progress: Callable[[RunProgress], None] | None = None
) -> dict[str, Any]:
    """Carry out a prepared experiment and return its document; see `run`."""
    first = prepared.settings[0].experiment
    folder = InvocationFolder(Path(results), first.name)
    rows: list[dict[str, Any]] = []
    try:
        folder.describe(first.name, __version__, environment())
        with folder.storing():
            store_resolved(prepared.document, prepared.plugins, prepared.base, folder.path)
        todo = plan_runs(prepared.settings)
        for index, (setting, repeat) in enumerate(todo):
            plan = setting.plan(repeat)
            name = f"{index + 1:0{len(str(len(todo)))}d}-{plan.algorithm.name}-n{plan.nodes}-r{repeat}"
            report = _reporter(on_progress, index, len(todo), plan)
            rows.append(_run(name, setting, plan, prepared.registry, folder, report))
    except (KeyboardInterrupt, MxbenchError, OSError) as error:
        _stop(error, folder, prepared)
    document = _document(prepared, rows, folder)
    folder.finish(document)
    return document


def combine(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the one document of several invocations; that of one is itself."""
    if len(documents) == 1:
        return documents[0]
    return {
        "name": ", ".join(document["name"] for document in documents),
        "runs": [row for document in documents for row in document["runs"]],
        "verdict": worst(document["verdict"] for document in documents),
        "expect_met": all(document["expect_met"] for document in documents),
        "exit_status": exit_status(document["exit_status"] for document in documents),
        "result": None,
        "results": [document["result"] for document in documents],
    }


def _run(
    name: str, setting: PlannedSetting, plan: RunPlan, registry: Registry, folder: InvocationFolder,
    report: Callable[[Progress], None],
) -> dict[str, Any]:  # fmt: skip
    """Carry out, judge and store one run and return its row; leave nothing of it if it does not come to an end."""
    try:
        hidden = folder.begin(name)
        history: History = registry.get("engines", plan.engine).cls().run(plan, hidden, report)
        made = _row(history, setting, registry, str(folder.path / "runs" / name))
        folder.keep(name, history, made)
    except BaseException:
        folder.drop()
        raise
    return made


def _row(history: History, setting: PlannedSetting, registry: Registry, result: str) -> dict[str, Any]:
    try:
        made = row(history, *judge(history, registry), result)
    except PluginError as error:  # a checker or metric raised: the run is there, and nothing is known of it
        made = row(history, [], {}, result) | {"failed": "contract", "failure": str(error)}
    made["setting"] = setting.chosen
    made["expectations"] = _expectations(setting.experiment.expect, made, _names(history))
    return made


def _expectations(expect: Mapping[str, Any], made: dict[str, Any], names: dict[str, float]) -> list[dict[str, Any]]:
    try:
        return check_expectations(expect, made, names)
    except ExperimentError as error:
        # Planning has looked at every field and bound; what is left has no value in this run, and so is not met.
        return [{"field": "expect", "expected": str(error), "measured": None, "met": False}]


def _names(history: History) -> dict[str, float]:
    """Return what a bound may speak of: n, and k, the size of the quorum, averaged over entries."""
    plan = history.plan
    names = {"n": float(plan.nodes)}
    if plan.quorums:
        asked = [entry.node for entry in history.entries] or list(range(plan.nodes))
        names["k"] = sum(len(plan.quorums[node]) for node in asked) / len(asked)
    return names


def _document(prepared: Prepared, rows: list[dict[str, Any]], folder: InvocationFolder) -> dict[str, Any]:
    experiment = prepared.settings[0].experiment
    return {
        "name": experiment.name,
        "question": experiment.question or None,
        "runs": rows,
        "verdict": worst(row["verdict"] for row in rows),
        "expect_met": all(all_met(row["expectations"]) for row in rows) if rows else False,
        "exit_status": exit_status(run_status(row, row["expectations"]) for row in rows),
        "result": str(folder.path),
        "interrupted": False,
    }


def _stop(
    error: KeyboardInterrupt | MxbenchError | OSError, folder: InvocationFolder, prepared: Prepared
) -> NoReturn:  # fmt: skip
    """Keep what is complete, and raise the error with a word about it."""
    rows = load_rows(folder.path)  # and not what we remember: an interrupt may come after a run has got its name
    document = _document(prepared, rows, folder) | {"interrupted": True}
    total = len(plan_runs(prepared.settings))
    if rows:
        kept = f"the {len(rows)} of {total} runs that ended are kept in '{folder.path}'"
        try:
            folder.finish(document)
        except MachineError:
            kept += ", without a summary"
    else:
        folder.abandon()
        document["result"] = None
        kept = "no run had ended, and nothing is kept"
    if isinstance(error, KeyboardInterrupt):
        raise Interrupted(f"interrupted; {kept}", document) from None
    kind = type(error) if isinstance(error, MxbenchError) else MachineError
    raise kind(f"{error}; {kept}") from error


def _reporter(
    on_progress: Callable[[RunProgress], None] | None, done: int, total: int, plan: RunPlan
) -> Callable[[Progress], None]:
    if on_progress is None:
        return lambda progress: None
    on_progress(RunProgress(done, total, plan, None))
    return lambda progress: on_progress(RunProgress(done, total, plan, progress))


def _plugin_files(document: Document, base: Path, given: Iterable[str | Path]) -> list[Path]:
    """Return the plugin files of the experiment and of flags, each once; what is no list of files the schema tells."""
    mistakes = Mistakes()
    named = document.data.get("plugins", [])
    found: dict[Path, None] = {}
    for index, name in enumerate([named] if isinstance(named, str) else named if isinstance(named, list) else []):
        if isinstance(name, str) and name.endswith(".py"):
            path = (base / name).resolve()
            if not path.is_file():
                mistakes.add(document, ("plugins", index), f"'{name}': there is no such file in {base}")
            found[path] = None
    mistakes.check()
    for name in given:
        path = Path(name)
        if not path.is_file():
            raise ExperimentError(f"--plugin {name}: there is no such file")
        found[path.resolve()] = None
    return list(found)
