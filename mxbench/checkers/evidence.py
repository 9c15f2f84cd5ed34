"""Evidence of a violation, in lines: two stays in the critical section and the messages that led to them.

Messages are rebuilt from the histories of their senders; a message is named by its channel and its number there
(`1->0 #4`). Only the algorithm's are shown: the others establish no order between entries. Times are ms since the
first event of the run.
"""

from collections.abc import Container, Iterator

import msgspec

from mxbench.core.history import Event, History, Section
from mxbench.core.trace import nodes_text
from mxbench.core.verdict import Finding

MAX_MESSAGES = 12  # lines of messages shown; those nearest to the later entry


class Passed(msgspec.Struct):
    """One message as its sender and its receiver saw it; None for what is not in their histories."""

    sender: int
    receiver: int
    sequence: int
    text: str
    sent: int | None = None
    delivered: int | None = None


def judged(history: History) -> list[Section]:
    """Return the entries that can be judged, by number: without those that a failure or a crash cut off."""
    failed, lost = history.ending.reason == "failed", gone(history)
    return [e for e in history.entries if e.released is not None or not (failed or e.node in lost)]


def gone(history: History) -> set[int]:
    """Return the nodes that crashed by plan and never came back: what they left open is held against nobody."""
    lost = set()
    for node in history.nodes if history.plan.faults else ():
        deeds = [e.detail for e in history.of_node(node) if e.kind == "fault" and e.detail in ("crash", "restart")]
        if deeds and deeds[-1] == "crash":
            lost.add(node.node)
    return lost


def undecided(history: History, name: str) -> Finding | None:
    """Return what keeps a run in which nothing wrong was seen from being valid, or None if nothing does."""
    if history.ending.reason == "failed":
        return Finding(name, "undecided", f"the run failed: {history.ending.text or history.ending.failed}")
    if history.plan.history == "off":
        return Finding(name, "not recorded", "requests and entries were not recorded (history: off)")
    if not history.whole:
        present = {node.node for node in history.nodes}
        lost = ", ".join(str(node) for node in history.plan.places if node not in present)
        return Finding(name, "undecided", f"nothing is left of what node {lost} recorded")
    if not history.entries:
        return Finding(name, "undecided", "nobody entered")
    return None


def two_entries(history: History, first: Section, second: Section) -> tuple[str, ...]:
    """Return the evidence against two entries: a line each, and the messages from their requests to their entries."""
    lines = [entry_line(history, first), entry_line(history, second)]
    if first.node == second.node:
        return tuple(lines)
    if history.plan.history != "full":
        return (*lines, "the messages between them were not recorded (history: sections)")
    a, b = f"node {first.node}", f"node {second.node}"
    passed = _passed(history, first, second, only_each_other=True)
    said = f"messages between {a} and {b} from their requests to their entries:"
    if not passed:
        passed = _passed(history, first, second, only_each_other=False)
        said = f"no message passed between {a} and {b} from their requests to their entries"
        said += "; what they received meanwhile:" if passed else ", and they received none"
    shown = [f"  {_passed_line(history, message)}" for message in passed[-MAX_MESSAGES:]]
    more = len(passed) - len(shown)
    return (*lines, said, *([f"  ({more} more before these)"] if more else []), *shown)


def nodes_of(entries: list[Section]) -> str:
    """Return the nodes of some entries, in words: `nodes 0, 1 and 2`."""
    return nodes_text([entry.node for entry in entries])


def entry_line(history: History, entry: Section) -> str:
    """Return one line about a stay in the critical section."""
    left = f"left at {_ms(history, entry.released)}" if entry.released is not None else "never left"
    stamp = f", stamp ({entry.stamp[0]}, {entry.stamp[1]})" if entry.stamp else ""
    return (
        f"node {entry.node} entered as number {entry.number} at {_ms(history, entry.entered)} and {left} "
        f"(its request {entry.id}, made at {_ms(history, entry.requested)}{stamp})"
    )


def _passed(history: History, first: Section, second: Section, only_each_other: bool) -> list[Passed]:
    """Return the messages to either node that it, or if it is the other one its sender, met while waiting, in order.

    Each node's wait is measured on its own clock. It ends with the entry, so a permission that a node gave away while
    inside is found in the wait of the one that received it.
    """
    waits = {entry.node: (entry.requested, entry.entered or 0) for entry in (first, second)}
    found: dict[tuple[int, int, int], Passed] = {}
    met: set[tuple[int, int, int]] = set()
    for event in _messages(history, waits if only_each_other else None):
        sent = event.kind == "sent"
        sender, receiver = (event.node, event.peer) if sent else (event.peer, event.node)
        if receiver not in waits or (only_each_other and sender not in waits):
            continue
        key = (sender, receiver, event.sequence)
        message = found.setdefault(key, Passed(*key, event.type))
        if sent:
            message.sent, message.text = event.time, message_text(event)
        else:
            message.delivered = event.time
        low, high = waits.get(event.node, (1, 0))
        if low <= event.time <= high and (only_each_other or not sent):
            met.add(key)
    return sorted((found[key] for key in met), key=_when)


def _when(message: Passed) -> tuple[int, int, int, int]:
    time = message.sent if message.sent is not None else message.delivered
    return (time or 0, message.sender, message.receiver, message.sequence)


def _messages(history: History, only: Container[int] | None) -> Iterator[Event]:
    for node in history.nodes:
        if only is None or node.node in only:
            for event in history.of_node(node):
                if event.kind in ("sent", "delivered") and not event.workload:
                    yield event


def message_text(event: Event) -> str:
    """Return a sent message as its class would be called: `Reply(3)`."""
    try:
        _, *values = msgspec.msgpack.decode(event.payload)
    except (msgspec.DecodeError, TypeError, ValueError):
        return event.type
    return f"{event.type}({', '.join(repr(value) for value in values)})"


def _passed_line(history: History, message: Passed) -> str:
    sent = f"sent at {_ms(history, message.sent)}, " if message.sent is not None else ""
    delivered = f"delivered at {_ms(history, message.delivered)}" if message.delivered is not None else "not delivered"
    return f"{message.sender}->{message.receiver} #{message.sequence} {message.text}: {sent}{delivered}"


def _ms(history: History, time: int | None) -> str:
    return "an unknown time" if time is None else f"{(time - history.start()) / 1e6:.3f} ms"
