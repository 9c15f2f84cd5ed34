"""The inner loop of the search, written out for the number of nodes and the faults at hand, and compiled.

Nearly all time goes here, so it is generated: the fields of a state are taken apart into local variables, and each
step costs one dict look-up and one addition. For two nodes and no faults it reads

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
                for x in reactions[b[to]]:
                    add(s + d + x)
            ...                                   (the same for node 1)
            if len(found) == before:
                final.append(s)
            before = len(found)
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

FIELD = 24  # bits for the number of a node's bundle
COUNTER_MASK = 15
Expand = Callable[[Iterable[int], list[int], list[int]], None]


def expander(progress: Sequence[Any], faults: Sequence[tuple[int, int, Sequence[Any]]]) -> Expand:
    """Return expand(states, found, final): it appends to `found` the successor of each step of each state, and to
    `final` the states in which no step is possible, faults of the network apart.

    progress: for each node, by bundle, its own differences and its deliverable messages (see `Space`).
    faults: for each kind, where its counter stands in the state, its limit, and differences for each node, by bundle.
    """
    names: dict[str, Any] = {}
    lines = ["def made(states, found, final):", " add = found.append", " before = len(found)", " for s in states:"]
    lines += _taken_apart(len(progress)) + _progress(progress, names, "add({})")
    lines += ["  if len(found) == before:", "   final.append(s)"]
    for place, (counter, limit, tables) in enumerate(faults):
        lines.append(f"  if s >> {counter} & {COUNTER_MASK} < {limit}:")
        for node, table in enumerate(tables):
            names[f"fault{place}_{node}"] = table
            lines += [f"   for d in fault{place}_{node}[b{node}]:", "    add(s + d)"]
    lines.append("  before = len(found)")
    return _made(lines, names)


def masker(masks: Sequence[Any]) -> Callable[[Iterable[int], dict[int, int]], None]:
    """Return note(states, noted): it notes for each state the bits that its bundles have, where there are any.

    masks: for each node, by bundle, its bits.
    """
    names: dict[str, Any] = {f"mask{node}": table for node, table in enumerate(masks)}
    lines = ["def made(states, noted):", " for s in states:", *_taken_apart(len(masks))]
    lines += ["  m = " + " | ".join(f"mask{node}[b{node}]" for node in range(len(masks)))]
    lines += ["  if m:", "   noted[s] = m"]
    return _made(lines, names)


def learner(progress: Sequence[Any]) -> Callable[[Iterable[int], dict[int, int]], bool]:
    """Return learn(states, lacking): each state drops from its bits in `lacking` those that a successor does not have
    there, and itself once it has none left. It returns whether anything changed."""
    names: dict[str, Any] = {}
    lines = ["def made(states, lacking):", " get = lacking.get", " changed = False", " for s in states:"]
    lines += [*_taken_apart(len(progress)), "  m = old = lacking[s]"]
    lines += _progress(progress, names, "m &= get({}, 0)")
    lines += ["  if m != old:", "   changed = True", "   if m:", "    lacking[s] = m", "   else:", "    del lacking[s]"]
    return _made([*lines, " return changed"], names)


def _taken_apart(n: int) -> list[str]:
    fields = [f"  b{node} = s{f' >> {node * FIELD}' if node else ''} & {(1 << FIELD) - 1}" for node in range(n)]
    return [*fields, f"  b = ({''.join(f'b{node}, ' for node in range(n))})"]


def _progress(progress: Sequence[Any], names: dict[str, Any], use: str) -> list[str]:
    """Return the lines that go through the steps of a state that are no faults; `use` is what is done with each."""
    lines = []
    for node, table in enumerate(progress):
        names[f"progress{node}"] = table
        lines += [
            f"  own, sent = progress{node}[b{node}]",
            "  for d in own:",
            "   " + use.format("s + d"),
            "  for to, reactions, d in sent:",
            "   for x in reactions[b[to]]:",
            "    " + use.format("s + d + x"),
        ]
    return lines


def _made(lines: list[str], names: dict[str, Any]) -> Any:
    exec("\n".join(lines), names)
    return names["made"]
