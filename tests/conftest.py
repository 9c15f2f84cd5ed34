"""What holds for every test. Being here lets each import heap_loop and plans: pytest puts this folder on the path."""

import signal

from hypothesis import HealthCheck, settings

# Who starts the tests in the background may have SIGINT ignored, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Wall time says nothing on a machine that is busy with something else.
settings.register_profile("mxbench", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mxbench")
