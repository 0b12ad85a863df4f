import pytest

from tailwise.ops.progress import SILENT, OpCancelledError, SharedProgress, track


def test_a_snapshot_tells_the_stage_and_its_share():
    progress = SharedProgress()
    progress.stage("Reading", 10)
    progress.advance(3)

    snapshot = progress.snapshot()

    assert (snapshot.label, snapshot.done, snapshot.total, snapshot.fraction) == ("Reading", 3, 10, 0.3)


def test_an_unknown_total_has_no_share():
    progress = SharedProgress()
    progress.stage("Looking")
    progress.advance()

    assert progress.snapshot().fraction is None
    assert progress.snapshot().seconds_left is None


def test_cancel_raises_at_the_next_report():
    progress = SharedProgress()
    progress.stage("Reading", 10)
    progress.cancel()

    assert progress.is_cancelled
    with pytest.raises(OpCancelledError):
        progress.advance()
    with pytest.raises(OpCancelledError):
        progress.stage("More")


def test_track_reports_every_item_once():
    progress = SharedProgress()
    progress.stage("Reading", 150)

    assert list(track(range(150), progress, every=64)) == list(range(150))

    assert progress.snapshot().done == 150


def test_an_estimate_appears_after_half_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("tailwise.ops.progress.time.monotonic", lambda: now[0])
    progress = SharedProgress()
    progress.stage("Reading", 100)
    progress.advance(25)
    assert progress.snapshot().seconds_left is None

    now[0] += 2.0

    assert progress.snapshot().seconds_left == pytest.approx(6.0)


def test_silent_takes_everything():
    SILENT.stage("x", 3)
    SILENT.advance(2)
