"""The museum's guide: what `mxbench check` finds at each exhibit, as a table with times, and docs/museum.md.

python tests/museum/museum.py             searches all, prints the table; exit status 1 if something else was found
python tests/museum/museum.py --write     writes docs/museum.md, too
"""

import argparse
import ast
import sys
import time
from collections.abc import Sequence
from typing import Any

from exhibits import EXHIBITS, ROOT, Exhibit

from mxbench.check.answer import check
from mxbench.check.diagram import diagram
from mxbench.check.text import legend

DOCS = ROOT / "docs" / "museum.md"
INTRODUCTION = f"""# Museum: faults of public code and print

<!-- Written by tests/museum/museum.py --write; a test compares it. -->

{len(EXHIBITS)} faults that somebody published: in course work, collections, a language's examples, an encyclopedia,
and in the papers themselves. Each is an algorithm as its source has it, told again in our own words as a plugin of one
file; nothing of the source is copied. Where something was left out or mended, so that a second fault of the same file
does not hide the first, the text says so. Repositories were read in stored copies, at the commits that are named, and
may have changed since. They stand here because their faults are worth knowing; most of them are exercises.

The question of each is as small as can be: with one request less, with one node less where there are no quorums, or on
channels that keep their order, nothing is found. Tests hold that, and that a change of the faulty lines mends it.

`mxbench check` finds all of them. `python tests/museum/museum.py` prints what it finds with the time that each takes, a
few seconds together.
"""


def visit(exhibit: Exhibit) -> dict[str, Any]:
    """Return what the search finds at an exhibit, by the plain search: a fault may need what an original forgets."""
    return check(exhibit.file, **exhibit.question, forget=False)


def found(answer: dict[str, Any]) -> tuple[str | None, int]:
    """Return the property that was violated, and after how many steps."""
    return answer["property"], len(answer["trace"])


def document(answers: Sequence[dict[str, Any]]) -> str:
    """Return docs/museum.md."""
    rows = ["| Exhibit | Source | Fault | `mxbench check` finds | States |", "|---|---|---|---|---|"]
    rooms = []
    for exhibit, answer in zip(EXHIBITS, answers, strict=True):
        name = exhibit.name
        told = f"{answer['property']}, {len(answer['trace'])} steps"
        rows.append(f"| [{name}](#{name}) | {exhibit.source} | {exhibit.fault} | {told} | {answer['states']:,} |")
        rooms.append(room(exhibit, answer))
    return "\n".join([INTRODUCTION, *rows, "", *rooms])


def room(exhibit: Exhibit, answer: dict[str, Any]) -> str:
    """Return the section of one exhibit: its story, the command, and the picture."""
    file = exhibit.file.relative_to(ROOT)
    story = ast.get_docstring(ast.parse(exhibit.file.read_text(encoding="utf-8"))) or ""
    source = "" if "\nSource: " in story else f"Source: {exhibit.source}.\n\n"
    picture = diagram(answer["trace"], answer["nodes"])
    return (
        f"## {exhibit.name}\n\n{story.removeprefix('Fault: ')}\n\n{source}"
        f"[{file}](../{file}): {answer['text']}.\n\n```sh\n{exhibit.command}\n```\n\n"
        f"```text\n{picture}\n\n{legend(answer['trace'], 'shortest')}\n```\n"
    )


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {DOCS.relative_to(ROOT)}")
    options = parser.parse_args()
    started = time.perf_counter()
    answers, wrong = [], []
    for exhibit in EXHIBITS:
        before = time.perf_counter()
        answer = visit(exhibit)
        answers.append(answer)
        violated, steps = found(answer)
        if (violated, steps) != (exhibit.violates, exhibit.steps):
            wrong.append(exhibit.name)
        seconds = time.perf_counter() - before
        told = f"{violated or 'nothing':17} {steps:3} steps {answer['states']:7,} states"
        print(f"{exhibit.name:42} {told} {seconds:6.2f} s")
    print(
        f"{len(EXHIBITS)} exhibits, {time.perf_counter() - started:.1f} s; not as pinned: {', '.join(wrong) or 'none'}"
    )
    if options.write:
        DOCS.write_text(document(answers), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
