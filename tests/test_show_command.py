"""`mxbench show` as a person types it: the table, each report, and what it cannot show."""

import re
from pathlib import Path

import pytest
from command_line import HEAP, ON_HEAP, QUICK, invoked, typed

import mxbench


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quick.yaml").write_text(QUICK)
    return tmp_path


@pytest.mark.slow
def test_show_prints_the_table_and_each_report(folder: Path) -> None:
    typed(folder, "run", *ON_HEAP)
    assert "verdict: valid" in typed(folder, "show", "results/latest").stdout
    log = typed(folder, "show", "results/latest", "--log", "--node", "2")
    assert (log.returncode, log.stderr) == (0, "")
    assert "lamport, 3 nodes, hold on heap, seed 1: 12 entries" in log.stdout
    assert "inside" in typed(folder, "show", "results/latest", "--gantt").stdout
    ledger = typed(folder, "show", "results/latest", "--ledger")
    assert ledger.returncode == 0
    assert "no ledger" in ledger.stdout


@pytest.mark.slow
def test_show_prints_the_report_of_a_plugin_by_its_name(folder: Path) -> None:
    (folder / "order.py").write_text(
        """
from mxbench import hookimpl
from mxbench.core.report import Report

class Order(Report):
    name = "order"

    def render(self, history, node=None, width=100):
        return " ".join(str(entry.node) for entry in history.entries)

@hookimpl
def mxbench_reports():
    return [Order]
"""
    )
    typed(folder, "run", *ON_HEAP)
    shown = typed(folder, "show", "results/latest", "--report", "order", "--plugin", "order.py")
    assert sorted(shown.stdout.split()) == ["0"] * 4 + ["1"] * 4 + ["2"] * 4
    unknown = invoked(folder, "show", "results/latest", "--report", "gant")
    assert unknown.returncode == 2
    assert "there is no report named 'gant'; did you mean 'gantt'?" in unknown.stderr


def test_show_takes_the_first_run_of_several_and_says_so(folder: Path) -> None:
    mxbench.run(folder / "quick.yaml", plugins=[HEAP], results=folder / "results", repeat=3)
    done = invoked(folder, "show", "results/latest", "--log")
    assert done.returncode == 0
    assert "seed 1: 12 entries" in done.stdout
    assert re.fullmatch(
        r"mxbench: this is .*/1-lamport-n3-r1; there are 2 more, in the folder beside it\n", done.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "mxbench: nowhere: there is no such folder"),
        (["."], "mxbench: .: not a result of mxbench"),
        (["results/latest", "--node", "1"], "mxbench: --node goes with --log, --ledger, --gantt, --waits or --report"),
        (["results/latest", "--log", "--gantt"], "mxbench: --log and --gantt: ask for one at a time"),
        (["results/latest", "--log", "--node", "3"], "mxbench: --node 3: there is no such node; they are 0 to 2"),
    ],
)
def test_show_tells_what_it_cannot_show(folder: Path, arguments: list[str], says: str) -> None:
    mxbench.run(folder / "quick.yaml", plugins=[HEAP], results=folder / "results")
    done = invoked(folder, "show", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(says)
