"""`mxbench list quorums -n N`: the quorum systems beside each other."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mxbench.cli import app
from mxbench.errors import ExperimentError, PluginError
from mxbench.quorum_table import NOTES, quorum_table

PLUGIN = '''
from mxbench import QuorumSystem, hookimpl


class Mine(QuorumSystem):
    """Of a test."""

    name = "mine"

    def build(self, n):
        {build}


@hookimpl
def mxbench_quorum_systems():
    return [Mine]
'''


def mine(file: Path, build: str) -> tuple[str]:
    file.write_text(PLUGIN.format(build=build))
    return (str(file),)


def listed(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["list", *arguments])
    return done.exit_code, done.output


def test_the_systems_stand_beside_each_other() -> None:
    status, text = listed("quorums", "-n", "13")
    assert (status, text) == (0, quorum_table(13, 0.1) + "\n")
    assert (
        text.partition("\n\n")[0]
        == """\
quorums of        least  mean  most   meet in           least  none alive
13 nodes           size  size  size  at least    load    load      at 0.1  minimal
----------------  -----  ----  ----  --------  ------  ------  ----------  -------
grid                  4  6.77     7         2  1.0000  1.0000       0.126  no
projective-plane      4  4.00     4         1  0.3077  0.3077     0.00142  yes
difference-cover      4  4.00     4         1  0.3077  0.3077     0.00142  yes
tree                  3  3.92     4         1  1.0000  0.4211      0.0022  yes
majority              7  7.00     7         1  0.5385  0.5385    9.93e-05  yes"""
    )
    assert text.endswith(NOTES.format(p=0.1, enumerable=20) + "\n")


def test_the_failure_rate_can_be_given() -> None:
    status, text = listed("quorums", "--nodes", "7", "--failure-rate", "0.3")
    assert status == 0
    stopped = {line.split()[0]: line.split()[-2] for line in text.partition("\n\n")[0].splitlines()[3:]}
    assert (stopped["majority"], stopped["projective-plane"], stopped["tree"]) == ("0.126", "0.152", "0.148")
    assert "with\n             probability 0.3 on its own" in text


def test_a_system_without_quorums_for_so_many_nodes_says_so_below_the_table() -> None:
    table, *below = quorum_table(30, 0.1).split("\n\n")
    assert "projective-plane" not in table
    assert below[0].startswith("projective-plane: there is no projective plane of 30 nodes; there is one for 1, 3, 7")
    grid = next(line.split() for line in table.splitlines() if line.startswith("grid"))
    assert grid[-2] == "-", "all sets of thirty nodes are too many"


def test_a_system_of_ones_own_is_listed_or_told_what_is_wrong_with_it(tmp_path: Path) -> None:
    fine = quorum_table(5, 0.1, mine(tmp_path / "star.py", "return [(0, node) for node in range(n)]"))
    [line] = [line.split() for line in fine.splitlines() if line.startswith("mine")]
    assert line == ["mine", "1", "1.80", "2", "1", "1.0000", "1.0000", "0.1", "no"]
    apart = quorum_table(5, 0.1, mine(tmp_path / "apart.py", "return [(node,) for node in range(n)]"))
    assert "\n\nmine: the quorums of nodes 0 and 1 do not meet: [0] and [1]\n\n" in apart
    with pytest.raises(PluginError, match=r"the quorum system 'mine' failed for 5 nodes: KeyError\(5\)"):
        quorum_table(5, 0.1, mine(tmp_path / "raises.py", "raise KeyError(n)"))


def test_without_a_number_of_nodes_quorums_are_listed_as_plugins_are() -> None:
    assert listed("quorums") == listed("quorum-systems")
    assert "majority          built in  More than half" in listed("quorums")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("quorums", "-n", "0"), "-n 0: quorums can be listed for 1 to 1000 nodes"),
        (("quorums", "-n", "1001"), "-n 1001: quorums can be listed for 1 to 1000 nodes"),
        (("quorums", "-n", "3", "--failure-rate", "1.5"),
         "--failure-rate 1.5: a probability is a number from 0 to 1"),
        (("quorums", "-n", "3", "--failure-rate", "nan"),
         "--failure-rate nan: a probability is a number from 0 to 1"),
        (("quorums", "--failure-rate", "0.2"),
         "--failure-rate goes with a number of nodes, as in 'mxbench list quorums -n 13'"),
        (("algorithms", "-n", "3"), "-n and --failure-rate go with 'mxbench list quorums'"),
        (("-n", "3"), "-n and --failure-rate go with 'mxbench list quorums'"),
    ],
    ids=["none", "too-many", "no-probability", "no-number", "rate-alone", "other-kind", "no-kind"],
)  # fmt: skip
def test_what_cannot_be_listed_is_told_in_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    assert listed(*arguments) == (2, f"mxbench: {sentence}\n")


def test_the_table_itself_refuses_what_has_no_answer() -> None:
    with pytest.raises(ExperimentError, match="-n -1"):
        quorum_table(-1, 0.1)
