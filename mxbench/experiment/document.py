"""An experiment as plain data that knows, for each key, where it was written and how."""

import copy
from difflib import get_close_matches
from typing import Any

from mxbench.errors import ExperimentError

KeyPath = tuple[str | int, ...]


class Document:
    """Plain data with the place and the text of each key.

    lines: the line of each key or list item, from 1. texts: each scalar as it was written. flags: for what did not
    come from the file, the flag that gave it. A place or text that is not known is that of the nearest key above.
    """

    def __init__(
        self, name: str, data: dict[str, Any], lines: dict[KeyPath, int], texts: dict[KeyPath, str],
        flags: dict[KeyPath, str] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.data, self.lines, self.texts = name, data, lines, texts
        self.flags = flags or {}
        self.words: dict[KeyPath, KeyPath] = {}  # of keys that were written under another name

    def copy(self) -> "Document":
        """Return a document that can be changed without changing this one."""
        data = copy.deepcopy(self.data)
        twin = Document(self.name, data, dict(self.lines), dict(self.texts), dict(self.flags))
        twin.words = dict(self.words)
        return twin

    def rename(self, given: KeyPath, meant: KeyPath) -> None:
        """Have a key under another name, beside the old one; errors still show the name that was written."""
        keys = self.get(given[:-1])
        keys[meant[-1]] = keys.pop(given[-1])
        notes: Any
        for notes in (self.lines, self.texts, self.flags):
            if given in notes:
                notes[meant] = notes.pop(given)
        self.words[meant] = given

    def known(self, path: KeyPath) -> KeyPath:
        """Return the longest part of a path that was written."""
        while path and path not in self.lines and path not in self.flags:
            path = path[:-1]
        return path

    def where(self, path: KeyPath) -> str:
        """Return 'FILE:LINE' of a key, or the flag that gave it."""
        written = self.known(path)
        if written in self.flags:
            return self.flags[written]
        return f"{self.name}:{self.lines[written]}" if written else self.name

    def get(self, path: KeyPath) -> Any:
        """Return the value at a path, None if there is none."""
        value: Any = self.data
        for part in path:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def put(self, path: KeyPath, value: Any, line: int | None, flag: str | None, texts: dict[KeyPath, str]) -> None:
        """Set the value at a path of keys, with its line or flag; None removes the key.

        Raises ValueError where the path leads through a value. `texts` are relative to the path.
        """
        inner: Any = self.data
        for depth, part in enumerate(path[:-1]):
            if part not in inner:
                inner[part] = {}
                self._note(path[: depth + 1], line, flag)
            inner = inner[part]
            if path[: depth + 1] == ("algorithm",) and isinstance(inner, str):  # the short form of {name: ...}
                inner = self.data["algorithm"] = {"name": inner}
            if not isinstance(inner, dict):
                raise ValueError(f"{dotted(path[: depth + 1])} holds {quoted(flow(inner))}, which has no keys")
        for known in [p for notes in (self.lines, self.texts, self.flags) for p in notes if p[: len(path)] == path]:
            self.lines.pop(known, None)
            self.texts.pop(known, None)
            self.flags.pop(known, None)
        if value is None:
            inner.pop(path[-1], None)
            return
        inner[path[-1]] = copy.deepcopy(value)
        self._note(path, line, flag)
        self.texts.update({(*path, *below): text for below, text in texts.items()})

    def below(self, path: KeyPath) -> dict[KeyPath, str]:
        """Return the texts of the scalars at and under a path, relative to it."""
        return {known[len(path) :]: text for known, text in self.texts.items() if known[: len(path)] == path}

    def _note(self, path: KeyPath, line: int | None, flag: str | None) -> None:
        if flag is not None:
            self.flags[path] = flag
        elif line is not None:
            self.lines[path] = line


class Mistakes:
    """Collects what is wrong with an experiment, so that all of it is told at once, a line each."""

    def __init__(self) -> None:
        self.found: dict[str, int] = {}  # what to say -> line

    def add(self, document: Document, path: KeyPath, what: str, key: KeyPath | None = None) -> None:
        """Note a mistake at a path; `key` is what is shown, where it is another one than what was written."""
        known = document.known(path)
        shown = dotted(document.words.get(known, known) if key is None else key)
        where = document.where(path)
        # The flag that gave a value names its key already.
        says = f"{where}: {what}" if not shown or known in document.flags else f"{where}: {shown}: {what}"
        self.found.setdefault(says, document.lines.get(known, 0))

    def check(self) -> None:
        """Raise ExperimentError with all of them, in the order of their lines, if there is one."""
        if self.found:
            raise ExperimentError("\n".join(sorted(self.found, key=self.found.__getitem__)))


def dotted(path: KeyPath) -> str:
    """Return a key path as it is shown: workload.dwell, include[1].nodes."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text


def quoted(value: Any) -> str:
    """Return a value for a message: in quotes, control characters made visible, long ones cut."""
    text = value if isinstance(value, str) else flow(value)
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:61])
    return f"'{shown[:60]}...'" if len(text) > 60 or len(shown) > 120 else f"'{shown}'"


def flow(value: Any) -> str:
    """Return a value as YAML would have it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def suggestion(word: object, known: Any) -> str:
    """Return '; did you mean ...?' for a misspelt word, or ''."""
    close = get_close_matches(str(word), [str(name) for name in known], n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
