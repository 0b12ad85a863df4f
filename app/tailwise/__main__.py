"""Entry point: hand the arguments to the command line, which opens the window when there are none."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> None:
    """Run Tailwise and exit with its code."""
    multiprocessing.freeze_support()
    from tailwise.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
