"""Properties that are asked for by name: judged on every state, told as the others are, and free where none is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mxbench import check
from mxbench.check.text import render
from mxbench.core.property import Moment, Property
from mxbench.errors import ExperimentError, PluginError
from mxbench_plugins.ricart_agrawala import RicartAgrawala

PLUGIN = '''
from mxbench import hookimpl
from mxbench.core.property import Moment, Property


class Polite(Property):
    """Whoever waits does not hold a reply back for ever: at most one is deferred."""

    name = "polite"

    def holds(self, moment: Moment) -> bool:
        return all(len(node.deferred) < 2 for node in moment.nodes)


@hookimpl
def mxbench_properties():
    return [Polite]
'''


class Untouched(Property):
    """Fails for what a moment must have: one of each of its fields, right."""

    name = "untouched"

    def holds(self, moment: Moment) -> bool:
        node = moment.nodes[0]
        assert isinstance(node, RicartAgrawala)
        assert moment.requests == (1, 1)
        asked = 1 - moment.requests_left[0]
        assert node.requesting == (0 in moment.waiting or 0 in moment.inside)
        assert asked == (node.ours > 0), "the state of the algorithm is that of this moment"
        sent = [known for known in moment.in_flight if type(known.message).__name__ == "Request"]
        assert all(moment.requests_left[known.sender] == 0 for known in sent)
        return node.highest < 2


class NeverTwice(Property):
    """Two are inside together: what no right algorithm lets happen."""

    name = "never-twice"
    kind = "sometimes"

    def holds(self, moment: Moment) -> bool:
        return len(moment.inside) > 1


def test_a_property_that_raises_is_told_as_such() -> None:
    class Raises(Property):
        name = "raises"
        kind = "always"

        def holds(self, moment: Moment) -> bool:
            raise KeyError(moment.waiting)

    with pytest.raises(PluginError, match=r"the property 'raises' failed: KeyError: \(\)"):
        check("lamport", nodes=2, requests=1, properties=[Raises])


def test_an_always_property_is_violated_by_the_shortest_trace() -> None:
    found = check("ricart-agrawala", properties=["one-a-channel"])
    assert (found["verdict"], found["property"], len(found["trace"])) == ("violated", "one-a-channel", 3)
    assert [step["event"] for step in found["trace"]] == ["request", "deliver", "request"]
    assert found["properties"] == [
        {"name": "one-a-channel", "kind": "always", "verdict": "violated", "depth": None},
    ]
    assert "VIOLATED (one-a-channel)" in render(found)


def test_an_always_property_that_holds_leaves_the_search_as_it_is() -> None:
    plain, judged = (check("lamport", requests="1,0", properties=names) for names in ((), ["one-a-channel"]))
    assert judged["properties"][0]["verdict"] == "valid"
    for field in ("verdict", "states", "transitions", "depth"):
        assert plain[field] == judged[field]


def test_a_sometimes_property_is_met_at_some_depth_or_else_violated() -> None:
    met = check("ricart-agrawala", requests=1, properties=["everybody-waits"])
    assert (met["verdict"], met["properties"][0]["depth"]) == ("valid", 3)
    assert "first after 3 steps" in render(met)
    never = check("ricart-agrawala", requests=1, properties=[NeverTwice])
    assert (never["verdict"], never["property"], never["trace"]) == ("violated", "never-twice", [])
    assert "'never-twice' holds in no state" in never["text"]


class Alive(Property):
    """No node crashed."""

    name = "alive"

    def holds(self, moment: Moment) -> bool:
        return None not in moment.nodes


class NorThree(NeverTwice):
    """Another one that is never met."""

    name = "nor-three"


def test_all_that_was_asked_for_is_judged_by_a_search_in_which_something_is_never_met() -> None:
    found = check("ricart-agrawala", nodes=2, properties=[NeverTwice, NorThree, "one-a-channel", "everybody-waits"])
    assert found["property"] == "one-a-channel", "a search that ends at a violation has not seen all"
    assert [known["verdict"] for known in found["properties"][:2]] == ["undecided", "undecided"]
    found = check("ricart-agrawala", nodes=2, properties=[NeverTwice, NorThree, Alive, "everybody-waits"])
    assert found["property"] == "never-twice"
    assert [known["verdict"] for known in found["properties"]] == ["violated", "violated", "valid", "valid"]


def test_a_sometimes_property_that_was_not_met_within_a_limit_is_undecided() -> None:
    found = check("ricart-agrawala", requests=1, properties=[NeverTwice], limit_states=50)
    assert (found["verdict"], found["properties"][0]["verdict"]) == ("undecided", "undecided")


def test_a_moment_is_what_the_nodes_and_channels_are() -> None:
    found = check(RicartAgrawala, nodes=2, requests=1, properties=[Untouched])
    assert (found["property"], len(found["trace"])) == ("untouched", 3), "2 is in the request that came after another"


@pytest.mark.slow
def test_nothing_is_forgotten_when_a_property_reads_the_states() -> None:
    found = check("lamport", requests=1, properties=["everybody-waits"], limit_states=20_000)
    assert (found["forget"], found["limit"]) == (None, "20,000 states")


def test_mxbench_properties_brings_one_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "polite.py"
    file.write_text(PLUGIN)
    command = [sys.executable, "-m", "mxbench", "check", "ricart-agrawala", "--requests", "1", "--plugin", str(file)]
    done = subprocess.run(
        [*command, "--property", "polite", "--property", "everybody-waits", "--json"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["property"] == "polite"
    assert [known["verdict"] for known in found["properties"]] == ["violated", "valid"]


def test_a_property_that_is_not_known_is_named_with_those_that_are() -> None:
    with pytest.raises(ExperimentError, match="no property named 'one-channel'; did you mean 'one-a-channel'"):
        check("lamport", properties=["one-channel"])


def test_a_property_with_the_name_of_one_that_is_always_judged_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "polite.py"
    file.write_text(PLUGIN.replace('"polite"', '"contract"'))
    with pytest.raises(PluginError, match="the name 'contract' is that of a property that is always judged"):
        check("ricart-agrawala", plugins=[file])
