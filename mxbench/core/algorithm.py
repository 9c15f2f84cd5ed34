"""What an algorithm is to mxbench: pure handlers over plain-data state that record what they want done.

    from mxbench import Algorithm, Message, hookimpl

    class Hello(Message):
        pass

    class Greedy(Algorithm):
        '''Enters at once: the shortest algorithm, and a wrong one.'''

        name = "greedy"

        def on_request(self, request, out):
            out.enter()

    @hookimpl
    def mxbench_algorithms():
        return [Greedy]

The author's guide is plugins/README.md.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import inf
from typing import Any, ClassVar, TypeVar

import msgspec

from mxbench.core.compiled import Recording, told
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import Distribution
from mxbench.core.entry import EntryRequest
from mxbench.core.envelope import CANCEL_TIMER, SET_TIMER
from mxbench.core.messages import Message, receivers

API = 1
Option = TypeVar("Option")
Claim = str | list[str] | tuple[str, str]


class Parameters(msgspec.Struct, frozen=True):
    """What a node is told before it starts: its id `me`, `n`, and of a quorum system all quorums, by node.

    algorithm_servers, servers: how many servers there are beside the nodes, those of the algorithm with ids from n,
    those of the workload behind them. They never request, and are no peers. holder: the node (or the algorithm's
    server) that has the token at the start. towards: of a tree for each node its neighbour on the way to that holder,
    whose own entry is itself. k: how many may be inside together.
    """

    me: int
    n: int
    quorums: tuple[tuple[int, ...], ...] = ()
    servers: int = 0
    holder: int = 0
    towards: tuple[int, ...] = ()
    k: int = 1
    algorithm_servers: int = 0

    @property
    def peers(self) -> tuple[int, ...]:
        """The other nodes, in rising order."""
        return _all_but(self.me, self.n)

    @property
    def guard(self) -> int:
        """The id of the workload's server, if it has one."""
        return self.n + self.algorithm_servers


@lru_cache(maxsize=256)  # a handler may ask for them with every message; of larger worlds not all are kept
def _all_but(me: int, n: int) -> tuple[int, ...]:
    return (*range(min(me, n)), *range(me + 1, n))


class Assumptions(msgspec.Struct, frozen=True):
    """What an algorithm needs of the world to be right. `run` refuses an experiment that breaks one."""

    fifo: bool = False  # messages of one node to another arrive in the order in which they were sent
    lossless: bool = True  # each message arrives
    no_duplicates: bool = True  # and arrives once
    crash_free: bool = True  # no node stops


class Algorithm(msgspec.Struct):
    """A distributed mutual exclusion algorithm as one node runs it. Annotated fields are its state: plain data only.

    Handlers record effects on `out` and return nothing. They are run one at a time, to the end.
    """

    name: ClassVar[str]
    api: ClassVar[int] = API
    assumes: ClassVar[Assumptions] = Assumptions()
    messages_per_entry: ClassVar[Claim | dict[str, Claim] | None] = None
    synchronisation_delay: ClassVar[Claim | dict[str, Claim] | None] = None  # in units of the message delay T
    response_time: ClassVar[Claim | dict[str, Claim] | None] = None  # likewise, beside the time inside: '2' is 2T + E
    quorum_system: ClassVar[str | None] = None  # the default one, for algorithms that work with quorums
    topology: ClassVar[str | None] = None  # the default one, for algorithms that work on a tree
    has_token: ClassVar[bool] = False  # True for one that starts with a token, at `holder`
    takes_k: ClassVar[bool] = False  # True for one that lets in up to k nodes together, where an experiment says so
    can_have_server: ClassVar[bool] = False  # True for one whose `holder` can be a server of its own, with id n
    falls_quiet: ClassVar[bool] = True  # False for one that sends for ever, like a token that circles a ring

    parameters: Parameters

    @property
    def me(self) -> int:
        """This node's id, from 0 to n - 1."""
        return self.parameters.me

    @property
    def n(self) -> int:
        """How many nodes there are."""
        return self.parameters.n

    @property
    def peers(self) -> tuple[int, ...]:
        """The other nodes, in rising order."""
        return self.parameters.peers

    @property
    def quorum(self) -> tuple[int, ...]:
        """The nodes whose permission this node needs (its own among them, where its quorum says so)."""
        return self.parameters.quorums[self.me]

    @property
    def holder(self) -> int:
        """The node that has the token at the start; the algorithm's server, with id n, where it has one."""
        return self.parameters.holder

    @property
    def towards_holder(self) -> int | None:
        """This node's neighbour on the way to that one, in a tree; None at the holder itself."""
        towards = self.parameters.towards[self.me]
        return None if towards == self.me else towards

    @property
    def k(self) -> int:
        """How many nodes may be inside together."""
        return self.parameters.k

    def on_start(self, out: "Out") -> None:
        """Prepare, before the first request or message."""

    def on_request(self, request: EntryRequest, out: "Out") -> None:
        """Begin to ask for the critical section. No other request comes until this one is released."""
        raise NotImplementedError

    def on_message(self, sender: int, message: Any, out: "Out") -> None:
        """Receive a message of another node, or one that this node sent to itself."""

    def on_release(self, out: "Out") -> None:
        """Leave the critical section and let others in."""

    def on_timer(self, name: str, out: "Out") -> None:
        """Meet a timer that this node set."""

    def forget(self, no_more_requests: bool) -> None:
        """Set to one value whatever no later step depends on, so that the checker meets fewer states.

        The checker alone calls it, after each step, and only in searches that would be large without. It compares it
        with a search without on small bounds first. no_more_requests: no node will request the critical section
        again; those that wait or are inside may still do so. An algorithm need not define it.
        """


# Handlers ask for these all the time: so that they are read in C, without a step of Python each.
for _name in ("me", "n", "holder", "k"):
    _doc = getattr(Algorithm, _name).__doc__
    setattr(Algorithm, _name, told(Algorithm.parameters, getattr(Parameters, _name), _doc))


class Out(Recording):
    """What the handlers of an algorithm record: the need to send, to enter, to be woken. Nothing happens before the
    handler returns; then it is carried out in the order in which it was recorded, and the entry comes last."""

    __slots__ = ("_choose",)

    def __init__(self, destinations: range, types: tuple[type, ...], choose: Callable[[Sequence[Any]], Any]) -> None:
        self._destinations = receivers(destinations)
        self._types = frozenset(types)
        self._choose = choose

    def set_timer(self, name: str, after: Distribution) -> None:
        """Have `on_timer(name)` called after a duration; a timer of the same name is replaced."""
        check_timer(name, after)
        self.effects.append((SET_TIMER, (name, after)))

    def cancel_timer(self, name: str) -> None:
        """Forget the timer of that name, if it is set."""
        self.effects.append((CANCEL_TIMER, name))

    def choose(self, options: Sequence[Option]) -> Option:
        """Return one of the options: at random from the seed, and each in turn under the checker."""
        if not options:
            raise ContractBreach("it asked to choose from nothing")
        return self._choose(options)

    @contextmanager
    def _without_choice(self) -> Iterator[None]:
        """Meanwhile let nothing be chosen: not in a node's first step, which no schedule has, and no trace shows."""
        choose, self._choose = self._choose, _refuse_choice
        try:
            yield
        finally:
            self._choose = choose

    def _refuse_entry(self) -> None:
        raise ContractBreach("it entered without a pending request, or while inside")

    def _refuse(self, to: object, message: object) -> None:
        if not isinstance(message, Message):
            raise ContractBreach(f"it sent {message!r}, which is not a Message")
        if type(message) not in self._types:
            raise ContractBreach(f"it sent a {type(message).__name__}, a message class that its module does not hold")
        raise ContractBreach(f"it sent {message!r} to {to!r}, and there is no such node")


def _refuse_choice(options: Sequence[Any]) -> Any:
    raise ContractBreach("it chose in its first step; choose when a request, a message or a timer comes")


def check_timer(name: object, after: object) -> None:
    """Raise ContractBreach unless this is the name of a timer and a duration that comes to an end."""
    lasts = msgspec.structs.astuple(after) if isinstance(after, Distribution) else ()
    ends = bool(lasts) and all(type(part) in (float, int) and 0 <= part < inf for part in lasts)
    if not ends or not isinstance(name, str):
        raise ContractBreach(f"it set the timer {name!r} to {after!r}; a timer has a name and a duration in seconds, "
                             "such as Constant(0.01)")  # fmt: skip
