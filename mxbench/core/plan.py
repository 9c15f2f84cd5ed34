"""Everything that one run is made of, as plain data: what an engine is given and what the history keeps."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import ZERO, Distribution
from mxbench.core.topologies import distance

HistoryLevel = Literal["full", "sections", "off"]


class PluginRef(msgspec.Struct, frozen=True):
    """Where a plugin's class is: its registered name, module (or file, for a plugin of one file) and class name."""

    name: str
    module: str
    qualname: str
    file: str | None = None


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One run: one algorithm, one number of nodes, one seed.

    algorithm_servers, servers: how many servers the algorithm has, with ids from `nodes`, and behind them the workload.
    shares, arrivals: one item a node. quorums: all of them, by node; empty for algorithms without. holder: where the
    token is at the start, a node or the algorithm's server. towards: of a tree, each node's neighbour on the way to the
    holder; else empty. k: how many may be inside together; None for an algorithm that always lets in one. tickets: the
    total of entries that the engine hands out one by one, or None. one_at_a_time: hand the next ticket to a node chosen
    by the seed when all is quiet. real_time: whether the engine's time is the machine's, and passes whatever is done.
    Times are in seconds.
    """

    experiment: str
    algorithm: PluginRef
    quorum_system: str | None = None
    quorums: tuple[tuple[int, ...], ...] = ()
    topology: str | None = None
    holder: int = 0
    towards: tuple[int, ...] = ()
    k: int | None = None
    nodes: int
    algorithm_servers: int = 0
    servers: int = 0
    engine: str = "tcp"
    real_time: bool = False
    workload: PluginRef
    options: dict[str, Any] = {}
    shares: tuple[Any, ...] = ()
    arrivals: tuple[ArrivalPlan, ...]
    dwell: Distribution = ZERO
    tickets: int | None = None
    one_at_a_time: bool = False
    warmup_entries: int = 0
    seed: int = 1
    repeat: int = 1
    history: HistoryLevel = "full"
    stall_limit: float = 30.0
    time_limit: float | None = None
    network: dict[str, Any] = {}  # the experiment's network keys that ask for more than perfect channels
    faults: dict[str, Any] = {}  # the experiment's faults (core/faults.py), as plain data
    falls_quiet: bool = True  # False for an algorithm that sends for ever
    broken_assumptions: tuple[str, ...] = ()
    plugin_files: tuple[str, ...] = ()

    @property
    def places(self) -> range:
        """The ids of the nodes, then those of the servers."""
        return range(self.nodes + self.algorithm_servers + self.servers)

    @property
    def guard(self) -> int:
        """The id of the workload's server, if it has one."""
        return self.nodes + self.algorithm_servers

    @property
    def most_inside(self) -> int:
        """How many nodes may be inside together."""
        return self.k or 1

    @property
    def room_for_all(self) -> bool:
        """Whether all nodes may be inside together, so that none needs to ask another, nor a server, for leave."""
        return self.nodes <= self.most_inside and not self.algorithm_servers

    def names(self, asked: Sequence[int]) -> dict[str, float]:
        """Return what a claim or a bound may speak of, given who entered, in order.

        n. s: how many servers the algorithm has. k: the size of a quorum and its node, averaged over those who entered
        (over all nodes if nobody did), or how many may be inside together, of an algorithm that lets in k. d: how many
        edges of the tree lie between who enters and who entered before, on average; who enters first is compared with
        the holder.
        """
        names: dict[str, float] = {"n": self.nodes, "s": self.algorithm_servers}
        if self.quorums:
            chosen = asked or range(self.nodes)
            names["k"] = sum(len({*self.quorums[node], node}) for node in chosen) / len(chosen)
        elif self.k is not None:
            names["k"] = self.k
        if self.towards:
            moves = Counter(zip((self.holder, *asked), asked, strict=False))
            edges = sum(count * distance(self.towards, *move) for move, count in moves.items())
            names["d"] = edges / max(len(asked), 1)
        return names

    @property
    def equal_loads(self) -> bool:
        """Whether requests arrive alike at all nodes: none has more to ask for, or asks more often."""
        return all(arrivals == self.arrivals[0] for arrivals in self.arrivals)

    @property
    def regime(self) -> str:
        """The load that a claim may speak of: 'uncontended', 'saturated' or 'other'.

        The first two are those of the papers, where each node is as likely as any other to ask alone, or all of them
        always want to enter. Where one has more to ask for than another, no paper says what an entry costs. Nor where
        nobody stays inside: who holds a token has left and asked again before another's request can have come.
        """
        if not self.equal_loads:
            return "other"
        if self.one_at_a_time:
            return "uncontended"
        closed = all(arrivals.rate is None and arrivals.think == ZERO for arrivals in self.arrivals)
        return "saturated" if closed and self.dwell.mean > 0.0 else "other"


class Ending(msgspec.Struct, frozen=True):
    """How a run came to its end.

    reason: 'quiet' (everything done), 'stuck' (nothing can happen any more, and somebody waits or is inside), or
    'failed', with the kind of failure and one sentence. nodes: for each stuck node, what it was doing and its state.
    """

    reason: Literal["quiet", "stuck", "failed"]
    failed: str | None = None
    text: str = ""
    stuck: tuple[str, ...] = ()


class Draw(Protocol):
    """What this module wants of a random.Random."""

    def randrange(self, stop: int, /) -> int: ...
    def shuffle(self, x: list[Any], /) -> None: ...


def turns(plan: RunPlan, draw: Draw) -> list[int]:
    """Return the nodes in the order of their turns, for `one_at_a_time`: the same for every engine and algorithm."""
    if plan.tickets is not None:
        able = [node for node, arrivals in enumerate(plan.arrivals) if arrivals.entries != 0]
        return [able[draw.randrange(len(able))] for _ in range(plan.tickets)]
    order = [node for node, arrivals in enumerate(plan.arrivals) for _ in range(arrivals.entries or 0)]
    draw.shuffle(order)
    return order


class Progress(msgspec.Struct, frozen=True):
    """How far a run has come, as an engine tells it several times a second. idle_s: since the last entry or release."""

    entries: int
    messages: int
    inside: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    idle_s: float = 0.0
