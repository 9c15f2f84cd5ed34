"""Planted mutants: a plugin with one fault each, written as a small change of its text.

A mutant says what is wrong and where the fault comes from, which question of `mxbench check` finds it with how long a
shortest counterexample, and which oracles find it in simulated runs. The text that a change replaces must stand in
the original exactly once, so a mutant cannot drift away from the plugin it was made of.
"""

from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
NONE: Any = {}
ORACLES = (
    "fencing", "width", "overlap", "order", "register", "ledger", "progress", "contract", "stall", "claim", "expect",
)  # fmt: skip


class Mutant(NamedTuple):
    """One planted fault.

    original: the file that is changed, without '.py': one of plugins/, or 'workloads/...' of the package. changes:
    (old text, new text); none for a plugin of tests/broken (`broken`), or for the original as it is, where `question`
    and `setting` put it outside its assumptions. question: what `mxbench check` is asked. violates, steps: the property
    that the search finds violated and the length of the shortest counterexample; None if it must find nothing.
    setting: what a run's experiment has beside the common one. caught_by: the oracles that find it in the runs.
    expect: what the original comes to in these runs and the mutant does not, for faults that no verdict tells. loads:
    those of its runs, all if empty. tcp: whether runs of real processes find it, too.
    """

    name: str
    original: str
    fault: str
    source: str
    changes: tuple[tuple[str, str], ...] = ()
    broken: str = ""
    question: dict[str, Any] = NONE
    violates: str | None = None
    steps: int | None = None
    setting: dict[str, Any] = NONE
    caught_by: tuple[str, ...] = ()
    expect: dict[str, Any] = NONE
    loads: tuple[str, ...] = ()
    tcp: bool = False

    @property
    def of_workload(self) -> bool:
        """True for a mutant of a workload, which the checker, as it runs none, cannot see."""
        return self.original.startswith("workloads/")

    @property
    def outside(self) -> bool:
        """True for a shipped algorithm as it is, on a network or with faults that it does not allow for."""
        return not self.changes and not self.broken

    @property
    def algorithm(self) -> str:
        """The name of the algorithm that it is a mutant of; for one of a workload that of the workload."""
        return self.original.removeprefix("workloads/").replace("_", "-")

    @property
    def file(self) -> Path:
        """The file that is changed, or the broken plugin as it is."""
        if self.broken:
            return ROOT / "tests" / "broken" / f"{self.broken}.py"
        return ROOT / ("mxbench" if self.of_workload else "plugins") / f"{self.original}.py"

    @property
    def registered(self) -> str:
        """The name under which its file registers it."""
        return self.broken.replace("_", "-") if self.broken else self.algorithm if self.outside else self.name

    def text(self) -> str:
        """Return the source of the mutant; raise ValueError if a text to be replaced does not stand there once."""
        source = self.file.read_text(encoding="utf-8")
        own_name = (f'name = "{self.algorithm}"', f'name = "{self.name}"')
        for old, new in (*self.changes, *((own_name,) if self.changes else ())):
            if source.count(old) != 1:
                raise ValueError(f"{self.name}: in {self.file} this stands {source.count(old)} times, not once:\n{old}")
            source = source.replace(old, new)
        return source

    def write(self, folder: Path) -> Path:
        """Write the mutant into a folder, as a file for --plugin, and return it."""
        file = folder / f"{self.name.replace('-', '_')}.py"
        header = f"# A mutant of {self.file.relative_to(ROOT)}: {self.fault}\n"
        file.write_text(header + self.text(), encoding="utf-8")
        return file
