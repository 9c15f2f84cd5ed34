"""The conformance suite for authors of algorithms: `check_algorithm` tells, `assert_conforms` fails a test.

    from mxbench.testing import assert_conforms

    def test_my_lock_is_right():
        assert_conforms("my_lock.py")

It looks whether the handlers keep the contract and do the same twice; tries every schedule of one to three nodes and
random ones of four to nine, on the most hostile network that the algorithm says it stands; compares what an entry
costs with what the class claims; and reports what becomes of the algorithm outside its assumptions. `pytest --mxbench
my_lock.py` runs the same checks as tests of their own.
"""

from pathlib import Path

from mxbench.conformance.outcomes import Outcome, Report
from mxbench.conformance.schedules import MAX_STATES
from mxbench.conformance.suite import Check, Suite
from mxbench.core.algorithm import Algorithm
from mxbench.errors import PluginError
from mxbench.registry import Registry

__all__ = ["Check", "Outcome", "Report", "Suite", "algorithms_of", "assert_conforms", "check_algorithm"]


def check_algorithm(
    algorithm: type[Algorithm] | str | Path, database: str | Path | None = None, max_states: int = MAX_STATES
) -> Report:  # fmt: skip
    """Run the conformance suite on an algorithm, a class or a FILE.py with one, and return what came of each check.

    database: a folder in which schedules that were wrong are kept, and from which they are carried out again first.
    max_states: of one exhaustive search; one that needs more is made smaller, and says so. Raises PluginError for a
    file that does not load.
    """
    cls = algorithm if isinstance(algorithm, type) else _only(algorithm)
    return Suite(cls, None if database is None else Path(database), max_states).run()


def assert_conforms(
    algorithm: type[Algorithm] | str | Path, database: str | Path | None = None, max_states: int = MAX_STATES
) -> None:  # fmt: skip
    """Run `check_algorithm`, and raise AssertionError with the whole report if a check failed."""
    report = check_algorithm(algorithm, database, max_states)
    if not report.ok:
        raise AssertionError(f"\n{report}")


def algorithms_of(file: str | Path) -> list[type[Algorithm]]:
    """Return the algorithms that a file brings; raise PluginError as the registry does."""
    path = Path(file)
    known = Registry((str(path),)).all("algorithms").values()
    return [one.cls for one in known if one.ref.file == str(path.resolve())]


def _only(file: str | Path) -> type[Algorithm]:
    found = algorithms_of(file)
    if len(found) != 1:
        names = ", ".join(cls.name for cls in found) or "none"
        raise PluginError(f"{file}: it brings these algorithms: {names}; give the class of the one to check")
    return found[0]
