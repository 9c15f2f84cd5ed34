"""Schedules of an algorithm, on the most hostile network that it says it stands: all of few nodes, some of more.

Those that were wrong are kept as scenarios in a folder, and carried out again before any other.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mxbench.check.answer import answer
from mxbench.check.memory import memory_for_a_search
from mxbench.check.question import Question, parse_question
from mxbench.check.search import Limits
from mxbench.check.text import render
from mxbench.conformance.outcomes import Outcome
from mxbench.core.adversary import Adversary
from mxbench.core.algorithm import Algorithm, Assumptions
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.scenario import Scenario, Setup
from mxbench.core.trace import nodes_text
from mxbench.errors import ExperimentError, PluginError
from mxbench.loading import is_of_file
from mxbench.scenarios import load, save, scenario_of
from mxbench.sim.replay import replay
from mxbench.sim.search import check_at_random

MAX_STATES = 200_000  # of a search; one that needs more is made smaller, and says so
RANDOM_SCHEDULES = 100
RANDOM_REQUESTS = 2


class Bench(msgspec.Struct, frozen=True):
    """What is tried, and where schedules that were wrong are kept; nowhere if `database` is None."""

    algorithm: type[Algorithm]
    database: Path | None = None
    max_states: int = MAX_STATES
    random_schedules: int = RANDOM_SCHEDULES


def hostile(assumes: Assumptions) -> Adversary:
    """Return the most hostile network within what an algorithm assumes: what it does not exclude happens once."""
    return Adversary(
        assumes.fifo, int(not assumes.no_duplicates), int(not assumes.lossless), int(not assumes.crash_free)
    )


def question_of(
    algorithm: type[Algorithm], nodes: int, requests: Any = 1, network: Adversary | None = None, k: int | None = None
) -> Question:
    """Return the question whether an algorithm is right; raise ExperimentError if it does not run on so many nodes."""
    return parse_question(
        algorithm, nodes, requests, hostile(algorithm.assumes) if network is None else network, most_nodes=100, k=k
    )


def _companies(algorithm: type[Algorithm], nodes: int) -> tuple[int | None, ...]:
    """Return how many may be inside together in the questions to ask: two, too, of an algorithm that takes a k."""
    return (1, 2) if algorithm.takes_k and nodes > 2 else (None,)


def every_schedule(bench: Bench, nodes: int) -> Outcome:
    """Try every schedule of so many nodes, first with few requests, then with more, as far as the states allow."""
    name = f"every-schedule-n{nodes}"
    return _with_each(name, bench, nodes, lambda k: _every_schedule(name, bench, nodes, k))


def random_schedules(bench: Bench, nodes: int) -> Outcome:
    """Try random schedules of so many nodes."""
    name = f"random-schedules-n{nodes}"
    return _with_each(name, bench, nodes, lambda k: _random_schedules(name, bench, nodes, k))


def _with_each(name: str, bench: Bench, nodes: int, outcome_of: Callable[[int | None], Outcome]) -> Outcome:
    """Return what becomes of a check with each k, up to the first that it does not pass."""
    said = []
    for k in _companies(bench.algorithm, nodes):
        outcome = outcome_of(k)
        if outcome.verdict != "passed":
            return outcome
        said.append(outcome.text if k is None else f"k = {k}: {outcome.text}")
    return Outcome(name, "passed", "; ".join(said))


def _every_schedule(name: str, bench: Bench, nodes: int, k: int | None) -> Outcome:
    covered: dict[str, Any] | None = None
    limited = ""
    for requests in _growing(nodes):
        try:
            question = question_of(bench.algorithm, nodes, requests, k=k)
        except ExperimentError as error:
            return Outcome(name, "undecided", str(error))
        try:
            found = answer(question, Limits(bench.max_states, None, memory_for_a_search()))
        except PluginError as error:
            return Outcome(name, "failed", str(error))
        if found["verdict"] == "violated":
            return _failed(bench, name, question, question.setup, found, "exhaustive search")
        if found["verdict"] == "undecided":
            limited = f"; more requests ended at the limit of {found['limit']}"
            break
        covered = found
    if covered is None:
        return Outcome(name, "undecided", f"no search came to its end{limited}")
    asked = ", ".join(map(str, covered["requests"]))
    said = f"right in all schedules of {asked} requests, {covered['states']:,} states, network {covered['network']}"
    said += "; some go round for ever while a node waits" * bool(covered["rounds"])
    return Outcome(name, "passed", said + limited)


def _random_schedules(name: str, bench: Bench, nodes: int, k: int | None) -> Outcome:
    def resized(n: int) -> Setup | None:
        try:
            return question_of(bench.algorithm, n, k=k).setup
        except ExperimentError:
            return None

    try:
        question = question_of(bench.algorithm, nodes, RANDOM_REQUESTS, k=k)
    except ExperimentError as error:
        return Outcome(name, "undecided", str(error))
    started = time.perf_counter()
    try:
        found, setup = check_at_random(bench.algorithm, question.setup, bench.random_schedules, nodes, resized)
    except PluginError as error:
        return Outcome(name, "failed", str(error))
    if found["verdict"] == "violated":
        found["seconds"] = time.perf_counter() - started
        return _failed(bench, name, question, setup, found, f"random search of seed {nodes}")
    said = f"nothing wrong in {found['schedules']} random schedules, network {found['network']}"
    short = _fell_short(found)
    return Outcome(name, "undecided", f"{said}, but {short}") if short else Outcome(name, "passed", said)


def _fell_short(found: dict[str, Any]) -> str:
    """Return what schedules in which nothing was wrong did not come to, '' if they did; an algorithm that lets nobody
    in for ever breaks no property of a single schedule."""
    said = []
    if found["cut_off"]:
        said.append(f"{found['cut_off']} of them came to no end within {found['depth']:,} steps")
    never = [int(node) for node, entered in found["sometimes"]["entered"].items() if not entered]
    if never:
        said.append(f"{nodes_text(never)} entered in none")
    return ", and ".join(said)


def saved_schedules(bench: Bench) -> list[Path]:
    """Return the files of the schedules of this algorithm that were wrong before."""
    if bench.database is None or not bench.database.is_dir():
        return []
    return sorted(bench.database.glob(f"{bench.algorithm.name}--*.yaml"))


def saved_schedule(bench: Bench, file: Path) -> Outcome:
    """Carry out a schedule that was wrong before."""
    name = f"saved-{file.stem.partition('--')[2]}"
    try:
        found = replay(bench.algorithm, load(file))
    except PLUGIN_ERRORS as error:
        return Outcome(name, "undecided", f"{file}: {error}")
    if found.verdict == "violated":
        return Outcome(name, "failed", f"still wrong ({found.property}): {found.text}", f"mxbench replay {_near(file)}")
    if found.impossible is not None:
        return Outcome(name, "reported", f"does not apply any more: {found.text}; delete {_near(file)} to forget it")
    return Outcome(name, "passed", "right now; it was wrong before")


def outside_assumptions(bench: Bench) -> Outcome:
    """Try what the algorithm assumes not to happen, and tell what becomes of it. That is no fault."""
    cls, name = bench.algorithm, "outside-assumptions"
    assumes = cls.assumes
    beyond = (
        ("reordering", assumes.fifo, Adversary(fifo=False)),
        ("a repeated message", assumes.no_duplicates, Adversary(assumes.fifo, duplicates=1)),
        ("a lost message", assumes.lossless, Adversary(assumes.fifo, losses=1)),
        ("a crash", assumes.crash_free, Adversary(assumes.fifo, crashes=1)),
    )
    said = [f"{what}: {_becomes_of(bench, network)}" for what, assumed, network in beyond if assumed]
    return Outcome(name, "reported", "\n".join(said) or "it assumes nothing")


def _becomes_of(bench: Bench, network: Adversary) -> str:
    found: dict[str, Any] = {}
    for nodes in (2, 3):
        try:
            question = question_of(bench.algorithm, nodes, 1, network)
        except ExperimentError as error:
            return str(error)
        try:
            found = answer(question, Limits(bench.max_states, None, memory_for_a_search()))
        except PluginError as error:
            return str(error)
        if found["verdict"] != "valid":
            break
    where = f"{found['nodes']} nodes that ask once"
    if found["verdict"] == "violated":
        return f"violates '{found['property']}' after {len(found['trace'])} steps, {where}"
    return f"harmless to {where}" if found["verdict"] == "valid" else f"undecided at {where}"


def _growing(nodes: int) -> list[Any]:
    """Return how often nodes ask, from small searches to large ones."""
    pair = [1, 1] + [0] * (nodes - 2)
    return [pair, 1, 2] if nodes > 2 else [1, 2]


def _failed(
    bench: Bench, name: str, question: Question, setup: Setup, found: dict[str, Any], how: str
) -> Outcome:  # fmt: skip
    """Return the outcome of a violation, and keep its schedule."""
    details = render(found).partition("\n")[2]
    kept = _keep(bench, question, setup, found, how)
    return Outcome(name, "failed", f"{found['property']}: {found['text']}", details + (f"\n\n{kept}" if kept else ""))


def _keep(bench: Bench, question: Question, setup: Setup, found: dict[str, Any], how: str) -> str:
    """Save the schedule of a violation, and say how to run it again; '' if it is not kept."""
    if bench.database is None or not found["trace"]:
        return ""
    cls, violated = bench.algorithm, found["property"]
    path = bench.database / f"{cls.name}--{violated.replace(' ', '-')}-n{setup.nodes}.yaml"
    scenario = scenario_of(cls, setup, found["trace"], path, violated=violated, text=found["text"], found=how)
    save(_with_plugin(scenario, cls, path), path)
    return f"mxbench replay {_near(path)}    runs it again, step by step"


def _with_plugin(scenario: Scenario, cls: type[Algorithm], path: Path) -> Scenario:
    """Name the file of an algorithm that a test imported under a name of its own, so that a replay finds it."""
    module = sys.modules.get(cls.__module__)
    if module is None or module.__file__ is None or is_of_file(module) or "." in module.__name__:
        return scenario
    plugin = Path(os.path.relpath(module.__file__, path.resolve().parent)).as_posix()
    return msgspec.structs.replace(scenario, plugins=(plugin,))


def _near(path: Path) -> str:
    """Return a path as one would type it here."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
