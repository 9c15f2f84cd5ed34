"""What a plugin's file may do wrong before any of it is asked: each is told in one sentence, with its line."""

import re
from pathlib import Path

import pytest

from mxbench.errors import PluginError
from mxbench.registry import Registry

PLUGIN = """from mxbench import Algorithm, hookimpl
class Mine(Algorithm):
    name = "mine"
    {field}
    def on_request(self, request, out):
        out.enter()
@hookimpl
def mxbench_algorithms():
    {body}
"""
RIGHT = {"field": "n = 0", "body": "return [Mine]"}
WRONG = {
    "a class": ({"body": "return Mine"}, ":7: mxbench_algorithms returned <class '.*Mine'>; it must return a list"),
    "a number": ({"body": "return 3"}, ":7: mxbench_algorithms returned 3; it must return a list of classes"),
    "no class": ({"body": "return [3]"}, ": mxbench_algorithms returned 3; it must return classes"),
    "an error": ({"body": "raise ValueError('boo')"}, ":7: mxbench_algorithms raises ValueError: boo"),
    "an exit": ({"body": "raise SystemExit(0)"}, ":7: mxbench_algorithms raises SystemExit: 0"),
    "a broken claim": (
        {"field": "messages_per_entry = '2 * (m'"},
        r":2: Mine.messages_per_entry: '2 \* \(m' is not an expression like",
    ),
    "an unknown name in a claim": (
        {"field": "response_time = {'uncontended': ['1', 'mean(m)']}"}, ":2: Mine.response_time: 'm' is not known here",
    ),
    "a handler that is a coroutine": (
        {"field": "async def on_release(self, out): pass"}, ":2: Mine.on_release does nothing when it is called",
    ),
    "a handler that yields": (
        {"field": "def on_message(self, sender, message, out): yield"}, ":2: Mine.on_message does nothing when it is",
    ),
    "a range of three": (
        {"field": "messages_per_entry = ['1', '2', '3']"}, r":2: Mine.messages_per_entry: .* is not a range; write",
    ),
}  # fmt: skip


def written(place: Path, text: str) -> str:
    file = place / "mine.py"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_a_hook_or_a_claim_that_is_wrong_is_told_with_its_line(
    change: dict[str, str], said: str, tmp_path: Path
) -> None:
    file = written(tmp_path, PLUGIN.format(**RIGHT | change))
    with pytest.raises(PluginError, match=re.escape(file) + said):
        Registry((file,))


def test_a_workload_whose_handler_is_a_coroutine_is_told(tmp_path: Path) -> None:
    text = """from mxbench import Workload, hookimpl
class Mine(Workload):
    name = "mine"
    async def on_entered(self, entry, out): pass
@hookimpl
def mxbench_workloads():
    return [Mine]
"""
    with pytest.raises(PluginError, match=r"mine\.py:2: Mine\.on_entered does nothing when it is called"):
        Registry((written(tmp_path, text),))


@pytest.mark.parametrize("status", ["", "0", "3"])
def test_a_file_that_exits_is_told_and_ends_nothing(status: str, tmp_path: Path) -> None:
    file = written(tmp_path, f"import sys\nsys.exit({status})\n")
    with pytest.raises(PluginError, match=r"mine\.py:2: it does not import: SystemExit"):
        Registry((file,))


def test_a_claim_that_has_no_value_for_some_numbers_of_nodes_can_be_read(tmp_path: Path) -> None:
    for place, claim in enumerate(("1 / (n - 7)", "harmonic(n / 2)", "log2(n - 9)")):
        change = {"field": f"messages_per_entry = '{claim}'", "body": "return [Mine]"}
        folder = tmp_path / str(place)
        folder.mkdir()
        assert "mine" in Registry((written(folder, PLUGIN.format(**change)),)).all("algorithms")


def test_a_hook_that_is_misspelt_is_told_with_what_was_meant(tmp_path: Path) -> None:
    file = written(tmp_path, PLUGIN.format(**RIGHT).replace("mxbench_algorithms", "mxbench_algorithmz"))
    with pytest.raises(
        PluginError, match=r":7: there is no hook 'mxbench_algorithmz'; did you mean 'mxbench_algorithms'\?"
    ):
        Registry((file,))
