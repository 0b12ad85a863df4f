import gc

import pytest

from tailwise.ops.collector import paused_collector


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
