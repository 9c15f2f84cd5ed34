"""The command `mxbench replay`, apart from the flags: what it prints, and the status it ends with."""

import json
from pathlib import Path
from typing import Any

import msgspec

from mxbench.check.answer import EXIT_STATUS
from mxbench.check.diagram import diagram
from mxbench.check.text import legend
from mxbench.commands.telling import say
from mxbench.core.trace import Step
from mxbench.core.verdict import Finding
from mxbench.experiment.judge import judge
from mxbench.registry import Registry
from mxbench.scenarios import replay
from mxbench.sim.replay import Replayed


def run_replay(scenario: str, plugins: list[Path], as_json: bool) -> int:
    """Carry out a scenario, print what came of it, and return the exit status."""
    found = replay(scenario, plugins)
    findings, _ = judge(found.history, Registry())
    say(json.dumps(document(found, findings, scenario), indent=2) if as_json else render(found, findings, scenario))
    return EXIT_STATUS[found.verdict]


def document(found: Replayed, findings: list[Finding], path: str) -> dict[str, Any]:
    """Return what `replay --json` prints."""
    scenario, setup = found.scenario, found.scenario.setup
    return {
        "scenario": path,
        "algorithm": scenario.algorithm,
        "nodes": setup.nodes,
        "requests": list(setup.requests),
        "network": str(setup.network),
        "quorums": [list(quorum) for quorum in setup.quorums] or None,
        "verdict": found.verdict,
        "property": found.property,
        "text": found.text,
        "recorded": {"property": scenario.property, "text": scenario.text, "found": scenario.found},
        "as_recorded": found.as_recorded,
        "changed": found.changed,
        "impossible_step": found.impossible,
        "steps": len(scenario.steps),
        "trace": [msgspec.to_builtins(step) for step in found.trace],
        "findings": [msgspec.to_builtins(finding) for finding in findings],
    }


def render(found: Replayed, findings: list[Finding], path: str) -> str:
    """Return what came of a scenario as text for a terminal: each step, the diagram, the verdict."""
    scenario, setup = found.scenario, found.scenario.setup
    requests = ",".join(map(str, setup.requests))
    recorded = f"{scenario.property}, by {scenario.found or 'hand'}" if scenario.property else "no violation"
    lines = [
        f"{path}: {scenario.algorithm}, {setup.nodes} node{'s' * (setup.nodes > 1)}, requests {requests}, "
        f"network {setup.network}",
        f"Recorded: {recorded}; {len(scenario.steps)} steps.",
    ]
    if found.changed:
        lines.append("The algorithm's source is not what it was when the scenario was saved.")
    lines.append("")
    for step in found.trace:
        lines += _step(step)
    trace = [msgspec.to_builtins(step) for step in found.trace]
    if trace:
        lines += ["", diagram(trace, setup.places), "", legend(trace, "recorded")]
    lines += ["", verdict(found)]
    lines += [f"Checked, to the end of the run: {f.property}: {f.outcome}: {f.text}." for f in findings]
    return "\n".join(lines)


def verdict(found: Replayed) -> str:
    """Return the verdict in a sentence or two."""
    was = found.scenario.property
    if found.impossible is not None:
        again = "check the algorithm again to see what it does now"
        return f"UNDECIDED: the scenario no longer applies: {found.text}; {again}."
    if found.property is None:
        gone = f" The recorded violation ({was}) does not show any more." if was else ""
        return f"{found.verdict.upper()}: {found.text}.{gone}"
    how = "as recorded" if found.as_recorded else f"but recorded was {was}" if was else "though none was recorded"
    return f"VIOLATED ({found.property}), {how}: {found.text}."


def _step(step: Step) -> list[str]:
    changes = [f"{name}: {before} -> {after}" for name, (before, after) in step.state.items()]
    return [f"{step.step:>4}. {step.text}", *(f"        {change}" for change in changes)]
