"""The command `mxbench check`, apart from the flags: what it asks, what it prints, and the status it ends with."""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from mxbench.check.answer import EXIT_STATUS, answer
from mxbench.check.memory import memory_for_a_search, parse_bytes
from mxbench.check.question import MAX_NODES, Question, parse_question
from mxbench.check.search import CONTRACT, Limits
from mxbench.check.text import ProgressLine, render
from mxbench.commands.telling import note, say
from mxbench.core.scenario import Setup
from mxbench.errors import ExperimentError, MachineError
from mxbench.experiment.document import suggestion
from mxbench.scenarios import check_place, default_path, save, scenario_of

SETTABLE = ("quorums", "topology", "holder", "server", "k")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The flags of the command. random: so many schedules at random, None for all of them."""

    algorithm: str
    nodes: int | None = None
    requests: str = "2"
    network: str = "fifo"
    sets: tuple[str, ...] = ()
    plugins: tuple[Path, ...] = ()
    limit_states: int | None = None
    limit_seconds: float | None = None
    limit_memory: str | None = None
    properties: tuple[str, ...] = ()
    forget: bool = True
    random: int | None = None
    seed: int = 1
    save: Path | None = None
    as_json: bool = False

    def question(self, nodes: int | None, requests: str, most_nodes: int = MAX_NODES) -> Question:
        """Return what is asked, of so many nodes."""
        values = dict(_setting(text) for text in self.sets)
        return parse_question(
            self.algorithm, nodes, requests, self.network, values.get("quorums"), self.plugins,
            values.get("topology"), values.get("holder"), values.get("server"), most_nodes,
            values.get("k"), self.properties, self.forget,
        )  # fmt: skip


def run_check(asked: Asked) -> int:
    """Check an algorithm, print the answer, and return the exit status: 0 valid, 1 violated, 3 undecided."""
    if asked.save is not None:
        check_place(asked.save)
    question, setup, found, how = _answer(asked)
    problem = _save(question, setup, found, how, asked.save)
    say(json.dumps(found, indent=2) if asked.as_json else _text(found))
    if problem is not None:
        if asked.save is not None:
            raise problem
        note(str(problem))
    return EXIT_STATUS[found["verdict"]]


def _answer(asked: Asked) -> tuple[Question, Setup, dict[str, Any], str]:
    """Return what was asked, what its schedules run on, what was found, and how."""
    if asked.random is None:
        question = asked.question(asked.nodes, asked.requests)
        with ProgressLine() as line:
            memory = memory_for_a_search() if asked.limit_memory is None else parse_bytes(asked.limit_memory)
            limits = Limits(asked.limit_states, asked.limit_seconds, memory)
            found = answer(question, limits, line.update if sys.stderr.isatty() else None)
        return question, question.setup, found, "exhaustive search"
    from mxbench.commands.random_answer import MOST_NODES, random_answer

    question = asked.question(asked.nodes, asked.requests, MOST_NODES)
    found, setup = random_answer(question, asked)
    return question, setup, found, f"random search of seed {asked.seed}"


def _save(question: Question, setup: Setup, found: dict[str, Any], how: str, path: Path | None) -> MachineError | None:
    """Save a counterexample, and note in the answer where; return what went wrong."""
    found["scenario"] = None
    if found["property"] is None or not (found["trace"] or found["property"] == CONTRACT):
        return None  # that a state is met in no schedule is shown by none
    path = path or default_path(found["algorithm"], found["property"])
    scenario = scenario_of(
        question.algorithm, setup, found["trace"], path, violated=found["property"], text=found["text"], found=how,
        properties=question.properties,
    )  # fmt: skip
    try:
        found["scenario"] = str(save(scenario, path))
    except MachineError as error:
        return error
    except OSError as error:  # the working directory is gone
        return MachineError(f"{path}: the scenario cannot be written there: {error.strerror or error}")
    return None


def _text(found: dict[str, Any]) -> str:
    saved = found["scenario"]
    again = f"\n\nSaved; 'mxbench replay {saved}' runs it again, step by step." if saved else ""
    return render(found) + again


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    key = key.removeprefix("algorithm.")
    if not equals or key not in SETTABLE:
        raise ExperimentError(
            f"--set {text}: check has no key '{key}'{suggestion(key, SETTABLE)} (write quorums=NAME, or "
            "quorums=[[0,1],[1,2],[0,2]], a list for each node; topology=NAME, holder=NODE, server=true, k=NUMBER)"
        )
    return key, value
