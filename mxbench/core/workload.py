"""What a workload is to mxbench: what nodes do inside the critical section, as pure as the algorithms."""

from pathlib import Path
from typing import Any, ClassVar

import msgspec

from mxbench.core.algorithm import Assumptions, Parameters, check_timer
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import Distribution
from mxbench.core.entry import Entry
from mxbench.core.messages import WorkloadMessage, receivers


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that an experiment may give under `workload`, beside those common to all workloads."""


class OptionError(ValueError):
    """An option that cannot be used: `key` names it, the text says what was given and what is allowed."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


class Workload(msgspec.Struct):
    """What one node does with the critical section. Annotated fields are its state: plain data only.

    `options` are the workload's keys of the experiment; `share` is what `shares` gave to this node.
    """

    name: ClassVar[str]
    option_type: ClassVar[type[Options]] = Options
    entries_key: ClassVar[str] = "entries_per_node"  # what this workload calls its entries, if the name differs
    needs_mutual_exclusion: ClassVar[bool] = False  # True for one that is wrong where two nodes may be inside together
    server_type: ClassVar["type[Workload] | None"] = None  # of the one server that guards the resource
    assumes: ClassVar[Assumptions] = Assumptions(lossless=False, no_duplicates=False, crash_free=False)  # for its own

    parameters: Parameters
    dwell: Distribution
    options: Any
    share: Any

    @classmethod
    def parse_options(cls, raw: dict[str, Any], n: int, base: Path) -> Any:
        """Return the options that an experiment writes for n nodes, or raise OptionError.

        raw: the keys under `workload` without those common to all workloads. base: the folder that the paths in them
        are relative to, the experiment file's own. Files are read here and nowhere later: what is returned must be
        plain data that survives `msgspec.to_builtins` and `msgspec.convert`.
        """
        refuse_unknown_options(cls, raw)
        values = {}
        for field in msgspec.structs.fields(cls.option_type):
            if field.name in raw:
                values[field.name] = convert_option(field.name, raw[field.name], field.type)
            elif field.required:
                raise OptionError(field.name, f"is missing; the workload '{cls.name}' needs it")
        return cls.option_type(**values)

    @classmethod
    def shares(cls, options: Any, n: int, entries: list[int | None], draw: Any) -> list[Any]:
        """Return what each of the n nodes is given before the run: plain data, drawn from `draw`, a random.Random.

        entries: the requests of each node, None where their number is not known before the run. Raises OptionError
        for options that do not go with them.
        """
        return [None] * n

    @classmethod
    def entries_of(cls, options: Any, n: int) -> list[int] | None:
        """Return how many entries the options themselves name for each node (a file of transfers), or None."""
        return None

    @property
    def version(self) -> int:
        """The version of the guarded resource that this node holds; 0 where there is none."""
        return 0

    def on_start(self, out: "WorkloadOut") -> None:
        """Prepare, before the first request."""

    def on_entered(self, entry: Entry, out: "WorkloadOut") -> None:
        """Use the critical section, and record its release: now, or in a later handler."""
        raise NotImplementedError

    def on_message(self, sender: int, message: Any, out: "WorkloadOut") -> None:
        """Receive a message of another node's workload."""

    def on_timer(self, name: str, out: "WorkloadOut") -> None:
        """Meet a timer that this workload set."""


class WorkloadOut:
    """What the handlers of a workload record. Requests and releases become steps of their own, after this one."""

    __slots__ = ("_destinations", "_me", "_types", "effects", "inside")

    def __init__(self, me: int, destinations: range | tuple[int, ...], types: tuple[type, ...]) -> None:
        self.effects: list[tuple[str, Any]] = []
        self.inside = False
        self._me = me
        self._destinations = receivers(destinations)
        self._types = frozenset(types)

    def send(self, to: int, message: WorkloadMessage) -> None:
        """Send `message` to the node `to`, another one than this."""
        if to == self._me:
            raise ContractBreach(f"the workload sent {message!r} to its own node {to!r}; no link leads there")
        if to not in self._destinations or type(message) not in self._types:
            raise ContractBreach(f"the workload sent {message!r} to {to!r}: no such node or message class")
        self.effects.append(("send", (to, message)))

    def broadcast(self, message: WorkloadMessage) -> None:
        """Send `message` to each peer."""
        if type(message) not in self._types:
            raise ContractBreach(f"the workload sent {message!r}: not a message class of its own")
        self.effects.append(("broadcast", message))

    def request(self) -> None:
        """Ask for the critical section; requests that arrive while the node waits or is inside are queued."""
        self.effects.append(("request", None))

    def release(self) -> None:
        """Leave the critical section, as the next step of this node."""
        if not self.inside:
            raise ContractBreach("the workload released the critical section while outside")
        self.inside = False
        self.effects.append(("release", None))

    def set_timer(self, name: str, after: Distribution, steady: bool = False) -> None:
        """Have `on_timer(name)` called after a duration; `steady` counts it from when the firing timer was due."""
        check_timer(name, after)
        self.effects.append(("set_timer", (name, after, steady)))

    def cancel_timer(self, name: str) -> None:
        """Forget the timer of that name, if it is set."""
        self.effects.append(("cancel_timer", name))

    def record(self, value: Any) -> None:
        """Write a plain value into the history, for this workload's checker."""
        self.effects.append(("record", value))


def refuse_unknown_options(workload: type[Workload], raw: dict[str, Any]) -> None:
    """Raise OptionError for the first key that the workload's options do not have, with a suggestion."""
    known = workload.option_type.__struct_fields__
    for key in raw:
        if key not in known:
            from difflib import get_close_matches  # only for a mistake: a node process starts faster without it

            close = get_close_matches(str(key), [*known, workload.entries_key], n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            listed = ", ".join(known) if known else "none of its own"
            raise OptionError(str(key), f"the workload '{workload.name}' has no such key{hint} (its keys: {listed})")


def convert_option(key: str, value: Any, wanted: Any) -> Any:
    """Return the value of an option as its type wants it, or raise OptionError."""
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        text = str(error)
        raise OptionError(key, f"{value!r} is not allowed: {text[:1].lower()}{text[1:]}") from None
