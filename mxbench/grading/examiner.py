"""The examiner: judges one submission, item by item, in a process of its own. `python -m mxbench.grading.examiner`.

It is trusted: it searches and simulates with stand-ins, and the submission is in another process. It reads one frame,
what to examine, and writes one for each item and one at the end, so that what was found before it had to be killed
counts.
"""

import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from mxbench.check.question import parse_question
from mxbench.check.search import CONTRACT, Limits
from mxbench.core.claims import split_bound
from mxbench.core.contract import PluginFault
from mxbench.errors import MxbenchError
from mxbench.experiment.document import Document
from mxbench.experiment.job import Job, do
from mxbench.experiment.planning import plan_settings
from mxbench.grading.frames import read_blocking, write_blocking
from mxbench.grading.judging import judge
from mxbench.grading.kernel import die_with_parent
from mxbench.grading.process import ConfinedProcess, Held, OverLimit
from mxbench.grading.rubric import Item, RubricLimits
from mxbench.grading.stand_in import NAME, stand_in
from mxbench.grading.witness import Witness
from mxbench.own_time import OwnTime
from mxbench.registry import Registry

SEARCH_BYTES = 1_000_000_000  # of memory that the examiner may hold while it searches
EXAMINER_BYTES = 3_000_000_000  # of addresses, for all else: a flood of messages ends there
GRACE_S = 40.0  # of processor time beyond a submission's seconds: to start, to ask again, to write down
MAX_OUTPUT_SHOWN = 4_000  # characters of what a submission printed
MAX_TEXT = 2_000  # characters of what is said of one thing
MAX_TRACE = 2_000  # steps of a counterexample
MAX_EVIDENCE = 12  # lines of evidence of one finding


class Examination(msgspec.Struct):
    """What to examine. file: a copy of the submission, alone in its folder. folder: for what is written meanwhile.

    base: what paths in the rubric are relative to.
    """

    file: str
    folder: str
    base: str
    items: list[Item]
    limits: RubricLimits
    seed: int


class Marked(msgspec.Struct, frozen=True):
    """What became of one item. outcome: met, not met, or undecided. trace: of a counterexample, as `check` gives it.

    measured: of a run, each expectation with what was measured.
    """

    name: str
    outcome: str
    text: str
    trace: list[dict[str, Any]] = []
    nodes: int = 0
    measured: list[dict[str, Any]] = []
    evidence: list[str] = []


class Ended(msgspec.Struct, frozen=True):
    """What is known of a submission as a whole. fault: what takes all points from it. tried: what it may not do."""

    algorithm: str = ""
    summary: str = ""
    fault: str | None = None
    tried: list[str] = []
    output: str = ""
    in_force: list[str] = []


class SubmissionRegistry(Registry):
    """What is registered, and a stand-in among it."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__()
        self._add(module, "submission", None)


class Examiner:
    """One examination. tell: called with what became of each item."""

    def __init__(self, asked: Examination, tell: Callable[[Marked], None]) -> None:
        self._asked, self._tell = asked, tell
        self._own = OwnTime()
        self._witness = Witness(asked.seed)
        self._output = Path(asked.folder) / "output"
        self._process = self._confined()

    def run(self) -> Ended:
        """Judge every item, then ask some of the answers again."""
        process, declaration = self._process, None
        try:
            declaration = process.load()
            self._module = stand_in(declaration, process)
            registry = SubmissionRegistry(self._module)
            process.on_answer = self._witness.keep
            self._judge_properties()
            self._judge_runs(registry)
            fault = self._asked_again()
        except (PluginFault, MxbenchError) as error:
            fault = str(error)
        finally:
            process.end()
        return Ended(
            declaration.name[:100] if declaration else "", declaration.summary[:200] if declaration else "", fault,
            process.offences, self._printed(), process.in_force,
        )  # fmt: skip

    def _judge_properties(self) -> None:
        """Judge the properties, those with one bound by one search as far as that goes."""
        bounds: dict[tuple[Any, ...], list[Item]] = {}
        for item in self._asked.items:
            if item.property is not None:
                bounds.setdefault((item.nodes, tuple(item.requests), item.network), []).append(item)
        for items in bounds.values():
            self._timed(items, self._judge_bound)

    def _judge_bound(self, items: list[Item]) -> None:
        first = items[0]
        question = parse_question(
            self._module.Submission, first.nodes, tuple(first.requests), first.network, forget=False
        )  # what a submission forgets is its own claim, which is compared at smaller bounds and not proved
        limits = Limits(self._asked.limits.states, None, SEARCH_BYTES)
        wanted = tuple(item.property or "" for item in items)
        answers = judge(question, wanted, limits, lambda _: self._process.check_limits())
        for item in items:
            found = answers[item.property or ""]
            outcome = {"valid": "met", "violated": "not met"}.get(found["verdict"], "undecided")
            other = found["property"] not in (None, item.property)
            text = f"{found['property']}: {found['text']}" if other else found["text"]
            if item.property == CONTRACT and outcome == "met" and self._process.offences:
                outcome, text = "not met", f"it tried to {', '.join(self._process.offences)}"
            self._tell(Marked(item.name, outcome, _cut(text), _shortened(found["trace"]), found["nodes"]))

    def _judge_runs(self, registry: Registry) -> None:
        for item in self._asked.items:
            if item.property is None:
                self._timed([item], lambda items: self._judge_run(items[0], registry))

    def _judge_run(self, item: Item, registry: Registry) -> None:
        data = {**item.experiment, "algorithm": NAME, "seed": self._asked.seed}
        setting = plan_settings(Document("rubric", data, {}, {}), registry, Path(self._asked.base))[0]
        outcome, texts, measured, evidence = "met", [], [], []
        for repeat in range(1, item.repeat + 1):
            folder = Path(tempfile.mkdtemp(dir=self._asked.folder))
            job = Job(item.name, setting.plan(repeat), {}, setting.experiment.expect, str(folder))
            row = do(job, registry, folder, lambda _: None)
            self._process.check_limits()
            measured += [{**expectation, "repeat": repeat} for expectation in row["expectations"]]
            unmet = [expectation for expectation in row["expectations"] if not expectation["met"]]
            if unmet:
                outcome = "not met"
                failure = row["failure"] if row["failed"] == "contract" else None
                texts += [failure] if failure else [_expectation_text(expectation) for expectation in unmet]
                evidence += _evidence(row)
                break  # each repeat must come to what is expected
        text = "; ".join(dict.fromkeys(texts)) or "all as expected"
        self._tell(Marked(item.name, outcome, _cut(text), [], item.nodes, measured, [_cut(line) for line in evidence]))

    def _timed(self, items: list[Item], act: Callable[[list[Item]], None]) -> None:
        """Judge some items within their time; whatever keeps that from an end makes them undecided, or not met."""
        if self._seconds() <= 0:
            self._mark(items, "undecided", "not judged: the submission took all the seconds that the rubric gives it")
            return
        self._process.begin_item(self._seconds())
        try:
            act(items)
        except OverLimit as error:
            self._mark(items, "undecided", f"undecided: {error}")
        except (PluginFault, MxbenchError) as error:
            self._mark(items, "not met", str(error))
        except (MemoryError, RecursionError) as error:
            self._mark(items, "undecided", f"undecided: {type(error).__name__} while it was judged")
        except Exception as error:  # of mxbench itself: the other items are judged all the same
            self._mark(items, "undecided", f"undecided: mxbench itself failed: {type(error).__name__}: {error}")

    def _mark(self, items: list[Item], outcome: str, text: str) -> None:
        for item in items:
            self._tell(Marked(item.name, outcome, _cut(text)))

    def _seconds(self) -> float:
        return min(self._asked.limits.item_s, self._asked.limits.submission_s - self._own.now())

    def _asked_again(self) -> str | None:
        fresh = self._confined()
        try:
            fresh.load()
            return self._witness.differs(fresh, 2 * self._asked.limits.submission_s)  # all of them took half of it
        finally:
            fresh.end()

    def _confined(self) -> ConfinedProcess:
        hash_seed = 1 + secrets.randbelow(2**32 - 1)  # not drawn from the hidden seed, as a submission can read it off
        limits = self._asked.limits
        held = Held(limits.step_s, limits.memory_bytes, limits.output_bytes,
                    int(2 * limits.submission_s) + 10, limits.steps)  # fmt: skip
        return ConfinedProcess(Path(self._asked.file), self._output, held, hash_seed, self._own)

    def _printed(self) -> str:
        try:
            with self._output.open("rb") as file:
                return file.read(4 * MAX_OUTPUT_SHOWN).decode("utf-8", "replace")[:MAX_OUTPUT_SHOWN]
        except OSError:
            return ""


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + " ..."


def _shortened(trace: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a trace without the middle of what a submission made too long to be read."""
    return [
        {key: [[to, _cut(text)] for to, text in value] if key == "sends" else _cut(value) if isinstance(value, str)
         else value for key, value in step.items()}
        for step in trace[:MAX_TRACE]
    ]  # fmt: skip


def _expectation_text(expectation: dict[str, Any]) -> str:
    expected = expectation["expected"]
    told = expected if not isinstance(expected, int | float) or split_bound(expected)[0] != "==" else f"== {expected}"
    return f"{expectation['field']} is {expectation['measured']}, expected {told}"


def _evidence(row: dict[str, Any]) -> list[str]:
    """Return what the checkers found in a run that is not valid, and why a run failed."""
    said = [str(row["failure"])] if row["failure"] else []
    for finding in row["findings"]:
        if finding["outcome"] != "valid":
            said += [f"{finding['property']}: {finding['text']}", *map(str, finding["evidence"][:MAX_EVIDENCE])]
    return said


def _hold_to(seconds: int) -> None:
    """End this process after so many seconds on a processor, and where it needs too much memory."""
    import resource  # which only POSIX has

    resource.setrlimit(resource.RLIMIT_AS, (EXAMINER_BYTES, EXAMINER_BYTES))
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]  # stays, as the confined process has another limit
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if most == resource.RLIM_INFINITY else min(seconds, most), most))


def main() -> None:
    """Examine what standard input asks for."""
    die_with_parent(int(sys.argv[1]))
    answers = os.dup(1)
    os.dup2(2, 1)  # nothing but frames goes to the judge
    asked = read_blocking(0)
    if asked is None:
        sys.exit(3)
    examination = msgspec.msgpack.decode(asked, type=Examination)
    _hold_to(int(examination.limits.submission_s + GRACE_S))
    examiner = Examiner(examination, lambda marked: write_blocking(answers, ["item", msgspec.to_builtins(marked)]))
    write_blocking(answers, ["end", msgspec.to_builtins(examiner.run())])


if __name__ == "__main__":
    main()
