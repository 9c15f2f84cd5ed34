"""The command as a user meets it: what it takes, what it prints, how it ends, and what is left when it is ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attacks import DEADLOCKS, RIGHT, UNSAFE
from graded import RUBRIC, command, environment, grade, processes_in

PLUGINS = Path(__file__).parent.parent.parent / "plugins"
LOOPS = "while True:\n    pass\n"
SHORT = """
name: short
properties:
  - {property: mutual exclusion, points: 1, nodes: 2, requests: 1}
limits: {step: 5s, item: 30s, submission: 60s, memory: 256MB}
"""


def run(*arguments: str, place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mxbench", "grade", *arguments], capture_output=True, text=True, cwd=place,
        env=environment(place), timeout=200,
    )  # fmt: skip


@pytest.mark.slow
def test_bad_input_is_told_in_a_sentence_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "rubric.yaml").write_text(SHORT)
    nothing = run("empty", "--rubric", "rubric.yaml", place=tmp_path)
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert nothing.stderr == "mxbench: empty: it holds no submission: no FILE.py, and no folder with one\n"
    missing = run("nowhere", "--rubric", "rubric.yaml", place=tmp_path)
    assert missing.returncode == 2
    assert "nowhere: not a folder of submissions" in missing.stderr
    unread = run("empty", "--rubric", "none.yaml", place=tmp_path)
    assert unread.returncode == 2
    assert "none.yaml: cannot be read" in unread.stderr


@pytest.mark.slow
def test_files_and_folders_with_one_are_submissions_and_links_are_none(tmp_path: Path) -> None:
    folder = tmp_path / "course"
    for name, texts in {"anna": [RIGHT], "bert": [UNSAFE, RIGHT], "cleo": []}.items():
        (folder / name).mkdir(parents=True)
        for number, text in enumerate(texts):
            (folder / name / f"part{number}.py").write_text(text)
    (folder / "=dora.py").write_text(UNSAFE)
    (folder / "<b>emil.py").write_text(DEADLOCKS)
    (folder / "fritz.py").symlink_to(tmp_path / "rubric.yaml")
    (folder / "notes.txt").write_text("none")
    (tmp_path / "rubric.yaml").write_text(SHORT)
    done = run("course", "--rubric", "rubric.yaml", "--seed", "5", place=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no progress where there is no terminal
    out = tmp_path / "results" / "grades" / "course"
    told = json.loads((out / "grades.json").read_text())
    points = {one["name"]: one["points"] for one in told["submissions"]}
    assert points == {"<b>emil.py": 1, "=dora.py": 0, "anna": 1, "bert": 0, "cleo": 0, "fritz.py": 0}
    faults = {one["name"]: one["fault"] for one in told["submissions"]}
    assert faults["bert"] == "its folder holds 2 Python files; a submission is one"
    assert faults["fritz.py"] == "it is not a file, but a link, a folder or a device"
    assert told["seed"] == 5
    assert "\n'=dora.py,0,1," in (out / "grades.csv").read_text()
    files = sorted(file.name for file in out.iterdir())
    assert files == ["grades.csv", "grades.json", "index.html", "junit.xml", "pages"]
    assert len(list((out / "pages").iterdir())) == 6
    assert "anna" in done.stdout
    assert "seed 5" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_grading_that_is_ended_leaves_no_process_behind(tmp_path: Path, ended: signal.Signals) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "loops.py").write_text(LOOPS)
    (tmp_path / "rubric.yaml").write_text(SHORT)
    judge = subprocess.Popen(
        command(tmp_path / "course", tmp_path / "rubric.yaml", "--out", str(tmp_path / "out")),
        stderr=subprocess.PIPE, env=environment(tmp_path),
    )  # fmt: skip
    try:
        until(lambda: any("confined" in line for line in processes_in(tmp_path / "tmp")))
        judge.send_signal(ended)
        _, error = judge.communicate(timeout=60)
    finally:
        judge.kill()
    until(lambda: not processes_in(tmp_path / "tmp"))
    assert judge.returncode == (-9 if ended == signal.SIGKILL else 130)
    if ended != signal.SIGKILL:
        assert error == b"mxbench: interrupted; no grades were written\n"
        assert list((tmp_path / "tmp").iterdir()) == []


def until(true: object) -> None:
    """Wait for something that has no event to wait for; fail after a minute."""
    deadline = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come to that within a minute"
        os.sched_yield()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_grades(tmp_path: Path) -> None:
    found = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        _, told = grade(tmp_path / name, {"right": RIGHT, "deadlocks": DEADLOCKS}, RUBRIC)
        found.append([(one["name"], one["points"], one["items"]) for one in told["submissions"]])
    assert found[0] == found[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "network"),
    [("lamport", "fifo"), ("maekawa", "fifo"), ("suzuki_kasami", "reordering"), ("raymond", "fifo")],
)
def test_shipped_algorithms_of_every_kind_are_judged_as_the_checker_judges_them(
    tmp_path: Path, file: str, network: str
) -> None:
    from mxbench import check

    text = (PLUGINS / f"{file}.py").read_text()
    rubric = RUBRIC.replace("2 * (n - 1)", "6 * n").replace("requests: 1}", f"requests: 2, network: {network}}}")
    status, told = grade(tmp_path, {file: text}, rubric)
    one = told["submissions"][0]
    assert (status, one["points"], one["fault"]) == (0, 100, None)
    alone = check(file.replace("_", "-"), 2, 2, network, forget=False)
    assert f"holds in all {alone['states']:,} states" in one["items"][1]["text"]


CONTAINERS = {  # what a message holds, as its class says and as the algorithm gives it
    "tuples": ("tuple[int, int]", "(self.ours, 0)", "message.clock[0]"),
    "sets": ("frozenset[int]", "frozenset([self.ours])", "min(message.clock)"),
    "floats": ("float", "self.ours", "int(message.clock)"),
}


@pytest.mark.slow
def test_what_a_message_holds_reaches_a_submission_as_it_does_over_a_wire(tmp_path: Path) -> None:
    texts = {"lodha": (PLUGINS / "lodha_kshemkalyani.py").read_text()}
    plain = (PLUGINS / "ricart_agrawala.py").read_text()
    for name, (kind, given, read) in CONTAINERS.items():
        text = plain.replace("    clock: int", f"    clock: {kind}").replace("Request(self.ours)", f"Request({given})")
        start = text.index("    def on_message")
        texts[name] = text[:start] + text[start:].replace("message.clock", read)
        assert texts[name].count(read) == 4
    status, told = grade(tmp_path, texts)
    assert {one["name"]: (one["points"], one["fault"]) for one in told["submissions"]} == {
        f"{name}.py": (100, None) for name in texts
    }
    assert status == 0


FORGETTING = """
name: forgetting
properties:
  - {name: safe, property: mutual exclusion, points: 1, requests: [2, 1, 0]}
limits: {states: 12000}
"""


@pytest.mark.slow
def test_what_a_submission_says_that_it_may_forget_is_not_believed(tmp_path: Path) -> None:
    text = (PLUGINS / "lamport.py").read_text()  # 37,781 states; with its `forget` 9,981, which would be met
    _, told = grade(tmp_path, {"lamport": text}, FORGETTING)
    [item] = told["submissions"][0]["items"]
    assert item["outcome"] == "undecided"
    assert "12,000 states" in item["text"]
