"""The table of algorithms: paper, kind, what each assumes and claims, and how much of it was searched.

`mxbench list algorithms` prints it, and README.md and plugins/README.md carry it.
"""

import csv
import re
from collections.abc import Iterable
from importlib import resources
from typing import Any

from mxbench.core.algorithm import Algorithm
from mxbench.registry import Registered

HEADERS = ("algorithm", "paper", "kind", "channels", "messages, alone", "messages, saturated", "sync delay", "response",
           "searched: 3 nodes", "states")  # fmt: skip
NONE = "-"


def algorithm_rows(algorithms: Iterable[Registered]) -> list[tuple[str, ...]]:
    """Return a row of HEADERS for each algorithm.

    channels: in what order messages may arrive, and what else the algorithm survives. Delays are in message delays.
    """
    searched = _searched()
    return [_row(known, searched.get(known.name) if known.ref.file is None else None) for known in algorithms]


def kind_of(cls: type[Algorithm]) -> str:
    """Return how an algorithm makes sure of being alone: by a token, a quorum, one place, or all permissions."""
    if cls.has_token or cls.topology or not cls.falls_quiet:
        return "token"
    if cls.quorum_system:
        return "quorum"
    return "central" if cls.can_have_server else "permission"


def claim_text(claim: Any) -> str:
    """Return a claim as it is written on paper: 2(n-1), 3(k-1) to 6(k-1), mean n-1."""
    if claim is None:
        return NONE
    if isinstance(claim, list | tuple):
        return " to ".join(map(claim_text, claim))
    text = str(claim).replace(" ", "").replace("harmonic(", "H(")
    mean = re.fullmatch(r"mean\((.*)\)", text)
    text = mean[1] if mean else text
    text = re.sub(r"\*min\((?:n-1,1|1,n-1)\)", "", text)  # a node that is alone sends nothing: not worth the ink
    text = re.sub(r"(?<=\d)\*(?=[a-zA-Z(])", "", text)
    text = re.sub(r"min\((?:n-1,1|1,n-1)\)", "1", text)
    return f"mean {text}" if mean else text


def _row(known: Registered, searched: dict[str, str] | None) -> tuple[str, ...]:
    cls = known.cls
    paper = (cls.__doc__ or "").strip().partition("\n")[0].partition(":")[0]
    assumed = cls.assumes
    survives = (("loss", assumed.lossless), ("repeats", assumed.no_duplicates), ("crashes", assumed.crash_free))
    assumes = ["FIFO" if assumed.fifo else "any order", *(word for word, excluded in survives if not excluded)]
    bound = f"{searched['requests']} each, {searched['network']}" if searched else NONE
    if searched and "," in searched["requests"]:
        bound = f"{searched['requests']}, {searched['network']}"
    states = f"{int(searched['states']):,}" if searched else NONE
    return (
        known.name, paper or NONE, kind_of(cls), ", ".join(assumes),
        claim_text(_of(cls.messages_per_entry, "uncontended")), claim_text(_of(cls.messages_per_entry, "saturated")),
        claim_text(_of(cls.synchronisation_delay, "saturated")), claim_text(_of(cls.response_time, "uncontended")),
        bound, states,
    )  # fmt: skip


def _of(claim: Any, regime: str) -> Any:
    return claim.get(regime) if isinstance(claim, dict) else claim


def _searched() -> dict[str, dict[str, str]]:
    text = (resources.files("mxbench_plugins") / "checked.csv").read_text(encoding="utf-8")
    return {row["algorithm"]: row for row in csv.DictReader(text.splitlines())}
