import numpy as np
import pytest

from builders import a_project, a_source, store
from tailwise.usecases.lead_times import lead_seconds, lead_summaries, winsorised


def timed(seconds, **more):
    data = a_source({f"{n}.jpg": {"car": 1} for n in range(4)}, **more)
    data.lead.origin = "lead_time of Label Studio"
    for item, value in seconds.items():
        data.lead.append(item, value)
    return data


def test_seconds_are_kept_by_item_and_unknown_where_nobody_measured(tmp_path):
    project = a_project(
        tmp_path / "p.tailwise",
        a_source({"x.jpg": {"car": 1}}, name="untimed", root="/data/untimed"),
        timed({3: 40.5, 0: 10}),
    )

    assert lead_seconds(project).tolist() == pytest.approx([np.nan, 10, np.nan, np.nan, 40.5], nan_ok=True)
    assert lead_seconds(project).dtype == np.float32
    assert [(s.source, s.origin, s.items, s.median_s) for s in lead_summaries(project)] == [
        ("set", "lead_time of Label Studio", 2, pytest.approx(25.25, abs=0.2))
    ]
    project.close()


def test_an_import_without_times_takes_the_former_ones_away(tmp_path):
    project = a_project(tmp_path / "p.tailwise", timed({1: 30.0}))

    store(project, timed({}))

    assert np.isnan(lead_seconds(project)).all()
    assert lead_summaries(project) == ()
    project.close()


def test_hours_of_an_open_tab_are_cut_to_the_99th_percentile_of_the_others():
    seconds = np.append(np.full(199, 20, np.float32), [np.float32(7200), np.nan]).astype(np.float32)

    cut = winsorised(seconds)

    assert np.nanmax(cut) == 20
    assert np.isnan(cut[-1])
    assert np.isnan(winsorised(np.full(3, np.nan, np.float32))).all()
