"""Mechanical mutants put to death: what of the searches and runs tells each one from its original.

    python tests/mutants/killing.py [PLUGIN]...   prints what became of each; exit status 1 for an unexplained survivor
    python tests/mutants/killing.py --write       also writes docs/mechanical_mutants.md and pins.json

In this order: it cannot be loaded, or is refused; a search finds a violation; an oracle objects to a run; it takes over
CPU_SECONDS of processor time. If none of that, a pinned fact may differ: how many states a search has, or who entered
in which order and with which messages in runs of the same seed (pins.json holds them of each original). What is left is
a survivor and wants an explanation.
"""

import argparse
import hashlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, NamedTuple

import msgspec
from mechanical import changes
from planted import ROOT
from survivors import EXPLAINED
from trial import FAILURES, LOADS, accusing, planned, simulate

from mxbench.check.answer import check
from mxbench.core.algorithm import Algorithm
from mxbench.core.plan import PluginRef
from mxbench.errors import MxbenchError
from mxbench.experiment.judge import judge, row
from mxbench.loading import load_file

DOCS = ROOT / "docs" / "mechanical_mutants.md"
PINS = Path(__file__).parent / "pins.json"
CPU_SECONDS = 60.0
BOUND = {"limit_states": 20_000}
SEEDS = 3
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"nodes": 2, "requests": 2},
    {"nodes": 1, "requests": 2},
    {"nodes": 3, "requests": 1},
    {"nodes": 3, "requests": "2,1,1", "network": "reordering"},
    {"nodes": 2, "requests": 2, "network": "duplicating"},
)
FIVE = {"requests": "1,1,1,0,0", "quorums": "[[0,3,4],[1,3,4],[2,3,4],[3,4],[3,4]]"}
RING = {"requests": 1, "quorums": "[[0,1],[1,2],[0,2]]"}
ON_QUORUMS = (RING, FIVE, {**FIVE, "network": "reordering"}, {**RING, "requests": 2, "network": "duplicating"})
ON_TREES = (*QUESTIONS, {"nodes": 4, "requests": 1, "topology": "line", "holder": 2})
QUESTIONS_OF: dict[str, tuple[dict[str, Any], ...]] = {
    "maekawa": ON_QUORUMS,
    "agrawal_el_abbadi": ON_QUORUMS,
    "raymond": ON_TREES,
    "neilsen_mizuno": ON_TREES,
    "raymond_k_entry": (*QUESTIONS, {"nodes": 3, "requests": "2,1,1", "k": 2}),
}
PINNED = "pinned fact"
FORGET = "forget"  # the method of a plugin that says what a search may drop


class Fate(NamedTuple):
    """What became of a mutant. death: of what it died; '' for a survivor."""

    key: str
    death: str


class Evidence(NamedTuple):
    """What one search or run says: what it accuses the plugin of, if anything, and the facts that can be pinned."""

    accusation: str
    facts: Any


class Searched(Evidence):
    """What a search says."""


class TooLong(BaseException):
    """Fired when a mutant has had its processor time; no `except Exception` of what it runs in holds it."""


def plugins() -> list[str]:
    """Return the plugins of algorithms, by the name of their files."""
    return [file.stem for file in sorted((ROOT / "plugins").glob("*.py")) if file.stem != "__init__"]


def fates(stem: str, part: int = 0, parts: int = 1) -> list[Fate]:
    """Return what becomes of the mechanical mutants of a plugin, or of one part of them."""
    signal.signal(signal.SIGVTALRM, _give_up)
    with TemporaryDirectory() as folder:
        court = Court(stem, Path(folder))
        return [
            court.fate(number, key, text) for number, (key, text) in enumerate(court.changes) if number % parts == part
        ]


def pins(stem: str) -> dict[str, Any]:
    """Return the facts of an original: of each search, and of all its runs the digest."""
    with TemporaryDirectory() as folder:
        court = Court(stem, Path(folder))
        found = list(court.evidence(ROOT / "plugins" / f"{stem}.py", forget=False))
    searches = [each.facts for each in found if isinstance(each, Searched)]
    runs = repr([each.facts for each in found if not isinstance(each, Searched)])
    return {"searches": searches, "runs": hashlib.sha256(runs.encode()).hexdigest()[:16]}


class Court:
    """Where the mutants of one plugin are tried, with the evidence of the original to compare with."""

    def __init__(self, stem: str, folder: Path) -> None:
        self.folder = folder
        self.changes = list(changes(ROOT / "plugins" / f"{stem}.py"))
        self.questions = QUESTIONS_OF.get(stem, QUESTIONS)
        name = stem.replace("_", "-")
        setting = {"repeat": SEEDS}
        self.loads = [planned(name, [], load, setting, folder) for load in LOADS.values()]
        # A fault may need what the original declares that it can forget; only faults in that are tried with it.
        own = ROOT / "plugins" / f"{stem}.py"
        self.original = {
            forget: list(self.evidence(own, forget)) for forget in {f".{FORGET}: " in key for key, _ in self.changes}
        }

    def fate(self, number: int, key: str, text: str) -> Fate:
        """Return what becomes of one mutant."""
        file = self.folder / f"mutant_{number}.py"
        file.write_text(text, encoding="utf-8")
        differs = False
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
        try:
            forget = f".{FORGET}: " in key
            for mine, theirs in zip(self.evidence(file, forget), self.original[forget], strict=True):
                if mine.accusation and not theirs.accusation:
                    return Fate(key, mine.accusation)
                differs = differs or mine != theirs
        except TooLong:
            return Fate(key, "processor time")
        except MxbenchError:
            return Fate(key, "refused")
        except Exception as error:  # a handler's own, where nobody turns it into a breach of the contract
            return Fate(key, f"raises: {type(error).__name__}")
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return Fate(key, PINNED if differs else "")

    def evidence(self, file: Path, forget: bool) -> Iterator[Evidence]:
        """Yield what searches and runs say of a plugin, the quick ones first."""
        [algorithm] = load_file(file).mxbench_algorithms()
        yield self.search(algorithm, self.questions[0], forget)
        yield from self.runs(algorithm, file)
        for question in self.questions[1:]:
            yield self.search(algorithm, question, forget)

    def search(self, algorithm: type[Algorithm], question: dict[str, Any], forget: bool) -> Searched:
        """Ask the checker."""
        found = check(algorithm, **question, **BOUND, forget=forget)
        facts = [found[field] for field in ("verdict", "property", "states", "transitions", "depth")]
        return Searched(f"check: {found['property']}" if found["property"] else "", [*facts, len(found["trace"])])

    def runs(self, algorithm: type[Algorithm], file: Path) -> Iterator[Evidence]:
        """Simulate the loads."""
        ref = PluginRef(algorithm.name, algorithm.__module__, algorithm.__qualname__, str(file))
        for registry, plans in self.loads:
            for plan in plans:
                history = simulate(msgspec.structs.replace(plan, algorithm=ref))
                made = row(history, *judge(history, registry), "")
                accusers = sorted(accusing(made, {}))
                first = next((a for a in accusers if a in FAILURES.values()), accusers[0] if accusers else "")
                entries = [(entry.node, entry.number, entry.stamp) for entry in history.entries]
                facts = [made["messages_by_type"], entries, history.end(), [node.payloads for node in history.nodes]]
                yield Evidence(f"run: {first}" if first else "", facts)


def all_fates(stems: Sequence[str], parts: int = 4) -> list[Fate]:
    """Return what becomes of every mechanical mutant of these plugins, tried in as many processes as processors."""
    pieces = [(stem, part) for stem in stems for part in range(parts)]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        found = pool.map(fates, *zip(*pieces, strict=True), [parts] * len(pieces))
        return [fate for of_part in found for fate in of_part]


def unexplained(found: Sequence[Fate]) -> list[str]:
    """Return the survivors that survivors.py does not explain."""
    return [fate.key for fate in found if not fate.death and fate.key not in EXPLAINED]


def document(found: Sequence[Fate]) -> str:
    """Return docs/mechanical_mutants.md."""
    deaths = Counter(fate.death.partition(":")[0] or "survived" for fate in found)
    lines = [
        INTRODUCTION,
        "| Plugin | Mutants | Killed | of these by a pinned fact alone | Survivors |",
        "|---|---|---|---|---|",
    ]
    stems = dict.fromkeys(fate.key.partition(".")[0] for fate in found)
    for stem in stems:
        own = [fate.death for fate in found if fate.key.partition(".")[0] == stem]
        lines.append(f"| {stem} | {len(own)} | {_share(own)} | {own.count(PINNED)} | {own.count('')} |")
    every = [fate.death for fate in found]
    lines.append(f"| all | {len(every)} | {_share(every)} | {every.count(PINNED)} | {every.count('')} |")
    lines += [
        "",
        "What they died of: " + ", ".join(f"{name} {count}" for name, count in deaths.most_common()) + ".",
        "",
    ]
    lines += ["## The survivors", ""]
    lines += [f"- {fate.key}: {EXPLAINED.get(fate.key, 'UNEXPLAINED')}" for fate in found if not fate.death]
    return "\n".join(lines) + "\n"


INTRODUCTION = """# Mechanical mutants

<!-- Written by tests/mutants/killing.py --write; a slow test compares it. -->

Every small change of the shipped algorithms that a machine can make (tests/mutants/mechanical.py): each comparison
negated or moved by one, each condition or part of one dropped, each statement removed, each number and truth value
changed. A mutant is killed by `mxbench check` at a small bound, or by an oracle on a simulated run; failing that, by a
pinned fact: the number of states, or the entries and messages of a run of the same seed.
"""


def _share(deaths: Sequence[str]) -> str:
    return f"{sum(map(bool, deaths)) / len(deaths):.1%}"


def _give_up(signal_number: int, frame: FrameType | None) -> None:
    raise TooLong


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plugin", nargs="*", help="the file of an algorithm in plugins/, without .py")
    parser.add_argument("--write", action="store_true", help=f"write {DOCS.relative_to(ROOT)}")
    options = parser.parse_args()
    found = all_fates(options.plugin or plugins())
    for fate in found:
        print(f"{fate.death or 'SURVIVED':28} {fate.key}")
    if options.write:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(document(found), encoding="utf-8")
        facts = {stem: pins(stem) for stem in plugins()}
        PINS.write_text("{\n" + ",\n".join(f'"{stem}": {json.dumps(of)}' for stem, of in facts.items()) + "\n}\n")
    left = unexplained(found)
    print(f"{len(found)} mutants, {_share([fate.death for fate in found])} killed, {len(left)} survivors unexplained")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
