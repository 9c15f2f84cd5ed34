"""What the conformance suite says of handlers with bad habits: each is named with its file and line."""

import re
from pathlib import Path

import pytest

from mxbench.conformance import watching
from mxbench.conformance.handlers import ELSEWHERE
from mxbench.conformance.schedules import question_of
from mxbench.conformance.trail import Call, canonical, parted_line, parting, reordered
from mxbench.conformance.watching import Watched, contract, determinism, watch
from mxbench.core.algorithm import Algorithm
from mxbench.core.messages import Message
from mxbench.testing import algorithms_of
from mxbench_plugins.coordinator import Coordinator
from mxbench_plugins.suzuki_kasami import SuzukiKasami

FOLDER = Path(__file__).parent / "habits"
SHARES = "which all nodes of one process share; make it a field of the algorithm's state"
MUTATES = "on_{} changes a message, Queue, that was sent or received; messages do not change: make a new one"
HABITS: dict[str, list[tuple[str, str]]] = {  # the text of the line, and what is said of it
    "reads_the_clock": [("Request(now())", "on_request reads the clock (time.monotonic)")],
    "draws_a_number": [
        ("OWN.random()", "on_start draws a random number (random.random); use out.choose"),
        ("random.randint", "on_request draws a random number (random.randint); use out.choose"),
    ],
    "mutates_a_message": [
        ("queue.waiting.append", MUTATES.format("request")),
        ("message.waiting.pop", MUTATES.format("message")),
    ],
    "module_state": [
        ("WAITING.append", f"on_request changes 'WAITING', {SHARES}"),
        ("INSIDE.pop", f"on_release changes 'INSIDE', {SHARES}"),
    ],
    "class_state": [
        ("Tally.count += 1", f"on_request changes 'Tally.count', {SHARES}"),
        ("seen.append", f"on_message changes 'a default of on_message', {SHARES}"),
    ],
    "says_who_was_last": [
        ("type(self).last", f"on_request changes 'SaysWhoWasLast.last', {SHARES}"),
        ('LAST["node"]', f"on_request changes 'LAST', {SHARES}"),
        ("LAST.pop", f"on_release changes 'LAST', {SHARES}"),
    ],
    "opens_a_file": [
        ("with open", "on_start opens a file (open: '/dev/null'); a handler performs nothing"),
        ("socket.socket()", "on_request opens a socket (socket.__new__); a handler performs nothing"),
        ("threading.Thread", "on_request starts a thread (start_new_thread); a handler performs nothing"),
        ("subprocess.run", "on_release starts a process (subprocess.Popen: "),
    ],
}
PARTINGS = {  # what shows only where a handler does not do the same twice
    "unsorted_strings": ("out.broadcast", "on_request goes along a set of what is not a number, such as strings,"),
    "strings_of_its_own": ("out.send", f"on_request {ELSEWHERE}"),
    "follows_an_address": ("out.broadcast(Place", "on_request does not do the same twice, from the same state"),
}


def watched(stem: str, limit_s: float = 60.0) -> Watched:
    [cls] = algorithms_of(FOLDER / f"{stem}.py")
    return watch_few(cls, limit_s)


def watch_few(cls: type[Algorithm], limit_s: float = 60.0) -> Watched:
    return watch(cls, tuple(question_of(cls, nodes, 2).setup for nodes in (1, 2, 3)), limit_s)


def place(stem: str, text: str) -> str:
    file = FOLDER / f"{stem}.py"
    lines = file.read_text().splitlines()
    return f"{file}:{next(n for n, line in enumerate(lines, start=1) if text in line)}: "


def test_every_bad_habit_says_its_fault_and_is_tested_here() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.py")) == sorted([*HABITS, *PARTINGS, "never_returns"])
    assert all(file.read_text().startswith('"""Fault: ') for file in FOLDER.glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("stem", HABITS)
def test_a_bad_habit_is_named_with_its_file_and_line(stem: str) -> None:
    outcome = contract(watched(stem))
    assert outcome.verdict == "failed"
    for text, said in HABITS[stem]:
        assert place(stem, text) + said in outcome.text
    named = {int(number) for number in re.findall(rf"{stem}\.py:(\d+): on_", outcome.text)}
    lines = (FOLDER / f"{stem}.py").read_text().splitlines()
    assert not [lines[number - 1] for number in named if lines[number - 1].lstrip().startswith(("def", "class"))]


@pytest.mark.slow
@pytest.mark.parametrize("stem", PARTINGS)
def test_a_handler_that_does_not_do_the_same_twice_is_named_with_its_file_and_line(stem: str) -> None:
    seen = watched(stem)
    text, said = PARTINGS[stem]
    outcome = determinism(seen)
    assert contract(seen).verdict == "passed"
    assert outcome.verdict == "failed"
    assert outcome.text.startswith(place(stem, text) + said)
    assert len(outcome.text.splitlines()) == 1


@pytest.mark.slow
def test_an_order_that_differs_only_between_processes_is_seen(tmp_path: Path) -> None:
    source = (FOLDER / "unsorted_strings.py").read_text()
    file = tmp_path / "local_set.py"  # not in the state, so one process goes along it in one order
    file.write_text(source.replace("in self.words:", 'in {"request", "ask", "want", "may", "please"}:'))
    [cls] = algorithms_of(file)
    outcome = determinism(watch_few(cls))
    line = next(n for n, text in enumerate(file.read_text().splitlines(), start=1) if "out.broadcast" in text)
    assert outcome.text == f"{file}:{line}: on_request {ELSEWHERE}"


@pytest.mark.slow
@pytest.mark.parametrize("drawn", ["hash('abc')", "__import__('os').getpid()"])
def test_what_differs_between_processes_without_a_set_is_not_told_as_the_order_of_one(
    drawn: str, tmp_path: Path
) -> None:
    source = (FOLDER / "unsorted_strings.py").read_text()
    file = tmp_path / "drawn.py"
    file.write_text(source.replace("in self.words:", "in [str(DRAWN)]:") + f"\n\nDRAWN = {drawn}\n")
    [cls] = algorithms_of(file)
    said = determinism(watch_few(cls))
    assert said.verdict == "failed"
    assert "may go along a set" in said.text
    assert "or follow hash(), an address, a process id or what was drawn at import" in said.text


@pytest.mark.slow
def test_a_handler_that_does_not_return_is_named_with_its_line() -> None:
    seen = watched("never_returns", limit_s=3.0)
    assert seen.cut_off
    lines = [place("never_returns", text) for text in ("while self.turn", "pass")]
    said = "in on_request: a handler did not return within 3 seconds"
    assert contract(seen).text in [f"{line}{said}" for line in lines]


@pytest.mark.slow
def test_a_handler_that_waits_for_what_never_comes_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "waits.py"
    source = (FOLDER / "never_returns.py").read_text().replace("            pass", "            Event().wait()")
    file.write_text(source.replace("from mxbench", "from threading import Event\n\nfrom mxbench", 1))
    [cls] = algorithms_of(file)
    outcome = contract(watch_few(cls, limit_s=3.0))
    line = next(n for n, text in enumerate(file.read_text().splitlines(), start=1) if "Event().wait" in text)
    assert outcome.text == f"{file}:{line}: in on_request: a handler did not return within 3 seconds"


@pytest.mark.slow
@pytest.mark.parametrize("cls", [SuzukiKasami, Coordinator], ids=lambda cls: cls.name)
def test_an_algorithm_that_behaves_has_no_habits(cls: type[Algorithm]) -> None:
    seen = watch_few(cls)
    assert seen == Watched()
    assert (contract(seen).verdict, determinism(seen).verdict) == ("passed", "passed")


@pytest.mark.slow
def test_a_choice_of_out_is_no_random_number_and_is_the_same_for_the_twin(tmp_path: Path) -> None:
    file = tmp_path / "chooses.py"
    source = (FOLDER / "unsorted_strings.py").read_text()
    file.write_text(source.replace("for word in self.words:", 'for word in [out.choose(["a", "b", "c"])]:'))
    [cls] = algorithms_of(file)
    assert watch_few(cls) == Watched()


def test_a_class_that_another_process_cannot_load_is_undecided() -> None:
    class Inner(Coordinator):
        """Defined inside a function."""

        name = "inner"

    seen = watch_few(Inner)
    assert contract(seen).verdict == determinism(seen).verdict == "undecided"
    assert "define it at the top of a file" in contract(seen).text


@pytest.mark.slow
def test_a_process_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    file = tmp_path / "exits.py"
    source = (FOLDER / "never_returns.py").read_text()
    file.write_text(source.replace("            pass", "            import os; os.write(2, b'enough'); os._exit(0)"))
    [cls] = algorithms_of(file)
    assert "ended before they did: enough" in contract(watch_few(cls)).text


# ---- trails ---------------------------------------------------------------------------------------------------------


def test_trails_part_at_the_line_that_did_something_else() -> None:
    first = [("a.py", 3, 1), ("a.py", 4, 2), ("a.py", 5, 3)]
    assert parted_line(first, list(first)) is None
    assert parted_line(first, [("a.py", 3, 1), ("a.py", 4, 9), ("a.py", 5, 9)]) == ("a.py", 4)
    assert parted_line(first, [("a.py", 3, 1), ("a.py", 7, 1)]) == ("a.py", 3), "line 3 went to 4 here, to 7 there"
    assert parted_line(first, first[:2]) == ("a.py", 5)
    calls = [Call("on_start", 0, first), Call("on_request", 1, first)]
    assert parting(calls, calls) is None
    assert parting(calls, [calls[0], Call("on_request", 1, first[:1])]) == (1, "on_request", ("a.py", 4))


@pytest.mark.parametrize(
    "words",
    [{"ask", "want"}, {"x", "y"}, {"a", "b", "c"}, frozenset({b"r", b"s", None})],
    ids=["two", "letters", "three", "frozen"],
)
def test_a_set_of_words_can_be_had_in_another_order(words: set[object]) -> None:
    assert reordered(words) == words
    assert list(reordered(words)) == list(words)[::-1]
    assert canonical(reordered(words)) == canonical(words)
    assert reordered([{1: words}]) == [{1: words}]
    assert list(reordered({1, 2, 3})) == [1, 2, 3]


class Held(Message):
    names: frozenset[str]


def test_a_canonical_text_does_not_depend_on_the_order_of_sets_and_keys() -> None:
    words = ["request", "ask", "want", "may", "please"]
    assert canonical(Held(frozenset(words))) == canonical(Held(frozenset(reversed(words))))
    assert canonical({1: 2, 3: 4}) == canonical({3: 4, 1: 2})
    assert len({canonical(value) for value in (1, True, 1.0, "1", [1], (1,), {1})}) == 7


def test_the_reference_of_a_plugin_of_one_file_is_its_file() -> None:
    [cls] = algorithms_of(FOLDER / "class_state.py")
    ref = watching.reference(cls)
    assert ref is not None
    assert (ref.file, ref.qualname) == (str(FOLDER / "class_state.py"), "ClassState")
    built_in = watching.reference(Coordinator)
    assert built_in is not None
    assert (built_in.file, built_in.module) == (None, "mxbench_plugins.coordinator")
