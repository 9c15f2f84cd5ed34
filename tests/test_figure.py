"""Figures: what is drawn of which data, in which colours, and as which bytes. They are drawn where vl-convert is."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.errors import ResultError
from mxbench.metrics.fairness import max_overtaking, overtaking
from mxbench.report.figure import drawing
from mxbench.report.figure.counts import OTHERS, messages_by_type
from mxbench.report.figure.distributions import shares
from mxbench.report.figure.drawing import can_draw, svg
from mxbench.report.figure.series import Series, named
from mxbench.report.figure.style import DASHES, SERIES, SHAPES, THEMES, Look
from mxbench.report.figure.writing import KINDS, NAMES, charts, specification

FILES = Path(mxbench.__file__).parent / "report" / "page" / "files"
SWEEP = """name: sweep
question: What does an entry cost?
matrix: {algorithm: [lamport, ricart-agrawala, maekawa], nodes: [4, 9], workload.dwell: [1ms, 2ms]}
engine: sim
network: {delay: {exponential: 1ms}}
workload: {type: hold, entries_per_node: 2}
repeat: 3
"""
MATRIX = "matrix: {algorithm.k: [1, 2, 3], nodes: [4, 5]}"
INSIDE = f"""name: inside
algorithm: raymond-k-entry
engine: sim
workload: {{type: hold, entries_per_node: 8, dwell: 3ms}}
{MATRIX}
"""
ONE = """name: one
algorithm: lamport
nodes: 3
engine: sim
workload: {type: bank, entries_per_node: 5, dwell: 1ms}
"""
CUT_OFF = """name: cut-off
matrix: {algorithm: [lamport, raymond]}
nodes: 5
engine: sim
network: {delay: {exponential: 1ms}}
workload: {type: hold, entries_per_node: 2, dwell: 1ms}
time_limit: 20ms
repeat: 8
"""
HOSTILE = "</text><script>alert(1)</script> \" ' & \u202e reversed\n next"
drawn = pytest.mark.skipif(not can_draw(), reason=drawing.MISSING)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("sweep"), SWEEP)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("one"), ONE)


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("inside"), INSIDE)


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every run of lamport is cut off by its time limit, and all but one of raymond."""
    return ran(tmp_path_factory.mktemp("cut-off"), CUT_OFF)


def ran(folder: Path, text: str) -> Path:
    (folder / "e.yaml").write_text(text)
    return Path(mxbench.run(folder / "e.yaml", results=folder / "results")["result"])


def data(spec: dict[str, Any]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = spec["data"]["values"]
    return values


# ---- what is drawn --------------------------------------------------------------------------------------------------


def test_a_distribution_is_the_share_of_values_up_to_each() -> None:
    assert shares([1.0, 2.0, 2.0, 5.0]) == [(1.0, 0.0), (1.0, 0.25), (2.0, 0.5), (2.0, 0.75), (5.0, 1.0)]
    many = shares([float(value) for value in range(100_000)])
    assert (len(many), many[0], many[-1]) == (201, (0.0, 0.0), (99_999.0, 1.0))


def test_waits_are_those_of_the_history_and_one_line_has_no_legend(one: Path) -> None:
    spec = specification([one], "wait-cdf")
    [run] = (one / "runs").iterdir()
    entries = mxbench.load_history(run).entries
    waits = sorted((entry.entered - entry.arrival) / 1e6 for entry in entries)  # type: ignore[operator]
    assert [point["x"] for point in data(spec)][1:] == waits
    assert spec["encoding"]["color"]["legend"] is None


def test_the_repeats_of_a_setting_are_one_line_and_settings_are_named_by_what_differs(sweep: Path) -> None:
    spec = specification([sweep], "wait-cdf", where=["nodes=4", "dwell=1ms"])
    assert list(dict.fromkeys(point["series"] for point in data(spec))) == ["lamport", "ricart-agrawala", "maekawa"]
    assert sum(point["series"] == "lamport" for point in data(spec)) == 3 * 4 * 2 + 1
    other = specification([sweep], "wait-cdf", where=["algorithm=lamport"])
    assert next(point["series"] for point in data(other)) == "n = 4, dwell 1ms"


def test_messages_by_type_add_up_to_messages_per_entry_beside_the_claim(sweep: Path) -> None:
    spec = specification([sweep], "messages-by-type", where=["nodes=9", "dwell=2ms"])
    lamport = {point["series"]: point["x"] for point in data(spec) if point["name"] == "lamport"}
    assert {kind: cost for kind, cost in lamport.items() if cost} == {"Request": 8, "Reply": 8, "Release": 8}
    rule = spec["layer"][1]["data"]["values"]
    assert [(claim["name"], claim["low"], claim["high"]) for claim in rule] == [
        ("lamport", 24, 24), ("ricart-agrawala", 16, 16),
    ]  # fmt: skip
    # What is claimed of a saturated maekawa is claimed of its window, and these bars are of whole runs.


def test_a_sweep_has_the_means_of_compare_their_intervals_and_the_claims(sweep: Path) -> None:
    spec = specification([sweep], "sweep", where=["dwell=2ms"])
    lines = {(line["algorithm"], line["nodes"]): line for line in mxbench.compare(sweep)["lines"]
             if line["setting"]["workload.dwell"] == "2ms"}  # fmt: skip
    assert len(data(spec)) == len(lines) == 6
    for point in data(spec):
        line = lines[point["series"], point["x"]]
        assert point["y"] == line["measures"]["messages_per_entry"]["mean"]
        if line["algorithm"] == "lamport":
            assert (point["claim_low"], point["claim_high"]) == (3 * (point["x"] - 1), 3 * (point["x"] - 1))
    waits = specification([sweep], "sweep", where=["dwell=2ms"], measure="wait_ms.mean")
    assert waits["layer"][0]["mark"]["type"] == "area"  # the band
    assert all(point["low"] <= point["y"] <= point["high"] and point["claim_low"] is None for point in data(waits))


def test_a_sweep_goes_over_a_duration_in_ms_too(sweep: Path) -> None:
    spec = specification([sweep], "sweep", where=["nodes=9"], measure="wait_ms.mean", over="dwell")
    assert sorted({point["x"] for point in data(spec)}) == [1.0, 2.0]
    assert spec["layer"][0]["encoding"]["x"]["title"] == "workload.dwell, ms"


def test_durations_that_are_drawn_and_constant_ones_are_lines_of_their_own(tmp_path: Path) -> None:
    thoughts = "matrix: {workload.think: [2ms, {exponential: 2ms}, {constant: 10ms}, {exponential: 10ms}]}"
    text = ONE.replace("nodes: 3", f"nodes: 3\n{thoughts}").replace("type: bank", "type: hold")
    points = data(specification([ran(tmp_path, text)], "sweep", measure="wait_ms.mean"))
    assert sorted((point["series"], point["x"]) for point in points) == [
        ("lamport, constant", 2.0), ("lamport, constant", 10.0),
        ("lamport, exponential", 2.0), ("lamport, exponential", 10.0),
    ]  # fmt: skip


def test_a_sweep_goes_over_how_many_may_be_inside_where_nothing_else_varies(inside: Path) -> None:
    spec = specification([inside], "sweep", where=["nodes=5"], measure="entries_per_s")
    assert [(point["series"], point["x"]) for point in data(spec)] == [("raymond-k-entry", k) for k in (1, 2, 3)]
    x = spec["layer"][0]["encoding"]["x"]
    assert (x["title"], x["axis"]["values"], x["axis"]["format"]) == ("algorithm.k", [1, 2, 3], ",d")
    assert [point["y"] for point in data(spec)] == sorted(point["y"] for point in data(spec))


def test_beside_another_number_k_is_part_of_a_name_unless_it_is_asked_for(inside: Path) -> None:
    names = {point["series"] for point in data(specification([inside], "sweep"))}
    assert names == {f"raymond-k-entry (k = {k})" for k in (1, 2, 3)}
    for over in ("k", "algorithm.k"):
        asked = data(specification([inside], "sweep", over=over))
        assert {(point["series"], point["x"]) for point in asked} == {
            (f"n = {n}", k) for n in (4, 5) for k in (1, 2, 3)
        }


def test_settings_that_differ_in_k_alone_are_named_by_it_and_chosen_with_it(inside: Path) -> None:
    three = data(specification([inside], "wait-cdf", where=["nodes=4"]))
    assert list(dict.fromkeys(point["series"] for point in three)) == ["k = 1", "k = 2", "k = 3"]
    for condition in ("k=2", "algorithm.k=2"):
        two = data(specification([inside], "wait-cdf", where=[condition]))
        assert list(dict.fromkeys(point["series"] for point in two)) == ["n = 4", "n = 5"]
    with pytest.raises(ResultError, match=r"--where k=7: no setting has it; 'algorithm.k' is 1, 2, 3"):
        specification([inside], "wait-cdf", where=["k=7"])


def test_an_algorithm_without_k_leaves_it_in_the_names_of_the_others(tmp_path: Path) -> None:
    both = "matrix: {algorithm: [lamport, {name: raymond-k-entry, k: 1}, {name: raymond-k-entry, k: 2}]}"
    result = ran(tmp_path, INSIDE.replace(MATRIX, both).replace("algorithm: raymond-k-entry\n", "nodes: 4\n"))
    names = dict.fromkeys(point["series"] for point in data(specification([result], "wait-cdf")))
    assert list(names) == ["lamport", "raymond-k-entry (k = 1)", "raymond-k-entry (k = 2)"]
    with pytest.raises(ResultError, match="--over k: "):
        specification([result], "sweep", over="k")
    with pytest.raises(ResultError, match="--over algorithm: its values are no numbers"):
        specification([result], "sweep", over="algorithm")


def test_fairness_shows_every_node_and_every_request(one: Path) -> None:
    above, below = specification([one], "fairness")["vconcat"]
    assert [(point["node"], point["y"]) for point in data(above)] == [(0, 1.0), (1, 1.0), (2, 1.0)]
    [run] = (one / "runs").iterdir()
    history = mxbench.load_history(run)
    assert [point["x"] for point in data(below)][1:] == sorted(overtaking(history))
    assert max_overtaking(history) == max(overtaking(history))


def test_throughput_counts_every_entry_once(one: Path) -> None:
    points = data(specification([one], "throughput"))
    assert sum(point["y"] * (after["x"] - point["x"]) / 1e3
               for point, after in pairwise(points)) == pytest.approx(15)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "wait-cdf"}, r"12 settings are more .* tell apart \(7\); choose some, such as with --where nodes=9"),
        ({"kind": "sweep"}, None),
        (
            {"kind": "sweep", "where": ["nodes=4"], "over": "nodes"},
            r"--over nodes: it does not vary \(swept over numbers: workload.dwell\)",
        ),
        ({"kind": "sweep", "where": ["nodes=4", "dwell=1ms"]}, "they differ in no number; 'matrix"),
        ({"kind": "sweep", "measure": "wait_ms.men"}, r"--measure wait_ms.men: unknown; did you mean 'wait_ms.mean'"),
        ({"kind": "wait-cdf", "over": "nodes"}, "--over nodes: it goes with --kind sweep"),
        ({"kind": "fairness", "measure": "jain"}, "--measure jain: it goes with --kind sweep"),
        ({"kind": "wait-cdf", "where": ["nods=4"]}, "the settings have no 'nods'; did you mean 'nodes'"),
        ({"kind": "wait-cdf", "where": ["nodes=5"]}, "--where nodes=5: no setting has it; 'nodes' is 4, 9"),
        ({"kind": "wait-cdf", "where": ["nodes"]}, "write KEY=VALUE"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_cannot_be_drawn_is_told_in_a_sentence(sweep: Path, options: dict[str, Any], said: str | None) -> None:
    if said is None:
        assert specification([sweep], **options)["layer"]  # six lines, which can be told apart
        return
    with pytest.raises(ResultError, match=said):
        specification([sweep], **options)


def test_more_types_than_colours_leave_the_rarest_together() -> None:
    counts = {f"Type{number}": 100 - number for number in range(12)}
    line = {"claimed_messages_per_entry": None, "claim_regime": None}
    spec = messages_by_type([Series("a", line, [{"entries": 10, "messages_by_type": counts}])], Look())
    shown = {point["series"]: point["x"] for point in data(spec)}
    assert (len(shown), list(shown)[-1]) == (SERIES, OTHERS)
    assert sum(shown.values()) == pytest.approx(sum(counts.values()) / 10)


def test_a_run_that_was_cut_off_has_no_part_in_a_bar(cut_off: Path) -> None:
    compared = {line["algorithm"]: line for line in mxbench.compare(cut_off)["lines"]}
    assert [compared[name]["verdicts"]["undecided"] for name in ("lamport", "raymond")] == [8, 7]
    heights: dict[str, float] = {}
    for point in data(specification([cut_off], "messages-by-type")):
        heights[point["name"]] = heights.get(point["name"], 0) + point["x"]
    mean = compared["raymond"]["measures"]["messages_per_entry"]["mean"]
    assert heights == {"lamport (undecided)": 0, "raymond": pytest.approx(mean)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_without_a_run_that_was_decided_has_no_line(cut_off: Path, kind: str) -> None:
    spec = specification([cut_off], kind)
    panels = spec.get("vconcat", [spec])
    assert all("lamport" not in {point["series"] for point in data(panel)} for panel in panels)
    with pytest.raises(ResultError, match="nothing to draw: every run of it is undecided, and such runs have no part"):
        specification([cut_off], kind, where=["algorithm=lamport"])


# ---- how it looks ---------------------------------------------------------------------------------------------------


def test_colours_and_dashes_are_those_of_the_page() -> None:
    css, script = (FILES / "page.css").read_text(), (FILES / "draw.js").read_text()
    light, dark, *_ = re.findall(r"--hue0.*?--hue6: #\w+", css, re.DOTALL)
    for name, text in (("light", light), ("dark", dark)):
        assert re.findall(r"#\w+", text) == list(THEMES[name].hues)
    dashes = re.search(r"DASHES = \[(.*?)\]", script)
    assert dashes
    on_page = [[int(part) for part in dash.split()] or [1, 0] for dash in re.findall(r'"([\d ]*)"', dashes[1])]
    assert on_page == DASHES
    assert len(THEMES["light"].hues) == len(SHAPES) == len(DASHES) == SERIES


@drawn
@pytest.mark.slow
@pytest.mark.parametrize("kind", NAMES)
def test_each_kind_is_as_wide_as_its_column_and_well_formed(one: Path, sweep: Path, kind: str, tmp_path: Path) -> None:
    result, where = (sweep, ["dwell=2ms"]) if kind == "sweep" else (one, [])
    for width, points in (("column", 240), ("page", 504)):
        file = mxbench.figure(result, kind=kind, out=tmp_path / f"{width}.svg", where=where, width=width)
        root = ElementTree.fromstring(file.read_text())
        # What is stacked is a few points off, as its outer width cannot be set.
        assert float(root.get("width", 0)) == pytest.approx(points, abs=8 if kind == "fairness" else 0)
        sizes = {float(size) for size in re.findall(r'font-size="([\d.]+)px"', file.read_text())}
        assert sizes <= {7, 8}


@drawn
@pytest.mark.slow
def test_the_same_result_gives_the_same_svg_also_in_another_process(sweep: Path, tmp_path: Path) -> None:
    options = {"kind": "sweep", "where": ["dwell=2ms"], "measure": "wait_ms.mean"}
    first = mxbench.figure(sweep, out=tmp_path / "a.svg", **options).read_bytes()  # type: ignore[arg-type]
    again = mxbench.figure(sweep, out=tmp_path / "b.svg", **options).read_bytes()  # type: ignore[arg-type]
    code = f"import mxbench; mxbench.figure({str(sweep)!r}, out={str(tmp_path / 'c.svg')!r}, **{options!r})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env={"PYTHONHASHSEED": "7"})
    assert first == again == (tmp_path / "c.svg").read_bytes()


@drawn
@pytest.mark.parametrize(("suffix", "magic"), [("pdf", b"%PDF-"), ("png", b"\x89PNG"), ("SVG", b"<svg")])
def test_the_name_of_the_file_tells_the_format(one: Path, tmp_path: Path, suffix: str, magic: bytes) -> None:
    out = tmp_path / f"fig.{suffix}"
    done = CliRunner().invoke(app, ["figure", str(one), "--kind", "wait-cdf", "--out", str(out), "--theme", "dark"])
    assert (done.exit_code, done.output) == (0, f"{out}\n")
    assert out.read_bytes().startswith(magic)


@drawn
def test_hostile_names_stay_text() -> None:
    line = {"claimed_messages_per_entry": 3, "claim_regime": "any"}
    rows = [{"entries": 10, "messages_by_type": {HOSTILE: 20, "datum.x": 3, "a[0].b'": 4}}]
    text = svg(
        messages_by_type([Series(named({"setting": {"algorithm": HOSTILE}}, ["algorithm"]), line, rows)], Look())
    )
    root = ElementTree.fromstring(text)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "\u202e" not in text
    assert "next" in "".join(root.itertext())


@drawn
@pytest.mark.slow
def test_a_page_gets_the_charts_that_its_result_has_data_for(one: Path, sweep: Path) -> None:
    assert [chart.kind for chart in charts(one)] == list(KINDS)
    of_sweep = charts(sweep, where=["dwell=2ms"])
    assert [chart.title for chart in of_sweep] == [
        "messages per entry", "wait, ms (mean)", "synchronisation delay, ms", "entries per s",
    ]  # fmt: skip
    assert all(chart.svg.startswith("<svg") for chart in of_sweep)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kind", "wait-cfd", "--out", "x.svg"], "--kind wait-cfd: it is none of wait-cdf, "),
        (["--kind", "wait-cdf", "--out", "x.gif"], "--out x.gif: it is none of svg, pdf, png"),
        (["--kind", "wait-cdf", "--out", "x.svg", "--width", "wide"], "--width wide: it is none of column, page"),
    ],
)
def test_a_mistake_in_a_flag_is_told(one: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["figure", str(one), *arguments])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"mxbench: {said}")


def test_without_vl_convert_a_figure_and_charts_say_what_to_install(
    one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    done = CliRunner().invoke(app, ["figure", str(one), "--kind", "wait-cdf", "--out", str(tmp_path / "x.svg")])
    assert (done.exit_code, done.stderr) == (
        2, "mxbench: figures need vl-convert-python, which is not installed: pip install 'mxbench[report]'\n",
    )  # fmt: skip
    with pytest.raises(ResultError, match=r"mxbench\[report\]"):
        charts(one)
    assert not list(tmp_path.iterdir())
