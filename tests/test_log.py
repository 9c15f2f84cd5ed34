"""The report `log` on histories of the heap loop, with messages of a millisecond."""

import msgspec
import plans
import pytest
from report_runs import MILLISECOND, Greedy, Nagger, Selfish, Talker, bank, one_ms

from mxbench.core.distributions import ZERO
from mxbench.core.history import History
from mxbench.core.plan import Ending, PluginRef
from mxbench.report.log import Log
from mxbench.report.text import cells
from mxbench_plugins.lamport import Lamport

TWO_NODES = """\
lamport, 2 nodes, hold on tcp, seed 1: 2 entries
> enters, < releases, | happens while inside

   ms  node    event
0.000     0    requests
0.000     0    sends Request(clock=1) to 1
0.000     1    requests
0.000     1    sends Request(clock=1) to 0
1.000     0    receives Request(clock=1) from 1
1.000     0    sends Reply(clock=2) to 1
1.000     0  > enters (number 1, stamp (1, 0), waited 1.000 ms)
1.000     1    receives Request(clock=1) from 0
1.000     1    sends Reply(clock=2) to 0
2.000     0  | receives Reply(clock=2) from 1
2.000     0  | meets its timer 'dwell' (workload)
2.000     0  < releases (number 1, inside for 1.000 ms)
2.000     0    sends Release(clock=4) to 1
2.000     1    receives Reply(clock=2) from 0
3.000     1    receives Release(clock=4) from 0
3.000     1  > enters (number 2, stamp (1, 1), waited 3.000 ms)
4.000     1  | meets its timer 'dwell' (workload)
4.000     1  < releases (number 2, inside for 1.000 ms)
4.000     1    sends Release(clock=6) to 0
5.000     0    receives Release(clock=6) from 1"""


def events(text: str) -> list[str]:
    """The lines behind the heading."""
    return text.split("event\n", 1)[1].splitlines()


def with_plan(run: History, **changes: object) -> History:
    return History(msgspec.structs.replace(run.plan, **changes), run.ending, run.nodes)


def test_tells_a_run_of_two_nodes_from_the_requests_to_the_last_message() -> None:
    assert Log().render(plans.run(Lamport, 2, entries=1, delay=one_ms)) == TWO_NODES


def test_a_broadcast_is_one_line_and_each_receipt_is_one() -> None:
    lines = events(Log().render(plans.run(Lamport, 3, entries=[1, 0, 0], delay=one_ms)))
    assert sum("sends Request(clock=1) to all" in line for line in lines) == 1
    assert sum("receives Request(clock=1) from 0" in line for line in lines) == 2
    assert not any("sends Request" in line and "to all" not in line for line in lines)


def test_a_loop_of_equal_sends_to_every_peer_is_told_as_one_and_other_sends_are_not() -> None:
    text = Log().render(plans.run(Talker, 4, entries=[2, 0, 0, 0], delay=one_ms), width=400)
    assert sum("sends Note" in line and line.endswith("to all") for line in events(text)) == 2
    twice = Log().render(plans.run(Nagger, 3, entries=[1, 0, 0], delay=one_ms))
    assert [line.split()[-1] for line in events(twice) if "sends Note" in line] == ["1", "1"]
    replies = Log().render(plans.run(Lamport, 3, entries=1, delay=one_ms))
    assert sum("sends Reply" in line for line in events(replies)) == 6  # to one node each, though some are equal


def test_of_one_node_it_shows_what_that_node_did_and_no_more() -> None:
    history = plans.run(Lamport, 3, entries=2)
    whole, mine = events(Log().render(history)), events(Log().render(history, node=2))
    assert mine == [line for line in whole if line.split()[1] == "2"]
    assert any("sends" in line for line in mine)
    assert any("receives" in line and line.endswith("from 0") for line in mine)


def test_a_node_that_is_not_there_is_named_with_those_that_are() -> None:
    text = Log().render(plans.run(Lamport, 3, entries=1), node=7)
    assert text == "there is no node 7 in this run; its nodes are 0, 1, 2"


def test_every_receipt_stands_below_its_sending() -> None:
    history = plans.run(Lamport, 10, entries=3)
    on_the_way: dict[tuple[str, str, str], int] = {}
    for line in events(Log().render(history)):
        words = line.replace(" > ", " ").replace(" < ", " ").replace(" | ", " ").split()
        if words[2] == "sends":
            for peer in map(str, range(10)) if words[-1] == "all" else [words[-1]]:
                key = (words[1], peer, words[3])
                on_the_way[key] = on_the_way.get(key, 0) + 1
        elif words[2] == "receives":
            key = (words[-1], words[1], words[3])
            on_the_way[key] = on_the_way.get(key, 0) - 1
            assert on_the_way[key] >= 0, line


def test_messages_and_records_of_the_workload_carry_its_name() -> None:
    text = Log().render(bank(entries=1), width=400)
    assert "bank:... is a message of the workload" in text
    assert "sends bank:Block(height=1, previous=" in text
    assert "records opened([1000, 1000, 1000])" in text
    assert "version 1, waited" in text


def test_fields_have_no_names_where_the_plugin_cannot_be_loaded_or_has_changed() -> None:
    history = plans.run(Lamport, 2, entries=1, delay=one_ms)
    gone = with_plan(history, algorithm=PluginRef("lamport", "no_such_module", "Lamport"))
    assert Log().render(gone) == TWO_NODES.replace("clock=", "")
    renamed = with_plan(history, algorithm=PluginRef("lamport", "mxbench_plugins.lamport", "NoSuchClass"))
    assert Log().render(renamed) == TWO_NODES.replace("clock=", "")


def test_says_so_where_messages_were_not_recorded() -> None:
    history = with_plan(plans.run(Greedy, 2, entries=1), history="sections")
    text = Log().render(history)
    assert "messages were not recorded (history: sections); run it with --set history=full to see them" in text
    assert text.count("> enters (number 1, waited 0.000 ms)") == 2


def test_a_run_without_events_is_told_in_a_sentence() -> None:
    history = plans.run(Lamport, 2, entries=1)
    text = Log().render(History(msgspec.structs.replace(history.plan, history="off"), history.ending, []))
    assert text.splitlines()[1:] == ["no events were recorded (history: off); run it with --set history=full"]


def test_an_empty_run_and_a_single_node_are_runs_too() -> None:
    assert events(Log().render(plans.run(Lamport, 3, entries=0)) + "\n") == []
    alone = events(Log().render(plans.run(Lamport, 1, entries=1, dwell=ZERO)))
    assert alone == [
        "0.000     0    requests",
        "0.000     0  > enters (number 1, stamp (1, 0), waited 0.000 ms)",
        "0.000     0  < releases (number 1, inside for 0.000 ms)",
    ]


def test_a_stuck_run_says_so_at_its_head() -> None:
    assert (
        Log()
        .render(plans.run(Selfish, 2, entries=1))
        .startswith("selfish, 2 nodes, hold on tcp, seed 1: 1 entry; stuck: nodes [1] wait\n")
    )


def test_names_the_nodes_whose_history_is_lost_and_what_came_from_them() -> None:
    history = plans.run(Lamport, 3, entries=1, delay=one_ms)
    left = History(history.plan, Ending("failed", "died", "node 0 died: signal 9"), history.nodes[1:])
    text = Log().render(left)
    assert "failed: node 0 died: signal 9" in text
    assert "nothing is left of what node 0 recorded" in text
    assert "receives Request(?) from 0" in text


def test_the_time_a_late_request_was_due_is_told() -> None:
    history = plans.run(Greedy, 1, entries=3, rate=1e6)
    assert "requests (was due 1." in Log().render(history)  # the first stay of a millisecond made the second one late


@pytest.mark.parametrize("width", [60, 100, 200])
def test_no_line_is_wider_than_asked_and_nothing_in_it_obeys_the_terminal(width: int) -> None:
    for history in (plans.run(Talker, 3, entries=[2, 0, 0]), bank(entries=2), plans.run(Lamport, 10, entries=2)):
        lines = Log().render(history, width=width).splitlines()
        assert max(map(cells, lines)) <= width
        assert all(line.isprintable() for line in lines)


def test_long_values_are_cut_only_where_there_is_no_room() -> None:
    history = plans.run(Talker, 3, entries=[1, 0, 0], delay=one_ms)
    assert "numbers=[0, 1, 2, 3, 4, 5, ... 14 more]" in Log().render(history, width=100)
    wide = Log().render(history, width=300)
    assert "... " not in wide.split("event\n")[1]
    assert "日本\\x1b[31m red\\nnext" in wide


def test_times_count_from_the_first_event_in_ms() -> None:
    slow = plans.run(Lamport, 2, entries=1, delay=lambda sender, to, message: 250 * MILLISECOND)
    assert any(line.startswith("250.000     0  > enters") for line in events(Log().render(slow)))
