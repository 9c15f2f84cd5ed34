"""Where an algorithm starts: the tree that it works on, who has the token, and whether it has a server of its own."""

from random import Random
from typing import Any, NamedTuple

from mxbench.core.algorithm import Algorithm
from mxbench.core.topologies import TOPOLOGIES, rooted_at
from mxbench.experiment.document import Document, Mistakes, quoted
from mxbench.experiment.schema import RANDOM, Experiment


class Placement(NamedTuple):
    """What an experiment says of it, for all its seeds. holder: a node, or 'random', another one for each seed."""

    topology: str | None
    holder: int | str
    server: bool

    def fields(self, n: int, seed: int) -> dict[str, Any]:
        """Return the fields of the plan of a run."""
        holder = self.holder
        if self.server:
            holder = n
        elif isinstance(holder, str):
            holder = Random(f"{seed}/holder").randrange(n)
        towards: tuple[int, ...] = ()
        if self.topology is not None:
            towards = rooted_at(TOPOLOGIES[self.topology](n, Random(f"{seed}/topology")), holder)
        servers = int(self.server)
        return {"topology": self.topology, "holder": holder, "towards": towards, "algorithm_servers": servers}


def placement(
    experiment: Experiment, algorithm: type[Algorithm], document: Document, mistakes: Mistakes
) -> Placement | None:  # fmt: skip
    """Return what the keys under `algorithm` come to; None, and a mistake for each, if one cannot be used."""
    keys, name, n = experiment.algorithm, algorithm.name, experiment.nodes
    refused = []

    def refuse(key: str, why: str) -> None:
        refused.append(key)
        given = getattr(keys, key)
        shown = quoted(given) if isinstance(given, str) else str(given).lower()
        mistakes.add(document, ("algorithm", key), f"{shown}: {why}")

    if keys.topology is not None and algorithm.topology is None:
        refuse("topology", f"{name} does not work on a tree; take the key out")
    if keys.server is not None and not algorithm.can_have_server:
        refuse("server", f"{name} has no server; take the key out")
    if keys.holder is not None:
        if not algorithm.has_token and not algorithm.can_have_server:
            refuse("holder", f"{name} starts without a token; take the key out")
        elif keys.server:
            refuse("holder", "with 'server: true' it is the server; take one of the two keys out")
        elif keys.holder != RANDOM and not 0 <= keys.holder < n:
            refuse("holder", f"nodes are 0 to {n - 1}")
    return None if refused else Placement(keys.topology or algorithm.topology, keys.holder or 0, bool(keys.server))
