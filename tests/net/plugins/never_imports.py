"""A plugin whose import never ends, as one that waits for a server would."""

import threading

threading.Event().wait()
