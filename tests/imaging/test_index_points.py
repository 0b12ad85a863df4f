"""Corners of a picture: matched exactly, given up early where the pictures show something else, kept by file."""

from pathlib import Path

import cv2
import numpy as np

from photo_sets import jpeg_of, photo
from tailwise.imaging import index_points
from tailwise.imaging.index_points import matches, points_in, points_of, to_side


def grey(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


def test_points_are_matched_as_opencv_does_and_strangers_after_a_quarter_of_them(monkeypatch):
    a, turned, other = (points_in(to_side(grey(p))) for p in (photo(2), photo(2)[4:, 6:], photo(7)))
    found = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(a.descriptors, turned.descriptors, k=2)
    clear = [one for one, second in found if one.distance < 0.8 * second.distance]

    source, target = matches(a, turned)

    assert len(a.places) >= index_points.FEW
    assert len(clear) > 100
    assert np.array_equal(source, a.places[[m.queryIdx for m in clear]])
    assert np.array_equal(target, turned.places[[m.trainIdx for m in clear]])
    asked = []
    whole = index_points._clear
    monkeypatch.setattr(index_points, "_clear", lambda q, o: asked.append(len(q)) or whole(q, o))
    monkeypatch.setattr(index_points, "FIRST_MATCHES", 1 + len(a.places))
    assert [len(places) for places in matches(a, other)] == [0, 0]
    assert asked == [len(a.places[::4])]


def test_a_file_that_goes_while_it_is_compared_is_like_nothing(tmp_path):
    path = str(tmp_path / "a.jpg")
    Path(path).write_bytes(jpeg_of(photo(2)))
    kept = points_of(path, mirrored=False)
    Path(path).unlink()
    index_points._grey_of.cache_clear()

    assert kept is not None
    assert not kept.grey().any()
    assert kept.grey().shape == kept.shape
