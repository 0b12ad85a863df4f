"""Pieces of work on a pool: a piece that kills its process is found, the others are done."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from pool_pieces import doubled
from tailwise.domain.errors import RequestError, UserError
from tailwise.ops import executors
from tailwise.ops.executors import Pieces, Pool, cluster_pool, cores, local_pool
from tailwise.ops.progress import SILENT, OpCancelledError, SharedProgress


def lost(element):
    return (-element, "lost")


class _Dying(ThreadPoolExecutor):
    """Breaks like a process pool does, without processes."""

    def submit(self, function, piece):
        def guarded(piece):
            if 13 in piece:
                raise BrokenProcessPool
            return function(piece)

        return super().submit(guarded, piece)


@contextlib.contextmanager
def dying_pool():
    with _Dying(1) as executor:
        yield Pool(executor, 1)


def plain(piece):
    return [2 * element for element in piece]


def in_pieces(elements, size=3):
    return [elements[at : at + size] for at in range(0, len(elements), size)]


def test_a_piece_that_kills_its_process_is_lost_alone():
    with_killer = [1, 2, 13, 4, 5, 6, 7]
    found = dict(Pieces(lambda: local_pool(1), doubled, lost).run(in_pieces(with_killer), SILENT))

    assert {element: value[0] for element, value in found.items()} == {
        1: 2, 2: 4, 4: 8, 5: 10, 6: 12, 7: 14, 13: -13,
    }  # fmt: skip
    # Arithmetic of the workers uses one thread, whatever this process does.
    assert {value[1] for element, value in found.items() if element != 13} == {"1"}


def test_several_killers_are_each_found():
    found = dict(Pieces(dying_pool, plain, lambda e: -e).run([[13, 1], [2, 13, 3], [4]], SILENT))

    assert found == {1: 2, 2: 4, 3: 6, 4: 8, 13: -13}


def test_a_pool_that_always_breaks_gives_up():
    pieces = Pieces(dying_pool, plain, lambda e: -e)

    with pytest.raises(UserError, match="ended 9 times in a row"):
        list(pieces.run([[13]] * 40, SILENT))


def test_cancelling_ends_the_pool():
    progress = SharedProgress()
    closed = []

    @contextlib.contextmanager
    def watched():
        with ThreadPoolExecutor(1) as executor:
            try:
                yield Pool(executor, 1)
            except BaseException as error:
                closed.append(type(error))
                raise

    progress.cancel()
    with pytest.raises(OpCancelledError):
        list(Pieces(watched, plain, lambda e: -e).run([[1], [2]], progress))
    assert closed == [OpCancelledError]


def test_a_fault_of_a_piece_is_raised():
    def faulty(_piece):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(Pieces(dying_pool, faulty, lambda e: -e).run([[1]], SILENT))


def test_a_cluster_that_cannot_be_used_is_a_sentence(monkeypatch):
    def missing(_name):
        raise ImportError

    class Unreachable:
        @staticmethod
        def Client(*_args, **_options):
            raise OSError("timed out")

    monkeypatch.setattr(executors.importlib, "import_module", missing)
    with pytest.raises(RequestError, match=r"Install tailwise\[cluster\]"), cluster_pool("tcp://nowhere:1"):
        pass
    monkeypatch.setattr(executors.importlib, "import_module", lambda _name: Unreachable)
    with (
        pytest.raises(RequestError, match="No Dask scheduler answers at tcp://nowhere:1"),
        cluster_pool("tcp://nowhere:1"),
    ):
        pass


def test_a_cluster_gives_its_executor_and_is_left_again(monkeypatch):
    class Client:
        closed = False

        def __init__(self, address, **_options):
            self.address = address

        def run(self, function):
            return function

        def nthreads(self):
            return {"a": 2, "b": 1} if self.address == "tcp://here:1" else {}

        def get_executor(self):
            return "executor"

        def close(self):
            Client.closed = True

    class Distributed:
        KilledWorker = BrokenProcessPool

    Distributed.Client = Client
    monkeypatch.setattr(executors.importlib, "import_module", lambda _name: Distributed)
    with cluster_pool("tcp://here:1") as pool:
        assert (pool.executor, pool.workers, pool.is_remote) == ("executor", 3, True)
    assert Client.closed
    with pytest.raises(RequestError, match="has no workers"), cluster_pool("tcp://empty:1"):
        pass


def test_there_is_at_least_one_core():
    assert cores() >= 1


@pytest.mark.parametrize(("found", "left"), [(1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_the_window_where_there_are_two(monkeypatch, found, left):
    monkeypatch.setattr(executors, "cores", lambda: found)

    assert executors.cores_beside_a_window() == left
