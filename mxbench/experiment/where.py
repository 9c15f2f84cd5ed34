"""Conditions on settings, as `--where KEY=VALUE` gives them."""

from collections.abc import Sequence
from typing import Any

from mxbench.errors import ResultError
from mxbench.experiment.document import flow, suggestion


def matching(settings: Sequence[dict[str, Any]], condition: str) -> list[bool]:
    """Return which of some settings have that value, as an experiment writes it; raise ResultError if none has.

    The key may be the last part of one, as 'dwell' is of 'workload.dwell'.
    """
    asked, sign, value = (part.strip() for part in condition.partition("="))
    if not sign:
        raise ResultError(f"--where {condition}: write KEY=VALUE, such as nodes=9")
    keys = list(dict.fromkeys(key for setting in settings for key in setting))
    key = asked if asked in keys else next((key for key in keys if key.rpartition(".")[2] == asked), None)
    if key is None:
        known = f" (they are {', '.join(keys)})"
        raise ResultError(f"--where {condition}: the settings have no '{asked}'{suggestion(asked, keys)}{known}")
    values = [flow(setting[key]) if setting.get(key) is not None else "-" for setting in settings]
    if value not in values:
        raise ResultError(f"--where {condition}: no setting has it; '{key}' is {', '.join(dict.fromkeys(values))}")
    return [own == value for own in values]
