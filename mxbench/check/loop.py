"""The inner loop of the search, written out for the number of nodes and the faults at hand, and compiled.

Nearly all time goes here, so it is generated: the fields of a state are taken apart into local variables, and a step
costs one dict look-up and two additions. For two nodes and no faults it reads

    def expand(states, found, final):
        add = found.append
        before = len(found)
        for s in states:
            b0 = s & MASK
            b1 = s >> FIELD & MASK
            b = (b0, b1)
            own, sent = progress0[b0]
            for d in own:
                add(s + d)
            for to, reactions, d in sent:
                x = reactions[b[to]]
                if x is not None:
                    add(s + d + x)
                else:
                    for x in reactions.several[b[to]]:
                        add(s + d + x)
            ...                                 (the same for node 1)
            if len(found) == before:
                final.append(s)
            before = len(found)
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from mxbench.check.channels import CHANNELS

LOCAL = 22  # bits for the number of a node's local state
LOCAL_MASK = (1 << LOCAL) - 1
FIELD = LOCAL + CHANNELS  # bits of a node in a state: its local state, and above it what is on its way from it
FIELD_MASK = (1 << FIELD) - 1
COUNTER = 4  # bits of a counter of faults
COUNTER_MASK = (1 << COUNTER) - 1
Expand = Callable[[Iterable[int], list[int], list[int]], None]


class Steps(NamedTuple):
    """The tables from which the successors of a state are read.

    progress: for each node a dict: by its field of the state, the differences of its own steps, and for each message
    that can be delivered from it the receiver, its `Reactions` and the difference that taking the message out makes.
    ended: None, or a function that every successor by a request passes through; the differences of requests then come
    third in `progress`, and are not among the node's own.
    """

    progress: Sequence[Any]
    ended: Callable[[int], int] | None = None


class FaultSteps(NamedTuple):
    """The faults of one kind: where its counter stands in a state, its limit, and for each node a dict of differences
    by its field."""

    counter: int
    limit: int
    tables: Sequence[Any]


def expander(steps: Steps, faults: Sequence[FaultSteps]) -> Expand:
    """Return expand(states, found, final): it appends to `found` the successor of each step of each state, and to
    `final` the states in which no step is possible, faults of the network apart."""
    names: dict[str, Any] = {}
    lines = ["def made(states, found, final):", " add = found.append", " before = len(found)", " for s in states:"]
    lines += _taken_apart(len(steps.progress))
    for block in _progress(steps, names, "add({})"):
        lines += block
    lines += ["  if len(found) == before:", "   final.append(s)"]
    for place, fault in enumerate(faults):
        lines.append(f"  if s >> {fault.counter} & {COUNTER_MASK} < {fault.limit}:")
        for node, table in enumerate(fault.tables):
            names[f"fault{place}_{node}"] = table
            lines += [f"   for d in fault{place}_{node}[b{node}]:", "    add(s + d)"]
    lines.append("  before = len(found)")
    return _made(lines, names)


def masker(masks: Sequence[Any]) -> Callable[[Iterable[int], dict[int, int]], None]:
    """Return note(states, noted): it notes for each state the bits that its local states have, where there are any.

    masks: for each node, by local state, its bits.
    """
    names: dict[str, Any] = {f"mask{node}": table for node, table in enumerate(masks)}
    lines = ["def made(states, noted):", " for s in states:"]
    bits = [f"mask{node}[s >> {node * FIELD} & {LOCAL_MASK}]" for node in range(len(masks))]
    lines += ["  m = " + " | ".join(bits), "  if m:", "   noted[s] = m"]
    return _made(lines, names)


def sorter(ranks: Sequence[Any]) -> Callable[[Iterable[int], dict[int, list[int]]], None]:
    """Return sort(states, sorted): it appends each state to the list of its rank, the sum of those of its local states.

    ranks: for each node, by local state, its part.
    """
    names: dict[str, Any] = {f"rank{node}": table for node, table in enumerate(ranks)}
    parts = [f"rank{node}[s >> {node * FIELD} & {LOCAL_MASK}]" for node in range(len(ranks))]
    return _made(["def made(states, sorted):", " for s in states:", f"  sorted[{' + '.join(parts)}].append(s)"], names)


def learner(steps: Steps, every: bool) -> Callable[[Iterable[int], dict[int, int]], bool]:
    """Return learn(states, lacking): each state keeps of its bits in `lacking` those that every successor has there (or
    some successor), and drops out once it has none left. It returns whether anything changed."""
    names: dict[str, Any] = {}
    lines = ["def made(states, lacking):", " get = lacking.get", " changed = False", " for s in states:"]
    lines += [*_taken_apart(len(steps.progress)), "  old = lacking[s]", "  m = old" if every else "  m = 0"]
    # Who has none left, or has found them all, has learnt what there is.
    more, use = ("m", "m &= get({}, 0)") if every else ("m != old", "m |= get({}, 0) & old")
    for block in _progress(steps, names, use):
        lines += [f"  if {more}:", *(" " + line for line in block)]
    lines += ["  if m != old:", "   changed = True", "   if m:", "    lacking[s] = m", "   else:", "    del lacking[s]"]
    return _made([*lines, " return changed"], names)


def _taken_apart(n: int) -> list[str]:
    fields = [f"  b{node} = s{f' >> {node * FIELD}' if node else ''} & {FIELD_MASK}" for node in range(n)]
    return [*fields, f"  b = ({''.join(f'b{node}, ' for node in range(n))})"]


def _progress(steps: Steps, names: dict[str, Any], use: str) -> list[list[str]]:
    """Return, for each node, the lines that go through the steps of a state that are its own or begin at it, and are
    no faults; `use` is what is done with each."""
    blocks = []
    names["ended"] = steps.ended
    for node, table in enumerate(steps.progress):
        names[f"progress{node}"] = table
        lines = [f"  own, sent{', asked' if steps.ended else ''} = progress{node}[b{node}]"]
        lines += ["  for d in own:", "   " + use.format("s + d")]
        lines += ["  for d in asked:", "   " + use.format("ended(s + d)")] if steps.ended else []
        lines += [
            "  for to, reactions, d in sent:",
            "   x = reactions[b[to]]",
            "   if x is not None:",
            "    " + use.format("s + d + x"),
            "   else:",
            "    for x in reactions.several[b[to]]:",
            "     " + use.format("s + d + x"),
        ]
        blocks.append(lines)
    return blocks


def _made(lines: list[str], names: dict[str, Any]) -> Any:
    exec("\n".join(lines), names)
    return names["made"]
