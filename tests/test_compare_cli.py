"""`mxbench compare` as a person types it: what each format prints, what is told of a mistake, and the exit status."""

import csv
import io
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command_line import invoked, typed

import mxbench

HERE = Path(__file__).parent
HEAP = HERE / "heap_engine.py"
SWEEP = f"""name: sweep
matrix: {{algorithm: [lamport, ricart-agrawala], nodes: [2, 3]}}
engine: heap
plugins: [{HEAP}]
workload: {{type: hold, entries_per_node: 4, dwell: 1ms}}
repeat: 5
"""
MEASURES = ("messages_per_entry", "wait_ms.mean", "sync_delay_ms.mean", "entries_per_s")


def compared(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return invoked(folder, "compare", *arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sweep.yaml and two results of it, `first` and `second`, whose seeds differ."""
    made = tmp_path_factory.mktemp("compare")
    (made / "sweep.yaml").write_text(SWEEP)
    for name, seed in (("first", 1), ("second", 100)):
        document = mxbench.run(made / "sweep.yaml", results=made / "results", seed=seed)
        (made / name).symlink_to(document["result"])
    return made


def test_a_result_is_a_table_with_claims_intervals_differences_and_a_verdict(folder: Path) -> None:
    done = compared(folder, "first")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"result 1: results/sweep/\S+ \(sweep, 20 runs\)", lines[0])
    assert "workload.dwell 1ms" in lines[1]
    interval = r"\d+\.\d+ ± \d+\.\d+"
    lamport = rf"^lamport +3 +5 +6\.00 +\d+\.\d+( ± \d+\.\d+)? +6 +1\.00( +{interval}){{3}} +valid$"
    assert re.search(lamport, done.stdout, re.MULTILINE)
    assert re.search(r"^ricart-agrawala +lamport +3 +messages per entry .* different \(exact\)$", done.stdout, re.M)
    assert "effect: matched-pairs rank-biserial correlation (paired by seed), from -1 to +1" in done.stdout
    assert lines[-1] == "verdict: valid"


def test_two_results_of_one_experiment_show_the_noise_floor_and_no_difference(folder: Path) -> None:
    done = compared(folder, "first", "second")
    assert (done.returncode, done.stderr) == (0, "")
    verdicts = re.findall(r"  (equal \(exact\)|no difference shown|different\b.*)$", done.stdout, re.MULTILINE)
    assert sorted(verdicts) == ["equal (exact)"] * 4 + ["no difference shown"] * 12
    floor = r"^noise floor: wait ms: \d+\.\d % \(median of 4 settings\), "
    floor += r"up to \d+\.\d %, with nothing changed but the seeds$"
    assert re.search(floor, done.stdout, re.MULTILINE)
    assert "effect: Cliff's delta (not paired), from -1 to +1" in done.stdout


def test_an_older_result_of_another_machine_is_named_as_such(folder: Path) -> None:
    environment = folder / "second" / "environment.json"
    made = json.loads(environment.read_text())
    environment.write_text(json.dumps(made | {"python": "CPython 3.10.0", "cpu": "abacus"}))
    try:
        done = compared(folder, "second", "first")
    finally:
        environment.write_text(json.dumps(made))
    assert "environment: python: CPython 3.10.0 in result 1, CPython 3." in done.stdout
    assert "environment: cpu: abacus in result 1, " in done.stdout
    assert "noise floor" not in done.stdout


def test_an_experiment_is_run_first_and_its_result_is_kept(folder: Path) -> None:
    done = compared(folder, "sweep.yaml", "--results", "here", "--format", "json")
    comparison = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    [source] = comparison["sources"]
    assert source["result"].startswith("here/sweep/")
    assert (source["runs"], source["experiment"]) == (20, "sweep")
    assert (folder / source["result"]).is_dir()


def test_an_experiment_that_is_not_as_expected_makes_the_command_exit_as_a_run_does(folder: Path) -> None:
    (folder / "unmet.yaml").write_text(SWEEP.replace("repeat: 5", "expect: {messages_per_entry: 1}"))
    assert compared(folder, "unmet.yaml", "first").returncode == 1


def test_json_holds_the_documented_fields_and_python_returns_the_same(folder: Path) -> None:
    comparison = json.loads(compared(folder, "first", "second", "--format", "json").stdout)
    assert set(comparison) == {
        "compared", "level", "sources", "varying", "same", "lines", "differences", "saturation", "noise", "environment",
        "verdict", "exit_status",
    }  # fmt: skip
    assert set(comparison["lines"][0]) == {
        "source", "experiment", "algorithm", "quorum_system", "engine", "workload", "nodes", "setting", "runs", "seeds",
        "verdict", "verdicts", "contended", "claimed_messages_per_entry", "claim_kind", "claim_regime", "claim_ratio",
        "claim_holds", "sustained", "measures", "results",
    }  # fmt: skip
    assert set(comparison["lines"][0]["measures"]["wait_ms.mean"]) == {
        "mean", "low", "high", "least", "greatest", "repeats", "exact",
    }  # fmt: skip
    assert set(comparison["differences"][0]) == {
        "reference", "other", "from", "to", "setting", "measure", "reference_mean", "other_mean", "difference",
        "relative", "low", "high", "paired", "repeats", "effect", "effect_kind", "p", "adjusted_p", "exact", "outcome",
    }  # fmt: skip
    in_python = mxbench.compare(folder / "first", folder / "second")
    for made in (comparison, in_python):  # paths are relative to where one stands
        made["lines"] = [line | {"results": None} for line in made["lines"]]
        made["sources"] = [source | {"result": None} for source in made["sources"]]
    assert in_python == comparison


def test_github_prints_one_table_that_github_reads(folder: Path) -> None:
    lines = compared(folder, "first", "--format", "github").stdout.splitlines()
    assert len(lines) == 2 + 4
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0][:6] == ["algorithm", "nodes", "runs", "messages per entry", "bytes per entry", "claimed"]
    assert all(set(cell) == {"-"} for cell in cells[1])
    assert [cells[3][column] for column in (0, 1, 2, 3, 5, 6)] == ["lamport", "3", "5", "6.00", "6", "1.00"]
    assert {len(line) for line in cells} == {len(cells[0])}


def test_latex_prints_a_booktabs_table(folder: Path) -> None:
    text = compared(folder, "first", "--format", "latex").stdout
    assert text.startswith("\\begin{tabular}{lrrrrrrrrrl}\n\\toprule\n")
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")
    assert text.count(" \\\\\n") == 1 + 4


def test_html_prints_a_table_that_is_closed(folder: Path) -> None:
    text = compared(folder, "first", "--format", "html").stdout
    seen: dict[str, int] = {}

    class Counting(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            seen[tag] = seen.get(tag, 0) + 1

    Counting().feed(text)
    assert (seen["table"], seen["tr"], seen["th"], seen["td"]) == (1, 5, 11, 44)
    assert text.endswith("</table>\n")


def test_csv_has_a_number_in_each_cell_that_is_one(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(compared(folder, "first", "--format", "csv").stdout)))
    assert [(row["algorithm"], row["nodes"]) for row in rows] == [
        (algorithm, nodes) for algorithm in ("lamport", "ricart-agrawala") for nodes in ("2", "3")
    ]
    assert float(rows[1]["messages_per_entry"]) == float(rows[1]["claimed_messages_per_entry_low"]) == 6
    assert rows[1]["messages_per_entry_low"] == ""
    low, mean, high = (float(rows[1][f"wait_ms.mean{end}"]) for end in ("_low", "", "_high"))
    assert low < mean < high
    assert (rows[1]["claim_holds"], rows[1]["verdict"]) == ("true", "valid")


@pytest.mark.slow
def test_the_differences_are_a_table_of_their_own_in_each_format(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(compared(folder, "first", "--differences", "--format", "csv").stdout)))
    assert [(row["from"], row["to"], row["nodes"], row["measure"]) for row in rows] == [
        ("lamport", "ricart-agrawala", nodes, measure) for nodes in ("2", "3") for measure in MEASURES
    ]
    lines = compared(folder, "first", "--differences", "--format", "github").stdout.splitlines()
    assert len(lines) == 2 + 8
    assert lines[0].startswith("| algorithm ")


def test_piped_output_neither_wraps_nor_cuts_a_name(folder: Path) -> None:
    name = "n" + "a" * 76
    (folder / "long.py").write_text(
        (HERE.parent / "plugins" / "lamport.py").read_text().replace('name = "lamport"', f'name = "{name}"')
    )
    (folder / "long.yaml").write_text(
        SWEEP.replace(f"[{HEAP}]", f"[{HEAP}, long.py]")
        .replace("[lamport,", f"[{name},")
        .replace("repeat: 5", "seed: 1")
    )
    done = compared(folder, "long.yaml")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) > 150
    assert sum(line.startswith(name) for line in done.stdout.splitlines()) == 2


MISTAKES = [
    ("first --format githbu", "mxbench: --format githbu: there is no such format; did you mean 'github'? (formats: pl"),
    ("nowhere", "mxbench: 'nowhere': there is no such file, and no shipped experiment of that name"),
    ("results", "mxbench: results: not a result of mxbench"),
    ("results/sweep", "mxbench: results/sweep: not a result of mxbench; its results are in folders such as '"),
    ("first first", "mxbench: first: it is given twice, and a result does not differ from itself"),
    ("sweep.yaml nowhere.yaml", "mxbench: 'nowhere.yaml': there is no such file"),
    ("first other", "it has nothing in common with the other: its workload is 'hold', theirs 'bank'"),
]


@pytest.mark.slow
def test_each_mistake_is_one_sentence_and_exit_status_2_and_nothing_is_run(folder: Path) -> None:
    text = SWEEP.replace("sweep", "other").replace("type: hold", "type: bank, opening_balance: 1.00")
    (folder / "other.yaml").write_text(text.replace("nodes: [2, 3]", "nodes: [2]"))
    (folder / "other").symlink_to(mxbench.run(folder / "other.yaml", results=folder / "bank", repeat=1)["result"])
    before = set((folder / "results" / "sweep").iterdir())
    told = []
    for line, says in MISTAKES:
        done = compared(folder, *line.split())
        told.append(done.stderr)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert says in done.stderr
    assert set((folder / "results" / "sweep").iterdir()) == before
    by_hand = typed(folder, "compare", "nowhere")
    assert (by_hand.returncode, by_hand.stdout, by_hand.stderr) == (2, "", told[1])


def test_help_holds_an_example(folder: Path) -> None:
    assert "Example: mxbench compare results/latest --format github" in compared(folder, "--help").stdout


@pytest.mark.slow
def test_the_classics_run_in_small_and_keep_their_promises(tmp_path: Path) -> None:
    document = mxbench.run("classics", smoke=True, results=tmp_path)
    assert (document["verdict"], document["expect_met"], len(document["runs"])) == ("valid", True, 6)
    lines = mxbench.compare(document["result"])["lines"]
    alone = [line for line in lines if line["setting"]["workload.arrivals"] == "one-at-a-time"]
    assert [line["measures"]["messages_per_entry"]["mean"] for line in alone] == [6, 4, 5]  # 3(n-1), 2(n-1), 3(k-1)
    assert [line["claim_holds"] for line in alone] == [True] * 3
