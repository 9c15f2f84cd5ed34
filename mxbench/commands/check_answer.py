"""The command `mxbench check`, apart from the flags: what it asks, what it prints, and the status it ends with."""

import json
import sys
from pathlib import Path

from mxbench.check.answer import EXIT_STATUS, check
from mxbench.check.text import ProgressLine, render
from mxbench.errors import ExperimentError
from mxbench.experiment.document import suggestion

SETTABLE = ("quorums",)


def run_check(
    algorithm: str, nodes: int | None, requests: str, network: str, sets: list[str], plugins: list[Path],
    limit_states: int | None, limit_seconds: float | None, as_json: bool,
) -> int:  # fmt: skip
    """Check an algorithm, print the answer, and return the exit status: 0 valid, 1 violated, 3 undecided."""
    values = dict(_setting(text) for text in sets)
    with ProgressLine() as line:
        found = check(
            algorithm, nodes, requests, network, values.get("quorums"), plugins, limit_states, limit_seconds,
            line.update if sys.stderr.isatty() else None,
        )  # fmt: skip
    print(json.dumps(found, indent=2) if as_json else render(found))
    return EXIT_STATUS[found["verdict"]]


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    key = key.removeprefix("algorithm.")
    if not equals or key not in SETTABLE:
        raise ExperimentError(
            f"--set {text}: check has no key '{key}'{suggestion(key, SETTABLE)} (write quorums=NAME, or "
            "quorums=[[0,1],[1,2],[0,2]], a list for each node)"
        )
    return key, value
