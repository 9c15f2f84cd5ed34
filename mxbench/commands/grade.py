"""The command `mxbench grade`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.telling import end_as_with_ctrl_c, say, say_json
from mxbench.errors import ExperimentError


def grade(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Submissions: each FILE.py, or a folder with one.")],
    rubric: Annotated[
        Path, typer.Option(metavar="FILE.yaml", help="What is asked, and its points; or a shipped rubric's name.")
    ],
    seed: Annotated[
        int | None,
        typer.Option(metavar="S", help="The hidden seed (that of the rubric, else a new one).", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where grades go (results/grades/FOLDER).", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Grade a course's submissions, none of which is trusted: points by property and by cost, and a page each."""
    if not hasattr(os, "killpg"):
        raise ExperimentError("mxbench grade needs the processes of a POSIX system; run it in WSL or in a container")
    import secrets

    from mxbench.check.text import ProgressLine
    from mxbench.grading.grade import grade as grade_all
    from mxbench.grading.rubric import find_rubric, read_rubric
    from mxbench.grading.sheet import write
    from mxbench.grading.submissions import find
    from mxbench.grading.summary import render

    if seed is not None and not 0 <= seed < 10**18:
        raise ExperimentError(f"--seed {seed}: a whole number from 0 to {10**18 - 1}")
    end_as_with_ctrl_c()
    asked, submissions = read_rubric(find_rubric(rubric)), find(folder)
    hidden = next(given for given in (seed, asked.seed, secrets.randbelow(10**9)) if given is not None)
    with ProgressLine() as line:

        def tell(done: int, total: int, name: str) -> None:
            if sys.stderr.isatty():
                line.show(f"{done} of {total} submissions graded, last {ascii(name)[1:-1][:60]}")

        try:
            all_graded = grade_all(submissions, asked, hidden, rubric.resolve().parent, tell)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("interrupted; no grades were written") from None
    target = out or Path("results") / "grades" / (folder.resolve().name or "folder")
    told = write(target, asked, all_graded, hidden)
    if as_json:
        say_json(told)
    else:
        say(render(asked, all_graded, hidden, target))
    raise typer.Exit(3 if any(one.failed for one in all_graded) else 0)
