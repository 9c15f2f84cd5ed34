"""What `mxbench list quorums -n N` prints: the quorum systems beside each other, for one number of nodes."""

from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.coteries import ENUMERABLE, is_minimal, least_overlap, load
from mxbench.core.quorums import QuorumSystem
from mxbench.errors import ExperimentError, PluginError
from mxbench.registry import Registry
from mxbench.report.text import table

MAX_NODES = 1000  # every two quorums are compared: some seconds
HEADERS = ("quorums of\n{n} nodes", "least\nsize", "mean\nsize", "most\nsize", "meet in\nat least", "\nload",
           "least\nload", "none alive\nat {p:g}", "\nminimal")  # fmt: skip
NOTES = """\
size         how many nodes a node asks, itself included
meet in      how many nodes two quorums share: with none there is no mutual exclusion, and the system is refused
load         in which part of the entries the busiest node is asked, if all nodes enter equally often
least load   the same if nodes may ask any quorum, substitutes included, and choose best; '-': not worked out
none alive   how likely every quorum, substitutes included, has a node that is down, if each node is down with
             probability {p:g} on its own; '-': not worked out, with over {enumerable} nodes
minimal      no quorum holds another one; one that does is as safe, and costs more"""


def quorum_table(n: int, failure_rate: float, files: tuple[str, ...] = ()) -> str:
    """Return a line for each quorum system; raise ExperimentError for an n or a rate that has no answer.

    Why a system is refused, or has none for n, stands below. `files` are plugins of one file.
    """
    if not 1 <= n <= MAX_NODES:
        raise ExperimentError(f"-n {n}: quorums can be listed for 1 to {MAX_NODES} nodes")
    if not 0 <= failure_rate <= 1:
        raise ExperimentError(f"--failure-rate {failure_rate:g}: a probability is a number from 0 to 1")
    lines, refused = [], []
    for name, known in Registry(files).all("quorum_systems").items():
        try:
            lines.append([name, *_line(known.cls(), n, failure_rate)])
        except ValueError as error:
            refused.append(f"{name}: {error}")
        except PLUGIN_ERRORS as error:
            raise PluginError(f"the quorum system '{name}' failed for {n} nodes: {error!r}") from error
    headers = [header.format(n=n, p=failure_rate) for header in HEADERS]
    notes = NOTES.format(p=failure_rate, enumerable=ENUMERABLE)
    return "\n\n".join([table(headers, lines, "lrrrrrrrl"), *refused, notes])


def _line(system: QuorumSystem, n: int, failure_rate: float) -> list[str]:
    """Return the cells of a system; raise ValueError if it has no quorums for n, or two that do not meet."""
    quorums = system.for_nodes(n)
    sizes = [len(quorum) for quorum in quorums]
    least = system.least_load(n)
    stopped = system.failure_probability(n, failure_rate)
    return [
        str(min(sizes)),
        f"{sum(sizes) / n:.2f}",
        str(max(sizes)),
        str(least_overlap(quorums)),
        f"{float(load(quorums)):.4f}",
        "-" if least is None else f"{float(least):.4f}",
        "-" if stopped is None else f"{stopped:.3g}",
        "yes" if is_minimal(quorums) else "no",
    ]
