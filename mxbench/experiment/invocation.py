"""One invocation of an experiment: all is checked and planned, then each run is carried out, judged and stored."""

import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from mxbench import __version__
from mxbench.core.verdict import worst
from mxbench.errors import ExperimentError, MachineError, MxbenchError
from mxbench.experiment.document import Document, Mistakes
from mxbench.experiment.environment import code_hash, environment
from mxbench.experiment.expect import all_met, exit_status, run_status
from mxbench.experiment.finding import find
from mxbench.experiment.folder import InvocationFolder, reason
from mxbench.experiment.job import Job
from mxbench.experiment.overrides import apply_sets, apply_smoke, put
from mxbench.experiment.planning import PlannedSetting, plan_runs, plan_settings
from mxbench.experiment.resolved import Resolved, resolve
from mxbench.experiment.results import load_rows
from mxbench.experiment.resumption import continue_one, siblings
from mxbench.experiment.running import RunProgress, do_all
from mxbench.experiment.source import read
from mxbench.registry import Registry

__all__ = ["Interrupted", "Prepared", "RunProgress", "carry_out", "combine", "prepare", "run"]


class Prepared(NamedTuple):
    """An experiment that can be carried out: nothing about it is wrong any more.

    result: the folder that it comes from, where it is a result that is run again.
    """

    document: Document
    base: Path
    plugins: list[Path]
    registry: Registry
    settings: list[PlannedSetting]
    result: Path | None = None


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
    and Interrupted; runs that ended by then are stored, and taken over when the same is run again. A run that fails is
    no exception: its row tells.
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
    return Prepared(document, base, files, registry, plan_settings(document, registry, base), found.result)


def carry_out(
    prepared: Prepared,
    results: str | Path = "results",
    on_progress: Callable[[RunProgress], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Carry out a prepared experiment and return its document; see `run`.

    An invocation of the same experiment in `results` that was cut off is continued (resumption.py), and so is one that
    the user named. on_note: is told what the user should know of that.
    """
    note = on_note or (lambda text: None)
    resolved = resolve(prepared.document, prepared.plugins, prepared.base)
    made_in = environment() | {"code": code_hash(prepared.registry.modules())}
    name = prepared.settings[0].experiment.name
    named = prepared.result
    candidates = siblings(Path(results), name) if named is None else [_here(named)]
    jobs: list[Job] = []
    continued = continue_one(candidates, resolved, made_in, note)
    folder, taken_over = continued or (InvocationFolder.create(Path(results), name), {})
    try:
        if continued is None:
            folder.describe(name, __version__, made_in)
            with folder.storing():
                resolved.store(folder.path)
        jobs = _jobs(prepared, resolved, folder)
        taken_over = {job.name: taken_over[job.name] for job in jobs if job.name in taken_over}
        if taken_over:
            note(
                f"continuing '{folder.path}': {len(taken_over)} of its {len(jobs)} runs are taken over "
                "(remove that folder to begin anew)"
            )
        rows = list(do_all(jobs, taken_over, prepared.registry, folder, on_progress))
        document = _document(prepared, rows, folder, len(taken_over))
        folder.finish(document)
    except (KeyboardInterrupt, MxbenchError, OSError) as error:
        _stop(error, folder, prepared, len(jobs), len(taken_over))
    finally:
        folder.drop()
        folder.let_go()
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
        "interrupted": any(document["interrupted"] for document in documents),
        "taken_over": sum(document["taken_over"] for document in documents),
        "result": None,
        "results": [document["result"] for document in documents],
    }


def _jobs(prepared: Prepared, resolved: Resolved, folder: InvocationFolder) -> list[Job]:
    """Return the runs in their order. A run's name tells its place in that, so it is the same when it is continued."""
    todo = plan_runs(prepared.settings)
    found = []
    for number, (setting, repeat) in enumerate(todo, 1):
        plan = setting.plan(repeat)
        name = f"{number:0{len(str(len(todo)))}d}-{plan.algorithm.name}-n{plan.nodes}-r{repeat}"
        result = str(folder.path / "runs" / name)
        chosen = resolved.rewrite(setting.chosen)  # a row names its setting as the stored experiment does
        found.append(Job(name, plan, chosen, setting.experiment.expect, result))
    return found


def _here(folder: Path) -> Path:
    """Return a folder by a path that still leads there when `latest` leads elsewhere, a short one where there is."""
    whole = folder.resolve()
    return whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole


def _document(
    prepared: Prepared, rows: list[dict[str, Any]], folder: InvocationFolder, taken_over: int
) -> dict[str, Any]:  # fmt: skip
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
        "taken_over": taken_over,  # runs that an earlier invocation had made when it was cut off
    }


def _stop(
    error: KeyboardInterrupt | MxbenchError | OSError, folder: InvocationFolder, prepared: Prepared, total: int,
    taken_over: int,
) -> NoReturn:  # fmt: skip
    """Keep what is complete, and raise the error with a word about it."""
    folder.drop()
    rows = load_rows(folder.path)  # and not what we remember: an interrupt may come after a run has got its name
    document = _document(prepared, rows, folder, taken_over) | {"interrupted": len(rows) < total or not rows}
    if rows:
        kept = f"the {len(rows)} of {total} runs that ended are kept in '{folder.path}'"
        try:
            folder.finish(document)
        except MachineError:
            kept += ", without a summary"
        kept += f"; continue with: mxbench run {shlex.quote(str(folder.path))}"
    else:
        kept = "no run had ended, and nothing is kept" if folder.stands else "nothing is kept"
        folder.abandon()
        document["result"] = None
    if isinstance(error, KeyboardInterrupt):
        raise Interrupted(f"interrupted; {kept}", document) from None
    if isinstance(error, OSError):
        where = f"'{error.filename}': " if error.filename else ""
        raise MachineError(f"{where}{reason(error)}; {kept}") from error
    raise type(error)(f"{error}; {kept}") from error


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
