"""Every planted mutant is caught, by what it says and with the counterexample that it says; no original ever is."""

from pathlib import Path
from typing import Any

import pytest
from mutants import ALL
from planted import ORACLES, ROOT, Mutant
from table import ALONE_NEVER, DOCS, alone, document, try_all, uncaught
from trial import Trial, class_of, put_on_trial

import mxbench
from mxbench.registry import Registry

WRONG_IN_SOME_SCHEDULE = {"fencing", "width", "overlap", "progress", "stall"}
KEPT = [mutant for mutant in ALL if not mutant.outside]
BY_NAME = {mutant.name: mutant for mutant in ALL}


@pytest.fixture(scope="module")
def trials() -> dict[str, Trial]:
    return {trial.mutant.name: trial for trial in try_all()}


# ---- the table itself ----------------------------------------------------------------------------------------------


def test_there_are_at_least_thirty_each_with_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(ALL)
    assert len(KEPT) >= 30


def test_every_shipped_algorithm_has_at_least_two_planted_mutants() -> None:
    shipped = {name for name, known in Registry().all("algorithms").items() if known.ref.file is None}
    planted = [mutant.algorithm for mutant in KEPT]
    assert {name for name in shipped if planted.count(name) < 2} == set()


@pytest.mark.parametrize("mutant", KEPT, ids=lambda mutant: mutant.name)
def test_a_mutant_is_a_change_of_its_original_that_loads(mutant: Mutant, tmp_path: Path) -> None:
    file = mutant.write(tmp_path)
    assert class_of(mutant, file).name == mutant.registered
    assert mutant.broken or mutant.text() != mutant.file.read_text()


def test_a_mutant_whose_text_is_not_there_once_is_refused() -> None:
    gone = BY_NAME["lamport-releases-twice"]._replace(changes=(("no such text", ""),))
    with pytest.raises(ValueError, match="stands 0 times, not once"):
        gone.text()
    twice = gone._replace(changes=(("if (clock, node) < mine:", ""),))
    with pytest.raises(ValueError, match="stands 2 times, not once"):
        twice.text()


def test_the_docs_tell_of_every_mutant() -> None:
    text = DOCS.read_text()
    assert [mutant.name for mutant in ALL if f"**{mutant.name}**" not in text] == []
    assert text.count("| **") == len(ALL)


def test_a_mutant_says_by_what_it_is_caught() -> None:
    for mutant in ALL:
        assert set(mutant.caught_by) <= set(ORACLES), mutant.name
        assert (mutant.violates is None) == (mutant.steps is None), mutant.name
        assert mutant.caught_by, f"{mutant.name} is caught by no run"


def test_what_is_wrong_in_some_schedule_is_found_by_the_search() -> None:
    unseen = [m.name for m in ALL if WRONG_IN_SOME_SCHEDULE & {*m.caught_by} and not (m.violates or m.of_workload)]
    assert unseen == []


# ---- every one on trial --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_a_mutant_is_caught_by_what_it_says(name: str, trials: dict[str, Trial]) -> None:
    trial, mutant = trials[name], BY_NAME[name]
    assert trial.pinned == (mutant.violates, mutant.steps), trial.found and trial.found["text"]
    assert tuple(trial.seeds) == mutant.caught_by


@pytest.mark.slow
def test_nothing_is_uncaught(trials: dict[str, Trial]) -> None:
    assert uncaught(list(trials.values())) == []


@pytest.mark.slow
def test_every_oracle_that_can_be_is_the_only_one_to_catch_some_mutant(trials: dict[str, Trial]) -> None:
    never = {oracle for oracle, names in alone(list(trials.values())).items() if not names}
    assert never == set(ALONE_NEVER)


@pytest.mark.slow
@pytest.mark.parametrize("violated", ["mutual exclusion", "no deadlock", "every waiter can still enter", "contract"])
def test_every_property_of_the_search_is_violated_by_some_mutant(violated: str, trials: dict[str, Trial]) -> None:
    assert any(trial.pinned[0] == violated for trial in trials.values())


@pytest.mark.slow
def test_the_docs_hold_what_was_found(trials: dict[str, Trial]) -> None:
    assert DOCS.read_text() == document(list(trials.values())), "run: python tests/mutants/table.py --write"


# ---- and the originals ---------------------------------------------------------------------------------------------


def trial_of_the_original(mutant: Mutant) -> Trial:
    """Put the unchanged plugin on a mutant's trial."""
    setting: dict[str, Any] = dict(mutant.setting)
    if isinstance(setting.get("algorithm"), dict):
        setting["algorithm"] = setting["algorithm"] | {"name": mutant.algorithm}
    return put_on_trial(mutant._replace(changes=(), broken="", setting=setting))


def _settings() -> list[Mutant]:
    """Return one mutant for each original and each setting in which its mutants are tried."""
    chosen = {repr((m.original, m.question, {**m.setting, "algorithm": ""}, m.expect, m.loads)): m for m in KEPT}
    return list(chosen.values())


@pytest.mark.slow
@pytest.mark.parametrize("mutant", _settings(), ids=lambda mutant: mutant.name)
def test_the_original_passes_the_trial_of_its_mutants(mutant: Mutant) -> None:
    trial = trial_of_the_original(mutant)
    assert (trial.pinned, trial.seeds) == ((None, None), {})


# ---- with real processes -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("mutant", [m for m in ALL if m.tcp], ids=lambda mutant: mutant.name)
def test_real_processes_find_it_too(mutant: Mutant, tmp_path: Path) -> None:
    file = mutant.write(tmp_path)
    experiment = tmp_path / "experiment.yaml"
    experiment.write_text(
        f"{{name: tcp, algorithm: {mutant.registered}, nodes: 3, engine: tcp, network: {{delay: 2ms}}, "
        "workload: {type: hold, entries_per_node: 40, dwell: 2ms, think: {exponential: 4ms}}}\n"
    )
    plugins = [ROOT / mutant.file if mutant.broken else file]
    [row] = mxbench.run(experiment, plugins=plugins, results=tmp_path / "results")["runs"]
    assert row["verdict"] == "violated"
