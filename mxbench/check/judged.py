"""Properties that were asked for by name, judged on the states of a search as they are reached."""

from collections.abc import Iterable, Sequence
from typing import Any

from mxbench.check.reaction import CRASHED
from mxbench.check.space import Space
from mxbench.core.algorithm import Algorithm
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.property import InFlight, Moment, Property
from mxbench.core.state import thaw
from mxbench.errors import property_failed


class Judged:
    """The properties that were asked for, judged on the states of a space as they are reached."""

    def __init__(self, space: Space, properties: Sequence[type[Property]]) -> None:
        self._space = space
        self._always = [cls() for cls in properties if cls.kind == "always"]
        self._wanted = [cls() for cls in properties if cls.kind == "sometimes"]
        self.met: dict[str, int] = {}  # a 'sometimes' that was met -> the depth at which it was first
        self._algorithms: list[dict[int, Algorithm | None]] = [{} for _ in range(space.n)]
        self._sent: list[dict[int, tuple[InFlight, ...]]] = [{} for _ in range(space.n)]

    @property
    def unmet(self) -> list[str]:
        """The 'sometimes' that no state met so far."""
        return [wanted.name for wanted in self._wanted]

    def first_violation(self, level: Iterable[int], depth: int) -> tuple[str, int] | None:
        """Return an 'always' that does not hold in a level, and the least state in which it does not."""
        if not self._always and not self._wanted:
            return None
        broken: dict[str, int] = {}
        for state in level:
            moment = self._moment(state)
            for known in self._always:
                if not _holds(known, moment):
                    broken[known.name] = min(state, broken.get(known.name, state))
            for wanted in [wanted for wanted in self._wanted if _holds(wanted, moment)]:
                self.met[wanted.name] = depth
                self._wanted.remove(wanted)
        first = next((known.name for known in self._always if known.name in broken), None)
        return None if first is None else (first, broken[first])

    def _moment(self, state: int) -> Moment:
        space = self._space
        fields = space.fields(state)
        locals = [space.reactions[node].locals[local] for node, (local, _) in enumerate(fields)]
        return Moment(
            tuple([self._algorithm(node, local) for node, (local, _) in enumerate(fields)]),
            tuple([node for node, local in enumerate(locals) if local.waiting]),
            tuple([node for node, local in enumerate(locals) if local.inside]),
            space.question.requests,
            tuple([local.requests for local in locals[: space.question.nodes]]),
            tuple([sent for node, (_, channels) in enumerate(fields) for sent in self._in_flight(node, channels)]),
        )

    def _algorithm(self, node: int, local: int) -> Algorithm | None:
        known = self._algorithms[node]
        if local not in known:
            known[local] = None if local == CRASHED else self._made(node, local)
        return known[local]

    def _made(self, node: int, local: int) -> Algorithm:
        algorithm = self._space.question.algorithm(self._space.question.parameters(node))
        values: Any = thaw(self._space.reactions[node].locals[local].frozen)[0]
        names = [name for name in algorithm.__struct_fields__ if name != "parameters"]
        for name, value in zip(names, values, strict=True):
            setattr(algorithm, name, value)
        return algorithm

    def _in_flight(self, node: int, channels: int) -> tuple[InFlight, ...]:
        known = self._sent[node]
        if channels not in known:
            known[channels] = tuple([
                InFlight(node, to, self._space.messages[number])
                for to, channel in enumerate(self._space.channels[node].contents[channels])
                for number in channel
            ])  # fmt: skip
        return known[channels]


def _holds(known: Property, moment: Moment) -> bool:
    try:
        return known.holds(moment)
    except PLUGIN_ERRORS as error:
        raise property_failed(known.name, error) from error
