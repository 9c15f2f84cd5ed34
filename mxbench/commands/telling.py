"""What the commands have in common: options, progress, and how a mistake is told."""

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

from mxbench.errors import MachineError, MxbenchError

INTERRUPTED = 130  # as a shell has it: 128 + SIGINT
_for_answers: list[Any] = []  # standard output as it was when the command began
Plugins = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE.py", help="Load a plugin of one file. May be repeated.", show_default=False),
]


def told(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command end with a sentence and an exit status where it raises what the user is to be told."""

    @functools.wraps(command)
    def telling(*arguments: Any, **options: Any) -> None:
        with _telling(), _plugins_print_aside():
            command(*arguments, **options)

    return telling


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
        if sys.stdout is not None:  # it may be closed
            sys.stdout.flush()
    except MxbenchError as error:
        for line in str(error).splitlines():
            print(f"mxbench: {line}", file=sys.stderr)
        sys.exit(3 if isinstance(error, MachineError) else 2)
    except KeyboardInterrupt as error:
        print(f"mxbench: {str(error) or 'interrupted'}", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except MemoryError:
        print("mxbench: there is not enough memory for this", file=sys.stderr)
        sys.exit(3)
    except BrokenPipeError:  # whatever was not printed with `say`
        _let_go_of_stdout()
        sys.exit(0)
    except OSError as error:  # who knew more has told it: what is left is standard output, and the rights of files
        what = error.filename or "standard output cannot be written"
        print(f"mxbench: {what}: {error.strerror or error}", file=sys.stderr)
        if error.filename is None:
            _let_go_of_stdout()
        sys.exit(3)


def _let_go_of_stdout() -> None:
    """Write nothing more there: else Python flushes once more at its end, and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), standard_output().fileno())


@contextmanager
def _plugins_print_aside() -> Iterator[None]:
    """Send to standard error what plugins print meanwhile: on standard output is what was asked for, and no more."""
    _for_answers.append(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _for_answers.pop()


def end_as_with_ctrl_c() -> None:
    """From now on clean up, and tell how to continue, also when ended politely or when the terminal is closed."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no terminal that hangs up
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores it
            signal.signal(number, signal.default_int_handler)


def standard_output() -> Any:
    """Return where answers go; None if it is closed."""
    return _for_answers[-1] if _for_answers else sys.stdout


def note(text: str) -> None:
    print(f"mxbench: {text}", file=sys.stderr)


def say(text: object, end: str = "\n") -> bool:
    """Print what was asked for; return whether there is somebody who reads it.

    That the reader of a pipe has enough of it, as `head` does, changes no exit status.
    """
    where = standard_output()
    if where is None:
        return False
    try:
        print(text, end=end, file=where, flush=True)
    except BrokenPipeError:
        _let_go_of_stdout()
        return False
    return True


def say_json(document: dict[str, Any]) -> None:
    import json

    say(json.dumps(document, indent=2, default=str))


@contextmanager
def progress(quiet: bool = False) -> Iterator[Any]:
    """Yield what follows the runs on a terminal; None where there is none, or where it is not wanted."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from mxbench.live import LiveProgress

    with LiveProgress() as live:
        yield live.update
