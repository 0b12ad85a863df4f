"""Entry point: hand the arguments to the command line, and open the window when it asks for one."""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EXIT_USAGE = 2


def main() -> None:
    """Run Tailwise and exit with its code."""
    multiprocessing.freeze_support()
    from tailwise.cli import run

    sys.exit(run(sys.argv[1:], open_window))


def open_window(project: Path | None) -> int:
    """Open the window, or say in one sentence why there can be none."""
    try:
        from tailwise.gui.application import run_window
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("PySide6"):
            raise
        sys.stderr.write(
            "tailwise: The window needs PySide6, which is not installed. Every other command works without it.\n"
        )
        return EXIT_USAGE
    return run_window(project)


if __name__ == "__main__":
    main()
