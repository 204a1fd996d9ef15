"""How long things may take at the door. Each of them is shorter than the one after it."""

from datetime import timedelta

START_WITHIN = 3.0
"""Seconds after its claim within which a call begins, or does not begin at all."""
CALL_LIMIT = 12.0
"""Seconds that a call may take."""
LEASE = timedelta(seconds=30)
"""How long a claim stands. A call begins only while all of CALL_LIMIT is left of it."""
MARGIN = timedelta(seconds=5)
"""How long after the lease the reaper waits, for clocks that do not run alike."""

THREADS = 16
LINGER = 0.01
"""Seconds for which a call that is back waits for others, to be settled with them."""
CLAIMING_FOR = 4.0
"""Seconds for which one run of the task claims, so that a worker that is asked to stop soon has."""
