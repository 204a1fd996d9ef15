"""`python -m config.supervisor`: what `make run` does once everything is installed."""

import sys

from config.keys import Unusable
from config.supervisor.copy import run
from config.supervisor.problems import Problem


def main() -> None:
    try:
        run(with_parent="--with-parent" in sys.argv)
    except Problem as problem:
        sys.exit(f"Heed cannot run: {problem}")
    except (OSError, Unusable) as error:
        sys.exit(f"Heed cannot run: {error}")


if __name__ == "__main__":
    main()
