"""Being here lets every test, in whatever folder, import heap_loop and plans: pytest puts this folder on the path."""

import signal

# Who starts the tests in the background may have SIGINT ignored, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
