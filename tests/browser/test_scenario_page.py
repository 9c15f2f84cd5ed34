"""The page of a scenario or a trace as a person meets it: gone through step by step with the keyboard."""

import json
from pathlib import Path
from typing import Any

import pytest
from chromium import Page
from small_pages import ARROWS, BROKEN, HOSTILE, SAID
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_scenario_has_its_whole_width_on_a_narrow_page(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    CliRunner().invoke(app, ["check", str(BROKEN / "current_clock.py"), "--save", str(file)])
    page.open(mxbench.report(file), width=480)
    wide, below = page.run("""(() => {
        const box = (one) => document.querySelector(one).getBoundingClientRect();
        const [picture, panel] = [box(".diagram"), box(".panel")];
        return [picture.width, panel.top - picture.bottom];
    })()""")
    assert wide > 440
    assert below > 0


def test_hostile_messages_stay_text(page: Page, tmp_path: Path) -> None:
    trace: list[dict[str, Any]] = [
        {"event": "request", "node": 0, "text": HOSTILE, "sends": [[1, f"Ask({HOSTILE})"]],
         "state": {HOSTILE: ["", HOSTILE]}},
        {"event": "deliver", "node": 1, "sender": 0, "message": f"Ask({HOSTILE})"},
    ]  # fmt: skip
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"algorithm": HOSTILE, "nodes": 2, "verdict": "violated", "trace": trace}))
    page.open(mxbench.report(file))
    page.hover(".diagram [data-m] .reach")
    assert page.complaints == []
    assert page.run("typeof window.hacked") == "undefined"
    assert "\u202e" not in page.run("document.body.textContent")


def test_a_scenario_is_gone_through_with_the_keyboard(page: Page, tmp_path: Path) -> None:
    answer = mxbench.check(BROKEN / "current_clock.py")
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer))
    page.open(mxbench.report(file))
    page.run("document.querySelector('.diagram').focus()")
    doing = "[...document.querySelectorAll('.doing')].map((one) => one.textContent)"
    names = {True: "inside", False: "outside"}
    for key, steps in (("p", answer["trace"][::-1]), ("n", answer["trace"])):
        for step in steps:
            assert page.run(SAID) == f"step {step['step']} of 10: {step['text']}"
            expected = [
                "waiting" if node in step.get("waiting", ()) else names[node in step.get("inside", ())]
                for node in range(3)
            ]
            assert page.run(doing) == expected
            page.press(key)  # at either end it stays there
    assert page.run(SAID).startswith("step 10 of 10")
    page.press("p")
    assert page.run(SAID).startswith("step 9 of 10")


def test_a_counterexample_opens_with_its_violation_in_sight(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    command = ["check", str(BROKEN / "replies_while_inside.py"), "--nodes", "2", "--save", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 1
    page.open(mxbench.report(file))
    assert page.run(SAID).startswith("step 6 of 6: node 0 receives Reply(2) from 1, ENTERS")
    assert page.run("document.querySelectorAll('.diagram .dim, .diagram .under-way').length") == 0
    assert page.run(ARROWS) == 4
    assert page.run("document.querySelectorAll('.doing.inside.together').length") == 2
    ends = page.run("""[...document.querySelectorAll(".diagram .stay .inside")].map((one) => {
        const box = one.getBoundingClientRect();
        return [box.left, box.right];
    })""")
    assert len(ends) == 2, "both stays are drawn"
    assert max(left for left, _ in ends) < min(right for _, right in ends), "and one sees that they overlap"


def test_a_long_scenario_opens_at_its_last_steps(page: Page, tmp_path: Path) -> None:
    trace = [{"event": "release" if i % 2 else "request", "node": 0, "text": f"t{i}"} for i in range(100)]
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"algorithm": "long", "nodes": 2, "verdict": "violated", "trace": trace}))
    page.open(mxbench.report(file))
    assert page.run(SAID) == "step 100 of 100: t99"
    assert page.run("document.querySelector('.diagram .axis').textContent").endswith("step 100")


def test_a_scenario_shows_the_states_of_the_nodes_beside_it(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    done = CliRunner().invoke(app, ["check", str(BROKEN / "current_clock.py"), "--save", str(file)])
    assert done.exit_code == 1
    page.open(mxbench.report(file))
    assert (tmp_path / "scenario.html").is_file()
    page.run("document.querySelector('.diagram').focus()")
    states = "[...document.querySelectorAll('.state')].map((one) => one.innerText)"
    for _ in range(9):
        page.press("p")
    before = page.run(states)
    page.press("n")
    after = page.run(states)
    assert page.run(SAID).startswith("step 2 of 10: node 0 receives Request(1) from 1")
    assert [i for i in range(3) if before[i] != after[i]] == [0]
    assert "highest = 1" in after[0]
