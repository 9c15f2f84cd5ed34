"""What `mxbench check` prints: the verdict in a sentence, the counts, and the counterexample as a diagram."""

import sys
import time
from typing import Any, TextIO

from mxbench.check.diagram import diagram
from mxbench.check.search import Progressed


def render(answer: dict[str, Any]) -> str:
    """Return the answer of `check` as text for a terminal."""
    requests = ",".join(map(str, answer["requests"]))
    if len(set(answer["requests"])) == 1:
        requests = f"{answer['requests'][0]} each"
    nodes = f"{answer['nodes']} node{'s' * (answer['nodes'] != 1)}"
    head = f"{answer['algorithm']}: {nodes}, requests {requests}, network {answer['network']}"
    if answer["quorums"]:
        head += f", quorums {answer['quorums']}"
    if answer["topology"]:
        head += f", topology {answer['topology']}"
    if answer["holder"]:
        head += ", a server of its own" if answer["server"] else f", holder {answer['holder']}"
    if answer.get("k"):
        head += f", k = {answer['k']}"
    broken = f" ({answer['property']})" if answer["property"] else ""
    lines = [head, f"{answer['verdict'].upper()}{broken}: {answer['text']}."]
    lines += [f"Outside its assumptions: {sentence}." for sentence in answer["outside_assumptions"]]
    lines.append(_counts(answer))
    for known in answer.get("properties", ()):
        met = f", first after {known['depth']} steps" if known["depth"] is not None else ""
        lines.append(f"Property {known['name']} ({known['kind']}): {known['verdict']}{met}.")
    if answer.get("forget"):
        bounds = " and ".join(answer["forget"]["verified"])
        lines.append(
            "States that differ only in what the algorithm's 'forget' drops were taken for one; it was compared with "
            f"the plain search at {bounds}. --no-forget searches without."
        )
    if answer["verdict"] != "violated":
        lines.append("Not covered: " + "; ".join(answer["not_covered"]) + ".")
    if answer["trace"]:
        shrunk = answer.get("shrunk")
        places = (shrunk or answer)["nodes"] + answer["server"]
        kind = "shrunk" if shrunk else "shortest"
        lines += ["", diagram(answer["trace"], places), "", legend(answer["trace"], kind), ""]
        width = len(str(len(answer["trace"])))
        lines += [f"{step['step']:>{width}}. {step['text']}" for step in answer["trace"]]
    return "\n".join(lines)


def _counts(answer: dict[str, Any]) -> str:
    """Return how much was searched, and how fast; of a random search also what was made of its schedule."""
    seconds, steps = answer["seconds"], answer["transitions"]
    rate = steps / seconds if seconds else 0.0
    if answer["states"] is not None:
        return (
            f"{answer['states']:,} states, {steps:,} transitions, depth {answer['depth']}, "
            f"{seconds:.2f} s ({rate:,.0f} transitions/s)"
        )
    said = (
        f"{answer['schedules']:,} random schedule{'s' * (answer['schedules'] > 1)} (seed {answer['seed']}), "
        f"{steps:,} steps, at most "
        f"{answer['depth']} a schedule, {seconds:.2f} s ({rate:,.0f} steps/s)"
    )
    if shrunk := answer["shrunk"]:
        requests = ",".join(map(str, shrunk["requests"]))
        said += (
            f"\nSchedule {shrunk['schedule']} violates it; its {shrunk['steps_before']} steps were shrunk to "
            f"{shrunk['steps']}, with {shrunk['nodes']} node{'s' * (shrunk['nodes'] > 1)} and requests {requests}"
        )
    return said


def legend(trace: list[dict[str, Any]], kind: str) -> str:
    """Return what the signs of a diagram mean. kind: of trace, such as 'shortest'."""
    crashed = ", blank once crashed" if any(step["event"] == "crash" for step in trace) else ""
    return f"| outside  : waits  # inside{crashed}; arrows are deliveries, {kind} trace"


class ProgressLine:
    """One line on a terminal that follows a search, and is wiped at its end. Use it in a `with`."""

    EVERY = 0.2

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._next = time.monotonic() + 2 * self.EVERY
        self._drawn = False

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def update(self, progress: Progressed) -> None:
        """Show how far the search has come, a few times a second."""
        rate = progress.states / progress.seconds if progress.seconds else 0
        self.show(
            f"depth {progress.depth}: {progress.states:,} states, {progress.transitions:,} transitions, "
            f"{rate:,.0f} states/s, {progress.width:,} to go at this depth"
        )

    def show(self, text: str) -> None:
        """Show a line, unless one was shown a moment ago."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self.EVERY
        self._drawn = True
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
