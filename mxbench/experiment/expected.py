"""Checks `expect` before anything starts: each field exists in a row, and each bound can be worked out."""

from collections.abc import Mapping
from typing import Any

from mxbench.core.algorithm import Algorithm
from mxbench.core.claims import evaluate, split_bound
from mxbench.core.messages import Message, message_types
from mxbench.experiment.document import Document, KeyPath, Mistakes, quoted, suggestion
from mxbench.registry import SHIPPED, Registry

VERDICTS = ("valid", "violated", "undecided")
TEXTS = (
    "experiment", "algorithm", "engine", "workload", "quorum_system", "topology", "claim_kind", "claim_regime",
    "failed", "failure", "result",
)  # fmt: skip
NUMBERS = ("nodes", "algorithm_servers", "k", "seed", "repeat", "wall_s")
TRUTHS = ("contended", "claim_holds", "sustained")
LISTS = ("sent_by_node", "received_by_node", "cpu_s_by_node", "peak_mb_by_node", "entry_order", "broken_assumptions")
SUMMARY = ("mean", "p50", "p90", "p99", "max")
PARTS = {"wait_ms": SUMMARY, "response_ms": SUMMARY, "sync_delay_ms": ("mean", "p50", "p99")}


def check_expect(
    expect: dict[str, Any], algorithm: type[Algorithm], registry: Registry, names: Mapping[str, float],
    document: Document, mistakes: Mistakes,
) -> None:  # fmt: skip
    """Note each field that no row has, and each bound that has no value. `names` are those of a bound: n, k, ..."""
    metrics = registry.all("metrics").values()
    measured = [field for metric in metrics for field in metric.cls.fields]
    foreign = {field for metric in metrics if metric.origin != SHIPPED for field in metric.cls.fields}
    known = tuple(dict.fromkeys(("verdict", *TEXTS, *NUMBERS, *LISTS, *measured)))
    parts = PARTS | {"messages_by_type": tuple(cls.__name__ for cls in message_types(algorithm, Message))}
    for field, bound in expect.items():
        path: KeyPath = ("expect", field)
        whole, point, part = field.partition(".")
        if whole not in known:
            hint = suggestion(whole, known) or f"; the fields are {', '.join(known)}"
            mistakes.add(document, path, f"a row has no such field{hint}")
        elif whole == "verdict" and bound not in VERDICTS:
            mistakes.add(document, path, f"{quoted(bound)} is not one of {', '.join(VERDICTS)}")
        elif whole in TRUTHS and not isinstance(bound, bool | None):
            mistakes.add(document, path, f"{quoted(bound)} is not true or false")
        elif whole in parts and (point or isinstance(bound, dict)):
            given = {part: bound} if point else {f"{key}": inner for key, inner in bound.items()}
            for name, inner in given.items():
                inner_path = path if point else (*path, name)
                if name not in parts[whole]:
                    hint = suggestion(name, parts[whole]) or f"; it has {', '.join(parts[whole])}"
                    mistakes.add(document, inner_path, f"'{whole}' has no part '{name}'{hint}")
                else:
                    _check_bound(inner, inner_path, names, document, mistakes)
        elif whole in parts:
            what = f"{quoted(bound)}: it has parts; write {whole}.{parts[whole][0]}, or another of them"
            mistakes.add(document, path, what)
        elif whole in LISTS and isinstance(bound, list):
            continue  # to be equal, whatever it is
        elif whole in foreign and (isinstance(bound, bool) or (isinstance(bound, list) and len(bound) != 2)):
            continue  # likewise, as only its metric knows what it is
        elif whole != "verdict" and whole not in TEXTS and whole not in TRUTHS:
            _check_bound(bound, path, names, document, mistakes)


def _check_bound(bound: Any, path: KeyPath, names: Mapping[str, float], document: Document, mistakes: Mistakes) -> None:
    if bound is None:
        return  # there is to be no value
    parts = bound if isinstance(bound, list) else [split_bound(bound)[1]]
    if isinstance(bound, list) and len(bound) != 2:
        mistakes.add(document, path, f"{quoted(bound)} is not a band; write [low, high]")
        return
    ends = []
    for part in parts:
        try:
            if not isinstance(part, str | int | float) or isinstance(part, bool):
                raise ValueError(f"{quoted(part)} is neither a number nor an expression")
            ends.append(evaluate(part, names))
        except (ValueError, TypeError) as error:
            what = f"{error}; write a value, a bound such as '<= 2 * (n - 1)', or a band [low, high]"
            mistakes.add(document, path, what)
    if len(ends) == 2 and ends[0] > ends[1]:
        mistakes.add(document, path, f"{quoted(bound)}: no number is in it; write [low, high]")
