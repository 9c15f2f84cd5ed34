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
    head = f"{answer['algorithm']}: {answer['nodes']} nodes, requests {requests}, network {answer['network']}"
    if answer["quorums"]:
        head += f", quorums {answer['quorums']}"
    broken = f" ({answer['property']})" if answer["property"] else ""
    lines = [head, f"{answer['verdict'].upper()}{broken}: {answer['text']}."]
    lines += [f"Outside its assumptions: {sentence}." for sentence in answer["outside_assumptions"]]
    rate = answer["transitions"] / answer["seconds"] if answer["seconds"] else 0.0
    lines.append(
        f"{answer['states']:,} states, {answer['transitions']:,} transitions, depth {answer['depth']}, "
        f"{answer['seconds']:.2f} s ({rate:,.0f} transitions/s)"
    )
    if answer["verdict"] != "violated":
        lines.append("Not covered: " + "; ".join(answer["not_covered"]) + ".")
    if answer["trace"]:
        lines += ["", diagram(answer["trace"], answer["nodes"]), "", legend(answer["trace"]), ""]
        width = len(str(len(answer["trace"])))
        lines += [f"{step['step']:>{width}}. {step['text']}" for step in answer["trace"]]
    return "\n".join(lines)


def legend(trace: list[dict[str, Any]]) -> str:
    """Return what the signs of a diagram mean."""
    crashed = ", blank once crashed" if any(step["event"] == "crash" for step in trace) else ""
    return f"| outside  : waits  # inside{crashed}; arrows are deliveries, shortest trace"


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
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self.EVERY
        self._drawn = True
        rate = progress.states / progress.seconds if progress.seconds else 0
        self._stream.write(
            f"\r\x1b[Kdepth {progress.depth}: {progress.states:,} states, {progress.transitions:,} transitions, "
            f"{rate:,.0f} states/s, {progress.width:,} to go at this depth"
        )
        self._stream.flush()
