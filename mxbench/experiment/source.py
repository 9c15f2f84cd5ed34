"""The text of an experiment, read into plain data with a position for every key and a reason for every refusal.

YAML is read from its events, not by a loader: a loader overwrites duplicate keys without a word, expands aliases, and
reads `017` as 15, `1:30` as 90 and `on` as true. Here a plain scalar is a number only if it is written as everybody
writes one (`17`, `-3`, `0.5`, `1e3`, the last a number with a fraction and so no count), true, false or null; anything
else is text, and where a number was wanted `explain` says what the writer may have meant.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mxbench.errors import ExperimentError
from mxbench.experiment.document import Document, KeyPath, dotted, quoted

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_MISTAKES = 20  # told at once; a file with more is another kind of file

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read(file: Path, shown: str | None = None) -> Document:
    """Read a YAML file; raise ExperimentError that names file and line for whatever it cannot mean."""
    name = shown or str(file)
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise ExperimentError(f"{name}: {size:,} bytes; an experiment has at most {MAX_BYTES:,}")
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)  # a pipe or a device has no size
    except OSError as error:
        raise ExperimentError(f"{name}: cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise ExperimentError(f"{name}: over {MAX_BYTES:,} bytes; an experiment has less")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ExperimentError(f"{name}:{line}: not UTF-8 text; save the file with that encoding") from None
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """Return the document that a text holds: a mapping of keys to values. `name` stands for it in errors."""
    composer = _Composer(name)
    data = composer.compose(text)
    if data is None:
        raise ExperimentError(f"{name}: it is empty; an experiment needs at least name, algorithm, nodes and workload")
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else f"the single value {quoted(str(data))}"
        raise ExperimentError(f"{name}:1: it holds {kind}; an experiment is a mapping of keys: 'name: ...'")
    return Document(name, data, composer.lines, composer.texts)


def parse_value(text: str, name: str) -> tuple[Any, dict[KeyPath, str]]:
    """Return the value that a short YAML text stands for, and its scalars as written; null if it is empty."""
    if len(text) > MAX_BYTES:
        raise ExperimentError(f"{name}: over {MAX_BYTES:,} characters")
    composer = _Composer(name, numbered=False)
    return composer.compose(text), composer.texts


def scalar(text: str) -> Any:
    """Return what a scalar without quotes stands for: None, a truth value, a number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and any(character.isdigit() for character in text.partition("e")[0].partition("E")[0]):
        number = float(text)
        return number if math.isfinite(number) and not text.lstrip("+-").isdigit() else text
    return text


def dump(data: dict[str, Any]) -> str:
    """Return YAML that `parse` reads as the same data."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def explain(text: str) -> str:
    """Return what the writer of a scalar that is no plain number may have meant, or '' if there is no telling."""
    if re.fullmatch(r"[-+]?0[0-9]+", text):
        sign, digits = ("-" if text[0] == "-" else ""), text.lstrip("-+0") or "0"
        octal = f", or {int(text, 8)} if it was meant as octal" if not set(text) & set("89") else ""
        return f"write {sign}{digits}{octal}"
    if re.fullmatch(r"[-+]?0[xob][0-9a-fA-F]{1,15}", text):
        try:
            return f"write {int(text, 0)}"
        except ValueError:
            return ""
    if re.fullmatch(r"[-+]?[0-9]{1,15}(_[0-9]+)+", text):
        return f"write {text.replace('_', '')}"
    if re.fullmatch(r"[0-9]{1,9}(:[0-5]?[0-9]){1,2}", text):
        total = 0
        for part in text.split(":"):
            total = total * 60 + int(part)
        return f"YAML 1.1 reads that as {total}; write {total}, or {total}s for a time"
    number = scalar(text)
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
        return f"write {int(number)}"
    if text.lower() in ("yes", "on", "y", "no", "off", "n"):
        return f"write {'true' if text.lower() in ('yes', 'on', 'y') else 'false'}"
    if text.lower() in (".nan", ".inf", "-.inf", "+.inf", "nan", "inf", "-inf"):
        return "write a number"
    return ""


class _Open:
    """A mapping or a list whose end has not been met."""

    __slots__ = ("data", "key", "path")

    def __init__(self, data: dict[str, Any] | list[Any], path: KeyPath) -> None:
        self.data, self.path = data, path
        self.key: str | None = None


class _Composer:
    """Builds data from events with a stack of its own, so that no nesting exhausts Python's."""

    def __init__(self, name: str, numbered: bool = True) -> None:
        self.name, self.numbered = name, numbered  # what is given with a flag has no lines
        self.lines: dict[KeyPath, int] = {}
        self.texts: dict[KeyPath, str] = {}
        self.mistakes: list[str] = []

    def compose(self, text: str) -> Any:
        """Return the one document of a text, None if there is none; raise ExperimentError with all mistakes."""
        root: Any = None
        try:
            root = self._build(yaml.parse(text, Loader=yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            self._mistake(line, f"broken YAML: {_reason(error, self.numbered)}")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            shown = f"\\x{error.character:02x}" if isinstance(error.character, int) else repr(error.character)
            self._mistake(line, f"the character {shown} is not allowed in YAML")
        except (ValueError, OverflowError, IndexError) as error:  # PyYAML on an escape such as "\Uffffffff"
            self._mistake(1, f"broken YAML: {error}")
        if self.mistakes:
            more = len(self.mistakes) - MAX_MISTAKES
            rest = [f"{self.name}: and {more} more mistakes"] if more > 0 else []
            raise ExperimentError("\n".join(self.mistakes[:MAX_MISTAKES] + rest))
        return root

    def _build(self, events: Iterator[Any]) -> Any:
        root: Any = None
        stack: list[_Open] = []
        documents = 0
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._mistake(line, "a second document begins here ('---'); an experiment is one")
                    return root
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.NodeEvent):
                self._refuse_machinery(event, line)
                if stack and isinstance(stack[-1].data, dict) and stack[-1].key is None:
                    if not self._take_key(stack[-1], event, line):
                        return root
                    continue
                value, path = self._place(stack, event, line)
                if not stack:
                    root = value
                if isinstance(event, yaml.CollectionStartEvent):
                    if len(stack) >= MAX_DEPTH:
                        self._mistake(line, f"nested over {MAX_DEPTH} deep")
                        return root
                    stack.append(_Open(value, path))
        return root

    def _refuse_machinery(self, event: Any, line: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._mistake(line, f"the alias '*{event.anchor}' is not allowed; write the value out")
        elif event.anchor is not None:
            self._mistake(line, f"the anchor '&{event.anchor}' is not allowed; write each value out")
        elif event.tag not in (None, "!"):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._mistake(line, f"the tag {quoted(tag)} is not allowed; an experiment is plain data")

    def _take_key(self, mapping: _Open, event: Any, line: int) -> bool:
        """Note a key of a mapping; return False if what stands there cannot be one and reading on makes no sense."""
        if not isinstance(event, yaml.ScalarEvent):
            self._mistake(line, "a key must be a word, not a list, a mapping or an alias")
            return False
        key = event.value
        path = (*mapping.path, key)
        if _CONTROL.search(key) or "\n" in key:
            self._mistake(line, f"the key {quoted(key)} holds a control character")
        elif key == "<<":
            self._mistake(line, "merging with '<<' is not allowed; write the keys out")
        elif path in self.lines:
            self._mistake(line, f"{dotted(path)}: given twice, first in line {self.lines[path]}; keep one")
        self.lines.setdefault(path, line)
        mapping.key = key
        return True

    def _place(self, stack: list[_Open], event: Any, line: int) -> tuple[Any, KeyPath]:
        """Put a value where it belongs and return it with its path."""
        value = self._value(event, line)
        if not stack:
            path: KeyPath = ()
        elif isinstance(stack[-1].data, dict):
            parent = stack[-1]
            assert parent.key is not None, "a mapping's value follows its key"
            path = (*parent.path, parent.key)
            stack[-1].data[parent.key] = value
            parent.key = None
        else:
            path = (*stack[-1].path, len(stack[-1].data))
            stack[-1].data.append(value)
            self.lines[path] = line
        if isinstance(event, yaml.ScalarEvent):
            self.texts[path] = event.value
        return value, path

    def _value(self, event: Any, line: int) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if not isinstance(event, yaml.ScalarEvent):
            return None  # an alias, refused above
        if _CONTROL.search(event.value):
            self._mistake(line, f"the value {quoted(event.value)} holds a control character")
        return scalar(event.value) if event.style is None else event.value

    def _mistake(self, line: int, what: str) -> None:
        self.mistakes.append(f"{self.name}:{line}: {what}" if self.numbered else f"{self.name}: {what}")


class _Dumper(yaml.SafeDumper):
    """Writes text that `scalar` would take for something else in quotes, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


_OPENED = {"while parsing a flow sequence": "[", "while parsing a flow mapping": "{"}
_CLOSED = {"[": "]", "{": "}"}


def _reason(error: yaml.MarkedYAMLError, numbered: bool) -> str:
    problem = (error.problem or str(error)).strip()
    if "'\\t'" in problem:
        return "a tab; use spaces"
    if "mapping values are not allowed" in problem:
        return "a ':' where none can be; put text that holds ': ' in quotes, and check the indentation"
    if opened := _OPENED.get((error.context or "").strip()):
        where = f" of line {error.context_mark.line + 1}" if numbered and error.context_mark else ""
        return f"the '{opened}'{where} is not closed before this; is a '{_CLOSED[opened]}' or a ',' missing?"
    context = f" ({error.context.strip()})" if error.context else ""
    return problem + context
