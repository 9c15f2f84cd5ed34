"""Did mutual exclusion hold in a stored run? A second opinion that shares no code with mxbench.

    python verify.py RUN_FOLDER...

RUN_FOLDER is what 'mxbench run' stored of one run, run.msgpack and nodes/*.msgpack, or the folder that it prints, whose
runs/*/ are all judged. Read is only what the nodes wrote down of entries, releases and the algorithm's messages; no
clock, and not the numbers that mxbench gives to entries. An event happens before another (Lamport 1978) if both are of
one node and it came first, or if it sent a message that the other received, or by a chain of such steps. Two stays
inside are in order if the release of one happens before the entry of the other. Mutual exclusion held, whatever the
timing of these messages, if every two stays are in order; for k nodes inside, if no k + 1 stays are without any order
among them. The time grows with the square of the run. Exit status: 0 held, 1 violated, 2 cannot be told.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ENTERED, RELEASED, SENT, DELIVERED, FAULT, EVERY_PEER = 1, 2, 3, 4, 7, 0xFFFFF
Nodes = dict[int, list[tuple[int, Any]]]  # of each node its events: their kind, and the message or text
Stay = tuple[int, int, int | None]  # node, index of the entry among its events, and of the release if there is one
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
NUMBERS = {0xCA + i: struct.Struct(">" + form) for i, form in enumerate("fdBHIQbhiq")}
SIZED: dict[int, tuple[type, int]] = {0xC4: (bytes, 1), 0xC5: (bytes, 2), 0xC6: (bytes, 4), 0xD9: (str, 1),
    0xDA: (str, 2), 0xDB: (str, 4), 0xDC: (list, 2), 0xDD: (list, 4), 0xDE: (dict, 2), 0xDF: (dict, 4)}  # fmt: skip


def unpack(data: bytes, at: int = 0) -> tuple[Any, int]:
    """Return the msgpack value that begins at a position, and the position behind it (msgpack.org, without ext)."""
    tag, at = data[at], at + 1
    if tag < 0x80 or tag >= 0xE0:
        return (tag if tag < 0x80 else tag - 256), at
    if tag in CONSTANTS:
        return CONSTANTS[tag], at
    if tag in NUMBERS:
        return NUMBERS[tag].unpack_from(data, at)[0], at + NUMBERS[tag].size
    if tag >= 0xC0:
        kind, size = SIZED[tag]
        length, at = int.from_bytes(data[at : at + size], "big"), at + size
    else:
        kind, length = (str, tag & 31) if tag >= 0xA0 else (list if tag >= 0x90 else dict, tag & 15)
    if kind in (bytes, str):
        text: bytes = struct.unpack_from(f"{length}s", data, at)[0]  # never fewer bytes than there should be
        return (text if kind is bytes else text.decode()), at + length
    items = []
    for _ in range(2 * length if kind is dict else length):
        item, at = unpack(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2], strict=True)) if kind is dict else items), at


def read(folder: Path) -> tuple[int, str, Nodes]:
    """Return how many may be inside, how the run ended and its events; raise UserWarning where these do not suffice."""
    run = unpack((folder / "run.msgpack").read_bytes())[0]
    plan, k, files = run["plan"], run["plan"].get("k") or 1, sorted((folder / "nodes").glob("*.msgpack"))
    places = range(plan["nodes"] + plan["servers"] + plan.get("algorithm_servers", 0))
    if run["format"] != 1 or plan["history"] != "full":
        raise UserWarning(f"messages were not recorded (history: {plan['history']}, format {run['format']})")
    if len(files) != len(places):
        raise UserWarning(f"{len(files)} of {len(places)} nodes and servers left a history")
    stored = [unpack(file.read_bytes())[0] for file in files]
    return int(k), run["ending"]["reason"], {places.index(a["node"]): [*events(a, plan["nodes"])] for a in stored}


def events(node: dict[str, Any], n: int) -> Iterator[tuple[int, Any]]:
    """Yield the events that matter of one node. A message is (sender, receiver, its number on that channel)."""
    me, codes = node["node"], array("q", node["codes"])
    numbers: dict[int, int] = {}
    for code in codes:
        kind, peer, rest = code & 15, code >> 12 & EVERY_PEER, code >> 32
        of_algorithm = (code >> 4 & 255) < node["algorithm_types"]
        if kind == SENT:
            for to in [peer] if peer != EVERY_PEER else [other for other in range(n) if other != me]:
                numbers[to] = numbers.get(to, -1) + 1
                if of_algorithm:  # those of the workload are numbered too, but they order nothing
                    yield SENT, (me, to, numbers[to])
        elif kind == DELIVERED and of_algorithm:
            yield DELIVERED, (peer, me, rest)
        elif kind in (ENTERED, RELEASED, FAULT):
            yield kind, node["details"][rest]


def stays(nodes: Nodes, reason: str) -> Iterator[Stay]:
    """Yield the stays inside, but for those that a crash or the failure of the run cut off."""
    for node, of_node in nodes.items():
        cut = reason == "failed" or [what for _, what in of_node if what in ("crash", "restart")][-1:] == ["crash"]
        moves = [(kind, index) for index, (kind, _) in enumerate(of_node) if kind in (ENTERED, RELEASED)]
        for (kind, index), (then, left) in zip(moves, [*moves[1:], (None, None)], strict=False):
            if kind == ENTERED and (then == RELEASED or not cut):
                yield node, index, left if then == RELEASED else None


def reached(nodes: Nodes, receipts: dict[Any, list[tuple[int, int]]], node: int, index: int) -> dict[int, int]:
    """Return for each node the index of its first event that the given event happens before (or is)."""
    first, todo = dict[int, int](), [(node, index)]
    while todo:
        node, index = todo.pop()
        end = first.get(node, len(nodes[node]))  # what lies behind was looked at before
        first[node] = min(index, end)
        for kind, what in nodes[node][index:end]:
            todo += receipts.get(what, ()) if kind == SENT else ()
    return first


def unordered(nodes: Nodes, k: int, found: list[Stay]) -> list[Stay]:
    """Return k + 1 stays of which no two are in order, or an empty list if there are none."""
    receipts: dict[Any, list[tuple[int, int]]] = {}
    for node, of_node in nodes.items():
        for index, (kind, what) in enumerate(of_node):
            if kind == DELIVERED:
                receipts.setdefault(what, []).append((node, index))
    after = [{} if left is None else reached(nodes, receipts, node, left) for node, _, left in found]
    early = [[first.get(node, sys.maxsize) <= entered for node, entered, _ in found] for first in after]
    groups: list[list[int]] = [[]]
    for _ in range(k + 1):  # each group grows by each later stay that is in order with none of its members
        more = [(group, b) for group in groups for b in range(group[-1] + 1 if group else 0, len(found))]
        groups = [[*group, b] for group, b in more if not any(early[a][b] or early[b][a] for a in group)]
    return [found[one] for one in groups[0]] if groups else []


def judge(folder: Path) -> tuple[int, str]:
    """Return the exit status and the sentence for one run; 3 for one that cannot be read."""
    try:
        k, reason, nodes = read(folder)
    except UserWarning as error:
        return 2, f"cannot be told: {error}"
    except OSError as error:
        return 3, f"cannot be told: {error.filename}: {error.strerror}"
    except (struct.error, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return 3, "cannot be told: run.msgpack or a file in nodes/ is not what mxbench stored there"
    group = unordered(nodes, k, found := list(stays(nodes, reason)))
    if group:
        named = ", ".join(f"entry {1 + sum(s[0] == n and s[1] < e for s in found)} of node {n}" for n, e, _ in group)
        return 1, f"violated: none of these came after the release of another of them: {named}"
    if reason == "failed" or not found:
        return 2, f"cannot be told: {'the run failed' if found else 'nobody entered'}"
    return 0, f"held: of {len(found)} entries no {k + 1} are without an order between them"


if __name__ == "__main__":
    statuses = set()
    for run in [run for name in sys.argv[1:] for run in sorted(Path(name).glob("runs/[!.]*/")) or [Path(name)]]:
        status, sentence = judge(run)
        statuses.add(min(status, 2))
        print(f"{run}: {sentence}", file=sys.stderr if status == 3 else sys.stdout)
    if not statuses:
        print(f"usage: {__doc__}")
    sys.exit(1 if 1 in statuses else max(statuses, default=2))
