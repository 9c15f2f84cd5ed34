"""A small run as a sequence diagram of Mermaid, which many places that show Markdown draw: `diagram.mmd`.

A message is an arrow where it was delivered, as Mermaid has no slanted ones; one that ends in a cross was never
delivered, and stands where it was sent. A node is active while it is inside. The diagram ends with a sentence where
it does not hold the whole run.
"""

from collections.abc import Iterator
from itertools import islice

from mxbench.core.history import Event, History
from mxbench.errors import ResultError
from mxbench.report.export.events import Names, carried
from mxbench.report.log import fields_of
from mxbench.report.text import headline, printable, value_text

MOST_EVENTS = 200  # that are drawn
MOST_PLACES = 16
PLAIN = frozenset(" .,:()=+*/_'[]-")  # and letters and digits; whatever else is written as a number

Lost = set[tuple[int, int, int]]  # messages: sender, receiver, sequence number


def diagram(history: History) -> str:
    """Return the diagram; raise ResultError for a run of more nodes than can stand beside each other."""
    places = history.plan.places
    if len(places) > MOST_PLACES:
        raise ResultError(
            f"a sequence diagram has room for {MOST_PLACES} nodes, and this run has {len(places)}; "
            "export it with --to chrome, or look at its page: mxbench report"
        )
    lines = [f"%% {escaped(headline(history))}", "sequenceDiagram"]
    for place in places:
        lines.append(f"    participant n{place} as {'node' if place < history.plan.nodes else 'server'} {place}")
    lost = _never_delivered(history)
    drawn = [line for drawing in islice(_drawings(history, lost), MOST_EVENTS) for line in drawing]
    total = sum(_is_drawn(event, lost) for event in history)
    lines += [f"    {line}" for line in drawn]
    over = f"n{places[0]}" + (f",n{places[-1]}" if len(places) > 1 else "")
    if total > MOST_EVENTS:
        said = f"the first {MOST_EVENTS} of {total:,} events; 'mxbench export --to chrome' has all of them"
        lines.append(f"    Note over {over}: {escaped(said)}")
    if history.plan.history == "sections":
        lines.append(f"    Note over {over}: messages were not recorded (history: sections)")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return text that Mermaid shows as it stands: no line end, comment, markup or keyword of its own is left in it."""
    return "".join(
        char if char in PLAIN or (char.isascii() and char.isalnum()) else f"#{ord(char)};" for char in printable(text)
    )


def _is_drawn(event: Event, lost: Lost) -> bool:
    if event.kind == "sent":
        return (event.node, event.peer, event.sequence) in lost
    return event.kind != "value"


def _drawings(history: History, lost: Lost) -> Iterator[list[str]]:
    """Yield the lines of each event that is drawn."""
    names = fields_of(history)
    inside: set[int] = set()
    for event in history:
        here = f"n{event.node}"
        match event.kind:
            case "delivered":
                yield [f"n{event.peer}-){here}: {_message(event, names)}"]
            case "sent" if (event.node, event.peer, event.sequence) in lost:
                yield [f"{here}-xn{event.peer}: {_message(event, names)}, never delivered"]
            case "requested":
                yield [f"Note over {here}: requests"]
            case "entered":
                yield [f"Note over {here}: enters ({event.detail[1]})"] + [f"activate {here}"] * (
                    event.node not in inside
                )
                inside.add(event.node)
            case "released":
                yield [f"deactivate {here}"] * (event.node in inside) + [f"Note over {here}: releases"]
                inside.discard(event.node)
            case "timer":
                yield [f"Note over {here}: timer {escaped(str(event.detail[1]))}"]
            case "fault":
                yield [f"Note over {here}: {escaped(str(event.detail))}"]


def _never_delivered(history: History) -> Lost:
    if not history.complete:
        return set()
    sent, delivered = set(), set()
    for event in history:
        if event.kind == "sent":
            sent.add((event.node, event.peer, event.sequence))
        elif event.kind == "delivered":
            delivered.add((event.peer, event.node, event.sequence))
    return sent - delivered


def _message(event: Event, names: Names) -> str:
    values = carried(event, names)
    if isinstance(values, dict):
        shown = ", ".join(f"{name}={value_text(value, brief=True)}" for name, value in values.items())
    elif isinstance(values, list):
        shown = ", ".join(value_text(value, brief=True) for value in values)
    else:
        shown = "?" if values is None else value_text(values, brief=True)
    return escaped(f"{event.type}({shown})")
