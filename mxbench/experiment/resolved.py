"""The copy of an experiment that is stored with its results: what was run, ready to be run again from there.

Defaults that shape a run are written out; plugins of one file and data files are copied beside it and named by their
copies, so that the result can be moved to another machine.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mxbench import __version__
from mxbench.errors import ExperimentError
from mxbench.experiment.document import Document
from mxbench.experiment.source import dump
from mxbench.experiment.sweep import swept
from mxbench.files import write_whole

DEFAULTS: dict[str, Any] = {
    "engine": "tcp", "repeat": 1, "seed": 1, "history": "full", "break_assumptions": False, "stall_limit": "30s",
}  # fmt: skip


class Resolved(NamedTuple):
    """What is stored: the text of experiment.yaml, and the content of each file that it names, by relative path.

    rewrite: gives a value of the experiment as it stands there, with the copies' names.
    """

    text: str
    files: dict[str, bytes]
    rewrite: Callable[[Any], Any]

    def store(self, folder: Path) -> None:
        """Write it into a folder, experiment.yaml last; may raise OSError."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        write_whole(folder / "experiment.yaml", self.text)

    def is_stored_in(self, folder: Path) -> bool:
        """Return whether a folder holds the same experiment, files included."""
        try:
            text = (folder / "experiment.yaml").read_text(encoding="utf-8")
            same = _without_head(text) == _without_head(self.text)
            return same and all((folder / name).read_bytes() == content for name, content in self.files.items())
        except (OSError, ValueError):
            return False


def resolve(document: Document, plugins: list[Path], base: Path) -> Resolved:
    """Return an experiment as it is stored; raise ExperimentError for a file of it that is gone.

    plugins: all that were loaded from a file, those of flags among them. base: what paths in the document are
    relative to.
    """
    data = document.copy().data
    taken = swept(document)
    for key, value in DEFAULTS.items():
        if key not in taken:
            data.setdefault(key, value)
    files: dict[str, bytes] = {}
    if plugins:
        copies = _Copies(base, "plugins", files)
        data["plugins"] = [copies.copy(plugin) for plugin in plugins]
    copies = _Copies(base, "data", files)
    for key in ("workload", "network", "matrix", "include", "exclude", "smoke"):
        if key in data:
            data[key] = copies.rewrite(data[key])
    head = f"# {Path(document.name).name!a} as mxbench {__version__} ran it, flags and defaults included.\n"
    return Resolved(head + dump(data), files, copies.rewrite)


def _without_head(text: str) -> str:
    return text.partition("\n")[2]


class _Copies:
    """Takes files into one folder of the result, each once, under a name that no other has."""

    def __init__(self, base: Path, kind: str, files: dict[str, bytes]) -> None:
        self.base, self.kind, self.files = base, kind, files
        self.names: dict[Path, str] = {}

    def copy(self, file: Path) -> str:
        """Take a file in and return its new path, relative to the folder."""
        whole = file.resolve()
        if whole not in self.names:
            name = f"{self.kind}/{whole.name}"
            while name in self.files:
                name = f"{self.kind}/_{name.removeprefix(self.kind + '/')}"
            try:
                self.files[name] = whole.read_bytes()
            except OSError as error:
                raise ExperimentError(f"{file}: cannot be read: {error.strerror or error}") from error
            self.names[whole] = name
        return self.names[whole]

    def rewrite(self, value: Any) -> Any:
        """Return a value with each text in it that names a file replaced by the copy's path."""
        if isinstance(value, dict):
            return {key: self.rewrite(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.rewrite(item) for item in value]
        # A file is what looks like one: 'bank' is a word, even where a file of that name happens to lie.
        if isinstance(value, str) and ("/" in value or "." in value) and _is_file(self.base / value):
            return self.copy(self.base / value)
        return value


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
