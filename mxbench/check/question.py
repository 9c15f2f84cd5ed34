"""What is asked of the checker: an algorithm, the bound of the search, and the network under it.

Nothing is refused because an algorithm assumes otherwise: the network is the question. What lies outside the
algorithm's assumptions is said beside the answer.
"""

import ast
import os
from collections.abc import Sequence
from operator import index
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from mxbench.core.adversary import Adversary as Network
from mxbench.core.adversary import outside, parse_adversary
from mxbench.core.algorithm import Algorithm, Parameters
from mxbench.core.property import ALWAYS_JUDGED, Property
from mxbench.core.quorums import Quorums
from mxbench.core.scenario import Setup
from mxbench.core.topologies import TOPOLOGIES, Tree, rooted_at
from mxbench.errors import ExperimentError
from mxbench.registry import Registry

MAX_NODES = 16


class Question(msgspec.Struct, frozen=True):
    """One question to the checker. requests: how often each node asks; quorums: by node, empty for none.

    holder, towards: see core.algorithm.Parameters. server: whether the algorithm has a server of its own. k: how many
    nodes may be inside together. properties: those to judge beside the ones that always are. forget: whether the
    algorithm may drop what no later step reads.
    """

    algorithm: type[Algorithm]
    nodes: int
    requests: tuple[int, ...]
    network: Network = Network()
    quorums: Quorums = ()
    quorum_system: str | None = None
    topology: str | None = None
    holder: int = 0
    towards: tuple[int, ...] = ()
    server: bool = False
    k: int = 1
    properties: tuple[type[Property], ...] = ()
    forget: bool = True

    @property
    def setup(self) -> Setup:
        """What the schedules of the question run on."""
        return Setup(**{field: getattr(self, field) for field in Setup.__struct_fields__})

    @property
    def places(self) -> int:
        """How many nodes there are, the server among them."""
        return self.nodes + self.server

    def parameters(self, me: int) -> Parameters:
        """Return what the node of that id is told."""
        servers = int(self.server)
        return Parameters(
            me, self.nodes, self.quorums, holder=self.holder, towards=self.towards, k=self.k, algorithm_servers=servers
        )

    @property
    def outside(self) -> list[str]:
        """What the algorithm assumes and this question does not grant, a sentence each."""
        return outside(self.algorithm, self.network, self.quorums, self.requests)


def parse_question(
    algorithm: str | Path | type[Algorithm],
    nodes: int | None = None,
    requests: int | str | Sequence[int] | None = None,
    network: str | Network = "fifo",
    quorums: str | Sequence[Sequence[int]] | None = None,
    plugins: Sequence[str | Path] = (),
    topology: str | None = None,
    holder: int | str | None = None,
    server: bool | str | None = None,
    most_nodes: int = MAX_NODES,
    k: int | str | None = None,
    properties: Sequence[str | type[Property]] = (),
    forget: bool = True,
) -> Question:
    """Return the question that flags or arguments ask; raise ExperimentError that says what is allowed.

    algorithm: a name, a FILE.py, or a class. nodes: told by a list of requests or quorums unless given, else 3.
    requests: of every node, or a list, one for each. quorums: the name of a system, or a list, one for each node.
    topology, holder, server: as in an experiment; a random tree is that of seed 1. most_nodes: that may be asked for.
    k: how many nodes may be inside together, 1 unless given. properties: by name, or classes. forget: False for the
    plain search, whatever its size.
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
    if not 1 <= n <= most_nodes:
        raise ExperimentError(f"--nodes {n}: from 1 to {most_nodes} nodes can be checked")
    if isinstance(wanted, tuple) and len(wanted) != n:
        raise ExperimentError(f"--requests {','.join(map(str, wanted))}: {len(wanted)} numbers for {n} nodes")
    each = wanted if isinstance(wanted, tuple) else (wanted,) * n
    system, found = _quorums(cls, n, quorums, explicit, registry)
    tree, first, towards, own_server = _placement(cls, n, topology, holder, server)
    most_inside = _most_inside(cls, k)
    judged = tuple(registry.get("properties", p).cls if isinstance(p, str) else p for p in dict.fromkeys(properties))
    if taken := [property.name for property in judged if property.name in ALWAYS_JUDGED]:
        raise ExperimentError(
            f"--property {taken[0]}: it is always judged; leave it out, or give your own another name"
        )
    return Question(
        cls, n, each, _network(network), found, system, tree, first, towards, own_server, most_inside, judged, forget
    )


def _algorithm(name: str, file: str | None, registry: Registry) -> type[Algorithm]:
    if file is None:
        if os.path.exists(name) and name not in registry.all("algorithms"):
            raise ExperimentError(f"{name}: an algorithm is a name or a FILE.py, and this is neither")
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
    if not any(numbers):
        raise ExperimentError(f"--requests {text or requests}: if no node asks, there is nothing to check")
    single = isinstance(requests, int) or (text is not None and "," not in text)
    return numbers[0] if single else numbers


def _network(network: str | Network) -> Network:
    if isinstance(network, Network):
        return network
    try:
        return parse_adversary(network)
    except ValueError as error:
        raise ExperimentError(f"--network {network}: {error}") from None


def _most_inside(cls: type[Algorithm], k: int | str | None) -> int:
    if k is not None and not cls.takes_k:
        raise ExperimentError(f"k={k}: {cls.name} lets in one node at a time")
    if k is not None and (not str(k).isdecimal() or int(k) < 1):
        raise ExperimentError(f"k={k}: it is a whole number from 1, of nodes that may be inside together")
    return int(k or 1)


def _placement(
    cls: type[Algorithm], n: int, topology: str | None, holder: int | str | None, server: bool | str | None
) -> tuple[str | None, int, Tree, bool]:
    """Return the topology, the holder, the tree that leads to it, and whether there is a server."""
    if topology is not None and cls.topology is None:
        raise ExperimentError(f"topology={topology}: {cls.name} does not work on a tree")
    if topology is not None and topology not in TOPOLOGIES:
        raise ExperimentError(f"topology={topology}: it is one of {', '.join(TOPOLOGIES)}")
    if server is not None and not cls.can_have_server:
        raise ExperimentError(f"server={server}: {cls.name} has no server")
    if str(server).lower() not in ("none", "true", "false"):
        raise ExperimentError(f"server={server}: it is true or false")
    own_server = str(server).lower() == "true"
    if holder is not None and not cls.has_token and not cls.can_have_server:
        raise ExperimentError(f"holder={holder}: {cls.name} starts without a token")
    if holder is not None and own_server:
        raise ExperimentError(f"holder={holder}: with server=true it is the server; leave one of the two out")
    if holder is not None and (not str(holder).isdecimal() or int(holder) >= n):
        raise ExperimentError(f"holder={holder}: nodes are 0 to {n - 1}")
    first = n if own_server else int(holder or 0)
    name = topology or cls.topology
    tree = () if name is None else rooted_at(TOPOLOGIES[name](n, Random("1/topology")), first)
    return name, first, tree, own_server


def _explicit_quorums(quorums: str | Sequence[Sequence[int]] | None) -> Quorums | None:
    """Return quorums that were given as a list, None where they are a name or not given."""
    if quorums is None or (isinstance(quorums, str) and not quorums.lstrip().startswith(("[", "("))):
        return None
    try:
        value: Any = ast.literal_eval(quorums.strip()) if isinstance(quorums, str) else quorums
        return tuple(tuple(sorted({index(member) for member in quorum})) for quorum in value)
    except (ValueError, SyntaxError, TypeError):
        raise ExperimentError(
            f"quorums={quorums}: write a system's name, or a list for each node like [[0,1],[1,2],[0,2]]"
        ) from None


def _quorums(
    cls: type[Algorithm], n: int, given: Any, explicit: Quorums | None, registry: Registry
) -> tuple[str | None, Quorums]:
    if given and cls.quorum_system is None:
        raise ExperimentError(f"quorums={given}: {cls.name} works without quorums")
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
    found = registry.get("quorum_systems", name)
    try:
        return found.name, found.cls().for_nodes(n)
    except ValueError as error:
        raise ExperimentError(f"quorums={name}: {error}") from None
