"""How figures look: Okabe and Ito's colours, told apart by the colour-blind, and for grey paper dashes and shapes too.

The colours and dashes are those of the page (report/page/files/page.css, draw.js). Sizes are in points, as an
SVG's pixel becomes a point of the PDF: a figure is as wide as a column of a two-column page, or as the page, and its
letters are 7 and 8 points high.
"""

from typing import Any, NamedTuple

SERIES = 7  # that can be told apart
DASHES: list[list[int]] = [[1, 0], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [1, 2], [12, 4]]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right"]
ALTERNATING = [0, 5, 1, 4, 2, 3, 6]  # hues, dark and light in turn
WIDTHS = {"column": 240, "page": 504}
LEGEND_LINE = 12
LONGEST_TITLE = 30  # letters that an axis has room for
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


class Theme(NamedTuple):
    """The colours of a figure on white or on dark paper."""

    hues: tuple[str, ...]
    paper: str
    ink: str
    soft: str
    line: str


THEMES = {
    "light": Theme(
        ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b6b6b"),
        "#ffffff", "#1b1f24", "#57606a", "#d0d7de",
    ),
    "dark": Theme(
        ("#4aa3df", "#f0803c", "#2cc295", "#dd9cc0", "#f0b429", "#8fd0f5", "#b0b0b0"),
        "#14171b", "#e6e9ec", "#a3acb6", "#3a414a",
    ),
}  # fmt: skip


class Look(NamedTuple):
    """What a reader may choose of a figure. log: of the axis on which values lie. lines: of bars, where it has such."""

    theme: Theme = THEMES["light"]
    width: int = WIDTHS["column"]
    log: bool = False
    lines: int | None = None

    @property
    def height(self) -> int:
        """How high a figure of one panel is, without its legend."""
        return min(160, round(self.width * 0.6)) if self.lines is None else 38 + 17 * self.lines


def whole(look: Look, data: list[dict[str, Any]], drawing: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return a specification of one panel, axes included; a legend of more names than one makes it higher."""
    legend_lines = -(-len(names) // legend_columns(names)) if len(names) > 1 else 0
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": look.width,
        "height": look.height + LEGEND_LINE * legend_lines,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 3,
        "data": {"values": data},
        **drawing,
        "config": config(look.theme),
    }


def config(theme: Theme) -> dict[str, Any]:
    """Return the fonts and colours of everything that is no data."""
    small, large = {"labelFontSize": 7, "labelColor": theme.ink}, {"titleFontSize": 8, "titleColor": theme.ink}
    return {
        "background": theme.paper,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **small, **large, "titleFontWeight": "normal", "grid": True, "gridColor": theme.line, "gridWidth": 0.5,
            "domainColor": theme.soft, "tickColor": theme.soft, "tickSize": 3, "labelLimit": 120, "titleLimit": 400,
        },
        "axisX": {"grid": False},
        "legend": {
            **small, **large, "title": None, "orient": "top", "direction": "horizontal", "columns": 3,
            "columnPadding": 8, "rowPadding": 1, "symbolSize": 40, "symbolStrokeWidth": 1.3, "labelLimit": 200,
            "offset": 4,
        },
        "line": {"strokeWidth": 1.3},
        "bar": {"stroke": theme.paper, "strokeWidth": 0.6},
    }  # fmt: skip


def coloured(names: list[str], theme: Theme, *, alternating: bool = False) -> dict[str, Any]:
    """Return the colour of each name, and its place in the legend; no legend for a single one.

    alternating: dark beside light, for areas that touch.
    """
    hues = [theme.hues[ALTERNATING[place % SERIES] if alternating else place % SERIES] for place in range(len(names))]
    return _by_series(names, hues, legend_columns(names))


def dashed(names: list[str]) -> dict[str, Any]:
    """Return the dash of each name; in the legend a line is long enough to show it."""
    dashes = [DASHES[place % SERIES] for place in range(len(names))]
    return _by_series(names, dashes, legend_columns(names), symbolType="stroke", symbolSize=150)


def pointed_lines(names: list[str], encoding: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the layers of lines with points, told apart by dash and shape; the legend shows the points.

    Each line is a layer, as a dash that is encoded would become one around the points of the legend too.
    """
    lines = [
        {
            "transform": [{"filter": {"field": "series", "equal": name}}],
            "mark": {"type": "line", "strokeDash": DASHES[place % SERIES]}, "encoding": encoding,
        }
        for place, name in enumerate(names)
    ]  # fmt: skip
    points = {"type": "point", "filled": True, "opacity": 1, "size": 24}
    return [*lines, {"mark": points, "encoding": encoding | {"shape": shaped(names)}}]


def shaped(names: list[str]) -> dict[str, Any]:
    """Return the shape of each name's points."""
    shapes = [SHAPES[place % SERIES] for place in range(len(names))]
    return _by_series(names, shapes, legend_columns(names))


def _by_series(names: list[str], values: list[Any], columns: int, **legend: Any) -> dict[str, Any]:
    shown = {"columns": columns, "symbolOpacity": 1, **legend} if len(names) > 1 else None
    return {"field": "series", "type": "nominal", "sort": None, "scale": {"domain": names, "range": values},
            "legend": shown}  # fmt: skip


def quantity(title: str | list[str], log: bool = False, **axis: Any) -> dict[str, Any]:
    """Return the encoding of a number, without its field: an axis with few ticks, and a long title in two lines."""
    if isinstance(title, str) and len(title) > LONGEST_TITLE:
        title = title.replace(" (", "\n(").splitlines()
    scale: dict[str, Any] = {"type": "log", "nice": False} if log else {"zero": True}
    return {"type": "quantitative", "title": title, "scale": scale, "axis": {"tickCount": 5, **axis}}


def legend_columns(names: list[str]) -> int:
    """Return how many names stand beside each other in a column's width."""
    longest = max((len(name) for name in names), default=1)
    return max(1, min(3, 64 // (longest + 6)))
