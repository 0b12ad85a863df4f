"""Bursts: what one camera took within seconds belongs together even when two frames far apart look different."""

import contextlib

import numpy as np
import pytest

from exif_bytes import stamped
from photo_sets import inline_pool, jpeg_of, photo, photo_project
from tailwise.domain.duplicates import DuplicateRequest
from tailwise.domain.index import EdgeKind, IndexRequest
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.duplicate_review import file_names
from tailwise.usecases.image_index import build_index
from tailwise.usecases.near_duplicates import duplicate_report, find_duplicates

FRAMES = 8


def pan(seed, frames=FRAMES):
    """Frames of a camera that turns: neighbours share 90 %, the first and the last one share a third or less."""
    wide = photo(seed, 760, 240)
    return [np.ascontiguousarray(wide[:, 55 * k : 55 * k + 320]) for k in range(frames)]


def moved(picture, seed):
    """Change what is on a picture: a third of it is covered by something else."""
    changed = picture.copy()
    changed[60:200, 80:220] = photo(seed)[60:200, 80:220]
    return changed


def searched(folder, files, **source):
    project = photo_project(folder, files, **source)
    build_index(project, IndexRequest(descriptors=False), SILENT, inline_pool)
    report = find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool)
    return project, report


def names_of(project, report):
    names = file_names(project, [item for one in report.clusters for item in one.items])
    return [[names[item] for item in one.items] for one in report.clusters]


def test_a_turning_camera_is_one_burst_by_time_and_ends_with_the_scene(tmp_path):
    # Unnumbered names: time alone says who follows whom. The second scene begins an hour later.
    first, second = pan(1), pan(5)
    files = {f"{'abcdefgh'[k]}{k % 3}x{k}q.jpg": stamped(jpeg_of(f), k) for k, f in enumerate(first)}
    files |= {f"z{'stuvwxyz'[k]}.jpg": stamped(jpeg_of(f), 3600 + k) for k, f in enumerate(second)}
    project, report = searched(tmp_path, files)
    with contextlib.closing(project):
        assert sorted(len(one) for one in names_of(project, report)) == [FRAMES, FRAMES]
        reasons = [edge.reason for one in report.clusters for edge in one.edges]
        assert any(reason.startswith("taken 1 s apart by one camera, ") for reason in reasons)


@pytest.mark.parametrize(("seconds", "kind"), [(2, EdgeKind.BURST), (30, None)])
def test_frames_that_changed_belong_together_only_when_seconds_lie_between_them(tmp_path, seconds, kind):
    base = photo(3)
    files = {"p.jpg": stamped(jpeg_of(base), 0), "q.jpg": stamped(jpeg_of(moved(base, 9)), seconds)}
    # More of the same camera, a second apart, keep its usual pause short.
    files |= {f"{'rstuv'[k]}.jpg": stamped(jpeg_of(photo(31 + k)), 99 + k) for k in range(5)}
    project, report = searched(tmp_path, files)
    with contextlib.closing(project):
        assert [one.kind for one in report.clusters] == ([kind] if kind else [])
        assert not duplicate_report(project, DuplicateRequest(bursts=False)).clusters


def test_without_times_neighbours_by_number_need_close_hashes(tmp_path):
    base = photo(3)
    files = {"f_1.jpg": jpeg_of(photo(21)), "f_2.jpg": jpeg_of(base), "f_3.jpg": jpeg_of(moved(base, 9))}
    project, report = searched(tmp_path, files)
    with contextlib.closing(project):
        (pair,) = pairs_of(project)
        assert 0.6 <= pair.correlation < 0.8
        assert pair.distance > 10
        assert not report.clusters


def test_times_are_read_once_and_a_program_without_them_still_opens_the_project(tmp_path, monkeypatch):
    from tailwise.usecases import capture_times

    files = {f"{name}.jpg": stamped(jpeg_of(f), k) for k, (name, f) in enumerate(zip("abc", pan(1, 3), strict=True))}
    project, report = searched(tmp_path, files)
    with contextlib.closing(project):
        monkeypatch.setattr(capture_times, "read_exif", lambda path: pytest.fail(f"{path} read again"))
        assert find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool) == report


def pairs_of(project):
    from tailwise.storage import duplicate_tables

    with project.file.reading() as db:
        return duplicate_tables.list_pairs(db)
