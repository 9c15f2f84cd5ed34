"""The page, put together: markup that stands without JavaScript, the packed runs, and what draws them."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from mxbench.report.figure.series import Drawable, compared
from mxbench.report.page.chain import chain
from mxbench.report.page.charts import charts
from mxbench.report.page.markup import data, tag, text
from mxbench.report.page.packed import pack
from mxbench.report.page.source import Contents, Drawn
from mxbench.report.page.summary import environment, head, tables
from mxbench.report.page.sweep import sweep
from mxbench.report.text import cautions_of_messages, headline, setting_text, several

SCRIPTS = (
    "decode.js", "run.js", "draw.js", "view.js", "words.js", "charts.js", "gantt.js", "arrows.js", "bars.js",
    "legend.js", "overview.js", "panel.js", "space_time.js", "chain.js", "main.js",
)  # fmt: skip


def page(contents: Contents) -> str:
    """Return the whole page."""
    names = ", ".join(dict.fromkeys(result.source.name for result in contents.results))
    drawn = {"runs": [drawn_run(one) for one in contents.drawn], "sweep": sweep(_swept(contents))}
    parts = [tag("header", head(contents)), tables(contents), pictures(contents.not_drawn), environment(contents)]
    return document(f"{contents.comparison['verdict']}: {names}", "\n".join(parts), drawn)


def _swept(contents: Contents) -> Drawable:
    return compared([result.source for result in contents.results], contents.comparison)


def document(title: str, body: str, drawn: dict[str, Any]) -> str:
    """Return a page around a body and the data that its pictures are drawn from."""
    own = files("mxbench.report.page") / "files"
    style = (own / "page.css").read_text(encoding="utf-8")
    code = "\n".join((own / name).read_text(encoding="utf-8") for name in SCRIPTS)
    script = f'"use strict";\n(() => {{\n{code}\n}})();'
    # Only this very script may run, and nothing may be fetched: also if a text should ever get past the escaping.
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{text(title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
<script type="application/json" id="data">{data(drawn)}</script>
<script>{script}</script>
</body>
</html>
"""


def pictures(not_drawn: int) -> str:
    """Return the empty frames that the browser draws into, and how many runs have none."""
    more = f"{several(not_drawn, 'run')} {'is' if not_drawn == 1 else 'are'}"
    left_out = f"<p>{more} in the tables alone; 'mxbench report' with the folder of a run draws it.</p>"
    return f"""<section id="pictures">
<h2>What happened</h2>
<noscript><p>The pictures need JavaScript; the tables do not.</p></noscript>
<p id="choice"></p>
{left_out * (not_drawn > 0)}
<div id="gantt"></div>
<div id="space-time"></div>
<div id="charts"></div>
<div id="chain"></div>
</section>"""


def drawn_run(drawn: Drawn) -> dict[str, Any]:
    """Return a run as plain data for the page."""
    history, row = drawn.history, drawn.row
    plan = history.plan
    return {
        "title": headline(history) + _setting(row),
        "verdict": row.get("verdict"),
        "nodes": plan.nodes,
        "places": len(plan.places),
        "most_inside": plan.most_inside,
        "workload": plan.workload.name,
        "quiet": history.ending.reason != "failed" and history.complete and plan.falls_quiet,
        "notes": cautions_of_messages(history),
        "stuck": list(history.ending.stuck),
        **pack(history),
        "chain": chain(history),
        "charts": charts(history),
    }


def _setting(row: dict[str, Any]) -> str:
    """Return what the sweep chose for this run beyond what its headline says."""
    told = ("algorithm", "nodes", "engine", "workload.type")
    chosen = (row.get("setting") or {}).items()
    said = [f"{key} {setting_text(value)}" for key, value in chosen if key not in told]
    return f" ({', '.join(said)})" if said else ""
