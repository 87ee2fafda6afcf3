"""How drawn tests run everywhere: no deadline (speed is never tested), and the same draws in CI.

Locally each run draws anew and prints how to repeat a failure; in CI a change is judged by its own
merits and not by the luck of the draw.

Ctrl-C is what it is everywhere, too: a shell has what it starts in the background ignore it, and so
would every program that a test starts and interrupts.
"""

import os
import signal

from hypothesis import HealthCheck, settings

signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("house")
