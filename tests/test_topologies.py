"""Trees: their shape, turned towards any node, and what an experiment may say of where an algorithm starts."""

from collections import Counter
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from planned import experiment, plans, refusal

from mxbench.check.answer import check
from mxbench.check.question import parse_question
from mxbench.core.topologies import TOPOLOGIES, Tree, distance, rooted_at
from mxbench.errors import ExperimentError, PluginError
from mxbench.registry import Registry
from mxbench_plugins.raymond import Raymond

SIZES = (1, 2, 3, 4, 7, 12)


def edges(tree: Tree) -> set[frozenset[int]]:
    return {frozenset((node, other)) for node, other in enumerate(tree) if node != other}


def all_distances(tree: Tree) -> dict[tuple[int, int], float]:
    """Floyd and Warshall's, which knows nothing of trees."""
    n = len(tree)
    far = {(a, b): 0.0 if a == b else float("inf") for a, b in product(range(n), repeat=2)}
    for a, b in map(tuple, edges(tree)):
        far[a, b] = far[b, a] = 1
    for middle, a, b in product(range(n), repeat=3):
        far[a, b] = min(far[a, b], far[a, middle] + far[middle, b])
    return far


# ---- the trees ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_a_topology_joins_all_nodes_without_a_circle(name: str, n: int) -> None:
    tree = TOPOLOGIES[name](n, Random(3))
    assert len(tree) == n
    assert len(edges(tree)) == n - 1
    assert max(all_distances(tree).values()) < n, "all can reach each other"


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_turned_towards_a_node_it_is_the_same_tree_with_that_root(name: str, n: int) -> None:
    tree = TOPOLOGIES[name](n, Random(5))
    for root in range(n):
        turned = rooted_at(tree, root)
        assert edges(turned) == edges(tree)
        assert [node for node in range(n) if turned[node] == node] == [root]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_the_distance_is_the_number_of_edges_between_two_nodes(name: str, n: int) -> None:
    tree = rooted_at(TOPOLOGIES[name](n, Random(7)), n // 2)
    assert {(a, b): distance(tree, a, b) for a, b in product(range(n), repeat=2)} == all_distances(tree)


def test_star_line_and_binary_are_what_they_are_called() -> None:
    shapes = {name: TOPOLOGIES[name](7, Random()) for name in ("star", "line", "binary")}
    assert shapes == {"star": (0,) * 7, "line": (0, 0, 1, 2, 3, 4, 5), "binary": (0, 0, 0, 1, 1, 2, 2)}


def test_a_random_tree_is_each_tree_as_often() -> None:
    draw, drawn = Random(1), 16_000
    counts = Counter(frozenset(edges(TOPOLOGIES["random"](4, draw))) for _ in range(drawn))
    assert len(counts) == 4**2, "Cayley: n ** (n - 2) trees on n nodes"
    squares = sum((count - drawn / 16) ** 2 / (drawn / 16) for count in counts.values())
    assert squares < 37.7, "chi-square of 15 degrees of freedom, 0.1 %"


def test_a_random_tree_is_that_of_its_seed() -> None:
    first, again, other = (TOPOLOGIES["random"](9, Random(seed)) for seed in (1, 1, 2))
    assert first == again != other


# ---- in an experiment -----------------------------------------------------------------------------------------------


def test_the_default_is_the_algorithms_tree_with_node_0_as_the_holder(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment(algorithm="raymond"))
    assert (plan.topology, plan.holder, plan.towards) == ("star", 0, (0, 0, 0))
    [plan] = plans(tmp_path, experiment())
    assert (plan.topology, plan.holder, plan.towards) == (None, 0, ())


def test_topology_and_holder_are_kept_in_the_plan(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment(algorithm="{name: raymond, topology: line, holder: 2}"))
    assert (plan.topology, plan.holder, plan.towards) == ("line", 2, (1, 2, 2))


def test_a_random_tree_and_holder_are_others_for_each_seed_and_the_same_again(tmp_path: Path) -> None:
    text = experiment(algorithm="{name: neilsen-mizuno, topology: random, holder: random}", more="repeat: 40")
    made = plans(tmp_path, text.replace("nodes: 3", "nodes: 5"))
    assert {plan.holder for plan in made} == set(range(5)), "every node is the holder now and then"
    assert len({plan.towards for plan in made}) > 30
    assert all(plan.towards[plan.holder] == plan.holder for plan in made)
    assert [plan.towards for plan in made] == [
        plan.towards for plan in plans(tmp_path, text.replace("nodes: 3", "nodes: 5"))
    ]
    later = plans(tmp_path, text.replace("nodes: 3", "nodes: 5").replace("repeat: 40", "repeat: 1\nseed: 7"))
    assert (later[0].holder, later[0].towards) == (made[6].holder, made[6].towards), "the seed alone decides"


def test_the_holder_is_the_same_for_every_algorithm(tmp_path: Path) -> None:
    text = "name: x\nnodes: 9\nrepeat: 9\nworkload: {type: hold, entries_per_node: 4}\nmatrix: {algorithm: [%s]}\n"
    each = [f"{{name: {name}, holder: random}}" for name in ("raymond", "neilsen-mizuno", "coordinator")]
    made = plans(tmp_path, text % ", ".join(each))
    holders = {(plan.seed, plan.holder) for plan in made}
    assert len(made) == 27
    assert len(holders) == 9


def test_a_server_is_the_holder_and_stands_behind_the_nodes(tmp_path: Path) -> None:
    text = experiment("type: counter, entries_per_node: 4", "{name: coordinator, server: true}")
    [plan] = plans(tmp_path, text)
    assert (plan.holder, plan.algorithm_servers, plan.servers, plan.guard) == (3, 1, 1, 4)
    assert list(plan.places) == [0, 1, 2, 3, 4]
    [plan] = plans(tmp_path, text.replace("true", "false"))
    assert (plan.holder, plan.algorithm_servers, plan.guard) == (0, 0, 3)


@pytest.mark.parametrize(
    ("algorithm", "says"),
    [
        ("{name: lamport, topology: star}", "topology: 'star': lamport does not work on a tree; take the key out"),
        ("{name: lamport, holder: 1}", "holder: 1: lamport starts without a token; take the key out"),
        ("{name: lamport, server: true}", "server: true: lamport has no server; take the key out"),
        ("{name: raymond, topology: stra}", "topology: 'stra' is not one of star, line, binary, random; did you mean"),
        ("{name: raymond, holder: 3}", "holder: 3: nodes are 0 to 2"),
        ("{name: raymond, holder: centre}", "holder: 'centre' is not a node, or random"),
        ("{name: raymond, holder: true}", "holder: 'true' is not a node, or random"),
        ("{name: coordinator, server: true, holder: 1}", "holder: 1: with 'server: true' it is the server; take one"),
        ("{name: coordinator, server: 1}", "server: '1' is not true or false"),
    ],
)
def test_what_an_algorithm_has_no_use_for_is_refused(tmp_path: Path, algorithm: str, says: str) -> None:
    assert f"x.yaml:2: algorithm.{says}" in refusal(tmp_path, experiment(algorithm=algorithm))


def test_a_refusal_is_told_once_for_all_settings_of_a_sweep(tmp_path: Path) -> None:
    text = experiment(algorithm="{name: raymond, holder: 9}", more="matrix: {seed: [1, 2], nodes: [3, 4]}")
    told = refusal(tmp_path, text.replace("nodes: 3\n", "", 1))
    assert told.splitlines() == [
        "x.yaml:2: algorithm.holder: 9: nodes are 0 to 2", "x.yaml:2: algorithm.holder: 9: nodes are 0 to 3",
    ]  # fmt: skip


# ---- under the checker ----------------------------------------------------------------------------------------------


def test_the_checker_takes_topology_holder_and_server() -> None:
    question = parse_question("raymond", topology="line", holder="2")
    assert (question.topology, question.holder, question.towards) == ("line", 2, (1, 2, 2))
    question = parse_question("coordinator", server="true")
    assert (question.holder, question.server, question.places) == (3, True, 4)
    found = check("raymond", requests=1, topology="binary", holder=1)
    assert (found["topology"], found["holder"], found["towards"], found["server"]) == ("binary", 1, [1, 1, 0], False)


@pytest.mark.parametrize(
    ("algorithm", "settings", "says"),
    [
        ("lamport", {"topology": "star"}, "topology=star: lamport does not work on a tree"),
        ("lamport", {"holder": 1}, "holder=1: lamport starts without a token"),
        ("lamport", {"server": True}, "server=True: lamport has no server"),
        ("raymond", {"topology": "ring"}, "topology=ring: it is one of star, line, binary, random"),
        ("raymond", {"holder": 3}, "holder=3: nodes are 0 to 2"),
        ("raymond", {"holder": "random"}, "holder=random: nodes are 0 to 2"),
        ("coordinator", {"server": "yes"}, "server=yes: it is true or false"),
        ("coordinator", {"server": True, "holder": 0}, "holder=0: with server=true it is the server; leave one"),
    ],
)
def test_the_checker_says_what_it_cannot_be_asked(algorithm: str, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ExperimentError, match="=") as caught:
        check(algorithm, **settings)
    assert says in str(caught.value)


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("algorithm", ["raymond", "neilsen-mizuno"])
def test_algorithms_on_a_tree_are_right_on_every_one_wherever_the_token_is(algorithm: str, topology: str) -> None:
    for holder in (0, 2):
        found = check(algorithm, 4, 1, "reordering", topology=topology, holder=holder)
        assert found["verdict"] == "valid", found["text"]


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("topology = 'ring'", "4: Odd.topology is 'ring'; write one of star, line, binary, random, or leave it out"),
        ("topology, can_have_server = 'star', True", "4: Odd.can_have_server: a server stands on no tree; leave top"),
    ],
)
def test_a_plugin_that_declares_what_cannot_be_is_refused(tmp_path: Path, declared: str, says: str) -> None:
    file = tmp_path / "odd.py"
    file.write_text(
        "from mxbench import Algorithm, hookimpl\n\n\n"
        f"class Odd(Algorithm):\n    name = 'odd'\n    {declared}\n\n\n"
        "@hookimpl\ndef mxbench_algorithms():\n    return [Odd]\n"
    )
    with pytest.raises(PluginError) as caught:
        Registry((str(file),))
    assert f"{file}:{says}" in str(caught.value)


def test_the_claims_name_d_is_the_mean_distance_from_entry_to_entry(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment(algorithm="{name: raymond, topology: line, holder: 2}"))
    assert plan.names([0, 0, 1, 2])["d"] == (2 + 0 + 1 + 1) / 4
    assert plan.names([])["d"] == 0
    assert Raymond.messages_per_entry["uncontended"] == "2 * d"
