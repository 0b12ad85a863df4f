"""Run many small pieces of work on a pool of processes, here or on a cluster, and survive pieces that kill a process.

Any `concurrent.futures.Executor` will do. The local pool starts fresh interpreters that use one thread each for
arithmetic: pieces run side by side already, and a result must not depend on how many threads had a part in it.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tailwise.domain.errors import RequestError, UserError
from tailwise.ops.child import end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future
    from contextlib import AbstractContextManager
    from multiprocessing.synchronize import Event

    from tailwise.ops.progress import Progress

POLL_SECONDS = 0.1
CONNECT_SECONDS = 10
MAX_BREAKS = 8
_AHEAD = 3
_SINGLE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Pool:
    """An executor, how many pieces it works on at a time, and what it raises when a piece killed its process."""

    executor: Executor
    workers: int
    broken: tuple[type[BaseException], ...] = (BrokenExecutor,)
    is_remote: bool = False


if TYPE_CHECKING:
    OpenPool = Callable[[], AbstractContextManager[Pool]]


def cores() -> int:
    """Return how many processes can work at a time on this computer."""
    affinity = getattr(os, "sched_getaffinity", None)
    return max(1, len(affinity(0)) if affinity is not None else (os.cpu_count() or 1))


def cores_beside_a_window() -> int:
    """Return how many processes may work while a window is to answer at once: one core is left to it."""
    return max(1, cores() - 1)


@contextlib.contextmanager
def local_pool(workers: int = 0) -> Generator[Pool]:
    """Open a pool of spawned processes on this computer; 0 means one per core.

    When the block is left by an exception, cancelling included, the processes end at once.
    """
    count = workers or cores()
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=prepare_worker, initargs=(stop,))
    try:
        yield Pool(executor, count)
    except BaseException:
        stop.set()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


@contextlib.contextmanager
def cluster_pool(address: str) -> Generator[Pool]:
    """Use the workers of a Dask scheduler; the image files must have the same paths there as here.

    Raises:
        RequestError: `distributed` is not installed, or nobody answers at the address.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise RequestError(
            "A Dask scheduler needs the packages dask and distributed", "Install tailwise[cluster], or use --workers"
        ) from error
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"No Dask scheduler answers at {address}", "Check the address, for example tcp://10.0.0.5:8786"
        ) from error
    try:
        client.run(single_threaded)
        threads = sum(client.nthreads().values())
        if not threads:
            raise RequestError(f"The Dask scheduler at {address} has no workers", "Start some, or use --workers")
        yield Pool(client.get_executor(), threads, (distributed.KilledWorker,), is_remote=True)
    finally:
        client.close()


def prepare_worker(stop: Event) -> None:  # pragma: no cover  only ever runs in a child, where nothing counts lines
    """Make a fresh process ready: one thread, Ctrl-C is the parent's business, and the end comes with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    threading.Thread(target=_end_with, args=(stop,), daemon=True).start()
    single_threaded()


def single_threaded() -> None:  # pragma: no cover  as above
    """Let arithmetic of this process use one thread; also where libraries are loaded already."""
    os.environ.update(dict.fromkeys(_SINGLE_THREAD, "1"))
    with contextlib.suppress(ImportError):
        limits: Any = importlib.import_module("threadpoolctl")
        limits.threadpool_limits(1)
        importlib.import_module("cv2").setNumThreads(1)


@contextlib.contextmanager
def one_thread() -> Generator[None]:
    """Let one thread do the arithmetic in a block.

    Its products are of a crop or a class each, too small to share out: threads that wait for each other took 30 times
    as long to describe a crop on a computer with other work to do.
    """
    limits: Any = importlib.import_module("threadpoolctl")
    with limits.threadpool_limits(1):
        yield


def _end_with(stop: Event) -> None:  # pragma: no cover  only ever runs in a child, where nothing counts lines
    stop.wait()
    os._exit(1)


class Pieces(Generic[T, R]):
    """Apply a function to pieces of several elements each, in a pool that is opened anew when a piece kills it.

    Args:
        open_pool: opens a pool; called again after a process died.
        function: importable by name; turns a piece into one result per element.
        lost: the result of an element that kills the process it is worked on in.
    """

    def __init__(
        self, open_pool: OpenPool, function: Callable[[Sequence[T]], Sequence[R]], lost: Callable[[T], R]
    ) -> None:
        self._open_pool = open_pool
        self._function = function
        self._lost = lost
        self._breaks = 0

    def run(self, pieces: Iterable[Sequence[T]], progress: Progress) -> Iterator[tuple[T, R]]:
        """Yield every element with its result as pieces are done, in no particular order.

        Raises:
            OpCancelledError: cancelled; the processes are gone.
        """
        waiting = iter(pieces)
        doubtful: list[T] = []
        while True:
            running: dict[Future[Sequence[R]], Sequence[T]] = {}
            try:
                with self._open_pool() as pool:
                    try:
                        yield from self._one_by_one(pool, doubtful, progress)
                        yield from self._all(pool, waiting, running, progress)
                    except pool.broken:
                        doubtful += [element for piece in running.values() for element in piece]
                        self._count_break()
                        continue
            except BrokenExecutor:  # it died while it was closed; everything was done or is in doubt
                continue
            return

    def _count_break(self) -> None:
        """Give up when processes end whatever they work on: it is not the files then."""
        self._breaks += 1
        if self._breaks > MAX_BREAKS:
            raise UserError(
                f"The worker processes ended {self._breaks} times in a row",
                "There may be too little memory; use fewer workers",
            )

    def _all(
        self,
        pool: Pool,
        waiting: Iterator[Sequence[T]],
        running: dict[Future[Sequence[R]], Sequence[T]],
        progress: Progress,
    ) -> Iterator[tuple[T, R]]:
        while True:
            while len(running) < pool.workers * _AHEAD and (piece := next(waiting, None)) is not None:
                running[pool.executor.submit(self._function, piece)] = piece
            if not running:
                return
            done, _left = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            progress.advance(0)
            for future in done:
                results = future.result()
                self._breaks = 0
                yield from zip(running.pop(future), results, strict=True)

    def _one_by_one(self, pool: Pool, doubtful: list[T], progress: Progress) -> Iterator[tuple[T, R]]:
        """Work on elements alone, so that the one which kills its process is known."""
        while doubtful:
            element = doubtful[0]
            future = pool.executor.submit(self._function, (element,))
            while not wait((future,), timeout=POLL_SECONDS).done:
                progress.advance(0)
            doubtful.pop(0)
            try:
                result = future.result()[0]
            except pool.broken:
                yield element, self._lost(element)
                raise
            self._breaks = 0
            yield element, result
