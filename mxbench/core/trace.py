"""A trace: what happened in a schedule, step by step, as every engine that carries out schedules tells it.

Plain data with one sentence a step, so that what shows a trace (a diagram, a list, JSON) need not know who made it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.messages import Message

MAX_STATE_LINE = 400


class Step(msgspec.Struct, omit_defaults=True):
    """One step of a trace, as `check --json` gives it.

    event: request, release, timer, deliver, duplicate, lose or crash. node: where it happens; of a message, its
    receiver. sender, message: the message that is delivered, repeated or lost. sends: [receiver, message] in order.
    number: the fencing number, of a step in which the node enters or that releases. inside, waiting: who is inside
    and who waits after the step. fault: what was wrong, in a step that broke the contract. state: the fields of the
    node's algorithm that the step changed, each with its text before and after (only of a replay).
    """

    step: int
    event: str
    node: int
    text: str = ""
    sender: int | None = None
    message: str | None = None
    timer: str | None = None
    choices: list[int] = []
    sends: list[tuple[int, str]] = []
    enters: bool = False
    number: int | None = None
    inside: list[int] = []
    waiting: list[int] = []
    fault: str | None = None
    state: dict[str, tuple[str, str]] = {}


def state_of(algorithm: Algorithm) -> dict[str, str]:
    """Return the fields of a node's algorithm, each as text."""
    names = (name for name in algorithm.__struct_fields__ if name != "parameters")
    return {name: value_text(getattr(algorithm, name)) for name in names}


def state_line(algorithm: Algorithm) -> str:
    """Return them in one line, cut where it is long."""
    line = ", ".join(f"{name}={text}" for name, text in state_of(algorithm).items())
    return line if len(line) <= MAX_STATE_LINE else line[: MAX_STATE_LINE - 3] + "..."


def stuck_line(node: int, inside: bool, state: str) -> str:
    """Return what is said of a node that waits or is inside when nothing can happen any more."""
    return f"node {node} {'is inside' if inside else 'waits'}; its state: {state}"


def shown(message: Message) -> str:
    """Return a message as a reader of the plugin writes it: Request(3)."""
    values = ", ".join(map(value_text, msgspec.structs.astuple(message)))
    return f"{type(message).__name__}({values})"


def value_text(value: Any) -> str:
    """Return a plain value as Python writes it, but a set in one order, whatever the hash of its members."""
    if isinstance(value, set | frozenset):
        inner = ", ".join(sorted(map(value_text, value)))
        text = f"{{{inner}}}" if value else "set()"
        return text if isinstance(value, set) else f"frozenset({text if value else ''})"
    if type(value) is list:
        return f"[{', '.join(map(value_text, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(value_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, msgspec.Struct):
        return _with_fields(type(value), value.__struct_fields__, msgspec.structs.astuple(value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return _with_fields(type(value), value._fields, value)
    if type(value) is dict:
        return f"{{{', '.join(f'{value_text(key)}: {value_text(item)}' for key, item in value.items())}}}"
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__repr__(value)  # an IntEnum arrives as a number
    return repr(value)


def _with_fields(kind: type, names: Sequence[str], values: Sequence[Any]) -> str:
    fields = (f"{name}={value_text(value)}" for name, value in zip(names, values, strict=True))
    return f"{kind.__name__}({', '.join(fields)})"


def sentence(step: Step) -> str:
    """Return what happened in a step, in words."""
    message, sender, node = step.message, step.sender, step.node
    what = {
        "request": f"node {node} requests",
        "release": f"node {node} leaves (number {step.number})",
        "timer": f"the timer '{step.timer}' of node {node} fires",
        "deliver": f"node {node} receives {message} from {sender}",
        "duplicate": f"the network repeats {message} from {sender} to {node}",
        "lose": f"the network loses {message} from {sender} to {node}",
        "crash": f"node {node} crashes",
    }[step.event]
    parts = [what, *(f"sends {message} to {', '.join(map(str, to))}" for message, to in _grouped(step.sends))]
    if step.choices:
        parts.append(f"chooses option {', '.join(map(str, step.choices))}")
    if step.enters:
        others = [other for other in step.inside if other != node]
        beside = f" while node {', '.join(map(str, others))} is inside" if others else ""
        parts.append(f"ENTERS with number {step.number}{beside}")
    if step.fault:
        parts.append(f"BREAKS THE CONTRACT: {step.fault}")
    return ", ".join(parts)


def _grouped(sends: Sequence[tuple[int, str]]) -> list[tuple[str, list[int]]]:
    """Return each message once, with all receivers that it is sent to in a row."""
    found: list[tuple[str, list[int]]] = []
    for to, message in sends:
        if found and found[-1][0] == message:
            found[-1][1].append(to)
        else:
            found.append((message, [to]))
    return found


def violation(
    violated: str, steps: int, inside: Sequence[int] = (), stuck: Sequence[int] = (), fault: str | None = None
) -> str:
    """Return what a violation is, in words. stuck: the nodes that wait for ever; fault: of a breach of the contract."""
    after = f"after {steps} step{'s' if steps != 1 else ''}"
    wait = "waits" if len(stuck) == 1 else "wait"
    match violated:
        case "mutual exclusion":
            return f"{nodes_text(inside)} are inside together {after}"
        case "no deadlock":
            return f"{nodes_text(stuck)} {wait} for ever: {after} nothing can happen any more"
        case "every waiter can still enter":
            never = "whatever happens from then on cannot let all of them enter"
            return f"{nodes_text(stuck)} {wait}, and {never}, {after}"
        case "contract":
            return f"a plugin breaks the contract {after}: {fault}"
    return f"'{violated}' does not hold {after}"


def nodes_text(nodes: Sequence[int]) -> str:
    """Return nodes as one writes them: 'node 1', 'nodes 0, 1 and 2'."""
    if len(nodes) == 1:
        return f"node {nodes[0]}"
    return f"nodes {', '.join(map(str, nodes[:-1]))} and {nodes[-1]}" if nodes else "nobody"
