"""Histories as they come back from a file, with one value in them altered by hand."""

from collections.abc import Callable
from typing import Any

import msgspec

from mxbench.core.history import History, NodeHistory


def stored(history: History) -> History:
    """The same history, as it comes back from a file."""
    nodes = [msgspec.msgpack.decode(msgspec.msgpack.encode(node), type=NodeHistory) for node in history.nodes]
    plan = msgspec.json.decode(msgspec.json.encode(history.plan), type=type(history.plan))
    return History(plan, history.ending, nodes)


def alter(history: History, node: int, kind: str, change: Callable[[list[Any]], None], which: int = 0) -> History:
    """A stored history in which one record of one node was changed by hand."""
    history = stored(history)
    records = [detail for detail in history.nodes[node].details if isinstance(detail, list) and detail[0] == kind]
    change(records[which])
    return history


def flip(value: Any) -> Any:
    """The value with one bit of its last byte flipped."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, list):
        return [*value[:-1], flip(value[-1])]
    return value ^ 1
