"""Work for pools of processes: a spawned process must be able to import it by name."""

import os


def doubled(piece):
    """Runs in a worker process; 13 kills it."""
    if 13 in piece:
        os._exit(3)
    return [(2 * element, os.environ.get("OPENBLAS_NUM_THREADS")) for element in piece]
