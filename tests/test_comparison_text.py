"""Comparisons as they are printed: verdicts, claims, intervals and differences, in each form."""

import csv
import io
import re
from typing import Any

import pytest
from rows_by_hand import row, source

from mxbench.experiment.comparison import compare_sources
from mxbench.report.comparison import render


def text_of(*rows: dict[str, Any], form: str = "plain") -> str:
    return render(compare_sources([source(rows)]), form)


def test_the_worst_verdict_comes_first_and_what_is_wrong_is_told_below() -> None:
    claim = {"claimed_messages_per_entry": 6, "claim_kind": "exact", "claim_holds": False}
    rows = [row(seed, messages_per_entry=7.5, **claim) for seed in (1, 2)]
    text = text_of(*rows, row(3, verdict="violated"), row(4, verdict="undecided"))
    assert re.search(r"^lamport +3 +4 +7\.50 +6 .* 1 violated, 1 undecided, 2 valid$", text, re.MULTILINE)
    assert "claim not met: algorithm lamport, nodes 3: claimed 6 messages an entry\n" in text
    assert "violated: algorithm lamport, nodes 3: its price is not that of mutual exclusion\n" in text
    assert "runs that are undecided have no part in the numbers\n" in text
    assert "no interval for fewer than 3 runs; 'repeat: 5' gives one\n" in text


@pytest.mark.parametrize(("holds", "told"), [(True, "within"), (False, "outside"), (None, "-")])
def test_a_range_has_no_ratio_but_a_measured_number_within_it_or_outside(holds: bool | None, told: str) -> None:
    claim = {"claimed_messages_per_entry": [4, 6], "claim_kind": "range", "claim_regime": "saturated"}
    text = text_of(row(1, messages_per_entry=5.0, saturated_messages_per_entry=5.25, claim_holds=holds, **claim))
    assert re.search(rf"^lamport +3 +1 +5\.00 +5\.25 +4 to 6 +{told}  ", text + "  ", re.MULTILINE) or (
        told == "-" and "ratio" not in text  # a column without a value is left out
    )


def test_half_an_interval_stands_behind_the_mean() -> None:
    text = text_of(*[row(seed, entries_per_s=value) for seed, value in enumerate((9.0, 10.0, 11.0))])
    assert "10.00 ± 2.48" in text  # t(0.975, 2) * 1 / sqrt(3)


def test_a_difference_from_nothing_is_shown_as_it_is() -> None:
    rows = [row(seed, nodes=nodes, messages_per_entry=float(nodes - 1)) for nodes in (1, 3) for seed in (1, 2, 3)]
    assert re.search(r"^ +3 +1 +lamport +messages per entry +2\.00 +0\.00 +\+2 +- ", text_of(*rows), re.MULTILINE)


def test_a_difference_of_two_results_made_alike_is_laid_to_the_machine() -> None:
    fast, slow = ([row(s, entries_per_s=base + s) for s in range(1, 6)] for base in (100.0, 500.0))
    text = render(compare_sources([source(fast), source(slow)]))
    assert "a difference between these results is one of the machine, since nothing else differs\n" in text
    assert "of the machine" not in render(compare_sources([source(fast), source(fast)]))


def test_a_bar_in_a_name_does_not_split_a_cell_of_github_and_nothing_steers_the_terminal() -> None:
    rows = [row(1, algorithm="a|b", setting={"workload.word": "x\x1b[2Jy"}), row(1, algorithm="a|b")]
    assert "| a\\|b " in text_of(*rows, form="github")
    assert "\x1b" not in text_of(*rows) + text_of(*rows, form="github") + text_of(*rows, form="html")


def test_a_mapping_in_csv_is_json() -> None:
    settings: list[Any] = ["2ms", {"exponential": "2ms"}]
    rows = [row(1, messages_per_entry=6.0, setting={"workload.think": think}) for think in settings]
    said = list(csv.DictReader(io.StringIO(text_of(*rows, form="csv"))))
    assert [line["workload.think"] for line in said] == ["2ms", '{"exponential": "2ms"}']
