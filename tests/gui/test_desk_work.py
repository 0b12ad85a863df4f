"""What the Desk says at the foot of the window once look-alikes were found."""

import pytest

from tailwise.domain.review import MiningOutcome
from tailwise.gui.models.desk_work import DeskWork


@pytest.mark.parametrize(
    ("notes", "text", "tone"),
    [
        ((), "car: 0 candidates, 0 suspected missing labels", "ok"),
        (("140 more places", "RBC is odd"), "0 suspected missing labels. 140 more places. RBC is odd", "note"),
    ],
)
def test_what_mining_left_out_is_said_in_the_window(qtbot, opened, notes, text, tone):
    outcome = MiningOutcome("car", (), (), positives=3, pool=5, random=0, threshold=1.0, notes=notes)
    work = DeskWork(opened)

    with qtbot.waitSignal(opened.result) as announced:
        work._on_mined(outcome)

    line = announced.args[0]
    assert line.text.endswith(text)
    assert line.tone == tone
