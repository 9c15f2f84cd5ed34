"""Handlers watched in other processes: what they reach for, what they change, and whether they do the same twice."""

import inspect
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec

from mxbench.child import command, environment
from mxbench.conformance.handlers import DIFFERENT, ELSEWHERE
from mxbench.conformance.outcomes import Outcome
from mxbench.conformance.trail import parting
from mxbench.conformance.watched import WHERE, Errand, Sighting
from mxbench.core.algorithm import Algorithm
from mxbench.core.plan import PluginRef
from mxbench.core.scenario import Setup
from mxbench.own_time import Allowance, OwnTime

CONTRACT, DETERMINISM = "contract", "determinism"
HASH_SEEDS = ("1", "2")
FEW_SEEDS = ("4", "5", "6", "7")  # of short looks: two strings have one order in half of all processes
SCHEDULES = 3
LIMIT_S = 30.0  # of a process, of its own time (own_time.py), of which a plugin that behaves needs one
GRACE_S = 30.0  # for a process that was told to end


class Watched(msgspec.Struct, frozen=True):
    """What two processes saw. habits: sentences about what handlers do but may not; parted: where they did not do the
    same twice; unknown: why nothing is known. cut_off: a handler did not return, or ended its process."""

    habits: tuple[str, ...] = ()
    parted: tuple[str, ...] = ()
    unknown: str | None = None
    cut_off: bool = False


def watch(algorithm: type[Algorithm], setups: tuple[Setup, ...], limit_s: float = LIMIT_S) -> Watched:
    """Return what two processes, in which sets of strings have different orders, see of an algorithm's handlers."""
    ref = reference(algorithm)
    if ref is None:
        return Watched(unknown="its class cannot be loaded in another process; define it at the top of a file")
    errand = Errand(ref, sys.path, setups[::-1], SCHEDULES, limit_s)
    seen = []
    for seed in HASH_SEEDS:
        seen.append(_send(errand, seed))
        if seen[-1].error is not None or seen[-1].cut_off:
            return Watched(tuple(seen[-1].faults), unknown=seen[-1].error, cut_off=seen[-1].cut_off)
    found = dict.fromkeys(said for one in seen for said in one.found)
    bad = [said for said in found if said[3] not in DIFFERENT]
    habits = dict.fromkeys([fault for one in seen for fault in one.faults] + [_sentence(*said) for said in bad])
    explained = {said[:2] for said in bad}
    parted = [_sentence(*said) for said in found if said[3] in DIFFERENT and said[:2] not in explained]
    if not habits and not parted:
        parted = _between_processes(errand, seen)
    return Watched(tuple(habits), tuple(parted))


def _between_processes(errand: Errand, seen: list[Sighting]) -> list[str]:
    """Return where a process in which strings have other hashes does something else, as a sentence, if any does."""
    few = msgspec.structs.replace(errand, setups=errand.setups[:1], schedules=1)  # with which the errand begins
    for seed in (*HASH_SEEDS[1:], *FEW_SEEDS):
        long = seed in HASH_SEEDS
        other = seen[HASH_SEEDS.index(seed)] if long else _send(few, seed)
        apart = parting(seen[0].calls, other.calls)
        if apart is not None:
            closer = msgspec.structs.replace(errand if long else few, close=apart[0])
            trails = [_send(closer, one).calls[apart[0] :] for one in (HASH_SEEDS[0], seed)]
            _, handler, line = parting(*trails) or apart
            return [_sentence(*line, handler, ELSEWHERE)]
    return []


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
    """Return what a process of its own sees; it is ended at its limit."""
    with subprocess.Popen(
        command("mxbench.conformance.watched"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(PYTHONHASHSEED=hash_seed, PYTHONDONTWRITEBYTECODE="1"),
    ) as process:  # fmt: skip
        try:
            answer, error, late = _communicate(process, msgspec.json.encode(errand), errand.limit_s)
        except subprocess.TimeoutExpired:
            what = f"did not end within {errand.limit_s:g} seconds, or left others behind"
            return Sighting(faults=[f"the process that ran its handlers {what}"], cut_off=True)
        finally:
            process.kill()
    try:
        return msgspec.json.decode(answer, type=Sighting)
    except msgspec.DecodeError:
        return _last_words(errand, error.decode(errors="replace"), process.returncode, late)


def _last_words(errand: Errand, said: str, status: int, late: bool) -> Sighting:
    """Return what a process that gave no answer left behind on standard error."""
    if late or "Timeout (" in said:
        own = [errand.algorithm.file, inspect.getsourcefile(Algorithm)]
        frames = re.findall(r'File "(.+?)", line (\d+) in (\w+)', said)
        place = next((f"{file}:{line}: in {name}" for file, line, name in frames if file == own[0]), None)
        place = place or next((f"{f}:{line}: in {name}" for f, line, name in frames if name.startswith("on_")), "")
        return Sighting(faults=[f"{place}: a handler did not return within {errand.limit_s:g} seconds"], cut_off=True)
    last = (said.strip().splitlines() or [f"exit status {status}"])[-1]
    return Sighting(faults=[f"the process that ran its handlers ended before they did: {last}"], cut_off=True)


def _communicate(process: "subprocess.Popen[bytes]", errand: bytes, limit_s: float) -> tuple[bytes, bytes, bool]:
    """Return what a process answers, what it says besides, and whether it had to be asked where it is."""
    with closing(OwnTime()) as own:
        own.follow(process.pid)
        allowance = Allowance(own, limit_s)
        given: bytes | None = errand
        while (left := allowance.left()) > 0:
            try:
                return *process.communicate(given, max(left, 0.001)), False
            except subprocess.TimeoutExpired:
                given = None  # it goes on with what it was given
    if WHERE is not None:
        process.send_signal(WHERE)
    return *process.communicate(given, GRACE_S), True


def _sentence(file: str, line: int, handler: str, said: str) -> str:
    return f"{file}:{line}: {handler} {said}"
