"""Scenarios as files: saved where a violation was found, loaded and carried out again on the simulator."""

import hashlib
import inspect
import os
import sys
from collections.abc import Sequence
from errno import EISDIR
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from mxbench.core.algorithm import Algorithm
from mxbench.core.property import Property
from mxbench.core.scenario import Act, Scenario, Setup, parse_scenario, write
from mxbench.errors import MachineError, ScenarioError
from mxbench.experiment.source import read
from mxbench.files import is_stream, write_whole
from mxbench.loading import is_of_file
from mxbench.registry import Registry
from mxbench.sim.replay import Replayed
from mxbench.sim.replay import replay as carry_out

FOLDER = Path("results") / "scenarios"
DIGITS = 16  # of a digest


def replay(path: str | Path, plugins: Sequence[str | Path] = ()) -> Replayed:
    """Carry out a scenario step by step, and return what came of it: verdict, trace, and the history of the run.

    plugins: files to look for the algorithm in, instead of the one that the scenario names. Raises ScenarioError for
    what is no scenario, and for one whose steps cannot be carried out though the algorithm is what it was.
    """
    scenario = load(path)
    registry = _registry(scenario, Path(path), plugins)
    algorithm = _algorithm(scenario, path, registry)
    now = digest(algorithm)
    changed = None if scenario.source is None or now is None else now != scenario.source
    known = registry.all("properties")
    judged = [known[scenario.property].cls] if scenario.property in known else []
    found = carry_out(algorithm, scenario, registry.files, judged)
    found.changed = changed
    if found.impossible is not None and changed is False:
        raise ScenarioError(f"{path}: {found.text}; the algorithm is what it was, so the scenario is wrong")
    return found


def load(path: str | Path) -> Scenario:
    """Return the scenario that a file holds; raise ScenarioError that says what is wrong with it."""
    file = Path(path)
    try:
        with file.open("rb") as stream:
            is_scenario = any(line.startswith(b"scenario:") for line in stream.read(100_000).splitlines())
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not is_scenario:
        raise ScenarioError(f"{path}: not a scenario, as it has no line 'scenario: 1'; 'mxbench check' saves one "
                            "when it finds a violation")  # fmt: skip
    try:
        return parse_scenario(read(file, str(path)).data)
    except ValueError as error:
        raise ScenarioError(f"{path}: {error}") from None


def save(scenario: Scenario, path: str | Path) -> Path:
    """Write a scenario into a file, whole or not at all; raise MachineError if that cannot be."""
    file = Path(path)
    again = file.name if file.parent == Path() else str(file)
    text = f"# {_line(scenario.text or scenario.found)}\n# mxbench replay {again}\n{write(scenario)}"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
    except OSError as error:
        raise _not_there(path, error) from error
    return file


def _not_there(path: str | Path, error: OSError) -> MachineError:
    return MachineError(f"{path}: the scenario cannot be written there: {error.strerror or error}")


def check_place(path: str | Path) -> None:
    """Raise MachineError if a scenario cannot be saved there: it is better to know that before it is looked for."""
    place = Path(path).absolute()
    if is_stream(place):
        return
    try:
        if place.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        while not place.parent.exists():
            place = place.parent
        with TemporaryFile(dir=place.parent):
            pass
    except OSError as error:
        raise _not_there(path, error) from error


def default_path(algorithm: str, violated: str) -> Path:
    """Return where a scenario is saved unless told: the last one of that algorithm and property."""
    return FOLDER / f"{algorithm}-{violated.replace(' ', '-')}.yaml"


def scenario_of(
    algorithm: type[Algorithm], setup: Setup, trace: Sequence[dict[str, Any]], path: Path, *,
    violated: str | None = None, text: str = "", found: str = "", properties: Sequence[type[Property]] = (),
) -> Scenario:  # fmt: skip
    """Return the scenario of a trace, as it is to be saved at a path: files of plugins are named relative to that.

    properties: those that were asked for, of which the violated one's file is named too.
    """
    acts = tuple(
        Act(step["event"], step["node"], step.get("sender", -1), step.get("message", ""), step.get("timer", ""),
            tuple(step.get("choices", ())))
        for step in trace
    )  # fmt: skip
    owners: list[type] = [algorithm, *(cls for cls in properties if cls.name == violated)]
    files = dict.fromkeys(file for cls in owners if (file := _plugin_file(cls)) is not None)
    shown = tuple(Path(os.path.relpath(file, path.resolve().parent)).as_posix() for file in files)
    return Scenario(algorithm.name, setup, acts, shown, digest(algorithm), violated, _line(text), found)


def digest(algorithm: type[Algorithm]) -> str | None:
    """Return what stands for the source of an algorithm and of those that it derives from; None if there is none."""
    content = b""
    for cls in algorithm.__mro__[: algorithm.__mro__.index(Algorithm)]:
        try:
            content += Path(inspect.getfile(cls)).read_bytes().replace(b"\r\n", b"\n") + b"\0"
        except (OSError, TypeError):
            return None
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def _line(text: str) -> str:
    """Return a text, such as an exception's, as one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _registry(scenario: Scenario, path: Path, plugins: Sequence[str | Path]) -> Registry:
    """Return the plugins that there are, with the given files or else those that the scenario names."""
    files = [Path(plugin) for plugin in plugins] or [path.parent / plugin for plugin in scenario.plugins]
    for file in files if not plugins else ():
        if not file.is_file():
            raise ScenarioError(f"{path}: its plugin '{file}' is not there; name it with --plugin FILE.py")
    return Registry(tuple(map(str, files)))


def _algorithm(scenario: Scenario, path: str | Path, registry: Registry) -> type[Algorithm]:
    found: type[Algorithm] = registry.get("algorithms", scenario.algorithm).cls
    if found.quorum_system and not scenario.setup.quorums:
        raise ScenarioError(f"{path}: quorums: is missing; {found.name} needs a list with one for each node")
    if found.topology and not scenario.setup.towards:
        raise ScenarioError(f"{path}: towards: is missing; {found.name} needs each node's neighbour in its tree")
    return found


def _plugin_file(cls: type) -> Path | None:
    module = sys.modules.get(cls.__module__)
    return Path(module.__file__) if module is not None and is_of_file(module) and module.__file__ else None
