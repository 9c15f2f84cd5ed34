"""A scenario: a schedule that can be carried out again, as a small file that a person can read and change.

    scenario: 1                       # version of this format
    algorithm: current-clock          # the name of a plugin
    plugins: [../current_clock.py]    # its file, relative to this one; only of plugins of one file
    source: 0f8c2c5e90b1              # digest of the algorithm's source, to tell when it has changed
    nodes: 2
    requests: [1, 1]                  # how often each node asks
    network: fifo                     # as in `mxbench check --network`
    quorum_system: grid               # the quorums' name, if they have one
    quorums: [[0, 1], [0, 1]]         # by node; only of algorithms with quorums
    topology: star                    # of algorithms on a tree: its name, and for each node its neighbour on the way
    towards: [0, 0]                   # to the holder
    holder: 0                         # where the token is at the start
    server: true                      # the algorithm has a server of its own, with id `nodes`
    k: 2                              # how many may be inside together, if more than one
    property: mutual exclusion        # what is violated when the steps are carried out; null for nothing
    text: nodes 0 and 1 are inside together after 6 steps
    found: exhaustive search          # by what
    steps:
    - {request: 0}
    - {deliver: "Request(1)", from: 0, to: 1}
    - {release: 1}

The other steps: `{timer: NAME, node: 0}`; `{lose: MESSAGE, from: 0, to: 1}` and `{duplicate: MESSAGE, ...}`, which take
or copy a message on its way; `{crash: 0}`. A step in which the algorithm chooses has `choices: [1]`: which option it
took, from 0, for each choice. Between FIFO channels a message is the first of its channel; where the network reorders,
it is the first of its text.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from mxbench.core.adversary import Adversary, parse_adversary
from mxbench.core.quorums import Quorums
from mxbench.core.trace import Step

FORMAT = 1
MAX_NODES = 1000
MAX_STEPS = 100_000
AT_NODE = ("request", "release", "crash")
OF_MESSAGE = ("deliver", "lose", "duplicate")
KEYS = (
    "scenario", "algorithm", "plugins", "source", "nodes", "requests", "network", "quorum_system", "quorums",
    "topology", "towards", "holder", "server", "k", "property", "text", "found", "steps",
)  # fmt: skip


class Setup(msgspec.Struct, frozen=True):
    """What a schedule runs on: how many nodes, how often each asks, what may go wrong, and quorums by node.

    topology: the name of the tree; towards, holder: see core.algorithm.Parameters. server: whether the algorithm has
    one, with id `nodes`. k: how many may be inside together.
    """

    nodes: int
    requests: tuple[int, ...]
    network: Adversary = Adversary()
    quorums: Quorums = ()
    quorum_system: str | None = None
    topology: str | None = None
    holder: int = 0
    towards: tuple[int, ...] = ()
    server: bool = False
    k: int = 1

    @property
    def places(self) -> int:
        """How many nodes there are, the server among them."""
        return self.nodes + self.server


class Act(msgspec.Struct, frozen=True):
    """One step to take. kind: as `event` of a trace. node: who takes it; of a message, its receiver."""

    kind: str
    node: int
    sender: int = -1
    message: str = ""
    timer: str = ""
    choices: tuple[int, ...] = ()

    def __str__(self) -> str:
        if self.kind in AT_NODE:
            return f"{self.kind} of node {self.node}"
        if self.kind == "timer":
            return f"timer '{self.timer}' of node {self.node}"
        return f"{self.kind} {self.message} from {self.sender} to {self.node}"


class Scenario(msgspec.Struct, frozen=True):
    """A schedule with all that it takes to carry it out again, and what was found by it."""

    algorithm: str
    setup: Setup
    steps: tuple[Act, ...]
    plugins: tuple[str, ...] = ()
    source: str | None = None
    property: str | None = None
    text: str = ""
    found: str = ""


def act_of(step: Step) -> Act:
    """Return the step to take that a step of a trace took."""
    return Act(
        step.event, step.node, -1 if step.sender is None else step.sender, step.message or "", step.timer or "",
        tuple(step.choices),
    )  # fmt: skip


def write(scenario: Scenario) -> str:
    """Return the text of a scenario; `parse_scenario` reads what YAML makes of it as the same scenario."""
    setup = scenario.setup
    head: dict[str, Any] = {"scenario": FORMAT, "algorithm": scenario.algorithm}
    head |= {"plugins": list(scenario.plugins)} if scenario.plugins else {}
    head |= {"source": scenario.source} if scenario.source else {}
    head |= {"nodes": setup.nodes, "requests": list(setup.requests), "network": str(setup.network)}
    head |= {"quorum_system": setup.quorum_system} if setup.quorum_system else {}
    head |= {"quorums": [list(quorum) for quorum in setup.quorums]} if setup.quorums else {}
    head |= {"topology": setup.topology} if setup.topology else {}
    head |= {"towards": list(setup.towards)} if setup.towards else {}
    head |= {"holder": setup.holder} if setup.holder else {}
    head |= {"server": True} if setup.server else {}
    head |= {"k": setup.k} if setup.k > 1 else {}
    head |= {"property": scenario.property, "text": scenario.text, "found": scenario.found}
    lines = [f"{key}: {_quoted(value)}" for key, value in head.items()]
    lines += ["steps:", *(f"- {_step_text(act)}" for act in scenario.steps)] if scenario.steps else ["steps: []"]
    return "\n".join(lines) + "\n"


def parse_scenario(data: dict[str, Any]) -> Scenario:
    """Return the scenario that plain data stands for; raise ValueError with a sentence about the first mistake."""
    if data.get("scenario") != FORMAT:
        given = data.get("scenario")
        raise ValueError(f"scenario: {given!r} is not a format that this mxbench reads, which is {FORMAT}")
    for key in data:
        if key not in KEYS:
            raise ValueError(f"{key}: there is no such key; they are {', '.join(KEYS)}")
    for key in ("algorithm", "nodes", "requests", "steps"):
        if data.get(key) is None:
            raise ValueError(f"{key}: is missing")
    setup = _setup(data)
    steps = data["steps"]
    if not isinstance(steps, list) or len(steps) > MAX_STEPS:
        raise ValueError(f"steps: must be a list of at most {MAX_STEPS:,} steps")
    acts = []
    for number, step in enumerate(steps, start=1):
        try:
            acts.append(_act(step, setup.places))
        except ValueError as error:
            raise ValueError(f"step {number}: {error}") from None
    plugins = _list(data.get("plugins", []), "plugins", None)
    if not all(isinstance(plugin, str) for plugin in plugins):
        raise ValueError(f"plugins: {plugins!r} must be a list of files")
    texts = {key: _text(data, key) for key in ("algorithm", "source", "property", "text", "found")}
    return Scenario(
        texts["algorithm"] or "", setup, tuple(acts), tuple(plugins), texts["source"], texts["property"],
        texts["text"] or "", texts["found"] or "",
    )  # fmt: skip


def _setup(data: dict[str, Any]) -> Setup:
    nodes = _whole(data["nodes"], "nodes", 1, MAX_NODES)
    requests = _list(data["requests"], "requests", nodes)
    network = _text(data, "network") or "fifo"
    try:
        adversary = parse_adversary(network)
    except ValueError as error:
        raise ValueError(f"network: {network}: {error}") from None
    quorums = _list(data["quorums"], "quorums", nodes) if data.get("quorums") is not None else []
    server = data.get("server", False)
    if not isinstance(server, bool):
        raise ValueError(f"server: {server!r} must be true or false")
    towards = _list(data["towards"], "towards", None) if data.get("towards") is not None else []
    return Setup(
        nodes,
        tuple(_whole(count, "requests", 0, 10_000) for count in requests),
        adversary,
        tuple(tuple(_whole(node, "quorums", 0, nodes - 1) for node in _list(one, "quorums", None)) for one in quorums),
        _text(data, "quorum_system"),
        _text(data, "topology"),
        _whole(data.get("holder", 0), "holder", 0, nodes - 1 + server),
        tuple(_whole(node, "towards", 0, nodes - 1 + server) for node in towards),
        server,
        _whole(data.get("k", 1), "k", 1, MAX_NODES),
    )


def _act(step: Any, places: int) -> Act:
    kinds = [kind for kind in (*AT_NODE, *OF_MESSAGE, "timer") if isinstance(step, dict) and kind in step]
    if len(kinds) != 1:
        raise ValueError(
            f"{step!r} is none of {{request: NODE}}, {{release: NODE}}, {{crash: NODE}}, {{timer: NAME, node: NODE}}, "
            "{deliver: MESSAGE, from: NODE, to: NODE}, {lose: ...} and {duplicate: ...}"
        )
    kind = kinds[0]
    wanted = {"timer": ("node",)}.get(kind, ("from", "to") if kind in OF_MESSAGE else ())
    for key in step:
        if key not in (kind, *wanted, "choices"):
            raise ValueError(f"'{key}' has no meaning in a step with '{kind}'")
    for key in wanted:
        if key not in step:
            raise ValueError(f"'{key}' is missing beside '{kind}'")
    chosen = _list(step.get("choices", []), "choices", None)
    choices = tuple(_whole(choice, "choices", 0, MAX_STEPS) for choice in chosen)
    if kind in AT_NODE:
        return Act(kind, _whole(step[kind], kind, 0, places - 1), choices=choices)
    if not isinstance(step[kind], str):
        raise ValueError(f"{kind}: {step[kind]!r} must be a text")
    if kind == "timer":
        return Act(kind, _whole(step["node"], "node", 0, places - 1), timer=step[kind], choices=choices)
    sender, to = (_whole(step[key], key, 0, places - 1) for key in wanted)
    return Act(kind, to, sender, step[kind], choices=choices)


def _step_text(act: Act) -> str:
    if act.kind in AT_NODE:
        parts = [f"{act.kind}: {act.node}"]
    elif act.kind == "timer":
        parts = [f"timer: {_quoted(act.timer)}", f"node: {act.node}"]
    else:
        parts = [f"{act.kind}: {_quoted(act.message)}", f"from: {act.sender}", f"to: {act.node}"]
    if act.choices:
        parts.append(f"choices: {list(act.choices)}")
    return "{" + ", ".join(parts) + "}"


def _quoted(value: Any) -> str:
    """Return a value as JSON that YAML reads alike, which rules out the halves of characters that JSON has."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return f"\\U{ord(character):08x}"


def _whole(value: Any, key: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{key}: {value!r} must be a whole number from {low} to {high}")
    return value


def _list(value: Any, key: str, length: int | None) -> Sequence[Any]:
    if not isinstance(value, list) or (length is not None and len(value) != length):
        count = "" if length is None else f" of {length}, one for each node"
        raise ValueError(f"{key}: {value!r} must be a list{count}")
    return value


def _text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key}: {value!r} must be a text")
    return value
