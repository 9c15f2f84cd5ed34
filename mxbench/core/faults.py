"""What goes wrong in a run, and when: the experiment's `faults`, as plain data.

*crash* stops a node. Messages that reach it while it is down are lost; those that it sent before are on their way. What
it knew is stable: its algorithm, its workload and its fencing number (design, P5) are at the *restart* what they were,
and a timer that fell due in between fires then. So a node that crashed inside the critical section is still inside when
it comes back. *pause* stops a node for a while, and nothing is lost: what reaches it waits. *partition* cuts the links
between groups of nodes: a message is lost that is sent, or would arrive, while its link is cut. *heal* ends every
partition. Times are in seconds since the start of the run.
"""

from typing import Any, Literal, Protocol

import msgspec

from mxbench.core.distributions import Distribution, parse_distribution, parse_duration

Kind = Literal["crash", "restart", "pause", "resume", "partition", "heal"]
RANDOM_KINDS = ("crash", "pause", "partition")
FORMS = (
    "{at: 5ms, crash: 1}, {at: 20ms, restart: 1}, {at: 3ms, pause: 2, for: 10ms}, "
    "{at: 1ms, partition: [[0, 1], [2]], for: 5ms}, {at: 9ms, heal: all} or "
    "{random: crash, count: 3, between: [0ms, 1s], for: 10ms}"
)
MAX_COUNT = 10_000


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens at one time. nodes: whom it befalls, by group in a partition (only the first is cut off
    from the others in one direction, its own, if `one_way`)."""

    at: float
    kind: Kind
    groups: tuple[tuple[int, ...], ...] = ()
    one_way: bool = False

    @property
    def node(self) -> int:
        """The node that a crash, restart, pause or resume befalls."""
        return self.groups[0][0]

    @property
    def cut(self) -> list[tuple[int, int]]:
        """The links, (sender, receiver), that a partition cuts."""
        links = []
        for index, group in enumerate(self.groups):
            for other, rest in enumerate(self.groups):
                if index != other and (index == 0 or not self.one_way):
                    links += [(sender, to) for sender in group for to in rest]
        return links


class RandomFaults(msgspec.Struct, frozen=True, kw_only=True):
    """Faults of one kind, drawn from the seed: each begins at any time between two, at any node."""

    kind: Literal["crash", "pause", "partition"]
    count: int
    between: tuple[float, float]
    lasts: Distribution


class FaultPlan(msgspec.Struct, frozen=True):
    """All faults of a run: those with a time, and those that the seed decides."""

    timed: tuple[Fault, ...] = ()
    random: tuple[RandomFaults, ...] = ()

    def schedule(self, n: int, draw: "Draw") -> list[Fault]:
        """Return every fault of a run of n nodes in order of time, those of the seed drawn from `draw`."""
        found = list(self.timed)
        for each in self.random:
            for _ in range(each.count):
                at = each.between[0] + (each.between[1] - each.between[0]) * draw.random()
                found += _lasting(each.kind, at, _groups(each.kind, n, draw), each.lasts.draw(draw.random))
        return sorted(found, key=lambda fault: fault.at)


class Draw(Protocol):
    """What this module wants of a random.Random."""

    def random(self) -> float: ...
    def randrange(self, start: int, stop: int, /) -> int: ...
    def sample(self, population: range, k: int) -> list[int]: ...


def parse_faults(value: object, n: int) -> FaultPlan:
    """Return the faults that an experiment with n nodes writes as a list of mappings, or raise ValueError."""
    if not isinstance(value, list):
        raise ValueError(f"faults are a list, of {FORMS}")
    timed: list[Fault] = []
    random: list[RandomFaults] = []
    for item in value:
        if not isinstance(item, dict):
            raise ValueError(f"{item!r} is no fault; write {FORMS}")
        try:
            if "random" in item:
                random.append(_parse_random(item))
            else:
                timed += _parse_timed(item, n)
        except ValueError as error:
            raise ValueError(f"{_shown(item)}: {error}") from None
    return FaultPlan(tuple(timed), tuple(random))


def _parse_timed(item: dict[Any, Any], n: int) -> list[Fault]:
    kinds = [kind for kind in ("crash", "restart", "pause", "partition", "heal") if kind in item]
    if len(kinds) != 1 or "at" not in item:
        raise ValueError(f"write {FORMS}")
    kind = kinds[0]
    lasting = ("for",) if kind in RANDOM_KINDS else ()
    allowed = {"at", kind, *lasting, *(("one_way",) if kind == "partition" else ())}
    if not set(item) <= allowed:
        raise ValueError(f"its keys can be {', '.join(sorted(allowed))}")
    at = parse_duration(item["at"])
    seconds = parse_duration(item["for"]) if "for" in item else None
    if kind == "pause" and seconds is None:
        raise ValueError("a pause needs to know how long: for: 10ms")
    if kind == "heal":
        return [Fault(at=at, kind="heal")]
    groups = _parse_groups(item[kind], n) if kind == "partition" else ((_parse_node(item[kind], n),),)
    one_way = item.get("one_way", False)
    if not isinstance(one_way, bool):
        raise ValueError("one_way is true or false")
    if kind in RANDOM_KINDS and seconds is not None:
        return _lasting(kind, at, groups, seconds, one_way)
    return [Fault(at=at, kind=kind, groups=groups, one_way=one_way)]  # type: ignore[arg-type]


def _parse_random(item: dict[Any, Any]) -> RandomFaults:
    allowed = {"random", "count", "between", "for"}
    if item["random"] not in RANDOM_KINDS or not set(item) <= allowed or not {"between", "for"} <= set(item):
        raise ValueError("write {random: crash, pause or partition, count: 3, between: [0ms, 1s], for: 10ms}")
    count, between = item.get("count", 1), item["between"]
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise ValueError(f"count is a whole number from 1 to {MAX_COUNT}")
    if not isinstance(between, list) or len(between) != 2:
        raise ValueError("between is two times: [0ms, 1s]")
    first, last = parse_duration(between[0]), parse_duration(between[1])
    if first > last:
        raise ValueError("between needs its earlier time first")
    return RandomFaults(kind=item["random"], count=count, between=(first, last), lasts=parse_distribution(item["for"]))


def _parse_groups(value: object, n: int) -> tuple[tuple[int, ...], ...]:
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(group, list) and group for group in value):
        raise ValueError("a partition is two or more groups of nodes: [[0, 1], [2]]")
    groups = tuple(tuple(_parse_node(node, n) for node in group) for group in value)
    named = [node for group in groups for node in group]
    if len(set(named)) < len(named):
        raise ValueError("a node stands in two groups")
    return groups


def _parse_node(value: object, n: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < n:
        raise ValueError(f"{value!r} is no node; there are 0 to {n - 1}")
    return value


def _lasting(
    kind: str, at: float, groups: tuple[tuple[int, ...], ...], seconds: float, one_way: bool = False
) -> list[Fault]:
    """Return a fault and its end."""
    begin = Fault(at=at, kind=kind, groups=groups, one_way=one_way)  # type: ignore[arg-type]
    ends: dict[str, Kind] = {"crash": "restart", "pause": "resume", "partition": "heal"}
    return [begin, Fault(at=at + seconds, kind=ends[kind], groups=groups, one_way=one_way)]


def _groups(kind: str, n: int, draw: Draw) -> tuple[tuple[int, ...], ...]:
    if kind != "partition":
        return ((draw.randrange(0, n),),)
    if n < 2:
        return ()
    some = sorted(draw.sample(range(n), draw.randrange(1, n)))
    return tuple(some), tuple(node for node in range(n) if node not in some)


def _shown(item: dict[Any, Any]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in item.items()) + "}"


NO_FAULTS = FaultPlan()
