"""Judges and measures one run: every checker and every metric that is registered, and the row that they make.

Checkers and metrics read the history and nothing else, so a stored run is judged again as it was the first time.
"""

import json
import traceback
from collections.abc import Iterable
from typing import Any

import msgspec

from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.history import History
from mxbench.core.verdict import Finding, Verdict, overall
from mxbench.errors import PluginError
from mxbench.registry import Registered, Registry

# The fields of a row that come first, in this order; what other metrics measure follows.
LEADING = (
    "contended", "entries", "messages", "messages_by_type", "messages_per_entry", "saturated_messages_per_entry",
    "claimed_messages_per_entry", "claim_kind", "claim_regime", "claim_ratio", "claim_holds", "workload_messages",
    "payload_bytes_per_entry", "wire_bytes_per_entry", "wait_ms", "sync_delay_ms", "entries_per_s", "jain",
    "max_overtaking",
)  # fmt: skip


def judge(history: History, registry: Registry) -> tuple[list[Finding], dict[str, Any]]:
    """Return what every checker that applies found, and the fields of every metric.

    Raises PluginError that names a checker or metric which raised, or which gave something else than it should.
    """
    findings = []
    for checker in registry.all("checkers").values():
        found = _call("checker", checker, lambda cls: _find(cls(), history))
        if found is not None:
            findings.append(found)
    measured: dict[str, Any] = {}
    givers: dict[str, str] = {}
    for metric in registry.all("metrics").values():
        fields = _call("metric", metric, lambda cls: cls().measure(history))
        _check_fields(metric, fields, givers)
        measured.update(fields)
    return findings, measured


def row(history: History, findings: Iterable[Finding], measured: dict[str, Any], result: str) -> dict[str, Any]:
    """Return the row of a run, plain data with a null for each field that the run has no value of.

    result: the directory of the run. `failed` is the kind of failure or null, `failure` one sentence about it.
    """
    plan, ending = history.plan, history.ending
    findings = list(findings)
    return {
        "experiment": plan.experiment,
        "algorithm": plan.algorithm.name,
        "quorum_system": plan.quorum_system,
        "engine": plan.engine,
        "workload": plan.workload.name,
        "nodes": plan.nodes,
        "seed": plan.seed,
        "repeat": plan.repeat,
        "verdict": verdict(history, findings),
        **{field: measured.get(field) for field in LEADING},
        **{field: value for field, value in measured.items() if field not in LEADING},
        "wall_s": history.wall_s,
        "result": result,
        "failed": (ending.failed or "harness") if ending.reason == "failed" else None,
        "failure": ending.text if ending.reason == "failed" else None,
        "topology": plan.topology,
        "algorithm_servers": plan.algorithm_servers,
        "k": plan.k,
        "broken_assumptions": list(plan.broken_assumptions),
        "findings": [{**msgspec.structs.asdict(finding), "evidence": list(finding.evidence)} for finding in findings],
    }


def verdict(history: History, findings: Iterable[Finding]) -> Verdict:
    """Return the verdict of a run; one that failed is never valid, whatever was found."""
    found = overall(findings)
    return "undecided" if found == "valid" and history.ending.reason == "failed" else found


def _find(checker: Any, history: History) -> Finding | None:
    if not checker.applies(history):
        return None
    found = checker.check(history)
    if not isinstance(found, Finding):
        raise TypeError(f"check returned {found!r}, which is not a Finding")
    return msgspec.convert(msgspec.to_builtins(found), Finding)  # its fields are what they should be, too


def _call(kind: str, plugin: Registered, act: Any) -> Any:
    try:
        return act(plugin.cls)
    except MemoryError:  # is no plugin's fault
        raise
    except PLUGIN_ERRORS as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        raise PluginError(
            f"the {kind} '{plugin.name}' ({plugin.origin}) failed: {type(error).__name__}: {error} ({where})"
        ) from error


def _check_fields(metric: Registered, given: Any, givers: dict[str, str]) -> None:
    """Raise PluginError unless a metric gave exactly the fields that it names, and none that another one gives."""
    named = f"the metric '{metric.name}' ({metric.origin})"
    if not isinstance(given, dict) or set(given) != set(metric.cls.fields):
        shown = ", ".join(map(str, given)) if isinstance(given, dict) else repr(given)
        raise PluginError(f"{named} gave {shown}; its fields are {', '.join(metric.cls.fields)}")
    try:
        json.dumps(given, default=str, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise PluginError(
            f"{named} gave {given!r}, which JSON cannot hold: {error}; null stands for no value"
        ) from None
    for field in given:
        if field in givers:
            raise PluginError(f"{named} gives '{field}', which is a field of '{givers[field]}'; choose another name")
        givers[field] = metric.name
