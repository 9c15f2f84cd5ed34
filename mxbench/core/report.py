"""What a report is to mxbench: a way to look at one run, as text for a terminal."""

from typing import ClassVar

from mxbench.core.history import History


class Report:
    """Shows one run from its history alone."""

    name: ClassVar[str]

    def render(self, history: History, node: int | None = None, width: int = 100) -> str:
        """Return the text to print, lines of at most `width` characters; only what concerns `node`, if one is given."""
        raise NotImplementedError
