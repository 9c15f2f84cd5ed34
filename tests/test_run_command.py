"""`mxbench run` as a person types it: what it prints where, its exit status, and what an interrupt leaves."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import HEAP, ON_HEAP, QUICK, command, invoked, typed

HERE = Path(__file__).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quick.yaml").write_text(QUICK)
    return tmp_path


def test_run_prints_a_table_and_its_verdict(folder: Path) -> None:
    done = typed(folder, "run", *ON_HEAP)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^lamport +3 +1 +12 +6\.00 +6 ", done.stdout, re.MULTILINE)
    assert "verdict: valid, as expected; result: results/quick/" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_ended_is_told_though_a_later_file_cannot_be_run(folder: Path, form: tuple[str, ...]) -> None:
    (folder / "later.yaml").write_text(QUICK.replace("name: quick", "name: later"))
    (folder / "results").mkdir()
    (folder / "results" / "later").write_text("no folder")
    done = invoked(folder, "run", *ON_HEAP, "later.yaml", *form)
    said = "mxbench: the results folder 'results' cannot be written: File exists"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, said)
    assert json.loads(done.stdout)["name"] == "quick" if form else "verdict: valid" in done.stdout


def test_run_json_prints_one_document_and_nothing_else(folder: Path) -> None:
    done = invoked(folder, "run", *ON_HEAP, "--repeat", "2", "--seed", "5", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (document["verdict"], document["expect_met"]) == ("valid", True)
    assert [(row["seed"], row["repeat"], row["messages_per_entry"]) for row in document["runs"]] == [
        (5, 1, 6),
        (6, 2, 6),
    ]
    assert all((folder / row["result"]).is_dir() for row in document["runs"])


def test_run_takes_several_files_into_one_document(folder: Path) -> None:
    (folder / "other.yaml").write_text(QUICK.replace("quick", "other"))
    done = invoked(folder, "run", "quick.yaml", "other.yaml", "--plugin", HEAP, "--json")
    document = json.loads(done.stdout)
    assert [row["experiment"] for row in document["runs"]] == ["quick", "other"]


def test_nothing_is_started_if_one_of_several_files_is_wrong(folder: Path) -> None:
    done = invoked(folder, "run", *ON_HEAP, "missing.yaml")
    assert done.returncode == 2
    assert not (folder / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["missing.yaml"], 2, "mxbench: 'missing.yaml': there is no such file, and no shipped experiment of that name"),
        (["lamport_bnak"], 2, "did you mean 'lamport_bank'? (shipped: "),
        (["quick.yaml", "--set", "nodes=017"], 2, "mxbench: --set nodes=017: '017' is not a whole number from 1 to"),
        (["quick.yaml", "--plugin", "x.py"], 2, "mxbench: --plugin x.py: there is no such file"),
        (["quick.yaml", "--engine", "tpc"], 2, "mxbench: --engine tpc: there is no engine named 'tpc'; did you mean"),
        ([*ON_HEAP, "--results", "quick.yaml"], 2, "mxbench: the results folder 'quick.yaml' cannot be written"),
        ([*ON_HEAP, "--set", "network.fifo=false"], 2, "pass --break-assumptions to see what happens"),
        (["quick.yaml", "--plugin", str(HERE / "broken" / "does_not_import.py")], 2, "it does not import: ImportError"),
        (["quick.yaml", "--plugin", str(HERE / "broken" / "takes_a_name.py")], 2, "the name 'lamport' is taken"),
        (["quick.yaml", "--nodes", "3"], 2, "No such option: --nodes"),
        (["quick.yaml", "--repeat", "x"], 2, "Invalid value for '--repeat'"),
        ([], 2, "Missing argument 'FILE...'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_on_standard_error_without_a_traceback(
    folder: Path, arguments: list[str], status: int, says: str
) -> None:
    done = invoked(folder, "run", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(folder)) == ["quick.yaml"]


BAD_FILES = {
    "empty": (b"", "bad.yaml: it is empty"),
    "broken": (b"name: [x\nnodes: 3\n", "bad.yaml:2: broken YAML"),
    "list": (b"- name: x\n", "bad.yaml:1: it holds a list; an experiment is a mapping of keys"),
    "bomb": (b"a: &a [x]\nb: [*a, *a]\n", "bad.yaml:1: the anchor '&a' is not allowed"),
    "python": (
        b"name: !!python/object/apply:os.system [id]\n",
        "bad.yaml:1: the tag '!!python/object/apply:os.system'",
    ),
    "deep": (b"[" * 1000, "bad.yaml:1: nested over 50 deep"),
    "large": (b"#" * 10_000_000, "bad.yaml: 10,000,000 bytes; an experiment has at most 1,000,000"),
    "duplicate": (QUICK.encode() + b"nodes: 5\n", "bad.yaml:6: nodes: given twice, first in line 3"),
    "bytes": (b"\xff\xfe\x00", "bad.yaml:1: not UTF-8 text"),
    "misspelt": (
        QUICK.replace("nodes", "ndoes").encode(),
        "bad.yaml:3: ndoes: there is no such key; did you mean 'nodes'?",
    ),
}


def test_every_bad_file_is_told_by_the_command_as_by_the_library(folder: Path) -> None:
    # One process for all of them: that the command ends as it should is what the test above holds.
    code = (
        "import sys\nfrom mxbench.__main__ import main\n"
        "for name in sys.argv[1:]:\n"
        "    sys.argv = ['mxbench', 'run', name]\n"
        "    try:\n        main()\n"
        "    except SystemExit as end:\n        print(name, end.code)\n"
    )
    for name, (content, _) in BAD_FILES.items():
        (folder / name).mkdir()
        (folder / name / "bad.yaml").write_bytes(content)
    files = [f"{name}/bad.yaml" for name in BAD_FILES]
    done = subprocess.run([sys.executable, "-c", code, *files], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [word for file in files for word in (file, "2")]
    for name, (_, says) in BAD_FILES.items():
        assert f"mxbench: {name}/{says}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_violation_exits_1_and_an_expected_one_0(folder: Path) -> None:
    plugin = ["--plugin", str(HERE / "broken" / "enters_at_once.py"), "--set", "algorithm=enters-at-once"]
    assert invoked(folder, "run", *ON_HEAP, *plugin).returncode == 1
    assert invoked(folder, "run", *ON_HEAP, *plugin, "--set", "expect.verdict=violated").returncode == 0


def test_progress_is_drawn_on_a_terminal_only(folder: Path) -> None:
    """Standard error is a terminal here, standard output is not: --json stays alone on the latter."""
    main, side = pty.openpty()
    with subprocess.Popen(
        command("run", *ON_HEAP, "--json"), cwd=folder, stdout=subprocess.PIPE, stderr=side
    ) as process:
        os.close(side)
        drawn = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            drawn += piece
        assert process.stdout is not None
        document = json.loads(process.stdout.read())
    os.close(main)
    assert document["verdict"] == "valid"
    assert b"run 1 of 1: quick: lamport, 3 nodes, seed 1" in drawn


# ---- the main job, over TCP -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_shipped_experiment_runs_in_an_empty_folder(tmp_path: Path) -> None:
    done = typed(tmp_path, "run", "lamport_bank", "--repeat", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    [row] = json.loads(done.stdout)["runs"]
    assert (row["verdict"], row["engine"], row["messages_per_entry"], row["claimed_messages_per_entry"]) == (
        "valid",
        "tcp",
        6,
        6,
    )
    ledger = typed(tmp_path, "show", "results/latest", "--ledger")
    assert (ledger.returncode, ledger.stderr) == (0, "")
    assert "all 3 nodes hold the same chain" in ledger.stdout


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "terminate", "hang-up"])
def test_an_interrupted_run_says_what_is_kept_and_leaves_no_process(tmp_path: Path, how: signal.Signals) -> None:
    text = QUICK.replace("quick", "slow").replace("engine: heap", "repeat: 50").replace("1ms", "20ms")
    (tmp_path / "slow.yaml").write_text(text)
    process = subprocess.Popen(
        command("run", "slow.yaml"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=lambda: signal.signal(how, signal.SIG_DFL),  # nohup would have it ignored
    )  # fmt: skip
    runs = tmp_path / "results" / "slow"
    deadline = time.monotonic() + 60
    while not list(runs.glob("*/runs/[0-9]*/summary.json")):
        assert time.monotonic() < deadline, "no run has ended"
        time.sleep(0.02)  # there is nothing to wait on but the file that another process will write
    process.send_signal(how)
    out, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert re.fullmatch(
        r"mxbench: interrupted; the \d+ of 50 runs that ended are kept in '(results/slow/[^']+)'; "
        r"continue with: mxbench run \1\n",
        told,
    )
    assert out == ""
    assert not list(runs.glob("*/runs/.*"))
    assert json.loads((tmp_path / "results" / "latest" / "summary.json").read_text())["interrupted"]
    while _members(process.pid):  # killed, but perhaps not yet gone
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("stem", ["raises_in_handler", "enters_without_request", "not_plain_data", "wrong_signature"])
def test_a_plugin_that_breaks_the_contract_exits_2_and_names_its_line(folder: Path, stem: str) -> None:
    plugin = HERE / "broken" / f"{stem}.py"
    name = stem.replace("_", "-")
    done = typed(
        folder, "run", "quick.yaml", "--plugin", str(plugin), "--set", f"algorithm={name}", "--engine", "tcp", "--json"
    )
    assert done.returncode == 2
    [row] = json.loads(done.stdout)["runs"]
    assert (row["verdict"], row["failed"]) == ("undecided", "contract")
    assert re.search(rf"{stem}\.py:\d+: .*node \d, step \d", row["failure"])
    assert "Traceback" not in done.stderr


def _members(session: int) -> list[str]:
    """Return the processes of a session that are left, by their names."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        if fields and fields[3] == str(session) and fields[0] != "Z":
            found.append(name)
    return found
