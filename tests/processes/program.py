"""`python -m tests.processes.program MODULE ROLE SECONDS SEED`: a process of a test, in one of its module's ROLES.

It does what its role says again and again for that long, or until the role says that this is all by returning
True; prints how often, and ends badly with whatever is raised.
"""

import importlib
import json
import os
import random
import sys
import time

import django


def main(module: str, role: str, seconds: float, seed: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    play = importlib.import_module(module).ROLES[role]
    random.seed(seed)
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end and not play():
        done += 1
    print(json.dumps({"role": role, "done": done}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
