"""Bad input, typed at the real command: each message is read whole, and nothing is left behind.

The rules themselves are held by test_source, test_schema, test_planning and test_transfers_file; here a person types.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

GOOD = """name: x
algorithm: lamport
nodes: 3
engine: sim
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
"""
BANK = GOOD.replace("{type: hold, entries_per_node: 4, dwell: 1ms}", "{type: bank, transfers: t.csv}")
NODES = "is not a whole number from 1 to 10000"
UNIT = "a number and a unit (ns, us, ms, s, m, h), like '2ms'"
FOLDER_NAME = "is not a name that a folder can have: up to 80 letters, digits, '_', '-' and '.', no '..'"
TAKEN = "is not a name of its own; in a folder of results these are taken: "
TAKEN += "latest, index.html, scenarios, benchmarks, grades"


def nodes(value: str) -> bytes:
    return GOOD.replace("nodes: 3", f"nodes: {value}").encode()


def dwell(value: str) -> bytes:
    return GOOD.replace("dwell: 1ms", f"dwell: {value}").encode()


def named(value: str) -> bytes:
    return GOOD.replace("name: x", f"name: {value}").encode()


# What is in the file, and all that is said of it.
FILES: dict[str, tuple[bytes, str]] = {
    "algorithm": (
        GOOD.replace("lamport", "lamprot").encode(),
        "x.yaml:2: algorithm: there is no algorithm named 'lamprot'; did you mean 'lamport'? ('mxbench list "
        "algorithms' shows all; an algorithm of your own comes in with --plugin FILE.py)",
    ),
    "workload": (
        GOOD.replace("hold", "hodl").encode(),
        "x.yaml:5: workload.type: there is no workload named 'hodl'; did you mean 'hold'? ('mxbench list workloads' "
        "shows all; a workload of your own comes in with --plugin FILE.py)",
    ),
    "key": (GOOD.encode() + b"sede: 1\n", "x.yaml:6: sede: there is no such key; did you mean 'seed'?"),
    "type": (nodes("three"), f"x.yaml:3: nodes: 'three' {NODES}"),
    "nodes-0": (nodes("0"), f"x.yaml:3: nodes: '0' {NODES}"),
    "nodes-negative": (nodes("-1"), f"x.yaml:3: nodes: '-1' {NODES}"),
    "nodes-fraction": (nodes("1.5"), f"x.yaml:3: nodes: '1.5' {NODES}"),
    "nodes-octal": (nodes("017"), f"x.yaml:3: nodes: '017' {NODES}; write 17, or 15 if it was meant as octal"),
    "nodes-exponent": (nodes("1e3"), f"x.yaml:3: nodes: '1e3' {NODES}; write 1000"),
    "nodes-list": (
        nodes("[3, 5]"),
        f"x.yaml:3: nodes: '[3, 5]' {NODES}; to run with each of them, write 'matrix: {{nodes: [3, 5]}}'",
    ),
    "duration-unit": (dwell("5"), "x.yaml:5: workload.dwell: '5': a duration needs a unit: write '5ms' or '5s'"),
    "duration-negative": (dwell("-2ms"), f"x.yaml:5: workload.dwell: '-2ms': not a duration; write {UNIT}"),
    "duration-nan": (dwell(".nan"), f"x.yaml:5: workload.dwell: '.nan': not a duration; write {UNIT}"),
    "projective-plane": (
        nodes("8").replace(b"lamport", b"{name: maekawa, quorums: projective-plane}"),
        "x.yaml:2: algorithm.quorums: there is no projective plane of 8 nodes; there is one for 1, 3, 7, 13, 21, 31, "
        "57, 73 and 91",
    ),
    "broken": (
        b"name: [x\nnodes: 3\n",
        "x.yaml:2: broken YAML: the '[' of line 1 is not closed before this; is a ']' or a ',' missing?",
    ),
    "list": (b"- name: x\n", "x.yaml:1: it holds a list; an experiment is a mapping of keys: 'name: ...'"),
    "bomb": (
        b"a: &a [x]\nb: *a\n",
        "x.yaml:1: the anchor '&a' is not allowed; write each value out\n"
        "x.yaml:2: the alias '*a' is not allowed; write the value out",
    ),
    "object": (
        b"name: !!python/object/apply:os.mkdir [owned]\n",
        "x.yaml:1: the tag '!!python/object/apply:os.mkdir' is not allowed; an experiment is plain data",
    ),
    "deep": (b"a: " + b"[" * 1000 + b"]" * 1000, "x.yaml:1: nested over 50 deep"),
    "large": (b"a: " + b"x" * 10_000_000, "x.yaml: 10,000,003 bytes; an experiment has at most 1,000,000"),
    "duplicate": (GOOD.encode() + b"nodes: 5\n", "x.yaml:6: nodes: given twice, first in line 3; keep one"),
    "empty": (b"", "x.yaml: it is empty; an experiment needs at least name, algorithm, nodes and workload"),
    "name-taken": (named("index.html"), f"x.yaml:1: name: 'index.html' {TAKEN}"),
    "nodes-of-the-engine": (
        nodes("1001").replace(b"engine: sim", b"engine: tcp"),
        "x.yaml:3: nodes: '1001': the engine tcp takes up to 1000",
    ),
    "name-slash": (named("a/b"), f"x.yaml:1: name: 'a/b' {FOLDER_NAME}"),
    "name-newline": (named('"a\\nb"'), f"x.yaml:1: name: 'a\\nb' {FOLDER_NAME}"),
    "name-parent": (named("../../etc"), f"x.yaml:1: name: '../../etc' {FOLDER_NAME}"),
    "name-control": (named('"a\\eb"'), "x.yaml:1: the value 'a\\x1bb' holds a control character"),
}
ROW = "client,payee,amount\n0,1,1.00\n"
TRANSFERS: dict[str, tuple[bytes, str]] = {
    "negative": (f"{ROW}1,2,-1.00\n".encode(), "t.csv:3: amount: '-1.00' is negative; an amount of money is not"),
    "zero": (f"{ROW}1,2,0\n".encode(), "t.csv:3: amount: '0' is nothing; transfer at least 0.01"),
    "word": (
        f"{ROW}1,2,abc\n".encode(),
        "t.csv:3: amount: 'abc' is not an amount of money; write digits and up to two decimals, like 10.00",
    ),
    "sub-cent": (
        f"{ROW}1,2,0.001\n".encode(),
        "t.csv:3: amount: '0.001' has fractions of a cent; write at most two decimals, like 10.00",
    ),
    "self": (f"{ROW}1,1,1.00\n".encode(), "t.csv:3: payee: client 1 transfers to itself; name another one"),
    "unknown-payee": (f"{ROW}1,9,1.00\n".encode(), "t.csv:3: payee: '9' is no client; clients are 0 to 2"),
    "windows-line-ends": (
        ROW.replace("\n", "\r\n").encode() + b"1,9,1.00\r\n",
        "t.csv:3: payee: '9' is no client; clients are 0 to 2",
    ),
    "byte-order-mark": (
        b"\xef\xbb\xbf" + ROW.encode() + b"1,9,1.00\n",
        "t.csv:3: payee: '9' is no client; clients are 0 to 2",
    ),
    "quoted-newline": (
        f'{ROW}1,"2\n",1.00\n1,9,1.00\n'.encode(),
        "t.csv:5: payee: '9' is no client; clients are 0 to 2",
    ),
    "open-quote": (f'{ROW}1,"2,1.00\n'.encode(), "t.csv:3: not CSV: unexpected end of data"),
}
FLAGS: dict[str, tuple[list[str], str]] = {
    "missing": (
        ["none.yaml"], "'none.yaml': there is no such file, and no shipped experiment of that name (shipped: ",
    ),
    "set-octal": (
        ["x.yaml", "--set", "nodes=017"],
        f"--set nodes=017: '017' {NODES}; write 17, or 15 if it was meant as octal",
    ),
    "set-broken": (
        ["x.yaml", "--set", "nodes=[3"],
        "--set nodes=[3: broken YAML: the '[' is not closed before this; is a ']' or a ',' missing?",
    ),
    "results-file": (
        ["x.yaml", "--results", "x.yaml"], "the results folder 'x.yaml' cannot be written: Not a directory",
    ),
    "results-nowhere": (["x.yaml", "--results", "/dev/null/x"], "the results folder '/dev/null/x' cannot be written: "),
}  # fmt: skip


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mxbench", *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )


# One process for all that is typed of a kind, as each would take half a second; `run` below is what it types.
TYPIST = """
import os, sys
from mxbench.__main__ import main
for name in sorted(os.listdir()):
    os.chdir(name)
    sys.argv = ["mxbench", "run", *open("../../" + name + ".arguments").read().split("\\n")]
    print("[" + name, file=sys.stderr, flush=True)
    try:
        main()
    except SystemExit as end:
        print(end.code, sorted(os.listdir()), file=sys.stderr, flush=True)
    os.chdir("..")
"""
Said = dict[str, tuple[str, str]]


def type_all(folder: Path, cases: dict[str, tuple[list[str], dict[str, bytes]]]) -> Said:
    """Type each command in a folder of its own with these files; return what is said, and the status and files left."""
    work = folder / "work"
    for name, (arguments, contents) in cases.items():
        (work / name).mkdir(parents=True)
        (folder / f"{name}.arguments").write_text("\n".join(arguments))
        for file, content in contents.items():
            (work / name / file).write_bytes(content)
    done = subprocess.run([sys.executable, "-c", TYPIST], cwd=work, capture_output=True, text=True, timeout=60)
    assert done.stdout == "", "a mistake is told on standard error alone"
    found = {}
    for part in done.stderr.split("\n["):
        name, _, rest = part.lstrip("[").partition("\n")
        said, _, end = rest.rstrip("\n").rpartition("\n")
        found[name] = (said, end)
    return found


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    cases: dict[str, tuple[list[str], dict[str, bytes]]] = {}
    for name, (content, _) in FILES.items():
        cases[f"file-{name}"] = (["x.yaml"], {"x.yaml": content})
    for name, (content, _) in TRANSFERS.items():
        cases[f"transfers-{name}"] = (["x.yaml"], {"x.yaml": BANK.encode(), "t.csv": content})
    for name, (arguments, _) in FLAGS.items():
        cases[f"flag-{name}"] = (arguments, {"x.yaml": GOOD.encode()})
    return type_all(tmp_path_factory.mktemp("typed"), cases)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_told_with_its_line_and_nothing_is_left(said: Said, name: str) -> None:
    lines = "\n".join(f"mxbench: {line}" for line in FILES[name][1].split("\n"))
    assert said[f"file-{name}"] == (lines, "2 ['x.yaml']")


@pytest.mark.parametrize("name", TRANSFERS)
def test_a_bad_transfer_is_told_with_its_line_and_nothing_is_left(said: Said, name: str) -> None:
    text = f"mxbench: x.yaml:5: workload.transfers: {TRANSFERS[name][1]}"
    assert said[f"transfers-{name}"] == (text, "2 ['t.csv', 'x.yaml']")


@pytest.mark.parametrize("name", FLAGS)
def test_a_bad_flag_is_told_and_nothing_is_left(said: Said, name: str) -> None:
    text, end = said[f"flag-{name}"]
    assert text.startswith(f"mxbench: {FLAGS[name][1]}")
    assert end == "2 ['x.yaml']"


def test_a_real_command_says_the_same_and_leaves_nothing(tmp_path: Path) -> None:
    content, text = FILES["nodes-octal"]
    (tmp_path / "x.yaml").write_bytes(content)
    done = typed(tmp_path, "run", "x.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"mxbench: {text}\n")
    assert os.listdir(tmp_path) == ["x.yaml"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or (os.geteuid() == 0 and shutil.which("setpriv") is None),
    reason="root may write everywhere",
)
def test_a_folder_that_may_not_be_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to nobody
        write_into_a_closed_folder(Path(name))


def write_into_a_closed_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "x.yaml").write_text(GOOD)
    (tmp_path / "closed").mkdir(mode=0o555)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*nobody, sys.executable, "-m", "mxbench", "run", "x.yaml", "--results", "closed/results"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stderr == "mxbench: the results folder 'closed/results' cannot be written: Permission denied\n"
    assert (done.returncode, os.listdir(tmp_path / "closed")) == (2, [])


def test_a_disk_without_room_for_a_beginning_is_told(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk; see test_results for one that fills up later."""
    (tmp_path / "x.yaml").write_text(GOOD)
    code = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); from mxbench.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, "run", "x.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    told = r"mxbench: 'results/x/[^']+' cannot be written: File too large; no run had ended, and nothing is kept\n"
    assert re.fullmatch(told, done.stderr)
    assert (done.returncode, list((tmp_path / "results").iterdir())) == (3, [])
