"""What holds for every test. Being here lets each import heap_loop and plans: pytest puts this folder on the path."""

import os
import signal
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings

# Who starts the tests in the background may have SIGINT ignored, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Wall time says nothing on a machine that is busy with something else.
settings.register_profile("mxbench", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mxbench")


def pytest_configure(config: pytest.Config) -> None:
    """Let what the tests start keep its bytecode where pytest keeps what it knows, if none is wanted elsewhere.

    Else each of many hundred processes compiles mxbench anew, which takes longer than what it is asked.
    """
    cache = getattr(config, "cache", None)  # -p no:cacheprovider
    if cache and os.environ.get("PYTHONDONTWRITEBYTECODE"):
        with suppress(OSError):  # it cannot be written to
            os.environ["PYTHONPYCACHEPREFIX"] = str(cache.mkdir("bytecode"))
            del os.environ["PYTHONDONTWRITEBYTECODE"]
