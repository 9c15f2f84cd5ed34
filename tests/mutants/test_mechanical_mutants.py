"""Nearly every mechanical mutant of a shipped plugin is killed, and each survivor is explained."""

import json
from pathlib import Path

import pytest
from killing import DOCS, PINS, Fate, all_fates, document, fates, pins, plugins, unexplained
from mechanical import changes
from survivors import EXPLAINED

SMALL = '''
class Small(Algorithm):
    """Small."""

    name = "small"
    limit: ClassVar[int] = 3
    count: int = 0

    def on_request(self, request, out):
        """Ask."""
        if self.count < 1 and self.me:
            self.count += 1
        for node in [n for n in self.peers if n > self.me]:
            out.send(node, Ask())

    def on_message(self, sender, message, out):
        match message:
            case Ask() if sender in self.peers:
                self.asked = True
'''
EXPECTED = """
state: 0 -> 1 in `count: int = 0`
on_request: without `if self.count < 1 and self.me:`
on_request: without `for node in [n for n in self.peers if n > self.me]:`
on_request: `self.count < 1 and self.me` -> `True`
on_request: `self.count < 1 and self.me` -> `False`
on_request: without `self.count += 1`
on_request: without `out.send(node, Ask())`
on_request: `self.count < 1` -> `self.count >= 1`
on_request: `self.count < 1` -> `self.count <= 1`
on_request: `self.count < 1` -> `True`
on_request: `self.count < 1` -> `False`
on_request: `self.me` -> `True`
on_request: `self.me` -> `False`
on_request: `n > self.me` -> `n <= self.me`
on_request: `n > self.me` -> `n >= self.me`
on_request: `n > self.me` -> `True`
on_request: `n > self.me` -> `False`
on_request: 1 -> 2 in `self.count += 1`
on_request: 1 -> 2 in `self.count < 1`
on_message: without `match message:`
on_message: `sender in self.peers` -> `sender not in self.peers`
on_message: `sender in self.peers` -> `True`
on_message: `sender in self.peers` -> `False`
on_message: without `self.asked = True`
on_message: True -> False in `self.asked = True`
"""


def test_every_small_change_of_a_class_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "small.py"
    file.write_text(SMALL)
    made = list(changes(file))
    assert sorted(change.key for change in made) == sorted(f"small.{line}" for line in EXPECTED.split("\n") if line)
    sources = [change.source for change in made]
    assert len(set(sources)) == len(sources)
    assert all("limit: ClassVar[int] = 3" in source for source in sources)


@pytest.mark.slow
def test_the_explained_survivors_are_mutants_that_exist() -> None:
    keys = {change.key for stem in plugins() for change in changes(PINS.parents[2] / "plugins" / f"{stem}.py")}
    assert {key for key in EXPLAINED if key not in keys} == set()


def test_a_mutant_that_never_ends_is_killed_by_its_processor_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (PINS.parents[2] / "plugins" / "ring.py").read_text()
    endless = source.replace(
        "        if self.waiting:\n", "        while True:\n            pass\n        if self.waiting:\n"
    )
    assert endless != source
    monkeypatch.setattr("killing.CPU_SECONDS", 0.5)
    monkeypatch.setattr("killing.changes", lambda file: [("ring.endless", endless)])
    assert fates("ring") == [Fate("ring.endless", "processor time")]


@pytest.mark.slow
def test_ninety_five_of_a_hundred_are_killed_and_each_survivor_is_explained() -> None:
    found = all_fates(plugins())  # once: as a fixture, every process of a parallel pytest would try them all
    assert sum(bool(fate.death) for fate in found) >= 0.95 * len(found)
    assert unexplained(found) == []
    assert [fate.key for fate in found if fate.death and fate.key in EXPLAINED] == []
    assert DOCS.read_text() == document(found), "run: python tests/mutants/killing.py --write"


@pytest.mark.slow
@pytest.mark.parametrize("stem", plugins())
def test_the_pinned_facts_of_an_original_are_what_they_were(stem: str) -> None:
    assert json.loads(json.dumps(pins(stem))) == json.loads(PINS.read_text())[stem], "run: killing.py --write"
