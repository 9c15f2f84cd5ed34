"""`mxbench`, which is also `python -m mxbench`: a mistake is one line (or one for each) on standard error and a status.

Of a short command a tenth was Python looking for garbage: in what it had just loaded, and once more in all of it at
the end. There is none.
"""

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, and leave with its exit status."""
    gc.disable()
    for name, mode in (("stdin", "r"), ("stderr", "w")):  # which may be closed
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    try:
        from mxbench.cli import app

        gc.freeze()
        gc.enable()
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:  # before a command could tell it
        print("mxbench: interrupted", file=sys.stderr)
        sys.exit(130)
    except SystemExit:
        raise
    except OSError as error:  # of --help and --version, which are no commands
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError):
            print(f"mxbench: standard output cannot be written: {error.strerror or error}", file=sys.stderr)
        sys.exit(0 if isinstance(error, BrokenPipeError) else 3)
    except BaseException:  # Python's own status is that of a violation
        import traceback

        traceback.print_exc()
        print("mxbench: that is a mistake of mxbench itself, and says nothing of what was asked", file=sys.stderr)
        sys.exit(3)
    finally:
        if "_duckdb" not in sys.modules:  # which takes what is not collected for leaked
            gc.freeze()
    sys.exit(0)


if __name__ == "__main__":
    main()
