"""What is asked of the checker: an algorithm, the bound of the search, and the network under it.

Nothing is refused because an algorithm assumes otherwise: the network is the question. What lies outside the
algorithm's assumptions is said beside the answer.
"""

import ast
import re
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.quorums import Quorums
from mxbench.errors import ExperimentError
from mxbench.registry import Registry

MAX_NODES = 16
MAX_FAULTS = 15  # of each kind; what four bits of a state can count
KINDS = ("fifo", "reordering", "duplicating", "lossy", "crashing")


class Network(msgspec.Struct, frozen=True):
    """What may happen to messages and nodes. The numbers bound a whole run, not a channel.

    fifo: each channel keeps its order. duplicates: a message on its way may be sent once more, behind all others of
    its channel. losses: a message on its way may vanish. crashes: a node may stop for good, between two steps.
    """

    fifo: bool = True
    duplicates: int = 0
    losses: int = 0
    crashes: int = 0

    def __str__(self) -> str:
        faults = (("duplicating", self.duplicates), ("lossy", self.losses), ("crashing", self.crashes))
        words = [] if self.fifo else ["reordering"]
        words += [f"{word}:{count}" for word, count in faults if count]
        return "+".join(words) or "fifo"


class Question(msgspec.Struct, frozen=True):
    """One question to the checker. requests: how often each node asks; quorums: by node, empty for none."""

    algorithm: type[Algorithm]
    nodes: int
    requests: tuple[int, ...]
    network: Network = Network()
    quorums: Quorums = ()
    quorum_system: str | None = None

    @property
    def outside(self) -> list[str]:
        """What the algorithm assumes and this question does not grant, a sentence each."""
        name, assumes, network = self.algorithm.name, self.algorithm.assumes, self.network
        broken = (
            (assumes.fifo and not network.fifo, "FIFO channels, but this network reorders messages"),
            (assumes.no_duplicates and network.duplicates, "that each message arrives once, but this network repeats"),
            (assumes.lossless and network.losses, "that each message arrives, but this network loses some"),
            (assumes.crash_free and network.crashes, "that no node stops, but here nodes crash"),
        )
        found = [f"{name} assumes {what}" for breaks, what in broken if breaks]
        asking = [node for node, quorum in enumerate(self.quorums) if self.requests[node]]
        apart = [(a, b) for a, b in combinations(asking, 2) if not {*self.quorums[a]} & {*self.quorums[b]}]
        if apart:
            a, b = apart[0]
            said = f"those of nodes {a} and {b} do not: {list(self.quorums[a])} and {list(self.quorums[b])}"
            found.append(f"{name} needs quorums of which every two meet, but {said}")
        return found


def parse_question(
    algorithm: str | Path | type[Algorithm],
    nodes: int | None = None,
    requests: int | str | Sequence[int] | None = None,
    network: str | Network = "fifo",
    quorums: str | Sequence[Sequence[int]] | None = None,
    plugins: Sequence[str | Path] = (),
) -> Question:
    """Return the question that flags or arguments ask; raise ExperimentError that says what is allowed.

    algorithm: a name, a FILE.py, or a class. nodes: told by a list of requests or quorums unless given, else 3.
    requests: of every node, or a list, one for each. quorums: the name of a system, or a list, one for each node.
    """
    files = tuple(map(str, plugins))
    own = str(algorithm) if not isinstance(algorithm, type) and str(algorithm).endswith(".py") else None
    registry = Registry((*files, own) if own and own not in files else files)
    cls = algorithm if isinstance(algorithm, type) else _algorithm(str(algorithm), own, registry)
    explicit = _explicit_quorums(quorums)
    wanted = _requests(requests)
    n = nodes
    if n is None:
        n = len(wanted) if isinstance(wanted, tuple) else len(explicit) if explicit is not None else 3
    if not 1 <= n <= MAX_NODES:
        raise ExperimentError(f"--nodes {n}: from 1 to {MAX_NODES} nodes can be checked")
    if isinstance(wanted, tuple) and len(wanted) != n:
        raise ExperimentError(f"--requests {','.join(map(str, wanted))}: {len(wanted)} numbers for {n} nodes")
    each = wanted if isinstance(wanted, tuple) else (wanted,) * n
    system, found = _quorums(cls, n, quorums, explicit, registry)
    return Question(cls, n, each, _network(network), found, system)


def _algorithm(name: str, file: str | None, registry: Registry) -> type[Algorithm]:
    if file is None:
        found: type[Algorithm] = registry.get("algorithms", name).cls
        return found
    own = [known for known in registry.all("algorithms").values() if known.ref.file == str(Path(file).resolve())]
    if len(own) != 1:
        names = ", ".join(known.name for known in own) or "none"
        raise ExperimentError(f"{file}: it brings these algorithms: {names}; give a name and --plugin {file}")
    cls: type[Algorithm] = own[0].cls
    return cls


def _requests(requests: int | str | Sequence[int] | None) -> int | tuple[int, ...]:
    if requests is None:
        return 2
    text = requests if isinstance(requests, str) else None
    try:
        parts = text.split(",") if text is not None else requests
        numbers = (int(parts),) if isinstance(parts, int) else tuple(int(part) for part in parts)
    except ValueError:
        raise ExperimentError(f"--requests {text}: write one number, or one for each node like 1,1,0") from None
    if not numbers or any(number < 0 for number in numbers):
        raise ExperimentError(f"--requests {text or requests}: a node asks 0 times or more")
    single = isinstance(requests, int) or (text is not None and "," not in text)
    return numbers[0] if single else numbers


def _network(network: str | Network) -> Network:
    if isinstance(network, Network):
        return network
    counts = {"fifo": 0, "reordering": 0, "duplicating": 0, "lossy": 0, "crashing": 0}
    for part in re.split(r"[+,]", network):
        word, _, number = part.strip().partition(":")
        if word not in counts:
            close = get_close_matches(word, KINDS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ExperimentError(f"--network {network}: there is no '{word}'{hint} (write {', '.join(KINDS)}, "
                                  "joined by '+', with a bound as in duplicating:2)")  # fmt: skip
        if number and (word in ("fifo", "reordering") or not number.isdecimal() or not 0 < int(number) <= MAX_FAULTS):
            raise ExperimentError(f"--network {network}: '{part}': a bound is from 1 to {MAX_FAULTS}, as in lossy:2")
        counts[word] = int(number or 1)
    if counts["fifo"] and counts["reordering"]:
        raise ExperimentError(f"--network {network}: it keeps the order of messages or reorders them, not both")
    return Network(not counts["reordering"], counts["duplicating"], counts["lossy"], counts["crashing"])


def _explicit_quorums(quorums: str | Sequence[Sequence[int]] | None) -> Quorums | None:
    """Return quorums that were given as a list, None where they are a name or not given."""
    if quorums is None or (isinstance(quorums, str) and not quorums.lstrip().startswith(("[", "("))):
        return None
    try:
        value: Any = ast.literal_eval(quorums.strip()) if isinstance(quorums, str) else quorums
        return tuple(tuple(sorted({int(member) for member in quorum})) for quorum in value)
    except (ValueError, SyntaxError, TypeError):
        raise ExperimentError(
            f"quorums={quorums}: write a system's name, or a list for each node like [[0,1],[1,2],[0,2]]"
        ) from None


def _quorums(
    cls: type[Algorithm], n: int, given: Any, explicit: Quorums | None, registry: Registry
) -> tuple[str | None, Quorums]:
    if explicit is not None:
        if len(explicit) != n:
            raise ExperimentError(f"quorums: {len(explicit)} quorums for {n} nodes")
        for node, quorum in enumerate(explicit):
            if not all(0 <= member < n for member in quorum):
                raise ExperimentError(f"quorums: that of node {node} is {list(quorum)}; nodes are 0 to {n - 1}")
        return None, explicit
    name = given or cls.quorum_system
    if name is None:
        return None, ()
    if given and cls.quorum_system is None:
        raise ExperimentError(f"quorums={given}: {cls.name} works without quorums")
    found = registry.get("quorum_systems", name)
    try:
        return found.name, found.cls().for_nodes(n)
    except ValueError as error:
        raise ExperimentError(f"quorums={name}: {error}") from None
