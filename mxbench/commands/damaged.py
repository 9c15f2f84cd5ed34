"""What the commands that read results tell of those of which something is missing."""

from collections.abc import Iterable

from mxbench.commands.telling import note


def note_damage(results: Iterable[str]) -> None:
    """Tell on stderr what is missing of these results, a line each; files and names of experiments have nothing."""
    from mxbench.experiment.damage import damage

    for result in results:
        for sentence in damage(result):
            note(f"note: {sentence}")


def note_unfinished(results: Iterable[str]) -> None:
    """Tell on stderr which of these results were interrupted, for a command whose output does not."""
    from mxbench.experiment.damage import unfinished

    for result in results:
        sentence = unfinished(result)
        if sentence is not None:
            note(f"note: {sentence}")
