"""How drawn tests run everywhere: no deadline (speed is never tested), and the same draws in CI.

Locally each run draws anew and prints how to repeat a failure; in CI a change is judged by its own
merits and not by the luck of the draw.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("house")
