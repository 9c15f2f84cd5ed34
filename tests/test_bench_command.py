"""`mxbench bench`: what it says of a figure, what it keeps, and that the programs beside it do the same work."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mxbench.bench import bytecode, cases, check, histories, scale, sim, startup, tcp, uncontended
from mxbench.bench.cases import CASES, Case, run_cases
from mxbench.bench.floors import (
    NO_GCC,
    NO_SPIN,
    compile_spin_floor,
    compile_tcp_floor,
    heap_loop,
    run_spin_floor,
    run_tcp_floor,
)
from mxbench.bench.pace import Pace
from mxbench.bench.ping_pong import play
from mxbench.bench.row import Row, at_least, below, measured, noise_of, outcome_of, quantity
from mxbench.bench.saved import Table, last_two, save
from mxbench.bench.table import render, render_changes
from mxbench.errors import ExperimentError, ResultError
from mxbench.experiment.environment import environment
from mxbench.experiment.judge import judge, verdict
from mxbench.experiment.results import load_history
from mxbench.registry import Registry
from mxbench_plugins.lamport import Lamport


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mxbench", "bench", *arguments], capture_output=True, text=True, cwd=folder, timeout=120
    )


def table(time: str, *rows: Row) -> Table:
    return Table(environment={"time": time}, noise=0.01, rows=list(rows))


# ---- one line --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "goal", "noise", "outcome"),
    [
        (0.50, at_least(0.40), 0.05, "met"),
        (0.30, at_least(0.40), 0.05, "not met"),
        (0.41, at_least(0.40), 0.05, "too noisy"),
        (0.39, at_least(0.40), 0.05, "too noisy"),
        (2.0, below(3, "s"), 0.10, "met"),
        (4.0, below(3, "s"), 0.10, "not met"),
        (3.0, below(3, "s"), 0.10, "too noisy"),
        (0.40, at_least(0.40), 0.0, "met"),
        (3.0, below(3, "s"), 0.0, "not met"),
    ],
)
def test_an_aim_is_judged_only_where_it_lies_further_off_than_the_noise(
    value: float, goal: object, noise: float, outcome: str
) -> None:
    assert outcome_of(value, goal, noise) == outcome  # type: ignore[arg-type]


def test_noise_is_how_far_a_pair_of_one_thing_usually_lies_apart() -> None:
    assert noise_of([1.1, 0.95, 1.02]) == pytest.approx(0.05)
    assert noise_of([1.0]) == 0


def test_a_line_tells_the_median_of_its_rounds() -> None:
    row = measured("x", "sim", "events", [3.0, 1.0, 2.0], at_least(2), 0.0)
    assert (row.ours, row.rounds, row.outcome) == (2.0, 3, "met")


def test_quantities_show_as_many_digits_as_matter() -> None:
    assert [quantity(0.1234, ""), quantity(123.4, "MB"), quantity(600_000, "/s")] == ["0.12", "123 MB", "600,000 /s"]


# ---- the table -------------------------------------------------------------------------------------------------------


def a_case(name: str, seconds: int, done: list[str], on_request: bool = False) -> Case:
    def measure(case: str, pace: Pace) -> Iterator[Row]:
        done.append(case)
        yield Row(case=case, path="sim", measure=f"measure of {case}", ours=1.0)

    return Case(name, "sim", seconds, f"about {name}", measure, on_request)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three cases in the place of those of the table; what was measured, in order."""
    found: list[str] = []
    monkeypatch.setattr(
        cases,
        "CASES",
        (a_case("slow", 30, found), a_case("quick", 1, found), a_case("long", 1, found, on_request=True)),
    )
    return found


@pytest.mark.slow
def test_what_is_cheap_is_measured_first_and_shown_in_the_tables_order(done: list[str]) -> None:
    _, rows = run_cases(seconds=1000)
    assert done == ["quick", "slow"]
    assert [(row.case, row.outcome) for row in rows] == [("slow", None), ("quick", None), ("long", "skipped")]
    assert rows[-1].note.endswith("mxbench bench --only long")


@pytest.mark.slow
def test_what_no_longer_fits_into_the_time_is_skipped_and_said_how_to_measure(done: list[str]) -> None:
    _, rows = run_cases(seconds=20)
    assert done == ["quick"]
    assert rows[0].outcome == "skipped"
    assert rows[0].note.endswith("mxbench bench --only slow")


@pytest.mark.slow
def test_what_is_named_is_measured_whatever_its_time(done: list[str]) -> None:
    _, rows = run_cases(["slow", "long"], seconds=0)
    assert done == ["long", "slow"]
    assert [row.case for row in rows] == ["slow", "long"]


def test_a_strange_name_is_refused_before_anything_is_measured(done: list[str]) -> None:
    with pytest.raises(ExperimentError, match="--only quik: there is no such case"):
        run_cases(["quick", "quik"])
    assert done == []


def test_the_text_says_when_the_machine_is_too_noisy_and_what_was_skipped() -> None:
    rows = [
        measured("a", "tcp", "a ratio", [0.5], at_least(0.4), 0.02, "a word about it"),
        Row(case="b", path="tcp", measure="another", outcome="skipped", note="skipped: there is no gcc"),
    ]
    calm, noisy = render(rows, 0.03, environment()), render(rows, 0.3, environment())
    assert "too noisy" not in calm
    assert "differs by 30% here: this machine is too noisy" in noisy
    assert "a ratio: a word about it" in calm
    assert "another: skipped: there is no gcc" in calm
    assert calm.endswith("1 met, 1 skipped\n")


def test_other_programs_that_hold_the_processors_are_told() -> None:
    calm, loaded = environment() | {"load_average": [0.1, 0, 0]}, environment() | {"load_average": [100.0, 0, 0]}
    assert "other programs had the processors" not in render([], 0.01, calm)
    assert "other programs had the processors" in render([], 0.01, loaded)


def test_a_slow_machine_is_expected_to_stay_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("mxbench.bench.pace.time.monotonic", lambda: now)
    pace = Pace(seconds=100)
    with pace.spending(10):
        now = 30.0
    assert pace.has_room_for(20)
    assert not pace.has_room_for(25)  # which would take 75


def test_rounds_end_with_the_time_but_not_before_the_least() -> None:
    assert list(Pace(seconds=0).rounds(10, most=5, least=2)) == [0, 1]
    assert list(Pace(seconds=1000).rounds(1000, most=5)) == [0, 1, 2, 3, 4]


# ---- what is kept ----------------------------------------------------------------------------------------------------


def test_the_last_two_tables_are_compared_by_what_is_more_than_noise(tmp_path: Path) -> None:
    steady = measured("a", "sim", "steady", [1.0], at_least(1), 0.05)
    save(table("2026-01-01T00:00:00", steady), tmp_path)
    ratio, seconds = at_least(0.4), below(3, "s")
    before = [
        measured("a", "sim", "ratio", [0.5], ratio, 0.05),
        measured("b", "sim", "time", [2.0], seconds, 0.05),
        steady,
    ]
    after = [
        measured("a", "sim", "ratio", [0.3], ratio, 0.05),
        measured("b", "sim", "time", [1.0], seconds, 0.05),
        steady,
    ]
    save(table("2026-01-02T00:00:00", *before), tmp_path)
    save(table("2026-01-03T00:00:00", *after), tmp_path)
    text = render_changes(*(each.rows for each in last_two(tmp_path)))
    verdicts = {line.split()[1]: line.split()[-1] for line in text.splitlines()[2:]}
    assert verdicts == {"ratio": "worse", "time": "better", "steady": "difference"}


def test_one_table_is_nothing_to_compare(tmp_path: Path) -> None:
    save(table("2026-01-01T00:00:00"), tmp_path)
    with pytest.raises(ResultError, match="1 tables are kept there, and two are compared"):
        last_two(tmp_path)


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    for day in (1, 2):
        save(table(f"2026-01-0{day}T00:00:00"), tmp_path)
    broken = sorted((tmp_path / "benchmarks").iterdir())[-1]
    broken.write_text("{}")
    with pytest.raises(ResultError, match=f"{broken.name}: not what mxbench stored there"):
        last_two(tmp_path)


@pytest.mark.slow
def test_the_command_keeps_what_it_prints(tmp_path: Path) -> None:
    found = command("--only", "sim-lamport", "--json", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    printed = json.loads(found.stdout)
    assert [row["case"] for row in printed["rows"]] == ["sim-lamport"]
    (kept,) = (tmp_path / "results" / "benchmarks").iterdir()
    assert json.loads(kept.read_text()) == printed


@pytest.mark.parametrize("arguments", [("--only", "nothing"), ("compare",)])
def test_what_cannot_be_done_exits_2_in_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    found = command(*arguments, folder=tmp_path)
    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (2, "", 1)


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


# ---- what is measured ------------------------------------------------------------------------------------------------


def test_the_floor_of_tcp_exchanges_lamports_messages(tmp_path: Path) -> None:
    program = compile_tcp_floor(tmp_path)
    if program is None:
        pytest.skip(NO_GCC)
    found, ours = run_tcp_floor(program, 4, 5), tcp.run_ours(4, 5)
    assert (found.entries, found.messages) == (ours.entries, ours.messages) == (20, 180)


def test_without_a_compiler_the_line_is_skipped_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    rows = [*tcp.over_the_floor("tcp-10", 10, Pace()), *check.over_spin("spin", Pace())]
    assert [row.outcome for row in rows] == ["skipped"] * 3
    assert [row.note for row in rows] == [NO_GCC, NO_SPIN, NO_SPIN]


@pytest.mark.slow
def test_spin_finds_as_many_states_of_lamports_algorithm_as_the_checker(tmp_path: Path) -> None:
    program = compile_spin_floor(tmp_path)
    if program is None:
        pytest.skip(NO_SPIN)
    found = run_spin_floor(program)
    _, ours = check.searched(check.LAMPORT)
    assert found.errors == 0
    assert found.states == ours["states"]
    assert found.transitions == ours["transitions"] + 1  # SPIN counts the step into the first state too


def test_the_floors_in_python_do_what_they_are_asked() -> None:
    assert heap_loop(waiting=3, events=100) >= 0
    assert 0 < play(10) < 1
    assert uncontended.ping_pong() > 0


def test_the_simulator_is_measured_by_the_steps_of_its_nodes() -> None:
    seconds, events = sim.simulate(Lamport, 3, 4)
    assert events == 3 + 12 * (3 * 2 + 2)  # starts; and of each entry the messages, the request and the release
    assert seconds > 0


def test_a_history_that_was_continued_is_as_whole_as_a_run(tmp_path: Path) -> None:
    count = histories.write_history(tmp_path / "run", events=40_000)
    history = load_history(tmp_path / "run")
    assert sum(1 for _ in history) == count >= 40_000
    entries = count // histories.EVENTS_OF_ENTRY
    assert [entry.number for entry in history.entries] == list(range(1, entries + 1))
    findings, _ = judge(history, Registry())
    assert verdict(history, findings) == "valid", findings


def test_the_exponent_is_the_slope_of_the_logarithms() -> None:
    points = [(n, 3 * n**1.5) for n in (1, 10, 100)]
    assert scale.exponent(points) == pytest.approx(1.5)
    assert scale.exponent([(1, 5.0), (10, 5.0), (100, 0.0)]) == pytest.approx(0)
    assert scale.exponent([(1, 0.0), (10, 5.0)]) is None


def test_a_point_of_the_scale_has_every_cost_that_is_shown() -> None:
    on_sim, on_tcp = scale.point_on_sim("naimi-trehel", 10), scale.point_on_tcp("lamport", 2)
    assert set(on_sim) >= set(scale.COSTS)
    assert on_tcp["messages_per_entry"] == 3
    curve = {"engine": "sim", "algorithm": "x", "points": [on_sim], "exponents": dict.fromkeys(scale.COSTS, 0.0)}
    assert scale.render([curve]).startswith("x on sim, about 2,000 entries\n")


def test_a_cold_start_is_that_of_the_command(tmp_path: Path) -> None:
    assert startup.cold(["--version"], tmp_path) > 0
    with pytest.raises(subprocess.CalledProcessError):
        startup.cold(["nothing"], tmp_path)


def test_a_kept_table_is_read_as_it_was() -> None:
    made = table("2026-01-01T00:00:00", measured("a", "sim", "x", [1.0], at_least(2, "MB"), 0.1, "note"))
    assert msgspec.json.decode(msgspec.json.encode(made), type=Table) == made


def test_what_is_timed_keeps_its_bytecode_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bytecode.NONE, "1")
    monkeypatch.setenv(bytecode.FOLDER, "mine")
    code = "import sys, mxbench; print(mxbench.__cached__); print(sys.dont_write_bytecode)"
    with bytecode.kept():
        kept = Path(os.environ[bytecode.FOLDER])
        assert any(kept.rglob("spawner.*.pyc"))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        cached, never = done.stdout.splitlines()
        assert Path(cached).is_file()
        assert kept in Path(cached).parents
        assert never == "False"
    assert not kept.exists()
    assert (os.environ[bytecode.NONE], os.environ[bytecode.FOLDER]) == ("1", "mine")
