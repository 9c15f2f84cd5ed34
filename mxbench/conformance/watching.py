"""Handlers watched in other processes: what they reach for, what they change, and whether they do the same twice."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec

from mxbench.conformance.handlers import DIFFERENT, UNSORTED
from mxbench.conformance.outcomes import Outcome
from mxbench.conformance.trail import parting
from mxbench.conformance.watched import Errand, Sighting
from mxbench.core.algorithm import Algorithm
from mxbench.core.plan import PluginRef
from mxbench.core.scenario import Setup

CONTRACT, DETERMINISM = "contract", "determinism"
HASH_SEEDS = ("1", "2")
SCHEDULES = 3
LIMIT_S = 30.0  # of a process, of which a plugin that behaves needs one


class Watched(msgspec.Struct, frozen=True):
    """What two processes saw. habits: sentences about what handlers do but may not; parted: where they did not do the
    same twice; unknown: why nothing is known. hangs: a handler did not return."""

    habits: tuple[str, ...] = ()
    parted: tuple[str, ...] = ()
    unknown: str | None = None
    hangs: bool = False


def watch(algorithm: type[Algorithm], setups: tuple[Setup, ...], limit_s: float = LIMIT_S) -> Watched:
    """Return what two processes, in which sets of strings have different orders, see of an algorithm's handlers."""
    ref = reference(algorithm)
    if ref is None:
        return Watched(unknown="its class cannot be loaded in another process; define it at the top of a file")
    errand = Errand(ref, sys.path, setups, SCHEDULES, limit_s)
    seen = []
    for seed in HASH_SEEDS:
        seen.append(_send(errand, seed))
        if seen[-1].error is not None or seen[-1].hangs:
            return Watched(tuple(seen[-1].faults), unknown=seen[-1].error, hangs=seen[-1].hangs)
    found = dict.fromkeys(said for one in seen for said in one.found)
    bad = [said for said in found if said[3] not in DIFFERENT]
    habits = dict.fromkeys([fault for one in seen for fault in one.faults] + [_sentence(*said) for said in bad])
    explained = {said[:2] for said in bad}
    parted = [_sentence(*said) for said in found if said[3] in DIFFERENT and said[:2] not in explained]
    if not habits and not parted and (apart := parting(seen[0].calls, seen[1].calls)) is not None:
        closer = msgspec.structs.replace(errand, close=apart[0])
        trails = [_send(closer, seed).calls[apart[0] :] for seed in HASH_SEEDS]
        _, handler, line = parting(*trails) or apart
        parted.append(_sentence(*line, handler, UNSORTED))
    return Watched(tuple(habits), tuple(parted))


def contract(watched: Watched) -> Outcome:
    """Return whether handlers perform nothing, and change nothing but their node's state."""
    if watched.unknown is not None:
        return Outcome(CONTRACT, "undecided", watched.unknown)
    if watched.habits:
        return Outcome(CONTRACT, "failed", "\n".join(watched.habits))
    return Outcome(CONTRACT, "passed", "handlers perform nothing, and change nothing but their node's state")


def determinism(watched: Watched) -> Outcome:
    """Return whether handlers do the same again from the same state, in this process and in another."""
    if watched.unknown is not None:
        return Outcome(DETERMINISM, "undecided", watched.unknown)
    if watched.parted:
        return Outcome(DETERMINISM, "failed", "\n".join(watched.parted))
    if watched.habits:
        return Outcome(DETERMINISM, "undecided", f"nothing can be said before '{CONTRACT}' passes")
    return Outcome(DETERMINISM, "passed", "handlers do the same from copies of a state, and in another process")


def reference(cls: type) -> PluginRef | None:
    """Return where another process finds a class, None where it cannot."""
    if "<locals>" in cls.__qualname__:
        return None
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return None
    packaged = "." in cls.__module__
    name = getattr(cls, "name", cls.__name__)
    return PluginRef(name, cls.__module__, cls.__qualname__, None if packaged else str(Path(file).resolve()))


def _send(errand: Errand, hash_seed: str) -> Sighting:
    """Return what a process of its own sees; it ends itself at its limit, and is ended where it does not."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mxbench.conformance.watched"],
            input=msgspec.json.encode(errand),
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
            timeout=errand.limit_s + 30.0,
        )
    except subprocess.TimeoutExpired:
        said = f"the process that ran its handlers did not end within {errand.limit_s:g} seconds, or left others behind"
        return Sighting(faults=[said], hangs=True)
    try:
        return msgspec.json.decode(done.stdout, type=Sighting)
    except msgspec.DecodeError:
        said = done.stderr.decode(errors="replace")
    if "Timeout (" in said:
        own = [errand.algorithm.file, inspect.getsourcefile(Algorithm)]
        frames = re.findall(r'File "(.+?)", line (\d+) in (\w+)', said)
        place = next((f"{file}:{line}: in {name}" for file, line, name in frames if file == own[0]), None)
        place = place or next((f"{f}:{line}: in {name}" for f, line, name in frames if name.startswith("on_")), "")
        return Sighting(faults=[f"{place}: a handler did not return within {errand.limit_s:g} seconds"], hangs=True)
    last = (said.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return Sighting(faults=[f"the process that ran its handlers ended before they did: {last}"])


def _sentence(file: str, line: int, handler: str, said: str) -> str:
    return f"{file}:{line}: {handler} {said}"
