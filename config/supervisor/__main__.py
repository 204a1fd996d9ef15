"""`python -m config.supervisor`: what `make run` does once everything is installed."""

import sys

from config.supervisor.copy import run
from config.supervisor.problems import Problem

if __name__ == "__main__":
    try:
        run(with_parent="--with-parent" in sys.argv)
    except Problem as problem:
        sys.exit(f"Heed cannot run: {problem}")
    except OSError as error:
        sys.exit(
            f"Heed cannot run: {error.strerror}: {error.filename}"
            if error.filename
            else f"Heed cannot run: {error}."
        )
