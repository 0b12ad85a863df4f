import gc
import weakref

import pytest

from tailwise.ops.collector import paused_collector, spare_what_is_loaded


def test_the_collector_rests_inside_and_works_again_after_a_failure():
    with paused_collector():
        assert not gc.isenabled()
    with pytest.raises(KeyError), paused_collector():
        raise KeyError

    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    with paused_collector(), paused_collector():
        pass
    with paused_collector():
        with paused_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


class Node:
    pass


def test_what_is_loaded_is_not_looked_at_again_and_later_cycles_are_still_found():
    before = Node()
    before.itself = before
    try:
        spare_what_is_loaded()
        known = len(gc.get_objects())
        later = Node()
        later.itself = later
        gone = weakref.ref(later)
        del later
        gc.collect()

        assert gone() is None
        assert gc.get_freeze_count() > 1000
        assert known < gc.get_freeze_count() / 10
    finally:
        gc.unfreeze()
