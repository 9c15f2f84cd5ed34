"""Which kinds of figures there are, `mxbench figure`, and the charts of a page."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mxbench.errors import MachineError, ResultError
from mxbench.experiment.document import suggestion
from mxbench.experiment.folder import reason
from mxbench.files import write_whole
from mxbench.report.figure.counts import load_by_node, messages_by_type
from mxbench.report.figure.distributions import DISTRIBUTIONS, distribution
from mxbench.report.figure.drawing import FORMATS, MISSING, can_draw, picture, svg
from mxbench.report.figure.fairness import fairness
from mxbench.report.figure.over_time import throughput
from mxbench.report.figure.series import Series, drawable, series_of
from mxbench.report.figure.style import THEMES, WIDTHS, Look
from mxbench.report.figure.sweep import NAMES as MEASURE_NAMES
from mxbench.report.figure.sweep import along, sweep

KINDS: dict[str, Callable[[list[Series], Look], dict[str, Any]]] = {
    **{kind: partial(distribution, kind) for kind in DISTRIBUTIONS},
    "messages-by-type": messages_by_type,
    "load-by-node": load_by_node,
    "throughput": throughput,
    "fairness": fairness,
}
SWEEP = "sweep"
PRINTED = Look()
NAMES = (*KINDS, SWEEP)
MEASURE = "messages_per_entry"  # of a sweep, unless told
PAGE_MEASURES = ("messages_per_entry", "wait_ms.mean", "sync_delay_ms.mean", "entries_per_s")


class Chart(NamedTuple):
    """A chart of a page: its kind, what it shows in a few words, and its SVG."""

    kind: str
    title: str
    svg: str


TITLES = {
    "wait-cdf": "How long nodes waited",
    "response-cdf": "From request to release",
    "sync-delay": "Synchronisation delay",
    "messages-by-type": "Messages by type",
    "load-by-node": "Messages by node",
    "throughput": "Throughput over time",
    "fairness": "Fairness",
}


def figure(
    *results: str | Path, kind: str, out: str | Path, where: Iterable[str] = (), measure: str | None = None,
    over: str | None = None, log: bool = False, theme: str = "light", width: str = "column",
) -> Path:  # fmt: skip
    """Draw a figure of some results into a file, whose name tells the format (.svg, .pdf, .png), and return the file.

    kind: one of NAMES. where: 'KEY=VALUE' conditions on the settings that are drawn. measure, over: of a sweep. log:
    a logarithmic axis for values. theme: light or dark. width: column or page. Raises ResultError for what is no
    result or kind, has nothing to draw, or misses vl-convert, and MachineError for what cannot be written.
    """
    file = Path(out)
    form = file.suffix.lower().removeprefix(".")
    for flag, given, known in (("--out", form, FORMATS), ("--kind", kind, NAMES), ("--theme", theme, tuple(THEMES)),
                               ("--width", width, tuple(WIDTHS))):  # fmt: skip
        if given not in known:
            shown = str(out) if flag == "--out" else given
            raise ResultError(f"{flag} {shown}: it is none of {', '.join(known)}{suggestion(given, known)}")
    if not can_draw():
        raise ResultError(MISSING)
    spec = specification(results, kind, Look(THEMES[theme], WIDTHS[width], log), where, measure, over)
    try:
        write_whole(file, picture(spec, form))
    except OSError as error:
        raise MachineError(f"'{file}' cannot be written: {reason(error)}") from error
    return file


def specification(
    results: Iterable[str | Path], kind: str, look: Look = PRINTED, where: Iterable[str] = (),
    measure: str | None = None, over: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the Vega-Lite specification of a figure; see `figure`."""
    for flag, value in (("--measure", measure), ("--over", over)):
        if value is not None and kind != SWEEP:
            raise ResultError(f"{flag} {value}: it goes with --kind {SWEEP}")
    found = drawable(list(results), where, over)
    return sweep(found, look, measure or MEASURE, over) if kind == SWEEP else KINDS[kind](series_of(found), look)


def charts(*results: str | Path, where: Iterable[str] = (), theme: str = "light") -> list[Chart]:
    """Return the charts of a page as SVG: of a sweep over a number its measures, of other results every kind that they
    have data for. Raises ResultError, which says how to install it, where vl-convert is missing."""
    if not can_draw():
        raise ResultError(MISSING)
    look, found = Look(THEMES[theme]), drawable(results, where)
    if along(found) is not None:
        asked = [(SWEEP, MEASURE_NAMES[measure], partial(sweep, found, look, measure)) for measure in PAGE_MEASURES]
    else:
        series = series_of(found)
        asked = [(kind, TITLES[kind], partial(draw, series, look)) for kind, draw in KINDS.items()]
    made = []
    for kind, title, draw in asked:
        try:
            spec = draw()
        except ResultError:  # nothing to draw of this kind
            continue
        made.append(Chart(kind, title, svg(spec)))
    return made
