"""Specifications become pictures through vl-convert (extra `[report]`), which needs no browser and no network.

PDF and PNG are made from the SVG. Its bytes are the same for the same specification, as long as that asks for no clip
and no gradient, whose names vl-convert counts up in a process. The names of fonts in a PDF differ each time.
"""

from importlib.util import find_spec
from typing import Any

from mxbench.errors import ResultError

MISSING = "figures need vl-convert-python, which is not installed: pip install 'mxbench[report]'"
FORMATS = ("svg", "pdf", "png")
PPI = 300  # of a PNG: fit for print


def can_draw() -> bool:
    """Return whether vl-convert is there, without loading it."""
    return find_spec("vl_convert") is not None


def svg(spec: dict[str, Any]) -> str:
    """Return a specification as SVG; raise ResultError where vl-convert is not installed."""
    if not can_draw():
        raise ResultError(MISSING)
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return drawn


def picture(spec: dict[str, Any], form: str) -> bytes:
    """Return a specification in one of FORMATS; raise ResultError where vl-convert is not installed."""
    drawn = svg(spec)
    if form == "svg":
        return drawn.encode() + b"\n"
    import vl_convert

    made: bytes = vl_convert.svg_to_pdf(drawn) if form == "pdf" else vl_convert.svg_to_png(drawn, ppi=PPI)
    return made
