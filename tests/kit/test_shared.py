"""What modules and classes hold, as the conformance suite looks at it: what changed, and what was there before."""

from types import ModuleType
from typing import Any

import pytest

from mxbench.conformance.shared import Shared

SOURCE = """
QUEUE = []
NEXT = {"node": [1]}
COUNT = 0
class Hall:
    inside = set()
    turn = 3
def note(node, seen=[]):
    seen.append(node)
"""


@pytest.fixture
def module() -> Any:
    found = ModuleType("plugin")
    exec(SOURCE, vars(found))
    found.Hall.__module__ = "plugin"  # type: ignore[attr-defined]
    return found


CHANGES = {
    "QUEUE.append(1)": "QUEUE",
    "NEXT['node'].append(2)": "NEXT",
    "COUNT = 1": "COUNT",
    "Hall.inside.add(4)": "Hall.inside",
    "Hall.turn = 5": "Hall.turn",
    "Hall.new = 1": "Hall.new",
    "NEW = 1": "NEW",
    "del COUNT": "COUNT",
    "note(1)": "note",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_once_and_by_its_name(module: Any, change: str) -> None:
    shared = Shared([module], {})
    assert shared.look() == []
    exec(change, vars(module))
    assert shared.look() == [CHANGES[change]]
    assert shared.look() == []


@pytest.mark.parametrize("change", [change for change in CHANGES if change not in ("del COUNT", "note(1)")])
def test_what_was_there_before_is_put_back_so_that_the_same_change_is_seen_again(module: Any, change: str) -> None:
    shared = Shared([module], {})
    exec(change, vars(module))
    shared.look()
    exec(change, vars(module))  # as a twin does
    shared.look()
    shared.restore()
    assert shared.look() == []
    exec(change, vars(module))
    assert shared.look() == [CHANGES[change]]


def test_nothing_is_put_back_of_what_changed_before_one_began(module: Any) -> None:
    shared = Shared([module], {})
    module.COUNT = 1
    shared.look()
    shared.begin()
    shared.restore()
    assert module.COUNT == 1


def test_defaults_of_handlers_are_looked_at_and_not_put_back(module: Any) -> None:
    shared = Shared([], {"a default of note": module.note})
    module.note(1)
    assert shared.look() == ["a default of note"]
    shared.restore()
    assert module.note.__defaults__ == ([1],)


def test_what_changed_once_is_put_back_although_another_changed_after_it(module: Any) -> None:
    shared = Shared([module], {})
    module.QUEUE.append(1)
    assert shared.look() == ["QUEUE"]
    module.COUNT += 1
    assert shared.look() == ["COUNT"]
    shared.restore()
    assert (module.QUEUE, module.COUNT) == ([], 0)
