"""A trace as a space-time diagram in text: a column a node, time going down.

    step   0                         1
       1   *  requests               |
           :  Request(1) -> 1        |
       2   :----- Request(1) ------->|
           :                         |  Reply(1) -> 0
       3   #<------ Reply(1) --------|
           #  ENTERS (number 1)      |

The line of a node is '|' while it is outside, ':' while it waits, '#' while it is inside, and blank once it has
crashed: two '#' in one row are two nodes inside. A message is drawn when it is delivered, in the row of that step;
what is still on its way at the end was sent and has no arrow.
"""

from collections.abc import Sequence
from typing import Any

MARGIN = 7
OUTSIDE, WAITING, INSIDE, GONE = "|", ":", "#", " "


def diagram(trace: Sequence[dict[str, Any]], nodes: int) -> str:
    """Return the diagram of a trace, as `check` gives it."""
    width = _column_of(trace)
    lines = ["step".rjust(MARGIN - 3) + "   " + "".join(str(node).ljust(width) for node in range(nodes)).rstrip()]
    lanes = [OUTSIDE] * nodes
    for step in trace:
        after = _lanes(step, lanes)
        number = str(step["step"]).rjust(MARGIN - 3) + "   "
        for place, row in enumerate(_rows(step, lanes, after, width)):
            lines.append(((number if place == 0 else " " * MARGIN) + row).rstrip())
        lanes = after
    return "\n".join(lines)


def _column_of(trace: Sequence[dict[str, Any]]) -> int:
    """Return the width of a column: as much as the longest message needs, within reason."""
    longest = max((len(message) for step in trace for _, message in step.get("sends", ())), default=0)
    return min(max(24, longest + 12), 60)


def _lanes(step: dict[str, Any], before: Sequence[str]) -> list[str]:
    inside, waiting = step.get("inside", ()), step.get("waiting", ())
    lanes = [INSIDE if node in inside else WAITING if node in waiting else OUTSIDE for node in range(len(before))]
    gone = [node for node, lane in enumerate(before) if lane == GONE]
    for node in [*gone, step["node"]] if step["event"] == "crash" else gone:
        lanes[node] = GONE
    return lanes


def _rows(step: dict[str, Any], before: Sequence[str], after: Sequence[str], width: int) -> list[str]:
    """Return the rows of one step: what happened, then what the node did about it."""
    node, event = step["node"], step["event"]
    texts = []
    if event in ("deliver", "lose", "duplicate"):
        rows = [_arrow(step["sender"], node, step["message"], event, before, width)]
    else:
        rows = []
        texts.append({"request": "requests", "release": "leaves", "crash": "CRASHES"}.get(event, "")
                     or f"timer {step.get('timer')}")  # fmt: skip
    receivers: dict[str, list[str]] = {}
    for to, message in step.get("sends", ()):
        receivers.setdefault(message, []).append(str(to))
    texts += [f"{message} -> {', '.join(to)}" for message, to in receivers.items()]
    if step.get("enters"):
        texts.append(f"ENTERS (number {step['number']})")
    if step.get("fault"):
        texts.append("BREAKS THE CONTRACT")
    return rows + [_row(after, node, text, width) for text in texts]


def _row(lanes: Sequence[str], node: int, text: str, width: int) -> str:
    """Return the lines of all nodes, with a text to the right of one of them, or to its left where that is the last."""
    cells = [lane.ljust(width) for lane in lanes]
    row = list("".join(cells))
    start = node * width + 3
    row[start : start + len(text)] = text
    return "".join(row)


def _arrow(sender: int, node: int, message: str, event: str, lanes: Sequence[str], width: int) -> str:
    """Return a row with an arrow from the sender's line to the receiver's; it crosses the lines in between."""
    row = list("".join(lane.ljust(width) for lane in lanes))
    low, high = min(sender, node) * width, max(sender, node) * width
    label = {"lose": f" lost: {message} ", "duplicate": f" repeated: {message} "}.get(event, f" {message} ")
    shaft = list(label.center(high - low - 1, "-" if event == "deliver" else "."))
    if event == "deliver":
        shaft[-1 if node > sender else 0] = ">" if node > sender else "<"
    row[low + 1 : high] = shaft
    return "".join(row)
