"""Plugins that are wrong in one way each, and what finds each one. Every file also loads with --plugin."""

import re
from pathlib import Path
from typing import Any

import pytest
from cao_singhal import CaoSinghal
from heap_loop import HeapLoop
from oracles import overlaps, repeated_numbers
from plans import plan, run

from mxbench.core.algorithm import Algorithm
from mxbench.core.contract import ContractBreach, PluginFault, check_declaration
from mxbench.core.distributions import Constant, Exponential
from mxbench.core.node import Node
from mxbench.errors import PluginError
from mxbench.loading import load_file
from mxbench.registry import Registry
from mxbench.workloads.hold import Hold
from mxbench_plugins.lodha_kshemkalyani import LodhaKshemkalyani
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.singhal import Singhal

FOLDER = Path(__file__).parent / "broken"
UNSAFE = ("enters_at_once", "replies_while_inside", "current_clock", "raymond_one_reply_short")
STUCK = ("deadlocks", "maekawa_without_extra_failed", "singhal_as_printed", "lodha_kshemkalyani_as_printed",
         "cao_singhal_as_stated")  # fmt: skip
BREACHES = ("enters_without_request", "raises_in_handler", "wrong_signature", "not_plain_data")
REFUSED = ("does_not_import", "takes_a_name", "shared_state")
SEEDS = range(10)
LOAD = {"nodes": 3, "entries": 6, "think": Exponential(0.003), "dwell": Constant(0.003)}  # some find another one inside


def path(stem: str) -> Path:
    return FOLDER / f"{stem}.py"


def algorithm_of(stem: str) -> type[Algorithm]:
    [algorithm] = load_file(path(stem)).mxbench_algorithms()
    return algorithm


def line(stem: str, text: str) -> int:
    """Return the number of the first line that holds `text`."""
    lines = path(stem).read_text().splitlines()
    return next(number for number, content in enumerate(lines, start=1) if text in content)


def test_every_broken_plugin_says_its_fault_and_is_tested_here() -> None:
    files = {file.stem: file for file in FOLDER.glob("*.py")}
    assert sorted(files) == sorted(UNSAFE + STUCK + BREACHES + REFUSED)
    for file in files.values():
        assert file.read_text().startswith('"""Fault: ')


@pytest.mark.parametrize("stem", UNSAFE + STUCK + BREACHES)
def test_the_registry_takes_what_only_a_run_can_find_wrong(stem: str) -> None:
    registry = Registry(files=(str(path(stem)),))
    assert registry.get("algorithms", stem.replace("_", "-")).origin == str(path(stem))


# ---- what a run finds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", UNSAFE)
def test_a_number_is_given_twice_where_two_nodes_were_inside_together(stem: str) -> None:
    histories = [run(algorithm_of(stem), seed=seed, **LOAD) for seed in SEEDS]
    assert any(overlaps(history) for history in histories)
    for history in histories:
        assert repeated_numbers(history) or not overlaps(history)


def test_the_original_does_what_the_broken_ones_do_not() -> None:
    for seed in SEEDS:
        history = run(RicartAgrawala, seed=seed, **LOAD)
        assert (history.ending.reason, overlaps(history), repeated_numbers(history)) == ("quiet", [], [])


def test_a_leaked_grant_shows_in_the_numbers_only_because_they_count_at_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leaks = algorithm_of("replies_while_inside")
    assert all(repeated_numbers(run(leaks, seed=seed, **LOAD)) for seed in SEEDS)
    enter = Node._enter

    def enter_and_count(node: Node) -> None:
        enter(node)
        assert node.inside is not None
        node.completed = node.inside.number

    monkeypatch.setattr(Node, "_enter", enter_and_count)
    for seed in SEEDS:
        history = run(leaks, seed=seed, **LOAD)
        assert overlaps(history)
        assert repeated_numbers(history) == []


def slow_from_0_to_2(sender: int, to: int, message: Any) -> int:
    return 30_000_000 if (sender, to) == (0, 2) else 1_000_000


def slow_from_2_to_1(sender: int, to: int, message: Any) -> int:
    return 30_000_000 if (sender, to) == (2, 1) else 1_000_000


UNLUCKY: dict[str, tuple[type[Algorithm], int, dict[str, Any]]] = {  # the right one, and where the wrong one can stick
    "deadlocks": (RicartAgrawala, 5, {"entries": (1, 1, 1, 0, 0)}),
    "maekawa_without_extra_failed": (Maekawa, 5, {"entries": (1, 1, 1, 0, 0), "quorums": ((3, 4),) * 5}),
    "lodha_kshemkalyani_as_printed": (LodhaKshemkalyani, 3, {"entries": 1, "delay": slow_from_0_to_2}),
    "singhal_as_printed": (Singhal, 3, {"think": Exponential(0.003), "delay": slow_from_2_to_1}),
    "cao_singhal_as_stated": (CaoSinghal, 3, {"dwell": Constant(0.0001)}),  # in and out before the release arrives
}


@pytest.mark.parametrize("stem", STUCK)
def test_a_deadlock_leaves_nodes_that_wait(stem: str) -> None:
    right, nodes, setting = UNLUCKY[stem]
    endings = [run(algorithm_of(stem), nodes, seed=seed, **setting).ending for seed in range(40)]
    assert "stuck" in {ending.reason for ending in endings}
    assert all(run(right, nodes, seed=seed, **setting).ending.reason == "quiet" for seed in range(40))


# ---- breaches of the contract --------------------------------------------------------------------------------------


def fault(stem: str, node: int) -> PluginFault:
    """Run a plugin until it breaks the contract at that node, and return whom the node blames."""
    algorithm = algorithm_of(stem)
    loop = HeapLoop(plan(algorithm, 2, entries=(1, 0)), algorithm, Hold)
    with pytest.raises((ContractBreach, KeyError, TypeError)) as error:
        loop.run()
    blamed = loop.places[node].node.blame(error.value)
    assert blamed is not None
    return blamed


def test_an_entry_without_a_request_names_the_line_that_entered() -> None:
    assert str(fault("enters_without_request", node=1)) == (
        f"{path('enters_without_request')}:{line('enters_without_request', 'out.enter()')}: "
        "it entered without a pending request, or while inside (in on_message, node 1, step 2)"
    )


def test_an_exception_in_a_handler_names_the_line_that_raised_it_and_the_handler() -> None:
    assert str(fault("raises_in_handler", node=1)) == (
        f"{path('raises_in_handler')}:{line('raises_in_handler', '+= 1')}: "
        "KeyError: 0 (in count, called by on_message, node 1, step 2)"
    )


def test_a_handler_that_takes_too_little_names_its_class() -> None:
    said = str(fault("wrong_signature", node=1))
    assert said.startswith(f"{path('wrong_signature')}:{line('wrong_signature', 'class WrongSignature')}: TypeError: ")
    assert "on_message() takes 3 positional arguments but 4 were given" in said
    assert said.endswith("(in class WrongSignature, node 1, step 2)")


def test_state_that_is_not_plain_data_is_named() -> None:
    assert str(fault("not_plain_data", node=0)) == (
        f"{path('not_plain_data')}:{line('not_plain_data', 'class NotPlainData')}: the state 'guard' holds a lock, "
        "which is not plain data; keep numbers, strings, tuples, lists, dicts, sets and messages "
        "(in class NotPlainData, node 0, step 2)"
    )


def test_a_fault_of_the_harness_is_not_blamed_on_the_plugin() -> None:
    loop = HeapLoop(plan(RicartAgrawala, 2), RicartAgrawala, Hold)
    assert loop.places[0].node.blame(KeyError("of ours")) is None


# ---- what the registry refuses -------------------------------------------------------------------------------------


def refusal(stem: str) -> str:
    with pytest.raises(PluginError) as error:
        Registry(files=(str(path(stem)),))
    return str(error.value)


def test_a_file_that_does_not_import_is_refused_with_its_line() -> None:
    assert refusal("does_not_import").startswith(
        f"{path('does_not_import')}:{line('does_not_import', 'import Algoritm')}: it does not import: "
        "ImportError: cannot import name 'Algoritm' from 'mxbench'"
    )


def test_a_syntax_error_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "unfinished.py"
    file.write_text("from mxbench import Algorithm\n\nclass Unfinished(Algorithm:\n")
    with pytest.raises(PluginError, match=rf"{re.escape(str(file))}:3: it does not import: SyntaxError"):
        load_file(file)


def test_a_name_that_is_taken_is_refused_and_says_by_whom() -> None:
    assert refusal("takes_a_name") == (
        f"{path('takes_a_name')}:{line('takes_a_name', 'class TakesAName')}: the name 'lamport' is taken "
        "(built in: mxbench_plugins.lamport); give your class another one"
    )


def test_a_list_of_the_class_is_refused_and_says_how_to_make_it_state() -> None:
    sentence = "'waiting' is a list of the class, shared by all nodes; annotate it to make it state: waiting: list"
    with pytest.raises(ContractBreach, match=re.escape(sentence)):
        check_declaration(algorithm_of("shared_state"))
    where = f"{path('shared_state')}:{line('shared_state', 'class SharedState')}"
    assert refusal("shared_state") == f"{where}: {sentence}"


@pytest.mark.parametrize("claim", [["n - 1", "2 * (n - 1)"], {"uncontended": "0"}], ids=["range", "by-regime"])
def test_a_claim_of_the_class_may_be_a_list_or_a_dict(claim: Any) -> None:
    check_declaration(type("Claiming", (RicartAgrawala,), {"messages_per_entry": claim}))


def test_a_field_of_the_class_above_may_not_become_a_dict_of_the_class() -> None:
    with pytest.raises(ContractBreach, match="'deferred' is a dict of the class"):
        check_declaration(type("Sharing", (RicartAgrawala,), {"deferred": {}}))


def test_a_file_that_registers_nothing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "forgets_the_hook.py"
    file.write_text(path("enters_at_once").read_text().replace("@hookimpl\n", "").replace(", hookimpl", ""))
    with pytest.raises(PluginError, match="it registers nothing; end it with a function marked @hookimpl"):
        Registry(files=(str(file),))
