"""The table of an experiment, on rows made from histories of the heap loop."""

from typing import Any

import plans
import pytest
from report_runs import Greedy, bank, one_ms

from mxbench.checkers.mutual_exclusion import Fencing
from mxbench.core.history import History
from mxbench.report.table import render
from mxbench_plugins.lamport import Lamport

BANK_RUN = """\
What does a transfer cost?

workload bank, engine tcp, 1 run

                                  messages                  wait ms  wait ms  sync ms  entries
algorithm  nodes  seed  entries  per entry  claimed  ratio      p50      p99     mean    per s  verdict
---------  -----  ----  -------  ---------  -------  -----  -------  -------  -------  -------  -------
lamport        3     1        9       6.00        6   1.00     5.00     5.00        -    473.7  valid

checked:
  valid         mutual exclusion  each exit happened before the next entry: the numbers 1 to 9 were used once each

messages per entry by type: Request 2.00, Reply 2.00, Release 2.00
each node sent 18 messages

verdict: valid, as expected; result: results/bank/1; next: mxbench show results/bank/1 --ledger
"""


def row_of(history: History, **changes: Any) -> dict[str, Any]:
    """A row as `run --json` has it, of what a test needs."""
    finding = Fencing().check(history)
    entries, plan = len(history.entries), history.plan
    waits = sorted((s.entered or 0) - s.arrival for s in history.entries)
    by_type = [sum(node.totals.sent_by_type[index] for node in history.nodes) for index in range(len(_types(history)))]
    per_entry = sum(by_type) / entries if entries else None
    claimed = 3 * (plan.nodes - 1)
    return {
        "experiment": plan.experiment,
        "algorithm": plan.algorithm.name,
        "engine": plan.engine,
        "workload": plan.workload.name,
        "nodes": plan.nodes,
        "seed": plan.seed,
        "repeat": plan.repeat,
        "verdict": finding.outcome,
        "contended": True,
        "entries": entries,
        "messages_by_type": dict(zip(_types(history), by_type, strict=True)),
        "messages_per_entry": per_entry,
        "claimed_messages_per_entry": claimed,
        "claim_kind": "exact",
        "claim_regime": "any",
        "claim_ratio": per_entry / claimed if per_entry and claimed else None,
        "claim_holds": True,
        "wait_ms": {"p50": waits[entries // 2] / 1e6, "p99": waits[-1] / 1e6} if waits else None,
        "sync_delay_ms": None,
        "entries_per_s": entries / (history.end() - history.start()) * 1e9 if entries else None,
        "sent_by_node": [sum(node.totals.sent_by_type[: node.algorithm_types]) for node in history.nodes],
        "findings": [
            {"property": finding.property, "outcome": finding.outcome, "text": finding.text,
             "evidence": list(finding.evidence)},
        ],
        "result": f"results/{plan.experiment}/1/runs/{plan.nodes}-{plan.seed}",
    } | changes  # fmt: skip


def _types(history: History) -> list[str]:
    return history.nodes[0].types[: history.nodes[0].algorithm_types]


def document(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given = {
        "verdict": "valid",
        "expect_met": True,
        "result": "results/bank/1",
        "name": "bank",
        "question": "How much?",
    }
    return given | {"runs": list(rows)} | changes


def cells_of(text: str, name: str) -> list[str]:
    """What the table says in the line that begins with `name`."""
    return next(line.split() for line in text.splitlines() if line.startswith(name))


@pytest.fixture(scope="module")
def repeats() -> list[dict[str, Any]]:
    histories = [plans.run(Lamport, 3, entries=4, seed=seed, repeat=seed) for seed in range(1, 6)]
    return [row_of(history) for history in histories]


def test_one_run_of_the_bank_from_the_question_to_what_to_type_next() -> None:
    assert render(document(row_of(bank()), question="What does a transfer cost?")) == BANK_RUN


def test_messages_by_node_and_of_servers_sum_to_those_of_the_row() -> None:
    row = row_of(plans.run(Lamport, 3, entries=5), messages=45)
    of_nodes = {"sent_by_node": [10, 10, 10, 15], "received_by_node": [5, 5, 5, 30]}
    text = render(document(row | of_nodes | {"algorithm_servers": 1}))
    assert "messages sent by node: 0: 10, 1: 10, 2: 10, server 3: 15; in all 45\n" in text
    assert "messages received by node: 0: 5, 1: 5, 2: 5, server 3: 30; in all 45\n" in text
    guarded = {"sent_by_node": [15, 15, 15, 0], "received_by_node": [15, 15, 15, 0]}
    text = render(document(row | guarded | {"algorithm_servers": 0}))
    assert "messages sent by node: 0: 15, 1: 15, 2: 15; in all 45\n" in text


def test_repeats_have_a_line_each_and_their_mean(repeats: list[dict[str, Any]]) -> None:
    repeats = [row | {"claim_ratio": ratio} for row, ratio in zip(repeats, (1, 1, 1, 1, 1.5), strict=True)]
    text = render(document(*repeats))
    assert sum(line.startswith("lamport ") for line in text.splitlines()) == 5
    mean = cells_of(text, "mean of 5")
    assert mean[3:6] == ["12", "6.00", "1.10"]


def test_what_holds_in_all_runs_is_said_once(repeats: list[dict[str, Any]]) -> None:
    text = render(document(*repeats))
    assert text.count("mutual exclusion") == 1
    assert "the numbers 1 to 12 were used once each (in all 5 runs)" in text


def test_what_differs_in_its_numbers_only_is_said_for_the_first_run() -> None:
    histories = [plans.run(Lamport, nodes, entries=2, seed=7) for nodes in (2, 3, 5)]
    text = render(document(*map(row_of, histories)))
    assert "the numbers 1 to 4 were used once each (2 nodes seed 7; alike in all 3 runs)" in text


def test_what_is_not_looked_at_everywhere_is_alike_wherever_it_is() -> None:
    row = row_of(plans.run(Lamport, 3, entries=3))
    order = [{"property": "order", "outcome": "valid", "text": f"{count} stamps rise"} for count in range(4)]
    rows = [row | {"seed": seed, "findings": order[seed : seed + 1] * (seed < 2)} for seed in range(4)]
    assert "0 stamps rise (seed 0; alike in all 2 that it applies to)" in render(document(*rows))


def test_virtual_time_is_no_part_of_the_time_that_it_took() -> None:
    row = row_of(plans.run(Lamport, 2)) | {"wall_s": 0.25, "duration_ms": 5000.0}
    span = "5.000 s from the first event to the last"
    assert f"execution time: 0.250 s, in which it simulated {span}" in render(document(row | {"engine": "sim"}))
    row = row | {"wall_s": 7.0, "engine": "tcp"}
    assert f"execution time: 7.000 s, of which {span}" in render(document(row))


def test_one_and_many_of_a_thing_are_the_same_sentence() -> None:
    row = row_of(plans.run(Lamport, 3, entries=3))
    texts = ["1 query answered; 1 transfer aborted", "2 queries answered; 13 transfers aborted", "0 was answered"]
    rows = [
        row | {"seed": seed, "findings": [{"property": "ledger", "outcome": "valid", "text": text}]}
        for seed, text in enumerate(texts)
    ]
    assert [line.split("  ")[-1] for line in render(document(*rows)).splitlines() if "ledger  " in line] == [
        "1 query answered; 1 transfer aborted (seed 0; alike in 2 of 3 runs)",
        "0 was answered (seed 2)",
    ]


def test_many_runs_share_a_line_for_each_configuration() -> None:
    histories = [
        plans.run(Lamport, nodes, entries=2, seed=seed, repeat=seed) for seed in range(1, 6) for nodes in (2, 3, 5)
    ]
    text = render(document(*map(row_of, histories)))
    lines = [line.split() for line in text.splitlines() if line.startswith("lamport ")]
    assert [line[1:5] for line in lines] == [
        ["2", "5", "4", "3.00"],
        ["3", "5", "6", "6.00"],
        ["5", "5", "10", "12.00"],
    ]
    assert "each line is the mean of its runs\n" in text


def test_claims_that_differ_with_who_entered_are_one_number_in_a_shared_line() -> None:
    row = row_of(plans.run(Lamport, 3, entries=3))
    rows = [row | {"seed": seed, "claimed_messages_per_entry": seed / 10, "repeat": seed} for seed in range(40, 61)]
    of_ranges = [each | {"claimed_messages_per_entry": [each["seed"] / 10, 8]} for each in rows]
    assert " 5 " in next(line for line in render(document(*rows)).splitlines() if line.startswith("lamport "))
    assert " 4 to 8 " in next(line for line in render(document(*of_ranges)).splitlines() if line.startswith("lamport "))


def test_a_run_that_was_cut_off_does_not_spoil_the_mean(repeats: list[dict[str, Any]]) -> None:
    cut_off = repeats[4] | {"verdict": "undecided", "failed": "died", "failure": "node 1 died: signal 9", "entries": 0}
    text = render(document(*repeats[:4], cut_off, verdict="undecided", expect_met=False))
    assert cells_of(text, "mean of 4")[3] == "12"
    assert "undecided (died)" in text
    assert "failed: node 1 died: signal 9 (seed 5)" in text
    several = [row | {"repeat": 5 * block + row["repeat"]} for block in range(3) for row in [*repeats[:4], cut_off]]
    merged = render(document(*several))
    assert cells_of(merged, "lamport")[2:4] == ["15", "12"]
    assert "each line is the mean of its runs that were not undecided" in merged
    assert "3 undecided (died), 12 valid" in merged


def test_a_setting_all_of_whose_runs_were_cut_off_has_no_number_in_a_shared_line() -> None:
    histories = {nodes: plans.run(Lamport, nodes, entries=4) for nodes in (3, 5)}
    rows = [row_of(histories[nodes], seed=seed, repeat=seed) for seed in range(1, 8) for nodes in (3, 5)]
    rows = [row | {"verdict": "undecided", "failed": "time_limit"} if row["nodes"] == 5 else row for row in rows]
    text = render(document(*rows, verdict="undecided"))
    decided, cut_off = (line.split() for line in text.splitlines() if line.startswith("lamport "))
    assert decided[1:5] == ["3", "7", "12", "6.00"]
    assert cut_off[:3] + cut_off[5:6] == ["lamport", "5", "7", "12"]  # the claim is what it was
    assert {*cut_off[3:5], *cut_off[6:11]} == {"-"}
    assert "each line is the mean of its runs that were not undecided" in text


def test_repeats_that_were_all_cut_off_have_no_mean(repeats: list[dict[str, Any]]) -> None:
    text = render(document(*[row | {"verdict": "undecided"} for row in repeats], verdict="undecided"))
    assert cells_of(text, "lamport")[3:5] == ["12", "6.00"]  # a run's own line is what it measured
    assert "mean of" not in text


def test_a_violation_stands_there_with_its_evidence_and_its_run_is_what_to_look_at() -> None:
    good = row_of(plans.run(Lamport, 3, entries=3))
    bad = row_of(plans.run(Greedy, 3, entries=3, seed=2))
    assert bad["verdict"] == "violated"
    text = render(document(good, bad, verdict="violated", expect_met=False))
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("  violated"))
    finding = bad["findings"][0]
    assert lines[start].endswith(f"{finding['text']} (greedy seed 2)")
    assert lines[start + 1 : start + 1 + len(finding["evidence"])] == [f"      {line}" for line in finding["evidence"]]
    assert lines[-1].endswith(
        "; result: results/bank/1; next: mxbench show results/test/1/runs/3-2 --log"
    )  # the run that is wrong
    assert lines[-1].startswith("verdict: violated, and not all is as expected;")


def test_runs_that_fork_at_other_blocks_fork_alike_and_evidence_is_given_once() -> None:
    row = row_of(plans.run(Greedy, 3, entries=3))
    texts = [
        "blocks 3ad5d940f882 and 26c8e5cb75e8 compete",
        "blocks abcdefabcdef and 4d9de856c1d0 compete",
        "lost money",
    ]
    found = {"property": "ledger", "outcome": "violated"}
    rows = [
        row | {"seed": seed, "findings": [found | {"text": text, "evidence": [text, f"proof {seed}"]}]}
        for seed, text in enumerate(texts)
    ]
    text = render(document(*rows, verdict="violated"))
    assert "blocks 3ad5d940f882 and 26c8e5cb75e8 compete (seed 0; alike in 2 of 3 runs)\n      proof 0\n" in text
    assert "lost money (seed 2)\n" in text
    assert text.count("proof") == 1


def test_what_was_expected_and_not_met_is_told_and_what_was_met_is_not(repeats: list[dict[str, Any]]) -> None:
    unmet = {"field": "messages_per_entry", "expected": "<= 5", "measured": 6.0, "met": False}
    met = {"field": "verdict", "expected": "valid", "measured": "valid", "met": True}
    text = render(document(*[row | {"expectations": [unmet, met]} for row in repeats], expect_met=False))
    assert "not as expected: messages_per_entry is 6, expected <= 5 (in all 5 runs)" in text
    assert "verdict is" not in text


def test_a_claim_that_does_not_hold_shows_digits_that_differ() -> None:
    row = row_of(plans.run(Lamport, 3, entries=3), messages_per_entry=6.0004, claim_holds=False)
    assert "claim not met: lamport claims 6 messages an entry, measured 6.0004\n" in render(document(row))


def test_ranges_and_means_are_told_apart_from_exact_claims() -> None:
    row = row_of(plans.run(Lamport, 3, entries=3))
    assert " 4 to 6.67  " in render(document(row | {"claimed_messages_per_entry": [4, 20 / 3], "claim_kind": "range"}))
    assert " 5.5 (mean)  " in render(document(row | {"claimed_messages_per_entry": 5.5, "claim_kind": "mean"}))


def test_a_saturated_claim_brings_the_number_that_it_is_compared_with() -> None:
    row = row_of(plans.run(Lamport, 3, entries=3), saturated_messages_per_entry=6.25)
    assert "6.25" not in render(document(row))
    text = render(document(row | {"claim_regime": "saturated"}))
    assert "saturated" in text
    assert "6.25" in text


def test_says_what_makes_a_result_weaker_than_it_looks() -> None:
    text = render(document(row_of(plans.run(Lamport, 3, entries=3), contended=False, broken_assumptions=["fifo"])))
    assert "note: contended: no; nobody waited for another node\n" in text
    assert "note: run outside what lamport and the workload hold assume: fifo\n" in text


def test_what_a_sweep_chose_is_a_column() -> None:
    rows = [
        row_of(plans.run(Lamport, 3, entries=3), setting={"nodes": 3, "workload.dwell": dwell})
        for dwell in ("1ms", {"exponential": "2ms"})
    ]
    text = render(document(*rows))
    assert "workload.dwell" in text
    assert "{exponential: 2ms}" in text
    rising = [row | {"repeat": repeat} for repeat, row in enumerate(rows, 1)]
    assert "mean of" not in render(document(*rising))  # two settings, not two repeats


@pytest.mark.parametrize(
    ("key", "field", "header", "values"),
    [
        ("algorithm.k", "k", "k", [1, 2]),
        ("algorithm.quorums", "quorum_system", "quorums", ["grid", "majority"]),
        ("algorithm.topology", "topology", "topology", ["line", "star"]),
    ],
)
def test_what_a_row_tells_of_itself_is_no_second_column(key: str, field: str, header: str, values: list[Any]) -> None:
    rows = [row_of(plans.run(Lamport, 3, entries=3), setting={key: value}) | {field: value} for value in values]
    shown = render(document(*rows)).splitlines()
    assert [line.split()[:3] for line in shown if line.startswith("algorithm")] == [["algorithm", header, "nodes"]]
    for value in values:
        assert any(line.split()[:3] == ["lamport", str(value), "3"] for line in shown)


def test_algorithms_that_differ_in_where_the_token_starts_are_told_apart() -> None:
    chosen = [{"name": "lamport", "holder": holder} for holder in (0, 3, "random")] + ["lamport"]
    rows = [row_of(plans.run(Lamport, 3, entries=3), setting={"algorithm": algorithm}) for algorithm in chosen]
    shown = [line.split() for line in render(document(*rows)).splitlines()]
    assert ["algorithm", "holder", "nodes"] in [line[:3] for line in shown]
    assert [line[1] for line in shown if line[:1] == ["lamport"] and line[2] == "3"] == ["0", "3", "random", "-"]
    assert "holder" not in render(document(*[rows[1]] * 2))


def test_a_swept_key_is_shown_where_the_rows_own_field_does_not_tell_the_settings_apart() -> None:
    quorums = ["[[0, 1], [1, 2], [0, 2]]", "[[0], [0], [0]]", "grid"]
    rows = [
        row_of(plans.run(Lamport, 3, entries=3), setting={"algorithm.quorums": value}) | {"quorum_system": system}
        for value, system in zip(quorums, ("given", "given", "grid"), strict=True)
    ]
    shown = render(document(*rows))
    assert "algorithm.quorums" in shown
    assert all(value in shown for value in quorums)


def test_runs_of_one_repeat_number_are_settings_that_the_rows_do_not_tell_apart() -> None:
    row = row_of(plans.run(Lamport, 3, entries=3))
    assert "mean of" not in render(document(row, row))
    assert "mean of 2" in render(document(row, row | {"repeat": 2}))


def test_without_a_ledger_the_chart_is_what_to_look_at_next() -> None:
    assert render(document(row_of(plans.run(Lamport, 3, entries=2)))).endswith("mxbench show results/bank/1 --gantt\n")


def test_of_several_runs_the_first_is_named_as_show_looks_at_one(repeats: list[dict[str, Any]]) -> None:
    text = render(document(*repeats))
    assert text.endswith("; result: results/bank/1; next: mxbench show results/test/1/runs/3-1 --gantt\n")


def test_a_path_with_a_blank_is_quoted_for_the_shell() -> None:
    text = render(document(row_of(bank()), result="my results/1"))
    assert "; result: my results/1; next: mxbench show 'my results/1' --ledger" in text


@pytest.mark.parametrize("given", [{}, {"runs": []}, {"runs": [], "verdict": "undecided"}])
def test_nothing_that_ran_is_no_success(given: dict[str, Any]) -> None:
    assert render(given) == "no run has ended\n\nverdict: undecided\n"


def test_missing_fields_show_as_a_dash() -> None:
    line = render({"runs": [{}]}).splitlines()[5]
    assert line.split() == ["-"] * 12
    assert "nothing was checked" in render({"runs": [{}]})
    empty = row_of(plans.run(Lamport, 1, entries=0), claimed_messages_per_entry=None)
    assert cells_of(render(document(empty)), "lamport") == ["lamport", "1", "1", "0", *["-"] * 7, "undecided"]


def test_names_are_never_cut_wrapped_or_obeyed_and_wide_ones_keep_the_columns_straight() -> None:
    long = "a" * 150
    row = row_of(plans.run(Lamport, 3, entries=3))
    text = render(document(row | {"algorithm": long}, row | {"algorithm": "x", "experiment": "日本語\x1b[2J\n"}))
    assert long in text
    assert "\x1b" not in text
    assert "日本語\\x1b[2J\\n" in text
    wide, narrow = (next(line for line in text.splitlines() if line.startswith(name)) for name in ("x ", long))
    assert len(wide) + len("日本語") == len(narrow)  # both end in 'valid'; a wide character takes two columns


def test_the_same_history_gives_the_same_text() -> None:
    first, second = (render(document(row_of(plans.run(Lamport, 3, entries=3, delay=one_ms)))) for _ in range(2))
    assert first == second
